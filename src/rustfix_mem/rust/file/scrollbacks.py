"""Buffers that count what they hold, and forget the line that is not ended yet.

`lines` are counted when they are put away, while the text that has no line end so far grows in a
field of its own: who prints a line without an end gets past every limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import alias_name, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

TAKES = re.compile(r"(?:^|::)mem::take$|^take$")
OVER = (">", ">=")
COUNTED_AS = re.compile(r"^self\.(\w+)$")


@dataclass(frozen=True, slots=True)
class Partial:
    """A limit on what is counted, in a function that lets something uncounted grow."""

    item: str
    """`Owner.partial`."""
    partial: str
    counter: str
    limit: str
    counted: Span
    """`self.counter` in the comparison."""
    comparison: Span
    condition: Span
    test: bool


def partials(items: Items) -> Iterator[Partial]:
    """Every limit of a file that does not count the text of a line that is not ended."""
    for function in items.functions:
        strings = _strings(function.owner, items)
        for name, counter in dict.fromkeys(_taken(function)):
            if name in strings and _pushed(function, name):
                yield from _limits(function, name, counter)


def _strings(owner: str, items: Items) -> frozenset[str]:
    """The fields of a type that hold text or bytes."""
    kinds = ("String", "Vec<u8>")
    return frozenset(
        f.name for t in items.types if t.name == owner for f in t.fields if str(f.type) in kinds
    )


def _taken(function: Function) -> Iterator[tuple[str, str]]:
    """Each field that is taken whole, with the counter to which its length is added then."""
    for node in own_nodes(function.body):
        if node.type != "let_declaration":
            continue
        name, value = alias_name(field(node, "pattern")), field(node, "value")
        taken = _take_of(value) if value is not None else ""
        if taken and name and (counter := _counter(function, name)):
            yield taken, counter


def _take_of(value: Node) -> str:
    """`partial` of `mem::take(&mut self.partial)`."""
    callee = (
        "".join(text(field(value, "function")).split()) if value.type == "call_expression" else ""
    )
    given = syntax.named(field(value, "arguments") or value)
    if not TAKES.search(callee) or len(given) != 1:
        return ""
    found = re.fullmatch(r"&mutself\.(\w+)", "".join(text(given[0]).split()))
    return found[1] if found is not None else ""


def _counter(function: Function, name: str) -> str:
    """The field that `self.counter += name.len()` counts with."""
    for node in own_nodes(function.body):
        if node.type == "compound_assignment_expr" and text(field(node, "operator")) == "+=":
            added = "".join(text(field(node, "right")).split())
            found = COUNTED_AS.fullmatch("".join(text(field(node, "left")).split()))
            if found is not None and added == f"{name}.len()":
                return found[1]
    return ""


def _pushed(function: Function, name: str) -> bool:
    """Whether text is appended to a field here."""
    calls = (method_call(node) for node in own_nodes(function.body))
    return any(
        call is not None
        and call.name in ("push_str", "extend_from_slice", "push")
        and "".join(text(call.receiver).split()) == f"self.{name}"
        for call in calls
    )


def _limits(function: Function, name: str, counter: str) -> Iterator[Partial]:
    """The comparisons that keep text out once the counter is above a field of the type."""
    for node in own_nodes(function.body):
        if node.type != "binary_expression" or text(field(node, "operator")) not in OVER:
            continue
        branch = next((n for n in ancestors(node) if n.type == "if_expression"), None)
        left, right = field(node, "left"), field(node, "right")
        if branch is None or left is None or right is None:
            continue
        condition = field(branch, "condition")
        if condition is None or not span(condition).holds(span(node)) or not _refuses(branch):
            continue
        counted = next((n for n in syntax.walk(left) if _is_field(n, counter)), None)
        limit = COUNTED_AS.fullmatch("".join(text(right).split()))
        sums = counted is not None and (counted == left or _is_sum(counted, left))
        if counted is None or limit is None or not sums or f".{name}" in text(condition):
            continue
        item = f"{function.owner}.{name}"
        yield Partial(
            item,
            name,
            counter,
            limit[1],
            span(counted),
            span(node),
            span(condition),
            function.test,
        )


def _is_field(node: Node, name: str) -> bool:
    return node.type == "field_expression" and "".join(text(node).split()) == f"self.{name}"


def _is_sum(counted: Node, whole: Node) -> bool:
    """Whether all between a term and the whole are additions."""
    for holder in ancestors(counted):
        if holder.type != "binary_expression" or text(field(holder, "operator")) != "+":
            return False
        if holder == whole:
            return True
    return False


def _refuses(branch: Node) -> bool:
    """Whether the branch leaves the function, so that nothing is appended behind it."""
    inside = field(branch, "consequence")
    last = syntax.named(inside)[-1:] if inside is not None else []
    return bool(last) and text(last[0]).startswith("return")
