from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from repositories import Repo, make, own_environment
from rustfix_mem import changeset, results
from rustfix_mem.cli.main import main
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.looker import Looker
from rustfix_mem.reported import Report, Statistics
from rustfix_mem.results import Result
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import CACHED, crate

if TYPE_CHECKING:
    from pathlib import Path

EMPTY = Result(Report((), (), (), Statistics()), (), ())
OURS = ("rustfix_mem", "rustfix_mem_codemods")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("thorough", [True, False])
def test_what_is_kept_comes_back(thorough: bool) -> None:
    snapshot = crate(CACHED + "mod bad;", {"src/bad.rs": "fn f( {"})
    report = changeset.check((CacheBounds(),), snapshot, jobs=1, thorough=thorough)
    assert report.findings[0].finding.fix is not None
    result = Result(report, ("told",), ("cache-bounds",))
    results.keep("asked", result, OURS)
    assert results.recall("asked") == result
    assert results.recall("other") is None


def test_the_question_depends_on_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = results.question(["a", "b"])
    assert asked == results.question(["a", "b"]) != results.question(["a", "c"])
    monkeypatch.syspath_prepend(tmp_path)
    assert results.question(["a", "b"]) != asked
    before = results.question(["a", "b"])
    os.utime(tmp_path, (0, 0))
    assert results.question(["a", "b"]) != before


def test_a_change_of_the_code_is_another_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "odd_codemods"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "one.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("odd_codemods")
    results.keep("asked", EMPTY, ["odd_codemods"])
    assert results.recall("asked") == EMPTY
    (package / "inner" / "one.py").write_text("x = 12\n")
    assert results.recall("asked") is None


def test_files_that_differ_are_another_content() -> None:
    snapshot = crate(CACHED)
    tree = Snapshot(snapshot.entries, snapshot.load, "c" * 40, "a" * 40)
    link = {**snapshot.entries, "src/lib.rs": Entry("120000", snapshot.entries["src/lib.rs"].oid)}
    contents = [
        results.contents(it)
        for it in (
            snapshot,
            crate(CACHED + " "),
            crate(CACHED, {"src/a.rs": ""}),
            snapshot.with_changes({"src/lib.rs": b"x"}),
            snapshot.with_changes({"src/lib.rs": b"y"}),
            replace(snapshot, unread={"a.rs": "gone"}),
            replace(snapshot, entries=link),
            tree,
            replace(tree, tree="b" * 40),
        )
    ]
    assert len(set(contents)) == len(contents)
    assert results.contents(replace(tree, commit="d" * 40)) == results.contents(tree)


@pytest.mark.parametrize("value", [b"", b"\xc1", b"{}", b"\x93\x01\x02\x03"])
def test_what_cannot_be_read_is_none(folder: Path, value: bytes) -> None:
    results.keep("asked", EMPTY, OURS)
    (folder / "results" / "asked.msgpack").write_bytes(value)
    assert results.recall("asked") is None


def test_a_name_that_is_no_text_is_not_kept_and_no_error() -> None:
    snapshot = crate(CACHED)
    oid = snapshot.entries["src/lib.rs"].oid
    files = Snapshot({**snapshot.entries, "src/\udcff.rs": Entry("100644", oid)}, snapshot.load)
    report = changeset.check((CacheBounds(),), files, jobs=1)
    results.keep("asked", Result(report, (), ()), OURS)
    assert results.recall("asked") is None


def test_a_folder_that_cannot_be_made_is_no_error(folder: Path) -> None:
    folder.write_bytes(b"")
    results.keep("asked", EMPTY, OURS)
    assert results.recall("asked") is None


def test_the_oldest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST", 3)
    for number in range(6):
        results.keep(str(number), EMPTY, OURS)
        os.utime(folder / "results" / f"{number}.msgpack", (number, number))
    assert sorted(file.stem for file in (folder / "results").iterdir()) == ["3", "4", "5"]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    own_environment(tmp_path, monkeypatch)
    repo = make(tmp_path / "repo")
    repo.write("Cargo.toml", b'[package]\nname = "x"\nedition = "2021"\n')
    repo.write("src/lib.rs", CACHED.encode())
    repo.commit()
    monkeypatch.chdir(repo.path)
    return repo


def said(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    main(["check", *more])
    return capsys.readouterr().out


def test_the_second_time_says_the_same_and_parses_nothing(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = said(capsys), said(capsys)
    assert first.splitlines()[:-1] == again.splitlines()[:-1]
    assert (", 0 parsed" in first, ", 0 parsed" in again) == (False, True)
    repo.write("src/lib.rs", b"")
    repo.commit()
    assert "no findings" in said(capsys)
    assert "grows" in said(capsys, "--rev", "HEAD~1")


def test_what_is_set_is_part_of_the_question(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said(capsys)
    assert "at 7 entries" in said(capsys, "--set", "cache-bounds.max-entries=7")
    assert "at 7 entries" not in said(capsys)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_BOUNDS_MAX_ENTRIES", "9")
    assert "at 9 entries" in said(capsys)
    assert "left alone" not in said(capsys)
    repo.write("src/lib.rs", b"")
    assert "no findings" in said(capsys, "--worktree")
    repo.git("add", "-A")
    assert "no findings" in said(capsys, "--staged")


def test_a_file_that_took_too_long_is_tried_again(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        reason = "took more than 8 seconds"

        def _looks(_: object, tasks: list[object]) -> list[tuple[object, str]]:
            return [(task, reason) for task in tasks]

        busy.setattr(Looker, "_looks", _looks)
        assert reason in said(capsys)
        assert said(capsys, "-q") == ""
    assert "grows" in said(capsys, "-q")
    assert reason not in said(capsys)
