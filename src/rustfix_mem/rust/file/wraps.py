"""Clones that are put behind a new pointer: `Arc::new(x.clone())`, and what `x` is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import items, portions, syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration, is_deref, method_call
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node, Tree

GATE = (
    re.compile(rb"Arc::new\(\s*\(?\*?[\w.]+(?:\(\)|\))?\s*\.\s*clone\(\)"),
    re.compile(rb"Rc::new\(\s*\(?\*?[\w.]+(?:\(\)|\))?\s*\.\s*clone\(\)"),
)
"""Patterns without one of which a file puts no clone of a place behind a pointer."""

MAKES = re.compile(rb"[rR]c\s*::\s*new\b")
CLONED = rb"\s*(?:/|\.\s*(?:/|clone\b))"
NAME = rb"(?!self\b)(?:r#)?[\w\x80-\xff]+"
CLONES = re.compile(MAKES.pattern + rb"\s*(?:/|\(\s*(?:/|\(\s*[/*]|" + NAME + CLONED + rb"))")
BEHIND = re.compile(rb"\b(?:as_ref|deref)\s*(?:/|::|\(\s*(?:/|\)" + CLONED + rb"))")
"""What is written wherever a local, or what is behind a pointer, is cloned behind a new one: all of
`CLONES`, or `MAKES` and `BEHIND`. Where a slash is, there may be a comment."""

POINTER = re.compile(r"(?:(?:std|alloc)::sync::)?Arc::new|(?:(?:std|alloc)::rc::)?Rc::new")


@dataclass(frozen=True, slots=True)
class Wrap:
    """`Arc::new(x.clone())`, where `x` is a local, a parameter, or behind a pointer.

    `source`: `let`, `param`; `pair` for a `let` that a second `let` does nothing but wrap; `held`
    for `Arc::new((*x).clone())`.
    """

    pointer: str
    """The pointer as written: `Arc`, `std::sync::Arc`, `Rc`."""
    span: Span
    name: str
    """The `x`."""
    source: str
    given: str
    """The name that the pointer itself is given in a `let`, else empty."""


def wraps(tree: Tree) -> Iterator[Wrap]:
    """The clones that a file puts behind new pointers, as far as anything can be done about them:
    of locals and parameters, and of what is behind a pointer already; tests aside."""
    found: dict[tuple[int, str], list[tuple[Node, Wrap]]] = {}
    root = _root(tree)
    if root is None:
        return
    values = [(node, value) for node in syntax.walk(root) if (value := cloned(node))]
    tests = _tests(root) if values else []
    for node, value in values:
        if any(test.holds(span(node)) for test in tests):
            continue
        if value.type == "identifier":
            made, bound = _wrap(node, value), declaration(value, text(value))
            if made is not None and bound is not None:
                found.setdefault((bound.start_byte, made.name), []).append((node, made))
        elif (place := pointed_to(value)) is not None:
            yield Wrap(pointer_of(node), span(node), text(place), "held", "")
    for several in found.values():
        if len(several) > 1 or any(_worth(node, made) for node, made in several):
            yield from (made for _, made in several)


def _root(tree: Tree) -> Node | None:
    """The root of a copy that has all functions with something to be seen; None without any."""
    source = tree.source
    if not _may_clone(source, 0, len(source)):
        return None
    if tree.error() is not None:
        return tree.root
    functions = [one.whole for one in tree.functions()]
    seen = MAKES if BEHIND.search(source) else CLONES
    outside = portions.uncovered((found.start() for found in seen.finditer(source)), functions)
    if any(not _is_remark(source, at) for at in outside):  # in a static, say
        return tree.root
    kept = [one for one in functions if _may_clone(source, one.start, one.end)]
    return tree.around(kept) if kept else None


def _may_clone(source: bytes, start: int, end: int) -> bool:
    """Whether something that is worth seeing may be cloned behind a pointer there."""
    if CLONES.search(source, start, end):
        return True
    return bool(BEHIND.search(source, start, end) and MAKES.search(source, start, end))


def _is_remark(source: bytes, at: int) -> bool:
    """Whether a place is in a line that is a comment."""
    return source[source.rfind(b"\n", 0, at) + 1 : at].lstrip().startswith(b"//")


def _tests(root: Node) -> list[Span]:
    return [span(one.node) for one in items.collect(root).functions if one.test]


def _worth(node: Node, made: Wrap) -> bool:
    """Whether anything could be done about the only clone of a local."""
    function = next((h for h in ancestors(node) if h.type == "function_item"), None)
    if made.source == "pair" or function is None:
        return made.source == "pair"
    if any(h.type in LOOPS for h in ancestors(node) if h.start_byte > function.start_byte):
        return True
    public = any(text(c) == "pub" for c in function.children if c.type == "visibility_modifier")
    holder = function.parent.parent if function.parent is not None else None
    of_trait = holder is not None and (holder.type == "trait_item" or field(holder, "trait"))
    return made.source == "param" and not public and not of_trait


def pointed_to(value: Node) -> Node | None:
    """The place `x` of `(*x)` and `x.as_ref()`."""
    if value.type == "parenthesized_expression":
        inner = syntax.named(value)[0]
        place = syntax.named(inner)[-1] if is_deref(inner) else None
    else:
        call = method_call(value)
        plain = call is not None and call.name in ("as_ref", "deref") and not call.arguments
        place = call.receiver if call is not None and plain else None
    return place if place is not None and place.type in ("identifier", "field_expression") else None


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
    return Wrap(pointer_of(node), span(node), name, source, given)
