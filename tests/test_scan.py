from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rustfix_mem import scan
from rustfix_mem.codebase import Codebase
from rustfix_mem.facts_cache import FactsCache
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.golden import GOLDEN
from rustfix_mem.looker import Looker
from rustfix_mem.rust.file import syntax
from rustfix_mem.scan import codebase_of
from support import FUNCTIONS, Named, Namer, gated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rustfix_mem import Gate
    from rustfix_mem.sources import Source
    from rustfix_mem.wanted import Wanted

FILES = {
    "Cargo.toml": b'[package]\nname = "x"\n',
    "a/Cargo.toml": b"[broken",
    "MyCargo.toml": b"",
    "src/lib.rs": b"use std::collections::HashMap;",
    "src/a.rs": b"struct A;",
    "src/b.rsx": b"HashMap",
    "README.md": b"HashMap",
}


def test_files_are_looked_at_while_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "WORTH_MORE", 1)
    monkeypatch.setattr("rustfix_mem.looker.WORTH_MORE", 1)
    begun: list[int] = []
    looker = Looker(2)

    def begin(wanted: Iterable[tuple[Source, Wanted]]) -> None:
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
    assert tuple(found.looked) == passed
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


def test_a_codemod_looks_at_what_passes_its_gate(tmp_path: Path) -> None:
    seen = {"a.rs": (Named("a", 0), Named("b", 10))}
    cache = FactsCache(tmp_path / "facts.sqlite")
    Namer.looked.clear()
    first = codebase_of(Snapshot.of_files(FUNCTIONS), [Namer], Looker(1, cache))
    assert first.sights(Namer, Named) == first.sights(Namer, Named) == seen
    assert Namer.looked == [FUNCTIONS[path] for path in ("a.rs", "c.rs", "d.rs")]
    assert not first.looked
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
    assert sorted(source for source in made if source != GOLDEN) == sorted(
        FUNCTIONS[path] for path in ("a.rs", "c.rs", "d.rs")
    )


def test_what_is_made_in_a_file_is_looked_for_once_for_all_types() -> None:
    asked: list[tuple[str, ...]] = []

    class Counting(Looker):
        def made(self, wanted: Sequence[tuple[Source, tuple[str, ...]]]) -> list[Any]:
            asked.extend(words for _, words in wanted)
            return super().made(wanted)

    rust = {"src/a.rs": b"fn f() { let a = A::new(); let b = x::B { a }; }"}
    found = Codebase(rust, {}, Counting(1))
    found.prepare_made([("src/a.rs", ["A"]), ("src/a.rs", ["B"]), ("src/a.rs", ["C"])])
    types = [[one.type for one in found.made("src/a.rs", [word])] for word in ("A", "B", "C", "B")]
    assert types == [["A"], ["x::B"], [], ["x::B"]]
    assert asked == [("A", "B", "C")]
    assert [one.type for one in found.made("src/a.rs", ["A", "B"])] == ["A", "x::B"]
    assert asked == [("A", "B", "C")]
