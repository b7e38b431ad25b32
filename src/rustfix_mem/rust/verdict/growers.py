"""What speaks against a fix where something is put in: in the functions that make it grow."""

from __future__ import annotations

import posixpath
import re
from itertools import combinations
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.methods import KIND_OF
from rustfix_mem.rust.file.pairs import HALF
from rustfix_mem.rust.verdict.branches import exclusive
from rustfix_mem.rust.verdict.callers import computed_by_callers
from rustfix_mem.rust.verdict.receivers import may_call
from rustfix_mem.rust.whole.calls import called_in, function_called, functions_of, reached
from rustfix_mem.rust.whole.lifetimes import where
from rustfix_mem.rust.whole.links import below
from rustfix_mem.rust.whole.types import hazards
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection


def aged(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether it matters when an entry was made: more than to say whether a hit is fresh."""
    for here in growths:
        age = here.use.lookup.age if here.use.lookup is not None else ""
        if age in ("asked", "told"):
            at = where(here, files)
            yield f"what follows from how old an entry is, is not understood before {at}"
            return
        if age != "fresh" and collection.value is not None:
            found = hazards(collection.value, collection.path, collection.module, files)
            if found.stamps:
                yield f"a value holds an `{found.stamps[0]}`: made again, it says another time"
                return


DEPRECATED = re.compile(rb"#\[deprecated\b")
DEPRECATED_MOD = re.compile(
    rb"#\[deprecated\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)"
)
ATTRIBUTES = re.compile(rb"(?:[ \t]*(?:#\[[^\n]*|//[^\n]*)\n)*[^\n]*\Z")


def deprecated(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether it, its owner, what makes it grow or a module around it is on its way out."""
    starts = [(collection.path, collection.span.start)]
    if collection.owner is not None:
        starts.append((collection.path, collection.owner.span.start))
    starts += [(h.path, files.outline(h.path).fns[h.mention.fn].span.start) for h in growths]
    for path, start in starts:
        before = ATTRIBUTES.search(files.sources[path][max(0, start - 2000) : start])
        if before is not None and DEPRECATED.search(before[0]):
            yield "it is deprecated, and will go"
            return
    around = {*collection.path.removesuffix(".rs").split("/"), *collection.module.split("::")}
    for path in files.words.matching(DEPRECATED_MOD, b"#[deprecated"):
        near = collection.path.startswith(posixpath.dirname(path))
        for name in DEPRECATED_MOD.findall(files.sources[path]) if near else ():
            if name.decode() in around:
                yield f"its module `{name.decode()}` is deprecated, and will go"
                return


POINTS = re.compile(r"\.as_(?:mut_)?ptr\(\)|\.as_raw_\w+\(\)")


def unchecked(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether a function is too clever to be followed: unsafe code, or a key put in twice."""
    for here in growths:
        for fn in functions_of(here, files):
            said = files.text(here.path, fn.span)
            if re.search(r"\bunsafe\b|\btransmute\b", said):
                yield f"`{fn.name}` has unsafe code, which may rely on entries that stay"
                return
            if (fn.returns is not None and fn.returns.head == "*") or POINTS.search(said):
                yield f"`{fn.name}` makes a pointer, which may lead into what is kept"
                return
    if any(_both(*two, files) for two in combinations(growths, 2)):
        yield "one key is put in twice: the first may be a mark that the second replaces"


def _both(one: Here, other: Here, files: Files) -> bool:
    """Whether two growths put in the same key, one after the other."""
    same = one.path == other.path and one.mention.fn == other.mention.fn
    if not same or one.use.key != other.use.key:
        return False
    return not exclusive(files.sources[one.path], one.use.span, other.use.span)


def first_come(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether a hit is another answer than a miss: see `hits`."""
    for here in growths:
        if here.use.lookup is not None and here.use.lookup.depends:
            named, at = here.use.lookup.depends, where(here, files)
            yield f"whether a hit will do depends on `{named}` at {at}, which is not in the key"


def for_callers(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Where it holds what its callers compute: who else may call it, nobody follows."""
    for here in growths:
        at = computed_by_callers(here, collection, files) if here.use.lookup is None else ""
        if at:
            name = files.outline(here.path).fns[here.mention.fn].name
            yield f"`{name}` puts in what its callers compute, as at {at}: there may be others"
            return


def half(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether somebody else calls a helper of a pair that looks up and puts in."""
    for here in growths:
        own, *asking = functions_of(here, files)
        lookup = here.use.lookup
        if lookup is None or not asking:
            continue
        helped = lookup.method.startswith("helper:")
        helpers = (own.name, last_of(lookup.method)) if helped else (own.name,)
        for name in helpers:
            calls = re.compile(rf"(?:\.|::)\s*{re.escape(name)}\s*\(|use\b[^;]*\b{name}\b".encode())
            others = [
                path
                for path in files.files_with(name)
                if path != here.path
                and below(path, here.path)
                and calls.search(files.sources[path])
            ]
            yield from (f"`{name}` may be called in {path} too" for path in others[:1])
            yield from _other_call(name, here, (*helpers, asking[0].name), files)
        if lookup.form == HALF:
            both = helpers[1:] and f"`{own.name}` and `{helpers[-1]}` are"
            yield f"{both or f'`{own.name}` is'} called more than once"
        return


def _other_call(name: str, here: Here, known: tuple[str, ...], files: Files) -> Iterator[str]:
    """Where a function that is none of the known ones calls one of this name."""
    for fn in files.outline(here.path).fns:
        said = files.text(here.path, fn.span)
        if fn.test or fn.name in known:
            continue
        if found := re.search(rf"\b{re.escape(name)}\s*\(", said):
            at = fn.span.start + len(said[: found.start()].encode())
            line = line_at(files.sources[here.path], at)
            yield f"`{name}` is called at {here.path}:{line} too: not only where it is computed"
            return


def recurses(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether the same function computes the value: to forget may then cost exponential time."""
    for here, fn in [(one, fn) for one in growths for fn in functions_of(one, files)]:
        facts = files.outline(here.path)
        if _calls(fn, fn, here.path, files):
            yield f"`{fn.name}` calls itself: to forget entries half-way may cost exponential time"
            return
        for other in facts.fns:
            there = other != fn and not other.test and _calls(fn, other, here.path, files)
            if there and _calls(other, fn, here.path, files):
                yield f"`{fn.name}` and `{other.name}` call each other: one may rely on the entry"
                return
        for path, other in (one for ring in reached((here.path, fn), 2, files) for one in ring):
            if (path != here.path or not fn.owner) and _says(other, path, fn, here.path, files):
                yield f"`{other.name}`, which it calls, comes back to `{fn.name}`"
                return


def _says(other: FnDef, path: str, fn: FnDef, home: str, files: Files) -> bool:
    """Whether a function surely calls another that may stand in another file."""
    body = files.text(path, other.span).partition("{")[2]
    return fn.name in called_in(body) and function_called(fn.name, path, files) == (home, fn)


def _calls(caller: FnDef, called: FnDef, path: str, files: Files) -> bool:
    """Whether one function of a file seems to call another: by its name, as it would be called."""
    body = files.text(path, caller.span).partition("{")[2]
    name = re.escape(called.name)
    if called.name not in body:
        return False
    if not called.owner:
        return bool(re.search(rf"(?<![\w.:]){name}\s*\(", body))
    if re.search(rf"(?:\bself\.|Self::|\b{called.owner}::){name}\s*\(", body):
        return True
    return called.name not in KIND_OF and caller == called and may_call(caller, called, path, files)


def leaks(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether what is put in was leaked: clearing frees nothing, and more would leak."""
    kept = collection.value or collection.key
    made = [here for here in growths if not here.use.value.startswith('"')]
    if kept.head == "&" and not kept.lifetime and made:
        yield "its values are `&'static`: if they are leaked, clearing frees nothing and leaks more"
    for here in growths:
        for fn in functions_of(here, files):
            if re.search(r"\bleak\(", files.text(here.path, fn.span)):
                more = "clearing frees nothing, and more would leak"
                yield f"`{fn.name}` leaks what it puts in: {more}"
                return


def last_of(path: str) -> str:
    """The last name of a path, or of a chain of calls."""
    return re.split(r"[:.]", path)[-1]
