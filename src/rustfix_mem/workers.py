"""Processes that each do one thing at a time, within limits; one that dies costs its task alone.

A pool of the standard library forgets everything when one worker dies, and cannot end one that
takes too long.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take."""

    seconds: float = 8.0
    """Wall clock; the slowest of 14,971 real files takes 0.6 s (measured, 2 cores). With what it
    takes to start and to end, a run over one file that never ends is over in 10 s."""
    address_space: int = 1024 * 1024 * 1024
    """Bytes, where the platform can limit it; a tree takes 29 times its source (performance 4)."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The answer of a task that has none: `reason` says what became of its worker."""

    reason: str


SHARE = 4
"""Into so many parts what is left is divided for each worker: few rounds, and none ends late."""

MOST = 500_000
"""The most that one part may cost: it is on its way twice, as bytes, while it is given."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be done, how much it costs, and by which number it is asked for."""

    number: int
    function: Callable[[Any], Any]
    of: Any
    cost: int
    sent: Callable[[Any], Any] | None = None

    def message(self) -> tuple[Callable[[Any], Any], Any]:
        return self.function, self.of if self.sent is None else self.sent(self.of)


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    tasks: deque[_Task] = field(default_factory=deque)
    """What it was given, and has not answered; it is at the first."""
    since: float = 0.0
    """When it began that."""


@dataclass
class Workers:
    """At most `jobs` processes, started when there is work; `close` ends them."""

    jobs: int
    limits: Limits = field(default_factory=Limits)
    _idle: list[_Worker] = field(default_factory=list)
    _busy: list[_Worker] = field(default_factory=list)
    _waiting: deque[_Task] = field(default_factory=deque)
    _done: deque[tuple[int, Any]] = field(default_factory=deque)
    """Answers that nobody has fetched yet."""

    def map(
        self, function: Callable[[Any], Any], tasks: Sequence[Any], costs: Sequence[int] = ()
    ) -> Iterator[tuple[int, Any]]:
        """The index and the answer of each task, as they come; `Lost` for one that killed its
        worker, or took too long. Function, tasks and answers must be picklable.
        """
        self.begin(function, tasks, costs)
        return self.finish()

    def begin(
        self,
        function: Callable[[Any], Any],
        tasks: Sequence[Any],
        costs: Sequence[int] = (),
        first: int = 0,
        sent: Callable[[Any], Any] | None = None,
    ) -> None:
        """Have tasks done meanwhile, numbered from `first` on; their answers are for `finish`.

        `sent` makes what is sent in place of a task when its turn comes: where all of that would
        be more than should be held.

        A worker is given several at once, more of those that cost little: one that waits for the
        next is idle. More is given only here and there, since nobody else looks who is done.
        """
        with self._ended_by_errors():
            for at, task in enumerate(tasks):
                cost = costs[at] if costs else 1
                self._waiting.append(_Task(first + at, function, task, cost, sent))
            self._feed()
            if self._busy:
                self._done.extend(self._answers(0.0))
                self._feed()

    def finish(self) -> Iterator[tuple[int, Any]]:
        """The number and the answer of each task that was begun, as they come."""
        with self._ended_by_errors():
            while self._done or self._waiting or self._busy:
                while self._done:
                    yield self._done.popleft()
                self._feed()
                if self._busy:
                    oldest = min(worker.since for worker in self._busy)
                    left = max(0.0, oldest + self.limits.seconds - time.monotonic())
                    self._done.extend(self._answers(left))

    @contextlib.contextmanager
    def _ended_by_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()  # what is half done is of no use to the next call
            raise

    def _feed(self) -> None:
        while self._waiting and len(self._busy) < self.jobs:
            self._give(self._part())

    def _part(self) -> list[_Task]:
        """The next tasks for one worker."""
        most = min(sum(task.cost for task in self._waiting) // (SHARE * self.jobs), MOST)
        part = [self._waiting.popleft()]
        cost = part[0].cost
        while self._waiting and (cost := cost + self._waiting[0].cost) <= most:
            part.append(self._waiting.popleft())
        return part

    def _give(self, part: list[_Task]) -> None:
        while True:
            worker = self._idle.pop() if self._idle else self._start()
            try:
                worker.pipe.send([task.message() for task in part])
            except OSError:  # it died while it had nothing to do
                _end(worker)
                continue
            worker.tasks, worker.since = deque(part), time.monotonic()
            self._busy.append(worker)
            return

    def _answers(self, left: float) -> Iterator[tuple[int, Any]]:
        """Wait so many seconds for an answer; a task that took too long has one, too.

        What a worker was given and did not come to goes back to those that wait.
        """
        ready = wait([worker.pipe for worker in self._busy], left)
        now = time.monotonic()
        for worker in list(self._busy):
            if worker.pipe in ready:
                answer = self._answer(worker)
            elif now - worker.since >= self.limits.seconds:
                _end(worker)
                answer = Lost(f"took more than {self.limits.seconds:g} seconds")
            else:
                continue
            task = worker.tasks.popleft()
            if worker.pipe.closed:
                self._busy.remove(worker)
                self._waiting.extendleft(reversed(worker.tasks))
            elif not worker.tasks:
                self._busy.remove(worker)
                self._idle.append(worker)
            yield task.number, answer

    def _answer(self, worker: _Worker) -> Any:
        try:
            failure, answer = worker.pipe.recv()
        except (EOFError, OSError):
            _end(worker)
            return Lost(_death(worker))
        worker.since = time.monotonic()
        if failure is not None:
            raise failure
        return answer

    def _start(self) -> _Worker:
        context: Any = get_context("fork" if sys.platform == "linux" else "spawn")
        ours, theirs = context.Pipe()
        # A forked child has the ends of all pipes: its siblings must see when we are gone.
        others = [worker.pipe for worker in (*self._idle, *self._busy)] + [ours]
        inherited = others if sys.platform == "linux" else []
        process = context.Process(target=_work, args=(theirs, inherited, self.limits), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def close(self) -> None:
        """End all of them at once, whatever they do."""
        for worker in (*self._idle, *self._busy):
            _end(worker)
        for done in (self._idle, self._busy, self._waiting, self._done):
            done.clear()


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()


def _death(worker: _Worker) -> str:
    code = worker.process.exitcode
    if code is not None and code < 0:
        return f"ended its worker with {signal.Signals(-code).name}"
    return f"ended its worker with exit code {code}"


def _work(pipe: Connection, inherited: Sequence[Connection], limits: Limits) -> None:
    """The life of a worker: until the other end of its pipe is closed."""
    for other in inherited:
        other.close()
    # Ctrl-C is for the process that started us: it ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(limits.address_space)
    gc.freeze()  # to look for garbage in what it was forked with would copy all of that
    while True:
        try:
            for function, task in pipe.recv():
                pipe.send(_done(function, task))
        except (EOFError, OSError):
            return


def _done(function: Callable[[Any], Any], task: Any) -> tuple[Exception | None, Any]:
    try:
        return None, function(task)
    except MemoryError:
        return None, Lost("took more memory than it may")
    except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
        return error, None


def _limit_memory(size: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):  # a lower limit may be set already
        resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))
