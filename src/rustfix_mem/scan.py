"""Looking at many files: gates, workers, and the cache of what was seen.

What is seen is kept by the bytes of a file, the grammar, the schema of the facts and the code that
looks, so nothing stale can be found. Plain data (msgpack), never pickle.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from rustfix_mem.cargo import lockfile
from rustfix_mem.codebase import Codebase
from rustfix_mem.errors import CodemodBug
from rustfix_mem.rust.bounds import pins
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import GRAMMAR
from rustfix_mem.rust.whole.gates import passed_by
from rustfix_mem.wanted import About, Declared, Facts, Made, Sights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rustfix_mem.codebase import Looks
    from rustfix_mem.facts_cache import FactsCache
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.rust.file.facts import Construction, Deeds, FileFacts, Outline
    from rustfix_mem.rust.whole.gates import Gate
    from rustfix_mem.wanted import Wanted
    from rustfix_mem.workers import Workers

MAX_BYTES = 1_000_000
"""A larger Rust file is skipped; the largest of 9,919 real ones has 738 KB (safety 1.1)."""

WORTH_WORKERS = 50_000
"""Bytes to look at from which on it is done in workers; the first starts in about 5 ms."""

WORTH_MORE = 400_000
"""Bytes from which on it is done in more than one."""

READ = (".rs", "Cargo.toml", "rustfmt.toml", *lockfile.FILES, *pins.READ)
"""How the paths end that `codebase_of` reads, for who makes a snapshot of only those."""


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
    error: int | None
    """Where the grammar lost the thread, if it was parsed."""


def _look_packed(task: tuple[bytes, Sequence[Wanted]]) -> Looked:
    """What a worker does with one file; it is parsed once."""
    source, wanted = task
    with syntax.parsed(source) as tree:
        packed = [_encoder().encode(one.make(source)) for one in wanted]
        return Looked(packed, tree.is_parsed, tree.error() if tree.is_parsed else None)


_Asked = dict[bytes, "Wanted"]
"""What is wanted of one file, by the key of the answer."""


@dataclass
class Looker:
    """Makes facts and sights: from memory, from the cache, in this process or in workers."""

    jobs: int = 0
    """How many workers at most; 0 for as many as there are cores, 1 for none."""
    cache: FactsCache | None = None
    lost: dict[bytes, str] = field(default_factory=dict)
    """Why a file could not be looked at, by its bytes."""
    progress: Progress | None = None
    _memory: dict[bytes, Any] = field(default_factory=dict)
    _broken: dict[bytes, int] = field(default_factory=dict)
    """Where the grammar lost the thread in a file: who is told needs not ask for more."""
    _parsed: set[bytes] = field(default_factory=set)
    _recalled: set[bytes] = field(default_factory=set)
    _workers: Workers | None = None
    _begun: list[tuple[bytes, _Asked]] = field(default_factory=list)
    """What workers do meanwhile: the bytes of each file, and what is wanted of it."""

    @property
    def parsed(self) -> int:
        """How many files were parsed, once or more."""
        return len(self._parsed)

    @property
    def from_cache(self) -> int:
        """Of how many files something was in the cache."""
        return len(self._recalled)

    def __call__(self, sources: Mapping[str, bytes]) -> Mapping[str, FileFacts]:
        return self._answers(Facts(), sources)

    def outlines(self, sources: Mapping[str, bytes]) -> Mapping[str, Outline]:
        return self._answers(Declared(), sources)

    def begin_outlines(self, sources: Iterable[bytes]) -> None:
        """Make outlines meanwhile, if that is worth workers."""
        self.begin((source, Declared()) for source in sources)

    def about(
        self, sources: Mapping[str, tuple[bytes, tuple[str, ...]]], outlines: Mapping[str, bytes]
    ) -> dict[str, Deeds]:
        """What is done in each file about some words; the outlines of some at the same time."""
        wanted = {path: (About(words), source) for path, (source, words) in sources.items()}
        declared: list[tuple[bytes, Wanted]] = [(it, Declared()) for it in outlines.values()]
        self.prepare([*declared, *((source, of) for of, source in wanted.values())])
        return {path: self._memory[_key(of, source)] for path, (of, source) in wanted.items()}

    def made(
        self, wanted: Sequence[tuple[bytes, tuple[str, ...]]]
    ) -> list[tuple[Construction, ...]]:
        """Where each file makes values of types with some names."""
        asked = [(source, Made(words)) for source, words in wanted]
        self.prepare(asked)
        return [self._memory[_key(of, source)] for source, of in asked]

    def sights(
        self, codemod: type[Looks], sources: Mapping[str, bytes]
    ) -> Mapping[str, tuple[Any, ...]]:
        return self._answers(Sights(codemod), sources)

    def _answers(self, of: Wanted, sources: Mapping[str, bytes]) -> dict[str, Any]:
        self.prepare([(source, of) for source in sources.values()])
        return {path: self._memory[_key(of, source)] for path, source in sources.items()}

    def begin(self, wanted: Iterable[tuple[bytes, Wanted]]) -> None:
        """Look at many files meanwhile, if that is worth workers: for who will `prepare` them."""
        begun = {key for _, asked in self._begun for key in asked}
        missing = self._unknown({_key(of, source): (of, source) for source, of in wanted})
        self._recall(missing)
        asked = self._asked(self._unknown({k: of for k, of in missing.items() if k not in begun}))
        if self.jobs != 1 and sum(map(len, asked)) >= WORTH_MORE:
            self._begin(asked)

    def prepare(self, wanted: Iterable[tuple[bytes, Wanted]]) -> None:
        """Look at many files for many, so that each is parsed but once."""
        self._keep(self._finished())
        missing = self._unknown({_key(of, source): (of, source) for source, of in wanted})
        if missing:
            self._recall(missing)
            self._make(self._unknown(missing))

    def _unknown(
        self, asked: Mapping[bytes, tuple[Wanted, bytes]]
    ) -> dict[bytes, tuple[Wanted, bytes]]:
        return {key: it for key, it in asked.items() if key not in self._memory}

    def _recall(self, missing: Mapping[bytes, tuple[Wanted, bytes]]) -> None:
        if self.cache is None:
            return
        for key, value in self.cache.get(missing).items():
            try:
                self._remember(key, *missing[key], value)
            except msgspec.DecodeError:
                continue
            self._recalled.add(missing[key][1])

    def _remember(self, key: bytes, of: Wanted, source: bytes, packed: bytes) -> None:
        made = self._memory[key] = _decoder(of.answer).decode(packed)
        if isinstance(of, Facts | Declared) and made.error is not None and not made.deep:
            self._broken[source] = made.error

    def _said_of_broken(self, source: bytes, of: Wanted) -> Any:
        error = self._broken.get(source)
        return None if error is None else of.broken(error)

    def _make(self, missing: Mapping[bytes, tuple[Wanted, bytes]]) -> None:
        self._keep(self._looks(self._asked(missing)))

    def _asked(self, missing: Mapping[bytes, tuple[Wanted, bytes]]) -> dict[bytes, _Asked]:
        """What is wanted of each file that is worth looking at, by its bytes."""
        asked: dict[bytes, _Asked] = {}
        for key, (of, source) in missing.items():
            if len(source) > MAX_BYTES or source in self.lost:  # it would take as long again
                self._memory[key] = of.nothing
            elif (said := self._said_of_broken(source, of)) is not None:  # and so would this
                self._memory[key] = said
            else:
                asked.setdefault(source, {})[key] = of
        return asked

    def _keep(self, looked: Iterable[tuple[bytes, _Asked, Looked | str]]) -> None:
        """Remember what was seen in each file, or why it was not."""
        made: dict[bytes, bytes] = {}
        for source, wanted, answer in looked:
            if isinstance(answer, str):
                self.lost[source] = answer
                self._memory |= {key: of.nothing for key, of in wanted.items()}
                continue
            if answer.parsed:
                self._parsed.add(source)
            if answer.error is not None:
                self._broken[source] = answer.error
            for (key, of), value in zip(wanted.items(), answer.packed, strict=True):
                self._remember(key, of, source, value)
                made[key] = value
        if self.cache is not None and made:
            self.cache.put(made)

    def _looks(self, asked: Mapping[bytes, _Asked]) -> Iterable[tuple[bytes, _Asked, Looked | str]]:
        """What is seen in each file, in some order; a reason for one that killed its worker."""
        if self.jobs == 1 or (sum(map(len, asked)) < WORTH_WORKERS and self._workers is None):
            for source, wanted in asked.items():
                _check_grammar()
                yield source, wanted, _look_packed((source, [*wanted.values()]))
            return
        self._begin(asked)
        yield from self._finished()

    def _begin(self, asked: Mapping[bytes, _Asked]) -> None:
        """Give files to workers, and go on."""
        from rustfix_mem.workers import Workers  # a warm run needs none of it

        _check_grammar()
        jobs = (self.jobs or os.cpu_count() or 1) if sum(map(len, asked)) >= WORTH_MORE else 1
        self._workers = self._workers or Workers(jobs)
        self._workers.jobs = max(self._workers.jobs, jobs)  # those that are there cost nothing
        # The largest first: else the last one to be done may be the longest, and all wait for it.
        order = sorted(asked, key=lambda source: -len(source))
        tasks = [(source, [*asked[source].values()]) for source in order]
        costs, first = [len(source) for source in order], len(self._begun)
        self._begun += [(source, asked[source]) for source in order]
        self._workers.begin(_look_packed, tasks, costs, first)

    def _finished(self) -> Iterable[tuple[bytes, _Asked, Looked | str]]:
        """What is seen in the files that workers were given."""
        if self._workers is None or not self._begun:
            return
        from rustfix_mem.workers import Lost

        for count, (number, answer) in enumerate(self._workers.finish(), 1):
            yield *self._begun[number], answer.reason if isinstance(answer, Lost) else answer
            if self.progress is not None:
                self.progress(count, len(self._begun))
        self._begun.clear()

    def close(self) -> None:
        if self._workers is not None:
            self._workers.close()
            self._workers = None


def _key(of: Wanted, source: bytes) -> bytes:
    return hashlib.sha256(of.version + b"\0" + source).digest()[:20]


GOLDEN = b"fn f<'a>(m: &'a mut M<K, V>) -> R { m.c.insert(k?, [1, 2]); x!(m.c) }"
GOLDEN_DIGEST = "a7a967fac464142d"
"""Of the tree that the grammar made of `GOLDEN` when all was tested: kinds, fields and spans."""


def golden_digest() -> str:
    with syntax.parsed(GOLDEN) as tree:
        seen = [(n.type, n.field, n.start_byte, n.end_byte) for n in syntax.walk(tree.root)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


@cache
def _check_grammar() -> None:
    """Ask the grammar something whose answer is known; raises `CodemodBug` for another answer."""
    if golden_digest() != GOLDEN_DIGEST:
        raise CodemodBug(
            "the installed grammar of Rust does not read Rust as it did when this was tested",
            f"install what this version was tested with: {GRAMMAR}",
        )


def codebase_of(
    snapshot: Snapshot, codemods: Sequence[type[Looks]], looker: Looker, thorough: bool = True
) -> Codebase:
    """The codebase of a snapshot; what passes the codemods' gates is looked at first, together."""
    rust, cargo, rustfmt, *_ = READ
    rust_files = snapshot.regular(rust)
    read = snapshot.read_many([*rust_files, *snapshot.regular(cargo), *snapshot.regular(rustfmt)])
    sources, passed = _read(islice(read, len(rust_files)), codemods, looker)
    others = dict(read)
    codebase = Codebase(
        sources,
        {p: it for p, it in others.items() if p == cargo or p.endswith(f"/{cargo}")},
        looker,
        {p: it for p, it in others.items() if p.endswith(rustfmt)},
        lambda: _documents(snapshot),
        thorough,
        lambda: _cargo_files(snapshot),
        passed,
    )
    wanted = [(path, _first(codemod)) for codemod in codemods for path in codebase.passed(codemod)]
    looker.prepare([(sources[path], of) for path, of in wanted])
    codebase.prepare([path for path, of in wanted if of == Facts()])
    return codebase


