"""`fixtures/Cargo.lock`: the versions of every dependency of every fixture, and nothing else.

The fixture crates themselves are not in it, so that a new case does not touch it. It seeds the
lock file of whatever is built; what comes out must hold no version that it does not.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from rustfix_mem.errors import UsageError
from rustfix_mem.testing.crates import tables
from rustfix_mem.testing.process import cargo, host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rustfix_mem.testing.crates import Crate

PACKAGE = "\n[[package]]\n"
KINDS = ("dependencies", "dev-dependencies", "build-dependencies")


def resolve(root: Path, seed: str) -> set[str]:
    """Give the workspace at `root` a lock file; returns what the seed does not pin.

    What has been downloaded already is tried first, then the registry.
    """
    for offline in (["--offline"], []):
        _write_seed(root, seed)
        done = cargo(["fetch", "--target", host(), *offline], root, root / "target")
        if done.returncode == 0 and not (unpinned := _versions(root) - _pinned(seed)):
            return set()
    if done.returncode:
        raise UsageError(
            f"cargo cannot resolve the fixtures in {root}:\n{done.stderr}",
            "look at the manifest it names; a new dependency needs the network once",
        )
    return unpinned


def stripped(lock: str) -> str:
    """A lock file with only what comes from elsewhere: no fixture, no pins."""
    head, *packages = lock.split(PACKAGE)
    kept = [text.rstrip("\n") + "\n" for text in packages if "\nsource = " in text]
    return PACKAGE.join([head, *kept]) if kept else ""


def pins(crate: Crate) -> dict[str, bytes]:
    """A package for each manifest of a crate that stands alone: its dependencies get locked too."""
    files = dict[str, bytes]()
    for number, manifest in enumerate(crate.manifests):
        package, folder = f"pins-{crate.package}-{number}", str(number)
        head = f'[package]\nname = "{package}"\nversion = "0.0.0"\nedition = "2021"\n'
        lines = _dependencies(tables(manifest, str(crate)))
        if lines:
            files[f"{folder}/Cargo.toml"] = "\n".join([head, "[dependencies]", *lines, ""]).encode()
            files[f"{folder}/src/lib.rs"] = b""
    return files


def _dependencies(manifest: Mapping[str, Any]) -> list[str]:
    """Lines for `[dependencies]`: all that comes from elsewhere, whichever table it is in."""
    places: list[Mapping[str, Any]] = [manifest, *manifest.get("target", {}).values()]
    found = [place.get(kind, {}) for place in places for kind in KINDS]
    found.append(manifest.get("workspace", {}).get("dependencies", {}))
    lines = [
        f"{json.dumps(name)} = {_toml(wanted)}"
        for table in found
        for name, wanted in table.items()
        if not isinstance(wanted, dict) or not wanted.keys() & {"path", "workspace"}
    ]
    return list(dict.fromkeys(lines))


def _toml(value: object) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _write_seed(root: Path, seed: str) -> None:
    if seed:
        (root / "Cargo.lock").write_text(seed, encoding="utf-8")
    else:
        (root / "Cargo.lock").unlink(missing_ok=True)


def _versions(root: Path) -> set[str]:
    return _pinned((root / "Cargo.lock").read_text(encoding="utf-8"))


def _pinned(lock: str) -> set[str]:
    packages: Iterable[Mapping[str, str]] = tomllib.loads(lock).get("package", ())
    return {f"{it['name']} {it['version']}" for it in packages if "source" in it}
