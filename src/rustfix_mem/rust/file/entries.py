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
    if call.name == "or_default":
        return _after_default(call.node)
    if call.name in ("and_modify", "insert_entry", "insert"):
        return "accumulates"
    made = text(call.arguments[0]) if call.arguments else ""
    if call.name in ("or_insert", "or_insert_with", "or_insert_with_key"):
        if re.search(
            r"(?:Vec|Map|Set|Deque|String|Default)(?:::<[^>]*>)?::(?:new|default)\b", made
        ):
            return "accumulates"
        return _after_entry(call.node)
    return "accumulates"


MUTATES = re.compile(
    r"(?:push|insert|extend|append|entry|add|pop|remove|retain|clear|get_mut|iter_mut|as_mut|values_mut"
    r"|truncate|drain|take|replace|set|update|record|increment|inc|or_insert|merge|sort|dedup"
    r"|split_off|swap|resize|fill|get_or_insert)(?:_|$)"
)
"""Names of methods that change what they are called on; what others do, nobody knows."""


def _by_call(name: str) -> str:
    """What a method that is called on an entry's value makes of it."""
    return "accumulates" if MUTATES.match(name) else "borrowed"


def _after_default(node: Node) -> str:
    """What begins with nothing is filled later: at once, or by who is given a handle of it."""
    call = call_on(node)
    return "borrowed" if call is not None and call.name == "clone" else "accumulates"


def _after_entry(node: Node) -> str:
    """What is done with the `&mut V` that `or_insert_with` hands out."""
    whole = node
    while (call := call_on(whole)) is not None:
        if call.name not in COPIES:
            return _by_call(call.name)
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
    return "" if _is_only_shown(whole) else "borrowed"


def _borrowed_entry(let: Node) -> str:
    """`let value = m.entry(k).or_insert_with(f);`: fine if it is only read or cloned."""
    name, block, note = alias_name(field(let, "pattern")), let.parent, ""
    for node in syntax.named_so(block, name) if block is not None and name else []:
        if node.start_byte < let.end_byte:
            continue
        call, parent = call_on(node), node.parent
        if call is not None and call.name in COPIES:
            continue
        if call is not None and _by_call(call.name) == "borrowed":
            note = "borrowed"
            continue
        if parent is not None and parent.type == "unary_expression" and parent.parent is not None:
            if parent.parent.type in ("compound_assignment_expr", "assignment_expression"):
                return "accumulates"
            continue
        if parent is not None and parent.type == "arguments":
            note = note if _is_only_shown(node) else "borrowed"
            continue
        return "accumulates"
    return note


def _is_only_shown(value: Node) -> bool:
    """Whether a value is an argument of a function of the file that takes a shared reference."""
    arguments = value.parent
    call = arguments.parent if arguments is not None else None
    if arguments is None or arguments.type != "arguments" or call is None:
        return False
    given = syntax.named(arguments)
    callee = "".join(text(field(call, "function")).split())
    taken = _taken(callee, call)
    return len(taken) == len(given) and SHARED.search(taken[given.index(value)]) is not None


def _taken(callee: str, call: Node) -> list[str]:
    """What a function of the file is given besides `self`; nothing if it is not surely that one."""
    owner, _, name = callee.rpartition("." if "." in callee else "::")
    if owner not in ("", "self", "Self") or not name.isidentifier():
        return []
    heads = [*re.finditer(HEAD % name.encode(), call.file.source)]
    if len(heads) != 1:
        return []
    taken = [one.strip() for one in heads[0]["taken"].decode("utf-8", "replace").split(",")]
    taken = [one for one in taken if one]
    method = bool(taken) and SELF.match(taken[0]) is not None
    if not owner:
        return [] if heads[0]["indent"] else taken
    around = (n for n in syntax.ancestors(call) if n.type == "impl_item")
    block = next(around, None)
    at = heads[0].start("name")
    if block is None or not block.start_byte < at < block.end_byte or method != (owner == "self"):
        return []
    return taken[1:] if method else taken


HEAD = (
    rb"(?m)^(?P<indent>[ \t]*)(?:pub(?:\([^)]*\))?\s+)?(?:(?:const|async|unsafe)\s+)*"
    rb"fn\s+(?P<name>%s)\s*(?:<[^(){]*>)?\s*\((?P<taken>[^()]*)\)"
)
"""A function with what it is given, if that is simple."""
SELF = re.compile(r"(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self\b")
SHARED = re.compile(r":\s*&\s*(?:'\w+\s+)?(?!mut\b)[\w\[(]")
"""A parameter that is a shared reference."""


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
