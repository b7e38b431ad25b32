"""When is a collection a cache that grows? The seven questions, all gates asked, all answers kept.

1 seen by rustc · 2 a memo, not state · 3 dropping an entry does nothing else · 4 it grows ·
5 nothing bounds it · 6 its owner lives long. (7, placing the cap, is `placement`.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.lifetimes import Life, life_of, where
from rustfix_mem.rust.links import Here, accessors, touching
from rustfix_mem.rust.types import POINTERS, hazards, is_finite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.files import Files
    from rustfix_mem.rust.types import Collection

CACHE_WORDS = ("cache", "_memo_", "_memos_", "memoiz", "memois")
STATE_WORDS = tuple(
    f"_{word}"
    for word in "permission grant deny_ denied allowed_ policy_ limiter semaphore intern registry_"
    " pending in_flight inflight session_ sessions_ credential glyph texture approv quota".split()
)
"""Names of things that somebody relies on: only a second net, the shapes above are the first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one collection.

    `state`: reasons why it is not a cache that grows, so it is left alone. `against`: it is one,
    but these forbid an edit, so it is reported. `unsure`: why a human should look at the fix.
    """

    collection: Collection
    growths: tuple[Here, ...]
    state: tuple[str, ...]
    against: tuple[str, ...]
    unsure: tuple[str, ...]
    life: Life
    memo: bool
    named: bool
    """Whether it, its owner or its type is called a cache."""
    dead: bool
    hidden: tuple[Here, ...]
    """Where code that is not followed is given it and may fill it, if nothing else is seen to."""
    shape: str


def judge(collection: Collection, files: Files) -> Verdict:
    """Ask every question about one collection."""
    uses = touching(collection, files)
    live = tuple(here for here in uses if here.live)
    growths = tuple(here for here in live if here.use.kind == "grow" and here.sure)
    memo = any(_is_memo(here) for here in growths)
    named = _is_named(collection)
    dead = named and not growths and _is_dead(collection, uses, files)
    state = list(_not_state(collection, live, growths, files))
    against: list[str] = []
    life = Life("unknown", "")
    if growths and not state:
        state += _bounds(live, growths, files)
        state += _owner_replaced(collection, files)
        state += _in_step(collection, growths, files)
        state += _identity(collection, files)
    if growths and not state:
        against += _against(collection, live, growths, files)
        life = life_of(collection, files)
        if life.span in ("short", "unused"):
            against.append(life.because)
    if growths and not named:  # without the word, each doubt is more likely a misunderstanding
        state, against = state + against, []
    return Verdict(
        collection,
        growths,
        tuple(dict.fromkeys(state)),
        tuple(dict.fromkeys(against)),
        tuple(_unsure(collection, life, growths, files)) if growths and not state else (),
        life,
        memo,
        named,
        dead,
        _hidden(live) if named and not growths else (),
        _shape(collection, growths),
    )


def _is_named(collection: Collection) -> bool:
    return any(word in _spoken(collection) for word in CACHE_WORDS)


def _hidden(live: tuple[Here, ...]) -> tuple[Here, ...]:
    """Where a collection that is looked up, but never seen to grow, is handed out to be filled."""
    asked = any(here.use.kind == "lookup" and here.sure for here in live)
    handed = ("escape_mut", "token")
    return tuple(h for h in live if h.use.kind in handed and h.sure) if asked else ()


def _spoken(collection: Collection) -> str:
    """The words of the item's name, each between underscores: `_tool_registry_cache_`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", collection.item).replace(".", "_")
    return f"_{spaced.lower()}_"


def _is_memo(here: Here) -> bool:
    """Whether the growth is the miss path of a look-up of the same key, or says something once."""
    use = here.use
    if use.note in ("accumulates", "decides", "borrowed"):
        return False
    return use.lookup is not None or use.note == "once"


