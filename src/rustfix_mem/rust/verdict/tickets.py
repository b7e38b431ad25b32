"""Values that are tickets: a number or a name that was handed out once, and means something
elsewhere. Another one would be given if it were made again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.whole.calls import COMMON, function_called, reached
from rustfix_mem.text import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

INTEGERS = tuple("usize u64 u32 u16 u8 isize i64 i32 i16 i8 u128".split())

COUNTERS = r"next_(?:\w+_)?(?:id|uid|number|num|index|idx|serial|seq|count|slot|name|handle|key)\b"
"""Names of what gives a number, or a name, that nobody has yet."""
STEPS = r"next_(?:power|multiple|back|char)"
"""Names of arithmetic, and of steps through a text."""
READ_ON = re.compile(
    r"\.next_(?:byte|bytes|line|token|event|element|value|entry|item|page|chunk|frame|batch|message)\b"
)
"""Names of what goes on reading."""
HANDED_OUT = re.compile(
    rf"\b{COUNTERS}|\bself\.(?!{STEPS})next_|fetch_add|\brandom|Uuid::new|\brng\b"
)
"""A number that nobody gets twice."""
FAR = re.compile(r"\bfetch_add\(|Uuid::new|\bnext_(?:id|number|index|serial|key)\b|\brandom\w*\(")
"""The same, two calls away or in another file, where `next_` may well be a parser's."""
UNIQUE = re.compile(r"unique|uuid|nonce|random")
"""Names of what makes a value that nobody gets twice, be it a number or a text."""

COUNTS = re.compile(
    r"(?<=[{};])\s*(?:#\[[^\]]*\]\s*)*(?!return\b|break\b)[\w.:\s]+\.\s*fetch_\w+\([^;{}]*\)\s*;"
)
"""A statement that only counts what happens: nobody is told the number."""
NEAR = re.compile(r"(?:self\.|Self::)?([a-z_]\w*)\s*\(")
MAKER = re.compile(r"(?:\w+\s*(?:\.|::)\s*)*([a-z_]\w*)\s*\(")

OR_INSERT = re.compile(r"\.or_insert(?:_with|_with_key)?\(")
NUMBERED = re.compile(
    r"(?:self\.|[A-Z_]{2,})[\w.()]*\.len\(\)|fetch_add|\brandom|Uuid::new|\brng\b"
)
"""A value that numbers what is kept elsewhere: a length of it, or the next number of a counter."""
NEXT = re.compile(rf"\b(?!{STEPS})next_")
"""A number that is called the next one."""
COUNTED_UP = re.compile(rf"\bself\.(?:\w+\.)*(?!{STEPS})next_|\.(?!{STEPS})next_\w+\(|\b{COUNTERS}")
"""The same of what may be no number: something gives it, or it has the name of a counter."""


def tickets(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why a value would not come again: it is an id, or what is read next."""
    distinct: dict[tuple[str, str], Here] = {}  # very many growths may put in the same
    for here in growths:
        distinct.setdefault((here.path, put_in(here, files)), here)
    number = {id(h): _is_number(h, collection, files) for h in distinct.values()}
    counted = [h for h in distinct.values() if _numbers(put_in(h, files), h, files, number[id(h)])]
    own = [h for h in growths if _is_own_length(h, files)]
    if own or (counted and (number[id(counted[0])] or "len()" not in put_in(counted[0], files))):
        value = put_in((own or counted)[0], files)
        if READ_ON.search(value):
            yield f"a value is what comes next somewhere, and does not come again: `{brief(value)}`"
        else:
            yield f"a value is an id into another store: `{brief(value)}`"


def _numbers(value: str, here: Here, files: Files, is_number: bool) -> bool:
    """Whether a value numbers something: itself, or in a function that makes it, two deep."""
    if NUMBERED.search(value) or (NEXT if is_number else COUNTED_UP).search(value):
        return True
    near, called = NEAR.match(value), MAKER.match(value) or MAKER.match(f"{value}(")
    if not is_number:
        return bool(called and UNIQUE.search(called[1]))
    makers = [f for f in files.outline(here.path).fns if near is not None and f.name == near[1]]
    said = [COUNTS.sub("", files.text(here.path, maker.span)) for maker in makers]
    if any(map(HANDED_OUT.search, said)):
        return True
    if called is None or called[1] in COMMON:
        return False
    first = function_called(called[1], here.path, files)
    rings = [[first], *reached(first, 1, files)] if first is not None else []
    return any(FAR.search(files.text(path, fn.span)) for ring in rings for path, fn in ring)


def _is_own_length(here: Here, files: Files) -> bool:
    """Whether a value is made from the number of entries, said through the guard's name."""
    name = re.escape(here.use.alias)
    return bool(name and re.search(rf"\b{name}\s*\.\s*len\(\)", put_in(here, files)))


def put_in(here: Here, files: Files) -> str:
    """The value that is put in, as written: for an entry what `or_insert` is given."""
    if here.use.value or here.use.slot is None:
        return COUNTS.sub("", here.use.value)
    said = files.text(here.path, here.use.slot.whole)
    found = OR_INSERT.search(said)
    return COUNTS.sub("", _up_to_its_end(said[found.end() :])) if found is not None else ""


def _up_to_its_end(said: str) -> str:
    """What stands before the parenthesis that closes one opened just before."""
    depth = 1
    for at, char in enumerate(said):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return said[:at]
    return said


def _is_number(here: Here, collection: Collection, files: Files) -> bool:
    """Whether what a hit hands out is a number, or may be one."""
    value, part = collection.value, here.use.lookup.part if here.use.lookup is not None else ""
    if value is None or not part:
        return value is not None and value.name in INTEGERS
    if part.isdigit():
        return not value.args[int(part) :] or value.args[int(part)].name in INTEGERS
    meaning = files.names.meaning(value.head, collection.path, collection.module)
    kept = meaning.defined.fields if meaning is not None and meaning.defined is not None else ()
    return all(one.type.name in INTEGERS for one in kept if one.name == part)
