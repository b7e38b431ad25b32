"""Whether a collection starts with entries: what is given at the start, nothing computes again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.whole.literals import initialisers, is_of
from rustfix_mem.rust.whole.types import FAMILIES, POINTERS
from rustfix_mem.text import brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection

FILLED = re.compile(r"(?:^|::)(?:from|from_iter)$")
"""What makes a collection of what it is given."""
PUTS = frozenset(("insert", "extend", "entry", "push"))
DEEP = 8
"""So many steps are followed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The collection's name, and the file whose functions may make it."""

    name: str
    path: str
    files: Files
    shared: bool
    """Whether what is given may be a pointer to a collection that somebody else keeps too."""


def seed(collection: Collection, files: Files) -> str:
    """What a collection evidently starts with, as written; empty if nothing is seen."""
    return next(_seeds(collection, files), "")


def _seeds(collection: Collection, files: Files) -> Iterator[str]:
    if collection.static is not None:
        yield from _of_static(collection, files)
        return
    owner = collection.owner
    if owner is None or collection.name.isdigit():
        return
    named = set(files.files_near(collection.name, collection.path))
    for path in files.files_near(owner.name, collection.path):
        if path in named and files.reach(path).state == "seen":
            with syntax.parsed(files.sources[path]) as tree:
                for node in initialisers(tree.root, collection.name):
                    if not _is_tested(node, path, files) and _makes(node, path, collection, files):
                        yield from _given(_value(node), _asked(collection, path, files), 0)


def _asked(collection: Collection, path: str, files: Files) -> _Asked:
    shared = any(wrapper in POINTERS for wrapper in collection.wrappers)
    return _Asked(collection.name, path, files, shared)


def _makes(node: Node, path: str, collection: Collection, files: Files) -> bool:
    """Whether an initialiser surely is of the collection's owner."""
    holder, owner = node.parent.parent if node.parent is not None else None, collection.owner
    if holder is None or owner is None:
        return False
    return is_of(holder, path, owner, collection.path, files) is True


def _is_tested(node: Node, path: str, files: Files) -> bool:
    tests = (fn.span for fn in files.outline(path).fns if fn.test)
    return files.reach(path).test or any(one.holds(syntax.span(node)) for one in tests)


def _value(node: Node) -> Node | None:
    """What an initialiser gives: of `Type { name }` the name."""
    return node.named_children[-1] if node.type.startswith("short") else field(node, "value")


def _of_static(collection: Collection, files: Files) -> Iterator[str]:
    source, static = files.sources[collection.path], collection.static
    if static is None or not static.value:
        return
    at = source.find(static.value.encode()[:40], static.span.start)
    whole = b"fn f() { let x = " + _up_to_semicolon(source[at:]) + b"; }"
    asked = _asked(collection, collection.path, files)
    with syntax.parsed(whole) as tree:
        let = next((n for n in syntax.walk(tree.root) if n.type == "let_declaration"), None)
        if at >= 0 and let is not None:
            yield from _given(field(let, "value"), asked, 0)
    if re.search(rb"\b" + static.name.encode() + rb"\s*\.\s*get_or_(?:try_)?init\b", source):
        with syntax.parsed(source) as tree:
            for call in syntax.walk(tree.root):
                yield from _first_asked(call, asked)


def _first_asked(node: Node, asked: _Asked) -> Iterator[str]:
    """What `NAME.get_or_init(|| …)` makes."""
    call = method_call(node)
    made = call is not None and call.name in ("get_or_init", "get_or_try_init")
    if call is not None and made and text(call.receiver) == asked.name and call.arguments:
        yield from _given(call.arguments[0], asked, 0)


def _up_to_semicolon(said: bytes) -> bytes:
    """What stands before the semicolon that ends a static."""
    depth = 0
    for at, char in enumerate(said):
        depth += (char in b"([{") - (char in b")]}")
        if depth < 0 or (depth == 0 and char in b";"):
            return said[:at]
    return said


