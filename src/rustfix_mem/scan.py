"""Looking at many files: gate, workers, limits, and the cache of facts.

Facts are kept by the bytes of a file, the grammar, the schema of the facts and the code that
makes them, so a stale fact cannot be found. Plain data (msgpack), never pickle.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rustfix_mem.codebase import Codebase
from rustfix_mem.rust.bounds import pins
from rustfix_mem.rust.file import facts as facts_module
from rustfix_mem.rust.file.facts import FileFacts
from rustfix_mem.rust.file.look import look
from rustfix_mem.rust.file.syntax import GRAMMAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rustfix_mem.git.snapshot import Snapshot

MAX_BYTES = 1_000_000
"""A larger Rust file is skipped; the largest of 9,919 real ones has 738 KB (safety 1.1)."""

WORTH_WORKERS = 400_000
"""Bytes to look at before starting workers pays; they start in about 10 ms."""

MAX_QUESTIONS = 500
"""Keys in one query; old versions of sqlite take no more than 999."""

CACHE_BYTES = 256 * 1024 * 1024

READ = (".rs", "Cargo.toml", "rustfmt.toml", *pins.READ)
"""How the paths end that `codebase_of` reads, for who makes a snapshot of only those."""


@cache
def _codec() -> tuple[msgspec.msgpack.Encoder, msgspec.msgpack.Decoder[FileFacts]]:
    return msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(FileFacts)


def pack(facts: FileFacts) -> bytes:
    return _codec()[0].encode(facts)


def unpack(data: bytes) -> FileFacts:
    return _codec()[1].decode(data)


def _look_packed(source: bytes) -> bytes:
    """What a worker does: facts of one file, as bytes."""
    return pack(look(source))


def unreadable() -> FileFacts:
    """The facts of a file that is not looked at."""
    return FileFacts((), (), (), (), (), (), (), (), (), (), False, (), 0)


@cache
def code_version() -> str:
    """A hash of everything that decides what facts a file has."""
    room = Path(facts_module.__file__).parent  # what decides facts is in one room
    digest = hashlib.sha256(f"{GRAMMAR}|{facts_module.SCHEMA}".encode())
    for file in sorted(room.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass
class FactsCache:
    """Facts on disk; a cache that cannot be opened or read is only slow, never an error."""

    path: Path

    @cached_property
    def _database(self) -> sqlite3.Connection | None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=2)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute(
                "CREATE TABLE IF NOT EXISTS facts (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error):
            return None
        return database

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        if self._database is None:
            return {}
        wanted = list(keys)
        found: dict[bytes, bytes] = {}
        try:
            for at in range(0, len(wanted), MAX_QUESTIONS):
                some = wanted[at : at + MAX_QUESTIONS]
                marks = ",".join("?" * len(some))
                asked = f"SELECT key, value FROM facts WHERE key IN ({marks})"
                found.update(self._database.execute(asked, some))
        except sqlite3.Error:
            return {}
        return found

    def put(self, values: Mapping[bytes, bytes]) -> None:
        if self._database is None:
            return
        try:
            with self._database as database:
                database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", values.items())
            self._bound()
        except sqlite3.Error:
            return

    def _bound(self) -> None:
        """Start over when the file has grown beyond its bound: our own advice, taken."""
        if self._database is not None and self.path.stat().st_size > CACHE_BYTES:
            with self._database as database:
                database.execute("DELETE FROM facts")
            self._database.execute("VACUUM")


@dataclass
class Looker:
    """Makes facts: from memory, from the cache, in this process or in workers."""

    jobs: int = 0
    cache: FactsCache | None = None
    parsed: int = 0
    from_cache: int = 0
    _memory: dict[bytes, FileFacts] = field(default_factory=dict)
    _pool: ProcessPoolExecutor | None = None

    def __call__(self, sources: Mapping[str, bytes]) -> Mapping[str, FileFacts]:
        keys = {path: _key(source) for path, source in sources.items()}
        missing = {key: sources[path] for path, key in keys.items() if key not in self._memory}
        if missing:
            self._recall(missing)
            self._make({k: s for k, s in missing.items() if k not in self._memory})
        return {path: self._memory[key] for path, key in keys.items()}

    def _recall(self, missing: Mapping[bytes, bytes]) -> None:
        if self.cache is None:
            return
        for key, value in self.cache.get(missing).items():
            try:
                self._memory[key] = unpack(value)
            except msgspec.DecodeError:
                continue
            self.from_cache += 1

    def _make(self, sources: Mapping[bytes, bytes]) -> None:
        small = {key: source for key, source in sources.items() if len(source) <= MAX_BYTES}
        self._memory |= {key: unreadable() for key in sources.keys() - small.keys()}
        looks = zip(small, self._looks(list(small.values())), strict=True)
        made = {key: value for key, value in looks if value is not None}
        self._memory |= {key: unreadable() for key in small.keys() - made.keys()}
        self._memory |= {key: unpack(value) for key, value in made.items()}
        self.parsed += len(made)
        if self.cache is not None and made:
            self.cache.put(made)

    def _looks(self, sources: list[bytes]) -> list[bytes | None]:
        """The facts of each file, as bytes; None for a file that killed its worker."""
        jobs = self.jobs or os.cpu_count() or 1
        if jobs < 2 or len(sources) < 2 or sum(map(len, sources)) < WORTH_WORKERS:
            return [_look_packed(source) for source in sources]
        try:
            self._pool = self._pool or _workers(jobs)
            return list(self._pool.map(_look_packed, sources, chunksize=4))
        except BrokenProcessPool:
            self._pool = None
            return _one_by_one(sources)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _workers(jobs: int) -> ProcessPoolExecutor:
    kind = "fork" if sys.platform == "linux" else "spawn"
    # Ctrl-C is for the process that started them: it cancels what waits, and ends them.
    deaf = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(jobs, get_context(kind), signal.signal, deaf)


def _one_by_one(sources: list[bytes]) -> list[bytes | None]:
    """One file at a time in a worker, so that one that kills it costs nothing but its own facts."""
    found: list[bytes | None] = []
    pool = _workers(1)
    for source in sources:
        try:
            found.append(pool.submit(_look_packed, source).result())
        except BrokenProcessPool:
            found.append(None)
            pool = _workers(1)
    pool.shutdown()
    return found


def _key(source: bytes) -> bytes:
    return hashlib.sha256(code_version().encode() + b"\0" + source).digest()[:20]


def default_cache() -> FactsCache:
    """The user's cache of facts, shared by all repositories."""
    import platformdirs  # only a run that has to look at files needs to know where

    folder = os.environ.get("RUSTFIX_MEM_CACHE_DIR") or platformdirs.user_cache_dir("rustfix-mem")
    return FactsCache(Path(folder) / "facts.sqlite")


def codebase_of(snapshot: Snapshot, gate: tuple[bytes, ...], looker: Looker) -> Codebase:
    """The codebase of a snapshot; the files that pass the gate are looked at first, together."""
    rust, cargo, rustfmt, *_ = READ
    sources = dict(snapshot.read_many(snapshot.regular(rust)))
    manifests = {
        path: source
        for path, source in snapshot.read_many(snapshot.regular(cargo))
        if path == "Cargo.toml" or path.endswith("/Cargo.toml")
    }
    passed = tuple(
        path for path, source in sources.items() if any(literal in source for literal in gate)
    )
    formats = dict(snapshot.read_many(snapshot.regular(rustfmt)))
    codebase = Codebase(
        sources, manifests, looker, formats, lambda: _documents(snapshot), passed=passed
    )
    codebase.prepare(passed)
    return codebase


def _documents(snapshot: Snapshot) -> dict[str, bytes]:
    """Every document and settings file that is not large."""
    paths = [p for suffix in pins.READ for p in snapshot.regular(suffix)]
    paths = [p for p in paths if not p.endswith(("Cargo.toml", "package-lock.json"))]
    return {p: source for p, source in snapshot.read_many(paths) if len(source) <= MAX_BYTES}
