"""How a reader is called: whose method it is, how the reader is lent, what is chained behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import call_on, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

ODD = "it cannot be said how its reader is borrowed"


def borrow(reader: Node) -> str | None:
    """What goes before a reader to lend it: nothing if it is a `&mut`; None if nobody knows."""
    call = method_call(reader)
    if call is not None:
        if call.name in ("unwrap", "expect", "as_mut", "by_ref", "context", "ok_or_else"):
            inner = borrow(call.receiver)
            return "" if call.name in ("as_mut", "by_ref") else inner
        return "&mut " if call.name == "take" and not call.arguments else None
    if reader.type in ("try_expression", "parenthesized_expression"):
        return borrow(syntax.named(reader)[-1])
    if reader.type == "reference_expression":
        return ""
    if reader.type in ("field_expression", "call_expression"):
        return "&mut "
    if reader.type != "identifier":
        return None
    bound = declaration(reader, text(reader))
    return _binding(bound, text(reader)) if bound is not None else None


def _binding(bound: Node, name: str) -> str | None:
    """How a name was bound: `mut name` owns, a plain one must be a `&mut` already."""
    pattern = field(bound, "pattern") or field(bound, "parameters")
    declared = field(bound, "type")
    if declared is not None and text(declared).startswith("&"):
        return "" if re.match(r"&(?:\s*'\w+)?\s*mut\s+(?!dyn\b|impl\b)", text(declared)) else None
    if any(n.type == "mutable_specifier" for n in bound.children):
        return "&mut "  # `let mut name`, `mut name: T`
    for node in syntax.walk(pattern) if pattern is not None else []:
        if node.type == "mut_pattern" and text(node).split()[-1] == name:
            return "&mut "
        if node.type == "ref_pattern" and text(node).split()[-1] == name:
            return ""
    value = field(bound, "value")
    lent = value is not None and (text(value).startswith("&mut") or ".as_mut()" in text(value))
    return "" if lent else None


def chain(call: Node) -> Node:
    """The call with what is chained behind it: `.await`, `?`, methods."""
    whole = call
    while True:
        behind, parent = call_on(whole), whole.parent
        if behind is not None:
            whole = behind.node
        elif parent is not None and parent.type in ("await_expression", "try_expression"):
            whole = parent
        else:
            return whole


TRAITS = {
    "std::io::Read": "std",
    "std::io::prelude": "std",
    "std::io": "std",
    "tokio::io::AsyncReadExt": "tokio",
    "tokio::io": "tokio",
}


def library(call: Node, function: Function, items: Items) -> str:
    """Whose method is called, by what the module imports and whether it is awaited."""
    paths = [
        use.path
        for use in items.uses
        if use.module == function.module and (use.name == "*" or use.path.endswith(TRAIT_NAMES))
    ]
    known = {TRAITS[path] for path in paths if path in TRAITS}
    awaited = call.parent is not None and call.parent.type == "await_expression"
    if awaited:
        return "tokio" if "tokio" in known else ""
    return "std" if known == {"std"} else ""


TRAIT_NAMES = ("::Read", "::AsyncReadExt")


IMPORT = re.compile(r"\b(?:Read|AsyncReadExt)\b|\bio(?:::prelude)?::\*")


def is_imported(call: Node) -> bool:
    """Whether a `use` directly in the module brings the trait, not one in a function."""
    for holder in ancestors(call):
        if holder.type == "source_file" or (
            holder.parent is not None and holder.parent.type == "mod_item"
        ):
            uses = [n for n in holder.named_children if n.type == "use_declaration"]
            return any(IMPORT.search(text(use)) for use in uses)
    return False
