"""Lets one call of an `apply` go wrong, and looks at what is left: whole, or not there at all.

The calls that change files are counted in all processes of the run together, git's and our own, by
a library that `rustc` makes of shim.rs. So it needs what CI needs anyway, and no right to trace.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from repositories import Repo
from safety.commands import REF, apart_from_branches, refs, run
from safety.ground import crate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from safety.commands import About

APPLY = ("apply", "cache-bounds")
SHIM = Path(__file__).with_name("shim.rs")
KINDS = {
    "kill": "the process that makes the call is killed",
    "parent": "rustfix-mem is killed, git lives on",
    "all": "rustfix-mem and all of git are killed",
    "enospc": "one call finds the disk full",
    "full": "the disk is full from one call on",
    "eio": "one call has an input/output error",
}
RECORD = 24
"""Bytes of the log for each call, as shim.rs writes them."""

TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and at which call, counted from 1; at 0 nothing does."""

    kind: str = "none"
    at: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What a fault left behind."""

    fault: Fault
    call: str
    """The name of the call; empty if the run ended before it."""
    stopped: bool
    """Whether the branch was not made."""
    lock: bool
    """Whether a lock of the branch stayed, which the next run then named."""
    litter: bool
    """Whether a folder of ours stayed among the temporary files."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Where faults are tried: the library, and a repository to copy for each."""

    library: Path
    template: Path
    commit: str
    """The branch, where nothing goes wrong."""
    calls: tuple[str, ...]
    """The names of the calls that change files, in their order."""

    @classmethod
    def make(cls, top: Path) -> Range:
        """Compile the library, make the repository, and see one run through without a fault."""
        library, template = top / "shim.so", top / "template"
        line = ["rustc", "--edition=2021", "--crate-type=cdylib", "-O", "-Cpanic=abort"]
        subprocess.run([*line, "-o", str(library), str(SHIM)], check=True, capture_output=True)
        crate(template / "repo")
        trial = _Trial.make(cls(library, template, "", ()), top / "first", Fault())
        done = trial.run()
        assert done.returncode == 0, done.stderr
        calls = trial.calls()
        # The control: were git or Python linked so that the library is not asked, all would pass.
        assert {"rename", "link", "mkdir"} <= set(calls), f"the library saw only {set(calls)}"
        return cls(library, template, trial.tip(), calls)

    def faults(self, step: int = 1) -> list[Fault]:
        """Every `step`th call, another one for each kind."""
        return [
            Fault(kind, at)
            for number, kind in enumerate(KINDS)
            for at in range(1 + number * step // len(KINDS), len(self.calls) + 1, step)
        ]

    def tried(self, fault: Fault, top: Path) -> Left:
        """Run once with the fault below `top`, which must not be there; and once more without."""
        trial = _Trial.make(self, top, fault)
        before = apart_from_branches(trial.repo), refs(trial.repo)
        done = trial.run()
        calls, tip = trial.calls(), trial.tip()
        call = calls[fault.at - 1] if fault.at <= len(calls) else ""
        litter = bool(os.listdir(trial.top / "tmp"))
        problems = [*trial.unlike(*before), *trial.judged(done, call, litter)]
        lock = (trial.repo / ".git" / f"{REF}.lock").exists()
        problems += trial.again(lock)
        shutil.rmtree(top)
        return Left(fault, call, not tip, lock, litter, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Trial:
    """One run, all of whose files are below `top`."""

    range: Range
    top: Path
    fault: Fault

    @classmethod
    def make(cls, range: Range, top: Path, fault: Fault) -> _Trial:
        shutil.copytree(range.template, top, symlinks=True)
        (top / "tmp").mkdir()
        return cls(range, top, fault)

    @property
    def repo(self) -> Path:
        return self.top / "repo"

    def run(self) -> subprocess.CompletedProcess[str]:
        """`apply`, in a session of its own, so that all of it can be killed."""
        program = str(Path(sysconfig.get_path("scripts")) / "rustfix-mem")
        line = [sys.executable, program, "-C", str(self.repo), *APPLY]
        error = Path(f"{self.top}.err")
        with (
            error.open("w") as told,
            subprocess.Popen(
                [*line, "--patch", str(self.top / "patch")],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                start_new_session=True,
            ) as process,
        ):
            process.wait(60)
            _wait_for_all(process.pid)
        return subprocess.CompletedProcess(line, process.returncode, "", error.read_text())

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "LD_PRELOAD": str(self.range.library),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUSTFIX_MEM_CACHE_DIR": str(self.top / "cache"),
            "TMPDIR": str(self.top / "tmp"),
            "FAULT_ROOT": str(self.top),
            "FAULT_LOG": f"{self.top}.log",
            "FAULT_KIND": self.fault.kind,
            "FAULT_AT": str(self.fault.at),
        }

    def calls(self) -> tuple[str, ...]:
        log = Path(f"{self.top}.log").read_bytes()
        names = (log[at : at + RECORD] for at in range(0, len(log), RECORD))
        return tuple(name.decode().strip() for name in names)

    def tip(self) -> str:
        """The commit of the branch; empty if there is none."""
        form = "--format=%(objectname)"
        return Repo(self.repo).git("for-each-ref", form, REF)

    def unlike(self, before: Mapping[str, About], old: set[str]) -> Iterator[str]:
        """What has changed that must not: files, other refs, the objects that refs lead to."""
        after = apart_from_branches(self.repo)
        changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
        yield from (f"{os.path.relpath(path, self.repo)} is not as it was" for path in changed)
        new = refs(self.repo)
        yield from (f"this ref is gone: {ref}" for ref in old - new)
        if new - old not in (set(), {f"{REF} {self.range.commit} "}):
            yield f"these refs are new: {new - old}"
        check = ["git", "fsck", "--connectivity-only", "--no-dangling", "--no-progress"]
        if subprocess.run(check, cwd=self.repo, capture_output=True, check=False).returncode:
            yield "`git fsck` finds something wrong"

    def judged(
        self, done: subprocess.CompletedProcess[str], call: str, litter: bool
    ) -> Iterator[str]:
        """What is wrong with the way it ended."""
        code = done.returncode
        if code not in (0, 2, -signal.SIGKILL) or TRACEBACK in done.stderr:
            yield f"exit code {code}: {done.stderr}"
        if code == 2 and len(done.stderr.splitlines()) != 2:
            yield f"refused in other than two lines: {done.stderr}"
        if code == 0 and not self.tip():
            yield "exit code 0 and no branch"
        patch = self.top / "patch"
        if patch.exists() and not patch.read_bytes().endswith(b" }\n"):
            yield "half a patch"
        if litter and code != -signal.SIGKILL and not call.startswith(("unlink", "rmdir")):
            yield f"left among the temporary files: {os.listdir(self.top / 'tmp')}"

    def again(self, lock: bool) -> Iterator[str]:
        """What is wrong with the next run: it makes the branch, or names the lock and leaves it."""
        file = self.repo / ".git" / f"{REF}.lock"
        out = self.top / "again"
        out.mkdir()
        answer = run(self.repo, APPLY, out)
        if lock and not self.tip():
            if not (answer.refused and str(file) in answer.err and file.exists()):
                yield f"a lock that stayed is not named: {answer.err}"
            file.unlink()
            answer = run(self.repo, APPLY, out)
        if answer.code or self.tip() != self.range.commit:
            yield f"the next run did not make the branch: {answer.err}"


def _wait_for_all(session: int) -> None:
    """Wait for children of a run that was killed; they hold nothing that we could wait for."""
    while any(_session(stat) == session for stat in Path("/proc").glob("[0-9]*/stat")):
        time.sleep(0.01)


def _session(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0
