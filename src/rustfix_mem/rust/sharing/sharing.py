"""What can be done about clones that are put behind new pointers; one answer for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import items, syntax
from rustfix_mem.rust.file.scopes import declaration
from rustfix_mem.rust.file.wraps import cloned
from rustfix_mem.rust.sharing import collapse, observers, plain, uses, widen
from rustfix_mem.rust.sharing.typing import Site
from rustfix_mem.rust.whole.accesses import function_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.file.wraps import Wrap
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
    sure: bool = True
    """Whether every call surely answers as before."""


def judge(path: str, found: Sequence[Wrap], files: Files) -> Iterator[Verdict]:
    """What can be done about each wrap of one file."""
    with syntax.parsed(files.sources[path]) as tree:
        functions = items.collect(tree.root).functions
        done: set[tuple[int, str]] = set()
        for wrap in sorted(found, key=lambda one: one.source != "pair"):
            node = syntax.descendant(tree.root, wrap.span)
            function = function_at(node, functions)
            if function is None or cloned(node) is None:
                continue
            bound = declaration(node, wrap.name)
            local = (bound.start_byte if bound is not None else -1, wrap.name)
            if local not in done:
                done.add(local)
                yield from _judge(node, wrap, Site(path, function, files))


def _judge(node: Node, wrap: Wrap, site: Site) -> Iterator[Verdict]:
    if wrap.source == "pair":
        yield _pair(node, wrap, site)
    elif wrap.source == "param":
        yield _parameter(node, wrap, site)


def _item(wrap: Wrap, function: Function) -> str:
    owner = f"{function.owner}::" if function.owner else ""
    return f"{owner}{function.name}.{wrap.name}"


def _pair(node: Node, wrap: Wrap, site: Site) -> Verdict:
    item = _item(wrap, site.function)
    message = f"`{item}` is made to be cloned into `{wrap.given}`"
    verdict = Verdict(site.path, wrap.span, "pair", item, message, site.function.test)
    try:
        pair = collapse.pair_of(node, wrap.name)
        typed = collapse.type_made(pair, site)
        plain.demand(typed, site.files)
        edits = collapse.collapse(pair, typed, site)
        if collapse.shares(edits[1:]):
            observers.demand_none(typed, site.files)
    except Refused as refused:
        return replace(verdict, why=(str(refused),), needed=isinstance(refused, uses.Needed))
    return replace(verdict, title=f"make `{pair.given}` at once", edits=edits)


def _parameter(node: Node, wrap: Wrap, site: Site) -> Verdict:
    item = _item(wrap, site.function)
    kind = wrap.pointer.rpartition("::")[2]
    message = f"`{item}` is cloned into a new `{kind}` by every call"
    verdict = Verdict(site.path, wrap.span, "parameter", item, message, site.function.test)
    try:
        subject = widen.subject_of(node, wrap.name, site)
        lent = widen.lent_by_callers(subject, site)
        plain.demand(subject.type, site.files)
        edits = (*widen.signature(subject, site), *lent)
        observers.demand_none(subject.type, site.files)
    except Refused as refused:
        return replace(verdict, why=(str(refused),), needed=isinstance(refused, uses.Needed))
    title = f"take `{wrap.name}` as `&{kind}<{subject.type.tree}>`"
    return replace(verdict, title=title, edits=edits)
