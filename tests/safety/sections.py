"""The sections of docs/safety.md: each tries what it says, and tells what came of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from rich.console import Console
from rich.progress import track

from safety import laws as law_book
from safety.commands import WRITING, formed, run
from safety.faults import KINDS, Range
from safety.inputs import INPUTS
from safety.ordeal import tried as endured
from safety.races import race
from safety.states import states as every_state
from safety.traps import ground, hostile, sprung
from safety.traps import traps as every_trap
from safety.trial import COMMANDS
from safety.trial import tried as state_tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from safety.faults import Left
    from safety.ordeal import Took
    from safety.races import Race
    from safety.trial import Tried as StateTried

T = TypeVar("T")
TESTS = Path(__file__).parents[1]
ROUNDS = 20
RACERS = 8
EXAMPLES = 1000
STEP = int(os.environ.get("SAFETY_STEP", "1"))
"""Of how many calls one goes wrong in each way; 1 for all of them."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a section says, and what did not hold."""

    text: str
    problems: tuple[str, ...]


def _all(answers: Iterator[T], of: int) -> list[T]:
    """Wait for all; somebody who looks on sees how many there are."""
    told = Console(stderr=True)
    return [*track(answers, "", total=of, console=told, disable=not told.is_terminal)]


def states(pool: Executor, top: Path) -> Tried:
    """Every command in every state."""
    numbers = range(len(every_state()))
    found = _all(pool.map(_state, numbers, repeat(top)), len(numbers))
    columns = [name for name in COMMANDS if name not in ("check all", "check --rev")]
    rows = [[one.state.name, *(_cell(one, name) for name in columns)] for one in found]
    text = f"""
{len(found)} states, {len(COMMANDS)} commands in each, one after the other. "same" means that not a
byte, a mode or a time stamp of the folder differs afterwards, `.git` included. "branch" is the same
but for objects, refs and their logs: one ref is new, of `apply all --stack` another, and no old one
has moved. "no" means that it is refused in two lines, and all is the same, but that objects may be
there which nothing names.

{_table(["state", *(f"`{name}`" for name in columns)], rows)}
"""
    return Tried(text, tuple(f"{it.state.name}: {bad}" for it in found for bad in it.problems))


def _state(number: int, top: Path) -> StateTried:
    folder = top / f"state-{number}"
    folder.mkdir()
    with _own_cache(folder):
        return state_tried(every_state()[number], folder)


@contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """What was found out in another folder would be an answer here, without any reading."""
    with pytest.MonkeyPatch.context() as it:
        it.setenv("RUSTFIX_MEM_CACHE_DIR", str(folder / "cache"))
        yield


def _cell(one: StateTried, command: str) -> str:
    if command in one.refused:
        return "no"
    return "branch" if command in WRITING else "same"


def traps(pool: Executor, top: Path) -> Tried:
    """Every trap by itself, where it must spring; and all of them, where none may."""
    names = [trap.name for trap in every_trap()]
    works = list(pool.map(_springs, range(len(names)), repeat(top)))
    problems = [f"{name}: never springs" for name, it in zip(names, works, strict=True) if not it]
    for command, fired in zip(COMMANDS, pool.map(_fired, COMMANDS, repeat(top)), strict=True):
        problems += [f"{command}: {name} has sprung" for name in fired]
    alone = [f"{trap.name}" for trap in every_trap() if trap.alone]
    text = f"""
{len(names)} traps, each a script that leaves a mark when it is run. The control: each was set in a
repository of its own and sprang with the command of git, cargo or Python that it is for:
{sum(works)} of {len(names)}. Then all were set in one repository ({" and ".join(alone)}, which makes
it unreadable, in one of its own), and {len(COMMANDS)} commands ran in its folder, in its `.git` and in
a bare repository among its files: {len(problems) - works.count(False)} have sprung.

{", ".join(f"{name}" for name in names)}.
"""
    return Tried(text, tuple(problems))


