"""A type of our own around a collection, `PageCache { pages: Mutex<HashMap<…>> }` with its `get`
and its `insert`: whether everybody who puts something in has looked it up before.

Then it is a cache, although no function of its own computes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file.memo import plain_key
from rustfix_mem.rust.whole.keepers import files_naming, holders
from rustfix_mem.rust.whole.links import is_owner
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import UseOf
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

MEMOS = ("return", "fresh", "else")
"""Forms of a look-up whose miss leads to what is put in."""


def computed_by_callers(here: Here, collection: Collection, files: Files) -> str:
    """Where a caller of a method computes what that puts in, `path:line`, because the type has just
    said that it is not there; empty unless all that are seen to call it do so."""
    fn = files.outline(here.path).fns[here.mention.fn]
    owner = collection.owner
    if owner is None or fn.owner != owner.name or fn.trait or here.path != collection.path:
        return ""
    given = {one.name for one in fn.params} - {"self"}
    if not {plain_key(here.use.key), plain_key(here.use.value)} <= given:
        return ""
    calls = [(path, use) for path, use in _calls(collection, files) if use.method == fn.name]
    if not calls or not all(_is_memo(use) for _, use in calls):
        return ""
    path, use = calls[0]
    return f"{path}:{line_at(files.sources[path], use.span.start)}"


def _is_memo(use: UseOf) -> bool:
    return use.kind == "grow" and use.lookup is not None and use.lookup.form in MEMOS


def _calls(collection: Collection, files: Files) -> Iterator[tuple[str, UseOf]]:
    """What is done, and in which file, to values of the collection's owner, wherever they are."""
    wanted: dict[str, set[str]] = {}
    for keeper in holders(collection, files):
        for path in files_naming(keeper, files):
            wanted.setdefault(path, set()).add(keeper.name)
    files.prepare_about(wanted.items())
    for path, names in wanted.items():
        reach = files.reach(path)
        seen = reach.state == "seen" and not reach.test
        for mention in files.about(path, names).mentions if seen else ():
            known = mention.place.name in names and not mention.test
            if known and is_owner(mention, collection, path, files):
                yield from ((path, use) for use in mention.uses)
