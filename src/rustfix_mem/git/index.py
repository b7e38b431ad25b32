"""Reads an index: what is staged, as a snapshot that nobody has committed yet."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git import sparse
from rustfix_mem.git.command import decode
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.plain import Plain

if TYPE_CHECKING:
    from rustfix_mem.git.store import Store

# `ls-files --stage --debug`; what it prints may change with git, so all of it must match.
_ROW = re.compile(
    rb"(\d{6}) ([0-9a-f]+) (\d)\t([^\0]*)\0"
    rb"  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n[^\n]*\n[^\n]*\n  size: (\d+)\tflags: ([0-9a-f]+)\n"
)
# `git update-index --assume-unchanged`, `--skip-worktree` (sparse checkouts)
_NOT_LOOKED_AT = 0x8000 | 0x4000_0000
_INTENT_TO_ADD = 0x2000_0000


class Row(Plain, frozen=True):
    """One line of an index: what is staged, and how the file looked when it was."""

    path: str
    entry: Entry
    stage: int
    mtime: int
    size: int
    flags: int

    @property
    def kept(self) -> bool:
        """Whether git goes by the index alone, whatever is in the work tree."""
        return bool(self.flags & _NOT_LOOKED_AT)

    @property
    def announced(self) -> bool:
        """`git add -N`: the path is known, and nothing of the file is staged."""
        return bool(self.flags & _INTENT_TO_ADD)


def staged(store: Store) -> Snapshot:
    """The files that `git commit` would commit now; raises `UsageError` if it could not.

    In a hook that is the index that git has made for this commit.
    """
    found = merged(rows(store, of_a_hook(store) or of_work_tree(store)))
    entries = {row.path: row.entry for row in found if not row.announced}
    return Snapshot(entries, store.loader(entries))


def of_work_tree(store: Store) -> Path:
    """The index of the work tree, which need not exist; `UsageError` if there is no work tree."""
    if store.place.work_tree is None:
        raise UsageError(
            "this repository has no work tree, and so nothing is staged in it",
            "leave the option out to read `HEAD`, or give a commit with `--rev REV`",
        )
    return store.place.git_dir / "index"


def of_a_hook(store: Store) -> Path | None:
    """The index that git tells a hook to read: `commit -a` and `commit PATH` have their own.

    Only one in the folder of this repository: a variable may be left over from another.
    """
    given = os.environ.get("GIT_INDEX_FILE")
    index = Path(given).resolve() if given else None
    inside = index is not None and index.parent == store.place.git_dir and index.is_file()
    return index if inside else None


def rows(store: Store, index: Path) -> list[Row]:
    """The rows of a copy of the index: reading a split one touches its shared half."""
    if not index.exists():
        return []
    copy = store.folder / "theirs"
    copy.mkdir(exist_ok=True)
    for file in (index, *index.parent.glob("sharedindex.*")):
        shutil.copyfile(file, store.folder / file.name if file != index else copy / "index")
    if sparse.has_folders(copy / "index"):
        return sparse.filled(store, copy / "index", _parsed(sparse.listed(store, copy / "index")))
    env = {**store.reading(), "GIT_INDEX_FILE": str(copy / "index")}
    return _parsed(store.git(["ls-files", "--stage", "--debug", "-z"], env=env))


def merged(found: list[Row]) -> list[Row]:
    """The same rows, of which none is in the middle of a merge; else a `UsageError`."""
    conflicts = sorted({row.path for row in found if row.stage})
    if conflicts:
        more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
        raise UsageError(
            f"`{conflicts[0]}`{more} is not merged yet: nobody can say what would be committed",
            f"put it right, then `git add {quote(conflicts[0])}`; `git status` shows what is left",
        )
    return found


def _parsed(listed: bytes) -> list[Row]:
    found, end = list[Row](), 0
    for match in _ROW.finditer(listed):
        if match.start() != end:
            break
        mode, oid, stage, path, seconds, nanos, size, flags = match.groups()
        entry = Entry(mode.decode(), oid.decode())
        when = int(seconds) * 1_000_000_000 + int(nanos)
        found.append(Row(decode(path), entry, int(stage), when, int(size), int(flags, 16)))
        end = match.end()
    if end != len(listed):
        raise UsageError(
            "this git lists an index in a way that is not known here",
            "commit first, then leave the option out; and please report `git --version`",
        )
    return found
