"""What a user may mistype: two lines, one of them what to type instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import git, refused
from cli_world import repo as repo
from cli_world import world as world


@pytest.mark.parametrize(
    ("argv", "what", "help"),
    [
        ("check --rev nowhere", "there is no commit `nowhere`", "git log"),
        ("check cap-map", "there is no codemod `cap-map`", "did you mean `cap-maps`?"),
        ("check cap_maps", "there is no codemod `cap_maps`", "did you mean `cap-maps`?"),
        ("check --set cap-maps.max=1", "no parameter `max`", "`max-entries`"),
        ("check --set cap-maps", "does not set anything", "--set cache-bounds.max-entries=500"),
        ("check --set capmaps.x=1", "no codemod `capmaps`", "`cap-maps`"),
        ("check --output-format xml", "`--output-format` cannot be `xml`", "`text`, `json`"),
        ("check --staged --rev HEAD", "`--rev` and `--staged` cannot go together", "one of them"),
        ("check --worktree --rev=HEAD", "`--rev` and `--worktree` cannot go together", "one"),
        ("check --staged --worktree", "`--staged` and `--worktree` cannot go together", "one"),
        ("check --rev=", "there is no commit ``", "git log"),
        ("apply cap-maps --staged", "no such option: --staged", "did you mean"),
        ("check --jobs many", "`--jobs` cannot be `many`", "whole number"),
        ("check --colour always", "no such option: --colour", "did you mean `--color`?"),
        ("check --output-file no/such/file", "cannot write `no/such/file`", "folder"),
        ("apply cap-maps --max-entries 0", "`max-entries` cannot be 0", "at least 1"),
        ("apply cap-maps --max-entries x", "`max-entries` cannot be `x`", "whole number"),
        ("apply cap-maps --policy mru", "`policy` cannot be `mru`", "`lru` or `fifo`"),
        ("apply cap-maps --max-entrie 5", "--max-entrie", "did you mean `--max-entries`?"),
        ("apply cap-map --max-entries 5", "no codemod `cap-map`", "did you mean `cap-maps`?"),
        ("apply tidy --max-entries 5", "no such option: --max-entries", "see"),
        ("apply", "missing argument `CODEMOD`", "see `rustfix-mem apply --help`"),
        ("apply all --branch x", "`--branch` is for one branch", "apply all --stack --branch"),
        ("apply tidy cap-maps --branch x", "one branch", "apply tidy cap-maps --stack --branch"),
        ("apply tidy cap-map", "there is no codemod `cap-map`", "did you mean `cap-maps`?"),
        ("apply --strict tidy cap-maps", "`--strict` is of one codemod", "--set CODEMOD.KEY"),
        ("apply tidy cap-maps --max-entries 5", "no such option: --max-entries", "see"),
        ("apply all --patch x", "`--patch` is for one branch", "apply CODEMOD --patch"),
        (
            "apply tidy --stack",
            "`--stack` is for several codemods",
            "`rustfix-mem apply all --stack`",
        ),
        ("apply cap-maps --trust high", "`--trust` cannot be `high`", "machine-applicable"),
        ("apply cap-maps --author me", "`me` is not an author", "Name <mail@example.org>"),
        ("apply cap-maps --branch a..b", "cannot be the name of a branch", "letters"),
        ("apply cap-maps --patch no/such/file", "cannot write `no/such/file`", "folder"),
        ("aply cap-maps", "no such command `aply`", "did you mean `apply`?"),
        ("explain cap", "there is no codemod `cap`", "cap-maps"),
        ("list extra", "unexpected extra argument", "see `rustfix-mem list --help`"),
    ],
)
def test_a_mistake(
    repo: Path, capsys: pytest.CaptureFixture[str], argv: str, what: str, help: str
) -> None:
    lines = refused(capsys, *argv.split())
    assert what in lines[0]
    assert help in lines[1]
    assert git(repo, "branch", "--list", "rustfix-mem/*") == ""


def test_no_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert "not in a git repository" in refused(capsys, "check", "-C", str(tmp_path))[0]
    assert "there is no folder" in refused(capsys, "check", "-C", str(tmp_path / "none"))[0]


def test_a_name_cannot_write_to_the_terminal(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    what = refused(capsys, "check", "a\x1b[31m\nerror: b")[0]
    assert "a\u241b[31m\u240aerror: b" in what
