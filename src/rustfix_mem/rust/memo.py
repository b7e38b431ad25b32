"""Of which look-up is an insertion the miss path? By control, not by order of the text.

The hit path must leave (return, go on with the loop), or the insertion must stand where only
a miss comes: in the `else`, the `None` arm, behind `!contains_key`. A value that is merely
read, changed and put back is state, not a memo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust import syntax
from rustfix_mem.rust.scopes import (
    TRANSPARENT,
    alias_name,
    call_on,
    declaration,
    is_deref,
    let_conditions,
)
from rustfix_mem.rust.slots import leaves, may_leave
from rustfix_mem.rust.syntax import ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.syntax import Node
    from rustfix_mem.text import Span

ASSUMES = frozenset(
    "unwrap expect unwrap_unchecked ok_or ok_or_else context with_context unwrap_or_panic".split()
)
DEFAULTS = frozenset("unwrap_or unwrap_or_default map_or is_none_or is_some_and".split())
CLOSES = frozenset("unwrap_or_else or_else map_or_else get_or_insert_with".split())
CARRIES = frozenset(
    "cloned copied map and_then filter as_ref as_deref is_some is_none as_deref_mut as_mut clone"
    " flatten then inspect zip to_owned ok transpose take".split()
)


@dataclass(frozen=True, slots=True)
class Test:
    """Where the result of a look-up is asked.

    `kind`: `iflet`, `letelse`, `match`, `present` and `absent` (a condition that is true if the
    key is, or is not, there), `closure` (run on a miss), or an end: assumed, defaulted,
    returned, question, other.
    """

    kind: str
    node: Node


def tests_of(lookup: Node, depth: int = 0) -> Iterator[Test]:
    """Every way in which the result of the expression is asked."""
    node, absent = lookup, False
    if depth > 4:
        return
    while True:
        call, parent = call_on(node), node.parent
        if parent is None:
            return
        if call is not None:
            if call.name in ASSUMES:
                yield Test("assumed", call.node)
            elif call.name in DEFAULTS:
                yield Test("defaulted", call.node)
            elif call.name in CLOSES:
                yield Test("closure", call.node)
            elif call.name in CARRIES:
                absent = absent != (call.name == "is_none")
                node = call.node
                continue
            else:
                yield Test("other", call.node)
            return
        match parent.type:
            case "parenthesized_expression" | "await_expression" | "reference_expression":
                node = parent
            case "unary_expression":
                absent = absent if is_deref(parent) else not absent
                node = parent
            case "try_expression":
                yield Test("question", parent)
                return
            case "let_condition":
                holder = next((n for n in ancestors(parent) if n.type == "if_expression"), parent)
                yield Test("iflet" if holder.type == "if_expression" else "other", holder)
                return
            case "let_declaration":
                yield from _bound_tests(parent, depth)
                return
            case "match_expression":
                yield Test("match", parent)
                return
            case "if_expression" | "let_chain":
                holder = parent if parent.type == "if_expression" else (parent.parent or parent)
                yield Test("absent" if absent else "present", holder)
                return
            case "binary_expression":
                logical = any(c.type == "&&" for c in parent.children)
                if not logical:
                    yield Test("other", parent)
                    return
                node = parent
            case "block" | "unsafe_block" | "async_block" | "else_clause":
                if parent.parent is not None and parent.parent.type == "function_item":
                    yield Test("returned", parent)
                    return
                node = parent
            case "return_expression" | "function_item":
                yield Test("returned", parent)
                return
            case "closure_expression":
                outer = parent.parent.parent if parent.parent is not None else None
                if outer is None or outer.type != "call_expression":
                    yield Test("other", parent)
                    return
                node = outer
            case "expression_statement":
                return
            case "arguments":
                outer = parent.parent
                if outer is not None and text(field(outer, "function")) in ("Ok", "Some"):
                    yield Test("returned", outer)
                else:
                    yield Test("other", parent)
                return
            case _:
                yield Test("other", parent)
                return


def _bound_tests(let: Node, depth: int) -> Iterator[Test]:
    """The result is given a name, or the let has an `else`."""
    if field(let, "alternative") is not None:
        yield Test("letelse", let)
        return
    name, block = alias_name(field(let, "pattern")), let.parent
    if not name or block is None:
        yield Test("other", let)
        return
    for node in syntax.walk(block):
        if (
            node.type == "identifier"
            and node.start_byte > let.end_byte
            and text(node) == name
            and declaration(node, name) == let
        ):
            yield from tests_of(node, depth + 1)


def miss_form(test: Test, growth: Node) -> str:
    """How the growth stands on the miss path of the test: `return`, `fresh`, `else`; or not."""
    node = test.node
    inside = node.start_byte <= growth.start_byte and growth.end_byte <= node.end_byte
    match test.kind:
        case "iflet" | "present":
            hit, miss = field(node, "consequence"), field(node, "alternative")
            if test.kind == "iflet" and _matches_none(node):
                hit, miss = miss, hit
            return _branch(node, hit, miss, growth, inside)
        case "absent":
            return _branch(
                node, field(node, "alternative"), field(node, "consequence"), growth, inside
            )
        case "letelse":
            return "else" if _holds(field(node, "alternative"), growth) else ""
        case "match":
            return _arms(node, growth, inside)
        case "closure":
            return "else" if inside and _holds(field(node, "arguments"), growth) else ""
    return ""


def _matches_none(node: Node) -> bool:
    """`if let None = …`."""
    conditions = let_conditions(field(node, "condition"))
    return any(text(field(c, "pattern")) == "None" for c in conditions)


def _branch(node: Node, hit: Node | None, miss: Node | None, growth: Node, inside: bool) -> str:
    if inside:
        return "else" if _holds(miss, growth) else ""
    if not _follows(node, growth):
        return ""
    if leaves(hit):
        return "return"
    return "fresh" if may_leave(hit) else ""


def _arms(node: Node, growth: Node, inside: bool) -> str:
    body = field(node, "body")
    arms = [arm for arm in syntax.named(body) if arm.type == "match_arm"] if body else []
    if inside:
        holder = next((arm for arm in arms if _holds(field(arm, "value"), growth)), None)
        pattern = text(field(holder, "pattern")) if holder is not None else ""
        hit = pattern.startswith(("Some", "Ok", "true", "Entry::Occupied", "Occupied"))
        return "else" if holder is not None and not hit else ""
    if not _follows(node, growth):
        return ""
    hits = [a for a in arms if text(field(a, "pattern")).startswith(("Some", "Ok", "true"))]
    if hits and all(leaves(field(arm, "value")) for arm in hits):
        return "return"
    return "fresh" if any(may_leave(field(arm, "value")) for arm in hits) else ""


def _holds(outer: Node | None, inner: Node) -> bool:
    return (
        outer is not None
        and outer.start_byte <= inner.start_byte
        and inner.end_byte <= outer.end_byte
    )


def _follows(node: Node, growth: Node) -> bool:
    """Whether control that falls out of `node` goes on to `growth`, in the same or a deeper block.

    The test may stand in a bare block of its own, made to let a guard go.
    """
    if growth.start_byte < node.end_byte:
        return False
    child = node
    for block in ancestors(node):
        if _holds(block, growth):
            return block.type in ("block", "source_file")
        if block.type in ("block", "expression_statement", "unsafe_block", *TRANSPARENT):
            child = block
        elif block.type in (
            "if_expression",
            "else_clause",
            "match_arm",
            "match_block",
            "match_expression",
        ):
            child = block  # `if let Ok(cache) = m.read() { if let Some(hit) = … { return } }`
        elif block.type == "let_declaration":
            child = block
        else:
            return False
    return child is None


NOISE = re.compile(
    r"\s+|^&+|^\*+|\.(?:clone|to_string|to_owned|as_str|as_ref|into|to_path_buf|as_path|borrow"
    r"|as_slice|to_vec|as_bytes|copied|cloned|deref|as_deref)\(\)|::<[^>]*>"
)
WRAPPED = re.compile(r"^(?:String::from|PathBuf::from|Arc::clone|Rc::clone|Arc::from)\(&?(.*)\)$")


def same_key(left: str, right: str) -> bool:
    """Whether two key expressions name one key, apart from borrows and copies of it."""
    return plain_key(left) == plain_key(right)


def plain_key(key: str) -> str:
    before = ""
    while key != before:
        before = key
        key = NOISE.sub("", key)
        wrapped = WRAPPED.match(key)
        key = wrapped[1] if wrapped else key
        if key.startswith("(") and key.endswith(")") and "," in key:
            key = "(" + ",".join(plain_key(part) for part in key[1:-1].split(",")) + ")"
    return key


def let_value(function_body: Node, name: str, before: Span) -> str:
    """What the last `let name = …;` before a place binds the name to; empty if nothing does."""
    found = ""
    for node in syntax.walk(function_body):
        if node.start_byte >= before.start:
            break
        if node.type == "let_declaration" and alias_name(field(node, "pattern")) == name:
            found = text(field(node, "value"))
    return found
