from __future__ import annotations

import io
import sys

import pytest

from rustfix_mem.cli import progress
from rustfix_mem.cli.options import Check


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal that somebody watches; pytest itself takes `stderr` between fixture and test."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return made
    return made


def test_a_long_run_says_how_far_it_is_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = watched(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.shown(Check()) as tell:
        tell(3, 40)
        tell(4, 40)
    shown = terminal.getvalue()
    assert "/40" in shown
    assert "a second" in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A\x1b[2K"))


def test_a_short_run_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with progress.shown(Check()) as tell:
        tell(3, 40)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("why", ["quiet", "CI", "pipe"])
def test_nobody_is_told_who_does_not_watch(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    if why == "CI":
        monkeypatch.setenv("CI", "true")
    if why == "pipe":
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    with progress.shown(Check(quiet=why == "quiet")) as tell:
        tell(3, 40)
    assert terminal.getvalue() == ""
