"""How long a value of a type lives: as long as the program, one call, or nobody can say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

MAX_OWNERS = 6
RING = "its owners form a ring"


@dataclass(frozen=True, slots=True)
class Life:
    """`span`: `long`, `unknown`, `short` or `unused`; `because` says by what.

    `sure` if a static surely keeps it.
    """

    span: str
    because: str
    sure: bool = False


def life_of(collection: Collection, files: Files) -> Life:
    """How long the collection lives."""
    if collection.static is not None:
        kind = "thread" if collection.static.scope == "thread_local" else "program"
        return Life("long", f"`{collection.name}` lives as long as the {kind}", sure=True)
    assert collection.owner is not None
    return _type_life(collection.owner, collection.path, files, frozenset())


def _type_life(owner: TypeDef, file: str, files: Files, seen: frozenset[str]) -> Life:
    identity = f"{file}::{owner.module}::{owner.name}"
    if identity in seen or len(seen) > MAX_OWNERS:
        return Life("unknown", RING)
    if identity in files.lives:
        return files.lives[identity]
    found = _found_life(owner, file, files, seen | {identity})
    if not seen or RING not in found.because:  # inside a ring, the answer depends on who asks
        files.lives[identity] = found
    return found


def _found_life(owner: TypeDef, file: str, files: Files, seen: frozenset[str]) -> Life:
    paths = [p for p in files.files_with(owner.name) if files.reach(p).state != "orphan"]
    files.prepare(paths)
    found = [
        *_statics(owner, file, paths, files),
        *_constructions(owner, file, paths, files),
    ]
    if not any(life.sure for life in found):
        found += _holders(owner, file, paths, files, seen)
    for span in ("long", "unknown", "short"):
        chosen = sorted((life for life in found if life.span == span), key=lambda x: not x.sure)
        if chosen:
            return chosen[0]
    seen_made = next(_perhaps_made(owner, paths, files), None)
    if seen_made is not None:
        return seen_made
    return Life("unused", f"nobody in this workspace makes a `{owner.name}` outside of tests")


def _is(head: str, owner: TypeDef, owner_file: str, path: str, module: str, files: Files) -> bool:
    last = head.rpartition("::")[2]
    if last != owner.name:
        renamed = [use for use in files.facts(path).uses if use.name == last]
        if not renamed or renamed[0].path.rpartition("::")[2] != owner.name:
            return False
    meaning = files.names.meaning(head, path, module)
    if meaning is None:  # not understood, so only a name that nobody else has will do
        return len(files.definitions(owner.name)) == 1
    return meaning.defined == owner and meaning.file == owner_file


def _statics(owner: TypeDef, file: str, paths: list[str], files: Files) -> list[Life]:
    return [
        Life("long", f"the static `{static.name}` holds a `{owner.name}`", sure=True)
        for path in paths
        if not _serves_tests(path, files)
        for static in files.facts(path).statics
        if not static.test and not static.constant
        if any(_is(t.head, owner, file, path, static.module, files) for t in static.type.walk())
    ]


def _serves_tests(path: str, files: Files) -> bool:
    """Whether a file is built for tests, benches, examples or the build alone."""
    reach = files.reach(path)
    return reach.test or reach.state in ("test", "bench", "example", "build")


def _holders(
    owner: TypeDef, file: str, paths: list[str], files: Files, seen: frozenset[str]
) -> list[Life]:
    """The lives of the types that have a field of this type."""
    found: list[Life] = []
    for path in paths:
        if files.reach(path).state in ("test", "bench", "example", "build"):
            continue
        for holder in files.facts(path).types:
            if holder.test or (holder == owner and path == file):
                continue
            kept = [
                f
                for f in holder.fields
                if any(_is(t.head, owner, file, path, holder.module, files) for t in f.type.walk())
            ]
            if kept and holder.lifetimes:
                because = f"`{holder.name}.{kept[0].name}` keeps it, and borrows: built per call"
                found.append(Life("short", because))
            elif kept:
                above = _type_life(holder, path, files, seen)
                because = f"`{holder.name}.{kept[0].name}` keeps it; {above.because}"
                found.append(Life(above.span, because, above.sure))
    return found


def _constructions(owner: TypeDef, file: str, paths: list[str], files: Files) -> list[Life]:
    found: list[Life] = []
    for path in paths:
        reached = files.reach(path)
        if reached.state in ("test", "bench", "example", "build") or reached.test:
            continue
        facts = files.facts(path)
        for made in facts.constructions:
            if made.test or not _is(made.type, owner, file, path, made.module, files):
                continue
            line = line_at(files.sources[path], made.span.start)
            where = f"`{facts.fns[made.fn].name}` ({path}:{line})"
            if made.fate.startswith("field:"):
                continue  # the type with the field answers
            if made.long:
                found.append(Life("long", f"{where} makes one and runs as long as the program"))
            elif made.fate == "local":
                found.append(Life("short", f"built per call: {where} makes one and drops it"))
            else:
                found.append(Life("unknown", f"{where} makes one and hands it on"))
    return found


def _perhaps_made(owner: TypeDef, paths: list[str], files: Files) -> Iterator[Life]:
    """Where one may be made unseen: in a static, a macro, by a type argument, by its own function.

    Of the text, and so only asked where nothing else is known.
    """
    name = re.escape(owner.name)
    argument = rf"::<[^;(){{}}]*\b{name}\b[^;(){{}}]*>|<{name}\s+as\b"
    written = re.compile(rf"\b{name}(?:::<[^;(){{}}]*>)?::[a-z_]\w*|{argument}")
    literal = re.compile(rf"{written.pattern}|\b{name}\s*\{{")
    for path in paths:
        reached, facts = files.reach(path), files.facts(path)
        if reached.state in ("test", "bench", "example", "build") or reached.test:
            continue
        for static in facts.statics:
            value = files.text(path, static.span).partition("=")[2]
            if not static.test and literal.search(value):
                yield Life("unknown", f"the static `{static.name}` makes one and hands it on")
        for fn in facts.fns:
            head, _, body = files.text(path, fn.span).partition("{")
            found = None if fn.test or fn.owner == owner.name else written.search(body)
            if found is not None:
                at = fn.span.start + len(f"{head}{{{body[: found.start()]}".encode())
                line = line_at(files.sources[path], at)
                said = " ".join(found[0].split())
                yield Life("unknown", f"`{fn.name}` ({path}:{line}) may make one: `{said}`")


def where(here: Here, files: Files) -> str:
    """`path:line` of a use, for people."""
    line = line_at(files.sources[here.path], here.use.span.start)
    return f"{here.path}:{line}"
