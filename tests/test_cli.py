"""The command line from `main(argv)` on, in real repositories, with a small codemod of our own."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from rustfix_mem import changeset, registry
from rustfix_mem.changeset import ChangeSet, Checked
from rustfix_mem.cli import help as help_text
from rustfix_mem.cli.main import cargo_main, main
from rustfix_mem.codebase import Codebase
from rustfix_mem.codemod import Codemod, param
from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone, fingerprint
from rustfix_mem.reported import Located, Report, Skipped, Statistics
from rustfix_mem.scan import Looker
from rustfix_mem.scope import EVERYWHERE, Scope
from rustfix_mem.text import Edit, Lines, Position, Span, apply
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.rust.whole.gates import Gate

SRC = Path(__file__).parents[1] / "src"
OLD, LIMIT = b"HashMap::new()", "with_limit"
SOURCE = """\
fn first() {
    let seen = HashMap::new();
}

fn second() {
    let wide = HashMap::new(); // \u6f22\u5b57
    let risky = BTreeMap::new();
}
"""


@dataclass(frozen=True)
class CapMaps(Codemod):
    """Cap maps that grow without a bound.

    A map with a limit, and why.
    """

    guide: ClassVar[str] = "2.1"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    gate: ClassVar[Gate] = (OLD,)

    max_entries: int = param(1000, help="How many stay.", unit="entries", at_least=1)
    strict: bool = param(False, help="Refuse more.")
    policy: str = param("lru", help="Which go.", choices=("lru", "fifo"))

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        raise NotImplementedError


@dataclass(frozen=True)
class Tidy(Codemod):
    """Tidy the manifest."""

    guide: ClassVar[str] = "7"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    kind: ClassVar[Kind] = Kind.PROPOSAL
    gate: ClassVar[Gate] = ()

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        raise NotImplementedError


CapMaps.__module__ = "fake.cap_maps"
Tidy.__module__ = "fake.tidy"


def _located(codemod: Codemod, finding: Finding, source: bytes) -> Located:
    lines = Lines.of(source)
    start, end = lines.position(finding.span.start), lines.position(finding.span.end)
    text = lines.line(start.line)
    identity = fingerprint(codemod.name(), finding, source, 0)
    return Located(codemod.name(), finding, start, end, text, identity)


def _found(codemod: Codemod, path: str, source: bytes) -> Iterator[Located]:
    if isinstance(codemod, Tidy):
        finding = Finding(
            path, Span(0, 2), "tidy", "tidy", "it could be better", kind=Kind.PROPOSAL
        )
        yield _located(codemod, finding, source)
    if isinstance(codemod, CapMaps):
        for match in re.finditer(rb"(?:Hash|BTree)Map::new\(\)", source):
            span = Span(*match.span())
            edit = Edit(path, span, f"HashMap::{LIMIT}({codemod.max_entries})")
            fix = Fix(f"cap it at {codemod.max_entries}", (edit,), codemod.level)
            yield _located(
                codemod,
                Finding(
                    path, span, "new", str(span.start), "this map grows without a bound",
                    ("nothing is ever taken out",), "take out what is old",
                    fix=fix if match[0] == OLD else None,
                ),
                source,
            )  # fmt: skip


def fake_check(
    codemods: tuple[Codemod, ...],
    snapshot: Snapshot,
    *,
    jobs: int = 0,
    cache: bool = True,
    scope: Scope = EVERYWHERE,
    thorough: bool = True,
    progress: object = None,
) -> Report:
    paths = snapshot.regular(".rs")
    found = [
        one
        for path, source in snapshot.read_many(paths)
        for codemod in codemods
        for one in _found(codemod, path, source)
    ]
    left = LeftAlone(paths[0], Span(0, 2), "State.jobs", ("it is indexed",))
    skipped = (Skipped("src/odd.rs", "not UTF-8"),)
    statistics = Statistics(len(paths), 1, 0, 0.04)
    return Report(tuple(found), (("cap-maps", left, Position(1, 1)),), skipped, statistics)


def fake_checked(codemods: tuple[Codemod, ...], snapshot: Snapshot, **more: Any) -> Checked:
    return Checked(fake_check(codemods, snapshot, **more), Codebase({}, {}, Looker(1)))


def fake_plan(
    codemod: Codemod,
    snapshot: Snapshot,
    trust: Applicability = Applicability.MAYBE_INCORRECT,
    *,
    jobs: int = 0,
    cache: bool = True,
    scope: Scope = EVERYWHERE,
    progress: object = None,
) -> ChangeSet:
    report = fake_check((codemod,), snapshot)
    fixed = [
        one for one in report.findings if one.finding.fix and one.finding.fix.applicability >= trust
    ]
    edits = [edit for one in fixed if one.finding.fix for edit in one.finding.fix.edits]
    changed = {
        path: apply(snapshot.read(path), [edit for edit in edits if edit.path == path])
        for path in {edit.path for edit in edits}
    }
    rest = tuple(one for one in report.findings if one not in fixed)
    after = snapshot.with_changes(changed)
    return ChangeSet(codemod, snapshot, after, tuple(fixed), rest, report, scope)


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "discover", lambda: {"cap-maps": CapMaps, "tidy": Tidy})
    monkeypatch.setattr(changeset, "checked", fake_checked)
    monkeypatch.setattr(changeset, "plan", fake_plan)
    for name in [name for name in os.environ if name.startswith("RUSTFIX_MEM_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Person")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "person@example.org")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2024-01-02T03:04:05+0000")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "a repository"
    (top / "src").mkdir(parents=True)
    (top / "src/lib.rs").write_text(SOURCE, encoding="utf-8")
    (top / "Cargo.toml").write_text('[package]\nname = "x"\nversion = "0.1.0"\n')
    git(top, "init", "-q", "-b", "main")
    commit(top)
    monkeypatch.chdir(top)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))
    return top


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "work")


def refused(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 2) -> list[str]:
    """The two lines that `argv` is refused with, and nothing else."""
    assert main(argv) == code
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 2, err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("help: ")
    assert "Traceback" not in err
    return lines


# check


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


# a baseline


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


# configuration


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


# mistakes


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


# our own bugs


def test_a_bug_is_two_lines_and_70(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Report:
        raise KeyError("a\nb")

    monkeypatch.setattr(changeset, "checked", broken)
    lines = refused(capsys, "check", "cap-maps", code=70)
    assert lines[0] == "error: this is a bug of rustfix-mem: KeyError: 'a\\nb'"
    assert lines[1] == "help: report it with what `rustfix-mem check cap-maps -v` prints"
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


# apply


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


# help


@pytest.mark.parametrize("argv", ["", "--help", "-h"])
def test_the_help_teaches(capsys: pytest.CaptureFixture[str], argv: str) -> None:
    assert main(argv.split()) == 0
    out = capsys.readouterr().out
    for word in ("Examples", "Exit codes", "130", "list", "explain", "check", "apply"):
        assert word in out


def test_no_line_of_the_help_wraps_in_80_columns() -> None:
    texts = [help_text.TOP, help_text.EXIT_CODES, *help_text.TEXT.values()]
    texts.append(help_text.apply(CapMaps))
    long = [line for text in texts for line in text.splitlines() if len(line) > 78]
    assert long == []


def test_the_help_of_a_codemod_has_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "cap-maps", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--max-entries" in out
    assert "(default: 1000 entries, at least 1)" in out
    assert "--no-strict" in out
    assert "lru|fifo" in out
    for command in ("check", "list", "explain", "apply", "schema"):
        assert main([command, "--help"]) == 0
        assert "--color" in capsys.readouterr().out


def test_list_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["cap-maps", "defect", "maybe-incorrect"],
        ["tidy", "proposal", "machine-applicable"],
    ]
    assert main(["explain", "cap-maps"]) == 0
    out = capsys.readouterr().out
    assert "A map with a limit, and why." in out
    assert "--max-entries: How many stay (default: 1000 entries, at least 1)." in out
    assert "a variable, `RUSTFIX_MEM_CAP_MAPS_MAX_ENTRIES`." in out
    assert main(["explain", "tidy"]) == 0
    assert "RUSTFIX_MEM" not in capsys.readouterr().out


def test_cargo_gives_its_own_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cargo-rustfix-mem", "rustfix-mem", "--version"])
    assert cargo_main() == 0
    assert capsys.readouterr().out.startswith("rustfix-mem ")


# a hook, with all that is real


def test_a_hook_stops_a_commit_that_brings_in_a_growing_cache(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(repo.parent / "cache"))
    hook = repo / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m rustfix_mem.cli check --staged\n")
    hook.chmod(0o755)
    (repo / "src/lib.rs").write_text(CACHED)
    stopped = subprocess.run(
        ["git", "commit", "-qam", "x"], cwd=repo, capture_output=True, check=False, text=True
    )
    assert stopped.returncode == 1
    assert "`SLUGS_CACHE` grows with every new key" in stopped.stdout + stopped.stderr
    (repo / "src/lib.rs").write_text(SOURCE)
    git(repo, "add", "-A")
    (repo / "src/lib.rs").write_text(CACHED)  # on disk, and not in the commit
    git(repo, "commit", "-qm", "x", "--allow-empty")


# the start


HEAVY = "{'typer', 'rich', 'git', 'tomlkit', 'unidiff', 'argparse'} & set(sys.modules)"


LIGHT = {"__future__", "errno", "rustfix_mem", "rustfix_mem.cli", "rustfix_mem.errors"}
LIGHT |= {"rustfix_mem.cli.main", "rustfix_mem.cli.streams"}
"""All that `--version` may load: with `re` alone it would take half as long again."""


def test_the_version_loads_next_to_nothing(repo: Path) -> None:
    assert _loaded("--version") - LIGHT == set()


AGAIN = {"rustfix_mem.answers", "rustfix_mem.cli.again", "_blake2"}
AGAIN |= {"rustfix_mem.git", "rustfix_mem.git.hardening", "rustfix_mem.git.head"}
"""All that it takes to give an answer again."""

CLEAN = AGAIN | {"rustfix_mem.git.clean", "struct", "_struct"}
"""And to see that no file has changed."""


def test_an_answer_that_is_known_loads_next_to_nothing(repo: Path) -> None:
    assert "rustfix_mem.changeset" in _loaded("check", "-q")
    assert _loaded("check", "-q") - LIGHT == AGAIN
    assert _loaded("check", "--quiet", "-C", str(repo)) - LIGHT == AGAIN


def test_nor_does_one_that_says_all(repo: Path) -> None:
    for file in ("src/lib.rs", "Cargo.toml"):
        os.utime(repo / file, (1, 1))
    git(repo, "update-index", "-q", "--refresh")
    _loaded("check")
    assert _loaded("check") - LIGHT == CLEAN


@pytest.mark.parametrize("argv", [["check", "-q"], ["check", "--output-format", "json", "-C", "."]])
def test_the_start_is_light(repo: Path, argv: list[str]) -> None:
    code = (
        "import sys\n"
        "from rustfix_mem import changeset, registry, scan\n"
        "registry.discover = lambda: {'a': registry.Codemod}\n"
        "registry.Codemod.configure = lambda values: None\n"
        "report = changeset.Report((), (), (), changeset.Statistics())\n"
        "found = changeset.Checked(report, scan.Codebase({}, {}, scan.Looker(1)))\n"
        "changeset.checked = lambda *a, **k: found\n"
        "from rustfix_mem.cli.main import main\n"
        f"code = main({argv!r})\n"
        f"print('HEAVY', code, {HEAVY}, file=sys.stderr)\n"
    )
    done = _python("-c", code)
    assert done.stderr.splitlines()[-1:] == ["HEAVY 0 set()"]


def test_a_reader_may_leave(repo: Path) -> None:
    code = "from rustfix_mem.cli.main import main; import sys; sys.exit(main(['--version']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = _python("-c", code, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def _loaded(*argv: str) -> set[str]:
    """The modules that a command line loads, beside those that are there when Python has begun."""
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from rustfix_mem.cli.main import main\n"
        f"main({argv!r})\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)\n"
    )
    return set(_python("-c", code).stderr.splitlines()[-1].split())


def _python(*args: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.run(
        [sys.executable, *args], env=env, stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
