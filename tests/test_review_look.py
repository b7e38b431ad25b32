from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.changeset import check
from rustfix_mem.errors import UsageError
from rustfix_mem.rust.file.look import look
from rustfix_mem.rust.write.indents import deeper
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate, ends

if TYPE_CHECKING:
    from rustfix_mem.codemod import Codemod


POISON = "match self.m.lock() { Ok(g) => g, Err(p) => p.into_inner() }"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"let mut g = {POISON}; g.insert(k, 1);", {"grow insert"}),
        (f"{POISON}.insert(k, 1);", {"grow insert"}),
        (f"let mut g = {POISON}; g.remove(&k);", {"shrink remove"}),
        (
            "let g = match self.m.as_mut() { Some(g) => g, None => return }; g.pop();",
            {"shrink pop"},
        ),
        ("let g = match &mut self.m { Some(g) => { g } _ => return }; g.pop();", {"shrink pop"}),
    ],
)
def test_a_match_that_answers_the_guard(body: str, found: set[str]) -> None:
    assert ends(body) == found


@pytest.mark.parametrize(
    "body",
    [
        "let g = &mut self.m; let g = other(); g.insert(k, 1);",
        "let g = &mut self.m; { let g = other(); g.insert(k, 1); }",
        "let g = &mut self.m; match k { Some(g) => { g.insert(1, 1); } None => {} }",
        "let g = &mut self.m; v.each(|g| { g.insert(1, 1); });",
        "let g = &mut self.m; for g in v { g.insert(1, 1); }",
        "let g = &mut self.m; if let Some(g) = k { g.insert(1, 1); }",
    ],
)
def test_a_new_binding_of_the_name_is_not_a_use_of_the_old(body: str) -> None:
    assert ends(body) == set()


def deep(name: str, source: str) -> object:
    return pytest.param(source, id=name)


@pytest.mark.parametrize(
    "source",
    [
        deep("parens", "fn f() { let x = " + "(" * 20_000 + "1" + ")" * 20_000 + "; }"),
        deep("parens around", "fn f() { " + "(" * 20_000 + "M.insert(1, 2)" + ")" * 20_000 + "; }"),
        deep("blocks", "fn f() { " + "{" * 5_000 + "M.insert(1, 2);" + "}" * 5_000 + " }"),
        deep("mods", "mod a {" * 2_000 + "}" * 2_000),
        deep("fns", "fn a() {" * 2_000 + "}" * 2_000),
        deep("ifs", "fn f() {" + "if x {" * 2_000 + "M.insert(1, 2);" + "}" * 2_000 + "}"),
        deep("else ifs", "fn f() { if x {} " + "else if x { M.insert(1, 2); } " * 2_000 + "}"),
        deep("and", "fn f() { if " + "a && " * 5_000 + "M.insert(1, 2) {} }"),
        deep("types", "struct A { a: " + "Vec<" * 3_000 + "u8" + ">" * 3_000 + " }"),
        deep("patterns", "fn f() { let " + "Some(" * 2_000 + "x" + ")" * 2_000 + " = M.lock(); }"),
        deep("use", "use " + "a::{" * 2_000 + "b" + "}" * 2_000 + ";"),
        deep("calls", "fn f() { M" + ".lock()" * 5_000 + ".insert(1, 2); }"),
        deep("fields", "fn f() { self" + ".a" * 3_000 + ".insert(1, 2); }"),
        deep("closures", "fn f() { " + "a(|| " * 2_000 + "M.insert(1, 2)" + ")" * 2_000 + " }"),
    ],
)
def test_deep_nesting_is_no_stack_overflow(source: str) -> None:
    began = time.perf_counter()
    look(source.encode())
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    "body",
    [
        deep("shadowed lets", "let mut g = MM.lock().unwrap(); " * 60 + "g.insert(1, 2);"),
        deep("moved on", "let g = MM.lock().unwrap(); " + "let g = g; " * 60 + "g.insert(1, 2);"),
    ],
)
def test_long_functions_take_seconds_at_most(body: str) -> None:
    began = time.perf_counter()
    look(f"fn f() {{ {body} }}".encode())
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", ['f("a\\\nb\nc")', 'f(r"a\\\nb")'])
def test_a_string_with_a_line_break_is_not_indented(text: str) -> None:
    assert deeper(text, "    ") == text


@pytest.mark.parametrize("value", ["9" * 5000, str(2**64)])
def test_a_number_that_usize_does_not_hold_is_refused(value: str) -> None:
    codemod: type[Codemod] = CacheBounds
    with pytest.raises(UsageError):
        codemod.configure({"max-entries": value})


def test_a_literal_struct_in_a_let_has_its_type() -> None:
    found = look(b"fn f() { let q = Q { a: 1 }; q.m.insert(1, 2); }").mentions
    assert [str(one.place.type) for one in found] == ["Q"]


def test_an_impl_in_a_const_block_is_seen() -> None:
    found = look(b"const _: () = { impl A { fn f(&self) {} } };").fns
    assert [one.owner for one in found] == ["A"]


def test_what_is_nested_too_deeply_is_told_where_it_is() -> None:
    source = f"use std::collections::HashMap;\n\nfn f() {{\n    {'(' * 5000}1{')' * 5000};\n}}\n"
    (skipped,) = check((CacheBounds(),), crate(source), cache=False).skipped
    assert skipped.reason == "nested too deeply at line 4"
