"""Guide 2.1 and 3.1: caches that only grow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    LeftAlone,
    growth,
    param,
    placement,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem import Codebase

VENDORED = re.compile(r"(?:^|/)(?:vendor|vendored|third[-_]party)/")
TESTING = re.compile(r"(?:^|/)(?:tests?|benches|examples|fuzz)/")
NOT_BUILT = {
    "test": "test code: it does not run for hours",
    "bench": "a benchmark: it does not run for hours",
    "example": "an example: it does not run for hours",
    "build": "a build script: it does not run for hours",
    "outside": "its package is in no workspace of this repository",
}


@dataclass(frozen=True, kw_only=True)
class CacheBounds(Codemod):
    """Cap caches that grow without a bound.

    A map that remembers what was computed, in something that lives as long as the program, grows
    with every new key. Before it grows beyond its bound it is emptied: what is asked for again is
    computed again. Nothing else changes, no dependency is added, and no type is.

    It is sure of seven things before it edits: rustc sees the file; every read copes with a miss
    by computing the value again; dropping a value does nothing else; something from outside is
    put in; nothing bounds it yet; its owner lives long; and the cap can be placed where it grows,
    under the right lock and before the key is moved. Whatever fails only some of these is
    reported with every reason, and left as it is.

    Before:

    ```rust
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};

    static WIDTHS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Default::default);

    /// The width of `text` on screen.
    pub fn cached_width(text: &str) -> usize {
        let mut cache = WIDTHS.lock().unwrap();
        if let Some(width) = cache.get(text) {
            return *width;
        }
        let width = text.chars().count();
        cache.insert(text.to_string(), width);
        width
    }
    ```

    After:

    ```rust
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};

    static WIDTHS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Default::default);

    /// The most entries `WIDTHS` holds before it is emptied to make room.
    const MAX_WIDTHS_ENTRIES: usize = 1000;

    /// The width of `text` on screen.
    pub fn cached_width(text: &str) -> usize {
        let mut cache = WIDTHS.lock().unwrap();
        if let Some(width) = cache.get(text) {
            return *width;
        }
        let width = text.chars().count();
        if cache.len() >= MAX_WIDTHS_ENTRIES && !cache.contains_key(text) {
            cache.clear();
        }
        cache.insert(text.to_string(), width);
        width
    }
    ```

    Why not always `machine-applicable`: a fix has that level only where a static or a thread
    local surely keeps the collection and every type of its values is known. Elsewhere the code
    compiles and answers the same, but a human should say that the owner lives long enough for a
    bound to matter.

    What it cannot know: a `&mut` to the collection that is handed to code it does not follow, a
    macro that names it, a trait object; then it reports. A batch program that ends before the
    bound is reached gains nothing from it.
    """

    guide: ClassVar[str] = "2.1, 3.1"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    gate: ClassVar[tuple[bytes, ...]] = types.GATE

    max_entries: int = param(
        1000,
        help="the most entries that one collection may hold",
        unit="entries",
        at_least=1,
        at_most=4_294_967_295,  # what `usize` holds on the smallest targets in use
    )
    eviction: str = param(
        "clear",
        help="what makes room: `clear` empties the collection, `arbitrary` drops one entry",
        choices=("clear", "arbitrary"),
    )

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        paths = _files(codebase)
        codebase.prepare(paths)
        kept = {path: tuple(types.collections(path, codebase)) for path in paths}
        growth.foresee((one for found in kept.values() for one in found), codebase)
        for found in kept.values():
            said = [one for collection in found for one in self._said(collection, codebase)]
            yield from _one_if_orphan(said)

    def _said(
        self, collection: types.Collection, codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        path = collection.path
        tested = collection.owner or collection.static
        state = codebase.reach(path).state
        if (tested is not None and tested.test) or codebase.reach(path).test:
            state = "test"
        package = codebase.reach(path).package
        if codebase.serves_tests(package) or (package and TESTING.search(f"{package.folder}/")):
            state = "test"
        if state in NOT_BUILT:
            yield LeftAlone(path, collection.span, collection.item, (NOT_BUILT[state],))
            return
        if VENDORED.search(path):
            yield LeftAlone(path, collection.span, collection.item, ("vendored code",))
            return
        if codebase.facts(path).generated:
            yield LeftAlone(path, collection.span, collection.item, ("generated code",))
            return
        verdict = growth.judge(collection, codebase)
        if state == "orphan":
            if verdict.named:
                yield _orphan(verdict)
        elif verdict.dead:
            yield _dead(verdict, codebase)
        elif verdict.hidden:
            yield _hidden(verdict)
        elif verdict.growths and verdict.state:
            yield LeftAlone(path, collection.span, collection.item, verdict.state)
        elif verdict.growths and verdict.against:
            yield _report(verdict, verdict.against)
        elif verdict.growths:
            yield self._fix(verdict, codebase)

    def _fix(self, verdict: growth.Verdict, codebase: Codebase) -> Finding:
        bound = placement.Bound(self.max_entries, self.eviction)
        try:
            edits = placement.cap(verdict.collection, verdict.growths, bound, codebase)
        except placement.Refused as refused:
            return _report(verdict, (f"cannot place a cap: {refused}",))
        here, item = verdict.growths[0], verdict.collection.item
        sure = verdict.life.sure and not verdict.unsure
        level = Applicability.MACHINE_APPLICABLE if sure else Applicability.MAYBE_INCORRECT
        return Finding(
            path=here.path,
            span=here.use.span,
            shape=verdict.shape,
            item=item,
            message=f"`{item}` grows with every new key and never shrinks",
            why=(verdict.life.because, *(w for w in verdict.unsure if w != verdict.life.because)),
            fix=Fix(f"cap `{item}` at {self.max_entries} entries", edits, level),
        )


def _one_if_orphan(said: list[Finding | LeftAlone]) -> Iterator[Finding | LeftAlone]:
    """All that is said of one file; but that rustc never sees the file is said once."""
    orphaned = False
    for one in said:
        if isinstance(one, Finding) and one.shape == "orphan":
            if orphaned:
                continue
            orphaned = True
        yield one


def _files(codebase: Codebase) -> list[str]:
    """The files that pass the gate, and those that name an alias of a collection."""
    aliases = [
        defined.name
        for path in codebase.passed
        for defined in codebase.facts(path).types
        if defined.target is not None
        and any(tree.name in types.FAMILIES for tree in defined.target.walk())
    ]
    renamed = [
        use.name
        for path in codebase.passed
        for use in codebase.facts(path).uses
        if use.path.rpartition("::")[2] in types.FAMILIES and use.name not in types.FAMILIES
    ]
    names = dict.fromkeys([*aliases, *renamed])
    users = [path for name in names if name != "_" for path in codebase.files_with(name)]
    return sorted(dict.fromkeys([*codebase.passed, *users]))


def _report(verdict: growth.Verdict, why: tuple[str, ...]) -> Finding:
    here, item = verdict.growths[0], verdict.collection.item
    return Finding(
        path=here.path,
        span=here.use.span,
        shape=verdict.shape,
        item=item,
        message=f"`{item}` grows with every new key; no fix is offered",
        why=why,
    )


def _hidden(verdict: growth.Verdict) -> Finding:
    here, item = verdict.hidden[0], verdict.collection.item
    named = here.use.kind == "token"
    why = (
        f"named in a macro that is not read: `{here.use.method}!`"
        if named
        else (f"passed on to a call that is not followed: `{here.use.method}`")
    )
    return Finding(
        path=here.path,
        span=here.use.span,
        shape="hidden-growth",
        item=item,
        message=f"`{item}` is a cache that may grow where this tool cannot see",
        why=(why,),
        help="look at what is done with it there, and cap it by hand if it only grows",
    )


def _orphan(verdict: growth.Verdict) -> Finding:
    return Finding(
        path=verdict.collection.path,
        span=verdict.collection.span,
        shape="orphan",
        item=verdict.collection.item,
        message=f"`{verdict.collection.item}` is a cache in a file that rustc never sees",
        why=("not reached by any `mod`",),
        help="delete the file, or declare it with `mod`",
    )


def _dead(verdict: growth.Verdict, codebase: Codebase) -> Finding:
    collection = verdict.collection
    package = codebase.reach(collection.path).package
    why = ["never filled: nothing in this workspace puts anything in"]
    if collection.visibility == "pub" and package is not None and package.published:
        why.append("it is `pub` in a package that may be published: code outside could fill it")
    return Finding(
        path=collection.path,
        span=collection.span,
        shape="dead",
        item=collection.item,
        message=f"`{collection.item}` is a cache that is never filled",
        why=tuple(why),
        help="delete the field and what only clears it; a bound would change nothing",
    )
