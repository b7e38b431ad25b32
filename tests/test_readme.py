"""What README.md shows is what happens: its `console` blocks are run, in order, on the demo.

`make catalogue` (`--update-snapshots`) writes the output anew. `sh` blocks are not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOP = Path(__file__).parents[1]
README = TOP / "README.md"
MAKEFILE = TOP / "Makefile"
WHEN = "2025-01-01T00:00:00Z"
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)
DIFF = re.compile(r"^```diff\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ (.*)$", re.M)
TARGET = re.compile(r"^([a-z]+):", re.M)
# What differs from run to run: how long it took, and ids of commits.
CHANGING = re.compile(r"\b\d+\.\d+s\b|\b[0-9a-f]{12}\b")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment in which every machine prints the same."""
    forget = ("GIT_", "RUSTFIX_MEM_", "CLICOLOR", "FORCE_COLOR", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(forget)}
    who = {f"GIT_{one}_NAME": "Demo" for one in ("AUTHOR", "COMMITTER")}
    mail = {f"GIT_{one}_EMAIL": "demo@example.invalid" for one in ("AUTHOR", "COMMITTER")}
    when = {f"GIT_{one}_DATE": WHEN for one in ("AUTHOR", "COMMITTER")}
    return {
        **kept, **who, **mail, **when,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
        "RUSTFIX_MEM_CACHE_DIR": str(tmp_path / "cache"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }  # fmt: skip


@pytest.fixture
def demo(tmp_path: Path, env: Mapping[str, str]) -> Path:
    """The demo's workspace as a repository with one commit, as `demo/run` makes it."""
    top = tmp_path / "demo"
    shutil.copytree(TOP / "demo" / "workspace", top, ignore=shutil.ignore_patterns("target"))
    for line in (
        "git init -q -b main",
        "git config core.autocrlf false",
        "git add -A",
        "git commit -q -m 'A server that runs for weeks'",
    ):
        assert run(line, top, env) == ""
    return top


def test_the_readme_shows_what_is_printed(
    demo: Path, env: Mapping[str, str], request: pytest.FixtureRequest
) -> None:
    text = README.read_text(encoding="utf-8")
    fresh = CONSOLE.sub(lambda block: "".join(rerun(block[0], demo, env)), text)
    if request.config.getoption("--update-snapshots") and alike(fresh) != alike(text):
        README.write_text(fresh, encoding="utf-8")
        text = fresh
    assert "rustfix-mem check\n" in text
    assert alike(text) == alike(fresh), "if that is right, type `make catalogue`"


def test_the_diffs_are_those_of_the_tool(demo: Path, env: Mapping[str, str]) -> None:
    made = run("rustfix-mem apply cache-bounds --dry-run --quiet", demo, env)
    shown = DIFF.findall(README.read_text(encoding="utf-8"))
    assert shown
    assert [diff for diff in shown if diff not in made] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    text = (TOP / page).read_text(encoding="utf-8")
    targets = set(TARGET.findall(MAKEFILE.read_text(encoding="utf-8")))
    assert {"demo", "test"} <= targets
    assert set(re.findall(r"`make ([a-z]+)`", text)) <= targets


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_file_that_is_linked_exists(page: str) -> None:
    file = TOP / page
    links = re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


def rerun(block: str, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """A block with the output that its commands have now."""
    for command in COMMAND.findall(block):
        yield f"$ {command}\n{run(command, folder, env)}"


def run(command: str, folder: Path, env: Mapping[str, str]) -> str:
    """Both streams of a command line, whatever it ends with."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout.decode()


def alike(text: str) -> str:
    return CHANGING.sub("…", text)
