"""How long a value of a type lives: as long as the program, one call, or nobody can say."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem.rust.file.facts import Construction, FnDef, TypeDef, TypeTree
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

MAX_OWNERS = 6
RING = "its owners form a ring"
SPANS = ("long", "likely", "unknown", "short")
"""From the longest: the longest life that any of its makers and keepers gives it counts."""

LONG_LIVED = re.compile(
    r"(?:Server|Service|Daemon|Registry|Manager|Engine|Runtime|App|Application|Window|Renderer"
    r"|Agent|Scheduler|Supervisor|Hub|Pool|Controller|Database)(?:State|Inner|Data|Context|Impl)?$"
)
"""Names of types of which a program makes few, and keeps them. A net for what is not followed."""


@dataclass(frozen=True, slots=True)
class Life:
    """`span`: `long`, `likely`, `unknown`, `short` or `unused`; `because` says by what.

    `sure` if a static surely keeps it; `direct` if that is said of its own makers, not of those
    that make what keeps it.
    """

    span: str
    because: str
    sure: bool = False
    direct: bool = True


def life_of(collection: Collection, files: Files) -> Life:
    """How long the collection lives."""
    if collection.static is not None:
        kind = "thread" if collection.static.scope == "thread_local" else "program"
        return Life("long", f"`{collection.name}` lives as long as the {kind}", sure=True)
    assert collection.owner is not None
    return _type_life(collection.owner, collection.path, files, frozenset())


def _type_life(owner: TypeDef, file: str, files: Files, seen: frozenset[str]) -> Life:
    identity = _identity(owner, file)
    if identity in seen or len(seen) > MAX_OWNERS:
        return Life("unknown", RING)
    if identity in files.lives:
        return files.lives[identity]
    found = _found_life(owner, file, files, seen | {identity})
    if found.span == "unknown" and LONG_LIVED.search(owner.name):
        found = replace(found, span="likely")
    if not seen or RING not in found.because:  # inside a ring, the answer depends on who asks
        files.lives[identity] = found
    return found


def _identity(owner: TypeDef, file: str) -> str:
    return f"{file}::{owner.module}::{owner.name}"


def _found_life(owner: TypeDef, file: str, files: Files, seen: frozenset[str]) -> Life:
    paths = _naming(owner, file, files)
    files.prepare_outlines(paths)
    kept = _statics(owner, file, paths, files)
    if kept:
        return kept[0]
    holders = list(_holders(owner, file, paths, files))
    asked = [holder for holder in holders if _is_worth_asking(holder, files)]
    _foresee([(holder.type, holder.path) for holder in asked], files)
    held = [_held(holder, files, seen) for holder in holders]
    if sure := next((life for life in held if life.span == "long" and life.sure), None):
        return sure
    found = [*_constructions(owner, file, paths, files), *held]
    for span in SPANS:
        chosen = sorted((life for life in found if life.span == span), key=lambda x: not x.sure)
        if chosen:
            return chosen[0]
    seen_made = next(_perhaps_made(owner, paths, files), None)
    if seen_made is not None:
        return seen_made
    if bounds := _made_by_type(owner, file, files):
        return Life("unknown", f"who asks for any {bounds} may make one")
    return Life("unused", f"nobody in this workspace makes a `{owner.name}` outside of tests")


def _naming(owner: TypeDef, file: str, files: Files) -> list[str]:
    """The files of the workspace that name a type."""
    named = files.files_near(owner.name, file)
    return [path for path in named if files.reach(path).state != "orphan"]


def _foresee(types: Iterable[tuple[TypeDef, str]], files: Files) -> None:
    """Ask together where values of some types are made, for whoever asks of each."""
    new = [(one, at) for one, at in types if _identity(one, at) not in files.lives]
    named = [(one, _naming(one, at, files)) for one, at in new]
    files.prepare_outlines(path for _, paths in named for path in paths)
    makers = [(one, _makers(one, paths, files)) for one, paths in named]
    asked = [(paths, _names_in(one, paths, files)) for one, paths in makers]
    files.prepare_made((path, names) for paths, names in asked for path in paths)


def _is(head: str, owner: TypeDef, owner_file: str, path: str, module: str, files: Files) -> bool:
    last = head.rpartition("::")[2]
    if last != owner.name:
        renamed = [use for use in files.outline(path).uses if use.name == last]
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
        for static in files.outline(path).statics
        if not static.test and not static.constant
        if any(_is(t.head, owner, file, path, static.module, files) for t in static.type.walk())
    ]


def _serves_tests(path: str, files: Files) -> bool:
    """Whether a file is built for tests, benches, examples or the build alone."""
    reach = files.reach(path)
    return reach.test or reach.state in ("test", "bench", "example", "build")


@dataclass(frozen=True, slots=True)
class _Holder:
    """A type with a field of another."""

    type: TypeDef
    path: str
    field: str


def _holders(owner: TypeDef, file: str, paths: list[str], files: Files) -> Iterator[_Holder]:
    """The types that have a field of this type."""
    for path in paths:
        if files.reach(path).state in ("test", "bench", "example", "build"):
            continue
        for holder in files.outline(path).types:
            if holder.test or (holder == owner and path == file):
                continue
            for kept in holder.fields:
                inside = _owned(kept.type)
                if any(_is(t.head, owner, file, path, holder.module, files) for t in inside):
                    yield _Holder(holder, path, kept.name)
                    break


def _owned(tree: TypeTree) -> Iterator[TypeTree]:
    """A type, and those in it that a value of it keeps: what is behind a reference others keep."""
    if tree.head in ("&", "&mut") and tree.lifetime:
        return
    yield tree
    for inner in tree.args:
        yield from _owned(inner)


def _held(holder: _Holder, files: Files, seen: frozenset[str]) -> Life:
    """How long what a type keeps lives by it."""
    keeper = f"`{holder.type.name}.{holder.field}` keeps it"
    borrows = f"{keeper}, and borrows: it lives no longer than what it borrows"
    if not _is_worth_asking(holder, files):
        return Life("short", borrows, direct=False)
    above = _type_life(holder.type, holder.path, files, seen)
    if holder.type.lifetimes and above.span != "long":
        return Life("short", borrows, direct=False)
    return Life(above.span, f"{keeper}; {above.because}", above.sure, direct=False)


def _is_worth_asking(holder: _Holder, files: Files) -> bool:
    """Whether a holder may live long: one that borrows does so where a program's `main` makes it.

    Most that borrow are there for one call, and many others hold them.
    """
    targets = files.reach(holder.path).targets
    return not holder.type.lifetimes or any(target.kind == "bin" for target in targets)


def _names_for(owner: TypeDef, path: str, files: Files) -> set[str]:
    """What a type may be called in a file."""
    uses = files.outline(path).uses
    renamed = {use.name for use in uses if use.path.rpartition("::")[2] == owner.name}
    return {owner.name, *renamed} - {"*", "_"}


def _names_in(owner: TypeDef, paths: list[str], files: Files) -> set[str]:
    return {name for path in paths for name in _names_for(owner, path, files)}


_MAKES = (
    r"{name}(?<!\w{name})\s*(?:::\s*(?:<|[a-z_])|\{{|(?<=\s)as\b)",
    r"<\s*{name}\b[^;{{}}]*>\s*::",
)
"""How a file that makes one names it: with a function or fields, or by another name.

