"""Caches inside of the values of a collection: a local that a look-up of a value has named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo, syntax
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, span, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.text import Span

GROWS = re.compile(r"\b\w*(?:cache|memo)\w*\s*\.\s*(?:insert|entry)\s*\(", re.IGNORECASE)
"""What a region must hold to be looked at: cheap, since almost none does."""

NAMED = re.compile(r"cache|memo(?!r)", re.IGNORECASE)
SHRINKS = frozenset("remove clear retain len truncate drain pop pop_first swap_remove".split())


def inner_growth(call: Node) -> Span | None:
    """Where a cache in the value that `call` (`map.get_mut(key)`) hands out grows on a miss."""
    region = _region(call)
    if not GROWS.search(text(region)):
        return None
    calls = [made for node in syntax.walk(region) if (made := method_call(node)) is not None]
    for growth in calls:
        if growth.name not in ("insert", "entry") or not _is_inside(growth.receiver, region):
            continue
        own = [c for c in calls if text(c.receiver) == text(growth.receiver)]
        if _is_memo(growth, own) and not any(c.name in SHRINKS for c in own):
            return span(growth.node)
    return None


def _region(call: Node) -> Node:
    """The statement that holds the call; the whole block if it gives what it finds a name."""
    for node in ancestors(call):
        if node.type == "let_declaration" and node.parent is not None:
            return node.parent
        if node.parent is not None and node.parent.type == "block":
            return node
    return call


def _is_inside(receiver: Node, region: Node) -> bool:
    """Whether a receiver, `name` or `value.name`, is called a cache and is bound in the region."""
    written = "".join(text(receiver).split())
    if not re.fullmatch(r"\w+(?:\.\w+)*", written) or not NAMED.search(written.split(".")[-1]):
        return False
    first = next((n for n in syntax.walk(receiver) if n.type == "identifier"), None)
    bound = declaration(first, text(first)) if first is not None else None
    return bound is not None and bound.start_byte >= region.start_byte


def _is_memo(growth: Call, own: list[Call]) -> bool:
    """Whether the growth is on the miss path of a look-up of the same local."""
    if growth.name == "entry":
        parent = growth.node.parent
        return parent is not None and text(parent).rpartition(".")[2].startswith("or_insert_with")
    asked = [c for c in own if c.name in ("get", "contains_key")]
    return any(memo.miss_form(test, growth.node) for c in asked for test in memo.tests_of(c.node))
