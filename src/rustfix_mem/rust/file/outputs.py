"""Where a file reads what a process prints, whole, and what it does with that."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.buffers import let_of, room_of
from rustfix_mem.rust.file.chunks import decoding
from rustfix_mem.rust.file.frames import Frame, frames
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.kept_lines import kept_lines
from rustfix_mem.rust.file.kept_lists import collected
from rustfix_mem.rust.file.kept_shared import Known, kept_shared
from rustfix_mem.rust.file.kept_tokens import kept_in_macros
from rustfix_mem.rust.file.origins import origin
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.process_reads import Drain, Growth, ProcessRead
from rustfix_mem.rust.file.purposes import Purpose, purposes
from rustfix_mem.rust.file.queues import Queue, queues
from rustfix_mem.rust.file.read_loops import (
    GATHERS,
    counts,
    form_of,
    read_into,
    slice_of,
)
from rustfix_mem.rust.file.readers import ODD, borrow, chain, is_imported, library
from rustfix_mem.rust.file.scopes import method_call
from rustfix_mem.rust.file.scrollbacks import Partial, partials
from rustfix_mem.rust.file.shells import ShellOutput, shells
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, span, text
from rustfix_mem.rust.file.waits import ASIDE, ASKS, WAITS, is_late, is_late_by_macro
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.kept_lines import Kept
    from rustfix_mem.rust.file.origins import Origin
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node, Tree

GATE: tuple[bytes | re.Pattern[bytes], ...] = (
    b"try_clone_reader",
    b"ChildStdout",
    b"ChildStderr",
    re.compile(rb"stdout\s*\.\s*(?:take|as_mut|unwrap|expect|ok_or\w*)\s*\("),
    re.compile(rb"stderr\s*\.\s*(?:take|as_mut|unwrap|expect|ok_or\w*)\s*\("),
    re.compile(rb"\.\s*take_std(?:out|err)\s*\("),
    re.compile(rb"mem::take\(&mut self\.\w*(?:partial|pending|line|tail|rest|remainder)"),
    re.compile(rb"\"(?:-l?c|/[cC]|-Command)\""),
)
"""What a file holds that reads what processes print, or keeps what they printed."""

WHOLE = {"read_to_end": ("read-to-end", "bytes"), "read_to_string": ("read-to-string", "text")}
ELSEWHERE = "what it is gathered in is not made where it is read"
NO_PLACE = "the expression that it is part of has no place for a statement"
LATE = "it is read only when the process has ended, which one that fills the pipe never does"
BY_LINES = "it is kept line by line, and nothing in the loop bounds how much"
AT_ONCE = "all its lines are collected, and nothing bounds how many"
AT_THE_END = "the pipe of a process that has ended holds little: `try_wait`"
IN_TURN = "one pipe is read to its end before the other: a process that fills the other hangs"


@dataclass(frozen=True, slots=True)
class _Site:
    """A call that reads, with where it stands and the buffer that it fills in the end."""

    node: Node
    of: Origin
    buffer: Node
    function: Function
    items: Items
    let: Node | None = None
    """What makes the buffer, if that is no `let` that makes it empty."""

    def fact(self, shape: str, form: str) -> ProcessRead:
        let, function = self.let or let_of(self.buffer), self.function
        name = f"{function.owner}::{function.name}" if function.owner else function.name
        late = LATE if self._is_late() else ""
        return ProcessRead(
            shape=shape,
            pipe=self.of.pipe,
            child=self.of.child,
            item=name,
            span=span(self.node),
            fn=span(function.node),
            home=function.home,
            module=function.module,
            test=function.test,
            library=library(self.node, function, self.items),
            imported=is_imported(self.node),
            buffer=text(self.buffer),
            purposes=tuple(purposes(let, function, self.items, form)) if let is not None else (),
            room=room_of(let) if let is not None else None,
            hitch=late if let is not None else ELSEWHERE,
            bounded=AT_THE_END if not late and is_late(self.node, function, (ASKS,)) else "",
        )

    def _is_late(self) -> bool:
        call, node, function = method_call(self.node), self.node, self.function
        read = call.receiver if call is not None else node
        reader = text(read) if read.type == "identifier" else self.of.pipe
        return is_late(node, function, WAITS) or is_late_by_macro(
            node, reader, self.of.child, function
        )


def reads(items: Items) -> Iterator[ProcessRead]:
    """Every place of a file where the output of a process is gathered."""
    shared: Known = {}
    for function in items.functions:
        nodes: list[Node] = []
        found: list[ProcessRead] = []
        for node in own_nodes(function.body):
            if node.type == "macro_invocation":
                yield from _in_macro(node, function, items)
            if (made := _decoded(node, function, items)) is not None:
                yield made
            if (made := _read(node, function, items)) is not None:
                nodes.append(node)
                found.append(made)
        for kept in (
            *kept_lines(function, items),
            *collected(function, items),
            *kept_shared(function, items, shared),
        ):
            nodes.append(kept.node)
            found.append(_by_lines(kept, function, items))
        for kept in kept_in_macros(function, items):
            made = _by_lines(kept, function, items)
            known = tuple(p for p in made.purposes if p.what not in IN_MACROS)
            yield replace(made, purposes=known)
        yield from _in_turn(nodes, found)


IN_MACROS = ("`select!`", "`select_biased!`")
"""Ends in the tokens in which a buffer grows."""


def _by_lines(kept: Kept, function: Function, items: Items) -> ProcessRead:
    """A loop that keeps every line of a pipe: it is told, and not edited."""
    site = _Site(kept.node, kept.of, kept.buffer, function, items, kept.let)
    made = site.fact("kept-lines", kept.form)
    bounded = kept.bounded or made.bounded
    why = BY_LINES if kept.let is None else AT_ONCE
    return replace(made, bounded=bounded, hitch=kept.why or made.hitch or why, room=None)


def _read(node: Node, function: Function, items: Items) -> ProcessRead | None:
    call = method_call(node)
    if call is None or len(call.arguments) != 1:
        return None
    if call.name in GATHERS:
        return _gathered(call, function, items)
    return _whole(call, function, items) if call.name in WHOLE else None


MACROS = frozenset("select select_biased stream try_stream async_stream join try_join".split())
READ = re.compile(r"\b(?P<reader>\w+)\s*\.\s*read\(\s*&mut (?P<chunk>\w+)\s*\)")
GATHER = r"\b(?P<buffer>\w+)\s*\.\s*extend_from_slice\(\s*&\s*{chunk}\[\s*\.\."
LOSSY = r"\bfrom_utf8_lossy\(\s*&\s*{chunk}\[\s*\.\."


def _in_macro(macro: Node, function: Function, items: Items) -> Iterator[ProcessRead]:
    """Reads in the tokens of a macro: they are told, but code in there is not edited."""
    name = text(field(macro, "macro")).rpartition("::")[2]
    written = text(macro) if name in MACROS else ""
    for read in READ.finditer(written):
        reader = _identifier(macro, read["reader"])
        of = origin(reader, function, items) if reader is not None else None
        if reader is None or of is None:
            continue
        hitch = f"it stands in `{name}!`, whose tokens are not edited"
        if found := re.search(GATHER.format(chunk=read["chunk"]), written):
            buffer = _identifier(macro, found["buffer"])
            if buffer is not None and f"{found['buffer']}.len()" not in written:
                made = _Site(reader, of, buffer, function, items).fact("read-loop", "bytes")
                known = tuple(p for p in made.purposes if p.what != f"`{name}!`")
                yield replace(made, hitch=hitch, purposes=known)
        if re.search(LOSSY.format(chunk=read["chunk"]), written):
            yield replace(_Site(reader, of, reader, function, items).fact(*CHUNK), hitch=hitch)


CHUNK = ("lossy-chunk", "text")


def _identifier(macro: Node, name: str) -> Node | None:
    """The first place in a macro's tokens where a name stands."""
    return next((n for n in syntax.walk(macro) if n.type == "identifier" and text(n) == name), None)


