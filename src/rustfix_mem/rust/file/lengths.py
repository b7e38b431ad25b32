"""Where a function compares how much something holds, and what that may bound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import declaration, method_call, place_of
from rustfix_mem.rust.file.syntax import ancestors, field, span, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Place
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

Key = tuple[str, str, tuple[str, ...]]
"""A place without its type: base, root and path."""

LEAVES = ("return_expression", "break_expression", "continue_expression", "try_expression")
MAKERS = ("new", "default")
"""Functions of a type that make a plain value of it, as its variants do."""
READING = ("arguments", "binary_expression", "type_cast_expression", "range_expression")
"""Where a name is only read: numbers, and what is moved in."""


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison of the length of something kept."""

    said: str
    of: Key
    alone: bool
    """Whether what depends on it changes nothing but what was measured."""


SIDES = re.compile(r"(?:^|_)(?:read|write|ref|mut|lock)(?=\(|$)")
"""How the names of functions end that hand out one thing, to read it or to change it.

What begins so may be two things: `read_cache()` and `write_cache()`.
"""


def key_of(place: Place) -> Key:
    """What two places have in common that are one; a clone on the way may be of a pointer.

    `store_read()` and `store_write()` are one.
    """
    root = SIDES.sub("", place.root) if place.base == "fn" else place.root
    steps = tuple(step for step in place.path if step != "clone()")
    return place.base, root, tuple(SIDES.sub("", s) if s.endswith("()") else s for s in steps)


def checks(function: Function) -> Iterator[Check]:
    """The comparisons of lengths in a function, as written, in order of the text."""
    for node in own_nodes(function.body):
        if node.type != "binary_expression":
            continue
        left, right = field(node, "left"), field(node, "right")
        operator = text(field(node, "operator"))
        if operator not in ("<", ">", "<=", ">=", "==") or left is None or right is None:
            continue
        for side, other in ((left, right), (right, left)):
            call = method_call(side)
            if call is None or call.name not in ("len", "count", "weight", "size"):
                continue
            if text(other) in ("0", "1") or call.arguments:
                continue
            place = place_of(call.receiver, function)
            if place.base in ("self", "static") or (place.base == "let" and place.path):
                yield Check(text(node), key_of(place), _is_alone(node, call.receiver))


def capped(of: Key, found: list[Check]) -> str:
    """The first check that may bound what grows in a place, as written; empty if none does."""
    return next((one.said for one in found if not (one.alone and _are_apart(one.of, of))), "")


def _are_apart(one: Key, other: Key) -> bool:
    """Whether two places surely have nothing in common: two statics, or two fields of one value."""
    (base, root, path), (other_base, other_root, other_path) = one, other
    if base != other_base:
        return False  # a local may be anything
    if root != other_root:
        return base == "static"
    short = min(len(path), len(other_path))
    return path[:short] != other_path[:short]


def _is_alone(check: Node, measured: Node) -> bool:
    """Whether it decides an `if` without `else` that only touches what is measured."""
    inner = check
    for node in ancestors(check):
        if node.type == "if_expression":
            body = field(node, "consequence")
            is_condition = inner == field(node, "condition")
            only = is_condition and body is not None and field(node, "alternative") is None
            return only and body is not None and _touches_only(body, measured)
        if node.type not in ("binary_expression", "parenthesized_expression", "let_chain"):
            return False
        inner = node
    return False


def _touches_only(body: Node, measured: Node) -> bool:
    """Whether nothing else is named in a block, and nothing leaves it."""
    own = text(measured)
    inside = syntax.walk(body)
    same = [span(node) for node in inside if text(node) == own]
    for node in inside:
        if node.type in (*LEAVES, "macro_invocation"):
            return False
        if node.type not in ("identifier", "self") or any(one.holds(span(node)) for one in same):
            continue
        bound = declaration(node, text(node)) if node.type == "identifier" else None
        here = bound is not None and span(body).holds(span(bound))
        read = node.type == "identifier" and _is_only_read(node, bound)
        if not here and not read and not _is_name_of_pattern(node, body):
            return False
    return bool(same)


def _is_only_read(node: Node, bound: Node | None) -> bool:
    """Whether a name stands for a plain value in an argument, or for what makes one."""
    parent = node.parent
    if parent is not None and parent.type == "scoped_identifier":  # `Vec::new`, not `free(…)`
        last = text(parent).rpartition("::")[2]
        return last in MAKERS or last[:1].isupper()
    return bound is not None and parent is not None and parent.type in READING


def _is_name_of_pattern(node: Node, body: Node) -> bool:
    """Whether an identifier is bound there, or is the `Some` of a pattern."""
    for around in ancestors(node):
        if around.type.endswith("_pattern"):
            return True
        if around.type in ("let_condition", "let_declaration"):
            pattern = field(around, "pattern")
            return pattern is not None and span(pattern).holds(span(node))
        if around == body:
            return False
    return False
