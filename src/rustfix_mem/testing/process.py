"""Cargo as a child process, the same for every run, and a lock between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FORGET = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CLIPPY_ARGS")
"""What the caller's environment must not add: it would change results and rebuild everything."""


def cargo(
    arguments: Sequence[str], folder: Path, target: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run cargo in `folder`; output is captured, failure is the caller's to judge.

    `more` are variables for this run.
    """
    fixed = {
        "CARGO_TARGET_DIR": str(target),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_TERM_COLOR": "never",
        "CARGO_TERM_PROGRESS_WHEN": "never",
    }
    inherited = {key: value for key, value in os.environ.items() if key not in FORGET}
    return _run(["cargo", *arguments], folder, inherited | fixed | dict(more or {}))


def rustfmt(file: Path, edition: str) -> str:
    """What rustfmt would change in `file`, as a diff; empty if nothing."""
    arguments = ["--check", "--color", "never", "--edition", edition, file.name]
    said = _run(["rustfmt", *arguments], file.parent, dict(os.environ))
    return said.stdout + said.stderr if said.returncode else ""


@cache
def host() -> str:
    """The target triple that rustc builds for: crates of other platforms are not downloaded."""
    said = _run(["rustc", "-vV"], None, dict(os.environ))
    for line in said.stdout.splitlines():
        if line.startswith("host: "):
            return line.removeprefix("host: ")
    raise UsageError(f"`rustc -vV` names no host: {said.stderr}", "type `rustup default stable`")


def _run(
    command: Sequence[str], folder: Path | None, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )
    except FileNotFoundError as error:
        help = "install Rust with clippy, or type `pytest -m 'not cargo'`"
        raise UsageError(f"`{command[0]}` is not installed", help) from error


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold the lock `file`, waiting for whoever holds it; it is let go when a process dies."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as handle:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            while True:
                try:
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # it gives up after ten seconds
                    continue
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
