"""Where something new goes in a TOML file: among the entries of a table, or between tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rustfix_mem.text import BOM, Edit, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rustfix_mem.cargo.toml_lines import Document, Entry, Table

Order = Callable[[str], str]

ORDERS: tuple[Order, ...] = (
    lambda name: name,
    lambda name: name.lower(),
    lambda name: name.lower().replace("-", "_"),
    lambda name: name.lower().replace("_", "-"),
)
"""How people sort names, the plainest first."""

COMMENTED_OUT = re.compile(r"\s*#+\s*(?:\[|[\w.\"'-]+\s*=)")
"""A comment that is no prose but TOML."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The entries of one name, with the comment lines above them."""

    name: str
    entries: tuple[Entry, ...]
    lines: Span
    apart: bool
    """Whether a blank line stands between it and what comes before."""
    remark: str
    """The comment lines above it."""

    @property
    def commented(self) -> bool:
        return bool(self.remark)


def units(document: Document, table: Table) -> list[Unit]:
    """The entries of a table by the first part of their key, where these follow each other."""
    found = list[Unit]()
    end = table.header.end
    for entry in table.entries:
        start, apart = _begin(document, end, entry.lines.start)
        end = _end(document, entry, table.end)
        if found and found[-1].name == entry.keys[0] and start == found[-1].lines.end:
            last = found.pop()
            whole = Span(last.lines.start, end)
            found.append(Unit(last.name, (*last.entries, entry), whole, last.apart, last.remark))
        else:
            remark = document.text(Span(start, entry.lines.start))
            found.append(Unit(entry.keys[0], (entry,), Span(start, end), apart, remark))
    return found


def _begin(document: Document, low: int, high: int) -> tuple[int, bool]:
    """Where the comments right above `high` begin, and whether there is a blank line above."""
    start, apart = high, False
    for line in reversed(document.lines(low, high)):
        if not document.text(line).strip():
            apart = True
        elif not apart:
            start = line.start
    return start, apart


def _end(document: Document, entry: Entry, limit: int) -> int:
    """The end of an entry; a comment behind it may go on in lines that are indented further."""
    end = entry.lines.end
    said = b"#" in document.source[entry.value.end : end]
    for line in document.lines(end, limit) if said else []:
        text = document.text(line)
        blanks = len(text) - len(text.lstrip(" \t"))
        if not text.lstrip().startswith("#") or blanks <= entry.key.start - entry.lines.start:
            break
        end = line.end
    return end


def run_for(name: str, found: Sequence[Unit], unlike: Collection[str] = ()) -> Sequence[Unit]:
    """The run of entries among which `name` belongs; empty if there are none.

    Blank lines part runs; so do comments, where what stands between blank lines is not sorted as
    a whole. `unlike` names entries of another sort, which do not count beside others. What stands
    below a title is chosen only if it is long, and sorted, or if all entries stand below titles.
    """
    every = runs(found, unlike)
    like = [run for run in every if any(unit.name not in unlike for unit in run)] or every
    open_to_all = [run for run in like if run not in titled(every)]
    fit = [run for run in like if run in open_to_all or len(run) >= LONG]
    around = [run for run in fit if _spans(run, name)]
    if around:
        return max(around, key=len)
    rest = open_to_all or like
    return rest[-1] if rest else ()


LONG = 5
"""From so many entries on that they are sorted is no chance."""


def titled(every: Sequence[list[Unit]]) -> list[list[Unit]]:
    """The runs below a comment that says what they are, where comments are such titles; but not
    what is said to be for all the rest."""
    titles = _titles(every)
    own = [one for one, run in zip(titles, every, strict=True) if one and len(run) > 1]
    if len(set(own)) < 2:
        return []
    return [run for one, run in zip(titles, every, strict=True) if one and not ANY.search(one)]


def _titles(every: Sequence[list[Unit]]) -> list[str]:
    """For each run the comment that it stands below, as far as the next blank line."""
    found = list[str]()
    for run in every:
        begins = run[0].apart or not found
        found.append(run[0].remark if begins else found[-1])
    return found


ANY = re.compile(
    r"\b(?:common|external|general|misc\w*|others?|util\w*)\b|^\W*(?:deps|dependencies)\W*$",
    re.IGNORECASE,
)
"""Words of a title below which anything may go."""


def stands_alone(name: str, found: Sequence[Unit], run: Sequence[Unit]) -> bool:
    """Whether `name` follows a run without being of it: it goes below no title."""
    below = list(run) in titled(runs(found))
    return below and not (len(run) >= LONG and _spans(run, name))


def runs(found: Sequence[Unit], unlike: Collection[str] = ()) -> list[list[Unit]]:
    """The entries in runs that are sorted by themselves, or not at all."""
    every = list[list[Unit]]()
    for block in _parted(found, lambda unit: unit.apart):
        like = _alike(block, unlike)
        whole = sorted_by([unit.name for unit in like]) is not None
        every += [like] if whole else _parted(like, lambda unit: unit.commented)
    return every


def _alike(block: list[Unit], unlike: Collection[str]) -> list[Unit]:
    """Without those of another sort, but where they stand among the others, all in one order."""
    others = [unit.name in unlike for unit in block]
    mixed = sum(left != right for left, right in pairwise(others)) > 1
    if mixed and sorted_by([unit.name for unit in block]) is not None:
        return block
    return [unit for unit in block if unit.name not in unlike] or block


def _parted(found: Sequence[Unit], begins: Callable[[Unit], bool]) -> list[list[Unit]]:
    parts = list[list[Unit]]()
    for unit in found:
        if not parts or begins(unit):
            parts.append([])
        parts[-1].append(unit)
    return parts


