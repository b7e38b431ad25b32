"""Every state of a repository: a command changes nothing, or says why it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from repositories import own_environment
from safety.states import states
from safety.trial import tried

if TYPE_CHECKING:
    from pathlib import Path

    from safety.states import State


@pytest.mark.parametrize("state", states(), ids=lambda state: state.name)
def test_a_state(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))
    assert tried(state, tmp_path).problems == ()
