"""Caches that take the memory for their maximum when they are made; how to let them start empty.

`HashMap::with_capacity(max_entries)` of a cache that is bounded by `max_entries` holds that memory
from its first to its last day. `HashMap::new()` answers the same and takes it as entries come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.bounds.requests import Requests, number_of, requested
from rustfix_mem.rust.bounds.sizes import least_bytes
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.places import call_on_self
from rustfix_mem.rust.file.scopes import place_of
from rustfix_mem.rust.file.syntax import COMMENTS, ancestors, field, span, text
from rustfix_mem.rust.file.uses import uses_of
from rustfix_mem.rust.removal.leftovers import Leftovers
from rustfix_mem.rust.whole.accesses import function_at, is_field_of
from rustfix_mem.rust.whole.links import scope
from rustfix_mem.rust.whole.literals import initialisers, is_of
from rustfix_mem.text import Edit, Span, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection

__all__ = ["Lean", "Refused", "start_empty"]

SIZED = re.compile(r"::(with_capacity|with_capacity_and_hasher)$")
SAYS_MAXIMUM = re.compile(r"max|cap|limit|size|bound|entries", re.IGNORECASE)
SAYS_START = re.compile(
    r"initial|init_|hint|expect|estimat|min_|_min|prealloc|reserve|start|batch|chunk", re.IGNORECASE
)
MEANT = re.compile(r"alloc|reserv|capacit|rehash|resiz|grow", re.IGNORECASE)
"""Words of a comment that says that the memory is taken on purpose."""

ASKS = frozenset(
    "capacity as_ptr as_mut_ptr set_len spare_capacity_mut push_within_capacity into_raw_parts"
    " leak into_boxed_slice raw_table raw_iter try_reserve insert_unique_unchecked".split()
)
"""Methods whose answer depends on how much memory was taken."""

LISTS = ("Vec", "VecDeque", "HashSet", "BinaryHeap", "IndexSet")


@dataclass(frozen=True, slots=True)
class Lean:
    """The edits that let a collection, and lists made beside it, start empty.

    `beside`: the fields of those lists. `bound`: the comparison that bounds it.
    """

    path: str
    span: Span
    edits: tuple[Edit, ...]
    rests: tuple[tuple[str, Span], ...]
    beside: tuple[str, ...]
    limit: str
    bound: str
    requests: Requests
    entry_bytes: int | None
    """What an entry of the collection takes at least, where its types say it."""


@dataclass(frozen=True)
class _Made:
    """One literal that takes memory for a maximum: the calls that do, and the names of fields."""

    path: str
    literal: Node
    calls: tuple[tuple[str, Node], ...]
    limit: Node
    functions: tuple[Function, ...]


def start_empty(collection: Collection, files: Files) -> Lean | None:
    """What lets a cache start empty; None if nothing is taken for a maximum, else may refuse."""
    path = collection.path
    said = rb"\b" + re.escape(collection.name).encode() + rb"\s*:[^;]{0,300}?with_capacity"
    if collection.owner is None or not re.search(said, files.sources[path]):
        return None
    with syntax.parsed(files.sources[path]) as tree:
        functions = tuple(collect(tree.root).functions)
        for made in _makes(tree.root, path, functions, collection, files):
            return _lean(made, collection, files)
    return None


def _makes(
    root: Node, path: str, functions: tuple[Function, ...], collection: Collection, files: Files
) -> Iterator[_Made]:
    assert collection.owner is not None
    for node in initialisers(root, collection.name):
        body = node.parent
        literal = body.parent if body is not None else None
        if literal is None or body is None or node.type != "field_initializer":
            continue
        if not is_of(literal, path, collection.owner, collection.path, files):
            continue
        function = function_at(node, functions)
        call = _sized(field(node, "value"))
        limit = _limit(call) if call is not None else None
        if call is None or limit is None or function is None or function.test:
            continue
        beside = [
            (text(field(other, "field")), sibling)
            for other in syntax.named(body)
            if other.type == "field_initializer"
            and other != node
            and (sibling := _sized(field(other, "value"))) is not None
            and _kind(sibling) in LISTS
            and text(_argument(sibling)) == text(_argument(call))
        ]
        yield _Made(path, literal, ((collection.name, call), *beside), limit, functions)


def _sized(value: Node | None) -> Node | None:
    """The call that takes the memory: the value, or what it wraps in locks and pointers."""
    while value is not None and value.type == "call_expression":
        function, arguments = field(value, "function"), field(value, "arguments")
        if function is None or arguments is None or function.type != "scoped_identifier":
            return None
        if SIZED.search("".join(text(function).split())):
            return value
        given = syntax.named(arguments)
        value = given[0] if len(given) == 1 and text(field(function, "name")) == "new" else None
    return None


def _argument(call: Node) -> Node:
    arguments = field(call, "arguments")
    assert arguments is not None
    return syntax.named(arguments)[0]


def _kind(call: Node) -> str:
    """`Vec` of `Vec::<u8>::with_capacity(n)`."""
    written = re.sub(r"<.*>", "", "".join(text(field(call, "function")).split()))
    return written.replace("::::", "::").split("::")[-2]


def _limit(call: Node) -> Node | None:
    """What the memory is taken for, if it is called a maximum: a name, a field, a large number."""
    at = _argument(call)
    if at.type == "integer_literal":
        number = number_of(text(at))
        return at if number is not None and number >= LARGE else None
    if at.type == "call_expression":  # `max.get()` of a `NonZeroUsize`
        function = field(at, "function")
        arguments = field(at, "arguments")
        plain = function is not None and text(field(function, "field")) == "get"
        if function is None or not plain or arguments is None or syntax.named(arguments):
            return None
        at = field(function, "value") or at
    last = {"field_expression": "field", "scoped_identifier": "name"}.get(at.type, "")
    named = field(at, last) if last else at
    if named is None or named.type not in ("identifier", "field_identifier"):
        return None
    name = text(named)
    return named if SAYS_MAXIMUM.search(name) and not SAYS_START.search(name) else None


LARGE = 1024
"""Memory for fewer entries than these is not worth an edit."""


def _lean(made: _Made, collection: Collection, files: Files) -> Lean | None:
    """The edits for one literal; None if nothing shows that what it takes is a bound."""
    bound = _bound(made, collection, files)
    if not bound:
        return None
    root, path = made.literal.file.order[0], made.path
    function = function_at(made.literal, made.functions)
    assert function is not None
    requests = requested(made.limit, function, collection, files)
    if requests.most < LARGE and (requests.all_known or requests.most):
        return None
    _must_not_count_on_it(collection, made, files)
    if function.name == "default" and function.trait == "Default":
        raise Refused("its `Default` could then be derived, which clippy would ask for")
    leftovers = Leftovers(files)
    arguments = [_argument(call) for _, call in made.calls]
    leftovers.locals_of(arguments, path)
    leftovers.look(root, arguments, path, "")
    leftovers.must_be_used()
    if leftovers.edits:
        raise Refused("an import would then be unused")
    return Lean(
        path=path,
        span=span(made.calls[0][1]),
        edits=tuple(_empty(call, path) for _, call in made.calls),
        rests=tuple(leftovers.rests),
        beside=tuple(name for name, _ in made.calls[1:]),
        limit=text(_argument(made.calls[0][1])),
        bound=bound,
        requests=requests,
        entry_bytes=_entry_bytes(collection, files),
    )


def _entry_bytes(collection: Collection, files: Files) -> int | None:
    kept = [collection.key, *([collection.value] if collection.value is not None else [])]
    sizes = [least_bytes(tree, collection.path, collection.module, files) for tree in kept]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _bound(made: _Made, collection: Collection, files: Files) -> str:
    """The comparison of a length with the maximum; it shows that the maximum bounds something."""
    limit = re.escape(text(made.limit))
    names = {limit}
    body = field(made.literal, "body")
    for given in syntax.named(body) if body is not None else []:
        value = field(given, "value")
        if value is not None and re.fullmatch(rf"{limit}(?:\.get\(\))?", text(value)):
            names.add(re.escape(text(field(given, "field"))))
    word = rf"(?:[\w.]*\.|[\w:]*::)?(?:{'|'.join(sorted(names))})(?:\.get\(\))?"
    tests = re.compile(
        rf"[\w.()]*\.len\(\)\s*(?:\+\s*1\s*)?(?:[<>]=?|==)\s*{word}(?![\w(])"
        rf"|\b{word}\s*(?:[<>]=?|==)\s*[\w.()]*\.len\(\)"
    )
    assert collection.owner is not None
    for function in made.functions:
        if function.owner == collection.owner.name and not function.test:
            found = tests.search(" ".join(text(function.body).split()))
            if found is not None:
                return found[0]
    return ""


def _must_not_count_on_it(collection: Collection, made: _Made, files: Files) -> None:
    """Whether nobody asks how much memory was taken, points into it, or says that it is meant."""
    source = files.sources[made.path]
    package = files.reach(made.path).package
    mine = [
        path
        for path in files.files_with("GlobalAlloc")
        if files.reach(path).package == package and files.reach(path).state == "seen"
    ]
    if mine:
        raise Refused(f"{mine[0]} allocates memory itself: it may not do so later")
    if re.search(rb"\bunsafe\b", source):
        raise Refused("unsafe code beside it may point into it")
    for _, call in made.calls:
        _must_be_plain(call, made.path)
    names = dict(made.calls)
    for path in scope(collection, files):
        if files.reach(path).state not in ("orphan", "outside"):
            _must_not_ask(path, names, collection, files)


def _must_be_plain(call: Node, path: str) -> None:
    """The call stands on one line, and no comment speaks of it."""
    source = call.file.source
    if "\n" in text(call):
        raise Refused("it is written over several lines")
    start = source.rfind(b"\n", 0, call.start_byte) + 1
    line = source[start:].partition(b"\n")[0].decode("utf-8", "replace")
    if "//" in line and MEANT.search(line.partition("//")[2]):
        raise Refused("a comment says that the memory is taken on purpose")
    holder = next(n for n in ancestors(call) if n.type == "field_initializer")
    before = holder.prev_sibling
    if before is not None and before.type in COMMENTS and MEANT.search(text(before)):
        raise Refused("a comment says that the memory is taken on purpose")


def _keeps_order(call: Node) -> bool:
    """Whether its order, random or by insertion, has nothing to do with its capacity."""
    chosen = text(field(call, "function")).endswith("_and_hasher")
    return not chosen or _kind(call).startswith("Index")


def _must_not_ask(path: str, names: dict[str, Node], collection: Collection, files: Files) -> None:
    with syntax.parsed(files.sources[path]) as tree:
        functions = collect(tree.root).functions
        for node in syntax.walk(tree.root):
            at = f"{path}:{line_at(node.file.source, node.start_byte)}"
            if node.type == "macro_invocation":
                for name in names:
                    if re.search(rf"\.\s*{name}\s*\.\s*capacity\b", text(node)):
                        raise Refused(f"its capacity is asked for at {at}")
            if node.type != "field_expression" or call_on_self(node):
                continue
            if text(field(node, "field")) not in names:
                continue
            function = function_at(node, functions)
            if function is None:
                raise Refused(f"it may be used at {at}")
            place = place_of(node, function)
            ours = is_field_of(place, node, functions, collection, path, files)
            for use in uses_of(node, function) if ours is not False else ():
                if use.method in ASKS:
                    raise Refused(f"its capacity matters at {at}")
                ordered = use.kind == "enumerate" or use.method == "drain"
                if ours and ordered and not _keeps_order(names[text(field(node, "field"))]):
                    raise Refused(f"it is iterated at {at}, in an order that its capacity decides")
                given = use.span == use.receiver or use.kind in ("returned", "token")
                if ours and given and use.kind in ("escape", "escape_mut", "returned", "token"):
                    raise Refused(f"it is handed on at {at}, where its capacity may be asked for")


def _empty(call: Node, path: str) -> Edit:
    """`with_capacity(n)` as `new()`, or as what keeps the hasher."""
    function, arguments = field(call, "function"), field(call, "arguments")
    assert function is not None
    assert arguments is not None
    name = field(function, "name")
    assert name is not None
    given = syntax.named(arguments)
    written = "new()"
    if text(name) == "with_capacity_and_hasher":
        hasher = text(given[-1])
        usual = re.fullmatch(r"(?:[\w:]+::)?default\(\)", hasher)
        written = "default()" if usual else f"with_hasher({hasher})"
    return Edit(path, Span(name.start_byte, arguments.end_byte), written)
