"""Cargo.toml: which packages a repository has, and the files that rustc starts from."""

from __future__ import annotations

import posixpath
import re
import tomllib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that rustc compiles. `kind`: lib, bin, proc-macro, test, bench, example, build."""

    kind: str
    name: str
    root: str
    """Path of its first file."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the repository; `folder` is empty for one at the top."""

    name: str
    folder: str
    edition: str
    rust_version: str
    published: bool
    member: bool
    """Whether it belongs to a workspace of the repository, or stands alone with a lock file."""
    dependencies: frozenset[str]
    """Names as the code says them, with underscores."""
    needs: frozenset[str]
    """The same, and the names of the packages that renamed ones really are."""
    tests_with: frozenset[str]
    """Those that only its tests, benches and examples use."""
    targets: tuple[Target, ...]
    requirements: tuple[tuple[str, str], ...] = ()
    """Each dependency as the code says it, and the version that is asked for; not those by path."""
    rust_around: str = ""
    """The `rust-version` in `[workspace.package]`, whether or not the package takes it."""

    def requirement(self, crate: str) -> str:
        """The version of a dependency that is asked for, `0.12` or `^0.12`; empty if unknown."""
        return dict(self.requirements).get(crate, "")

    @property
    def crate(self) -> str:
        """The library's name as the code says it."""
        library = next((t.name for t in self.targets if t.kind in ("lib", "proc-macro")), self.name)
        return library.replace("-", "_")


@dataclass(frozen=True, slots=True)
class BadManifest:
    path: str
    reason: str


def read(source: bytes) -> dict[str, Any]:
    """What a TOML file says; `ValueError` if it is not one."""
    text = source.decode("utf-8-sig")
    try:
        return loads(text)
    except tomllib.TOMLDecodeError as error:
        try:
            return loads(_joined(text))
        except ValueError:
            raise error from None  # whose line is that of the file


@lru_cache(maxsize=512)
def known(source: bytes) -> Mapping[str, Any]:
    """The same, remembered: a root and its lock file are asked about for each package."""
    return read(source)


MAX_BYTES = 1_000_000
"""A larger manifest is not read: tomllib takes about a second for it."""

DEEP_KEY = re.compile(
    r"""(?:^|[{,])[ \t]*+(?:\[{1,2}[ \t]*+)?"""
    r"""(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""",
    re.MULTILINE,
)
"""For a key of many parts tomllib takes memory as the square of their number."""


def loads(text: str) -> dict[str, Any]:
    """What TOML says, as tomllib reads it; `ValueError` also for what is too much for it."""
    if len(text) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    if DEEP_KEY.search(text):
        raise ValueError("nested too deeply")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


TOKEN = re.compile(
    r"""\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[{}\n]|,\s*(?=\})""",
    re.DOTALL,
)
"""What may hold a brace or end a line in TOML: strings, comments, brackets; a last comma."""


def _joined(text: str) -> str:
    """The text with each inline table on one line: cargo reads TOML 1.1, tomllib not yet."""
    depth = 0

    def token(found: re.Match[str]) -> str:
        nonlocal depth
        said = found[0]
        if said in "{}":
            depth += 1 if said == "{" else -1
        if depth > 0 and said[0] in "\n#":
            return " "
        return "" if depth > 0 and said[0] == "," else said

    once = TOKEN.sub(token, text)  # comments and line ends first, so that a last comma is seen
    depth = 0
    return TOKEN.sub(token, once)


def packages(
    manifests: Mapping[str, bytes],
    rust_files: Collection[str],
    lock_files: Callable[[], Collection[str]] = tuple,
) -> tuple[tuple[Package, ...], tuple[BadManifest, ...]]:
    """The packages that the manifests declare, and the manifests that cannot be read.

    `manifests` maps each `Cargo.toml` to its bytes; cargo is not run and no file is opened.
    `lock_files` are asked for where a workspace leaves a package out: one with a lock file of its
    own is built by itself, an application or a binding to another language.
    """
    read_tables: dict[str, dict[str, Any]] = {}
    bad: list[BadManifest] = []
    for path, source in manifests.items():
        try:
            read_tables[posixpath.dirname(path)] = read(source)
        except ValueError as error:
            bad.append(BadManifest(path, f"invalid TOML: {error}"))
    tables, rust = _Tables(read_tables), _Rust(rust_files)
    inside = _members(tables)
    members = inside | _alone(tables.packages - inside, lock_files, tables)
    found = [
        _package(folder, table, tables, folder in members, rust)
        for folder, table in sorted(read_tables.items())
        if folder in tables.packages
    ]
    found = [replace(one, rust_around="") if one.folder not in inside else one for one in found]
    return tuple(found), tuple(bad)


LOCK = "Cargo.lock"


