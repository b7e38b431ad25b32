"""Rust source as a tree: the only home of tree-sitter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Language, Tree
    from tree_sitter import Node as Node

GRAMMAR = "tree-sitter 0.26.1, tree-sitter-rust 0.24.2"
"""What the facts of a file depend on, beside its bytes."""

COMMENTS = ("line_comment", "block_comment")


@cache
def _language() -> Language:
    import tree_sitter_rust  # a cold import costs 23 ms, so only those who parse pay it
    from tree_sitter import Language

    return Language(tree_sitter_rust.language())


def parse(source: bytes) -> Tree:
    """The tree of one file. A fresh parser each: a used one may hand out an older tree."""
    from tree_sitter import Parser

    return Parser(_language()).parse(source)


def text(node: Node | None) -> str:
    """The node's source; bytes that are not UTF-8 become U+FFFD; no node, no text."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def named(node: Node) -> list[Node]:
    """The named children that are not comments."""
    return [child for child in node.named_children if child.type not in COMMENTS]


def field(node: Node, name: str) -> Node | None:
    return node.child_by_field_name(name)


def ancestors(node: Node) -> Iterator[Node]:
    """The node's parent, its parent, and so on to the root."""
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


def walk(node: Node) -> Iterator[Node]:
    """The node and all named nodes below it, in order of the text; depth costs no stack."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack.extend(reversed(at.named_children))


def first_error(tree: Tree) -> int | None:
    """The byte where the grammar first lost the thread; None if it understood the file."""
    if not tree.root_node.has_error:
        return None
    for node in walk_all(tree.root_node):
        if node.is_error or node.is_missing:
            return node.start_byte
    return tree.root_node.start_byte


def walk_all(node: Node) -> Iterator[Node]:
    """Like `walk`, with the unnamed nodes too, and only where there is an error below."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        if at.has_error:
            stack.extend(reversed(at.children))
