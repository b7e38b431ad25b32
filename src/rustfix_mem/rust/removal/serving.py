"""Statements that do nothing but clear, or ask, a collection that is always empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, bound_names, call_on, is_deref, method_call
from rustfix_mem.rust.file.syntax import field, text
from rustfix_mem.rust.file.uses import is_pure

if TYPE_CHECKING:
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

INSIDE = frozenset(
    "lock read write borrow borrow_mut get_mut as_mut as_ref unwrap expect blocking_lock"
    " blocking_read blocking_write".split()
)
"""The calls that lead to the collection, and do nothing else that outlives the statement."""

UNIT = frozenset("clear shrink_to_fit shrink_to reserve truncate".split())
"""What answers nothing, so that it may stand at the end of a function that answers nothing."""

VAIN = UNIT | frozenset(
    "remove remove_entry shift_remove swap_remove pop_first pop_last pop".split()
)
ASKS = frozenset("get get_mut get_key_value contains contains_key".split())


def serves_only(access: Node) -> Node | None:
    """The statement that may go with this use of a collection that is always empty, or None.

    `self.m.clear();`, `let _ = self.m.remove(&k);`, `if let Ok(mut m) = self.m.lock() { m.clear();
    }`, and a look-up whose hit only returns: nothing is ever found.
    """
    node = access
    while (inner := _inside(node)) is not None:
        node = inner
    call = call_on(node)
    if call is None:
        return _guarded(node)
    if not all(_may_go(argument) for argument in call.arguments):
        return None
    if call.name in VAIN:
        return _statement(call)
    return _asked(call) if call.name in ASKS and call.arguments else None


def _inside(node: Node) -> Node | None:
    """One step from the place towards the collection; None if there is none."""
    call = call_on(node)
    if call is not None:
        plain = not call.arguments or (call.name == "expect" and len(call.arguments) == 1)
        return call.node if call.name in INSIDE and plain else None
    parent = node.parent
    if parent is None:
        return None
    kinds = ("await_expression", "parenthesized_expression", "reference_expression")
    return parent if parent.type in kinds or is_deref(parent) else None


def _may_go(argument: Node) -> bool:
    """Whether nothing else happens, and nothing but locals is read, where an argument is made."""
    kinds = ("identifier", "reference_expression", "string_literal", "integer_literal")
    if argument.type not in (*kinds, "call_expression") or not is_pure(argument):
        return False
    inner = syntax.walk(argument)
    reads = ("scoped_identifier", "index_expression", "self", "unary_expression")
    if any(node.type in reads for node in inner):
        return False
    fields = [node for node in inner if node.type == "field_expression"]
    calls = [node for node in inner if method_call(node) is not None]
    return len(fields) == len(calls)


def _statement(call: Call) -> Node | None:
    parent = call.node.parent
    if parent is None:
        return None
    if parent.type == "expression_statement":
        return parent
    if parent.type == "let_declaration" and text(field(parent, "pattern")) == "_":
        return parent
    return call.node if parent.type == "block" and call.name in UNIT else None


def _guarded(node: Node) -> Node | None:
    """`if let Ok(mut m) = self.m.lock() { m.clear(); }`: all that it does is in vain."""
    condition = node.parent
    if condition is None or condition.type != "let_condition":
        return None
    name, whole = alias_name(field(condition, "pattern")), condition.parent
    body = _only_branch(whole, condition)
    if not name or body is None or whole is None:
        return None
    inner = syntax.named(body)
    call = _called(inner[0]) if len(inner) == 1 else None
    if call is None or text(call.receiver) != name or call.name not in VAIN or call.arguments:
        return None
    return _as_statement(whole)


def _only_branch(whole: Node | None, condition: Node) -> Node | None:
    """What an `if` with just this condition and no `else` does."""
    if whole is None or whole.type != "if_expression" or field(whole, "condition") != condition:
        return None
    return None if field(whole, "alternative") is not None else field(whole, "consequence")


def _called(statement: Node) -> Call | None:
    inner = statement
    if statement.type == "expression_statement" and statement.named_children:
        inner = statement.named_children[0]
    return method_call(inner)


def _as_statement(whole: Node) -> Node | None:
    """An `if` as the statement that it is; None where its value may matter."""
    parent = whole.parent
    if parent is not None and parent.type == "expression_statement":
        return parent
    return whole if parent is not None and parent.type == "block" else None


def _asked(call: Call) -> Node | None:
    """`if let Some(x) = self.m.get(&k) { return x.clone(); }`: it is never found."""
    condition = call.node.parent
    if condition is None:
        return None
    names: list[str] = []
    if condition.type == "let_condition":
        pattern = field(condition, "pattern")
        if pattern is None or not text(pattern).startswith("Some"):
            return None
        names = [text(name) for name in bound_names(pattern)]
        whole, asked = condition.parent, condition
    else:
        whole, asked = condition, call.node
    body = _only_branch(whole, asked)
    if body is None or whole is None or not _only_returns(body, names):
        return None
    return _as_statement(whole)


def _only_returns(body: Node, names: list[str]) -> bool:
    """Whether a block only returns what it is made of: the names, literals, pure calls."""
    inner = syntax.named(body)
    if len(inner) != 1:
        return False
    last = inner[0].named_children[0] if inner[0].type == "expression_statement" else inner[0]
    if last.type != "return_expression":
        return False
    if not syntax.named(last):
        return True
    value = syntax.named(last)[0]
    if not is_pure(value):
        return False
    known = (*names, "Some", "Ok", "None", "Arc", "Rc", "clone")
    read = [n for n in syntax.walk(value) if n.type in ("identifier", "self")]
    return all(text(node) in known for node in read)
