"""The Cargo.toml files of a repository, for who adds to them: read, the roots, what must stay."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo.dependencies import Said, said
from rustfix_mem.cargo.manifest import known
from rustfix_mem.errors import Refused
from rustfix_mem.text import Edit, apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.cargo.toml_lines import Document, Entry
    from rustfix_mem.cargo.toml_style import Scalar, Value

Manifests = Mapping[str, bytes]


def read(path: str, manifests: Manifests) -> Mapping[str, Any]:
    """What a manifest says; `Refused` if it is missing or broken."""
    source = manifests.get(path)
    if source is None:
        raise Refused(f"there is no `{path}`")
    try:
        return known(source)
    except ValueError as error:
        raise Refused(f"`{path}` cannot be read: {error}") from None


def packaged(path: str, manifests: Manifests) -> Mapping[str, Any]:
    """What the manifest of a package says."""
    table = read(path, manifests)
    if not isinstance(table.get("package"), dict):
        raise Refused(f"`{path}` has no `[package]`")
    return table


def workspace_root(package: str, manifests: Manifests) -> str:
    """The path of the Cargo.toml that is the workspace root of a package: its own if none is."""
    table = read(package, manifests)
    folder = posixpath.dirname(package)
    if "workspace" in table:
        return package
    if pointed := _pointed(package, table, manifests):
        return pointed
    above = folder
    while above:
        above = posixpath.dirname(above)
        path = posixpath.join(above, "Cargo.toml")
        if path in manifests:
            table = read(path, manifests)
            if "workspace" in table and not _excluded(folder, above, table["workspace"]):
                return path
            if pointed := _pointed(path, table, manifests):
                return pointed
    return package


def _pointed(path: str, table: Mapping[str, Any], manifests: Manifests) -> str:
    """The root that `package.workspace` names; empty if it names none."""
    here = table.get("package")
    named = here.get("workspace") if isinstance(here, dict) else None
    if named is None:
        return ""
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(named), "Cargo.toml"))
    if there not in manifests:
        raise Refused(f"the workspace of `{path}` is not in this repository: `{named}`")
    return there


def _excluded(folder: str, root: str, workspace: Any) -> bool:
    """Whether a workspace says that it does not have a folder; a member that it names it has."""

    def within(key: str) -> bool:
        listed = workspace.get(key) if isinstance(workspace, dict) else None
        paths = [str(one) for one in listed] if isinstance(listed, list) else []
        wholes = [posixpath.normpath(posixpath.join(root, one)) for one in paths]
        return any(f"{folder}/".startswith(f"{whole}/") for whole in wholes)

    return within("exclude") and not within("members")


def said_of(package: str, manifests: Manifests) -> tuple[dict[str, Any], list[Said]]:
    """What the workspace of a package shares, and the package's dependencies."""
    shared = shared_dependencies(read(workspace_root(package, manifests), manifests))
    return shared, list(said(read(package, manifests), shared))


def shared_dependencies(table: Mapping[str, Any]) -> dict[str, Any]:
    """`[workspace.dependencies]` of a root."""
    workspace = table.get("workspace")
    found = workspace.get("dependencies") if isinstance(workspace, dict) else None
    return found if isinstance(found, dict) else {}


def check_header(document: Document, path: tuple[str, ...], table: Mapping[str, Any]) -> None:
    """A table that is there must have a header, or its parts must."""
    value: Any = table
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is not None and document.table(path) is None and not document.below(path):
        raise Refused(f"`{'.'.join(path)}` of `{document.path}` is not a table with a header")


def entry(document: Document, path: tuple[str, ...], name: str) -> Entry:
    """The entry of a name in a table with a header."""
    table = document.table(path)
    for entry in table.entries if table else ():
        if entry.keys == (name,):
            return entry
    raise Refused(f"`{'.'.join(path)}` of `{document.path}` is not a table with a header")


def checked(
    document: Document,
    edits: Sequence[Edit],
    table: Mapping[str, Any],
    path: tuple[str, ...],
    value: Value,
) -> tuple[Edit, ...]:
    """The edits, if the file then says what it said before and `value` at `path`, no more."""
    try:
        now = known(apply(document.source, edits))  # many packages may make the same of a root
    except ValueError:
        now = {}
    if now != _with(table, path, value):
        raise Refused(f"`{document.path}` has a form that is not understood")
    return tuple(sorted(edits))


def _with(table: Mapping[str, Any], path: tuple[str, ...], value: Value) -> dict[str, Any] | None:
    """A table with a value at a path; none if what is on the way is no table."""
    whole = deepcopy(dict(table))
    inner: Any = whole
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            return None
    inner[path[-1]] = value
    return whole


LIKE: dict[str, tuple[frozenset[str], ...]] = {
    "debug": (
        frozenset({"0", "False", "none"}),
        frozenset({"1", "limited"}),
        frozenset({"2", "True", "full"}),
    ),
    "strip": (frozenset({"False", "none"}), frozenset({"True", "symbols"})),
    "lto": (frozenset({"True", "fat"}),),
}
"""Values of a setting that cargo takes for the same."""


def has_setting(profile: object, key: str, value: Scalar) -> bool:
    """Whether a profile has a setting."""
    found = profile.get(key) if isinstance(profile, dict) else None
    if found is None:
        return False
    pair = {str(found), str(value)}
    return len(pair) == 1 or any(pair <= alike for alike in LIKE.get(key, ()))
