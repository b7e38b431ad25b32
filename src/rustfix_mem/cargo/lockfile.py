"""Cargo.lock: which manifests it speaks for, and which packages it has."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo import files, manifest
from rustfix_mem.cargo.dependencies import KINDS
from rustfix_mem.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from rustfix_mem.cargo.files import Manifests

CARGO_LOCK = "Cargo.lock"

FILES = (CARGO_LOCK, ".cargo/config.toml", ".cargo/config", "Trunk.toml")
"""What cargo, and `trunk`, read beside manifests."""

PLACES = tuple(f"/{name}" for name in FILES)

FORMAT = re.compile(rb"^version = \d+\n\n?", re.MULTILINE)
"""The line of the format, of which the oldest formats have none, and the empty one below it."""


@dataclass(frozen=True)
class Repository:
    """All manifests of a repository, each read once."""

    manifests: Manifests

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        return {path: _read(path, self.manifests) for path in self.manifests}

    @cached_property
    def roots(self) -> Mapping[str, str]:
        """The manifest with the workspace of each; itself if it has none, empty if unknown."""
        return {path: _root(path, self.manifests) for path in self.manifests}

    @cached_property
    def members(self) -> frozenset[str]:
        packages, _ = manifest.packages(self.manifests, ())
        folders = (package.folder for package in packages if package.member)
        return frozenset(posixpath.join(folder, "Cargo.toml") for folder in folders)

    def covers(self, lock: str) -> frozenset[str]:
        """The manifests of the workspace of a lock file, and of all that they have by path."""
        root = posixpath.join(posixpath.dirname(lock), "Cargo.toml")
        if self.roots.get(root) != root:  # cargo does not look at the lock file of a member
            return frozenset()
        found = {root, *(path for path in self.members if self.roots[path] == root)}
        new = set(found)
        while new:
            named = {path for one in new for path in self.paths(one)}
            new = (named & self.manifests.keys()) - found
            found |= new
        return frozenset(found)

    def inherited(self, covered: Collection[str]) -> frozenset[str]:
        """Where those that are covered may inherit from: the roots of their workspaces."""
        return frozenset(self.roots[path] for path in covered) - {""}

    def paths(self, package: str) -> Iterator[str]:
        """The manifests that one names by path; one outside of the repository begins with `..`."""
        root = self.roots[package]
        shared = files.shared_dependencies(self.tables[root]) if root else {}
        for name, spec in _specs(self.tables[package]):
            inherits = spec.get("workspace") is True
            there = shared.get(name) if inherits else spec
            path = there.get("path") if isinstance(there, dict) else None
            folder = posixpath.dirname(root if inherits else package)
            if isinstance(path, str):
                yield posixpath.normpath(posixpath.join(folder, path, "Cargo.toml"))

    def asks(self, package: str) -> object:
        """All of a manifest that decides what is in the lock file, with what it inherits."""
        table = self.tables[package]
        shared = files.shared_dependencies(self.tables.get(self.roots[package], {}))
        inherited = {
            name: shared.get(name) for name, one in _specs(table) if one.get("workspace") is True
        }
        targets = {
            name: [_table(place, kind) for kind in KINDS]
            for name, place in _table(table, "target").items()
            if isinstance(place, dict)
        }
        own = [table.get(key) for key in (*KINDS, "patch", "replace")]
        return own, targets, inherited, _forwarded(table)

    def outside(self, package: str) -> str:
        """A folder that a manifest names and that is not in the repository; empty if none is."""
        table = self.tables[package]
        workspace = _table(table, "workspace")
        lists = (workspace.get(key) for key in ("members", "default-members"))
        named = [one for some in lists if isinstance(some, list) for one in some]
        named += [_table(table, "package").get("workspace", "")]
        folder = posixpath.dirname(package)
        there = (posixpath.normpath(posixpath.join(folder, str(one))) for one in named)
        return next((path for path in (*self.paths(package), *there) if _is_outside(path)), "")


def concerned(before: Manifests, after: Manifests, locks: Collection[str]) -> tuple[str, ...]:
    """Those of `locks` that speak for a manifest which asks for other dependencies than before."""
    old, new = Repository(before), Repository(after)
    changed = {path for path in after if path not in before or old.asks(path) != new.asks(path)}
    return tuple(lock for lock in sorted(locks) if changed & new.covers(lock)) if changed else ()


def added(before: bytes, after: bytes) -> tuple[str, ...]:
    """The packages that a lock file has more than another, `sysinfo 0.37.2`."""
    return tuple(sorted(_packages(after).keys() - _packages(before).keys()))


def lost(before: bytes, after: bytes) -> tuple[str, ...]:
    """The packages that a lock file does not have any more, or from elsewhere, though somebody may
    need them: not those that are `unneeded`."""
    old, new, fine = _packages(before), _packages(after), unneeded(before, after)
    gone = (name for name, sources in old.items() if sources - new.get(name, set()))
    return tuple(sorted(name for name in gone if name not in fine))


def unneeded(before: bytes, after: bytes) -> tuple[str, ...]:
    """The packages that went because a package of the repository does not name them any more: they,
    or what they were there for. None of which another version has come."""
    old, new = _listed(before), _listed(after)
    was, now = _packages(before).keys(), _packages(after).keys()
    came = {_name(one) for one in now - was}
    beneath = _beneath(_unnamed(old, new), old)
    names = (f"{one.get('name')} {one.get('version')}" for one in beneath)
    return tuple(sorted(one for one in names if one not in now and _name(one) not in came))


def _unnamed(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    """What the packages without a source, which are those of the repository, named before only."""
    now = {one.get("name"): {_name(said) for said in _needs(one)} for one in new}
    here = [one for one in old if "source" not in one and one.get("name") in now]
    return [said for one in here for said in _needs(one) if _name(said) not in now[one["name"]]]


def _beneath(said: list[str], packages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The packages that are meant, those that they need, and so on."""
    found: list[dict[str, Any]] = []
    waiting = list(said)
    while waiting:
        name, *rest = waiting.pop().split(" ")
        for one in packages:
            meant = one.get("name") == name and (not rest or one.get("version") == rest[0])
            if meant and "source" in one and one not in found:
                found.append(one)
                waiting += _needs(one)
    return found


