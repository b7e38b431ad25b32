"""Where parameters come from, and which beats which: files, variables, options."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cli_world import LIMIT, CapMaps, Tidy, commit, git, refused
from cli_world import repo as repo
from cli_world import world as world
from rustfix_mem import registry
from rustfix_mem.cli.main import main
from rustfix_mem.codemod import param


def test_options_beat_set_which_beats_the_file(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "rustfix-mem.toml").write_text("[cap-maps]\nmax_entries = 7\n")
    commit(repo)
    apply_ = ["apply", "--dry-run", "cap-maps"]
    for argv, value in (
        ([], 7),
        (["--set", "cap-maps.max-entries=8"], 8),
        (["--max-entries", "9", "--set", "cap-maps.max-entries=8"], 9),
    ):
        assert main([*apply_, *argv]) == 0
        assert f"{LIMIT}({value})" in capsys.readouterr().out


CARGO = """
[workspace.metadata.rustfix-mem.cap-maps]
max-entries = 3

[package.metadata.rustfix-mem]
exclude = ["src/none.rs"]

[package.metadata.rustfix-mem.cap-maps]
max-entries = 2
policy = "fifo"
"""


def test_the_weakest_are_the_tables_of_cargo_toml_then_the_file_then_the_environment(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def values(*argv: str) -> str:
        assert main(["check", "-v", *argv]) == 1
        return next(x for x in capsys.readouterr().out.splitlines() if "`cap-maps` has " in x)

    assert values() == (
        "note: `cap-maps` has max-entries = 1000 (default), strict = false (default),"
        " policy = lru (default)"
    )
    manifest = (repo / "Cargo.toml").read_text()
    (repo / "Cargo.toml").write_text(manifest + CARGO)
    commit(repo)
    assert "max-entries = 3 (workspace.metadata of Cargo.toml)" in values()
    assert "policy = fifo (package.metadata of Cargo.toml)" in values()
    (repo / "rustfix-mem.toml").write_text("[cap-maps]\nmax-entries = 4\n")
    commit(repo)
    assert "max-entries = 4 (rustfix-mem.toml)" in values()
    monkeypatch.setenv("RUSTFIX_MEM_CAP_MAPS_MAX_ENTRIES", "5")
    monkeypatch.setenv("RUSTFIX_MEM_CAP_MAPS_POLICY", "")
    assert "max-entries = 5 (RUSTFIX_MEM_CAP_MAPS_MAX_ENTRIES)" in values()
    assert "policy = fifo (package" in values()
    assert "max-entries = 6 (command line)" in values("--set", "cap-maps.max_entries=6")
    main(["apply", "cap-maps", "--dry-run", "--max-entries", "7"])
    assert f"{LIMIT}(7)" in capsys.readouterr().out


def test_a_manifest_that_is_no_toml_configures_nothing(repo: Path) -> None:
    (repo / "Cargo.toml").write_text("[package.metadata.rustfix-mem\n")
    commit(repo)
    assert main(["check"]) == 1


def test_what_holds_in_some_files_is_told_and_is_in_the_commit(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "rustfix-mem.toml").write_text(
        'exclude = ["vendor"]\ninclude = ["src/**", "tests"]\n'
        "[cap-maps]\nmax-entries = 500\n"
        '[[cap-maps.per-path]]\npaths = ["src/bin/**"]\nmax-entries = 5\nstrict = true\n'
    )
    commit(repo)
    main(["check", "-v"])
    out = capsys.readouterr().out
    assert (
        "note: `cap-maps` has max-entries = 5 (rustfix-mem.toml), strict = true"
        " (rustfix-mem.toml) in `src/bin/**`\n"
        "note: only files in `src/**`, `tests` are judged (rustfix-mem.toml)\n"
        "note: no file in `vendor` is judged (rustfix-mem.toml)\n"
    ) in out
    assert "judged" not in _run(capsys, "check")
    main(["apply", "cap-maps", "--policy", "fifo"])
    said = git(repo, "log", "-1", "--format=%B", "rustfix-mem/cap-maps").splitlines()
    assert "Parameters: max-entries = 500, strict = false, policy = fifo" in said
    assert "Parameters in src/bin/**: max-entries = 5, strict = true" in said
    # What the base sets is in every clone; as an option it would beat what it sets by path.
    assert "Command: rustfix-mem apply cap-maps --policy fifo" in said
    out = _run(capsys, "check", "-v", "--set", "cap-maps.max-entries=6")
    assert "`cap-maps` has strict = true (rustfix-mem.toml) in `src/bin/**`" in out


def _run(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    capsys.readouterr()
    main(list(argv))
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "what", "help"),
    [
        (
            "CAP_MAPS_MAX_ENTRY",
            "5",
            "which sets no parameter",
            "`RUSTFIX_MEM_CAP_MAPS_MAX_ENTRIES`",
        ),
        ("CACHE_DIRS", "x", "a variable `RUSTFIX_MEM_CACHE_DIRS`", "`RUSTFIX_MEM_CACHE_DIR`?"),
        ("CAP_MAPS_MAX_ENTRIES", "0", "cannot be 0, in `RUSTFIX_MEM_CAP_MAPS_MAX", "at least 1"),
        ("CAP_MAPS_STRICT", "yes", "cannot be `yes`, in `RUSTFIX_MEM_CAP_MAPS_STR", "`true` or"),
    ],
)
def test_a_bad_variable(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    name: str, value: str, what: str, help: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(f"RUSTFIX_MEM_{name}", value)
    lines = refused(capsys, "check")
    assert what in lines[0]
    assert help in lines[1]


def test_a_variable_that_could_mean_two_parameters_sets_neither(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True)
    class Cap(Tidy):
        maps_policy: str = param("x", help="Mine.")

    Cap.__module__ = "fake.cap"
    monkeypatch.setattr(registry, "discover", lambda: {"cap-maps": CapMaps, "cap": Cap})
    monkeypatch.setenv("RUSTFIX_MEM_CAP_MAPS_POLICY", "fifo")
    assert "which sets no parameter" in refused(capsys, "check")[0]


@pytest.mark.parametrize(
    ("toml", "what", "help"),
    [
        ("rustfix-mem = 3", "`rustfix-mem` in `package.metadata of Cargo.toml` is not a", "begin"),
        ("rustfix-mem.cap-map = {}", "`package.metadata of Cargo.toml` has a table", "did you"),
        ("rustfix-mem.cap-maps = 3", "is not a table", "`[package.metadata.rustfix-mem.cap-maps]`"),
        ("rustfix-mem.cap-maps.max-entries = 0", "0, in `package.metadata of Cargo", "at least 1"),
    ],
)
def test_bad_metadata(
    repo: Path, capsys: pytest.CaptureFixture[str], toml: str, what: str, help: str
) -> None:
    (repo / "Cargo.toml").write_text(f"[package.metadata]\n{toml}\n")
    commit(repo)
    lines = refused(capsys, "check")
    assert what in lines[0]
    assert help in lines[1]


def test_the_schema_agrees_with_what_is_accepted(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads(_run(capsys, "schema"))
    Draft202012Validator.check_schema(schema)
    path = '[[cap-maps.per-path]]\npaths = ["src"]\n'
    for toml, good in (
        ("", True),
        ('include = ["src/**"]\nexclude = ["vendor"]\n[tidy]\n', True),
        ("[cap-maps]\nmax-entries = 1\nstrict = true\npolicy = 'fifo'\n", True),
        (f"{path}strict = true\n", True),
        ("include = 'src'", False),
        ("include = []", False),
        ("include = ['']", False),
        ("[cap-map]\n", False),
        ("[cap-maps]\nmax-entries = 0\n", False),
        ("[cap-maps]\nstrict = 1\n", False),
        ("[cap-maps]\npolicy = 'x'\n", False),
        ("[cap-maps]\nper-path = 3\n", False),
        (path, False),
        (f"{path}more = 1\n", False),
        ("[[cap-maps.per-path]]\nstrict = true\n", False),
    ):
        assert Draft202012Validator(schema).is_valid(tomllib.loads(toml)) is good, toml
        (repo / "rustfix-mem.toml").write_text(toml)
        assert (main(["check", "--worktree"]) == 1) is good, toml


@pytest.mark.parametrize(
    ("toml", "what", "help"),
    [
        ("[cap-maps]\nx = = 1\n", "`rustfix-mem.toml`, line 2, column 5: ", "correct"),
        (
            "x = " + "[" * 9999,
            "`rustfix-mem.toml` cannot be read: nested too deeply",
            "correct the TOML",
        ),
        ("x = " + "9" * 9999, "`rustfix-mem.toml` cannot be read: ", "correct the TOML"),
        (
            ".".join("x" * 9999) + " = 1",
            "`rustfix-mem.toml` cannot be read: nested too deeply",
            "correct",
        ),
        ("[cap-map]\n", "a table `cap-map`, which is no codemod", "did you mean `cap-maps`?"),
        ("[cap-maps]\nmax = 1\n", "no parameter `max`, in `rustfix-mem.toml`", "max-entries"),
        ("[cap-maps]\nmax-entries = 0\n", "cannot be 0, in `rustfix-mem.toml`", "at least 1"),
        ("[cap-maps]\nmax-entries = 'x'\n", "cannot be `x`", "a whole number"),
        ("jobs = 3\n", "a key `jobs`", "`cap-maps`"),
        ("cap-maps = 3\n", "is not a table", "begin it with `[cap-maps]`"),
        (
            "exclude = 'a'\n",
            "`exclude` in `rustfix-mem.toml` is not a list of globs",
            "exclude = [",
        ),
        ("exclude = [3]\n", "`3` is not a glob, in `rustfix-mem.toml`", "crates/server"),
        ("exclude = ['./a']\n", "the glob `./a` matches no file", "top of the repository"),
        ("cap-maps.per-path = 3\n", "is not a list of tables", "`[[cap-maps.per-path]]`"),
        ("[[cap-maps.per-path]]\nstrict = true\n", "lacks `paths`", 'paths = ["crates'),
        ("[[cap-maps.per-path]]\npaths = ['a']\n", "or a parameter", 'paths = ["crates'),
        ("[[cap-maps.per-path]]\npaths = ['a']\nx = 1\n", "no parameter `x`, in", "known"),
    ],
)
def test_a_bad_configuration(
    repo: Path, capsys: pytest.CaptureFixture[str], toml: str, what: str, help: str
) -> None:
    (repo / "rustfix-mem.toml").write_text(toml)
    commit(repo)
    lines = refused(capsys, "check")
    assert what in lines[0]
    assert help in lines[1]
