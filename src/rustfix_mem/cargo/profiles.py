"""The profiles of a workspace, with what they inherit: how a program is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustfix_mem.cargo.files import has_setting, read
from rustfix_mem.cargo.manifest import read as read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.cargo.files import Manifests

Settings = dict[str, Any]

BUILT_IN: dict[str, Settings] = {
    "dev": {"opt-level": 0, "debug": 2, "lto": False, "panic": "unwind", "strip": "none"},
    "release": {"opt-level": 3, "debug": 0, "lto": False, "panic": "unwind", "strip": "none"},
}
INHERITS = {"test": "dev", "bench": "release"}
CONFIG = (".cargo/config.toml", ".cargo/config")


def profiles(root: str, manifests: Manifests) -> dict[str, Settings]:
    """Every profile that a workspace root names, and cargo's own, each with all its settings."""
    said = _said(read(root, manifests))
    return {name: _whole(name, said, ()) for name in dict.fromkeys([*BUILT_IN, *INHERITS, *said])}


def of_release(root: str, manifests: Manifests) -> dict[str, Settings]:
    """The profiles that are made of `release`, and itself; those for tests are left out."""
    said = _said(read(root, manifests))
    every = profiles(root, manifests)
    names = [name for name in every if name not in INHERITS and _base(name, said) == "release"]
    return {name: every[name] for name in names}


def in_config(settings: Mapping[str, bytes]) -> dict[str, str]:
    """The profiles that settings of cargo's in the repository name, each with its file.

    `settings` are files of the repository, among which those of cargo are.
    """
    found: dict[str, str] = {}
    for path, source in settings.items():
        if path.endswith(CONFIG):
            try:
                named = _said(read_toml(source))
            except ValueError:
                continue
            found |= dict.fromkeys(named, path)
    return found


def has_names(settings: Settings) -> bool:
    """Whether what is built says the names of its functions, as it does unless it is stripped."""
    return not has_setting(settings, "strip", True)


def has_symbols(settings: Settings) -> bool:
    """Whether what is built has all that a profiler shows: files and lines, too."""
    no_debug = settings["debug"] in (False, 0, "none", "0")
    return not no_debug and has_setting(settings, "strip", False)


def _said(table: Mapping[str, Any]) -> dict[str, Settings]:
    found = table.get("profile")
    tables = found if isinstance(found, dict) else {}
    return {name: one for name, one in tables.items() if isinstance(one, dict)}


def _parent(name: str, said: Mapping[str, Settings]) -> str:
    if name in BUILT_IN:
        return ""
    named = said.get(name, {}).get("inherits", "")
    return INHERITS.get(name) or (named if isinstance(named, str) else "")


def _base(name: str, said: Mapping[str, Settings]) -> str:
    seen = set[str]()
    while name not in BUILT_IN and name and name not in seen:
        seen.add(name)
        name = _parent(name, said)
    return name


def _whole(name: str, said: Mapping[str, Settings], seen: tuple[str, ...]) -> Settings:
    parent = _parent(name, said)
    start = BUILT_IN.get(name, BUILT_IN["dev"])
    if parent and parent not in seen:
        start = _whole(parent, said, (*seen, name))
    return {**start, **said.get(name, {})}
