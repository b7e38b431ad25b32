"""Where programs begin: the root file of each, its `fn main`, and how it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.syntax import COMMENTS, field, named, parsed, span, text, walk
from rustfix_mem.rust.whole.allocators import below, full
from rustfix_mem.rust.whole.attributes import attributes
from rustfix_mem.rust.whole.endings import (
    REPLACING,
    WORDS,
    body_leaves,
    does_nothing,
    ends,
    never_returns,
    replaces,
)
from rustfix_mem.rust.whole.modules import crates
from rustfix_mem.text import Span, beginning, line_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rustfix_mem.cargo.manifest import Package
    from rustfix_mem.rust.file.syntax import Node, Tree
    from rustfix_mem.rust.whole.attributes import Attribute
    from rustfix_mem.rust.whole.files import Files

BARE = re.compile(rb"#!\[(?:cfg_attr\([^\]]*)?no_(?:std|main)\b")
HEAD = ("use_declaration", "extern_crate_declaration", "inner_attribute_item", "shebang")
ATTRIBUTES = ("attribute_item", *COMMENTS)
PROCESS = re.compile(rb"\bprocess\s*::")
CALLED = re.compile(rb"\b(?:exit|abort|exec)\s*(?:\(|/[/*])")
"""A call, with a comment before its arguments maybe."""
BROUGHT_IN = re.compile(r"\bmain\s*(?:[;,}]|$)")
"""A `use` of a `main`, which may be called so only here."""
EMPTY_LINE = re.compile(rb"[ \t]*\r?\n[ \t]*\r?\n")
LICENCE = re.compile(rb"(?i)copyright|licen[cs]e|\bspdx\b")
FOR_WEB = re.compile(r"\bcfg\s*\(\s*(?:target_arch\s*=\s*\"wasm|target_family\s*=\s*\"wasm)")


@dataclass(frozen=True, slots=True)
class Main:
    """A `fn main` at the top of a root file."""

    span: Span
    """From `fn`, or its modifiers, to what stands before the brace."""
    body: Span
    asynchronous: bool
    attributes: tuple[Attribute, ...]
    start: int
    """Where its first statement may go: behind the brace, inner attributes and `use`s."""
    statements: int
    leaves: bool
    """Whether it never returns, since every way through it ends in `process::exit` or the like, or
    in a loop that nothing leaves."""
    line: int
    idle: bool
    """Whether it does nothing but to say something and go, or is for WebAssembly: of several it is
    the one for where the program does not run."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The root file of a program."""

    path: str
    mains: tuple[Main, ...]
    """None if it is made by a macro, or named by a `use`; several if `cfg` chooses."""
    items: int
    """Where an item may go: behind the first `use`s and `mod`s."""
    alone: bool
    """Whether nothing stands before that place."""
    unseen: bool
    """Whether there is likely one more, which a `use` brings in, or a macro makes."""

    @property
    def working(self) -> tuple[Main, ...]:
        """The `main`s that are the program; where none does anything, all of them."""
        return tuple(main for main in self.mains if not main.idle) or self.mains


@dataclass(frozen=True, slots=True)
class Exit:
    """A call that ends the program without dropping anything."""

    path: str
    line: int
    text: str


def begin(path: str, files: Files) -> Begin | None:
    """The root file at `path`; None if the grammar does not understand it."""
    with parsed(files.sources[path]) as tree:
        if tree.error() is not None:
            return None
        kept = [one.whole for one in tree.functions() if one.name == b"main"]
        around = tree.around(kept).named_children
        mains = tuple(
            _main(node, files.sources[path], around, lambda name: never_returns(name, path, files))
            for node in around
            if node.type == "function_item" and text(field(node, "name")) == "main"
        )
        items, alone = _items(around, files.sources[path])
        return Begin(path, mains, items, alone, _is_unseen(mains, around))


def _is_unseen(mains: tuple[Main, ...], around: list[Node]) -> bool:
    """Whether a `main` is not there where a `cfg` does not hold, and another is in its place."""
    if not any(one.path == "cfg" for main in mains for one in main.attributes):
        return False
    uses = (node for node in around if node.type == "use_declaration")
    alone = len(mains) == 1 and mains[0].idle
    return alone or any(BROUGHT_IN.search(use.text) for use in uses)


def bare(path: str, files: Files) -> bool:
    """Whether a root file is for a machine without the standard library, or without `main`."""
    return bool(BARE.search(files.sources[path]))


def taken(path: str, name: str, files: Files) -> bool:
    """Whether a word stands anywhere in a file."""
    return path in files.files_with(name)


def _items(around: list[Node], source: bytes) -> tuple[int, bool]:
    """Where items of ours go: behind the head of a file, which may be empty."""
    last: Node | None = None
    for node in around:
        if node.type in ATTRIBUTES:
            if node.text.startswith(("//!", "/*!")):
                last = node
            continue
        if node.type in HEAD or (node.type == "mod_item" and field(node, "body") is None):
            last = node
            continue
        break
    last = last or _notice(around, source)
    if last is None:
        return beginning(source), True
    end = last.end_byte
    newline = source.find(b"\n", end - 1 if source[end - 1 : end] == b"\n" else end)
    return (len(source) if newline < 0 else newline + 1), False


