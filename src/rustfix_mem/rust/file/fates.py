"""What a function does with a local that holds a cache of a library, or what builds one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, call_on, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

RUNS = frozenset(("closure_expression", "async_block", "loop_expression", "while_expression"))
"""What may run late, long or for ever."""

TAKES = re.compile(r"(?:^|_)(?:clone|into|boxed|shared|leak)(?:_|$)")
"""Methods that may make something that stays."""

KEEPS = re.compile(
    r"(?:swap|replace|take)$|(?:^|::|\.|_)(?:run|serve|main|start|spawn|listen|loop|work)(?:_|$)"
)
"""Calls that may put what they are lent elsewhere, or that may never return."""

COMES_IN = re.compile(r"(?:\b|_)(?:rx|recv|receiver|incoming|requests|jobs|events)(?:\b|_)")
"""What a `for` may go through for as long as a program runs."""


def later(whole: Node, function: Function) -> tuple[str, ...]:
    """The methods called on a builder after a `let` gave it a name, under that name."""
    let = whole.parent
    name = alias_name(field(let, "pattern")) if let is not None else ""
    if let is None or let.type != "let_declaration" or not name:
        return ()
    methods: list[str] = []
    for node in syntax.named_so(function.body, name):
        call = call_on(node) if node.start_byte > let.end_byte else None
        while call is not None:
            methods.append(call.name)
            call = call_on(call.node)
    return tuple(dict.fromkeys(methods))


def is_dropped(whole: Node, function: Function) -> bool:
    """Whether it is a local that is only lent, and is gone when its function returns."""
    let = whole.parent
    name = alias_name(field(let, "pattern")) if let is not None else ""
    if let is None or let.type != "let_declaration" or not name or function.name == "main":
        return False
    if any(n.type in RUNS for n in ancestors(let) if n.start_byte > function.node.start_byte):
        return False
    uses = [
        node
        for node in syntax.named_so(function.body, name)
        if node.start_byte > let.end_byte and declaration(node, name) == let
    ]
    rest = [n for n in syntax.walk(function.body) if n.start_byte > let.end_byte]
    return (
        bool(uses)
        and not any(_may_be_endless(node) for node in rest)
        and all(_is_lent(node, let) for node in uses)
    )


def _may_be_endless(node: Node) -> bool:
    if node.type == "for_expression":
        return COMES_IN.search(text(field(node, "value"))) is not None
    return node.type in ("loop_expression", "while_expression")


def _is_lent(node: Node, let: Node) -> bool:
    """Whether a use of a local leaves it where it is, and comes back."""
    inside = (n for n in ancestors(node) if n.start_byte > let.end_byte)
    if any(n.type in RUNS for n in inside):
        return False
    if (call := call_on(node)) is not None:
        return TAKES.search(call.name) is None
    lent = node.parent
    if lent is None or lent.type != "reference_expression":
        return False
    arguments = lent.parent
    if arguments is None or arguments.type != "arguments" or arguments.parent is None:
        return False
    made = method_call(arguments.parent)
    callee = "".join(text(field(arguments.parent, "function")).split())
    return KEEPS.search(made.name if made is not None else callee) is None
