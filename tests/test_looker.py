from __future__ import annotations

import os
import sqlite3
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from rustfix_mem import facts_cache, golden, looker, registry, wanted, workers
from rustfix_mem.errors import CodemodBug
from rustfix_mem.facts_cache import FactsCache
from rustfix_mem.looker import Looker
from rustfix_mem.rust.file.facts import FileFacts
from rustfix_mem.rust.file.look import look
from rustfix_mem.sources import Source, Texts
from rustfix_mem.wanted import About, Declared, Facts, Made, Sights
from support import FUNCTIONS, Namer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


def sources_of(files: Mapping[str, bytes]) -> dict[str, Source]:
    return Texts(files).sources(files)


def facts(of: Looker, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {path: kept.read() for path, kept in of(sources_of(files)).items()}


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
    pack, unpack = looker._encoder().encode, looker._decoder(FileFacts).decode
    assert unpack(pack(found)) == found
    assert pack(look(source)) == pack(found)


def test_one_look_a_content() -> None:
    one = Looker(1)
    found = facts(one, {"a.rs": b"struct A;", "b.rs": b"struct A;", "c.rs": b"struct C;"})
    assert one.parsed == 2
    assert found["a.rs"] is found["b.rs"]
    facts(one, {"d.rs": b"struct A;"})
    assert one.parsed == 2


def test_nothing_to_look_at() -> None:
    assert Looker(1)({}) == {}


def test_the_cache_answers_the_second_time(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "facts.sqlite"
    sources = {"a.rs": SOURCE.encode(), "b.rs": b"fn f( {"}
    first, second = Looker(1, FactsCache(file)), Looker(1, FactsCache(file))
    assert facts(first, sources) == facts(second, sources)
    assert (first.parsed, first.from_cache) == (2, 0)
    assert (second.parsed, second.from_cache) == (0, 2)


def test_another_version_of_the_code_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FactsCache(tmp_path / "facts.sqlite")
    facts(Looker(1, cache), {"a.rs": b"struct A;"})
    monkeypatch.setattr(wanted, "code_version", lambda: "other")
    later = Looker(1, cache)
    facts(later, {"a.rs": b"struct A;"})
    assert (later.parsed, later.from_cache) == (1, 0)


@pytest.mark.parametrize(
    "value", [b"", b"\xc1", b"\x80", looker._encoder().encode(look(b""))[:-2], b"{}"]
)
def test_a_broken_entry_is_made_anew(tmp_path: Path, value: bytes) -> None:
    file = tmp_path / "facts.sqlite"
    facts(Looker(1, FactsCache(file)), {"a.rs": b"struct A;"})
    with sqlite3.connect(file) as database:
        database.execute("UPDATE facts SET value=?", (value,))
    database.close()
    again = Looker(1, FactsCache(file))
    assert facts(again, {"a.rs": b"struct A;"})["a.rs"] == look(b"struct A;")
    assert (again.parsed, again.from_cache) == (1, 0)


@pytest.mark.parametrize("content", [b"", b"not a database" * 100, b"\x00" * 5000])
def test_a_cache_that_is_not_one_is_no_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "facts.sqlite"
    file.write_bytes(content)
    found = facts(Looker(1, FactsCache(file)), {"a.rs": b"struct A;"})
    assert found["a.rs"] == look(b"struct A;")


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = FactsCache(tmp_path / "file" / "facts.sqlite")
    assert facts(Looker(1, cache), {"a.rs": b"struct A;"})["a.rs"] == look(b"struct A;")


def test_the_user_says_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path))
    assert facts_cache.default_cache().path.parent == tmp_path


@pytest.mark.parametrize(
    ("size", "skipped"), [(looker.MAX_BYTES, False), (looker.MAX_BYTES + 1, True)]
)
def test_large_files_are_not_looked_at(size: int, skipped: bool) -> None:
    one = Looker(1)
    source = b"struct A;\n".ljust(size, b"\n")
    (found,) = facts(one, {"a.rs": source}).values()
    assert (found.error is not None) is skipped
    assert bool(found.types) is not skipped
    assert one.parsed == (0 if skipped else 1)


