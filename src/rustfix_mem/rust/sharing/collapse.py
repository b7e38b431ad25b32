"""`let x = f(); let x_arc = Arc::new(x.clone());` becomes `let x_arc = Arc::new(f());`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import declaration
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.file.wraps import pointer_of
from rustfix_mem.rust.sharing import uses
from rustfix_mem.rust.sharing.subject import Needed, Subject, short
from rustfix_mem.rust.sharing.typed import Typed
from rustfix_mem.rust.sharing.typing import type_of
from rustfix_mem.rust.write import cuts, layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.typing import Site


@dataclass(frozen=True, slots=True)
class Pair:
    """A local, and a second one that does nothing but put its clone behind a pointer."""

    first: Node
    second: Node
    wrap: Node
    name: str
    given: str


def demand_unchanged(let: Node) -> None:
    """Raises `Needed` for a local that may be changed: its clone is a snapshot."""
    if _mutable(let):
        raise Needed(f"`{text(field(let, 'pattern'))}` may be changed")


def pair_of(wrap: Node, name: str) -> Pair:
    """The pair that a wrap belongs to; raises `Refused`."""
    second = wrap.parent
    first = declaration(wrap, name)
    if second is None or first is None or second.parent != first.parent:
        raise Refused("the two are not declared in one block")
    given = field(second, "pattern")
    if given is None or given.type != "identifier" or field(second, "type") is not None:
        raise Refused(f"`{text(given)}` is more than a name")
    pattern = field(first, "pattern")
    if pattern is None or pattern.type != "identifier" or _mutable(first) or _mutable(second):
        raise Needed(f"`{name}` may be changed")
    if cuts.attributes(first) or cuts.attributes(second):
        raise Refused(f"`{name}` has an attribute")
    if field(first, "type") is not None:
        raise Refused(f"the type of `{name}` is written")
    if field(first, "value") is None or field(first, "alternative") is not None:
        raise Refused(f"`{name}` is not made where it is declared")
    return Pair(first, second, wrap, name, text(given))


def _mutable(let: Node) -> bool:
    return any(child.type == "mutable_specifier" for child in let.named_children)


def type_made(first: Node, site: Site) -> Typed:
    """The type of what is made; raises `Refused`."""
    value, declared = field(first, "value"), field(first, "type")
    if declared is not None:
        return Typed(type_tree(declared), site.path, site.function.module)
    if value is None:
        raise Needed("it is not made where it is declared")
    typed = type_of(value, site)
    if typed is None:
        raise Needed(f"nobody can say what type `{short(value)}` has")
    if typed.tree.head in ("&", "&mut"):
        raise Needed("it is a reference")
    return typed


def collapse(pair: Pair, typed: Typed, site: Site) -> tuple[Edit, ...]:
    """The edits that make the value behind its pointer at once; raises `Refused`."""
    subject = Subject(pair.first, pair.name, pair.given, typed, pointer_of(pair.wrap))
    own = span(pair.second)
    changed = [edit for edit in uses.edits(subject, site) if not own.holds(edit.span)]
    _givenis_kept(pair, changed, site)
    return (*_made(pair, site), *changed)


def shares(edits: tuple[Edit, ...]) -> bool:
    """Whether something that had an allocation of its own now shares one."""
    return any("::clone(" in edit.text or edit.text.endswith(".clone()") for edit in edits)


def _givenis_kept(pair: Pair, changed: list[Edit], site: Site) -> None:
    """Whether the pointer is there wherever the value was used; raises `Refused`."""
    between = Span(pair.first.end_byte, pair.second.start_byte)
    named = [
        node
        for node in syntax.walk(site.function.body)
        if node.type == "identifier" and text(node) == pair.given and not uses.is_binding(node)
    ]
    awaits = b".await" in pair.first.file.source[between.start : between.end]
    if awaits and pointer_of(pair.wrap).endswith("Rc"):
        raise Refused(f"`{pair.given}` would be kept over an `await`")
    if any(between.holds(span(node)) for node in named):
        raise Refused(f"`{pair.given}` means something else before it")
    given = [n for n in named if declaration(n, pair.given) == pair.second]
    if changed and not all(is_kept(node) for node in given):
        raise Needed(f"`{pair.given}` is given away, and `{pair.name}` is used besides")
    for edit in changed:
        at = syntax.descendant(site.function.body, edit.span)
        hidden = declaration(at, pair.given)
        early = edit.span.end <= pair.second.start_byte
        if not early and hidden != pair.second:
            raise Refused(f"`{pair.given}` means something else where `{pair.name}` is used")


def is_kept(node: Node) -> bool:
    """Whether a pointer is only cloned, lent or asked."""
    for holder in ancestors(node):
        if holder.type in uses.CAPTURES and re.match(r"(?:async\s+)?move\b", text(holder)):
            return False
        if holder.type == "block":
            break
    user = node.parent
    if user is not None and user.type == "token_tree":
        dot = node.next_sibling
        cloned = text(dot) == "." and dot is not None and text(dot.next_sibling) == "clone"
        return cloned or text(node.prev_sibling) == "&"
    if user is not None and user.type == "reference_expression":
        return not any(c.type == "mutable_specifier" for c in user.named_children)
    dotted = user is not None and user.type == "field_expression"
    return user is not None and dotted and field(user, "value") == node


def _made(pair: Pair, site: Site) -> list[Edit]:
    """One `let` instead of two, where the comment is, if one has a comment."""
    value, source = field(pair.first, "value"), pair.first.file.source
    assert value is not None
    if "\n" in text(pair.first):
        raise Refused(f"`{pair.name}` is made on several lines")
    above, beside = cuts.attached(pair.first), cuts.attached(pair.second)
    if (above and beside) or any(_commented_behind(let) for let in (pair.first, pair.second)):
        raise Refused("both have comments")
    made = f"let {pair.given} = {pointer_of(pair.wrap)}::new({text(value)});"
    indent = layout.indent_at(source, pair.first.start_byte)
    style = layout.style_of(source, site.files.rustfmt(site.path))
    if len(indent.expandtabs(4)) + len(made) > style.width:
        raise Refused("the line would be too long")
    kept, gone = (pair.second, pair.first) if beside else (pair.first, pair.second)
    if beside:
        _nothing_between(pair)
    cut = cuts.tidy(source, [cuts.cut(gone)])
    return [Edit(site.path, span(kept), made), *(Edit(site.path, one, "") for one in cut)]


def _nothing_between(pair: Pair) -> None:
    between = Span(pair.first.end_byte, pair.second.start_byte)
    block = pair.first.parent
    assert block is not None
    if any(between.holds(span(node)) for node in syntax.named(block)):
        raise Refused("a comment would have to be moved")


def _commented_behind(let: Node) -> bool:
    source = let.file.source
    end = source.find(b"\n", let.end_byte)
    return bool(source[let.end_byte : end if end >= 0 else None].strip())
