"""What a codemod says of a place in the code, and what it offers to do there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rustfix_mem.text import Edit, Span


class Applicability(IntEnum):
    """How far a fix may be trusted: rustc's four levels, the least trusted first."""

    UNSPECIFIED = 0
    """Nobody has thought about it yet."""

    HAS_PLACEHOLDERS = 1
    """The result does not compile until a human fills something in."""

    MAYBE_INCORRECT = 2
    """The result compiles; a human decides whether it is wanted."""

    MACHINE_APPLICABLE = 3
    """The result compiles and every call returns what it returned before."""

    @property
    def word(self) -> str:
        """The level as the user types it: `machine-applicable`."""
        return self.name.lower().replace("_", "-")


class Kind(StrEnum):
    """Whether something is wrong, or could merely be better."""

    DEFECT = "defect"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that stand or fall together, in one file or in many."""

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability
    rests: tuple[tuple[str, Span], ...] = ()
    """Text that it counts on: a fix that changes any of it is not made in the same round."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place, one message, every reason, and at most one fix.

    `item` names the thing in the program (`SystemPromptCache.entries`), so that a finding
    keeps its identity when lines move; `shape` names the pattern (`entry`, `guard-alias`).
    """

    path: str
    span: Span
    shape: str
    item: str
    message: str
    why: tuple[str, ...] = ()
    help: str = ""
    kind: Kind = Kind.DEFECT
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A place that was looked at and is fine, with every reason why."""

    path: str
    span: Span
    item: str
    reasons: tuple[str, ...]


def fingerprint(codemod: str, finding: Finding, source: bytes, ordinal: int) -> str:
    """An identity without line numbers: codemod, shape, item, text without blanks, ordinal.

    `ordinal` counts findings that are otherwise alike in one file, from 0. 16 hex digits.
    """
    text = b"".join(source[finding.span.start : finding.span.end].split())
    parts = [codemod, finding.shape, finding.path, finding.item, str(ordinal)]
    whole = "\0".join(parts).encode("utf-8", "surrogateescape") + b"\0" + text
    return hashlib.sha256(whole).hexdigest()[:16]
