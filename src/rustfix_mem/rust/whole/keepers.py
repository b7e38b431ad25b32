"""What holds a type that derefs to a collection: whatever is done to it, is done to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Outline, TypeTree
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection

MOST_KEEPERS = 12
"""A type that is kept in more places than this is a library's: a map under another name."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A field, static or parameter (`kind`) of a type that derefs to a collection."""

    name: str
    path: str
    kind: str


def keepers(collection: Collection, files: Files) -> tuple[Keeper, ...]:
    """What holds an owner that derefs to the collection.

    Whatever is done to one of them by a method that the owner does not have, is done to the
    collection.
    """
    return holders(collection, files) if _derefs_to(collection, files) else ()


def holders(collection: Collection, files: Files) -> tuple[Keeper, ...]:
    """What holds an owner that is not generic; nothing if very much does."""
    owner = collection.owner
    if owner is None or owner.generics:
        return ()
    found = tuple(
        keeper
        for path in files.files_near(owner.name, collection.path)
        for keeper, tree in _declared(path, files.outline(path))
        if any(inner.name == owner.name for inner in tree.walk())
    )
    return found if len(found) <= MOST_KEEPERS else ()


def _derefs_to(collection: Collection, files: Files) -> bool:
    """Whether the `deref` of its owner hands out the collection, and nothing else."""
    fns, owner = files.outline(collection.path).fns, collection.owner
    if not any(fn.trait == "Deref" and owner and fn.owner == owner.name for fn in fns):
        return False
    return any(
        fns[one.fn].trait == "Deref" and owner and fns[one.fn].owner == owner.name
        for one in files.about(collection.path, (collection.name,)).accessors
        if one.place.base == "self" and one.place.path == (collection.name,)
    )


def _declared(path: str, facts: Outline) -> Iterator[tuple[Keeper, TypeTree]]:
    """Every field, static and parameter of a file, but for its tests, with its type."""
    for one in facts.types:
        yield from ((Keeper(f.name, path, "field"), f.type) for f in one.fields if not one.test)
    for static in facts.statics:
        if not static.test:
            yield Keeper(static.name, path, "static"), static.type
    for fn in facts.fns:
        yield from ((Keeper(p.name, path, "param"), p.type) for p in fn.params if not fn.test)


def files_naming(keeper: Keeper, files: Files) -> list[str]:
    """The files that may name a keeper."""
    if keeper.kind == "param":
        return [keeper.path]
    near = files.files_near(keeper.name, keeper.path)
    if keeper.kind == "static":
        return near
    return [path for path in near if files.words.is_field(path, keeper.name)]
