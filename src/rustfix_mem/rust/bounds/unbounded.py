"""Caches of libraries that are made without a bound, and how each library is told one.

Versions and constructors as read in the crates' documentation and compiled: `cached` 0.59 to 4.1,
`lru` 0.19, `hashlink` 0.12, `moka` 0.12, `mini-moka` 0.10, `schnellru` 0.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.cap.sites import words
from rustfix_mem.rust.verdict.few import meant
from rustfix_mem.rust.whole.types import hazards, is_finite
from rustfix_mem.rust.write import layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.bounds.limits import Told
    from rustfix_mem.rust.file.facts import Maker, Memoised, TypeTree
    from rustfix_mem.rust.whole.files import Files

GATE = (b"unbounded", b"Cache::builder", b"Unlimited", b"#[cached", b"::cached", b"memoize")

LIBRARIES = {
    "lru": ("unbounded", "unbounded_with_hasher"),
    "hashlink": ("new_unbounded",),
    "moka": ("builder",),
    "mini_moka": ("builder",),
    "schnellru": ("new",),
}
OWNED = ("lru", "hashlink", "schnellru")
"""Libraries whose caches have one owner; a clone of one of the others is the same cache."""

EVICTS = re.compile(rb"\.(?:pop_lru|pop_entry|remove_lru|resize|set_capacity|retain)\s*\(")
"""Calls by which code bounds such a cache itself."""

TOLD = ("size", "max_size", "expires")
"""Settings of `#[cached]` that bound it, each by itself."""

OTHER_STORES = ("ty", "type", "create", "disk", "redis", "ssc", "map_error")
CONST_UNWRAP = (1, 83)
"""The first Rust that may unwrap in a constant."""


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A cache of a library that was given no bound: with edits, or with reasons against any."""

    path: str
    span: Span
    item: str
    made_by: str
    """What makes it, as people say it: `lru::LruCache::unbounded`, `#[cached]`."""
    test: bool
    edits: tuple[Edit, ...] = ()
    why: tuple[str, ...] = ()
    """Why no edit is offered."""
    fine: tuple[str, ...] = ()
    """Why it needs no bound."""


def unbounded(path: str, told: Told, entries: int, files: Files) -> Iterator[Unbounded]:
    """The caches of one file that a library keeps without a bound, each told `entries`."""
    for maker in told.makers:
        owner = _owner(maker, path, files)
        if owner and "max_capacity" not in maker.chain:
            yield _made(maker, owner, path, entries, files)
    for memo in told.memoised:
        module = files.outline(path).fns[memo.fn].module
        meaning = files.names.meaning(memo.macro, path, module)
        crate = _first(meaning.path) if meaning is not None else ""
        if crate in ("cached", "memoize"):
            yield _remembered(memo, crate, path, entries, files)


def _owner(maker: Maker, path: str, files: Files) -> str:
    """The full path of the type whose constructor is called; empty if it is of no library here."""
    owner, _, method = maker.path.rpartition("::")
    meaning = files.names.meaning(owner, path, maker.module)
    if meaning is None or meaning.defined is not None:
        return ""
    return meaning.path if method in LIBRARIES.get(_first(meaning.path), ()) else ""


def _first(path: str) -> str:
    return path.partition("::")[0]


def _made(maker: Maker, owner: str, path: str, entries: int, files: Files) -> Unbounded:
    crate, method = _first(owner), maker.path.rpartition("::")[2]
    item = maker.holder or maker.path
    said = Unbounded(path, maker.span, item, f"{owner}::{method}", maker.test)
    kept = _kept(maker, path, files)
    if kept is not None and is_finite(kept.args[0], path, maker.module, files):
        return replace(said, fine=(f"its key `{kept.args[0]}` has few values",))
    if maker.dropped and crate in OWNED and not maker.chain:
        name = files.outline(path).fns[maker.fn].name
        return replace(said, fine=(f"`{maker.holder}` is gone when `{name}` returns",))
    if "max_capacity" in _settings(maker):
        return replace(said, fine=(f"bounded by a setting: `{maker.holder}.max_capacity`",))
    if fine := tuple(_evicted(maker, path, files)):
        return replace(said, fine=fine)
    if why := tuple(_against(maker, crate, kept, path, files)):
        fine = tuple(_harmless(maker, path, files))
        return replace(said, fine=fine) if fine else replace(said, why=why)
    try:
        return replace(said, edits=_bounded(maker, crate, path, entries, files))
    except Refused as refused:
        return replace(said, why=(str(refused),))


