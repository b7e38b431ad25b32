"""Many processes that make the same branch at once, each with another commit: who wins?"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repositories import Repo, everything
from safety.commands import BRANCH, REF
from safety.ground import crate

if TYPE_CHECKING:
    from pathlib import Path

# All have built their commit and looked up the branch, which is not there, before any goes on.
RACER = """
import sys
from pathlib import Path
from rustfix_mem.errors import UsageError
from rustfix_mem.git import branch
from rustfix_mem.git.store import Store

carry = branch._carry_over

def meet(store, built):
    print("ready", flush=True)
    sys.stdin.readline()
    carry(store, built)

branch._carry_over = meet
with Store.open(Path(sys.argv[1])) as store:
    base = store.resolve("HEAD")
    change = {"src/lib.rs": sys.argv[2].encode()}
    built = branch.build(store, base, store.snapshot(base), change, "x")
    try:
        print(branch.publish(store, built, sys.argv[3]).commit)
    except UsageError as error:
        print("refused:", error.what)
"""


@dataclass(frozen=True, slots=True)
class Race:
    """What came of one round."""

    winners: int
    refused: int
    problems: tuple[str, ...]


def race(top: Path, racers: int, *, apart: bool = False) -> Race:
    """One round in a new repository below `top`; `apart`: each has a branch of its own."""
    repo = crate(top / "repo")
    names = [f"{BRANCH}-{number}" if apart else BRANCH for number in range(racers)]
    before = {k: v for k, v in everything(repo.path).items() if "/.git" not in k}
    runs = [_start(repo, number, name) for number, name in enumerate(names)]
    for run in runs:
        assert run.stdout
        assert run.stdout.readline() == "ready\n"
    out = _go(runs)
    problems = [line for line in out if "moved in the meantime" not in line and len(line) != 40]
    problems = [line for line in problems if ".lock` is there" not in line]
    after = {k: v for k, v in everything(repo.path).items() if "/.git" not in k}
    if before != after:
        problems.append("the work tree has changed")
    won = [line for line in out if len(line) == 40]
    refs = repo.git("for-each-ref", "--format=%(objectname)", f"{REF}*").split()
    if sorted(refs) != sorted(won):
        problems.append(f"these say that they won: {won}, and these are there: {refs}")
    if repo.git("fsck", "--no-dangling", "--no-progress"):
        problems.append("`git fsck` finds something wrong")
    if list((repo.path / ".git").rglob("*.lock")):
        problems.append("a lock has stayed")
    return Race(len(won), len(out) - len(won), tuple(problems))


def _start(repo: Repo, number: int, branch: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", RACER, str(repo.path), f"fn racer_{number}() {{}}\n", branch]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    return subprocess.Popen(line, env=env, stdin=pipe, stdout=pipe, text=True)


def _go(runs: list[subprocess.Popen[str]]) -> list[str]:
    """Let all go at once; their last words."""
    for run in runs:
        assert run.stdin
        run.stdin.write("go\n")
        run.stdin.flush()
    return [run.communicate()[0].strip() for run in runs]
