"""Which look-up a growth belongs to, and what the result of each look-up is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rustfix_mem.plain import changed
from rustfix_mem.rust.file import lengths, memo, stamps, syntax
from rustfix_mem.rust.file.borrows import UNKNOWN, held
from rustfix_mem.rust.file.entries import entry_method, entry_note
from rustfix_mem.rust.file.facts import Lookup, Mention, UseOf
from rustfix_mem.rust.file.hits import depends
from rustfix_mem.rust.file.inner import inner_growth
from rustfix_mem.rust.file.methods import KIND_OF
from rustfix_mem.rust.file.parts import put_in
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import call_on, declaration, method_call
from rustfix_mem.rust.file.syntax import field, span, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.text import Span


def with_lookups(mentions: list[Mention], function: Function) -> list[Mention]:
    """The mentions with each growth told its look-ups, and each look-up what its result is for."""
    groups: dict[lengths.Key, list[UseOf]] = {}
    for mention in mentions:
        groups.setdefault(lengths.key_of(mention.place), []).extend(mention.uses)
    told: dict[tuple[Span, str], UseOf] = {}
    body = _Body(function)
    for place, uses in groups.items():
        told |= _tell(place, uses, body)
    if not told:
        return mentions
    return [
        changed(m, uses=tuple(told.get((use.span, use.kind), use) for use in m.uses))
        for m in mentions
    ]


@dataclass(frozen=True, slots=True)
class _Helper:
    """A call whose answer decides, and where it is asked."""

    call: Node
    name: str
    tests: tuple[memo.Test, ...]


class _Body:
    """What is asked of a function's body for every growth in it, and found out once."""

    def __init__(self, function: Function) -> None:
        self.function = function

    @cached_property
    def lets(self) -> memo.Lets:
        return memo.Lets(self.function.body)

    @cached_property
    def helpers(self) -> list[_Helper]:
        """In order of the text."""
        return [*_helpers(self.function)]

    @cached_property
    def given(self) -> dict[str, list[_Helper]]:
        """The same by what they are given, as keys are compared."""
        found: dict[str, list[_Helper]] = {}
        for helper in self.helpers:
            for argument in syntax.named(field(helper.call, "arguments") or helper.call):
                found.setdefault(memo.plain_key(text(argument)), []).append(helper)
        return found

    @cached_property
    def checks(self) -> list[lengths.Check]:
        return [*lengths.checks(self.function)]


def _tell(place: lengths.Key, uses: list[UseOf], body: _Body) -> dict[tuple[Span, str], UseOf]:
    growths = [use for use in uses if use.kind == "grow"]
    lookups = [use for use in uses if use.kind == "lookup"]
    if not growths and not lookups:
        return {}
    told: dict[tuple[Span, str], UseOf] = {}
    nodes = {use.span: _node_at(body.function.node, use.span) for use in (*growths, *lookups)}
    tests = {use.span: tuple(memo.tests_of(nodes[use.span])) for use in lookups}
    capped = lengths.capped(place, body.checks) if growths else ""
    dash = b"Dash" in body.function.node.file.source  # asked once: a file may have very many uses
    shared = dash or place[0] == "static"  # a static without a lock is concurrent, by any name
    for growth in growths:
        node = nodes[growth.span]
        found = _lookup_for(growth, node, lookups, nodes, tests, body)
        told[growth.span, growth.kind] = changed(
            growth,
            lookup=found,
            capped=capped,
            note=growth.note or entry_note(node, growth),
            method=entry_method(node, growth),
            value=_said(_written(growth, node, found), growth, body),
            stamped=stamps.is_stamped(node),
            key_form=_key_form(growth, body),
            held=_held(growth, node, shared),
        )
    paired = {use.lookup.span for use in told.values() if use.lookup is not None}
    for use in lookups:
        behind = [g for g in growths if _comes_after(nodes[use.span], nodes[g.span], use, g)]
        note = _lookup_note(use, tests[use.span], paired, behind)
        node = nodes[use.span]
        inner = inner_growth(node) if use.method == "get_mut" else None
        told[use.span, use.kind] = changed(
            use, note=note, held=_held(use, node, shared), inner=inner
        )
    return told


