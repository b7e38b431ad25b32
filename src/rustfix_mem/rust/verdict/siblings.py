"""What grows beside a collection, in the same function: the two may have to agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo
from rustfix_mem.rust.file.uses import TAKEN
from rustfix_mem.rust.whole.calls import functions_of
from rustfix_mem.rust.whole.copies import is_clone
from rustfix_mem.rust.whole.handles import is_given
from rustfix_mem.rust.whole.links import names_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Mention, Place, UseOf
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here

COUNTED = re.compile(
    r"hit|miss|stat|metric|count|lookups|requests|calls|evict|comput|last_|generation|time|elapsed"
)
"""Names of fields that merely count what the cache does."""

NUMBERS = re.compile(r"next|id$|seq|serial|index|cursor|version")
"""Names of counters that hand out numbers: these are state."""

ADDS = (
    "push push_back push_front push_str insert insert_full extend extend_from_slice append entry"
    " put"
).split()
TAKES = "next pop pop_front pop_back pop_first pop_last recv try_recv read_line".split()
"""What a sibling gives does not come a second time."""

WRITTEN_BACK = frozenset(("dirty", "is_dirty", "modified"))
"""Flags beside what is saved."""


def in_step(live: tuple[Here, ...], growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why a sibling may have to agree with what is put in; at most one reason.

    Of what a function is given, all else that it changes is a sibling.
    """
    asked, mine = set[object](), frozenset(here.mention.place for here in live)
    for here in growths:
        spans = frozenset(fn.span for fn in functions_of(here, files))
        if (key := (here.path, here.mention.place, spans)) in asked:
            continue  # very many growths may stand in one function
        asked.add(key)
        fns = files.outline(here.path).fns
        for mention in files.about(here.path, names_at(here)).mentions:
            if mention.fn < 0 or fns[mention.fn].span not in spans:
                continue
            near = _nearness(here, mention.place, mine)
            reason = _agrees(here, mention, near, growths, files) if near else ""
            if reason:
                yield f"in step with {reason}"
                return


def _nearness(here: Here, place: Place, mine: frozenset[Place]) -> str:
    """How another place belongs to that of a growth: a `sibling`, `apart` in the same owner, or
    only `known` to it; empty for any other."""
    own = here.mention.place
    given = is_given(here) and place not in mine and _stays(place)
    if place == own or (place.base != own.base and not given):
        return ""
    if own.base == "static" and not given:
        sibling = not place.path and place.root != own.root and not own.path
    else:
        sibling = given or (place.root == own.root and place.path[:-1] == own.path[:-1])
    if sibling:
        return "sibling"
    apart = place.root == own.root and not _is_within(place.path, own.path)
    return "apart" if apart else "known"


def _agrees(
    here: Here, mention: Mention, near: str, growths: tuple[Here, ...], files: Files
) -> str:
    """What is done to another place that may have to agree with the growth; empty for nothing."""
    place = mention.place
    name = (place.path or (place.root,))[-1]
    if name in WRITTEN_BACK and any(use.kind == "assign" for use in mention.uses):
        return f"`{name}`: it is written back to where it came from"
    done = [use for use in mention.uses if not _is_of_copy(use, here, files)]
    kept = [use for use in done if TAKEN not in use.via]
    adding = [use for use in kept if use.method.partition(".")[0] in ADDS]
    if near != "known" and not all(_are_memos(use, here.use) for use in adding):
        return f"`{name}`, which grows beside it"
    if near != "known" and any(use.method in TAKES for use in done):
        return f"`{name}`, which gives each value once"
    changed = [use for use in kept if use.kind in ("assign", "get_mut")]
    if near == "sibling" and changed and not _only_counts(name, changed, growths):
        return f"`{name}`, which the miss path changes too"
    return ""


def _only_counts(name: str, changed: list[UseOf], growths: tuple[Here, ...]) -> bool:
    """Whether a sibling that is changed merely says what the cache does."""
    told = any(re.search(rf"\b{name}\b", here.use.value) for here in growths)
    counts = all(use.note == "counts" for use in changed) and not NUMBERS.search(name)
    return (counts and not told) or COUNTED.search(name.lower()) is not None


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one path leads through the other."""
    short = min(len(one), len(other))
    return one[:short] == other[:short]


def _are_memos(one: UseOf, other: UseOf) -> bool:
    """Whether two growths of one key stand each where a look-up of its own has found nothing.

    Then each is asked, and filled, whatever becomes of the other.
    """
    found = [use.lookup for use in (one, other) if use.lookup is not None]
    own = [at for at in found if at.form in ("return", "fresh", "else") and ":" not in at.method]
    return len(own) == 2 and memo.same_key(one.key, other.key)


def _is_of_copy(use: UseOf, here: Here, files: Files) -> bool:
    """Whether something is done to a clone in a local that is `mut`: a pointer need not be."""
    alias = re.compile(rf"\blet\s+mut\s+{re.escape(use.alias)}\b") if use.alias else None
    if not is_clone(use.via) or alias is None:
        return False
    return any(alias.search(files.text(here.path, fn.span)) for fn in functions_of(here, files))


def _stays(place: Place) -> bool:
    """Whether what is done there stays when the function ends: no answer of a method."""
    is_kept = place.base in ("self", "static", "param")
    return is_kept and not any(step.endswith("()") for step in place.path[-1:])
