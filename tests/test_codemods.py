"""Every codemod against every case of its own, and its manual against itself."""

from __future__ import annotations

import re
from pathlib import Path

from rustfix_mem.testing.suite import *  # noqa: F403

FIXTURES = Path(__file__).parents[1] / "fixtures"
PACKAGE = "rustfix_mem_codemods"


def test_cases_that_run_at_once_share_no_file() -> None:
    """One name in the folder for temporary files, and one case reads what another writes."""
    named = re.compile(r"temp_dir\(\)\.join\([^;]*;", re.DOTALL)
    shared = [
        str(path.relative_to(FIXTURES))
        for path in FIXTURES.rglob("*.rs")
        for found in named.findall(path.read_text(encoding="utf-8", errors="replace"))
        if "process::id()" not in found and "no-such" not in found
    ]
    assert not shared
