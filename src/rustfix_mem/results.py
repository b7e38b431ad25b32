"""Whole results, kept by all that they depend on, so that the same question is not asked twice.

Who asks need not load what would answer: the code is known by the size and the time of its files.
One file a result, plain data; as many as `MOST`, and the oldest goes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rustfix_mem.facts_cache import folder
from rustfix_mem.reported import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem.git.snapshot import Snapshot

MOST = 64
"""Results that are kept; one has some 10 KB."""


@dataclass(frozen=True)
class Result:
    """What a check found, and what it told of its settings."""

    report: Report
    told: tuple[str, ...]
    codemods: tuple[str, ...]
    """Who has judged."""


@dataclass(frozen=True)
class _Kept:
    result: Result
    homes: tuple[str, ...]
    """The folders of the code that has made it."""
    code: str


def question(words: Iterable[str]) -> str:
    """The name of a result that depends on these words, and on what is installed."""
    installed = [f"{path} {_time(path)}" for path in sys.path]
    told = "\0".join([*words, sys.version, *installed])
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def recall(asked: str) -> Result | None:
    """The result that was kept, if the code that made it is as it was then."""
    try:
        kept = msgspec.msgpack.decode(_file(asked).read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None
    return kept.result if kept.code == _code(kept.homes) else None


def keep(asked: str, result: Result, packages: Iterable[str]) -> None:
    """Keep a result of the code in these packages; a cache that cannot be written is no error."""
    files = [getattr(sys.modules.get(package), "__file__", None) for package in packages]
    if None in files:
        return  # code that is in no file may be any other the next time
    homes = tuple(sorted({str(Path(file).parent) for file in files if file}))
    with contextlib.suppress(OSError, UnicodeEncodeError):  # a path may be no text
        data = msgspec.msgpack.encode(_Kept(result, homes, _code(homes)))
        _write(_file(asked), data)


def contents(snapshot: Snapshot) -> str:
    """All files of a snapshot by their contents; the tree of a commit says it in one word."""
    if snapshot.tree and not snapshot.changed and not snapshot.unread:
        return snapshot.tree
    told = [f"{entry.mode} {entry.oid} {path}" for path, entry in snapshot.entries.items()]
    told += [f"{sha256(data).hexdigest()} {path}" for path, data in snapshot.changed.items()]
    told += [f"{path}: {reason}" for path, reason in snapshot.unread.items()]
    return sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def _file(asked: str) -> Path:
    return folder() / "results" / f"{asked}.msgpack"


def _write(file: Path, data: bytes) -> None:
    """Put the file there whole, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as written:
        written.write(data)
    Path(written.name).replace(file)
    there = sorted(file.parent.iterdir(), key=lambda one: one.stat().st_mtime)
    for old in there[:-MOST]:
        old.unlink(missing_ok=True)


def _time(path: str) -> int:
    """When a folder was last changed, as it is when something is installed there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _code(homes: Iterable[str]) -> str:
    stamps = [stamp for home in homes for stamp in sorted(_stamps(home))]
    return sha256(repr(stamps).encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(home: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of every module below a folder: to read them all would take longer."""
    for entry in os.scandir(home):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _stamps(entry.path)
        elif entry.name.endswith(".py"):
            status = entry.stat()
            yield entry.path, status.st_size, status.st_mtime_ns
