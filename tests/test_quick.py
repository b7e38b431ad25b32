"""What a quick check leaves out is nothing that a thorough one finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rustfix_mem.changeset import check
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.rust.file import skim
from rustfix_mem.testing.case import Case, cases

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_a_quick_check_finds_the_same(case: Case) -> None:
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
