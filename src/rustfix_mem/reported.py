"""What a run has found, located for people: data, and nothing that it takes to find it."""

from __future__ import annotations

from dataclasses import dataclass

from rustfix_mem.finding import Finding, LeftAlone
from rustfix_mem.text import Position

SUPPRESSION = "suppression"
"""Whose findings those are that speak of a comment with a name that no codemod has."""


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
    lost: int = 0
    """Files that took more than they may, now: another time they may be read."""


@dataclass(frozen=True)
class Report:
    """What `check` says: `findings` in order of path and place."""

    findings: tuple[Located, ...]
    left_alone: tuple[tuple[str, LeftAlone, Position], ...]
    """Codemod, what was left alone, where."""
    skipped: tuple[Skipped, ...]
    statistics: Statistics
