"""A function that frees what a static holds, where the program can load it again by itself.

A static is never dropped, so an `impl Drop` would never run, and `Vec::clear` keeps the memory: a
fresh value is assigned, the one that the static began with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file.statics import lock_of
from rustfix_mem.rust.verdict.state import STATE_WORDS, words_of
from rustfix_mem.rust.whole.exposure import is_open
from rustfix_mem.rust.write import layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef, Mention, StaticDef, TypeTree
    from rustfix_mem.rust.whole.files import Files

__all__ = ["Clearing", "Kept", "Refused", "clearing", "freed_by", "kept", "relied_on"]

MANY = frozenset(
    "Vec VecDeque HashMap BTreeMap HashSet BTreeSet IndexMap IndexSet BinaryHeap Bytes BytesMut"
    " FxHashMap FxHashSet".split()
)
"""What may hold any number of things."""

FRESH = re.compile(r"(?:\w+::)*[A-Z]\w*(?:::<[\w\s,:<>]*>)?::default\(\)|Default::default\(\)")
EMPTY = re.compile(
    r"(?:\w+::)*(?:Vec|VecDeque|HashMap|BTreeMap|HashSet|BTreeSet|IndexMap)::new\(\)|vec!\[\]"
)
CLEARS = re.compile(r"clear|reset|unload|forget|invalidate|free|drop|flush|empty|purge")
GUARD = re.compile(
    r"\s*\.\s*(?:write|lock)\(\)(?:\s*\.\s*(?:await|unwrap\(\)|expect\(\"[^\"]*\"\)"
    r"|unwrap_or_else\((?:\w+::)*\w+\)))?(?=\s*[;=])"
)


@dataclass(frozen=True, slots=True)
class Clearing:
    """A static that can be emptied: `loader` fills it again, `name` is the function to add."""

    static: StaticDef
    loader: FnDef
    name: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A static behind a lock that a function without arguments loads as a whole."""

    static: StaticDef
    loader: FnDef
    path: str


def kept(name: str, path: str, files: Files) -> Kept | None:
    """The static called `name` in a file, if it holds much and the program can load it again."""
    facts = files.outline(path)
    static = next((s for s in facts.statics if s.name == name and s.scope == "module"), None)
    lock = lock_of(static.type) if static is not None else None
    if static is None or lock is None or static.test:
        return None
    if not _holds_much(lock.args[0], path, static.module, files):
        return None
    loader = next(_loaders(static, path, files), None)
    return Kept(static, loader, path) if loader is not None else None


def _loaders(static: StaticDef, path: str, files: Files) -> Iterator[FnDef]:
    """Functions that take nothing and assign the whole value."""
    facts = files.outline(path)
    for mention in _mentions(static, path, files):
        if not mention.place.path and any(use.kind == "assign" for use in mention.uses):
            fn = facts.fns[mention.fn]
            free = not fn.params and not fn.owner and not mention.test
            filled = not NOTHING.search(_assigned(fn, path, files))
            if free and filled and not CLEARS.search(fn.name):
                yield fn


NOTHING = re.compile(r"(?:\bNone|::default\(\)|::new\(\)|vec!\[\])$")


def _assigned(fn: FnDef, path: str, files: Files) -> str:
    """What a function assigns through a `*`: its last such value."""
    found = re.findall(r"\*[\w.()\s]+?=\s*([^=;][^;]*);", files.text(path, fn.span))
    return str(found[-1]).strip() if found else "None"


def _mentions(static: StaticDef, path: str, files: Files) -> list[Mention]:
    return [
        mention
        for mention in files.facts(path).mentions
        if mention.place.base == "static" and mention.place.root == static.name and mention.fn >= 0
    ]


def _holds_much(tree: TypeTree, path: str, module: str, files: Files, depth: int = 0) -> bool:
    """Whether a value of the type may hold any number of things on the heap."""
    if tree.name in MANY:
        return True
    if depth > 3 or tree.head in ("&", "dyn", "fn", "*"):
        return False
    if any(_holds_much(inner, path, module, files, depth + 1) for inner in tree.args):
        return True
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is None or meaning.defined is None:
        return False
    defined = meaning.defined
    return any(
        _holds_much(field.type, meaning.file, defined.module, files, depth + 1)
        for field in defined.fields
    )


