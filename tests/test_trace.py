"""A result is taken for that of other contents only where it would be the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from repositories import Repo, make, own_environment
from rustfix_mem import registry, scan, trace
from rustfix_mem.changeset import Checked, checked
from rustfix_mem.cli import config
from rustfix_mem.cli.main import main
from rustfix_mem.finding import Kind
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.looker import MAX_BYTES
from rustfix_mem.testing.case import Case, cases
from support import CACHED, HEAD, OWNED, crate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem.trace import Trace

FIXTURES = Path(__file__).parents[1] / "fixtures"
ALL = [one for one in registry.discover().values() if one.kind is Kind.DEFECT]
SEVERAL = [case for case in cases(FIXTURES) if len([*case.before.rglob("*.rs")]) > 1]


def judged(snapshot: Snapshot, thorough: bool = False) -> Checked:
    return checked(tuple(one() for one in ALL), snapshot, jobs=1, cache=False, thorough=thorough)


def traced(snapshot: Snapshot, thorough: bool = False) -> Trace:
    made = trace.of(judged(snapshot, thorough).codebase, ALL, snapshot)
    kept = trace.unpacked(trace.packed(made))
    assert kept is not None
    return kept


def edited(snapshot: Snapshot, path: str, source: bytes) -> Snapshot:
    """What `snapshot` would be with other contents of one file."""
    files = {it: snapshot.read(it) for it in snapshot.entries}
    return Snapshot.of_files({**files, path: source})


def holds(was: Trace, before: Snapshot, now: Snapshot) -> bool:
    return trace.holds(was, now, before.load, lambda: ALL)


def said(found: Checked) -> object:
    return found.report.findings, found.report.left_alone, found.report.skipped


def edits(source: bytes, name: str, owner: str) -> Iterator[bytes]:
    """Other contents of a file: harmless, near what is judged, and far-reaching."""
    yield source + b"\n// a comment\n"
    yield b"// a comment\n" + source
    yield source + b"\npub fn other(n: u8) -> u8 {\n    n + 1\n}\n"
    yield source + f"\nfn more(x: &mut Any) {{\n    x.{name}.insert(1, 2);\n}}\n".encode()
    yield source + f"\nfn less(x: &mut Any) {{\n    x.{name}.retain(|_, _| false);\n}}\n".encode()
    yield source + f"\npub struct {owner} {{\n    x: u8,\n}}\n".encode()
    yield source + f"\nfn made() -> {owner} {{\n    {owner}::new()\n}}\n".encode()
    yield source + b"\n// rustfix-mem: ignore[cache-bounds]\n"
    yield source + b'\n#[path = "lib.rs"]\nmod again;\n'
    yield source + b"\nuse std::collections::HashMap as Map;\n"
    yield b""
    yield b"fn broken( {"


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("case", SEVERAL[::3], ids=str)
def test_where_it_holds_nothing_has_changed(case: Case, thorough: bool) -> None:
    before = Snapshot.of_folder(case.before)
    found, was = judged(before, thorough), traced(before, thorough)
    items = [one.finding.item for one in found.report.findings] or ["Owner.cache"]
    owner, _, name = items[0].rpartition(".")
    assert holds(was, before, edited(before, "Cargo.toml", before.read("Cargo.toml")))
    for path in before.regular(".rs"):
        for source in edits(before.read(path), name.strip("`() ") or "m", owner or "Owner"):
            now = edited(before, path, source)
            if holds(was, before, now):
                assert said(judged(now, thorough)) == said(found), (path, source[-80:])


OTHER = {
    "src/other.rs": "pub struct Plain {\n    x: u8,\n}\n",
    "src/maps.rs": HEAD + "pub struct Kept {\n    seen: HashSet<u8>,\n}\n",
}
LIB = CACHED + "mod other;\nmod maps;\n"


@pytest.mark.parametrize(
    ("path", "more", "expected"),
    [
        pytest.param("src/other.rs", "// x", True, id="a comment"),
        pytest.param("src/other.rs", "fn f() -> u8 { 2 }", True, id="a function"),
        pytest.param("src/other.rs", "fn f(m: &mut M) { m.seen.insert(1); }", False, id="its name"),
        pytest.param("src/other.rs", "struct P { m: HashMap<u8, u8> }", False, id="a collection"),
        pytest.param("src/other.rs", "struct Q;", False, id="a type"),
        pytest.param("src/other.rs", "mod deep;", False, id="a module"),
        pytest.param("src/other.rs", "static S: u8 = 1;", False, id="a static"),
        pytest.param("src/other.rs", "// SLUGS_CACHE", False, id="a word that was asked for"),
        pytest.param("src/other.rs", "// rustfix-mem: ignore", False, id="a comment for us"),
        pytest.param("src/maps.rs", "// x", True, id="a comment behind all that was looked at"),
        pytest.param("src/lib.rs", "// x", False, id="where a finding is"),
        pytest.param("Cargo.toml", "# x", False, id="a manifest"),
    ],
)
def test_what_is_asked_again(path: str, more: str, expected: bool) -> None:
    before = crate(LIB, OTHER)
    now = edited(before, path, before.read(path) + f"{more}\n".encode())
    assert holds(traced(before), before, now) is expected


def test_other_files_are_another_question() -> None:
    before = crate(LIB, OTHER)
    was = traced(before)
    files = {path: before.read(path) for path in before.entries}
    assert holds(was, before, Snapshot.of_files({**files, "notes.png": b"x"}))
    assert not holds(was, before, Snapshot.of_files({**files, "src/new.rs": b""}))
    assert not holds(was, before, Snapshot.of_files({**files, "README.md": b""}))
    link = {**before.entries, "src/other.rs": Entry("120000", before.entries["src/other.rs"].oid)}
    assert not holds(was, before, Snapshot(link, before.load))
    assert not holds(was, before, Snapshot.of_files(files, {"src/odd.rs": "not text"}))


def test_many_changed_files_are_not_asked_one_by_one() -> None:
    files = {f"src/m{number}.rs": "" for number in range(trace.MOST + 1)}
    before = crate(LIB, files)
    was, now = traced(before), before
    for number, path in enumerate(sorted(files)):
        now = edited(now, path, b"// x\n")
        assert holds(was, before, now) is (number < trace.MOST)


def test_a_blob_that_is_gone_is_no_error() -> None:
    before = crate(LIB, OTHER)

    def gone(oids: Iterable[str]) -> Iterator[bytes]:
        raise KeyError(next(iter(oids)))

    now = edited(before, "src/other.rs", b"// x\n")
    assert not trace.holds(traced(before), now, gone, lambda: ALL)


def test_a_large_file_is_not_compared() -> None:
    source = b"// x\n" * (MAX_BYTES // 5 + 1)
    before = crate(OWNED + "mod a;\n", {"src/a.rs": "use x::SlugCache;\n"})
    assert not holds(traced(before), before, edited(before, "src/a.rs", source))


def test_every_file_that_is_read_is_in_it() -> None:
    assert all(name.endswith(trace.READ) for name in (*scan.READ, config.FILE))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x81\xa5files\x01"])
def test_a_trace_that_cannot_be_read_is_none(data: bytes) -> None:
    assert trace.unpacked(data) is None


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))
    own_environment(tmp_path, monkeypatch)
    repo = make(tmp_path / "repo")
    repo.write("Cargo.toml", b'[package]\nname = "x"\nedition = "2021"\n')
    repo.write("src/lib.rs", LIB.encode())
    for path, source in OTHER.items():
        repo.write(path, source.encode())
    repo.commit()
    monkeypatch.chdir(repo.path)
    return repo


def test_an_edit_elsewhere_parses_nothing(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    def out(*more: str) -> str:
        main(["check", *more])
        return capsys.readouterr().out

    first = out()
    repo.write("src/other.rs", b"pub struct Plain {\n    y: u8,\n}\n")
    repo.commit()
    elsewhere = out()
    assert ", 0 parsed" not in first
    assert ", 0 parsed" in elsewhere
    assert first.splitlines()[:-1] == elsewhere.splitlines()[:-1]
    repo.write("src/other.rs", b"fn f() {\n    crate::SLUGS_CACHE.lock().unwrap().clear();\n}\n")
    repo.commit()
    near = out()
    assert ", 0 parsed" not in near
    assert out("--no-cache").splitlines()[:-1] == near.splitlines()[:-1]
    repo.write("src/lib.rs", b"")
    assert "no findings" in out("--worktree")
    assert os.listdir(repo.path)  # and the work tree is where it was