def _alone(
    left_out: set[str], lock_files: Callable[[], Collection[str]], tables: _Tables
) -> set[str]:
    """The folders of packages that are built by themselves, and of all that these need by path."""
    locks = lock_files() if left_out else ()
    alone = {folder for folder in left_out if posixpath.join(folder, LOCK) in locks}
    return _with_dependencies(alone, tables)


@dataclass(frozen=True)
class _Tables:
    """What every manifest says, by its folder."""

    all: Mapping[str, dict[str, Any]]

    @cached_property
    def packages(self) -> set[str]:
        """The folders of manifests that declare a package."""
        return {f for f, table in self.all.items() if isinstance(table.get("package"), dict)}

    @cached_property
    def roots(self) -> dict[str, dict[str, Any]]:
        """The `[workspace]` table of each folder that has one."""
        found = {folder: table.get("workspace") for folder, table in self.all.items()}
        return {folder: table for folder, table in found.items() if isinstance(table, dict)}

    def shared(self, folder: str) -> dict[str, Any]:
        """The dependencies that a package may take from its workspace."""
        root = folder if folder in self.roots else _root_of(folder, self.roots) or ""
        return _table(_table(self.all.get(root, {}), "workspace"), "dependencies")


@dataclass(frozen=True)
class _Rust:
    """The Rust files, of which cargo finds targets by their place."""

    files: Collection[str]

    @cached_property
    def at(self) -> Mapping[str, list[str]]:
        """The files in each folder where targets may be found, and each `main.rs` one below."""
        found: dict[str, list[str]] = {}
        for path in self.files:
            folder, _, name = path.rpartition("/")
            above = folder.rpartition("/")[0] if name == "main.rs" else ""
            for there in (folder, above):
                if there.endswith(PLACE_ENDS):
                    found.setdefault(there, []).append(path)
        return found


def _members(tables: _Tables) -> set[str]:
    """The folders of packages that cargo would build from some workspace of the repository."""
    roots = tables.roots
    found = {folder for folder in tables.all if folder in roots or _root_of(folder, roots) is None}
    for root, workspace in roots.items():
        excluded = [
            posixpath.normpath(posixpath.join(root, e)) for e in _strings(workspace, "exclude")
        ]
        for pattern in _strings(workspace, "members"):
            glob = posixpath.normpath(posixpath.join(root, pattern)).removeprefix("./")
            glob = "" if glob == "." else glob
            out = [f"{folder}/" for folder in excluded]
            there = [folder for folder in tables.all if _matches(folder, glob)]
            found |= {f for f in there if not f"{f}/".startswith(tuple(out))}
    return _with_dependencies(found, tables)


def _with_dependencies(folders: set[str], tables: _Tables) -> set[str]:
    """The folders, and those of all packages that these need by path."""
    found = set(folders)
    while more := {d for f in found for d in _path_dependencies(f, tables) if d not in found}:
        found |= more
    return found


def _matches(folder: str, glob: str) -> bool:
    return fnmatchcase(folder, glob) and folder.count("/") == glob.count("/")


def _root_of(folder: str, roots: Mapping[str, Any]) -> str | None:
    while folder:
        folder = posixpath.dirname(folder)
        if folder in roots:
            return folder
    return None


def _path_dependencies(folder: str, tables: _Tables) -> Iterable[str]:
    root = folder if folder in tables.roots else _root_of(folder, tables.roots) or ""
    shared = tables.shared(folder)
    for name, dependency in _dependencies(tables.all.get(folder, {})).items():
        if not isinstance(dependency, dict):
            continue
        inherited = bool(dependency.get("workspace"))
        source = _table(shared, name) if inherited else dependency
        path = source.get("path")
        if isinstance(path, str):
            there = posixpath.normpath(posixpath.join(root if inherited else folder, path))
            if there in tables.all:
                yield there


