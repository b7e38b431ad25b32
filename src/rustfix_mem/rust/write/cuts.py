"""Which text goes when something is deleted: its lines, its comma, its comments, a blank line.

Nothing else may move: what cannot be cut out without touching its neighbours is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import COMMENTS, text
from rustfix_mem.text import Span, beginning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.syntax import Node

COMMA = re.compile(rb"[ \t]*,")
REST_OF_LINE = re.compile(rb"[ \t]*(?://[^\n]*)?(?:\r?\n|$)")
IN_LISTS = ("field_declaration", "field_initializer", "shorthand_field_initializer")


def cut(node: Node) -> Span:
    """What goes with a field, an initialiser, a statement or an import; raises `Refused`."""
    source, leading = node.file.source, attached(node)
    start, end = (leading[0] if leading else node).start_byte, node.end_byte
    if node.type in IN_LISTS and (comma := COMMA.match(source, end)):
        end = comma.end()
    line = max(source.rfind(b"\n", 0, start) + 1, beginning(source))
    rest = REST_OF_LINE.match(source, end)
    if rest is not None and not source[line:start].strip():
        _must_speak_of_it_alone(node, leading)
        return Span(line, rest.end())
    if leading or node.type not in IN_LISTS:
        raise Refused("it shares a line with something else")
    return _within_line(node)


def attached(node: Node) -> list[Node]:
    """The attributes and comments that stand right above a node."""
    found: list[Node] = []
    at = node
    while (before := at.prev_sibling) is not None:
        if before.type not in ("attribute_item", *COMMENTS) or _apart(before, at):
            break
        if before.type in COMMENTS and not _starts_line(before):
            break  # it speaks of what stands before it on its line
        if text(before).startswith(("//!", "/*!")):
            break  # it speaks of the whole file
        found.insert(0, before)
        at = before
    return found


def attributes(node: Node) -> list[str]:
    """The attributes of an item, a field or a statement, as written."""
    found: list[str] = []
    before = node.prev_sibling
    while before is not None and before.type in ("attribute_item", *COMMENTS):
        if before.type == "attribute_item":
            found.append(text(before))
        before = before.prev_sibling
    return found


def _starts_line(node: Node) -> bool:
    source = node.file.source
    return not source[source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte].strip()


def _apart(before: Node, after: Node) -> bool:
    """Whether an empty line stands between two nodes."""
    ends_line = 1 if text(before).endswith("\n") else 0
    return syntax.lines_between(before, after) + ends_line > 1


def _must_speak_of_it_alone(node: Node, leading: list[Node]) -> None:
    """A plain comment above the first of several things may be a heading for all of them."""
    if not any(n.type in COMMENTS and not text(n).startswith(("///", "/**")) for n in leading):
        return
    behind = node.next_sibling
    if behind is not None and behind.type in COMMENTS and not _starts_line(behind):
        behind = behind.next_sibling
    if behind is None or behind.type in COMMENTS or _apart(node, behind):
        return
    raise Refused("the comment above it may speak of what follows it, too")


def _within_line(node: Node) -> Span:
    """A field or an initialiser that shares its line with its neighbours."""
    holder = node.parent
    assert holder is not None
    others = holder.named_children
    at = others.index(node)
    if any(other.type in ("attribute_item", *COMMENTS) for other in others) or len(others) < 2:
        raise Refused("it shares a line with something else")
    last = at + 1 == len(others)
    start = others[at - 1].end_byte if last else node.start_byte
    found = Span(start, node.end_byte if last else others[at + 1].start_byte)
    if b"\n" in node.file.source[found.start : found.end]:
        raise Refused("it shares a line with something else")
    return found


def tidy(source: bytes, spans: Iterable[Span]) -> list[Span]:
    """The cuts, merged, without the blank lines that would then stand doubled or at an edge."""
    merged: list[Span] = []
    for one in sorted(spans):
        if merged and one.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(one.end, merged[-1].end))
        else:
            merged.append(one)
    return [_with_blanks(source, one) for one in merged]


def _with_blanks(source: bytes, cut: Span) -> Span:
    start, end = cut.start, cut.end
    first = beginning(source)
    if (start > first and source[start - 1 : start] != b"\n") or source[end - 1 : end] != b"\n":
        return cut
    before = source[max(source.rfind(b"\n", 0, max(start - 1, 0)) + 1, first) : start].strip()
    blank = re.compile(rb"(?:[ \t]*\r?\n)+").match(source, end)
    if blank is not None and (not before or before.endswith((b"{", b"("))):
        return Span(start, blank.end())
    rest = source[end : end + 200].lstrip(b" \t")
    if not before and (not rest or rest.startswith((b"}", b")"))):
        lines = source[:start].rstrip()
        return Span(source.find(b"\n", len(lines)) + 1, end)
    return cut
