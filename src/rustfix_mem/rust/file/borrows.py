"""What runs while an entry of a concurrent map is borrowed: to clear the map there would deadlock.

A `Ref` that nobody names lives until its statement ends, through every branch of an `if let` or
a `match`; from edition 2024 on not through the `else`. One that is named lives until its block
ends, or it is dropped. Where the look-up found nothing there is no `Ref`: what runs only there, the
arm of `None` say, may do as it likes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import (
    TRANSPARENT,
    Call,
    alias_name,
    bound_names,
    call_on,
    declaration,
    is_deref,
    method_call,
)
from rustfix_mem.rust.file.syntax import LOOPS, field, text
from rustfix_mem.rust.file.uses import READING_MACROS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.syntax import Node

FREE = ""
IN_ELSE = "else"
MORE = "more"
UNKNOWN = "?"

OWNS = frozenset("insert contains_key contains".split())
"""Calls that answer with nothing borrowed."""

COPIES = frozenset(
    "clone cloned copied to_owned to_string to_vec into_owned len is_empty is_some is_none".split()
)
QUIET = COPIES | frozenset(
    "value key pair value_mut deref as_ref as_str as_slice as_deref as_path as_bytes unwrap expect"
    " map and_then filter unwrap_or unwrap_or_default ok_or is_some_and is_none_or eq ok push"
    " push_str elapsed duration_since saturating_duration_since as_secs as_millis".split()
)
"""Methods that only read, copy, or hand on what they are called on."""
MAKES = frozenset(
    "Some Ok Err Box::new Arc::clone Rc::clone Arc::new String::from Arc::ptr_eq Rc::ptr_eq".split()
)
FINDS = re.compile(r"Some\((?:_|(?:ref\s+|&)?(?:mut\s+)?[a-z_]\w*)\)")
"""A pattern of all that was found, whatever it is."""
AROUND = ("reference_expression", "parenthesized_expression")
ASKS = ("let_condition", "match_expression", "expression_statement", "binary_expression")


def held(call: Node, method: str) -> str:
    """What runs while the answer of `call` is borrowed, its arguments apart.

    FREE: nothing that could come back to the map. IN_ELSE: only the `else` of its `if let`,
    which is free from edition 2024 on. MORE: other code, or it is handed on.
    """
    if method in OWNS:
        return FREE
    node = call
    while True:
        outer, parent = call_on(node), node.parent
        if outer is not None and outer.name.startswith("or_insert"):
            node = call = outer.node  # what makes the value ran with the entry locked before, too
        elif outer is not None and outer.name == "map" and _copies(outer):
            return FREE if _quiet(outer.arguments, call) else MORE
        elif outer is not None:
            node = outer.node
        elif parent is not None and (parent.type in TRANSPARENT or is_deref(parent)):
            node = parent
        else:
            return _placed(node, call)


def _copies(call: Call) -> bool:
    """Whether a closure makes something of its own of what it is given."""
    closure = call.arguments[0] if len(call.arguments) == 1 else None
    body = field(closure, "body") if closure and closure.type == "closure_expression" else None
    return body is not None and _is_copy(body)


def _is_copy(node: Node) -> bool:
    """Whether an expression surely borrows nothing: a copy, a number, a comparison."""
    call = method_call(node)
    copied = call is not None and call.name in COPIES
    return copied or is_deref(node) or node.type == "binary_expression"


def _placed(whole: Node, call: Node) -> str:
    """What runs while a chain is borrowed, by where the chain stands."""
    parent = whole.parent
    if parent is None:
        return MORE
    if parent.type == "if_expression" and field(parent, "condition") == whole:
        return FREE if _quiet([whole], call) else MORE
    if _is_copy(whole):
        return FREE if _quiet([_statement(whole)], call) else MORE
    if parent.type == "let_declaration":
        return _named(parent, call)
    if parent.type == "let_condition":
        return _asked(parent, call)
    if parent.type not in ASKS:
        return MORE
    patterns = [field(arm, "pattern") for arm in syntax.walk(parent) if arm.type == "match_arm"]
    kept = all(_stays(pattern, parent) for pattern in patterns)
    empty = _empty(whole) if whole == call else []
    return FREE if kept and _quiet([_statement(whole)], call, empty) else MORE


def _empty(found: Node) -> list[Node]:
    """What runs only if an expression, the answer of a look-up or its name, holds nothing."""
    while found.parent is not None and found.parent.type in AROUND:
        found = found.parent
    parent, asked = found.parent, call_on(found)
    if asked is not None:
        absent = asked.name == "is_none"
        return _branch(asked.node, absent) if absent or asked.name == "is_some" else []
    if parent is None or parent.type == "match_expression":
        return _arms(parent) if parent is not None else []
    if FINDS.fullmatch(text(field(parent, "pattern"))) is None:
        return []
    if parent.type == "let_declaration":
        return [other] if (other := field(parent, "alternative")) is not None else []
    return _branch(parent, absent=False) if parent.type == "let_condition" else []


def _branch(test: Node, absent: bool) -> list[Node]:
    """The branch for nothing of an `if` that asks this alone."""
    holder = test.parent
    if holder is None or holder.type != "if_expression" or field(holder, "condition") != test:
        return []
    branch = field(holder, "consequence" if absent else "alternative")
    return [branch] if branch is not None else []


def _arms(match: Node) -> list[Node]:
    """The arms for nothing: of `None`, and of `_` if another has all that was found."""
    arms = [arm for arm in syntax.named(field(match, "body") or match) if arm.type == "match_arm"]
    said = [text(field(arm, "pattern")) for arm in arms]
    nothing = ("None", "_") if any(map(FINDS.fullmatch, said)) else ("None",)
    plain = [pattern.partition(" if ")[0].strip() for pattern in said]
    return [arm for arm, pattern in zip(arms, plain, strict=True) if pattern in nothing]


def _statement(node: Node) -> Node:
    """What has ended when the temporaries of `node` are surely gone."""
    for holder in [node, *syntax.ancestors(node)]:
        outer = holder.parent
        if outer is None or outer.type in ("closure_expression", "function_item"):
            return holder
        if outer.type == "block":
            above = outer.parent
            ends = syntax.named(outer)[-1:] != [holder] or text(holder).endswith(";")
            if ends or above is None or above.type in (*LOOPS, "function_item"):
                return holder
    return node


def _named(let: Node, call: Node) -> str:
    """`let entry = map.get(key);`: borrowed until the block ends, or it is dropped."""
    name, block = alias_name(field(let, "pattern")), let.parent
    if not name or block is None:
        return MORE
    rest = [n for n in syntax.named(block) if n.start_byte >= let.start_byte]
    said = ["".join(text(statement).split()) for statement in rest]
    if f"drop({name});" in said:
        rest = rest[: said.index(f"drop({name});")]
    whole = field(let, "value") == call
    named = [n for top in rest[1:] for n in syntax.named_so(top, name)]
    uses = [call, *(n for n in named if declaration(n, name) == let)]
    empty = [one for node in uses for one in _empty(node)] if whole else []
    return FREE if _only_read(name, rest[1:]) and _quiet(rest, call, empty) else MORE


def _asked(condition: Node, call: Node) -> str:
    """`if let Some(entry) = map.get(key) { … } else { … }`."""
    holder = next((n for n in syntax.ancestors(condition) if n.type.endswith("_expression")), None)
    if holder is None or holder.type != "if_expression":
        return MORE
    other = field(holder, "alternative")
    first = [n for n in syntax.named(holder) if n != other]
    if not (_quiet(first, call) and _stays(field(condition, "pattern"), holder)):
        return MORE
    statement = _statement(holder)
    around = syntax.named(statement) if statement.named_children[:1] == [holder] else [statement]
    empty = _empty(call) if field(condition, "value") == call else []
    return FREE if _quiet(around, call, empty) else IN_ELSE


def _stays(pattern: Node | None, region: Node) -> bool:
    """Whether what a pattern names is only read in a region, not handed on."""
    names = [text(name) for name in bound_names(pattern)] if pattern is not None else []
    return all(_only_read(name, [region]) for name in names)


def _only_read(name: str, region: Iterable[Node]) -> bool:
    """Whether every mention of a name reads it: a call, a field, a `*`, a macro that prints."""
    for node in (n for top in region for n in syntax.named_so(top, name)):
        if node.parent is None:
            continue
        kind = node.parent.type
        reads = ("field_expression", "unary_expression", "binary_expression", "token_tree")
        if _is_taken_apart(node):
            continue
        if kind not in reads and not kind.endswith("_pattern") and kind != "closure_parameters":
            return False
    return True


def _is_taken_apart(node: Node) -> bool:
    """Whether a `match` or an `if let` asks for a name, and only reads what it finds."""
    while node.parent is not None and node.parent.type in AROUND:
        node = node.parent
    asks = node.parent
    if asks is None or asks.type not in ("match_expression", "let_condition"):
        return False
    if field(asks, "value") != node:
        return False
    if asks.type == "match_expression":
        arms = syntax.named(field(asks, "body") or asks)
        return all(_stays(field(arm, "pattern"), arm) for arm in arms)
    holder = asks.parent  # an `if`: in a chain more may be asked of what was found
    branch = field(holder, "consequence") if holder is not None else None
    return branch is not None and _stays(field(asks, "pattern"), branch)


def _quiet(nodes: Iterable[Node], call: Node, empty: Iterable[Node] = ()) -> bool:
    """Whether nothing in the nodes could come back to the map.

    Neither `call` itself counts, nor what runs only if it found nothing.
    """
    apart = [call, *empty]
    for node in (n for top in nodes for n in syntax.walk(top)):
        if any(syntax.holds(one, node) for one in apart):
            continue
        if node.type in ("await_expression", "yield_expression"):
            return False
        if node.type == "macro_invocation" and not _prints(node):
            return False
        if node.type == "call_expression" and not _is_quiet_call(node):
            return False
    return True


def _prints(macro: Node) -> bool:
    """Whether a macro only writes text, of values that are there already."""
    name = text(field(macro, "macro")).rpartition("::")[2]
    return name in READING_MACROS and "(" not in text(macro).partition("(")[2]


def _is_quiet_call(node: Node) -> bool:
    made = method_call(node)
    if made is not None:
        return made.name in QUIET
    name = "".join(text(field(node, "function")).split())
    return name in MAKES or name.rpartition("::")[2][:1].isupper()  # a variant, a tuple struct
