"""Statics of one file that hold much: behind a lock, built twice, or copied at every call."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.syntax import span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import StaticDef, TypeTree
    from rustfix_mem.rust.file.items import Items
    from rustfix_mem.rust.file.syntax import Node

LAZY = frozenset("Lazy LazyLock LazyCell OnceCell OnceLock SyncLazy".split())
LOCKS = frozenset("Mutex RwLock".split())
BIG = frozenset(
    "Vec VecDeque HashMap BTreeMap HashSet BTreeSet IndexMap FxHashMap JsonValue Value".split()
)
"""What is copied as a whole, entry by entry, when it is cloned."""

GIANT = re.compile(
    r"\b(?:SyntaxSet|ThemeSet|HighlightingAssets|CoreBPE|Tokenizer|Jieba|FontSystem|Hyphenator"
    r"|LanguageDetector)::\w+(?=[()])|\b(?:cl100k_base|o200k_base|p50k_base|r50k_base)(?=[()])"
)
"""Calls that load megabytes: syntaxes, themes, tables of tokens, dictionaries, fonts."""


@dataclass(frozen=True, slots=True)
class Static:
    """One static worth a look. `kind`: `kept` (behind a lock, replaced as a whole), `giant` (made
    by the call in `by`), `copied` (cloned as a whole by the function in `by`), `crate` (made with
    `by`, `once_cell` or `lazy_static`)."""

    kind: str
    name: str
    span: Span
    by: str
    test: bool


def seen(root: Node) -> Iterator[Static]:
    """What a file's statics are worth saying of."""
    items = collect(root)
    for static in items.statics:
        crate = _crate(static, items)
        if crate:
            yield Static("crate", static.name, static.span, crate, static.test)
        if not static.constant:
            yield from _kept(static, root)
            yield from _giant(static)
            yield from _copied(static, items)


def _crate(static: StaticDef, items: Items) -> str:
    """The crate that a static is made with; empty for the standard library, or if it is unknown."""
    if static.scope == "lazy_static":
        return "lazy_static"
    written = static.type.head.removeprefix("::")
    if written.startswith("once_cell::"):
        return "once_cell"
    brought = [use.path.removeprefix("::") for use in items.uses if use.name == written]
    return "once_cell" if any(path.startswith("once_cell::") for path in brought) else ""


def lock_of(tree: TypeTree) -> TypeTree | None:
    """The lock that a static is, or that it makes when it is first used."""
    while tree.name in LAZY and tree.args:
        tree = tree.args[0]
    return tree if tree.name in LOCKS and tree.args else None


def _kept(static: StaticDef, root: Node) -> Iterator[Static]:
    if lock_of(static.type) is None or static.scope != "module":
        return
    assigned = rb"\*\s*(?:\w+|" + static.name.encode() + rb"\s*\.[\w.()?\s]*)\s*=[^=]"
    if re.search(assigned, root.file.source):
        yield Static("kept", static.name, static.span, "", static.test)


def _giant(static: StaticDef) -> Iterator[Static]:
    found = GIANT.search(static.value)
    if found is not None:
        yield Static("giant", static.name, static.span, found[0], static.test)


def _copied(static: StaticDef, items: Items) -> Iterator[Static]:
    """The functions that clone all of a static that never changes."""
    inner = static.type
    memo = inner.name in ("OnceLock", "OnceCell")  # a table may be cloned to be changed
    if not memo or len(inner.args) != 1 or inner.args[0].name not in BIG:
        return
    name = re.escape(static.name)
    direct = rf"\b{name}(?:\s*\.\s*get_or_init\([^;]*?\))?\s*\.\s*clone\(\)"
    for function in items.functions:
        body = text(function.body)
        if static.name not in body or function.name.startswith("default"):
            continue  # who is asked for a default must give one away
        alias = re.search(rf"\bSome\((\w+)\)\s*=\s*{name}\s*\.\s*get\(\)", body)
        again = rf"\b{alias[1]}\s*\.\s*clone\(\)" if alias is not None else direct
        found = re.search(direct, body) or re.search(again, body)
        if found is not None:
            at = span(function.body).start + len(body[: found.start()].encode())
            end = at + len(found[0].encode())
            yield Static("copied", static.name, Span(at, end), function.name, function.test)
