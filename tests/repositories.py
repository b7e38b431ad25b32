"""Repositories for tests of git: one with two files, its traps, and all that is in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OLD = {"GIT_AUTHOR_DATE": "1000000000 +0200", "GIT_COMMITTER_DATE": "1000000000 +0200"}


@dataclass(frozen=True)
class Repo:
    path: Path

    def git(self, *args: str | bytes, **env: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.path, env=os.environ | env, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, name: str | bytes, data: bytes) -> Path:
        file = self.path / os.fsdecode(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def commit(self, *options: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", "x", "--allow-empty", *options, **OLD)
        return self.git("rev-parse", "HEAD")


def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No word of the configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "gitconfig").write_text("[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.org")


def make(path: Path, *options: str) -> Repo:
    """A repository with one commit of two files."""
    path.mkdir()
    repo = Repo(path)
    repo.git("init", "-q", *options)
    repo.write("src/a.rs", b"fn a() {}\n")
    repo.write("README", b"read\n")
    repo.commit()
    return repo


def everything(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Kind, mode, time and bytes of all that is in a folder, `.git` included."""
    found = {}
    for file in [folder, *folder.rglob("*")]:
        about = file.lstat()
        data = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
        found[str(file)] = (about.st_mode, about.st_mtime_ns, about.st_size, data)
    return found


def arm(repo: Repo, marker: Path) -> None:
    """Let everything that git may run for reading leave its name in `marker`."""

    def trap(name: str, then: str = "cat") -> str:
        file = repo.path.parent / f"trap-{name}"
        file.write_text(f"#!/bin/sh\necho {name} >> '{marker}'\n{then}\n")
        file.chmod(0o755)
        return str(file)

    repo.write(".gitattributes", b"* filter=evil diff=evil\n")
    repo.commit()
    for name in ("post-index-change", "reference-transaction"):
        shutil.copy(trap(name, "exit 0"), repo.path / ".git/hooks" / name)
    repo.git("config", "diff.evil.textconv", trap("textconv"))
    repo.git("config", "filter.evil.smudge", trap("smudge"))
    repo.git("config", "filter.evil.clean", trap("clean"))
    repo.git("config", "core.fsmonitor", trap("fsmonitor", "exit 1"))
    repo.git("config", "core.pager", trap("pager"))
