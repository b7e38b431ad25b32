from __future__ import annotations

import pytest

from rustfix_mem.rust.file.facts import FileFacts, ModDecl, TypeTree, Use
from rustfix_mem.rust.file.look import look


def facts(source: str) -> FileFacts:
    found = look(source.encode())
    assert found.error is None
    return found


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        pytest.param("use a::b;", [("b", "a::b")], id="plain"),
        pytest.param("pub use a::b;", [("b", "a::b")], id="re-export"),
        pytest.param("use a::b as c;", [("c", "a::b")], id="renamed"),
        pytest.param("use a::b as _;", [("_", "a::b")], id="nameless"),
        pytest.param("use ::a::b;", [("b", "::a::b")], id="from the crates"),
        pytest.param("use a;", [("a", "a")], id="a crate"),
        pytest.param("use a::{b, c as d};", [("b", "a::b"), ("d", "a::c")], id="list"),
        pytest.param("use a::{self, b};", [("a", "a"), ("b", "a::b")], id="self"),
        pytest.param("use a::{b::{c, d}, e};", [("c", "a::b::c"), ("d", "a::b::d"), ("e", "a::e")]),
        pytest.param("use a::*;", [("*", "a")], id="glob"),
        pytest.param("use a::{b::*, c};", [("*", "a::b"), ("c", "a::c")], id="glob in a list"),
        pytest.param("use {a::b, c::d};", [("b", "a::b"), ("d", "c::d")], id="bare list"),
        pytest.param("use super::b;", [("b", "super::b")], id="super"),
        pytest.param("use a::{};", [], id="empty list"),
        pytest.param('// use a::b;\nconst S: &str = "use a::b;";', [], id="not code"),
        pytest.param("macro_rules! m { () => { use a::b; } }", [], id="in a macro"),
    ],
)
def test_uses(source: str, uses: list[tuple[str, str]]) -> None:
    assert [(use.name, use.path) for use in facts(source).uses] == uses


def test_a_use_knows_its_inline_module() -> None:
    found = facts("use a::b;\nmod m { use c::d; mod n { use e::f; } }\nfn g() { use h::i; }").uses
    assert found == (
        Use("b", "a::b", ""),
        Use("d", "c::d", "m"),
        Use("f", "e::f", "m::n"),
        Use("i", "h::i", ""),
    )


def mod(name: str, **given: str | bool) -> ModDecl:
    plain: dict[str, str | bool] = {"module": "", "path": "", "test": False, "cfg": ""}
    return ModDecl(name, **{**plain, "inline": False, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "mods"),
    [
        pytest.param("mod a;", [mod("a")], id="file"),
        pytest.param("pub(crate) mod a;", [mod("a")], id="visible"),
        pytest.param("mod r#type;", [mod("type")], id="raw"),
        pytest.param("mod a {}", [mod("a", inline=True)], id="inline"),
        pytest.param('#[path = "x/b.rs"] mod a;', [mod("a", path="x/b.rs")], id="path"),
        pytest.param(
            '#[doc = "d"]\n#[path="b.rs"]\nmod a;', [mod("a", path="b.rs")], id="doc first"
        ),
        pytest.param("#[cfg(test)] mod a;", [mod("a", test=True, cfg="cfg(test)")], id="for tests"),
        pytest.param("#[cfg(unix)] mod a;", [mod("a", cfg="cfg(unix)")], id="for unix"),
        pytest.param(
            "#[cfg(not(test))] mod a;", [mod("a", cfg="cfg(not(test))")], id="not for tests"
        ),
        pytest.param(
            "mod a { mod b; mod c { mod d; } }",
            [
                mod("a", inline=True),
                mod("b", module="a"),
                mod("c", module="a", inline=True),
                mod("d", module="a::c"),
            ],
            id="nested",
        ),
        pytest.param("#![cfg(test)]\nmod a;", [mod("a", test=True)], id="the file is for tests"),
        pytest.param("fn f() { mod a {} }", [mod("a", inline=True)], id="in a function"),
        pytest.param("m! { mod a; }", [], id="made by a macro"),
        pytest.param("/* mod a; */ // mod b;", [], id="comments"),
    ],
)
def test_mods(source: str, mods: list[ModDecl]) -> None:
    assert list(facts(source).mods) == mods


@pytest.mark.parametrize(
    ("source", "macros"),
    [
        ("m! { mod a; }", ["m"]),
        ("m!(a);", ["m"]),
        ("cfg_if::cfg_if! { if #[cfg(unix)] { mod a; } }", ["cfg_if"]),
        ("mod n { m! {} }", ["m"]),
        ("macro_rules! m { () => {} }", []),
        ("thread_local! { static A: u8 = 1; }", []),
        ("fn f() { m!(); }", []),
    ],
)
def test_macros_that_may_declare_something(source: str, macros: list[str]) -> None:
    assert list(facts(source).item_macros) == macros


