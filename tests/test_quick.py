"""What a quick check leaves out is nothing that a thorough one finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rustfix_mem import looker
from rustfix_mem.changeset import check
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.rust.file import skim
from rustfix_mem.testing.case import Case, cases
from rustfix_mem_codemods.cache_bounds import CacheBounds

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_a_quick_check_finds_the_same(case: Case) -> None:
    assert_same(case)


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_and_so_it_does_where_the_largest_file_is_skipped(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sorted(file.stat().st_size for file in case.before.rglob("*.rs"))
    monkeypatch.setattr(looker, "MAX_BYTES", sizes[-1] - 1 if sizes else 0)
    assert_same(case)


def assert_same(case: Case) -> None:
    codemods, snapshot = (case.configured(),), Snapshot.of_folder(case.before)
    thorough = check(codemods, snapshot, jobs=1, cache=False)
    quick = check(codemods, snapshot, jobs=1, cache=False, thorough=False)
    assert [(one.fingerprint, one.finding) for one in quick.findings] == [
        (one.fingerprint, one.finding) for one in thorough.findings
    ]


def test_an_index_finds_what_searching_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of many fields is read word by word, once."""
    sources = [file.read_bytes() for file in sorted(FIXTURES.rglob("before/**/*.rs"))]
    searched = [skim.skim(source) for source in sources]
    monkeypatch.setattr(skim, "WORTH_AN_INDEX", 1)
    assert [skim.skim(source) for source in sources] == searched
    assert any(len(seen.declared) > 1 for seen in searched)


def test_a_file_that_nobody_looks_into_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "Cargo.toml": b'[package]\nname = "a"\nversion = "0.1.0"\n',
        "src/lib.rs": b"mod large;\nstruct Small { cache: HashMap<u8, u8> }\n",
        "src/large.rs": b"struct Large { cache: HashMap<u8, u8> }\n" * 3,
    }
    monkeypatch.setattr(looker, "MAX_BYTES", len(files["src/lib.rs"]))
    for thorough in (False, True):
        report = check((CacheBounds(),), Snapshot.of_files(files), cache=False, thorough=thorough)
        assert [one.path for one in report.skipped] == ["src/large.rs"]


@pytest.mark.parametrize(
    "body", ["// a HashMap will be here", "/* HashMap */", "mapping_of_HashMap;", "HashMap<u8, u8>"]
)
def test_a_body_without_fields_declares_nothing(body: str) -> None:
    """An empty struct may have a remark, and a text may hold a struct of another language."""
    assert skim.skim(f"pub struct Later {{\n    {body}\n}}\n".encode()).declared == ()
