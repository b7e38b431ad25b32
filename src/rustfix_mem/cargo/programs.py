"""The programs that a repository builds for its users: which packages own them, and which not."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from rustfix_mem.cargo.cargo_edit import add_dependency, add_feature, together
from rustfix_mem.cargo.dependencies import inherits
from rustfix_mem.cargo.files import read, said_of, workspace_root
from rustfix_mem.cargo.manifest import read as read_toml
from rustfix_mem.cargo.toml_lines import scan
from rustfix_mem.errors import Refused
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rustfix_mem.cargo.dependencies import Dependency
    from rustfix_mem.cargo.files import Manifests
    from rustfix_mem.cargo.manifest import Package, Target
    from rustfix_mem.text import Edit

VENDORED = re.compile(r"(?:^|/)(?:vendor|vendored|third[-_]party)/")
TESTING = re.compile(
    r"(?:^|/)(?:(?:\w+[-_])*(?:tests|testing|harness(?:es)?)|test|test[-_]?(?:data|utils?)|(?:e2e|integration|internal|load|smoke|stress|system|unit)[-_]test|fixtures?|bench(?:es|marks?)?|fuzz)/"
)
EXAMPLE = re.compile(r"(?:^|/)(?:\w+[-_])*(?:examples?|demos?)/")
CHORES = re.compile(r"(?:^|/)(?:x?tasks?|scripts|ci|\.github)/")

CHORE = "a chore of the repository itself: it does not run for hours"


@dataclass(frozen=True, slots=True)
class Owner:
    """A package with programs of its own."""

    package: Package
    manifest: str
    binaries: tuple[Target, ...]


def owners(packages: Iterable[Package]) -> tuple[Owner, ...]:
    """Every package that has a program, in order of folder."""
    found = []
    for package in packages:
        binaries = tuple(target for target in package.targets if target.kind == "bin")
        if binaries:
            found.append(Owner(package, manifest_of(package), binaries))
    return tuple(found)


def manifest_of(package: Package) -> str:
    return posixpath.join(package.folder, "Cargo.toml")


def set_aside(package: Package) -> str:
    """Why a package's programs are not for users; empty if they are."""
    folder = f"{package.folder}/" if package.folder else ""
    if not package.member:
        return "its package is in no workspace of this repository, and has no lock file"
    if VENDORED.search(folder):
        return "vendored code"
    if package.name in ("xtask", "xtasks"):
        return CHORE
    return _said_by(folder)


def kept_apart(target: Target, package: Package) -> str:
    """The same of one program, by the folder that its root file is in; empty if nothing says so."""
    return _said_by(f"{posixpath.dirname(posixpath.relpath(target.root, package.folder or '.'))}/")


def built_twice(target: Target, package: Package, packages: Iterable[Package]) -> str:
    """The other package that builds the root file of a program, too; empty if none does."""
    others = (one for one in packages if one.folder != package.folder)
    roots = ((one.name, root.root) for one in others for root in one.targets)
    return next((name for name, root in roots if root == target.root), "")


def _said_by(folder: str) -> str:
    """What a folder, which ends with a slash, says of the programs in it."""
    if TESTING.search(folder):
        return "it serves tests"
    if EXAMPLE.search(folder):
        return "an example: it does not run for hours"
    return CHORE if CHORES.search(folder) else ""


def beside_others(owner: Owner, packages: Sequence[Package], manifests: Manifests) -> str:
    """Why a program is none of those that its workspace is for; empty if it seems to be."""
    root = workspace_root(owner.manifest, manifests)
    workspace = read(root, manifests).get("workspace")
    default = workspace.get("default-members") if isinstance(workspace, dict) else None
    if isinstance(default, list):
        folder = posixpath.dirname(root)
        built = [posixpath.normpath(posixpath.join(folder, str(one))) for one in default]
        if not any(fnmatchcase(owner.package.folder or ".", one) for one in built):
            return "it is not among the `default-members`"
    beside = [
        other
        for other in owners(packages)
        if not set_aside(other.package) and workspace_root(other.manifest, manifests) == root
    ]
    main = next((other for other in beside if other.manifest == root), None)
    if main is not None and not isinstance(default, list):  # what `cargo build` builds there
        return "" if main == owner else f"`{main.package.name}` is the program of its workspace"
    crates = {package.crate: package for package in packages}
    for other in beside:
        if owner.package.crate in _beneath(other.package, crates):
            name = other.package.name
            if _stands_on_most(other.package, owner.package, crates):
                return f"it is a library of `{name}`, which most of its workspace is for"
    if owner.package.published:
        return ""
    mine = _beneath(owner.package, crates)
    known = [(_beneath(one.package, crates), one.package) for one in beside if _published(one)]
    theirs, published = max(known, key=lambda one: len(one[0]), default=(frozenset(), None))
    if published is None:
        return _beside_library(mine, posixpath.dirname(root), crates)
    if len(mine) > len(theirs) and published.crate not in mine:
        return ""  # servers are seldom published, but they stand on most of their workspace
    if _stands_on_most(owner.package, published, crates):
        return ""
    return f"it is not published, as `{published.name}` is"


