"""Where codemods come from: every package that registers under one entry-point group."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from rustfix_mem.codemod import Codemod
from rustfix_mem.errors import CodemodBug, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

GROUP = "rustfix_mem.codemods"
ALL = "all"


def discover() -> dict[str, type[Codemod]]:
    """Every codemod by name, sorted. Two of one name is an error, never a silent choice."""
    found: dict[str, type[Codemod]] = {}
    for codemod in (c for name in _packages() for c in _codemods(_load(name))):
        if (other := found.setdefault(codemod.name(), codemod)) is not codemod:
            homes = f"`{_home(other)}` and `{_home(codemod)}`"
            raise UsageError(
                f"two codemods are called `{codemod.name()}`: {homes}",
                "uninstall one of the packages with `pip uninstall`, or rename its module",
            )
    return dict(sorted(found.items()))


def find(name: str) -> type[Codemod]:
    """The codemod that is called exactly `name`; `cache_bounds` is told how it is spelled."""
    known = discover()
    if name not in known:
        hint = did_you_mean(name.replace("_", "-").lower(), known)
        raise UsageError(
            f"there is no codemod `{name}`", hint or "install a package of codemods with `pip`"
        )
    return known[name]


def select(names: Sequence[str]) -> tuple[type[Codemod], ...]:
    """The codemods of these names, once each; all of them for `all` or for no name."""
    if names and ALL not in names:
        return tuple(find(name) for name in dict.fromkeys(names))
    if not (known := discover()):
        raise UsageError("no codemod is installed", "install rustfix-mem itself with `pip`")
    return tuple(known.values())


@cache
def _packages() -> tuple[str, ...]:
    """The registered packages; asking costs 20 ms, so it happens on first use and once."""
    from importlib.metadata import entry_points

    return tuple(sorted({point.value for point in entry_points(group=GROUP)}))


def _codemods(package: ModuleType) -> Iterator[type[Codemod]]:
    """The codemods of a package: one module or sub-package each, `_helper` is passed over."""
    for info in pkgutil.iter_modules(package.__path__):
        if not info.name.startswith("_"):
            yield from _defined(_load(f"{package.__name__}.{info.name}"))


def _defined(module: ModuleType) -> Iterator[type[Codemod]]:
    """What the module itself defines: neither what it imports nor an unfinished base."""
    for value in list(vars(module).values()):
        if (
            isinstance(value, type)
            and issubclass(value, Codemod)
            and value.__module__ == module.__name__
            and not inspect.isabstract(value)
        ):
            yield value


def _load(name: str) -> ModuleType:
    """A module of codemods is someone else's code: whatever it raises is its author's to fix."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise CodemodBug(
            f"the codemods in `{name}` cannot be loaded: {type(error).__name__}: {error}",
            "update or uninstall the package that they come from",
        ) from error


def _home(codemod: type[Codemod]) -> str:
    return f"{codemod.__module__}.{codemod.__qualname__}"
