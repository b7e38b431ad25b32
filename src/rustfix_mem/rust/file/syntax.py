"""Rust source as a tree: the only home of tree-sitter."""

from __future__ import annotations

import gc
import re
from bisect import bisect_left
from contextlib import contextmanager
from functools import cache, cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from rustfix_mem.plain import Plain
from rustfix_mem.rust.file import mend, portions
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import tree_sitter
    from tree_sitter import Language

GRAMMAR = "tree-sitter 0.26.1, tree-sitter-rust 0.24.2"
"""What the facts of a file depend on, beside its bytes."""

COMMENTS = portions.COMMENTS
ERROR_KIND = 65535
"""The one kind that the table of a language does not list."""


TELLING_TOKENS = "token_tree"
"""Inside of macros all tokens are kept; elsewhere only those that a field names: operators, `_`."""


class File:
    """What all nodes of one file share."""

    __slots__ = ("_names", "order", "source")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.order: list[Node] = []
        """All named nodes, in order of the text."""
        self._names: dict[str, list[int]] | None = None

    def places(self, name: str) -> list[int]:
        """The places in `order` of all identifiers that are `name`."""
        if self._names is None:
            self._names = {}
            for at, node in enumerate(self.order):
                if node.type == "identifier":
                    self._names.setdefault(node.text, []).append(at)
        return self._names.get(name, [])


class Node(Struct, eq=False, gc=False):
    """A node of the syntax tree, copied out of tree-sitter once.

    There a parent is searched for from the root, and every question makes new objects; here
    the answers are attributes, so that asking often costs little. A struct, since most of the time
    that a copy took was spent in an `__init__` (2.4 µs a node became 1.2); without the collector of
    cycles, since `Tree.drop` unties them.
    """

    file: File
    type: str
    parent: Node | None
    field: str | None
    """What it is to its parent, if that has a name for it."""
    start_byte: int
    end_byte: int
    index: int
    """Its place in the `children` of its parent."""
    first: int
    behind: int
    """Its place, and that of what follows its subtree, in `File.order`; a token has none."""
    children: list[Node]
    named_children: list[Node]
    _text: str | None = None

    @property
    def text(self) -> str:
        """Its source; bytes that are not UTF-8 become U+FFFD."""
        if self._text is None:
            written = self.file.source[self.start_byte : self.end_byte]
            self._text = written.decode("utf-8", "replace")
        return self._text

    @property
    def prev_sibling(self) -> Node | None:
        """What stands directly before it: a token only where tokens are kept."""
        return self.parent.children[self.index - 1] if self.parent and self.index else None

    @property
    def next_sibling(self) -> Node | None:
        """What stands directly behind it: a token only where tokens are kept."""
        behind = self.parent.children[self.index + 1 : self.index + 2] if self.parent else []
        return behind[0] if behind else None


_NO_NODES: list[Node] = []
"""The children of every leaf, since most nodes are leaves; never added to."""


class NotUnderstood(Exception):  # not an error: an answer
    """The grammar lost the thread: there is no tree to go by."""


class Callable(Plain, frozen=True):
    """A function, as far as it is known before anything is copied."""

    name: bytes
    whole: Span
    private: bool
    given: bool
    """Whether it is given anything but `self`."""
    parameters: bytes
    """What it is given, as written."""
    returns: bytes
    """The type of its answer as written; empty without one."""

    @classmethod
    def of(cls, node: tree_sitter.Node, source: bytes) -> Callable:
        def written(child: tree_sitter.Node | None) -> bytes:
            return source[child.start_byte : child.end_byte] if child is not None else b""

        given = node.child_by_field_name("parameters")
        head = source[node.start_byte : node.start_byte + 9]
        params = given.named_children if given is not None else []
        return cls(
            written(node.child_by_field_name("name")),
            Span(node.start_byte, node.end_byte),
            not head.startswith(b"pub") or head.startswith(b"pub(self)"),
            any(
                one.type == "parameter" and written(one.child_by_field_name("pattern")) != b"self"
                for one in params
            ),
            written(given),
            written(node.child_by_field_name("return_type")),
        )


