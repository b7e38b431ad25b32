"""An outline says of a file's declarations what its facts say, and asks less for it."""

from __future__ import annotations

import gc
from dataclasses import fields
from pathlib import Path

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import Outline
from rustfix_mem.rust.file.look import look, outline

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.rs") if "target" not in path.parts)


def declared(found: Outline) -> dict[str, object]:
    return {one.name: getattr(found, one.name) for one in fields(Outline)}


def test_every_file_of_the_fixtures() -> None:
    assert len(FILES) > 500
    for path in FILES:
        source = path.read_bytes()
        assert declared(outline(source)) == declared(look(source)), path


@pytest.mark.parametrize(
    "body",
    [
        "struct Inner { kept: Vec<u8> }",
        "use std::fmt::Write as _;",
        "const LIMIT: usize = 3; g(LIMIT)",
        "static ONE: OnceLock<u8> = OnceLock::new();",
        "let f = || { fn deep() -> u8 { 1 } deep() };",
        "match x { A => { enum Deep { A } } _ => {} }",
        "if let Some(x) = g(|| { use a::b; b() }) { h(x) }",
        "loop { unsafe { impl Deep for u8 { fn f() {} } } }",
        "thread_local! { static LOCAL: RefCell<u8> = const { RefCell::new(1) }; }",
        "g(vec![{ type T = u8; }]);",
        "macro_rules! inner { ($x:ident) => { $x.cache } }",
        "let x: [u8; { const N: usize = 1; N }] = [0];",
        "// use of the fn\n g()",
        "g(); // a\n/* b */ use c::d;",
        "return { mod m {} };",
    ],
)
def test_items_in_bodies(body: str) -> None:
    source = f"mod a; fn f(x: u8) -> u8 {{ {body} }} impl A {{ fn g() {{ {body} }} }}".encode()
    assert declared(outline(source)) == declared(look(source))


def test_what_is_in_a_body_is_not_copied() -> None:
    body = "let a = g(1, 2); if a { h(a.b.c); } " * 20
    source = f"fn f(x: u8) {{\n // a use of it\n {body} }} const C: u8 = {{ 1 + 2 }};".encode()
    with syntax.parsed(source) as tree:
        assert len(syntax.walk(tree.declarations)) < 20
        assert len(syntax.walk(tree.root)) > 400


@pytest.mark.parametrize("source", [b"fn f( {", b"struct", b"fn f() { let }"])
def test_what_is_not_understood(source: bytes) -> None:
    assert outline(source) == Outline(error=look(source).error)
    assert outline(source).error is not None


def looked_at_in_all_ways() -> None:
    with syntax.parsed(b"fn f() { g!(a, b); h(1, 2) }") as tree:
        tree.around([])
        tree.around([one.whole for one in tree.functions()])
        syntax.walk(tree.declarations)
        syntax.walk(tree.root)


def test_no_copy_is_left_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        looked_at_in_all_ways()
        left = sum(isinstance(one, syntax.Node) for one in gc.get_objects())
    finally:
        gc.enable()
    assert left == 0
