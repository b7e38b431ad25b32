"""Text and edits of text. Knows nothing of Rust, files on disk or git."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rustfix_mem.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOM = b"\xef\xbb\xbf"
"""The byte order mark with which some editors begin a file: no part of its text."""


def beginning(source: bytes) -> int:
    """Where the text of a file begins: behind a byte order mark."""
    return len(BOM) if source.startswith(BOM) else 0


class Span(Plain, frozen=True, order=True):
    """A half-open range of bytes, as tree-sitter and rustc count them."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def holds(self, other: Span) -> bool:
        """Whether `other` lies within this span; equal spans hold each other."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, order=True, slots=True)
class Edit:
    """Replace the bytes of `span` in the file at `path` with `text`."""

    path: str
    span: Span
    text: str

    def conflicts(self, other: Edit) -> bool:
        """Whether both want the same bytes. Two equal edits agree, so they do not."""
        if self == other or self.path != other.path:
            return False
        if self.span == other.span:  # two insertions at one place: the order is unknown
            return True
        return self.touches(other.span)

    def touches(self, span: Span) -> bool:
        """Whether it changes a byte of `span`, or puts something within it."""
        return self.span.start < span.end and span.start < self.span.end


@dataclass(frozen=True, slots=True)
class Position:
    """A place as an editor shows it: line and column from 1, the column in characters."""

    line: int
    column: int


def apply(source: bytes, edits: Iterable[Edit]) -> bytes:
    """`source` with the edits of one file made; equal edits count once.

    Raises `ValueError` if two edits conflict or reach beyond the end.
    """
    ordered = sorted(set(edits))
    for left, right in pairwise(ordered):
        if left.conflicts(right):
            raise ValueError(f"conflicting edits: {left} and {right}")
    pieces, last = list[bytes](), 0
    for edit in ordered:
        if edit.span.end > len(source):
            raise ValueError(f"beyond the end of {edit.path}: {edit}")
        pieces += [source[last : edit.span.start], edit.text.encode()]
        last = edit.span.end
    return b"".join([*pieces, source[last:]])


def original_offset(offset: int, edits: Sequence[Edit]) -> int:
    """Where byte `offset` of the edited text stood before `edits` (sorted, of one file) were made.

    A byte that an edit put in is said to stand where the edit began.
    """
    shift = 0
    for edit in edits:
        start = edit.span.start + shift
        size = len(edit.text.encode())
        if offset < start:
            break
        if offset < start + size:
            return edit.span.start
        shift += size - (edit.span.end - edit.span.start)
    return offset - shift


def line_at(source: bytes, offset: int) -> int:
    """The line of byte `offset`, counted from 1; many such questions are for `Lines`."""
    return source.count(b"\n", 0, offset) + 1


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of one text begin, to turn byte offsets into positions."""

    source: bytes
    starts: tuple[int, ...]

    @classmethod
    def of(cls, source: bytes) -> Lines:
        starts, at = [0], source.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = source.find(b"\n", at + 1)
        return cls(source, tuple(starts))

    def position(self, offset: int) -> Position:
        """The position of byte `offset`; a byte order mark is not counted as a character."""
        line = bisect_right(self.starts, offset)
        before = self.source[self.starts[line - 1] : offset].decode("utf-8", "replace")
        return Position(line, len(before.removeprefix("\ufeff")) + 1)

    def line(self, number: int) -> str:
        """Line `number`, counted from 1, without its end of line."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.source)
        return self.source[start:end].decode("utf-8", "replace").rstrip("\r\n")


LONG = 60
"""So many letters of code are shown in the middle of a sentence."""


def brief(code: str) -> str:
    """Code on one line, cut where it is long."""
    said = " ".join(code.split())
    return said if len(said) <= LONG else f"{said[: LONG - 4].rstrip()} ..."
