"""Bad, odd and hostile files, all in one repository: each is named, and the run goes on.

Those that are made to take long are tried by `make safety`, one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from repositories import own_environment
from safety.inputs import INPUTS
from safety.ordeal import tried

if TYPE_CHECKING:
    from pathlib import Path


def test_names_are_given_once() -> None:
    names = [one.name for one in INPUTS]
    assert len(names) == len(set(names)) > 150


def test_every_light_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    assert tried([one for one in INPUTS if not one.heavy], tmp_path).problems == ()


@pytest.mark.parametrize("part", range(2))
def test_a_sample_of_the_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    own_environment(tmp_path, monkeypatch)
    deep = [one for one in INPUTS if one.heavy and "nested" in one.name]
    assert tried(deep[part::12], tmp_path).problems == ()


def test_what_is_merely_much_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    took = tried([one for one in INPUTS if one.name == "5,000 growths of one cache"], tmp_path)
    assert (took.problems, took.unread) == ((), {})
