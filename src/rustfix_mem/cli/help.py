"""What `--help` teaches: what each command changes, examples, exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.cli import options

if TYPE_CHECKING:
    from rustfix_mem.codemod import Codemod, Parameter

COMMANDS: dict[str, type[options.Options]] = {
    "list": options.List,
    "explain": options.Explain,
    "schema": options.Schema,
    "check": options.Check,
    "apply": options.Apply,
}

TOP = """
Find where a Rust repository lets memory grow, and put a bound on a branch.

A commit is read, unless `check` is told to read the index or the work
tree, and only a branch is written: work tree, index and HEAD stay as they
are, also when they are dirty. Nothing of the repository is run. Unofficial:
rustfix itself is a crate of rust-lang.

Examples:
  rustfix-mem check                        what is there; changes nothing
  rustfix-mem explain cache-bounds         what a codemod does, and why
  rustfix-mem apply cache-bounds           a branch with one commit
  rustfix-mem apply cache-bounds --dry-run | git apply
"""

EXIT_CODES = """
Exit codes:
  0    done or clean, also when there was nothing to do
  1    defects were found (check), or there is a change (apply --exit-code)
  2    a mistake on the command line or in the configuration, or a refusal
  70   a bug of rustfix-mem or of a codemod
  130  interrupted
"""

TEXT = {
    "list": """
List the codemods: name, level, section of the memory guide, what it does.
""",
    "explain": """
Show the manual of a codemod and its parameters.

Example:
  rustfix-mem explain cache-bounds
""",
    "schema": """
Print the JSON Schema of `rustfix-mem.toml`, with which an editor can help.

Example:
  rustfix-mem schema > rustfix-mem.schema.json
""",
    "check": """
Print the findings of some or all codemods. Changes nothing.

It reads the files of a commit (--rev), or with --staged those of the index,
or with --worktree those on disk: tracked ones, and new ones that are not
ignored. No filter runs, and no link is followed.

Proposals, which say what could be better, are shown when their codemod is
named; with `all` there is a line for those of each codemod.

Examples:
  rustfix-mem check
  rustfix-mem check cache-bounds -v    and what was left alone, and why, and
                                       where each parameter is from
  rustfix-mem check --staged           what a commit would bring in
  rustfix-mem check --write-baseline   accept what is there, and then
  rustfix-mem check --baseline rustfix-mem-baseline.json     only what is new
  rustfix-mem check --output-format json --output-file findings.json

Exit code: 1 if there is a defect that is not hidden, else 0.
""",
    "apply": """
Put the fixes of a codemod on a branch, as one commit on top of --rev.

Prints the diff on standard output, and all else on standard error. The
branch is `rustfix-mem/CODEMOD`; nothing else of the repository changes. It
moves forward when the result is a new one, unless you have built upon it.

Of several, or `all`, each that has something to change gets a branch, from
the same base. With `--stack` they get one, as `rustfix-mem/all`, with a
commit each, in the order of `list`, made on the result of the earlier.

Where a fix changed dependencies, `--lock` runs `cargo update --workspace` on
a copy of the manifests, so that Cargo.lock is in the same commit, with no
version changed that is in it. It asks a registry only if it has to.

Examples:
  rustfix-mem apply cache-bounds --dry-run
  rustfix-mem apply cache-bounds --trust machine-applicable
  rustfix-mem apply all --set cache-bounds.max-entries=500
  rustfix-mem apply all --stack --lock
  rustfix-mem apply cache-bounds --help    and its parameters

Exit code: 0; with --exit-code 1 if there is a change.
""",
}


def apply(codemod: type[Codemod]) -> str:
    """The help of `apply CODEMOD`."""
    name = codemod.name()
    return f"""
{codemod.summary()}

Puts its fixes on a branch, as one commit on top of --rev:
`rustfix-mem/{name}`. Nothing else of the repository changes.

The level of its fixes: {codemod.level.word} at best.
The memory guide: {codemod.guide}.
More: `rustfix-mem explain {name}`

Examples:
  rustfix-mem apply {name} --dry-run
  rustfix-mem apply {name} --patch {name}.patch

Exit code: 0; with --exit-code 1 if there is a change.
"""


def parameter(parameter: Parameter) -> str:
    """One parameter: what it is, its unit, its bound, its default."""
    default = (
        str(parameter.default).lower()
        if isinstance(parameter.default, bool)
        else (parameter.default)
    )
    facts = [f"default: {default} {parameter.unit}".rstrip()]
    if parameter.bounds:
        facts.append(parameter.bounds)
    return f"{parameter.help.rstrip('.')} ({', '.join(facts)})."
