"""Run a test binary and read what libtest prints: the result of each test by name."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RESULT = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b", re.M)
LISTED = re.compile(r"^(\S+): test$", re.M)
SECONDS = 120
MOST_OUTPUT = 8_000


@dataclass(frozen=True, slots=True)
class Binary:
    """A test binary that cargo built: its crate, the root file it comes from, where it runs."""

    crate: str
    root: str
    executable: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """`tests` by name, with the root file in front; `output` of a run that was not all ok."""

    tests: dict[str, str]
    output: str


def run(binary: Binary, seconds: float = SECONDS) -> Outcome:
    """Run all tests of `binary`; one that is listed and has no result is `missing`."""
    listed, _ = _output(binary, ["--list", "--format", "terse"], seconds)
    printed, code = _output(binary, ["--color", "never"], seconds)
    names = dict.fromkeys(LISTED.findall(listed), "missing")
    results = names | dict(RESULT.findall(printed))
    if code == 0 and set(results.values()) <= {"ok"}:
        printed = ""
    return Outcome(
        {f"{binary.root} {name}": result for name, result in results.items()},
        printed[-MOST_OUTPUT:],
    )


def _output(binary: Binary, arguments: Sequence[str], seconds: float) -> tuple[str, int]:
    """Both streams and the exit code; a test that hangs is killed and said to."""
    env = os.environ | {"CARGO_MANIFEST_DIR": str(binary.folder), "RUST_BACKTRACE": "0"}
    command = [str(binary.executable), *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=binary.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "backslashreplace")
        return f"{text}\n{binary.root} was killed after {seconds} seconds", -1
    text = done.stdout.decode("utf-8", "backslashreplace")
    if done.returncode not in (0, 101):
        text += f"\n{binary.root} ended with code {done.returncode}"
    return text, done.returncode
