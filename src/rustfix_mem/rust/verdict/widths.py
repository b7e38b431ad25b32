"""Is a map keyed by the width, or the size, of what is drawn on? Then few of its entries matter.

A screen has one width at a time, so a map of layouts by width needs only the last few. Most numbers
that are called a width are another thing: of a glyph, of a column, of an integer in bits. Those
maps have many keys in use at once, and are judged as any other cache.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.wide import SAID
from rustfix_mem.rust.whole.links import touching
from rustfix_mem.rust.whole.types import POINTERS, is_copy
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

_NUMBER = rb"(?:[ui](?:16|32|64|size)|NonZero(?:U16|U32|Usize))"
GATE = re.compile(
    rb"Map<\s*(?:" + _NUMBER + rb"|\(\s*" + _NUMBER + rb"\s*,\s*" + _NUMBER + rb"\s*,?\s*\)"
    rb"|(?:\w+::)*\w*(?:Size|Width|Dimensions|Viewport))\s*,"
)
"""A map whose keys may be widths."""

NUMBERS = frozenset(
    "u16 u32 u64 usize i16 i32 i64 isize NonZeroU16 NonZeroU32 NonZeroUsize".split()
)
ACROSS = frozenset("width cols columns".split())
DOWN = frozenset("height rows".split())
SIZES = frozenset("size dimensions viewport".split())
OTHER = frozenset(
    "bit bits byte bytes tab tabs indent char glyph font stroke line int lane padding pad key value"
    " text string word label title column columns item min cell field name icon image thumb"
    " thumbnail pixel gap margin border path block band hash display".split()
)
"""What else has a width: something of which there are many at once."""

SURFACE = frozenset(
    "area screen terminal term viewport window view frame rect size inner content".split()
)
"""What a `width()` may be asked of: what is drawn on, of which there is one."""

SMALL = frozenset("String str Cow CompactString SmolStr Duration".split())


def passes(collection: Collection, files: Files) -> bool:
    """Whether the declaration may be one that `width` speaks of: all that costs nothing to ask."""
    return may_pass(collection, files) and (_is_said(collection) or _is_asked(collection, files))


def asked_about(collections: Iterable[Collection], files: Files) -> list[Collection]:
    """Those whose own files `passes` asks about them."""
    return [one for one in collections if may_pass(one, files) and not _is_said(one)]


def may_pass(collection: Collection, files: Files) -> bool:
    """Whether a map may be keyed by a width, and its file speaks of one."""
    key, path = collection.key, collection.path
    numbers = [key] if key.head != "()" else list(key.args)
    plain = all(one.name in NUMBERS for one in numbers) or key.name.endswith(SIZED)
    if not plain or collection.is_set:
        return False
    return files.words.holds(path, GATE) and files.words.holds(path, SAID)


def _is_said(collection: Collection) -> bool:
    """Whether the declaration alone says that it is keyed by one."""
    return collection.key.name.endswith(SIZED) or _speaks(collection.name)


def _is_asked(collection: Collection, files: Files) -> bool:
    """Whether its own file asks it by something that is called a width."""
    return any(
        mention.place.name == collection.name and any(_speaks(use.key) for use in mention.uses)
        for mention in files.about(collection.path, (collection.name,)).mentions
    )


def _speaks(written: str) -> bool:
    return any({*_words(word)} & SPOKEN for word in _ids(written))


SIZED = ("Size", "Width", "Dimensions", "Viewport")


@dataclass(frozen=True, slots=True)
class Width:
    """What a map is keyed by: `named` as written; `against` says why that is no window's width."""

    named: str
    against: str = ""


def width(collection: Collection, growths: tuple[Here, ...], files: Files) -> Width | None:
    """The width that a map is keyed by; None if nothing says that it is keyed by one.

    Of a map that nothing fills, the name has to say it.
    """
    if not passes(collection, files):
        return None
    said = _words(collection.name)
    if not growths:
        named = {"width", "widths"} & {*said} and not OTHER & {*said}
        fits = named and _parts(collection, files) and _is_content(collection, files)
        return Width(collection.name) if fits else None
    keys = list(dict.fromkeys(here.use.key for here in growths))
    sized = _is_size(collection.key, collection, files)
    if not sized and not any(_speaks(key) for key in (collection.name, *keys)):
        return None
    parts = _parts(collection, files)
    other = [key for key in keys if not _is_width(key, parts)]
    if not parts or other:
        return Width(keys[0], f"nothing says that `{(other or keys)[0]}` is the width of a window")
    small = "its values are small: a window that is laid out takes more"
    return Width(keys[0], "" if _is_content(collection, files) else small)


