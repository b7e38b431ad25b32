"""From findings to the files that they would leave behind. (Contract; body to come.)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.finding import Applicability

if TYPE_CHECKING:
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.finding import Finding, LeftAlone
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.text import Position


@dataclass(frozen=True, slots=True)
class Located:
    """A finding of one codemod, placed for people: all positions are those of the base."""

    codemod: str
    finding: Finding
    start: Position
    end: Position
    source: str
    """The source line of `start`, without its end of line."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statistics:
    files: int = 0
    parsed: int = 0
    from_cache: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """What `check` says: `findings` in order of path and place."""

    findings: tuple[Located, ...]
    left_alone: tuple[tuple[str, LeftAlone, Position], ...]
    """Codemod, what was left alone, where."""
    skipped: tuple[Skipped, ...]
    statistics: Statistics


@dataclass(frozen=True)
class ChangeSet:
    """What one run of one codemod would do. Nothing is written until someone asks."""

    codemod: Codemod
    before: Snapshot
    after: Snapshot
    applied: tuple[Located, ...]
    reported: tuple[Located, ...]
    report: Report


def check(codemods: tuple[Codemod, ...], snapshot: Snapshot, *, jobs: int = 0) -> Report:
    """Everything that `codemods` find; `jobs` workers, 0 for as many as there are cores."""
    raise NotImplementedError


def plan(
    codemod: Codemod,
    snapshot: Snapshot,
    trust: Applicability = Applicability.MAYBE_INCORRECT,
    *,
    jobs: int = 0,
) -> ChangeSet:
    """Apply the trusted fixes, then look again, until nothing is left to fix."""
    raise NotImplementedError
