"""Whether of two places in a function only one can run in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import LOOPS, descendant, field, named

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.text import Span

CLOSURES = ("closure_expression", "async_block", "function_item")


def exclusive(source: bytes, first: Span, second: Span) -> bool:
    """Whether whoever comes to one of two expressions of a function does not come to the other."""
    one, other = sorted((first, second), key=lambda where: where.start)
    with syntax.parsed(source) as tree:
        before, behind = descendant(tree.root, one), descendant(tree.root, other)
        return _apart(before, behind)


def _apart(before: Node, behind: Node) -> bool:
    """The same, of nodes in the order of the text."""
    child, left = before, False
    for holder in syntax.ancestors(before):
        if syntax.holds(holder, behind):
            return left or (_are_arms(holder, child) and not _runs_again(holder))
        if holder.type in CLOSURES:
            return False  # what returns is the closure
        left = left or (holder.type == "block" and _leaves(holder, child))
        child = holder
    return False


def _are_arms(holder: Node, child: Node) -> bool:
    """Whether what two children of a node hold are two branches of one decision."""
    if holder.type == "if_expression":
        return field(holder, "consequence") == child
    return holder.type == "match_block"


def _runs_again(node: Node) -> bool:
    """Whether a loop or a closure of the function may come here a second time."""
    for holder in syntax.ancestors(node):
        if holder.type == "function_item":
            return False
        if holder.type in (*LOOPS, *CLOSURES):
            return True
    return False


def _leaves(block: Node, child: Node) -> bool:
    """Whether a block returns right in it, behind one of its statements."""
    for statement in named(block):
        inner = named(statement)[:1] if statement.type == "expression_statement" else [statement]
        if (
            statement.start_byte > child.start_byte
            and inner
            and inner[0].type == "return_expression"
        ):
            return True
    return False
