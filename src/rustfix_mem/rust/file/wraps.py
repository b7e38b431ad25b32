"""Clones that are put behind a new pointer: `Arc::new(x.clone())`, and what `x` is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node, Tree

GATE = (
    re.compile(rb"Arc::new\(\s*\(?\*?[\w.]+\)?\s*\.\s*clone\(\)"),
    re.compile(rb"Rc::new\(\s*\(?\*?[\w.]+\)?\s*\.\s*clone\(\)"),
)
"""Patterns without one of which a file puts no clone of a place behind a pointer."""

POINTER = re.compile(r"(?:(?:std|alloc)::sync::)?Arc::new|(?:(?:std|alloc)::rc::)?Rc::new")
LOOPS = ("for_expression", "while_expression", "loop_expression")


@dataclass(frozen=True, slots=True)
class Wrap:
    """`Arc::new(x.clone())`, where `x` is a local or a parameter.

    `source`: `let`, `param`; `pair` for a `let` that a second `let` does nothing but wrap.
    """

    pointer: str
    """The pointer as written: `Arc`, `std::sync::Arc`, `Rc`."""
    span: Span
    name: str
    """The `x`."""
    source: str
    given: str
    """The name that the pointer itself is given in a `let`, else empty."""
    looped: bool
    """Whether it runs again and again for one `x`."""


def wraps(tree: Tree) -> Iterator[Wrap]:
    """The clones of locals and parameters that a file puts behind new pointers."""
    for node in syntax.walk(tree.root):
        value = cloned(node)
        if value is not None and value.type == "identifier":
            made = _wrap(node, value)
            if made is not None:
                yield made


def cloned(node: Node) -> Node | None:
    """The `x` of `Arc::new(x.clone())`; None for any other expression."""
    if node.type != "call_expression":
        return None
    function, arguments = field(node, "function"), field(node, "arguments")
    if function is None or arguments is None or function.type != "scoped_identifier":
        return None
    inner = syntax.named(arguments)
    if len(inner) != 1 or not POINTER.fullmatch("".join(text(function).split())):
        return None
    call = method_call(inner[0])
    if call is None or call.name != "clone" or call.arguments:
        return None
    return call.receiver


def pointer_of(node: Node) -> str:
    """The pointer that a wrap makes, as written: of `std::sync::Arc::new(…)` all but `::new`."""
    return "".join(text(field(node, "function")).split()).removesuffix("::new")


def _wrap(node: Node, value: Node) -> Wrap | None:
    name = text(value)
    bound = declaration(value, name)
    if bound is None or bound.type not in ("let_declaration", "parameter"):
        return None
    if alias_name(field(bound, "pattern")) != name:
        return None
    own = node.parent
    given = ""
    if own is not None and own.type == "let_declaration" and field(own, "value") == node:
        given = alias_name(field(own, "pattern"))
    pair = bool(given) and bound.type == "let_declaration" and own is not None
    pair = pair and own is not None and own.parent == bound.parent
    source = "pair" if pair else "let" if bound.type == "let_declaration" else "param"
    around = [holder for holder in ancestors(node) if holder.type in LOOPS]
    looped = any(loop.start_byte > bound.end_byte or bound.type == "parameter" for loop in around)
    return Wrap(pointer_of(node), span(node), name, source, given, looped)
