"""Reads a work tree as `git add -A` would commit it, but for filters, which do not run.

That is: tracked files as they are on disk, and those that are new and not ignored. What a sparse
checkout leaves out, or `update-index --assume-unchanged` holds back, is as in the index. Links
are not followed, submodules are not entered.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rustfix_mem.git import index
from rustfix_mem.git.command import command, decode, encode, failed, run
from rustfix_mem.git.locate import user_environment
from rustfix_mem.git.snapshot import GITLINK, REGULAR, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rustfix_mem.git.store import Store

# Where the file itself is a link, or a pipe that nobody writes to: neither is to be opened.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def snapshot(store: Store, suffixes: Sequence[str]) -> Snapshot:
    """The files of the work tree whose path ends in one of `suffixes`.

    One that is there and cannot be read is in `Snapshot.unread`. Raises `UsageError` in the
    middle of a merge, and where there is no work tree.
    """
    place = index.of_work_tree(store)
    found = index.merged(index.rows(store, place))
    assert store.place.work_tree is not None
    reader = Reader(store.place.work_tree)
    wanted = [row for row in found if row.path.endswith(tuple(suffixes))]
    for row in wanted:
        if not row.kept and row.entry.mode != GITLINK:
            reader.read(row.path)
    kept = {row.path: row.entry for row in wanted if row.kept and row.entry.mode in REGULAR}
    stored = Snapshot(kept, store.load)
    for path in _new(store, place):
        if path.endswith(tuple(suffixes)):
            reader.read(path)
    files = reader.files | dict(stored.read_many(kept))
    return Snapshot.of_files(files, reader.unread)


@dataclass
class Reader:
    """Reads ordinary files below `top`, and never through a link."""

    top: Path
    files: dict[str, bytes] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, bool] = field(default_factory=dict)

    def read(self, path: str) -> None:
        """One file into `files` or `unread`; into neither what git has as deleted or a link."""
        try:
            found = self.content(path)
        except OSError as error:
            self.unread[path] = (error.strerror or str(error)).lower()
        else:
            if found is not None:
                self.files[path] = found

    def content(self, path: str, most: int = sys.maxsize) -> bytes | None:
        """All of one file; nothing of what is deleted, a link, or larger than `most` bytes.

        Raises `OSError` for what is there and cannot be read.
        """
        if not self._is_folder(path.rpartition("/")[0]):
            return None
        file = self._on_disk(path)
        return _bytes(file, most) if _is_file(file) else None

    def _is_folder(self, folder: str) -> bool:
        """Whether every part of the way is a folder, and none a link to one."""
        if not folder:
            return True
        if folder not in self._folders:
            above = self._is_folder(folder.rpartition("/")[0])
            self._folders[folder] = above and _is_folder(self._on_disk(folder))
        return self._folders[folder]

    def _on_disk(self, path: str) -> bytes:
        return os.path.join(self._top, encode(path))

    @cached_property
    def _top(self) -> bytes:
        return os.fsencode(self.top)


def _is_folder(file: bytes) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(file).st_mode)
    except OSError:
        return False


def _is_file(file: bytes) -> bool:
    """Whether something is there that is neither a link nor a folder."""
    try:
        mode = os.lstat(file).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def _bytes(file: bytes, most: int) -> bytes | None:
    """All of an ordinary file; whatever else it has become by now is an `OSError`."""
    stream = os.open(file, _FLAGS)  # `open` would take longer than all the rest
    try:
        about = os.fstat(stream)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file")
        return _all_of(stream, about.st_size) if about.st_size <= most else None
    finally:
        os.close(stream)


def _all_of(stream: int, size: int) -> bytes:
    """What can be read of a file of about that size."""
    data = os.read(stream, size + 1)
    if len(data) == size:
        return data
    with open(stream, "rb", closefd=False) as rest:  # it has changed meanwhile
        return data + rest.read()


def _new(store: Store, place: Path) -> Iterator[str]:
    """Files that git does not know and does not ignore. A repository inside of this one is not."""
    _with_their_excludes(store)
    env = store.reading() | {"GIT_WORK_TREE": str(store.place.work_tree)}
    if place.exists():
        env |= {"GIT_INDEX_FILE": str(store.folder / "theirs" / "index")}
    args = ["ls-files", "--others", "--exclude-standard", "-z"]
    settings = [f"core.excludesFile={path}" for path in _excludes(store)]
    ran = run(command(args, settings=settings), env=env, folder=store.folder)
    if ran.status:
        raise failed(args, ran)
    return (path for path in decode(ran.out).split("\0")[:-1] if not path.endswith("/"))


def _with_their_excludes(store: Store) -> None:
    """`.git/info/exclude`, which git looks for in the repository that it runs in: in ours."""
    theirs, ours = store.place.common_dir / "info" / "exclude", store.folder / "info" / "exclude"
    if theirs.is_file():
        ours.parent.mkdir(exist_ok=True)
        shutil.copyfile(theirs, ours)


def _excludes(store: Store) -> Iterator[str]:
    """The user's `core.excludesFile`, if one is set; `git config` reads files and runs nothing."""
    ask = ["git", "config", "-z", "--type=path", "--get", "core.excludesFile"]
    env = user_environment({"GIT_DIR": str(store.place.git_dir)})
    for path in decode(run(ask, env=env, folder=store.folder).out).split("\0")[:-1]:
        yield os.path.join(str(store.place.work_tree), path)
