"""Imports that nothing names any more once some code is gone, and how to take them out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import COMMENTS, ancestors, field, span, text
from rustfix_mem.rust.write import cuts
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.write.layout import Style

SCOPES = ("block", "declaration_list", "source_file")
NAMES = ("identifier", "type_identifier")
ONLY_TESTS = re.compile(r"#\s*\[\s*cfg\s*\(\s*test\s*\)\s*\]")


@dataclass(frozen=True, slots=True)
class Import:
    """A `use` that binds a name, and the node in it that does."""

    declaration: Node
    binder: Node


def imports_of(root: Node, name: str) -> list[Import]:
    """Every `use` in a file that gives the name a meaning."""
    found: list[Import] = []
    for use in syntax.walk(root):
        if use.type == "use_declaration":
            found += [Import(use, node) for node in _binders(use) if _bound(node) == name]
    return found


def _binders(use: Node) -> Iterator[Node]:
    for node in syntax.walk(use):
        holder = node.parent
        if node.type in ("identifier", "scoped_identifier", "use_as_clause", "self"):
            listed = holder is not None and holder.type == "use_list"
            if listed or (holder == use and node.field == "argument"):
                yield node


def _bound(binder: Node) -> str:
    if binder.type == "use_as_clause":
        return text(field(binder, "alias"))
    if binder.type == "self":
        holder = binder.parent.parent if binder.parent is not None else None
        return text(field(holder, "path")).rpartition("::")[2] if holder is not None else ""
    return "".join(text(binder).split()).rpartition("::")[2]


def heads(root: Node, name: str) -> list[Node]:
    """Where the name stands by itself or begins a path, as an import would give it a meaning."""
    return [
        node
        for node in syntax.walk(root)
        if node.type in NAMES and text(node) == name and is_head(node) and not _in_use(node)
    ]


def is_head(node: Node) -> bool:
    """Whether no `::` stands before the name."""
    source = node.file.source
    return not source[max(0, node.start_byte - 80) : node.start_byte].rstrip().endswith(b"::")


def _in_use(node: Node) -> bool:
    return any(holder.type == "use_declaration" for holder in ancestors(node))


def meant(node: Node, found: list[Import]) -> Import | None:
    """The import that gives a name its meaning; None if that is not one of its own module."""
    for holder in ancestors(node):
        if holder.type in SCOPES:
            here = [one for one in found if one.declaration.parent == holder]
            if here:
                return here[0]
            if holder.parent is not None and holder.parent.type == "mod_item":
                return None
    return None


def is_test(node: Node) -> bool:
    """Whether a node stands in an item that is compiled for tests only."""
    return any(
        ONLY_TESTS.search(attribute)
        for holder in (node, *ancestors(node))
        for attribute in cuts.attributes(holder)
    )


def taken_out(unneeded: list[Import], path: str, style: Style) -> list[Edit]:
    """The edits that take names out of their `use`s; raises `Refused`."""
    found: list[Edit] = []
    for use in dict.fromkeys(one.declaration for one in unneeded):
        binders = [one.binder for one in unneeded if one.declaration == use]
        listed = binders[0].parent
        assert listed is not None
        outermost = listed.parent is not None and listed.parent.parent == use
        left = [node for node in syntax.named(listed) if node not in binders]
        if listed == use or (outermost and not left):
            found.append(Edit(path, cuts.cut(use), ""))
            continue
        if any(binder.parent != listed for binder in binders) or len(left) < 1:
            raise Refused(ANEW)
        found += _from_list(use, listed, binders, left, path, style)
    return found


ANEW = "the list that its import stands in would have to be written anew"


def _from_list(
    use: Node, listed: Node, binders: list[Node], left: list[Node], path: str, style: Style
) -> list[Edit]:
    """What is left of a list of imports: one line stays one line, a flat list is laid out anew."""
    whole = listed.parent
    assert whole is not None
    if any(node.type in COMMENTS for node in syntax.walk(use)):
        raise Refused(ANEW)
    if len(left) == 1 and text(left[0]) == "self":
        raise Refused(ANEW)
    names = [text(node) for node in left]
    prefix = text(field(whole, "path"))
    kept = f"{prefix}::{{{', '.join(names)}}}" if len(left) > 1 else f"{prefix}::{names[0]}"
    nested = any("{" in name for name in names)
    if "\n" not in text(use) or (whole.parent != use and "\n" not in text(whole)):
        return [Edit(path, span(whole), kept)]
    if whole.parent == use and not nested and not any("{" in text(node) for node in binders):
        return [Edit(path, span(whole), _laid_out(use, whole, kept, style))]
    if not nested or len(left) < 2:
        raise Refused(ANEW)
    return [Edit(path, _line(binder), "") for binder in binders]


def _line(binder: Node) -> Span:
    """The line of a list that holds nothing but this name."""
    source = binder.file.source
    start = source.rfind(b"\n", 0, binder.start_byte) + 1
    behind = re.compile(rb",[ \t]*\r?\n").match(source, binder.end_byte)
    if behind is None or source[start : binder.start_byte].strip():
        raise Refused(ANEW)
    return Span(start, behind.end())


def _laid_out(use: Node, whole: Node, kept: str, style: Style) -> str:
    """A flat list that stood on several lines, as rustfmt lays out what is left of it."""
    source = use.file.source
    start = source.rfind(b"\n", 0, use.start_byte) + 1
    before = source[start : whole.start_byte].decode("utf-8", "replace")
    if len(before.expandtabs(4)) + len(kept) + 1 <= style.width:
        return kept
    indent = before[: len(before) - len(before.lstrip())]
    head, _, names = kept.partition("{")
    lines, line = [head + "{"], indent + style.unit
    for name in names.removesuffix("}").split(", "):
        if line.strip() and len(line.expandtabs(4)) + len(name) + 2 > style.width:
            lines.append(line.rstrip())
            line = indent + style.unit
        line += f"{name}, "
    return style.lines("\n".join([*lines, line.rstrip(), indent + "}"]))
