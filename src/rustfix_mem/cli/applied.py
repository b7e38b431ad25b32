"""What `apply` made, or would make: in words for people, and for programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from shlex import quote
from typing import TYPE_CHECKING

from rustfix_mem import registry
from rustfix_mem.cli import base, output
from rustfix_mem.finding import Applicability
from rustfix_mem.git.branch import Built, Claim, Done, Outcome
from rustfix_mem.git.command import encode
from rustfix_mem.git.commit import stacked
from rustfix_mem.report import diff, json, message, text
from rustfix_mem.report.terminal import expanded, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.cli.base import Base
    from rustfix_mem.cli.options import Apply
    from rustfix_mem.lock import Locks
    from rustfix_mem.reported import Report

SHORT = 12
OF_BELOW = "what is said of a codemod speaks of the text that the commits below it have left"


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one codemod, and the commit that was built for it, if it has any change."""

    changes: ChangeSet
    asked: message.Asked
    locks: Locks
    built: Built | None = None

    @property
    def name(self) -> str:
        return self.changes.codemod.name()


@dataclass(frozen=True, slots=True)
class Made:
    """A branch: one step, or those of a stack, the lowest first. A dry run claims nothing."""

    steps: tuple[Step, ...]
    claim: Claim | None = None

    @property
    def built(self) -> Built | None:
        """The uppermost commit, if there is any; its diff is that of the whole branch."""
        return next((step.built for step in reversed(self.steps) if step.built), None)

    @property
    def outcome(self) -> Outcome | None:
        return self.claim.outcome if self.claim else None

    @property
    def diff(self) -> str:
        return self.built.diff if self.built else ""


def show(made: Sequence[Made], options: Apply, at: Base) -> None:
    """The diff alone on standard output, so that `git apply` can read it; all else beside it."""
    if options.output_format == "json":
        branches = [_json(one, at) for one in made]
        output.put(options, json.apply(at.commit, branches).encode())
        return
    output.put(options, b"".join(_diff(one, options) for one in made))
    if not options.quiet:
        output.tell(_reports(made, options))
        output.tell("".join(f"{line}\n" for line in _lock_lines(made, options)))
        output.tell("".join(f"{_last_line(one, options, at.commit)}\n" for one in made))


def trust(options: Apply) -> Applicability:
    return Applicability[options.trust.upper().replace("-", "_")]


def _diff(made: Made, options: Apply) -> bytes:
    data, palette = encode(made.diff), output.result_palette(options)
    if palette.on or output.is_terminal(options):
        return output.encoded(diff.render(data, palette), options)
    return data


def _reports(made: Sequence[Made], options: Apply) -> str:
    """What was reported of all codemods, as one."""
    steps = [step for one in made for step in one.steps]
    if not steps:
        return ""
    shown = text.render(
        _together(steps),
        output.error_palette(options),
        verbose=options.verbose,
        summed=False,
        proposals=registry.ALL not in options.codemods,
    )
    lower = any(below.built and step.changes.reported for below, step in _pairs(made))
    note = output.error_palette(options).note("note")
    if lower:
        shown += f"{note}: {OF_BELOW}\n"
    return f"{shown}\n" if shown else ""


def _pairs(made: Sequence[Made]) -> Iterator[tuple[Step, Step]]:
    """Each two steps of one branch, the lower first."""
    return (two for one in made for two in combinations(one.steps, 2))


def _together(steps: Sequence[Step]) -> Report:
    """One report of what each step reports; a file that several skipped is in it once."""
    reports = [step.changes.report for step in steps]
    return replace(
        reports[0],
        findings=tuple(one for step in steps for one in step.changes.reported),
        left_alone=tuple(one for step in steps for one in step.changes.left_alone),
        skipped=tuple(dict.fromkeys(one for report in reports for one in report.skipped)),
    )


def _lock_lines(made: Sequence[Made], options: Apply) -> Iterator[str]:
    """What became of each lock file, and what to type."""
    note = output.error_palette(options).note("note")
    for one in made:
        for step in one.steps:
            for path in step.locks.changed:
                count = plural(len(step.locks.added), "new package")
                if step.locks.gone:
                    count += f" and without {plural(len(step.locks.gone), 'old one')}"
                said = f"`{step.name}`: cargo brought `{expanded(path)}` in step, with {count}"
                asked = "; a registry was asked for what is not on this machine"
                yield f"{note}: {said}{asked if step.locks.online else ''}"
        for path in dict.fromkeys(path for step in one.steps for path in step.locks.left):
            last = one.steps[-1]
            asking = replace(last.asked, lock=True)
            command = message.command(last.changes.codemod, asking, last.changes.scope)
            why = f"`{command}` runs cargo to bring it in step"
            why = "the configuration excludes it" if options.lock else why
            yield f"{note}: dependencies changed, and `{expanded(path)}` is as it was; {why}"


def _last_line(made: Made, options: Apply, commit: str) -> str:
    if not made.built:
        who = "no codemod has anything" if options.stack else f"`{made.steps[0].name}` has nothing"
        left = any(one.finding.fix for step in made.steps for one in step.changes.reported)
        return f"{who} to change{' at this trust' if left else ''}; no branch was made"
    count = plural(sum(len(step.changes.applied) for step in made.steps), "fix")
    commits = [step.name for step in made.steps if step.built]
    if options.stack:
        count += f" in {plural(len(commits), 'commit')}, {', '.join(commits)}"
    if not made.outcome:
        last = made.steps[-1]
        command = message.command(last.changes.codemod, last.asked, last.changes.scope)
        return f"dry run: {count}; `{command}` makes the branch"
    name, tip = made.outcome.branch, made.outcome.commit[:SHORT]
    since, it = quote(_base(options, commit)), quote(name)
    review = f"git log -p --reverse {since}..{it}" if options.stack else f"git diff {since}...{it}"
    return f"branch {name} {_done(made.outcome)} {tip}: {count}; review it with `{review}`"


def _done(outcome: Outcome) -> str:
    words = {
        Done.CREATED: "created at",
        Done.MOVED: "moved to",
        Done.UP_TO_DATE: "is up to date at",
    }
    return words[outcome.done]


def _base(options: Apply, commit: str) -> str:
    """The base as it was typed; an id where that is one thing now and another with a branch."""
    rev = options.rev or base.DEFAULT
    return rev if rev.replace("/", "").isalnum() else commit[:SHORT]


def _json(made: Made, at: Base) -> json.Branch:
    ids, outcome = _ids(made, at), made.outcome
    commits = [
        json.Commit(
            step.name,
            ids.get(step.name) if step.built else None,
            step.changes.applied,
            step.changes.reported,
            locks_changed=tuple(step.locks.changed),
            locks_left=step.locks.left,
        )
        for step in made.steps
    ]
    return json.Branch(outcome.branch if outcome else None, commits, made.diff)


def _ids(made: Made, at: Base) -> dict[str, str]:
    """The commits that are on the branch now, by codemod: those that were built, or like them."""
    if not made.built or not made.outcome:
        return {}
    if made.outcome.commit == made.built.commit:
        return {step.name: step.built.commit for step in made.steps if step.built}
    if len(made.steps) == 1:
        return {made.steps[0].name: made.outcome.commit}
    return stacked(at.store, made.outcome.commit, at.commit)
