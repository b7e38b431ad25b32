"""A number lowered where it is written, with the comments beside it kept true."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused as Refused
from rustfix_mem.rust.bounds.limits import MILLIS
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.bounds.limits import Limit
    from rustfix_mem.rust.whole.files import Files

LINE_COMMENT = re.compile(rb"^[ \t]*///?(?!/)|^[ \t]*//!")
ATTRIBUTE = re.compile(rb"^[ \t]*#\[")

UNIT = rb"(?:milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)"
TIME = re.compile(
    rb"(?<![\w.])(?P<number>\d[\d_,]*|an?|one|two|three|five|ten|fifteen|thirty|sixty)"
    rb"(?P<gap>[ -]?)(?P<unit>" + UNIT + rb")\b",
    re.IGNORECASE,
)
PLAIN = re.compile(
    rb"(?<![\w.])(?P<number>\d{1,3}(?:[ '](?=\d{3})\d{3})+|\d[\d_,]*)(?P<k>[kK]?)(?![\w%]|\.\d)"
)
WRITTEN = {
    b"a": 1,
    b"an": 1,
    b"one": 1,
    b"two": 2,
    b"three": 3,
    b"five": 5,
    b"ten": 10,
    b"fifteen": 15,
    b"thirty": 30,
    b"sixty": 60,
}
FULL = {"mins": "minute", "secs": "second", "millis": "millisecond"}
SHORT = {"mins": "min", "secs": "s", "millis": "ms"}


@dataclass(frozen=True, slots=True)
class Lowered:
    """The edits that lower a number, and the comments beside it that may still speak of the old."""

    edits: tuple[Edit, ...]
    doubts: tuple[str, ...]


def lowered(limit: Limit, amount: int, files: Files) -> Lowered:
    """`limit` at `amount` entries or seconds; raises `Refused` if it cannot be said in its unit."""
    edits = list(_number(limit, amount, files))
    doubts: list[str] = []
    source = files.sources[limit.path]
    for comment in _beside(limit, source):
        made, doubt = _spoken(limit, amount, comment, source)
        edits += made
        doubts += doubt
    for comment in _about(limit, files):
        edits += _spoken(limit, amount, comment, source)[0]
    edits = list(dict.fromkeys(edits))
    return Lowered(tuple(edits), tuple(doubts))


def _number(limit: Limit, amount: int, files: Files) -> Iterator[Edit]:
    number, written = limit.number, files.text(limit.path, limit.number.span)
    if limit.counts == "entries":
        yield Edit(limit.path, number.span, _digits(written, amount))
        return
    said, rest = divmod(amount * 1000, MILLIS[limit.unit])
    if rest == 0:
        minutes = " * 60" if re.search(r"\* *60$", written) and said % 60 == 0 else ""
        plain = said // 60 if minutes else said
        yield Edit(limit.path, number.span, _digits(written, plain) + minutes)
        return
    if number.unit_span is None:
        raise Refused(f"{amount} seconds are no whole number of {limit.unit}")
    yield Edit(limit.path, number.unit_span, "from_secs")
    yield Edit(limit.path, number.span, _digits(written, amount))


def _digits(written: str, amount: int) -> str:
    """`amount` as `written` was: with its underscores and its suffix, if it had one."""
    grouped = bool(re.search(r"\d_\d", written)) and amount >= 1000
    digits = f"{amount:_}" if grouped else str(amount)
    suffix = re.search(r"\d(_?(?:[ui]\d+|[ui]size))$", written)
    return digits + (suffix[1] if suffix and "*" not in written else "")


def _beside(limit: Limit, source: bytes) -> Iterator[Span]:
    """The comments that stand behind the number on its line, and on the lines right above it."""
    number = limit.number.span
    end = source.find(b"\n", number.end)
    end = len(source) if end < 0 else end
    behind = source.find(b"//", number.end, end)
    if behind >= 0:
        yield Span(behind, end)
    inside = source.rfind(b"\n", 0, number.start) + 1
    while inside > 0:
        above = source.rfind(b"\n", 0, inside - 1) + 1
        line = source[above : inside - 1]
        if LINE_COMMENT.match(line):
            yield Span(above, inside - 1)
        elif not (ATTRIBUTE.match(line) or _opens(limit, line)):
            return
        inside = above


def _about(limit: Limit, files: Files) -> Iterator[Span]:
    """Lines that speak of a cache in the docs of the function around, and of the field."""
    facts, source = files.outline(limit.path), files.sources[limit.path]
    at = limit.number.span
    starts = [facts.fns[limit.number.fn].span.start] if limit.number.fn >= 0 else []
    starts += [static.span.start for static in facts.statics if static.span.holds(at)]
    owner = limit.number.owner.rpartition("::")[2]
    fields = [f for t in facts.types if t.name == owner for f in t.fields]
    starts += [f.span.start for f in fields if f.name == limit.number.name]
    if limit.number.role == "returned":
        starts += _defaulted(limit.number.name, source)
    for start in starts:
        begins = source.rfind(b"\n", 0, start) + 1
        while begins > 0:
            above = source.rfind(b"\n", 0, begins - 1) + 1
            line = source[above : begins - 1]
            if not (LINE_COMMENT.match(line) or ATTRIBUTE.match(line)):
                break
            if SPEAKS[limit.counts].search(line):
                yield Span(above, begins - 1)
            begins = above


def _defaulted(function: str, source: bytes) -> list[int]:
    """Where fields begin whose default, as serde is told, a function makes."""
    named = rb'default\s*=\s*"(?:\w+::)*' + function.encode() + rb'"'
    return [found.start() for found in re.finditer(named, source)]


SPEAKS = {
    "seconds": re.compile(rb"cache|ttl|expir|time to live|max(?:imum)? age|default", re.I),
    "entries": re.compile(rb"cache|capacity|entries|items|size|default", re.I),
}


def _opens(limit: Limit, line: bytes) -> bool:
    """Whether the line begins what the number ends: its docs stand above that."""
    name = limit.number.name.encode()
    return limit.number.role in ("returned", "const") and name in line


def _spoken(
    limit: Limit, amount: int, comment: Span, source: bytes
) -> tuple[list[Edit], list[str]]:
    """The edits of one comment, and a doubt if it says a number that is not understood."""
    said = source[comment.start : comment.end]
    edits: list[Edit] = []
    taken: list[tuple[int, int]] = []
    others = False
    if limit.counts == "seconds":
        for found in TIME.finditer(said):
            taken.append(found.span())
            millis = _value(found["number"]) * MILLIS[_unit(found["unit"])]
            if millis == limit.amount * 1000:
                at = Span(comment.start + found.start(), comment.start + found.end())
                edits.append(Edit(limit.path, at, _time(amount, found)))
            else:
                others = True
    for found in PLAIN.finditer(said):
        if any(start <= found.start() < end for start, end in taken):
            continue
        value = _value(found["number"]) * (1000 if found["k"] else 1)
        if value == limit.number.value:
            at = Span(comment.start + found.start(), comment.start + found.end())
            edits.append(Edit(limit.path, at, _plain(limit, amount, found)))
        else:
            others = True
    text = said.strip().decode("utf-8", "replace")
    return edits, [f"the comment beside it may speak of the old number: `{text}`"] if others else []


def _value(number: bytes) -> int:
    written = WRITTEN.get(number.lower())
    return written if written is not None else int(re.sub(rb"[_, ']", b"", number))


def _unit(unit: bytes) -> str:
    """The key of `MILLIS` that a word means."""
    word = unit.lower()
    if word.startswith((b"ms", b"milli")):
        return "millis"
    return {b"s": "secs", b"m": "mins", b"h": "hours", b"d": "days"}[word[:1]]


def _time(amount: int, found: re.Match[bytes]) -> str:
    """`amount` seconds, as the comment would say it: `5 minutes` becomes `2 minutes`."""
    unit = _unit(found["unit"])
    if unit in ("hours", "days") or amount * 1000 % MILLIS[unit]:
        unit = "mins" if amount % 60 == 0 else "secs"
    count = amount * 1000 // MILLIS[unit]
    gap, word = found["gap"].decode(), found["unit"].decode()
    if len(word.lower().rstrip("s")) <= 4 and word.lower().rstrip("s") not in ("hour", "day"):
        kept = _unit(found["unit"]) == unit
        return f"{count}{gap}{word if kept else SHORT[unit]}"
    many = "s" if count != 1 and gap != "-" else ""
    return f"{count}{gap}{FULL[unit]}{many}"


def _plain(limit: Limit, amount: int, found: re.Match[bytes]) -> str:
    """The bare number in the unit of the code, grouped as the comment groups it."""
    value = amount if limit.counts == "entries" else amount * 1000 // MILLIS[limit.unit]
    if found["k"] and value % 1000 == 0:
        return f"{value // 1000}{found['k'].decode()}"
    number = found["number"]
    for parts in ",' ":
        if parts.encode() in number:
            return f"{value:,}".replace(",", parts)
    return f"{value:_}" if b"_" in number else str(value)