def _held(use: UseOf, node: Node, shared: bool) -> str:
    """What runs while the answer is borrowed; asked only where a concurrent map may be meant."""
    return held(node, use.method) if shared else UNKNOWN


def _written(growth: UseOf, node: Node, found: Lookup | None) -> str:
    """The value, as written; of one with a time to live, the part that a hit hands out."""
    if found is None or not found.part:
        return growth.value
    return text(put_in(node)[found.part])[:120]


def _said(written: str, growth: UseOf, body: _Body) -> str:
    """What is put in, as written; for a local, what it was bound to."""
    name = memo.plain_key(written)
    if name.isidentifier():
        return body.lets.value(name, growth.span)[:200] or written
    return written


ADDRESS = re.compile(r"\bas_ptr\b|\bas \*|\.addr\(\)|(?:(?<!::)\b|\bptr::)from_ref\b|\baddr_of\b")


def _key_form(growth: UseOf, body: _Body) -> str:
    """The form of the key; `address` if it is one, said there or in the local that it is."""
    said = _said(memo.plain_key(growth.key), growth, body)
    return "address" if ADDRESS.search(f"{growth.key} {said}") else growth.key_form


def _node_at(root: Node, where: Span) -> Node:
    return syntax.descendant(root, where)


def _lookup_for(
    growth: UseOf,
    node: Node,
    lookups: list[UseOf],
    nodes: dict[Span, Node],
    tests: dict[Span, tuple[memo.Test, ...]],
    body: _Body,
) -> Lookup | None:
    """The look-up of the same key on whose miss path the growth stands."""
    for use in lookups:
        if use.method == "get_mut":
            continue
        for test in tests[use.span]:
            form = memo.miss_form(test, node)
            asked = nodes[use.span]
            age, part = stamps.age(test, asked, node, body.function) if form else ("", "")
            if age == "fresh" and len(tests[use.span]) > 1:
                age, part = "asked", ""  # what is stale may be asked for elsewhere
            if form == "fresh" and age != "fresh" and _compares(test.node, growth):
                continue
            if form and _same_key(use, growth, body):
                key = use.key if _still_there(nodes[use.span], use.args[0], node) else ""
                named = " ".join(_key_of(one, body) for one in (use, growth))
                other = depends(nodes[use.span], test, named, body.function)
                return Lookup(use.method, key, use.span, form, other, age, part)
    if growth.method == "entry":
        return Lookup("entry", "", growth.span, "entry")
    return _helper(growth, node, body)


def _compares(test: Node, growth: UseOf) -> bool:
    """Whether what is put in is compared with what was there: a change is looked for, not a hit."""
    said = set(re.findall(r"[A-Za-z_]\w*", growth.value)) - {"self", "clone"}
    asked = [n for n in syntax.walk(test) if n.type in ("binary_expression", "match_pattern")]
    return any(text(n) in said for a in asked for n in syntax.walk(a) if n.type == "identifier")


def _same_key(lookup: UseOf, growth: UseOf, body: _Body) -> bool:
    if memo.same_key(lookup.key, growth.key):
        return True
    for one, other in ((lookup, growth), (growth, lookup)):
        name = memo.plain_key(one.key)
        if name.isidentifier():
            value = body.lets.value(name, one.span)
            if value and memo.same_key(value, other.key):
                return True
    return False


def _key_of(use: UseOf, body: _Body) -> str:
    """A key as written, and what the local is bound to that it may be."""
    return f"{use.key} {_said(memo.plain_key(use.key), use, body)}"


def _still_there(lookup: Node, key: Span, growth: Node) -> bool:
    """Whether every name in the look-up's key means the same, unmoved, where the growth stands."""
    expression = _node_at(lookup, key)
    borrowed = expression.type == "reference_expression"
    for node in syntax.walk(expression):
        if node.type == "identifier":
            name = text(node)
            if declaration(node, name) != declaration(growth, name):
                return False
            changed = borrowed or expression.type == "call_expression"
            if changed and _moved_between(name, lookup, growth):
                return False
        elif node.type in ("call_expression", "macro_invocation"):
            call = method_call(node)
            if call is None or call.name not in ("as_str", "as_ref", "as_path", "trim", "as_slice"):
                return False
    return True


