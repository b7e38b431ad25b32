"""A hostile repository: no command runs anything of it, and each of its traps does work."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repositories import own_environment
from safety.commands import formed, run
from safety.traps import git, ground, hostile, locked, sprung, traps
from safety.trial import COMMANDS

if TYPE_CHECKING:
    from safety.traps import Trap


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))


def _marked(trap: Trap) -> object:
    return pytest.param(trap, marks=[pytest.mark.cargo] if trap.cargo else [])


@pytest.mark.parametrize("trap", [*map(_marked, traps())], ids=[trap.name for trap in traps()])
def test_the_control_each_trap_springs(trap: Trap, tmp_path: Path) -> None:
    repo = ground(tmp_path / "repo")
    mark = trap.arm(repo)
    assert not mark.exists()
    trap.spring(repo)
    assert mark.exists()


def _command(name: str) -> object:
    marks = [pytest.mark.cargo] if "--lock" in COMMANDS[name] else []
    return pytest.param(COMMANDS[name], marks=marks, id=name)


@pytest.mark.parametrize("command", [*map(_command, COMMANDS)])
def test_no_trap_springs(command: tuple[str, ...], tmp_path: Path) -> None:
    repo, out = hostile(tmp_path), tmp_path / "out"
    out.mkdir()
    for folder in (repo.path, repo.path / "bare.git", repo.path / ".git"):
        answer = run(folder, command, out)
        assert not answer.refused or "has no work tree" in answer.reason
    # Once more where Python itself starts among files of the repository.
    program = str(Path(sysconfig.get_path("scripts")) / "rustfix-mem")
    line = [sys.executable, program, *formed(command, out)]
    done = subprocess.run(line, cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert sprung(tmp_path) == []


@pytest.mark.parametrize(
    "trap", [trap for trap in traps() if trap.alone], ids=lambda trap: trap.name
)
def test_nor_one_that_cannot_be_read(trap: Trap, tmp_path: Path) -> None:
    repo, out = ground(tmp_path / "repo"), tmp_path / "out"
    mark = trap.arm(repo)
    out.mkdir()
    answers = [run(repo.path, command, out) for command in COMMANDS.values()]
    assert any(answer.refused for answer in answers)
    assert not mark.exists()


@pytest.mark.cargo
def test_the_control_cargo_runs_for_a_lock(tmp_path: Path) -> None:
    repo, out = locked(ground(tmp_path / "repo")), tmp_path / "out"
    out.mkdir()
    assert not run(repo.path, COMMANDS["apply all --lock"], out).refused
    brought = repo.git("show", "rustfix-mem/global-state:Cargo.lock")
    assert '"lazy_static",' in repo.git("show", "HEAD:Cargo.lock")
    assert '"lazy_static",' not in brought


def test_the_control_git_springs_them_in_that_repository(tmp_path: Path) -> None:
    repo = hostile(tmp_path)
    git(repo, "status")
    git(repo, "log", "-p")
    git(repo, "-c", "filter.evil.process=", "log", "-p")
    calm = ("-c", "filter.evil.process=", "-c", "core.hooksPath=.git/hooks")
    git(repo, *calm, "commit", "--allow-empty", "-m", "x")
    found = sprung(tmp_path)
    assert {"core.fsmonitor", "diff.evil.textconv", "filter.evil.process"} <= set(found)
    assert len(found) > 5
