"""Guide 1.2: a profile of the heap, written by the program itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Kind,
    Refused,
    Spared,
    alternatives,
    cargo_edit,
    mains,
    offers,
    param,
    profiles,
    programs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem import Codebase, Edit, Finding, LeftAlone

FEATURE = "dhat-heap"
CONDITION = f'feature = "{FEATURE}"'
DHAT = cargo_edit.Dependency("dhat", "0.3", optional=True)

MOST = 3
"""So many places are named; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class DhatHeap(Codemod):
    """Let a program write a profile of its heap, behind a feature.

    DHAT counts every allocation, with the functions that asked for it, and writes `dhat-heap.json`
    when the program ends. It shows which part of a program the memory is for, which nobody can say
    from its size alone.

    The package that owns the program gets a feature `dhat-heap` with an optional dependency; the
    program an allocator that counts, and a guard as the first statement of `main`, which writes the
    profile when it is dropped.

    Before:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [dependencies]
    ```

    ```rust
    use std::env::args;

    fn main() {
        println!("{} arguments", args().count());
    }
    ```

    After:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"

    [dependencies]
    dhat = { version = "0.3", optional = true }

    [features]
    dhat-heap = ["dep:dhat"]
    ```

    ```rust
    use std::env::args;

    #[cfg(feature = "dhat-heap")]
    #[global_allocator]
    static ALLOC: dhat::Alloc = dhat::Alloc;

    fn main() {
        #[cfg(feature = "dhat-heap")]
        let _profiler = dhat::Profiler::new_heap();

        println!("{} arguments", args().count());
    }
    ```

    Then `cargo run --release --features dhat-heap` writes the profile where it is run; a viewer is
    at <https://nnethercote.github.io/dh_view/dh_view.html>. What it prints itself begins with
    `dhat:`, in small letters. Functions have no names where the profile strips symbols, and no
    files and lines without debug info: `release-memory` adds a profile that keeps all of them.

    An allocator that is there stays the one without the feature; with it, DHAT takes its place,
    also if a feature for another one is on, so that `--all-features` builds.

    It is only reported if the guard cannot be first, or would never be dropped: `async fn main`, or
    another attribute that rewrites `main`; a `main` that a macro makes or a `use` brings in; a
    `main` that ends in `process::exit` whatever happens, or in a loop that nothing leaves. Where
    the program may end so on some ways, by `exec`, or by a panic with `panic = "abort"`, that is
    said, with the places.

    Left alone are libraries, macros, build scripts, tests, benchmarks and examples, and programs
    that are built for WebAssembly, without `main` or without the standard library, and chores:
    programs beside the `default-members`, or beside that of the workspace's own package, those that
    are not published beside one that is, unless they need more of the workspace, and those of a
    library below a program that needs most of it. All other programs of a package are changed
    together; `--binary` names those that you want.

    Why it is `maybe-incorrect`: nothing changes without the feature, but only a human knows whether
    the program ends by itself. One that is stopped by a signal writes no profile.

    What it cannot know: an allocator, or a call of `process::exit`, inside of a crate from
    elsewhere.
    """

    guide: ClassVar[str] = "1.2"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    kind: ClassVar[Kind] = Kind.PROPOSAL
    gate: ClassVar[tuple[bytes, ...]] = ()  # the programs are found through the manifests

    binary: str = param(
        programs.ALL,
        help="only the programs of these names, with commas between them",
    )

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for every in programs.owners(codebase.packages):
            owner = programs.asked(every, self.binary)
            if owner.binaries:
                yield _package(
                    offers.Plan(owner, FEATURE, codebase, self.binary != programs.ALL), codebase
                )


def _package(plan: offers.Plan, codebase: Codebase) -> Finding | LeftAlone:
    plan.say(f"a program from `{plan.build}` writes `dhat-heap.json` when it ends")
    plan.each(lambda program: _edits(program, plan, codebase))
    if plan.programs:
        for lost in (*_exits(plan, codebase), *_profiles(plan.owner, codebase)):
            plan.say(lost)
    return plan.finding(
        "no-heap-profile",
        DHAT,
        "cannot write a profile of the heap yet",
        "offer a heap profile to",
        BESIDE if any(one.below for one in plan.seen.values()) else BEGIN,
    )