class Tree:
    """What tree-sitter makes of one file, once somebody asks."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.strict = False
        self._root: Node | None = None
        self._declarations: Node | None = None
        self._partial: Node | None = None
        self._copies: list[Node] = []
        self._mended = False

    @cached_property
    def _tree(self) -> tree_sitter.Tree:
        from tree_sitter import Parser

        # A fresh parser each: a used one may hand out an older tree.
        tree = Parser(_language()).parse(self.source)
        if tree.root_node.has_error and (other := mend.mended(self.source)) != self.source:
            again = Parser(_language()).parse(other)
            self._mended = not again.root_node.has_error
            return again if self._mended else tree
        return tree

    @property
    def is_parsed(self) -> bool:
        return "_tree" in vars(self)

    @property
    def mended(self) -> bool:
        """Whether something in it was blanked out to be understood, so that it is not all seen."""
        return not self._tree.root_node.has_error and self._mended

    @property
    def root(self) -> Node:
        """The root of a copy; raises `NotUnderstood` if it is `strict` and there is an error."""
        if self._root is None:
            if self.strict and self._tree.root_node.has_error:
                raise NotUnderstood
            self._root = self._copied()
        return self._root

    @property
    def declarations(self) -> Node:
        """The root of a copy without the bodies of functions, but for those that hold items."""
        if self._root is None and self._declarations is None:
            self._declarations = self._copied(portions.Declaring(self.source))
        return self._root or self._declarations or self.root

    def functions(self) -> list[Callable]:
        """Every function with a body, in order of the text: without copying anything."""
        at = self._tree.root_node.descendant_for_byte_range
        words = (at(*found.span()) for found in FN.finditer(self.source))
        found = (word.parent for word in words if word is not None and word.type == "fn")
        return [
            Callable.of(node, self.source)
            for node in found
            if node is not None and node.type == "function_item" and _has_body(node)
        ]

    def values(self) -> list[Span]:
        """Every constant and static, in order of the text: without copying anything."""
        at = self._tree.root_node.descendant_for_byte_range
        words = (at(*found.span()) for found in VALUE.finditer(self.source))
        found = (word.parent for word in words if word is not None and word.type in VALUES)
        return [
            Span(node.start_byte, node.end_byte)
            for node in found
            if node is not None and node.type in ("const_item", "static_item")
        ]

    def around(self, kept: Iterable[Span]) -> Node:
        """The root of a copy with these parts whole, and of the rest only what declares."""
        if self._root is None:
            self._partial = self._copied(portions.Declaring(self.source, [*kept]))
        return self._root or self._partial or self.root

    def only(self, kept: Iterable[Span]) -> Node:
        """The root of a copy with these parts whole, and of what holds them what says which it is:
        of the rest only that it is there."""
        if self._root is None:
            self._partial = self._copied(portions.Only(sorted(kept)))
        return self._root or self._partial or self.root

    def error(self) -> int | None:
        """The byte where the grammar first lost the thread; None if it understood the file."""
        root = self._tree.root_node
        stack = [root] if root.has_error else []
        while stack:
            at = stack.pop()
            if at.is_error or at.is_missing:
                return at.start_byte
            if at.has_error:
                stack.extend(reversed(at.children))
        return root.start_byte if root.has_error else None

    def _copied(self, parts: portions.Declaring | portions.Only | None = None) -> Node:
        self._copies.append(_copied(self._tree, self.source, parts))
        return self._copies[-1]

    def drop(self) -> None:
        """Untie parents from children, and all from the order that they have in common: what only
        the collector finds stays for long, and takes it more time than this."""
        for root in self._copies:
            order = root.file.order
            for at in order:
                at.children = at.named_children = _NO_NODES
            order.clear()


_open: list[Tree] = []
"""The trees that somebody looks at now, the outermost first."""


@contextmanager
def parsed(source: bytes) -> Iterator[Tree]:
    """The tree of one file, which is gone afterwards.

    The collector of cycles rests meanwhile: it would go through all nodes again and again, for
    more time than it takes to make them, and none is free before the end. Inside of a `with` for
    the same bytes it is the same tree, so that a file in which many look is parsed once.
    """
    if _open and _open[-1].source is source:
        yield _open[-1]
        return
    collecting = gc.isenabled()
    gc.disable()
    tree = Tree(source)
    _open.append(tree)
    try:
        yield tree
    finally:
        _open.pop()
        tree.drop()
        if collecting:
            gc.enable()


@cache
def _language() -> Language:
    import tree_sitter_rust  # a cold import costs 23 ms, so only those who parse pay it
    from tree_sitter import Language

    return Language(tree_sitter_rust.language())


FN = re.compile(rb"\bfn\b")
VALUES = ("const", "static")
VALUE = re.compile(rb"\b(?:const|static)\b")


def _has_body(function: tree_sitter.Node) -> bool:
    body = function.child_by_field_name("body")
    return body is not None and body.type == "block"


@cache
def _kinds() -> dict[int, tuple[str, bool, bool]]:
    """The name of each kind of node, whether it is a named one, and whether it may hold code."""
    language = _language()
    names = {n: language.node_kind_for_id(n) or "" for n in range(language.node_kind_count)}
    kinds = {
        number: (name, language.node_kind_is_named(number), portions.may_hold_code(name))
        for number, name in names.items()
    }
    return kinds | {ERROR_KIND: ("ERROR", True, False)}


@cache
def _fields() -> dict[int | None, str | None]:
    language = _language()
    numbers = range(1, language.field_count + 1)
    return {None: None, **{number: language.field_name_for_id(number) for number in numbers}}


def _copied(
    tree: tree_sitter.Tree,
    source: bytes,
    parts: portions.Declaring | portions.Only | None,
) -> Node:
    """The root of a copy. One loop with a cursor: it goes round two million times for 8 MB."""
    cursor, kinds, fields, file = tree.walk(), _kinds(), _fields(), File(source)
    down, right, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    top, order = tree.root_node, file.order
    picky = isinstance(parts, portions.Only)
    none = _NO_NODES
    ends = top.start_byte, top.end_byte
    parent = root = Node(file, top.type, None, None, *ends, 0, 0, 1, none, none)
    order.append(root)
    count, descend, children, named, all_tokens = 1, down(), _NO_NODES, _NO_NODES, False
    while True:
        if descend:
            children = parent.children = []
            named = parent.named_children = []
            all_tokens = parent.type == TELLING_TOKENS
        else:
            while not right():
                parent.behind = count
                if parent.parent is None or not up():
                    return root
                parent = parent.parent
                children, named = parent.children, parent.named_children
                all_tokens = parent.type == TELLING_TOKENS
        at = cursor.node
        assert at is not None
        (kind, is_named, code), name, descend = kinds[at.kind_id], fields[cursor.field_id], False
        if is_named:
            index, start, end = len(children), at.start_byte, at.end_byte
            node = Node(file, kind, parent, name, start, end, index, count, count + 1, none, none)
            count += 1
            children.append(node)
            named.append(node)
            order.append(node)
            if parts is not None and (code or picky) and parts.leave_out(node):
                continue
            if descend := down():
                parent = node
        elif name is not None or all_tokens:
            index, start, end = len(children), at.start_byte, at.end_byte
            token = Node(file, kind, parent, name, start, end, index, -1, 0, none, none)
            children.append(token)


def text(node: Node | None) -> str:
    """The node's source; no node, no text."""
    return node.text if node is not None else ""


