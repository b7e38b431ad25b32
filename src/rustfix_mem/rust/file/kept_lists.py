"""Where all lines that a process prints are collected at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.kept_lines import MAPS, Kept
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.queues import holder_of, lines_of
from rustfix_mem.rust.file.scopes import alias_name, method_call
from rustfix_mem.rust.file.syntax import field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

LIST = re.compile(r"(?:(?:\w+::)*Result<)?(?:(?:\w+::)*Vec<|String\b)")
"""What keeps every line; a set of them, or a map, may be small."""

INFERRED = ("Result<_,", "io::Result<_>", "std::io::Result<_>", "_")
"""What leaves it to the `let` to say that."""

SOME = re.compile(r"\.filter\(")


def collected(function: Function, items: Items) -> Iterator[Kept]:
    """Every `let lines: Vec<String> = reader.lines().collect()` of a pipe."""
    for node in own_nodes(function.body):
        call = method_call(node)
        if call is None or call.name not in ("collect", "try_collect") or call.arguments:
            continue
        made = "".join(text(call.receiver).split())
        let = holder_of(node)
        if MAPS.search(made) or SOME.search(made) or let.type != "let_declaration":
            continue
        name = _name(field(let, "pattern"))
        of = lines_of(call.receiver, function, items) if LIST.match(_kind(node, let)) else None
        if of is not None and name is not None:
            yield Kept(node, of, name, "text", "", let)


def _kind(collect: Node, let: Node) -> str:
    """What a call collects into, as far as that is written."""
    asked = re.search(r"::<(.*)>\(\)$", "".join(text(collect).split()))
    if asked is not None and not asked[1].startswith(INFERRED):
        return asked[1]
    return "".join(text(field(let, "type")).split())


def _name(pattern: Node | None) -> Node | None:
    """The name that stands for all of what is bound."""
    if pattern is None or not alias_name(pattern):
        return None
    return next((n for n in syntax.walk(pattern) if n.type == "identifier"), None)