def tree(written: str) -> str:
    (found,) = facts(f"type T = {written};").types
    assert found.target is not None
    return str(found.target)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("u8", "u8"),
        ("HashMap<K, V>", "HashMap<K, V>"),
        ("std::collections::HashMap<K, V>", "std::collections::HashMap<K, V>"),
        ("Arc<Mutex<HashMap<K, Vec<u8>>>>", "Arc<Mutex<HashMap<K, Vec<u8>>>>"),
        ("HashMap<K, V, BuildHasherDefault<H>>", "HashMap<K, V, BuildHasherDefault<H>>"),
        ("&'static str", "&'static str"),
        ("&str", "&str"),
        ("&'a str", "&str"),
        ("&mut T", "&mut T"),
        ("(A, B)", "(A, B)"),
        ("(A,)", "(A,)"),
        ("()", "()"),
        ("[u8; 4]", "[u8]"),
        ("Box<dyn Fn(u8) -> u8>", "Box<dyn Fn(u8) -> u8>"),
        ("&dyn  a :: B", "&dyn a::B"),
        ("Box<dyn FnMut(\n  &mut A,\n  u8,\n)>", "Box<dyn FnMut(&mut A, u8)>"),
        ("fn(u8) -> u8", "fn"),
        ("*const u8", "*u8"),
        ("Cow<'static, str>", "Cow<str>"),
        ("HashMap< K , // why\n V >", "HashMap<K, V>"),
        ("<A as B>::C", "<AasB>::C"),
        ("!", "?"),
    ],
)
def test_type_trees(written: str, read: str) -> None:
    assert tree(written) == read


@pytest.mark.parametrize(
    ("written", "borrows"),
    [
        ("&'a str", True),
        ("&'static str", False),
        ("Cow<'a, str>", True),
        ("Cow<'static, str>", False),
        ("HashMap<&'a str, u8>", True),
        ("HashMap<&'static str, u8>", False),
        ("String", False),
    ],
)
def test_lifetimes_are_seen(written: str, borrows: bool) -> None:
    (found,) = facts(f"struct S<'a> {{ f: {written} }}").types
    assert any(inner.lifetime for inner in found.fields[0].type.walk()) is borrows


@pytest.mark.parametrize(
    ("source", "kind", "fields"),
    [
        pytest.param(
            "struct A { a: u8, pub b: u16 }", "struct", ["a u8 ", "b u16 pub"], id="struct"
        ),
        pytest.param("struct A { pub(crate) a: u8 }", "struct", ["a u8 pub(crate)"], id="crate"),
        pytest.param("struct A { pub(in a::b) a: u8 }", "struct", ["a u8 pub(ina::b)"], id="in"),
        pytest.param("struct A(u8, pub String);", "struct", ["0 u8 ", "1 String pub"], id="tuple"),
        pytest.param(
            "struct A(/* c */ u8, #[x] u16);", "struct", ["0 u8 ", "1 u16 "], id="attribute"
        ),
        pytest.param("struct A;", "struct", [], id="unit"),
        pytest.param("struct A {}", "struct", [], id="no fields"),
        pytest.param("union A { a: u8, b: u16 }", "union", ["a u8 ", "b u16 "], id="union"),
        pytest.param("enum A { B(u8), C { d: u16 }, E }", "enum", ["0 u8 ", "d u16 "], id="enum"),
        pytest.param(
            "struct A<T: Ord> where T: Copy { a: Vec<T> }", "struct", ["a Vec<T> "], id="T"
        ),
        pytest.param("type A = HashMap<K, V>;", "type", [], id="alias"),
    ],
)
def test_types(source: str, kind: str, fields: list[str]) -> None:
    (found,) = facts(source).types
    assert (found.name, found.kind) == ("A", kind)
    assert [f"{f.name} {f.type} {f.visibility}" for f in found.fields] == fields


@pytest.mark.parametrize(
    ("source", "finite"),
    [
        ("enum A { B, C }", True),
        ("enum A { B = 1, C = 2 }", True),
        ("enum A {}", True),
        ("enum A { B, C(u8) }", False),
        ("enum A { B { c: u8 } }", False),
        ("struct A;", False),
    ],
)
def test_an_enum_without_data(source: str, finite: bool) -> None:
    assert facts(source).types[0].unit_only is finite


