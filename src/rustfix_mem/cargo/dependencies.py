"""What a manifest says of a dependency already, and whether that will do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo.requirements import within
from rustfix_mem.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency that a package is to have."""

    name: str
    """As on crates.io."""
    version: str
    """As few numbers as must be there: a requirement that may choose an older one will not do."""
    features: tuple[str, ...] = ()
    default_features: bool = True
    optional: bool = False
    target: str = ""
    """`cfg(…)` or a triple, for `[target.'…'.dependencies]`; empty for `[dependencies]`."""


@dataclass(frozen=True, slots=True)
class Said:
    """A dependency as one table of a manifest has it, with what it inherits."""

    kind: str
    target: str
    key: str
    spec: Mapping[str, Any]
    inherited: bool

    @property
    def name(self) -> str:
        """The package that it really is."""
        return str(self.spec.get("package", self.key))

    @property
    def normal(self) -> bool:
        return self.kind == "dependencies"

    @property
    def table(self) -> str:
        return f"[target.'{self.target}'.{self.kind}]" if self.target else f"[{self.kind}]"


KINDS = {
    "dependencies": "dependencies",
    "dev-dependencies": "dev-dependencies",
    "dev_dependencies": "dev-dependencies",
    "build-dependencies": "build-dependencies",
    "build_dependencies": "build-dependencies",
}


def said(table: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[Said]:
    """Every dependency of a manifest; `shared` is the root's `[workspace.dependencies]`."""
    for target, place in [("", table), *_table(table, "target").items()]:
        for key, kind in KINDS.items():
            for name, value in _table(place, key).items():
                spec, inherited = resolved(name, value, shared)
                yield Said(kind, target, name, spec, inherited)


def resolved(name: str, value: object, shared: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """A dependency's keys, with those that it inherits; and whether it does."""
    if isinstance(value, str):
        return {"version": value}, False
    if not isinstance(value, dict):
        raise Refused(f"the dependency `{name}` has a form that is not understood")
    if not value.get("workspace"):
        return value, False
    if name not in shared:
        raise Refused(f"`{name}` is inherited, but the workspace does not have it")
    base, _ = resolved(name, shared[name], {})
    features = [*_strings(base, "features"), *_strings(value, "features")]
    default = _default(base) or value.get("default-features") is True
    optional = value.get("optional", False)
    return {**base, "features": features, "default-features": default, "optional": optional}, True


def there(wanted: Dependency, every: list[Said]) -> bool:
    """Whether a package has a dependency in a form that will do.

    `Refused` if it has it in one that will not: what is said of it elsewhere must agree too, as
    cargo builds a package of one name from one source.
    """
    like = [one for one in every if wanted.name in (one.key, one.name) or _alike(one, wanted)]
    for one in like:
        if reason := _another(wanted, one):
            raise Refused(reason)
    normal = [one for one in like if one.normal]
    here = [one for one in normal if same_target(one.target, wanted.target)]
    if normal and not here:
        wish = f", not in `[target.'{wanted.target}'.dependencies]`" if wanted.target else ""
        raise Refused(f"`{wanted.name}` is only in `{normal[0].table}`{wish}")
    for one in here:
        if reason := _lacking(wanted, one):
            raise Refused(reason)
    return bool(here)


def _alike(one: Said, wanted: Dependency) -> bool:
    names = {one.key.replace("-", "_"), one.name.replace("-", "_")}
    return wanted.name.replace("-", "_") in names


def _another(wanted: Dependency, one: Said) -> str:
    """Why what a table has under this name is another thing; empty if it is the same."""
    where = f"in `{one.table}`"
    if one.key != one.name:
        return f"`{one.key}` {where} is `{one.name}`, renamed"
    if one.name != wanted.name:
        return f"`{wanted.name}` is spelled `{one.name}` {where}"
    for source in ("git", "path", "registry", "registry-index", "base"):
        if source in one.spec:
            return f"`{wanted.name}` {where} comes from `{source}`, not from crates.io"
    asked = str(one.spec.get("version", "*"))
    if not within(asked, wanted.version):
        return f"`{wanted.name}` {where} may be another version than `{wanted.version}`: `{asked}`"
    return ""


def _lacking(wanted: Dependency, one: Said) -> str:
    """What a dependency does not have that is wanted; empty if it will do."""
    where = f"`{wanted.name}` in `{one.table}`"
    if bool(one.spec.get("optional")) != wanted.optional:
        return f"{where} is {'not ' if wanted.optional else ''}optional"
    if wanted.default_features and not _default(one.spec):
        return f"{where} is without its default features"
    missing = [f for f in wanted.features if f not in _strings(one.spec, "features")]
    return f"{where} is without its feature `{missing[0]}`" if missing else ""


def shareable(wanted: Dependency, shared: Mapping[str, Any]) -> bool:
    """Whether a workspace has a dependency, to be inherited; `Refused` if in another form."""
    plain = Dependency(wanted.name, wanted.version, (), wanted.default_features)
    every = [
        Said("dependencies", "", key, resolved(key, value, {})[0], True)
        for key, value in shared.items()
    ]
    try:
        return there(plain, every)
    except Refused as refused:
        text = str(refused).replace("`[dependencies]`", "`[workspace.dependencies]`")
        raise Refused(text) from None


def inherits(name: str, every: list[Said], shared: Mapping[str, Any]) -> bool:
    """Whether a package would inherit a new dependency: most of those of others are.

    Crates of the repository, which are named by their path, say nothing of that.
    """
    if not shared:
        return False
    others = [one for one in every if one.inherited or "path" not in one.spec]
    inherited = sum(one.inherited for one in others)
    return inherited * 2 + (name in shared) > len(others) or not others


def implicit(table: Mapping[str, Any], every: list[Said]) -> set[str]:
    """The features that optional dependencies make by being there."""
    features = _table(table, "features")
    listed = {item for name in features for item in _strings(features, name)}
    optional = {one.key for one in every if one.spec.get("optional")}
    return {key for key in optional if key not in features and f"dep:{key}" not in listed}


def same_target(left: str, right: str) -> bool:
    """Whether two targets are written alike, but for blanks."""
    return _dense(left) == _dense(right)


def _dense(target: str) -> str:
    return re.sub(r'("[^"]*")|\s+', lambda found: found[1] or "", target)


def _default(spec: Mapping[str, Any]) -> bool:
    return spec.get("default-features", spec.get("default_features", True)) is not False


def _table(table: Any, key: str) -> dict[str, Any]:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, dict) else {}


def _strings(table: Mapping[str, Any], key: str) -> list[str]:
    value = table.get(key)
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