Each begins with what `re` finds without trying.
"""


def _makers(owner: TypeDef, paths: list[str], files: Files) -> list[str]:
    """The files that seem to make one, beside tests."""
    shown = [re.compile(one.format(name=re.escape(owner.name)).encode()) for one in _MAKES]
    return [
        path
        for path in paths
        if not _serves_tests(path, files) and any(files.words.holds(path, one) for one in shown)
    ]


def _constructions(owner: TypeDef, file: str, paths: list[str], files: Files) -> list[Life]:
    found: list[Life] = []
    paths = _makers(owner, paths, files)
    names = _names_in(owner, paths, files)
    files.prepare_made((path, names) for path in paths)
    for path in paths:
        facts = files.outline(path)
        for made in files.made(path, names):
            if made.test or not _is(made.type, owner, file, path, made.module, files):
                continue
            line = line_at(files.sources[path], made.span.start)
            where = f"`{facts.fns[made.fn].name}` ({path}:{line})"
            if made.fate.startswith("field:"):
                continue  # the type with the field answers
            if made.long:
                stays = _may_stay(made, facts.fns[made.fn], owner)
                runs = "as long as the program" if stays else "in a loop, which may end"
                span = "long" if stays else "unknown"
                found.append(Life(span, f"{where} makes one and runs {runs}"))
            elif made.fate in LOCAL and _is_asked_once(facts.fns[made.fn], path, files):
                found.append(Life("long", f"{where} makes one, and `main` asks it once"))
            elif made.fate in SERVING:
                what = "makes one, and keeps it while others send"
                found.append(Life(SERVING[made.fate], f"{where} {what}"))
            elif made.fate == "local":
                found.append(Life("short", f"built per call: {where} makes one and drops it"))
            elif made.fate == "kept" or _is_for_others(facts.fns[made.fn], owner, path, files):
                found.append(Life("likely", f"{where} makes one and hands it on"))
            else:
                found.append(Life("unknown", f"{where} makes one and hands it on"))
    return found


def _may_stay(made: Construction, fn: FnDef, owner: TypeDef) -> bool:
    """Whether a value stays for as long as its local: a parser that borrows loops over one text."""
    return not owner.lifetimes or made.fate == "spawned" or (fn.name == "main" and not fn.owner)


SERVING = {"served": "likely", "streamed": "unknown"}
"""How long lives what a worker makes before its loop, by what brings its work."""
LOCAL = ("local", *SERVING)
CALLED = re.compile(rb"\s*(?:::<|\()")
AGAIN = re.compile(rb"\b(?:loop|while|for)\b|\|")
"""What may come to the same statement again: a loop, or a closure."""


def _is_asked_once(fn: FnDef, path: str, files: Files) -> bool:
    """Whether all that ever calls a function is one statement of `main`, which comes to it once."""
    if fn.owner or fn.name == "main":
        return False
    found = [
        (other, at, called)
        for other in files.files_near(fn.name, path)
        for at, called in _mentions(fn.name, files.sources[other])
    ]
    if len(found) != 1 or not found[0][2]:
        return False
    where, at, _ = found[0]
    mains = [one for one in files.outline(where).fns if one.name == "main" and not one.owner]
    starts = [main.span.start for main in mains if main.span.start < at < main.span.end]
    return bool(starts) and AGAIN.search(files.sources[where], starts[0], at) is None


def _mentions(name: str, source: bytes) -> Iterator[tuple[int, bool]]:
    """Where a free function is named, but for its own head, imports and remarks; if to call it."""
    for found in re.finditer(rb"(?<![\w.])" + re.escape(name.encode()) + rb"\b", source):
        line = source[source.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        statement = line[line.rfind(b";") + 1 :].split()
        if statement[-1:] == [b"fn"] or b"//" in line or b"use" in statement:
            continue
        yield found.start(), CALLED.match(source, found.end()) is not None


STANDARD = frozenset(
    "Default Clone Debug Display Drop Deref DerefMut Iterator IntoIterator From Into TryFrom"
    " FromStr AsRef AsMut Borrow Index IndexMut PartialEq Eq PartialOrd Ord Hash Extend"
    " FromIterator Error Serialize Deserialize Write Read Add Sub Not Neg".split()
)
"""Traits that nobody makes a cache for."""


def _is_for_others(maker: FnDef, owner: TypeDef, path: str, files: Files) -> bool:
    """Whether a public function answers one, and nobody in the workspace asks for it."""
    answers = [] if maker.returns is None else list(maker.returns.walk())
    if maker.visibility != "pub" or not any(t.name in ("dyn", "impl", owner.name) for t in answers):
        return False
    before = rf"\.|\b(?:Self|{maker.owner})::" if maker.owner else r"(?<![\w.:])(?:[a-z_]\w*::)*"
    asked = re.compile(rf"(?<!fn )(?:{before}){re.escape(maker.name)}\s*\(".encode())
    called = re.compile(re.escape(maker.name).encode() + rb"\s*\(")  # a literal first: quick
    tests = [fn.span for fn in files.outline(path).fns if fn.test]
    for other in files.files_near(maker.name, path):
        if _serves_tests(other, files) or not called.search(files.sources[other]):
            continue
        for call in asked.finditer(files.sources[other]):
            if other != path or not any(t.start <= call.start() < t.end for t in tests):
                return False
    return True


def _made_by_type(owner: TypeDef, file: str, files: Files) -> str:
    """What of others a type parameter may be that makes one, in backticks; empty for nothing."""
    own = [fn for fn in files.outline(file).fns if fn.owner == owner.name and fn.trait]
    makers = [fn for fn in own if fn.trait not in STANDARD and _makes(fn, owner)]
    if makers:
        return f"`{min(fn.trait for fn in makers)}`"
    traits = {fn.trait for fn in own}
    if "Default" not in owner.derives and "Default" not in traits:
        return ""
    others = [trait for trait in traits if trait not in STANDARD]
    return f"`Default` that is `{min(others)}`" if others else ""


def _makes(fn: FnDef, owner: TypeDef) -> bool:
    """Whether a function answers one that it was not given."""
    answers = [] if fn.returns is None else list(fn.returns.walk())
    given = any(parameter.name == "self" for parameter in fn.params)
    return not given and any(one.name in ("Self", owner.name) for one in answers)


def _perhaps_made(owner: TypeDef, paths: list[str], files: Files) -> Iterator[Life]:
    """Where one may be made unseen: in a static, a macro, by a type argument, by its own function.

    Of the text, and so only asked where nothing else is known.
    """
    name = re.escape(owner.name)
    argument = rf"::<[^;(){{}}]*\b{name}\b[^;(){{}}]*>|<{name}\s+as\b"
    written = re.compile(rf"\b{name}(?:::<[^;(){{}}]*>)?::[a-z_]\w*|{argument}")
    literal = re.compile(rf"{written.pattern}|\b{name}\s*\{{")
    registered = re.compile(rf"(register\w*!)\s*[({{][^;{{}}]*\b{name}\b".encode())
    for path in paths:
        reached, facts = files.reach(path), files.outline(path)
        if reached.state in ("test", "bench", "example", "build") or reached.test:
            continue
        if files.words.holds(path, registered):
            macro = registered.search(files.sources[path])
            yield Life("likely", f"`{macro[1].decode() if macro else ''}` in {path} registers it")
        for static in facts.statics:
            value = files.text(path, static.span).partition("=")[2]
            if not static.test and literal.search(value):
                yield Life("likely", f"the static `{static.name}` makes one and hands it on")
        for fn in facts.fns:
            head, _, body = files.text(path, fn.span).partition("{")
            found = None if fn.test or fn.owner == owner.name else written.search(body)
            if found is not None:
                at = fn.span.start + len(f"{head}{{{body[: found.start()]}".encode())
                line = line_at(files.sources[path], at)
                said = " ".join(found[0].split())
                span = "likely" if _is_for_others(fn, owner, path, files) else "unknown"
                yield Life(span, f"`{fn.name}` ({path}:{line}) may make one: `{said}`")


def at_its_end(here: Here, collection: Collection, files: Files) -> bool:
    """Whether a use is in the `Drop` of the owner, when nobody else can have the collection.

    What is behind a pointer stays for the others that share it, and a drop of each may clear it.
    """
    place = here.mention.place
    if collection.owner is None or here.mention.fn < 0 or not here.sure:
        return False
    if {"&", "Arc", "Rc"} & set(collection.wrappers):
        return False
    fn = files.outline(here.path).fns[here.mention.fn]
    own = fn.trait == "Drop" and fn.owner == collection.owner.name
    return own and place.base == "self" and len(place.path) == 1


def where(here: Here, files: Files) -> str:
    """`path:line` of a use, for people."""
    line = line_at(files.sources[here.path], here.use.span.start)
    return f"{here.path}:{line}"
