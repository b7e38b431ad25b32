"""Whether somebody has waited for a process before a place is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import method_call
from rustfix_mem.rust.file.syntax import ancestors, text

if TYPE_CHECKING:
    from collections.abc import Collection

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

ASIDE = frozenset(("closure_expression", "async_block"))
"""What runs at another time than the code around it."""


WAITS = frozenset(("wait", "wait_timeout"))


ASKS = "try_wait"


LEAVES = ("return", "break", "continue", "bail!", "panic!", "anyhow::bail!")


def is_late(read: Node, function: Function, waits: Collection[str]) -> bool:
    """Whether somebody has waited for a process before it is read."""
    around = [n for n in ancestors(read) if n.type in ASIDE]
    for node in own_nodes(function.body):
        call = method_call(node) if node.end_byte <= read.start_byte else None
        if call is None or call.name not in waits or len(call.arguments) > 1:
            continue
        if all(n in around for n in ancestors(node) if n.type in ASIDE) and not _leaves(node, read):
            return True
    return False


def _leaves(node: Node, later: Node) -> bool:
    """Whether who comes by `node` does not come to what stands later."""
    for holder in ancestors(node):
        if holder.start_byte <= later.start_byte < holder.end_byte:
            return False
        last = syntax.named(holder)[-1:] if holder.type == "block" else []
        if last and text(last[0]).startswith(LEAVES):
            return True
    return False