def span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def named(node: Node) -> list[Node]:
    """The named children that are not comments."""
    return [child for child in node.named_children if child.type not in COMMENTS]


def field(node: Node, name: str) -> Node | None:
    for child in node.children:
        if child.field == name:
            return child
    return None


def lines_between(before: Node, after: Node) -> int:
    """How many line ends stand between the end of one node and the start of another."""
    return before.file.source.count(b"\n", before.end_byte, after.start_byte)


LOOPS = frozenset(("loop_expression", "while_expression", "for_expression"))
REPEATS = LOOPS | {"closure_expression"}
"""What may come to what is in it again."""


def holds(outer: Node, inner: Node) -> bool:
    """Whether one node lies within another; equal ones hold each other."""
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


_end_byte = attrgetter("end_byte")


def descendant(node: Node, where: Span) -> Node:
    """The smallest node at or below `node` that holds the span."""
    while True:
        children = node.children  # in order of the text, and there may be very many
        at = bisect_left(children, where.end, key=_end_byte)
        if at == len(children) or children[at].start_byte > where.start:
            return node
        node = children[at]


def ancestors(node: Node) -> Iterator[Node]:
    """The node's parent, its parent, and so on to the root."""
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


def deepest(root: Node) -> Node:
    """The first of the named nodes around which most others stand."""
    order = root.file.order
    depths = [0] * len(order)
    for node in order:
        if node.parent is not None:
            depths[node.first] = depths[node.parent.first] + 1
    return order[depths.index(max(depths))]


def walk(node: Node) -> list[Node]:
    """The node and all named nodes below it, in order of the text."""
    return node.file.order[node.first : node.behind]


def named_so(node: Node, name: str) -> list[Node]:
    """The identifiers at and below a node that are `name`, in order of the text."""
    places, order = node.file.places(name), node.file.order
    first, behind = bisect_left(places, node.first), bisect_left(places, node.behind)
    return [order[at] for at in places[first:behind]]


def walk_around(node: Node, kinds: frozenset[str]) -> list[Node]:
    """Like `walk`, but without the nodes of these kinds, and what is below them."""
    order, at = node.file.order, node.first
    found: list[Node] = []
    for left_out in [inner for inner in walk(node)[1:] if inner.type in kinds]:
        if left_out.first >= at:  # else it is inside of one before
            found += order[at : left_out.first]
            at = left_out.behind
    return found + order[at : node.behind]
