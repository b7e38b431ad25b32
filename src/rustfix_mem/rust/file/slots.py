"""How an expression sits in its function: what placing a statement before it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import Slot
from rustfix_mem.rust.file.scopes import (
    CLOSURE_STEPS,
    TRANSPARENT,
    call_on,
    is_deref,
    method_call,
)
from rustfix_mem.rust.file.syntax import field, span, text

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node

DIVERGING = frozenset(("return_expression", "break_expression", "continue_expression"))
DIVERGING_MACROS = frozenset(("panic", "unreachable", "todo", "unimplemented", "bail"))


def whole_of(node: Node) -> tuple[Node, str]:
    """The expression with all that is chained behind it, and the last method of the chain."""
    suffix = ""
    while True:
        call = call_on(node)
        parent = node.parent
        if call is not None:
            node, suffix = call.node, call.name
        elif parent is not None and (
            parent.type in TRANSPARENT
            or is_deref(parent)
            or (parent.type == "field_expression" and field(parent, "value") == node)
        ):
            node = parent
        else:
            return node, suffix


def slot_of(call: Node) -> Slot:
    """The slot of a growth; `call` is the growing call itself."""
    whole, suffix = whole_of(call)
    form, statement = _climb(whole)
    return Slot(form, span(whole), span(statement), suffix)


_FORMS = {
    "expression_statement": "stmt",
    "let_declaration": "let",
    "return_expression": "return",
    "break_expression": "return",
    "match_expression": "match",
    "if_expression": "cond",
    "let_condition": "cond",
    "let_chain": "cond",
    "unary_expression": "",  # `*map.entry(k).or_insert(v)` is what it would be without the star
    **dict.fromkeys(
        "arguments call_expression field_expression binary_expression for_expression"
        " assignment_expression compound_assignment_expr index_expression struct_expression"
        " field_initializer_list field_initializer tuple_expression array_expression try_expression"
        " type_cast_expression parenthesized_expression await_expression"
        " reference_expression".split(),
        "arg",
    ),
}
"""What a growth is that stands in a node of this type; the innermost one that says so decides."""

_NO_PLACE = {
    "while_expression": "loop",
    "loop_expression": "loop",
    "static_item": "const",
    "const_item": "const",
}


def _climb(whole: Node) -> tuple[str, Node]:
    """The form, and the node that stands directly in a block (or is an arm's or closure's body)."""
    form, child = "", whole
    while (parent := child.parent) is not None:
        match parent.type:
            case "block":
                before = child.prev_sibling
                if before is not None and before.type == "attribute_item":
                    return "nested", child  # what stands between the two would take the attribute
                return form or "tail", child
            case "match_arm":
                bare = not form and field(parent, "value") == child
                return "arm" if bare else "nested", child
            case "closure_expression":
                return "closure" if child == whole and not form else "nested", child
        refused = _refused(parent, child)
        if refused:
            return refused, child
        form = form or _form_in(parent, child, whole)
        child = parent
    return "nested", child


def _refused(parent: Node, child: Node) -> str:
    """Why no statement can go before what `child` stands in; empty if one can."""
    match parent.type:
        case "let_declaration":
            return "nested" if field(parent, "alternative") == child else ""
        case "if_expression" | "let_condition" | "let_chain":
            return _conditional(parent, child)
        case "binary_expression":
            skipped = _is_logical(parent) and field(parent, "right") == child
            return "and-or" if skipped else ""
    return "" if parent.type in _FORMS else _NO_PLACE.get(parent.type, "nested")


def _form_in(parent: Node, child: Node, whole: Node) -> str:
    form = _FORMS[parent.type]
    if form == "let" and child != whole:
        return "arg"
    if form == "match" and field(parent, "value") != child:
        return "nested"
    return form


def _is_logical(node: Node) -> bool:
    return any(child.type in ("&&", "||") for child in node.children)


def _conditional(parent: Node, child: Node) -> str:
    """Why no statement can go before this condition; empty if one can."""
    if parent.type == "let_chain":
        first = syntax.named(parent)[0]
        return "" if first == child else "and-or"
    if parent.type == "let_condition":
        return ""
    holder = parent.parent
    if holder is not None and holder.type == "else_clause":
        return "else-if"
    return "" if field(parent, "condition") == child else "nested"


def discarded(node: Node) -> bool:
    """Whether nobody looks at the value of the expression."""
    parent = node.parent
    while parent is not None:
        match parent.type:
            case "expression_statement":
                return True
            case "let_declaration":
                return text(field(parent, "pattern")).startswith("_")
            case "arguments":
                callee = text(field(parent.parent, "function")) if parent.parent else ""
                return callee in ("drop", "mem::drop", "std::mem::drop")
            case "closure_expression":
                call = parent.parent.parent if parent.parent is not None else None
                made = method_call(call) if call is not None else None
                if made is None or made.name not in CLOSURE_STEPS:
                    return False
                node = made.node
            case "if_expression" | "match_expression" if not _yields(parent, node):
                return False
            case "block" | "match_arm" | "if_expression" | "else_clause" | "match_block":
                node = parent
            case "match_expression" | "unsafe_block" | "parenthesized_expression":
                node = parent
            case _:
                return False
        parent = node.parent
    return False


def _yields(holder: Node, part: Node) -> bool:
    """Whether `part` is a branch of an if or a match, not what is asked."""
    return field(holder, "condition") != part and field(holder, "value") != part


def leaves(node: Node | None) -> bool:
    """Whether control never comes out behind the node: it returns, breaks, goes on or panics."""
    if node is None:
        return False
    match node.type:
        case "block":
            inner = syntax.named(node)
            return bool(inner) and leaves(inner[-1])
        case "expression_statement":
            return bool(node.named_children) and leaves(node.named_children[0])
        case "if_expression":
            other = field(node, "alternative")
            return leaves(field(node, "consequence")) and other is not None and leaves(other)
        case "else_clause":
            return leaves(syntax.named(node)[-1])
        case "match_expression":
            body = field(node, "body")
            arms = syntax.named(body) if body is not None else []
            return bool(arms) and all(leaves(field(arm, "value")) for arm in arms)
        case "macro_invocation":
            return text(field(node, "macro")).rpartition("::")[2] in DIVERGING_MACROS
    return node.type in DIVERGING


def may_leave(node: Node | None) -> bool:
    """Whether a value is returned, or the loop goes on, somewhere inside: a hit that is fresh."""
    return node is not None and any(n.type in DIVERGING for n in syntax.walk(node))


def negated(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "unary_expression" and text(parent)[0] == "!"
