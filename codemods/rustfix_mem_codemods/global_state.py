"""Guide 2.3 and 3.5: statics that hold much and never let go of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    Kind,
    LeftAlone,
    clearing,
    dependence,
    param,
    shipped,
    statics,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem import Codebase, Gate, Package, syntax


@dataclass(frozen=True, kw_only=True)
class GlobalState(Codemod):
    """Let what statics hold be freed, and make them with the standard library.

    A static lives as long as the program, and is never dropped. Where a function that takes
    nothing loads all that one holds behind its lock, and could do so again, a `clear_…` is added
    behind it: it assigns what the static began with, so that the memory goes back.

    Before:

    ```rust
    use std::fs;
    use std::io;
    use std::sync::{LazyLock, RwLock};

    static RULES: LazyLock<RwLock<Vec<String>>> = LazyLock::new(|| RwLock::new(Vec::new()));

    /// Reads the rules, anew if they were read before.
    pub fn load_rules() -> io::Result<()> {
        let text = fs::read_to_string("rules.txt")?;
        *RULES.write().unwrap() = text.lines().map(str::to_owned).collect();
        Ok(())
    }

    /// Whether a line is a rule.
    pub fn is_rule(line: &str) -> bool {
        RULES.read().unwrap().iter().any(|rule| rule == line)
    }
    ```

    After:

    ```rust
    use std::fs;
    use std::io;
    use std::sync::{LazyLock, RwLock};

    static RULES: LazyLock<RwLock<Vec<String>>> = LazyLock::new(|| RwLock::new(Vec::new()));

    /// Reads the rules, anew if they were read before.
    pub fn load_rules() -> io::Result<()> {
        let text = fs::read_to_string("rules.txt")?;
        *RULES.write().unwrap() = text.lines().map(str::to_owned).collect();
        Ok(())
    }

    /// Frees what `RULES` holds; until `load_rules` is called again, it is as at the start.
    pub fn clear_rules() {
        *RULES.write().unwrap() = Vec::new();
    }

    /// Whether a line is a rule.
    pub fn is_rule(line: &str) -> bool {
        RULES.read().unwrap().iter().any(|rule| rule == line)
    }
    ```

    It takes the lock as the function that loads does, and waits like it: who calls it must not hold
    a guard of the same static. Nothing calls it yet; when the data is not needed a human has to
    say. What is called a policy, a permission or the like is left alone. It is only told, not
    added, where something else would still say that the data is loaded (a flag in another static),
    where the static does not begin empty, where a poisoned lock is coped with, and in programs, in
    which a function that nobody calls is unused.

    The guide (3.5) writes an `impl Drop`, which never runs for a static, and prints into the
    terminal; and a `patterns.clear()`, which keeps the capacity. Neither is done.

    Before:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"
    rust-version = "1.85"
    publish = false

    [dependencies]
    lazy_static = "1.5"
    ```

    ```rust
    use lazy_static::lazy_static;
    use std::collections::HashMap;

    lazy_static! {
        /// The ports of services.
        static ref PORTS: HashMap<&'static str, u16> = HashMap::from([("http", 80)]);
    }

    /// The port of a service.
    pub fn port(service: &str) -> Option<u16> {
        PORTS.get(service).copied()
    }
    ```

    After:

    ```toml
    [package]
    name = "example"
    version = "0.1.0"
    edition = "2021"
    rust-version = "1.85"
    publish = false

    [dependencies]
    ```

    ```rust
    use std::collections::HashMap;
    use std::sync::LazyLock;

    /// The ports of services.
    static PORTS: LazyLock<HashMap<&'static str, u16>> =
        LazyLock::new(|| HashMap::from([("http", 80)]));

    /// The port of a service.
    pub fn port(service: &str) -> Option<u16> {
        PORTS.get(service).copied()
    }
    ```

    Statics of `lazy_static!` and `once_cell` become `std::sync::LazyLock` and `OnceLock`, and those
    of `unsync` their twins in `std::cell`; a package at a time, and the dependency goes if nothing
    names it any more. That frees no memory by itself: it is one crate less, and a type that can
    be spelled. A `lazy_static!` block keeps its comments, attributes and visibilities, and
    `lazy_static::initialize` and `Lazy::force` become `LazyLock::force`. It is done where the
    `rust-version` in the manifest is 1.80 or later, or, of a package that says none, that in
    `[workspace.package]`; `--rust-version` says it for packages whose manifests do not. A package
    is left as it is, with the reason, if it calls what the standard library does not have
    (`get_or_try_init`, `Lazy::get`), if the type of a public static or item would change, if a
    block stands in a macro or has attributes for the hidden type, or if the macro hides something
    that rustc or clippy would then complain of: an unused static, or a type that is too complex.

    What a workspace shares goes from `[workspace.dependencies]` when the last package has dropped
    it, also if several do at once.

    Also reported, never edited: a static that loads the same megabytes as another (syntaxes,
    themes, tables of tokens, fonts), and a function that clones all of a static that never
    changes at each call.

    Why only `maybe-incorrect`: it compiles, but what calls the new function a human has to write;
    and whether a dependency is worth the change of many lines a human has to say, too. A value that
    is `Sync` but not `Send` may stand in a `lazy_static!`, and not in a `LazyLock`.
    """

    guide: ClassVar[str] = "2.3, 3.5"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    kind: ClassVar[Kind] = Kind.PROPOSAL
    gate: ClassVar[Gate] = (
        b"lazy_static",
        b"once_cell",
        re.compile(rb"static\s+[A-Z_0-9]+\s*:[^=;]{0,120}\b(?:Mutex|RwLock)\s*<"),
        re.compile(rb"static\s+[A-Z_0-9]+\s*:\s*[\w:]*(?:Lazy|Once)\w*\s*<"),
    )
    sight: ClassVar[type[Any] | None] = statics.Static

    rust_version: str = param(
        "",
        help="the oldest Rust that has to build it, where no manifest says that",
    )

    @classmethod
    def look(cls, tree: syntax.Tree) -> Iterable[Any]:
        return statics.seen(tree.root)

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        seen = codebase.sights(type(self), statics.Static)
        for path, found in seen.items():
            for one in found:
                if one.kind == "kept":
                    yield from _kept(one, path, codebase)
                elif one.kind == "copied":
                    yield _copied(one, path, codebase)
        yield from _giants(seen, codebase)
        yield from self._crates(seen, codebase)
        yield from map(_orphan, dependence.orphans(codebase))

    def _crates(
        self, seen: Mapping[str, tuple[statics.Static, ...]], codebase: Codebase
    ) -> Iterator[Finding | LeftAlone]:
        """Each package that makes statics with a crate though the standard library could."""
        users: dict[tuple[str, str], tuple[Package, str, statics.Static]] = {}
        for path, found in seen.items():
            package = codebase.reach(path).package
            for one in found:
                fine = package is None or one.kind != "crate" or _passed_over(one, path, codebase)
                if package is not None and not fine and one.by in package.dependencies:
                    users.setdefault((package.folder, one.by), (package, path, one))
        for (_, crate), (package, path, one) in sorted(users.items()):
            forbidden = dependence.allowed(package, self.rust_version)
            told = dependence.taken_from_workspace(package, self.rust_version)
            for made in _converted(package, crate, path, one, forbidden, codebase):
                if told and isinstance(made, Finding) and made.fix is not None:
                    yield replace(made, why=(*made.why, told))
                else:
                    yield made


def _passed_over(one: statics.Static, path: str, codebase: Codebase) -> str:
    if codebase.reach(path).state == "orphan":
        return "a file that rustc never sees"
    return shipped.passed_over(path, one.test, codebase)


RELIED_ON = "state that somebody relies on"


def _kept(one: statics.Static, path: str, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
    """A static behind a lock that a function loads as a whole."""
    passed_over = _passed_over(one, path, codebase)
    found = clearing.kept(one.name, path, codebase) if not passed_over else None
    if found is None:
        return
    freed = clearing.freed_by(found, codebase)
    if freed:
        yield LeftAlone(path, one.span, one.name, (f"`{freed}` frees it already",))
        return
    if word := clearing.relied_on(found):
        yield LeftAlone(path, one.span, one.name, (f"it is called `{word}`: {RELIED_ON}",))
        return
    loader, fix = found.loader.name, None
    why = [f"`{loader}` assigns all of it, and can be called again"]
    try:
        made = clearing.clearing(found, codebase)
    except clearing.Refused as refused:
        why.append(f"no function is added: {refused}")
    else:
        why.append("nothing calls it yet: call it where the data is not needed for a while")
        title = f"add `{made.name}`, which frees it"
        fix = Fix(title, made.edits, Applicability.MAYBE_INCORRECT)
    yield Finding(
        path=path,
        span=one.span,
        shape="never-freed",
        item=one.name,
        message=f"what `{one.name}` holds is never freed: a static is not dropped",
        why=tuple(why),
        help=""
        if fix
        else "assign a fresh value where it is not needed: `clear()` keeps the memory",
        kind=Kind.PROPOSAL,
        fix=fix,
    )


def _copied(one: statics.Static, path: str, codebase: Codebase) -> Finding | LeftAlone:
    passed_over = _passed_over(one, path, codebase)
    if passed_over:
        return LeftAlone(path, one.span, one.name, (passed_over,))
    return Finding(
        path=path,
        span=one.span,
        shape="copied-each-call",
        item=one.name,
        message=f"`{one.by}` copies all of `{one.name}` each time that it is called",
        why=("it never changes, so that it could be lent",),
        help="answer with `&'static` to what it holds, or keep it in an `Arc`",
        kind=Kind.PROPOSAL,
    )


