"""Where a cap goes: the statements that bound a collection just before it grows.

Each form of growth was compiled in a fixture; whatever is not one of them is refused with a
reason. The key is tested behind `len() >= MAX`, so that it costs nothing below the bound, and
so that at the bound a key that is there already clears nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.cap.capacity import Bound, Memory, dependency
from rustfix_mem.rust.cap.sites import Site, constant, free_name, key_of, words
from rustfix_mem.rust.file.facts import GUARDS
from rustfix_mem.rust.whole.links import accessors
from rustfix_mem.rust.whole.types import is_clone, is_copy
from rustfix_mem.rust.write import indents, layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

__all__ = ["Bound", "Memory", "Refused", "cap"]

OWNED = frozenset(
    "clone cloned to_owned to_string copied is_none is_some len is_empty insert into_owned".split()
)


GUARD = re.compile(
    r"\.\s*(?:try_)?(?:blocking_)?(?:lock|read|write|borrow|borrow_mut|lock_arc|write_arc)\s*\(\s*\)"
)


AFTER_GUARD = re.compile(
    r"(?:\s*\.\s*(?:unwrap\(\)|await|expect\((?:[^()\"]|\"[^\"]*\")*\)|into_inner\(\)"
    r"|unwrap_or_else\([^()]*(?:\([^()]*\)[^()]*)*\))|\?)*"
)


REFUSALS = {
    "else-if": "it grows in the condition of an `else if`",
    "and-or": "it grows behind `&&` or `||`",
    "loop": "it grows in the head of a loop",
    "nested": "it grows inside an expression that has no place for a statement",
    "const": "it grows in an initialiser",
}


def cap(
    collection: Collection, growths: tuple[Here, ...], bound: Bound, files: Files
) -> tuple[Edit, ...]:
    """The edits that bound `collection`; raises `Refused`."""
    paths = {here.path for here in growths}
    if len(paths) > 1:
        raise Refused(f"it grows in {len(paths)} files, which would need a constant they share")
    path = growths[0].path
    facts, source = files.outline(path), files.sources[path]
    fns = [facts.fns[here.mention.fn] for here in growths]
    if len({fn.module for fn in fns}) > 1:
        raise Refused("it grows in more than one module of a file")
    package = files.reach(path).package
    named, edit = constant(collection, path, fns, bound, files)
    style = layout.style_of(source, files.rustfmt(path))
    evicts = bound.eviction == "arbitrary" and collection.family.startswith(("hash", "dash"))
    if evicts and not is_clone(collection.key, collection.path, collection.module, files):
        raise Refused(f"to evict one, its key `{collection.key}` would have to be `Clone`")
    makers = accessors(collection, files)
    lent = ("&",) if collection.is_concurrent else ()  # itself: no guard is needed to change it
    guards = frozenset(f.name for f in makers if f.returns and f.returns.name in (*GUARDS, *lent))
    edits = [edit] if edit is not None else []
    for here, fn in zip(growths, fns, strict=True):
        site = Site(
            here,
            collection,
            source,
            style,
            named,
            bound,
            package is not None and package.edition >= "2024" and _lets_chain(package.rust_version),
            _discard(files),
            guards,
            is_copy(collection.key, collection.path, collection.module, files),
            fn,
        )
        edits += _place(site)
    needed = dependency(path, files) if bound.memory is not None else ()
    return (*(Edit(path, e.span, style.lines(e.text)) for e in edits), *needed)


def _lets_chain(rust_version: str) -> bool:
    """Whether the compiler that the package asks for has let chains: 1.88, or it does not say."""
    numbers = re.findall(r"\d+", rust_version)[:2]
    return not numbers or tuple(map(int, numbers)) >= (1, 88)


def _discard(files: Files) -> str:
    """What goes before a call whose result nobody wants: rustc allows that unless it is told."""
    told = any(b"unused_results" in manifest for manifest in files.manifests.values())
    return "let _ = " if told or files.files_with("unused_results") else ""


def _place(site: Site) -> list[Edit]:
    slot = site.use.slot
    assert slot is not None
    if slot.form in REFUSALS:
        raise Refused(REFUSALS[slot.form])
    if site.use.method in ("extend", "append"):
        raise Refused(f"`{site.use.method}` adds many at once")
    receiver = _spoken_once(site.text(site.use.receiver))
    if PLAIN.fullmatch(receiver):
        return _direct(site, receiver)
    if not GUARD.search(receiver) and not _is_made(receiver, site):
        if "(" in receiver and not receiver.endswith(")"):
            raise Refused(f"`{receiver}` lies in what a call lends")
        if receiver.endswith("()") or "()." in receiver:
            raise Refused(f"`{receiver}` makes a guard that is not seen")
    return _temporary(site, receiver)


def _is_made(receiver: str, site: Site) -> bool:
    """Whether the receiver is a call, `self.pools()`, that is known to answer with a guard."""
    found = re.fullmatch(r"(?:[\w.:]*[.:])?(\w+)\([\w&. ,]*\)", receiver)
    return found is not None and found[1] in site.guards


PLAIN = re.compile(r"\(\*[\w.]+\)|[\w.#]+")
"""A receiver that may be said again: a place, an alias, or what an alias refers to."""


def _spoken_once(receiver: str) -> str:
    """The receiver on one line; raises `Refused` for one that must not be moved or said again."""
    if "//" in receiver or "/*" in receiver:
        raise Refused("a comment stands in what it is called on")
    if ("?" in receiver or receiver.startswith("(")) and not PLAIN.fullmatch(receiver):
        raise Refused(f"`{receiver}` cannot be said twice")
    return receiver if GUARD.search(receiver) else re.sub(r"\s*\n\s*", "", receiver)


def _direct(site: Site, receiver: str) -> list[Edit]:
    """The receiver is a place or an alias: the cap goes right before the statement."""
    slot, use = site.use.slot, site.use
    assert slot is not None
    start = slot.statement.start
    indent = layout.indent_at(site.source, start)
    key, hoisted, moved = key_of(site)
    if slot.form in ("arm", "closure"):
        inner = indent + site.style.unit
        body = indents.deeper(site.text(slot.statement), site.style.unit)
        if hoisted:
            raise Refused("its expression cannot be moved into a block")
        _must_be_movable(body)
        block = f"{{\n{inner}{_cap(site, receiver, key, inner)}\n{inner}{body}\n{indent}}}"
        return [Edit(site.here.path, _with_comma(site, slot.statement, slot.form), block)]
    if not _starts_line(site, start):
        raise Refused("its statement shares a line with another")
    before = f"{hoisted}\n{indent}" if hoisted else ""
    edits = [
        Edit(
            site.here.path,
            Span(start, start),
            f"{before}{_cap(site, receiver, key, indent)}\n{indent}",
        )
    ]
    if hoisted:
        edits.append(Edit(site.here.path, use.args[0], moved))
    return edits


def _must_be_movable(moved: str) -> None:
    if "\n" in moved and indents.immovable(moved):
        raise Refused("a comment over several lines would have to move")


def _starts_line(site: Site, offset: int) -> bool:
    return not site.source[:offset].rpartition(b"\n")[2].strip()


def _with_comma(site: Site, span: Span, form: str) -> Span:
    """An arm that becomes a block loses its comma, as rustfmt has it."""
    comma = form == "arm" and site.source[span.end : span.end + 1] == b","
    return Span(span.start, span.end + 1) if comma else span


def _cap(site: Site, receiver: str, key: str, indent: str) -> str:
    """The statement that makes room, without the first line's indent."""
    test = "contains" if site.collection.is_set else "contains_key"
    left = f"{receiver}.len() >= {site.constant}"
    right = f"!{receiver}.{test}({key})"
    inner = indent + site.style.unit
    if site.bound.eviction == "clear":
        made = f"{receiver}.clear();"
    else:
        return _evict(site, receiver, left, right, indent)
    return f"{layout.condition(indent, left, right, site.style)}\n{inner}{made}\n{indent}}}"


