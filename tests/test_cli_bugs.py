"""What goes wrong that is no mistake of the user: our bugs, the machine, an interruption."""

from __future__ import annotations

import errno
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli_world import commit, refused
from cli_world import repo as repo
from cli_world import world as world
from rustfix_mem import changeset
from rustfix_mem.cli.main import main
from support import CACHED

if TYPE_CHECKING:
    from rustfix_mem.reported import Report


def test_a_bug_is_two_lines_and_70(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Report:
        raise KeyError("a\nb")

    monkeypatch.setattr(changeset, "checked", broken)
    lines = refused(capsys, "check", "cap-maps", code=70)
    assert lines[0] == "error: this is a bug of rustfix-mem: KeyError: 'a\\nb'"
    assert (
        lines[1]
        == "help: report it with what `RUSTFIX_MEM_TRACEBACK=1 rustfix-mem check cap-maps` prints"
    )
    assert main(["check", "-v"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_no_bug_of_ours(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Report:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    monkeypatch.setattr(changeset, "checked", full)
    lines = refused(capsys, "check", "cap-maps")
    assert lines[0] == "error: the machine says: no space left on device (`/tmp/x`)"
    assert "`TMPDIR=FOLDER`" in lines[1]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", "2> /dev/full"])
@pytest.mark.parametrize(("rev", "code"), [("HEAD", 1), ("nothing", 2)])
def test_streams_that_are_closed_or_full(repo: Path, closed: str, rev: str, code: int) -> None:
    (repo / "src/lib.rs").write_text(CACHED)
    commit(repo)
    program = str(Path(sysconfig.get_path("scripts")) / "rustfix-mem")
    line = shlex.join([program, "check", "--no-cache", "--rev", rev])
    done = subprocess.run(["sh", "-c", f"{line} {closed}"], capture_output=True, check=False)
    assert done.returncode == code


def test_an_interruption_is_quiet(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(changeset, "checked", interrupted)
    assert main(["check"]) == 130
    assert capsys.readouterr() == ("", "")
