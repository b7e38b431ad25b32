"""What must hold of any run of any codemod, whatever the crate: laws, and who breaks them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import changeset
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.rust.file import syntax
from rustfix_mem.testing.case import cases
from rustfix_mem.testing.checks import contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.looker import Looker
    from rustfix_mem.testing.case import Case
    from rustfix_mem.text import Edit

FIXTURES = Path(__file__).parents[2] / "fixtures"
KEPT = frozenset(
    ("line_comment", "block_comment", "string_literal", "raw_string_literal", "char_literal")
)
MARK = b"\xef\xbb\xbf"

Files = dict[str, bytes]


@dataclass
class Round:
    """One round of edits: the files that they are made in, before and after."""

    edits: Mapping[str, Sequence[Edit]]
    before: Files
    after: Files = field(default_factory=dict)


def planned(codemod: Codemod, files: Files) -> tuple[ChangeSet, list[Round]]:
    """What a codemod does to some files, and in which rounds."""
    with _seen() as rounds:
        return changeset.plan(codemod, Snapshot.of_files(files), jobs=1, cache=False), rounds


@contextmanager
def _seen() -> Iterator[list[Round]]:
    """Look over the shoulder of whoever makes the edits of a round."""
    rounds, make = list[Round](), changeset._rewritten

    def looked_at(
        codemod: Codemod, snapshot: Snapshot, edits: Mapping[str, list[Edit]], looker: Looker
    ) -> Snapshot:
        this = Round(edits, dict(snapshot.read_many(edits)))
        made = make(codemod, snapshot, edits, looker)
        this.after.update(made.read_many(edits))
        rounds.append(this)
        return made

    changeset._rewritten = looked_at
    try:
        yield rounds
    finally:
        changeset._rewritten = make


def broken(codemod: Codemod, files: Files) -> list[str]:
    """The laws that a run over these files breaks."""
    changes, rounds = planned(codemod, files)
    after = contents(changes.after)
    problems = [law for law, holds in LAWS.items() if not all(map(holds, rounds))]
    for name, turn in {"CRLF": _crlf, "a byte order mark": _marked}.items():
        if turn(files) is not None:
            problems += _unlike(name, turn, codemod, files, changes)
    again, _ = planned(codemod, after)
    if contents(again.after) != after:
        problems.append("a second run changes something")
    backwards, _ = planned(codemod, dict(reversed(files.items())))
    if contents(backwards.after) != after:
        problems.append("the order of the files changes something")
    return problems


def _unlike(
    name: str, turn: Callable[[Files], Files | None], codemod: Codemod, files: Files, one: ChangeSet
) -> Iterator[str]:
    """Whether files that are written in another way are changed in another way."""
    turned, wanted = turn(files), turn(contents(one.after))
    assert turned is not None
    other, _ = planned(codemod, turned)
    if contents(other.after) != wanted:
        yield f"{name} changes more than offsets"
    if _places(one) != _places(other):
        yield f"{name} changes what is said, or where"


def _places(changes: ChangeSet) -> list[tuple[object, ...]]:
    found = (*changes.applied, *changes.reported)
    return [(it.finding.path, it.finding.item, it.start, it.end, it.finding.why) for it in found]


def _crlf(files: Files) -> Files | None:
    """The files with the line ends of Windows; `None` if some have them already."""
    if any(b"\r" in data for data in files.values()):
        return None
    return {p: _windows(data) if p.endswith(".rs") else data for p, data in files.items()}


def _windows(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _marked(files: Files) -> Files | None:
    if any(data.startswith((MARK, b"#!")) for data in files.values()):
        return None
    return {path: MARK + data if path.endswith(".rs") else data for path, data in files.items()}


def _spliced(this: Round) -> bool:
    """Whether the bytes outside of the spans of the edits are as they were, and in their place."""
    made = {path: _made(this.before[path], edits) for path, edits in this.edits.items()}
    return made == this.after


def _made(before: bytes, edits: Sequence[Edit]) -> bytes:
    """The edits made, one after the other from the end: not in the way that the tool does it."""
    for edit in sorted(set(edits), key=lambda one: (one.span.start, one.span.end), reverse=True):
        before = before[: edit.span.start] + edit.text.encode() + before[edit.span.end :]
    return before


def _kept(this: Round) -> bool:
    """Whether comments and strings outside of the edits are all there, in their order."""
    for path, edits in this.edits.items():
        if path.endswith(".rs"):
            old = _tokens(this.before[path], [(e.span.start, e.span.end) for e in edits])
            new = iter(_tokens(this.after[path], []))
            if not all(token in new for token in old):
                return False
    return True


def _tokens(source: bytes, without: Sequence[tuple[int, int]]) -> list[bytes]:
    """The comments and strings of a file that are in none of the spans, in order."""
    with syntax.parsed(source) as tree:
        found = [n for n in syntax.walk(tree.root) if n.type in KEPT]
        spans = [(n.start_byte, n.end_byte) for n in found]
    return [
        source[start:end].rstrip(b"\r\n")
        for start, end in spans
        if not any(start < last and first < end for first, last in without)
    ]


LAWS: dict[str, Callable[[Round], bool]] = {
    "bytes outside of the declared ranges have changed": _spliced,
    "a comment or a string outside of the declared ranges is gone": _kept,
}


def fixtures() -> tuple[Case, ...]:
    """Every case of this repository."""
    return cases(FIXTURES)


def broken_by(case: Case) -> list[str]:
    """The laws that the codemod of a case breaks in its crate."""
    files = contents(Snapshot.of_folder(case.before))
    return broken(case.plan(case.before).codemod, files)


SAID = (
    "the bytes outside of the ranges that an edit declares are as they were, and in their place",
    "the comments and strings outside of them are all there, in their order",
    "a second run changes nothing",
    "with CRLF instead of LF the same is said and done, and the new lines end so, too",
    "a byte order mark changes nothing but offsets",
    "the order in which files are listed changes nothing",
)
"""The laws in words, as docs/safety.md has them."""
