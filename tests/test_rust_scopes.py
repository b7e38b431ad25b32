from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.file.look import look

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import Place


def places(body: str, head: str = "fn f(&mut self, k: &str, p: &mut P)") -> list[str]:
    """Where each `insert` in a method of `A` puts something: base, root, path, type."""
    found = look(f"impl A {{ {head} {{ {body} }} }}".encode())
    assert found.error is None
    said = [
        spoken(mention.place)
        for mention in found.mentions
        if any(use.method == "insert" for use in mention.uses)
    ]
    return list(dict.fromkeys(said))


def spoken(place: Place) -> str:
    root = ".".join((place.root, *place.path))
    return f"{place.base} {root}" + (f": {place.type}" if place.type is not None else "")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param("self.m.insert(k, 1);", "self A.m", id="field"),
        pytest.param("self.a.b.m.insert(k, 1);", "self A.a.b.m", id="fields"),
        pytest.param("self.0.insert(k, 1);", "self A.0", id="tuple struct"),
        pytest.param("self.0.1.insert(k, 1);", "self A.0.1", id="tuple struct in another"),
        pytest.param("self.r#type.insert(k, 1);", "self A.r#type", id="raw identifier"),
        pytest.param("(self.m).insert(k, 1);", "self A.m", id="parentheses"),
        pytest.param("(&mut self.m).insert(k, 1);", "self A.m", id="borrowed"),
        pytest.param("(*self.m).insert(k, 1);", "self A.m", id="dereferenced"),
        pytest.param("self.inner.lock().unwrap().m.insert(k, 1);", "self A.inner.m", id="lock"),
        pytest.param("self.inner.lock().await.m.insert(k, 1);", "self A.inner.m", id="await"),
        pytest.param("self.inner.write()?.m.insert(k, 1);", "self A.inner.m", id="question"),
        pytest.param("let s = &mut *self; s.m.insert(k, 1);", "self A.m", id="alias of self"),
        pytest.param("let s = self; s.m.insert(k, 1);", "self A.m", id="self moved"),
        pytest.param("let i = &mut self.inner; i.m.insert(k, 1);", "self A.inner.m", id="alias"),
        pytest.param(
            "let mut g = self.inner.lock().unwrap(); g.m.insert(k, 1);",
            "self A.inner.m",
            id="guard",
        ),
        pytest.param(
            "let mut g = match self.inner.lock() { Ok(g) => g, Err(p) => p.into_inner() };"
            " g.m.insert(k, 1);",
            "self A.inner.m",
            id="guard of a poisoned lock",
        ),
        pytest.param(
            "let Ok(mut g) = self.inner.lock() else { return }; g.m.insert(k, 1);",
            "self A.inner.m",
            id="let else",
        ),
        pytest.param(
            "if let Some(i) = &mut self.inner { i.m.insert(k, 1); }", "self A.inner.m", id="if let"
        ),
        pytest.param(
            "if k.len() > 1 && let Some(i) = &mut self.inner && i.ok { i.m.insert(k, 1); }",
            "self A.inner.m",
            id="let chain",
        ),
        pytest.param(
            "while let Some(i) = self.inner.as_mut() { i.m.insert(k, 1); }",
            "self A.inner.m",
            id="while let",
        ),
        pytest.param(
            "match self.inner.as_mut() { Some(i) => { i.m.insert(k, 1); } None => {} }",
            "self A.inner.m",
            id="arm",
        ),
        pytest.param(
            "match self.inner.as_mut() { Some(i) if k.ok() => i.m.insert(k, 1), _ => {} }",
            "self A.inner.m",
            id="arm with a guard",
        ),
        pytest.param(
            "match self.inner.as_mut() { Some(i) if i.m.insert(k, 1) => {} _ => {} }",
            "self A.inner.m",
            id="guard of an arm",
        ),
        pytest.param(
            "let i = &mut self.inner; match k { Some(n) if i.ok(n) => i.m.insert(k, 1), _ => {} }",
            "self A.inner.m",
            id="alias that a guard asks",
        ),
        pytest.param("X.with(|c| c.borrow_mut().m.insert(k, 1));", "static X.m", id="with"),
        pytest.param(
            "X.with_borrow_mut(|c| c.m.insert(k, 1));", "static X.m", id="with_borrow_mut"
        ),
        pytest.param(
            "let a = Arc::clone(&self.inner); a.m.insert(k, 1);", "self A.inner.m", id="Arc"
        ),
        pytest.param("p.m.insert(k, 1);", "param p.m: &mut P", id="parameter"),
        pytest.param("let p: &mut Q = g(); p.m.insert(k, 1);", "let p.m: &mut Q", id="let"),
        pytest.param("let q = Q::new(); q.m.insert(k, 1);", "let .m: Q", id="constructed"),
        pytest.param("let f = |q: &mut Q| q.m.insert(k, 1);", "param q.m: &mut Q", id="closure"),
        pytest.param("STORE.m.insert(k, 1);", "static STORE.m", id="static"),
        pytest.param("crate::x::STORE.insert(k, 1);", "static crate::x::STORE", id="path"),
        pytest.param("store().insert(k, 1);", "fn store", id="accessor"),
        pytest.param("self.store().insert(k, 1);", "self A.store()", id="accessor method"),
        pytest.param("self.store().m.insert(k, 1);", "self A.store().m", id="accessor and field"),
        pytest.param("x::store().insert(k, 1);", "fn x::store", id="accessor of a module"),
    ],
)
def test_where_it_lives(body: str, place: str) -> None:
    assert places(body) == [place]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param("let p = g(k); p.m.insert(k, 1);", "unknown g(k).m", id="any call"),
        pytest.param("for p in k { p.m.insert(k, 1); }", "unknown p.m", id="for"),
        pytest.param("let (p, _) = k; p.m.insert(k, 1);", "unknown p.m", id="tuple pattern"),
        pytest.param("let P { p, .. } = k; p.m.insert(k, 1);", "unknown p.m", id="struct pattern"),
        pytest.param("k.each(|p| p.m.insert(k, 1));", "unknown p.m", id="any closure"),
        pytest.param("match k { E(p) => p.m.insert(k, 1) };", "unknown p.m", id="other variant"),
        pytest.param(
            "match k { E(p) if p.m.insert(k, 1) => 1, _ => 2 };", "unknown p.m", id="guard"
        ),
        pytest.param(
            "match k { _ if let Some(p) = g(k) => p.m.insert(k, 1), _ => {} };",
            "unknown p.m",
            id="let of a guard",
        ),
        pytest.param("self.get(k).m.insert(k, 1);", "unknown self.get(k).m", id="argument"),
        pytest.param("self.v[0].m.insert(k, 1);", "unknown self.v[0].m", id="index"),
        pytest.param("let p; p = k; p.m.insert(k, 1);", "unknown p.m", id="set later"),
    ],
)
def test_what_is_not_understood_is_unknown(body: str, place: str) -> None:
    assert places(body) == [place]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param(
            "let i = &mut self.a; let i = &mut self.b; i.m.insert(k, 1);", "self A.b.m", id="let"
        ),
        pytest.param(
            "let i = &mut self.a; { let i = &mut self.b; } i.m.insert(k, 1);",
            "self A.a.m",
            id="a block that is over",
        ),
        pytest.param(
            "let i = &mut self.a; { let i = &mut self.b; i.m.insert(k, 1); }",
            "self A.b.m",
            id="a block",
        ),
        pytest.param(
            "let i = &mut self.a; if let Some(i) = &mut self.b { i.m.insert(k, 1); }",
            "self A.b.m",
            id="if let",
        ),
        pytest.param(
            "let i = &mut self.a; if let Some(i) = &mut self.b {} else { i.m.insert(k, 1); }",
            "self A.a.m",
            id="else of an if let",
        ),
        pytest.param(
            "let i = &mut self.a; match k { Some(i) => {} _ => { i.m.insert(k, 1); } }",
            "self A.a.m",
            id="another arm",
        ),
        pytest.param(
            "let i = &mut self.a; for i in k {} i.m.insert(k, 1);", "self A.a.m", id="behind a for"
        ),
        pytest.param(
            "let p = &mut self.a; p.m.insert(k, 1);", "self A.a.m", id="parameter shadowed"
        ),
        pytest.param(
            "i.m.insert(k, 1); let i = &mut self.a;", "static i.m", id="bound only afterwards"
        ),
    ],
)
def test_the_nearest_binding_counts(body: str, found: str) -> None:
    assert places(body) == [found]


