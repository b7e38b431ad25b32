"""Guide 2.4 and 3.3: layouts that are kept for every width that a window ever had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    LeftAlone,
    growth,
    param,
    placement,
    removal,
    shipped,
    types,
    wide,
    widths,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem import Codebase, Edit, Gate, syntax


@dataclass(frozen=True, kw_only=True)
class WidthCache(Codemod):
    """Keep what was laid out for the last few widths, not for every width there ever was.

    A map from the width of a window to all that was laid out for it holds the whole content once
    for each width, and a window that is dragged has hundreds. Before it grows beyond `max-widths`
    it is emptied, and then the new width is put in: the one just made is never what goes. What is
    asked for again is laid out again.

    A map by width that nothing ever fills is deleted, with its initialisers, what only clears or
    asks it, and imports that nothing else needs.

    Before:

    ```rust
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};

    static PAGE_CACHE: LazyLock<Mutex<HashMap<u16, Vec<String>>>> = LazyLock::new(Default::default);

    /// The text as it stands in a window of that width.
    pub fn page(width: u16) -> Vec<String> {
        let mut pages = PAGE_CACHE.lock().unwrap();
        if let Some(page) = pages.get(&width) {
            return page.clone();
        }
        let page = vec!["~".repeat(usize::from(width)); 24];
        pages.insert(width, page.clone());
        page
    }
    ```

    After:

    ```rust
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex};

    static PAGE_CACHE: LazyLock<Mutex<HashMap<u16, Vec<String>>>> = LazyLock::new(Default::default);

    /// The most entries `PAGE_CACHE` holds before it is emptied to make room.
    const MAX_PAGE_CACHE_ENTRIES: usize = 3;

    /// The text as it stands in a window of that width.
    pub fn page(width: u16) -> Vec<String> {
        let mut pages = PAGE_CACHE.lock().unwrap();
        if let Some(page) = pages.get(&width) {
            return page.clone();
        }
        let page = vec!["~".repeat(usize::from(width)); 24];
        if pages.len() >= MAX_PAGE_CACHE_ENTRIES && !pages.contains_key(&width) {
            pages.clear();
        }
        pages.insert(width, page.clone());
        page
    }
    ```

    What is a width: the key is a number, or a pair of a width and a height, and where the map
    grows it is called so (`width`, `area.width`, `(cols, rows)`); the value is neither a number nor
    a short text. Of a map that nothing fills, its name has to say it. The width of a glyph, a
    column, a word or an integer is none: of those many are in use at once, and `cache-bounds` caps
    such a map at `max-entries`. All other questions are those of `cache-bounds`, which leaves to
    this codemod what is keyed by a width; so both may be applied to one branch, in any order.

    The guide (3.3) replaces the map by one slot beside a maximum number of widths. That compares a
    number of lines with a number of widths, deep-clones at every hit, and a `#[serde(skip)]` on a
    type without serde does not compile. On the code that it speaks of the map is dead, and is
    deleted. Evicting the smallest key instead of emptying the map may drop the width that has just
    been put in, and then the next frame lays everything out again; that is reported, not made.

    Why only `maybe-incorrect`: it compiles and answers the same, but a program that draws more than
    `max-widths` panes of different widths in one frame would lay them out again in each. How many
    there are a human has to say. Whether a field is only not filled yet, too.
    """

    guide: ClassVar[str] = "2.4, 3.3"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    gate: ClassVar[Gate] = (widths.GATE,)
    sight: ClassVar[type[Any] | None] = wide.Wide

    max_widths: int = param(
        3,
        help="for how many widths what is laid out may be kept",
        unit="widths",
        at_least=1,
        at_most=4_294_967_295,  # what `usize` holds on the smallest targets in use
    )

    @classmethod
    def look(cls, tree: syntax.Tree) -> Iterator[wide.Wide]:
        if (spoken := wide.spoken(tree.source)) is not None:
            yield spoken

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        paths = codebase.sights(type(self), wide.Wide)
        codebase.prepare_outlines(paths)
        kept = [one for path in paths for one in types.collections(path, codebase)]
        asked = widths.asked_about(kept, codebase)
        codebase.prepare_about((one.path, (one.name,)) for one in asked)
        kept = [one for one in kept if widths.passes(one, codebase)]
        growth.foresee(kept, codebase)
        for collection in kept:
            yield from self._said(collection, codebase)

    def _said(
        self, collection: types.Collection, codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        """What is said of one map; nothing of one that is not keyed by a width."""
        verdict = growth.judge(collection, codebase)
        width = widths.width(collection, verdict.growths, codebase)
        if width is None or not (verdict.growths or verdict.dead):
            return
        fine = _fine(verdict, width, codebase)
        evicted = widths.evicts_itself(verdict.growths, codebase)
        if fine == verdict.state and evicted is not None:
            yield _evicts_itself(collection, evicted)
        elif fine:
            yield LeftAlone(collection.path, collection.span, collection.item, fine)
        elif verdict.growths:
            yield self._capped(verdict, width.named, codebase)
        else:
            yield _dead(collection, codebase)

    def _capped(self, verdict: growth.Verdict, named: str, codebase: Codebase) -> Finding:
        here, item = verdict.growths[0], verdict.collection.item
        fix, why = None, verdict.against
        try:
            edits = () if why else self._cap(verdict, codebase)
        except placement.Refused as refused:
            edits, why = (), (f"cannot place a cap: {refused}",)
        if edits:
            why = tuple(dict.fromkeys((verdict.life.because, *verdict.unsure)))
            title = f"keep `{item}` for {self.max_widths} widths at most"
            fix = Fix(title, edits, Applicability.MAYBE_INCORRECT)
        offered = "" if fix else "; no fix is offered"
        return Finding(
            path=here.path,
            span=here.use.span,
            shape="width-keyed",
            item=item,
            message=f"`{item}` keeps what was laid out for every `{named}` there ever was{offered}",
            why=why,
            fix=fix,
        )

    def _cap(self, verdict: growth.Verdict, codebase: Codebase) -> tuple[Edit, ...]:
        bound = placement.Bound(self.max_widths, "clear")
        return placement.cap(verdict.collection, verdict.growths, bound, codebase)


def _fine(verdict: growth.Verdict, width: widths.Width, codebase: Codebase) -> tuple[str, ...]:
    """Why a map needs nothing done to it; empty if it does."""
    collection = verdict.collection
    tested = collection.owner or collection.static
    passed_over = shipped.passed_over(collection.path, tested is not None and tested.test, codebase)
    if codebase.reach(collection.path).state == "orphan":
        passed_over = "a file that rustc never sees"
    if passed_over or width.against:
        return (passed_over or width.against,)
    one = widths.stays_one(collection, codebase) if verdict.growths else ""
    return (one,) if one else verdict.state if verdict.growths else ()


def _evicts_itself(collection: types.Collection, evicted: widths.Evicted) -> Finding:
    return Finding(
        path=evicted.path,
        span=evicted.span,
        shape="evicts-itself",
        item=collection.item,
        message=f"`{collection.item}` may drop the width that it was just given",
        why=(f"`{evicted.by}` picks by the number, not by age, after the new one is put in",),
        help="make room before the new width is put in, or pick another than it",
    )


def _dead(collection: types.Collection, codebase: Codebase) -> Finding:
    why = ["never filled: nothing in this workspace puts anything in"]
    fix = None
    try:
        made = removal.remove(collection, codebase)
    except removal.Refused as refused:
        why.append(f"not deleted: {refused}")
    else:
        level = Applicability.MAYBE_INCORRECT
        title = f"delete `{collection.item}` and what only it needs"
        fix = Fix(title, made.edits, level, made.rests)
    return Finding(
        path=collection.path,
        span=collection.span,
        shape="dead",
        item=collection.item,
        message=f"`{collection.item}` is a cache by width that is never filled",
        why=tuple(why),
        help="" if fix else "delete it and what only clears it; a bound would change nothing",
        fix=fix,
    )