def sorted_by(names: Sequence[str]) -> tuple[Order, list[int]] | None:
    """By what names are sorted, and where those stand that are: one in ten may be out of place.

    `default`, which often leads the features, is passed over.
    """
    ranked = [place for place, name in enumerate(names) if name != "default"]
    found = [(order, _rising([order(names[place]) for place in ranked])) for order in ORDERS]
    order, kept = max(found, key=lambda one: len(one[1]))
    if len(kept) * 10 < len(ranked) * 9:
        return None
    return order, [ranked[place] for place in kept]


def _rising(words: Sequence[str]) -> list[int]:
    """Where the longest part of the words stands that is in order."""
    ends, lasts, before = list[str](), list[int](), list[int]()
    for place, word in enumerate(words):
        length = bisect_right(ends, word)
        ends[length:], lasts[length:] = (
            [word, *ends[length + 1 :]],
            [place, *lasts[length + 1 :]],
        )
        before.append(lasts[length - 1] if length else -1)
    found, place = list[int](), lasts[-1] if lasts else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def stands_apart(found: Sequence[Unit], run: Sequence[Unit]) -> bool:
    """Whether an empty line belongs above what goes behind a run: it is one entry with a remark of
    its own above it, or most entries of the table stand apart from each other."""
    if len(run) > 1 or not run[0].apart:
        return False
    return run[0].commented or sum(unit.apart for unit in found) * 2 > len(found)


def _spans(run: Sequence[Unit], name: str) -> bool:
    found = sorted_by([unit.name for unit in run])
    if found is None or not found[1]:
        return False
    order, kept = found
    return order(run[kept[0]].name) <= order(name) <= order(run[kept[-1]].name)


def place(document: Document, table: Table, name: str, run: Sequence[Unit]) -> int:
    """Where the line of `name` goes in a run of a table."""
    found = sorted_by([unit.name for unit in run])
    if found is None or not found[1]:
        return behind(document, table, run[-1])
    order, kept = found
    smaller = [run[place] for place in kept if order(run[place].name) < order(name)]
    if smaller:
        return behind(document, table, _with_default(smaller[-1], run, order, name))
    # the comment above a later run may be a heading: nothing goes between or above
    first, only = run[kept[0]], len(runs(units(document, table))) == 1
    heading = first.commented and not only
    return behind(document, table, run[-1]) if heading else first.lines.start


def _with_default(unit: Unit, run: Sequence[Unit], order: Order, name: str) -> Unit:
    """`default` where it follows a unit in its own place among sorted names, else the unit."""
    after = run[run.index(unit) + 1 :][:1]
    there = [one for one in after if one.name == "default"]
    in_place = order(unit.name) < order("default") < order(name)
    return there[0] if there and in_place else unit


def behind(document: Document, table: Table, unit: Unit) -> int:
    """The end of a unit; comments right below the last of a table are its own."""
    last = unit.entries[-1] is table.entries[-1]
    return _tail(document, unit.lines.end, table.end) if last else unit.lines.end


def _tail(document: Document, start: int, limit: int) -> int:
    """The end of the comment lines from `start` on, unless the next header follows right below."""
    at = start
    for line in document.lines(start, limit):
        if not document.text(line).strip():
            return at
        at = line.end
    return at if limit == len(document.source) else start


def insertion(document: Document, at: int, lines: Sequence[str]) -> Edit:
    """The lines put in at `at`, a begin of a line or the end of the file."""
    newline = document.newline
    whole = at == 0 or document.source[:at].endswith((b"\n", BOM))
    text = newline.join(lines)
    return Edit(document.path, Span(at, at), text + newline if whole else newline + text)


def table_edit(document: Document, table: Table, lines: Sequence[str]) -> Edit:
    """A new table behind another, apart from its neighbours as the file's tables are."""
    at = gap(document, table)
    apart = _airy(document)
    before = apart and bool(_line_before(document, at).strip())
    after = apart and bool(_line_at(document, at).strip())
    return insertion(document, at, [*([""] if before else []), *lines, *([""] if after else [])])


def _line_before(document: Document, at: int) -> bytes:
    start = document.source.rfind(b"\n", 0, max(at - 1, 0)) + 1
    return document.source[start:at].removeprefix(BOM)


def _line_at(document: Document, at: int) -> bytes:
    end = document.source.find(b"\n", at) + 1 or len(document.source)
    return document.source[at:end]


def gap(document: Document, table: Table) -> int:
    """Where a new table goes behind `table`.

    Comments right below its last entry are its own, and so is TOML that was commented out; other
    comments speak of what follows.
    """
    if table is document.tables[-1]:
        return len(document.source)
    at = _tail(document, _content(document, table), table.end)
    following, _ = _begin(document, at, table.end)
    paragraph = list[Span]()
    for line in document.lines(at, following):
        if document.text(line).strip():
            paragraph.append(line)
        elif paragraph and not COMMENTED_OUT.match(document.text(paragraph[0])):
            break
        elif paragraph:
            at, paragraph = paragraph[-1].end, []
    return at


def _airy(document: Document) -> bool:
    """Whether blank lines stand between tables; so it is in a file with one table."""
    found = [
        _begin(document, _content(document, one), other.header.start)[1]
        for one, other in pairwise(document.tables)
        if one.entries or one.header.end > one.header.start
    ]
    return not found or sum(found) * 2 >= len(found)


def _content(document: Document, table: Table) -> int:
    """The end of the last entry of a table, or of its header."""
    found = units(document, table)
    return found[-1].lines.end if found else table.header.end