def _evict(site: Site, receiver: str, left: str, right: str, indent: str) -> str:
    """Room for one: the first of an ordered collection, whichever comes first of a hashed one."""
    inner = indent + site.style.unit
    head = layout.condition(indent, left, right, site.style)
    if site.collection.family.startswith("btree"):
        return f"{head}\n{inner}{site.discard}{receiver}.pop_first();\n{indent}}}"
    if site.collection.family.startswith("index"):
        return f"{head}\n{inner}{site.discard}{receiver}.shift_remove_index(0);\n{indent}}}"
    if site.collection.is_concurrent:  # in an `if let` its iterator would live on: a deadlock
        key = "*entry.key()" if site.copied else "entry.key().clone()"
        first = f"let evicted = {receiver}.iter().next().map(|entry| {key});"
        deep = inner + site.style.unit
        removed = f"{site.discard}{receiver}.remove(&evicted);"
        some = f"if let Some(evicted) = evicted {{\n{deep}{removed}\n{inner}}}"
        return f"{head}\n{inner}{first}\n{inner}{some}\n{indent}}}"
    keys = "iter()" if site.collection.is_set else "keys()"
    pick = f"let Some(evicted) = {receiver}.{keys}.next().cloned()"
    if site.chains:
        chained = f"if {left}\n{inner}&& {right}\n{inner}&& {pick}\n{indent}{{"
        return f"{chained}\n{inner}{site.discard}{receiver}.remove(&evicted);\n{indent}}}"
    deep = inner + site.style.unit
    removed = f"if {pick} {{\n{deep}{site.discard}{receiver}.remove(&evicted);\n{inner}}}"
    return f"{head}\n{inner}{removed}\n{indent}}}"


