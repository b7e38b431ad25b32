"""Whether it matters which of two equal values somebody holds: who compares their pointers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.whole.types import POINTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.names import Meaning
    from rustfix_mem.rust.whole.types import Collection

COMPARES = re.compile(
    rb"\bptr_eq\b|\baddr_eq\b|\bptr::eq\b|(?<!new_unchecked\()\b(?:Arc|Rc)::as_ptr\b"
    rb"|\bptr::from_ref\b(?=[^;\n]*[!=]= )"
)
CASTS = re.compile(
    rb"\bas \*const\b(?=(?:[\w:<>&'* ]|\(\)|\[\w+\])*\)?\s*[!=]="
    rb"(?!\s*(?:\d|[A-Z_\d]{2,}\b|(?:\w+::)*null)))"
)
"""What compares pointers with each other: not what a call answers that is given one."""
KIND = re.compile(rb"\b(Arc|Rc)\s*::\s*$")
OF_KIND = re.compile(rb"\b(Arc|Rc)\s*::\s*as_ptr\b")
GIVEN = re.compile(rb"\s*\(((?:[^();]|\((?:[^();]|\([^();]*\))*\))*)\)")
"""The arguments of a call, with parentheses in them two deep."""
OWN_FIELD = re.compile(rb"(?:^|,)\s*&?\s*self\s*\.\s*(\w+)\s*(?=,|$)")

NAMED = re.compile(rb"\s*&?\s*([a-z_]\w*)\s*")
"""An argument that is a name."""
LOOP = rb"\bfor\s+(?:\(\s*\w+\s*,\s*)?&?%s\)?\s+in\s+&?(?:mut\s+)?(\w+(?:\.[a-z_]\w*\b(?!\())*)"
"""A loop over a list, by the name of its element."""
UNTOLD = r"(?<![\w\"])%s\b(?!\"|\s*(?:::\s*)?<)"
"""A mention of a generic type that does not say of what it is."""

OPEN = ("dyn", "impl")
"""Heads of what may be any type."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """A type, and where it is written."""

    tree: TypeTree
    path: str
    module: str


def of_one_value(collection: Collection, files: Files) -> Iterator[str]:
    """Why a value may be known by its address, for what holds pointers."""
    kept = collection.value or collection.key
    shared = [t for t in kept.walk() if t.name in POINTERS or (t.head == "&" and not t.lifetime)]
    if not shared or (shared[0].head == "&" and shared[0].args[:1] == (TypeTree("str"),)):
        return
    if collection.is_set and kept in shared:
        yield f"an interner: it hands out one shared `{kept}` for equal ones"
        return
    package = files.reach(collection.path).package
    for pattern, literal in ((COMPARES, b"ptr"), (CASTS, b"*const")):
        for path in files.words.matching(pattern, literal):
            near = package is None or files.reach(path).package in (package, None)
            found = _compared(path, pattern, shared, collection, files) if near else ""
            if found:
                yield f"identity may matter: {path} compares pointers with `{found}`"
                return


def _compared(
    path: str,
    pattern: re.Pattern[bytes],
    shared: list[TypeTree],
    collection: Collection,
    files: Files,
) -> str:
    """What in a file compares pointers that may be such; empty if nothing does, tests apart.

    Who says neither what is kept nor the word for a pointer compares something else.
    """
    source, kept = files.sources[path], collection.value or collection.key
    said = "|".join(re.escape(tree.name) for tree in kept.walk() if tree.name[:1].isupper())
    if not re.search(rf"\b(?:Arc|Rc|{said or 'Arc'})\b".encode(), source):
        return ""
    inside = [one.args[0] if one.args else TypeTree("?") for one in shared]
    pointed = [_Typed(one, collection.path, collection.module) for one in inside]
    for found in pattern.finditer(source):
        line = source[source.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        around = [f for f in files.outline(path).fns if f.span.start <= found.start() < f.span.end]
        if b"//" in line or any(fn.test for fn in around):
            continue
        kinds = _kinds(source, found)
        if kinds and all(one.name in POINTERS and one.name not in kinds for one in shared):
            continue  # an `Rc` is never an `Arc`
        if around and _are_of_one_list(source, found, around[-1]):
            continue
        own = _of_self(source, found, path, around, files)
        compared = [own] if own is not None else _of_parameter(source, found, path, around, files)
        apart = all(_are_apart(mine, one, files) for mine in compared for one in pointed)
        if not (compared and apart):
            return found[0].decode()
    return ""


def _kinds(source: bytes, found: re.Match[bytes]) -> set[str]:
    """Of which sort the compared pointers are, `Arc` or `Rc`; nothing if that cannot be said."""
    said = KIND.search(source, max(0, found.start() - 40), found.start())
    given = GIVEN.match(source, found.end(), found.end() + 400)
    whole = found[0] + b" " + (given[1] if given is not None else b"")
    inside = [one[1] for one in OF_KIND.finditer(whole)]
    return {one.decode() for one in [*([said[1]] if said is not None else []), *inside]}


def _of_self(
    source: bytes, found: re.Match[bytes], path: str, around: list[FnDef], files: Files
) -> _Typed | None:
    """What `&self.field` points to, or the type of `self`, if that is what is compared."""
    given = GIVEN.match(source, found.end(), found.end() + 400)
    names = [one[1].decode() for one in OWN_FIELD.finditer(given[1])] if given is not None else []
    owners = {fn.owner for fn in around}
    for defined in files.outline(path).types:
        if defined.name not in owners:
            continue
        parts = given[1].split(b",") if given is not None else []
        if any(part.strip().lstrip(b"&*") == b"self" for part in parts):
            return _Typed(TypeTree(defined.name), path, defined.module)
        for field in defined.fields:
            if field.name in names and field.type.name in POINTERS and field.type.args:
                return _Typed(field.type.args[0], path, defined.module)
    return None


def _are_of_one_list(source: bytes, found: re.Match[bytes], fn: FnDef) -> bool:
    """Whether two elements of one list are compared, as loops do that pass over themselves."""
    given = GIVEN.match(source, found.end(), found.end() + 400)
    parts = [NAMED.fullmatch(part) for part in given[1].split(b",")] if given is not None else []
    lists = set[bytes]()
    for one in parts:
        looped = LOOP % re.escape(one[1]) if one is not None else rb"(?!)"
        before = list(re.finditer(looped, source[fn.span.start : found.start()]))
        lists.add(before[-1][1] if before else b"")
    return len(parts) == 2 and len(lists) == 1 and b"" not in lists


def _of_parameter(
    source: bytes, found: re.Match[bytes], path: str, around: list[FnDef], files: Files
) -> list[_Typed]:
    """What is compared, if an argument is a parameter: of a generic type all that it may be."""
    given = GIVEN.match(source, found.end(), found.end() + 400)
    if given is None or not around:
        return []
    fn = around[-1]
    named = [one for part in given[1].split(b",") if (one := NAMED.fullmatch(part)) is not None]
    for name in [one[1].decode() for one in named]:
        types = [parameter.type for parameter in fn.params if parameter.name == name]
        if types and not _is_bound_again(name, source[fn.span.start : fn.span.end]):
            kept = [t for t in types[0].walk() if t.name in POINTERS] or [types[0]]
            pointed = kept[0].args if kept[0].name in POINTERS or kept[0].head == "&" else ()
            return _instances(pointed[0], fn, path, files) if pointed else []
    return []


def _is_bound_again(name: str, body: bytes) -> bool:
    """Whether a function may give another value the name of its parameter."""
    binds = rf"(?:\blet\b[^=;]*|\bfor\b[^{{]*|\|[^|\n]*|\b(?:Some|Ok)\([^)]*)\b{name}\b"
    return re.search(binds.encode(), body) is not None


def _instances(tree: TypeTree, fn: FnDef, path: str, files: Files) -> list[_Typed]:
    """A type, or all that a type parameter of the owner of a function is ever given."""
    here = files.outline(path)
    owners = [one for one in here.types if one.name == fn.owner and tree.name in one.generics]
    if not owners:
        return [_Typed(tree, path, fn.module)]
    owner, found = owners[0], list[_Typed]()
    at = owner.generics.index(tree.name)
    untold = re.compile(UNTOLD % re.escape(owner.name))
    for other in files.files_near(owner.name, path):
        source = files.sources[other].decode("utf-8", "replace")
        lines = [line.partition("//")[0] for line in source.splitlines()]
        if any(untold.search(line) for line in lines if not line.lstrip().startswith("use ")):
            return []
        kept = [(one.module, f.type) for one in files.outline(other).types for f in one.fields]
        kept += [(one.module, p.type) for one in files.outline(other).fns for p in one.params]
        kept += [(one.module, one.type) for one in files.outline(other).statics]
        found += [
            _Typed(part.args[at], other, module)
            for module, whole in kept
            for part in whole.walk()
            if part.name == owner.name and len(part.args) == len(owner.generics)
        ]
    return found


def _are_apart(one: _Typed, other: _Typed, files: Files) -> bool:
    """Whether two types are surely not the same."""
    mine, theirs = _meant(one, files), _meant(other, files)
    if mine is None or theirs is None:
        return False
    if (mine.path, mine.file) != (theirs.path, theirs.file):
        return True
    return any(
        _are_apart(replace(one, tree=left), replace(other, tree=right), files)
        for left, right in zip(one.tree.args, other.tree.args, strict=False)
    )


def _meant(typed: _Typed, files: Files) -> Meaning | None:
    """What a type is, if that is known: no alias, no trait, no type parameter."""
    head = typed.tree.head
    meant = files.names.meaning(head, typed.path, typed.module) if head not in OPEN else None
    if meant is None or (meant.defined is not None and meant.defined.target is not None):
        return None
    return meant if meant.defined is not None or "::" in meant.path else None
