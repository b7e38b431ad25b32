"""How many files of real checkouts pass each codemod's gate, and so are parsed for it.

    python benchmarks/gates.py CHECKOUT... [--write]

`--write` puts the table into docs/performance.md. `tests/test_gates.py` keeps the gates selective,
on crates that every machine has that runs the tests.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import registry, scan
from rustfix_mem.git.store import Store
from rustfix_mem.looker import Looker

if TYPE_CHECKING:
    from rustfix_mem.codebase import Codebase

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- gates: begin -->", "<!-- gates: end -->"


def codebase(checkout: Path) -> Codebase:
    """The Rust files of the commit that is checked out; nothing of them is looked at yet."""
    with Store.open(checkout) as store:
        return scan.codebase_of(store.snapshot(store.resolve("HEAD")), (), Looker(1))


def share(paths: tuple[str, ...], of: Codebase) -> str:
    """`12.3 % (45.6 %)`: of the files, and of their bytes."""
    size = sum(map(len, of.sources.values()))
    passed = sum(len(of.sources[path]) for path in paths)
    return f"{len(paths) / max(1, len(of.sources)):.1%} ({passed / max(1, size):.1%})".replace(
        "%", " %"
    )


def table(checkouts: list[Path]) -> list[str]:
    """A line a codemod that has a gate, a column a checkout, and a last line for all of them."""
    bases = {checkout.resolve().name: codebase(checkout) for checkout in checkouts}
    codemods = [it for it in registry.discover().values() if it.gate]
    lines = [
        f"| gate of | {' | '.join(f'{name}, {len(it.sources):,}' for name, it in bases.items())} |",
        "|---" * (len(bases) + 1) + "|",
    ]
    for codemod in codemods:
        cells = [share(it.passed(codemod), it) for it in bases.values()]
        lines.append(f"| `{codemod.name()}` | {' | '.join(cells)} |")
    any_of = [
        share(tuple({path for codemod in codemods for path in it.passed(codemod)}), it)
        for it in bases.values()
    ]
    return [*lines, f"| any of them | {' | '.join(any_of)} |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    options = parser.parse_args()
    lines = table(options.checkouts)
    print("\n".join(lines))
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, behind = rest.partition(END)
        text = "\n".join([BEGIN, "", *lines, "", END])
        PAGE.write_text(before + text + behind, encoding="utf-8")


if __name__ == "__main__":
    main()
