"""The files of one commit, index or work tree as values; edits make a new snapshot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

REGULAR = ("100644", "100755")
SYMLINK = "120000"
GITLINK = "160000"


class Entry(Plain, frozen=True):
    """One path of a tree: git's mode (`100644`) and object id (hexadecimal)."""

    mode: str
    oid: str


@dataclass(frozen=True)
class Snapshot:
    """Every file of one commit or index, and what has been made of some of them since.

    Paths have forward slashes and are relative to the repository's top; bytes that are not
    UTF-8 are kept by `surrogateescape`. `load` reads blobs by object id, in the order asked.
    """

    entries: Mapping[str, Entry]
    load: Callable[[Iterable[str]], Iterator[bytes]]
    commit: str = ""
    tree: str = ""
    changed: Mapping[str, bytes] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    """Files of a work tree that could not be read, and why; they are in no other field."""

    @classmethod
    def of_files(
        cls, files: Mapping[str, bytes], unread: Mapping[str, str] | None = None
    ) -> Snapshot:
        """A snapshot of files in memory: of a work tree, a manual, a test."""
        blobs = {blob_id(data): data for data in files.values()}
        entries = {path: Entry("100644", blob_id(data)) for path, data in sorted(files.items())}
        return cls(entries, lambda oids: (blobs[oid] for oid in oids), unread=unread or {})

    @classmethod
    def of_folder(cls, folder: Path) -> Snapshot:
        """A snapshot of a folder that need not be a repository; `target` and links are left out."""
        return cls.of_files(
            {
                file.relative_to(folder).as_posix(): file.read_bytes()
                for file in sorted(folder.rglob("*"))
                if file.is_file()
                and not file.is_symlink()
                and "target" not in file.relative_to(folder).parts
            }
        )

    def regular(self, suffix: str) -> list[str]:
        """The paths of ordinary files that end in `suffix`: never links or submodules."""
        return [
            path
            for path, entry in self.entries.items()
            if entry.mode in REGULAR and path.endswith(suffix)
        ]

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises `KeyError` if the snapshot has no such path."""
        if path in self.changed:
            return self.changed[path]
        return next(iter(self.load([self.entries[path].oid])))

    def id(self, path: str) -> bytes:
        """What git calls, or would call, what a file holds: the same for equal bytes only."""
        changed = self.changed.get(path)
        return (self.entries[path].oid if changed is None else blob_id(changed)).encode()

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of each of `paths`, in that order, with one request to the store."""
        wanted = list(paths)
        stored = self.load(self.entries[p].oid for p in wanted if p not in self.changed)
        for path in wanted:
            yield path, self.changed[path] if path in self.changed else next(stored)

    def with_changes(self, changes: Mapping[str, bytes]) -> Snapshot:
        """The snapshot after `changes`; only ordinary files that are there may change."""
        for path in changes:
            if self.entries[path].mode not in REGULAR:
                raise ValueError(f"not an ordinary file: {path}")
        return replace(self, changed={**self.changed, **changes})


def blob_id(data: bytes, object_format: str = "sha1") -> str:
    """The id that git gives to a file that holds `data`."""
    hashed = hashlib.new(object_format, b"blob %d\0" % len(data), usedforsecurity=False)
    hashed.update(data)
    return hashed.hexdigest()
