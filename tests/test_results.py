from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rustfix_mem import changeset, results
from rustfix_mem.facts_cache import FactsCache
from rustfix_mem.git.snapshot import Entry, Snapshot
from rustfix_mem.scope import EVERYWHERE, Globs, Scope
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import CACHED, crate

if TYPE_CHECKING:
    from pathlib import Path

MORE = {"src/other.rs": "static mut N: u8 = 0;", "src/bad.rs": "fn f( {"}


@pytest.fixture(autouse=True)
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize("thorough", [True, False])
def test_the_second_time_is_the_same_and_looks_at_nothing(thorough: bool) -> None:
    snapshot = crate(CACHED + "mod bad;", MORE)
    first = changeset.check((CacheBounds(),), snapshot, jobs=1, thorough=thorough)
    again = changeset.check((CacheBounds(),), snapshot, jobs=1, thorough=thorough)
    assert first.findings
    assert first.findings[0].finding.fix is not None
    assert replace(again, statistics=first.statistics) == first
    assert (again.statistics.parsed, again.statistics.files) == (0, first.statistics.files)
    assert first.statistics.parsed > 0


def test_whatever_it_depends_on_makes_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = crate(CACHED)
    tree = Snapshot(snapshot.entries, snapshot.load, "c" * 40, "a" * 40)
    of = CacheBounds()
    keys = [
        results.key([of], snapshot, EVERYWHERE, True),
        results.key([of], snapshot, EVERYWHERE, False),
        results.key([CacheBounds(max_entries=7)], snapshot, EVERYWHERE, True),
        results.key([CacheBounds.configure({"max-entries": 1000})], snapshot, EVERYWHERE, True),
        results.key([of, of], snapshot, EVERYWHERE, True),
        results.key([of], snapshot, Scope(exclude=Globs(("src/**",), "x")), True),
        results.key([of], crate(CACHED + " "), EVERYWHERE, True),
        results.key([of], crate(CACHED, {"src/a.rs": ""}), EVERYWHERE, True),
        results.key([of], snapshot.with_changes({"src/lib.rs": b"x"}), EVERYWHERE, True),
        results.key([of], snapshot.with_changes({"src/lib.rs": b"y"}), EVERYWHERE, True),
        results.key([of], replace(snapshot, unread={"a.rs": "gone"}), EVERYWHERE, True),
        results.key([of], tree, EVERYWHERE, True),
        results.key([of], replace(tree, tree="b" * 40), EVERYWHERE, True),
    ]
    monkeypatch.setattr(results, "_code", lambda package: f"{package} changed")
    keys.append(results.key([of], snapshot, EVERYWHERE, True))
    assert len(set(keys)) == len(keys)


def test_the_commit_does_not_matter_where_its_tree_is_the_same() -> None:
    snapshot = crate(CACHED)
    one = Snapshot(snapshot.entries, snapshot.load, "c" * 40, "a" * 40)
    other = Snapshot(snapshot.entries, snapshot.load, "d" * 40, "a" * 40)
    keys = {results.key([CacheBounds()], it, EVERYWHERE, True) for it in (one, other)}
    assert len(keys) == 1


@pytest.mark.parametrize("value", [b"", b"\xc1", b"{}", b"\x93\x01\x02\x03"])
def test_what_cannot_be_read_is_asked_again(tmp_path: Path, value: bytes) -> None:
    store = FactsCache(tmp_path / "facts.sqlite")
    store.put({b"k": value})
    assert results.recall(store, b"k", changeset.Report) is None
    assert results.recall(store, b"other", changeset.Report) is None
    assert results.recall(None, b"k", changeset.Report) is None


def test_a_name_that_is_no_text_is_not_kept() -> None:
    odd = "src/\udcff.rs"
    snapshot = crate(CACHED)
    entries = {**snapshot.entries, odd: Entry("100644", snapshot.entries["src/lib.rs"].oid)}
    files = Snapshot(entries, snapshot.load)
    first = changeset.check((CacheBounds(),), files, jobs=1)
    again = changeset.check((CacheBounds(),), files, jobs=1)
    assert first.findings == again.findings
    assert first.left_alone == again.left_alone
