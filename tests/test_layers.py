"""Who may import whom. The order below is the architecture."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[1]
ENGINE = TOP / "src" / "rustfix_mem"
CODEMODS = TOP / "codemods" / "rustfix_mem_codemods"

# From the ground up: a room imports only from lines above its own. `__init__` is the authoring
# API; what stands above it goes to the rooms themselves.
LAYERS = (
    ("plain",),
    ("text", "errors", "held", "recent"),
    ("sources",),
    ("finding",),
    ("reported",),
    ("answers",),
    ("cargo",),
    ("rust.file",),
    ("rust.whole",),
    ("rust.write",),
    ("rust.verdict",),
    ("rust.cap",),
    ("rust.removal",),
    ("rust.bounds",),
    ("rust.sharing",),
    ("rust.statics",),
    ("rust.output",),
    ("git",),
    ("codebase", "facts_cache", "workers"),
    ("wanted",),
    ("codemod", "suppression", "golden"),
    ("looker",),
    ("registry", "scan", "scope"),
    ("results", "trace"),
    ("changeset", "lock"),
    ("report", "proof", "review", "forge", "campaign"),
    ("__init__",),
    ("testing",),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

# Where each module that is not ours may be imported: one home, named as a room or a file of it.
# What is not listed may be imported nowhere, if it is not of the standard library. Only rooms
# that have effects start programs.
HOMES = {
    "ahocorasick_rs": ("rust.file.portions", "rust.file.skim", "rust.whole"),
    "git": ("git.branch",),
    "msgspec": ("plain", "rust.file.syntax", "looker", "results", "trace"),
    "platformdirs": ("answers",),
    "pytest": ("testing",),
    "rich": ("cli",),
    "subprocess": ("git", "lock", "proof", "testing"),
    "tomllib": ("cargo.manifest", "testing", "cli.config"),
    "tree_sitter": ("rust.file.syntax",),
    "tree_sitter_rust": ("rust.file.syntax",),
    "typer": ("cli",),
    "unidiff": ("cli", "report"),
}


def test_imports_point_downwards_and_libraries_have_one_home() -> None:
    assert list(complaints(ENGINE)) == []


def test_codemods_know_only_the_authoring_api() -> None:
    assert list(codemod_complaints(CODEMODS)) == []


def test_every_room_has_a_place() -> None:
    assert [file for file in ENGINE.rglob("*.py") if not _room(_module(file, ENGINE))] == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("finding.py", "from rustfix_mem.codemod import Codemod"),
        ("finding.py", "from rustfix_mem import scan"),
        ("finding.py", "from rustfix_mem import Codemod"),
        ("finding.py", "import rustfix_mem.git.snapshot as s"),
        ("text.py", "from rustfix_mem import errors"),
        ("text.py", "from . import cli"),
        ("report/text.py", "from rustfix_mem.proof.build import run"),
        ("git/store.py", "from ..codebase import Codebase"),
        ("git/store.py", "if TYPE_CHECKING:\n    from rustfix_mem.cli import main"),
        ("git/store.py", "def late():\n    import git"),
        ("git/branch.py", "import tree_sitter.binding"),
        ("rust/file/macros.py", "from tree_sitter import Node"),
        ("rust/whole/modules.py", "import tomllib"),
        ("rust/file/look.py", "from rustfix_mem.rust.whole import types"),
        ("rust/removal/cuts.py", "from rustfix_mem.rust.bounds.pins import pins"),
        ("rust/attic.py", "import os"),
        ("cargo/edit.py", "from rustfix_mem.rust.file.syntax import parse"),
        ("scan.py", "importlib.import_module('rich.console')"),
        ("cli/main.py", "import requests"),
        ("cli/apply.py", "import subprocess"),
        ("changeset.py", "from rustfix_mem.lock import updated"),
        ("attic.py", "import os"),
    ],
)
def test_a_wrong_import_is_noticed(tmp_path: Path, file: str, line: str) -> None:
    _write(tmp_path / file, line)
    assert len(list(complaints(tmp_path))) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("rust/whole/modules.py", "from rustfix_mem.rust.file.syntax import parse"),
        ("rust/file/syntax.py", "import tree_sitter, os.path, __future__"),
        ("git/branch.py", "import git\nfrom . import store\nfrom .store import Store"),
        ("codebase.py", "from rustfix_mem.git.snapshot import Snapshot"),
        ("cli/config.py", "import tomllib\nfrom rustfix_mem import changeset, Codemod"),
        ("rust/whole/names.py", "from rustfix_mem import __version__"),
    ],
)
def test_a_right_import_passes(tmp_path: Path, file: str, line: str) -> None:
    _write(tmp_path / file, line)
    assert list(complaints(tmp_path)) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("from rustfix_mem import Codemod, param\nimport re", 0),
        ("from rustfix_mem.rust.file import syntax", 1),
        ("from rustfix_mem import rust", 1),
        ("from rustfix_mem_codemods import release_profile", 1),
        ("from . import release_profile", 1),
        ("from .release_profile import ReleaseProfile", 1),
        ("import tree_sitter", 1),
    ],
)
def test_what_a_codemod_may_import(tmp_path: Path, line: str, wrong: int) -> None:
    _write(tmp_path / "cache_bounds.py", line)
    assert len(list(codemod_complaints(tmp_path))) == wrong


def complaints(engine: Path) -> Iterator[str]:
    """What is wrong with the imports of the package at `engine`, a line each."""
    for file in sorted(engine.rglob("*.py")):
        module = _module(file, engine)
        if not _room(module):
            yield f"{'.'.join(module)} has no place in LAYERS"
            continue
        for wanted in sorted(_imports(file, engine, "rustfix_mem")):
            if why := _objection(module, wanted):
                yield f"{'.'.join(module)} imports {'.'.join(wanted)}: {why}"


def codemod_complaints(codemods: Path) -> Iterator[str]:
    """The same for codemods: the top package and the standard library, nothing else."""
    for file in sorted(codemods.rglob("*.py")):
        for wanted in sorted(_imports(file, codemods, "rustfix_mem_codemods")):
            ours = wanted[0] == "rustfix_mem" and not _room(wanted[1:])
            if not ours and wanted[0] not in sys.stdlib_module_names:
                yield f"{file.name} imports {'.'.join(wanted)}"


def _objection(module: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    if wanted[0] == "rustfix_mem":
        return _wrong_way(module, wanted[1:])
    homes = HOMES.get(wanted[0])
    if homes is None:
        return "" if wanted[0] in sys.stdlib_module_names else "it has no home"
    at_home = any(module[: home.count(".") + 1] == tuple(home.split(".")) for home in homes)
    return "" if at_home else f"its home is {' or '.join(homes)}"


def _wrong_way(module: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    if wanted == ("__version__",):  # a plain word, and true in every layer
        return ""
    room, target = _room(module), _room(wanted) or "__init__"
    upwards = target != room and LEVEL[target] >= LEVEL[room]
    return f"{target} is not below {room}" if upwards else ""


def _room(module: tuple[str, ...]) -> str:
    """The room that a module is in, `rust.file` of `rust.file.syntax`; empty if it has none."""
    inner = ".".join(module[:2])
    if module == ("rust",):  # its `__init__`, which imports nothing
        return "rust.file"
    return inner if inner in LEVEL else module[0] if module and module[0] in LEVEL else ""


def _module(file: Path, package: Path) -> tuple[str, ...]:
    """`rust/syntax.py` is `rust.syntax`, `rust/__init__.py` is `rust`, at the top `__init__`."""
    parts = file.relative_to(package).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def _imports(file: Path, package: Path, name: str) -> set[tuple[str, ...]]:
    """Every module that `file` names in an import, wherever it stands, as dotted parts."""
    here = (name, *file.relative_to(package).parts[:-1])
    found = set[tuple[str, ...]]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= _imported_from(node, here)
        elif isinstance(node, ast.Call):
            found |= _imported_by_name(node)
    return found


def _imported_from(node: ast.ImportFrom, here: tuple[str, ...]) -> set[tuple[str, ...]]:
    """`from a import b` names `a.b`; only where `a` has rooms does it matter which `b`."""
    base = here[: len(here) - node.level + 1] if node.level else ()
    base += tuple(node.module.split(".")) if node.module else ()
    return {(*base, alias.name) for alias in node.names} if len(base) == 1 else {base}


def _imported_by_name(node: ast.Call) -> set[tuple[str, ...]]:
    """`import_module("typer")` is an import too; a computed name is not followed."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    if called not in ("import_module", "__import__") or not node.args:
        return set()
    word = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    return {tuple(word.split("."))} if isinstance(word, str) else set()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