@pytest.mark.parametrize(
    ("source", "derives"),
    [
        ("#[derive(Clone, Debug)] struct A;", ("Clone", "Debug")),
        ("#[derive(Clone)]\n#[derive(serde::Serialize,)]\nstruct A;", ("Clone", "Serialize")),
        ("#[derive()] struct A;", ()),
        ("#[repr(C)] struct A;", ()),
        ("// #[derive(Clone)]\nstruct A;", ()),
    ],
)
def test_derives(source: str, derives: tuple[str, ...]) -> None:
    assert facts(source).types[0].derives == derives


@pytest.mark.parametrize(
    ("attribute", "skipped"),
    [
        ("#[serde(skip)]", True),
        ("#[serde(default, skip)]", True),
        ("#[serde(default)]", False),
        ('#[serde(skip_serializing_if = "f")]', False),
        ("", False),
    ],
)
def test_what_serde_skips(attribute: str, skipped: bool) -> None:
    (found,) = facts(f"struct A {{ {attribute} a: u8, b: u8 }}").types
    assert [field.skipped for field in found.fields] == [skipped, False]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("static A: u8 = 1;", "A u8 module static", id="static"),
        pytest.param("static mut A: u8 = 1;", "A u8 module static", id="mutable"),
        pytest.param("const A: u8 = 1;", "A u8 module const", id="const"),
        pytest.param("fn f() { static A: u8 = 1; }", "A u8 fn static", id="in a function"),
        pytest.param("fn f() { if x { static A: u8 = 1; } }", "A u8 fn static", id="deeper"),
        pytest.param(
            "thread_local! { static A: u8 = 1; }", "A u8 thread_local static", id="thread"
        ),
        pytest.param(
            "thread_local!(pub static A: RefCell<u8> = const { RefCell::new(1) });",
            "A RefCell<u8> thread_local static",
            id="const block",
        ),
        pytest.param(
            "lazy_static! { /// Doc\n pub static ref A: Mutex<HashMap<K, V>> = m(); }",
            "A Mutex<HashMap<K, V>> lazy_static static",
            id="lazy_static",
        ),
        pytest.param(
            "lazy_static! { static ref A: Arc::<Mutex<HashMap<K, V>>> = m(); }",
            "A Arc<Mutex<HashMap<K, V>>> lazy_static static",
            id="turbofish in a type",
        ),
        pytest.param(
            "fn f() { thread_local! { static A: u8 = 1; } }", "A u8 thread_local static", id="both"
        ),
        pytest.param("mod m { static A: u8 = 1; }", "A u8 module static", id="in a module"),
    ],
)
def test_statics(source: str, found: str) -> None:
    (one,) = facts(source).statics
    kind = "const" if one.constant else "static"
    assert f"{one.name} {one.type} {one.scope} {kind}" == found


def test_several_statics_in_one_macro() -> None:
    source = "thread_local! {\n    static A: u8 = 1;\n    pub(crate) static B: u16 = 2;\n}"
    found = facts(source).statics
    assert [(one.name, str(one.type), one.visibility) for one in found] == [
        ("A", "u8", ""),
        ("B", "u16", "pub(crate)"),
    ]
    assert [source[one.span.start : one.span.end] for one in found] == ["A", "B"]


@pytest.mark.parametrize(
    ("source", "owner", "trait"),
    [
        ("fn f() {}", "", ""),
        ("impl A { fn f() {} }", "A", ""),
        ("impl<T> A<T> { fn f() {} }", "A", ""),
        ("impl B for A { fn f() {} }", "A", "B"),
        ("impl x::B<u8> for y::A<u8> { fn f() {} }", "A", "B"),
        ("impl B for &A { fn f() {} }", "A", "B"),
        ("trait B { fn f() {} }", "B", ""),
        ("fn g() { impl A { fn f() {} } }", "A", ""),
    ],
)
def test_whose_function_it_is(source: str, owner: str, trait: str) -> None:
    found = next(fn for fn in facts(source).fns if fn.name == "f")
    assert (found.owner, found.trait) == (owner, trait)


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("#[test] fn f() {}", True),
        ("#[tokio::test] async fn f() {}", True),
        ('#[tokio::test(flavor = "multi_thread")] async fn f() {}', True),
        ("#[rstest] fn f() {}", True),
        ("#[bench] fn f(b: &mut B) {}", True),
        ("#[cfg(test)] fn f() {}", True),
        ("#[cfg(all(test, unix))] fn f() {}", True),
        ("#[cfg(test)] mod m { fn f() {} }", True),
        ("#[cfg(test)] impl A { fn f() {} }", True),
        ("#![cfg(test)] fn f() {}", True),
        ("fn f() {}", False),
        ("#[cfg(not(test))] fn f() {}", False),
        ("#[cfg(all(not(test), unix))] fn f() {}", False),
        ('#[cfg(feature = "test")] fn f() {}', False),
        ("#[cfg_attr(test, inline)] fn f() {}", False),
        ('#[doc = "for a (test) only"] fn f() {}', False),
        ("/// #[test]\nfn f() {}", False),
        ("#[testing] fn f() {}", False),
        ("mod tests { fn f() {} }", False),
    ],
)
def test_test_code(source: str, test: bool) -> None:
    assert facts(source).fns[0].test is test


