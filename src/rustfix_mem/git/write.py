"""The commands that write. The only home of GitPython, and of it only what runs commands:
its own objects, index and commits run hooks, heed replaced objects and cannot read SHA-256.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import git

from rustfix_mem.git.command import Ran, command, decode, failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rustfix_mem.git.store import Store


def write(store: Store, args: Sequence[str], input: bytes = b"") -> str:
    """Write objects where the user's cannot be seen, and so not be touched; gives their ids."""
    return decode(run_apart(store, args, store.writing(), input)).strip()


def run_apart(
    store: Store, args: Sequence[str], env: Mapping[str, str], input: bytes = b""
) -> bytes:
    """Run in the throw-away store, which need not outlive a power cut."""
    ran = run_at(store, args, env, input, ("core.fsync=none",))
    if ran.status:
        raise failed(args, ran)
    return ran.out


def run_at(
    store: Store, args: Sequence[str], env: Mapping[str, str], input: bytes, settings: Sequence[str]
) -> Ran:
    with tempfile.TemporaryFile(dir=store.folder) as stream, _no_git_variables():
        stream.write(input)
        stream.seek(0)
        status, out, err = git.Git(store.folder).execute(
            command(args, settings=settings),
            istream=stream,
            env=env,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            shell=False,
        )
    return Ran(status, out, err)


@contextmanager
def _no_git_variables() -> Iterator[None]:
    """GitPython adds to our environment and cannot take away: in a hook, git sets `GIT_DIR`."""
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    try:
        yield
    finally:
        os.environ.update(taken)
