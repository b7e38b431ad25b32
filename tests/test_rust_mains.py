"""Where a program begins, by which ways it ends, and what is put first into its `main`."""

from __future__ import annotations

import pytest

from rustfix_mem.cargo import programs
from rustfix_mem.rust.whole import mains
from rustfix_mem.rust.write import alternatives
from rustfix_mem.text import apply
from support import BUILT_WITH, codebase

MAIN = "src/main.rs"


def begin(source: str) -> mains.Begin:
    made = mains.begin(MAIN, codebase({MAIN: source}))
    assert made is not None
    return made


def guarded(source: str) -> str:
    whole, made = codebase({MAIN: source}), begin(source)
    edits = [
        alternatives.first_statement(made, main, ["#[g]", "let _g = g();"], whole)
        for main in made.mains
    ]
    return apply(source.encode(), edits).decode()


GUARD = "    #[g]\n    let _g = g();\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fn main() {}\n", f"fn main() {{\n{GUARD}}}\n"),
        ("fn main() { }\n", f"fn main() {{\n{GUARD}}}\n"),
        ("fn main() { run() }\n", f"fn main() {{\n{GUARD}\n    run()\n}}\n"),
        ("fn main() {\n    run();\n}\n", f"fn main() {{\n{GUARD}\n    run();\n}}\n"),
        ("fn main() {\n\n    run();\n}\n", f"fn main() {{\n{GUARD}\n    run();\n}}\n"),
        ("fn main() { // go\n    run();\n}\n", f"fn main() {{ // go\n{GUARD}\n    run();\n}}\n"),
        ("fn main() {\n    // soon\n}\n", f"fn main() {{\n    // soon\n{GUARD}}}\n"),
        (
            "fn main() {\n    #![allow(a)]\n    use b;\n    run();\n}\n",
            f"fn main() {{\n    #![allow(a)]\n    use b;\n\n{GUARD}\n    run();\n}}\n",
        ),
    ],
)
def test_the_guard_is_the_first_statement(before: str, after: str) -> None:
    assert guarded(before) == after


@pytest.mark.parametrize(
    ("body", "leaves"),
    [
        ("process::exit(1)", True),
        ("std::process::exit(run());", True),
        ("std::process::abort()", True),
        ("return process::exit(1);", True),
        ("match run() { A => process::exit(1), B => { log(); process::exit(2) } }", True),
        ("match run() { A => process::exit(1), B => {} }", False),
        ("if bad() { process::exit(1) } else { process::exit(2) }", True),
        ("if bad() { process::exit(1); }", False),
        ("run(); exit(1)", False),
        ("bye()", True),
        ("code().bye()", True),
        ("process::exit(1); run()", False),
        ("", False),
    ],
)
def test_whether_main_ends_by_leaving(body: str, leaves: bool) -> None:
    made = begin(f"fn bye() -> ! {{ loop {{}} }}\nfn main() {{ {body} }}\n")
    assert made.mains[0].leaves == leaves


def test_a_main_that_never_returns() -> None:
    assert begin("fn main() -> ! {\n    loop {}\n}\n").mains[0].leaves
    assert begin("fn main() -> u8 {\n    loop {}\n}\n").mains[0].leaves


@pytest.mark.parametrize(
    ("body", "leaves"),
    [
        ("let mut n = 0; loop { n += 1; }", True),
        ("loop { n += 1; };", True),
        ("while true { run(); }", True),
        ("while more() { run(); }", False),
        ("for one in all() { run(); }", False),
        ("loop {} run();", False),
        ("unsafe { loop { run() } }", True),
        ("if a() { loop {} } else { process::exit(1) }", True),
        ("if a() { loop {} }", False),
        ("loop { if a() { break; } }", False),
        ("loop { loop { break; } }", True),
        ("loop { for a in b() { if a { break; } } while c() { break } }", True),
        ("'a: loop { loop { break 'a; } }", False),
        ("'a: loop { 'b: loop { break 'b; } }", True),
        ("loop { 'b: { if a() { break 'b; } } }", True),
        ("loop { 'b: { if a() { break; } } }", False),
        ("'b: { loop { break 'b; } }", False),
        ("loop { if a() { return; } }", False),
        ("loop { run()?; }", False),
        ("let a = open()?; loop { run(); }", True),
        ("if a() { return; } loop { run(); }", False),
        ("loop { run(|| { return; }); }", True),
        ("loop { spawn(async { run()?; return; }); }", True),
        ('loop { println!("why? break {:?}", a); }', True),
        ('loop { println!("{}", run()?); }', False),
        ("loop { select! { _ = a() => break, } }", False),
        ("loop { bail!(a); }", False),
        ("loop { log::info!(a); continue; }", True),
    ],
)
def test_whether_main_loops_for_ever(body: str, leaves: bool) -> None:
    assert begin(f"fn main() {{ {body} }}\n").mains[0].leaves == leaves