def _needs(package: Mapping[str, Any]) -> list[str]:
    """What a lock file says that a package needs: `a`, or `a 1.0.0` if there are several."""
    listed = package.get("dependencies")
    return [str(said) for said in listed] if isinstance(listed, list) else []


def _name(said: str) -> str:
    return said.partition(" ")[0]


def with_format_of(before: bytes, after: bytes) -> bytes:
    """`after` in the format and with the line ends of `before`, which cargo renews unasked.

    Formats 2 to 4 differ in how they write sources from git; `lost` tells if any of those changed.
    """
    if after == before:
        return after
    crlf = 0 < before.count(b"\n") == before.count(b"\r\n")
    head, packages, rest = after.replace(b"\r\n", b"\n").partition(b"[[package]]")
    old = FORMAT.search(before.replace(b"\r\n", b"\n").partition(b"[[package]]")[0])
    made = FORMAT.sub(old[0] if old else b"", head, count=1) + packages + rest
    return made.replace(b"\n", b"\r\n") if crlf else made


def _is_outside(path: str) -> bool:
    return path.startswith(("/", "../")) or path == ".." or "\\" in path or ":" in path


def _read(package: str, manifests: Manifests) -> Mapping[str, Any]:
    try:
        return files.read(package, manifests)
    except Refused:
        return {}


def _specs(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All that a manifest says of packages: dependencies, and what stands in for them."""
    places = [table, *_tables(table, "target")]
    named = [_table(place, kind) for place in places for kind in KINDS]
    for one in (*named, *_tables(table, "patch"), _table(table, "replace")):
        yield from ((name, spec) for name, spec in one.items() if isinstance(spec, dict))


def _tables(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [one for one in _table(table, key).values() if isinstance(one, dict)]


def _forwarded(table: Mapping[str, Any]) -> set[str]:
    """The features of dependencies that features of a package turn on: `serde/rc`."""
    lists = [one for one in _table(table, "features").values() if isinstance(one, list)]
    return {item for items in lists for item in items if isinstance(item, str) and "/" in item}


def _packages(lock: bytes) -> dict[str, set[tuple[str, str]]]:
    """Each source and checksum of the packages, by name and version."""
    found: dict[str, set[tuple[str, str]]] = {}
    for one in _listed(lock):
        name = f"{one.get('name')} {one.get('version')}"
        source = str(one.get("source", "")), str(one.get("checksum", ""))
        found.setdefault(name, set()).add(source)
    return found


def _listed(lock: bytes) -> list[dict[str, Any]]:
    """The packages as the file has them; none if it cannot be read."""
    try:
        listed = manifest.known(lock).get("package")
    except ValueError:
        return []
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _root(package: str, manifests: Manifests) -> str:
    try:
        return files.workspace_root(package, manifests)
    except Refused:
        return ""


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def versions(root: str, locks: Mapping[str, bytes]) -> Mapping[str, tuple[str, ...]]:
    """The versions of each crate that the lock file beside a workspace root holds; none if unread.

    `locks` are files of the repository, among which lock files are.
    """
    source = locks.get(posixpath.join(posixpath.dirname(root), CARGO_LOCK), b"")
    try:
        packages = manifest.known(source).get("package", [])
    except ValueError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for one in packages if isinstance(packages, list) else []:
        if isinstance(one, dict) and "name" in one:
            name = str(one["name"])
            found[name] = (*found.get(name, ()), str(one.get("version", "")))
    return found
