"""Guide 2.1 and 3.1: caches that only grow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    Kind,
    LeftAlone,
    doubtful,
    growth,
    limits,
    numbers,
    param,
    pins,
    placement,
    preallocation,
    remarks,
    removal,
    shipped,
    skim,
    syntax,
    types,
    unbounded,
    widths,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rustfix_mem import Codebase, Gate


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

    What would gain nothing is left alone: what is made for one call or one request, what nothing
    says to live long, keys that are named after something of which there are few (users, tables,
    languages, the lines of a text), and what its comment calls bounded, or meant to grow.

    Entries may have a time to live. If the time in an entry is only compared, to say whether a hit
    is fresh, what is stale is computed again as a miss is, and the cache is capped. That is
    `maybe-incorrect`, since an answer that is made again early may be another one. If a hit hands
    the time out, or turns whoever asks away, it is state, and left alone.

    A field that is called a cache and that nothing ever fills is deleted, with its initialisers,
    what only clears or asks it, and imports that nothing else needs. If anything else names it, if
    a function would have nothing left to do, or if its type is part of a public interface or of a
    layout, it is only reported.

    A cache that is bounded, but takes the memory for its bound when it is made
    (`HashMap::with_capacity(max_entries)`), starts empty instead. That is a proposal, not a defect:
    it is shown to who names this codemod. It is left as it is if a comment says that it is meant,
    if all who are seen to make one ask for less than 1024 entries, or if anything may depend on the
    capacity: `capacity()`, unsafe code, an allocator, the order of a hasher that always hashes
    alike.

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
    bound to matter. Whether a field is only not filled yet, a human has to say too.

    Caches of libraries that are made without a bound (`lru`, `hashlink`, `moka`, `mini-moka`, and
    `#[cached]` by its version) are given `max-entries`, unless the code bounds them itself, or
    what they keep acts when it is dropped. That is `maybe-incorrect`.

    A number that a person wrote (a capacity, a time to live; a constant, a default, an argument)
    stays, however large: it is told, as a proposal, when it is far above the parameter. Give
    `--max-entries` or `--ttl-seconds`, and each that is larger is lowered to it, the comments
    beside it too; what else says the number, in tests, documents and settings, is listed. Numbers
    of time-outs, rates, permissions, files on disk and services elsewhere are left alone.

    A concurrent map (`DashMap`, `DashSet`) is bounded only where surely no entry is borrowed when
    it is cleared, which would deadlock; its bound is approximate, since threads may race.

    Also reported, never edited: a cache inside of the values of another collection, and a map of
    `Weak`s whose dead entries nothing removes.

    A map from the width of a window to what was laid out for it is left to `width-cache`: a
    thousand widths would be kept where a few are enough.

    What it cannot know: a `&mut` to the collection that is handed to code it does not follow, a
    macro that names it, a trait object; then it reports. A batch program that ends before the
    bound is reached gains nothing from it.
    """

    guide: ClassVar[str] = "2.1, 3.1"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    gate: ClassVar[Gate] = (*types.GATE, *limits.GATE, *unbounded.GATE)
    sight: ClassVar[type[Any] | None] = skim.Skim

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

    capacity: str = param(
        "fixed",
        help="`memory` allows as many as a share of the free memory holds, up to `max-entries`",
        choices=("fixed", "memory"),
    )
    memory_percent: int = param(
        5,
        help="the share of the free memory for one collection, with `capacity` = `memory`",
        unit="percent",
        at_least=1,
        at_most=100,
    )
    entry_bytes: int = param(
        64_000,
        help="what one entry is taken to hold, with `capacity` = `memory`",
        unit="bytes",
        at_least=1,
        at_most=4_294_967_295,
    )
    min_entries: int = param(
        16,
        help="the fewest entries, however little memory is free, with `capacity` = `memory`",
        unit="entries",
        at_least=1,
        at_most=4_294_967_295,
    )
    ttl_seconds: int = param(
        120,
        help="lower the times to live that the code says to this; they stay if it is not given",
        unit="seconds",
        at_least=1,
        at_most=31_536_000,  # a year
    )

    @classmethod
    def look(cls, tree: syntax.Tree) -> Iterator[skim.Skim]:
        seen = skim.skim(tree.source)
        yield replace(seen, told=numbers.told(tree)) if seen.sized or seen.made else seen

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        passed = codebase.passed(type(self))
        seen = {} if codebase.thorough else self._skims(codebase)
        worth = doubtful.doubtful(seen, codebase) if seen else None
        paths = _files(passed, codebase) if worth is None else [*worth]
        known = [path for path in passed if worth is None or path in seen]  # else it was skipped
        sized = [path for path in known if worth is None or self.given or seen[path].sized]
        made = [path for path in known if worth is None or seen[path].made]
        told = {path: one.told for path, one in seen.items() if one.told is not None}
        asked = [*sized, *made] if worth is not None else [*paths, *sized, *made]
        codebase.prepare(path for path in asked if path not in told)
        if worth is not None:
            types.foresee(worth, codebase)
        yield from self._collections(paths, worth, codebase)
        for path in sized:
            for limit in limits.limits(path, told.get(path) or codebase.facts(path), codebase):
                yield from self._limit(limit, codebase)
        for path in made:
            facts = told.get(path) or codebase.facts(path)
            for found in unbounded.unbounded(path, facts, self.max_entries, codebase):
                yield self._unbounded(found, codebase)

    def _skims(self, codebase: Codebase) -> dict[str, skim.Skim]:
        seen = codebase.sights(type(self), skim.Skim)
        return {path: one for path, (one,) in seen.items()}

    def _collections(
        self, paths: list[str], worth: Mapping[str, frozenset[str]] | None, codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        kept = {
            path: list(types.collections(path, codebase, None if worth is None else worth[path]))
            for path in paths
        }
        if worth is not None:
            every = [one for found in kept.values() for one in found]
            codebase.prepare_about(
                (path, [one.name for one in found]) for path, found in kept.items() if found
            )
            worthy = doubtful.worth_asking(every, codebase)
            kept = {path: [one for one in worthy if one.path == path] for path in kept}
        growth.foresee((one for found in kept.values() for one in found), codebase)
        for found in kept.values():
            said = [one for collection in found for one in self._said(collection, codebase)]
            yield from _once(said)

    def _said(
        self, collection: types.Collection, codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        path = collection.path
        tested = collection.owner or collection.static
        passed_over = shipped.passed_over(path, tested is not None and tested.test, codebase)
        if passed_over:
            yield LeftAlone(path, collection.span, collection.item, (passed_over,))
            return
        verdict = growth.judge(collection, codebase)
        orphan = codebase.reach(path).state == "orphan"
        if not orphan and verdict.named and verdict.growths:
            yield from _preallocated(collection, codebase)
        if orphan:
            if verdict.named:
                yield _orphan(verdict)
        elif _is_by_width(verdict, codebase):
            yield LeftAlone(path, collection.span, collection.item, (BY_WIDTH,))
        elif verdict.dead:
            yield _dead(verdict, codebase)
        elif verdict.hidden and verdict.smaller:
            yield LeftAlone(path, collection.span, collection.item, verdict.smaller)
        elif verdict.hidden:
            yield _hidden(verdict, codebase)
        elif verdict.inner and (verdict.state or not verdict.growths):
            yield _inside(verdict)
        elif verdict.stale:
            yield _stale(verdict)
        elif verdict.growths and verdict.state:
            yield LeftAlone(path, collection.span, collection.item, verdict.state)
        elif verdict.growths and verdict.against:
            yield _report(verdict, verdict.against)
        elif verdict.growths:
            yield self._fix(verdict, codebase)

    def _fix(self, verdict: growth.Verdict, codebase: Codebase) -> Finding:
        least = min(self.min_entries, self.max_entries)
        memory = placement.Memory(self.memory_percent, self.entry_bytes, least)
        bound = placement.Bound(
            self.max_entries, self.eviction, memory if self.capacity == "memory" else None
        )
        try:
            edits = placement.cap(verdict.collection, verdict.growths, bound, codebase)
        except placement.Refused as refused:
            return _report(verdict, (f"cannot place a cap: {refused}",))
        here, item = verdict.growths[0], verdict.collection.item
        sure = verdict.life.sure and not verdict.unsure
        told = any(verdict.life.because in reason for reason in verdict.unsure)
        why = [*verdict.unsure] if told else [verdict.life.because, *verdict.unsure]
        if any(edit.path != here.path for edit in edits):
            sure = False
            why.append("`sysinfo` is a new dependency")
        level = Applicability.MACHINE_APPLICABLE if sure else Applicability.MAYBE_INCORRECT
        return Finding(
            path=here.path,
            span=here.use.span,
            shape=verdict.shape,
            item=item,
            message=f"`{item}` grows with every new key{_shrinking(verdict)}",
            why=tuple(why),
            fix=Fix(f"cap `{item}` at {self.max_entries} entries", edits, level),
        )

    def _limit(self, limit: limits.Limit, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        """A number that a person wrote: lowered when asked, else told if it is far above."""
        timed = limit.counts == "seconds"
        parameter, most = (
            ("ttl-seconds", self.ttl_seconds) if timed else ("max-entries", self.max_entries)
        )
        asked = parameter in self.given
        if limit.amount <= (most if asked else most * FAR):
            return
        path, span = limit.path, limit.number.span
        if passed_over := shipped.passed_over(path, limit.number.test, codebase):
            yield LeftAlone(path, span, limit.item, (passed_over,))
        elif codebase.reach(path).state == "orphan":
            yield LeftAlone(path, span, limit.item, ("a file that rustc never sees",))
        elif against := limits.against(limit, codebase):
            yield LeftAlone(path, span, limit.item, against)
        else:
            finding = _told(limit, parameter, most)
            yield self._lowered(finding, limit, most, codebase) if asked else finding

    def _lowered(
        self, finding: Finding, limit: limits.Limit, most: int, codebase: Codebase
    ) -> Finding:
        pinned = pins.pins(limit, codebase)
        try:
            made = remarks.lowered(limit, most, codebase)
        except remarks.Refused as refused:
            return replace(finding, why=(f"cannot be lowered: {refused}", *pinned), help="")
        title = f"lower `{limit.item}` to {most} {limit.counts}"
        fix = Fix(title, made.edits, Applicability.MAYBE_INCORRECT)
        return replace(finding, why=(*pinned, *made.doubts), help="", fix=fix)

    def _unbounded(self, found: unbounded.Unbounded, codebase: Codebase) -> Finding | LeftAlone:
        passed_over = shipped.passed_over(found.path, found.test, codebase)
        if codebase.reach(found.path).state == "orphan":
            passed_over = "a file that rustc never sees"
        if passed_over or found.fine:
            fine = (passed_over,) if passed_over else found.fine
            return LeftAlone(found.path, found.span, found.item, fine)
        fix = Fix(
            f"bound `{found.item}` at {self.max_entries} entries",
            found.edits,
            Applicability.MAYBE_INCORRECT,
        )
        offered = "" if found.edits else "; no fix is offered"
        return Finding(
            path=found.path,
            span=found.span,
            shape="unbounded-library",
            item=found.item,
            message=f"`{found.item}` is kept by `{found.made_by}` without a bound{offered}",
            why=found.why,
            fix=fix if found.edits else None,
        )


def _told(limit: limits.Limit, parameter: str, most: int) -> Finding:
    timed = limit.counts == "seconds"
    amount = f"{limit.amount:g}" if limit.amount < MILLION else str(int(limit.amount))
    kept = f"for {amount} seconds" if timed else f"up to {amount} entries"
    return Finding(
        path=limit.path,
        span=limit.number.span,
        shape="time-to-live" if timed else "capacity",
        item=limit.item,
        message=f"`{limit.item}` lets a cache keep what it has {kept}",
        help=f"to lower it: `rustfix-mem apply cache-bounds --{parameter} {most}`",
        kind=Kind.PROPOSAL,
    )


BY_WIDTH = "keyed by the width of a window: that is for `width-cache`, which keeps fewer"


def _is_by_width(verdict: growth.Verdict, codebase: Codebase) -> bool:
    """Whether it is one of the maps that `width-cache` deletes or caps."""
    if not (verdict.growths or verdict.dead):
        return False
    width = widths.width(verdict.collection, verdict.growths, codebase)
    return width is not None and not width.against


FAR = 2
"""A number that nobody asked to lower is told from so many times the parameter on."""

MILLION = 1_000_000


def _once(said: list[Finding | LeftAlone]) -> Iterator[Finding | LeftAlone]:
    """All that is said of one file; but that rustc never sees the file is said once.

    Of two definitions of one type, each under its `cfg`, all is said once too.
    """
    orphaned = False
    for one in dict.fromkeys(said):
        if isinstance(one, Finding) and one.shape == "orphan":
            if orphaned:
                continue
            orphaned = True
        yield one


def _files(passed: tuple[str, ...], codebase: Codebase) -> list[str]:
    """The files that pass the gate, and those that name an alias of a collection."""
    aliases = [
        defined.name
        for path in passed
        for defined in codebase.outline(path).types
        if defined.target is not None
        and any(tree.name in types.FAMILIES for tree in defined.target.walk())
    ]
    renamed = [
        use.name
        for path in passed
        for use in codebase.outline(path).uses
        if use.path.rpartition("::")[2] in types.FAMILIES and use.name not in types.FAMILIES
    ]
    names = dict.fromkeys([*aliases, *renamed])
    users = [path for name in names if name != "_" for path in codebase.files_with(name)]
    return sorted(dict.fromkeys([*passed, *users]))


def _shrinking(verdict: growth.Verdict) -> str:
    """What a message says of how it becomes smaller: it is not trimmed, but may be emptied."""
    if not verdict.emptied:
        return " and never shrinks"
    names = " and ".join(f"`{name}`" for name in verdict.emptied)
    verb = "empties" if len(verdict.emptied) == 1 else "empty"
    return f"; only {names} {verb} it, as a whole"


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


def _hidden(verdict: growth.Verdict, codebase: Codebase) -> Finding:
    here, item = verdict.hidden[0], verdict.collection.item
    sure, why = growth.because(here, verdict.collection, codebase)
    grows = "grows with every new key; no fix is offered"
    seen = grows if sure else "is a cache that may grow where this tool cannot see"
    return Finding(
        path=here.path,
        span=here.use.span,
        shape="hidden-growth",
        item=item,
        message=f"`{item}` {seen}",
        why=(why,),
        help="look at what is done with it there, and cap it by hand if it only grows",
    )


def _inside(verdict: growth.Verdict) -> Finding:
    item = verdict.collection.item
    return Finding(
        path=verdict.collection.path,
        span=verdict.collection.span,
        shape="inner-growth",
        item=item,
        message=f"`{item}` holds a cache that grows with every new key; no fix is offered",
        why=(*verdict.inner, verdict.life.because),
        help="cap what grows inside by hand, where its value is at hand",
    )


def _stale(verdict: growth.Verdict) -> Finding:
    item = verdict.collection.item
    prune = "`.retain(|_, value| value.strong_count() > 0)`"
    return Finding(
        path=verdict.growths[0].path,
        span=verdict.growths[0].use.span,
        shape="dead-weak-entries",
        item=item,
        message=f"`{item}` keeps the keys of values that are gone",
        why=(*verdict.stale, verdict.life.because),
        help=f"prune it where it grows: {prune}",
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
    item = verdict.collection.item
    why = ["never filled: nothing in this workspace puts anything in"]
    fix = None
    try:
        made = removal.remove(verdict.collection, codebase)
    except removal.Refused as refused:
        why.append(f"not deleted: {refused}")
    else:
        also = _counted(made.statements, "statement") if made.statements else ""
        title = f"delete `{item}`" + (f" and {also} that only it needs" if also else "")
        fix = Fix(title, made.edits, Applicability.MAYBE_INCORRECT, made.rests)
    return Finding(
        path=verdict.collection.path,
        span=verdict.collection.span,
        shape="dead",
        item=item,
        message=f"`{item}` is a cache that is never filled",
        why=tuple(why),
        help="" if fix else "delete it and what only clears it; a bound would change nothing",
        fix=fix,
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _preallocated(
    collection: types.Collection, codebase: Codebase
) -> Iterator[Finding | LeftAlone]:
    """A cache that takes the memory for its maximum when it is made."""
    item = collection.item
    try:
        lean = preallocation.start_empty(collection, codebase)
    except preallocation.Refused as refused:
        reason = f"it takes the memory for its maximum at once, and keeps that: {refused}"
        yield LeftAlone(collection.path, collection.span, item, (reason,))
        return
    if lean is None:
        return
    asked = lean.requests
    why = [f"`{lean.bound}` bounds it: `{lean.limit}` is a maximum, not what it will hold"]
    if asked.most:
        who = f" at {asked.where}" if asked.where else ""
        each = f" of at least {lean.entry_bytes} bytes" if lean.entry_bytes else ""
        why.append(f"room for {asked.most} entries{each} is taken{who}, however few there will be")
    public = collection.visibility == "pub"  # code outside may ask for its capacity
    level = Applicability.MAYBE_INCORRECT if public else Applicability.MACHINE_APPLICABLE
    names = [item, *(f"{item.partition('.')[0]}.{name}" for name in lean.beside)]
    title = f"let {' and '.join(f'`{name}`' for name in names)} start empty"
    yield Finding(
        path=lean.path,
        span=lean.span,
        shape="preallocated",
        item=item,
        message=f"`{item}` takes the memory for its maximum when it is made",
        why=tuple(why),
        kind=Kind.PROPOSAL,
        fix=Fix(title, lean.edits, level, lean.rests),
    )
