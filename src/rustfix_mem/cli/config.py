"""What parameters a codemod gets: its options, then `--set`, then `rustfix-mem.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rustfix_mem import registry
from rustfix_mem.codemod import did_you_mean
from rustfix_mem.errors import UsageError
from rustfix_mem.git.snapshot import REGULAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rustfix_mem.codemod import Codemod
    from rustfix_mem.git.snapshot import Snapshot

FILE = "rustfix-mem.toml"
EXAMPLE = "write it as `--set cache-bounds.max-entries=500`"

Settings = dict[str, dict[str, Any]]
"""Values by codemod and by parameter, spelled as the user spells them."""


def settings(snapshot: Snapshot, assignments: Sequence[str]) -> Settings:
    """All that the repository and the command line set, checked; raises `UsageError`."""
    merged = _of_file(snapshot)
    for assignment in assignments:
        name, key, value = _split(assignment)
        codemod = registry.find(name)
        codemod.configure({key: value})
        merged.setdefault(name, {})[_spelled(key)] = value
    return merged


def configured(
    codemod: type[Codemod], settings: Settings, given: Mapping[str, Any] | None = None
) -> Codemod:
    return codemod.configure({**settings.get(codemod.name(), {}), **(given or {})})


def _of_file(snapshot: Snapshot) -> Settings:
    entry = snapshot.entries.get(FILE)
    if entry is None:
        return {}
    if entry.mode not in REGULAR:
        raise UsageError(f"`{FILE}` is not an ordinary file", "a link is not followed; copy it")
    return {name: _table(name, value) for name, value in _parse(snapshot.read(FILE)).items()}


def _table(name: str, value: object) -> dict[str, Any]:
    known = registry.discover()
    if name not in known:
        what = "table" if isinstance(value, dict) else "key"
        hint = did_you_mean(name.replace("_", "-"), known) or "take it out"
        raise UsageError(f"`{FILE}` has a {what} `{name}`, which is no codemod", hint)
    if not isinstance(value, dict):
        raise UsageError(f"`{name}` in `{FILE}` is not a table", f"begin it with `[{name}]`")
    try:
        known[name].configure(value)
    except UsageError as error:
        raise UsageError(f"{error.what}, in `{FILE}`", error.help) from None
    return {_spelled(key): given for key, given in value.items()}


def _parse(data: bytes) -> dict[str, Any]:
    import tomllib  # 6 ms, which a repository without the file does not wait for

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"`{FILE}`, line {line}: not UTF-8", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)", said)
        where = f"line {place[1]}, column {place[2]}" if place else "at its end"
        reason = said[: place.start()] if place else said.removesuffix(" (at end of document)")
        raise UsageError(
            f"`{FILE}`, {where}: {reason[:1].lower()}{reason[1:]}", "correct the TOML and commit it"
        ) from None


def _split(assignment: str) -> tuple[str, str, str]:
    target, equals, value = assignment.partition("=")
    name, dot, key = target.partition(".")
    if not (equals and dot and name and key):
        raise UsageError(f"`--set {assignment}` does not set anything", EXAMPLE)
    return name, key, value


def _spelled(key: str) -> str:
    return key.replace("_", "-")
