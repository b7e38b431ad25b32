"""The places of a function that are worth climbing from, as nodes of its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import LOCKS, Mention, Place, TypeTree, UseOf
from rustfix_mem.rust.file.methods import KIND_OF
from rustfix_mem.rust.file.scopes import CLOSURE_STEPS, declaration, is_step, method_call, place_of
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.rust.file.type_trees import type_tree

if TYPE_CHECKING:
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

_OTHERS = frozenset(("function_item", "impl_item", "trait_item", "mod_item"))


def own_nodes(body: Node) -> list[Node]:
    """The nodes of a body without those of functions declared in it."""
    return syntax.walk_around(body, _OTHERS)


PLACES = frozenset(("field_expression", "identifier", "scoped_identifier", "call_expression"))


LENT = ("Map", "Set", "Cache", "Memo", "Memos")
"""Ends of names of what may be a collection: what is done to one that is lent is worth knowing."""


POINTS = frozenset(("&", "&mut", "Arc", "Rc"))


class Lent(NamedTuple):
    """The names of what a function is given to change: of what may be `collections`, and, where
    there is one, of all else `beside` them, since the two may have to agree."""

    collections: frozenset[str]
    beside: frozenset[str]


def lent_to(function: Function) -> Lent:
    """What a function is given to change."""
    given = [one for one in function.params if one.name != "self"]
    collections = frozenset(one.name for one in given if _may_change(one.type, LENT))
    changed = [one.name for one in given if collections and _may_change(one.type)]
    return Lent(collections, frozenset(changed) - collections)


def _may_change(tree: TypeTree, ends: tuple[str, ...] = ("",)) -> bool:
    """Whether what is given so can be changed, lent or behind a lock, and its name ends so."""
    changes = tree.head == "&mut"
    while len(tree.args) == 1 and (tree.head in POINTS or tree.name in LOCKS):
        changes = changes or tree.name in LOCKS
        tree = tree.args[0]
    return tree.name.endswith(ends) and (changes or tree.name.startswith("Dash"))


def place_at(
    node: Node, function: Function, makers: frozenset[str], lent: frozenset[str] = frozenset()
) -> Place | None:
    """The place that a node is, if it is one worth climbing from.

    `makers` are the functions of the file that hand out a guard and want arguments; `lent` are
    parameters of the function that count as places.
    """
    match node.type:
        case "field_expression":
            if call_on_self(node):
                return None
            return place_of(node, function)
        case "identifier":
            parent = node.parent
            name = text(node)
            if parent is None:
                return None
            if parent.type == "token_tree" and (place := _token_place(node, function)):
                return place
            if name in lent:
                return _parameter(node, function)
            if not (name.isupper() and len(name) > 1):
                return None
            if parent.type in ("static_item", "const_item") and field(parent, "name") == node:
                return None
            if parent.type in ("scoped_identifier", "tuple_struct_pattern", "match_pattern"):
                return None
            return Place("static", name, (), None)
        case "scoped_identifier":
            name = text(field(node, "name"))
            if not (name.isupper() and len(name) > 1) or node.parent is None:
                return None
            if node.parent.type in ("scoped_identifier", "tuple_struct_pattern", "match_pattern"):
                return None
            return Place("static", "".join(text(node).split()), (), None)
        case "call_expression":
            return _call_place(node, function, makers)
    return None


def _parameter(node: Node, function: Function) -> Place | None:
    """The parameter that an identifier is; None if it is a namesake, or the name of a field."""
    bound = declaration(node, text(node))
    if bound is None or bound.type != "parameter":
        return None
    place = place_of(node, function)
    return place if place.base == "param" and not place.path else None


def _token_place(node: Node, function: Function) -> Place | None:
    """`self.inner.cache` inside a macro, where the tree has only tokens: ends at `node`."""
    following = node.next_sibling
    if following is not None and following.type == "token_tree" and text(following)[:1] == "(":
        return None  # the name of a method
    path, at = [text(node)], node
    while (dot := at.prev_sibling) is not None and dot.type == ".":
        before = dot.prev_sibling
        if before is None or before.type not in ("identifier", "self"):
            return None
        path.append(text(before))
        at = before
    if len(path) == 1:
        return None
    root, *fields = reversed(path)
    if root == "self":
        return Place("self", function.owner, tuple(fields), None)
    of = place_of(at, function)
    return Place(of.base, of.root, (*of.path, *fields), of.type)


def call_on_self(node: Node) -> bool:
    """Whether a field expression is only the name of a method that is called."""
    parent = node.parent
    if parent is not None and parent.type == "generic_function":
        parent = parent.parent
    if parent is None or parent.type != "call_expression":
        return False
    callee = field(parent, "function")
    if callee is not None and callee.type == "generic_function":
        callee = field(callee, "function")
    return callee == node


def _call_place(node: Node, function: Function, makers: frozenset[str]) -> Place | None:
    """`cache()` and `self.cache()` may be accessors of a place; link knows."""
    call = method_call(node)
    if call is not None:
        known = call.name in KIND_OF or call.name in CLOSURE_STEPS or call.name == "clone"
        if is_step(call) or known:
            return None
        if call.arguments:
            return _made_by(call, function) if call.name in makers else None
        place = place_of(node, function)
        return place if place.base != "unknown" else None
    callee, arguments = field(node, "function"), field(node, "arguments")
    if callee is None or arguments is None:
        return None
    name = "".join(text(callee).split())
    if syntax.named(arguments) and name.rpartition("::")[2] not in makers:
        return None
    if callee.type not in ("identifier", "scoped_identifier"):
        return None
    last = name.rpartition("::")[2]
    return Place("fn", name, (), None) if last[:1].islower() and last != "new" else None


def _made_by(call: Call, function: Function) -> Place | None:
    """The place of `self.cache(now)`, whatever its arguments."""
    of = place_of(call.receiver, function)
    return Place(of.base, of.root, (*of.path, f"{call.name}()"), of.type)


def taken_apart(node: Node, function: Function, index: int) -> list[Mention]:
    """`let Self { cache, .. } = self`: what becomes of the field is not followed."""
    pattern = node.parent
    if pattern is None or pattern.type != "struct_pattern":
        return []
    owner = type_tree(field(pattern, "type"))
    owner = TypeTree(function.owner) if owner.head == "Self" else owner
    name = text(field(node, "name"))
    kind = "clone" if _only_cloned(node, name, function) else "escape_mut"
    use = UseOf(kind, "a pattern", span(node), span(node), "", (), False, ())
    place = Place("let", "", (name,), owner)
    return [Mention(place, index, function.test, function.module, (use,))]


def _only_cloned(pattern: Node, name: str, function: Function) -> bool:
    """Whether `impl Clone` takes a field out by its name, and only says `name.clone()` of it."""
    if function.trait != "Clone" or field(pattern, "pattern") is not None:
        return False
    named = syntax.named_so(function.body, name)
    calls = [method_call(n.parent.parent) for n in named if n.parent and n.parent.parent]
    own = [call for call in calls if call is not None and call.name == "clone"]
    return len(own) == len(named) and all(call.receiver in named for call in own)
