"""The bytes of every Rust file: in memory, and from some size on in a temporary file."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

HELD = 24_000_000
"""Bytes that are held in memory; what comes behind them is read again whenever it is asked for:
8 us a file, 130,000 times in a check of 10,000 files (measured)."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one file holds, wherever that is kept."""

    id: bytes
    """The same for equal bytes, and for no others; git's, where git knows them."""
    size: int
    _held: bytes | None = None
    _spool: Spool | None = None
    _at: int = 0

    @classmethod
    def of(cls, data: bytes) -> Source:
        """A source in memory that nobody has named yet."""
        return cls(hashlib.sha256(data).digest(), len(data), data)

    def read(self) -> bytes:
        if self._held is not None:
            return self._held
        assert self._spool is not None
        return self._spool.read(self._at, self.size)


class Texts(Mapping[str, bytes]):
    """Every Rust file, by path. It can be added to, and forgets nothing."""

    def __init__(self, files: Mapping[str, bytes] | None = None, most: int = HELD) -> None:
        self._sources: dict[str, Source] = {}
        self._left = most
        self._spool = Spool()
        for path, data in (files or {}).items():
            self.put(path, data)

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Self:
        return files if isinstance(files, cls) else cls(files)

    def put(self, path: str, data: bytes, id: bytes = b"") -> Source:
        """Keep what a file holds; by git's `id`, if it is known."""
        id = id or hashlib.sha256(data).digest()
        at = self._spool.put(data) if len(data) > self._left else None
        if at is None:  # there is room for it, or none on disk
            self._left -= len(data)
            self._sources[path] = Source(id, len(data), data)
        else:
            self._sources[path] = Source(id, len(data), None, self._spool, at)
        return self._sources[path]

    def source(self, path: str) -> Source:
        return self._sources[path]

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        return {path: self._sources[path] for path in paths}

    def __getitem__(self, path: str) -> bytes:
        return self._sources[path].read()

    def __contains__(self, path: object) -> bool:
        return path in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class Spool:
    """A temporary file without a name: it is gone when this process is, however that ends."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, data: bytes) -> int | None:
        """Where it can be read again; None if it cannot be kept there."""
        try:
            if self._file is None:
                # It lasts as long as what reads what was put there.
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            if self._file.write(data) < len(data):  # the disk is full
                return None
        except OSError:
            return None
        self._end += len(data)
        return self._end - len(data)

    def read(self, at: int, size: int) -> bytes:
        assert self._file is not None
        self._file.seek(at)
        return self._file.read(size)
