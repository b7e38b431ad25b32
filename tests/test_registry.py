from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from rustfix_mem import registry
from rustfix_mem.errors import CodemodBug, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CODEMOD = '''
from dataclasses import dataclass
from rustfix_mem.codemod import Codemod

class Base(Codemod):
    """Not finished: `judge` is missing."""

@dataclass(frozen=True)
class Mine(Codemod):
    """Does something."""

    def judge(self, codebase):
        return iter(())
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Registers packages of codemods: a name, and its modules with their text."""
    known: list[str] = []
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_packages", lambda: tuple(known))

    def make(name: str, **modules: str) -> None:
        known.append(name)
        for path, text in {"__init__": "", **modules}.items():
            file = tmp_path / name / (path.replace("__in__", "/") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    yield make
    for module in [m for m in sys.modules if m.partition(".")[0] in known]:
        del sys.modules[module]


def test_modules_and_packages_are_codemods_and_helpers_are_not(
    package: Callable[..., None],
) -> None:
    package("one_codemods", cap_maps=CODEMOD, _helper="1 / 0", big__in____init__=CODEMOD)
    package("two_codemods", tidy=CODEMOD + "\nfrom one_codemods.cap_maps import Mine as Other")
    assert list(registry.discover()) == ["big", "cap-maps", "tidy"]
    assert registry.find("tidy").__module__ == "two_codemods.tidy"


def test_two_of_one_name_is_an_error(package: Callable[..., None]) -> None:
    package("one_codemods", cap_maps=CODEMOD)
    package("two_codemods", cap_maps=CODEMOD)
    with pytest.raises(UsageError, match="two codemods are called `cap-maps`") as error:
        registry.discover()
    assert "`two_codemods.cap_maps.Mine`" in error.value.what
    assert "pip uninstall" in error.value.help


@pytest.mark.parametrize("typed", ["cap_maps", "cap-map", "Cap-Maps"])
def test_only_the_one_spelling_is_found(package: Callable[..., None], typed: str) -> None:
    package("one_codemods", cap_maps=CODEMOD)
    with pytest.raises(UsageError) as error:
        registry.find(typed)
    assert error.value.what == f"there is no codemod `{typed}`"
    assert error.value.help == "did you mean `cap-maps`?"


def test_without_any_codemod_there_is_something_to_type(package: Callable[..., None]) -> None:
    with pytest.raises(UsageError) as error:
        registry.find("cap-maps")
    assert error.value.help


def test_a_module_that_does_not_load_is_its_authors_bug(package: Callable[..., None]) -> None:
    package("one_codemods", cap_maps="import no_such_module")
    with pytest.raises(CodemodBug, match=r"`one_codemods\.cap_maps` cannot be loaded"):
        registry.discover()
