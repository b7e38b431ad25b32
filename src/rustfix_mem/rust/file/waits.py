"""Whether somebody has waited for a process before a place is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.origins import CHILD_NAMES
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


WAIT = re.compile(r"\b((?:\w+\.)*\w+)\.(?:wait|wait_timeout)\(")
"""A wait in the tokens of a macro, without their spaces."""

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


def is_late_by_macro(read: Node, reader: str, child: str, function: Function) -> bool:
    """Whether the tokens of a macro wait for the child, and do not read it meanwhile."""
    around = [n for n in ancestors(read) if n.type in ASIDE]
    for node in own_nodes(function.body):
        if node.type != "macro_invocation" or node.end_byte > read.start_byte:
            continue
        said = "".join(text(node).split())
        if not any(_is_of(found, child) for found in WAIT.findall(said)):
            continue
        meanwhile = reader and re.search(rf"\b{re.escape(reader)}\b", said)
        aside = any(n not in around for n in ancestors(node) if n.type in ASIDE)
        if not (meanwhile or aside or _leaves(node, read)):
            return True
    return False


def _is_of(waited: str, child: str) -> bool:
    """Whether what is waited for is the child, or is called one where another name is known."""
    return waited == child or CHILD_NAMES.search(waited.rpartition(".")[2]) is not None


def _leaves(node: Node, later: Node) -> bool:
    """Whether who comes by `node` does not come to what stands later."""
    for holder in ancestors(node):
        if holder.start_byte <= later.start_byte < holder.end_byte:
            return False
        last = syntax.named(holder)[-1:] if holder.type == "block" else []
        if last and text(last[0]).startswith(LEAVES):
            return True
    return False
