"""Whole results, kept by all that they depend on: the same question is not asked twice."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.codemod import Codemod
    from rustfix_mem.facts_cache import FactsCache
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.scope import Scope

T = TypeVar("T")


def key(codemods: Sequence[Codemod], snapshot: Snapshot, scope: Scope, thorough: bool) -> bytes:
    """What a result depends on: the files, the codemods as they are set, the scope, our code."""
    told = [_files(snapshot), *map(_configured, codemods), repr(scope), str(thorough)]
    told += [_code(package) for package in _packages(codemods)]
    return sha256("\0".join(told).encode("utf-8", "surrogateescape")).digest()[:20]


def recall(store: FactsCache | None, of: bytes, kind: type[T]) -> T | None:
    """The result that was kept, or `None`; one that cannot be read is none."""
    found = store.get([of]).get(of) if store is not None else None
    try:
        return msgspec.msgpack.decode(found, type=kind) if found is not None else None
    except msgspec.DecodeError:
        return None


def keep(store: FactsCache | None, of: bytes, result: object) -> None:
    """Keep a result, unless a name in it is no text."""
    if store is None:
        return
    try:
        store.put({of: msgspec.msgpack.encode(result)})
    except UnicodeEncodeError:
        return


def _files(snapshot: Snapshot) -> str:
    """All files by their contents; a commit's tree says it in one word."""
    if snapshot.tree and not snapshot.changed and not snapshot.unread:
        return snapshot.tree
    told = [f"{entry.mode} {entry.oid} {path}" for path, entry in snapshot.entries.items()]
    told += [f"{sha256(data).hexdigest()} {path}" for path, data in snapshot.changed.items()]
    told += [f"{path}: {reason}" for path, reason in snapshot.unread.items()]
    return sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()


def _configured(codemod: Codemod) -> str:
    values = {field.name: getattr(codemod, field.name) for field in fields(codemod)}
    values["given"] = sorted(codemod.given)
    return f"{codemod.name()} {values}"


def _packages(codemods: Sequence[Codemod]) -> list[str]:
    """The packages that a result comes from: ours, and those of the codemods."""
    homes = (type(codemod).__module__.partition(".")[0] for codemod in codemods)
    return sorted({__name__.partition(".")[0], *homes})


@cache
def _code(package: str) -> str:
    """Size and time of every module of a package: reading them all would take longer."""
    home = getattr(sys.modules[package], "__file__", None)
    return repr(sorted(_stamps(Path(home).parent))) if home else package


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _stamps(Path(entry.path))
        elif entry.name.endswith(".py"):
            status = entry.stat()
            yield entry.path, status.st_size, status.st_mtime_ns
