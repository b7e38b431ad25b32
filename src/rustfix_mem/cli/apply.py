"""`rustfix-mem apply`: the diff, what was reported, and a branch with one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from shlex import quote
from typing import TYPE_CHECKING

from rustfix_mem import changeset, registry
from rustfix_mem.cli import base, config, output
from rustfix_mem.cli.version import version
from rustfix_mem.errors import UsageError
from rustfix_mem.finding import Applicability
from rustfix_mem.git import branch
from rustfix_mem.git.command import encode
from rustfix_mem.git.identity import Identity
from rustfix_mem.report import crosscheck, diff, json, message, text
from rustfix_mem.report.terminal import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.cli.base import Base
    from rustfix_mem.cli.options import Apply
    from rustfix_mem.codemod import Codemod

SHORT = 12


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one codemod: nothing to build, nothing published (a dry run), or both."""

    changes: ChangeSet
    built: branch.Built | None = None
    outcome: branch.Outcome | None = None

    @property
    def diff(self) -> str:
        return self.built.diff if self.built else ""


def run(options: Apply) -> int:
    """The exit code: 2 if a branch was refused, else 1 if asked to tell that there is a change."""
    chosen = _chosen(options)
    with base.opened(options) as at:
        at.settings = config.with_options(at.settings, chosen[0], options.given)
        made, refused = _each(at, options, chosen)
        base.tell_dirty(at, options)
        _show(made, options, at.commit)
    changed = any(one.built for one in made)
    return refused or int(options.exit_code and changed)


def _chosen(options: Apply) -> tuple[type[Codemod], ...]:
    if options.codemod == registry.ALL and (options.branch or options.patch):
        flag = "--branch" if options.branch else "--patch"
        raise UsageError(
            f"`{flag}` is for one codemod, and `apply all` makes a branch for each",
            f"give one: `rustfix-mem apply CODEMOD {flag} …`",
        )
    return registry.select([options.codemod])


def _each(at: Base, options: Apply, codemods: Sequence[type[Codemod]]) -> tuple[list[Made], int]:
    """One after another; a branch that is refused does not stop the others of `apply all`."""
    made, told = list[Made](), dict[str, int]()
    for codemod in codemods:
        try:
            made.append(_make(at, options, at.settings.configured(codemod)))
        except UsageError as error:
            if options.codemod != registry.ALL:
                raise
            if error.what not in told:
                output.error(options.color, error.what, error.help)
            told[error.what] = error.exit_code
    return made, max(told.values(), default=0)


def _make(at: Base, options: Apply, codemod: Codemod) -> Made:
    """Plan, build apart, cross-check, and only then write: the patch first, the branch last."""
    trust = _trust(options)
    author = Identity.parse(options.author) if options.author else None
    changes = changeset.plan(
        codemod,
        at.snapshot,
        trust,
        jobs=options.jobs,
        cache=not options.no_cache,
        scope=at.settings,
    )
    before = dict(changes.before.read_many(changes.after.changed))
    after = {path: new for path, new in changes.after.changed.items() if new != before[path]}
    built = None
    if after:
        said = message.message(changes, trust, version())
        built = branch.build(at.store, at.commit, changes.before, after, said, author)
        crosscheck.crosscheck(built.diff, before, after)
    if options.patch:
        output.replace(options.patch, encode(built.diff if built else ""))
    if not built or options.dry_run:
        return Made(changes, built)
    name = options.branch or f"rustfix-mem/{codemod.name()}"
    return Made(changes, built, branch.publish(at.store, built, name))


def _trust(options: Apply) -> Applicability:
    return Applicability[options.trust.upper().replace("-", "_")]


def _show(made: list[Made], options: Apply, commit: str) -> None:
    """The diff alone on standard output, so that `git apply` can read it; all else beside it."""
    if options.output_format == "json":
        output.put(options, json.apply(commit, [_json(one) for one in made]).encode())
        return
    output.put(options, b"".join(_diff(one, options) for one in made))
    if not options.quiet:
        output.tell("".join(_words(one, options, commit) for one in made))


def _diff(made: Made, options: Apply) -> bytes:
    data, palette = encode(made.diff), output.result_palette(options)
    if palette.on or output.is_terminal(options):
        return output.encoded(diff.render(data, palette), options)
    return data


def _words(made: Made, options: Apply, commit: str) -> str:
    palette = output.error_palette(options)
    reported = replace(made.changes.report, findings=made.changes.reported)
    shown = text.render(reported, palette, verbose=options.verbose, summed=False)
    gap = "\n" if shown else ""
    return f"{shown}{gap}{_last_line(made, options, commit)}\n"


def _last_line(made: Made, options: Apply, commit: str) -> str:
    codemod = made.changes.codemod.name()
    fixes = plural(len(made.changes.applied), "fix")
    if not made.built:
        return f"`{codemod}` has nothing to change at this trust; no branch was made"
    if not made.outcome:
        command = message.command(made.changes.codemod, _trust(options), made.changes.scope)
        return f"dry run: {fixes}; `{command}` makes the branch"
    name, tip = made.outcome.branch, made.outcome.commit[:SHORT]
    review = f"git diff {quote(_base(options, commit))}...{quote(name)}"
    return f"branch {name} {_done(made.outcome)} {tip}: {fixes}; review it with `{review}`"


def _done(outcome: branch.Outcome) -> str:
    words = {
        branch.Done.CREATED: "created at",
        branch.Done.MOVED: "moved to",
        branch.Done.UP_TO_DATE: "is up to date at",
    }
    return words[outcome.done]


def _base(options: Apply, commit: str) -> str:
    """The base as it was typed; an id where that is one thing now and another with a branch."""
    rev = options.rev or base.DEFAULT
    return rev if rev.replace("/", "").isalnum() else commit[:SHORT]


def _json(made: Made) -> json.Branch:
    changes, outcome = made.changes, made.outcome
    commit = json.Commit(
        changes.codemod.name(),
        outcome.commit if outcome else None,
        changes.applied,
        changes.reported,
    )
    return json.Branch(outcome.branch if outcome else None, [commit], made.diff)
