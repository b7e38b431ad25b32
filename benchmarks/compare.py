"""`rustfix-mem check` beside `ast-grep scan` on the same checkouts: wall, CPU and peak memory.

    python benchmarks/compare.py CHECKOUT... [--runs 5] [--write]

Each is run in turn, A B A B, so that a machine which slows down slows both, and the ratio is the
median of those of the pairs. Cold: nothing is cached. Warm: the same question again. Edited: one
Rust file has one more comment, and is committed in a clone of the checkout; near: one with a cache.
`--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
OURS = [sys.executable, "-m", "rustfix_mem.cli", "check", "-q"]
THEIRS = ["ast-grep", "scan", "-r", str(HERE / "rules.yml"), "."]


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds, seconds, MiB of its largest process."""

    wall: float
    cpu: float
    peak: float


def run(command: list[str], folder: Path, cache: Path) -> Cost:
    """Run a command to its end; what it prints is thrown away."""
    environment = {**os.environ, "RUSTFIX_MEM_CACHE_DIR": str(cache), "CI": "true"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has been compiled
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"`{' '.join(command)}` ended with {process.returncode} in {folder}")
    wall = time.monotonic() - began
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def edit(folder: Path, turn: int, near: bool) -> None:
    """One more comment in the Rust file of middling size, of all or of those with a cache."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.rs"], cwd=folder, capture_output=True, check=True
    )
    files = [folder / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    files = [it for it in files if it.is_file() and (not near or has_cache(it.read_bytes()))]
    files.sort(key=lambda it: (it.stat().st_size, it))
    with files[len(files) // 2].open("ab") as file:
        file.write(f"\n// turn {turn}\n".encode())
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run(["git", *who, "commit", "-qam", f"turn {turn}"], cwd=folder, check=True)


def has_cache(source: bytes) -> bool:
    """Whether a verdict has likely read the file."""
    return all(word in source for word in (b"HashMap<", b"cache:", b".insert("))


def measure(checkout: Path, runs: int) -> dict[str, list[tuple[Cost, Cost]]]:
    """Pairs of costs, ours and theirs, by what was measured."""
    kinds = ("cold", "warm", "edited", "edited near")
    found: dict[str, list[tuple[Cost, Cost]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as made:
        folder, cache = Path(made) / "clone", Path(made) / "cache"
        source = str(checkout.resolve())
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", source, str(folder)], check=True)
        run(OURS, folder, cache)  # compiles our modules
        run(THEIRS, folder, cache)
        for turn in range(runs):
            shutil.rmtree(cache, ignore_errors=True)
            for kind in kinds:
                if kind.startswith("edited"):
                    edit(folder, turn, kind.endswith("near"))
                found[kind].append((run(OURS, folder, cache), run(THEIRS, folder, cache)))
                print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    return found


def rows(checkout: Path, found: dict[str, list[tuple[Cost, Cost]]]) -> list[str]:
    count = len(list(checkout.rglob("*.rs")))
    lines = []
    for kind, pairs in found.items():
        ours = [one for one, _ in pairs]
        theirs = [other for _, other in pairs]
        cells = [
            checkout.name,
            f"{count:,}",
            kind,
            f"{statistics.median(it.wall for it in ours):.2f} s",
            f"{statistics.median(it.wall for it in theirs):.2f} s",
            f"**{statistics.median(a.wall / b.wall for a, b in pairs):.2f}**",
            f"{statistics.median(a.cpu / b.cpu for a, b in pairs):.2f}",
            f"{statistics.median(it.peak for it in ours):.0f} MiB",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


HEAD = [
    "| checkout | files | | ours | ast-grep | ratio | ratio of CPU | our peak |",
    "|---|---|---|---|---|---|---|---|",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    options = parser.parse_args()
    table = [*HEAD]
    for checkout in options.checkouts:
        table += rows(checkout, measure(checkout, options.runs))
    print("\n".join(table))
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, behind = rest.partition(END)
        made = f"{os.cpu_count()} cores, {options.runs} pairs of runs, medians."
        text = "\n".join([BEGIN, "", made, "", *table, "", END])
        PAGE.write_text(before + text + behind, encoding="utf-8")


if __name__ == "__main__":
    main()
