"""Where what a process prints is sent on, as it comes, into a channel without a bound.

A pipe makes a process wait whose reader is slow. A channel that takes any number of messages
ends that: whatever the receiver is too slow for stays in memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.origins import AROUND, field_type, origin
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import (
    alias_name,
    bound_in,
    call_on,
    declaration,
    method_call,
)
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.origins import Origin
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

SENDS = frozenset(("send", "unbounded_send", "send_blocking"))
INTO = frozenset(("read", "read_line", "read_until", "read_buf"))
NEXT = frozenset(("next", "next_line", "next_segment", "try_next"))
LINES = frozenset(("lines", "split"))
ADAPTERS = frozenset("map map_while filter filter_map flatten fuse enumerate map_err".split())
STREAMS = re.compile(
    r"(?:^|::)(?:LinesStream|SplitStream|ReaderStream|FramedRead)::(?:<.*>::)?new$"
)
LENDS = frozenset("clone as_ref as_mut unwrap expect lock borrow to_owned".split())
UNBOUNDED = re.compile(r"(?:^|::)unbounded(?:_channel|_async)?$")
ELSE = re.compile(
    r"\b(?:parse\w*|from_str|from_slice|from_value|deserialize\w*|decode\w*)\b|\.len\(\)$|\.await\b"
)
"""What makes something else of a text: whoever sends that, sends no output."""
LIMIT = r"(?:[A-Z][A-Z0-9_]{2,}|\w*(?:max|limit)\w*)\b"
LIMITED = re.compile(rf"[<>]=?\s*(?:\w+(?:\.|::))*{LIMIT}|\b{LIMIT}\s*[<>]=?")
DEPTH = 8


@dataclass(frozen=True, slots=True)
class Queue:
    """`tx.send(chunk[..count].to_vec())` in a loop that reads a pipe."""

    item: str
    pipe: str
    sender: str
    channel: str
    """What makes the channel, or the type of its sender, as written."""
    span: Span
    test: bool
    bounded: str = ""
    """The comparison with a limit in the loop; empty if there is none."""


def queues(items: Items) -> Iterator[Queue]:
    """Every place of a file where output of a process goes into a channel without a bound."""
    for function in items.functions:
        for node in own_nodes(function.body):
            call = method_call(node)
            if call is None or call.name not in SENDS or len(call.arguments) != 1:
                continue
            if found := _queue(call, function, items):
                yield found


def _queue(call: Call, function: Function, items: Items) -> Queue | None:
    around = [n for n in ancestors(call.node) if n.type in LOOPS]
    for loop in around:
        of = _sent(call, loop, function, items)
        channel = _channel(call.receiver, function, items, 0) if of is not None else ""
        if of is not None and channel:
            name = f"{function.owner}::{function.name}" if function.owner else function.name
            sender = "".join(text(call.receiver).split())
            bounded = _limited(loop)
            where = span(call.node)
            return Queue(name, of.pipe, sender, channel, where, function.test, bounded)
    return None


def _limited(loop: Node) -> str:
    for node in syntax.walk(loop):
        if node.type in ("if_expression", "while_expression"):
            asked = " ".join(text(field(node, "condition")).split())
            if LIMITED.search(asked):
                return asked
    return ""


def _sent(call: Call, loop: Node, function: Function, items: Items) -> Origin | None:
    """The pipe whose text is what a call sends."""
    known: dict[str, Origin] = {}
    for node in syntax.walk(loop):
        if node.start_byte >= call.node.start_byte and node.type != "for_expression":
            break
        known |= dict(_read(node, loop, function, items))
        if known and node.type in ("let_declaration", "let_condition", "match_expression"):
            passed = _of(field(node, "value"), known)
            known |= dict.fromkeys(bound_in(node), passed) if passed is not None else {}
    return _of(call.arguments[0], known)


def _of(value: Node | None, known: dict[str, Origin]) -> Origin | None:
    """The pipe whose text is in a value."""
    if value is None or ELSE.search("".join(text(value).split())):
        return None
    names = (text(n) for n in syntax.walk(value) if n.type == "identifier")
    return next((known[name] for name in names if name in known), None)


def _read(node: Node, loop: Node, function: Function, items: Items) -> Iterator[tuple[str, Origin]]:
    """The names that hold what was read of a pipe: a chunk that is filled, a line that is next."""
    call = method_call(node)
    of: Origin | None = None
    names: list[str] = []
    if node == loop and node.type == "for_expression":
        of = lines_of(field(node, "value"), function, items)
        names = bound_in(node)
    elif call is not None and call.name in INTO and call.arguments:
        filled = "".join(text(call.arguments[-1]).split())
        of = origin(call.receiver, function, items) if filled.startswith("&mut") else None
        names = [re.sub(r"^&mut|\[\.\.\]$", "", filled)]
    elif call is not None and call.name in NEXT and not call.arguments:
        of = lines_of(call.receiver, function, items)
        names = bound_in(holder_of(node))
    if of is not None:
        yield from ((name, of) for name in names)


def holder_of(call: Node) -> Node:
    """What gives names to the answer of a call: a let, an `if let`, a match."""
    at = call
    for parent in ancestors(call):
        behind = call_on(at)
        if parent.type in ("let_declaration", "let_condition", "match_expression"):
            return parent
        steps = behind is not None or parent.type in (*AROUND, "field_expression")
        if not steps:
            return at
        at = parent
    return at


def lines_of(node: Node | None, function: Function, items: Items, depth: int = 0) -> Origin | None:
    """The pipe whose lines an iterator gives."""
    if node is None or depth > DEPTH:
        return None
    if node.type in AROUND:
        inner = syntax.named(node)
        return lines_of(inner[-1], function, items, depth + 1) if inner else None
    call = method_call(node)
    if call is not None and call.name in LINES:
        return origin(call.receiver, function, items)
    if call is not None:
        through = call.name in ADAPTERS or call.name in LENDS
        return lines_of(call.receiver, function, items, depth + 1) if through else None
    if node.type == "call_expression":
        given = syntax.named(field(node, "arguments") or node)
        if not given or not STREAMS.search("".join(text(field(node, "function")).split())):
            return None
        of = lines_of(given[0], function, items, depth + 1)
        return of or origin(given[0], function, items)
    if node.type != "identifier":
        return None
    bound = declaration(node, text(node))
    value = field(bound, "value") if bound is not None else None
    if bound is not None and value is not None and alias_name(field(bound, "pattern")):
        return lines_of(value, function, items, depth + 1)
    declared = type_tree(field(bound, "type")) if bound is not None else None
    lines = declared is not None and any(t.name == "Lines" for t in declared.walk())
    return origin(node, function, items) if lines else None


def _channel(node: Node, function: Function, items: Items, depth: int) -> str:
    """What makes the channel of a sender, as written, if that has no bound; else nothing."""
    if depth > DEPTH:
        return ""
    if node.type in AROUND:
        inner = syntax.named(node)
        return _channel(inner[-1], function, items, depth + 1) if inner else ""
    call = method_call(node)
    if call is not None:
        through = call.name in LENDS
        return _channel(call.receiver, function, items, depth + 1) if through else ""
    if node.type == "call_expression" and text(field(node, "function")).endswith("::clone"):
        given = syntax.named(field(node, "arguments") or node)
        return _channel(given[0], function, items, depth + 1) if given else ""
    if node.type == "field_expression":
        holder = field(node, "value")
        own = holder is not None and holder.type == "self"
        kind = field_type(function.owner, text(field(node, "field")), items) if own else None
        return _typed(kind, function, items)
    bound = declaration(node, text(node)) if node.type == "identifier" else None
    return _bound(bound, text(node), function, items, depth) if bound is not None else ""


def _bound(bound: Node, name: str, function: Function, items: Items, depth: int) -> str:
    declared, value = field(bound, "type"), field(bound, "value")
    pattern = field(bound, "pattern")
    if declared is not None and (said := _typed(type_tree(declared), function, items)):
        return said
    if value is None or pattern is None or bound.type not in ("let_declaration", "let_condition"):
        return ""
    if alias_name(pattern) == name:
        return _channel(value, function, items, depth + 1)
    first = syntax.named(pattern)[:1] if pattern.type == "tuple_pattern" else []
    return _made(value, function, items) if first and alias_name(first[0]) == name else ""


def _made(value: Node, function: Function, items: Items) -> str:
    """`mpsc::channel()` of the standard library, or what other libraries call `unbounded`."""
    if value.type != "call_expression" or syntax.named(field(value, "arguments") or value):
        return ""
    callee = re.sub(r"::<.*>", "", "".join(text(field(value, "function")).split()))
    plain = callee == "channel" and _imported("channel", "", function, items)
    standard = callee.endswith("mpsc::channel") or plain
    return f"{callee}()" if standard or UNBOUNDED.search(callee) else ""


def _typed(kind: TypeTree | None, function: Function, items: Items) -> str:
    """A sender that no channel with a bound has."""
    for tree in kind.walk() if kind is not None else ():
        if tree.name == "UnboundedSender":
            return tree.head
        if tree.name == "Sender":
            before = tree.head.removesuffix("Sender").removesuffix("::")
            if before == "std::sync::mpsc" or _imported("Sender", before, function, items):
                return tree.head
    return ""


def _imported(name: str, before: str, function: Function, items: Items) -> bool:
    """Whether a name, behind a module or alone, is one of `std::sync::mpsc`."""
    here = [use for use in items.uses if use.module == function.module]
    if before:
        return any(use.name == before and use.path == "std::sync::mpsc" for use in here)
    paths = [use.path for use in here if use.name == name]
    return paths == [f"std::sync::mpsc::{name}"] or (
        not paths and any(u.name == "*" and u.path == "std::sync::mpsc" for u in here)
    )
