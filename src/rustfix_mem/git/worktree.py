"""Which files of a work tree differ from HEAD, told without `git status`, which runs filters."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import decode
from rustfix_mem.git.snapshot import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.git.store import Store

_ROW = re.compile(
    rb"(\d{6}) ([0-9a-f]+) (\d)\t([^\0]*)\0"
    rb"  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n[^\n]*\n[^\n]*\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
_GITLINK = "160000"
_SYMLINK = "120000"
# `git update-index --assume-unchanged`, `--skip-worktree` (sparse checkouts)
_NOT_LOOKED_AT = 0x8000 | 0x4000_0000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an index: what is staged, and how the file looked when it was."""

    path: str
    entry: Entry
    stage: int
    mtime: int
    size: int
    flags: int


def changed(store: Store) -> set[str] | None:
    """Tracked paths that differ between HEAD, index and work tree; `None` if that is unknown.

    A file that differs in line endings alone counts as unchanged where git may have put
    them there. Files that git does not track are not counted.
    """
    top, index = store.place.work_tree, store.place.git_dir / "index"
    if top is None or not index.is_file():
        return None
    try:
        head = store.snapshot(store.resolve("HEAD")).entries
        written = index.stat().st_mtime_ns
        rows = list(_rows(store, index))
    except (UsageError, OSError):
        return None
    staged = {row.path: row.entry for row in rows if row.stage == 0}
    paths = {path for path in head.keys() | staged.keys() if head.get(path) != staged.get(path)}
    return paths | {row.path for row in rows if _touched(store, top, row, written)}


def _rows(store: Store, index: Path) -> Iterator[Row]:
    """The rows of a copy of the index: reading a split one touches its shared half."""
    copy = store.folder / "theirs"
    copy.mkdir(exist_ok=True)
    for file in (index, *index.parent.glob("sharedindex.*")):
        shutil.copyfile(file, store.folder / file.name if file != index else copy / "index")
    env = {**store.reading(), "GIT_INDEX_FILE": str(copy / "index")}
    listed = store.git(["ls-files", "--stage", "--debug", "-z"], env=env)
    for mode, oid, stage, path, seconds, nanos, size, flags in _ROW.findall(listed):
        entry = Entry(mode.decode(), oid.decode())
        when = int(seconds) * 1_000_000_000 + int(nanos)
        yield Row(decode(path), entry, int(stage), when, int(size), int(flags, 16))


def _touched(store: Store, top: Path, row: Row, written: int) -> bool:
    if row.stage or row.entry.mode == _GITLINK or row.flags & _NOT_LOOKED_AT:
        return row.stage > 0
    file = top / row.path
    try:
        now = file.lstat()
    except OSError:
        return True
    if stat.S_ISLNK(now.st_mode) != (row.entry.mode == _SYMLINK):
        return True
    # A file as old as the index may have changed after it was staged, within one tick.
    if now.st_mtime_ns == row.mtime < written and now.st_size == row.size:
        return False
    if not stat.S_ISREG(now.st_mode) and not stat.S_ISLNK(now.st_mode):
        return True
    return now.st_size != row.size > 0 or not _holds(store, file, row.entry)


def _holds(store: Store, file: Path, entry: Entry) -> bool:
    """Whether the file is the blob, as it stands or with the line endings of the blob."""
    try:
        link = entry.mode == _SYMLINK
        data = os.fsencode(os.readlink(file)) if link else file.read_bytes()
    except OSError:
        return False
    ways = (data, data.replace(b"\r\n", b"\n"))
    return any(_blob_id(way, store.place.object_format) == entry.oid for way in ways)


def _blob_id(data: bytes, object_format: str) -> str:
    head = b"blob %d\0" % len(data)
    return hashlib.new(object_format, head + data, usedforsecurity=False).hexdigest()
