"""A copy of a collection: what is put into it, or taken out, changes nothing that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file.facts import LOCKS
from rustfix_mem.rust.whole.types import POINTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.rust.file.facts import UseOf
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

CELLS = frozenset(("Cell", "OnceCell", "OnceLock"))
OPENS = frozenset(
    "lock read write try_lock try_read try_write borrow borrow_mut try_borrow try_borrow_mut"
    " blocking_lock blocking_read blocking_write upgradable_read lock_owned read_owned write_owned"
    " lock_arc read_arc write_arc with_borrow with_borrow_mut".split()
)
"""The steps that lead inside of a lock."""
CHANGES = frozenset(("grow", "shrink", "clear", "assign"))


def without_copies(uses: list[Here], collection: Collection, source: bytes) -> list[Here]:
    """The uses without what changes only a copy.

    If nothing else makes it grow, the copy may be what is put in its place: then all stay. Of a
    static without a lock only copies change.
    """
    if _is_fixed(collection, source):
        return [here for here in uses if here.use.kind not in (*CHANGES, "escape_mut")]
    own = [
        here
        for here in uses
        if here.use.kind not in CHANGES or not _is_copied(here.use, collection)
    ]
    return own if any(here.use.kind == "grow" for here in own) else uses


def _is_fixed(collection: Collection, source: bytes) -> bool:
    """Whether it is a static without any lock or cell: only copies of it can change."""
    static = collection.static
    if static is None or collection.is_concurrent or static.scope not in ("module", "fn"):
        return False
    opened = any(one in LOCKS or one in CELLS for one in collection.wrappers)
    said = source[static.span.start : static.span.end].partition(b":")[0]
    return not (opened or b" mut " in said)


def is_clone(via: Sequence[str]) -> bool:
    """Whether the last of these steps to something is a clone, which no lock is opened behind."""
    return "clone" in via and not any(step in OPENS for step in via[via.index("clone") :])


def _is_copied(use: UseOf, collection: Collection) -> bool:
    """Whether a `clone` on the way copies the collection, not a pointer to it."""
    if "clone" not in use.via:
        return False
    opened = any(step in OPENS for step in use.via[: use.via.index("clone")])
    around = collection.wrappers
    locks = [at for at, wrapper in enumerate(around) if wrapper in LOCKS]
    inside = around[locks[0] :] if opened and locks else around
    return not any(wrapper in POINTERS for wrapper in inside)
