"""Runs commands as a user types them, in this process, and sees what they leave behind."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repositories import Repo, everything
from rustfix_mem.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

BRANCH = "rustfix-mem/cache-bounds"
REF = f"refs/heads/{BRANCH}"
STACKED = "apply all --stack"
STACK_REF = "refs/heads/rustfix-mem/all"

READING = {
    "check": ("check", "-v"),
    "check all": ("check", "all", "--output-format", "json", "--output-file", "{out}/json"),
    "check --rev": ("check", "--rev", "HEAD^{commit}", "-q"),
    "check --staged": ("check", "--staged"),
    "check --worktree": ("check", "--worktree", "-v"),
    "check --write-baseline": ("check", "--baseline", "{out}/baseline", "--write-baseline"),
    "apply --dry-run": ("apply", "cache-bounds", "--dry-run", "--patch", "{out}/patch"),
    "apply all --dry-run": ("apply", "all", "--dry-run", "--exit-code"),
}
"""Commands that leave no byte in a repository; `{out}` is a folder elsewhere."""

WRITING = {
    "apply --patch": ("apply", "cache-bounds", "--patch", "{out}/patch"),
    "apply, again": ("apply", "cache-bounds"),
    "apply all": ("apply", "all"),
    "apply all --lock": ("apply", "all", "--lock"),
    STACKED: ("apply", "all", "--stack"),
}
"""Commands that make a branch, and touch nothing else: a stack is one of its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def refused(self) -> bool:
        """Whether it told in two lines what is wrong and what to type, and nothing else."""
        first, _, rest = self.err.partition("\n")
        return self.code == 2 and first.startswith("error: ") and rest.startswith("help: ")

    @property
    def reason(self) -> str:
        return self.err.partition("\n")[0].removeprefix("error: ")


def formed(command: tuple[str, ...], out: Path) -> list[str]:
    """The arguments of a command that writes its files to `out`."""
    return [part.replace("{out}", str(out)) for part in command]


def run(folder: Path, command: tuple[str, ...], out: Path) -> Answer:
    """Run one command in `folder`; nothing may be left in the folder for temporary files."""
    args = formed(command, out)
    shown, told = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with _apart(out / "tmp"), contextlib.redirect_stdout(shown), contextlib.redirect_stderr(told):
        code = main(["-C", str(folder), *args])
    return Answer(code, _text(shown), _text(told))


@contextlib.contextmanager
def _apart(folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    was, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = was
    left = os.listdir(folder)
    assert not left, f"left in the temporary folder: {left}"


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "replace")


About = tuple[int, int, int, bytes]


def apart_from_branches(top: Path) -> dict[str, About]:
    """All below `top` but what a new branch adds to: objects, refs and their logs."""
    found = everything(top)
    return {name: about for name, about in found.items() if not is_of(Path(name), BRANCHES)}


BRANCHES = ("objects", "refs", "logs", "reftable")


def is_of(path: Path, names: tuple[str, ...]) -> bool:
    """Whether a path is in one of these folders of a repository, or is one that holds those."""
    for folder in path.parents:
        if (folder / "objects").is_dir() and (folder / "HEAD").exists():
            return path.relative_to(folder).parts[0] in names
    return (path / "objects").is_dir() and (path / "HEAD").exists()


def refs(folder: Path) -> set[str]:
    """Every ref of the repository at `folder`, with what it names."""
    form = "--format=%(refname) %(objectname) %(symref)"
    listed = Repo(folder).git("-c", "safe.directory=*", "for-each-ref", form)
    return set(listed.splitlines())
