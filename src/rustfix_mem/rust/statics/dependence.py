"""A package without `lazy_static` or `once_cell`: all of its files, and its manifest, together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.cargo.toml_cut import remove_dependency, remove_shared
from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.statics.conversion import Converted, convert, unstable
from rustfix_mem.rust.whole.shipped import passed_over
from rustfix_mem.rust.write.indents import code_of
from rustfix_mem.text import Edit, Span, apply, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.cargo.manifest import Package
    from rustfix_mem.rust.whole.files import Files

__all__ = [
    "Orphan",
    "Refused",
    "Without",
    "allowed",
    "orphans",
    "taken_from_workspace",
    "without",
]

LAZY_LOCK = (1, 80)
"""The Rust that has `LazyLock` and `LazyCell`; `OnceLock` and `OnceCell` are older."""

OLDEST = {"2024": "1.85"}
"""The first Rust that builds an edition, where that has what is asked for."""

NO_STD = re.compile(rb"#!\[(?:cfg_attr\([^\]]*)?no_std")


@dataclass(frozen=True, slots=True)
class Without:
    """A package that needs a crate no more, or in fewer files."""

    edits: tuple[Edit, ...]
    statics: tuple[str, ...]
    path: str
    span: Span
    removed: bool
    """Whether the dependency goes from the manifest too."""
    why: tuple[str, ...]
    """What is left as it is, and why."""


def allowed(package: Package, given: str) -> str:
    """Why the package may not use `LazyLock`; empty if it may. `given`: the oldest Rust, if known
    although no manifest says it."""
    own = package.rust_version or given or OLDEST.get(package.edition, "")
    said = own or package.rust_around
    numbers = tuple(int(found) for found in re.findall(r"\d+", said)[:2])
    if not numbers:
        return "no `rust-version` says which compilers have to build it: `LazyLock` needs 1.80"
    return "" if numbers >= LAZY_LOCK else f"Rust {said} has to build it: `LazyLock` needs 1.80"


def taken_from_workspace(package: Package, given: str) -> str:
    """What is to be told where only the workspace says which Rust builds a package; else empty."""
    if package.rust_version or given or package.edition in OLDEST or not package.rust_around:
        return ""
    around = package.rust_around
    return f"the package has no `rust-version`: that of `[workspace.package]` is {around}"


def without(package: Package, crate: str, files: Files) -> Without | None:
    """All of a package's files with the standard library instead of `crate`; raises `Refused`.

    None if no static that runs for long is made with it.
    """
    paths = [p for p in files.files_with(crate) if files.reach(p).package == package]
    if any(NO_STD.search(files.sources[target.root]) for target in package.targets):
        raise Refused("it is built without the standard library")
    made, why = dict[str, Converted](), list[str]()
    for path in paths:
        try:
            if files.reach(path).state in ("orphan", "unknown", "outside"):
                raise Refused(f"nobody can say how rustc comes to {path}")
            made[path] = convert(path, crate, files)
        except Refused as refused:
            why.append(str(refused))
    if why and crate == "once_cell":
        raise Refused(why[0])  # a type in one file may be made in another
    if why and any(b"macro_use" in files.sources[path] for path in made):
        raise Refused(why[0])  # the import of all is in one file
    if why and any(_takes_the_macro(files.sources[path]) for path in made):
        raise Refused(why[0])  # likewise: it would be unused, or already missing
    live = {p: one for p, one in made.items() if one.spans and not _is_aside(p, files)}
    if not live:
        if why:
            raise Refused(why[0])
        return None
    _must_agree(made, package, crate, files)
    kept = made if not why else live
    edits = tuple(edit for one in kept.values() for edit in one.edits)
    removed: tuple[Edit, ...] = ()
    manifest = _manifest(package)
    if not why:
        try:
            _must_be_unnamed(paths, crate, edits, files)
            removed = remove_dependency(_key(crate, manifest, files), manifest, files.manifests)
        except Refused as refused:
            why.append(f"the dependency stays: {refused}")
    first = min(live)
    statics = tuple(name for one in kept.values() for name in one.statics)
    return Without(
        (*edits, *removed), statics, first, live[first].spans[0], bool(removed), tuple(why)
    )


@dataclass(frozen=True, slots=True)
class Orphan:
    """A crate that a workspace shares, though no package of it asks for it."""

    crate: str
    path: str
    span: Span
    edits: tuple[Edit, ...]


CRATES = ("lazy_static", "once_cell")


def orphans(files: Files) -> Iterator[Orphan]:
    """Those of `CRATES`, as when several packages have dropped one at once: each saw the others."""
    for path in sorted(files.manifests):
        for crate in CRATES:
            try:
                edits = remove_shared(_key(crate, path, files), path, files.manifests)
            except Refused:
                continue
            if edits:
                at, source = edits[0].span, files.manifests[path]
                line = source[at.start : at.end].split(b"\n")[0].rstrip()
                yield Orphan(crate, path, Span(at.start, at.start + len(line)), edits)


def _takes_the_macro(source: bytes) -> bool:
    """Whether a file has `lazy_static!` from another one, by `use super::*`."""
    bare = re.search(rb"(?<![:\w])lazy_static\s*!\s*\{", source)
    return bare is not None and not re.search(rb"\buse\b[^;]*\blazy_static\b", source)


def _is_aside(path: str, files: Files) -> bool:
    """Whether a file is for tests and tools only."""
    testing = re.search(rb"(?m)^#!\[cfg\(test\)\]", files.sources[path]) is not None
    return bool(passed_over(path, testing, files))


def _manifest(package: Package) -> str:
    return f"{package.folder}/Cargo.toml" if package.folder else "Cargo.toml"


def _key(crate: str, manifest: str, files: Files) -> str:
    """The crate's name as the manifest spells it."""
    dashed = crate.replace("_", "-")
    said = re.search(rb"(?m)^\s*(?:\[.*\.)?" + dashed.encode() + rb"\b", files.manifests[manifest])
    return dashed if said is not None else crate