def _notice(around: list[Node], source: bytes) -> Node | None:
    """The last of the remarks that open a file without speaking of what follows, as licences do."""
    last: Node | None = None
    for node in around:
        between = source[last.end_byte if last is not None else 0 : node.start_byte]
        is_remark = node.type in COMMENTS and not node.text.startswith(("///", "/**"))
        if not is_remark or (last is not None and EMPTY_LINE.search(between)):
            break
        last = node
    if last is None:
        return None
    said = source[: last.end_byte]
    apart = EMPTY_LINE.match(source, last.end_byte)
    return last if apart or LICENCE.search(said) else None


def _main(node: Node, source: bytes, around: list[Node], never: Callable[[str], bool]) -> Main:
    body = field(node, "body")
    assert body is not None  # a `function_item` has one
    modifiers = next((c for c in node.named_children if c.type == "function_modifiers"), None)
    head = [one for one in named(node) if one.end_byte <= body.start_byte]
    inside = named(body)
    first = next((at for at, n in enumerate(inside) if n.type not in HEAD), len(inside))
    inner, statements = inside[:first], inside[first:]
    attributes = tuple(_attributes(node, around))
    for_web = any(FOR_WEB.match(one.text) for one in attributes)
    return Main(
        span=Span(node.start_byte, max(one.end_byte for one in head)),
        body=span(body),
        asynchronous=modifiers is not None and "async" in modifiers.text.split(),
        attributes=attributes,
        start=inner[-1].end_byte if inner else body.start_byte + 1,
        statements=len(statements),
        leaves=text(field(node, "return_type")) == "!" or body_leaves(statements, never),
        line=line_at(source, node.start_byte),
        idle=for_web or all(does_nothing(one) for one in statements),
    )


def _attributes(node: Node, around: list[Node]) -> list[Attribute]:
    written, at = list[str](), around.index(node)
    while at and around[at - 1].type in ATTRIBUTES:
        at -= 1
        if around[at].type == "attribute_item":
            written.append(around[at].text.removeprefix("#[").removesuffix("]").strip())
    return [one for said in written[::-1] for one in attributes(said, lambda p: full(p, around))]


def exits(programs: Iterable[str], package: Package, files: Files) -> tuple[Exit, ...]:
    """The calls of `process::exit` and `abort` in programs of a package, which are known by their
    root files, and in the libraries that they may be linked with; those of `exec`, too, by which
    another program takes the place of this one."""
    linked, found = {*programs, *_libraries(package, files)}, list[Exit]()
    for path in sorted({p for word in {*WORDS, REPLACING} for p in files.files_with(word)}):
        if path not in files.exits:
            files.exits[path] = tuple(_exits(path, files))
        if files.exits[path] and linked & crates(path, files):
            found += [Exit(path, line, said) for line, said in files.exits[path]]
    return tuple(found)


def _exits(path: str, files: Files) -> list[tuple[int, str]]:
    """Where a file ends the program, but in tests: by line, what is called."""
    source = files.sources[path]
    if not PROCESS.search(source) or not CALLED.search(source):
        return []
    reach = files.reach(path)
    if reach.state != "seen" or reach.test:
        return []
    tests = [one.span for one in files.outline(path).fns if one.test]
    with parsed(source) as tree:
        calls = (node for node in walk(_around_exits(tree)) if node.type == "call_expression")
        ending = [(call, text(field(call, "function"))) for call in calls if _ends(call)]
        return [
            (line_at(source, _name_of(call).start_byte), REPLACING if replaces(call) else said)
            for call, said in ending
            if not any(test.holds(span(call)) for test in tests)
        ]


def _ends(call: Node) -> bool:
    return ends(call, lambda _: False) or replaces(call)


def _name_of(call: Node) -> Node:
    """What is called: of a chain that goes over lines, its last method."""
    called = field(call, "function") or call
    return field(called, "field") or called


def _around_exits(tree: Tree) -> Node:
    """The root of a copy that has all calls of `exit` and the like: most of a file has none."""
    at = [found.start() for found in CALLED.finditer(tree.source)]
    bodies = [*(one.whole for one in tree.functions()), *tree.values()]
    kept = [one for one in bodies if any(one.start <= place < one.end for place in at)]
    if not all(any(one.start <= place < one.end for one in kept) for place in at):
        return tree.root
    return tree.around(kept)


def _libraries(package: Package, files: Files) -> Iterator[str]:
    """The root files of the libraries of a package, and of those below it."""
    folders = below(package, files)
    for one in files.packages:
        if one.folder in folders:
            yield from (target.root for target in one.targets if target.kind == "lib")
