"""The `let` that makes a buffer empty, and the room that it is given."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node


@dataclass(frozen=True, slots=True)
class Room:
    """`with_capacity(1024 * 1024)` of the buffer: what it takes before anything is read."""

    span: Span
    bytes: int


EMPTY = re.compile(
    r"(?:(?:std::vec::)?Vec|(?:std::string::)?String|BytesMut|(?:bytes::)?BytesMut)(?:::<\w+>)?"
    r"::(?:new|with_capacity|default)\([^()]*(?:\([^()]*\))?[^()]*\)|vec!\[\]|Vec::<u8>::new\(\)"
)
"""What makes a buffer with nothing in it."""


def let_of(buffer: Node) -> Node | None:
    """The `let` that makes a buffer empty."""
    if buffer.type != "identifier":
        return None
    let = declaration(buffer, text(buffer))
    if let is None or let.type != "let_declaration":
        return None
    made = "".join(text(field(let, "value")).split())
    return let if alias_name(field(let, "pattern")) and EMPTY.fullmatch(made) else None


CAPACITY = re.compile(r"::with_capacity$")


def room_of(let: Node) -> Room | None:
    """The number that a buffer is made with."""
    value = field(let, "value")
    if value is None or not CAPACITY.search("".join(text(field(value, "function")).split())):
        return None
    given = syntax.named(field(value, "arguments") or value)
    factors = text(given[0]).replace("_", "").split("*") if len(given) == 1 else []
    if not factors or not all(factor.strip().isdigit() for factor in factors):
        return None
    return Room(span(given[0]), math.prod(int(factor) for factor in factors))
