"""Statics: blocks of `lazy_static!` read as tokens, imports, and what may be cleared."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem.errors import Refused
from rustfix_mem.rust.statics import blocks
from rustfix_mem.rust.statics.conversion import complexity
from rustfix_mem.rust.statics.uses import expanded
from rustfix_mem.rust.write.layout import style_of
from rustfix_mem_codemods.global_state import GlobalState
from support import LIB, crate

STYLE = style_of(b"")
MANIFEST = (
    '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\nrust-version = "1.80"\n'
    'publish = false\n\n[dependencies]\nlazy_static = "1"\nonce_cell = "1"\n'
)


def unfolded(body: str) -> str:
    return blocks.unfolded(f"\n{body}\n", "LazyLock", "", "    ", STYLE)


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("    static ref A: u8 = 1;", "static A: LazyLock<u8> = LazyLock::new(|| 1);"),
        (
            "    pub(crate) static ref A: Vec<u8> = Vec::new();",
            "pub(crate) static A: LazyLock<Vec<u8>> = LazyLock::new(Vec::new);",
        ),
        (
            "    static ref A: Mutex<()> = <_>::default();",
            "static A: LazyLock<Mutex<()>> = LazyLock::new(|| <_>::default());",
        ),
        (
            "    /*\n     * One.\n     */\n    static ref A: u8 = 1;",
            "/*\n * One.\n */\nstatic A: LazyLock<u8> = LazyLock::new(|| 1);",
        ),
        (
            "    static ref A: Box<dyn Any + Send> = made();",
            "static A: LazyLock<Box<dyn Any + Send>> = LazyLock::new(|| made());",
        ),
        (
            "    static ref A: Box<dyn Iterator<Item = u8> + Send> = f(b);",
            "static A: LazyLock<Box<dyn Iterator<Item = u8> + Send>> = LazyLock::new(|| f(b));",
        ),
        (
            '    static ref A: String = "; } = //".to_owned() /* ; */;',
            'static A: LazyLock<String> = LazyLock::new(|| "; } = //".to_owned()) /* ; */;',
        ),
        (
            "    static ref A: u8 = if B { 1 } else { 2 }; // why",
            "static A: LazyLock<u8> = LazyLock::new(|| if B { 1 } else { 2 }); // why",
        ),
        (
            "    static ref A: u8 = {\n        let b = 1;\n        b\n    };",
            "static A: LazyLock<u8> = LazyLock::new(|| {\n    let b = 1;\n    b\n});",
        ),
        (
            "    static ref A: B = B\n        .c()\n        .d();",
            "static A: LazyLock<B> = LazyLock::new(|| {\n    B\n        .c()\n        .d()\n});",
        ),
        (
            "    static ref A: B =\n        B(\n            1,\n        )\n            .c();",
            (
                "static A: LazyLock<B> = "
                "LazyLock::new(|| {\n    B(\n        1,\n    )\n        .c()\n});"
            ),
        ),
        (
            '    static ref A: &\'static str = "one\n  two";',
            'static A: LazyLock<&\'static str> = LazyLock::new(|| {\n    "one\n  two"\n});',
        ),
        (
            "    // one\n    /// Two.\n    #[allow(dead_code)]\n    static ref A: u8 = 1;",
            "// one\n/// Two.\n#[allow(dead_code)]\nstatic A: LazyLock<u8> = LazyLock::new(|| 1);",
        ),
    ],
)
def test_a_block_as_statics(body: str, after: str) -> None:
    assert unfolded(body) == after


def test_statics_keep_their_distance() -> None:
    made = unfolded(
        "    static ref A: u8 = 1;\n    static ref B: u8 = 2;\n\n    static ref C: u8 = 3;"
    )
    assert [line[:8] for line in made.split("\n")] == ["static A", "static B", "", "static C"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is empty"),
        ("    fn a() {}", "not understood"),
        ("    #[derive(Debug)]\n    static ref A: u8 = 1;", "stands on a static"),
        ("    #[doc(\n    static ref A: u8 = 1;", "do not close"),
        ("    static ref A: u8;", "without a value"),
        ("    static ref A: u8 = 1", "without an end"),
        ("    static ref A: Map<\n        u8,\n    > = b;", "several lines"),
        ("  static ref A: u8 = {\n b\n  };", "indented"),
    ],
)
def test_a_block_that_is_refused(body: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        unfolded(body)


@pytest.mark.parametrize("length", [95, 96, 97, 101, 130])
def test_a_head_that_is_long_stands_alone(length: int) -> None:
    name = "A" * (length - len("static : LazyLock<u8> = LazyLock::new(|| {"))
    made = unfolded(f"    static ref {name}: u8 = {{\n        let b = 1;\n        b\n    }};")
    assert made.split("\n")[0].endswith("=") == (length > 96)


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        ("a::b", ["a::b"]),
        ("a::{b, c::d}", ["a::b", "a::c::d"]),
        ("a::{b::{c, d}, e}", ["a::b::c", "a::b::d", "a::e"]),
        ("a::{b as c}", ["a::b as c"]),
    ],
)
def test_a_use_expanded(written: str, paths: list[str]) -> None:
    assert expanded(written) == paths


@pytest.mark.parametrize(
    ("written", "score"),
    [
        ("u8", 10),
        ("Vec<u8>", 30),
        ("&'static str", 11),
        ("Mutex<HashMap<String, Vec<(String, usize)>>>", 230),
        ("Box<dyn Fn(&str) -> bool + Send + Sync>", 214),
    ],
)
def test_what_clippy_counts(written: str, score: int) -> None:
    assert complexity(written) == score


def after(source: str, files: dict[str, str] | None = None, manifest: str = MANIFEST) -> str:
    """The library when nothing is left to do."""
    snapshot = crate(source, {"Cargo.toml": manifest, **(files or {})})
    return plan(GlobalState(), snapshot, cache=False).after.read(LIB).decode()


ONCE = "static A: Lazy<Vec<u8>> = Lazy::new(Vec::new);\n"
LOCK = "static A: LazyLock<Vec<u8>> = LazyLock::new(Vec::new);\n"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("use once_cell::sync::Lazy;\n", "use std::sync::LazyLock;\n"),
        ("use once_cell::sync::{Lazy};\n", "use std::sync::LazyLock;\n"),
        ("use ::once_cell::sync::Lazy;\n", "use std::sync::LazyLock;\n"),
        (
            "use once_cell::sync::Lazy;\nuse std::sync::Arc;\n",
            "use std::sync::{Arc, LazyLock};\n",
        ),
        (
            "use a::b;\nuse once_cell::sync::Lazy;\nuse std::fmt;\nuse z::y;\n",
            "use a::b;\nuse std::fmt;\nuse std::sync::LazyLock;\nuse z::y;\n",
        ),
        (
            "use std::sync::{Arc, LazyLock};\n\nuse once_cell::sync::Lazy;\n",
            "use std::sync::{Arc, LazyLock};\n",
        ),
        (
            "use once_cell::sync::Lazy;\nuse std::{\n    fmt,\n    sync::Arc,\n};\n",
            "use std::{\n    fmt,\n    sync::{Arc, LazyLock},\n};\n",
        ),
        (
            "use once_cell::sync::Lazy;\nuse std::{\n    fmt,\n    thread,\n};\n",
            "use std::{\n    fmt,\n    sync::LazyLock,\n    thread,\n};\n",
        ),
        (
            (
                "use once_cell::sync::Lazy;\nuse std::{\n    fmt,\n    sync::{\n        Arc,\n"
                "        atomic::{AtomicBool, Ordering},\n    },\n};\n"
            ),
            (
                "use std::sync::LazyLock;\nuse std::{\n    fmt,\n    sync::{\n        Arc,\n"
                "        atomic::{AtomicBool, Ordering},\n    },\n};\n"
            ),
        ),
    ],
)
def test_imports(before: str, now: str) -> None:
    assert after(f"{before}\n{ONCE}") == f"{now}\n{LOCK}"


@pytest.mark.parametrize(
    "source",
    [
        f"pub use once_cell::sync::Lazy;\n\n{ONCE}",
        f"#[cfg(unix)]\nuse once_cell::sync::Lazy;\n\n{ONCE}",
        f"use once_cell::sync::*;\n\n{ONCE}",
        f"use once_cell::sync;\n\n{ONCE.replace('Lazy', 'sync::Lazy')}",
        f"use once_cell::sync::Lazy as Late;\n\n{ONCE.replace('Lazy', 'Late')}",
        f"use once_cell::sync::Lazy;\n\nstruct LazyLock;\n\n{ONCE}",
        f"use once_cell::sync::Lazy;\nuse late::LazyLock;\n\n{ONCE}",
        (
            f"use once_cell::sync::Lazy;\n\n{ONCE}\npub struct B(pub Lazy<u8>);\n"
            "pub struct C {\n    pub c: Lazy<u8>,\n}\n"
        ),
        f"use once_cell::sync::Lazy;\n\n{ONCE}\npub fn f(a: &Lazy<u8>) {{}}\n",
        f"use once_cell::race::OnceBox;\nuse once_cell::sync::Lazy;\n\n{ONCE}",
        f"#![no_std]\nuse once_cell::sync::Lazy;\n\n{ONCE}",
    ],
)
def test_what_is_not_simple_stays(source: str) -> None:
    assert after(source) == source


BLOCK = "lazy_static! {\n    static ref A: Vec<u8> = Vec::new();\n}\n\nfn f() {\n    A.len();\n}\n"


def test_all_of_lazy_static() -> None:
    made = after(f"use lazy_static::*;\nuse std::fmt;\n\n{BLOCK}")
    assert made.startswith(f"use std::fmt;\nuse std::sync::LazyLock;\n\n{LOCK}")


def test_initialize_by_its_own_name_stays() -> None:
    source = f"use lazy_static::*;\n\n{BLOCK.replace('A.len()', 'initialize(&A)')}"
    assert after(source) == source


def test_another_initialize_forbids_nothing() -> None:
    source = f"use lazy_static::lazy_static;\n\n{BLOCK.replace('A.len()', 'initialize(&mut A)')}"
    assert LOCK in after(source)


def test_a_module_that_takes_the_name_from_another_keeps_the_package_as_it_is() -> None:
    source = f"mod b;\nuse once_cell::sync::Lazy;\n\n{ONCE}"
    inner = {"src/b.rs": "use super::*;\n\nstatic B: Lazy<u8> = Lazy::new(|| 1);\n"}
    assert after(source, inner) == source


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("", "// a `Lazy` would do\nuse super::*;\n"),
        ("", 'use super::*;\nconst B: &str = "OnceCell";\n'),
        ("// no OnceCell\n", "fn b() {\n    tokio.get_or_try_init(c);\n}\n"),
        ('const D: &str = "OnceCell";\n', "fn b() {\n    tokio.get_or_try_init(c);\n}\n"),
        ("// as `get_or_try_init` and .get_or_try_init() would\n", ""),
        ("// Lazy::force(&other::B)\n", ""),
    ],
)
def test_comments_and_strings_forbid_nothing(here: str, there: str) -> None:
    source = f"use once_cell::sync::Lazy;\n\nmod b;\n{here}{ONCE}"
    assert LOCK in after(source, {"src/b.rs": there})


def test_a_cell_that_is_asked_elsewhere_stays() -> None:
    source = f"use once_cell::sync::{{Lazy, OnceCell}};\n\nmod b;\nstatic C: OnceCell<u8>;\n{ONCE}"
    assert after(source, {"src/b.rs": "fn b() {\n    C.get_or_try_init(d);\n}\n"}) == source


@pytest.mark.parametrize(
    ("version", "edition", "changed"),
    [("", "2024", True), ("", "2021", False), ("1.79", "2021", False), ("1.85", "2024", True)],
)
def test_an_edition_says_which_rust_builds_it(version: str, edition: str, changed: bool) -> None:
    oldest = f'rust-version = "{version}"\n' if version else ""
    manifest = MANIFEST.replace('rust-version = "1.80"\n', oldest).replace("2021", edition)
    said = why(f"use once_cell::sync::Lazy;\n\n{ONCE}", manifest=manifest)
    assert (said == "fix") == changed


ITEMS = {"rustfmt.toml": 'imports_granularity = "Item"\n'}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (
            "use once_cell::sync::Lazy;\nuse std::sync::Arc;\n",
            "use std::sync::Arc;\nuse std::sync::LazyLock;\n",
        ),
        (
            "use std::fmt;\nuse std::sync::Mutex;\n\nuse once_cell::sync::Lazy;\n",
            "use std::fmt;\nuse std::sync::LazyLock;\nuse std::sync::Mutex;\n",
        ),
        ("use once_cell::sync::Lazy;\n", "use std::sync::LazyLock;\n"),
        (
            (
                "use std::io::Write;\n#[cfg(unix)]\nuse std::os::Ext;\nuse std::path::Path;\n"
                "use std::sync::Mutex;\n\nuse once_cell::sync::Lazy;\n"
            ),
            (
                "use std::io::Write;\n#[cfg(unix)]\nuse std::os::Ext;\nuse std::path::Path;\n"
                "use std::sync::LazyLock;\nuse std::sync::Mutex;\n"
            ),
        ),
        (
            "use std::fmt;\n#[cfg(unix)]\nuse std::sync::Mutex;\n\nuse once_cell::sync::Lazy;\n",
            "use std::fmt;\nuse std::sync::LazyLock;\n#[cfg(unix)]\nuse std::sync::Mutex;\n",
        ),
    ],
)
def test_imports_of_one_item_each(before: str, now: str) -> None:
    assert after(f"{before}\n{ONCE}", ITEMS) == f"{now}\n{LOCK}"


def test_two_imports_of_one_item_each() -> None:
    cell = "\nstatic B: OnceCell<u8> = OnceCell::new();\n"
    before = "use std::sync::Mutex;\n\nuse once_cell::sync::Lazy;\nuse once_cell::sync::OnceCell;\n"
    now = "use std::sync::LazyLock;\nuse std::sync::Mutex;\nuse std::sync::OnceLock;\n"
    cells = cell.replace("OnceCell", "OnceLock")
    assert after(f"{before}\n{ONCE}{cell}", ITEMS) == f"{now}\n{LOCK}{cells}"
    before, now = (
        before.replace("sync::Mutex", "fmt"),
        "use std::fmt;\nuse std::sync::LazyLock;\nuse std::sync::OnceLock;\n",
    )
    assert after(f"{before}\n{ONCE}{cell}", ITEMS) == f"{now}\n{LOCK}{cells}"


def test_a_group_of_imports_goes_with_the_line_above_it() -> None:
    cell = "\nstatic B: OnceCell<u8> = OnceCell::new();\n"
    before = "use std::fmt;\n\nuse once_cell::sync::Lazy;\nuse once_cell::sync::OnceCell;\n"
    now = "use std::fmt;\nuse std::sync::LazyLock;\nuse std::sync::OnceLock;\n"
    cells = cell.replace("OnceCell", "OnceLock")
    assert after(f"{before}\n{ONCE}{cell}") == f"{now}\n{LOCK}{cells}"


def test_a_static_of_another_package_that_is_forced_stays() -> None:
    source = (
        "use once_cell::sync::Lazy;\n\n" + ONCE + "\nfn f() {\n    Lazy::force(&other::B);\n}\n"
    )
    assert after(source) == source


LOADED = """use std::sync::{LazyLock, RwLock};

