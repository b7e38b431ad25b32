"""What can be done about clones that are put behind new pointers; one answer for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import items, syntax
from rustfix_mem.rust.file.scopes import declaration
from rustfix_mem.rust.file.wraps import cloned
from rustfix_mem.rust.sharing import again, collapse, observers, plain, stable, uses, widen
from rustfix_mem.rust.sharing.subject import Needed
from rustfix_mem.rust.sharing.typed import shown
from rustfix_mem.rust.sharing.typing import Site
from rustfix_mem.rust.whole.accesses import function_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.file.wraps import Wrap
    from rustfix_mem.rust.sharing.observers import Observers
    from rustfix_mem.rust.sharing.typed import Typed
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Edit, Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one clone: edits, or why there are none."""

    path: str
    span: Span
    shape: str
    """`pair`, `parameter`, `second`, `loop`."""
    item: str
    """The function, with its type, and the local in it: `Sink::write.fallback`."""
    message: str
    title: str = ""
    edits: tuple[Edit, ...] = ()
    why: tuple[str, ...] = ()
    needed: bool = False
    """Whether the clone is needed, so that nothing is wrong."""
    sure: bool = False
    """Whether every call surely answers as before."""
    type: Typed | None = None
    """What is behind the pointer."""


@dataclass(frozen=True, slots=True)
class Made:
    """What to do about one clone."""

    type: Typed
    title: str
    edits: tuple[Edit, ...]
    doubt: str = ""
    """Why a human should look at it first."""


@dataclass(frozen=True, slots=True)
class Case:
    """One clone, where it stands, and who might notice that it is gone."""

    node: Node
    wrap: Wrap
    site: Site
    observers: Observers

    def demand_unnoticed(self, typed: Typed) -> None:
        """Raises `Refused` where it may matter that two have one value."""
        plain.demand(typed, self.site.files)
        self.observers.demand_none(typed)

    def doubt(self, typed: Typed) -> str:
        return observers.doubt(typed, self.site.files)


def judge(path: str, found: Sequence[Wrap], files: Files, asked: Observers) -> Iterator[Verdict]:
    """What can be done about each wrap of one file."""
    with syntax.parsed(files.sources[path]) as tree:
        try:
            functions = items.collect(tree.root).functions
        except RecursionError:  # what saw the wraps has looked at less of the file
            return
        done: dict[tuple[int, str], set[str]] = {}
        for wrap in sorted(found, key=lambda one: one.source != "pair"):
            node = syntax.descendant(tree.root, wrap.span)
            function, bound = function_at(node, functions), declaration(node, wrap.name)
            if function is None or function.test or cloned(node) is None:
                continue
            local = (bound.start_byte if bound is not None else -1, wrap.name)
            shapes = done.setdefault(local, set())
            for verdict in _judge(Case(node, wrap, Site(path, function, files), asked), shapes):
                shapes.add(ALL if verdict.edits and verdict.shape in OF_ALL else verdict.shape)
                yield verdict


OF_ALL = ("pair", "parameter")
"""What is done about one clone of a local is done about all."""
ALL = "all"


def _judge(case: Case, done: set[str]) -> Iterator[Verdict]:
    """The verdicts of one wrap; `done`: what was said of the same local."""
    if ALL in done:
        return
    node, wrap, site = case.node, case.wrap, case.site
    first = again.first_of(node, wrap.name, site)
    loop = again.loop_of(node, wrap.name)
    if wrap.source == "held":
        yield _tried(_held, "held", "is copied from one pointer to another", case)
    elif first is not None:
        second = partial(_second, let=first)
        yield _tried(second, "second", "is put behind a second pointer", case)
    elif wrap.source == "pair":
        yield _tried(_pair, "pair", f"is made to be cloned into `{wrap.given}`", case)
    elif wrap.source == "param" and "parameter" not in done:
        each = "is cloned behind a new pointer by every call"
        verdict = _tried(_parameter, "parameter", each, case)
        if loop is None or verdict.edits:
            yield verdict
            return
    if loop is not None and first is None and wrap.source in ("let", "param"):
        yield _tried(partial(_loop, loop=loop), "loop", "is cloned again each time round", case)


def _tried(attempt: Callable[[Case], Made], shape: str, message: str, case: Case) -> Verdict:
    site, wrap = case.site, case.wrap
    owner = f"{site.function.owner}::" if site.function.owner else ""
    item = f"{owner}{site.function.name}.{wrap.name}"
    verdict = Verdict(site.path, wrap.span, shape, item, f"`{wrap.name}` {message}")
    try:
        made = attempt(case)
        stable.demand(made.edits, site.files)
    except Refused as refused:
        return replace(verdict, why=(str(refused),), needed=isinstance(refused, Needed))
    why = (made.doubt,) if made.doubt else ()
    verdict = replace(verdict, title=made.title, edits=made.edits, type=made.type, why=why)
    return replace(verdict, sure=not why)


def _pair(case: Case) -> Made:
    name, site = case.wrap.name, case.site
    first = declaration(case.node, name)
    assert first is not None  # that is what made it a pair
    collapse.demand_unchanged(first)
    uses.demand_borrowed(first, name, site)
    typed = collapse.type_made(first, site)
    plain.demand(typed, site.files)
    pair = collapse.pair_of(case.node, name)
    edits = collapse.collapse(pair, typed, site)
    title = f"make `{pair.given}` at once"
    if not collapse.shares(edits[1:]):
        return Made(typed, title, edits)
    case.demand_unnoticed(typed)
    return Made(typed, title, edits, case.doubt(typed))


def _parameter(case: Case) -> Made:
    site, wrap = case.site, case.wrap
    subject = widen.subject_of(case.node, wrap.name, site)
    widen.demand_own(site)
    lent = widen.lent_by_callers(subject, site)
    widen.demand_plain(site)
    edits = (*widen.signature(subject, site), *lent)
    case.demand_unnoticed(subject.type)
    pointer = wrap.pointer.rpartition("::")[2]
    title = f"take `{wrap.name}` as `&{pointer}<{shown(subject.type.tree)}>`"
    return Made(subject.type, title, edits, case.doubt(subject.type))


def _second(case: Case, *, let: Node) -> Made:
    typed = again.type_held(case.node, case.wrap.name, case.site)
    edits = again.reuse(case.node, let, typed, case.site)
    case.demand_unnoticed(typed)
    return Made(typed, f"share the pointer to `{case.wrap.name}`", edits, case.doubt(typed))


def _loop(case: Case, *, loop: Node) -> Made:
    typed = again.type_held(case.node, case.wrap.name, case.site)
    edits = again.hoist(case.node, case.wrap.name, loop, typed, case.site)
    case.demand_unnoticed(typed)
    title = f"put `{case.wrap.name}` behind one pointer before the loop"
    return Made(typed, title, edits, "a loop that comes to no clone now makes one, too")


def _held(case: Case) -> Made:
    typed, edits = again.share_held(case.node, case.site)
    case.demand_unnoticed(typed)
    return Made(typed, f"share the pointer `{case.wrap.name}`", edits, case.doubt(typed))


def who_asks(files: Files) -> Observers:
    """Who asks how pointers are shared; made once for a codebase."""
    return observers.Observers(files)
