"""When is a collection a cache that grows? The seven questions, all gates asked, all answers kept.

1 seen by rustc · 2 a memo, not state · 3 dropping an entry does nothing else · 4 it grows ·
5 nothing bounds it · 6 its owner lives long. (7, placing the cap, is `placement`.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.verdict.few import configured, emptied, few
from rustfix_mem.rust.verdict.hidden import because as because
from rustfix_mem.rust.verdict.hidden import hidden, smaller
from rustfix_mem.rust.verdict.inside import grown_inside, stays_behind
from rustfix_mem.rust.verdict.readers import against, unsure
from rustfix_mem.rust.verdict.state import BORROWS, cleared_with_owner, is_named, not_a_cache
from rustfix_mem.rust.whole.handles import gives_to, is_given, others_give, with_given
from rustfix_mem.rust.whole.lifetimes import Life, life_of
from rustfix_mem.rust.whole.lifetimes import where as where
from rustfix_mem.rust.whole.links import Here, touching, unreadable
from rustfix_mem.rust.whole.links import foresee as foresee
from rustfix_mem.rust.whole.literals import is_filled
from rustfix_mem.rust.whole.types import unknown_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection

SHARED = frozenset(("Mutex", "RwLock"))
"""What stands around a collection that is meant to be shared."""

MANY = 3
"""So many kinds of doubt are proof: whatever it is called, it is used as something else."""

ALIKE = 9
"""Reasons that begin with so many equal letters are of one kind."""


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
    named: bool
    """Whether it, its owner or its type is called a cache."""
    dead: bool
    hidden: tuple[Here, ...]
    """Where code that is not followed is given it and may fill it, if nothing else is seen to."""
    smaller: tuple[str, ...]
    """Why it seems to be bounded where it is hidden, so it is left alone."""
    shape: str
    inner: tuple[str, ...] = ()
    """Why something grows inside of its values, which is reported even where it is state itself."""
    stale: tuple[str, ...] = ()
    """Why its keys stay when its values, all `Weak`, are gone."""
    emptied: tuple[str, ...] = ()
    """The functions that clear it, whoever calls them."""


def judge(collection: Collection, files: Files) -> Verdict:
    """Ask every question about one collection."""
    uses = touching(collection, files)
    live, given = tuple(here for here in uses if here.live), tuple[Here, ...]()
    named = is_named(collection)
    growths = _growing(live)
    state = list(not_a_cache(collection, live, growths, files))
    if (named or collection.static is not None) and not (growths and state):
        live, given = with_given(live, collection, files)  # else only of what surely lives long
    if given:
        growths = _growing(live)
        state = list(not_a_cache(collection, live, growths, files))
    handed = hidden(collection, live, files) if named and not growths else ()
    doubts: list[str] = []
    life = Life("unknown", "")
    if growths and named and state == [BORROWS]:
        life = life_of(collection, files)
        if life.span == "long":
            state, doubts = [], [f"it borrows what is not followed, and lives long: {life.because}"]
    inner = tuple(grown_inside(collection, live, growths, named, files))
    stale = tuple(stays_behind(collection, live, growths, files))
    fills = tuple(smaller(handed, live, files))
    if (growths and not state) or inner or stale or (handed and not fills):
        life = life_of(collection, files)
        fills += tuple(_ends_soon(collection, life)) if handed else ()
    if growths and not state:
        state += _ends_soon(collection, life)
    if growths and not state:
        doubts += against(collection, live, growths, files)
        doubts += [life.because] if life.span in ("short", "unused") else []
        doubts += [] if named else _of_unknown_keys(collection, files)
    if len({reason.removeprefix("perhaps ")[:ALIKE] for reason in doubts}) >= MANY:
        state, doubts = state + doubts, []
    if doubts and not state:
        state += (*emptied(live, files), *configured(growths, files))
    if not named:  # without the word, a doubt is more likely a misunderstanding of ours
        state, doubts = state + doubts, []
    if growths and not state:
        state += few(collection, growths, files)
        doubts += _in_helpers(collection, growths, given, files)
    return Verdict(
        collection=collection,
        growths=growths,
        state=tuple(dict.fromkeys(state)),
        against=tuple(dict.fromkeys(doubts)),
        unsure=tuple(unsure(collection, life, live, growths, files))
        if growths and not state
        else (),
        life=life,
        named=named,
        dead=named and not growths and _is_dead(collection, uses, files),
        hidden=handed,
        smaller=fills,
        shape=_shape(collection, growths),
        inner=inner if life.span in ("long", "likely") else (),
        stale=stale if life.span in ("long", "likely") else (),
        emptied=tuple(dict.fromkeys(_emptied(collection, live, files))),
    )


def _growing(live: tuple[Here, ...]) -> tuple[Here, ...]:
    return tuple(here for here in live if here.use.kind == "grow" and here.sure)


def _in_helpers(
    collection: Collection, growths: tuple[Here, ...], given: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Where it grows in a function that is given it, and others too, as far as can be seen."""
    for here in growths:
        fn = files.outline(here.path).fns[here.mention.fn]
        if is_given(here) and others_give(here, collection, given, files):
            by = next(one for one in given if gives_to(fn, one))
            yield f"it grows in `{fn.name}`, which is given it at {where(by, files)}, and others"
            return


