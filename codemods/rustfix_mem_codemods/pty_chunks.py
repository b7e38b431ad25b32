"""Guide 2.2, 3.2 and 4.2: the output of processes, kept whole in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    Kind,
    LeftAlone,
    capped,
    needs,
    outputs,
    param,
    partial,
    shipped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem import (
        Codebase,
        Gate,
        buffers,
        frames,
        process_reads,
        queues,
        scrollbacks,
        shells,
        syntax,
    )

    Read = process_reads.ProcessRead


@dataclass(frozen=True, kw_only=True)
class PtyChunks(Codemod):
    """Keep a bounded part of what a process prints.

    A program that runs others and keeps what they print, to show it, needs as much memory as the
    longest output. The first `max-bytes` are kept. All that comes behind them is read as before,
    and dropped: who stops reading leaves the process on a full pipe, where it hangs, or kills it
    with SIGPIPE and changes its exit status.

    It edits only where all of this is seen: the reader is a pipe of a child, or the master side of
    a terminal (`std::process`, `tokio::process`, `portable_pty`); nothing bounds the buffer yet;
    and what is read ends as text for people: printed, logged, put into an error, or kept in a
    field that nobody parses. Everything else is reported with every reason.

    Before:

    ```rust
    use std::io::{self, Read};
    use std::process::{Command, Stdio};

    /// Runs `command`, and prints what it complained of if it failed.
    pub fn run(command: &mut Command) -> io::Result<bool> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut pipe = child.stderr.take().expect("stderr is piped");
        let mut said = Vec::new();
        pipe.read_to_end(&mut said)?;
        let status = child.wait()?;
        if !status.success() {
            println!("it failed: {}", String::from_utf8_lossy(&said));
        }
        Ok(status.success())
    }
    ```

    After:

    ```rust
    use std::io::{self, Read};
    use std::process::{Command, Stdio};

    /// The most bytes of a process's output that are kept; the rest is read and dropped.
    const MAX_OUTPUT_BYTES: usize = 256 * 1024;

    /// Reads `reader` to its end, so that the process can end, but keeps only `MAX_OUTPUT_BYTES`.
    fn read_capped<R: std::io::Read>(reader: &mut R, into: &mut Vec<u8>) -> std::io::Result<usize> {
        let mut start = reader.by_ref().take(MAX_OUTPUT_BYTES as u64);
        let kept = start.read_to_end(into)?;
        let dropped = std::io::copy(reader, &mut std::io::sink())?;
        match std::str::from_utf8(into) {
            Err(error) if dropped > 0 && error.error_len().is_none() => {
                into.truncate(error.valid_up_to()); // no half of a character
            }
            _ => {}
        }
        Ok(kept)
    }

    /// Runs `command`, and prints what it complained of if it failed.
    pub fn run(command: &mut Command) -> io::Result<bool> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut pipe = child.stderr.take().expect("stderr is piped");
        let mut said = Vec::new();
        read_capped(&mut pipe, &mut said)?;
        let status = child.wait()?;
        if !status.success() {
            println!("it failed: {}", String::from_utf8_lossy(&said));
        }
        Ok(status.success())
    }
    ```

    Why not `machine-applicable`: whoever prints more than `max-bytes` is shown less of it, and a
    human should say that nobody misses the rest. What is shorter stays as it is. A cut never falls
    within a character where a pipe is read at once; in a loop the decoder may mark the last one.

    Both pipes of a process are bounded, or none: a bound on one bounds nothing while the other is
    kept whole. Two pipes that are read one after the other, and a pipe that is read only after
    `wait`, are defects that a bound does not cure, so they are reported: a process that fills the
    pipe that nobody reads hangs. Archives, raw bytes, what is searched, sent or written on need
    every byte and are left alone. JSON that is parsed had better be refused when it is too long;
    that, what cannot be followed, and `Command::output()` of a shell that runs what it is given are
    proposals, for who names this codemod. A test that wants more than `max-bytes` forbids the edit.

    A scrollback that counts its lines when they end, and so lets a line without an end grow beyond
    its limit, counts that line too.

    `String::from_utf8_lossy` of one chunk garbles a character that the next chunk goes on with:
    what is left of it is carried over. At the very end nothing follows, and it is dropped.

    `with_capacity` of a buffer for output is a number that a person wrote: it is told when it is
    large, and lowered when `--chunk-bytes` is given. That changes nothing but memory, and is
    `machine-applicable`.

    Where the guide would do harm: its reader of 3.2 throws away what it has when the buffer is
    full, and the generator of 4.2 yields nothing. This does what they are for: memory is bounded,
    and the process is read to its end. `LARGE_BUFFER_SIZE` of 2.2 is in no code that was seen.

    A channel without a bound into which a loop sends the chunks or lines of a pipe undoes what the
    pipe does, which makes the process wait: what the receiver is too slow for stays in memory. A
    bounded one can deadlock, so it is a proposal without a fix, as are frames of a protocol whose
    length nobody checks before there is room for it. Other channels are none of its business.

    Lines that are collected at once are reported, and those that a loop reads and keeps, in a text
    or in a list, where the buffer outlives the loop and nothing in there bounds it. What is behind
    a lock, in a static or in a private field is a proposal, if all that the file does with it is
    understood, and takes nothing out. No edit is offered for them.

    Left alone: terminals' screens, which see every byte as before; lines that are handled as they
    come.

    What it cannot know: a reader that comes from elsewhere, a buffer that is made elsewhere, code
    in the tokens of a macro (`select!`; what stands in `stream!` is read, but not edited), who
    reads a public field of a published library.
    """

    guide: ClassVar[str] = "2.2, 3.2, 4.2"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    gate: ClassVar[Gate] = outputs.GATE
    sight: ClassVar[type[outputs.Sight] | None] = outputs.Sight

    max_bytes: int = param(
        262_144,
        help="the most bytes of one output that are kept",
        unit="bytes",
        at_least=1,
        at_most=4_294_967_295,  # what `usize` holds on the smallest targets in use
    )
    chunk_bytes: int = param(
        4096,
        help="lower the room that a buffer takes at the start to this; it stays if not given",
        unit="bytes",
        at_least=1,
        at_most=4_294_967_295,
    )

    @classmethod
    def look(cls, tree: syntax.Tree) -> Iterable[outputs.Sight]:
        return outputs.sights(tree)

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for path, seen in codebase.sights(type(self), outputs.Sight).items():
            reads = tuple(one.read for one in seen if one.read is not None)
            yield from self._reads(reads, path, codebase)
            for one in seen:
                if one.partial is not None:
                    yield _partial(one.partial, path, codebase)
                if one.shell is not None:
                    yield _shell(one.shell, path, codebase)
                if one.queue is not None:
                    yield _queue(one.queue, path, codebase)
                if one.frame is not None:
                    yield _frame(one.frame, path, codebase)

    def _reads(
        self, reads: tuple[Read, ...], path: str, codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        shipped_here: list[Read] = []
        for read in reads:
            if passed_over := _passed_over(path, read.test, codebase):
                yield LeftAlone(path, read.span, read.item, (passed_over,))
            else:
                shipped_here.append(read)
        judged = needs.judge(shipped_here, path, self.max_bytes, codebase)
        for read, told in judged:
            if told.fine:
                yield LeftAlone(path, read.span, read.item, told.fine)
            elif told.against:
                kind = Kind.PROPOSAL if told.unsure else Kind.DEFECT
                yield _report(read, path, told.against, kind)
            else:
                yield self._fix(read, told, path, needs.home(read, judged), codebase)
            if read.room is not None:
                yield from self._room(read, read.room, path)

    def _fix(
        self,
        read: Read,
        told: needs.Verdict,
        path: str,
        home: int,
        codebase: Codebase,
    ) -> Finding:
        try:
            edits = capped.cap(read, path, home, self.max_bytes, codebase)
        except capped.Refused as refused:
            return _report(read, path, (f"cannot be written here: {refused}",), Kind.DEFECT)
        title = f"keep at most {self.max_bytes} bytes of {_pipe(read)}, and read on to its end"
        if read.decoding is not None:
            title = "decode what a chunk leaves of a character with the next chunk"
        return Finding(
            path=path,
            span=read.span,
            shape=read.shape,
            item=read.item,
            message=_message(read),
            why=(told.for_what,),
            fix=Fix(title, edits, Applicability.MAYBE_INCORRECT),
        )

    def _room(self, read: Read, room: buffers.Room, path: str) -> Iterator[Finding]:
        """A number that a person wrote: lowered when asked, else told if it is far above."""
        asked = "chunk-bytes" in self.given
        if room.bytes <= (self.chunk_bytes if asked else LARGE):
            return
        edits = capped.lower(read, path, self.chunk_bytes)
        title = f"let `{read.buffer}` start with room for {self.chunk_bytes} bytes"
        yield Finding(
            path=path,
            span=room.span,
            shape="large-buffer",
            item=read.item,
            message=f"`{read.buffer}` takes {room.bytes} bytes before anything is read",
            help=""
            if asked
            else f"to lower it: `rustfix-mem apply pty-chunks --chunk-bytes {self.chunk_bytes}`",
            kind=Kind.PROPOSAL,
            fix=Fix(title, edits, Applicability.MACHINE_APPLICABLE) if asked else None,
        )


LARGE = 65_536
"""Bytes from which on a buffer that nobody asked to make smaller is told of."""


def _passed_over(path: str, test: bool, codebase: Codebase) -> str:
    if passed_over := shipped.passed_over(path, test, codebase):
        return passed_over
    return "a file that rustc never sees" if codebase.reach(path).state == "orphan" else ""


def _message(read: Read) -> str:
    if read.shape == "lossy-chunk":
        return f"each chunk of what a process writes to {_pipe(read)} is made text by itself"
    return f"all that a process writes to {_pipe(read)} is kept in `{read.buffer}`"


def _pipe(read: Read | queues.Queue | frames.Frame) -> str:
    return "its terminal" if read.pipe == "pty" else read.pipe


def _report(read: Read, path: str, why: tuple[str, ...], kind: Kind) -> Finding:
    message = f"{_message(read)}; no fix is offered"
    return Finding(path, read.span, read.shape, read.item, message, why, kind=kind)


def _partial(found: scrollbacks.Partial, path: str, codebase: Codebase) -> Finding | LeftAlone:
    if passed_over := _passed_over(path, found.test, codebase):
        return LeftAlone(path, found.comparison, found.item, (passed_over,))
    why = [f"`{found.counter}` counts only lines that have ended: one that does not grows on"]
    fix = None
    try:
        edits = partial.count(found, path, codebase)
    except partial.Refused as refused:
        why.append(f"cannot be written here: {refused}")
    else:
        title = f"count `{found.partial}` against `{found.limit}`"
        fix = Fix(title, edits, Applicability.MAYBE_INCORRECT)
    return Finding(
        path=path,
        span=found.comparison,
        shape="uncounted-partial",
        item=found.item,
        message=f"`{found.limit}` does not bound `{found.item}`",
        why=tuple(why),
        fix=fix,
    )


def _shell(found: shells.ShellOutput, path: str, codebase: Codebase) -> Finding | LeftAlone:
    if passed_over := _passed_over(path, found.test, codebase):
        return LeftAlone(path, found.span, found.item, (passed_over,))
    return Finding(
        path=path,
        span=found.span,
        shape="shell-output",
        item=found.item,
        message=f"all that a shell prints for `{found.script}` is kept; no fix is offered",
        why=(f"`{found.method}` reads both pipes to their ends, and has no limit",),
        help="spawn it, and read both pipes at once, each up to a limit and then to its end",
        kind=Kind.PROPOSAL,
    )


def _queue(found: queues.Queue, path: str, codebase: Codebase) -> Finding | LeftAlone:
    if passed_over := _passed_over(path, found.test, codebase):
        return LeftAlone(path, found.span, found.item, (passed_over,))
    if found.bounded:
        return LeftAlone(path, found.span, found.item, (f"`{found.bounded}` bounds it already",))
    what = f"what a process writes to {_pipe(found)} is queued in `{found.sender}`"
    return Finding(
        path=path,
        span=found.span,
        shape="unbounded-queue",
        item=found.item,
        message=f"{what}, however much that is; no fix is offered",
        why=(f"`{found.channel}` has no bound: what the receiver is too slow for stays in memory",),
        help="with a bounded channel the process waits, as it does for a slow reader of its pipe",
        kind=Kind.PROPOSAL,
    )


def _frame(found: frames.Frame, path: str, codebase: Codebase) -> Finding | LeftAlone:
    if passed_over := _passed_over(path, found.test, codebase):
        return LeftAlone(path, found.span, found.item, (passed_over,))
    if found.checked:
        return LeftAlone(path, found.span, found.item, (f"`{found.checked}` bounds it already",))
    said = "a process says how much memory its next message gets"
    return Finding(
        path=path,
        span=found.span,
        shape="told-length",
        item=found.item,
        message=f"{said}, `{found.length}`; no fix is offered",
        why=(f"`{found.length}` is read from {_pipe(found)}, and nothing bounds it",),
        help="refuse a length that no message of the protocol has, before there is room for it",
        kind=Kind.PROPOSAL,
    )
