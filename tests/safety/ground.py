"""What everything is tried on: a small crate in a repository of its own."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from repositories import Repo
from support import CACHED

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = b'[package]\nname = "fixture"\nversion = "0.1.0"\nedition = "2021"\n'


def crate(path: Path, *options: str) -> Repo:
    """A repository of one crate with a cache that is fixed, and some files of other kinds."""
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "-q", *options)
    repo.write("Cargo.toml", MANIFEST)
    repo.write("src/lib.rs", CACHED.encode())
    repo.write("src/other.rs", b"fn a() {}\r\n")
    repo.write("run.rs", b"#!/bin/sh\n").chmod(0o755)
    repo.write("README", b"read\n")
    repo.commit()
    return repo


def git_version() -> tuple[int, int]:
    said = subprocess.run(["git", "version"], capture_output=True, check=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    assert found, said
    return int(found[1]), int(found[2])
