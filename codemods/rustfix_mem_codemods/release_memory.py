"""Guide 4.1: a profile for small code, and one for profilers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    Kind,
    LeftAlone,
    Refused,
    cargo_edit,
    param,
    profiles,
    programs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem import Codebase, Edit

MEMORY, PROFILING = "release-memory", "profiling"
Settings = dict[str, str | int | bool]
SYMBOLS: Settings = {"inherits": "release", "debug": 1, "strip": False}


@dataclass(frozen=True, kw_only=True)
class ReleaseMemory(Codemod):
    """Add a profile for small code, and one for memory profilers.

    `[profile.release-memory]` is `release` with `opt-level = "z"` and thin link-time optimisation.
    `[profile.profiling]` is `release` with the symbols that heaptrack, massif, `perf` and DHAT
    need to name functions. Both go to the workspace root, the only manifest whose profiles cargo
    reads, behind the profiles that are there.

    Know what it is for: `opt-level = "z"` makes the code smaller, and often slower. It takes
    nothing off the heap, so it does not help a program whose memory grows; the profile for
    profilers helps to find out why it does.

    Before:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [profile.release]
    strip = true # nobody debugs this
    ```

    After:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [profile.release]
    strip = true # nobody debugs this

    [profile.release-memory]
    inherits = "release"
    opt-level = "z"
    lto = "thin"

    [profile.profiling]
    inherits = "release"
    debug = 1
    strip = false
    ```

    A profile is only added where there is none of its kind: not if `release` is optimised for size
    already, or another profile is (who names `--opt-level z` gets that beside `s`), and not if one
    made of `release` keeps its symbols. One that is there under the same name is never changed.
    Workspaces without a program, and those of tests, examples, fuzzers and vendored code, are left
    alone.

    Why it is `machine-applicable`: nothing is built otherwise until someone names the profile:
    `cargo build --profile release-memory`.

    What it cannot know: the settings of cargo that lie outside of the repository, and variables
    such as `CARGO_PROFILE_RELEASE_LTO`.
    """

    guide: ClassVar[str] = "4.1"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    kind: ClassVar[Kind] = Kind.PROPOSAL
    gate: ClassVar[tuple[bytes, ...]] = ()  # no Rust file has to be read

    opt_level: str = param(
        "z",
        help="how `release-memory` is optimised: `s` is a little larger than `z`, and faster",
        choices=("z", "s"),
    )
    lto: str = param(
        "thin",
        help="its link-time optimisation; `inherit` leaves what `release` has",
        choices=("thin", "fat", "inherit"),
    )

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for root in programs.roots(codebase.packages, codebase.manifests):
            yield self._workspace(root, codebase)

    def _workspace(self, root: str, codebase: Codebase) -> Finding | LeftAlone:
        manifests = codebase.manifests
        tables = (("profile", "release"), ("profile",), ("workspace",), ("package",))
        span = programs.place(root, manifests, *tables)
        known = profiles.of_release(root, manifests)
        outside = profiles.in_config(codebase.cargo_files)
        wanted, there = self._wanted(known, outside)
        if not wanted:
            return LeftAlone(root, span, f"profile.{MEMORY}", tuple(there))
        names = " and ".join(f"`[profile.{name}]`" for name in wanted)
        try:
            edits = _added(wanted, root, codebase)
        except Refused as refused:
            return Finding(
                path=root,
                span=span,
                shape="no-profile",
                item=f"profile.{next(iter(wanted))}",
                message=f"{names} cannot be added",
                why=(str(refused), *there),
                help="add it by hand",
                kind=Kind.PROPOSAL,
            )
        return Finding(
            path=root,
            span=span,
            shape="no-profile",
            item=f"profile.{next(iter(wanted))}",
            message=f"there is no {names.replace(' and ', ' and no ')}",
            why=(*_why(wanted, known["release"]), *there),
            kind=Kind.PROPOSAL,
            fix=Fix(f"add {names}", edits, Applicability.MACHINE_APPLICABLE),
        )

    def _wanted(
        self, known: dict[str, Settings], outside: dict[str, str]
    ) -> tuple[dict[str, Settings], list[str]]:
        """The profiles to add, and what is said of those that are there."""
        wanted: dict[str, Settings] = {}
        asked = (self.opt_level,) if "opt-level" in self.given else ("s",)
        small = [name for name in known if str(known[name]["opt-level"]) in ("z", *asked)]
        readable = [name for name in known if profiles.has_symbols(known[name])]
        there = []
        for name, alike, settings in (
            (MEMORY, small, self._memory()),
            (PROFILING, readable, SYMBOLS),
        ):
            if name in outside:
                there.append(f"`[profile.{name}]` is in `{outside[name]}`")
            elif name in known and name not in alike:
                there.append(f"`[profile.{name}]` is there, with other settings")
            elif alike:
                there.append(_said(name if name in alike else alike[0], name, known))
            else:
                wanted[name] = settings
        return wanted, there

    def _memory(self) -> Settings:
        settings: Settings = {"inherits": "release", "opt-level": self.opt_level}
        return settings if self.lto == "inherit" else {**settings, "lto": self.lto}


def _added(wanted: dict[str, Settings], root: str, codebase: Codebase) -> tuple[Edit, ...]:
    return cargo_edit.together(
        codebase.manifests,
        *(
            lambda now, name=name, settings=settings: cargo_edit.add_profile(
                name, settings, now, root
            )
            for name, settings in wanted.items()
        ),
    )


def _said(alike: str, name: str, known: dict[str, Settings]) -> str:
    """That a profile does already what a new one would."""
    if alike == name:
        return f"`[profile.{name}]` is there"
    if name == PROFILING:
        return f"`[profile.{alike}]` keeps the symbols that a profiler shows"
    level = known[alike]["opt-level"]
    same = "a profile for small code would change nothing"
    if level == "s":
        same = "it is for small code, and `--opt-level z` asks for smaller"
    return f'`[profile.{alike}]` has `opt-level = "{level}"` already: {same}'


def _why(wanted: dict[str, Settings], release: Settings) -> Iterator[str]:
    if MEMORY in wanted:
        level = wanted[MEMORY]["opt-level"]
        yield f'`opt-level = "{level}"` makes the code smaller; it takes nothing off the heap'
        if wanted[MEMORY].get("lto") == "thin" and release["lto"] in (True, "fat"):
            shown = "true" if release["lto"] is True else '"fat"'
            yield f'`lto = "thin"` links faster than `lto = {shown}` of `release`, not smaller'
    if PROFILING in wanted:
        strips = release["strip"] not in (False, "none", "debuginfo")
        taken = f"`release` strips them (`strip = {_toml(release['strip'])}`)" if strips else ""
        yield "a profiler names functions by their symbols" + (f": {taken}" if taken else "")


def _toml(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
