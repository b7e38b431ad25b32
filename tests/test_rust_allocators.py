"""Global allocators that are found, and those that are put beside them."""

from __future__ import annotations

import pytest

from rustfix_mem.cargo import programs
from rustfix_mem.errors import Refused, Spared
from rustfix_mem.rust.whole import mains
from rustfix_mem.rust.whole.allocators import Linked, linked
from rustfix_mem.rust.write import alternatives
from rustfix_mem.text import apply
from support import codebase

MAIN = "src/main.rs"
STATIC = "#[global_allocator]\nstatic A: System = System;\n"
LINES = ["#[ours]", "static OURS: () = ();"]
COUNTER = 'feature = "dhat-heap"'


def found(files: dict[str, str], root: str = MAIN) -> Linked:
    whole = codebase(files)
    for owner in programs.owners(whole.packages):
        for target in owner.binaries:
            if target.root == root:
                return linked(target, owner.package, whole)
    raise AssertionError(f"no program at {root}")


def program(source: str, **files: str) -> alternatives.Program:
    whole = codebase({MAIN: source, **files})
    (owner,) = programs.owners(whole.packages)
    return alternatives.program(owner.binaries[0], owner.package, whole)


def test_an_allocator_is_known_by_its_path() -> None:
    (one,) = found({MAIN: f"use std::alloc::System;\n{STATIC}"}).own
    assert (one.name, one.type, one.value) == ("A", "std::alloc::System", "System")
    (one,) = found(
        {MAIN: "use a::{b as c, d::{self, E}};\n" + STATIC.replace("System", "c::X")}
    ).own
    assert one.type == "a::b::X"
    (one,) = found({MAIN: "use a::{d::{self}};\n" + STATIC.replace("System", "d::X")}).own
    assert one.type == "a::d::X"


def test_its_conditions_are_its_own() -> None:
    cfgs = '#[cfg(unix)]\n/// doc\n#[cfg(all(a,\n  feature = "b"))]\n#[allow(x)]\n'
    (one,) = found({MAIN: f"#[cfg(other)]\nfn f() {{}}\n{cfgs}{STATIC}"}).own
    assert one.cfgs == ("unix", 'all(a,\n  feature = "b")')


def test_comments_and_strings_make_no_allocator() -> None:
    text = '// #[global_allocator]\n// static A: B = B;\nconst S: &str = "#[global_allocator]";\n'
    assert found({MAIN: text}) == Linked((), (), ())


@pytest.mark.parametrize(
    "text",
    [
        "macro_rules! m { () => { #[global_allocator] static A: B = B; } }",
        "m! { #[global_allocator] static A: B = B; }",
        "#[cfg_attr(unix, global_allocator)]\nstatic A: B = B;",
        "#[global_allocator]\nm!(A);",
        "fn main( { #[global_allocator]",
    ],
)
def test_what_cannot_be_followed_is_unclear(text: str) -> None:
    assert found({MAIN: text}).unclear


LIBRARY = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\n',
    "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb = { path = "../b" }\n',
    "a/src/main.rs": "fn main() {}\n",
    "b/Cargo.toml": '[package]\nname = "b"\n[dependencies]\nc = { path = "../c" }\n',
    "b/src/lib.rs": "",
    "c/Cargo.toml": '[package]\nname = "c"\n',
    "c/src/lib.rs": STATIC,
}


def test_libraries_below_a_program_are_linked_with_it() -> None:
    assert found(LIBRARY, "a/src/main.rs").library
    tested = {**LIBRARY, "c/src/lib.rs": f"#[cfg(test)]\n{STATIC}"}
    assert not found(tested, "a/src/main.rs").library
    within = {**LIBRARY, "c/src/lib.rs": f"#[cfg(test)]\nmod tests {{\n{STATIC}}}\n"}
    assert not found(within, "a/src/main.rs").library
    manifest = LIBRARY["b/Cargo.toml"].replace("[dep", "[dev-dep")
    assert not found({**LIBRARY, "b/Cargo.toml": manifest}, "a/src/main.rs").library


def test_other_crates_of_the_package_have_allocators_of_their_own() -> None:
    files = {MAIN: "", "src/bin/b.rs": STATIC, "benches/c.rs": STATIC, "tests/d.rs": STATIC}
    assert found({**files, "examples/e.rs": STATIC, "build.rs": STATIC}) == Linked((), (), ())
    assert len(found({MAIN: "mod m;\n", "src/m.rs": STATIC}).own) == 1


def test_what_a_program_must_be() -> None:
    with pytest.raises(Spared, match="without `main`"):
        program("#![no_main]\n")
    with pytest.raises(Spared, match="standard library"):
        program("#![cfg_attr(not(test), no_std)]\n")
    with pytest.raises(Refused, match="is not understood"):
        program("fn main( {")


