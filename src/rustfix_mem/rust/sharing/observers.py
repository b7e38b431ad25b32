"""Who would notice that two pointers are one: counts, comparisons, ways back to the value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as field_of
from functools import cached_property
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import items, syntax
from rustfix_mem.rust.file.syntax import ancestors, field, text
from rustfix_mem.rust.sharing.typed import Typed, definition, meant, same, stripped
from rustfix_mem.rust.sharing.typing import Site, type_of
from rustfix_mem.rust.whole.accesses import function_at
from rustfix_mem.text import Span, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files

ASKS = re.compile(
    rb"\b(?:Arc|Rc)(?:::<[^>()]*>)?::(make_mut|get_mut|try_unwrap|into_inner|unwrap_or_clone|ptr_eq"
    rb"|strong_count|weak_count|downgrade|as_ptr|into_raw|get_mut_unchecked)\b"
)
"""What depends on who else holds a pointer, or on which allocation it is."""

SHARED_IS_FINE = re.compile(r"assert!\s*\(\s*(?:std::)?(?:\w+::)*(?:Arc|Rc)::ptr_eq\s*\(")
"""A test that demands one allocation."""


@dataclass
class Observers:
    """Who asks how pointers are shared, in one codebase; what was found out is remembered."""

    files: Files
    _refused: dict[str, str] = field_of(default_factory=dict)

    @cached_property
    def _asking(self) -> tuple[str, ...]:
        """The files in which anything is asked of a pointer."""
        return self.files.words.matching(ASKS, b"c::")

    def demand_none(self, typed: Typed) -> None:
        """Raises `Refused` where something may ask how a pointer to a type is shared."""
        found = definition(typed, self.files)
        key = f"{found[1]}::{found[0].module}::{typed.tree}" if found is not None else ""
        if not key or key not in self._refused:
            self._refused[key] = self._who_asks(typed)
        if self._refused[key]:
            raise Refused(self._refused[key])

    def _who_asks(self, typed: Typed) -> str:
        words = carriers(typed, self.files)
        asks = (_asked_in(path, typed, words, self.files) for path in self._asking)
        return next(filter(None, asks), "")


def doubt(typed: Typed, files: Files) -> str:
    """Whether somebody outside of the repository may ask; empty if not."""
    found = definition(stripped(typed, files), files)
    if found is None or found[0].visibility != "pub":
        return ""
    package = files.reach(found[1]).package
    if package is None or not any(target.kind == "lib" for target in package.targets):
        return ""
    return f"`{found[0].name}` is public: users of the crate could count or compare pointers to it"


def carriers(typed: Typed, files: Files) -> frozenset[str]:
    """Words without one of which no pointer to the type can be named: its name, fields and
    functions whose types have a pointer to it, and what a type is called that has one."""
    typed = stripped(typed, files)
    words = {typed.tree.name}
    waiting = [(typed.tree.name, False)]
    while waiting:
        word, is_pointer = waiting.pop()
        paths = files.files_with(word)
        files.prepare_outlines(paths)
        for path in paths:
            for name, tree in _declared(path, files):
                points = _names(tree, word) if is_pointer else _points(tree, word)
                is_alias = name[:1].isupper() and _names(tree, word)
                if name not in words and (points or is_alias):
                    words.add(name)
                    waiting += [(name, points)] if is_alias else []
    return frozenset(words)


def _names(tree: TypeTree, word: str) -> bool:
    return any(inner.name == word for inner in tree.walk())


def _points(tree: TypeTree, word: str) -> bool:
    """Whether a type has a pointer in it, and the word behind that."""
    return any(_names(inner, word) for inner in tree.walk() if inner.name in ("Arc", "Rc"))


def _declared(path: str, files: Files) -> Iterator[tuple[str, TypeTree]]:
    facts = files.outline(path)
    for defined in facts.types:
        yield from ((kept.name, kept.type) for kept in defined.fields if not kept.name.isdigit())
        if defined.target is not None:
            yield defined.name, defined.target
    yield from ((fn.name, fn.returns) for fn in facts.fns if fn.returns is not None)


def _asked_in(path: str, typed: Typed, words: frozenset[str], files: Files) -> str:
    """What is asked in one file of pointers that may be to the type, and where."""
    source = files.sources[path]
    with syntax.parsed(source) as tree:
        if tree.error() is not None:
            return ""
        functions = items.collect(tree.root).functions
        for found in ASKS.finditer(source):
            node = syntax.descendant(tree.root, Span(found.start(), found.end()))
            if any(_is_no_code(around) for around in (node, *ancestors(node))):
                continue
            function = function_at(node, functions)
            if _may_ask(node, function, path, typed, words, files):
                asked = found[1].decode()
                place = f"{path}:{line_at(source, found.start())}"
                return f"`{asked}` may be asked of it ({place})"
    return ""


def _may_ask(
    node: Node,
    function: Function | None,
    path: str,
    typed: Typed,
    words: frozenset[str],
    files: Files,
) -> bool:
    if function is None:
        return any(word in words for word in re.findall(r"\w+", text(node.file.order[0])))
    in_macro = any(h.type == "token_tree" for h in (node, *ancestors(node)))
    call = None if in_macro else _call_of(node)
    if call is None:
        return not _demands_one(node, function) and _named_in(function, words)
    site = Site(path, function, files)
    kinds = [type_of(given, site) for given in syntax.named(field(call, "arguments") or call)]
    known = [stripped(kind, files, ("&", "&mut")) for kind in kinds if kind is not None]
    if not known:
        return _named_in(function, words)
    return any(_points_to(kind, typed, function, files) for kind in known)


def _is_no_code(node: Node) -> bool:
    return node.type in syntax.COMMENTS or node.type.endswith("string_literal")


def _call_of(node: Node) -> Node | None:
    """The call whose function is the path that a node stands in."""
    path = node
    while path.parent is not None and path.parent.type in ("scoped_identifier", "generic_function"):
        path = path.parent
    call = path.parent
    is_callee = call is not None and call.type == "call_expression"
    return call if is_callee and path.field == "function" else None


def _points_to(pointer: Typed, typed: Typed, function: Function, files: Files) -> bool:
    """Whether a pointer is, or may be, one to the type."""
    inner, wanted = meant(pointer, files).inner(), stripped(typed, files)
    if inner is None:
        return True
    meaning = files.names.meaning(inner.tree.head, inner.path, inner.module)
    if meaning is not None or not inner.tree.head[:1].isupper():
        return same(inner, wanted, files)
    first, last = (
        re.escape(w.encode()) for w in (function.owner or function.name, wanted.tree.name)
    )
    holds = re.compile(rb"\b" + first + rb"\b[^;{}]*\b" + last + rb"\b")
    return any(files.words.holds(path, holds) for path in files.files_with(wanted.tree.name))


def _demands_one(node: Node, function: Function) -> bool:
    """Whether a test only says that two pointers are one."""
    macro = next((h for h in ancestors(node) if h.type == "macro_invocation"), None)
    return function.test and macro is not None and bool(SHARED_IS_FINE.match(text(macro)))


def _named_in(function: Function, words: frozenset[str]) -> bool:
    return any(word in words for word in re.findall(r"\w+", text(function.node)))