BEGIN = "begin a plain `fn main` that returns with `let _profiler = dhat::Profiler::new_heap();`"
BESIDE = (
    "make that allocator and `dhat::Alloc` alternatives by a feature, and begin `main` with"
    " `let _profiler = dhat::Profiler::new_heap();`"
)


def _edits(program: alternatives.Program, plan: offers.Plan, codebase: Codebase) -> Iterator[Edit]:
    for one in program.own:
        if one.dhat:
            raise Spared("its allocator is that of DHAT already")
    for one in program.below:
        if one.dhat:
            place = alternatives.where(one, codebase)
            raise Spared(f"the allocator of a library below it is that of DHAT already, at {place}")
    alternatives.check_below(program, codebase)
    _check_main(program)
    name = alternatives.free(("ALLOC", "DHAT"), program, codebase)
    lines = [
        f"#[cfg({CONDITION})]",
        "#[global_allocator]",
        f"static {name}: dhat::Alloc = dhat::Alloc;",
    ]
    yield alternatives.put(program, lines, codebase)
    for main in program.begin.working:
        guard = [f"#[cfg({CONDITION})]", "let _profiler = dhat::Profiler::new_heap();"]
        yield alternatives.first_statement(program.begin, main, guard, codebase)
    for one in program.own:
        yield from alternatives.excluded(one, CONDITION, codebase)
        plan.say(f"without the feature `{one.name}` stays, which is `{one.type}`")


def _check_main(program: alternatives.Program) -> None:
    """`Refused` if the guard would not be the first to be made, or never be dropped."""
    begin = program.begin
    if not begin.mains:
        raise Refused("a macro makes its `main`, or a `use` brings it in")
    for main in begin.working:
        its = f"its `main` at {begin.path}:{main.line}" if begin.mains[1:] else "its `main`"
        if main.asynchronous:
            raise Refused(f"{its} is `async`: a guard inside would be dropped before the runtime")
        for attribute in main.attributes:
            if not attribute.plain:
                raise Refused(f"`#[{attribute.text}]` may rewrite {its}")
        if main.leaves:
            raise Refused(
                f"{its} ends in `process::exit`, or never: the guard would not be dropped"
            )
    if begin.unseen:
        raise Refused("a macro or a `use` makes another `main`, for where its `cfg` does not hold")


def _exits(plan: offers.Plan, codebase: Codebase) -> Iterator[str]:
    """The places where the programs may end without a profile."""
    roots = [one.begin.path for one in plan.programs]
    found = mains.exits(roots, plan.owner.package, codebase)
    for one in found[:MOST]:
        yield f"`{one.text}` at {one.path}:{one.line} ends the program without a profile"
    if (more := len(found) - MOST) > 0:
        yield f"so do {more} more calls" if more > 1 else "so does 1 more call"


def _profiles(owner: programs.Owner, codebase: Codebase) -> Iterator[str]:
    """What `[profile.release]` says that would lose the profile, or the names in it."""
    root = cargo_edit.workspace_root(owner.manifest, codebase.manifests)
    known = profiles.of_release(root, codebase.manifests)
    if known["release"]["panic"] == "abort":
        yield '`panic = "abort"` of `release`: a panic ends the program without a profile'
    if not profiles.has_symbols(known["release"]):
        named = [name for name in known if profiles.has_symbols(known[name])]
        kept = f"`--profile {named[0]}` keeps them" if named else KEEP
        yield f"{_lost(known['release'])}: {kept}"


KEEP = "`rustfix-mem apply release-memory` adds a profile that keeps them"


def _lost(release: profiles.Settings) -> str:
    """What the profile of the heap cannot show of a program that is built so."""
    if profiles.has_names(release):
        return "`release` has no debug info: functions have names, but no files and lines"
    strip = "true" if release["strip"] is True else f'"{release["strip"]}"'
    return f"`strip = {strip}` of `release`: functions have no names"
