from __future__ import annotations

import os
import re
import sqlite3
import sys
import time
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from rustfix_mem import facts_cache, registry, scan, wanted, workers
from rustfix_mem.errors import CodemodBug
from rustfix_mem.facts_cache import FactsCache
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import FileFacts
from rustfix_mem.rust.file.look import look
from rustfix_mem.scan import Looker, codebase_of
from rustfix_mem.wanted import About, Declared, Facts, Made, Sights
from support import Toy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rustfix_mem import Gate
    from rustfix_mem.rust.file.syntax import Tree
    from rustfix_mem.wanted import Wanted

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
    pack, unpack = scan._encoder().encode, scan._decoder(FileFacts).decode
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
    monkeypatch.setattr(wanted, "code_version", lambda: "other")
    later = Looker(1, cache)
    later({"a.rs": b"struct A;"})
    assert (later.parsed, later.from_cache) == (1, 0)


@pytest.mark.parametrize(
    "value", [b"", b"\xc1", b"\x80", scan._encoder().encode(look(b""))[:-2], b"{}"]
)
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
    assert facts_cache.default_cache().path.parent == tmp_path


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


def test_what_was_begun_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {f"{n}.rs": SOURCE.replace("Cache", f"Cache{n}").encode() for n in range(20)}
    monkeypatch.setattr(scan, "WORTH_MORE", 100)
    told: list[tuple[int, int]] = []
    looker = Looker(2, progress=lambda done, of: told.append((done, of)))
    try:
        for _ in range(2):
            looker.begin((source, Facts()) for source in [*sources.values()][:15])
        assert len(looker._begun) == 15
        assert looker(sources) == Looker(1)(sources)
    finally:
        looker.close()
    assert looker.parsed == 20
    assert told == [*((n, 15) for n in range(1, 16)), *((n, 5) for n in range(1, 6))]


def test_little_is_not_begun() -> None:
    looker = Looker(2)
    looker.begin([(SOURCE.encode(), Facts())])
    looker.begin([])
    assert not looker._begun
    assert looker._workers is None


def test_files_are_looked_at_while_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WORTH_MORE", 1)
    begun: list[int] = []
    looker = Looker(2)

    def begin(wanted: Iterable[tuple[bytes, Wanted]]) -> None:
        some = list(wanted)
        begun.append(len(some))
        Looker.begin(looker, some)

    monkeypatch.setattr(looker, "begin", begin)
    try:
        found = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer, gated(b"fn ")], looker)
        alone = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer, gated(b"fn ")], Looker(1))
        assert found.sights(Namer, Named) == alone.sights(Namer, Named)
        assert found.facts("a.rs") == alone.facts("a.rs")
    finally:
        looker.close()
    assert begun == [2, 2, 2]
    assert found.passing == alone.passing


FILES = {
    "Cargo.toml": b'[package]\nname = "x"\n',
    "a/Cargo.toml": b"[broken",
    "MyCargo.toml": b"",
    "src/lib.rs": b"use std::collections::HashMap;",
    "src/a.rs": b"struct A;",
    "src/b.rsx": b"HashMap",
    "README.md": b"HashMap",
}


def gated(*gate: bytes | re.Pattern[bytes]) -> type[Toy]:
    return type("Gated", (Toy,), {"gate": gate})


def test_a_codebase_has_the_rust_files_and_the_manifests() -> None:
    found = codebase_of(Snapshot.of_files(FILES), [gated(b"HashMap")], Looker(1))
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
        ((re.compile(rb"HashMap;$"),), ("src/lib.rs",)),
        ((re.compile(rb"HashMap<"), b"struct"), ("src/a.rs",)),
        ((), ()),
    ],
)
def test_the_gate(gate: Gate, passed: tuple[str, ...]) -> None:
    looker, codemod = Looker(1), gated(*gate)
    found = codebase_of(Snapshot.of_files(FILES), [codemod], looker)
    assert found.passed(codemod) == passed
    assert tuple(found.known) == passed
    assert looker.parsed == len(passed)


@pytest.mark.parametrize("mode", ["120000", "160000", "040000"])
def test_links_and_submodules_are_not_read(mode: str) -> None:
    snapshot = Snapshot.of_files(FILES)
    entries = {**snapshot.entries, "src/link.rs": Entry(mode, "0" * 40)}
    found = codebase_of(Snapshot(entries, snapshot.load), [gated(b"struct")], Looker(1))
    assert "src/link.rs" not in found.sources


def test_words_are_whole_words() -> None:
    rust = {"a.rs": b"cache", "b.rs": b"my_cache", "c.rs": b"cached", "d.rs": b"// self.cache"}
    found = codebase_of(Snapshot.of_files(rust), [], Looker(1))
    assert found.files_with("cache") == ["a.rs", "d.rs"]


def test_definitions_by_name() -> None:
    rust = {
        "a.rs": b"struct A; enum B {}",
        "b.rs": b"mod m { pub type A = u8; }",
        "c.rs": b"// struct A;\nfn f() {}",
        "d.rs": b"struct Ab;",
    }
    found = codebase_of(Snapshot.of_files(rust), [], Looker(1))
    assert [(path, one.kind) for path, one in found.definitions("A")] == [
        ("a.rs", "struct"),
        ("b.rs", "type"),
    ]
    assert found.definitions("C") == []


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    at: int