def _takes_all(node: Node) -> bool:
    return node.type == "closure_expression" and text(node).startswith("move")


def _around(node: Node, growth: Node) -> list[Node]:
    """What stands around a node, but not around the growth."""
    return [n for n in syntax.ancestors(node) if n.end_byte < growth.start_byte]


def _moved_between(name: str, lookup: Node, growth: Node) -> bool:
    """Whether `name` is handed over as a whole after the look-up and before the growth."""
    scope = next((n for n in syntax.ancestors(growth) if n.type == "function_item"), growth)
    for node in syntax.named_so(scope, name):
        if node.parent is None:
            continue
        if lookup.end_byte < node.start_byte < growth.start_byte:
            holder = node.parent.type
            if holder in ("arguments", "let_declaration", "field_initializer", "tuple_expression"):
                return True
            if holder == "shorthand_field_initializer":
                return True
            call = call_on(node)
            if call is not None and call.name.startswith("into_"):
                return True
            if any(_takes_all(holder) for holder in _around(node, growth)):
                return True
    return False


TESTING = frozenset(
    "let_condition match_expression let_declaration await_expression unary_expression"
    " if_expression".split()
)
"""Where a call stands whose answer decides."""


def _helper(growth: UseOf, node: Node, body: _Body) -> Lookup | None:
    """`if let Some(hit) = self.cached(key) { return hit; }`: the look-up is one call deep.

    One that is given the key comes before all that are not, such as a switch that is asked first.
    """
    asked = body.given.get(memo.plain_key(growth.key), []) if growth.key else []
    return _first_of(asked, growth, node, body) or _first_of(body.helpers, growth, node, body)


def _first_of(helpers: list[_Helper], growth: UseOf, node: Node, body: _Body) -> Lookup | None:
    """The first of some calls on whose miss path a growth stands."""
    for helper in helpers:
        if helper.call.start_byte >= node.start_byte:
            break
        for test in helper.tests:
            form = memo.miss_form(test, node)
            if form:
                other = depends(helper.call, test, _key_of(growth, body), body.function)
                return Lookup(f"helper:{helper.name}", "", span(helper.call), form, other)
    return None


def _helpers(function: Function) -> Iterator[_Helper]:
    """The calls in a body whose answers decide, but for those of collections' own methods."""
    for call in own_nodes(function.body):
        if call.type != "call_expression" or call.parent is None:
            continue
        callee = field(call, "function")
        if call.parent.type not in TESTING or callee is None:
            continue
        if not KIND_OF.get(text(callee).rpartition(".")[2]):
            name = "".join(text(callee).split()).removeprefix("self.").removeprefix("Self::")
            yield _Helper(call, name, tuple(memo.tests_of(call)))


def _comes_after(lookup: Node, growth: Node, use: UseOf, put: UseOf) -> bool:
    """Whether a look-up surely finds what a growth before it has just put in."""
    if put.span.end > use.span.start or not memo.same_key(put.key, use.key):
        return False
    if _repeated(lookup) != _repeated(growth):
        return False
    names = [n for n in syntax.walk(lookup) if n.type == "identifier" and text(n) in put.key]
    return all(declaration(n, text(n)) == declaration(growth, text(n)) for n in names)


def _repeated(node: Node) -> Node | None:
    """The loop or closure around a node, which may run it many times."""
    return next((n for n in syntax.ancestors(node) if n.type in syntax.REPEATS), None)


def _lookup_note(
    use: UseOf, tests: tuple[memo.Test, ...], paired: set[Span], behind: list[UseOf]
) -> str:
    """What a look-up's result is for: see `UseOf.note`; `behind` are growths just before it."""
    kinds = {test.kind for test in tests}
    after = bool(behind)
    if "assumed" in kinds:
        return "after" if after else "assumed"
    if use.span in paired:
        return "miss"
    if after:
        return "after"
    if "letelse" in kinds:
        return "assumed"
    for kind in ("defaulted", "returned", "question", "other"):
        if kind in kinds:
            return kind
    return "tested" if kinds else "unused"
