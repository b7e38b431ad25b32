"""What is judged, and with which parameters: all that files, environment and options say.

The weakest first: `[package.metadata.rustfix-mem]` and `[workspace.metadata.rustfix-mem]` of the
top `Cargo.toml`, `rustfix-mem.toml`, variables `RUSTFIX_MEM_…`, `--set`, a codemod's own options.
The files are those of what is read: of the commit, the index, the work tree.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rustfix_mem import registry
from rustfix_mem.errors import UsageError, did_you_mean
from rustfix_mem.git.snapshot import REGULAR
from rustfix_mem.scope import Globs, Layer, Scope, checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rustfix_mem.codemod import Codemod
    from rustfix_mem.git.snapshot import Snapshot

FILE = "rustfix-mem.toml"
CARGO = "Cargo.toml"
EXAMPLE = "write it as `--set cache-bounds.max-entries=500`"
TYPED = "command line"
PREFIX = "RUSTFIX_MEM_"
OURS = ("RUSTFIX_MEM_CACHE_DIR", "RUSTFIX_MEM_TRACEBACK")
"""Variables that set no parameter."""
INCLUDE, EXCLUDE, PER_PATH, PATHS = "include", "exclude", "per-path", "paths"


@dataclass(frozen=True, slots=True)
class _Source:
    """One table with settings, as it is in a file."""

    origin: str
    """For people: `rustfix-mem.toml`."""
    prefix: str
    """What the name of a table of it begins with: `workspace.metadata.rustfix-mem.`."""
    include: Globs | None = None
    exclude: Globs | None = None
    layers: list[tuple[str, Layer]] = field(default_factory=list)


def settings(snapshot: Snapshot, assignments: Sequence[str]) -> Scope:
    """All that the repository, the environment and `--set` say; raises `UsageError`."""
    files = _files(snapshot)
    sources = [*_of_cargo(files.get(CARGO, b"")), *_of_file(files.get(FILE))]
    layers: dict[str, tuple[Layer, ...]] = {}
    found = [one for source in sources for one in source.layers]
    for name, layer in (*found, *_of_environment(os.environ), *_of_options(assignments)):
        layers[name] = (*layers.get(name, ()), layer)
    include = [source.include for source in sources if source.include is not None]
    exclude = [source.exclude for source in sources if source.exclude is not None]
    return Scope((include or [Globs()])[-1], (exclude or [Globs()])[-1], layers)


def with_options(scope: Scope, codemod: type[Codemod], given: Mapping[str, Any]) -> Scope:
    """The scope with the codemod's own options, which are stronger than all else."""
    return scope.with_layer(codemod.name(), Layer(TYPED, given)) if given else scope


def described(scope: Scope, codemod: type[Codemod]) -> Iterator[str]:
    """Which values a codemod has, and from where."""
    one, origins = scope.configured(codemod), scope.origins(codemod.name())
    said = [
        f"{known.name} = {_shown(getattr(one, known.name.replace('-', '_')))}"
        f" ({origins[known.name].origin if known.name in origins else 'default'})"
        for known in codemod.parameters()
    ]
    if said:
        yield f"`{codemod.name()}` has {', '.join(said)}"
    for layer, values in scope.by_path(codemod.name()):
        said = [f"{name} = {_shown(value)} ({layer.origin})" for name, value in values.items()]
        yield f"`{codemod.name()}` has {', '.join(said)} in {_listed(layer.paths)}"


def limits(scope: Scope) -> Iterator[str]:
    """Which files are judged, if not all are."""
    if scope.include.patterns:
        yield f"only files in {_listed(scope.include)} are judged ({scope.include.origin})"
    if scope.exclude.patterns:
        yield f"no file in {_listed(scope.exclude)} is judged ({scope.exclude.origin})"


def variable(codemod: str, parameter: str) -> str:
    """The name of the variable that sets a parameter."""
    return f"{PREFIX}{codemod}_{parameter}".upper().replace("-", "_")


def _of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Layer]]:
    """An empty variable is none: that is how CI systems write one that is not set."""
    given = {k: v for k, v in sorted(environment.items()) if k.startswith(PREFIX) and v}
    names = [name for name in given if name not in OURS]
    known = _variables() if names else {}
    for name in names:
        if name not in known:
            what = f"there is a variable `{name}`, which sets no parameter"
            raise UsageError(what, did_you_mean(name, [*known, *OURS]))
        codemod, key = known[name]
        with _told_where(f"in `{name}`"):
            codemod.configure({key: given[name]})
        yield codemod.name(), Layer(name, {key: given[name]})


def _variables() -> dict[str, tuple[type[Codemod], str]]:
    """Codemod and parameter by variable; one that could mean two is in it for neither."""
    found: dict[str, list[tuple[type[Codemod], str]]] = {}
    for name, codemod in registry.discover().items():
        for parameter in codemod.parameters():
            found.setdefault(variable(name, parameter.name), []).append((codemod, parameter.name))
    return {name: meant[0] for name, meant in found.items() if len(meant) == 1}


def _of_options(assignments: Sequence[str]) -> Iterator[tuple[str, Layer]]:
    for assignment in assignments:
        name, key, value = _split(assignment)
        registry.find(name).configure({key: value})
        yield name, Layer(TYPED, {_spelled(key): value})


