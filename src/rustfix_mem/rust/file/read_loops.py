"""Loops that read a chunk and append it: the call, the slice, and where the append sits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node


GATHERS = frozenset(("extend_from_slice", "extend"))


def slice_of(argument: Node) -> tuple[str, Node] | None:
    """The name and the end of `&chunk[..end]`."""
    inner = syntax.named(argument)[-1:] if argument.type == "reference_expression" else [argument]
    parts = syntax.named(inner[0]) if inner and inner[0].type == "index_expression" else []
    if len(parts) != 2 or parts[0].type != "identifier" or parts[1].type != "range_expression":
        return None
    ends = syntax.named(parts[1])
    start = text(parts[1]).startswith(("..", "0.."))
    return (text(parts[0]), ends[-1]) if ends and start and "..=" not in text(parts[1]) else None


def read_into(chunk: str, loop: Node) -> Call | None:
    """The call in a loop that reads into the chunk, if it is the only one."""
    calls = [call for n in syntax.walk(loop) if (call := method_call(n)) and call.name == "read"]
    into = [c for c in calls if len(c.arguments) == 1 and _is_mut_of(c.arguments[0], chunk)]
    return into[0] if len(into) == 1 else None


def _is_mut_of(argument: Node, name: str) -> bool:
    written = "".join(text(argument).split())
    return written in (f"&mut{name}", f"&mut{name}[..]", f"{name}.as_mut_slice()", name)


def counts(end: Node, read: Call) -> bool:
    """Whether a name is how much a call has read."""
    bound = declaration(end, text(end))
    if bound is None:
        return False
    holder = bound
    if bound.type == "match_arm":
        holder = next((n for n in ancestors(bound) if n.type == "match_expression"), bound)
    value = field(holder, "value")
    return value is not None and any(node == read.node for node in syntax.walk(value))


def form_of(growth: Node) -> str:
    """How a growth sits: a `statement` (the last of a block, too), or the value of an `arm`."""
    parent = growth.parent
    if parent is None:
        return ""
    if parent.type == "match_arm" and field(parent, "value") == growth:
        return "arm"
    if parent.type == "block":
        return "statement"
    holder = parent.parent
    plain = parent.type == "expression_statement" and holder is not None
    return "statement" if plain and holder is not None and holder.type == "block" else ""
