"""A hook of git that runs the tool, with all that is real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli_world import SOURCE, SRC, git
from cli_world import repo as repo
from cli_world import world as world
from support import CACHED

if TYPE_CHECKING:
    import pytest


def test_a_hook_stops_a_commit_that_brings_in_a_growing_cache(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(repo.parent / "cache"))
    hook = repo / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m rustfix_mem.cli check --staged\n")
    hook.chmod(0o755)
    (repo / "src/lib.rs").write_text(CACHED)
    stopped = subprocess.run(
        ["git", "commit", "-qam", "x"], cwd=repo, capture_output=True, check=False, text=True
    )
    assert stopped.returncode == 1
    assert "`SLUGS_CACHE` grows with every new key" in stopped.stdout + stopped.stderr
    (repo / "src/lib.rs").write_text(SOURCE)
    git(repo, "add", "-A")
    (repo / "src/lib.rs").write_text(CACHED)  # on disk, and not in the commit
    git(repo, "commit", "-qm", "x", "--allow-empty")
