"""What a file says of widths, by text alone: of most files, that they are none of our business."""

from __future__ import annotations

import re
from dataclasses import dataclass

SAID = re.compile(rb"width|cols\b|columns|(?:Size|Dimensions|Viewport)\b")


@dataclass(frozen=True, slots=True)
class Wide:
    """The first word by which a file speaks of a width, or of a size."""

    word: str


def spoken(source: bytes) -> Wide | None:
    """None for a file that speaks of none: no map that it declares is keyed by one."""
    found = SAID.search(source)
    return Wide(found[0].decode()) if found is not None else None
