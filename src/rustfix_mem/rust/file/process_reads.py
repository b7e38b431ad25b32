"""What is known of one place that reads the output of a process: plain data."""

from __future__ import annotations

from dataclasses import dataclass

from rustfix_mem.rust.file.buffers import Room
from rustfix_mem.rust.file.chunks import Decoding
from rustfix_mem.rust.file.purposes import Purpose
from rustfix_mem.text import Span


@dataclass(frozen=True, slots=True)
class Growth:
    """`buffer.extend_from_slice(&chunk[..count])` in a loop that reads."""

    whole: Span
    form: str
    """`statement`, or `arm` for the whole value of a match arm."""
    count: str
    """The name of how much was read."""
    end: Span
    """That name, where the slice ends."""


@dataclass(frozen=True, slots=True)
class Drain:
    """`reader.read_to_end(&mut buffer)`."""

    reader: Span
    borrow: str
    """What makes the reader a `&mut` one: `&mut `, or nothing if it is one already."""
    argument: Span
    chain: Span
    """The call with everything that is chained behind it."""


@dataclass(frozen=True, slots=True)
class ProcessRead:
    """One place where the output of a process is gathered in memory, to its end."""

    shape: str
    """`read-loop`, `read-to-end`, `read-to-string`, `lossy-chunk`, `kept-lines`."""
    pipe: str
    """`stdout`, `stderr`, `pty`."""
    child: str
    item: str
    span: Span
    fn: Span
    home: int
    module: str
    test: bool
    library: str
    """Whose `read` it is: `std`, `tokio`; empty if nobody can say."""
    imported: bool
    """Whether the trait that has it is imported for the whole module."""
    buffer: str
    purposes: tuple[Purpose, ...]
    bounded: str = ""
    """What bounds the buffer already; empty if nothing does."""
    hitch: str = ""
    """Why nothing should be put here, or can be; empty if it can."""
    growth: Growth | None = None
    drain: Drain | None = None
    decoding: Decoding | None = None
    room: Room | None = None