def _stands_on_most(one: Package, other: Package, crates: Mapping[str, Package]) -> bool:
    """Whether a package needs most of a repository, and the other next to nothing of it."""
    mine, theirs = len(_beneath(one, crates)), len(_beneath(other, crates))
    return mine * 2 > len(crates) and mine > 2 * (theirs + 2)


def _published(owner: Owner) -> bool:
    return owner.package.published


def _beside_library(mine: frozenset[str], top: str, crates: Mapping[str, Package]) -> str:
    """Why a program that is not published is a chore of the library at the top of its workspace."""
    of = next((one for one in crates.values() if one.folder == top and one.published), None)
    if of is None or of.crate in mine or len(mine) >= len(_beneath(of, crates)):
        return ""
    return f"it is not published, as the library `{of.name}` is, which it does not need"


def _beneath(package: Package, crates: Mapping[str, Package]) -> frozenset[str]:
    """The packages of the repository that one needs, those that they need, and so on."""
    found, ask = set[str](), [package]
    while ask:
        one = ask.pop()
        new = {name for name in one.needs - one.tests_with if name in crates} - found
        found |= new
        ask += [crates[name] for name in sorted(new)]
    return frozenset(found)


ALL = "all"


def asked(owner: Owner, names: str) -> Owner:
    """The owner with only the programs of these names, with commas between them; or `ALL`."""
    wanted = {name.strip() for name in names.split(",")}
    chosen = tuple(one for one in owner.binaries if names == ALL or one.name in wanted)
    return replace(owner, binaries=chosen)


def offered(
    feature: str, wanted: Dependency, owner: Owner, manifests: Manifests
) -> tuple[Edit, ...]:
    """The edits that give a package an optional dependency and the feature that turns it on.

    `Refused` if the feature is there and turns on anything else.
    """
    enables = f"dep:{wanted.name}"
    said = features(owner, manifests).get(feature, [])
    if [one for one in said if one != enables]:
        raise Refused(f"`{owner.manifest}` has a feature `{feature}` that turns on other things")
    if before(owner.package.rust_version, DEP):
        raise Refused(f"Rust {owner.package.rust_version} does not know `{enables}`")
    return together(
        manifests,
        lambda now: add_dependency(wanted, owner.manifest, now),
        lambda now: add_feature(feature, (enables,), owner.manifest, now),
    )


DEP = (1, 60)
"""From this Rust on a feature may name `dep:x`."""


def before(version: str, other: tuple[int, int]) -> bool:
    """Whether a package asks for an older Rust than this; not if it does not say."""
    numbers = tuple(int(found) for found in re.findall(r"\d+", version)[:2])
    return bool(numbers) and numbers < other


def roots(packages: Iterable[Package], manifests: Manifests) -> Mapping[str, tuple[Owner, ...]]:
    """The workspace roots above programs for users, by the path of the manifest."""
    found: dict[str, tuple[Owner, ...]] = {}
    for owner in owners(packages):
        if set_aside(owner.package):
            continue
        try:
            root = workspace_root(owner.manifest, manifests)
        except Refused:
            continue  # a manifest on the way cannot be read, which is said of that file
        found[root] = (*found.get(root, ()), owner)
    return found


def place(path: str, manifests: Manifests, *tables: tuple[str, ...]) -> Span:
    """The header of the first of these tables that a manifest has, to be shown to people."""
    try:
        document = scan(path, manifests[path])
    except Refused:
        return Span(0, 0)
    for wanted in tables:
        for table in (document.table(wanted), *document.below(wanted)):
            if table is not None:
                line = document.text(table.header)
                start = table.header.start + len(line) - len(line.lstrip())
                return Span(start, table.header.start + len(line.split("#")[0].rstrip()))
    return Span(0, 0)


FOR_WASM = frozenset(
    "wasm-bindgen wasm-bindgen-futures web-sys js-sys gloo yew zellij-tile worker extism-pdk"
    " spin-sdk fastly wit-bindgen stdweb".split()
)
"""Crates that a program needs only where it is built for WebAssembly, if it needs them always."""