def _not_state(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Questions 2 to 4: evidence that it is state, whatever it is called."""
    if not growths:
        yield "nothing in this workspace puts anything in"
        return
    if collection.borrowed:
        yield "it borrows: its owner has a lifetime parameter, so it lives no longer than a request"
    denied = [word for word in STATE_WORDS if word in _spoken(collection)]
    if denied:
        yield f"it is called `{denied[0].strip('_')}`: state that somebody relies on"
    for here in growths:
        yield from _grows_as_state(here, files)
    if is_finite(collection.key, collection.path, collection.module, files):
        yield f"fixed set of keys: `{collection.key}` has few values"
    keyed = [here for here in growths if here.use.key]
    if keyed and all(here.use.key_form == "literal" for here in keyed):
        yield "fixed set of keys: only literals are put in"
    yield from _value_hazards(collection, growths, files)


def _grows_as_state(here: Here, files: Files) -> Iterator[str]:
    use, at = here.use, where(here, files)
    if use.note in ("accumulates", "borrowed"):
        yield f"what an entry holds is changed in place at {at}"
    elif use.note == "decides":
        yield f"the result of `insert` decides what happens next at {at}"
    elif use.lookup is None and use.note != "once":
        yield f"no look-up that would compute it again before `{use.method}` at {at}"
    if any(word in use.value for word in ("Instant::now", "SystemTime::now", ".elapsed(")):
        yield f"it records when something happened at {at}"


def _value_hazards(
    collection: Collection, growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    if collection.value is None:
        return
    found = hazards(collection.value, collection.path, collection.module, files)
    if found.acts:
        yield f"a value acts when it is dropped: `{found.acts[0]}`"
    if found.mutable:
        yield f"shared mutable values: `{found.mutable[0]}`"
    if collection.value.name in ("Instant", "SystemTime"):
        yield "it records when something happened"
    counted = [
        h for h in growths if any(c in h.use.value for c in (".len()", "next_", "fetch_add"))
    ]
    if counted and collection.value.name in ("usize", "u32", "u64", "u16", "i32", "i64"):
        yield f"a value is an id into another store: `{counted[0].use.value}`"


def _bounds(live: tuple[Here, ...], growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Question 5: whatever bounds it already."""
    for here in live:
        if here.use.kind == "shrink":
            at = where(here, files)
            what = f"`{here.use.method}`"
            yield f"removed elsewhere: {what} at {at}" if here.sure else f"perhaps removed at {at}"
            break
        if here.use.kind == "assign":
            yield f"replaced as a whole at {where(here, files)}"
            break
    for here in growths:
        if here.use.capped:
            yield f"length is checked where it grows: `{here.use.capped}`"
            break


REPLACED = re.compile(rb"\*self\s*=[^=]|mem::(?:take|replace|swap)\(\s*self\b")


def _owner_replaced(collection: Collection, files: Files) -> Iterator[str]:
    """`*self = Self::new()` and `mem::take(self)` start everything over."""
    if collection.owner is None:
        return
    source = files.sources[collection.path]
    for fn in files.facts(collection.path).fns:
        own = fn.owner == collection.owner.name and not fn.test
        if own and REPLACED.search(source, fn.span.start, fn.span.end):
            yield f"replaced as a whole with its owner in `{fn.name}`"
            return


def _against(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """What forbids an edit of something that looks like a cache that grows."""
    reached = files.reach(collection.path)
    if reached.state == "unknown":
        yield "its file may be reached only through a macro"
    if collection.family.startswith("dash-"):
        yield "a concurrent map: `clear` while an entry is borrowed would deadlock"
    if collection.value is not None:
        if collection.value.head == "&" and not collection.value.lifetime:
            yield "its values are leaked (`&'static`): clearing frees nothing, and more would leak"
        found = hazards(collection.value, collection.path, collection.module, files)
        if found.tickets:
            yield f"a value may be an id into another store: `{found.tickets[0]}`"
    if collection.owner is not None and "Serialize" in collection.owner.derives:
        kept = next(f for f in collection.owner.fields if f.name == collection.name)
        if not kept.skipped:
            yield f"serialised with `{collection.owner.name}`"
    helpers = {h.use.lookup.method for h in growths if h.use.lookup is not None}
    for here in live:
        yield from _assumes(here, collection, helpers, files)
    for path in dict.fromkeys([collection.path, *(here.path for here in growths)]):
        if collection.static is not None and collection.name in files.facts(path).tokens:
            yield "named in a macro that may do anything with it"


def _assumes(here: Here, collection: Collection, helpers: set[str], files: Files) -> Iterator[str]:
    """Why this use would notice that an entry is gone."""
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
            fn = files.facts(here.path).fns[here.mention.fn]
            known = [a for a in accessors(collection, files) if a.name == fn.name]
            if not known or any(accessor.visibility == "pub" for accessor in known):
                yield f"handed out by `{fn.name}` at {at}"
        case "escape" | "escape_mut":
            yield f"passed on to a call that is not followed at {at}"
        case "token":
            yield f"named in a macro that is not read: `{use.method}!` at {at}"
        case "clear" | "assign" | "grow" | "shrink" if not here.sure:
            yield f"perhaps changed at {at}: the type there is unknown"


def _reader(here: Here, helpers: set[str], files: Files) -> Iterator[str]:
    use, at = here.use, where(here, files)
    fn = files.facts(here.path).fns[here.mention.fn]
    if use.method == "get_mut":
        yield f"an entry is changed in place at {at}"
    elif use.note == "assumed":
        yield f"read as if always present at {at}"
    elif (
        use.note in ("miss", "after")
        or not here.sure
        or any(helper.startswith("helper:") and _last(helper) == fn.name for helper in helpers)
        or use.note == "unused"
    ):
        return
    else:
        yield f"no look-up that would compute it again: `{use.method}` at {at} only asks"


def _identity(collection: Collection, files: Files) -> Iterator[str]:
    """Whether somebody in the package asks if two values are one and the same."""
    value = collection.value or collection.key
    if not any(tree.name in POINTERS for tree in value.walk()):
        return
    package = files.reach(collection.path).package
    mine = f"{package.folder}/" if package is not None and package.folder else ""
    for path in files.files_with("ptr_eq"):
        if path.startswith(mine) and files.reach(path).state in ("seen", "unknown"):
            yield f"identity may matter: {path} compares pointers with `ptr_eq`"
            return


COUNTED = re.compile(
    r"hit|miss|stat|metric|count|lookups|requests|calls|evict|comput|last_|generation|time|elapsed"
)
"""Names of fields that merely count what the cache does."""

NUMBERS = re.compile(r"next|id$|seq|serial|index|cursor|version")
"""Names of counters that hand out numbers: these are state."""


def _last(path: str) -> str:
    return re.split(r"[:.]", path)[-1]


def _in_step(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Siblings that grow in the same function: they may have to agree."""
    adds = ("push", "push_back", "push_front", "insert", "insert_full", "extend", "entry", "put")
    for here in growths:
        for mention in files.facts(here.path).mentions:
            place, own = mention.place, here.mention.place
            if mention.fn != here.mention.fn or place == own or place.base != own.base:
                continue
            if own.base == "static":
                sibling = not place.path and place.root != own.root and not own.path
            else:
                sibling = place.root == own.root and place.path[:-1] == own.path[:-1]
            name = (place.path or (place.root,))[-1]
            if sibling and any(use.method.partition(".")[0] in adds for use in mention.uses):
                yield f"in step with `{name}`, which grows beside it"
                return
            changed = [use for use in mention.uses if use.kind in ("assign", "get_mut")]
            counted = all(use.note == "counts" for use in changed) and not NUMBERS.search(name)
            if sibling and changed and not counted and not COUNTED.search(name.lower()):
                yield f"in step with `{name}`, which the miss path changes too"
                return


def _unsure(
    collection: Collection, life: Life, growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Why the fix is maybe-incorrect, not machine-applicable."""
    if life.span != "long":
        yield f"how long it lives is unknown: {life.because}"
    elif not life.sure:
        yield life.because
    if collection.value is not None:
        found = hazards(collection.value, collection.path, collection.module, files)
        if found.unknown:
            yield f"what dropping a `{found.unknown[0]}` does is unknown"
    package = files.reach(collection.path).package
    if collection.visibility == "pub" and package is not None and package.published:
        yield "it is `pub`: code outside of the workspace may touch it too"
    if any(here.use.note == "once" for here in growths):
        yield "after the bound is reached, a message may be said again"


def _is_dead(collection: Collection, uses: tuple[Here, ...], files: Files) -> bool:
    """Whether nothing could ever put anything in: not here, not by a call, not at the start."""
    filling = ("grow", "escape", "escape_mut", "token", "returned")
    if any(here.use.kind in filling for here in uses):
        return False
    if any(here.use.kind == "assign" for here in uses) or collection.static is not None:
        return False
    return not _filled_at_start(collection, files)


def _filled_at_start(collection: Collection, files: Files) -> bool:
    """Whether some initialiser is not evidently empty. Lexical: when in doubt, it is filled."""
    name = re.escape(collection.name)
    owner = collection.owner.name if collection.owner is not None else ""
    starts = re.compile(rf"\b{name}\s*:\s*([^,\n}}]*)")
    short = re.compile(rf"[{{,]\s*{name}\s*[,}}]")
    for path in files.files_with(owner):
        source = files.sources[path].decode("utf-8", "replace")
        if short.search(source):
            return True
        for found in starts.finditer(source):
            written = found[1]
            empty = ("new(", "default()", "with_capacity(", "Map<", "Set<", "::default")
            if not any(word in written for word in empty):
                return True
    return False


def _shape(collection: Collection, growths: tuple[Here, ...]) -> str:
    """The pattern, named as the manual names it."""
    if not growths:
        return "never-filled"
    use = growths[0].use
    if collection.static is not None and collection.static.scope == "thread_local":
        return "thread-local"
    if use.method.startswith("entry"):
        return "entry"
    if use.alias:
        return "guard-alias"
    return "lock-chain" if use.temporary else "field-insert"