def _springs(number: int, top: Path) -> bool:
    folder = top / f"trap-{number}"
    folder.mkdir()
    repo, trap = ground(folder / "repo"), every_trap()[number]
    mark = trap.arm(repo)
    trap.spring(repo)
    return mark.exists()


def _fired(command: str, top: Path) -> list[str]:
    """The traps that spring when a command runs, in this process and in one of its own."""
    folder = top / command.replace(" ", "-")
    out = folder / "out"
    out.mkdir(parents=True)
    repo = hostile(folder)
    with _own_cache(folder):
        for place in (repo.path, repo.path / "bare.git", repo.path / ".git"):
            run(place, COMMANDS[command], out)
        program = str(Path(sysconfig.get_path("scripts")) / "rustfix-mem")
        line = [sys.executable, program, *formed(COMMANDS[command], out)]
        subprocess.run(line, cwd=repo.path, capture_output=True, check=False)
    fired = sprung(folder)
    for number, trap in enumerate(it for it in every_trap() if it.alone):
        alone = folder / f"alone-{number}"
        alone.mkdir()
        repo = ground(alone / "repo")
        mark = trap.arm(repo)
        run(repo.path, COMMANDS[command], out)
        fired += [trap.name] if mark.exists() else []
    return fired


def faults(pool: Executor, top: Path) -> Tried:
    """Every fault at every call of an `apply` that changes a file."""
    where = Range.make(top)
    chosen = where.faults(STEP)
    folders = [top / f"{fault.kind}-{fault.at}" for fault in chosen]
    found = _all(pool.map(where.tried, chosen, folders, chunksize=8), len(chosen))
    header = ["fault", "runs", "no branch", "complete branch", "lock named", "files left", "broken"]
    rows = [[f"`{kind}`: {what}", *_counted(kind, found)] for kind, what in KINDS.items()]
    names = Counter(where.calls)
    text = f"""
One `apply` of a small repository makes {len(where.calls)} calls that change a file: in git's
processes, in ours, in the cache of facts. {"Each" if STEP == 1 else f"One of {STEP}"} was let go wrong in each of
{len(KINDS)} ways: {len(found)} runs. Afterwards the work tree, index, `HEAD`, configuration and all other refs are
compared byte for byte, `git fsck` has its word, and the next run makes the branch, the same commit.

{_table(header, rows)}

"no branch" and "complete branch" are all that there is: no run has left anything else. "lock named":
the run that came next was refused, with the path of the lock that a kill had left, and the lock was
still there. "files left": a folder of ours stayed among the temporary files.

The calls: {", ".join(f"{count} `{name}`" for name, count in names.most_common())}.
"""
    problems = [f"{it.fault.kind} at {it.fault.at}: {bad}" for it in found for bad in it.problems]
    return Tried(text, tuple(problems))


def _counted(kind: str, found: Iterable[Left]) -> list[str]:
    mine = [one for one in found if one.fault.kind == kind]
    stopped = sum(one.stopped for one in mine)
    counts = [len(mine), stopped, len(mine) - stopped, sum(one.lock for one in mine)]
    counts += [sum(one.litter for one in mine), sum(bool(one.problems) for one in mine)]
    return [str(count) for count in counts]


