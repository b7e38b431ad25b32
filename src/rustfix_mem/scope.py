"""Which files are judged, and with which parameters: globs, and values in layers.

A glob begins at the top of the repository and has forward slashes: `*`, `?` and `[…]` stay within
a name, `**` is any number of folders, and a folder is all that is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from rustfix_mem.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rustfix_mem.codemod import Codemod

ANY = "**"


@dataclass(frozen=True, slots=True)
class Globs:
    """Globs that stand together, and who says so: `rustfix-mem.toml`."""

    patterns: tuple[str, ...] = ()
    origin: str = ""

    def match(self, path: str) -> bool:
        parts = path.split("/")
        return any(_match(parts, _parts(pattern)) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Layer:
    """Parameters of one codemod from one place; a later layer of a scope is stronger."""

    origin: str
    """As people know it: `rustfix-mem.toml`, `command line`, the name of a variable."""
    values: Mapping[str, Any]
    """By parameter, spelled as typed: `max-entries`."""
    paths: Globs = Globs()
    """Where it holds; without patterns everywhere."""
    in_base: bool = False
    """Whether it comes from a file of what is read, and so is there for everyone who reads it."""


@dataclass(frozen=True)
class Scope:
    """All that a configuration says: of files, and of parameters by the name of the codemod."""

    include: Globs = Globs()
    exclude: Globs = Globs()
    layers: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)

    def holds(self, path: str) -> bool:
        """Whether a file is judged. The facts of one that is not still count for others."""
        included = not self.include.patterns or self.include.match(path)
        return included and not self.exclude.match(path)

    def whole(self, codemod: Codemod) -> bool:
        """Whether every file is judged, with the same parameters."""
        limited = self.include.patterns or self.exclude.patterns
        return not limited and not self._by_path(codemod.name())

    def configured(self, codemod: type[Codemod], path: str | None = None) -> Codemod:
        """The codemod as it is to be in one file; without a path, where nothing else is said."""
        return codemod.configure(_merged(self._at(codemod.name(), path)))

    def variants(self, codemod: Codemod, paths: Iterable[str]) -> dict[Codemod, set[str]]:
        """The codemods that judge, each with the files of `paths` that it judges."""
        found: dict[Codemod, set[str]] = {}
        made: dict[tuple[int, ...], Codemod] = {}
        name, kind = codemod.name(), type(codemod)
        for path in filter(self.holds, paths):
            one = codemod
            if self._by_path(name):
                key = tuple(id(layer) for layer in self._at(name, path))
                one = made[key] = made.get(key) or self.configured(kind, path)
            found.setdefault(one, set()).add(path)
        return found

    def with_layer(self, codemod: str, layer: Layer) -> Scope:
        """The scope with one more layer, the strongest."""
        more = (*self.layers.get(codemod, ()), layer)
        return replace(self, layers={**self.layers, codemod: more})

    def origins(self, codemod: str) -> dict[str, Layer]:
        """The layer that each parameter has its value from, where nothing is said of the path."""
        return {name: layer for layer in self._at(codemod, None) for name in layer.values}

    def by_path(self, codemod: str) -> Iterator[tuple[Layer, Mapping[str, Any]]]:
        """What holds only in some files, weakest first, without what a later layer sets for all."""
        layers = self.layers.get(codemod, ())
        for number, layer in enumerate(layers):
            if layer.paths.patterns:
                later = _merged(one for one in layers[number:] if not one.paths.patterns)
                if values := {k: v for k, v in layer.values.items() if k not in later}:
                    yield layer, values

    def _at(self, codemod: str, path: str | None) -> list[Layer]:
        return [
            layer
            for layer in self.layers.get(codemod, ())
            if not layer.paths.patterns or (path is not None and layer.paths.match(path))
        ]

    def _by_path(self, codemod: str) -> bool:
        return any(layer.paths.patterns for layer in self.layers.get(codemod, ()))


EVERYWHERE = Scope()


def checked(pattern: object) -> str:
    """A glob as it was written; raises `UsageError` if it cannot match what it seems to."""
    if not isinstance(pattern, str) or not pattern.strip("/"):
        raise UsageError(f"`{pattern}` is not a glob", 'write it as `"crates/server/**"`')
    parts = pattern.split("/")
    if "\\" in pattern or pattern.startswith(("/", "!")) or {".", ".."} & set(parts):
        raise UsageError(
            f"the glob `{pattern}` matches no file",
            "begin at the top of the repository, with `/` between folders: `crates/server/**`",
        )
    if any(ANY in part and part != ANY for part in parts):
        raise UsageError(
            f"the glob `{pattern}` has `**` beside something else", "write `**/` for any folders"
        )
    return pattern


def _merged(layers: Iterable[Layer]) -> dict[str, Any]:
    return {name: value for layer in layers for name, value in layer.values.items()}


@cache
def _parts(pattern: str) -> tuple[str, ...]:
    """The names of a glob; `**/**` is no more than `**`."""
    names = pattern.strip("/").split("/")
    pairs = zip(names, [*names[1:], ""], strict=True)
    return tuple(name for name, after in pairs if not name == after == ANY)


def _match(parts: Sequence[str], globs: Sequence[str]) -> bool:
    """Whether the first names of a path are what the globs say: a folder is all that is in it."""
    if not globs:
        return True
    if globs[0] == ANY:
        if len(globs) == 1:
            return bool(parts)
        return any(_match(parts[start:], globs[1:]) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], globs[0]) and _match(parts[1:], globs[1:])