def _dependencies(table: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    places = [table, *(t for t in _table(table, "target").values() if isinstance(t, dict))]
    for place in places:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            found |= _table(place, kind)
    return found


def _only_for_tests(table: Mapping[str, Any]) -> frozenset[str]:
    places = [table, *(t for t in _table(table, "target").values() if isinstance(t, dict))]
    needed = [_table(p, k) for p in places for k in ("dependencies", "build-dependencies")]
    tested = [_table(p, "dev-dependencies") for p in places]
    return frozenset(_packages_named(tested) - _packages_named(needed))


def _inherited(folder: str, table: Mapping[str, Any], tables: _Tables) -> dict[str, Any]:
    """What the workspace says of the dependencies that a package takes from there."""
    shared = tables.shared(folder)
    taken = (
        key
        for key, said in _dependencies(table).items()
        if isinstance(said, dict) and said.get("workspace")
    )
    return {key: shared[key] for key in taken if key in shared}


def _packages_named(tables: Iterable[Mapping[str, Any]]) -> set[str]:
    """The packages that dependency tables name, by key and by what a renamed one really is."""
    found: set[str] = set()
    for table in tables:
        for key, dependency in table.items():
            real = dependency.get("package") if isinstance(dependency, dict) else None
            found |= {str(name).replace("-", "_") for name in (key, real) if name}
    return found


def _is_table(table: Mapping[str, Any], key: str) -> bool:
    return isinstance(table.get(key), dict)


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _strings(table: Mapping[str, Any], key: str) -> list[str]:
    value = table.get(key)
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _package(
    folder: str,
    table: Mapping[str, Any],
    tables: _Tables,
    member: bool,
    rust: _Rust,
) -> Package:
    package = _table(table, "package")
    name = str(package.get("name", posixpath.basename(folder)))
    root = tables.all.get(_root_of(folder, tables.roots) or "", {})
    inherited = _table(
        _table(root if not _is_table(table, "workspace") else table, "workspace"), "package"
    )

    def value(key: str, default: object) -> object:
        found = package.get(key, default)
        return inherited.get(key, default) if isinstance(found, dict) else found

    return Package(
        name=name,
        folder=folder,
        edition=str(value("edition", "2015")),
        rust_version=str(value("rust-version", "")),
        published=value("publish", True) not in (False, []),
        member=member,
        dependencies=frozenset(d.replace("-", "_") for d in _dependencies(table)),
        needs=frozenset(_packages_named([_dependencies(table), _inherited(folder, table, tables)])),
        tests_with=_only_for_tests(table),
        targets=tuple(_targets(name, folder, table, rust)),
        requirements=tuple(_requirements(folder, table, tables)),
        rust_around=str(inherited.get("rust-version", "")),
    )


def _requirements(
    folder: str, table: Mapping[str, Any], tables: _Tables
) -> Iterator[tuple[str, str]]:
    shared = _inherited(folder, table, tables)
    for name, said in _dependencies(table).items():
        dependency = said
        if isinstance(said, dict) and said.get("workspace"):
            dependency = shared.get(name)
        version = dependency.get("version") if isinstance(dependency, dict) else dependency
        if isinstance(version, str):
            yield name.replace("-", "_"), version


PLACES = {"bin": "src/bin", "test": "tests", "bench": "benches", "example": "examples"}
"""Where cargo finds the targets of a kind that the manifest does not name."""

PLACE_ENDS = tuple(place.rpartition("/")[2] for place in PLACES.values())

AUTO = {"bin": "autobins", "test": "autotests", "bench": "autobenches", "example": "autoexamples"}


def _targets(name: str, folder: str, table: Mapping[str, Any], rust: _Rust) -> list[Target]:
    """The targets that the manifest names, and those that cargo finds by their place."""
    package = _table(table, "package")
    said = (
        *_library(name, table),
        *_named_targets(name, table),
        *_usual_targets(name, package),
        *_found_targets(folder, package, rust),
    )
    found: dict[str, Target] = {}  # the first that speaks of a file names it
    for kind, named, path in said:
        root = posixpath.normpath(posixpath.join(folder, path))
        if root in rust.files:
            found.setdefault(root, Target(kind, named, root))
    return list(found.values())


_Said = tuple[str, str, str]
"""Kind, name, and path in the package's folder of a target that may or may not be there."""


def _library(name: str, table: Mapping[str, Any]) -> Iterator[_Said]:
    lib = _table(table, "lib")
    kind = "proc-macro" if lib.get("proc-macro") or lib.get("proc_macro") else "lib"
    if "lib" in table or _table(table, "package").get("autolib", True):
        yield kind, str(lib.get("name", name)), str(lib.get("path", "src/lib.rs"))


def _named_targets(name: str, table: Mapping[str, Any]) -> Iterator[_Said]:
    for kind, place in PLACES.items():
        entries = table.get(kind)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                named = str(entry.get("name", name))
                for path in [entry["path"]] if "path" in entry else _usual(place, named):
                    yield kind, named, str(path)


def _usual_targets(name: str, package: Mapping[str, Any]) -> Iterator[_Said]:
    if package.get("autobins", True):
        yield "bin", name, "src/main.rs"
    build = package.get("build", "build.rs")
    if build is not False:
        yield "build", name, str(build) if isinstance(build, str) else "build.rs"


def _found_targets(folder: str, package: Mapping[str, Any], rust: _Rust) -> Iterator[_Said]:
    """A file each in the usual folders, or a folder with a `main.rs`."""
    for kind, place in PLACES.items():
        there = posixpath.join(folder, place)
        for path in rust.at.get(there, ()) if package.get(AUTO[kind], True) else ():
            rest = path.removeprefix(f"{there}/")
            named = rest.removesuffix("/main.rs").removesuffix(".rs")
            yield kind, named, posixpath.join(place, rest)


def _usual(place: str, name: str) -> list[str]:
    usual = [f"{place}/{name}.rs", f"{place}/{name}/main.rs"]
    return [*usual, "src/main.rs"] if place == "src/bin" else usual