@pytest.mark.parametrize(
    ("source", "accessor"),
    [
        ("impl A { fn f(&self) -> &M { &self.m } }", "self A.m"),
        ("impl A { fn f(&mut self) -> &mut M { &mut self.a.m } }", "self A.a.m"),
        ("impl A { fn f(&self) -> G { self.m.lock().unwrap() } }", "self A.m"),
        ("fn f() -> &'static M { &STORE }", "static STORE"),
        ("fn f() -> &'static M { static S: M = m(); &S }", "static S"),
        ("fn f() -> &'static M { static S: O = o(); S.get_or_init(m) }", "static S"),
        ("impl A { fn f(&self) -> usize { self.m.len() } }", None),
        ("impl A { fn f(&self) -> &M { log(); let a = 1; &self.m } }", "self A.m"),
        ("impl A { fn f(&self) -> M { let a = 1; self.m.clone() } }", None),
        (
            "fn f(w: &W) -> Result<Ref<M>, E> { let s = S1.get_or_init(m); s.lock().map_err(e) }",
            "static S1",
        ),
        (
            "fn f(w: &W) -> Result<Ref<M>, E> { let g = S1.lock()?; log(w); Ok(g) }",
            "static S1",
        ),
        ("impl A { fn f(&self) -> &M { if self.x { &self.m } else { &self.n } } }", None),
        ("impl A { fn f(&self) -> &M { if self.x { &self.m } else { other() } } }", None),
        ("impl A { fn f(&self) -> &M { if self.x { return other(); } &self.m } }", None),
        (
            "impl A { fn f(&self) -> R<&M> { if self.x { return Err(e); } Ok(&self.m) } }",
            "self A.m",
        ),
        (
            "fn f() -> Ref<M> { match S1.lock() { Ok(g) => g, Err(e) => e.into_inner() } }",
            "static S1",
        ),
        ("fn f() -> Ref<M> { match S1.lock() { Ok(g) => g, Err(e) => other() } }", None),
        ("fn f(m: &M) -> &M { m }", None),
        ("fn f() {}", None),
    ],
)
def test_functions_that_hand_out_a_place(source: str, accessor: str | None) -> None:
    found = look(source.encode())
    assert [spoken(one.place) for one in found.accessors] == ([accessor] if accessor else [])
