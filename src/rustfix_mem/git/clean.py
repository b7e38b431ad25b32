"""Whether nothing has changed since HEAD, where an index shows it at a glance.

It reads the index itself, and only the forms of it in which that takes no more than a page. Whoever
is told "not for sure" asks `worktree.changed`, which knows more and takes ten times as long.
"""

from __future__ import annotations

import os
from struct import Struct, error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = Struct(">4sII")
ROW = Struct(">8xII8xI8xI")
"""What is of use in a row before the id: seconds and nanoseconds of the last change, mode, size."""
FLAGS = Struct(">H")
EXTENSION = Struct(">4sI")

KEPT, EXTENDED, STAGE, SKIPPED = 0x8000, 0x4000, 0x3000, 0x4000
"""`assume-unchanged`; two more bytes of flags; of a merge; `skip-worktree`, in the two bytes."""
TYPE, LINK, SUBMODULE = 0o170000, 0o120000, 0o160000


def is_clean(top: str, git_dir: str, tree: str) -> bool:
    """Whether it is sure that index and tracked files are what `tree`, that of HEAD, has.

    The index keeps the tree that it was last the same as, until it changes; of each file, size and
    time of when it was staged.
    """
    try:
        index = os.path.join(git_dir, "index")
        written = os.stat(index).st_mtime_ns
        with open(index, "rb") as file:
            data = file.read()
        return _is_clean(os.fsencode(top), data, written, bytes.fromhex(tree))
    except (OSError, ValueError, error):  # an index of another form
        return False


def _is_clean(top: bytes, data: bytes, written: int, tree: bytes) -> bool:
    signature, version, count = HEAD.unpack_from(data)
    if signature != b"DIRC" or version not in (2, 3):
        return False
    at = HEAD.size
    for _ in range(count):
        at, is_same = _row(top, data, at, len(tree), written)
        if not is_same:
            return False
    extensions = dict(_extensions(data, at, len(data) - len(tree)))
    known = all(name[:1].isupper() for name in extensions)  # in lower case: rows mean other things
    return known and _tree(extensions.get(b"TREE", b""), len(tree)) == tree


def _row(top: bytes, data: bytes, at: int, digest: int, written: int) -> tuple[int, bool]:
    """Where the next row begins, and whether the file of this one is as it was staged."""
    seconds, nanos, mode, size = ROW.unpack_from(data, at)
    start = at + ROW.size + digest + FLAGS.size
    (flags,) = FLAGS.unpack_from(data, start - FLAGS.size)
    more = 0
    if flags & EXTENDED:
        (more,) = FLAGS.unpack_from(data, start)
        start += FLAGS.size
    end = data.index(b"\0", start)
    after = at + (end - at + 8 & ~7)
    if flags & STAGE:
        return after, False
    if flags & KEPT or more & SKIPPED or mode & TYPE == SUBMODULE:
        return after, True
    now = os.lstat(os.path.join(top, data[start:end]))
    same_kind = (now.st_mode & TYPE == LINK) == (mode & TYPE == LINK)
    when = seconds * 1_000_000_000 + nanos
    # A file as old as the index may have changed after it was staged, within one tick.
    return after, same_kind and now.st_mtime_ns == when < written and now.st_size == size


def _extensions(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while at < end:
        name, size = EXTENSION.unpack_from(data, at)
        at += EXTENSION.size
        yield name, data[at : at + size]
        at += size


def _tree(cached: bytes, digest: int) -> bytes:
    """The id of the tree that all rows make, as the first row of the extension tells it: path,
    a NUL, how many rows, how many folders, the id. With -1 rows there is none.
    """
    about, _, rest = cached.removeprefix(b"\0").partition(b"\n")
    return b"" if about.startswith(b"-") else rest[:digest]
