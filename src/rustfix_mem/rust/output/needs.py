"""Whether the output of a process may be cut short: who needs every byte of it, and why."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.kept_shared import AT_THE_END, SHARED
from rustfix_mem.rust.file.outputs import ELSEWHERE, IN_TURN, LATE
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.rust.file.process_reads import ProcessRead
    from rustfix_mem.rust.file.purposes import Purpose
    from rustfix_mem.rust.whole.files import Files

FOR_PEOPLE = ("shown", "error", "kept")
"""What becomes of text that people read; `head` wants only its beginning."""

DATA = {
    "raw": "its bytes are kept in `{what}`: they may be data",
    "counted": "its length is asked: `{what}`",
    "emptied": "`{what}` changes it afterwards",
    "examined": "`{what}` looks into it: a cut may change the answer",
    "passed": "`{what}` passes it on, where every byte may count",
    "answered": "`{what}` answers with it: whoever calls may need every byte",
}
"""What needs every byte, as its author knows: left alone."""

UNSURE = {
    "parsed": "`{what}` parses it: a cut makes it invalid",
    "unknown": "{what} is given it, and may need every byte",
}
"""What may need every byte, or had better refuse what is too long: a proposal."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one read."""

    fine: tuple[str, ...] = ()
    """Why it is left alone."""
    against: tuple[str, ...] = ()
    """Why it is reported, and not changed."""
    unsure: bool = False
    """Whether nobody did anything wrong, as far as is seen."""
    for_what: str = ""
    """What the text is for, if it may be cut."""
    whole: str = ""
    """Why all of it is kept; empty if it is not."""


def judge(
    reads: Sequence[ProcessRead], path: str, most: int, files: Files
) -> list[tuple[ProcessRead, Verdict]]:
    """Whether each read of a file may be bounded; both pipes of a process, or none."""
    alone = [(read, _alone(read, path, most, files)) for read in reads]
    return [(read, _beside(read, told, alone)) for read, told in alone]


def home(read: ProcessRead, judged: list[tuple[ProcessRead, Verdict]]) -> int:
    """Where what the reads of a module share is declared: before the first that may be cut."""
    return min(r.home for r, told in judged if told.for_what and r.module == read.module)


def _beside(read: ProcessRead, told: Verdict, alone: list[tuple[ProcessRead, Verdict]]) -> Verdict:
    """A bound on one of two pipes that are kept whole would bound nothing."""
    for other, why in alone:
        together = other.fn == read.fn and other.child == read.child and other.pipe != read.pipe
        if told.for_what and together and why.whole:
            beside = f"{other.pipe} beside it is kept whole: {why.whole}"
            return Verdict(against=(beside,), unsure=True)
    return told


def _alone(read: ProcessRead, path: str, most: int, files: Files) -> Verdict:
    if read.bounded:
        return Verdict(fine=(read.bounded,))
    if read.shape == "lossy-chunk":
        cut = "a chunk ends where the pipe was empty, perhaps within a character"
        return Verdict(against=(read.hitch,)) if read.hitch else Verdict(for_what=cut)
    data = [DATA[p.kind].format(what=p.what) for p in read.purposes if p.kind in DATA]
    unsure = [UNSURE[p.kind].format(what=p.what) for p in read.purposes if p.kind in UNSURE]
    for purpose in read.purposes:
        if purpose.kind == "kept" and (asked := _asked(read, purpose.what, path, files)):
            (unsure if asked.endswith(PARSED) else data).append(asked)
    reasons = tuple(dict.fromkeys([*([read.hitch] if read.hitch else []), *data, *unsure]))
    if read.hitch in HAZARDS:
        return Verdict(against=reasons, whole=reasons[0])
    if data:
        return Verdict(fine=reasons, whole=reasons[0])
    if unsure or read.hitch in (ELSEWHERE, SHARED, AT_THE_END):
        return Verdict(against=reasons, unsure=True, whole=reasons[0])
    return _for_people(read, path, most, files)


