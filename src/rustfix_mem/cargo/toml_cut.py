"""A dependency taken out of Cargo.toml as text, line or table: nothing else changes."""

from __future__ import annotations

import posixpath
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo.files import (
    packaged,
    read,
    said_of,
    shared_dependencies,
    workspace_root,
)
from rustfix_mem.cargo.manifest import read as read_toml
from rustfix_mem.cargo.toml_lines import scan
from rustfix_mem.errors import Refused
from rustfix_mem.text import Edit, Span, apply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.cargo.dependencies import Said
    from rustfix_mem.cargo.files import Manifests
    from rustfix_mem.cargo.toml_lines import Document

Path = tuple[str, ...]


def remove_dependency(name: str, package: str, manifests: Manifests) -> tuple[Edit, ...]:
    """The edits that take a dependency out of the manifest at `package`; raises `Refused`.

    It goes from every table that has it, and from `[workspace.dependencies]` if nobody else
    inherits it. Refused if it is optional or renamed, if a feature, a comment or anything else in
    the manifest speaks of it, and if it is there in a form that is not understood.
    """
    table = packaged(package, manifests)
    _, every = said_of(package, manifests)
    ours = [one for one in every if name in (one.key, one.name)]
    if not ours:
        raise Refused(f"`{package}` does not have `{name}`")
    for one in ours:
        if one.key != one.name or one.spec.get("optional"):
            raise Refused(f"`{name}` is optional or renamed in `{package}`")
    edits = _cut(package, [_path(one) for one in ours], table, manifests)
    _must_be_silent(name, package, manifests, edits)
    if any(one.inherited for one in ours):
        edits = (*edits, *_unshared(name, package, manifests, edits))
    return edits


def remove_shared(name: str, root: str, manifests: Manifests) -> tuple[Edit, ...]:
    """The edits that take what nobody inherits out of `[workspace.dependencies]` at `root`.

    None if it is not there, or a manifest in its folder speaks of it, which may be a member's;
    Refused if a member is not in the repository, or the entry has a form that is not understood.
    """
    if name not in shared_dependencies(read(root, manifests)):
        return ()
    folder = posixpath.dirname(root)
    for path, source in manifests.items():
        if path != root and _is_below(path, folder) and _speaks(source, name):
            return ()
    for member in _members(read(root, manifests)):
        path = posixpath.normpath(posixpath.join(folder, member, "Cargo.toml"))
        if path not in manifests:
            raise Refused(f"`{path}` is not in this repository")
    edits = _cut(root, [("workspace", "dependencies", name)], read(root, manifests), manifests)
    return () if _speaks(apply(manifests[root], edits), name) else edits


def _members(table: Mapping[str, Any]) -> list[str]:
    """The folders that a workspace names, but for patterns, which only find what is there."""
    named = table["workspace"].get("members")
    folders = [str(one) for one in named] if isinstance(named, list) else []
    return [one for one in folders if not re.search(r"[*?\[]", one)]


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") if folder else True


def _path(one: Said) -> Path:
    head = ("target", one.target) if one.target else ()
    return (*head, one.kind, one.key)


def _unshared(
    name: str, package: str, manifests: Manifests, made: tuple[Edit, ...]
) -> tuple[Edit, ...]:
    """The edits that take it out of what the workspace shares, unless somebody else inherits it."""
    root = workspace_root(package, manifests)
    folder = posixpath.dirname(root)
    for path, source in manifests.items():
        if _is_below(path, folder) and path not in (root, package) and _speaks(source, name):
            return ()
    if root == package:
        return ()
    edits = _cut(root, [("workspace", "dependencies", name)], read(root, manifests), manifests)
    left = apply(manifests[root], edits)
    return () if _speaks(left, name) else edits


def _speaks(source: bytes, name: str) -> bool:
    return re.search(rb"(?<![\w-])" + re.escape(name.encode()) + rb"(?![\w-])", source) is not None


def _must_be_silent(name: str, package: str, manifests: Manifests, edits: tuple[Edit, ...]) -> None:
    left = apply(manifests[package], edits)
    if _speaks(left, name):
        raise Refused(f"`{package}` speaks of `{name}` elsewhere too")


def _cut(
    path: str, places: list[Path], table: Mapping[str, Any], manifests: Manifests
) -> tuple[Edit, ...]:
    """The edits that cut these entries out, if the file then says the same without them."""
    document = scan(path, manifests[path])
    edits = tuple(Edit(path, one, "") for place in places for one in _spans(document, place))
    wanted: dict[str, Any] = deepcopy(dict(table))
    for place in places:
        inner: Any = wanted
        for part in place[:-1]:
            inner = inner[part]
        inner.pop(place[-1], None)
    try:
        now = read_toml(apply(manifests[path], edits))
    except ValueError:
        now = {}
    if now != wanted:
        raise Refused(f"`{path}` has a form that is not understood")
    return tuple(sorted(edits))


def _spans(document: Document, place: Path) -> list[Span]:
    """The lines of an entry, or of a table with a header of its own."""
    own = document.table(place)
    if own is not None:
        _must_stand_alone(document, own.header.start)
        return [Span(own.header.start, own.end)]
    table = document.table(place[:-1])
    entries = [e for e in table.entries if e.keys[:1] == place[-1:]] if table is not None else []
    if not entries:
        raise Refused(f"`{'.'.join(place)}` of `{document.path}` is not on lines of its own")
    _must_stand_alone(document, entries[0].lines.start)
    return [entry.lines for entry in entries]


def _must_stand_alone(document: Document, start: int) -> None:
    """A comment right above it may speak of it, or of all that follows."""
    above = document.source[:start].rstrip(b"\r\n").rpartition(b"\n")[2].strip()
    blank = document.source[:start].endswith((b"\n\n", b"\n\r\n"))
    if above.startswith(b"#") and not blank:
        raise Refused(f"a comment stands above it in `{document.path}`")
