"""Types as they are written, as data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.file.syntax import text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node

GAPS = re.compile(r"(?<!\w) | (?![\w'])")
"""Blanks that part no words."""


def type_tree(node: Node | None) -> TypeTree:
    """A type as written; what is not understood has the head `?`."""
    if node is None:
        return TypeTree("?")
    match node.type:
        case "generic_type":
            return _generic(node)
        case "reference_type":
            return _reference(node)
        case "type_identifier" | "primitive_type" | "scoped_type_identifier":
            return TypeTree("".join(text(node).split()))
        case "tuple_type" | "unit_type":
            return TypeTree("()", tuple(type_tree(child) for child in syntax.named(node)))
        case "array_type":
            return TypeTree("[]", (type_tree(syntax.field(node, "element")),))
        case "dynamic_type" | "abstract_type":
            kind = "dyn" if node.type == "dynamic_type" else "impl"
            return TypeTree(kind, (TypeTree(_spaced(text(node))),), "'" in text(node))
        case "function_type":
            return TypeTree("fn")
        case "pointer_type":
            return TypeTree("*", (type_tree(syntax.field(node, "type")),))
    return TypeTree("?")


def _spaced(written: str) -> str:
    """A type on one line, however its author broke and indented it."""
    close = GAPS.sub("", " ".join(written.split())).replace(",)", ")")
    return close.replace("->", " -> ").replace(",", ", ")


def _generic(node: Node) -> TypeTree:
    head = "".join(text(syntax.field(node, "type")).split()).removesuffix("::")
    arguments = syntax.field(node, "type_arguments")
    inner = syntax.named(arguments) if arguments is not None else []
    lifetimes = [text(child) for child in inner if child.type == "lifetime"]
    types = tuple(type_tree(child) for child in inner if child.type != "lifetime")
    return TypeTree(head, types, any(name != "'static" for name in lifetimes))


def _reference(node: Node) -> TypeTree:
    mutable = any(child.type == "mutable_specifier" for child in node.children)
    lifetimes = [text(child) for child in node.children if child.type == "lifetime"]
    inner = type_tree(syntax.field(node, "type"))
    return TypeTree("&mut" if mutable else "&", (inner,), lifetimes != ["'static"])


def written_type(written: bytes) -> TypeTree:
    """The type that is written so; what is not understood has the head `?`.

    `Arc::<T>` means `Arc<T>` in a type; the grammar knows it only where a value stands.
    """
    plain = re.sub(rb"::\s*<", b"<", written.strip())
    with syntax.parsed(b"type T = " + plain + b";") as tree:
        alias = next((n for n in tree.root.named_children if n.type == "type_item"), None)
        return type_tree(syntax.field(alias, "type")) if alias is not None else TypeTree("?")
