"""Global allocators that are found, and those that are put beside them."""

from __future__ import annotations

import pytest

from rustfix_mem.cargo import programs
from rustfix_mem.errors import Refused, Spared
from rustfix_mem.rust.whole.allocators import Linked, linked
from rustfix_mem.rust.write import alternatives
from rustfix_mem.text import apply
from support import BUILT_WITH, codebase

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


@pytest.mark.parametrize(
    ("attributes", "cfgs"),
    [
        ("#[cfg_attr(unix, global_allocator)]", ("unix",)),
        (
            '#[cfg_attr(all(unix, not(feature = "a")), global_allocator)]',
            ('all(unix, not(feature = "a"))',),
        ),
        ("#[cfg(a)]\n#[cfg_attr(b, global_allocator)]", ("a", "b")),
        ("#[cfg(a)]\n#[cfg_attr(a, global_allocator,)]", ("a",)),
    ],
)
def test_what_a_cfg_attr_makes_an_allocator(attributes: str, cfgs: tuple[str, ...]) -> None:
    (one,) = found({MAIN: f"{attributes}\nstatic A: System = System;\n"}).own
    assert (one.name, one.cfgs) == ("A", cfgs)


def test_comments_and_strings_make_no_allocator() -> None:
    text = '// #[global_allocator]\n// static A: B = B;\nconst S: &str = "#[global_allocator]";\n'
    assert found({MAIN: text}) == Linked((), (), ())


@pytest.mark.parametrize(
    "text",
    [
        "macro_rules! m { () => { #[global_allocator] static A: B = B; } }",
        "m! { #[global_allocator] static A: B = B; }",
        "#[cfg_attr(unix, global_allocator, cold)]\nstatic A: B = B;",
        "#[cfg_attr(unix, global_allocator)]\nm!(A);",
        "#[cfg_attr(unix, cfg_attr(x, global_allocator))]\nstatic A: B = B;",
        "#![cfg_attr(unix, global_allocator)]\nstatic A: B = B;",
        "#[global_allocator]\nm!(A);",
        "fn main( { #[global_allocator]",
    ],
)
def test_what_cannot_be_followed_is_unclear(text: str) -> None:
    assert found({MAIN: text}).unclear


LIBRARY = {**BUILT_WITH, "c/src/lib.rs": STATIC}


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
