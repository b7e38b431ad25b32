"""What becomes of each use of a value when a pointer to it takes its place.

A local `x: T` becomes `n: Arc<T>`; a parameter `p: &T` becomes `p: &Arc<T>`. Every use is judged
by itself; one that is not understood is `Refused`, with the use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import call_on, declaration, is_deref, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.wraps import cloned, pointer_of
from rustfix_mem.rust.sharing.forms import shared
from rustfix_mem.rust.sharing.macros import in_macro
from rustfix_mem.rust.sharing.subject import COMPARES, Needed, Subject, demand_reads, short
from rustfix_mem.rust.sharing.typed import Typed, same, shown
from rustfix_mem.rust.sharing.typing import Site, callee_of, type_of
from rustfix_mem.rust.whole.types import is_copy
from rustfix_mem.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node

MOVES = frozenset(
    "arguments field_initializer shorthand_field_initializer return_expression let_declaration"
    " block tuple_expression array_expression assignment_expression".split()
)
CAPTURES = ("closure_expression", "async_block")


def names_of(subject: Subject, site: Site) -> list[Node]:
    """Every place in the function where the name stands for the value."""
    found = [
        node
        for node in syntax.walk(site.function.body)
        if node.type == "identifier" and text(node) == subject.name and not _is_path(node)
    ]
    found = [
        n for n in found if not is_binding(n) and declaration(n, subject.name) == subject.bound
    ]
    if subject.name != subject.to:
        _no_captured_names(subject, site)
    return found


def _is_path(node: Node) -> bool:
    """Whether a name is part of a path; in a macro also whether it is a field's, or a key."""
    holder = node.parent
    if holder is not None and holder.type == "token_tree":
        before, behind = text(node.prev_sibling), text(node.next_sibling)
        return before in (".", "::") or behind in ("::", ":", "=")
    return holder is not None and holder.type == "scoped_identifier"


def is_binding(node: Node) -> bool:
    """Whether a name stands in the pattern of a `let`, of a parameter or of an arm."""
    child = node
    for holder in ancestors(node):
        if child.field == "condition":
            return False
        if child.field == "pattern" or child.field == "parameters":
            return True
        if holder.type.endswith(("_expression", "_declaration", "block", "token_tree")):
            return False
        child = holder
    return False


def _no_captured_names(subject: Subject, site: Site) -> None:
    inline = re.compile(r"\{\s*" + re.escape(subject.name) + r"\s*[}:]")
    for node in syntax.walk(site.function.body):
        if node.type == "string_literal" and inline.search(text(node)):
            raise Refused(f"a string names it: `{short(node)}`")


def demand_borrowed(bound: Node, name: str, site: Site) -> None:
    """Raises `Needed` where a local is surely moved, whatever its type is."""
    for node in syntax.walk(site.function.body):
        around = node.parent
        if node.type != "identifier" or text(node) != name or around is None:
            continue
        value = node.field in (None, "value") and around.type in MOVES
        if value and not is_binding(node) and declaration(node, name) == bound:
            raise Needed(f"`{name}` itself goes elsewhere: `{short(around)}`")


def edits(subject: Subject, site: Site) -> list[Edit]:
    """How every use of the name is written afterwards; raises `Refused` with the first that
    nobody can say."""
    return [edit for node in names_of(subject, site) for edit in _edits(node, subject, site)]


