"""`rustfix-mem apply`: a branch, a patch, or a refusal."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli_world import LIMIT, CapMaps, git, refused
from cli_world import repo as repo
from cli_world import world as world
from rustfix_mem import registry
from rustfix_mem.cli.main import main
from rustfix_mem.codemod import param

if TYPE_CHECKING:
    import pytest


def test_apply_makes_a_branch(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = git(repo, "status", "--porcelain", "--branch")
    assert main(["apply", "cap-maps", "--max-entries", "500"]) == 0
    out, err = capsys.readouterr()
    tip = git(repo, "rev-parse", "rustfix-mem/cap-maps").strip()
    assert out == git(repo, "diff", "--full-index", "main", "rustfix-mem/cap-maps")
    assert "warning[cap-maps]" in err  # the one without a fix
    assert err.splitlines()[-1] == (
        f"branch rustfix-mem/cap-maps created at {tip[:12]}: 2 fixes;"
        " review it with `git diff HEAD...rustfix-mem/cap-maps`"
    )
    assert git(repo, "status", "--porcelain", "--branch") == before


def test_apply_says_all_in_the_commit(repo: Path) -> None:
    main(["apply", "cap-maps", "--max-entries", "500"])
    said = git(repo, "log", "-1", "--format=%B", "rustfix-mem/cap-maps").strip()
    tree = git(repo, "rev-parse", "rustfix-mem/cap-maps^{tree}").strip()
    lines = said.splitlines()
    assert lines[0] == "Cap 2 maps that grow without a bound (cap-maps)"
    assert "- src/lib.rs:2:16: cap it at 500 (maybe-incorrect)" in lines
    assert any("src/lib.rs:7:17: this map grows without a bound; nothing" in x for x in lines)
    assert "Parameters: max-entries = 500, strict = false, policy = lru" in lines
    assert "Command: rustfix-mem apply cap-maps --max-entries 500" in lines
    assert "Rustfix-Mem-Codemod: cap-maps" in lines
    assert lines[-1] == f"Rustfix-Mem-Tree: {tree}"


def test_the_command_in_the_commit_has_what_was_given_even_if_it_is_the_default(
    repo: Path,
) -> None:
    main(["apply", "cap-maps", "--max-entries", "1000", "--no-strict"])
    said = git(repo, "log", "-1", "--format=%B", "rustfix-mem/cap-maps")
    assert "\nCommand: rustfix-mem apply cap-maps --max-entries 1000 --no-strict\n" in said


def test_apply_again_is_up_to_date_then_moves(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv, said in (
        ([], "created at"),
        ([], "is up to date at"),
        (["--max-entries", "9"], "moved to"),
    ):
        assert main(["apply", "cap-maps", *argv]) == 0
        assert f"branch rustfix-mem/cap-maps {said} " in capsys.readouterr().err


def test_a_dry_run_prints_exactly_a_patch(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--dry-run", "--exit-code", "cap-maps"]) == 1
    out, err = capsys.readouterr()
    assert "dry run: 2 fixes" in err
    assert git(repo, "branch", "--list", "rustfix-mem/*") == ""
    subprocess.run(["git", "apply"], cwd=repo, input=out.encode(), check=True)
    assert (repo / "src/lib.rs").read_text().count(f"{LIMIT}(1000)") == 2


def test_apply_writes_a_patch(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "cap-maps", "--dry-run", "-q", "--patch", "a.patch"]) == 0
    out, err = capsys.readouterr()
    assert (repo / "a.patch").read_text() == out
    assert err == ""


def test_apply_with_nothing_to_do(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["apply", "cap-maps", "--trust", "machine-applicable", "--exit-code"]
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing to change" in err
    assert git(repo, "branch", "--list", "rustfix-mem/*") == ""


def test_apply_as_json(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for dry in ([], ["--dry-run"]):
        assert main(["apply", "cap-maps", "--output-format", "json", *dry]) == 0
        (made,) = json.loads(capsys.readouterr().out)["branches"]
        (one,) = made["commits"]
        assert made["name"] == (None if dry else "rustfix-mem/cap-maps")
        assert (one["id"] is None) == bool(dry)
        assert (len(one["applied"]), len(one["reported"])) == (2, 1)
        assert made["diff"].startswith("diff --git ")


def test_apply_all_goes_on_after_a_refusal(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repo, "branch", "rustfix-mem/cap-maps")
    assert main(["apply", "all"]) == 2
    err = capsys.readouterr().err
    assert "holds work that rustfix-mem did not make" in err
    assert "`tidy` has nothing to change" in err


def test_apply_refuses_a_branch_with_two_lines(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repo, "branch", "rustfix-mem/cap-maps")
    assert "git branch -m" in refused(capsys, "apply", "cap-maps")[1]


def test_a_parameter_may_not_take_the_name_of_an_option(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True)
    class Greedy(CapMaps):
        jobs: int = param(1, help="Mine.")

    Greedy.__module__ = "fake.greedy"
    monkeypatch.setattr(registry, "discover", lambda: {"greedy": Greedy})
    lines = refused(capsys, "apply", "greedy", code=70)
    assert "the parameter `jobs` of `greedy` is an option of `apply`" in lines[0]


def test_a_diff_that_is_not_what_was_planned_is_never_written(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rustfix_mem.git import branch

    build = branch.build

    def wrong(*args: Any) -> branch.Built:
        built = build(*args)
        return replace(built, diff=built.diff.replace("(1000)", "(1001)"))

    monkeypatch.setattr(branch, "build", wrong)
    assert "not what was planned" in refused(capsys, "apply", "cap-maps", code=70)[0]
    assert git(repo, "branch", "--list", "rustfix-mem/*") == ""
