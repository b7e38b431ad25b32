"""A gate stays selective: few files of ordinary Rust may pass it, since all that do are parsed.

Ordinary Rust are the crates that the fixtures depend on, with all that those need: cargo has them
wherever the fixtures are built, and `fixtures/Cargo.lock` says which they are. Many of them are
caches, so a gate that is selective here is so elsewhere. What passes of whole programs is in
docs/performance.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rustfix_mem import registry
from rustfix_mem.rust.whole.gates import passing
from rustfix_mem.testing.process import cargo, host
from rustfix_mem.testing.runs import run_cargo

if TYPE_CHECKING:
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.rust.whole.gates import Gate

TOP = Path(__file__).parents[1]
ENOUGH_FILES = 1_000
"""From which on a share says something."""

PART = 0.10
"""The share of files that one literal or pattern of a gate may let through."""

WHOLE = {"cache-bounds": 0.20}
"""The share that a whole gate may let through, if more than `PART`: whoever asks about maps has to
see every file that names one."""

GATED = [codemod for codemod in registry.discover().values() if codemod.gate]


Sources = Mapping[str, bytes]


def share(gate: Gate, sources: Sources) -> float:
    """Which share of the files passes a gate."""
    return len(passing(sources.items(), [gate])[gate]) / len(sources)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Every Rust file of the crates that fixtures depend on; cargo fetches, and builds nothing."""
    build = tmp_path_factory.mktemp("gates")
    run_cargo(TOP / "fixtures", build, ())
    asked = ["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host()]
    said = cargo(asked, build / "workspace", build / "target")
    packages = [it for it in json.loads(said.stdout)["packages"] if it["source"]]
    folders = [Path(it["manifest_path"]).parent for it in packages]
    files = [file for folder in folders for file in folder.rglob("*.rs") if file.is_file()]
    return {str(file): file.read_bytes() for file in files}


@pytest.mark.cargo
@pytest.mark.parametrize("codemod", GATED, ids=lambda codemod: codemod.name())
def test_few_files_pass(codemod: type[Codemod], ordinary: Sources) -> None:
    too_many = [part for part in codemod.gate if share((part,), ordinary) > PART]
    assert too_many == [], "begin with a longer literal, or ask for what stands beside it"
    assert share(codemod.gate, ordinary) <= WHOLE.get(codemod.name(), PART)


@pytest.mark.cargo
@pytest.mark.parametrize("part", [b"fn", b".clone()", b"static", re.compile(rb"let \w+ =")])
def test_the_control_many_files_would_pass(part: bytes, ordinary: Sources) -> None:
    assert share((part,), ordinary) > PART


@pytest.mark.cargo
def test_the_control_there_is_much_ordinary_rust(ordinary: Sources) -> None:
    assert len(ordinary) >= ENOUGH_FILES


@pytest.mark.parametrize("codemod", registry.discover().values(), ids=lambda it: it.name())
def test_every_part_of_a_gate_asks_for_something(codemod: type[Codemod]) -> None:
    empty = [it for it in codemod.gate if (it == b"" if isinstance(it, bytes) else it.search(b""))]
    assert empty == []


def test_the_page_has_every_gate() -> None:
    page = (TOP / "docs" / "performance.md").read_text(encoding="utf-8")
    table = page.partition("<!-- gates: begin -->")[2].partition("<!-- gates: end -->")[0]
    missing = [codemod.name() for codemod in GATED if f"| `{codemod.name()}` |" not in table]
    assert missing == [], "type `python benchmarks/gates.py CHECKOUT... --write`"
