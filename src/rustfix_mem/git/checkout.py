"""Blobs that are checked out as they are: read from the work tree, in a third of git's time.

What a file holds is hashed, so it is the blob, whatever an index or a time stamp says of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rustfix_mem.git.disk import Reader
from rustfix_mem.git.snapshot import REGULAR, blob_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.git.snapshot import Entry
    from rustfix_mem.git.store import Store

MOST = 4_000_000
"""Bytes of a larger file are left to git: what the user has put there now may be of any size."""

AT_ONCE = 500
"""Files that are looked for before git is asked, once, for those that are not as committed."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Reads blobs by their ids, in the order asked: from files where it can, else from `store`."""

    store: Store
    reader: Reader
    paths: Mapping[str, str]
    """A path of each blob."""

    @classmethod
    def of(cls, store: Store, entries: Mapping[str, Entry]) -> Checkout | None:
        """Nothing where there is no work tree."""
        top = store.place.work_tree
        paths = {entry.oid: path for path, entry in entries.items() if entry.mode in REGULAR}
        return cls(store, Reader(top), paths) if top is not None else None

    def load(self, oids: Iterable[str]) -> Iterator[bytes]:
        """As `Store.load`. Where most of the files are others, git is asked for all that is left:
        line ends may be converted, or another branch checked out."""
        left = iter(list(oids))
        while some := list(islice(left, AT_ONCE)):
            found = [self._checked_out(oid) for oid in some]
            missing = [oid for oid, data in zip(some, found, strict=True) if data is None]
            rest = list(left) if len(missing) > len(some) // 2 else []
            left = iter(()) if rest else left
            stored = self.store.load([*missing, *rest])
            for data in found:
                yield next(stored) if data is None else data
            yield from stored

    def _checked_out(self, oid: str) -> bytes | None:
        path = self.paths.get(oid)
        if path is None:
            return None
        try:
            data = self.reader.content(path, MOST)
        except OSError:
            return None
        same = data is not None and blob_id(data, self.store.place.object_format) == oid
        return data if same else None
