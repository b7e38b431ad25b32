"""The options of every command, once: a frozen dataclass whose fields are the options.

The fast parser below and the one that typer builds (parser.py) both read these classes and
both give an instance, so what a command sees does not depend on the way it came.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from rustfix_mem.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T", str, int, bool, tuple[str, ...], "str | None")
Kind = TypeVar("Kind", bound="Options")


def option(default: T, *flags: str, help: str, metavar: str = "", choices: Sequence[str] = ()) -> T:
    """An option, or without `flags` the arguments of the command."""
    about = {"flags": flags, "help": help, "metavar": metavar, "choices": tuple(choices)}
    made: T = dataclasses.field(default=default, metadata=about)
    return made


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What every command takes."""

    color: str = option(
        "auto", "--color", choices=("auto", "always", "never"),
        help="Colour the output; `auto` heeds NO_COLOR, FORCE_COLOR and the terminal.",
    )  # fmt: skip
    verbose: bool = option(
        False, "-v", "--verbose", help="Show all: every finding, and what was left alone and why."
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Common(Options):
    """What every command takes that reads a repository."""

    repo: str = option(".", "-C", "--repo", metavar="PATH", help="A folder in the repository.")
    rev: str | None = option(
        None, "--rev", metavar="REV",
        help="The base that is read: a commit, a branch, a tag (default: HEAD).",
    )  # fmt: skip
    output_format: str = option(
        "text", "--output-format", choices=("text", "json"), help="For people or for programs."
    )
    output_file: str = option(
        "", "--output-file", metavar="FILE", help="Write there what would go to standard output."
    )
    quiet: bool = option(False, "-q", "--quiet", help="Only the findings, or only the diff.")
    jobs: int = option(
        0, "--jobs", metavar="N", help="Workers; 0 for as many as there are processors."
    )
    no_cache: bool = option(False, "--no-cache", help="Neither read nor write the cache of facts.")
    set: tuple[str, ...] = option(
        (), "--set", metavar="CODEMOD.KEY=VALUE",
        help="Set a parameter, as the table of a codemod in `rustfix-mem.toml` does.",
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check(Common):
    codemods: tuple[str, ...] = option(
        (), metavar="CODEMOD", help="Names, or `all`; without any, all that find defects."
    )
    staged: bool = option(
        False, "--staged", help="Read the index: what `git commit` would commit now."
    )
    worktree: bool = option(
        False, "--worktree", help="Read the files on disk: what `git add -A` would add."
    )
    baseline: str = option(
        "", "--baseline", metavar="FILE", help="Hide the findings that are in this file."
    )
    write_baseline: bool = option(
        False, "--write-baseline",
        help="Write all findings to the file of --baseline, or rustfix-mem-baseline.json.",
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Apply(Common):
    codemods: tuple[str, ...] = option(
        (), metavar="CODEMOD", help="A name; several, or `all`, for a branch each."
    )
    stack: bool = option(
        False, "--stack", help="Of several: one branch, with a commit for each codemod."
    )
    dry_run: bool = option(False, "--dry-run", help="Print the diff; write nothing to git.")
    exit_code: bool = option(
        False, "--exit-code", help="Exit 1 if there is a change, as `git diff` does."
    )
    lock: bool = option(
        False, "--lock", help="Run cargo to bring Cargo.lock in step, if dependencies changed."
    )
    branch: str = option("", "--branch", metavar="NAME", help="Instead of `rustfix-mem/CODEMOD`.")
    patch: str = option("", "--patch", metavar="FILE", help="Write the diff there, too.")
    trust: str = option(
        "maybe-incorrect", "--trust", metavar="LEVEL",
        choices=("machine-applicable", "maybe-incorrect", "has-placeholders"),
        help="Apply fixes of this level or better: machine-applicable, maybe-incorrect,"
        " has-placeholders.",
    )  # fmt: skip
    author: str = option(
        "", "--author", metavar="'NAME <MAIL>'", help="Instead of your git identity."
    )
    given: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The parameters of the only codemod that were given as options of their own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class List(Options):
    pass


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explain(Options):
    codemod: str = option("", metavar="CODEMOD", help="Its name.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schema(Options):
    pass


def described(kind: type[Options]) -> list[dataclasses.Field[Any]]:
    """The fields that are options or arguments, in the order of the help."""
    own = [field for field in dataclasses.fields(kind) if field.metadata]
    inherited = {field.name for base in kind.__mro__[1:-1] for field in dataclasses.fields(base)}
    return sorted(own, key=lambda field: field.name in inherited)


def command_first(args: list[str]) -> list[str]:
    """`-C PATH check` as `check -C PATH`: git and cargo take options before the command, too."""
    fields = {flag: f for f in described(Common) for flag in f.metadata["flags"]}
    end = 0
    while end < len(args) and (field := fields.get(args[end].partition("=")[0])):
        alone = isinstance(field.default, bool) or "=" in args[end]
        end += 1 if alone else 2
    return args[end : end + 1] + args[:end] + args[end + 1 :]


def make(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """An instance from what was typed; raises `UsageError` for a value that cannot be."""
    checked = dict(values)
    for field in described(kind):
        if field.name in checked:
            checked[field.name] = _checked(field, checked[field.name])
    return kind(**checked)


def fast(kind: type[Kind], args: Sequence[str]) -> Kind | None:
    """Read `args` without typer; `None` if typer must have a word: help, or a mistake."""
    fields = {flag: field for field in described(kind) for flag in field.metadata["flags"]}
    values: dict[str, Any] = {}
    rest, queue = list[str](), iter(args)
    for arg in queue:
        flag, equals, value = arg.partition("=")
        field = fields.get(flag)
        if not arg.startswith("-"):
            rest.append(arg)
        elif not field or not _take(field, values, value if equals else None, queue):
            return None
    arguments = next(field.name for field in described(kind) if not field.metadata["flags"])
    return make(kind, {**values, arguments: tuple(rest)})


def _take(
    field: dataclasses.Field[Any], values: dict[str, Any], value: str | None, queue: Any
) -> bool:
    """Put one option into `values`; False if it is not well-formed."""
    if isinstance(field.default, bool):
        values[field.name] = True
        return value is None
    if value is None:
        value = next(queue, "-")
        if value.startswith("-"):
            return False
    many = isinstance(field.default, tuple)
    values[field.name] = (*values.get(field.name, ()), value) if many else value
    return True


def _checked(field: dataclasses.Field[Any], value: Any) -> Any:
    flag, choices = (field.metadata["flags"] or ("",))[-1], field.metadata["choices"]
    if choices and value not in choices:
        raise UsageError(f"`{flag}` cannot be `{value}`", did_you_mean(value, choices))
    if type(field.default) is int:
        if not (value.isascii() and value.isdigit()):
            raise UsageError(f"`{flag}` cannot be `{value}`", "give a whole number, 0 or more")
        return int(value)
    return tuple(value) if isinstance(field.default, tuple) else value
