"""Who looks at files, and remembers what was seen: in memory, in the cache, through workers.

What is seen is kept by the bytes of a file, the grammar, the schema of the facts and the code that
looks, so nothing stale can be found. Plain data (msgpack), never pickle. In memory it is kept as
bytes too, which are a twelfth of what they stand for (measured, 10,000 files).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from rustfix_mem.codebase import Trouble
from rustfix_mem.golden import check_grammar
from rustfix_mem.held import Held
from rustfix_mem.recent import Recent
from rustfix_mem.rust.file import syntax
from rustfix_mem.wanted import About, Declared, Facts, Made, Sights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rustfix_mem.codebase import Looks
    from rustfix_mem.facts_cache import FactsCache
    from rustfix_mem.sources import Source
    from rustfix_mem.wanted import Wanted
    from rustfix_mem.workers import Workers

MAX_BYTES = 1_000_000
"""A larger Rust file is skipped; the largest of 9,919 real ones has 738 KB (safety 1.1)."""

WORTH_WORKERS = 50_000
"""Bytes to look at from which on it is done in workers; the first starts in about 5 ms."""

WORTH_MORE = 400_000
"""Bytes from which on it is done in more than one."""

PACKED = 8_000_000
"""Bytes of answers of which none are held any more, as they are packed."""

UNPACKED = 1_500_000
"""Bytes of answers, as they are packed, that are held unpacked too: twelve times as large."""

Progress = Callable[[int, int], object]
"""Who is told how many files are done, and of how many."""


@cache
def _encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder()


@cache
def _decoder(answer: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(answer)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a worker answers: what was wanted of one file, as bytes."""

    packed: list[bytes]
    parsed: bool
    """Whether that took parsing it."""
    trouble: Trouble | None


def look_packed(task: tuple[bytes, Sequence[Wanted]]) -> Looked:
    """What a worker does with one file; it is parsed once."""
    source, wanted = task
    with syntax.parsed(source) as tree:
        made = [one.make(source) for one in wanted]
        trouble = next(filter(None, map(_trouble, wanted, made)), None)
        error = tree.error() if tree.is_parsed else None
        if trouble is None and error is not None:
            trouble = Trouble(error)
        return Looked([*map(_encoder().encode, made)], tree.is_parsed, trouble)


def _trouble(of: Wanted, made: Any) -> Trouble | None:
    """Why a file declares nothing, if that is what was wanted."""
    told = isinstance(of, Facts | Declared) and made.error is not None
    return Trouble(made.error, made.deep) if told else None


@dataclass(frozen=True, slots=True)
class _Task:
    """One file, and what is wanted of it by the key of each answer."""

    source: Source
    wanted: dict[bytes, Wanted] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Packed:
    """An answer that is known."""

    looker: Looker
    key: bytes
    of: Wanted

    def read(self) -> Any:
        return self.looker.unpacked(self.key, self.of)


