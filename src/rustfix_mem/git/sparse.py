"""Reads an index that has one row for a whole folder, of a sparse checkout, as git would fill it.

When git itself fills such an index it writes the trees that the folders name; and of an object that
is there already, in the user's repository too, that changes the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.git.command import command, decode, encode, failed, run
from rustfix_mem.git.snapshot import Entry
from rustfix_mem.plain import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rustfix_mem.git.index import Row
    from rustfix_mem.git.store import Store

FOLDER = "040000"

_MARK = b"sdir\0\0\0\0"
"""The extension, always empty, that such an index has."""

# Git leaves the rows as they are in a repository that is sparse itself.
_SPARSE = ("core.sparseCheckout=true", "core.sparseCheckoutCone=true", "index.sparse=true")
_PATTERNS = "/*\n!/*/\n"


def has_folders(index: Path) -> bool:
    """Whether an index may have rows for folders."""
    return _MARK in index.read_bytes()


def listed(store: Store, index: Path) -> bytes:
    """What `ls-files --stage --debug -z` says of an index that has folders, and them as such."""
    (store.folder / "info").mkdir(exist_ok=True)
    (store.folder / "info" / "sparse-checkout").write_text(_PATTERNS)
    args = ["ls-files", "--sparse", "--stage", "--debug", "-z"]
    env = {**store.reading(), "GIT_INDEX_FILE": str(index)}
    ran = run(command(args, settings=_SPARSE), env=env, folder=store.folder)
    if ran.status:
        raise failed(args, ran)
    return ran.out


def filled(store: Store, index: Path, rows: Iterable[Row]) -> list[Row]:
    """The rows with those of files in the place of those of folders; `index`, a copy, likewise."""
    found = [one for row in rows for one in _inside(store, row)]
    text = "".join(f"{row.entry.mode} {row.entry.oid} {row.stage}\t{row.path}\0" for row in found)
    index.unlink()
    # Without the user's objects in sight: none is needed, and none must be touched.
    env = {**store.writing(), "GIT_INDEX_FILE": str(index)}
    store.git(["update-index", "-z", "--index-info"], encode(text), env=env)
    return found


def _inside(store: Store, row: Row) -> Iterator[Row]:
    """The row of a file, or those of all files in a folder, held back as the folder is."""
    if row.entry.mode != FOLDER:
        yield row
        return
    for line in store.git(["ls-tree", "-r", "-z", row.entry.oid]).split(b"\0")[:-1]:
        about, _, path = decode(line).partition("\t")
        mode, _, oid = about.split(" ")
        yield changed(row, path=row.path + path, entry=Entry(mode, oid))
