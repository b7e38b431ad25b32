"""codemods/README.md says what the manuals say."""

from __future__ import annotations

import runpy
from pathlib import Path

from rustfix_mem import registry

HERE = Path(__file__).parent
FILE = HERE.parent / "codemods" / "README.md"


def test_the_catalogue_is_up_to_date() -> None:
    made = runpy.run_path(str(HERE / "catalogue.py"))["render"]()
    assert FILE.read_text(encoding="utf-8") == made, "type `make catalogue`"


def test_the_catalogue_has_every_codemod_and_every_parameter() -> None:
    text = FILE.read_text(encoding="utf-8")
    for name, codemod in registry.discover().items():
        assert f"\n## {name}\n" in text
        assert all(f"\n| `{parameter.name}` | " in text for parameter in codemod.parameters())
