"""Which files rustc sees: the module tree, walked from a file up to the roots of crates."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.cargo.manifest import Package, Target
    from rustfix_mem.rust.file.facts import ModDecl
    from rustfix_mem.rust.whole.files import Files


@dataclass(frozen=True, slots=True)
class Reach:
    """How rustc comes to a file.

    `state`: `seen`; `orphan` (no `mod` names it), `unknown` (a macro or an `include!` may),
    `outside` (its package is in no workspace), or what its target is: test, bench, example, build.
    """

    state: str
    package: Package | None = None
    targets: tuple[Target, ...] = ()
    module: str = ""
    """The path of its module in the crate: `tools::resolver`; empty for a root."""
    test: bool = False
    """Whether a `mod` on the way is for tests only."""
    cfg: str = ""


@dataclass(frozen=True)
class Roots:
    """Where packages and crates begin."""

    all: tuple[Package, ...]
    parents: dict[str, list[str]] = field(default_factory=dict)
    """The files that may declare a file, of those that were asked about."""

    @cached_property
    def packages(self) -> Mapping[str, Package]:
        """Every package by its folder; the first, if there are two."""
        return {package.folder: package for package in reversed(self.all)}

    @cached_property
    def crates(self) -> Mapping[str, Package]:
        """Every package by the name of its library, as the code says it; the last, if there are
        two."""
        return {package.crate: package for package in self.all}

    @cached_property
    def at(self) -> Mapping[str, tuple[tuple[Package, Target], ...]]:
        """What each root file is the root of."""
        found: dict[str, tuple[tuple[Package, Target], ...]] = {}
        for package in self.all:
            for target in package.targets:
                found[target.root] = (*found.get(target.root, ()), (package, target))
        return found

    @cached_property
    def in_folder(self) -> Mapping[str, tuple[str, ...]]:
        """The root files that lie directly in a folder."""
        found: dict[str, tuple[str, ...]] = {}
        for root in self.at:
            folder = posixpath.dirname(root)
            found[folder] = (*found.get(folder, ()), root)
        return found


SPECIAL = ("test", "bench", "example", "build")
ROOT_NAMES = ("lib.rs", "main.rs", "mod.rs")


def reach(path: str, files: Files, seen: frozenset[str] = frozenset()) -> Reach:
    """How rustc comes to the file at `path`."""
    package = package_of(path, files)
    roots = files.roots.at.get(path)
    if roots:
        return _root(roots)
    through = [_through(parent, path, files, seen) for parent in _parents(path, files)]
    states = [state for state in through if state is not None]
    for wanted in ("seen", *SPECIAL, "outside", "unknown"):
        chosen = [state for state in states if state.state == wanted]
        if chosen:
            live = [state for state in chosen if not state.test]
            return (live or chosen)[0]
    if any(files.outline(parent).error is not None for parent in _parents(path, files)):
        return Reach("unknown", package)
    if _redirected(path, files) or _is_below_bad_manifest(path, files):
        return Reach("unknown", package)
    if package is not None and _may_be_included(path, package, files):
        return Reach("unknown", package)
    return Reach("orphan", package)


def _root(roots: tuple[tuple[Package, Target], ...]) -> Reach:
    package = roots[0][0]
    targets = tuple(target for _, target in roots)
    if not package.member:
        return Reach("outside", package, targets)
    built = [t for t in targets if t.kind not in SPECIAL]
    return Reach("seen" if built else targets[0].kind, package, targets)


def package_of(path: str, files: Files) -> Package | None:
    """The package in whose folder a file lies."""
    folder = path
    while folder:
        folder = posixpath.dirname(folder)
        if folder in files.roots.packages:
            return files.roots.packages[folder]
    return None


def users(package: Package, files: Files) -> frozenset[str]:
    """The folders of the packages that may name what is in one: they need it, or reach outside.

    Through which others a package needs it does not matter: they may hand it on.
    """
    found, waiting = set[str](), [package]
    while waiting:
        of = waiting.pop()
        names = {of.crate, of.name.replace("-", "_")}
        new = [one for one in files.packages if names & one.needs and one.folder not in found]
        found |= {one.folder for one in new}
        waiting += new
    return frozenset(found) | files.reaching_out


def reaching_out(files: Files) -> frozenset[str]:
    """The folders of the packages with a file that leads to one of another package."""
    words = files.words
    leading = [
        path
        for said in (words.redirects, words.leads, words.includes)
        for path, targets in said.items()
        if any(b".." in target for target in targets)
    ]
    packages = (package_of(path, files) for path in leading)
    return frozenset(package.folder for package in packages if package is not None)


def _is_below_bad_manifest(path: str, files: Files) -> bool:
    """Whether the nearest manifest above a file is one that nobody could read."""
    bad = {posixpath.dirname(manifest.path) for manifest in files.bad_manifests}
    folder = path
    while folder and bad:
        folder = posixpath.dirname(folder)
        if folder in bad or folder in files.roots.packages:
            return folder in bad
    return False


def module_file(path: str) -> tuple[str, str]:
    """The folder where a file's parent lives, and the name that a `mod` there gives the file."""
    folder, base = posixpath.split(path)
    if base == "mod.rs":
        return posixpath.split(folder)
    return folder, base.removesuffix(".rs")


def _parents(path: str, files: Files) -> list[str]:
    """Files that may declare this one: by their place, or by a `#[path]` that ends like it."""
    known = files.roots.parents
    if path not in known:
        known[path] = _found_parents(path, files)
    return known[path]


