"""What is checked out, by one process: who has the answer needs no more."""

from __future__ import annotations

import os

from rustfix_mem.git.hardening import command, environment

DIGITS = frozenset("0123456789abcdef")
LENGTHS = (40, 64)
"""Digits of an object's id: of SHA-1, of SHA-256."""


def tree(repo: str) -> str | None:
    """The id of the tree of HEAD, in the repository at or above `repo`.

    `None` wherever git says anything else, be it a warning: then it is for `Store` to ask.
    """
    said = _lines(repo, "--verify", "--end-of-options", "HEAD^{tree}")
    return said[0] if len(said) == 1 and _is_id(said[0]) else None


def checkout(repo: str) -> tuple[str, str, str] | None:
    """The same tree, with the top of the work tree and its git folder; `None` without one."""
    said = _lines(repo, "--show-toplevel", "--absolute-git-dir", "HEAD^{tree}")
    if len(said) != len(("top", "folder", "tree")) or not _is_id(said[2]):  # a line break in a path
        return None
    return said[2], said[0], said[1]


def _lines(repo: str, *asked: str) -> list[str]:
    """The lines that `git rev-parse` says; none where it cannot be asked."""
    try:
        program, folder = _program(), os.path.join(os.getcwd(), repo)
        said = _said(program, ["-C", folder, "rev-parse", *asked]) if program else b""
    except (OSError, ValueError):  # no folder to stand in; a NUL in a path
        return []
    return os.fsdecode(said).removesuffix("\n").split("\n") if said.endswith(b"\n") else []


def _is_id(word: str) -> bool:
    return len(word) in LENGTHS and DIGITS.issuperset(word)


def _program() -> str | None:
    """The `git` of the `PATH`; `None` where a relative folder may come first.

    We stand in the user's folder, and a program of a repository is never run.
    """
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(folder):
            return None
        file = os.path.join(folder, "git")
        if os.path.isfile(file) and os.access(file, os.X_OK):
            return file
    return None


def _said(program: str, args: list[str]) -> bytes:
    """All that git says, errors too; nothing where it fails. To load `subprocess` takes 6 ms."""
    reader, writer = os.pipe()
    with open(reader, "rb") as stream:
        try:
            actions = [(os.POSIX_SPAWN_DUP2, writer, number) for number in (1, 2)]
            nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
            env = environment({})
            process = os.posix_spawn(program, command(args), env, file_actions=[nothing, *actions])
        finally:
            os.close(writer)
        said = stream.read()
    return said if os.waitpid(process, 0)[1] == 0 else b""
