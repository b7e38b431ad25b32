"""Which declaration a name in a function body stands for, and what place an expression is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.plain import Plain
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import Place, TypeTree
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.type_trees import type_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

# Calls that lead from a place to what is inside it: a guard, a borrow, the value of an option.
# `get` and `get_mut` take no argument on a cell, always one on a collection.
PLAIN_STEPS = frozenset(
    "lock read write try_lock try_read try_write borrow borrow_mut try_borrow try_borrow_mut"
    " blocking_lock blocking_read blocking_write lock_arc read_arc write_arc upgradable_read"
    " unwrap as_mut as_ref as_deref as_deref_mut get get_mut ok into_inner deref deref_mut load"
    " load_full wait unwrap_unchecked by_ref".split()
)
ARGUMENT_STEPS = frozenset(
    "expect unwrap_or_else map_err context with_context get_or_init get_or_try_init"
    " get_or_insert_with get_or_insert".split()
)
CLOSURE_STEPS = frozenset("with with_borrow with_borrow_mut map and_then".split())
TRANSPARENT = frozenset(
    ("try_expression", "await_expression", "parenthesized_expression", "reference_expression")
)
POINTER_CLONES = ("Arc::clone", "Rc::clone", "sync::Arc::clone", "rc::Rc::clone")


class Call(Plain, frozen=True):
    """`receiver.name(arguments)`."""

    node: Node
    receiver: Node
    name: str
    arguments: tuple[Node, ...]


def method_call(node: Node) -> Call | None:
    """The node as a method call; None for any other expression."""
    if node.type != "call_expression":
        return None
    function, arguments = field(node, "function"), field(node, "arguments")
    if function is not None and function.type == "generic_function":
        function = field(function, "function")
    if function is None or function.type != "field_expression" or arguments is None:
        return None
    receiver = field(function, "value")
    if receiver is None:
        return None
    return Call(node, receiver, text(field(function, "field")), tuple(syntax.named(arguments)))


def call_on(node: Node) -> Call | None:
    """The method call whose receiver `node` is."""
    access = node.parent
    if access is None or access.type != "field_expression" or field(access, "value") != node:
        return None
    call = access.parent
    if call is not None and call.type == "generic_function":
        call = call.parent
    if call is None or call.type != "call_expression":
        return None
    made = method_call(call)
    return made if made is not None and made.receiver == node else None


def is_step(call: Call) -> bool:
    """Whether the call leads to the inside of its receiver."""
    if call.name in PLAIN_STEPS:
        return not call.arguments
    return call.name in ARGUMENT_STEPS and len(call.arguments) == 1


def is_deref(node: Node) -> bool:
    return node.type == "unary_expression" and text(node).startswith("*")


def strip(node: Node) -> Node:
    """The place below adapters: of `self.m.lock().unwrap()` it is `self.m`."""
    while True:
        call = method_call(node)
        if call is not None and is_step(call):
            node = call.receiver
        elif (node.type in TRANSPARENT or is_deref(node)) and node.named_children:
            node = syntax.named(node)[-1]
        elif pointer := cloned_pointer(node):
            node = pointer
        else:
            return node


def cloned_pointer(node: Node) -> Node | None:
    """The place of `Arc::clone(&place)`."""
    if node.type != "call_expression":
        return None
    function, arguments = field(node, "function"), field(node, "arguments")
    if function is None or arguments is None or not text(function).endswith(POINTER_CLONES):
        return None
    inner = syntax.named(arguments)
    return inner[0] if len(inner) == 1 else None


def bound_names(pattern: Node) -> Iterator[Node]:
    """The identifiers that a pattern binds; of an arm, the `let`s of its guard, too."""
    guard = field(pattern, "condition") if pattern.type == "match_pattern" else None
    for condition in let_conditions(guard):
        yield from bound_names(field(condition, "pattern") or condition)
    for node in syntax.walk(pattern):
        if guard is not None and span(guard).holds(span(node)):
            continue  # it is asked there, not bound
        if node.type == "shorthand_field_identifier":
            yield node
        elif node.type == "identifier":
            holder = node.parent
            is_constructor = (
                holder is not None
                and holder.type in ("tuple_struct_pattern", "struct_pattern")
                and field(holder, "type") == node
            )
            in_path = holder is not None and holder.type == "scoped_identifier"
            if not is_constructor and not in_path and not text(node)[:1].isupper():
                yield node


def binders(binder: Node) -> list[Node]:
    """What has the patterns: a let, an `if let` or a `for` itself, of a match its arms."""
    if binder.type != "match_expression":
        return [binder]
    body = field(binder, "body")
    return [n for n in syntax.named(body) if n.type == "match_arm"] if body else []


def bound_in(binder: Node) -> list[str]:
    """The names that a let, an `if let`, a `for` or the arms of a match bind."""
    patterns = [pattern for one in binders(binder) if (pattern := field(one, "pattern"))]
    return [text(name) for pattern in patterns for name in bound_names(pattern)]


def binds(pattern: Node | None, name: str) -> bool:
    if pattern is None or name not in text(pattern):
        return False
    return any(text(node) == name for node in bound_names(pattern))


def alias_name(pattern: Node | None) -> str:
    """The one name that stands for the whole value: `x`, `mut x`, `Ok(x)`, `Some(mut x)`, `&x`."""
    if pattern is None:
        return ""
    match pattern.type:
        case "identifier":
            return text(pattern)
        case "mut_pattern" | "ref_pattern" | "reference_pattern" | "captured_pattern":
            inner = [n for n in syntax.named(pattern) if n.type != "mutable_specifier"]
            return alias_name(inner[-1]) if inner else ""
        case "tuple_struct_pattern":
            kind, inner = text(field(pattern, "type")), syntax.named(pattern)[1:]
            return alias_name(inner[0]) if kind in ("Ok", "Some") and len(inner) == 1 else ""
        case "match_pattern":
            guard = field(pattern, "condition")
            inner = [n for n in syntax.named(pattern) if n != guard]
            return alias_name(inner[0]) if len(inner) == 1 else ""
    return ""


def let_conditions(condition: Node | None) -> list[Node]:
    """The `let` parts of an if or while condition, through `&&` chains and parentheses."""
    if condition is None:
        return []
    if condition.type == "let_condition":
        return [condition]
    if condition.type in ("let_chain", "binary_expression", "parenthesized_expression"):
        return [found for part in syntax.named(condition) for found in let_conditions(part)]
    return []


def declaration(at: Node, name: str) -> Node | None:
    """The let, let condition, arm, closure, for or parameter that binds `name` where `at` stands.

    None if it is not bound in this function: a static, a const, a function.
    """
    child = at
    for node in ancestors(at):
        found = _binds_within(node, child, name)
        if found is not None:
            return found
        if node.type == "function_item":
            return None
        child = node
    return None


def _binds_within(node: Node, child: Node, name: str) -> Node | None:
    match node.type:
        case "block":
            for sibling in reversed(node.named_children):
                is_before = (
                    sibling.type == "let_declaration" and sibling.end_byte <= child.start_byte
                )
                if is_before and binds(field(sibling, "pattern"), name):
                    return sibling
        case "if_expression" | "while_expression":
            inside = field(node, "consequence") or field(node, "body")
            if child == inside:
                return _last_binding(let_conditions(field(node, "condition")), name)
        case "let_chain":
            earlier = [n for n in syntax.named(node) if n.end_byte <= child.start_byte]
            return _last_binding([c for n in earlier for c in let_conditions(n)], name)
        case "match_arm":
            if child == field(node, "value") and binds(field(node, "pattern"), name):
                return node
        case "match_pattern":  # its guard
            if child == field(node, "condition") and binds(node, name):
                return node.parent
        case "for_expression":
            if child == field(node, "body") and binds(field(node, "pattern"), name):
                return node
        case "closure_expression":
            if child == field(node, "body") and binds(field(node, "parameters"), name):
                return node
        case "function_item":
            for parameter in syntax.named(field(node, "parameters") or node):
                if parameter.type == "parameter" and binds(field(parameter, "pattern"), name):
                    return parameter
    return None


def _last_binding(conditions: list[Node], name: str) -> Node | None:
    for condition in reversed(conditions):
        if binds(field(condition, "pattern"), name):
            return condition
    return None


def place_of(node: Node, function: Function, depth: int = 0) -> Place:
    """Where the value of an expression lives; base `unknown` if it cannot be said."""
    node = strip(node)
    unknown = Place("unknown", text(node)[:40], (), None)
    if depth > 12:
        return unknown
    match node.type:
        case "self":
            return Place("self", function.owner, (), None)
        case "identifier":
            return _named_place(node, function, depth)
        case "scoped_identifier":
            return Place("static", "".join(text(node).split()), (), None)
        case "field_expression":
            inner = field(node, "value")
            if inner is None:
                return unknown
            of = place_of(inner, function, depth + 1)
            return Place(of.base, of.root, (*of.path, text(field(node, "field"))), of.type)
        case "call_expression":
            return _called_place(node, function, depth) or unknown
        case "struct_expression":
            made = constructed(node)
            return Place("let", "", (), made) if made is not None else unknown
    return unknown


def _called_place(node: Node, function: Function, depth: int) -> Place | None:
    """`cache()`, `self.cache()` and `Self::cache()`: calls without arguments may be accessors."""
    call = method_call(node)
    if call is not None and not call.arguments:
        of = place_of(call.receiver, function, depth + 1)
        return Place(of.base, of.root, (*of.path, f"{call.name}()"), of.type)
    callee, arguments = field(node, "function"), field(node, "arguments")
    if call is None and callee is not None and arguments is not None:
        made = constructed(node)
        if made is not None:
            return Place("let", "", (), made)
        if not syntax.named(arguments) and callee.type in ("identifier", "scoped_identifier"):
            return Place("fn", "".join(text(callee).split()), (), None)
    return None


def constructed(node: Node) -> TypeTree | None:
    """The type that `Type::new(…)`, `Type::default()` or `Type { … }` evidently makes."""
    if node.type == "struct_expression":
        return type_tree(field(node, "name"))
    function = field(node, "function") if node.type == "call_expression" else None
    if function is not None and function.type == "scoped_identifier":
        owner, _, name = "".join(text(function).split()).rpartition("::")
        makes = name.startswith(("new", "default", "with_", "from_", "empty", "create", "open"))
        if owner.rpartition("::")[2][:1].isupper() and makes:
            return TypeTree(owner.partition("<")[0].removesuffix("::"))
    return None


def _named_place(node: Node, function: Function, depth: int) -> Place:
    name = text(node)
    bound = declaration(node, name)
    if bound is None:
        return Place("static", name, (), None)
    match bound.type:
        case "parameter":
            return Place("param", name, (), type_tree(field(bound, "type")))
        case "let_declaration" | "let_condition":
            declared, value = field(bound, "type"), field(bound, "value")
            pattern = field(bound, "pattern")
            if declared is not None:
                return Place("let", name, (), type_tree(declared))
            if value is not None and alias_name(pattern) == name:
                return place_of(_result(value), function, depth + 1)
        case "match_arm":
            scrutinee = _scrutinee(bound)
            if scrutinee is not None and alias_name(field(bound, "pattern")) == name:
                return place_of(scrutinee, function, depth + 1)
        case "closure_expression":
            parameter = _closure_type(bound, name)
            if parameter is not None:
                return Place("param", name, (), parameter)
            source = closure_source(bound)
            if source is not None and closure_alias(bound) == name:
                return place_of(source, function, depth + 1)
    return Place("unknown", name, (), None)


def _result(value: Node) -> Node:
    """`match x.lock() { Ok(g) => g, Err(p) => p.into_inner() }` is about `x`."""
    if value.type == "match_expression":
        return field(value, "value") or value
    if value.type == "block":
        inner = syntax.named(value)
        return _result(inner[-1]) if inner else value
    return value


def _scrutinee(arm: Node) -> Node | None:
    for node in ancestors(arm):
        if node.type == "match_expression":
            return field(node, "value")
    return None


def _closure_type(closure: Node, name: str) -> TypeTree | None:
    for parameter in syntax.named(field(closure, "parameters") or closure):
        if parameter.type == "parameter" and binds(field(parameter, "pattern"), name):
            return type_tree(field(parameter, "type"))
    return None


def closure_alias(closure: Node) -> str:
    """The only parameter of a closure."""
    parameters = syntax.named(field(closure, "parameters") or closure)
    if len(parameters) != 1:
        return ""
    only = parameters[0]
    return alias_name(field(only, "pattern") if only.type == "parameter" else only)


def closure_source(closure: Node) -> Node | None:
    """The receiver that hands itself to the closure: `X` of `X.with(|c| …)`."""
    arguments = closure.parent
    call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
    made = method_call(call) if call is not None else None
    return made.receiver if made is not None and made.name in CLOSURE_STEPS else None