def test_exit_by_an_import() -> None:
    assert begin("use std::process::exit;\nfn main() { exit(1) }\n").mains[0].leaves
    assert begin("use std::process::{abort, exit};\nfn main() { exit(1) }\n").mains[0].leaves


def test_the_place_of_main_is_what_is_written_before_its_body() -> None:
    source = "#[a]\npub async fn main() -> B\nwhere\n    C: D, // e\n{ }\n"
    (one,) = begin(source).mains
    assert source[one.span.start : one.span.end] == "pub async fn main() -> B\nwhere\n    C: D,"
    (one,) = begin("fn main() {}\n").mains
    assert one.span.end == len("fn main()")


def test_what_main_is() -> None:
    (one,) = begin("#[tokio::main]\n/// Docs.\n#[cfg(a)]\nasync fn main() {}\n").mains
    assert one.asynchronous
    assert [a.text for a in one.attributes] == ["tokio::main", "cfg(a)"]
    assert begin("mod a { fn main() {} }\n").mains == ()
    assert begin("m! { fn main() {} }\n").mains == ()
    assert len(begin("#[cfg(a)]\nfn main() {}\n#[cfg(b)]\nfn main() {}\n").mains) == 2


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("unix", ""),
        ("unix", 'println!("not {}", here); std::process::exit(1);'),
        ("unix", 'eprintln!("elsewhere (as said)"); ExitCode::from(2)'),
        ("unix", "Ok(())"),
        ("unix", 'anyhow::bail!("elsewhere")'),
        ("unix", 'return Err(anyhow!("elsewhere"));'),
        ("unix", 'unimplemented!("elsewhere"); /* later */'),
        ('target_arch = "wasm32"', "start();"),
    ],
)
def test_a_main_for_elsewhere_is_not_the_program(head: str, body: str) -> None:
    made = begin(f"#[cfg({head})]\nfn main() {{ {body} }}\n#[cfg(b)]\nfn main() {{ run(); }}\n")
    assert [main.line for main in made.working] == [4], body
    assert not made.unseen


@pytest.mark.parametrize(
    "body",
    ["run();", 'println!("{}", run());', "exit(run());", "Err(run())", "loop {}", "run!();", "a.b"],
)
def test_a_main_that_does_something_is_the_program(body: str) -> None:
    made = begin(f"#[cfg(a)]\nfn main() {{ {body} }}\n#[cfg(b)]\nfn main() {{ run(); }}\n")
    assert len(made.working) == 2, body


def test_where_no_main_does_anything_all_of_them_are_the_program() -> None:
    assert len(begin("#[cfg(a)]\nfn main() {}\n#[cfg(b)]\nfn main() {}\n").working) == 2


@pytest.mark.parametrize(
    ("source", "unseen"),
    [
        ("#[cfg(a)]\nfn main() { run(); }\n#[cfg(b)]\nuse x::main;\n", True),
        ("#[cfg(a)]\nfn main() { run(); }\n#[cfg(b)]\nuse x::{run as main, y};\n", True),
        ("#[cfg(a)]\nfn main() { run(); }\nuse x::main::y;\n", False),
        ("use tokio::main;\n#[main]\nasync fn main() { run(); }\n", False),
        ("#[cfg(a)]\nfn main() {}\n#[cfg(b)]\nrun_as_main!();\n", True),
        ("#[cfg(a)]\nfn main() { run(); }\n#[cfg(b)]\ncompile_error!();\n", False),
        ("fn main() {}\n", False),
    ],
)
def test_a_main_that_is_not_written_is_noticed(source: str, unseen: bool) -> None:
    assert begin(source).unseen == unseen


