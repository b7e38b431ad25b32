"""What is loaded to start: next to nothing, since it is done at each commit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli_world import SRC, git
from cli_world import repo as repo
from cli_world import world as world

HEAVY = "{'typer', 'rich', 'git', 'tomlkit', 'unidiff', 'argparse'} & set(sys.modules)"


LIGHT = {"__future__", "errno", "rustfix_mem", "rustfix_mem.cli", "rustfix_mem.errors"}
LIGHT |= {"rustfix_mem.cli.main", "rustfix_mem.cli.streams"}
"""All that `--version` may load: with `re` alone it would take half as long again."""


def test_the_version_loads_next_to_nothing(repo: Path) -> None:
    assert _loaded("--version") - LIGHT == set()


AGAIN = {"rustfix_mem.answers", "rustfix_mem.cli.again", "_blake2"}
AGAIN |= {"rustfix_mem.git", "rustfix_mem.git.hardening", "rustfix_mem.git.head"}
"""All that it takes to give an answer again."""

CLEAN = AGAIN | {"rustfix_mem.git.clean", "struct", "_struct"}
"""And to see that no file has changed."""


def test_an_answer_that_is_known_loads_next_to_nothing(repo: Path) -> None:
    assert "rustfix_mem.changeset" in _loaded("check", "-q")
    assert _loaded("check", "-q") - LIGHT == AGAIN
    assert _loaded("check", "--quiet", "-C", str(repo)) - LIGHT == AGAIN


def test_nor_does_one_that_says_all(repo: Path) -> None:
    for file in ("src/lib.rs", "Cargo.toml"):
        os.utime(repo / file, (1, 1))
    git(repo, "update-index", "-q", "--refresh")
    _loaded("check")
    assert _loaded("check") - LIGHT == CLEAN


@pytest.mark.parametrize("argv", [["check", "-q"], ["check", "--output-format", "json", "-C", "."]])
def test_the_start_is_light(repo: Path, argv: list[str]) -> None:
    code = (
        "import sys\n"
        "from rustfix_mem import changeset, codebase, looker, registry\n"
        "registry.discover = lambda: {'a': registry.Codemod}\n"
        "registry.Codemod.configure = lambda values: None\n"
        "report = changeset.Report((), (), (), changeset.Statistics())\n"
        "found = changeset.Checked(report, codebase.Codebase({}, {}, looker.Looker(1)))\n"
        "changeset.checked = lambda *a, **k: found\n"
        "from rustfix_mem.cli.main import main\n"
        f"code = main({argv!r})\n"
        f"print('HEAVY', code, {HEAVY}, file=sys.stderr)\n"
    )
    done = _python("-c", code)
    assert done.stderr.splitlines()[-1:] == ["HEAVY 0 set()"]


def test_a_reader_may_leave(repo: Path) -> None:
    code = "from rustfix_mem.cli.main import main; import sys; sys.exit(main(['--version']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = _python("-c", code, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def _loaded(*argv: str) -> set[str]:
    """The modules that a command line loads, beside those that are there when Python has begun."""
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from rustfix_mem.cli.main import main\n"
        f"main({argv!r})\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)\n"
    )
    return set(_python("-c", code).stderr.splitlines()[-1].split())


def _python(*args: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.run(
        [sys.executable, *args], env=env, stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