# edits


def put(source: str) -> str:
    whole = codebase({MAIN: source})
    edit = alternatives.put(program(source), LINES, whole)
    return apply(source.encode(), [edit]).decode()


OURS = "\n".join(LINES) + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "fn main() {}\n"),
        ("//! Docs.\n", "\nfn main() {}\n"),
        ("//! Docs.\n\nuse a::b;\nmod c;\n", "\nfn main() {}\n"),
        ("#![allow(x)]\n// why\nuse a; // here\n", "\n/// Docs.\nfn main() {}\n"),
        ("#[macro_use]\nextern crate a;\n", "\n// Begins.\nfn main() {}\n"),
        ("use a;\n", "\nmod inline {}\nuse b;\nfn main() {}\n"),
        ("#!/usr/bin/env run\n", "\nfn main() {}\n"),
    ],
)
def test_items_go_behind_the_head_of_a_file(before: str, after: str) -> None:
    apart = "\n" if before else ""
    expected = f"{before}{apart}{OURS}\n{after.lstrip(chr(10))}"
    assert put(before + after) == expected


def test_a_file_that_ends_with_its_head_gets_an_end_of_line() -> None:
    assert put("use a::main;") == f"use a::main;\n\n{OURS}"


def test_windows_line_ends_are_kept() -> None:
    assert put("use a;\r\n\r\nfn main() {}\r\n").count("\r\n") == 6


def excluded(source: str, files: dict[str, str] | None = None) -> str:
    whole = codebase({MAIN: source, **(files or {})})
    (owner,) = programs.owners(whole.packages)
    (one,) = alternatives.program(owner.binaries[0], owner.package, whole).own
    made = alternatives.excluded(one, COUNTER, whole)
    return apply(source.encode(), [edit for edit in made if edit.path == MAIN]).decode()


NOT = f"#[cfg(not({COUNTER}))]\n"


def test_an_allocator_and_its_import_go_together() -> None:
    tail = "\nfn main() {}\n"
    assert excluded(f"use a::System;\n\n{STATIC}{tail}") == (
        f"{NOT}use a::System;\n\n{NOT}{STATIC}{tail}"
    )
    both = f"use a::{{System}};\nuse b::Other;\n{STATIC}fn main() {{ Other; }}\n"
    assert excluded(both).startswith(f"{NOT}use a::{{System}};\nuse b::Other;\n{NOT}#[global")


def test_an_import_that_others_need_stays() -> None:
    source = f"use a::{{Layout, System}};\n{STATIC}fn main() {{ System; Layout; }}\n"
    assert excluded(source).count(NOT) == 1
    with pytest.raises(Refused, match="brings in other names"):
        excluded(f"use a::{{Layout, System}};\n{STATIC}fn main() {{ Layout; }}\n")


def test_an_import_of_everything_may_be_for_the_allocator() -> None:
    with pytest.raises(Refused, match=r"a `use` with `\*` may bring in `System`"):
        excluded(f"use a::*;\n{STATIC}fn main() {{}}\n")
    fine = f"use a::*;\nuse b::System;\n{STATIC}fn main() {{}}\n"
    assert excluded(fine).count(NOT) == 2
    path = STATIC.replace("System", "a::System")
    assert excluded(f"use a::*;\n{path}fn main() {{}}\n").count(NOT) == 1


def test_an_allocator_that_is_asked_stays() -> None:
    with pytest.raises(Refused, match=r"`A` is used at src/main\.rs:3"):
        excluded(f"{STATIC}fn main() {{ A.count(); }}\n")
    with pytest.raises(Refused, match=r"`A` is used at src/m\.rs:1"):
        excluded(
            f"mod m;\n{STATIC}fn main() {{}}\n", {"src/m.rs": "fn f() { crate::A.count(); }\n"}
        )
    fine = {"src/bin/b.rs": "const A: u8 = 1;\nfn main() { A; }\n"}
    whole = codebase({MAIN: f"// A is for all\n{STATIC}fn main() {{}}\n", **fine})
    (owner,) = programs.owners(whole.packages)
    first = alternatives.program(owner.binaries[0], owner.package, whole)
    assert alternatives.excluded(first.own[0], COUNTER, whole)


def test_a_type_of_the_crate_may_be_unused() -> None:
    source = "/// Docs.\n#[derive(Default)]\nstruct System;\n" + STATIC + "fn main() {}\n"
    assert f"#[cfg_attr({COUNTER}, allow(dead_code))]\n#[derive(Default)]" in excluded(source)
    with pytest.raises(Refused, match="makes a type of its own"):
        excluded(source.replace("= System", "= System::new()"))


# main


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
        **LIBRARY,
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
        **LIBRARY,
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