@pytest.mark.parametrize(
    ("head", "plain", "brings_nothing"),
    [
        ('#[allow(a)]\n#[inline]\n#[cfg(b)]\n#[rustfmt::skip]\n#[doc = "c"]', True, True),
        ('#[cfg_attr(all(a, b = "c,"), allow(x, y), rustfmt::skip)]', True, True),
        ("#[unsafe(no_mangle)]", True, True),
        ("#[tokio::main]", False, True),
        ('#[::tokio :: main(flavor = "current_thread")]', False, True),
        ('#[cfg_attr(not(test), tokio::main(flavor = "a"))]', False, True),
        ("use tokio::main;\n#[main]", False, True),
        ("use actix_web as web;\n#[web::main]", False, True),
        ("#[mine::export::tokio::main]", False, True),
        ("use macro_rules_attribute::apply;\n#[apply(smol_macros::main!)]", False, True),
        ("use macro_rules_attribute::apply;\n#[apply(mine!)]", False, False),
        ("#[apply(smol_macros::main!)]", False, False),
        ("#[hotpath::main]", False, False),
        ("#[hotpath::main(percentiles = [99])]", False, False),
        ('#[cfg_attr(feature = "hotpath", hotpath::main)]', False, False),
        ("#[cfg_attr(a, allow(b), cfg_attr(c, hotpath::main))]", False, False),
        ("#[tokio::main]\n#[hotpath::main]", False, False),
        ("use hotpath as tokio;\n#[tokio::main]", False, False),
        ("#[main]", False, False),
        ("#[instrument]", False, False),
    ],
)
def test_what_an_attribute_may_make_of_main(head: str, plain: bool, brings_nothing: bool) -> None:
    (one,) = begin(f"{head}\nfn main() {{}}\n").mains
    assert all(a.plain for a in one.attributes) == plain
    assert all(a.brings_nothing for a in one.attributes) == brings_nothing


EXIT = "std::process::exit(1);"


def test_the_exits_of_a_program_and_the_libraries_below_it() -> None:
    files = {
        **BUILT_WITH,
        "c/src/lib.rs": f"pub fn f() {{\n    {EXIT}\n}}\n",
        "b/src/lib.rs": f"#[test]\nfn t() {{ {EXIT} }}\nfn exit() {{}}\nfn g() {{ exit() }}\n",
        "d/Cargo.toml": '[package]\nname = "d"\n',
        "d/src/lib.rs": f"pub fn f() {{ {EXIT} }}\n",
    }
    whole = codebase(files)
    (owner,) = programs.owners(whole.packages)
    said = [(one.path, one.line) for one in mains.exits(["a/src/main.rs"], owner.package, whole)]
    assert said == [("c/src/lib.rs", 2)]


def exits(files: dict[str, str], root: str) -> list[str]:
    whole = codebase(files)
    (owner, *_) = (
        owner
        for owner in programs.owners(whole.packages)
        if any(target.root == root for target in owner.binaries)
    )
    return [one.path for one in mains.exits([root], owner.package, whole)]


def test_what_other_programs_do_is_not_done_by_this_one() -> None:
    ends = f"fn main() {{ {EXIT} }}\n"
    files = {
        **BUILT_WITH,
        "a/src/bin/b.rs": 'mod own;\n#[path = "../both.rs"]\nmod both;\nfn main() {}\n',
        "a/src/bin/own.rs": ends,
        "a/src/main.rs": f"mod both;\nmod first;\n#[cfg(test)]\nmod tests;\n{ends}",
        "a/src/both.rs": ends,
        "a/src/first.rs": ends,
        "a/src/tests.rs": ends,
        "a/build.rs": ends,
        "b/src/main.rs": ends,
        "c/src/lib.rs": "mod deep;\n",
        "c/src/deep.rs": ends,
    }
    shared = ["a/src/both.rs", "c/src/deep.rs"]
    mine = ["a/src/first.rs", "a/src/main.rs"]
    assert exits(files, "a/src/main.rs") == sorted([*shared, *mine])
    assert exits(files, "a/src/bin/b.rs") == sorted([*shared, "a/src/bin/own.rs"])
    assert exits(files, "b/src/main.rs") == ["b/src/main.rs", "c/src/deep.rs"]


