"""Which texts an expression may be: its own, those of names in it, those of functions it calls."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

DEPTH = 3
KINDS = frozenset(("string_literal", "identifier", "call_expression"))
SAME = frozenset(
    "to_string to_owned into unwrap unwrap_or unwrap_or_else unwrap_or_default expect or or_else"
    " ok as_str as_ref clone".split()
)
"""Methods whose answer is what they are called on, or what they are given."""

MAKES = re.compile(r"(?:^|::)(?:from|new|Some|Ok)$")
"""What makes the same of another type."""

VARIABLE = re.compile(r"(?:std::)?env::var(?:_os)?\(\s*\"(?:SHELL|COMSPEC)\"\s*\)")


def by_name(items: Items) -> dict[str, Function]:
    """The functions of a file whose names only they have."""
    count = Counter(function.name for function in items.functions)
    return {one.name: one for one in items.functions if count[one.name] == 1}


def answers(node: Node, functions: Mapping[str, Function], depth: int = 0) -> list[str]:
    """The literals, as written, that an expression may stand for, and variables of shells."""
    found: list[str] = []
    for one in syntax.walk(node) if depth < DEPTH else ():
        if one.type not in KINDS or not _is_answer(one, node):
            continue
        if one.type == "string_literal":
            found.append(text(one))
        elif one.type == "identifier":
            bound = declaration(one, text(one))
            value = field(bound, "value") if bound is not None else None
            let = bound is not None and bound.type == "let_declaration"
            found += answers(value, functions, depth + 1) if value is not None and let else []
        elif one.type == "call_expression" and VARIABLE.fullmatch("".join(text(one).split())):
            found.append(text(one))
        elif one.type == "call_expression" and (function := called(one, functions)) is not None:
            found += answers(function.body, functions, depth + 1)
    return found


def called(call: Node, functions: Mapping[str, Function]) -> Function | None:
    """The function of the file that a plain call is of."""
    return functions.get(text(field(call, "function")).removeprefix("Self::"))


def _is_answer(node: Node, whole: Node) -> bool:
    """Whether what stands there is what the whole may be, and not what is asked or handed on."""
    child = node
    for at in ancestors(node) if node != whole else ():
        named = field(at, "condition") == child or field(at, "pattern") == child
        if named or at.type in ("binary_expression", "token_tree", "let_declaration"):
            return False
        if at.type in ("expression_statement", "index_expression") and at != whole:
            return text(at).startswith(("return ", "if ", "match "))
        if at.type == "match_expression" and field(at, "value") == child:
            return False
        if at.type == "field_expression" and not _is_same(at.parent):
            return False
        if at.type == "arguments" and not _is_same(at.parent):
            return False
        if at == whole:
            return True
        child = at
    return node == whole


def _is_same(call: Node | None) -> bool:
    made = method_call(call) if call is not None else None
    if made is not None:
        return made.name in SAME
    return call is not None and MAKES.search(text(field(call, "function"))) is not None
