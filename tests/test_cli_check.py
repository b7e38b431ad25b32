"""`rustfix-mem check`: what it prints, and of which files it speaks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli_world import git, refused
from cli_world import repo as repo
from cli_world import world as world
from rustfix_mem import changeset, registry
from rustfix_mem.cli.main import main

if TYPE_CHECKING:
    from rustfix_mem.changeset import Checked
    from rustfix_mem.codemod import Codemod


def test_check_prints_findings_and_exits_1(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("warning[cap-maps]: this map grows without a bound\n")
    assert "--> src/lib.rs:2:16\n" in out
    assert out.endswith("3 findings (2 fixable) in 1 file, 1 parsed, 0.0s\n")
    assert err == ""


def test_what_only_proposes_is_not_run_unless_it_is_named(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, check = list[set[str]](), changeset.checked

    def checked(codemods: tuple[Codemod, ...], *rest: Any, **more: Any) -> Checked:
        ran.append({type(one).name() for one in codemods})
        return check(codemods, *rest, **more)

    monkeypatch.setattr(changeset, "checked", checked)
    for argv in (["check"], ["check", "all"], ["check", "tidy"]):
        main(argv)
    assert [("tidy" in names, "cap-maps" in names) for names in ran] == [
        (False, True),
        (True, True),
        (True, False),
    ]


def test_check_shows_proposals_to_who_names_them(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "tidy"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("proposal[tidy]: it could be better\n")
    assert out.endswith("\n1 finding (0 fixable, 1 proposal) in 1 file, 1 parsed, 0.0s\n")
    assert main(["check", "all"]) == 1
    out = capsys.readouterr().out
    assert "proposal[tidy]" not in out
    assert "\nnote[tidy]: 1 proposal; `rustfix-mem check tidy -v` shows all\n" in out
    assert main(["check", "all", "-v"]) == 1
    assert "proposal[tidy]" in capsys.readouterr().out
    assert main(["check", "all", "-q"]) == 1
    out = capsys.readouterr().out
    assert "proposal[tidy]" in out
    assert "findings" not in out


def test_check_verbose_says_what_was_left_alone(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["check", "-v"])
    out = capsys.readouterr().out
    assert "left alone[cap-maps]: `State.jobs` at src/lib.rs:1:1\n  = it is indexed\n" in out
    assert "`src/odd.rs` was skipped: not UTF-8" in out


def test_check_as_json_into_a_file(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["check", "--output-format=json", "--output-file", "found.json", "--set"]
    assert main([*argv, "cap-maps.max-entries=5"]) == 1
    found = json.loads((repo / "found.json").read_text())
    assert found["base"] == git(repo, "rev-parse", "HEAD").strip()
    assert [f["fix"] and f["fix"]["title"] for f in found["findings"]] == ["cap it at 5"] * 2 + [
        None
    ]
    assert capsys.readouterr().out == ""
    assert sorted(p.name for p in repo.iterdir()) == [".git", "Cargo.toml", "found.json", "src"]


def test_a_file_is_replaced_as_a_whole(repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.txt"
    target.write_text("old")
    target.chmod(0o640)
    (repo / "link").symlink_to(target)
    assert main(["check", "tidy", "--output-file", "link"]) == 0
    assert target.read_text().startswith("proposal[tidy]")
    assert target.stat().st_mode & 0o777 == 0o640
    assert (repo / "link").is_symlink()
    assert main(["check", "tidy", "--output-file", os.devnull]) == 0


def test_without_codemods_nothing_is_said_to_be_clean(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "discover", dict)
    assert "no codemod is installed" in refused(capsys, "check")[0]


def test_check_tells_of_a_dirty_tree(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "src/lib.rs").write_text("fn none() {}\n")
    assert main(["check"]) == 1
    err = capsys.readouterr().err
    assert err == (
        "note: 1 changed file is not in the base, which is `HEAD`; `--worktree` reads it\n"
    )
    main(["check", "-q"])
    assert capsys.readouterr().err == ""
    main(["apply", "cap-maps", "--dry-run"])
    assert "`HEAD`; `git commit` first to have it read\n" in capsys.readouterr().err
    assert main(["check", "--worktree"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["check", "--staged"]) == 1
    git(repo, "add", "-A")
    capsys.readouterr()
    assert main(["check", "--staged"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("source", ["--staged", "--worktree"])
def test_what_is_no_commit_has_no_base(
    repo: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    (repo / "rustfix-mem.toml").write_text("[cap-maps]\nmax-entries = 7\n")
    git(repo, "add", "-A")
    assert main(["check", source, "--output-format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["base"] is None
    assert found["findings"][0]["fix"]["title"] == "cap it at 7"


def test_options_may_stand_before_the_command(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["-C", str(repo), "-q", "check", "tidy"]) == 0


def test_colour(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["check", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["check"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check"])
    assert "\x1b[" not in capsys.readouterr().out
