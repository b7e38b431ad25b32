"""Where a process says how long its next message is, and gets that much memory at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.origins import lent, origin
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import alias_name, bound_in, method_call
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.origins import Origin
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

SIZED = re.compile(r"vec!\[0(?:_?u8)?;(?P<length>.+)\]|\w+\.resize\((?P<resized>.+),0(?:_?u8)?\)")
NAME = re.compile(r"(?P<name>[a-z_]\w*)(?:\.unwrap\(\)|\?)?(?:as\w+)?")
TOLD = re.compile(
    r"\.parse(?:::<\w+>)?\(|(?<!16::)(?<!u8::)\bfrom_[bln]e_bytes\(|\.(?:read|get)_[ui](?:32|64)(?:_le)?\(|\bfrom_str\("
)
"""What makes a number of what was read; one of two bytes is no danger."""
LEAST = re.compile(r"\b(?:min|clamp)\(")


@dataclass(frozen=True, slots=True)
class Frame:
    """`let mut message = vec![0; length]; pipe.read_exact(&mut message)?;`."""

    item: str
    pipe: str
    length: str
    span: Span
    test: bool
    checked: str = ""
    """What bounds the length; empty if nothing does."""


def frames(items: Items) -> Iterator[Frame]:
    """Every message of a file whose room is what a process says."""
    for function in items.functions:
        for node in own_nodes(function.body):
            call = method_call(node)
            if call is None or call.name != "read_exact" or len(call.arguments) != 1:
                continue
            of = origin(call.receiver, function, items) or lent(call.receiver, function, items)
            if of is not None and (found := _frame(call, of, function, items)):
                yield found


def _frame(call: Call, of: Origin, function: Function, items: Items) -> Frame | None:
    buffer = text(syntax.named(call.arguments[0])[-1] if call.arguments[0].named_children else None)
    buffer = buffer or text(call.arguments[0])
    made = _made(buffer, call, function)
    sized = SIZED.fullmatch("".join(text(made).split())) if made is not None else None
    length = NAME.fullmatch(sized["length"] or sized["resized"]) if sized is not None else None
    if made is None or length is None:
        return None
    if length["name"] not in _told(made, function, items):
        return None
    name = f"{function.owner}::{function.name}" if function.owner else function.name
    checked = _checked(length["name"], function)
    return Frame(name, of.pipe, length["name"], span(made), function.test, checked)


def _made(buffer: str, read: Call, function: Function) -> Node | None:
    """What gives a buffer its room: `vec![0; length]`, `buffer.resize(length, 0)`."""
    found = None
    for node in own_nodes(function.body):
        if node.start_byte >= read.node.start_byte:
            break
        call = method_call(node)
        if call is not None and call.name == "resize" and text(call.receiver) == buffer:
            found = node
        elif node.type == "let_declaration" and alias_name(field(node, "pattern")) == buffer:
            found = field(node, "value")
    return found


def _told(before: Node, function: Function, items: Items) -> frozenset[str]:
    """The names of numbers that come from what was read."""
    told: set[str] = set()
    for node in own_nodes(function.body):
        if node.start_byte >= before.start_byte:
            break
        value = field(node, "right") or field(node, "value")
        if node.type not in BINDS or value is None or not _tells(value, told, items):
            continue
        if node.type == "assignment_expression":
            told.add(text(field(node, "left")))
        told.update(bound_in(node))
    return frozenset(told)


BINDS = frozenset(("let_declaration", "let_condition", "match_expression", "assignment_expression"))


def _tells(value: Node, told: set[str], items: Items) -> bool:
    """Whether a value is a number that was read, or made of one, here or in a function of ours."""
    written = "".join(text(value).split())
    if LEAST.search(written):
        return False
    if TOLD.search(written):
        return True
    names = {text(n) for n in syntax.walk(value) if n.type == "identifier"}
    makers = [f for f in items.functions if f.name in names and len(f.params) == 1]
    return bool(names & told) or any(TOLD.search(text(maker.body)) for maker in makers)


def _checked(name: str, function: Function) -> str:
    """The comparison or the minimum that keeps a length small."""
    asks = re.compile(
        rf"\b{name}\b(?:\s+as\s+\w+)?\s*(?:[<>]=?\s*(?!0\b)[\w.:]+|\.\s*(?:min|clamp)\([^()]*\))"
        rf"|[\w.:]+\s*[<>]=?\s*{name}\b|\.\s*contains\(&{name}\)|\bmin\([^()]*\b{name}\b[^()]*\)"
    )
    found = asks.search(text(function.body))
    return " ".join(found[0].split()) if found is not None else ""
