"""Guide 4.3: an allocator that gives memory back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Kind,
    Refused,
    Span,
    Spared,
    alternatives,
    cargo_edit,
    lockfile,
    offers,
    param,
    programs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rustfix_mem import Codebase, Edit, LeftAlone

FEATURE, CRATE = "jemalloc", "tikv-jemallocator"
VERSION = "0.7"
SYS = "tikv-jemalloc-sys"
UNPREFIXED = re.compile(rb"\b(?:unprefixed_malloc|override_allocator)_on_supported_platforms\b")
UNSAFE = re.compile(rb"#!\[(?:forbid|deny|warn)\([^)]*\bunsafe_code\b")
EXPORTED = re.compile(
    rb"(?:export_name\s*=\s*\"|no_mangle\)?\][^;{}]*?\bstatic\s+)(?P<name>malloc_conf)\b"
)
NUMBERS = re.compile(r"[\^~=]?\s*(\d+\.\d+)")
OLDEST = (1, 71)
"""The Rust that `tikv-jemalloc-sys` 0.6 and 0.7 ask for."""
STATIC = "tikv_jemallocator::Jemalloc"
"""Its type, and the value of that type."""


@dataclass(frozen=True, kw_only=True)
class Jemalloc(Codemod):
    """Offer jemalloc behind a feature, told to give memory back soon.

    A program that runs for hours may keep memory that it has freed long ago: the system's
    allocator finds it between blocks that are still in use. jemalloc keeps blocks of one size
    together, and gives free pages back to the system after a time that it is told.

    The package that owns the program gets a feature `jemalloc` with an optional dependency, and the
    program a `#[global_allocator]` behind that feature. Who builds without it gets what he got
    before.

    Before:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [dependencies]
    ```

    ```rust
    use std::process::ExitCode;

    fn main() -> ExitCode {
        ExitCode::SUCCESS
    }
    ```

    After:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [dependencies]

    [target.'cfg(not(target_env = "msvc"))'.dependencies]
    tikv-jemallocator = { version = "0.7", optional = true }

    [features]
    jemalloc = ["dep:tikv-jemallocator"]
    ```

    ```rust
    use std::process::ExitCode;

    #[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
    #[global_allocator]
    static GLOBAL: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

    /// What jemalloc reads at its start; the variable `_RJEM_MALLOC_CONF` says more.
    #[cfg(all(feature = "jemalloc", target_os = "linux", target_env = "gnu"))]
    #[export_name = "_rjem_malloc_conf"]
    static MALLOC_CONF: &[u8; 43] = b"background_thread:true,dirty_decay_ms:1000\\0";

    fn main() -> ExitCode {
        ExitCode::SUCCESS
    }
    ```

    Two things differ from the guide. `jemallocator` is no longer maintained; `tikv-jemallocator`
    goes on from it. And `MALLOC_CONF` is not read: in this build all names of jemalloc begin with
    `_rjem_`, so that the variable is `_RJEM_MALLOC_CONF` and the symbol `_rjem_malloc_conf`. Where
    what the program is built with asks for `unprefixed_malloc_on_supported_platforms`, it is
    `malloc_conf`.

    A thread in the background gives memory back also while the program is idle. It exists with
    glibc on Linux; elsewhere jemalloc would not start if it were asked for, and so the symbol is
    only there. With `--background-thread false` it is on all platforms.

    An allocator that is there stays the one without the feature: `#[cfg(not(…))]` makes the two
    alternatives. It is only reported if other code names it, or if it is in a library below the
    program, and so is a program whose `main` has an attribute of another crate that may bring an
    allocator of its own; those of the known async runtimes bring none. A program that runs on
    jemalloc already is left alone, and one whose feature `jemalloc` turns it on in a library. An
    allocator behind the feature `dhat-heap` wins when both are on, so that `--all-features` builds.

    Left alone are libraries, macros, build scripts, tests, benchmarks and examples, and programs
    that are built for WebAssembly, without `main` or without the standard library, and chores:
    programs beside the `default-members`, or beside that of the workspace's own package, those that
    are not published beside one that is, unless they need more of the workspace, and those of a
    library below a program that needs most of it. All other programs of a package are changed
    together; `--binary` names those that you want.

    Why it is `maybe-incorrect`: nothing changes without the feature, but a human should measure
    whether the program is better with it. It has to compile jemalloc, which takes minutes and
    needs `make` and a C compiler. On 64-bit ARM a build is for machines with the same size of pages
    unless `JEMALLOC_SYS_WITH_LG_PAGE` says more.

    Reported, too: settings that a program exports as `malloc_conf`, which nothing reads in a build
    with prefixed names.

    What it cannot know: an allocator inside of a crate from elsewhere.
    """

    guide: ClassVar[str] = "4.3"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    kind: ClassVar[Kind] = Kind.PROPOSAL
    gate: ClassVar[tuple[bytes, ...]] = ()  # the programs are found through the manifests

    binary: str = param(
        programs.ALL,
        help="only the programs of these names, with commas between them",
    )
    dirty_decay_ms: int = param(
        1000,
        help="after how long free pages are given back; jemalloc takes 10000, the guide 0",
        unit="milliseconds",
        at_least=0,
        at_most=3_600_000,
    )
    muzzy_decay_ms: int = param(
        0,
        help="how much longer pages that the system may take are kept; 0 is what jemalloc takes",
        unit="milliseconds",
        at_least=0,
        at_most=3_600_000,
    )
    background_thread: bool = param(
        True,
        help="whether a thread gives pages back, also while the program is idle",
    )

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for every in programs.owners(codebase.packages):
            owner = programs.asked(every, self.binary)
            if owner.binaries:
                yield self._package(
                    offers.Plan(owner, FEATURE, codebase, self.binary != programs.ALL), codebase
                )

        yield from _unread(codebase)

    def _package(self, plan: offers.Plan, codebase: Codebase) -> Finding | LeftAlone:
        plan.say(f"`{plan.build}` compiles jemalloc too, which needs `make` and a C compiler")
        plan.each(lambda program: self._edits(program, plan, codebase))
        return plan.finding(
            "no-jemalloc",
            _dependency(plan.owner, codebase),
            "cannot be built with jemalloc yet",
            "offer jemalloc to",
            "see `rustfix-mem explain jemalloc` for what it takes, and add it by hand",
        )

    def _edits(
        self, program: alternatives.Program, plan: offers.Plan, codebase: Codebase
    ) -> Iterator[Edit]:
        for one in program.own:
            if one.jemalloc:
                raise Spared(f"its allocator is jemalloc already{_when(one.cfgs)}")
        for one in program.below:
            if one.jemalloc:
                place = alternatives.where(one, codebase)
                where = f"at {place}{_when(one.cfgs)}"
                raise Spared(f"a library below it makes it run on jemalloc already, {where}")
        _check_feature(plan.owner, codebase)
        alternatives.check_below(program, codebase)
        _check_main(program)
        _check_links(plan.owner, codebase)
        condition = _condition(plan.owner, codebase)
        winners = [one for one in program.own if one.dhat and one.cfgs]
        name = alternatives.free(("GLOBAL", "JEMALLOC"), program, codebase)
        lines = [
            f"#[cfg({condition})]",
            *(f"#[cfg(not({_all(one.cfgs)}))]" for one in winners),
            "#[global_allocator]",
            f"static {name}: {STATIC} = {STATIC};",
        ]
        if unset := _unset(program, plan.owner, codebase):
            plan.say(unset)
        else:
            lines += ["", *self._configured(program, plan.owner, condition, codebase)]
            plan.say(f"freed memory goes back to the system after {self.dirty_decay_ms} ms")
        yield alternatives.put(program, lines, codebase)
        for one in program.own:
            if one not in winners:
                yield from alternatives.excluded(one, condition, codebase)
                plan.say(f"without the feature `{one.name}` stays, which is `{one.type}`")

    def _configured(
        self,
        program: alternatives.Program,
        owner: programs.Owner,
        condition: str,
        codebase: Codebase,
    ) -> list[str]:
        """The symbol in which jemalloc finds its settings."""
        said = f"dirty_decay_ms:{self.dirty_decay_ms}"
        if self.muzzy_decay_ms:
            said += f",muzzy_decay_ms:{self.muzzy_decay_ms}"
        if self.background_thread:
            said = f"background_thread:true,{said}"
            condition = f'all(feature = "{FEATURE}", target_os = "linux", target_env = "gnu")'
        name = alternatives.free(("MALLOC_CONF", "JEMALLOC_CONF"), program, codebase)
        bare = _bare(owner, codebase)
        export = f'export_name = "{"malloc_conf" if bare else "_rjem_malloc_conf"}"'
        if owner.package.edition >= "2024":
            export = f"unsafe({export})"
        declared = f"static {name}: &[u8; {len(said) + 1}] ="
        value = f'b"{said}\\0";'
        style = alternatives.style(program, codebase)
        wide = len(f"{declared} {value}") > style.width
        variable = "MALLOC_CONF" if bare else "_RJEM_MALLOC_CONF"
        return [
            f"/// What jemalloc reads at its start; the variable `{variable}` says more.",
            f"#[cfg({condition})]",
            f"#[{export}]",
            *([declared, f"{style.unit}{value}"] if wide else [f"{declared} {value}"]),
        ]


def _condition(owner: programs.Owner, codebase: Codebase) -> str:
    return f'all(feature = "{FEATURE}", {_target(owner, codebase)})'


def _target(owner: programs.Owner, codebase: Codebase) -> str:
    """Where jemalloc can be built."""
    if programs.also_wasm(owner, codebase.manifests):
        return 'not(any(target_env = "msvc", target_family = "wasm"))'
    return 'not(target_env = "msvc")'


def _dependency(owner: programs.Owner, codebase: Codebase) -> cargo_edit.Dependency:
    return cargo_edit.Dependency(
        CRATE, _version(owner, codebase), optional=True, target=f"cfg({_target(owner, codebase)})"
    )


def _version(owner: programs.Owner, codebase: Codebase) -> str:
    """The version that others here ask for, or are built with: only one may be linked."""
    for package in codebase.packages:
        for crate in (CRATE, SYS, "tikv-jemalloc-ctl"):
            if found := NUMBERS.match(package.requirement(crate.replace("-", "_"))):
                return found[1]
    for version in _locked(owner, codebase).get(SYS, ()):
        if found := NUMBERS.match(version):
            return found[1]
    return VERSION


def _locked(owner: programs.Owner, codebase: Codebase) -> Mapping[str, tuple[str, ...]]:
    root = cargo_edit.workspace_root(owner.manifest, codebase.manifests)
    return lockfile.versions(root, codebase.cargo_files)


def _check_feature(owner: programs.Owner, codebase: Codebase) -> None:
    """`Spared` if the feature turns jemalloc on in a library, which may choose the allocator."""
    below = programs.turned_on(FEATURE, CRATE, owner, codebase.packages, codebase.manifests)
    if below:
        raise Spared(f"its feature `{FEATURE}` turns on jemalloc in `{below}` already")


def _check_main(program: alternatives.Program) -> None:
    """`Refused` if a macro of another crate may make an allocator where it makes `main`."""
    for main in program.begin.mains:
        for attribute in main.attributes:
            if not attribute.brings_nothing:
                raise Refused(f"`#[{attribute.text}]` may bring an allocator of its own")


def _check_links(owner: programs.Owner, codebase: Codebase) -> None:
    """`Refused` if cargo would not resolve, or rustc not build, what is added."""
    if "jemalloc-sys" in _locked(owner, codebase):
        raise Refused("`jemalloc-sys` is in `Cargo.lock`: only one crate may link jemalloc")
    if programs.before(owner.package.rust_version, OLDEST):
        raise Refused(f"Rust {owner.package.rust_version} is too old for `{CRATE}`")


def _unset(program: alternatives.Program, owner: programs.Owner, codebase: Codebase) -> str:
    """Why the program does not say how jemalloc is set; empty if it can."""
    by_variable = "set `_RJEM_MALLOC_CONF` where it runs"
    level = programs.lint("unsafe_code", owner, codebase.manifests)
    if level not in ("", "allow") or UNSAFE.search(codebase.sources[program.begin.path]):
        return f"the lint `unsafe_code` is in the way of its settings: {by_variable}"
    if exported := codebase.files_with("_rjem_malloc_conf"):
        return f"`_rjem_malloc_conf` is in `{exported[0]}` already"
    return ""


def _unread(codebase: Codebase) -> Iterator[Finding]:
    """Settings in a symbol that jemalloc does not read in this build."""
    if _unprefixed(codebase) or not any(CRATE.encode() in m for m in codebase.manifests.values()):
        return
    for path in sorted(codebase.files_with("malloc_conf")):
        for found in EXPORTED.finditer(codebase.sources[path]):
            yield Finding(
                path=path,
                span=Span(*found.span("name")),
                shape="unread-settings",
                item="malloc_conf",
                message="jemalloc does not read `malloc_conf` here: its settings have no effect",
                why=("in this build all names of jemalloc begin with `_rjem_`",),
                help="export it as `_rjem_malloc_conf`",
                kind=Kind.PROPOSAL,
            )


def _unprefixed(codebase: Codebase) -> bool:
    return any(UNPREFIXED.search(source) for source in codebase.manifests.values())


def _bare(owner: programs.Owner, codebase: Codebase) -> bool:
    """Whether the names of jemalloc have no prefix in this program."""
    said = programs.said_with(CRATE, owner, codebase.packages, codebase.manifests)
    return any(UNPREFIXED.search(one) for one in said)


def _when(cfgs: tuple[str, ...]) -> str:
    return f", where `{_all(cfgs)}`" if cfgs else ""


def _all(cfgs: tuple[str, ...]) -> str:
    """Several conditions as one, on one line."""
    flat = [" ".join(cfg.split()) for cfg in cfgs]
    return flat[0] if len(flat) == 1 else f"all({', '.join(flat)})"