TIMED = ("time_to_idle", "time_to_live", "expire_after")


def _harmless(maker: Maker, path: str, files: Files) -> Iterator[str]:
    """Why what cannot be bounded here is not worth a word either."""
    timed = [word for word in TIMED if word in _settings(maker)]
    if timed:
        yield f"what nobody asks for goes by itself: `{timed[0]}`"
    items = list(ITEM.finditer(files.sources[path], 0, maker.span.start))
    if maker.fn < 0 and items:
        yield from meant(files.text(path, Span(items[-1].start("item"), maker.span.start)))


def _kept(maker: Maker, path: str, files: Files) -> TypeTree | None:
    """The type of the cache, `LruCache<K, V>`, as its static or field declares it."""
    owner, _, name = maker.holder.rpartition(".")
    facts = files.outline(path)
    declared = [s.type for s in facts.statics if s.name == name and s.span.holds(maker.span)]
    declared += [f.type for t in facts.types if t.name == owner for f in t.fields if f.name == name]
    if len(declared) != 1:
        return None
    found = [t for t in declared[0].walk() if CACHE.search(t.name) and len(t.args) >= MAP]
    return found[0] if found else None


CACHE = re.compile(r"Cache|LruMap")
MAP = 2
"""So many type arguments a map has at least."""


def _evicted(maker: Maker, path: str, files: Files) -> Iterator[str]:
    """Where the code of the package that names the holder bounds it itself."""
    name = maker.holder.rpartition(".")[2]
    package = files.reach(path).package
    folder = f"{package.folder}/" if package is not None and package.folder else ""
    for file in files.files_with(name) if name else [path]:
        found = EVICTS.search(files.sources[file]) if file.startswith(folder) else None
        if found is not None:
            yield f"bounded elsewhere: `{found[0].decode().strip('.( ')}` in {file}"
            return


def _against(
    maker: Maker, crate: str, kept: TypeTree | None, path: str, files: Files
) -> Iterator[str]:
    """Why no bound can be put in."""
    if maker.path.endswith("builder") and maker.chain[-1:] != ("build",):
        place = "further below" if "build" in maker.later else "elsewhere"
        yield f"its builder is finished {place}"
    for word in ("weigher", "eviction_listener", "async_eviction_listener"):
        if word in _settings(maker):
            yield f"it has a `{word}`: what a bound counts, or does, is not known"
    if crate == "schnellru":
        yield "its limiter is part of its type: `ByLength` in place of `Unlimited` changes both"
    if kept is None:
        yield "the type of its values is not known"
        return
    found = hazards(kept.args[1], path, maker.module, files)
    if found.acts:
        yield found.act
    if found.mutable:
        yield f"shared mutable values: `{found.mutable[0]}`"


def _settings(maker: Maker) -> tuple[str, ...]:
    """What a builder is told, at once and under the name that it was given."""
    built = maker.path.endswith("builder") and maker.chain[-1:] != ("build",)
    return (*maker.chain, *maker.later) if built else maker.chain


def _bounded(maker: Maker, crate: str, path: str, entries: int, files: Files) -> tuple[Edit, ...]:
    """The edits that tell the library a bound."""
    source = files.sources[path]
    if maker.path.endswith("builder"):
        start = maker.last
        while source[start - 1 : start].isspace():
            start -= 1
        gap = source[start : maker.last].decode()
        return (Edit(path, Span(maker.last, maker.last), f".max_capacity({entries}){gap}"),)
    if crate == "hashlink":
        return _call(maker, path, "new", str(entries))
    declared = _constant(maker, path, entries, files)
    new = "with_hasher" if maker.path.endswith("with_hasher") else "new"
    return (declared, *_call(maker, path, new, _name(maker)))


def _call(maker: Maker, path: str, method: str, first: str) -> tuple[Edit, ...]:
    """The call with another name, and one more argument before those it has."""
    argument = maker.name.end + 1
    rest = ", " if maker.span.end - argument > 1 else ""
    return (
        Edit(path, maker.name, method),
        Edit(path, Span(argument, argument), f"{first}{rest}"),
    )


def _name(maker: Maker) -> str:
    said = "_".join(dict.fromkeys(w for part in maker.holder.split(".") for w in words(part)))
    return f"MAX_{said}" if said.endswith("ENTRIES") else f"MAX_{said}_ENTRIES"