def _files(snapshot: Snapshot) -> dict[str, bytes]:
    """The files that may say something, in one request."""
    entry = snapshot.entries.get(FILE)
    if entry is not None and entry.mode not in REGULAR:
        raise UsageError(f"`{FILE}` is not an ordinary file", "a link is not followed; copy it")
    there = [path for path in (FILE, CARGO) if path in snapshot.entries]
    return dict(
        snapshot.read_many(path for path in there if snapshot.entries[path].mode in REGULAR)
    )


def _of_file(data: bytes | None) -> Iterator[_Source]:
    if data is not None:
        yield _source(_parse(data), _Source(FILE, ""))


def _of_cargo(data: bytes) -> Iterator[_Source]:
    """The tables of the top `Cargo.toml`. One that is no TOML is told of by who reads manifests."""
    if b"rustfix-mem" not in data:
        return
    from rustfix_mem.cargo import manifest

    try:
        whole = manifest.read(data)
    except ValueError:
        return
    for kind in ("package", "workspace"):
        table: Any = whole
        for key in (kind, "metadata", "rustfix-mem"):
            table = table.get(key) if isinstance(table, dict) else None
        origin = f"{kind}.metadata of {CARGO}"
        if table is not None and not isinstance(table, dict):
            what = f"`rustfix-mem` in `{origin}` is not a table"
            raise UsageError(what, f"begin it with `[{kind}.metadata.rustfix-mem]`")
        if table is not None:
            yield _source(table, _Source(origin, f"{kind}.metadata.rustfix-mem."))


def _source(table: Mapping[str, Any], source: _Source) -> _Source:
    """What a table says, checked."""
    limits = {key: _globs(key, table[key], source) for key in (INCLUDE, EXCLUDE) if key in table}
    codemods = {key: value for key, value in table.items() if key not in limits}
    layers = [one for name, value in codemods.items() for one in _layers(name, value, source)]
    include, exclude = limits.get(INCLUDE), limits.get(EXCLUDE)
    return _Source(source.origin, source.prefix, include, exclude, layers)


def _layers(name: str, value: object, source: _Source) -> Iterator[tuple[str, Layer]]:
    """The layers of the table of one codemod: what holds everywhere, then what holds by path."""
    codemod = _codemod(name, value, source)
    if not isinstance(value, dict):
        what = f"`{name}` in `{source.origin}` is not a table"
        raise UsageError(what, f"begin it with `[{source.prefix}{name}]`")
    table = {_spelled(key): given for key, given in value.items()}
    special = table.pop(PER_PATH, [])
    yield name, _layer(codemod, table, Globs(), source)
    example = f"begin each with `[[{source.prefix}{name}.{PER_PATH}]]`"
    if not isinstance(special, list) or not all(isinstance(one, dict) for one in special):
        what = f"`{PER_PATH}` of `{name}` in `{source.origin}` is not a list of tables"
        raise UsageError(what, example)
    for entry in special:
        values = {_spelled(key): given for key, given in entry.items()}
        if PATHS not in values or len(values) == 1:
            what = f"a `{PER_PATH}` of `{name}` in `{source.origin}` lacks `{PATHS}` or a parameter"
            raise UsageError(what, f'write `{PATHS} = ["crates/server/**"]`, then parameters')
        paths = _globs(PATHS, values.pop(PATHS), source)
        yield name, _layer(codemod, values, paths, source)


def _layer(
    codemod: type[Codemod], values: Mapping[str, Any], paths: Globs, source: _Source
) -> Layer:
    with _told_where(f"in `{source.origin}`"):
        codemod.configure(values)
    return Layer(source.origin, values, paths, in_base=True)


def _codemod(name: str, value: object, source: _Source) -> type[Codemod]:
    known = registry.discover()
    if name not in known:
        what = "table" if isinstance(value, dict) else "key"
        hint = did_you_mean(name.replace("_", "-"), [*known, INCLUDE, EXCLUDE])
        raise UsageError(f"`{source.origin}` has a {what} `{name}`, which is no codemod", hint)
    return known[name]


def _globs(key: str, value: object, source: _Source) -> Globs:
    if not isinstance(value, list) or not value:
        what = f"`{key}` in `{source.origin}` is not a list of globs"
        raise UsageError(what, f'write it as `{key} = ["crates/server/**"]`')
    with _told_where(f"in `{source.origin}`"):
        return Globs(tuple(map(checked, value)), source.origin)


@contextmanager
def _told_where(where: str) -> Iterator[None]:
    """A mistake in a value, with the place where it was made."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{error.what}, {where}", error.help) from None


def _parse(data: bytes) -> dict[str, Any]:
    import tomllib  # 6 ms, which a repository without the file does not wait for

    from rustfix_mem.cargo import manifest

    try:
        return manifest.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"`{FILE}`, line {line}: not UTF-8", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)", said)
        where = f"line {place[1]}, column {place[2]}" if place else "at its end"
        reason = said[: place.start()] if place else said.removesuffix(" (at end of document)")
        raise UsageError(
            f"`{FILE}`, {where}: {reason[:1].lower()}{reason[1:]}", "correct the TOML and commit it"
        ) from None
    except ValueError as error:
        raise UsageError(
            f"`{FILE}` cannot be read: {error}", "correct the TOML and commit it"
        ) from None


def _split(assignment: str) -> tuple[str, str, str]:
    target, equals, value = assignment.partition("=")
    name, dot, key = target.partition(".")
    if not (equals and dot and name and key):
        raise UsageError(f"`--set {assignment}` does not set anything", EXAMPLE)
    return name, key, value


def _spelled(key: str) -> str:
    return key.replace("_", "-")


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(globs: Globs) -> str:
    return ", ".join(f"`{pattern}`" for pattern in globs.patterns)
