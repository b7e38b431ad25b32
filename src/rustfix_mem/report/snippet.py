"""The place of a finding and its source line, underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.report.terminal import expanded, width

if TYPE_CHECKING:
    from rustfix_mem.report.terminal import Palette
    from rustfix_mem.reported import Located

BEFORE = 40
LONGEST = 160
"""A longer line, generated or minified, is cut around the place; counted in characters."""


def snippet(located: Located, palette: Palette) -> list[str]:
    """` --> path:line:column` and the line with its underline, aligned for any characters."""
    number = str(located.start.line)
    gutter = " " * len(number)
    before, marked, after = _parts(located)
    bar = palette.gutter("|")
    underline = palette.warning("^" * max(1, width(marked)))
    return [
        f"{gutter}{palette.gutter('-->')} {place(located)}",
        f"{gutter} {bar}",
        f"{palette.gutter(number)} {bar} {expanded(before + marked + after)}".rstrip(),
        f"{gutter} {bar} {' ' * width(before)}{underline}",
    ]


def place(located: Located) -> str:
    """`src/a.rs:2:5`, which editors and terminals turn into a link."""
    return f"{expanded(located.finding.path)}:{located.start.line}:{located.start.column}"


def _parts(located: Located) -> tuple[str, str, str]:
    """The line before, at and after the place; a place of many lines ends with the first."""
    line = located.source.removeprefix("\ufeff")  # columns do not count a byte order mark
    start = min(located.start.column - 1, len(line))
    same_line = located.end.line == located.start.line
    end = min(max(located.end.column - 1, start), len(line)) if same_line else len(line)
    marked = line[start:end].rstrip()  # blanks at its end are shown, but not underlined
    return _cut(line[:start], marked, line[start + len(marked) :])


def _cut(before: str, marked: str, after: str) -> tuple[str, str, str]:
    if len(before) + len(marked) + len(after) <= LONGEST:
        return before, marked, after
    if len(before) > BEFORE:
        before = "…" + before[-BEFORE:]
    if len(marked) > LONGEST - BEFORE:
        marked, after = marked[: LONGEST - BEFORE], "…"
    room = LONGEST - len(before) - len(marked)
    return before, marked, after if len(after) <= room else after[:room] + "…"
