"""The world of the tests of the command line: a real repository, and two small codemods of our own.

A test module that imports `world` and `repo` has them; no other has.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from rustfix_mem import changeset, registry
from rustfix_mem.changeset import ChangeSet, Checked
from rustfix_mem.cli.main import main
from rustfix_mem.codebase import Codebase
from rustfix_mem.codemod import Codemod, param
from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone, fingerprint
from rustfix_mem.looker import Looker
from rustfix_mem.reported import Located, Report, Skipped, Statistics
from rustfix_mem.scope import EVERYWHERE, Scope
from rustfix_mem.text import Edit, Lines, Position, Span, apply

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
def world(monkeypatch: pytest.MonkeyPatch) -> None:
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