def test_workers_find_the_same() -> None:
    sources = {f"{n}.rs": SOURCE.replace("Cache", f"Cache{n}").encode() * 40 for n in range(20)}
    assert sum(map(len, sources.values())) > looker.WORTH_WORKERS
    alone, together = Looker(1), Looker(2)
    try:
        assert facts(alone, sources) == facts(together, sources)
    finally:
        together.close()
        together.close()
    assert together.parsed == alone.parsed == 20


def test_what_was_begun_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {f"{n}.rs": SOURCE.replace("Cache", f"Cache{n}").encode() for n in range(20)}
    monkeypatch.setattr(looker, "WORTH_MORE", 100)
    told: list[tuple[int, int]] = []
    one = Looker(2, progress=lambda done, of: told.append((done, of)))
    try:
        for _ in range(2):
            one.begin((source, Facts()) for source in [*sources_of(sources).values()][:15])
        assert len(one._begun) == 15
        assert facts(one, sources) == facts(Looker(1), sources)
    finally:
        one.close()
    assert one.parsed == 20
    assert told == [*((n, 15) for n in range(1, 16)), *((n, 5) for n in range(1, 6))]


def test_little_is_not_begun() -> None:
    one = Looker(2)
    one.begin([(Source.of(SOURCE.encode()), Facts())])
    one.begin([])
    assert not one._begun
    assert one._workers is None


@pytest.mark.parametrize(
    ("first", "warm"),
    [(Facts(), False), (Facts(), True), (Declared(), True), (Sights(Namer), False)],
)
def test_a_file_with_an_error_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Wanted, warm: bool
) -> None:
    source = Source.of(b"fn a() {}\nfn f( {")
    questions: list[Wanted] = [Facts(), Declared(), About(("a",)), Made(("a",))]
    one = Looker(1, FactsCache(tmp_path / "facts.sqlite"))
    one.prepare([(source, first)])
    one = Looker(1, one.cache) if warm else one
    monkeypatch.setattr(looker, "look_packed", None)  # nobody may look again
    one.prepare([(source, of) for of in questions])
    for of in questions:
        assert one.answer(source, of).read() == of.make(source.read())
    assert Facts().make(source.read()).error == 10


def test_a_codemod_looks_even_at_a_file_with_an_error() -> None:
    one, broken = Looker(1), {"d.rs": FUNCTIONS["d.rs"]}
    assert facts(one, broken)["d.rs"].error is not None
    Namer.looked.clear()
    assert one.sights(Namer, sources_of(broken))["d.rs"].read() == ()
    assert Namer.looked == [FUNCTIONS["d.rs"]]


def test_another_grammar_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "GOLDEN", golden.GOLDEN.replace(b"?", b""))
    golden.check_grammar.cache_clear()
    with pytest.raises(CodemodBug, match="does not read Rust") as said:
        facts(Looker(1), {"a.rs": b"struct A;"})
    assert "tree-sitter" in said.value.help
    golden.check_grammar.cache_clear()


def test_a_file_that_takes_its_worker_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = looker.look_packed

    def look_packed(task: tuple[bytes, list[Wanted]]) -> looker.Looked:
        if b"fatal" in task[0]:
            os._exit(1)
        if b"slow" in task[0]:
            time.sleep(60)
        return packed(task)

    look_packed.__module__, look_packed.__qualname__ = looker.__name__, "look_packed"
    monkeypatch.setattr(looker, "look_packed", look_packed)
    monkeypatch.setattr(looker, "WORTH_WORKERS", 0)
    one = Looker(2, _workers=workers.Workers(2, workers.Limits(seconds=1.0)))
    sources = {"a.rs": b"struct A;", "b.rs": b"// fatal", "c.rs": b"// slow", "d.rs": b"enum D {}"}
    found = facts(one, sources)
    one.close()
    assert [path for path, one in found.items() if one.error is not None] == ["b.rs", "c.rs"]
    assert one.parsed == 2
    assert one.lost == {
        Source.of(b"// fatal").id: "ended its worker with exit code 1",
        Source.of(b"// slow").id: "took more than 1 seconds",
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
