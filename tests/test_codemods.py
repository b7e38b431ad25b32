"""Every codemod against every case of its own, and its manual against itself."""

from __future__ import annotations

from pathlib import Path

from rustfix_mem.testing.suite import *  # noqa: F403

FIXTURES = Path(__file__).parents[1] / "fixtures"
PACKAGE = "rustfix_mem_codemods"
