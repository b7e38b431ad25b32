"""The bytes of every Rust file, and what tells them from others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.held import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

HELD = 20_000_000
"""Bytes of sources of which none are held any more: to read a file again takes 4 us, and a check of
10,000 files does so 130,000 times (measured)."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one file holds, wherever that is kept."""

    id: bytes
    """The same for equal bytes, and for no others; git's, where git knows them."""
    size: int
    read: Callable[[], bytes]

    @classmethod
    def of(cls, data: bytes) -> Source:
        """A source in memory that nobody has named yet."""
        return cls(_id(data), len(data), lambda: data)


class Texts(Mapping[str, bytes]):
    """Every Rust file, by path. It can be added to, and forgets nothing."""

    def __init__(self, files: Mapping[str, bytes] | None = None, most: int = HELD) -> None:
        self._about: dict[str, tuple[bytes, int]] = {}
        """The id of each, and its size."""
        self._held = Held[str](most)
        for path, data in (files or {}).items():
            self.put(path, data)

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Self:
        return files if isinstance(files, cls) else cls(files)

    def put(self, path: str, data: bytes, id: bytes = b"") -> Source:
        """Keep what a file holds, by git's `id` if it is known; it was not kept before."""
        self._held[path] = data
        self._about[path] = id or _id(data), len(data)
        return self.source(path)

    def source(self, path: str) -> Source:
        id, size = self._about[path]
        return Source(id, size, lambda: self._held[path])

    def sources(self, paths: Iterable[str]) -> dict[str, Source]:
        return {path: self.source(path) for path in paths}

    def __getitem__(self, path: str) -> bytes:
        return self._held[path]

    def __contains__(self, path: object) -> bool:
        return path in self._about

    def __iter__(self) -> Iterator[str]:
        return iter(self._about)

    def __len__(self) -> int:
        return len(self._about)


def _id(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