def _converted(
    package: Package,
    crate: str,
    path: str,
    one: statics.Static,
    forbidden: str,
    codebase: Codebase,
) -> Iterator[Finding | LeftAlone]:
    """A package that could do without a crate."""
    item, std = f"{package.name}: {crate}", "the standard library"
    if forbidden:
        yield LeftAlone(path, one.span, item, (forbidden,))
        return
    try:
        made = dependence.without(package, crate, codebase)
    except dependence.Refused as refused:
        yield Finding(
            path=path,
            span=one.span,
            shape=crate.replace("_", "-"),
            item=item,
            message=f"`{package.name}` makes statics with `{crate}`; no fix is offered",
            why=(str(refused),),
            kind=Kind.PROPOSAL,
        )
        return
    if made is None:
        yield LeftAlone(path, one.span, item, ("only tests and tools use it",))
        return
    count = f"{len(made.statics)} static" + ("" if len(made.statics) == 1 else "s")
    also = f", and drop `{crate}`" if made.removed else ""
    yield Finding(
        path=made.path,
        span=made.span,
        shape=crate.replace("_", "-"),
        item=item,
        message=f"`{package.name}` makes statics with `{crate}`, as {std} can",
        why=made.why,
        kind=Kind.PROPOSAL,
        fix=Fix(f"make {count} with {std}{also}", made.edits, Applicability.MAYBE_INCORRECT),
    )


