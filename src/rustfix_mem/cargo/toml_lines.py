"""A TOML file as it is written: tables and entries, with the bytes that each of them takes.

What the values mean is for `manifest.read`, which must have read the file first: the scanner
relies on valid TOML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo.manifest import read
from rustfix_mem.errors import Refused
from rustfix_mem.text import Span, beginning, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING = (
    rb'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # two more quotes may belong to the text
    rb"|'''.*?'''(?:'{0,2})"
    rb'|"(?:\\.|[^"\\\n])*"'
    rb"|'[^'\n]*'"
)
_PART = rb"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = rb"(?P<key>" + _PART + rb"(?:[ \t]*\.[ \t]*" + _PART + rb")*)"
_REST = rb"[ \t]*(?:\#[^\n]*)?\r?(?:\n|\Z)"
"""What may follow on a line: blanks and a comment."""

EMPTY = re.compile(_REST)
HEADER = re.compile(
    rb"(?P<indent>[ \t]*)(?P<open>\[\[?)[ \t]*" + _KEY + rb"[ \t]*\]\]?" + _REST, re.DOTALL
)
ENTRY = re.compile(rb"[ \t]*" + _KEY + rb"[ \t]*(?P<equals>=)[ \t]*", re.DOTALL)
TOKEN = re.compile(
    rb"(?P<string>" + _STRING + rb")|(?P<comment>\#[^\n]*)|(?P<open>[\[{])|(?P<close>[\]}])"
    rb"|(?P<comma>,)|(?P<end>\r?\n)|(?P<blank>[ \t]+)|(?P<word>[^\s\"'\#\[\]{},]+)",
    re.DOTALL,
)
BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """`key = value`, with the line or lines on which it stands."""

    keys: tuple[str, ...]
    """The parts of the key, without quotes."""
    key: Span
    equals: int
    value: Span
    lines: Span
    """From the begin of its first line to behind the end of its last."""


@dataclass(frozen=True, slots=True)
class Table:
    """What stands under one header; the first of a file has none."""

    path: tuple[str, ...]
    array: bool
    header: Span
    """Its line; empty for the first."""
    key: Span
    entries: tuple[Entry, ...]
    end: int
    """Where the next header's line begins, or the file ends."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, as it is written."""

    path: str
    source: bytes
    newline: str
    tables: tuple[Table, ...]

    def text(self, span: Span) -> str:
        return self.source[span.start : span.end].decode()

    def table(self, path: tuple[str, ...]) -> Table | None:
        """The table with a header of its own at `path`."""
        return next((t for t in self.tables if t.path == path and not t.array), None)

    def below(self, path: tuple[str, ...]) -> list[Table]:
        """The tables whose headers lie below `path`."""
        size = len(path)
        return [t for t in self.tables if t.path[:size] == path and len(t.path) > size]

    def lines(self, start: int, end: int) -> list[Span]:
        """The lines between two begins of lines."""
        found = list[Span]()
        while start < end:
            stop = self.source.find(b"\n", start, end) + 1 or end
            found.append(Span(start, stop))
            start = stop
        return found


@lru_cache(maxsize=64)
def scan(path: str, source: bytes) -> Document:
    """The tables and entries of valid TOML; `Refused` where it cannot be followed.

    It is remembered: what all packages inherit from is asked about for each.
    """
    tables = list[Table]()
    at = beginning(source)
    head, here, array, key = Span(at, at), tuple[str, ...](), False, Span(at, at)
    while True:
        entries, at = _entries(path, source, at)
        tables.append(Table(here, array, head, key, tuple(entries), at))
        if at >= len(source):
            break
        header = HEADER.match(source, at)
        if header is None:
            raise Refused(_lost(path, source, at))
        head, key, array = Span(*header.span()), Span(*header.span("key")), header["open"] == b"[["
        here, at = keys(header["key"]), header.end()
    windows = source.count(b"\r\n") * 2 > source.count(b"\n")
    return Document(path, source, "\r\n" if windows else "\n", tuple(tables))


def _entries(path: str, source: bytes, at: int) -> tuple[list[Entry], int]:
    """The entries from `at` on, and where the next header or the end of the file is."""
    found = list[Entry]()
    while at < len(source):
        if empty := EMPTY.match(source, at):
            at = empty.end()
            continue
        entry = ENTRY.match(source, at)
        if entry is None:
            break
        value = _value(path, source, entry.end())
        rest = EMPTY.match(source, value.end)
        if rest is None:
            raise Refused(_lost(path, source, at))
        key, equals = Span(*entry.span("key")), entry.start("equals")
        found.append(Entry(keys(entry["key"]), key, equals, value, Span(at, rest.end())))
        at = rest.end()
    return found, at


def _value(path: str, source: bytes, start: int) -> Span:
    """The value that begins at `start`."""
    depth, end = 0, start
    for token in tokens(path, source, start):
        if not depth and token.lastgroup in ("end", "comment"):
            break
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup != "blank":
            end = token.end()
        if not depth and token.lastgroup == "close":
            break
    return Span(start, end)


def tokens(path: str, source: bytes, start: int) -> Iterator[re.Match[bytes]]:
    """The tokens of a value that begins at `start`, and all that follows it."""
    while start < len(source):
        token = TOKEN.match(source, start)
        if token is None:
            raise Refused(_lost(path, source, start))
        yield token
        start = token.end()


def items(document: Document, value: Span) -> tuple[list[Span], bool]:
    """The items of an array or an inline table, and whether a comma follows the last."""
    found, depth, comma, begin, end = list[Span](), 0, False, 0, 0
    for token in tokens(document.path, document.source, value.start):
        kind = token.lastgroup
        depth -= kind == "close"
        if (depth == 0 and kind == "close") or (depth == 1 and kind == "comma"):
            if end:
                found.append(Span(begin, end))
            comma, begin, end = kind == "comma" or (comma and not end), 0, 0
        elif depth and kind not in ("blank", "end", "comment"):
            begin, end = (begin if end else token.start()), token.end()
        depth += kind == "open"
        if not depth:
            break
    return found, comma


def keys(written: bytes) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes and escapes."""
    text = written.decode()
    parts = text.split(".")
    if all(BARE.fullmatch(part) for part in parts):
        return tuple(parts)
    table: Any = read(f"{text} = 0".encode())
    found = list[str]()
    while isinstance(table, dict):
        ((part, table),) = table.items()
        found.append(part)
    return tuple(found)


def split(written: str) -> list[str]:
    """The parts of a dotted key as they are written, with their quotes."""
    return [part.decode() for part in re.findall(_PART, written.encode(), re.DOTALL)]


def _lost(path: str, source: bytes, at: int) -> str:
    return f"line {line_at(source, at)} of `{path}` has a form that is not understood"
