"""A collection in a `Cell`: it is taken out, used, and put back, so that nothing is removed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rustfix_mem.plain import changed
from rustfix_mem.rust.file.uses import TAKEN

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import UseOf
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection


def as_kept(uses: list[Here], collection: Collection) -> list[Here]:
    """The uses as they matter: a `take` that is followed by a `set` is no removal."""
    if "Cell" not in collection.wrappers:
        return [here for here in uses if TAKEN not in here.use.via]
    back = {_function(here) for here in uses if here.use.method == "set"}
    return [
        _replaced(here) for here in uses if _function(here) not in back or not _is_way(here.use)
    ]


def _function(here: Here) -> tuple[str, int]:
    return here.path, here.mention.fn


def _is_way(use: UseOf) -> bool:
    """Whether a use only takes the collection out, or puts it back."""
    given = use.kind == "escape_mut" and TAKEN in use.via and use.method.endswith(".set")
    return given or (TAKEN not in use.via and use.method in ("take", "set"))


def _replaced(here: Here) -> Here:
    """`cell.replace(map)` puts another there; on a set it would be a growth."""
    whole = here.use.method in ("replace", "set") and TAKEN not in here.use.via
    return replace(here, use=changed(here.use, kind="assign")) if whole else here
