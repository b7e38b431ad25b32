"""What was seen in files, on disk: bytes by key, bounded, and never an error."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.answers import folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_QUESTIONS = 500
"""Keys in one query; old versions of sqlite take no more than 999."""

CACHE_BYTES = 256 * 1024 * 1024


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


def default_cache() -> FactsCache:
    """The user's cache of facts, shared by all repositories."""
    return FactsCache(Path(folder(), "facts.sqlite"))