def freed_by(found: Kept, files: Files) -> str:
    """The function that frees it already; empty if none does."""
    facts = files.outline(found.path)
    for mention in _mentions(found.static, found.path, files):
        name = facts.fns[mention.fn].name
        emptied = any(use.kind == "clear" or use.method == "take" for use in mention.uses)
        if not mention.test and (emptied or CLEARS.search(name)):
            return name
    return ""


def relied_on(found: Kept) -> str:
    """The word that says that it is state: without it something would be allowed, or refused."""
    said = words_of(found.static.name)
    return next((word.strip("_") for word in STATE_WORDS if word in said), "")


def clearing(found: Kept, files: Files) -> Clearing:
    """The function that frees it, to stand behind the one that loads it; raises `Refused`."""
    static, loader, path = found.static, found.loader, found.path
    source = files.sources[path]
    name = f"clear_{static.name.lower()}"
    if any(fn.name == name and not fn.test for fn in files.outline(path).fns):
        raise Refused(f"`{name}` is there already")
    fresh = _fresh(static, path, files)
    _must_not_be_flagged(found, files)
    if loader.visibility != "pub" or loader.module or not is_open(path, files):
        raise Refused(f"nothing calls it, and nobody outside could: `{loader.name}` is private")
    guard, waits = _guard(found, files)
    if b"#[cfg" in source[max(0, loader.span.start - 300) : loader.span.start].rpartition(b"}")[2]:
        raise Refused(f"`{loader.name}` is compiled only under a `cfg`")
    style = layout.style_of(source, files.rustfmt(path))
    indent = layout.indent_at(source, loader.span.start)
    said = f"/// Frees what `{static.name}` holds;"
    told = f"until `{loader.name}` is called again, it is as at the start."
    lines = [
        f"{said} {told}" if len(indent) + len(said) + len(told) < style.width else f"{said}",
        *([] if len(indent) + len(said) + len(told) < style.width else [f"/// {told}"]),
        f"pub {'async ' if waits else ''}fn {name}() {{",
        f"{style.unit}*{static.name}{guard} = {fresh};",
        "}",
    ]
    written = "".join(f"\n{indent}{line}" for line in lines)
    edit = Edit(path, Span(loader.span.end, loader.span.end), style.lines(f"\n{written}"))
    return Clearing(static, loader, name, (edit,))


def _fresh(static: StaticDef, path: str, files: Files) -> str:
    """What the static began with, as an expression; raises `Refused`."""
    given = re.search(r"\b(?:Mutex|RwLock)::new\(\s*(.*)", static.value, re.DOTALL)
    for form in (FRESH, EMPTY) if given is not None else ():
        found = form.match(given[1]) if given is not None else None
        if given is not None and found is not None and given[1][found.end() :].lstrip()[:1] == ")":
            return found[0]
    if re.search(r"(?:\b(?:Mutex|RwLock)|\bDefault)::default\b", static.value):
        return "Default::default()"
    raise Refused(f"what `{static.name}` begins with is not evidently empty")


def _must_not_be_flagged(found: Kept, files: Files) -> None:
    """A flag beside it would still say that it is loaded."""
    facts = files.outline(found.path)
    others = [s.name for s in facts.statics if not s.constant and s.name != found.static.name]
    for mention in _mentions(found.static, found.path, files):
        if any(use.kind == "assign" for use in mention.uses):
            body = files.text(found.path, facts.fns[mention.fn].span)
            for other in others:
                if re.search(rf"\b{other}\b", body):
                    raise Refused(f"`{other}` is changed beside it, and may say that it is loaded")


def _guard(found: Kept, files: Files) -> tuple[str, bool]:
    """How the loader takes the lock, and whether it waits for it; raises `Refused`."""
    body = files.text(found.path, found.loader.span)
    said = re.search(rf"\b{found.static.name}\b", body)
    guard = GUARD.match(body, said.end()) if said is not None else None
    if guard is None:
        raise Refused(f"how `{found.loader.name}` takes the lock cannot be said again")
    written = re.sub(r"\s+", "", guard[0])
    return written, written.endswith(".await")
