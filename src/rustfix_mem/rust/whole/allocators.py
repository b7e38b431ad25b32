"""The global allocators of a repository: where they are, what they are, who is linked with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.syntax import COMMENTS, field, parsed, span, text, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem.cargo.manifest import Package, Target
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Span

WORD = "global_allocator"
CFG = re.compile(r"cfg\s*\((.*)\)", re.DOTALL)
CFG_ATTR = re.compile(
    r"cfg_attr\s*\(\s*([^(),]*(?:\((?:[^()]|\([^()]*\))*\))?)\s*,\s*global_allocator\s*,?\s*\)"
)
"""One condition, and nothing beside the allocator that it decides on."""
MODULES = frozenset({"mod_item"})


@dataclass(frozen=True, slots=True)
class Allocator:
    """A `#[global_allocator]`. One that a macro makes has no `name`: it is unclear."""

    path: str
    name: str
    type: str
    """Its type with the path that a `use` of the file gives it: `mimalloc::MiMalloc`."""
    value: str
    cfgs: tuple[str, ...]
    """What its own `#[cfg(…)]`s say, and the `cfg_attr` that makes it an allocator."""
    test: bool
    """Whether it, or a module around it, is for tests only."""
    start: int
    """Where its first attribute begins, behind its docs."""
    item: Span
    """The `static` itself, without attributes."""

    @property
    def jemalloc(self) -> bool:
        return "jemalloc" in self.type.lower()

    @property
    def dhat(self) -> bool:
        return self.type.startswith("dhat::")


@dataclass(frozen=True, slots=True)
class Linked:
    """The allocators that a program may be linked with."""

    own: tuple[Allocator, ...]
    """In its own crate: only these can be made an alternative by one `cfg`."""
    library: tuple[Allocator, ...]
    """In a library of the repository that it needs."""
    unclear: tuple[Allocator, ...]


def linked(program: Target, package: Package, files: Files) -> Linked:
    """The allocators of a program, and of the libraries of the repository below it."""
    own, library, unclear = list[Allocator](), list[Allocator](), list[Allocator]()
    folders = below(package, files)
    for path in sorted(files.files_with(WORD)):
        reach = files.reach(path)
        if reach.state not in ("seen", "unknown") or reach.package is None:
            continue
        kinds = {target.kind for target in reach.targets}
        mine = any(target.root == program.root for target in reach.targets)
        if not mine and (not kinds & {"lib"} or reach.package.folder not in folders):
            continue
        for one in _allocators(path, files.sources[path]):
            if not mine and (one.test or reach.test):
                continue
            place = unclear if not one.name else own if mine else library
            place.append(one)
    return Linked(tuple(own), tuple(library), tuple(unclear))


def below(package: Package, files: Files) -> frozenset[str]:
    """The folders of the packages of the repository that one is built with, and its own."""
    if package.folder not in files.beneath:
        files.beneath[package.folder] = _below(package, files)
    return files.beneath[package.folder]


def _below(package: Package, files: Files) -> frozenset[str]:
    found, waiting = {package.folder}, [package]
    while waiting:
        one = waiting.pop()
        needs = one.needs - one.tests_with
        for other in files.packages:
            names = {other.crate, other.name.replace("-", "_")}
            if names & needs and other.folder not in found:
                found.add(other.folder)
                waiting.append(other)
    return frozenset(found)


def _allocators(path: str, source: bytes) -> Iterator[Allocator]:
    with parsed(source) as tree:
        if tree.error() is not None:
            yield _unclear(path, tree.root)
            return
        for node in walk(tree.root):
            if node.type == "identifier" and node.text == WORD:
                yield _allocator(path, node, tree.root)


def _unclear(path: str, node: Node) -> Allocator:
    return Allocator(path, "", "", "", (), False, node.start_byte, span(node))


def _allocator(path: str, word: Node, root: Node) -> Allocator:
    attribute = _attribute(word)
    if attribute is None or attribute.parent is None:
        return _unclear(path, word)
    around = attribute.parent.named_children
    at = next(place for place, node in enumerate(around) if node is attribute)
    first, cfgs = at, list[str]()
    while first and around[first - 1].type in ("attribute_item", *COMMENTS):
        first -= 1
    end = at
    while end + 1 < len(around) and around[end].type in ("attribute_item", *COMMENTS):
        end += 1
    item = around[end]
    attributes = [node for node in around[first:end] if node.type == "attribute_item"]
    for node in attributes:
        written = node.text.removeprefix("#[").removesuffix("]").strip()
        said = CFG.fullmatch(written) or CFG_ATTR.fullmatch(written)
        if said and said[1].strip() not in cfgs:
            cfgs.append(said[1].strip())
    if item.type != "static_item":
        return _unclear(path, word)
    kind, value = field(item, "type"), field(item, "value")
    return Allocator(
        path=path,
        name=text(field(item, "name")),
        type=full(text(kind), root.named_children),
        value=text(value),
        cfgs=tuple(cfgs),
        test=any(re.search(r"\btest\b", cfg) for cfg in cfgs) or _in_test(item),
        start=attributes[0].start_byte,
        item=span(item),
    )


def _attribute(word: Node) -> Node | None:
    """The attribute that makes a static an allocator, also by one condition of a `cfg_attr`."""
    by_cfg = word.parent is not None and word.parent.type == "token_tree"
    inner = word.parent.parent if by_cfg and word.parent else word.parent
    item = inner.parent if inner is not None and inner.type == "attribute" else None
    if item is None or item.type != "attribute_item":
        return None
    written = item.text.removeprefix("#[").removesuffix("]").strip()
    return item if not by_cfg or CFG_ATTR.fullmatch(written) else None


def _in_test(item: Node) -> bool:
    node = item.parent
    while node is not None:
        if node.type == "mod_item" and node.parent is not None:
            before = node.parent.named_children
            at = before.index(node)
            while at and before[at - 1].type in ("attribute_item", *COMMENTS):
                at -= 1
                if re.search(r"cfg\s*\(.*\btest\b", before[at].text):
                    return True
        node = node.parent
    return False


def full(written: str, around: Iterable[Node]) -> str:
    """A path, with what the `use`s among the items around it say of its first name."""
    head, colons, rest = written.partition("::")
    for use in (node for node in around if node.type == "use_declaration"):
        for name, path in imported(use):
            if name == head:
                return path + colons + rest
    return written


def imported(use: Node) -> list[tuple[str, str]]:
    """The names that a `use` brings in, with their paths."""
    argument = field(use, "argument")
    return _imported(argument, "") if argument is not None else []


def _imported(node: Node, prefix: str) -> list[tuple[str, str]]:
    if node.type == "use_as_clause":
        return [(text(field(node, "alias")), prefix + text(field(node, "path")))]
    if node.type == "scoped_use_list":
        inner, path = field(node, "list"), text(field(node, "path"))
        return _imported(inner, f"{prefix}{path}::") if inner is not None else []
    if node.type == "use_list":
        return [one for child in node.named_children for one in _imported(child, prefix)]
    if node.type == "self":
        whole = prefix.removesuffix("::")
        return [(whole.rpartition("::")[2], whole)]
    if node.type in ("identifier", "scoped_identifier"):
        return [(node.text.rpartition("::")[2], prefix + node.text)]
    return []
