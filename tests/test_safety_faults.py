"""A fault at one call: the branch is there or it is not, and nothing else has changed.

A sample; `make faults` tries every call with every kind of fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from repositories import own_environment
from safety.faults import KINDS, Fault, Range
from safety.races import race

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = 70


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Range:
    top = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch:
        own_environment(top, patch)
        return Range.make(top)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_faults(faults: Range, tmp_path: Path, kind: str) -> None:
    chosen = [one for one in faults.faults(SAMPLE) if one.kind == kind]
    left = [faults.tried(fault, tmp_path / str(fault.at)) for fault in chosen]
    assert [one for one in left if one.problems] == []
    assert any(one.call for one in left)


def test_the_control_faults_do_harm(faults: Range, tmp_path: Path) -> None:
    at = faults.calls.index("link") + 1  # the first object
    assert faults.tried(Fault("full", at), tmp_path / "full").stopped


def test_a_lock_that_a_kill_leaves_is_named_and_stays(faults: Range, tmp_path: Path) -> None:
    last = len(faults.calls) - faults.calls[::-1].index("fsync")  # of the lock, before its rename
    kills = [one for one in faults.faults() if one.kind == "kill" and last <= one.at <= last + 1]
    left = [faults.tried(one, tmp_path / str(one.at)) for one in kills]
    assert [one.problems for one in left] == [()] * len(kills)
    assert any(one.lock for one in left)


@pytest.mark.parametrize("number", range(2))
def test_of_eight_at_once_one_wins(tmp_path: Path, number: int) -> None:
    found = race(tmp_path, 8)
    assert found.problems == ()
    assert (found.winners, found.refused) == (1, 7)


def test_each_with_a_branch_of_its_own_wins(tmp_path: Path) -> None:
    found = race(tmp_path, 4, apart=True)
    assert (found.winners, found.problems) == (4, ())