def _decoded(node: Node, function: Function, items: Items) -> ProcessRead | None:
    """`String::from_utf8_lossy(&chunk[..count])` of a chunk that was just read."""
    called = field(node, "function") if node.type == "call_expression" else None
    if called is None or called.type != "scoped_identifier":
        return None
    given = syntax.named(field(node, "arguments") or node)
    if not text(called).endswith("String::from_utf8_lossy") or len(given) != 1:
        return None
    sliced = slice_of(given[0])
    loop = next((n for n in ancestors(node) if n.type in LOOPS), None)
    read = read_into(sliced[0], loop) if sliced is not None and loop is not None else None
    of = origin(read.receiver, function, items) if read is not None else None
    if read is None or of is None or loop is None or sliced is None:
        return None
    if sliced[1].type != "identifier" or not counts(sliced[1], read):
        return None
    how, hitch = decoding(node, given[0], loop)
    made = _Site(read.node, of, read.receiver, function, items).fact(*CHUNK)
    return replace(made, span=span(node), hitch=hitch, decoding=how, purposes=(), bounded="")


def _gathered(call: Call, function: Function, items: Items) -> ProcessRead | None:
    """A loop that reads a chunk and appends it."""
    sliced = slice_of(call.arguments[0])
    loop = next((n for n in ancestors(call.node) if n.type in LOOPS), None)
    if sliced is None or loop is None:
        return None
    chunk, end = sliced
    read = read_into(chunk, loop)
    of = origin(read.receiver, function, items) if read is not None else None
    if read is None or of is None:
        return None
    made = _Site(read.node, of, call.receiver, function, items).fact("read-loop", "bytes")
    let, inside = let_of(call.receiver), span(loop)
    if let is not None and let.start_byte > loop.start_byte:
        return None  # made anew in every turn
    made, optional = _beyond_option(made, call.node)
    bounds = [p.what for p in made.purposes if _bounds(p) and inside.holds(p.span)]
    if end.type != "identifier" or not counts(end, read):
        bounds.append(text(end))
    if let is None and (emptied := _emptied(text(call.receiver), function, items)):
        bounds.append(emptied)
    form = form_of(call.node)
    return replace(
        made,
        span=span(call.node),
        bounded=f"`{bounds[0]}` bounds it already" if bounds else made.bounded,
        hitch=made.hitch or optional or ("" if form else NO_PLACE),
        growth=Growth(span(call.node), form, text(end), span(end)),
    )


