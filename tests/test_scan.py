from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from rustfix_mem import scan
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.rust.file.look import look
from rustfix_mem.scan import FactsCache, Looker, codebase_of, pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """#![allow(x)]
use std::collections::{HashMap as Map, *};
#[path = "a.rs"]
mod a;
pub struct Cache<'a> { pub(crate) entries: Map<&'a str, Vec<u8>>, r#type: u8 }
thread_local! { static LOCAL: RefCell<Map<u8, u8>> = x(); }
impl Drop for Cache<'_> { fn drop(&mut self) {} }
impl Cache<'_> {
    pub fn get(&mut self, k: &str) -> u8 {
        if let Some(v) = self.entries.get(k) { return v[0]; }
        self.entries.entry(k).or_insert_with(|| mine!(LOCAL));
        let c = Cache::new();
        loop { c.go(); }
    }
    fn at(&self) -> &u8 { &self.r#type }
}
"""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(SOURCE.encode(), id="everything"),
        pytest.param(b"", id="empty"),
        pytest.param(b"fn f( {", id="broken"),
        pytest.param(b"// \xff\x00\n\xef\xbb\xbf", id="odd bytes"),
        pytest.param("struct Ä { ö: HashMap<🦀, u8> }".encode(), id="wide"),
        pytest.param(b'fn f() { self.m.insert("\xff", 1); }', id="bytes in a key"),
    ],
)
def test_facts_survive_the_cache(source: bytes) -> None:
    found = look(source)
    assert unpack(pack(found)) == found
    assert pack(look(source)) == pack(found)


def test_one_look_a_content() -> None:
    looker = Looker(1)
    found = looker({"a.rs": b"struct A;", "b.rs": b"struct A;", "c.rs": b"struct C;"})
    assert looker.parsed == 2
    assert found["a.rs"] is found["b.rs"]
    looker({"d.rs": b"struct A;"})
    assert looker.parsed == 2


def test_nothing_to_look_at() -> None:
    assert Looker(1)({}) == {}


def test_the_cache_answers_the_second_time(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "facts.sqlite"
    sources = {"a.rs": SOURCE.encode(), "b.rs": b"fn f( {"}
    first, second = Looker(1, FactsCache(file)), Looker(1, FactsCache(file))
    assert first(sources) == second(sources)
    assert (first.parsed, first.from_cache) == (2, 0)
    assert (second.parsed, second.from_cache) == (0, 2)


def test_another_version_of_the_code_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FactsCache(tmp_path / "facts.sqlite")
    Looker(1, cache)({"a.rs": b"struct A;"})
    monkeypatch.setattr(scan, "code_version", lambda: "other")
    later = Looker(1, cache)
    later({"a.rs": b"struct A;"})
    assert (later.parsed, later.from_cache) == (1, 0)


@pytest.mark.parametrize("value", [b"", b"\xc1", b"\x90", pack(look(b""))[:-2], b"{}"])
def test_a_broken_entry_is_made_anew(tmp_path: Path, value: bytes) -> None:
    file = tmp_path / "facts.sqlite"
    Looker(1, FactsCache(file))({"a.rs": b"struct A;"})
    with sqlite3.connect(file) as database:
        database.execute("UPDATE facts SET value=?", (value,))
    database.close()
    again = Looker(1, FactsCache(file))
    assert again({"a.rs": b"struct A;"})["a.rs"] == look(b"struct A;")
    assert (again.parsed, again.from_cache) == (1, 0)


@pytest.mark.parametrize("content", [b"", b"not a database" * 100, b"\x00" * 5000])
def test_a_cache_that_is_not_one_is_no_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "facts.sqlite"
    file.write_bytes(content)
    found = Looker(1, FactsCache(file))({"a.rs": b"struct A;"})
    assert found["a.rs"] == look(b"struct A;")


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = FactsCache(tmp_path / "file" / "facts.sqlite")
    assert Looker(1, cache)({"a.rs": b"struct A;"})["a.rs"] == look(b"struct A;")


def test_the_user_says_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path))
    assert scan.default_cache().path.parent == tmp_path


@pytest.mark.parametrize(("size", "skipped"), [(scan.MAX_BYTES, False), (scan.MAX_BYTES + 1, True)])
def test_large_files_are_not_looked_at(size: int, skipped: bool) -> None:
    looker = Looker(1)
    source = b"struct A;\n".ljust(size, b"\n")
    (found,) = looker({"a.rs": source}).values()
    assert (found.error is not None) is skipped
    assert bool(found.types) is not skipped
    assert looker.parsed == (0 if skipped else 1)


def test_workers_find_the_same() -> None:
    sources = {f"{n}.rs": SOURCE.replace("Cache", f"Cache{n}").encode() * 40 for n in range(20)}
    assert sum(map(len, sources.values())) > scan.WORTH_WORKERS
    alone, together = Looker(1), Looker(2)
    try:
        assert alone(sources) == together(sources)
    finally:
        together.close()
        together.close()
    assert together.parsed == alone.parsed == 20


FILES = {
    "Cargo.toml": b'[package]\nname = "x"\n',
    "a/Cargo.toml": b"[broken",
    "MyCargo.toml": b"",
    "src/lib.rs": b"use std::collections::HashMap;",
    "src/a.rs": b"struct A;",
    "src/b.rsx": b"HashMap",
    "README.md": b"HashMap",
}


def test_a_codebase_has_the_rust_files_and_the_manifests() -> None:
    found = codebase_of(Snapshot.of_files(FILES), (b"HashMap",), Looker(1))
    assert list(found.sources) == ["src/a.rs", "src/lib.rs"]
    assert list(found.manifests) == ["Cargo.toml", "a/Cargo.toml"]
    assert [package.name for package in found.packages] == ["x"]
    assert [bad.path for bad in found.bad_manifests] == ["a/Cargo.toml"]


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ((b"HashMap",), ("src/lib.rs",)),
        ((b"struct", b"HashMap"), ("src/a.rs", "src/lib.rs")),
        ((b"nothing",), ()),
        ((), ()),
    ],
)
def test_the_gate(gate: tuple[bytes, ...], passed: tuple[str, ...]) -> None:
    looker = Looker(1)
    found = codebase_of(Snapshot.of_files(FILES), gate, looker)
    assert found.passed == passed
    assert tuple(found.known) == passed
    assert looker.parsed == len(passed)


@pytest.mark.parametrize("mode", ["120000", "160000", "040000"])
def test_links_and_submodules_are_not_read(mode: str) -> None:
    snapshot = Snapshot.of_files(FILES)
    entries = {**snapshot.entries, "src/link.rs": Entry(mode, "0" * 40)}
    found = codebase_of(Snapshot(entries, snapshot.load), (b"struct",), Looker(1))
    assert "src/link.rs" not in found.sources


def test_words_are_whole_words() -> None:
    rust = {"a.rs": b"cache", "b.rs": b"my_cache", "c.rs": b"cached", "d.rs": b"// self.cache"}
    found = codebase_of(Snapshot.of_files(rust), (), Looker(1))
    assert found.files_with("cache") == ["a.rs", "d.rs"]


def test_definitions_by_name() -> None:
    rust = {
        "a.rs": b"struct A; enum B {}",
        "b.rs": b"mod m { pub type A = u8; }",
        "c.rs": b"// struct A;\nfn f() {}",
        "d.rs": b"struct Ab;",
    }
    found = codebase_of(Snapshot.of_files(rust), (), Looker(1))
    assert [(path, one.kind) for path, one in found.definitions("A")] == [
        ("a.rs", "struct"),
        ("b.rs", "type"),
    ]
    assert found.definitions("C") == []
