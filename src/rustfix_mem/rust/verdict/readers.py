"""Who would notice that an entry is gone: what forbids an edit of a cache, or makes it unsure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.borrows import FREE, IN_ELSE
from rustfix_mem.rust.verdict import growers
from rustfix_mem.rust.verdict.effects import effects, others
from rustfix_mem.rust.whole.exposure import is_outside
from rustfix_mem.rust.whole.lifetimes import at_its_end, where
from rustfix_mem.rust.whole.links import accessors, scope, unreadable
from rustfix_mem.rust.whole.seeds import seed
from rustfix_mem.rust.whole.types import POINTERS, hazards, unfound
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.lifetimes import Life
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection


COMPARED = frozenset(("PartialEq", "Hash", "PartialOrd"))


def against(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """What forbids an edit of something that looks like a cache that grows."""
    reached = files.reach(collection.path)
    if reached.state == "unknown":
        yield "its file may be reached only through a macro"
    strange = unfound(collection.key, collection.path, collection.module, files)
    if strange and not (collection.owner and strange in collection.owner.generics):
        yield f"its key `{strange}` is defined nowhere that is read: it may have few values"
    if collection.is_concurrent:
        yield from _borrowed(collection, live, files)
    if collection.value is not None:
        parameters = collection.owner.generics if collection.owner is not None else ()
        if any(tree.head in parameters for tree in collection.value.walk()):
            yield f"its values are of a type parameter: `{collection.value}`"
        found = hazards(collection.value, collection.path, collection.module, files)
        if found.tickets:
            yield f"a value may be an id into another store: `{found.tickets[0]}`"
    if collection.owner is not None and "Serialize" in collection.owner.derives:
        kept = next(f for f in collection.owner.fields if f.name == collection.name)
        if not kept.skipped:
            yield f"serialised with `{collection.owner.name}`"
    elif collection.owner is not None and "Deserialize" in collection.owner.derives:
        kept = next(f for f in collection.owner.fields if f.name == collection.name)
        if not kept.skipped:
            yield f"it may start with entries: `{collection.owner.name}` is deserialised"
    if collection.owner is not None and COMPARED & set(collection.owner.derives):
        yield f"compared with `{collection.owner.name}`: its derive looks at every field"
    yield from growers.first_come(growths, files)
    helpers = {h.use.lookup.method for h in growths if h.use.lookup is not None}
    yield from growers.leaks(collection, growths, files)
    if given := seed(collection, files):
        yield f"it starts with entries that nothing puts back: `{given}`"
    yield from _named_elsewhere(collection, files)
    yield from growers.recurses(growths, files)
    yield from effects(collection, growths, files)
    yield from growers.deprecated(collection, growths, files)
    yield from growers.unchecked(growths, files)
    yield from growers.half(growths, files)
    yield from (for_callers := [*growers.for_callers(collection, growths, files)])
    yield from growers.aged(collection, growths, files)
    for path in unreadable(collection, files):
        yield f"{path}, which may touch it, could not be read"
    for here in live:
        if for_callers and here.use.kind == "lookup":
            continue  # its answer is for them
        yield from _assumes(here, collection, helpers, files)
    yield from _passed_on(collection, files)
    for path in dict.fromkeys([collection.path, *(here.path for here in growths)]):
        if (
            collection.static is not None
            and collection.name in files.about(path, (collection.name,)).tokens
        ):
            yield "named in a macro that may do anything with it"


def _borrowed(collection: Collection, live: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Where an entry of a concurrent map may be borrowed when the map is cleared."""
    for here in live:
        if here.use.kind not in ("grow", "lookup") or here.use.held == FREE:
            continue
        package = files.reach(here.path).package
        if here.use.held == IN_ELSE and package is not None and package.edition >= "2024":
            continue
        at = where(here, files)
        yield f"an entry is borrowed at {at} while other code runs: `clear` there would deadlock"
        return


def _named_elsewhere(collection: Collection, files: Files) -> Iterator[str]:
    """Whether a macro's body, or another static, names it: what happens there is not followed."""
    for path in scope(collection, files):
        facts = files.outline(path)
        if collection.name in facts.macro_words:
            yield f"named in the body of a macro in {path}"
        for static in facts.statics if collection.static is not None else ():
            if static.name != collection.name and _names(static.value, collection, path, files):
                yield f"`{static.name}` names it too, in {path}"


def _names(value: str, collection: Collection, path: str, files: Files) -> bool:
    """Whether the value of another static may name this one: not `dirs::CACHE` of another module.

    What a function keeps to itself has no path.
    """
    static, word = collection.static, rf"\b{re.escape(collection.name)}\b"
    if static is None or static.scope == "fn":
        return bool(re.search(rf"(?<!::){word}", value))
    own = (files.reach(collection.path).module + f"::{collection.module}").strip(":")
    home = own.rpartition("::")[2]
    uses = {use.name: use.path.rpartition("::")[2] for use in files.outline(path).uses}
    modules = re.findall(rf"(?:\b(\w+)\s*::\s*)?{word}", value)
    near = ("", "self", "super", "crate", "Self", home)
    return any(uses.get(one, one) in near or not home for one in modules)


def _assumes(here: Here, collection: Collection, helpers: set[str], files: Files) -> Iterator[str]:
    """Why this use would notice that an entry is gone, if it is of this collection."""
    for reason in _notices(here, collection, helpers, files):
        yield reason if here.sure else f"perhaps {reason}"


