"""Text as rustfmt would leave it: indents, line ends, widths, chains, conditions."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from rustfix_mem.rust.write import indents

CHAIN_WIDTH = 60
"""rustfmt's `chain_width`: a longer chain has a line for each step."""

APART = re.compile(r"^\s*imports_granularity\s*=\s*[\"']Item[\"']", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Style:
    """How one file is written."""

    unit: str
    newline: str
    width: int
    apart: bool = False
    """Whether each name that is imported has a `use` of its own."""

    def lines(self, text: str) -> str:
        """`text`, written with `\\n`, with the file's line ends."""
        return text.replace("\n", self.newline)


def style_of(source: bytes, rustfmt: str = "") -> Style:
    """The style of a file; `rustfmt` is the text of the nearest rustfmt.toml."""
    width, spaces = _number(rustfmt, "max_width"), _number(rustfmt, "tab_spaces")
    newline = "\r\n" if _crlf(source) else "\n"
    return Style(_unit(source, spaces), newline, width or 100, bool(APART.search(rustfmt)))


def _crlf(source: bytes) -> bool:
    """Whether the first line ends as on Windows: rustfmt asks no more."""
    return source[: source.find(b"\n")].endswith(b"\r")


def _unit(source: bytes, spaces: int) -> str:
    """One level of indent: what most lines of the file have; strings may have any."""
    found = re.findall(rb"^(\t+| {2,})[^\s*]", source, re.MULTILINE)
    if sum(indent.startswith(b"\t") for indent in found) * 2 > len(found):
        return "\t"
    wide = [len(indent) for indent in found if indent.startswith(b" ")]
    odd = Counter(width % 4 for width in wide)[2]
    return " " * (spaces or (2 if odd * 5 > len(wide) else 4))


def _number(rustfmt: str, key: str) -> int:
    """A number of the settings; 0 for none, or for one that nobody can mean."""
    found = re.search(rf"^\s*{key}\s*=\s*(\d{{1,4}})(?!\d)", rustfmt, re.MULTILINE)
    return int(found[1]) if found else 0


def indent_at(source: bytes, offset: int) -> str:
    """The blanks before the first word of the line that holds byte `offset`."""
    start = source.rfind(b"\n", 0, offset) + 1
    found = re.match(rb"[ \t]*", source[start:])
    return found[0].decode() if found else ""


def _width(indent: str) -> int:
    """The columns of an indent: rustfmt counts a tab as four."""
    return len(indent.expandtabs(4))


def gap(line: str, indent: str, style: Style) -> str:
    """What parts two words of a doc comment: a blank, or a new line if the `line` is too long."""
    return " " if _width(line) <= style.width else f"\n{indent}/// "


def condition(indent: str, left: str, right: str, style: Style) -> str:
    """`if left && right {`, broken where rustfmt breaks it."""
    flat = f"if {left} && {right}"
    if _width(indent) + len(flat) + 2 <= style.width:
        return f"{flat} {{"
    if _width(indent) + len(flat) <= style.width:
        return f"{flat}\n{indent}{{"
    if _width(indent) + len(f"if {left}") > style.width:
        left = left.replace(" >= ", f"\n{indent}{style.unit}>= ")
    return f"if {left}\n{indent}{style.unit}&& {right}\n{indent}{{"


def chain(
    indent: str, head: str, steps: str, style: Style, *, before: int = 0, room: int = 1
) -> str:
    """`head` and the `.step()`s behind it, flat or a line each, as rustfmt has it.

    `before` is what stands on the line in front of it, `room` what follows: a semicolon.
    """
    parts = [indents.indented(part, indent) for part in indents.steps(steps)]
    flat = head + "".join(parts)
    first, broken, _ = flat.partition("\n")
    fits = _width(indent) + before + len(first) + (0 if broken else room) <= style.width
    few = len(parts) < 2 or len(first) <= CHAIN_WIDTH
    if len(parts) < 2 or (fits and few and not any("\n" in part for part in parts[:-1])):
        return flat
    inner = f"{indent}{style.unit}"
    short = len(head) <= len(style.unit.expandtabs(4))
    lines = [head + parts[0], *parts[1:]] if short else [head, *parts]
    return f"\n{inner}".join(indents.indented(line, inner) for line in lines)