def test_parameters_and_result() -> None:
    (found,) = facts("fn f(&mut self, mut a: u8, (b, c): (u8, u8), _: &str) -> Option<u8> {}").fns
    assert [(p.name, str(p.type)) for p in found.params] == [
        ("self", "&mutself"),
        ("a", "u8"),
        ("(b, c)", "(u8, u8)"),
        ("_", "&str"),
    ]
    assert found.returns == TypeTree("Option", (TypeTree("u8"),))


@pytest.mark.parametrize(
    ("source", "home"),
    [
        pytest.param("fn f() {}", "fn f", id="bare"),
        pytest.param("use a::b;\n\n/// Doc.\n#[inline]\nfn f() {}", "/// Doc.", id="docs"),
        pytest.param("// Apart.\n\n/// Doc.\nfn f() {}", "/// Doc.", id="not a comment apart"),
        pytest.param("/// Doc.\nimpl A {\n    /// Other.\n    fn f() {}\n}", "/// Doc.", id="impl"),
        pytest.param("mod m {\n    /// Doc.\n    fn f() {}\n}", "/// Doc.", id="in a module"),
        pytest.param("fn a() {}\nfn f() {}", "fn f", id="right behind another"),
        pytest.param("/** Doc.\n*/\nfn f() {}", "/** Doc.", id="block comment"),
    ],
)
def test_where_a_constant_goes(source: str, home: str) -> None:
    found = next(fn for fn in facts(source).fns if fn.name == "f")
    assert source[found.home :].startswith(home)


@pytest.mark.parametrize(
    ("source", "dropped", "clonable"),
    [
        ("impl Drop for A { fn drop(&mut self) {} }", ("A",), ()),
        ("impl<T> std::ops::Drop for A<T> { fn drop(&mut self) {} }", ("A",), ()),
        ("impl Clone for A { fn clone(&self) -> A { A } }", (), ("A",)),
        ("impl A { fn drop(&mut self) {} }", (), ()),
    ],
)
def test_what_dropping_and_cloning_does(
    source: str, dropped: tuple[str, ...], clonable: tuple[str, ...]
) -> None:
    assert (facts(source).dropped, facts(source).clonable) == (dropped, clonable)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"\xef\xbb\xbfstruct Abc;", id="bom"),
        pytest.param(b"// \xff\xfe\r\nstruct Abc;", id="bytes in a comment"),
        pytest.param(b'const S: &[u8] = "\xff";\nstruct Abc;', id="bytes in a string"),
        pytest.param(b'const S: &str = "\x00";\nstruct Abc;', id="nul in a string"),
        pytest.param(b"#!/usr/bin/env run\nstruct Abc;", id="shebang"),
        pytest.param('const S: &str = "ä🦀";\r\nstruct Abc;'.encode(), id="wide characters"),
    ],
)
def test_spans_are_bytes_of_the_file(source: bytes) -> None:
    found = next(one for one in look(source).types if one.name == "Abc")
    assert source[found.span.start : found.span.end] == b"struct Abc;"


@pytest.mark.parametrize("source", [b"", b"\n", b"\xef\xbb\xbf", b"// a", b"#![no_std]"])
def test_files_with_nothing_in_them(source: bytes) -> None:
    found = look(source)
    assert (found.error, found.types, found.fns, found.mentions) == (None, (), (), ())


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"fn f( {", id="broken"),
        pytest.param(b"fn f() { x.insert(1) ", id="not closed"),
        pytest.param(b"struct \xff;", id="bytes in a name"),
        pytest.param("fn f() {}".encode("utf-16"), id="utf-16"),
        pytest.param(b"fn f() { let a = str![x]; }", id="valid, but not for the grammar"),
    ],
)
def test_a_file_that_is_not_understood_has_no_facts(source: bytes) -> None:
    found = look(source)
    assert found.error is not None
    assert 0 <= found.error <= len(source)
    assert (found.types, found.fns, found.mods, found.mentions) == ((), (), (), ())