def races(pool: Executor, top: Path) -> Tried:
    """Many processes at once: for one branch, and each for its own."""
    del pool  # a race is a crowd by itself
    one = [_raced(top / f"one-{number}", apart=False) for number in range(ROUNDS)]
    own = [_raced(top / f"own-{number}", apart=True) for number in range(ROUNDS // 2)]
    single = sum(it.winners == 1 for it in one)
    won, asked = sum(it.winners for it in own), len(own) * RACERS
    problems = [bad for it in (*one, *own) for bad in it.problems]
    problems += [f"{it.winners} winners" for it in one if it.winners != 1]
    problems += [f"{asked - won} branches of their own were not made"] * (won != asked)
    text = f"""
{ROUNDS} rounds of {RACERS} processes that have all seen that the branch is not there, each with
another commit, and go on at once: exactly one winner in {single} of {ROUNDS}, the others are told that the
branch was moved or is locked. {len(own)} rounds in which each has a branch of its own: {won} of {asked}
made. `git fsck` finds nothing, and no lock stays.
"""
    return Tried(text, tuple(problems))


def _raced(folder: Path, *, apart: bool) -> Race:
    found = race(folder, RACERS, apart=apart)
    shutil.rmtree(folder)
    return found


def inputs(pool: Executor, top: Path) -> Tried:
    """Every bad input beside a good crate whose cache must be found; the heavy ones one by one."""
    light = [one for one in INPUTS if not one.heavy]
    heavy = [number for number, one in enumerate(INPUTS) if one.heavy]
    found = _all(pool.map(_input, heavy, repeat(top)), len(heavy))
    together = endured(light, top / "light")
    rows = [
        [INPUTS[number].name, f"{took.seconds:.1f}", str(took.kilobytes // 1024), _why(took, "c0")]
        for number, took in zip(heavy, found, strict=True)
    ]
    quick = [f"{one.name} ({_why(together, f'c{n}')})" for n, one in enumerate(light)]
    text = f"""
{len(INPUTS)} inputs, given to `check all` and to `apply --dry-run` beside a good crate: its cache was found,
and what could not be read was named. Each of the {len(heavy)} that are made to hurt had a repository of
its own. Seconds of processor time of the slower command, with all its processes, and megabytes of the
largest one; the most were {max(it.seconds for it in found):.1f} s and {max(it.kilobytes for it in found) // 1024} MB.

{_table(["input", "s", "MB", "what is said of it"], rows)}

The other {len(light)} in one repository took {together.seconds:.1f} s and {together.kilobytes // 1024} MB:
{"; ".join(quick)}.
"""
    problems = [
        f"{INPUTS[number].name}: {bad}"
        for number, took in zip(heavy, found, strict=True)
        for bad in took.problems
    ]
    return Tried(text, (*problems, *together.problems))


def _why(took: Took, folder: str) -> str:
    """What is said of the files of one input."""
    said = {why for path, why in took.unread.items() if path.startswith(f"{folder}/")}
    return "; ".join(sorted(said))[:90].replace("|", "\\|") or "read"


def _input(number: int, top: Path) -> Took:
    folder = top / f"input-{number}"
    took = endured([INPUTS[number]], folder)
    shutil.rmtree(folder)
    return took


def laws(pool: Executor, top: Path) -> Tried:
    """Every law in every fixture, and in code that is made up."""
    del top
    chosen = law_book.fixtures()
    found = _all(pool.map(_lawful, range(len(chosen)), chunksize=16), len(chosen))
    problems = [f"{case}: {bad}" for case, some in zip(chosen, found, strict=True) for bad in some]
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "made_up"]
    done = subprocess.run(
        [*line, str(TESTS / "test_safety_laws.py")],
        cwd=TESTS.parent,
        env=os.environ | {"SAFETY_EXAMPLES": str(EXAMPLES)},
        capture_output=True,
        text=True,
        check=False,
    )
    problems += [done.stdout[-2000:]] if done.returncode else []
    listed = "\n".join(f"- {text}" for text in law_book.SAID)
    text = f"""
{len(chosen)} fixtures and {EXAMPLES} crates that are made up (a cache between other items, with comments,
strings and blanks at odd places), each planned five times. What holds of all of them:

{listed}
"""
    return Tried(text, tuple(problems))


def _lawful(number: int) -> list[str]:
    return law_book.broken_by(law_book.fixtures()[number])


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


ALL: dict[str, Callable[[Executor, Path], Tried]] = {
    "Any repository": states,
    "A hostile repository": traps,
    "Faults": faults,
    "Races": races,
    "Bad input": inputs,
    "Laws": laws,
}