def _for_people(read: ProcessRead, path: str, most: int, files: Files) -> Verdict:
    """Text that people read may be cut, where it can be."""
    kinds = {purpose.kind for purpose in read.purposes}
    strict = any(p.strict and p.kind != "error" for p in read.purposes)
    if why := read.hitch or (HALF if strict and read.growth is not None else ""):
        return Verdict(against=(why,), whole=why)
    if wants := _wanted_by_test(read, path, most, files):
        return Verdict(against=(wants,), unsure=True, whole=wants)
    if not kinds.intersection((*FOR_PEOPLE, "head")):
        unseen = "it cannot be seen what it is for"
        return Verdict(against=(unseen,), unsure=True, whole=unseen)
    return Verdict(for_what=_for_what(read.purposes))


HAZARDS = (LATE, IN_TURN)
HALF = "half a character at its end would be an error where it is decoded"
PARSED = "a cut makes it invalid"


PARSES = rb"""(?x)
    \b(?:from_str|from_slice|from_reader|from_value|parse\w*|decode\w*|deserialize\w*)
        \s*(?:::<[^;{}()]*>)?\s*\(\s*&?\s*(?:\w+\s*\.\s*)+FIELD\b
    | \.\s*FIELD\s*(?:\.\s*(?:trim\w*|as_str|as_bytes|as_ref|clone)\s*\(\s*\)\s*)*
        \.\s*(?:parse|split\w*|strip_prefix)\b
"""
LOOKS = rb"""(?x)
    \.\s*FIELD\s*(?:\.\s*(?:trim\w*|as_str|as_bytes|as_ref|clone)\s*\(\s*\)\s*)*
        (?:\.\s*(?:lines|contains|starts_with|ends_with|r?find|matches|chars|bytes|match_indices)\b
        | [!=]=)
"""


def _asked(read: ProcessRead, kept: str, path: str, files: Files) -> str:
    """Why text in a field may not be cut: somebody takes it apart, or looks into it."""
    owner, _, name = kept.rpartition(".")
    kind = owner.rpartition("::")[2]
    kind = read.item.rpartition("::")[0] if kind == "self" else kind
    here = [path, *(files.files_with(kind) if kind else ())]
    callers = files.files_with(read.item.rpartition("::")[2])
    for pattern, paths, why in (
        (PARSES, [*here, *callers], f"parses it: {PARSED}"),
        (LOOKS, here, "looks into it: a cut may change the answer"),
    ):
        asks = re.compile(pattern.replace(b"FIELD", name.encode()))
        for other in dict.fromkeys(paths):
            if said := _said(asks, other, files):
                return f"`{said}` in {other} {why}"
    return ""


def _said(asks: re.Pattern[bytes], path: str, files: Files) -> str:
    """What a file that is no test says."""
    for found in asks.finditer(files.sources[path]):
        at = Span(found.start(), found.end())
        tests = files.reach(path).test or any(
            fn.test and fn.span.holds(at) for fn in files.outline(path).fns
        )
        if not tests:
            return " ".join(found[0].decode("utf-8", "replace").split())
    return ""


SIZED = re.compile(
    r"assert_eq!\s*\([^;]*?\.len\(\)[^;]*?,\s*(?P<equal>\d[\d_]*(?:\s*\*\s*\d[\d_]*)*)"
    r"|\.len\(\)\s*(?:>=|>|==)\s*(?P<above>\d[\d_]*(?:\s*\*\s*\d[\d_]*)*)"
)
"""A test that wants a length."""


def _wanted_by_test(read: ProcessRead, path: str, most: int, files: Files) -> str:
    """A test that calls the function and says a larger number may want all of its output."""
    name = read.item.rpartition("::")[2]
    for other in dict.fromkeys([path, *files.files_with(name)]):
        if not SIZED.search(files.text(other, Span(0, len(files.sources[other])))):
            continue
        for fn in files.outline(other).fns:
            body = files.text(other, fn.span) if fn.test else ""
            if not re.search(rf"\b{name}\b", body):
                continue
            for sized in SIZED.finditer(body):
                number = sized["equal"] or sized["above"]
                if _value(number) > most:
                    return f"the test `{fn.name}` in {other} wants `{number}` bytes"
    return ""


def _value(written: str) -> int:
    return math.prod(int(factor.replace("_", "")) for factor in written.split("*"))


def _for_what(found: tuple[Purpose, ...]) -> str:
    for purpose in found:
        if purpose.kind == "kept":
            return f"text that is kept in `{purpose.what}`"
        if purpose.kind == "shown":
            return f"text for people: `{purpose.what}`"
        if purpose.kind == "error":
            return "the text of an error"
    return "its beginning alone"
