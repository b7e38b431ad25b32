"""`rustfix-mem list`: the codemods at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem import registry
from rustfix_mem.cli import output

if TYPE_CHECKING:
    from rustfix_mem.cli.options import List
    from rustfix_mem.codemod import Codemod


def run(options: List) -> int:
    rows = [_row(codemod) for codemod in registry.discover().values()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        output.say("  ".join(cells).rstrip() + "\n")
    return 0


def _row(codemod: type[Codemod]) -> tuple[str, ...]:
    guide = f"guide {codemod.guide}"
    return codemod.name(), codemod.kind.value, codemod.level.word, guide, codemod.summary()
