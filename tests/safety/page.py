"""Writes docs/safety.md: tries all that it says, one section after the other. `make safety`.

Given names of sections, it tries those alone and keeps the rest of the page as it is.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repositories import own_environment
from safety import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "safety.md"
HEAD = """\
# Safety

Written by `make safety`, which tries all of this again; `make faults` does the slow half of it. A
sample of each runs with `make test`. What is promised, in the words of [SECURITY.md](../SECURITY.md),
and where it is tried:

| promise | tried in |
|---|---|
| every command leaves the repository as it is, but for one branch, or says why it will not run | [Any repository](#any-repository) |
| nothing of the repository runs | [A hostile repository](#a-hostile-repository) |
| the branch is complete or not there, whatever breaks on the way; a lock that stays is named | [Faults](#faults) |
| of many that make one branch, one wins | [Races](#races) |
| a bad file is named, takes bounded time and memory, and the run goes on | [Bad input](#bad-input) |
| only the declared bytes change; a second run changes nothing | [Laws](#laws) |
"""
FOOT = """\
## What is not promised

- A power cut: what lands in the repository is flushed to the disk (`core.fsync=all`) before the
  branch is moved, but no plug was pulled.
- A run that is killed leaves its folder among the temporary files, and objects that nothing names
  in the repository, which `git gc` removes.
- Whether `cargo rustfix-mem` is safe in a folder is for cargo and rustup to say: they read that
  folder's aliases and its toolchain before they start us. `rustfix-mem` by itself runs neither.
- The lock of the branch is taken by git. One that a kill has left is not removed by us, since
  nobody can tell it from one that is in use.
"""


def main(names: list[str]) -> int:
    """Try the sections of these names, or all; write the page; 1 if something does not hold."""
    wrong = 0
    old = _parts(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    parts = dict[str, str]()
    for title, section in sections.ALL.items():
        if names and section.__name__ not in names and title in old:
            parts[title] = old[title]
            continue
        began = time.monotonic()
        with _apart() as top, ProcessPoolExecutor() as pool:
            tried = section(pool, top)
        wrong += len(tried.problems)
        parts[title] = f"## {title}\n\n{_by(tried)}\n"
        took = time.monotonic() - began
        print(f"{title}: {took:.0f} s", *tried.problems, sep="\n  ", flush=True)
    PAGE.write_text("\n".join([HEAD, *parts.values(), FOOT]), encoding="utf-8")
    return int(wrong > 0)


def _by(tried: sections.Tried) -> str:
    """A section, with what it was tried on."""
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"[\d.]+\d", git)
    about = f"git {number[0] if number else '?'}, Python {platform.python_version()}"
    bad = f"**{len(tried.problems)} did not hold.** " if tried.problems else ""
    return f"{bad}{tried.text.strip()}\n\nTried with {about} on {platform.system()}."


def _parts(page: str) -> dict[str, str]:
    """The sections of a page, by title."""
    found = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)[1:]
    return {
        title: f"## {title}\n{text.rstrip()}\n"
        for title, text in zip(found[::2], found[1::2], strict=True)
    }


@contextmanager
def _apart() -> Iterator[Path]:
    """A folder to work in, and no word of the configuration of whoever runs this."""
    with (
        tempfile.TemporaryDirectory(prefix="safety-") as folder,
        pytest.MonkeyPatch.context() as it,
    ):
        top = Path(folder).resolve()
        own_environment(top, it)
        it.setenv("RUSTFIX_MEM_CACHE_DIR", str(top / "cache"))
        yield top


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
