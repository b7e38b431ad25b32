"""Of which look-up is an insertion the miss path? By control, not by order of the text.

The hit path must leave (return, go on with the loop), or the insertion must stand where only
a miss comes: in the `else`, the `None` arm, behind `!contains_key`. A value that is merely
read, changed and put back is state, not a memo.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import (
    TRANSPARENT,
    alias_name,
    call_on,
    declaration,
    is_deref,
    let_conditions,
)
from rustfix_mem.rust.file.slots import leaves, may_leave
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
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
_ENDS = {
    **dict.fromkeys(ASSUMES, "assumed"),
    **dict.fromkeys(DEFAULTS, "defaulted"),
    **dict.fromkeys(CLOSES, "closure"),
}
"""What each method says of the result that it is called on; `CARRIES` hand it on."""


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
    while depth <= 4 and (parent := node.parent) is not None:
        call = call_on(node)
        if call is not None and call.name not in CARRIES:
            yield Test(_ENDS.get(call.name, "other"), call.node)
            return
        if call is not None:
            absent = absent != (call.name == "is_none")
            node = call.node
        elif (outer := _goes_on(parent)) is not None:
            absent = absent != (parent.type == "unary_expression" and not is_deref(parent))
            node = outer
        elif parent.type == "let_declaration":
            yield from _bound_tests(parent, depth)
            return
        else:
            if parent.type != "expression_statement":
                yield _asked(parent, absent)
            return


def _goes_on(parent: Node) -> Node | None:
    """The expression that hands on what `parent` holds; None if `parent` is where it is asked."""
    match parent.type:
        case "parenthesized_expression" | "await_expression" | "reference_expression":
            return parent
        case "unary_expression":
            return parent
        case "binary_expression" if any(c.type == "&&" for c in parent.children):
            return parent
        case "block" | "unsafe_block" | "async_block" | "else_clause":
            is_body = parent.parent is not None and parent.parent.type == "function_item"
            return None if is_body else parent
        case "closure_expression":
            call = parent.parent.parent if parent.parent is not None else None
            return call if call is not None and call.type == "call_expression" else None
    return None


def _asked(parent: Node, absent: bool) -> Test:
    """The test that `parent` is, of a value that is true for a miss if `absent`."""
    match parent.type:
        case "try_expression":
            return Test("question", parent)
        case "let_condition":
            holder = next((n for n in ancestors(parent) if n.type == "if_expression"), parent)
            return Test("iflet" if holder.type == "if_expression" else "other", holder)
        case "match_expression":
            return Test("match", parent)
        case "if_expression" | "let_chain":
            holder = parent if parent.type == "if_expression" else (parent.parent or parent)
            return Test("absent" if absent else "present", holder)
        case "block" | "unsafe_block" | "async_block" | "else_clause":
            return Test("returned", parent)
        case "return_expression" | "function_item":
            return Test("returned", parent)
        case "arguments":
            call = parent.parent
            if call is not None and text(field(call, "function")) in ("Ok", "Some"):
                return Test("returned", call)
    return Test("other", parent)


def _bound_tests(let: Node, depth: int) -> Iterator[Test]:
    """The result is given a name, or the let has an `else`."""
    if field(let, "alternative") is not None:
        yield Test("letelse", let)
        return
    name, block = alias_name(field(let, "pattern")), let.parent
    if not name or block is None:
        yield Test("other", let)
        return
    for node in syntax.named_so(block, name):
        if node.start_byte > let.end_byte and declaration(node, name) == let:
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
    return outer is not None and syntax.holds(outer, inner)


def _follows(node: Node, growth: Node) -> bool:
    """Whether control that falls out of `node` goes on to `growth`, in the same or a deeper block.

    The test may stand in a bare block of its own, made to let a guard go.
    """
    if growth.start_byte < node.end_byte:
        return False
    for block in ancestors(node):
        if _holds(block, growth):
            return block.type in ("block", "source_file")
        if block.type not in _FALLS_THROUGH:
            return False
    return False


# Branches too: `if let Ok(cache) = m.read() { if let Some(hit) = … { return } }`.
_FALLS_THROUGH = TRANSPARENT | frozenset(
    "block expression_statement unsafe_block let_declaration if_expression else_clause match_arm"
    " match_block match_expression".split()
)


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


class Lets:
    """Every `let name = …;` of a function's body, by name: a body may be asked very often."""

    def __init__(self, body: Node) -> None:
        self._of: dict[str, list[Node]] = {}
        for node in syntax.walk(body):
            if node.type == "let_declaration":
                self._of.setdefault(alias_name(field(node, "pattern")), []).append(node)

    def value(self, name: str, before: Span) -> str:
        """What the last one before a place binds the name to; empty if nothing does."""
        lets = self._of.get(name, [])
        at = bisect_left(lets, before.start, key=_start)
        return text(field(lets[at - 1], "value")) if at else ""


_start = attrgetter("start_byte")
