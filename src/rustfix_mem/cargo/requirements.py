"""Version requirements as cargo reads them: the range of versions that one allows."""

from __future__ import annotations

import re

_NUMBER = r"(\d+|[*xX])"
COMPARATOR = re.compile(
    rf"\s*(\^|~|=|>=|<=|>|<)?\s*{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:\+[\w.-]+)?\s*"
)

Version = tuple[int, int, int]
LAST: Version = (1 << 64, 0, 0)


def within(asked: str, wanted: str) -> bool:
    """Whether `wanted` surely allows every version that `asked` allows.

    A requirement that names a pre-release is not followed, so not surely.
    """
    inner, outer = _range(asked), _range(wanted)
    if inner is None or outer is None:
        return False
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _range(requirement: str) -> tuple[Version, Version] | None:
    """The first version that is allowed, and the first after it that is not."""
    low, high = (0, 0, 0), LAST
    for part in requirement.split(","):
        found = COMPARATOR.fullmatch(part)
        if found is None:
            return None
        first, behind = _compared(found)
        low, high = max(low, first), min(high, behind)
    return low, high


def _compared(found: re.Match[str]) -> tuple[Version, Version]:
    given = [int(part) for part in found.groups()[1:] if part and part.isdigit()]
    sign = found[1] or "^"
    if not given:
        return (0, 0, 0), LAST
    if any(part in ("*", "x", "X") for part in found.groups()[1:]) and sign == "^":
        sign = "="
    last = len(given) - 1
    match sign:
        case ">=":
            return _whole(given), LAST
        case ">":
            return _next(given, last), LAST
        case "<":
            return (0, 0, 0), _whole(given)
        case "<=":
            return (0, 0, 0), _next(given, last)
        case "=":
            return _whole(given), _next(given, last)
        case "~":
            return _whole(given), _next(given, min(last, 1))
    leading = next((place for place, number in enumerate(given) if number), last)
    return _whole(given), _next(given, leading)


def _whole(given: list[int]) -> Version:
    major, minor, patch = (*given, 0, 0)[:3]
    return major, minor, patch


def _next(given: list[int], place: int) -> Version:
    """The first version that differs from the given one at `place`."""
    return _whole([*given[:place], given[place] + 1])
