from __future__ import annotations

import pytest

from rustfix_mem.rust.file import mend
from rustfix_mem.rust.file.look import look
from rustfix_mem.rust.file.syntax import parsed


@pytest.mark.parametrize(
    "written",
    [
        "fn f(s: S) { let S { a, #[cfg(unix)] b } = s; }",
        'fn f(s: S) { let S {\n  #[cfg(feature = "x")]\n  ref mut b,\n  a } = s; }',
        "fn f(s: S) { match s { S { #[cfg(unix)] b: _, .. } => 1 } }",
        "fn f(p: P<u8>) { let P::<u8> { a, b } = p; }",
        "fn f(p: P) { let P::<Vec<u8>, E> { a, .. } = p; }",
        "fn f() { size::<Vec::<u8>>(); }",
        "type T<'a> = Box<dyn 'a + Fn(f64) -> String>;",
        "fn f(p: P) { if let Some(box Plan::Query { a, .. }) = p {} }",
        "fn f(p: P) { let (box ref mut a, box (b, _)) = p; }",
        "fn f() -> V { v([(a, #[allow(x::y)] S { b: 1 }), (1, 2)]) }",
        "fn f() { g((\n    a,\n    #[expect(x)]\n    S::new(b),\n)) }",
        "fn f() -> impl S + for<'a> L<'a> + Send { g() }",
        "type A = Box<impl S + for <'a, 'b> L<'a, 'b>>;",
        "fn f(k: K) -> bool { matches!(k, T![~] | T![a]) }",
        "fn f() { rule!(CREATE ~ ( OR ~ ^REPLACE )? ~ TABLE) }",
    ],
)
def test_valid_rust_that_the_grammar_does_not_know(written: str) -> None:
    source = written.encode()
    blanked = mend.mended(source)
    assert (len(blanked), blanked.count(b"\n")) == (len(source), source.count(b"\n"))
    with parsed(source) as tree:
        assert tree.mended
        assert tree.error() is None
        assert tree.root.text == written
    assert look(source).error is None


@pytest.mark.parametrize(
    "written",
    [
        "struct S { #[serde(skip)] a: u32, b: u8 }",
        "enum E { #[default] A, B }",
        "#[test]\nfn f() {}\n#[cfg(test)]\nmod tests {}",
        "fn f() { let a = 1; #[allow(x)] let b = 2; a::<b>() }",
        "fn f() { P::<u8>::new(); g::<Vec<u8>>(1); if a::<u8>(b) { c } }",
        "fn f(x: Box<dyn Fn() + 'static>) {}",
        "fn f(boxed: B, a_box: B) { boxed.box_up(a_box); r#box(1) }",
    ],
)
def test_what_the_grammar_knows_stays(written: str) -> None:
    assert mend.mended(written.encode()) == written.encode()


def test_what_is_broken_stays_broken() -> None:
    source = b"fn f(s: S) { let S { #[cfg(unix)] b } = s; let = ; }"
    with parsed(source) as tree:
        assert not tree.mended
        assert tree.error() is not None