def _read(
    read: Iterable[tuple[str, bytes]], codemods: Sequence[type[Looks]], looker: Looker
) -> tuple[dict[str, bytes], dict[Gate, tuple[str, ...]]]:
    """All files, and which of them pass each gate: those are looked at while git reads on."""
    passed: dict[Gate, list[str]] = {codemod.gate: [] for codemod in codemods}
    if not passed:
        return dict(read), {}
    sources: dict[str, bytes] = {}
    wanted: dict[bytes, list[Wanted]] = {}
    for path, source, gates in passed_by(read, passed):
        sources[path] = source
        for gate in gates:
            passed[gate].append(path)
        if gates:
            wanted[source] = [_first(codemod) for codemod in codemods if codemod.gate in gates]
        if sum(map(len, wanted)) >= WORTH_MORE:
            looker.begin((source, of) for source, every in wanted.items() for of in every)
            wanted.clear()
    return sources, {gate: tuple(paths) for gate, paths in passed.items()}


def _first(codemod: type[Looks]) -> Wanted:
    """What a codemod wants of each file that passes its gate."""
    return Sights(codemod) if codemod.sight is not None else Facts()


def _cargo_files(snapshot: Snapshot) -> dict[str, bytes]:
    """Every lock file and every settings file of cargo's."""
    paths = [p for name in lockfile.FILES for p in snapshot.regular(name)]
    return dict(snapshot.read_many(p for p in paths if f"/{p}".endswith(lockfile.PLACES)))


def _documents(snapshot: Snapshot) -> dict[str, bytes]:
    """Every document and settings file that is not large."""
    paths = [p for suffix in pins.READ for p in snapshot.regular(suffix)]
    paths = [p for p in paths if not p.endswith(("Cargo.toml", "package-lock.json"))]
    return {p: source for p, source in snapshot.read_many(paths) if len(source) <= MAX_BYTES}
