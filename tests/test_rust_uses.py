from __future__ import annotations

import time

import pytest

from rustfix_mem.rust.file.look import look
from support import ends


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("self.m.insert(k, 1);", {"grow insert"}),
        ("self.m.entry(k).or_insert(1);", {"grow entry.or_insert"}),
        ("self.m.entry(k).or_insert_with(g);", {"grow entry.or_insert_with"}),
        ("self.m.entry(k);", {"grow entry"}),
        ("self.m.extend(k);", {"grow extend"}),
        ("self.m.remove(&k);", {"shrink remove"}),
        ("self.m.retain(|_, v| *v > 1);", {"shrink retain"}),
        ("self.m.pop_first();", {"shrink pop_first"}),
        ("self.m.drain();", {"shrink drain"}),
        ("self.m.clear();", {"clear clear"}),
        ("self.m.get(&k);", {"lookup get"}),
        ("self.m.contains_key(&k);", {"lookup contains_key"}),
        ("self.m.get_mut(&k);", {"lookup get_mut"}),
        ("self.m.len();", {"length len"}),
        ("self.m.is_empty();", {"length is_empty"}),
        ("self.m.iter();", {"enumerate iter"}),
        ("self.m.values().sum();", {"enumerate values"}),
        ("for (a, b) in &self.m {}", {"enumerate"}),
        ("for a in self.m.keys() {}", {"enumerate keys"}),
        ("let a = self.m[&k];", {"index"}),
        ("self.m = M::new();", {"assign"}),
        ("*self.m.lock().unwrap() = M::new();", {"assign"}),
        ("std::mem::take(&mut self.m);", {"shrink take"}),
        ("mem::replace(&mut self.m, M::new());", {"shrink take"}),
        ("fill(&mut self.m);", {"escape_mut fill"}),
        ("x::fill(self.m);", {"escape_mut fill"}),
        ("look(&self.m);", {"escape look"}),
        ("return &self.m;", {"returned"}),
        ("let a = Self { m: self.m };", {"escape"}),
        ("let a = (&self.m, 1);", {"escape"}),
        ("self.m.swap(&mut o);", {"escape swap"}),
        ("self.m.reserve(1);", set()),
        ("drop(self.m);", set()),
        ("self.m;", set()),
        ("m.insert(k, 1);", set()),
        ("self.n.insert(k, self.o);", set()),
        ("self.n.m();", set()),
    ],
)
def test_ends(body: str, found: set[str]) -> None:
    assert ends(body) == found


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("self.m@", id="field"),
        pytest.param("(self.m)@", id="parentheses"),
        pytest.param("(&mut self.m)@", id="borrowed"),
        pytest.param("self.m.lock().unwrap()@", id="lock"),
        pytest.param('self.m.lock().expect("poisoned")@', id="expect"),
        pytest.param("self.m.lock().unwrap_or_else(|e| e.into_inner())@", id="poisoned"),
        pytest.param("self.m.write().await@", id="await"),
        pytest.param("self.m.try_lock()?@", id="question"),
        pytest.param("self.m.borrow_mut()@", id="cell"),
        pytest.param("self.m.as_mut().unwrap()@", id="option"),
        pytest.param("self.m.get_or_insert_with(M::new)@", id="made on first use"),
        pytest.param("let g = &mut self.m; g@", id="alias"),
        pytest.param("let r#gen = &mut self.m; r#gen@", id="raw alias"),
        pytest.param("let mut g = self.m.lock().unwrap(); g@", id="guard"),
        pytest.param("let g = &mut *self.m.lock().unwrap(); g@", id="guard dereferenced"),
        pytest.param("let mut a = self.m.lock(); let b = a.as_mut().unwrap(); b@", id="two"),
        pytest.param("if let Ok(mut g) = self.m.lock() { g@; }", id="if let"),
        pytest.param("if let Some(g) = &mut self.m { g@; } else { }", id="if let else"),
        pytest.param("if a && let Ok(mut g) = self.m.lock() && b { g@; }", id="let chain"),
        pytest.param("while let Some(g) = self.m.as_mut() { g@; }", id="while let"),
        pytest.param("let Ok(mut g) = self.m.lock() else { return }; g@", id="let else"),
        pytest.param("match self.m.lock() { Ok(mut g) => { g@; } Err(_) => {} }", id="match"),
        pytest.param("match self.m.as_mut() { None => {} Some(g) => { g@; } }", id="second arm"),
        pytest.param("let g = if let Ok(g) = self.m.lock() { g } else { return }; g@", id="if-let"),
        pytest.param("self.m.with(|c| c.borrow_mut()@);", id="with"),
        pytest.param("self.m.with(|c| { let mut c = c.borrow_mut(); c@; });", id="with and let"),
        pytest.param("self.m.with_borrow_mut(|c| c@);", id="with_borrow_mut"),
        pytest.param("self.m.lock().map(|mut g| g@).ok();", id="map"),
        pytest.param("let a = Arc::clone(&self.m); a.lock().unwrap()@", id="Arc"),
        pytest.param("let a = self.m.clone(); thread::spawn(move || { a@; });", id="spawned"),
        pytest.param("unsafe { &mut self.m }@", id="unsafe"),
        pytest.param("let g = { let a = 1; &mut self.m }; g@", id="block"),
    ],
)
@pytest.mark.parametrize(
    ("call", "end"),
    [(".insert(k, 1)", "grow insert"), (".remove(&k)", "shrink remove")],
    ids=["grow", "shrink"],
)
def test_ways(way: str, call: str, end: str) -> None:
    assert end in ends(way.replace("@", call))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{ let g = &mut self.m; } g.insert(k, 1);", id="out of its block"),
        pytest.param("g.insert(k, 1); let g = &mut self.m;", id="before it is bound"),
        pytest.param("if let Some(g) = &mut self.m {} else { g.insert(k, 1); }", id="else"),
        pytest.param("let g = &self.m; fn h(g: &mut M) { g.insert(1, 1); }", id="inner function"),
        pytest.param("let g = other(); g.insert(k, &self.m);", id="only as a value"),
        pytest.param("let g = self.m.len(); g.insert(k, 1);", id="of its length"),
    ],
)
def test_a_namesake_is_not_an_alias(body: str) -> None:
    assert "grow insert" not in ends(body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param('println!("{}", self.m.len());', {"length len"}, id="length"),
        pytest.param('println!("{:?}", self.m);', set(), id="shown"),
        pytest.param("debug!(hit = self.m.contains_key(&k));", set(), id="asked"),
        pytest.param("assert!(self.m.lock().unwrap().is_empty());", {"length is_empty"}, id="lock"),
        pytest.param("vec![self.m.values()];", {"enumerate values"}, id="iterated"),
        pytest.param('println!("{}", self.m.remove(&k));', {"token println"}, id="removed"),
        pytest.param("assert!(self.m.insert(k, 1));", {"token assert"}, id="inserted"),
        pytest.param("assert!(self.m.lock().unwrap().remove(&k));", {"token assert"}, id="chain"),
        pytest.param("mine!(self.m);", {"token mine"}, id="unknown macro"),
        pytest.param("x::mine!({ a => self.m.len() });", {"token mine"}, id="unknown, nested"),
        pytest.param("mine!(self.n);", set(), id="another field"),
    ],
)
def test_macros(body: str, found: set[str]) -> None:
    assert ends(body) == found