static LINES: LazyLock<RwLock<Vec<String>>> = LazyLock::new(|| RwLock::new(INITIAL));

pub fn load_lines() {
    let mut lines = LINES.write().unwrap();
    *lines = read();
}
"""


@pytest.mark.parametrize(
    "initial", ["Vec::new()", "vec![]", "Vec::default()", "Default::default()"]
)
def test_what_begins_empty_can_be_cleared(initial: str) -> None:
    made = after(LOADED.replace("INITIAL", initial))
    assert f"pub fn clear_lines() {{\n    *LINES.write().unwrap() = {initial};\n}}\n" in made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INITIAL", "read()"),
        ("load_lines()", "load_lines(path: &str)"),
        ("*lines = read();", "*lines = Vec::new();"),
        ("*lines = read();", "lines.push(read());"),
        ("pub fn", "fn"),
        ("pub fn", "#[cfg(unix)]\npub fn"),
        ("Vec<String>", "u64"),
        ("LINES.write().unwrap()", "lock(&LINES)"),
    ],
)
def test_what_cannot_be_cleared(old: str, new: str) -> None:
    source = LOADED.replace(old, new).replace("INITIAL", "Vec::new()")
    assert after(source) == source


def test_a_private_module_shows_it_to_nobody() -> None:
    inner = {"src/inner.rs": LOADED.replace("INITIAL", "Vec::new()")}
    snapshot = crate("mod inner;\n", inner)
    found = plan(GlobalState(), snapshot, cache=False)
    assert found.applied == ()
    assert "nobody outside could" in found.reported[0].finding.why[1]


def why(source: str, files: dict[str, str] | None = None, manifest: str = MANIFEST) -> str:
    """What is said of a library; `fix` if it is changed."""
    snapshot = crate(source, {"Cargo.toml": manifest, **(files or {})})
    found = check((GlobalState(),), snapshot, cache=False)
    said = [why for one in found.findings for why in one.finding.why]
    said += [why for _, one, _ in found.left_alone for why in one.reasons]
    fixed = any(one.finding.fix is not None for one in found.findings)
    return "fix" if fixed else "; ".join(said)


CELLS = "use once_cell::sync::Lazy;\n\n"
MACRO = "use lazy_static::lazy_static;\n\n"
PUBLISHED = MANIFEST.replace("publish = false\n", "")
FULL = f"{ONCE.replace('Lazy', 'once_cell::sync::Lazy')}\n"
CELL = "use once_cell::sync::OnceCell;\n\nstatic A: OnceCell<u8> = OnceCell::new();\n\n"


def block(line: str) -> str:
    """A block with a line before its static."""
    return MACRO + BLOCK.replace("    static", f"{line}\n    static")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f"{CELLS}{ONCE}", "fix"),
        (f"{MACRO}{BLOCK}", "fix"),
        (block("    // fine"), "fix"),
        (block(" // odd"), "indented"),
        (block("    static ref B: u8 = {\n  1\n    };"), "indented"),
        (MACRO + BLOCK.replace("();\n}", "();\n // odd\n}", 1), "indented"),
        (MACRO + BLOCK.replace("  static", "  #[allow(unused)] static"), "shares its line"),
        (f"{MACRO}lazy_static!(static ref A: u8 = 1;);\n", "no braces"),
        (f"{MACRO}fn g() {{}} {BLOCK}", "shares a line"),
        (f"{MACRO}#[cfg(unix)]\n{BLOCK}", "fix"),
        (
            block("    static ref B: u8 = 1;").replace(
                "lazy_static! {", "#[cfg(unix)]\nlazy_static! {"
            ),
            "an attribute stands on",
        ),
        (
            f"{LOADED.replace('INITIAL', 'Vec::new()')}\npub fn clear_lines() {{}}\n",
            "`clear_lines` is there already",
        ),
        (f"{CELL}fn f() {{\n    A.wait();\n}}\n", "`wait` has no stable twin"),
        (f"{CELL}fn f() {{\n    A.get_or_try_init(g);\n}}\n", "`get_or_try_init` has no stable"),
        (f"{FULL}fn f() {{\n    once_cell::race::g();\n}}\n", "is not known at"),
        (f"{FULL}fn f() {{\n    once_cell::sync::Lazy::take(a);\n}}\n", "`Lazy::take` is called"),
        (f"use {{once_cell::sync::Lazy, std::fmt}};\n\n{ONCE}", "among others"),
        (f"#[allow(unused_imports)]\n{CELLS}{ONCE}", "no place"),
        (f"pub {CELLS}{ONCE}", "handed on"),
        (f"#[cfg(unix)]\n{CELLS}{ONCE}", "depends on a `cfg`"),
        (f"{CELLS}{ONCE}mod a {{\n    use once_cell::unsync::Lazy;\n}}\n", "two things"),
        (f"use once_cell::sync::OnceBox;\n{CELLS}{ONCE}", "no twin"),
    ],
)
def test_why_a_package_keeps_its_crate(source: str, reason: str) -> None:
    assert reason in why(source)


@pytest.mark.parametrize(
    ("source", "inner", "reason"),
    [
        (CELLS + ONCE, "fn f( {\n// once_cell", "could not be read"),
        (CELLS + ONCE, "use once_cell::sync::*;\n", "brings in `once_cell::sync::*`"),
        (CELL, "fn g() {\n    crate::A.get_or_try_init(h);\n}\n", "made elsewhere"),
        (CELLS + ONCE, "fn g() {\n    crate::L::force(&crate::A);\n}\n", "the name of the crate"),
        (
            f"#[macro_use]\nextern crate lazy_static;\n\n{BLOCK}",
            "lazy_static!(static ref B: u8 = 1;);\n",
            "no braces",
        ),
        (
            f"{MACRO}lazy_static!(static ref A: u8 = 1;);\n",
            f"#![cfg(test)]\n{MACRO}{BLOCK}",
            "no braces",
        ),
        ("", f"#![cfg(test)]\n{CELLS}{ONCE}", ""),
    ],
)
def test_another_file_may_keep_it(source: str, inner: str, reason: str) -> None:
    said = why(f"mod b;\n{source}", {"src/b.rs": inner})
    assert reason in said if reason else said != "fix"


def test_a_file_that_rustc_never_sees_keeps_it() -> None:
    lost = {"src/lost.rs": CELLS + ONCE}
    assert "how rustc comes to src/lost.rs" in why(CELLS + ONCE, lost)
    assert why("", lost) == ""


def test_a_public_static_of_a_library_keeps_its_type() -> None:
    assert "public interface" in why(f"{CELLS}pub {ONCE}", manifest=PUBLISHED)
    assert why(f"{CELLS}pub {ONCE}") == "fix"
