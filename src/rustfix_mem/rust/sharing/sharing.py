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
from rustfix_mem.rust.sharing.typing import Site, shown
from rustfix_mem.rust.whole.accesses import function_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.file.wraps import Wrap
    from rustfix_mem.rust.sharing.typing import Typed
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
    test: bool
    """Whether it is test code."""
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


def judge(path: str, found: Sequence[Wrap], files: Files) -> Iterator[Verdict]:
    """What can be done about each wrap of one file."""
    with syntax.parsed(files.sources[path]) as tree:
        functions = items.collect(tree.root).functions
        done: dict[tuple[int, str], set[str]] = {}
        for wrap in sorted(found, key=lambda one: one.source != "pair"):
            node = syntax.descendant(tree.root, wrap.span)
            function, bound = function_at(node, functions), declaration(node, wrap.name)
            if function is None or cloned(node) is None:
                continue
            local = (bound.start_byte if bound is not None else -1, wrap.name)
            shapes = done.setdefault(local, set())
            for verdict in _judge(node, wrap, Site(path, function, files), shapes):
                shapes.add(ALL if verdict.edits and verdict.shape in OF_ALL else verdict.shape)
                yield verdict


OF_ALL = ("pair", "parameter")
"""What is done about one clone of a local is done about all."""
ALL = "all"


def _judge(node: Node, wrap: Wrap, site: Site, done: set[str]) -> Iterator[Verdict]:
    """The verdicts of one wrap; `done`: what was said of the same local."""
    if ALL in done:
        return
    first = again.first_of(node, wrap.name, site)
    loop = again.loop_of(node, wrap.name)
    if wrap.source == "held":
        yield _tried(_held, "held", "is copied from one pointer to another", node, wrap, site)
    elif first is not None:
        second = partial(_second, let=first)
        yield _tried(second, "second", "is put behind a second pointer", node, wrap, site)
    elif wrap.source == "pair":
        yield _tried(_pair, "pair", f"is made to be cloned into `{wrap.given}`", node, wrap, site)
    elif wrap.source == "param" and "parameter" not in done:
        verdict = _tried(_parameter, "parameter", EACH_CALL, node, wrap, site)
        if loop is None or verdict.edits:
            yield verdict
            return
    if loop is not None and first is None and wrap.source in ("let", "param"):
        hoisted = partial(_loop, loop=loop)
        yield _tried(hoisted, "loop", "is cloned again each time round", node, wrap, site)


EACH_CALL = "is cloned behind a new pointer by every call"


def _tried(
    attempt: Callable[[Node, Wrap, Site], Made],
    shape: str,
    message: str,
    node: Node,
    wrap: Wrap,
    site: Site,
) -> Verdict:
    owner = f"{site.function.owner}::" if site.function.owner else ""
    item = f"{owner}{site.function.name}.{wrap.name}"
    verdict = Verdict(
        site.path, wrap.span, shape, item, f"`{wrap.name}` {message}", site.function.test
    )
    try:
        made = attempt(node, wrap, site)
        stable.demand(made.edits, site.files)
    except Refused as refused:
        return replace(verdict, why=(str(refused),), needed=isinstance(refused, uses.Needed))
    why = (made.doubt,) if made.doubt else ()
    verdict = replace(verdict, title=made.title, edits=made.edits, type=made.type, why=why)
    return replace(verdict, sure=not why)


def _pair(node: Node, wrap: Wrap, site: Site) -> Made:
    first = declaration(node, wrap.name)
    assert first is not None  # that is what made it a pair
    uses.demand_borrowed(first, wrap.name, site)
    typed = collapse.type_made(first, site)
    pair = collapse.pair_of(node, wrap.name)
    plain.demand(typed, site.files)
    edits = collapse.collapse(pair, typed, site)
    title = f"make `{pair.given}` at once"
    if not collapse.shares(edits[1:]):
        return Made(typed, title, edits)
    observers.demand_none(typed, site.files)
    return Made(typed, title, edits, observers.doubt(typed, site.files))


def _parameter(node: Node, wrap: Wrap, site: Site) -> Made:
    subject = widen.subject_of(node, wrap.name, site)
    widen.demand_own(site)
    lent = widen.lent_by_callers(subject, site)
    widen.demand_plain(site)
    plain.demand(subject.type, site.files)
    edits = (*widen.signature(subject, site), *lent)
    observers.demand_none(subject.type, site.files)
    title = (
        f"take `{wrap.name}` as `&{wrap.pointer.rpartition('::')[2]}<{shown(subject.type.tree)}>`"
    )
    return Made(subject.type, title, edits, observers.doubt(subject.type, site.files))


def _second(node: Node, wrap: Wrap, site: Site, *, let: Node) -> Made:
    typed = again.type_held(node, wrap.name, site)
    plain.demand(typed, site.files)
    edits = again.reuse(node, let, site)
    observers.demand_none(typed, site.files)
    title = f"share the pointer to `{wrap.name}`"
    return Made(typed, title, edits, observers.doubt(typed, site.files))


def _loop(node: Node, wrap: Wrap, site: Site, *, loop: Node) -> Made:
    typed = again.type_held(node, wrap.name, site)
    plain.demand(typed, site.files)
    edits = again.hoist(node, wrap.name, loop, site)
    observers.demand_none(typed, site.files)
    title = f"put `{wrap.name}` behind one pointer before the loop"
    return Made(typed, title, edits, "a loop that runs no time now makes one, too")


def _held(node: Node, wrap: Wrap, site: Site) -> Made:
    typed, edits = again.share_held(node, site)
    plain.demand(typed, site.files)
    observers.demand_none(typed, site.files)
    title = f"share the pointer `{wrap.name}`"
    return Made(typed, title, edits, observers.doubt(typed, site.files))
