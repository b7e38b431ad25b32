"""Which process a reader belongs to: a pipe of a child, or the master side of a terminal.

Files, sockets and answers of servers are not what a process prints; where it cannot be said what
a reader is, it is nothing to us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import alias_name, binds, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text
from rustfix_mem.rust.file.type_trees import type_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

PIPES = {"stdout": "stdout", "stderr": "stderr"}
TAKERS = {"take_stdout": "stdout", "take_stderr": "stderr"}
"""Methods of a process behind a lock, such as that of `shared_child`."""

PIPE_TYPES = {"ChildStdout": "stdout", "ChildStderr": "stderr"}
TERMINAL = "pty"
TERMINAL_READERS = frozenset(("try_clone_reader", "try_clone_pty_reader"))
CHILD_TYPES = frozenset(("Child", "AsyncGroupChild", "GroupChild", "SharedChild"))
CHILD_NAMES = re.compile(r"(?:^|_)(?:child|proc|process|subprocess|command_child)$")

STEPS = frozenset(
    "unwrap expect take as_mut by_ref context with_context ok_or ok_or_else map_err ok"
    " unwrap_or_else as_deref_mut as_mut_ref into_inner get_mut".split()
)
"""Calls that lead from an optional pipe to the pipe; `take` only without arguments."""

AROUND = frozenset(
    ("try_expression", "await_expression", "parenthesized_expression", "reference_expression")
)
BUFFERS = re.compile(r"(?:^|::)BufReader::(?:<.*>::)?(?:new|with_capacity)$")
BOXES = re.compile(r"(?:^|::)(?:Box::new|Some)$")
HANDED = frozenset("map and_then map_or map_or_else inspect is_some_and for_each".split())
"""Calls on an optional pipe whose closure is given the pipe."""

CHILD_STEPS = re.compile(r"(?:as_|inner_|get_)?(?:child|process)(?:_mut|_ref)?$")
"""Methods that lend the process which something wraps."""

DEPTH = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """What a reader reads: `stdout`, `stderr` or `pty`, and of which child, as written."""

    pipe: str
    child: str


def origin(reader: Node, function: Function, items: Items) -> Origin | None:
    """The pipe that an expression reads; None if it is none, or nobody can say."""
    return _origin(reader, function, items, 0)


def _origin(node: Node | None, function: Function, items: Items, depth: int) -> Origin | None:
    if node is None or depth > DEPTH:
        return None
    if node.type in AROUND or (node.type == "unary_expression" and text(node).startswith("*")):
        inner = syntax.named(node)
        return _origin(inner[-1], function, items, depth + 1) if inner else None
    match node.type:
        case "call_expression":
            return _called(node, function, items, depth)
        case "field_expression":
            return _field(node, function, items)
        case "identifier":
            return _named(node, function, items, depth)
        case "block":
            inner = syntax.named(node)
            return _origin(inner[-1], function, items, depth + 1) if len(inner) == 1 else None
        case "match_expression":
            return _origin(field(node, "value"), function, items, depth + 1)
        case "if_expression":
            return _either(node, function, items, depth)
    return None


def _either(node: Node, function: Function, items: Items, depth: int) -> Origin | None:
    """`if asked { child.stderr.take() } else { None }`."""
    other = field(node, "alternative")
    if other is None or re.sub(r"\s", "", text(other)) != "else{None}":
        return None
    return _origin(field(node, "consequence"), function, items, depth + 1)


def _called(node: Node, function: Function, items: Items, depth: int) -> Origin | None:
    call = method_call(node)
    if call is not None:
        if call.name in TERMINAL_READERS:
            return Origin(TERMINAL, "".join(text(call.receiver).split()))
        if call.name in TAKERS and not call.arguments:
            mine = _is_child(call.receiver, function, items, depth)
            child = "".join(text(call.receiver).split())
            return Origin(TAKERS[call.name], child) if mine else None
        buffers = call.name == "map" and [n for n in call.arguments if BUFFERS.search(_path(n))]
        if (call.name not in STEPS and not buffers) or (call.name == "take" and call.arguments):
            return None
        return _origin(call.receiver, function, items, depth + 1)
    callee = "".join(text(field(node, "function")).split())
    arguments = syntax.named(field(node, "arguments") or node)
    if BUFFERS.search(callee) or BOXES.search(callee):
        return _origin(arguments[-1], function, items, depth + 1) if arguments else None
    return None


def _path(node: Node) -> str:
    """A function as it is named: `BufReader::new`."""
    return "".join(text(node).split())


def _field(node: Node, function: Function, items: Items) -> Origin | None:
    """`child.stdout`, and a field whose type is a pipe."""
    holder, name = field(node, "value"), text(field(node, "field"))
    if holder is None:
        return None
    if holder.type == "self":
        owned = field_type(function.owner, name, items)
        pipe = _pipe_of(owned)
        return Origin(pipe, "self") if pipe else None
    if name in PIPES and _is_child(holder, function, items, 0):
        return Origin(PIPES[name], "".join(text(holder).split()))
    return None


def _is_child(node: Node, function: Function, items: Items, depth: int) -> bool:
    """Whether an expression is a process that was started."""
    if depth > DEPTH:
        return False
    if node.type in AROUND:
        inner = syntax.named(node)
        return bool(inner) and _is_child(inner[-1], function, items, depth + 1)
    call = method_call(node)
    if call is not None:
        name = call.name
        if name in ("spawn", "group_spawn"):
            return not call.arguments
        lends = not call.arguments and CHILD_STEPS.match(name) is not None
        return lends or (name in STEPS and _is_child(call.receiver, function, items, depth + 1))
    if node.type == "field_expression":
        holder, name = field(node, "value"), text(field(node, "field"))
        own = holder is not None and holder.type == "self"
        kind = field_type(function.owner, name, items) if own else None
        named = kind is not None and any(t.name in CHILD_TYPES for t in kind.walk())
        return named or bool(CHILD_NAMES.search(name))
    if node.type != "identifier":
        return False
    return _is_named_child(node, function, items, depth)


def _is_named_child(node: Node, function: Function, items: Items, depth: int) -> bool:
    name = text(node)
    bound = declaration(node, name)
    if bound is None:
        return False
    declared = field(bound, "type")
    if declared is not None and any(t.name in CHILD_TYPES for t in type_tree(declared).walk()):
        return True
    value = field(bound, "value") if bound.type in ("let_declaration", "let_condition") else None
    if value is not None and _is_child(value, function, items, depth + 1):
        return True
    # What another function answered with, or was handed: only its name says what it is.
    known = declared is not None and declared.type not in ("generic_type", "reference_type")
    return bool(CHILD_NAMES.search(name)) and not known


def _named(node: Node, function: Function, items: Items, depth: int) -> Origin | None:
    """A name: what it was bound to, or the pipe that its type is."""
    name = text(node)
    bound = declaration(node, name)
    if bound is None:
        return None
    declared = field(bound, "type")
    if declared is not None and (pipe := _pipe_of(type_tree(declared))):
        return Origin(pipe, name)
    match bound.type:
        case "let_declaration" | "let_condition":
            if alias_name(field(bound, "pattern")) == name:
                return _origin(field(bound, "value"), function, items, depth + 1)
        case "match_arm":
            if alias_name(field(bound, "pattern")) == name:
                of = next((n for n in ancestors(bound) if n.type == "match_expression"), None)
                value = field(of, "value") if of is not None else None
                return _origin(value, function, items, depth + 1)
        case "closure_expression":
            return _handed(bound, name, function, items, depth)
        case "parameter" if bound.parent is not None:
            position = syntax.named(bound.parent).index(bound)
            return _passed(function, position, items, depth)
    return None


def _passed(function: Function, position: int, items: Items, depth: int) -> Origin | None:
    """What all callers of a private function give it: pipes of processes, or nobody can say."""
    if function.visibility or function.trait:
        return None
    if named_otherwise(function):
        return None
    given = list(_given(function, position, items, depth))
    first = given[0] if given else None
    return Origin(first.pipe, function.name) if first is not None and all(given) else None


def _given(function: Function, position: int, items: Items, depth: int) -> Iterator[Origin | None]:
    """What each caller in the file gives a function, if that is the pipe of a process."""
    for other in items.functions:
        for node in own_nodes(other.body):
            call = field(node, "function") if node.type == "call_expression" else None
            if call is None or text(call).rpartition("::")[2].rpartition(".")[2] != function.name:
                continue
            arguments = syntax.named(field(node, "arguments") or node)
            at = position - (1 if method_call(node) is not None and function.owner else 0)
            known = _origin(arguments[at], other, items, depth + 4) if at < len(arguments) else None
            yield known


def lent(reader: Node, function: Function, items: Items) -> Origin | None:
    """The pipe that a caller in the file gives for a reader, whatever others may give."""
    bound = declaration(reader, text(reader)) if reader.type == "identifier" else None
    if bound is None or bound.type != "parameter" or bound.parent is None:
        return None
    position = syntax.named(bound.parent).index(bound)
    return next(filter(None, _given(function, position, items, 0)), None)


def _handed(
    closure: Node, name: str, function: Function, items: Items, depth: int
) -> Origin | None:
    """The parameter of `child.stdout.take().map(|mut pipe| …)`."""
    parameters = field(closure, "parameters")
    for parameter in syntax.named(parameters) if parameters is not None else []:
        if parameter.type == "parameter" and binds(field(parameter, "pattern"), name):
            pipe = _pipe_of(type_tree(field(parameter, "type")))
            if pipe:
                return Origin(pipe, name)
    arguments = closure.parent
    call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
    made = method_call(call) if call is not None else None
    if made is None or made.name not in HANDED:
        return None
    return _origin(made.receiver, function, items, depth + 1)


def named_otherwise(function: Function) -> bool:
    """Whether a function is named where it is not plainly called: in a macro, as a value."""
    for node in function.node.file.order:
        if node.type not in ("identifier", "field_identifier") or text(node) != function.name:
            continue
        parent = node.parent
        if parent is None or parent == function.node:
            continue
        if parent.type in ("scoped_identifier", "field_expression", "generic_function"):
            node, parent = parent, parent.parent
        if parent is not None and parent.type == "generic_function":
            node, parent = parent, parent.parent
        if parent is None or parent.type != "call_expression" or node.field != "function":
            return True
    return False


def field_type(owner: str, name: str, items: Items) -> TypeTree | None:
    """The type of a field of a type that the file defines."""
    for defined in items.types:
        if defined.name == owner:
            return next((f.type for f in defined.fields if f.name == name), None)
    return None


def _pipe_of(kind: TypeTree | None) -> str:
    """Which pipe a type is: `Option<BufReader<ChildStdout>>` is one of stdout."""
    found = (PIPE_TYPES.get(t.name, "") for t in kind.walk()) if kind is not None else ()
    return next((pipe for pipe in found if pipe), "")
