"""Which files of a work tree differ from HEAD, told without `git status`, which runs filters."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.index import rows
from rustfix_mem.git.snapshot import GITLINK, SYMLINK

if TYPE_CHECKING:
    from rustfix_mem.git.index import Row
    from rustfix_mem.git.snapshot import Entry, Snapshot
    from rustfix_mem.git.store import Store


def changed(store: Store, known: Snapshot | None = None) -> set[str] | None:
    """Tracked paths that differ between HEAD, index and work tree; `None` if that is unknown.

    A file that differs in line endings alone counts as unchanged where git may have put
    them there. Files that git does not track are not counted. `known` is HEAD, if somebody has
    listed it.
    """
    top, index = store.place.work_tree, store.place.git_dir / "index"
    if top is None or not index.is_file():
        return None
    try:
        head = (known or store.snapshot(store.resolve("HEAD"))).entries
        written = index.stat().st_mtime_ns
        found = rows(store, index)
    except (UsageError, OSError):
        return None
    staged = {row.path: row.entry for row in found if row.stage == 0}
    paths = {path for path in head.keys() | staged.keys() if head.get(path) != staged.get(path)}
    return paths | {row.path for row in found if _touched(store, top, row, written)}


def _touched(store: Store, top: Path, row: Row, written: int) -> bool:
    if row.stage or row.entry.mode == GITLINK or row.kept:
        return row.stage > 0
    file = f"{top}{os.sep}{row.path}"  # a `Path` for each takes as long as asking the system
    try:
        now = os.lstat(file)
    except OSError:
        return True
    if stat.S_ISLNK(now.st_mode) != (row.entry.mode == SYMLINK):
        return True
    # A file as old as the index may have changed after it was staged, within one tick.
    if now.st_mtime_ns == row.mtime < written and now.st_size == row.size:
        return False
    if not stat.S_ISREG(now.st_mode) and not stat.S_ISLNK(now.st_mode):
        return True
    return now.st_size != row.size > 0 or not _holds(store, Path(file), row.entry)


def _holds(store: Store, file: Path, entry: Entry) -> bool:
    """Whether the file is the blob, as it stands or with the line endings of the blob."""
    try:
        link = entry.mode == SYMLINK
        data = os.fsencode(os.readlink(file)) if link else file.read_bytes()
    except OSError:
        return False
    ways = (data, data.replace(b"\r\n", b"\n"))
    return any(_blob_id(way, store.place.object_format) == entry.oid for way in ways)


def _blob_id(data: bytes, object_format: str) -> str:
    head = b"blob %d\0" % len(data)
    return hashlib.new(object_format, head + data, usedforsecurity=False).hexdigest()