def _orphan(one: dependence.Orphan) -> Finding:
    """What a workspace shares and no package asks for."""
    shared = "`[workspace.dependencies]`"
    return Finding(
        path=one.path,
        span=one.span,
        shape="orphan",
        item=f"workspace: {one.crate}",
        message=f"`{one.crate}` is in {shared}, and no package has it",
        kind=Kind.PROPOSAL,
        fix=Fix(f"take `{one.crate}` out of {shared}", one.edits, Applicability.MAYBE_INCORRECT),
    )


def _giants(
    seen: Mapping[str, tuple[statics.Static, ...]], codebase: Codebase
) -> Iterator[Finding]:
    """Statics that load the same megabytes twice into one program."""
    first: dict[str, tuple[str, statics.Static]] = {}
    for path, found in sorted(seen.items()):
        for one in found:
            if one.kind != "giant" or _passed_over(one, path, codebase):
                continue
            there, other = first.setdefault(one.by, (path, one))
            if other is one or not _in_one_program(path, there, codebase):
                continue
            yield Finding(
                path=path,
                span=one.span,
                shape="loaded-twice",
                item=one.name,
                message=f"`{one.name}` holds what `{other.name}` holds: `{one.by}()` twice",
                why=(f"`{other.name}` is in {there}",),
                help=f"use `{other.name}` in both places, or share one behind a function",
                kind=Kind.PROPOSAL,
            )


def _in_one_program(path: str, other: str, codebase: Codebase) -> bool:
    here, there = codebase.reach(path).package, codebase.reach(other).package
    if here is None or there is None:
        return False
    return here == there or there.crate in here.needs or here.crate in there.needs
