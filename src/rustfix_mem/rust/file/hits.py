"""Whether more than the key decides if what is found in a map will do.

A memo's answer depends on its key. Where an argument that is not in the key says whether a hit
counts, and makes the value too, what is kept is what somebody said first: once it is gone, the next
who asks is told something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo, syntax
from rustfix_mem.rust.file.scopes import TRANSPARENT, call_on, declaration, is_deref
from rustfix_mem.rust.file.slots import may_leave
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

TIMES = frozenset("Instant SystemTime Duration DateTime OffsetDateTime NaiveDateTime".split())
"""Types of arguments that say when it is, or for how long a value holds."""
NOW = re.compile(r"now|ttl|max_age|timeout")
PLAIN = frozenset("as_str as_ref as_deref as_slice as_bytes as_path clone to_owned trim".split())
WORD = re.compile(r"[A-Za-z_]\w*")


def depends(lookup: Node, test: memo.Test, key: str, function: Function) -> str:
    """The argument that is not in the key, decides whether a hit will do, and is used beside.

    One that must equal what is found does not count: what was made for another is made again. Nor
    does one that only decides (`force`): then the value is the same without it.
    """
    named = set(WORD.findall(key))
    others = [
        parameter.name
        for parameter in function.params
        if parameter.name not in named and parameter.name != "self"
        if parameter.type.name not in TIMES and not NOW.search(parameter.name)
    ]
    conditions = list(_conditions(lookup, test)) if others else []
    conditions += [value for one in conditions for value in _bound_values(one)]
    for name in others:
        places = syntax.named_so(function.body, name)
        deciding = [n for n in places if any(syntax.holds(one, n) for one in conditions)]
        if len(deciding) < len(places) and any(not _is_matched(n) for n in deciding):
            return name
    return ""


def _conditions(lookup: Node, test: memo.Test) -> Iterator[Node]:
    """What has to be true, beside that something is found."""
    for node in [lookup, *ancestors(lookup)]:
        if node is test.node:
            break
        call = call_on(node)
        if call is not None and call.name in ("filter", "and_then", "is_some_and"):
            yield from call.arguments
    whole = field(test.node, "condition")
    if whole is not None:
        yield from _beside(whole, lookup)
    for node in syntax.walk(test.node):
        if node.type == "match_pattern" and (guard := field(node, "condition")) is not None:
            yield guard
    for hit in _hits(test):
        for node in syntax.walk(hit):
            if node.type == "if_expression" and may_leave(node):
                condition = field(node, "condition")
                if condition is not None:
                    yield condition


def _bound_values(condition: Node) -> Iterator[Node]:
    """What the locals in a condition were bound to: `let reuse = roots.is_none();`."""
    for node in syntax.walk(condition):
        bound = declaration(node, text(node)) if node.type == "identifier" else None
        if bound is not None and bound.type == "let_declaration":
            value = field(bound, "value")
            if value is not None and not syntax.holds(value, node):
                yield value


def _beside(condition: Node, lookup: Node) -> Iterator[Node]:
    """The parts of a condition that do not hold the look-up."""
    if not syntax.holds(condition, lookup):
        yield condition
    elif condition.type in ("let_chain", "binary_expression", "parenthesized_expression"):
        for part in syntax.named(condition):
            yield from _beside(part, lookup)


def _hits(test: memo.Test) -> Iterator[Node]:
    """Where control goes if something is found."""
    if test.kind in ("iflet", "present"):
        branch = field(test.node, "consequence")
        if branch is not None:
            yield branch
    elif test.kind == "match":
        for node in syntax.walk(test.node):
            if node.type == "match_arm" and text(field(node, "pattern")).startswith(("Some", "Ok")):
                yield node


def _is_matched(node: Node) -> bool:
    """Whether an argument is only asked to equal something that is found."""
    at = node
    while (parent := at.parent) is not None:
        call = call_on(at)
        if call is not None and call.name in PLAIN:
            at = call.node
        elif parent.type in (*TRANSPARENT, "field_expression") or is_deref(parent):
            at = parent
        else:
            break
    if parent is None or parent.type != "binary_expression":
        return False
    if not any(child.type in ("==", "!=") for child in parent.children):
        return False
    sides = [side for side in syntax.named(parent) if side is not at]
    return any(_is_found(n) for side in sides for n in syntax.walk(side))


def _is_found(node: Node) -> bool:
    """Whether a name stands for something that the function itself has bound."""
    if node.type != "identifier" or not text(node)[:1].islower():
        return False
    bound = declaration(node, text(node))  # None for what the pattern of the same guard binds
    return bound is None or bound.type != "parameter"
