"""Findings and branches as JSON, version 1; schema-1.json beside this file describes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rustfix_mem.report.terminal import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.finding import Fix, LeftAlone
    from rustfix_mem.report.baseline import Known
    from rustfix_mem.reported import Located, Report
    from rustfix_mem.text import Position, Span

VERSION = 1


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a branch; `id` is `None` where nothing was written."""

    codemod: str
    id: str | None
    applied: Sequence[Located]
    reported: Sequence[Located]
    locks_changed: Sequence[str] = ()
    """The lock files that cargo brought in step."""
    locks_left: Sequence[str] = ()
    """Those that may be out of step with it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What `apply` made, or would make: then `name` is `None`."""

    name: str | None
    commits: Sequence[Commit]
    diff: str


def check(base: str, report: Report, known: Known | None = None) -> str:
    """The whole answer of `check`; `base` is empty if what was read is no commit."""
    statistics = report.statistics
    return _dump(
        {
            "version": VERSION,
            "base": base or None,
            "findings": [_finding(one) for one in report.findings],
            "left_alone": [_left_alone(*one) for one in report.left_alone],
            "baseline": {"hidden": known.hidden, "stale": known.stale} if known else None,
            "skipped": [{"path": one.path, "reason": one.reason} for one in report.skipped],
            "statistics": {
                "files": statistics.files,
                "parsed": statistics.parsed,
                "from_cache": statistics.from_cache,
                "seconds": round(statistics.seconds, 3),
            },
        }
    )


def apply(base: str, branches: Sequence[Branch]) -> str:
    """The whole answer of `apply`."""
    made = [_branch(branch) for branch in branches]
    return _dump({"version": VERSION, "base": base, "branches": made})


def _branch(branch: Branch) -> dict[str, Any]:
    commits = [_commit(commit) for commit in branch.commits]
    return {"name": branch.name, "commits": commits, "diff": branch.diff}


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "codemod": commit.codemod,
        "id": commit.id,
        "applied": [_finding(one) for one in commit.applied],
        "reported": [_finding(one) for one in commit.reported],
        "lock_files": {"changed": list(commit.locks_changed), "left": list(commit.locks_left)},
    }


def _finding(located: Located) -> dict[str, Any]:
    finding = located.finding
    return {
        "codemod": located.codemod,
        "kind": finding.kind.value,
        "shape": finding.shape,
        "item": finding.item,
        "path": finding.path,
        "start": _place(finding.span.start, located.start),
        "end": _place(finding.span.end, located.end),
        "message": finding.message,
        "why": "; ".join(finding.why),
        "help": finding.help,
        "applicability": finding.fix.applicability.word if finding.fix else None,
        "fingerprint": located.fingerprint,
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [
        {"path": edit.path, **_range(edit.span), "replacement": edit.text} for edit in fix.edits
    ]
    return {"title": fix.title, "edits": edits}


def _left_alone(codemod: str, left: LeftAlone, at: Position) -> dict[str, Any]:
    return {
        "codemod": codemod,
        "path": left.path,
        "start": _place(left.span.start, at),
        "item": left.item,
        "reasons": list(left.reasons),
    }


def _range(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}


def _place(byte: int, position: Position) -> dict[str, int]:
    return {"byte": byte, "line": position.line, "column": position.column}


def _dump(value: object) -> str:
    return json.dumps(_whole(value), indent=2) + "\n"


def _whole(value: Any) -> Any:
    """`value` without half a surrogate pair, over which strict parsers drop the whole document.

    They stand for bytes that are not UTF-8, in the name of a file or in a diff.
    """
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return value