def _beyond_option(made: ProcessRead, growth: Node) -> tuple[ProcessRead, str]:
    """`if let Some(max) = max { …room… } else { buffer grows }`: no bound holds in the `else`.

    The read without the lengths that are asked in the other branch, and the reason if there are.
    """
    for node in ancestors(growth):
        if node.type in LOOPS:
            break
        other = field(node, "alternative") if node.type == "if_expression" else None
        condition, bounded = field(node, "condition"), field(node, "consequence")
        if other is None or bounded is None or not span(other).holds(span(growth)):
            continue
        asked = " ".join(text(condition).split())
        lengths = [p for p in made.purposes if p.kind == "counted" and span(bounded).holds(p.span)]
        if lengths and asked.startswith("let Some("):
            rest = tuple(p for p in made.purposes if p not in lengths)
            why = f"only `{asked}` has a bound, and this is its `else`"
            return replace(made, purposes=rest), why
    return made, ""


OUT = "drain|split_to|split_off|advance|consume"
"""Calls that take away what was handled, and leave the rest; who clears may start anew."""


def _emptied(buffer: str, function: Function, items: Items) -> str:
    """What takes something out of a buffer that is made elsewhere: of a field, any method."""
    name = re.escape("".join(buffer.split()))
    empties = re.compile(rf"\b{name}\.(?:{OUT})\(")
    own = [f for f in items.functions if f.owner == function.owner]
    for other in own if buffer.startswith("self.") else [function]:
        if found := empties.search("".join(text(other.body).split())):
            return found[0].rstrip("(")
    return ""


def _bounds(purpose: Purpose) -> bool:
    """Whether somebody asks how much there is, or takes some away, where it grows."""
    return purpose.kind in ("counted", "emptied")


