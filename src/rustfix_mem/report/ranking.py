"""Which findings are shown, and which come first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.finding import Applicability, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.reported import Located, Report

SHOWN = 20
"""So many findings that `apply` would not fix are shown in full; the rest, a line a codemod."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Findings in the order of what is worth doing first, and how many more there are."""

    shown: tuple[Located, ...]
    rest: tuple[Located, ...]


def defects_only(report: Report) -> Report:
    """`report` without the proposals: they are shown to who names their codemod."""
    return replace(report, findings=tuple(one for one in report.findings if is_defect(one)))


def rank(
    findings: Iterable[Located], limit: int | None = SHOWN, *, proposals: bool = True
) -> Ranked:
    """Fixable defects, then defects by confidence, then proposals, if they are wanted at all.

    Every fixable defect is shown, and `limit` others; `None` shows all, proposals too.
    """
    ordered = sorted(findings, key=_order)
    fixable = sum(is_defect(one) and is_fixable(one) for one in ordered)
    wanted = len(ordered) if proposals else sum(map(is_defect, ordered))  # proposals are last
    end = len(ordered) if limit is None else min(fixable + limit, wanted)
    return Ranked(tuple(ordered[:end]), tuple(ordered[end:]))


def is_defect(located: Located) -> bool:
    return located.finding.kind is Kind.DEFECT


def is_fixable(located: Located) -> bool:
    """Whether `apply` would fix it when it is told nothing of trust."""
    return confidence(located) >= Applicability.MAYBE_INCORRECT


def confidence(located: Located) -> Applicability:
    fix = located.finding.fix
    return fix.applicability if fix else Applicability.UNSPECIFIED


def _order(located: Located) -> tuple[object, ...]:
    finding = located.finding
    return (
        not is_defect(located),
        -confidence(located),
        finding.fix is None,
        located.codemod,
        finding.path,
        finding.span.start,
    )