EXITS = """\
use std::process;
use std::fmt;
static S: Lazy<fn()> = Lazy::new(|| process::exit(1));
const C: fn() = || { std::process::abort() };
const MANY: [fn(); 1] = [|| process::exit(4)];
macro_rules! m { () => { process::exit(5) }; }
// process::exit(6)
fn said() -> &'static str { "process::exit(7)" }
fn commented() { process::exit /* so */ (8) }
fn far() { inner(|| { mod_::exit(9); process::exit(10); }) }
fn inside() {
    use std::process::abort;
    fn deep() { abort() }
}
fn named(exit: fn(i32)) { exit(14) }
#[test]
fn tested() { process::exit(16) }
"""


def test_every_call_that_ends_the_program_is_seen_where_few_of_a_file_is_copied() -> None:
    whole = codebase({MAIN: EXITS})
    (owner,) = programs.owners(whole.packages)
    once = mains.exits([MAIN], owner.package, whole)
    assert [one.line for one in once] == [3, 4, 5, 9, 10, 13]
    assert mains.exits([MAIN], owner.package, whole) == once
    outside = codebase({MAIN: EXITS + "impl A { type B = [u8; process::exit(1)]; }\n"})
    assert [one.line for one in mains.exits([MAIN], owner.package, outside)][-1] == 18


COMMAND = """\
IMPORT
fn started() -> Error {
    Command::new("other")
        .arg("a")
        .exec()
}
fn asked(sql: Query) { sql.exec(1); sql.exec::<u8>(); exec(); }
"""


@pytest.mark.parametrize(
    ("imported", "lines"),
    [
        ("use std::os::unix::process::CommandExt;", [("exec", 5)]),
        ("use std::os::unix::process::CommandExt as _;", [("exec", 5)]),
        ("use std::{os::unix::process::{self, CommandExt}, process::Command};", [("exec", 5)]),
        ("use tokio::process::Command;", []),
        ("use std::process; // CommandExt", []),
    ],
)
def test_another_program_in_the_place_of_this_one_ends_it(
    imported: str, lines: list[tuple[str, int]]
) -> None:
    whole = codebase({MAIN: COMMAND.replace("IMPORT", imported) + "fn main() { started(); }\n"})
    (owner,) = programs.owners(whole.packages)
    found = mains.exits([MAIN], owner.package, whole)
    assert [(one.text, one.line) for one in found] == lines


def test_a_name_of_a_function_that_never_returns_is_found_wherever_it_is() -> None:
    source = "fn main() { a::run() }\n"
    for other, never in (
        ("pub fn run()\n-> ! { loop {} }\n", True),
        ("pub fn runs() -> ! { loop {} }\n", False),
        ("pub fn run() {}\npub fn other() -> ! { loop {} }\n", False),
        ("pub fn other(f: fn() -> !) -> u8 { 1 }\npub fn run() {}\n", False),
    ):
        made = mains.begin(MAIN, codebase({MAIN: source, "src/a.rs": other}))
        assert made is not None
        assert made.mains[0].leaves == never, other


def test_what_another_program_has_never_returns_for_that_one_only() -> None:
    manifest = '[package]\nname = "{}"\n{}'
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\n',
        "a/Cargo.toml": manifest.format("a", '[dependencies]\nb = { path = "../b" }\n'),
        "a/src/main.rs": "fn main() { win::main() }\n",
        "b/Cargo.toml": manifest.format("b", ""),
        "b/src/lib.rs": "",
        "c/Cargo.toml": manifest.format("c", ""),
        "c/src/main.rs": "fn main() -> ! { loop {} }\n",
    }
    other = mains.begin("a/src/main.rs", codebase(files))
    below = {**files, "b/src/lib.rs": "pub fn main() -> ! { loop {} }\n"}
    mine = mains.begin("a/src/main.rs", codebase(below))
    assert other is not None
    assert mine is not None
    assert (other.mains[0].leaves, mine.mains[0].leaves) == (False, True)
