"""A global allocator beside those that are there: an alternative by `cfg`, never a second one."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused, Spared
from rustfix_mem.rust.file.syntax import Node, parsed, walk
from rustfix_mem.rust.whole import mains
from rustfix_mem.rust.whole.allocators import Allocator, imported, linked
from rustfix_mem.rust.write.layout import indent_at, style_of
from rustfix_mem.text import Edit, Span, line_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.cargo.manifest import Package, Target
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.mains import Begin, Main
    from rustfix_mem.rust.write.layout import Style

NAMES = frozenset({"identifier", "type_identifier"})


@dataclass(frozen=True, slots=True)
class Program:
    """A program that may get an allocator, and those that it has."""

    name: str
    begin: Begin
    own: tuple[Allocator, ...]
    below: tuple[Allocator, ...] = ()
    """Those in libraries of the repository: nothing can be put beside them, see `check_below`."""

    @property
    def span(self) -> Span:
        """A place to show to people: the allocator that is there, or `fn main`."""
        if self.own and self.own[0].path == self.begin.path:
            return self.own[0].item
        return self.begin.working[0].span if self.begin.mains else Span(0, 0)


def program(target: Target, package: Package, files: Files) -> Program:
    """A program, if its allocator can be chosen in its own crate; `Spared`, `Refused` if not."""
    if mains.bare(target.root, files):
        raise Spared("it is for a machine without the standard library, or without `main`")
    begin = mains.begin(target.root, files)
    if begin is None:
        raise Refused(f"`{target.root}` is not understood")
    found = linked(target, package, files)
    for one in found.unclear:
        raise Refused(f"a macro or a `cfg_attr` may make an allocator at {where(one, files)}")
    return Program(target.name, begin, found.own, found.library)


def check_below(program: Program, files: Files) -> None:
    """`Refused` if a library below a program has an allocator: two are an error of the linker."""
    for one in program.below:
        raise Refused(f"a library below it has one already, `{one.type}` at {where(one, files)}")


def where(one: Allocator, files: Files) -> str:
    """The place of an allocator, for people."""
    return f"{one.path}:{line_at(files.sources[one.path], one.start)}"


def free(names: Sequence[str], program: Program, files: Files) -> str:
    """The first of these names that nothing in the root file has; `Refused` if none is left."""
    for name in names:
        if not mains.taken(program.begin.path, name, files):
            return name
    raise Refused(f"`{names[-1]}` is taken in `{program.begin.path}`")


def style(program: Program, files: Files) -> Style:
    """How the root file of a program is written."""
    path = program.begin.path
    return style_of(files.sources[path], files.rustfmt(path))


def put(program: Program, lines: Sequence[str], files: Files) -> Edit:
    """Items of ours beside the allocator of a program, or behind the head of its root file."""
    for one in reversed(program.own):
        if one.path == program.begin.path and not indent_at(files.sources[one.path], one.start):
            return beside(one, lines, files)
    return declared(program.begin, lines, files)


def declared(begin: Begin, lines: Sequence[str], files: Files) -> Edit:
    """Items of ours behind the head of a root file, apart from what stands around them."""
    return _apart(begin.path, begin.items, lines, files, top=begin.alone)


def beside(allocator: Allocator, lines: Sequence[str], files: Files) -> Edit:
    """Items of ours behind an allocator that is there."""
    source = files.sources[allocator.path]
    newline = source.find(b"\n", allocator.item.end)
    at = len(source) if newline < 0 else newline + 1
    return _apart(allocator.path, at, lines, files, top=False)


def first_statement(begin: Begin, main: Main, lines: Sequence[str], files: Files) -> Edit:
    """Lines put before the first statement of a `fn main`; an empty line follows them."""
    source, layout = files.sources[begin.path], style_of(files.sources[begin.path])
    indent = layout.unit + indent_at(source, main.span.start)
    made = [f"{indent}{line}" for line in lines]
    if main.start > main.body.start + 1:  # apart from the attributes and `use`s above
        made = ["", *made]
    end = source.find(b"\n", main.start, main.body.end)
    close = layout.newline + indent.removeprefix(layout.unit)
    if end >= 0 and main.statements:  # a comment may stand behind the brace
        rest = source[end + 1 : source.find(b"\n", end + 1) + 1]
        made += [""] if rest.strip() else []
        return Edit(begin.path, Span(end + 1, end + 1), layout.newline.join([*made, ""]))
    if b"\n" in source[main.start : main.body.end - 1]:  # only a comment, or nothing
        at = source.rfind(b"\n", main.start, main.body.end) + 1
        return Edit(begin.path, Span(at, at), layout.newline.join([*made, ""]))
    try:
        inside = source[main.start : main.body.end - 1].decode()
    except UnicodeDecodeError:
        raise Refused(f"`main` of `{begin.path}` is not UTF-8") from None
    body = ["", *made] + (["", f"{indent}{inside.strip()}"] if inside.strip() else [])
    return Edit(begin.path, Span(main.start, main.body.end - 1), layout.newline.join(body) + close)


def _apart(path: str, at: int, lines: Sequence[str], files: Files, *, top: bool) -> Edit:
    source = files.sources[path]
    newline = style_of(source).newline
    before = [] if top else [""]
    above = source[:at].removeprefix(BOM_UTF8)
    if above and not above.endswith(b"\n"):
        before = ["", *before]
    rest = source[at : source.find(b"\n", at) + 1]
    after = [""] if rest.strip() else []
    return Edit(path, Span(at, at), newline.join([*before, *lines, *after, ""]))


def excluded(allocator: Allocator, condition: str, files: Files) -> tuple[Edit, ...]:
    """The edits that take an allocator away where `condition` holds; raises `Refused`.

    With it goes what only it needs: names that a `use` brings in. A type of the crate stays, and
    may then be unused.
    """
    _check_name(allocator, files)
    _check_glob(allocator, files)
    without = f"#[cfg(not({condition}))]"
    edits = [_above(allocator.path, allocator.start, without, files)]
    used = set(re.findall(r"\b[A-Za-z_]\w*", f"{_written(allocator, files)} {allocator.value}"))
    with parsed(files.sources[allocator.path]) as tree:
        for use in (n for n in tree.root.named_children if n.type == "use_declaration"):
            names = {name for name, _ in imported(use)}
            if names & used and not _used_elsewhere(names & used, allocator, tree.root):
                if names - used:
                    which = ", ".join(sorted(names & used))
                    raise Refused(f"the `use` that brings in `{which}` brings in other names too")
                start = _first_attribute(use)
                edits.append(_above(allocator.path, start, without, files))
    return (*edits, *_spared(allocator, used, condition, files))


def _written(allocator: Allocator, files: Files) -> str:
    """The static as written."""
    return files.text(allocator.path, allocator.item)


def _above(path: str, start: int, line: str, files: Files) -> Edit:
    source = files.sources[path]
    indent = indent_at(source, start)
    return Edit(path, Span(start, start), f"{line}{style_of(source).newline}{indent}")


def _check_name(allocator: Allocator, files: Files) -> None:
    """Nobody else may name the static: it is not there any more where we are."""
    mine = files.reach(allocator.path)
    for path in files.files_with(allocator.name):
        other = files.reach(path)
        if path != allocator.path and not {t.root for t in mine.targets} & {
            t.root for t in other.targets
        }:
            continue
        with parsed(files.sources[path]) as tree:
            for node in walk(tree.root):
                within = path == allocator.path and allocator.item.holds(
                    Span(node.start_byte, node.end_byte)
                )
                if node.type in NAMES and node.text == allocator.name and not within:
                    where = f"{path}:{line_at(files.sources[path], node.start_byte)}"
                    raise Refused(f"`{allocator.name}` is used at {where}")


def _check_glob(allocator: Allocator, files: Files) -> None:
    """A `use a::*` that brings in nothing but the allocator would be unused."""
    head = re.search(r":\s*(\w+)\s*(::|[=<])", _written(allocator, files))
    if head is None or head[2] == "::" or files.definitions(head[1]):
        return
    with parsed(files.sources[allocator.path]) as tree:
        uses = [node for node in tree.root.named_children if node.type == "use_declaration"]
        named = any(head[1] == name for use in uses for name, _ in imported(use))
        if not named and any("*" in use.text for use in uses):
            raise Refused(f"a `use` with `*` may bring in `{head[1]}`")


def _used_elsewhere(names: set[str], allocator: Allocator, root: Node) -> bool:
    """Whether something else in the file says one of the names."""
    for node in walk(root):
        inside = allocator.item.holds(Span(node.start_byte, node.end_byte))
        if node.type in NAMES and node.text in names and not inside and not _in_use(node):
            return True
    return False


def _in_use(node: Node) -> bool:
    at: Node | None = node
    while at is not None:
        if at.type == "use_declaration":
            return True
        at = at.parent
    return False


def _first_attribute(item: Node) -> int:
    around = item.parent.named_children if item.parent is not None else []
    at = around.index(item)
    while at and around[at - 1].type == "attribute_item":
        at -= 1
    return around[at].start_byte


def _spared(allocator: Allocator, used: set[str], condition: str, files: Files) -> tuple[Edit, ...]:
    """Types of the crate that only the allocator makes may be unused from then on."""
    package = files.reach(allocator.path).package
    edits = list[Edit]()
    for name in sorted(used):
        for path, defined in files.definitions(name, package.folder if package else ""):
            if "(" in allocator.value or defined.kind != "struct":
                raise Refused(f"`{allocator.value}` makes a type of its own, `{name}`")
            start = _attributes_above(files.sources[path], defined.span.start)
            line = f"#[cfg_attr({condition}, allow(dead_code))]"
            edits.append(_above(path, start, line, files))
    return tuple(edits)


def _attributes_above(source: bytes, start: int) -> int:
    """Where the first attribute of an item begins."""
    with parsed(source) as tree:
        for node in walk(tree.root):
            if node.type == "struct_item" and node.start_byte <= start < node.end_byte:
                return _first_attribute(node)
    return start
