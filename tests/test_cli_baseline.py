"""`check --baseline` and `--write-baseline`: what is known already is not said again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cli_world import SOURCE, refused
from cli_world import repo as repo
from cli_world import world as world
from rustfix_mem.cli.main import main

if TYPE_CHECKING:
    import pytest


def test_what_a_baseline_has_is_hidden_until_it_changes(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--write-baseline"]) == 0
    out = capsys.readouterr().out
    assert out == (
        "note: `src/odd.rs` was skipped: not UTF-8\n\n"
        "note: `rustfix-mem-baseline.json` is written; commit it, and give `--baseline` to hide"
        " what it has\n"
        "note: 3 known findings are hidden by `rustfix-mem-baseline.json`\n\n"
        "no new findings in 1 file, 1 parsed, 0.0s\n"
    )
    again = ["check", "--baseline", "rustfix-mem-baseline.json"]
    assert main([*again, "-q"]) == 0
    assert capsys.readouterr().out == ""
    (repo / "src/lib.rs").write_text(SOURCE.replace("HashMap::new(); //", "HashMap::old(); //"))
    (repo / "src/new.rs").write_text("fn f() { HashMap::new(); }")
    assert main([*again, "--worktree"]) == 1
    out = capsys.readouterr().out
    assert re.findall("--> (.*)", out) == ["src/new.rs:1:10"]
    assert "note: 2 known findings are hidden by `rustfix-mem-baseline.json`\n" in out
    assert (
        "note: 1 entry is in `rustfix-mem-baseline.json` and not found any more;"
        " `rustfix-mem check --baseline rustfix-mem-baseline.json --write-baseline` takes it out\n"
    ) in out
    assert out.endswith("\n1 new finding (1 fixable) in 2 files, 1 parsed, 0.0s\n")


def test_a_baseline_in_json(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--output-format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["baseline"] is None
    assert main(["check", "--write-baseline", "--baseline", "b", "--output-format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["findings"] == []
    assert found["baseline"] == {"hidden": 3, "stale": 0}


def test_a_baseline_keeps_what_was_not_looked_for(repo: Path) -> None:
    argv = ["check", "--write-baseline", "--baseline", "b"]
    other = {"codemod": "gone", "path": "a.rs", "item": "A", "fingerprint": "1" * 16}
    skipped = {"codemod": "cap-maps", "path": "src/odd.rs", "item": "B", "fingerprint": "2" * 16}
    stale = {"codemod": "cap-maps", "path": "src/a.rs", "item": "C", "fingerprint": "3" * 16}
    (repo / "b").write_text(json.dumps({"version": 1, "findings": [other, skipped, stale]}))
    assert main([*argv, "tidy"]) == 0  # a proposal, by name
    first = json.loads((repo / "b").read_text())["findings"]
    assert [one["codemod"] for one in first] == ["gone", "cap-maps", "tidy", "cap-maps"]
    assert main(argv) == 0
    again = json.loads((repo / "b").read_text())["findings"]
    assert stale not in again
    assert [one for one in first if one != stale] == [one for one in again if one in first]
    assert len(again) == 3 + 3
    before = (repo / "b").read_bytes()
    assert main(argv) == 0
    assert (repo / "b").read_bytes() == before


def test_no_baseline_and_no_parent_folder(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = refused(capsys, "check", "--baseline", "no such")
    assert "there is no baseline `no such`" in lines[0]
    assert "`rustfix-mem check --baseline 'no such' --write-baseline` writes it" in lines[1]
    assert "cannot read `src`" in refused(capsys, "check", "--baseline", "src")[0]
    lines = refused(capsys, "check", "--write-baseline", "--baseline", "none/b")
    assert "cannot write `none/b`" in lines[0]


def test_what_is_no_baseline_is_not_overwritten(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (repo / "Cargo.toml").read_bytes()
    lines = refused(capsys, "check", "--write-baseline", "--baseline", "Cargo.toml")
    assert "`Cargo.toml` is no baseline: line 1, column 2" in lines[0]
    assert (repo / "Cargo.toml").read_bytes() == before