@dataclass
class Looker:
    """Makes facts and sights: from memory, from the cache, in this process or in workers."""

    jobs: int = 0
    """How many workers at most; 0 for as many as there are cores, 1 for none."""
    cache: FactsCache | None = None
    lost: dict[bytes, str] = field(default_factory=dict)
    """Why a file could not be looked at, by its id."""
    progress: Progress | None = None
    _memory: Held[bytes] = field(default_factory=lambda: Held(PACKED))
    _recent: Recent[Any] = field(default_factory=lambda: Recent(UNPACKED))
    _troubles: dict[bytes, Trouble] = field(default_factory=dict)
    """By the id of a file: who is told needs not ask for more."""
    _parsed: set[bytes] = field(default_factory=set)
    _recalled: set[bytes] = field(default_factory=set)
    _workers: Workers | None = None
    _begun: list[_Task] = field(default_factory=list)
    """What workers do meanwhile."""

    @property
    def parsed(self) -> int:
        """How many files were parsed, once or more."""
        return len(self._parsed)

    @property
    def from_cache(self) -> int:
        """Of how many files something was in the cache."""
        return len(self._recalled)

    def __call__(self, sources: Mapping[str, Source]) -> dict[str, Any]:
        """The facts of each file, to be read (`codebase.Kept`)."""
        return self._answers(Facts(), sources)

    def outlines(self, sources: Mapping[str, Source]) -> dict[str, Any]:
        return self._answers(Declared(), sources)

    def begin_outlines(self, sources: Iterable[Source]) -> None:
        """Make outlines meanwhile, if that is worth workers."""
        self.begin((source, Declared()) for source in sources)

    def about(
        self, sources: Mapping[str, tuple[Source, tuple[str, ...]]], outlines: Mapping[str, Source]
    ) -> dict[str, Any]:
        """What is done in each file about some words; the outlines of some at the same time."""
        wanted = {path: (source, About(words)) for path, (source, words) in sources.items()}
        declared: list[tuple[Source, Wanted]] = [(it, Declared()) for it in outlines.values()]
        self.prepare([*declared, *wanted.values()])
        return {path: self.answer(source, of) for path, (source, of) in wanted.items()}

    def made(self, wanted: Sequence[tuple[Source, tuple[str, ...]]]) -> list[Any]:
        """Where each file makes values of types with some names."""
        asked = [(source, Made(words)) for source, words in wanted]
        self.prepare(asked)
        return [self.answer(source, of) for source, of in asked]

    def sights(self, codemod: type[Looks], sources: Mapping[str, Source]) -> dict[str, Any]:
        return self._answers(Sights(codemod), sources)

    def trouble(self, source: Source) -> Trouble | None:
        """Why what a file declares is not known, for who has asked that."""
        return Trouble(0) if self.skips(source) else self._troubles.get(source.id)

    def skips(self, source: Source) -> bool:
        """Whether nobody looks into a file: it is too large, or has killed its worker."""
        return source.size > MAX_BYTES or source.id in self.lost

    def answer(self, source: Source, of: Wanted) -> _Packed:
        """What was prepared."""
        return _Packed(self, key_of(of, source), of)

    def unpacked(self, key: bytes, of: Wanted) -> Any:
        found = self._recent.get(key)
        if found is None:
            packed = self._memory[key]
            found = _decoder(of.answer).decode(packed)
            self._recent.put(key, found, len(packed))
        return found

    def _answers(self, of: Wanted, sources: Mapping[str, Source]) -> dict[str, Any]:
        self.prepare([(source, of) for source in sources.values()])
        return {path: self.answer(source, of) for path, source in sources.items()}

    def begin(self, wanted: Iterable[tuple[Source, Wanted]]) -> None:
        """Look at many files meanwhile, if that is worth workers: for who will `prepare` them."""
        begun = {key for task in self._begun for key in task.wanted}
        missing = self._unknown(wanted)
        self._recall(missing)
        tasks = self._tasks({key: of for key, of in missing.items() if key not in begun})
        if self.jobs != 1 and _bytes(tasks) >= WORTH_MORE:
            self._begin(tasks)

    def prepare(self, wanted: Iterable[tuple[Source, Wanted]]) -> None:
        """Look at many files for many, so that each is parsed but once."""
        self._keep(self._finished())
        missing = self._unknown(wanted)
        if missing:
            self._recall(missing)
            self._keep(self._looks(self._tasks(missing)))

    def _unknown(
        self, wanted: Iterable[tuple[Source, Wanted]]
    ) -> dict[bytes, tuple[Source, Wanted]]:
        asked = {key_of(of, source): (source, of) for source, of in wanted}
        return {key: it for key, it in asked.items() if key not in self._memory}

    def _recall(self, missing: dict[bytes, tuple[Source, Wanted]]) -> None:
        """Take out of `missing` what is in the cache."""
        if self.cache is None:
            return
        for key, packed in self.cache.get(missing).items():
            source, of = missing[key]
            try:
                made = _decoder(of.answer).decode(packed)
            except msgspec.DecodeError:
                continue
            self._memory[key] = packed
            self._recent.put(key, made, len(packed))
            self._note(source, _trouble(of, made))
            self._recalled.add(source.id)
            del missing[key]

    def _note(self, source: Source, trouble: Trouble | None) -> None:
        if trouble is not None:
            self._troubles[source.id] = trouble

    def _say(self, key: bytes, source: Source, of: Wanted, made: Any) -> None:
        """What is said of a file without a look at it."""
        self._memory[key] = _encoder().encode(made)
        self._note(source, _trouble(of, made))

    def _said_of_broken(self, source: Source, of: Wanted) -> Any:
        trouble = self._troubles.get(source.id)
        return None if trouble is None or trouble.deep else of.broken(trouble.error)

    def _tasks(self, missing: Mapping[bytes, tuple[Source, Wanted]]) -> list[_Task]:
        """The files that are worth looking at."""
        tasks: dict[bytes, _Task] = {}
        for key, (source, of) in missing.items():
            if self.skips(source):  # it would take as long again
                self._say(key, source, of, of.nothing)
            elif (said := self._said_of_broken(source, of)) is not None:  # and so would this
                self._say(key, source, of, said)
            else:
                tasks.setdefault(source.id, _Task(source)).wanted[key] = of
        return list(tasks.values())

    def _keep(self, looked: Iterable[tuple[_Task, Looked | str]]) -> None:
        """Remember what was seen in each file, or why it was not."""
        made: dict[bytes, bytes] = {}
        for task, answer in looked:
            source = task.source
            if isinstance(answer, str):
                self.lost[source.id] = answer
                for key, of in task.wanted.items():
                    self._say(key, source, of, of.nothing)
                continue
            if answer.parsed:
                self._parsed.add(source.id)
            self._note(source, answer.trouble)
            for key, packed in zip(task.wanted, answer.packed, strict=True):
                self._memory[key] = made[key] = packed
        if self.cache is not None and made:
            self.cache.put(made)

    def _looks(self, tasks: list[_Task]) -> Iterable[tuple[_Task, Looked | str]]:
        """What is seen in each file, in some order; a reason for one that killed its worker."""
        if self.jobs == 1 or (_bytes(tasks) < WORTH_WORKERS and self._workers is None):
            for task in tasks:
                check_grammar()
                yield task, look_packed(_sent(task))
            return
        self._begin(tasks)
        yield from self._finished()

    def _begin(self, tasks: list[_Task]) -> None:
        """Give files to workers, and go on."""
        from rustfix_mem.workers import Workers  # a warm run needs none of it

        check_grammar()
        jobs = (self.jobs or os.cpu_count() or 1) if _bytes(tasks) >= WORTH_MORE else 1
        self._workers = self._workers or Workers(jobs)
        self._workers.jobs = max(self._workers.jobs, jobs)  # those that are there cost nothing
        # The largest first: else the last one to be done may be the longest, and all wait for it.
        tasks = sorted(tasks, key=lambda task: -task.source.size)
        costs, first = [task.source.size for task in tasks], len(self._begun)
        self._begun += tasks
        self._workers.begin(look_packed, tasks, costs, first, _sent)

    def _finished(self) -> Iterable[tuple[_Task, Looked | str]]:
        """What is seen in the files that workers were given."""
        if self._workers is None or not self._begun:
            return
        from rustfix_mem.workers import Lost

        for count, (number, answer) in enumerate(self._workers.finish(), 1):
            yield self._begun[number], answer.reason if isinstance(answer, Lost) else answer
            if self.progress is not None:
                self.progress(count, len(self._begun))
        self._begun.clear()

    def close(self) -> None:
        if self._workers is not None:
            self._workers.close()
            self._workers = None


def _bytes(tasks: Iterable[_Task]) -> int:
    return sum(task.source.size for task in tasks)


def _sent(task: _Task) -> tuple[bytes, list[Wanted]]:
    """What is sent to a worker when its turn comes: until then nobody need hold the bytes."""
    return task.source.read(), [*task.wanted.values()]


def key_of(of: Wanted, source: Source) -> bytes:
    return hashlib.sha256(of.version + b"\0" + source.id).digest()[:20]