def _constant(maker: Maker, path: str, entries: int, files: Files) -> Edit:
    """`NonZeroUsize`, which `lru` asks for, as a constant before the item that makes the cache."""
    name, source = _name(maker), files.sources[path]
    if not maker.holder or re.search(rb"\b" + name.encode() + rb"\b", source):
        raise Refused(f"`{name}` is there already, and is something else")
    facts = files.outline(path)
    home = facts.fns[maker.fn].home if maker.fn >= 0 else _item_start(source, maker.span.start)
    indent = layout.indent_at(source, home)
    package = files.reach(path).package
    version = tuple(int(n) for n in re.findall(r"\d+", package.rust_version)) if package else ()
    made = f"std::num::NonZeroUsize::new({entries})"
    value = f"{made}.unwrap()"
    if version and version < CONST_UNWRAP:
        inner = f"{indent}    "
        value = (
            f"match {made} {{\n{inner}Some(entries) => entries,\n"
            f"{inner}None => unreachable!(),\n{indent}}}"
        )
    what = maker.holder.replace(".", "::")
    text = (
        f"/// The most entries `{what}` holds before it drops the one that was used longest ago.\n"
        f"{indent}const {name}: std::num::NonZeroUsize = {value};\n\n{indent}"
    )
    return Edit(path, Span(home, home), layout.style_of(source).lines(text))


def _item_start(source: bytes, at: int) -> int:
    """Where the static around a byte begins, with its docs and attributes."""
    found = list(ITEM.finditer(source, 0, at))
    if not found:
        raise Refused("where its item begins is not known")
    return found[-1].start("item")


ITEM = re.compile(
    rb"^(?P<item>[ \t]*(?:(?://[^\n]*|#\[[^\n]*)\n[ \t]*)*"
    rb"(?:pub(?:\([^)]*\))?\s+)?(?:static|const)\b)",
    re.MULTILINE,
)


def _remembered(memo: Memoised, crate: str, path: str, entries: int, files: Files) -> Unbounded:
    fn = files.outline(path).fns[memo.fn]
    said = Unbounded(path, memo.span, fn.name, f"#[{memo.macro.rpartition('::')[2]}]", fn.test)
    keys = [p.type for p in fn.params]
    if any(key in TOLD for key in memo.settings) or "Capacity" in memo.settings:
        return replace(said, fine=("it is told how much it may keep",))
    if all(is_finite(key, path, fn.module, files) for key in keys) and "key" not in memo.settings:
        return replace(said, fine=("what it is asked with has few values",))
    if why := tuple(_not_told(memo, crate, path, files)):
        return replace(said, why=why)
    package = files.reach(path).package
    asked = re.match(r"\D*(\d+)", package.requirement("cached")) if package is not None else None
    if asked is None:
        return replace(said, why=("which version of `cached` it is, is not known",))
    key = "size" if int(asked[1]) < RENAMED else "max_size"
    return replace(said, edits=(_told(memo, f"{key} = {entries}", path, files),))


RENAMED = 2
"""The first `cached` that takes `max_size`; `size` is gone with the next."""


def _not_told(memo: Memoised, crate: str, path: str, files: Files) -> Iterator[str]:
    if crate == "memoize":
        yield "`Capacity` needs the feature `full` of `memoize`: `#[memoize(Capacity: 1000)]`"
    if memo.recursive:
        yield "memoised recursion: to forget half-way may cost exponential time"
    other = [key for key in memo.settings if key in OTHER_STORES]
    if other:
        yield f"it has a store of its own: `{other[0]}`"
    fn = files.outline(path).fns[memo.fn]
    if fn.returns is not None:
        found = hazards(fn.returns, path, fn.module, files)
        for kind, what in (("acts when it is dropped", found.acts), ("is shared", found.mutable)):
            if what:
                yield f"what it returns {kind}: `{what[0]}`"


def _told(memo: Memoised, setting: str, path: str, files: Files) -> Edit:
    """One more setting of the attribute, before those it has."""
    written = files.text(path, memo.span)
    opened = written.find("(")
    if opened < 0:
        return Edit(path, Span(memo.span.end, memo.span.end), f"({setting})")
    at = memo.span.start + len(written[: opened + 1].encode())
    rest = "" if written[opened + 1 :].strip(" \n)") == "" else ", "
    return Edit(path, Span(at, at), f"{setting}{rest}")
