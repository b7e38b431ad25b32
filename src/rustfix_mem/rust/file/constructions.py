"""Where values of a type are made, and how long each of them can live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import Construction
from rustfix_mem.rust.file.scopes import alias_name, constructed, declaration, let_conditions
from rustfix_mem.rust.file.syntax import LOOPS, field, span, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

DEEP = 6
"""So many steps are followed."""

WRAPPERS = ("Arc::new", "Rc::new", "Box::new", "Mutex::new", "RwLock::new", "RefCell::new", "Some")
MAKERS = (".then", ".map", ".unwrap_or_else", ".or_else", ".get_or_insert_with")
"""Calls whose answer is what their closure makes."""

CONSUMERS = ("boxed", "into", "build", "shared")
"""Methods whose answer is what they are called on, in another shape."""

KEEPS = re.compile(
    r"(?:\.|::)(?:register|insert|push|add|set|install|mount|manage|attach|subscribe|provide)"
    r"(?:_\w+)?(?:::<.*>)?$"
)
"""Calls that put what they are given into something that keeps it."""

SPAWNS = re.compile(
    r"(?:^|\.|(?:^|::)(?:[a-z_]\w*|Builder)::)(?:spawn|spawn_blocking|spawn_local)$"
)
"""Calls that go on by themselves: `thread::spawn`, `set.spawn`; of `Actor::spawn` nobody knows."""
BRINGS = {
    re.compile(r"\.(?:blocking_)?recv(?:_async|_blocking)?\(\)(?:\.await)?$"): "served",
    re.compile(r"\.next\(\)\.await$"): "streamed",
}
"""What a `while let` asks again and again, of a channel or of a stream."""
RECEIVER = re.compile(r"&?(?:mut)?\s*(?P<root>[a-z_]\w*)(?:\.(?P<field>[a-z_]\w*)(?!\w|\())?")
GIVES = re.compile(r"(?:^|_)(?:rx|receiver|incoming)$")
"""Names of what a `for` may go through for as long as others send."""
RUNS = re.compile(r"(?:^|\.|::)(?:block_on|run)$")
"""Calls that return when what they are given is done: with `main`, the program is."""
WAITS = re.compile(
    r"\.await\b|\w*(?:recv|accept|poll|wait|sleep|park|select|event|read|tick|listen|incoming|run)"
    r"\w*!?\s*[({]"
)
"""What a loop does that goes on for long; one that ends, and does none of it, only computes."""


def constructions(function: Function, index: int, names: Collection[str]) -> Iterator[Construction]:
    """The values that a function makes of types of these names, but for the one whose it is."""
    forever = _last_loop(function)
    for node in syntax.walk(function.body):
        if node.type not in ("struct_expression", "call_expression"):
            continue
        made = constructed(node)
        if made is None or made.name not in names or made.name in ("Self", function.owner):
            continue
        fate, long = _fate(node, function, forever, 0)
        yield Construction(made.head, index, fate, long, function.test, span(node), function.module)


def _fate(node: Node, function: Function, forever: int, depth: int) -> tuple[str, bool]:
    """What becomes of the value, and whether its local lives as long as the program."""
    parent = node.parent
    if parent is None or depth > DEEP:
        return "moved", False
    match parent.type:
        case "let_declaration":
            return _local(parent, function, forever, depth)
        case "field_initializer" | "shorthand_field_initializer":
            holder = parent.parent.parent if parent.parent is not None else None
            owner = text(field(holder, "name")) if holder is not None else ""
            owner = function.owner if owner == "Self" else owner
            return f"field:{owner}", False
        case "arguments":
            call = parent.parent
            callee = "".join(text(field(call, "function")).split()) if call is not None else ""
            if call is not None and callee.endswith(WRAPPERS):
                return _fate(call, function, forever, depth + 1)
            if SPAWNS.search(callee) or (RUNS.search(callee) and _is_of_main(function)):
                return "spawned", True
            return "kept" if KEEPS.search(callee) else "moved", False
        case "closure_expression":
            call = parent.parent.parent if parent.parent is not None else None
            callee = text(field(call, "function")) if call is not None else ""
            if call is not None and callee.endswith(MAKERS):
                return _fate(call, function, forever, depth + 1)
        case "block" | "return_expression" | "function_item":
            return "returned", False
        case "field_expression" if text(field(parent, "field")) in CONSUMERS:
            call = parent.parent
            return ("moved", False) if call is None else _fate(call, function, forever, depth + 1)
        case "field_expression" | "reference_expression" | "expression_statement":
            return "local", False
        case "await_expression" | "try_expression" | "parenthesized_expression":
            return _fate(parent, function, forever, depth + 1)
    return "moved", False


def _local(let: Node, function: Function, forever: int, depth: int) -> tuple[str, bool]:
    """The value is bound to a local: does anything but a borrow of it leave the function?"""
    name, block = alias_name(field(let, "pattern")), let.parent
    if not name or block is None:
        return "moved", False
    anew = _is_repeated(let) and "clone(" not in text(field(let, "value"))  # else it shares
    long = (_is_of_main(function) or forever > let.end_byte) and not anew
    for node in syntax.named_so(block, name):
        if node.start_byte < let.end_byte:
            continue
        if declaration(node, name) != let:
            continue
        if _is_answered_by(node, function):
            return "moved", long
        if not _borrowed(node):
            kept, _ = (
                ("moved", False) if depth > DEEP else _fate(node, function, forever, depth + 1)
            )
            return kept if kept.startswith(("field:", "kept")) else "moved", long
    return ("local" if anew else _beside_worker(let, block)), long


def _beside_worker(let: Node, block: Node) -> str:
    """`served` for a local before a loop over what a channel brings, `streamed` over a stream."""
    behind = [n for n in syntax.walk(block) if n.start_byte > let.end_byte and n.type in LOOPS]
    fates = [fate for loop in behind if (fate := _brought_by(loop))]
    return min(fates, default="local")


def _brought_by(loop: Node) -> str:
    """What a loop goes on with for as long as others send: empty if that is not seen.

    Who makes the channel himself, and not for another thread, only gathers what he has sent for.
    """
    if loop.type == "for_expression":
        source, fate = text(field(loop, "value")), "served"
    else:
        lets = let_conditions(field(loop, "condition"))
        source, fate = "".join(text(field(lets[0], "value")).split()) if lets else "", ""
        fate = next((fate for step, fate in BRINGS.items() if step.search(source)), "")
    root = RECEIVER.match(source)
    if not fate or root is None:
        return ""
    named = root["field"] or root["root"]
    bound = declaration(loop, root["root"]) if root["root"] != "self" else None
    given = bound is None or bound.type == "parameter" or _is_captured(bound, loop)
    typed = bound is not None and "Receiver" in text(field(bound, "type"))
    plain = loop.type != "for_expression" or typed or GIVES.search(named)
    return fate if given and plain else ""


def _is_captured(bound: Node, loop: Node) -> bool:
    """Whether a name was bound outside of what a thread, or a task, does."""
    inside = [n for n in syntax.ancestors(loop) if n.start_byte > bound.end_byte]
    return any(n.type == "async_block" or _is_spawned(n) for n in inside)


def _is_spawned(node: Node) -> bool:
    """Whether it is a closure that another thread runs, once."""
    call = node.parent.parent if node.parent is not None else None
    if node.type != "closure_expression" or call is None:
        return False
    return SPAWNS.search("".join(text(field(call, "function")).split())) is not None


def _is_of_main(function: Function) -> bool:
    return function.name == "main" and not function.owner


def _is_repeated(node: Node) -> bool:
    """Whether a loop, or a closure, may come to a statement again."""
    for holder in syntax.ancestors(node):
        if holder.type in ("function_item", *syntax.REPEATS):
            return holder.type != "function_item" and not _is_spawned(holder)
    return False


def _last_loop(function: Function) -> int:
    """Where the function may loop for as long as it likes, the last time; -1 if it does nowhere."""
    loops = (n for n in syntax.walk(function.body) if n.type == "loop_expression")
    return max((n.start_byte for n in loops if not _is_brief(n)), default=-1)


def _is_brief(loop: Node) -> bool:
    """Whether a loop ends, and waits for nothing before: it only computes something."""
    ends = any(n.type in ("break_expression", "return_expression") for n in syntax.walk(loop))
    return ends and WAITS.search(text(loop)) is None


def _is_answered_by(node: Node, function: Function) -> bool:
    """Whether a part of the local is what the function answers: `svc.inner` at its end."""
    part = node
    while part.parent is not None and part.parent.type == "field_expression":
        part = part.parent
    block = part.parent
    if block is None or part == node or text(field(part, "value")) == "":
        return False
    if block.type == "return_expression":
        return True
    return block == function.body and syntax.named(block)[-1] == part


def _borrowed(node: Node) -> bool:
    """Whether this use of a local leaves it where it is."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "reference_expression":
        outer = parent.parent
        return outer is not None and outer.type in (
            "arguments",
            "unary_expression",
            "let_declaration",
            "macro_invocation",
        )
    if parent.type == "token_tree":
        return True
    return parent.type in ("field_expression", "index_expression", "unary_expression")
