"""A value behind a second pointer: the first will do, or one that is made before the loop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import declaration
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.file.wraps import cloned, pointed_to, pointer_of
from rustfix_mem.rust.sharing import uses
from rustfix_mem.rust.sharing.collapse import is_kept
from rustfix_mem.rust.sharing.forms import shared
from rustfix_mem.rust.sharing.subject import Needed
from rustfix_mem.rust.sharing.typed import Typed, meant, plain_head, stripped
from rustfix_mem.rust.sharing.typing import Site, type_of
from rustfix_mem.rust.write import cuts, layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node

SOMETIMES = frozenset(
    "if_expression match_expression closure_expression async_block return_expression let_chain"
    " binary_expression break_expression else_clause match_arm const_block".split()
)
"""What stands around something that is not done each time round."""


def first_of(wrap: Node, name: str, site: Site) -> Node | None:
    """The `let` in scope that puts the same local behind a pointer of the same kind."""
    bound = declaration(wrap, name)
    for node in syntax.walk(site.function.body):
        if node.start_byte >= wrap.start_byte:
            return None
        value = cloned(node)
        let = node.parent
        if value is None or text(value) != name or let is None or let.type != "let_declaration":
            continue
        pattern = field(let, "pattern")
        alike = pointer_of(node).rpartition("::")[2] == pointer_of(wrap).rpartition("::")[2]
        if pattern is None or pattern.type != "identifier" or not alike:
            continue
        if declaration(node, name) == bound and declaration(wrap, text(pattern)) == let:
            return let
    return None


def type_held(wrap: Node, name: str, site: Site) -> Typed:
    """The type that is put behind the pointer, where it cannot change; raises `Refused`."""
    bound = declaration(wrap, name)
    pattern = field(bound, "pattern") if bound is not None else None
    mutable = bound is not None and any(
        child.type == "mutable_specifier" for child in bound.named_children
    )
    if bound is None or mutable or pattern is None or pattern.type != "identifier":
        raise Needed(f"`{name}` may be changed")
    declared = field(bound, "type")
    if declared is not None and type_tree(declared).head == "&mut":
        raise Needed(f"`{name}` may be changed")
    value = cloned(wrap)
    typed = type_of(value, site) if value is not None else None
    if typed is None:
        raise Refused(f"nobody can say what type `{name}` has")
    return stripped(typed, site.files, ("&",))


def reuse(wrap: Node, let: Node, typed: Typed, site: Site) -> tuple[Edit, ...]:
    """The edit that takes a clone of the first pointer; raises `Refused`."""
    pattern = field(let, "pattern")
    given = text(pattern)
    if any(child.type == "mutable_specifier" for child in let.named_children):
        raise Refused(f"`{given}` may be changed")
    named = [
        node
        for node in syntax.walk(site.function.body)
        if node.type == "identifier" and text(node) == given and not uses.is_binding(node)
    ]
    moved = [n for n in named if declaration(n, given) == let and not is_kept(n)]
    inside = any(
        h.type in (*uses.CAPTURES, *LOOPS) and h.start_byte > let.end_byte for h in ancestors(wrap)
    )
    if any(node.start_byte < wrap.end_byte for node in moved) or (moved and inside):
        raise Needed(f"`{given}` is given away")
    if any(_moves(h) and h.start_byte > let.end_byte for h in ancestors(wrap)):
        raise Refused(f"`{given}` would be moved into a closure")
    return (_shared(wrap, given, typed, site),)


def _moves(holder: Node) -> bool:
    return holder.type in uses.CAPTURES and bool(re.match(r"(?:async\s+)?move\b", text(holder)))


def _shared(wrap: Node, given: str, typed: Typed, site: Site) -> Edit:
    made = shared(wrap, pointer_of(wrap), f"&{given}", typed, site)
    if "\n" in text(wrap):
        raise Refused("it stands on several lines")
    return Edit(site.path, span(wrap), made)


def share_held(wrap: Node, site: Site) -> tuple[Typed, tuple[Edit, ...]]:
    """The type behind a pointer that is at hand, and the edit that shares it; raises `Refused`."""
    value = cloned(wrap)
    place = pointed_to(value) if value is not None else None
    held = type_of(place, site) if place is not None else None
    if place is None or held is None:
        raise Needed(f"nobody can say whether `{text(place)}` is a pointer")
    lent = held.tree.head == "&"
    inner = meant(stripped(held, site.files, ("&",)), site.files)
    typed, kind = inner.inner(), pointer_of(wrap).rpartition("::")[2]
    if typed is None or plain_head(inner, site.files) != kind:
        raise Needed(f"`{text(place)}` is no `{kind}`")
    own = wrap.parent
    if own is not None and any(c.type == "mutable_specifier" for c in own.named_children):
        raise Needed("the copy may be changed")
    if "\n" in text(wrap):
        raise Refused("it stands on several lines")
    lent_as = text(place) if lent else f"&{text(place)}"
    made = shared(wrap, pointer_of(wrap), lent_as, typed, site)
    return typed, (Edit(site.path, span(wrap), made),)


def loop_of(wrap: Node, name: str) -> Node | None:
    """The outermost loop around a wrap whose value is made outside of it."""
    bound = declaration(wrap, name)
    if bound is None:
        return None
    return next(
        (
            holder
            for holder in reversed(list(ancestors(wrap)))
            if holder.type in LOOPS and holder.start_byte > bound.end_byte
        ),
        None,
    )


def hoist(wrap: Node, name: str, loop: Node, typed: Typed, site: Site) -> tuple[Edit, ...]:
    """The edits that make one pointer before a loop; raises `Refused`."""
    for holder in ancestors(wrap):
        if holder == loop:
            break
        if holder.type in SOMETIMES:
            raise Refused("not every time round makes one")
        if holder.type in LOOPS:
            raise Refused("there is a loop in the loop")
    if _as_statement(loop) is None:
        raise Refused("the loop is an expression")
    if pointer_of(wrap).endswith("Rc") and "await" in text(loop):
        raise Refused("an `Rc` would be kept over an `await`")
    others = [n for n in syntax.walk(loop) if n != wrap and _wraps(n, name)]
    if others:
        raise Refused("the loop makes several")
    given = f"{name}_{pointer_of(wrap).rpartition('::')[2].lower()}"
    if re.search(rf"\b{given}\b", text(site.function.node)):
        raise Refused(f"`{given}` means something else")
    return (_made(wrap, given, loop, site), _shared(wrap, given, typed, site))


def _wraps(node: Node, name: str) -> bool:
    value = cloned(node)
    return value is not None and text(value) == name


def _as_statement(loop: Node) -> Node | None:
    holder = loop.parent
    if holder is not None and holder.type == "expression_statement":
        return holder
    return loop if holder is not None and holder.type == "block" else None


def _made(wrap: Node, given: str, loop: Node, site: Site) -> Edit:
    statement = _as_statement(loop)
    assert statement is not None
    source = loop.file.source
    leading = cuts.attached(statement)
    start = (leading[0] if leading else statement).start_byte
    indent = layout.indent_at(source, start)
    if source[source.rfind(b"\n", 0, start) + 1 : start].strip():
        raise Refused("something stands before the loop on its line")
    style = layout.style_of(source, site.files.rustfmt(site.path))
    line = f"let {given} = {text(wrap)};"
    if len(indent.expandtabs(4)) + len(line) > style.width:
        raise Refused("the line would be too long")
    return Edit(site.path, Span(start, start), style.lines(f"{line}\n{indent}"))
