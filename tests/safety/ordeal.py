"""Gives bad inputs to `check` and `apply` as processes, and measures what they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repositories import Repo
from safety.ground import MANIFEST
from safety.inputs import LIB, TOML
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from safety.inputs import Input

SECONDS = 10.0
"""Of processor time, in all processes together: 8 for a file, and 2 to start and to end.

Not by the clock, which on a busy machine says nothing of a program.
"""

MEMORY = 1024 * 1024
"""Kilobytes, of the largest process."""

GOOD = "good"
COMMANDS = {
    "check": ("check", "all", "--output-format", "json", "--no-cache"),
    "apply": ("apply", "cache-bounds", "--dry-run", "--output-format", "json", "--no-cache"),
}


@dataclass(frozen=True, slots=True)
class Took:
    """What some inputs took, in the worse of the two commands; and what is wrong."""

    seconds: float
    """Of processor time."""
    kilobytes: int
    unread: dict[str, str]
    """The files that were named as not read, and why."""
    problems: tuple[str, ...]


def tried(inputs: Iterable[Input], top: Path) -> Took:
    """One repository of all these inputs and a good crate: is that one's cache still found?"""
    chosen = {f"c{number}": one for number, one in enumerate(inputs)}
    repo = _repository(top / "repo", chosen)
    seconds, kilobytes, problems, unread = 0.0, 0, list[str](), dict[str, str]()
    for name, command in COMMANDS.items():
        code, out, error, took, most = _measured(repo, command)
        seconds, kilobytes = max(seconds, took), max(kilobytes, most)
        if code not in (0, 1):
            problems.append(f"{name}: exit code {code}: {error[-500:]}")
            continue
        said = json.loads(out)
        if name == "check":
            unread = {str(one["path"]): str(one["reason"]) for one in said["skipped"]}
        if not any(path.startswith(f"{GOOD}/") for path in _fixed(said)):
            problems.append(f"{name}: the cache of the good crate was not found")
    wanted = {f"{folder}/{one.unread}": one.name for folder, one in chosen.items() if one.unread}
    problems += [f"{name}: not named" for path, name in wanted.items() if path not in unread]
    if seconds > SECONDS:
        problems.append(f"took {seconds:.1f} s")
    if kilobytes > MEMORY:
        problems.append(f"took {kilobytes // 1024} MB")
    return Took(seconds, kilobytes, unread, tuple(problems))


def _repository(path: Path, inputs: dict[str, Input]) -> Repo:
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "-q")
    repo.write(f"{GOOD}/{TOML}", MANIFEST)
    repo.write(f"{GOOD}/{LIB}", CACHED.encode())
    for folder, one in inputs.items():
        for name, data in one.files().items():
            repo.write(f"{folder}/{name}", data)
    repo.commit()
    return repo


def _measured(repo: Repo, command: tuple[str, ...]) -> tuple[int, str, str, float, int]:
    """Exit code, both outputs, seconds of processor time, kilobytes of the largest process."""
    program = str(Path(sysconfig.get_path("scripts")) / "rustfix-mem")
    out, error = repo.path.parent / "out", repo.path.parent / "err"
    with out.open("wb") as shown, error.open("wb") as told:
        line = [sys.executable, program, "-C", str(repo.path), *command]
        run = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=shown, stderr=told)
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    took = used.ru_utime + used.ru_stime
    said, complained = (file.read_text("utf-8", "replace") for file in (out, error))
    return run.returncode, said, complained, took, used.ru_maxrss


def _fixed(said: dict[str, object]) -> Iterator[str]:
    """The paths of all findings that have a fix, in the JSON of either command."""
    stack: list[object] = [said]
    while stack:
        at = stack.pop()
        if isinstance(at, dict):
            if at.get("fix") and "path" in at:
                yield str(at["path"])
            stack += at.values()
        elif isinstance(at, list):
            stack += at
