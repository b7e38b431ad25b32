"""`rustfix-mem apply`: a branch with a commit, a branch each of all codemods, or a stack of them.

All is planned, built apart and cross-checked before anything is written; then the refs move in
one transaction.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rustfix_mem import changeset, lock, registry
from rustfix_mem.cli import applied, base, config, output, progress
from rustfix_mem.cli.applied import Made, Step
from rustfix_mem.cli.version import version
from rustfix_mem.errors import UsageError
from rustfix_mem.git import branch
from rustfix_mem.git.command import encode
from rustfix_mem.git.identity import Identity
from rustfix_mem.report import crosscheck, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.cli.base import Base
    from rustfix_mem.cli.options import Apply
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.git.branch import Built
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.lock import Locks

OURS = "rustfix-mem/"
"""What the names of our branches begin with."""


def run(options: Apply) -> int:
    """The exit code: 2 if a branch was refused, else 1 if asked to tell that there is a change."""
    chosen = _chosen(options)
    with base.opened(options) as at:
        at.settings = config.with_options(at.settings, chosen[0], options.given)
        codemods = [at.settings.configured(one) for one in chosen]
        made, refused = _each(at, options, codemods)
        base.tell_dirty(at, options)
        applied.show(made, options, at)
    changed = any(one.built for one in made)
    return refused or int(options.exit_code and changed)


def _chosen(options: Apply) -> tuple[type[Codemod], ...]:
    """The codemods, in the order of `list`, which is that of a stack."""
    names = options.codemods
    if not names:
        raise UsageError("missing argument `CODEMOD`", "see `rustfix-mem apply --help`")
    chosen = registry.select(names)
    several = _several(options, chosen)
    if options.stack and not several:
        raise UsageError(
            "`--stack` is for several codemods: one branch with a commit for each",
            f"`rustfix-mem apply all --stack`, or leave it out: `apply {names[0]}`",
        )
    if several and options.given:
        flag = f"--{next(iter(options.given))}"
        raise UsageError(
            f"`{flag}` is of one codemod, and several are named",
            "give `--set CODEMOD.KEY=VALUE` instead",
        )
    for flag, given in (("--branch", options.branch), ("--patch", options.patch)):
        if several and given and not options.stack:
            raise UsageError(
                f"`{flag}` is for one branch, and each codemod gets one",
                f"`rustfix-mem apply {' '.join(names)} --stack {flag} …` makes one of all;"
                f" `apply CODEMOD {flag} …` that of one",
            )
    return tuple(sorted(chosen, key=lambda codemod: codemod.name()))


def _several(options: Apply, codemods: Sequence[object]) -> bool:
    """Whether several branches are asked for, or a stack."""
    return len(codemods) > 1 or registry.ALL in options.codemods


@dataclass
class _Refusals:
    """What branches are refused for, each reason told once, and on with the others if there are."""

    options: Apply
    goes_on: bool
    told: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def heard(self) -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            if not self.goes_on:
                raise
            if error.what not in self.told:
                output.error(self.options.color, error.what, error.help)
            self.told[error.what] = error.exit_code


def _each(at: Base, options: Apply, codemods: Sequence[Codemod]) -> tuple[list[Made], int]:
    """All branches, of which those that are not refused have been published together."""
    goes_on = _several(options, codemods) and not options.stack
    made, refusals = list[Made](), _Refusals(options, goes_on)
    for some in [codemods] if options.stack else [[one] for one in codemods]:
        with refusals.heard():
            made.append(_make(at, options, some))
    branch.publish_all(at.store, [one.claim for one in made if one.claim])
    return made, max(refusals.told.values(), default=0)


def _make(at: Base, options: Apply, codemods: Sequence[Codemod]) -> Made:
    """Plan, build apart, cross-check; then write the patch, and claim the branch."""
    made = Made(tuple(_steps(at, options, codemods)))
    if options.patch:
        output.replace(options.patch, encode(made.diff))
    if not made.built or options.dry_run:
        return made
    name = options.branch or OURS + "+".join(_names(options, codemods))
    return replace(made, claim=branch.claim(at.store, made.built, name))


def _names(options: Apply, codemods: Sequence[Codemod]) -> tuple[str, ...]:
    """What the codemods of one branch are called together: `all`, or their names."""
    every = options.stack and registry.ALL in options.codemods
    return (registry.ALL,) if every else tuple(codemod.name() for codemod in codemods)


def _steps(at: Base, options: Apply, codemods: Sequence[Codemod]) -> Iterator[Step]:
    """A step a codemod, each planned on what the earlier ones have made of the base."""
    snapshot, below, locked = at.snapshot, None, False
    names = _names(options, codemods)
    for number, codemod in enumerate(codemods, 1):
        stack = tuple(codemods[:number]) if options.stack else ()
        with progress.shown(options) as told_of:
            changes = changeset.plan(
                codemod,
                snapshot,
                applied.trust(options),
                jobs=options.jobs,
                cache=not options.no_cache,
                scope=at.settings,
                progress=told_of,
            )
        locks = _locks(at, options, changes)
        changes = replace(changes, after=changes.after.with_changes(locks.changed))
        locked = locked or bool(locks.changed)
        step = Step(changes, message.Asked(applied.trust(options), names, stack, locked), locks)
        built = _build(at, options, step, below)
        yield replace(step, built=built)
        snapshot, below = changes.after, built or below


def _locks(at: Base, options: Apply, changes: ChangeSet) -> Locks:
    """What becomes of the lock files: cargo runs only if it is asked for and something to do."""
    concerned = lock.concerned(changes.before, changes.after)
    mine = [path for path in concerned if options.lock and at.settings.holds(path)]
    left = tuple(path for path in concerned if path not in mine)
    return replace(lock.updated(changes.after, mine), left=left)


def _build(at: Base, options: Apply, step: Step, below: Built | None) -> Built | None:
    """The commit of a step, on `below` or on the base; none if there is nothing to change."""
    changes = step.changes
    before = dict(changes.before.read_many(changes.after.changed))
    after = {path: new for path, new in changes.after.changed.items() if new != before[path]}
    if not after:
        return None
    said = message.message(changes, step.asked, version(), step.locks)
    author = Identity.parse(options.author) if options.author else None
    parent = below.commit if below else None
    built = branch.build(at.store, at.commit, changes.before, after, said, author, parent)
    _crosscheck(built, at.snapshot, changes)
    return built


def _crosscheck(built: Built, base: Snapshot, changes: ChangeSet) -> None:
    """The diff is that from the base on, with what the commits below have changed."""
    before = dict(base.read_many(changes.after.changed))
    after = {path: new for path, new in changes.after.changed.items() if new != before[path]}
    crosscheck.crosscheck(built.diff, before, after)
