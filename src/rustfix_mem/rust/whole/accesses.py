"""Whose field an access names, asked of a tree: for those who look at a file again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file.facts import Mention
from rustfix_mem.rust.file.syntax import holds
from rustfix_mem.rust.whole.links import owner_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.rust.file.facts import Place
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection


def function_at(node: Node, functions: Sequence[Function]) -> Function | None:
    """The innermost function around a node."""
    around = [function for function in functions if holds(function.node, node)]
    return min(around, key=lambda one: one.node.end_byte - one.node.start_byte, default=None)


def is_field_of(
    place: Place,
    access: Node,
    functions: Sequence[Function],
    collection: Collection,
    path: str,
    files: Files,
) -> bool | None:
    """Whether a place is the field that keeps the collection; None if nobody can say."""
    function = function_at(access, functions)
    if function is None:
        return None
    at = functions.index(function)
    mention = Mention(place, at, function.test, function.module, ())
    owner = owner_of(place, mention, path, files)
    if owner is None or owner.defined is None:
        return None
    if owner.file == collection.path and owner.defined == collection.owner:
        return True
    known = any(kept.name == place.path[-1] for kept in owner.defined.fields)
    return False if known else None
