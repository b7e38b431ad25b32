"""What a result depended on: so that after an edit elsewhere it is known to hold still.

A trace says which questions were asked. What has changed since is asked them again, as it was and
as it is: where all answers are the same, everything that was made of the answers is the same, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from rustfix_mem.errors import UsageError
from rustfix_mem.rust.whole import gates
from rustfix_mem.rust.whole.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rustfix_mem.codebase import Codebase, Looks
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.wanted import Wanted

MOST = 16
"""Changed files up to which it is asked: with more of them it is likely that one matters."""

RUST = ".rs"
READ = (
    RUST,
    ".toml",
    ".json",
    ".yaml",
    ".yml",
    ".ini",
    ".md",
    ".rst",
    ".txt",
    ".adoc",
    ".lock",
    "config",
)
"""Ends of the names of all files that may be read; `tests/test_trace.py` holds it to the rest."""
T = TypeVar("T")
FACTS, OUTLINE, ABOUT, MADE = "facts", "outline", "about", "made"

Spelled = tuple[bytes, int]
"""A pattern and its flags; a literal has `LITERAL` for flags."""
LITERAL = -1


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of one file alone."""

    looked: tuple[str, ...] = ()
    """`facts`, `outline`, and the names of codemods that may have seen something in it."""
    fields: tuple[str, ...] = ()
    held: tuple[Spelled, ...] = ()
    grown: tuple[str, ...] = ()
    skimmed: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Every question behind one result."""

    files: dict[str, str]
    """Mode and object id of each file that may have been read, by path."""
    unread: dict[str, str]
    read: tuple[str, ...]
    """The Rust files whose bytes somebody had: an edit of one may change anything."""
    asked: dict[str, Asked]
    words: tuple[str, ...]
    patterns: tuple[tuple[Spelled, bytes], ...]
    gates: tuple[tuple[Spelled, ...], ...]


def of(codebase: Codebase, codemods: Sequence[type[Looks]], snapshot: Snapshot) -> Trace:
    """The trace of what has been asked of a codebase, which is of `snapshot`, so far."""
    words = codebase.words
    return Trace(
        files=_files(snapshot),
        unread=dict(snapshot.unread),
        read=tuple(sorted(codebase.read)),
        asked=_asked(codebase, codemods),
        words=tuple(words.asked),
        patterns=tuple((_spelled(one), literal) for one, literal in words.matched),
        gates=tuple(tuple(map(_spelled, gate)) for gate in codebase.gates),
    )


def packed(trace: Trace) -> bytes:
    """The trace as bytes; none where a path is no text."""
    try:
        return msgspec.msgpack.encode(trace)
    except UnicodeEncodeError:
        return b""


def unpacked(data: bytes) -> Trace | None:
    """The trace; none if the bytes are of another version of it."""
    try:
        return msgspec.msgpack.decode(data, type=Trace)
    except msgspec.DecodeError:
        return None


def _asked(codebase: Codebase, codemods: Sequence[type[Looks]]) -> dict[str, Asked]:
    looked: dict[str, list[str]] = {path: [*kinds] for path, kinds in codebase.looked.items()}
    for codemod in codemods:
        for path in codebase.passed(codemod) if codemod.sight is not None else ():
            looked.setdefault(path, []).append(codemod.__qualname__)
    words = codebase.words
    fields, held = _by_path(words.fields), _by_path(words.held)
    grown, skimmed = _by_path(words.grown), _by_path(words.skimmed)
    return {
        path: Asked(
            tuple(looked.get(path, ())),
            tuple(fields.get(path, ())),
            tuple(map(_spelled, held.get(path, ()))),
            tuple(grown.get(path, ())),
            tuple(skimmed.get(path, ())),
        )
        for path in {*looked, *fields, *held, *grown, *skimmed}
    }


def _by_path(asked: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for path, what in asked:
        found.setdefault(path, []).append(what)
    return found


def holds(
    trace: Trace,
    snapshot: Snapshot,
    load: Callable[[Iterable[str]], Iterator[bytes]],
    codemods: Callable[[], Iterable[type[Looks]]],
) -> bool:
    """Whether what was made of a trace's snapshot is what would be made of this one.

    `load` reads blobs of the trace's files; where it cannot, nobody knows. `codemods` are those
    that judge, and are loaded only where one of them may have seen something.
    """
    now = _files(snapshot)
    changed = [path for path, stored in trace.files.items() if now.get(path) != stored]
    if now.keys() != trace.files.keys() or trace.unread != snapshot.unread or len(changed) > MOST:
        return False
    read = frozenset(trace.read)
    if any(not path.endswith(RUST) or path in read for path in changed):
        return False
    if any(_mode(trace.files[path]) != _mode(now[path]) for path in changed):
        return False
    try:
        was = list(load(_id(trace.files[path]) for path in changed))
    except (UsageError, KeyError):
        return False
    became = [source for _, source in snapshot.read_many(changed)]
    return all(
        _same(path, before, behind, trace, codemods)
        for path, before, behind in zip(changed, was, became, strict=True)
    )


def _same(
    path: str,
    before: bytes,
    behind: bytes,
    trace: Trace,
    codemods: Callable[[], Iterable[type[Looks]]],
) -> bool:
    """Whether both contents of a file give the same answers to all that was asked."""
    asked = trace.asked.get(path, Asked())
    if _answers(path, before, trace, asked) != _answers(path, behind, trace, asked):
        return False
    if not asked.looked:
        return True
    from rustfix_mem.looker import MAX_BYTES  # few edits are of a file that was parsed
    from rustfix_mem.wanted import About, Declared, Facts, Made, Sights

    if max(len(before), len(behind)) > MAX_BYTES:
        return False
    kinds: dict[str, Wanted] = {FACTS: Facts(), OUTLINE: Declared()}
    for kind in asked.looked:
        name, *words = kind.split(" ")
        if name == ABOUT:
            kinds[kind] = About(tuple(words))
        elif name == MADE:
            kinds[kind] = Made(tuple(words))
    if not kinds.keys() >= {*asked.looked}:
        kinds |= {one.__qualname__: Sights(one) for one in codemods()}
    return all(
        kind in kinds and kinds[kind].make(before) == kinds[kind].make(behind)
        for kind in asked.looked
    )


def _answers(path: str, source: bytes, trace: Trace, asked: Asked) -> list[object]:
    """All that text alone says of a file, in answer to what was asked."""
    words, one = Words({path: source}), {path: source}
    words.foresee(trace.words)
    wanted = [tuple(map(_pattern, gate)) for gate in trace.gates]
    return [
        [bool(words.files_with(word)) for word in trace.words],
        [words.is_field(path, name) for name in asked.fields],
        [bool(words.matching(_regex(one), literal)) for one, literal in trace.patterns],
        [words.holds(path, _regex(spelled)) for spelled in asked.held],
        [words.grows(path, name) for name in asked.grown],
        [words.keeps(path, families) for families in asked.skimmed],
        words.always(path),
        gates.passing(one.items(), wanted),
    ]


def _files(snapshot: Snapshot) -> dict[str, str]:
    return {
        path: f"{entry.mode} {entry.oid}"
        for path, entry in snapshot.entries.items()
        if path.endswith(READ)
    }


def _mode(stored: str) -> str:
    return stored.partition(" ")[0]


def _id(stored: str) -> str:
    return stored.partition(" ")[2]


def _spelled(pattern: bytes | re.Pattern[bytes]) -> Spelled:
    if isinstance(pattern, bytes):
        return pattern, LITERAL
    return pattern.pattern, pattern.flags


def _pattern(spelled: Spelled) -> bytes | re.Pattern[bytes]:
    return spelled[0] if spelled[1] == LITERAL else _regex(spelled)


def _regex(spelled: Spelled) -> re.Pattern[bytes]:
    return re.compile(*spelled)