def _must_be_unnamed(paths: list[str], crate: str, edits: tuple[Edit, ...], files: Files) -> None:
    for path in paths:
        left = apply(files.sources[path], [edit for edit in edits if edit.path == path])
        said = re.search(rb"\b" + crate.encode() + rb"\b", left)
        if said is not None:
            raise Refused(f"{path}:{line_at(left, said.start())} still names it")


FORCED = re.compile(r"\b(?:lazy_static::initialize|Lazy::force)\s*\(\s*&\s*([\w:]+)")


def _must_agree(made: dict[str, Converted], package: Package, crate: str, files: Files) -> None:
    """Who names the types elsewhere must change with them, and who stays must not need them."""
    ours = {name for one in made.values() for name in one.statics}
    for path in made:
        for said in FORCED.finditer(code_of(files.sources[path]).decode("utf-8", "replace")):
            if said[1].rpartition("::")[2] not in ours:
                raise Refused(f"`{said[1]}`, which {path} makes ready, is not one of its statics")
    for name in ours:
        for path in files.files_with(name):
            if path not in made and re.search(
                rb"\b(?:initialize|force)\s*\(\s*&[\w:]*\b" + name.encode(), files.sources[path]
            ):
                raise Refused(f"{path} makes `{name}` ready by the name of the crate")
    if crate == "once_cell":
        _must_be_imported(made, package, files)


def _says(path: str, name: str, files: Files) -> bool:
    """Whether a word stands in the code of a file: not in a comment, nor in a string."""
    return re.search(rb"\b%s\b" % name.encode(), code_of(files.sources[path])) is not None


def _tries(path: str, files: Files) -> bool:
    """Whether a file may call `get_or_try_init` on a cell of `once_cell`."""
    code = code_of(files.sources[path])
    with syntax.parsed(files.sources[path]) as tree:
        return _says(path, "get_or_try_init", files) and unstable(tree.root, code) is not None


def _must_be_imported(made: dict[str, Converted], package: Package, files: Files) -> None:
    """Whether a module takes `Lazy` from another one, whose import goes, or asks more of a cell."""
    if any(_says(path, "OnceCell", files) for path in made):
        for path in files.files_with("get_or_try_init"):
            elsewhere = files.reach(path).package == package and path not in made
            if elsewhere and _tries(path, files):
                raise Refused(f"{path} may ask `get_or_try_init` of a cell that is made elsewhere")
    for name in ("Lazy", "OnceCell"):
        for path in files.files_with(name):
            if files.reach(path).package != package or path in made:
                continue
            if not _says(path, name, files):
                continue
            for use in files.outline(path).uses:
                inner = use.path.startswith(("super", "crate", "self"))
                if inner and use.name in (name, "*"):
                    raise Refused(f"{path} may take `{name}` from another module")