def _found_parents(path: str, files: Files) -> list[str]:
    folder, name = module_file(path)
    near = [f"{folder}.rs", *(posixpath.join(folder, root) for root in ROOT_NAMES)]
    near += files.roots.in_folder.get(folder, ())
    found = [
        parent
        for parent in dict.fromkeys(near)
        if parent != path and files.words.declares(parent, name)
    ]
    base = posixpath.basename(path).encode("utf-8", "surrogateescape")
    by_path = [other for other in files.words.redirecting(base) if other != path]
    inline = _inline_parents(folder, name, files)
    return list(dict.fromkeys([*found, *by_path, *inline]))


def above(paths: Iterable[str], files: Files) -> list[str]:
    """Every file that may declare one of these, or one that does: what `reach` will ask for."""
    found: dict[str, None] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        new = [parent for parent in _parents(path, files) if parent not in found]
        if path not in files.roots.at:
            found.update(dict.fromkeys(new))
            waiting += new
    return list(found)


def _inline_parents(folder: str, name: str, files: Files) -> list[str]:
    """`mod a { mod b; }` in `src/lib.rs` reaches `src/a/b.rs`: the file that holds `mod a {`."""
    found: list[str] = []
    inner = folder
    while inner:
        inner, last = posixpath.split(inner)
        roots = (f"{inner}.rs", *(posixpath.join(inner, root) for root in ROOT_NAMES))
        found += [
            root
            for root in roots
            if files.words.opens(root, last) and files.words.declares(root, name)
        ]
    return found


def _through(parent: str, path: str, files: Files, seen: frozenset[str]) -> Reach | None:
    """How rustc comes to `path` through a `mod` in `parent`; None if no `mod` there means it."""
    if parent in seen:
        return None
    declared = next(_declaring(parent, path, files), None)
    if declared is None:
        return None
    above = reach(parent, files, seen | {path})
    if above.state == "orphan":
        return None
    parts = [above.module, declared.module, declared.name]
    return Reach(
        above.state,
        above.package,
        above.targets,
        "::".join(part for part in parts if part),
        above.test or declared.test,
        declared.cfg or above.cfg,
    )


def _declaring(parent: str, path: str, files: Files) -> Iterator[ModDecl]:
    """The `mod`s of `parent` that mean the file at `path`."""
    _, name = module_file(path)
    for declared in files.outline(parent).mods:
        if declared.inline or (declared.name != name and not declared.path):
            continue
        if _means(parent, declared.module, declared.name, declared.path, path, files):
            yield declared


def crates(path: str, files: Files) -> frozenset[str]:
    """The root files of all crates that have a file as a module of theirs, but for tests.

    `reach` names those of the first that declares it; programs may share a file.
    """
    met, waiting = {path}, [path]
    while waiting:
        one = waiting.pop()
        above = (
            parent
            for parent in _parents(one, files)
            if any(not declared.test for declared in _declaring(parent, one, files))
        )
        new = set(above) - met
        met |= new
        waiting += new
    return frozenset(met & files.roots.at.keys())


def _means(parent: str, inner: str, name: str, written: str, path: str, files: Files) -> bool:
    """Whether `mod name;` in the inline module `inner` of `parent` means the file at `path`."""
    folder, base = posixpath.split(parent)
    is_root = base in ROOT_NAMES or parent in files.roots.at
    below = folder if is_root else parent.removesuffix(".rs")
    below = posixpath.join(below, *inner.split("::")) if inner else below
    if written:
        start = below if inner else folder
        return posixpath.normpath(posixpath.join(start, written)) == path
    return path in (posixpath.join(below, f"{name}.rs"), posixpath.join(below, name, "mod.rs"))


def _redirected(path: str, files: Files) -> bool:
    """Whether a `#[path]` or an `include!` may lead to the file in a way that is not followed."""
    _, name = module_file(path)
    for target in _targets(files.words.leads):
        if target == path or files.words.declares(target, name) or _inside(path, target):
            return True
    return any(_inside(path, target) for target in _targets(files.words.redirects))


def _targets(leads: Mapping[str, tuple[bytes, ...]]) -> Iterator[str]:
    """Where the files' leads may go: beside each file, or into the folder of its modules."""
    for other, said in leads.items():
        for lead in said:
            written = lead.decode("utf-8", "replace")
            for start in (posixpath.dirname(other), other.removesuffix(".rs")):
                yield posixpath.normpath(posixpath.join(start, written))


def _inside(path: str, target: str) -> bool:
    """Whether a file lies in the folder of the modules of `target`: a file, or a folder."""
    folder = posixpath.dirname(target) if target.endswith(".rs") else target
    near = folder not in ("", "src") and not folder.endswith("/src")
    return near and path.startswith(f"{folder}/")


def _may_be_included(path: str, package: Package, files: Files) -> bool:
    """Whether a macro may declare it: `include!` of its name, or a macro that takes its name."""
    _, name = module_file(path)
    base = posixpath.basename(path).encode("utf-8", "surrogateescape")
    mine = f"{package.folder}/" if package.folder else ""
    for other, said in files.words.includes.items():
        if other.startswith(mine) and any(base in written for written in said):
            return True
    return any(
        _names(macro, name, files.sources[other])
        for other in files.words.among(name, ("beside", path), _near(path, files))
        for macro in files.outline(other).item_macros
    )


def _near(path: str, files: Files) -> list[str]:
    """The files in which a macro would declare the module that `path` is."""
    folder, _ = module_file(path)
    near = [f"{folder}.rs", *(posixpath.join(folder, root) for root in ROOT_NAMES)]
    return [other for other in near if other != path and other in files.sources]


def _names(macro: str, name: str, source: bytes) -> bool:
    """Whether a call of `macro` in `source` has the word `name` among its tokens."""
    call = re.compile(
        re.escape(macro.encode())
        + rb"!\s*[\[({][\s\S]*?\b"
        + re.escape(name.encode("utf-8", "surrogateescape"))
        + rb"\b"
    )
    return bool(call.search(source))
