"""The crates of the cases as cargo gets to see them: copies, in one generated workspace.

One workspace means one cargo run for all, and each dependency compiled once. That needs unique
package names; the library keeps its name, so no source file has to change.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rustfix_mem.errors import UsageError
from rustfix_mem.testing.case import case_folders, features_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADER = re.compile(r"^\s*\[+\s*([^\]]*?)\s*\]")
NAME = re.compile(r'^\s*name\s*=\s*["\']')
ALONE = re.compile(
    r"^\s*(?:\[+\s*(?:workspace|profile|patch|replace)\b|(?:profile|patch|workspace)\s*[.=])", re.M
)
OWN_RULES = (".cargo", "rust-toolchain", "rust-toolchain.toml")


@dataclass(frozen=True, slots=True)
class Crate:
    """One side of a case: `folder` is its `before/` or `after/`."""

    folder: Path

    def __str__(self) -> str:
        """`cache-bounds/entry/before`, also its place in the generated workspace."""
        return "/".join(self.folder.parts[-3:])

    @property
    def package(self) -> str:
        """The name of the package in the generated workspace."""
        return "-".join(self.folder.parts[-3:])

    @property
    def manifest(self) -> str:
        file = self.folder / "Cargo.toml"
        if not file.is_file():
            raise UsageError(f"{self} has no Cargo.toml", "make it a crate that cargo can build")
        return file.read_text(encoding="utf-8")

    @property
    def edition(self) -> str:
        """The edition that its package says, for rustfmt; the oldest if none does."""
        said = tables(self.manifest, str(self)).get("package", {}).get("edition", "2015")
        return said if isinstance(said, str) else "2021"

    @property
    def stands_alone(self) -> bool:
        """Whether it cannot be a member: a workspace itself, or with rules for all members."""
        return (
            ALONE.search(self.manifest) is not None
            or any((self.folder / name).exists() for name in OWN_RULES)
            or len(self.manifests) > 1
        )

    @property
    def features(self) -> tuple[str, ...]:
        """With which features it is built too: those that its case names, if it is the `after/`."""
        file = self.folder.parent / "case.toml"
        if self.folder.name != "after" or not file.exists():
            return ()
        return features_of(tables(file.read_text(encoding="utf-8"), str(self)), str(self))

    @property
    def manifests(self) -> list[str]:
        """The text of every `Cargo.toml` in it."""
        return [data.decode() for path, data in self.files().items() if _is_manifest(path)]

    def files(self) -> dict[str, bytes]:
        """Every file but lock files: those are the harness' own affair."""
        return {
            relative.as_posix(): file.read_bytes()
            for file in sorted(self.folder.rglob("*"))
            if "target" not in (relative := file.relative_to(self.folder)).parts
            and file.is_file()
            and file.name != "Cargo.lock"
        }

    def member(self) -> dict[str, bytes]:
        """Its files as a member of the generated workspace."""
        own = self.files()
        manifest = renamed(self.manifest, self.package, library="src/lib.rs" in own)
        return own | {"Cargo.toml": manifest.encode()}

    def whole(self) -> dict[str, bytes]:
        """Its files as a workspace of its own, wherever it is put."""
        own = self.files()
        if "workspace" not in tables(self.manifest, str(self)):
            own["Cargo.toml"] += b"\n[workspace]\n"
        return own


def crates(fixtures: Path) -> tuple[Crate, ...]:
    """Every crate of every case."""
    sides = [folder / side for folder in case_folders(fixtures) for side in ("before", "after")]
    return tuple(Crate(folder) for folder in sides if folder.is_dir())


def renamed(manifest: str, package: str, *, library: bool) -> str:
    """`manifest` with another package name; a library keeps the name that it has."""
    read = tables(manifest, package)
    if "name" not in read.get("package", {}):
        raise UsageError(f"the manifest of {package} has no `[package]` with a `name`", "add one")
    original = read["package"]["name"].replace("-", "_")
    keep = [f'name = "{original}"\n'] if library and "name" not in read.get("lib", {}) else []
    lines, table = list[str](), ""
    for line in manifest.splitlines(keepends=True):
        header = HEADER.match(line)
        table = header[1] if header else table
        own_name = table == "package" and NAME.match(line)
        lines.append(f'name = "{package}"\n' if own_name else line)
        if header and table == "lib":
            lines += keep
    if keep and "lib" not in read:
        lines += ["\n\n[lib]\n", *keep]
    return "".join(lines)


def tables(manifest: str, name: str) -> dict[str, Any]:
    """A manifest as TOML tables; `name` is said if it is none."""
    try:
        return tomllib.loads(manifest)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the manifest of {name}: {error}", "put the TOML right") from error


def sync(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold `files` and nothing else; what is right stays untouched, for cargo."""
    for path, data in files.items():
        file = folder / path
        if not file.is_file() or file.read_bytes() != data:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    for file in sorted(folder.rglob("*"), reverse=True):
        if file.is_dir() and not file.is_symlink():
            if not any(file.iterdir()):
                file.rmdir()
        elif file.relative_to(folder).as_posix() not in files:
            file.unlink()


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == "Cargo.toml"
