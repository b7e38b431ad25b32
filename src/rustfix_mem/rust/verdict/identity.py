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
        compared = _of_self(source, found, path, around, files)
        if compared is None or not all(_are_apart(compared, one, files) for one in pointed):
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
        if given is not None and given[1].split(b",")[0].strip() == b"self":
            return _Typed(TypeTree(defined.name), path, defined.module)
        for field in defined.fields:
            if field.name in names and field.type.name in POINTERS and field.type.args:
                return _Typed(field.type.args[0], path, defined.module)
    return None


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
