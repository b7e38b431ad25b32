"""Text as rustfmt would leave it: indents, line ends, widths, chains, conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass

CHAIN_WIDTH = 60
"""rustfmt's `chain_width`: a longer chain has a line for each step."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one file is written."""

    unit: str
    newline: str
    width: int

    def lines(self, text: str) -> str:
        """`text`, written with `\\n`, with the file's line ends."""
        return text.replace("\n", self.newline)


def style_of(source: bytes, rustfmt: str = "") -> Style:
    """The style of a file; `rustfmt` is the text of the nearest rustfmt.toml."""
    width, spaces = _number(rustfmt, "max_width"), _number(rustfmt, "tab_spaces")
    indents = re.findall(rb"^(\t+| +)\S", source, re.MULTILINE)
    found = [len(indent) for indent in indents if indent.startswith(b" ") and len(indent) > 1]
    tabs = any(indent.startswith(b"\t") for indent in indents)
    unit = "\t" if tabs else " " * (spaces or min(found, default=4))
    newline = "\r\n" if b"\r\n" in source else "\n"
    return Style(unit, newline, width or 100)


def _number(rustfmt: str, key: str) -> int:
    found = re.search(rf"^\s*{key}\s*=\s*(\d+)", rustfmt, re.MULTILINE)
    return int(found[1]) if found else 0


def indent_at(source: bytes, offset: int) -> str:
    """The blanks before the first word of the line that holds byte `offset`."""
    start = source.rfind(b"\n", 0, offset) + 1
    found = re.match(rb"[ \t]*", source[start:])
    return found[0].decode() if found else ""


def _width(indent: str) -> int:
    """The columns of an indent: rustfmt counts a tab as four."""
    return len(indent.expandtabs(4))


def condition(indent: str, left: str, right: str, style: Style) -> str:
    """`if left && right {`, broken where rustfmt breaks it."""
    flat = f"if {left} && {right}"
    if _width(indent) + len(flat) + 2 <= style.width:
        return f"{flat} {{"
    if _width(indent) + len(flat) <= style.width:
        return f"{flat}\n{indent}{{"
    return f"if {left}\n{indent}{style.unit}&& {right}\n{indent}{{"


def chain(indent: str, head: str, steps: str, style: Style, room: int = 1) -> str:
    """`head` and the `.step()`s behind it, flat or a line each, as rustfmt has it.

    `room` is what follows on the last line: a semicolon. Steps that hold line breaks stay.
    """
    parts = split_steps(steps)
    flat = head + "".join(part.strip() for part in parts)
    if "\n" in flat:
        return head + steps.lstrip()
    fits = len(flat) <= CHAIN_WIDTH and _width(indent) + len(flat) + room <= style.width
    if len(parts) < 2 or fits:
        return flat
    inner = f"\n{indent}{style.unit}"
    short = len(head) <= len(style.unit.expandtabs(4))
    first = head + parts[0] if short else head + inner + parts[0]
    return first + "".join(inner + part for part in parts[1:])


def split_steps(steps: str) -> list[str]:
    """`.entry(k).or_insert(v)` as `.entry(k)` and `.or_insert(v)`; `?` stays with its step."""
    parts: list[str] = []
    depth = 0
    quote = ""
    start = 0
    index = 0
    while index < len(steps):
        char = steps[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char == '"':
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "." and depth == 0 and index > start:
            parts.append(steps[start:index].strip())
            start = index
        index += 1
    parts.append(steps[start:].strip())
    return [part for part in parts if part]


MULTILINE_STRING = re.compile(r'"(?:[^"\\]|\\.)*\n(?:[^"\\]|\\.)*"', re.DOTALL)


RAW_STRING = re.compile(r'\bb?r#*"')


def deeper(text: str, unit: str) -> str | None:
    """`text` with its later lines one level deeper; None if a string holds a line break."""
    if "\n" in text and (MULTILINE_STRING.search(text) or RAW_STRING.search(text)):
        return None
    head, *rest = text.split("\n")
    return "\n".join([head, *(unit + line if line.strip() else line for line in rest)])
