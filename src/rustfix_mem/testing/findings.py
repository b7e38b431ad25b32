"""What a plan says, as lines of text for `findings.txt`, and held against `[expect]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.finding import LeftAlone
    from rustfix_mem.reported import Located
    from rustfix_mem.testing.case import Expectation
    from rustfix_mem.text import Position


def render(changes: ChangeSet) -> str:
    """One line a finding in order of place, then one line for each thing left alone."""
    found = sorted((*changes.applied, *changes.reported), key=_place)
    spared = sorted(changes.report.left_alone, key=lambda it: (it[1].path, it[1].span, it[1].item))
    lines = [_finding(located) for located in found]
    lines += [_spared(left, position) for _, left, position in spared]
    return "".join(f"{' '.join(line.split())}\n" for line in lines)


def unmet(expect: Expectation, changes: ChangeSet) -> list[str]:
    """What `[expect]` demands and the plan does not give."""
    reports = [it.finding for it in changes.reported if it.finding.fix is None]
    spared = [left for _, left, _ in changes.report.left_alone]
    problems = _absent("reported without a fix", expect.reported, [it.item for it in reports])
    problems += _absent("left alone", expect.left_alone, [it.item for it in spared])
    problems += _other_levels(expect.level, changes)
    named = expect.reported + expect.left_alone
    reasons = [why for it in reports if not named or it.item in named for why in it.why]
    reasons += [why for it in spared if not named or it.item in named for why in it.reasons]
    if expect.reason and not any(expect.reason in why for why in reasons):
        problems.append(f"no reason says `{expect.reason}`; given: {'; '.join(reasons) or 'none'}")
    return problems


def _absent(what: str, wanted: tuple[str, ...], seen: list[str]) -> list[str]:
    known = ", ".join(sorted(set(seen))) or "nothing"
    return [f"`{item}` is not {what}; {known} is" for item in wanted if item not in seen]


def _other_levels(level: str, changes: ChangeSet) -> list[str]:
    if level and not changes.applied:
        return [f"nothing was applied, so nothing is `{level}`"]
    return [
        f"the fix of `{it.finding.item}` is `{found}`, not `{level}`"
        for it in changes.applied
        if level and (found := _level(it)) != level
    ]


def _place(located: Located) -> tuple[str, int, int, str, str]:
    finding = located.finding
    at = located.start
    return finding.path, at.line, at.column, finding.shape, finding.item


def _level(located: Located) -> str:
    fix = located.finding.fix
    return fix.applicability.word if fix else "report"


def _finding(located: Located) -> str:
    it, at = located.finding, located.start
    place = f"{it.path}:{at.line}:{at.column}"
    return f"{place} {it.shape} {it.item} {_level(located)}: {'; '.join(_said(located))}"


def _said(located: Located) -> Iterator[str]:
    it = located.finding
    yield f"{it.message} -- {it.why[0]}" if it.why else it.message
    yield from it.why[1:]


def _spared(left: LeftAlone, at: Position) -> str:
    place = f"{left.path}:{at.line}:{at.column}"
    return f"{place} left alone {left.item}: {'; '.join(left.reasons)}"
