"""Whether a type is so small that an `Arc` of it takes more than the value; with the sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.sharing.typed import Typed, definition, meant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.facts import TypeDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Span

MOST = 16
"""Bytes up to which a value is better kept in place: a pointer takes 8, what counts it 16 more."""
COUNTS = 16
"""Bytes that stand in front of the value behind an `Arc` or an `Rc`."""
DEPTH = 6


@dataclass(frozen=True, slots=True)
class Size:
    """What a value that is `Copy` takes; `spare`: a bit pattern that means no value."""

    bytes: int
    align: int
    spare: bool


PRIMITIVE = {
    "bool": Size(1, 1, spare=True),
    "char": Size(4, 4, spare=True),
    "&": Size(8, 8, spare=True),
    **dict.fromkeys(("u8", "i8"), Size(1, 1, spare=False)),
    **dict.fromkeys(("u16", "i16"), Size(2, 2, spare=False)),
    **dict.fromkeys(("u32", "i32", "f32"), Size(4, 4, spare=False)),
    **dict.fromkeys(("u64", "i64", "f64", "usize", "isize"), Size(8, 8, spare=False)),
    **dict.fromkeys(("u128", "i128"), Size(16, 16, spare=False)),
}
LIBRARIES = {
    "anstyle::Color": Size(4, 1, spare=True),
    "anstyle::AnsiColor": Size(1, 1, spare=True),
    "anstyle::Ansi256Color": Size(1, 1, spare=False),
    "anstyle::RgbColor": Size(3, 1, spare=False),
    "anstyle::Effects": Size(2, 2, spare=False),
    "ratatui::style::Color": Size(4, 1, spare=True),
    "ratatui::style::Modifier": Size(2, 2, spare=False),
    "crossterm::style::Color": Size(4, 1, spare=True),
}
"""Types of libraries that are `Copy`, as measured on 64 bits."""


def size_of(typed: Typed, files: Files, depth: int = 0) -> Size | None:
    """The size of a type if all in it is `Copy` and known; else None."""
    typed = meant(typed, files)
    tree = typed.tree
    if depth > DEPTH:
        return None
    if tree.head in PRIMITIVE:
        unsized = tree.head == "&" and tree.args[0].head in ("str", "[]", "dyn")
        return Size(16, 8, spare=True) if unsized else PRIMITIVE[tree.head]
    if tree.head == "()":
        return _together([Typed(arg, typed.path, typed.module) for arg in tree.args], files, depth)
    meaning = files.names.meaning(tree.head, typed.path, typed.module)
    if meaning is None:
        return None
    if meaning.defined is None:
        inner = typed.inner()
        if meaning.name == "Option" and inner is not None:
            return _optional(size_of(inner, files, depth + 1))
        return LIBRARIES.get(meaning.path)
    return _of_defined(meaning.defined, meaning.file, files, depth)


def _of_defined(defined: TypeDef, path: str, files: Files, depth: int) -> Size | None:
    if defined.generics or defined.kind == "union":
        return None
    if defined.kind == "enum":
        return Size(1, 1, spare=True) if defined.unit_only else None
    kept = [Typed(f.type, path, defined.module) for f in defined.fields]
    return _together(kept, files, depth)


def _optional(size: Size | None) -> Size | None:
    if size is None or size.spare:
        return size
    return Size(size.bytes + size.align, size.align, spare=True)


def _together(parts: Iterable[Typed], files: Files, depth: int) -> Size | None:
    """Fields in the order that wastes least, as rustc puts them."""
    sizes = [size_of(part, files, depth + 1) for part in parts]
    known = [size for size in sizes if size is not None]
    if len(known) != len(sizes):
        return None
    align = max((size.align for size in known), default=1)
    total = sum(size.bytes for size in known)
    return Size(-(-total // align) * align, align, any(size.spare for size in known))


@dataclass(frozen=True, slots=True)
class Inline:
    """A type that is better kept in place than behind a pointer."""

    path: str
    span: Span
    item: str
    message: str


def inline(typed: Typed, files: Files) -> Inline | None:
    """How much a value takes in place and how much behind a pointer; None if sharing is right."""
    found = definition(typed, files)
    size = size_of(typed, files)
    if found is None or size is None or not 0 < size.bytes <= MOST:
        return None
    defined, path = found
    behind = -(-(COUNTS + size.bytes) // 8) * 8
    copies = "is" if "Copy" in defined.derives else "could be"
    message = (
        f"`{defined.name}` {copies} `Copy` and takes {size.bytes} bytes: a pointer to it takes 8,"
        f" and {behind} more for each allocation"
    )
    return Inline(path, defined.span, defined.name, message)
