"""Cargo.lock: which manifests it speaks for, and which packages it has."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo import files, manifest
from rustfix_mem.cargo.dependencies import KINDS
from rustfix_mem.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from rustfix_mem.cargo.files import Manifests

CARGO_LOCK = "Cargo.lock"

FORMAT = re.compile(rb"^version = \d+\n\n?", re.MULTILINE)
"""The line of the format, of which the oldest formats have none, and the empty one below it."""


def concerned(
    before: Manifests, after: Manifests, rust_files: Collection[str], locks: Collection[str]
) -> tuple[str, ...]:
    """Those of `locks` that speak for a manifest which asks for other dependencies than before."""
    changed = {path for path, source in after.items() if source != before.get(path)}
    changed = {path for path in changed if _wants(before.get(path, b"")) != _wants(after[path])}
    if not changed:
        return ()
    return tuple(
        lock for lock in sorted(locks) if not changed.isdisjoint(covers(lock, after, rust_files))
    )


def covers(lock: str, manifests: Manifests, rust_files: Collection[str]) -> frozenset[str]:
    """The manifests of the workspace of a lock file, and of all that they have by path."""
    root = posixpath.join(posixpath.dirname(lock), "Cargo.toml")
    if root not in manifests:
        return frozenset()
    packages, _ = manifest.packages(manifests, rust_files)
    members = (posixpath.join(one.folder, "Cargo.toml") for one in packages if one.member)
    found = {root, *(path for path in members if _root(path, manifests) == root)}
    new = set(found)
    while new := {path for one in new for path in paths(one, manifests)} - found:
        new &= manifests.keys()
        found |= new
    return frozenset(found)


def outside(package: str, manifests: Manifests) -> str:
    """A folder that a manifest names and that is not in the repository; empty if there is none."""
    workspace = _table(_read(package, manifests), "workspace")
    members = workspace.get("members")
    named = [one for one in (members if isinstance(members, list) else []) if isinstance(one, str)]
    folder = posixpath.dirname(package)
    wholes = [*paths(package, manifests), *(posixpath.join(folder, one) for one in named)]
    return next((path for path in map(posixpath.normpath, wholes) if _is_outside(path)), "")


def paths(package: str, manifests: Manifests) -> Iterator[str]:
    """The manifests that one names by path; one outside of the repository begins with `..`."""
    try:
        table = files.read(package, manifests)
        root = files.workspace_root(package, manifests)
        shared = files.shared_dependencies(files.read(root, manifests))
    except Refused:
        return
    own, roots = posixpath.dirname(package), posixpath.dirname(root)
    for folder, one in [*((own, one) for one in _specs(table)), *_inherited(roots, shared)]:
        path = one.get("path") if isinstance(one, dict) else None
        if isinstance(path, str):
            yield posixpath.normpath(posixpath.join(folder, path, "Cargo.toml"))


def added(before: bytes, after: bytes) -> tuple[str, ...]:
    """The packages that a lock file has more than another, `sysinfo 0.37.2`."""
    return tuple(sorted(_packages(after).keys() - _packages(before).keys()))


def lost(before: bytes, after: bytes) -> tuple[str, ...]:
    """The packages that a lock file does not have any more, or from elsewhere."""
    new = _packages(after)
    return tuple(sorted(name for name, what in _packages(before).items() if new.get(name) != what))


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


def _inherited(root: str, shared: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    return ((root, one) for one in shared.values())


def _specs(table: Mapping[str, Any]) -> Iterator[object]:
    """All that a manifest says of packages: dependencies, and what stands in for them."""
    for one in (*_tables(table), *_table(table, "patch").values(), _table(table, "replace")):
        if isinstance(one, dict):
            yield from one.values()


def _tables(table: Mapping[str, Any]) -> Iterator[object]:
    for place in (table, *_table(table, "target").values()):
        if isinstance(place, dict):
            yield from (place.get(kind) for kind in KINDS)


def _wants(source: bytes) -> object:
    """All of a manifest that decides what is in the lock file; nothing of one that is no TOML."""
    try:
        table = manifest.read(source)
    except ValueError:
        return None
    forwarded = {
        item
        for items in _table(table, "features").values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, str) and "/" in item
    }
    targets = {
        name: [_table(place, kind) for kind in KINDS]
        for name, place in _table(table, "target").items()
        if isinstance(place, dict)
    }
    own = [table.get(key) for key in (*KINDS, "patch", "replace")]
    return own, targets, forwarded, files.shared_dependencies(table)


def _packages(lock: bytes) -> dict[str, tuple[object, object]]:
    """Source and checksum by name and version; two of one name and version count as one."""
    try:
        listed = manifest.read(lock).get("package")
    except ValueError:
        return {}
    return {
        f"{one.get('name')} {one.get('version')}": (one.get("source"), one.get("checksum"))
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    }


def _root(package: str, manifests: Manifests) -> str:
    try:
        return files.workspace_root(package, manifests)
    except Refused:
        return ""


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}
