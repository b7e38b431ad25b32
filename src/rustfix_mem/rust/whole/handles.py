"""What functions of the same file do with a collection that they are given: `&mut HashMap<…>`,
`&Mutex<HashMap<…>>`, `Arc<RwLock<HashMap<…>>>`, `&DashMap<…>`.

`store(&self.pages, key, page)` does to `self.pages` what `store` does to its parameter. Which
parameter that is, types say; a function with two such is not followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.facts import LOCKS
from rustfix_mem.rust.whole.copies import OPENS
from rustfix_mem.rust.whole.links import Here
from rustfix_mem.rust.whole.types import held_in

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import FnDef, Mention, Parameter
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection
    from rustfix_mem.text import Span

GIVES = ("escape", "escape_mut")
DEEP = 3
"""So many times it may be handed on."""


def with_given(
    live: tuple[Here, ...], collection: Collection, files: Files
) -> tuple[tuple[Here, ...], tuple[Here, ...]]:
    """The uses, where a function is given the collection its own in place of that; and the uses
    that gave it, as far as they were followed."""
    found, given = dict.fromkeys(live), list[Here]()
    seen: dict[tuple[str, Span], list[Here]] = {}
    asked = [here for here in live if here.use.kind in GIVES]
    for _ in range(DEEP):
        following = list[Here]()
        for here in asked:
            to = receiver(here, collection, files)
            if to is None:
                continue
            key = here.path, to[0].span
            if key not in seen:  # a function may call itself, very often
                seen[key] = _done(here, *to, files)
                following += seen[key]
            if seen[key]:
                found.pop(here, None)
                given.append(here)
        found |= dict.fromkeys(following)
        asked = [here for here in following if here.use.kind in GIVES]
    return tuple(found), tuple(given)


def gives_to(fn: FnDef, here: Here) -> bool:
    """Whether a use gives the collection to a function of this name."""
    return here.use.method.rpartition(".")[2] == fn.name


def receiver(here: Here, collection: Collection, files: Files) -> tuple[FnDef, Parameter] | None:
    """The function of the same file that is given the collection, and as what; None if unclear."""
    name = here.use.method.rpartition(".")[2]
    if here.use.kind not in GIVES or not here.sure or not name.isidentifier():
        return None
    named = [fn for fn in files.outline(here.path).fns if fn.name == name and not fn.test]
    if len(named) != 1:
        return None
    opened = any(step in OPENS for step in here.use.via)
    fn = named[0]
    kept = [p for p in fn.params if _may_be(p, opened, fn, here.path, collection, files)]
    if len(kept) > 1:
        kept = [p for p in kept if _is_of_its_type(p, fn, here.path, collection, files)]
    return (fn, kept[0]) if len(kept) == 1 else None


def _may_be(
    parameter: Parameter,
    opened: bool,
    fn: FnDef,
    path: str,
    collection: Collection,
    files: Files,
) -> bool:
    """Whether a parameter may be the collection, to be changed: lent, or still behind its lock."""
    held = held_in(parameter.type, path, fn.module, files)
    if parameter.name == "self" or held is None or held.family != collection.family:
        return False
    if collection.is_concurrent:
        return bool(held.wrappers)
    locked = any(wrapper in LOCKS for wrapper in held.wrappers)
    wanted = not opened and any(wrapper in LOCKS for wrapper in collection.wrappers)
    return locked if wanted else parameter.type.head == "&mut"


def _is_of_its_type(
    parameter: Parameter, fn: FnDef, path: str, collection: Collection, files: Files
) -> bool:
    """Whether a parameter has the collection's types of keys and values, as they are written."""
    held = held_in(parameter.type, path, fn.module, files)
    kinds = [collection.key, *([collection.value] if collection.value is not None else [])]
    said = held.tree.args[: len(kinds)] if held is not None else ()
    return [*map(str, said)] == [*map(str, kinds)]


def _done(here: Here, fn: FnDef, parameter: Parameter, files: Files) -> list[Here]:
    """What the function that is given it does with it."""
    at = files.outline(here.path).fns.index(fn)
    return [
        Here(here.path, mention, use, sure=True)
        for mention in files.about(here.path, (parameter.name,)).mentions
        if mention.fn == at and mention.place.root == parameter.name and _is_parameter(mention)
        for use in mention.uses
    ]


def _is_parameter(mention: Mention) -> bool:
    return mention.place.base == "param" and not mention.place.path


def is_given(here: Here) -> bool:
    """Whether a use is of what a function is given, as itself."""
    return _is_parameter(here.mention)


def others_give(here: Here, collection: Collection, given: tuple[Here, ...], files: Files) -> bool:
    """Whether the function in which it grows may be given others, too: it is generic, open to other
    packages, or named more often than the collection is given to it."""
    fn, path = files.outline(here.path).fns[here.mention.fn], here.path
    parameter = next(one for one in fn.params if one.name == here.mention.place.root)
    if held_in(parameter.type, path, fn.module, files) is None:
        return False  # an owner that derefs to it
    if not _is_of_its_type(parameter, fn, path, collection, files):
        return True
    seen = sum(one.path == path and gives_to(fn, one) for one in given)
    return fn.visibility == "pub" or seen + 1 != sum(
        _named(fn, other, files) for other in files.files_with(fn.name)
    )


def _named(fn: FnDef, path: str, files: Files) -> int:
    """How often a file names a function, tests and remarks apart."""
    before = rb"(?<!\w)" if fn.owner else rb"(?<![\w.])"
    source, tests = files.sources[path], [f.span for f in files.outline(path).fns if f.test]
    places = [found.start() for found in re.finditer(before + fn.name.encode() + rb"\b", source)]
    if files.reach(path).test:
        return 0
    return sum(
        not any(span.start <= at < span.end for span in tests)
        and b"//" not in source[source.rfind(b"\n", 0, at) + 1 : at]
        for at in places
    )
