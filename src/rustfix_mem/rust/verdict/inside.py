"""What grows although the collection itself is state: caches in its values, keys of dead values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.verdict.state import kept_otherwise
from rustfix_mem.rust.whole.types import holds_collection, is_finite
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

FILLED = re.compile(
    r"\.\s*or_(?:default|insert\w*)\s*\(.*?\)\s*\.\s*(?:insert|entry)\s*\(", re.DOTALL
)
"""`entry(a).or_default().insert(b, value)`: a value of the map is a map that grows."""


def grown_inside(
    collection: Collection,
    live: tuple[Here, ...],
    growths: tuple[Here, ...],
    named: bool,
    files: Files,
) -> Iterator[str]:
    """Why something inside of its values is a cache that grows; `named`: it is called a cache."""
    here = next((here for here in live if here.sure and here.use.inner is not None), None)
    value = collection.value
    if value is None or (here is None and not growths):
        return
    if not holds_collection(value, collection.path, collection.module, files):
        return
    if here is not None and here.use.inner is not None:
        said = files.text(here.path, here.use.inner)
        name = re.match(r"[\w.]+(?=\s*\.\s*(?:insert|entry)\b)", said)
        line = line_at(files.sources[here.path], here.use.inner.start)
        what = name[0].rpartition(".")[2] if name is not None else "a cache"
        if not _shrinks(what, files.sources[here.path].decode("utf-8", "replace")):
            yield f"`{what}`, in a value of `{collection.item}`, grows at {here.path}:{line}"
        return
    filled = [
        h for h in growths if h.use.slot and FILLED.search(files.text(h.path, h.use.slot.whole))
    ]
    changed = [h for h in live if h.use.method in ("get_mut", "values_mut", "iter_mut")]
    if not named or not filled or changed:
        return
    if not any(kept_otherwise(collection, live, growths, files)):
        line = line_at(files.sources[filled[0].path], filled[0].use.span.start)
        yield f"each of its values grows too, at {filled[0].path}:{line}: a bound would need both"


def _shrinks(name: str, source: str) -> bool:
    """Whether something of this name is made smaller anywhere in the file."""
    shrinking = r"(?:clear|remove|retain|truncate|drain|pop\w*|swap_remove)"
    return bool(re.search(rf"\b{re.escape(name)}\s*\.\s*{shrinking}\s*\(", source))


GONE = ("shrink", "clear", "assign", "escape", "escape_mut", "token", "returned", "enumerate")


def stays_behind(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Why keys stay although the values, all `Weak`, are gone."""
    value = collection.value
    if value is None or value.name != "Weak" or not growths or collection.borrowed:
        return
    if any(here.use.kind in GONE or here.use.method in ("get_mut", "alter") for here in live):
        return  # it is made smaller, or may be where nobody looks
    if all(here.use.key_form == "literal" for here in growths):
        return
    if is_finite(collection.key, collection.path, collection.module, files):
        return
    for here in growths:
        fn = files.outline(here.path).fns[here.mention.fn]
        if re.search(r"\bremove", files.text(here.path, fn.span)):
            return
    yield f"nothing removes an entry when its value is gone: `{value}` holds none alive"
