"""codemods/README.md and the schema say what the codemods say."""

from __future__ import annotations

import runpy
from pathlib import Path

from rustfix_mem import registry

HERE = Path(__file__).parent
FILE = HERE.parent / "codemods" / "README.md"


def test_the_catalogue_is_up_to_date() -> None:
    made = runpy.run_path(str(HERE / "catalogue.py"))["render"]()
    assert FILE.read_text(encoding="utf-8") == made, "type `make catalogue`"


def test_the_schema_of_the_configuration_is_up_to_date() -> None:
    made = runpy.run_path(str(HERE / "catalogue.py"))
    fresh = made["schema"].render(made["ours"]())
    assert made["SCHEMA"].read_text(encoding="utf-8") == fresh, "type `make catalogue`"


def test_the_catalogue_has_every_codemod_and_every_parameter() -> None:
    text = FILE.read_text(encoding="utf-8")
    ours = [it for it in registry.discover().values() if it.__module__.startswith("rustfix_mem_")]
    assert ours
    for codemod in ours:
        assert f"\n## {codemod.name()}\n" in text
        assert all(f"\n| `{parameter.name}` | " in text for parameter in codemod.parameters())
