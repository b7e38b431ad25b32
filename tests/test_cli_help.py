"""What the help, `list` and `explain` say."""

from __future__ import annotations

import sys

import pytest

from cli_world import CapMaps
from cli_world import world as world
from rustfix_mem.cli import help as help_text
from rustfix_mem.cli.main import cargo_main, main


@pytest.mark.parametrize("argv", ["", "--help", "-h"])
def test_the_help_teaches(capsys: pytest.CaptureFixture[str], argv: str) -> None:
    assert main(argv.split()) == 0
    out = capsys.readouterr().out
    for word in ("Examples", "Exit codes", "130", "list", "explain", "check", "apply"):
        assert word in out


def test_no_line_of_the_help_wraps_in_80_columns() -> None:
    texts = [help_text.TOP, help_text.EXIT_CODES, *help_text.TEXT.values()]
    texts.append(help_text.apply(CapMaps))
    long = [line for text in texts for line in text.splitlines() if len(line) > 78]
    assert long == []


def test_the_help_of_a_codemod_has_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "cap-maps", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--max-entries" in out
    assert "(default: 1000 entries, at least 1)" in out
    assert "--no-strict" in out
    assert "lru|fifo" in out
    for command in ("check", "list", "explain", "apply", "schema"):
        assert main([command, "--help"]) == 0
        assert "--color" in capsys.readouterr().out


def test_list_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["cap-maps", "defect", "maybe-incorrect"],
        ["tidy", "proposal", "machine-applicable"],
    ]
    assert main(["explain", "cap-maps"]) == 0
    out = capsys.readouterr().out
    assert "A map with a limit, and why." in out
    assert "--max-entries: How many stay (default: 1000 entries, at least 1)." in out
    assert "a variable, `RUSTFIX_MEM_CAP_MAPS_MAX_ENTRIES`." in out
    assert main(["explain", "tidy"]) == 0
    assert "RUSTFIX_MEM" not in capsys.readouterr().out


def test_cargo_gives_its_own_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["cargo-rustfix-mem", "rustfix-mem", "--version"])
    assert cargo_main() == 0
    assert capsys.readouterr().out.startswith("rustfix-mem ")
