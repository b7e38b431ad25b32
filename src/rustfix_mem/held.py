"""Bytes by key: in memory, until they are many; then in a temporary file."""

from __future__ import annotations

import tempfile
import weakref
from typing import IO, Generic, TypeVar

K = TypeVar("K")


class Held(Generic[K]):
    """Holds `most` bytes at most; of more none, and all is read again whenever it is asked for.

    To hold some of many would cost memory, and save little.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._here: dict[K, bytes] = {}
        self._there: dict[K, tuple[int, int]] = {}
        self._spool = _Spool()

    def __contains__(self, key: K) -> bool:
        return key in self._here or key in self._there

    def __getitem__(self, key: K) -> bytes:
        found = self._here.get(key)
        return self._spool.read(*self._there[key]) if found is None else found

    def __setitem__(self, key: K, data: bytes) -> None:
        """Keep what nobody has kept by that key."""
        self._size += len(data)
        self._here[key] = data
        if self._size > self._most:
            self._spill()

    def _spill(self) -> None:
        """Move all to the file, or as much as there is room for on the disk."""
        while self._here:
            key, data = self._here.popitem()
            at = self._spool.put(data)
            if at is None:
                self._here[key] = data
                return
            self._there[key] = at, len(data)


class _Spool:
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
