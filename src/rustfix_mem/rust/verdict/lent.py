"""What a function of the same file does with a collection that it is given to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.verdict.few import few
from rustfix_mem.rust.verdict.hidden import followed
from rustfix_mem.rust.verdict.readers import against
from rustfix_mem.rust.verdict.state import not_a_cache
from rustfix_mem.rust.whole.links import Here
from rustfix_mem.rust.whole.types import unknown_in

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import Mention
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection


@dataclass(frozen=True, slots=True)
class Lent:
    """A memo that stands in a function which is given the collection.

    `handed`: where it is given; `fine`: why nothing need be said of it.
    """

    handed: tuple[Here, ...] = ()
    fine: tuple[str, ...] = ()


def lent(collection: Collection, live: tuple[Here, ...], named: bool, files: Files) -> Lent:
    """Whether what fills it is given it to change, and there looks up what it puts in."""
    if not named and collection.static is None:
        return Lent()  # without the word, only of what surely lives long
    handed = tuple(here for here in live if here.sure and followed(here, files) is not None)
    there = tuple(one for here in handed for one in _done(here, files))
    growths = tuple(here for here in there if here.use.kind == "grow")
    if not any(here.use.lookup is not None for here in growths):
        return Lent()
    every = (*(here for here in live if here not in handed), *there)
    fine = [
        *not_a_cache(collection, every, growths, files),
        *few(collection, growths, files),
    ]
    if not named and not fine:
        fine += against(collection, every, growths, files)
        unknown = unknown_in(collection.key, collection.path, collection.module, files)
        fine += [f"what a `{name}` is, is unknown: it may have few values" for name in unknown]
    return Lent(handed, tuple(dict.fromkeys(fine)))


def _done(here: Here, files: Files) -> list[Here]:
    """What the function that is given it does with it; a part of it may be passed on again."""
    fn = followed(here, files)
    given = [p for p in fn.params if p.type.head == "&mut"] if fn is not None else []
    if fn is None or len(given) != 1:
        return []
    at, name = files.outline(here.path).fns.index(fn), given[0].name
    return [
        Here(here.path, mention, use, sure=True)
        for mention in files.about(here.path, (name,)).mentions
        if mention.fn == at and _is(mention, name)
        for use in mention.uses
    ]


def _is(mention: Mention, name: str) -> bool:
    place = mention.place
    return place.base == "param" and place.root == name and not place.path
