"""A second opinion on a diff before anything is written: does it do what was planned?

The diff is git's; unidiff reads it back, and its hunks must turn what was there into what
was planned, line by line. Only home of unidiff.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from rustfix_mem.errors import RustfixMemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from unidiff.patch import PatchedFile

PLAIN = re.compile(r"[\w./+-]+", re.ASCII)
BINARY = "\nGIT binary patch\n"


def crosscheck(diff: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Raise `RustfixMemError` unless `diff` turns `before` into `after`, and nothing else.

    unidiff cannot read the names of some files (blanks, quotes, bytes that are not UTF-8),
    nor a binary patch: then there is no second opinion, and git's stands.
    """
    patch = None if BINARY in diff else _parse(diff)
    if patch is None or len(patch) != len(after):
        if BINARY in diff or not all(map(PLAIN.fullmatch, after)):
            return
        raise _wrong("it cannot be read back")
    for path, file in zip(_as_git_sorts(after), patch, strict=True):
        if not _turns(file, _lines(before[path]), _lines(after[path])):
            raise _wrong(f"`{path}` would be another file")


def _parse(diff: str) -> PatchSet | None:
    """Bytes as Latin-1, so that each stays one character and none ends a line but a newline."""
    try:
        return PatchSet(diff.encode("utf-8", "surrogateescape").decode("latin-1"))
    except UnidiffParseError:
        return None


def _turns(file: PatchedFile, old: list[str], new: list[str]) -> bool:
    made, at = list[str](), 0
    for hunk in file:
        start = hunk.source_start - (hunk.source_length > 0)  # an insertion names the line before
        end = start + hunk.source_length
        source = [_bare(line.value) for line in hunk if line.is_context or line.is_removed]
        target = [_bare(line.value) for line in hunk if line.is_context or line.is_added]
        if start < at or old[start:end] != source:
            return False
        made += old[at:start] + target
        at = end
    return made + old[at:] == new


def _lines(data: bytes) -> list[str]:
    return data.decode("latin-1").removesuffix("\n").split("\n") if data else []


def _bare(line: str) -> str:
    return line.removesuffix("\n")


def _as_git_sorts(paths: Mapping[str, bytes]) -> list[str]:
    return sorted(paths, key=lambda path: path.encode("utf-8", "surrogateescape"))


def _wrong(why: str) -> RustfixMemError:
    return RustfixMemError(
        f"this is a bug of rustfix-mem: the diff is not what was planned: {why}",
        "nothing was written; report it with what `git --version` prints",
    )