def _whole(call: Call, function: Function, items: Items) -> ProcessRead | None:
    """`pipe.read_to_end(&mut buffer)`."""
    argument = call.arguments[0]
    of = origin(call.receiver, function, items)
    if of is None:
        return None
    inner = syntax.named(argument)
    mutable = argument.type == "reference_expression" and len(inner) > 1
    buffer = inner[-1] if mutable else argument
    shape, form = WHOLE[call.name]
    made = _Site(call.node, of, buffer, function, items).fact(shape, form)
    lent = borrow(call.receiver)
    drain = Drain(span(call.receiver), lent or "", span(argument), span(chain(call.node)))
    return replace(made, drain=drain, hitch=made.hitch or ("" if lent is not None else ODD))


def _in_turn(nodes: list[Node], found: list[ProcessRead]) -> Iterator[ProcessRead]:
    """The reads of one function; two pipes of a child that are read one after the other hang."""
    for node, made in zip(nodes, found, strict=True):
        around = [n for n in ancestors(node) if n.type in ASIDE]
        beside = [
            other
            for at, other in zip(nodes, found, strict=True)
            if other.pipe != made.pipe and [n for n in ancestors(at) if n.type in ASIDE] == around
        ]
        loops = [n for n in ancestors(node) if n.type in LOOPS]
        if made.growth is None and loops:
            beside = []  # read as it comes, by turns
        yield replace(made, hitch=made.hitch or IN_TURN) if beside else made


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that is worth knowing of a file; one of the fields is set."""

    read: ProcessRead | None = None
    partial: Partial | None = None
    shell: ShellOutput | None = None
    queue: Queue | None = None
    frame: Frame | None = None


READS = re.compile(
    rb"\.\s*read(?:_to_end|_to_string)?\s*\(\s*&mut|\.read_to_\w+\("
    rb"|\.\s*(?:lines|split|next_line|read_line|read_until)\s*\("
)
SHELLS = re.compile(rb"\.\s*(?:wait_with_)?output\(\)")
TAKES = b"take(&mut self."
SENDS = re.compile(rb"\.\s*(?:unbounded_)?send(?:_blocking)?\(")
FRAMES = re.compile(rb"\.\s*read_exact\(")

STREAMS = re.compile(rb"\b(?:async_stream::)?(?:try_)?stream!(?=\s*\{)")
"""Macros whose tokens are a block of plain Rust, but for `yield`, which the grammar knows."""
IN_STREAM = "it stands in `stream!`, whose tokens are not edited"


def sights(tree: Tree) -> Iterator[Sight]:
    """All that a file does with what processes print; the tree of most files is not asked for."""
    source = tree.source
    asked = [bool(asks.search(source)) for asks in (READS, SHELLS, SENDS, FRAMES)]
    asked.append(TAKES in source)
    if not any(asked):
        return
    blocks = STREAMS.sub(lambda found: b" " * len(found[0]), source)
    if blocks != source:
        with syntax.parsed(blocks) as plain:
            found = list(_sights(plain, asked)) if plain.error() is None else None
            spans = [_block(at.end(), plain) for at in STREAMS.finditer(source)]
        if found is not None:
            yield from (_in_stream(one, spans) for one in found)
            return
    yield from _sights(tree, asked)


def _block(before: int, tree: Tree) -> Span:
    start = tree.source.index(b"{", before)
    return span(syntax.descendant(tree.root, Span(start, start + 1)))


def _in_stream(sight: Sight, blocks: list[Span]) -> Sight:
    """What was read in the tokens of a macro is told, but not edited."""
    if sight.read is None or not any(block.holds(sight.read.span) for block in blocks):
        return sight
    return Sight(read=replace(sight.read, hitch=IN_STREAM, decoding=None))


def _sights(tree: Tree, asked: list[bool]) -> Iterator[Sight]:
    is_read, is_run, is_sent, is_framed, is_taken = asked
    items = collect(tree.root)
    if is_read:
        yield from (Sight(read=read) for read in reads(items))
    if is_taken:
        yield from (Sight(partial=partial) for partial in partials(items))
    if is_run:
        yield from (Sight(shell=shell) for shell in shells(items))
    if is_sent:
        yield from (Sight(queue=queue) for queue in queues(items))
    if is_framed:
        yield from (Sight(frame=frame) for frame in frames(items))