def _emptied(collection: Collection, live: tuple[Here, ...], files: Files) -> Iterator[str]:
    """The functions that clear it as a whole."""
    yield from cleared_with_owner(collection, files)
    for here in live:
        if here.use.kind == "clear" and here.sure and here.mention.fn >= 0:
            yield files.outline(here.path).fns[here.mention.fn].name


def _ends_soon(collection: Collection, life: Life) -> Iterator[str]:
    """Why nobody would care that it grows: it is gone soon, or nothing says that it stays.

    What is behind a lock is meant to be shared: one that each call builds anew is worth a word.
    """
    if life.span == "unknown":
        yield f"nothing says that it lives long: {life.because}"
    elif life.span == "short" and not (life.direct and SHARED & set(collection.wrappers)):
        yield life.because


def _of_unknown_keys(collection: Collection, files: Files) -> list[str]:
    """Whether nobody can say how many keys there may be, of what is not even called a cache."""
    found = unknown_in(collection.key, collection.path, collection.module, files)
    parameters = collection.owner.generics if collection.owner is not None else ()
    unknown = [name for name in found if name not in parameters]
    return [f"what a `{unknown[0]}` is, is unknown: it may have few values"] if unknown else []


FILLS = frozenset(("get_or_init", "get_or_try_init", "get_or_insert_with", "get_or_insert"))
"""Steps into a cell or an option that put a whole collection in if there is none."""


def _is_dead(collection: Collection, uses: tuple[Here, ...], files: Files) -> bool:
    """Whether nothing could ever put anything in: not here, not by a call, not at the start."""
    if unreadable(collection, files):
        return False
    owner = collection.owner
    if owner is not None and {"Serialize", "Deserialize"} & set(owner.derives):
        return False  # serde may fill it, and the field is part of a format
    filling = ("grow", "escape", "escape_mut", "token", "returned")
    if any(here.use.kind in filling or FILLS & set(here.use.via) for here in uses):
        return False
    if any(here.use.kind == "assign" for here in uses) or collection.static is not None:
        return False
    return not _filled_at_start(collection, files)


def _filled_at_start(collection: Collection, files: Files) -> bool:
    """Whether some initialiser is not evidently empty."""
    owner = collection.owner
    if owner is None or collection.name.isdigit():  # a tuple struct is made like a call
        return True
    named = set(files.files_near(collection.name, collection.path))
    for path in files.files_near(owner.name, collection.path):
        if path in named and files.reach(path).state not in ("orphan", "outside"):
            with syntax.parsed(files.sources[path]) as tree:
                if is_filled(tree.root, path, collection.name, owner, collection.path, files):
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