def test_names_in_unknown_macros_are_kept() -> None:
    found = look(b'fn f() { mine!(STORE, a.b); println!("{}", OTHER); }').tokens
    assert "STORE" in found
    assert "OTHER" not in found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("fn f() { STORE.lock().unwrap().insert(1, 2); }", {"grow insert"}),
        ("fn f() { x::STORE.insert(1, 2); }", {"grow insert"}),
        ("fn f() { STORE.with_borrow_mut(|s| s.insert(1, 2)); }", {"grow insert"}),
        ("fn f() { mine!(STORE); }", set()),
        ("fn f() { let Self { a } = STORE; }", {"escape"}),
        ("static STORE: u8 = 1;", set()),
    ],
)
def test_statics(source: str, found: set[str]) -> None:
    uses = [
        f"{use.kind} {use.method}".strip()
        for mention in look(source.encode()).mentions
        if mention.place.root.endswith("STORE")
        for use in mention.uses
    ]
    assert set(uses) - {"read", "token mine"} == found


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("k", "name"),
        ("&k", "reference"),
        ('"a"', "literal"),
        ("1", "literal"),
        ("'a'", "literal"),
        ("true", "literal"),
        ("k.clone()", "pure"),
        ("k.to_string()", "pure"),
        ("String::from(k)", "pure"),
        ("(k.clone(), 1)", "pure"),
        ("k.trim().to_owned()", "pure"),
        ("self.id", "pure"),
        ("next()", "impure"),
        ("self.next_id()", "impure"),
        ("k.take().clone()", "impure"),
        ('format!("{k}")', "impure"),
        ("k?", "impure"),
        ("k.await", "impure"),
        ("&next()", "impure"),
        ("k.into()", "inferred"),
        ("k.parse()", "inferred"),
        ("k.iter().collect()", "inferred"),
        ("Default::default()", "inferred"),
        ("(k.into(), 1)", "inferred"),
    ],
)
def test_what_may_be_done_with_a_key(key: str, form: str) -> None:
    found = look(f"impl A {{ fn f(&mut self) {{ self.m.insert({key}, 1); }} }}".encode())
    grown = [use for mention in found.mentions for use in mention.uses if use.kind == "grow"]
    assert [(use.key, use.key_form) for use in grown] == [(key, form)]


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("self.m.insert(k);", ""),
        ("let _ = self.m.insert(k);", ""),
        ("drop(self.m.insert(k));", ""),
        ('if self.m.insert(k) { warn!("once"); }', "once"),
        ('if !self.m.insert(k) { } else { warn!("once"); }', "decides"),
        ('if self.m.insert(k, 1).is_none() { println!("new"); }', "once"),
        ("if self.m.insert(k) { self.v.push(k); }", "decides"),
        ('if self.m.insert(k) { warn!("a"); self.v.push(k); }', "decides"),
        ("if !self.m.insert(k) { return; }", "decides"),
        ("let new = self.m.insert(k);", "decides"),
        ("self.n = self.m.insert(k);", "decides"),
        ('if self.m.insert(k) && x { warn!("once"); }', "once"),
        ("return self.m.insert(k);", "decides"),
        ("self.m.insert(k).unwrap();", "decides"),
        ('if self.m.insert(k) { panic!("twice"); }', "decides"),
    ],
)
def test_who_looks_at_the_answer_of_insert(body: str, note: str) -> None:
    found = look(f"impl A {{ fn f(&mut self, k: K) {{ {body} }} }}".encode())
    notes = {use.note for m in found.mentions for use in m.uses if use.method == "insert"}
    assert notes == {note}


def cost(source: str) -> float:
    began = time.perf_counter()
    look(source.encode())
    return time.perf_counter() - began


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("fn f() { let a = b.c; }\n" * 2000, id="functions"),
        pytest.param("fn f() { " + "if a { b(); } " * 2000 + "}", id="statements"),
        pytest.param("struct A { " + "a: HashMap<K, V>,\n" * 5000 + "}", id="fields"),
        pytest.param("#[a]\n" * 10_000 + "fn f() {}", id="attributes"),
        pytest.param("m! { a }\n" * 3000, id="macros"),
        pytest.param("fn f() { m!(" + "(" * 2000 + "STORE" + ")" * 2000 + "); }", id="tokens"),
    ],
)
def test_large_files_take_seconds_at_most(source: str) -> None:
    assert cost(source) < 10