def _edits(node: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    holder = node.parent
    assert holder is not None
    if any(around.type == "token_tree" for around in ancestors(node)):
        yield from in_macro(node, subject, site)
        return
    _not_moved_into(node, subject)
    if holder.type == "field_expression" and field(holder, "value") == node:
        yield from _dotted(node, holder, subject, site)
        return
    whole = holder if _refers(holder, subject) else node
    is_value = (whole == node) != subject.referred
    around = whole.parent
    if around is not None and around.type == "binary_expression":
        yield _compared(whole, around, is_value, subject, site)
    elif around is not None and around.type == "arguments" and not is_value:
        _is_lent(whole, around, subject, site)
        if subject.name != subject.to:
            yield Edit(site.path, span(node), subject.to)
    elif is_value and around is not None and around.type in MOVES:
        raise Needed(f"`{subject.name}` itself goes elsewhere: `{short(around)}`")
    else:
        raise Refused(f"`{subject.name}` itself is used in `{short(around or node)}`")


def _refers(holder: Node, subject: Subject) -> bool:
    """Whether `holder` is `&x` of a local, or `*p` of a parameter."""
    if subject.referred:
        return is_deref(holder)
    mutable = any(c.type == "mutable_specifier" for c in holder.named_children)
    return holder.type == "reference_expression" and not mutable


def _not_moved_into(node: Node, subject: Subject) -> None:
    for holder in ancestors(node):
        if holder.start_byte <= subject.bound.start_byte:
            return
        if holder.type not in CAPTURES:
            continue
        if not subject.referred and text(holder).startswith(("move", "async move")):
            raise Needed(f"`{subject.name}` is moved into a closure")
        if subject.pointer.endswith("Rc"):
            raise Refused(f"a closure may take `{subject.name}` to another thread")


def _dotted(node: Node, dotted: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    """`x.field` and `x.method()`."""
    call = call_on(node)
    if call is not None and call.name == "clone" and not call.arguments:
        wrap = call.node.parent.parent if call.node.parent is not None else None
        if wrap is not None and cloned(wrap) == node:
            made = shared(wrap, pointer_of(wrap), subject.lent, subject.type, site)
            yield Edit(site.path, span(wrap), made)
        else:
            yield Edit(site.path, span(node), f"({subject.value})")
        return
    if call is not None:
        demand_reads(call.name, subject.type, site, subject.referred)
    elif not subject.referred:
        _field_is_read(dotted, site)
    if subject.name != subject.to:
        yield Edit(site.path, span(node), subject.to)


def _field_is_read(dotted: Node, site: Site) -> None:
    """Whether a field is not moved out; raises `Refused`."""
    while (
        dotted.parent is not None
        and dotted.parent.type == "field_expression"
        and call_on(dotted) is None
    ):
        dotted = dotted.parent
    typed = type_of(dotted, site)
    if typed is not None and is_copy(typed.tree, typed.path, typed.module, site.files):
        return
    around, call = dotted.parent, call_on(dotted)
    if call is not None and call.name == "clone":
        return
    if call is not None and typed is not None:
        demand_reads(call.name, typed, site, behind_reference=False)
        return
    refers = around is not None and around.type == "reference_expression"
    compares = around is not None and text(field(around, "operator")) in COMPARES
    if not refers and not compares:
        raise Refused(f"`{short(around or dotted)}` may move a field out")


def _compared(whole: Node, around: Node, is_value: bool, subject: Subject, site: Site) -> Edit:
    """`*p == other`, `&other == p`, `x == other`: the values are compared, as before."""
    left, right = field(around, "left"), field(around, "right")
    operator = text(field(around, "operator"))
    other = right if whole == left else left
    if operator not in COMPARES or other is None:
        raise Refused(f"`{short(around)}` is more than a comparison")
    if subject.name in [text(n) for n in syntax.walk(other) if n.type == "identifier"]:
        raise Refused(f"both sides of `{short(around)}` name it")
    if is_value:
        return Edit(site.path, span(whole), subject.value)
    if other.type != "reference_expression" or text(other).startswith("&mut"):
        raise Refused(f"what it is compared with in `{short(around)}` is unknown")
    value = text(syntax.named(other)[-1])
    both = [value, subject.value] if whole == right else [subject.value, value]
    return Edit(site.path, span(around), f" {operator} ".join(both))


def _is_lent(whole: Node, arguments: Node, subject: Subject, site: Site) -> None:
    """Whether a function surely takes `&T`, into which a `&Arc<T>` turns; raises `Refused`."""
    call = arguments.parent
    found = callee_of(call, site) if call is not None else None
    if call is None or found is None:
        raise Refused(f"nobody can say what `{short(call or whole)}` takes")
    fn, path = found
    at = syntax.named(arguments).index(whole)
    if fn.params and fn.params[0].name == "self" and method_call(call) is not None:
        at += 1
    if at >= len(fn.params):
        raise Refused(f"nobody can say what `{short(call)}` takes")
    taken = fn.params[at].type
    wanted = Typed(taken.args[0], path, fn.module) if taken.head == "&" and taken.args else None
    if wanted is None or not same(wanted, subject.type, site.files):
        raise Refused(f"`{fn.name}` takes `{shown(taken)}`, which may be more than the type itself")
