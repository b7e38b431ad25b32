"""One state of a repository, every command: what changed, and who refused."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repositories import everything
from rustfix_mem.git import command as git_command
from safety.commands import (
    BRANCHES,
    READING,
    REF,
    STACK_REF,
    STACKED,
    WRITING,
    Answer,
    is_of,
    refs,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from safety.states import State

COMMANDS = READING | WRITING


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one state: the commands that refused, with their reason, and what is wrong."""

    state: State
    refused: Mapping[str, str]
    problems: tuple[str, ...]


def tried(state: State, top: Path) -> Tried:
    """Make a state below `top`, and run every command in it."""
    watched, out = top / "watched", top / "out"
    watched.mkdir()
    out.mkdir()
    folder = state.make(watched)
    refused, problems = dict[str, str](), list[str]()
    with _foreign(state):
        before = _refs(folder, state)
        for name in COMMANDS:
            answer, changed = _one(name, folder, watched, out)
            if answer.refused:
                refused[name] = answer.reason
            problems += [f"{name}: {path} is not as it was" for path in changed]
            problems += _answered(name, answer, state)
        problems += _branches(before, _refs(folder, state), refused)
    return Tried(state, refused, tuple(problems))


def _one(name: str, folder: Path, watched: Path, out: Path) -> tuple[Answer, list[str]]:
    """The answer of a command, and the files that it must not have changed."""
    before = everything(watched)
    answer = run(folder, COMMANDS[name], out)
    after = everything(watched)
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    if name in WRITING:
        may = ("objects",) if answer.refused else BRANCHES
        changed = [key for key in changed if not is_of(Path(key), may)]
    return answer, [os.path.relpath(path, watched) for path in sorted(changed)]


def _answered(name: str, answer: Answer, state: State) -> Iterator[str]:
    wanted = state.refused.get(name)
    if wanted is None and (answer.refused or answer.code not in (0, 1)):
        yield f"{name}: exit code {answer.code}, {answer.err}"
    if wanted is not None and not (answer.refused and wanted in answer.reason):
        yield f"{name}: not refused with `{wanted}`, but exit code {answer.code}, {answer.err}"


def _branches(before: set[str], after: set[str], refused: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the refs: no old one may change, and ours alone may be new."""
    yield from (f"this ref is gone: {ref}" for ref in before - after)
    alone = WRITING.keys() - {STACKED} - refused.keys()
    wanted = {REF} if alone else set[str]()
    wanted |= {STACK_REF} if STACKED not in refused else set()
    made = {ref.partition(" ")[0] for ref in after - before}
    yield from (f"this ref is new: {ref}" for ref in sorted(made - wanted))
    yield from (f"this ref was not made: {ref}" for ref in sorted(wanted - made))


def _refs(folder: Path, state: State) -> set[str]:
    return refs(folder) if state.readable else set()


@contextmanager
def _foreign(state: State) -> Iterator[None]:
    """Where we may not give a repository to another user, git is told that it has been."""
    if not state.foreign or os.geteuid() == 0:
        yield
        return
    name = "GIT_TEST_ASSUME_DIFFERENT_OWNER"
    git_command.HARDENING[name] = "1"
    try:
        yield
    finally:
        del git_command.HARDENING[name]