def _given(value: Node | None, asked: _Asked, depth: int) -> Iterator[str]:
    """The entries that an expression starts with, if it is seen to make, or to hand on, some."""
    if value is None or depth > DEEP:
        return
    match value.type:
        case "identifier":
            yield from _of_name(value, asked, depth)
        case "field_expression":
            other = text(field(value, "field")) != asked.name or _is_foreign(value)
            yield from [text(value)] if other and not asked.shared else []
        case "closure_expression":
            yield from _given(field(value, "body"), asked, depth + 1)
        case "block" | "const_block" | "unsafe_block" | "parenthesized_expression":
            inner = syntax.named(value)
            yield from _given(inner[-1] if inner else None, asked, depth + 1)
        case "macro_invocation":
            if "=>" in text(value):
                yield brief(text(value))
        case "call_expression":
            yield from _of_call(value, asked, depth)


def _of_call(call: Node, asked: _Asked, depth: int) -> Iterator[str]:
    method, arguments = method_call(call), field(call, "arguments")
    given = syntax.named(arguments) if arguments is not None else []
    if method is not None:
        if method.name == "collect" and not re.search(rf"\.{asked.name}\b", text(method.receiver)):
            yield brief(text(call))
        elif method.name in ("into", "into_inner") and not given:
            yield from _given(method.receiver, asked, depth + 1)
        return
    made = re.sub(r"<.*>", "", "".join(text(field(call, "function")).split()))
    kind, _, maker = made.replace("::::", "::").rpartition("::")
    kind = kind.rpartition("::")[2]
    if FILLED.search(made) and kind in FAMILIES and given:
        bare = given[0].type == "array_expression" and not given[0].named_children
        yield from [] if bare else [brief(text(call))]
    elif maker in ("new", "from", "Some") and len(given) == 1 and (kind[:1].isupper() or not kind):
        yield from _given(given[0], replace(asked, shared=False), depth + 1)
    elif kind in ("", "Self") and maker[:1].islower():
        yield from _of_function(maker, asked, depth)


def _of_function(name: str, asked: _Asked, depth: int) -> Iterator[str]:
    """What a function of the same file makes, by its last expression."""
    fns = [fn for fn in asked.files.outline(asked.path).fns if fn.name == name]
    if len(fns) != 1:
        return
    with syntax.parsed(asked.files.text(asked.path, fns[0].span).encode()) as tree:
        made = next((n for n in syntax.walk(tree.root) if n.type == "function_item"), None)
        found = list(_given(field(made, "body"), asked, depth + 1)) if made is not None else []
    yield from (f"{name}()" for _ in found)


def _of_name(value: Node, asked: _Asked, depth: int) -> Iterator[str]:
    """What a local, or a parameter, holds: a map that the caller gives, or one that was filled."""
    bound = declaration(value, text(value))
    if bound is None:
        yield from _of_function(text(value), asked, depth)
    elif bound.type == "parameter" and type_tree(field(bound, "type")).name in FAMILIES:
        yield text(value)
    elif bound.type == "let_declaration" and alias_name(field(bound, "pattern")) == text(value):
        put = _put_into(bound, text(value), value.start_byte)
        yield from [put] if put else _given(field(bound, "value"), asked, depth + 1)


def _put_into(let: Node, name: str, until: int) -> str:
    """What puts something into a local between its `let` and a byte."""
    for node in syntax.named_so(let.parent or let, name):
        access = node.parent
        if access is None or access.type != "field_expression" or node.start_byte > until:
            continue
        if text(field(access, "field")) in PUTS and declaration(node, name) == let:
            return brief(text(access.parent or access))
    return ""


def _is_foreign(access: Node) -> bool:
    """Whether the field of a parameter is surely not one of the same type: `builder.entries`."""
    base = field(access, "value")
    bound = declaration(base, text(base)) if base is not None else None
    if bound is None or bound.type != "parameter":
        return False
    kind = type_tree(field(bound, "type"))
    inner = kind.args[0] if kind.head.startswith("&") and kind.args else kind
    own = [text(field(n, "type")) for n in ancestors(access) if n.type == "impl_item"]
    return inner.name not in ("Self", "?") and inner.name not in own
