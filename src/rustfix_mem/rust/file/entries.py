"""What is done with `map.entry(key)`: is a value remembered, or changed in place?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, call_on
from rustfix_mem.rust.file.syntax import field, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import UseOf
    from rustfix_mem.rust.file.syntax import Node


def entry_method(node: Node, growth: UseOf) -> str:
    """`entry.or_insert_with` for what is done with an entry, else the method."""
    if growth.method != "entry":
        return growth.method
    call = call_on(node)
    return f"entry.{call.name}" if call is not None else "entry"


COPIES = frozenset(
    "clone to_owned to_string cloned copied as_str as_ref deref is_some is_none is_ok len is_empty"
    " value key as_slice as_deref as_path".split()
)


def entry_note(node: Node, growth: UseOf) -> str:
    """`accumulates` if what the entry holds is changed in place, `borrowed` if it is handed on."""
    if growth.method != "entry":
        return ""
    call = call_on(node)
    if call is None:
        return _matched_entry(node)
    if call.name in ("and_modify", "or_default", "insert_entry", "insert"):
        return "accumulates"
    made = text(call.arguments[0]) if call.arguments else ""
    if call.name in ("or_insert", "or_insert_with", "or_insert_with_key"):
        if re.search(
            r"(?:Vec|Map|Set|Deque|String|Default)(?:::<[^>]*>)?::(?:new|default)\b", made
        ):
            return "accumulates"
        return _after_entry(call.node)
    return "accumulates"


def _after_entry(node: Node) -> str:
    """What is done with the `&mut V` that `or_insert_with` hands out."""
    whole = node
    while (call := call_on(whole)) is not None:
        if call.name not in COPIES:
            return "accumulates"
        whole = call.node
        if call.name in ("clone", "to_owned", "to_string", "cloned", "copied", "len"):
            return ""
    parent = whole.parent
    if parent is None:
        return ""
    if parent.type == "unary_expression" and parent.parent is not None:
        outer = parent.parent
        target = outer.type in ("compound_assignment_expr", "assignment_expression")
        return "accumulates" if target and field(outer, "left") == parent else ""
    if parent.type == "expression_statement":
        return ""
    if parent.type == "let_declaration":
        return _borrowed_entry(parent)
    return "borrowed"


def _borrowed_entry(let: Node) -> str:
    """`let value = m.entry(k).or_insert_with(f);`: fine if it is only read or cloned."""
    name, block = alias_name(field(let, "pattern")), let.parent
    for node in syntax.named_so(block, name) if block is not None and name else []:
        if node.start_byte < let.end_byte:
            continue
        call, parent = call_on(node), node.parent
        if call is not None and call.name in COPIES:
            continue
        if parent is not None and parent.type == "unary_expression" and parent.parent is not None:
            if parent.parent.type in ("compound_assignment_expr", "assignment_expression"):
                return "accumulates"
            continue
        return "accumulates"
    return ""


def _matched_entry(node: Node) -> str:
    """`match m.entry(k) { Occupied(e) => …, Vacant(e) => … }`."""
    holder = node.parent
    if holder is None or holder.type not in ("match_expression", "let_condition"):
        return "accumulates"
    if holder.type == "let_condition":
        return "" if "Vacant" in text(field(holder, "pattern")) else "accumulates"
    body = field(holder, "body")
    for arm in syntax.named(body) if body is not None else []:
        if "Occupied" in text(field(arm, "pattern")):
            said = text(field(arm, "value"))
            if re.search(
                r"\.(?:get_mut|into_mut|insert|remove|remove_entry|replace_entry)\(", said
            ):
                return "accumulates"
    return ""
