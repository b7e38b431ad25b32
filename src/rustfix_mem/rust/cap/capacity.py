"""How many entries a bound allows: a constant, or what a share of the free memory holds.

The guide (3.1) divides the memory that `sys_info` tells in kilobytes by a size in bytes: 6 entries
where 8 GB are free, and none below. Here all is bytes, a container's own limit counts, and the
result lies between a minimum and a maximum, so it is never 0. `sysinfo` tells bytes since 0.26.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.cargo.cargo_edit import Dependency, add_dependency
from rustfix_mem.errors import Refused

if TYPE_CHECKING:
    from rustfix_mem.cargo.manifest import Package
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Edit

SYSINFO = (((1, 88), "0.37"), ((1, 75), "0.36"), ((1, 70), "0.30"))
"""The oldest Rust that a version of `sysinfo` compiles with, as its manifest says; newest first.

1.70 is also where `std::sync::OnceLock` begins.
"""

SPLIT = (0, 31)
"""From here on `sysinfo` has a feature for what we ask."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A share of the memory that is available when a cache first grows."""

    percent: int
    entry_bytes: int
    """What one entry is taken to hold; the guide says 64 KB."""
    least: int
    """The fewest entries, however little memory is free."""


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `entries`, kept by `clear` or by evicting an `arbitrary` one."""

    entries: int
    eviction: str
    memory: Memory | None = None

    def named(self, constant: str) -> str:
        """How the code asks for the bound that a constant of that name would be."""
        return f"{constant.lower()}()" if self.memory is not None else constant

    def declared(self, constant: str, indent: str) -> str:
        """The item that holds the bound, under a doc comment that is still open."""
        if self.memory is None:
            return f"const {constant}: usize = {self.entries};"
        return _documented(self.memory, self.entries, indent) + _function(
            constant.lower(), self.entries, self.memory, indent
        )


def _function(name: str, entries: int, memory: Memory, indent: str) -> str:
    """A function that works the bound out once, at its first call."""
    lines = (
        f"fn {name}() -> usize {{",
        "    static ENTRIES: std::sync::OnceLock<usize> = std::sync::OnceLock::new();",
        "    *ENTRIES.get_or_init(|| {",
        "        let mut system = sysinfo::System::new();",
        "        system.refresh_memory();",
        "        let free = system",
        "            .cgroup_limits()",
        "            .map_or(u64::MAX, |limits| limits.free_memory);",
        f"        let bytes = system.available_memory().min(free) / 100 * {memory.percent};",
        f"        let entries = usize::try_from(bytes / {_digits(memory.entry_bytes)});",
        f"        entries.unwrap_or(usize::MAX).clamp({_digits(memory.least)}, {_digits(entries)})",
        "    })",
        "}",
    )
    return f"\n{indent}".join(lines)


def _digits(number: int) -> str:
    return f"{number:_}" if number >= 10_000 else str(number)


def _documented(memory: Memory, entries: int, indent: str) -> str:
    """The second line of its docs."""
    return (
        f"/// So many as {memory.percent} % of the free memory holds, "
        f"{memory.entry_bytes} bytes each: {memory.least} to {entries}.\n{indent}"
    )


def dependency(path: str, files: Files) -> tuple[Edit, ...]:
    """The edits that give the package of a file `sysinfo`; raises `Refused`."""
    package = files.reach(path).package
    if package is None:
        raise Refused("which package it belongs to is not known")
    if NO_STD.search(files.sources[path]) or any(
        NO_STD.search(files.sources[t.root]) for t in package.targets
    ):
        raise Refused("its crate is `no_std`, where nobody tells how much memory is free")
    asked = package.requirement("sysinfo")
    if asked and "sysinfo" not in package.tests_with:
        return _there(asked)
    version = _version(package)
    feature = ("system",) if _numbers(version) >= SPLIT else ()
    wanted = Dependency("sysinfo", version, feature, default_features=False)
    folder = f"{package.folder}/" if package.folder else ""
    return add_dependency(wanted, f"{folder}Cargo.toml", files.manifests)


NO_STD = re.compile(rb"#!\[(?:cfg_attr\([^\]]*)?no_std")


def _there(asked: str) -> tuple[Edit, ...]:
    if _numbers(asked) < (0, 30):
        raise Refused(f"its `sysinfo` is {asked}, which asks for memory in another way")
    return ()


def _version(package: Package) -> str:
    """The newest `sysinfo` that the compiler the package asks for can build."""
    rust = _numbers(package.rust_version)
    for oldest, version in SYSINFO:
        if not rust or rust >= oldest:
            return version
    raise Refused(f"Rust {package.rust_version} is too old for `OnceLock` and `sysinfo`")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(found) for found in re.findall(r"\d+", version)[:2])