def wasm(owner: Owner, manifests: Manifests, settings: Mapping[str, bytes]) -> str:
    """Why a package seems to be built for WebAssembly; empty if nothing says so.

    `settings` are files of the repository, among which those of cargo are.
    """
    table = read(owner.manifest, manifests)
    for key in ("forced-target", "default-target"):
        if "wasm" in str(table["package"].get(key, "")):
            return f"it is built for WebAssembly: `{key}`"
    for one in said_of(owner.manifest, manifests)[1]:
        always = one.normal and not one.target and not one.spec.get("optional")
        if always and one.name in FOR_WASM:
            return f"it is built for WebAssembly: it needs `{one.name}`"
    folder = owner.package.folder
    if posixpath.join(folder, "Trunk.toml") in settings:
        return "it is built for WebAssembly: `Trunk.toml`"
    while True:
        for name in (".cargo/config.toml", ".cargo/config"):
            path = posixpath.join(folder, name)
            if "wasm" in _target(settings.get(path, b"")):
                return f"it is built for WebAssembly: `{path}`"
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def also_wasm(owner: Owner, manifests: Manifests) -> bool:
    """Whether the manifest has something for WebAssembly beside other targets.

    It is read as it is written: whether cargo would take it is for others to say.
    """
    targets = read(owner.manifest, manifests).get("target")
    return isinstance(targets, dict) and any("wasm" in target for target in targets)


def _target(config: bytes) -> str:
    try:
        build = read_toml(config).get("build")
    except ValueError:
        return ""
    return str(build.get("target", "")) if isinstance(build, dict) else ""


def features(owner: Owner, manifests: Manifests) -> Mapping[str, list[str]]:
    """The features that a manifest names."""
    return _features(owner.manifest, manifests)


def _features(manifest: str, manifests: Manifests) -> Mapping[str, list[str]]:
    found = read(manifest, manifests).get("features")
    lists = found if isinstance(found, dict) else {}
    return {name: _texts(said) for name, said in lists.items() if isinstance(said, list)}


def _texts(listed: list[object]) -> list[str]:
    return [one for one in listed if isinstance(one, str)]


def said_with(
    crate: str, owner: Owner, packages: Sequence[Package], manifests: Manifests
) -> Iterator[bytes]:
    """What is said where the features of a dependency may be chosen for a program: of all that it
    is built with its features, and what it or its workspace says of the dependency. What only the
    workspace says counts for the program itself if that would inherit it."""
    crates = {package.crate: package for package in packages}
    for name in sorted({owner.package.crate, *_beneath(owner.package, crates)}):
        path = manifest_of(crates[name])
        shared, every = said_of(path, manifests)
        specs: list[object] = [dict(one.spec) for one in every if one.name == crate]
        if path == owner.manifest and not specs and inherits(crate, every, shared):
            specs.append(shared.get(crate))
        yield repr((specs, _features(path, manifests))).encode()


PASSED_ON = re.compile(r"([\w-]+)\??/([\w-]+)")
"""What a feature turns on in a dependency: `other/fast`, `other?/fast`."""


def turned_on(
    feature: str, crate: str, owner: Owner, packages: Sequence[Package], manifests: Manifests
) -> str:
    """The package of the repository in which a feature turns on an optional dependency, by way of
    features of others; empty if it does so in none."""
    ask, seen = [(owner.manifest, feature)], set[tuple[str, str]]()
    while ask:
        manifest, name = ask.pop()
        seen.add((manifest, name))
        enables = _features(manifest, manifests).get(name, [])
        if manifest != owner.manifest and {f"dep:{crate}", crate} & set(enables):
            return str(read(manifest, manifests)["package"]["name"])
        below = [_passed_on(one, manifest, packages) for one in enables]
        ask += [one for one in below if one not in seen and one[0] in manifests]
    return ""


def _passed_on(said: str, manifest: str, packages: Sequence[Package]) -> tuple[str, str]:
    """The manifest and the feature that an entry of a feature speaks of."""
    passed = PASSED_ON.fullmatch(said)
    name = passed[1].replace("-", "_") if passed else ""
    for one in packages:
        if passed and name in (one.crate, one.name.replace("-", "_")):
            return manifest_of(one), passed[2]
    return manifest, said


def needed(owner: Owner, manifests: Manifests) -> tuple[str, ...]:
    """The features that cargo has to be told to build any of a package's programs."""
    listed = read(owner.manifest, manifests).get("bin")
    said = {
        str(one.get("name")): one.get("required-features")
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    }
    wanted = [said.get(one.name) for one in owner.binaries]
    each = [{str(name) for name in one} if isinstance(one, list) else set[str]() for one in wanted]
    on, ask = set[str](), ["default"]
    while ask:
        new = set(features(owner, manifests).get(ask.pop(), ())) - on
        on |= new
        ask += sorted(new)
    return tuple(sorted(set[str].intersection(*each) - on)) if each else ()


def lint(name: str, owner: Owner, manifests: Manifests) -> str:
    """The level that manifests give to a lint of rustc, `forbid`; empty if they say nothing."""
    table = read(owner.manifest, manifests)
    lints = table.get("lints")
    if isinstance(lints, dict) and lints.get("workspace"):
        workspace = read(workspace_root(owner.manifest, manifests), manifests).get("workspace")
        lints = workspace.get("lints") if isinstance(workspace, dict) else None
    rust = lints.get("rust") if isinstance(lints, dict) else None
    said = rust.get(name) if isinstance(rust, dict) else None
    return str(said.get("level", "")) if isinstance(said, dict) else str(said or "")
