"""Additions to Cargo.toml as text, in the style that the manifest has: nothing else changes.

Each function returns insertions, none if what is wanted is there, or raises `Refused` with the
reason. Steps that build on each other (a dependency, the feature that turns it on) go through
`together`. A manifest that is missing or cannot be read is refused too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo import dependencies
from rustfix_mem.cargo.dependencies import Dependency
from rustfix_mem.cargo.draft import base, together
from rustfix_mem.cargo.files import (
    check_header,
    checked,
    entry,
    has_setting,
    packaged,
    read,
    said_of,
    shared_dependencies,
    workspace_root,
)
from rustfix_mem.cargo.toml_lines import scan
from rustfix_mem.cargo.toml_places import units
from rustfix_mem.cargo.toml_put import append, dotted, put, put_table
from rustfix_mem.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.cargo.files import Manifests
    from rustfix_mem.cargo.toml_lines import Document
    from rustfix_mem.cargo.toml_style import Scalar, Value
    from rustfix_mem.text import Edit

__all__ = [
    "Dependency",
    "Refused",
    "add_dependency",
    "add_feature",
    "add_profile",
    "together",
    "workspace_root",
]


def add_dependency(wanted: Dependency, package: str, manifests: Manifests) -> tuple[Edit, ...]:
    """`wanted` in the manifest at `package`; inherited, if most of its dependencies are.

    Nothing if it is there in a form that will do: in the same table, from crates.io, in no other
    version, with its features, optional or not as wanted. In any other form it is refused.
    """
    table = packaged(package, manifests)
    if table["package"].get("name") == wanted.name:
        raise Refused(f"`{package}` is `{wanted.name}` itself")
    root = workspace_root(package, manifests)
    shared, every = said_of(package, manifests)
    if dependencies.there(wanted, every):
        return ()
    if wanted.optional and wanted.name in _listed(package, table):
        raise Refused(f"`{package}` has a feature `{wanted.name}` already")
    if not dependencies.inherits(wanted.name, every, shared):
        return _depend(wanted, _spec(wanted), package, manifests)
    return together(
        manifests,
        lambda now: _share(wanted, root, now),
        lambda now: _inherit(wanted, package, root, now),
    )


def add_feature(
    name: str, enables: tuple[str, ...], package: str, manifests: Manifests
) -> tuple[Edit, ...]:
    """The feature `name`, which turns on at least `enables`; what an existing one lacks is added.

    Refused if something that it enables is not there, if the name is that of a feature which an
    optional dependency makes by being there, and if `dep:x` would take such a feature away. Add
    the dependency first, in a step of `together`: then nobody can have used its feature.
    """
    table = packaged(package, manifests)
    features = _listed(package, table)
    _check_feature(name, enables, package, manifests)
    document = scan(package, manifests[package])
    if name not in features:
        check_header(document, ("features",), table)
        edit, value = put(document, ("features",), name, list(enables))
        return checked(document, [edit], table, ("features", name), value)
    listed = features[name]
    if not isinstance(listed, list):
        raise Refused(f"the feature `{name}` of `{package}` is no list")
    missing = [one for one in dict.fromkeys(enables) if one not in listed]
    if not missing:
        return ()
    edits = append(document, entry(document, ("features",), name), missing)
    return checked(document, edits, table, ("features", name), [*listed, *missing])


def add_profile(
    name: str, settings: Mapping[str, Scalar], manifests: Manifests, root: str
) -> tuple[Edit, ...]:
    """`[profile.NAME]` in the manifest at `root`, which must be that of a workspace root.

    Nothing if the profile is there and has these settings; refused if it has others. Profiles of
    `.cargo/config.toml` are for the caller to look at.
    """
    table = read(root, manifests)
    if workspace_root(root, manifests) != root:
        raise Refused(f"cargo ignores profiles in `{root}`, which is a member of a workspace")
    profiles = table.get("profile", {})
    if not isinstance(profiles, dict):
        raise Refused(f"the `profile` of `{root}` has a form that is not understood")
    if name in profiles:
        other = [
            key for key, value in settings.items() if not has_setting(profiles[name], key, value)
        ]
        if other:
            listed = ", ".join(f"`{key}`" for key in other)
            raise Refused(f"`[profile.{name}]` of `{root}` has another value of {listed}")
        return ()
    document = scan(root, manifests[root])
    edit, value = _profile(document, name, dict(settings), table)
    return checked(document, [edit], table, ("profile", name), value)


def _listed(package: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """`[features]` of a package."""
    features = table.get("features", {})
    if not isinstance(features, dict):
        raise Refused(f"the `features` of `{package}` have a form that is not understood")
    return features


def _depend(
    wanted: Dependency, spec: dict[str, Any], package: str, manifests: Manifests
) -> tuple[Edit, ...]:
    """A dependency with these keys in the table of its target."""
    table, document = read(package, manifests), scan(package, manifests[package])
    path = _table_path(wanted.target, table)
    check_header(document, path, table)
    own = {one.key for one in said_of(package, manifests)[1] if "path" in one.spec}
    edit, value = put(document, path, wanted.name, spec, own)
    return checked(document, [edit], table, (*path, wanted.name), value)


def _share(wanted: Dependency, root: str, manifests: Manifests) -> tuple[Edit, ...]:
    """The dependency in `[workspace.dependencies]`; its features are for who inherits it."""
    table, document = read(root, manifests), scan(root, manifests[root])
    shared, path = shared_dependencies(table), ("workspace", "dependencies")
    if dependencies.shareable(wanted, shared):
        return ()
    check_header(document, path, table)
    spec: dict[str, Any] = {"version": wanted.version}
    if not wanted.default_features:
        spec["default-features"] = False
    own = {key for key, value in shared.items() if isinstance(value, dict) and "path" in value}
    edit, value = put(document, path, wanted.name, spec, own)
    return checked(document, [edit], table, (*path, wanted.name), value)


def _inherit(wanted: Dependency, package: str, root: str, manifests: Manifests) -> tuple[Edit, ...]:
    shared = shared_dependencies(read(root, manifests))
    spec: dict[str, Any] = {"workspace": True}
    have, _ = dependencies.resolved(wanted.name, spec, shared)
    if more := [one for one in wanted.features if one not in have["features"]]:
        spec["features"] = more
    if wanted.optional:
        spec["optional"] = True
    return _depend(wanted, spec, package, manifests)


def _spec(wanted: Dependency) -> dict[str, Any]:
    spec: dict[str, Any] = {"version": wanted.version}
    if not wanted.default_features:
        spec["default-features"] = False
    if wanted.features:
        spec["features"] = list(wanted.features)
    if wanted.optional:
        spec["optional"] = True
    return spec


def _table_path(target: str, table: Mapping[str, Any]) -> tuple[str, ...]:
    """The table for a target, in the spelling that the manifest has for it."""
    if not target:
        return ("dependencies",)
    said = table.get("target", {})
    places = said if isinstance(said, dict) else {}
    alike = [one for one in places if dependencies.same_target(one, target)]
    used = [o for o in alike if isinstance(places[o], dict) and "dependencies" in places[o]]
    spelled = target if target in used else next(iter((*used, *alike)), target)
    return ("target", spelled, "dependencies")


def _check_feature(name: str, enables: tuple[str, ...], package: str, manifests: Manifests) -> None:
    table, every, made = _features(package, manifests)
    if name in made and set(enables) != {f"dep:{name}"}:
        raise Refused(f"the optional dependency `{name}` of `{package}` makes a feature `{name}`")
    known = {one.key: one for one in every if one.kind != "dev-dependencies"}
    optional = {one.key for one in known.values() if one.spec.get("optional")}
    before = base(manifests)
    old = _features(package, before)[2] if package in before else set()
    for one in enables:
        dependency, slash, _ = one.removeprefix("dep:").partition("/")
        weak = one.startswith("dep:") or dependency.endswith("?")
        dependency = dependency.removesuffix("?")
        if weak and dependency not in optional:
            raise Refused(f"`{dependency}` is no optional dependency of `{package}`")
        if one.startswith("dep:") and dependency in old - {name}:
            raise Refused(f"`{one}` would take away the feature `{dependency}` of `{package}`")
        if slash and dependency not in known:
            raise Refused(f"`{dependency}` is no dependency of `{package}`")
        if not (weak or slash or one in made or one in table.get("features", {})):
            raise Refused(f"`{package}` has no feature `{one}`")


def _features(
    package: str, manifests: Manifests
) -> tuple[Mapping[str, Any], list[dependencies.Said], set[str]]:
    """A manifest, its dependencies, and the features that these make by being there."""
    table, (_, every) = read(package, manifests), said_of(package, manifests)
    return table, every, dependencies.implicit(table, every)


def _profile(
    document: Document, name: str, settings: dict[str, Any], table: Mapping[str, Any]
) -> tuple[Edit, Value]:
    top = [unit for unit in units(document, document.tables[0]) if unit.name == "profile"]
    if top:
        return dotted(document, top[-1], name, settings)
    check_header(document, ("profile",), table)
    if document.table(("profile",)) or document.below(("profile",)):
        return put(document, ("profile",), name, settings, last=True)
    return put_table(document, ("profile", name), settings), settings