class Namer(Toy):
    """Sees the functions of a file; counts how often it looks."""

    gate: ClassVar[Gate] = (b"fn ",)
    sight: ClassVar[type[Any] | None] = Named
    looked: ClassVar[list[bytes]] = []

    @classmethod
    def look(cls, tree: Tree) -> Iterator[Named]:
        cls.looked.append(tree.source)
        for node in syntax.walk(tree.root):
            if node.type == "function_item":
                yield Named(syntax.text(syntax.field(node, "name")), node.start_byte)


FUNCTIONS = {
    "a.rs": b"fn a() {} fn b() {}",
    "b.rs": b"struct A;",
    "c.rs": b"const F: fn () = f;",
    "d.rs": b"fn broken( {",
}


def test_a_codemod_looks_at_what_passes_its_gate(tmp_path: Path) -> None:
    seen = {"a.rs": (Named("a", 0), Named("b", 10))}
    cache = FactsCache(tmp_path / "facts.sqlite")
    Namer.looked.clear()
    first = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer], Looker(1, cache))
    assert first.sights(Namer, Named) == first.sights(Namer, Named) == seen
    assert Namer.looked == [FUNCTIONS[path] for path in ("a.rs", "c.rs", "d.rs")]
    assert not first.known
    again = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer], Looker(1, cache))
    assert again.sights(Namer, Named) == seen
    assert len(Namer.looked) == 3


def test_who_looks_at_the_same_file_shares_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    class Counted(syntax.Tree):
        def __init__(self, source: bytes) -> None:
            made.append(source)
            super().__init__(source)

    monkeypatch.setattr(syntax, "Tree", Counted)
    found = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer, gated(b"fn ")], Looker(1))
    assert found.sights(Namer, Named)["a.rs"][0].name == "a"
    assert [fn.name for fn in found.facts("a.rs").fns] == ["a", "b"]
    assert sorted(source for source in made if source != scan.GOLDEN) == sorted(
        FUNCTIONS[path] for path in ("a.rs", "c.rs", "d.rs")
    )


@pytest.mark.parametrize(
    ("first", "warm"),
    [(Facts(), False), (Facts(), True), (Declared(), True), (Sights(Namer), False)],
)
def test_a_file_with_an_error_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Wanted, warm: bool
) -> None:
    source = b"fn a() {}\nfn f( {"
    questions: list[Wanted] = [Facts(), Declared(), About(("a",)), Made(("a",))]
    looker = Looker(1, FactsCache(tmp_path / "facts.sqlite"))
    looker.prepare([(source, first)])
    looker = Looker(1, looker.cache) if warm else looker
    monkeypatch.setattr(scan, "_look_packed", None)  # nobody may look again
    looker.prepare([(source, of) for of in questions])
    for of in questions:
        assert looker._memory[scan._key(of, source)] == of.make(source)
    assert Facts().make(source).error == 10


def test_a_codemod_looks_even_at_a_file_with_an_error() -> None:
    looker, broken = Looker(1), {"d.rs": FUNCTIONS["d.rs"]}
    assert looker(broken)["d.rs"].error is not None
    Namer.looked.clear()
    assert looker.sights(Namer, broken) == {"d.rs": ()}
    assert Namer.looked == [FUNCTIONS["d.rs"]]


def test_another_grammar_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "GOLDEN", scan.GOLDEN.replace(b"?", b""))
    scan._check_grammar.cache_clear()
    with pytest.raises(CodemodBug, match="does not read Rust") as said:
        Looker(1)({"a.rs": b"struct A;"})
    assert "tree-sitter" in said.value.help
    scan._check_grammar.cache_clear()


def test_a_file_that_takes_its_worker_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = scan._look_packed

    def _look_packed(task: tuple[bytes, list[Wanted]]) -> scan.Looked:
        if b"fatal" in task[0]:
            os._exit(1)
        if b"slow" in task[0]:
            time.sleep(60)
        return packed(task)

    _look_packed.__module__, _look_packed.__qualname__ = scan.__name__, "_look_packed"
    monkeypatch.setattr(scan, "_look_packed", _look_packed)
    monkeypatch.setattr(scan, "WORTH_WORKERS", 0)
    looker = Looker(2, _workers=workers.Workers(2, workers.Limits(seconds=1.0)))
    sources = {"a.rs": b"struct A;", "b.rs": b"// fatal", "c.rs": b"// slow", "d.rs": b"enum D {}"}
    found = looker(sources)
    looker.close()
    assert [path for path, facts in found.items() if facts.error is not None] == ["b.rs", "c.rs"]
    assert looker.parsed == 2
    assert looker.lost == {
        b"// fatal": "ended its worker with exit code 1",
        b"// slow": "took more than 1 seconds",
    }


def test_what_a_codemod_looks_with_is_in_the_key_of_the_cache() -> None:
    """Only its own module and the room of one file are: a change elsewhere would not be seen."""
    looking = [one for one in registry.discover().values() if one.sight is not None]
    assert looking
    for codemod in looking:
        known = sys.modules[codemod.__module__].__dict__
        for name in codemod.look.__code__.co_names:
            if isinstance(module := known.get(name), ModuleType):
                assert module.__name__.startswith("rustfix_mem.rust.file."), name