SPOKEN = frozenset("width widths cols columns".split())


def _ids(written: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", written)


def stays_one(collection: Collection, files: Files) -> str:
    """Why a map never holds more than one width: it is cleared whenever that changes."""
    for here in touching(collection, files):
        if here.live and here.use.kind in ("clear", "assign") and here.mention.fn >= 0:
            fn = files.outline(here.path).fns[here.mention.fn]
            if CHANGES.search(files.text(here.path, fn.span)):
                return f"`{fn.name}` clears it when the width changes: it never holds more than one"
    return ""


CHANGES = re.compile(
    r"!=\s*[&*]?(?:\w+\.)*\w*(?:width|cols|columns)\b|\b\w*(?:width|cols|columns)\s*!="
)
SMALLEST = re.compile(
    r"\.keys\(\)\s*\.(?:(?:copied|cloned)\(\)\s*\.)?(?:min|max)\(\)"
    r"|\.(?:pop|first|last)_(?:first|last|key_value|entry)\(\)"
)


@dataclass(frozen=True, slots=True)
class Evicted:
    """Where the smallest or the largest width goes right after one is put in, and how."""

    path: str
    span: Span
    by: str


def evicts_itself(growths: tuple[Here, ...], files: Files) -> Evicted | None:
    """The first growth that may be undone right behind itself."""
    for here in growths:
        if here.mention.fn >= 0:
            fn = files.outline(here.path).fns[here.mention.fn]
            behind = files.text(here.path, Span(here.use.span.end, fn.span.end))
            found = SMALLEST.search(behind)
            if found is not None:
                return Evicted(here.path, here.use.span, found[0].strip())
    return None


def _is_content(collection: Collection, files: Files) -> bool:
    """Whether a value is something laid out, which takes memory: no number, no short text."""
    value = collection.value
    while value is not None and value.args and value.name in (*POINTERS, "Box", "Option"):
        value = value.args[0]
    if value is None or value.name in SMALL or value.head == "?":
        return False
    if value.head in ("&", "&mut", "dyn", "impl", "fn", "*"):
        return False
    return not is_copy(value, collection.path, collection.module, files)


def _parts(collection: Collection, files: Files) -> int:
    """How many numbers a key is made of: 1 or 2; 0 if it is made of anything else."""
    key = collection.key
    if key.name in NUMBERS:
        return 1
    if key.head == "()" and len(key.args) == 2 and all(one.name in NUMBERS for one in key.args):
        return 2
    return 2 if _is_size(key, collection, files) else 0


def _is_size(key: TypeTree, collection: Collection, files: Files) -> bool:
    """Whether it is a type of ours that says how wide and how high, and nothing else."""
    meaning = files.names.meaning(key.head, collection.path, collection.module)
    if meaning is None or meaning.defined is None or not meaning.defined.fields:
        return False
    fields = meaning.defined.fields
    return meaning.defined.kind == "struct" and all(
        field.type.name in NUMBERS and field.name in ACROSS | DOWN for field in fields
    )


KEY = re.compile(
    r"[&*\s]*(?P<of>(?:\w+(?:\(\))?\s*\.\s*)*)(?P<last>\w+)(?P<call>\(\))?(?:\s+as\s+\w+)?"
)


def _is_width(key: str, parts: int) -> bool:
    """Whether a key, as written, is the width of something that is drawn on."""
    inner = key.strip().lstrip("&*").strip()
    if parts == 2 and inner.startswith("(") and inner.endswith(")"):
        both = [part for part in inner[1:-1].split(",") if part.strip()]
        return len(both) == 2 and any(
            _is_named(one, ACROSS) and _is_named(other, DOWN) for one, other in (both, both[::-1])
        )
    return _is_named(inner, ACROSS if parts == 1 else SIZES)


def _is_named(part: str, ends: frozenset[str]) -> bool:
    found = KEY.fullmatch(part.strip())
    if found is None:
        return False
    said = _words(found["last"])
    if found["call"]:
        asked = _words(re.findall(r"\w+", found["of"])[-1]) if found["of"] else []
        if not asked or asked[-1] not in SURFACE:
            return False
    return bool(said) and said[-1] in ends and not OTHER & {*said[:-1]}


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.split(r"_+|(?<=[a-z0-9])(?=[A-Z])", name) if word]
