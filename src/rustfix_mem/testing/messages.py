"""Cargo's JSON messages, crate by crate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rustfix_mem.testing.libtest import Binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Message = dict[str, Any]


def by_crate(stdout: str, folders: Mapping[str, Path]) -> dict[str, list[Message]]:
    """The messages of the packages that lie in each of `folders`; others are left out."""
    home = {folder.resolve(): name for name, folder in folders.items()}
    found: dict[str, list[Message]] = {name: [] for name in folders}
    for line in stdout.splitlines():
        if line.startswith("{") and (message := json.loads(line)).get("manifest_path"):
            above = Path(message["manifest_path"]).resolve().parents
            for name in (home[folder] for folder in above if folder in home):
                found[name].append(message)
    return found


def problems(lints: list[Message], stderr: str) -> Iterator[str]:
    """Warnings and errors of clippy; a crate that it never came to is a problem too."""
    said = [*_diagnostics(lints, "error", "warning")]
    yield from said
    if not said and not any(_is_code(message) for message in lints):
        yield _unreached("cargo clippy", stderr)


def broken(builds: list[Message], stderr: str) -> Iterator[str]:
    """Errors of the build; a crate without one test binary was not built."""
    said = [*_diagnostics(builds, "error")]
    yield from said
    if not said and not any(_is_test(message) for message in builds):
        yield _unreached("cargo build --tests", stderr)


def binaries(crate: str, folder: Path, builds: Iterable[Message]) -> Iterator[Binary]:
    """The test binaries of the crate in `folder`, each to be run in its package's folder."""
    for message in filter(_is_test, builds):
        root = Path(message["target"]["src_path"]).resolve().relative_to(folder.resolve())
        package = Path(message["manifest_path"]).parent
        yield Binary(crate, root.as_posix(), Path(message["executable"]), package)


def _diagnostics(messages: Iterable[Message], *levels: str) -> Iterator[str]:
    for it in (m["message"] for m in messages if m["reason"] == "compiler-message"):
        if it["level"] in levels and not it["message"].startswith("aborting due to"):
            yield it["rendered"] or it["message"]


def _is_code(message: Message) -> bool:
    is_artifact: bool = message["reason"] == "compiler-artifact"
    return is_artifact and message["target"]["kind"] != ["custom-build"]


def _is_test(message: Message) -> bool:
    return _is_code(message) and message["profile"]["test"] and bool(message["executable"])


def _unreached(what: str, stderr: str) -> str:
    return f"`{what}` did not come to this crate:\n{stderr[-2_000:]}"