def _temporary(site: Site, receiver: str) -> list[Edit]:
    """The receiver makes a guard: it is given a name, so that the cap and the growth share it."""
    use, slot = site.use, site.use.slot
    assert slot is not None
    guard, fields = _split_guard(receiver)
    start, statement = slot.statement.start, site.text(slot.statement)
    indent = layout.indent_at(site.source, start)
    looked = use.lookup.key if use.lookup is not None else ""
    name = free_name(_local_name(site, fields), f"{statement.removeprefix(receiver)} {looked}")
    made = _is_made(guard, site) and not site.collection.is_concurrent
    mutable = "mut " if GUARD.search(guard) or made else ""
    key, hoisted, moved = key_of(site)
    rest = site.text(Span(use.receiver.end, slot.whole.end))
    if any(depth == 0 for _, depth in indents.comments(rest)):
        raise Refused("a comment stands in the chain that it is part of")
    _must_be_movable(rest)
    if slot.form not in ("arm", "closure") and not _starts_line(site, start):
        raise Refused("its statement shares a line with another")
    if hoisted:
        rest = rest.replace(site.text(use.args[0]), moved, 1)
    if slot.form in ("let", "return", "arg", "cond", "tail", "closure", "arm", "match"):
        _must_be_owned(site)
    lead = site.text(Span(slot.whole.start, use.receiver.start))

    def body(at: str) -> str:
        head, inner = _head(guard), f"{at}{site.style.unit}"
        before = len(f"let {mutable}{name} = ")
        chained = layout.chain(at, head, _steps(guard), site.style, before=before)
        flat = f"let {mutable}{name} = {chained};"
        bind = (
            flat
            if "\n" in chained or len(at) + len(flat) <= site.style.width
            else (f"let {mutable}{name} =\n{inner}{chained};")
        )
        first = f"{hoisted}\n{at}" if hoisted else ""
        grow = layout.chain(at, f"{lead}{name}", f"{fields}{rest}", site.style)
        return f"{first}{bind}\n{at}{_cap(site, f'{name}{fields}', key, at)}\n{at}{grow}"

    return _formed(site, body, indent)


def _formed(site: Site, body: Callable[[str], str], indent: str) -> list[Edit]:
    """The body put where the growth's form wants it."""
    slot, path = site.use.slot, site.here.path
    assert slot is not None
    inner = indent + site.style.unit
    statement, whole = slot.statement, slot.whole
    match slot.form:
        case "stmt":
            if _is_last(site, statement):
                return [Edit(path, whole, body(indent))]
            return [Edit(path, statement, f"{{\n{inner}{body(inner)};\n{indent}}}")]
        case "tail":
            return [Edit(path, whole, body(indent))]
        case "closure" | "arm":
            block = f"{{\n{inner}{body(inner)}\n{indent}}}"
            return [Edit(path, _with_comma(site, statement, slot.form), block)]
        case "let" | "return":
            return [Edit(path, whole, f"{{\n{inner}{body(inner)}\n{indent}}}")]
        case "cond":
            behind = site.text(Span(statement.start, site.fn.span.end))
            name = free_name("fresh", behind)
            made = f"let {name} = {{\n{inner}{body(inner)}\n{indent}}};\n{indent}"
            return [
                Edit(path, Span(statement.start, statement.start), made),
                Edit(path, whole, name),
            ]
    raise Refused("its guard would live longer than it does now")


def _must_be_owned(site: Site) -> None:
    """What leaves the block must not borrow from the guard."""
    slot = site.use.slot
    assert slot is not None
    copied = site.text(slot.whole).startswith("*")
    last = slot.suffix or site.use.method
    if last not in OWNED and not copied:
        raise Refused(f"what `{last}` answers may borrow from the guard")


def _split_guard(receiver: str) -> tuple[str, str]:
    """The part that makes the guard, and the fields behind it: `.cache`."""
    guards = list(GUARD.finditer(receiver))
    if not guards:
        return receiver, ""
    behind = AFTER_GUARD.match(receiver, guards[-1].end())
    end = behind.end() if behind else guards[-1].end()
    fields = receiver[end:]
    if fields and not re.fullmatch(r"(?:\s*\.\s*\w+)+", fields):
        raise Refused("what its guard leads to is borrowed from the guard")
    return receiver[:end], "".join(fields.split())


def _head(guard: str) -> str:
    return re.split(r"\s*\n?\s*\.(?=\w)", guard, maxsplit=1)[0] if "\n" in guard else guard


def _steps(guard: str) -> str:
    return guard[len(_head(guard)) :] if "\n" in guard else ""


KEYWORDS = frozenset(
    "as async await break const continue crate dyn else enum extern false fn for gen if impl in let"
    " loop match mod move mut pub ref return self static struct super trait true try type union"
    " unsafe use where while yield abstract become box do final macro override priv typeof"
    " unsized virtual".split()
)


def _local_name(site: Site, fields: str) -> str:
    """What the new local is called: the field or static; `guard` if a field lies behind it."""
    if fields:
        return "guard"
    name = "_".join(words(site.collection.name)).lower()
    return "entries" if name in KEYWORDS or not name.isidentifier() else name


def _is_last(site: Site, statement: Span) -> bool:
    """Whether nothing but the block's end follows, so that the guard dies there anyway."""
    return site.source[statement.end :].lstrip()[:1] == b"}"
