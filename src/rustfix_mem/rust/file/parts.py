"""Which part of a value in a map is meant: of a tuple, or of a struct.

Where it is put in, `map.insert(key, (value, now))`; where an entry is given names,
`Some((value, at))`; where such a name is used, `at.elapsed()`, `entry.at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, bound_names
from rustfix_mem.rust.file.syntax import field, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rustfix_mem.rust.file.syntax import Node


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names a part of the entry; the part is empty if it names the whole."""

    node: Node
    part: str


def put_in(growth: Node) -> Mapping[str, Node]:
    """The parts of the value that `map.insert(key, value)` puts in: of a tuple, of a struct."""
    arguments = field(growth, "arguments")
    given = syntax.named(arguments) if arguments is not None else []
    if len(given) != 2:
        return {}
    value = given[1]
    if value.type == "tuple_expression":
        return {str(at): part for at, part in enumerate(syntax.named(value))}
    body = field(value, "body") if value.type == "struct_expression" else None
    made: dict[str, Node] = {}
    for one in syntax.named(body) if body is not None else []:
        if one.type == "shorthand_field_initializer":
            made[text(one)] = syntax.named(one)[-1]
        elif one.type != "field_initializer" or (said := field(one, "value")) is None:
            return {}
        else:
            made[text(syntax.named(one)[0])] = said
    return made


def parts_of(pattern: Node) -> dict[str, str]:
    """Which part of the entry each name stands for; empty for the whole, or for what is nested."""
    names = {text(name): "" for name in bound_names(pattern)}
    inner = pattern
    while inner.type in ("tuple_struct_pattern", "reference_pattern"):
        parts = [n for n in syntax.named(inner) if n.type != "mutable_specifier"]
        if not parts or (inner.type == "tuple_struct_pattern" and len(parts) != 2):
            return names
        inner = parts[-1]
    if inner.type == "tuple_pattern":
        for at, child in _numbered(inner):
            if child.type == "remaining_field_pattern":
                return dict.fromkeys(names, "")
            if name := alias_name(child):
                names[name] = str(at)
    elif inner.type == "struct_pattern":
        for child in syntax.named(inner)[1:]:
            part, bound = field(child, "name"), field(child, "pattern")
            name = alias_name(bound) if bound is not None else text(part)
            if name in names and part is not None:
                names[name] = text(part)
    return names


def _numbered(pattern: Node) -> Iterator[tuple[int, Node]]:
    """The patterns in that of a tuple, each with its number; `_` is none, but counts."""
    source, end, at = pattern.file.source, pattern.start_byte, 0
    for child in pattern.named_children:
        at += source.count(b",", end, child.start_byte)
        end = child.end_byte
        yield at, child


def references(node: Node, names: Mapping[str, str]) -> list[Reference]:
    """Every place at or below a node that names the entry, or a part of it."""
    found: list[Reference] = []
    for name, part in names.items():
        for at in syntax.named_so(node, name):
            access = at.parent
            if part or access is None or access.type != "field_expression":
                found.append(Reference(at, part))
                continue
            call = access.parent
            called = call is not None and field(call, "function") == access
            found.append(Reference(at, "") if called else _part(access))
    return found


def _part(access: Node) -> Reference:
    return Reference(access, text(field(access, "field")))