def _notices(here: Here, collection: Collection, helpers: set[str], files: Files) -> Iterator[str]:
    """The same, as if it surely were."""
    use, at = here.use, where(here, files)
    handle = any(w in POINTERS for w in collection.wrappers[:1])
    if "clone" in use.via and not handle:
        return  # what happens to a copy does not matter; the copy itself is judged
    match use.kind:
        case "lookup":
            yield from _reader(here, helpers, files)
        case "enumerate":
            yield f"iterated at {at}"
        case "index":
            yield f"indexed at {at}: absence would panic"
        case "get_mut":
            yield f"changed in place at {at}"
        case "clone" if not handle or any(step in ("lock", "read", "write") for step in use.via):
            yield f"handed out as a copy at {at}"
        case "returned":
            fn = files.outline(here.path).fns[here.mention.fn]
            known = [a for a in accessors(collection, files) if a.name == fn.name]
            if not known or any(accessor.visibility == "pub" for accessor in known):
                yield f"handed out by `{fn.name}` at {at}"
            elif far := [path for one in known for path in _unseen_calls(one, here.path, files)]:
                yield f"handed out by `{fn.name}` at {at}, to {far[0]} too"
        case "escape" | "escape_mut":
            yield f"passed on to a call that is not followed at {at}"
        case "token":
            yield f"named in a macro that is not read: `{use.method}!` at {at}"
        case "shrink" if use.note != "dropped" and at_its_end(here, collection, files):
            yield f"what it holds in the end is used at {at}"
        case "clear" | "assign" | "grow" | "shrink" if not here.sure:
            yield f"changed at {at}: the type there is unknown"


def _passed_on(collection: Collection, files: Files) -> Iterator[str]:
    """Where another file passes on what an accessor hands out: only its own file sees that."""
    for accessor in accessors(collection, files):
        given = rf"[(,]\s*&?\s*(?:mut\s+)?(?:[\w.]|::)*\b{re.escape(accessor.name)}\(\)\s*[,)]"
        for path in files.files_with(accessor.name):
            if path != collection.path and re.search(given.encode(), files.sources[path]):
                yield f"passed on to a call that is not followed in {path}: `{accessor.name}()`"
                return


def _unseen_calls(accessor: FnDef, home: str, files: Files) -> list[str]:
    """The other files that may call a function with arguments: only its own file's are followed."""
    if not any(parameter.name != "self" for parameter in accessor.params):
        return []
    call = re.compile(rf"\b{re.escape(accessor.name)}\b".encode())
    named = [path for path in files.files_with(accessor.name) if path != home]
    package = files.reach(home).package
    return [p for p in named if files.reach(p).package == package and call.search(files.sources[p])]


def _reader(here: Here, helpers: set[str], files: Files) -> Iterator[str]:
    use, at = here.use, where(here, files)
    fn = files.outline(here.path).fns[here.mention.fn]
    if use.method == "get_mut":
        yield f"an entry is changed in place at {at}"
    elif use.note == "assumed":
        yield f"read as if always present at {at}"
    elif (
        use.note in ("miss", "after")
        or not here.sure
        or any(
            helper.startswith("helper:") and growers.last_of(helper) == fn.name
            for helper in helpers
        )
        or use.note == "unused"
    ):
        return
    else:
        yield f"no look-up that would compute it again: `{use.method}` at {at} only asks"


SIZES = re.compile(r"len|size|count|stat|metric|usage|memory|entries|cached|debug|fmt|log")
"""Names of functions that say how large a cache is, and are understood so."""


def _measured(live: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Whether the number of entries is an answer to something else: a cap changes it."""
    for here in live:
        fn = files.outline(here.path).fns[here.mention.fn] if here.mention.fn >= 0 else None
        if here.use.method != "len" or not here.sure or fn is None or SIZES.search(fn.name):
            continue
        before = files.text(here.path, Span(fn.span.start, here.use.span.start))
        if not (MACRO.search(before) or _says_what_went(here, before, fn, live, files)):
            yield f"its length is an answer at {where(here, files)}, and a cap changes it"
            return


def _says_what_went(
    here: Here, before: str, fn: FnDef, live: tuple[Here, ...], files: Files
) -> bool:
    """Whether it is noted how many go where all go, and whoever asked for that is not told."""
    clears = any(
        one.use.kind == "clear" and one.path == here.path and one.mention.fn == here.mention.fn
        for one in live
    )
    kept = fn.returns is not None or STORES.search(files.text(here.path, fn.span))
    return clears and not kept and NOTED.search(before) is not None


NOTED = re.compile(r"\blet\s+\w+\s*=[^;{}=]*\Z")
"""An unfinished `let` of one name, which compares nothing."""
STORES = re.compile(r"\.\w+\s*[-+*/]?=[^=>]")
"""What is given to a field."""


MACRO = re.compile(r"\w!\s*[(\[{][^;]*\Z")
"""An unfinished call of a macro, such as one that logs."""


def unsure(
    collection: Collection,
    life: Life,
    live: tuple[Here, ...],
    growths: tuple[Here, ...],
    files: Files,
) -> Iterator[str]:
    """Why the fix is maybe-incorrect, not machine-applicable."""
    if life.span != "long":
        yield f"how long it lives is unknown: {life.because}"
    elif not life.sure:
        yield life.because
    if collection.is_concurrent:
        yield "other threads may put in between the test and the growth: the bound is approximate"
    if collection.value is not None:
        found = hazards(collection.value, collection.path, collection.module, files)
        if found.unknown:
            yield f"what dropping a `{found.unknown[0]}` does is unknown"
    if is_outside(collection, files):
        yield "it is `pub`: code outside of the workspace may touch it too"
    if any(h.use.lookup is not None and h.use.lookup.age == "fresh" for h in growths):
        yield "its entries have a time to live: computed again early, one may differ"
    yield from others(growths, files)
    yield from _measured(live, files)
    if any(here.use.note == "once" for here in growths):
        yield "after the bound is reached, a message may be said again"
