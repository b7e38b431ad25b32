"""How a TOML file is written: quotes, braces, blanks around `=`, columns; values so written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.cargo.toml_lines import BARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.cargo.toml_lines import Document, Entry

Scalar = str | int | bool
Values = Mapping[str, Scalar | list[str]]
Value = Scalar | list[str] | Values


ARRAY = re.compile(r"\[( *)(?=[\"'])")


@dataclass(frozen=True, slots=True)
class Style:
    """How the entries beside a new one are written."""

    quote: str
    brace: str
    """What stands inside of braces, beside each."""
    bracket: str
    """What stands inside of brackets."""
    tight: bool
    """Whether inline tables say `a=b`."""
    indent: str
    equals: tuple[str, str]
    """What stands before and behind `=`."""
    column: int
    """Where all `=` stand, counted from the begin of the line; 0 if they are not aligned."""

    def value(self, value: Value) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return quoted(value, self.quote)
        if isinstance(value, list):
            listed = ", ".join(quoted(one, self.quote) for one in value)
            return f"[{self.bracket}{listed}{self.bracket}]" if value else "[]"
        if isinstance(value, Mapping):
            equals = "=" if self.tight else " = "
            parts = ", ".join(f"{key(k)}{equals}{self.value(v)}" for k, v in value.items())
            return f"{{{self.brace}{parts}{self.brace}}}"
        return str(value)

    def entry(self, written: str, value: Value) -> str:
        """A line, without its end; `written` is the key."""
        before, behind = self.equals
        start = f"{self.indent}{written}"
        pad = " " * (self.column - len(start)) if self.column else before
        return f"{start}{pad or (' ' if self.column else '')}={behind}{self.value(value)}"

    def lines(self, values: Values) -> list[str]:
        """All entries of a new table; those of an aligned model stand under each other."""
        column = max(len(self.indent + key(k)) for k in values) + 1 if self.column else 0
        style = replace(self, column=column)
        return [style.entry(key(k), value) for k, value in values.items()]


def style_of(document: Document, beside: Sequence[Entry]) -> Style:
    """The style of the entries `beside`; of what they do not show, that of the whole file."""
    everywhere = [entry for table in document.tables for entry in table.entries]
    quote = _quote(document, beside) or _quote(document, everywhere) or '"'
    inline = _inline(document, beside) or _inline(document, everywhere) or ["{ a = 1 }"]
    padded = sum(said[1] in " \t\r\n" for said in inline) * 2 >= len(inline)
    tight = sum(map(_is_tight, inline)) * 2 > len(inline)
    arrays = [f for e in [*beside, *everywhere] for f in ARRAY.findall(document.text(e.value))]
    around = Counter(_around(document, e) for e in beside or everywhere)
    indents = Counter(_indent(document, e) for e in beside)
    return Style(
        quote=quote,
        brace=" " if padded else "",
        bracket=" " if sum(map(bool, arrays)) * 2 > len(arrays) else "",
        tight=tight,
        indent=indents.most_common(1)[0][0] if indents else "",
        equals=around.most_common(1)[0][0] if around else (" ", " "),
        column=_column(document, beside),
    )


def _inline(document: Document, entries: Sequence[Entry]) -> list[str]:
    """The inline tables among values, but for empty ones."""
    tables = [document.text(e.value) for e in entries if document.source[e.value.start] == ord("{")]
    return [said for said in tables if said.strip("{} \t")]


def _is_tight(table: str) -> bool:
    return re.search(r"\w=", re.sub(r"\"[^\"]*\"|'[^']*'", "", table)) is not None


def _quote(document: Document, entries: Sequence[Entry]) -> str:
    """The quote that most of their strings have; empty if there is none."""
    found = Counter[str]()
    for entry in entries:
        if not document.text(entry.value).startswith(("'''", '"""')):
            found.update(
                re.findall(r"(?<=[\[{=, ])[\"'](?=[^\"'])", f"={document.text(entry.value)}")
            )
    (quote, often), *others = found.most_common() or [("", 0)]
    return "" if others and others[0][1] == often else quote


def _around(document: Document, entry: Entry) -> tuple[str, str]:
    before = " " if entry.equals > entry.key.end else ""
    return before, document.source[entry.equals + 1 : entry.value.start].decode()


def _indent(document: Document, entry: Entry) -> str:
    return document.source[entry.lines.start : entry.key.start].decode()


def _column(document: Document, entries: Sequence[Entry]) -> int:
    """Where their `=` stand if they stand under each other; 0 otherwise.

    A name that reaches beyond the column does not disturb it.
    """
    places = [
        (len(document.source[e.lines.start : e.equals].decode()), e.equals - e.key.end)
        for e in entries
    ]
    if not places:
        return 0
    column, often = Counter(place for place, _ in places).most_common(1)[0]
    padded = any(pad > 1 for place, pad in places if place == column)
    others = all(place == column or (place > column and pad <= 1) for place, pad in places)
    return column if often > 1 and padded and others else 0


def key(name: str) -> str:
    """One part of a key, in quotes where it must be."""
    return name if BARE.fullmatch(name) else quoted(name, "'")


def quoted(text: str, quote: str) -> str:
    """A string in these quotes, or in double ones if it cannot stand in them."""
    if quote == "'" and text.isprintable() and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in escaped) + '"'
