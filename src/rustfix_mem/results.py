"""Whole results, kept by all that they depend on, so that the same question is not asked twice.

Who asks need not load what would answer: the code is known by the size and the time of its files.
One file a result, plain data; as many as `MOST`, and the oldest goes.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rustfix_mem.answers import code, folder, write
from rustfix_mem.answers import question as question
from rustfix_mem.reported import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    homes: tuple[str, ...] = field(default=(), compare=False)
    """The folders of the code that has made it, once it is kept."""


@dataclass(frozen=True)
class _Kept:
    result: Result
    code: str
    trace: bytes = b""
    """What it depended on, packed: most who ask do not ask for that."""


def recall(asked: str) -> Result | None:
    """The result that was kept, if the code that made it is as it was then."""
    kept = _kept(asked)
    return kept.result if kept is not None else None


def _kept(asked: str) -> _Kept | None:
    try:
        kept = msgspec.msgpack.decode(_file(asked).read_bytes(), type=_Kept)
        return kept if kept.code == code(kept.result.homes) else None
    except (OSError, msgspec.DecodeError):
        return None


def keep(asked: str, result: Result, packages: Iterable[str]) -> Result:
    """Keep a result of the code in these packages, and tell it where that is.

    A cache that cannot be written is no error.
    """
    files = [getattr(sys.modules.get(package), "__file__", None) for package in packages]
    if None in files:
        return result  # code that is in no file may be any other the next time
    kept = replace(result, homes=tuple(sorted({str(Path(file).parent) for file in files if file})))
    keep_again(asked, kept)
    return kept


def keep_again(asked: str, result: Result, trace: bytes = b"") -> None:
    """Keep a result that knows the homes of its code, perhaps with what it depended on."""
    with contextlib.suppress(OSError, UnicodeEncodeError):  # a path may be no text
        data = msgspec.msgpack.encode(_Kept(result, code(result.homes), trace))
        write(str(_file(asked)), data, MOST)


def recall_traced(asked: str) -> tuple[Result, bytes] | None:
    """The result that was kept with what it depended on."""
    kept = _kept(asked)
    return (kept.result, kept.trace) if kept is not None and kept.trace else None


def contents(snapshot: Snapshot) -> str:
    """All files of a snapshot by their contents; the tree of a commit says it in one word."""
    if snapshot.tree and not snapshot.changed and not snapshot.unread:
        return snapshot.tree
    told = [f"{entry.mode} {entry.oid} {path}" for path, entry in snapshot.entries.items()]
    told += [f"{sha256(data).hexdigest()} {path}" for path, data in snapshot.changed.items()]
    told += [f"{path}: {reason}" for path, reason in snapshot.unread.items()]
    return sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def _file(asked: str) -> Path:
    return Path(folder(), "results", f"{asked}.msgpack")
