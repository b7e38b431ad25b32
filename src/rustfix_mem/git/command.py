"""Runs git so that nothing of the repository runs with it: no hook, filter, pager or network."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.hardening import HARDENING as HARDENING
from rustfix_mem.git.hardening import command as command
from rustfix_mem.git.hardening import environment as environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit status, standard output, standard error."""

    status: int
    out: bytes
    err: str

    @property
    def reason(self) -> str:
        """The first line of complaint, without git's `fatal: `."""
        lines = [line for line in self.err.splitlines() if not line.startswith("hint: ")]
        first = lines[0] if lines else f"exit status {self.status}"
        return first.removeprefix("fatal: ").removeprefix("error: ")


def run(line: Sequence[str], *, env: Mapping[str, str], folder: Path, input: bytes = b"") -> Ran:
    """Run a whole command line in `folder`; `UsageError` only if there is no git at all."""
    try:
        done = subprocess.run(
            line, env=env, cwd=folder, input=input, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise no_git() from error
    return Ran(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def no_git() -> UsageError:
    """The error for a machine without git."""
    return UsageError("no `git` was found", "install git, or put it on the `PATH`")


def failed(args: Sequence[str], ran: Ran) -> UsageError:
    """The error for a command that ought to have worked."""
    return UsageError(
        f"`git {args[0]}` failed: {ran.reason}",
        "`git fsck --connectivity-only` shows whether the repository is whole",
    )


def decode(raw: bytes) -> str:
    """Text of git as it is kept everywhere: bytes that are not UTF-8 survive the round trip."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` had."""
    return text.encode("utf-8", "surrogateescape")
