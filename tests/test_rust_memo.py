from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.file.look import look

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import UseOf


def uses(body: str, kind: str) -> list[UseOf]:
    found = look(f"impl A {{ fn f(&mut self, k: &str) -> V {{ {body} }} }}".encode())
    assert found.error is None
    all_ = [use for mention in found.mentions for use in mention.uses if use.kind == kind]
    return list({use.span: use for use in all_}.values())


def misses(body: str) -> list[str]:
    """The look-up on whose miss path each growth stands: `method form`; empty if on none."""
    return [
        f"{use.lookup.method} {use.lookup.form}" if use.lookup is not None else ""
        for use in uses(body, "grow")
    ]


@pytest.mark.parametrize(
    ("body", "lookup"),
    [
        pytest.param(
            "if let Some(v) = self.m.get(k) { return *v; } self.m.insert(k, 1); 1",
            "get return",
            id="if let, return",
        ),
        pytest.param(
            "if let Some(v) = self.m.get(k) { *v } else { self.m.insert(k, 1); 1 }",
            "get else",
            id="if let, else",
        ),
        pytest.param(
            "let Some(v) = self.m.get(k) else { self.m.insert(k, 1); return 1; }; *v",
            "get else",
            id="let else",
        ),
        pytest.param(
            "match self.m.get(k) { Some(v) => *v, None => { self.m.insert(k, 1); 1 } }",
            "get else",
            id="match",
        ),
        pytest.param(
            "match self.m.get(k) { Some(v) => return *v, None => {} } self.m.insert(k, 1); 1",
            "get return",
            id="match, return",
        ),
        pytest.param(
            "if !self.m.contains_key(k) { self.m.insert(k, 1); } 1",
            "contains_key else",
            id="absent",
        ),
        pytest.param(
            "if self.m.get(k).is_none() { self.m.insert(k, 1); } 1", "get else", id="is_none"
        ),
        pytest.param(
            "if self.m.contains_key(k) { return 1; } self.m.insert(k, 1); 1",
            "contains_key return",
            id="present, return",
        ),
        pytest.param(
            "if self.m.contains_key(k) { 1 } else { self.m.insert(k, 1); 2 }",
            "contains_key else",
            id="present, else",
        ),
        pytest.param(
            "for k in ks { if self.m.contains_key(k) { continue; } self.m.insert(k, 1); } 1",
            "contains_key return",
            id="continue",
        ),
        pytest.param(
            "self.m.get(k).cloned().unwrap_or_else(|| { self.m.insert(k, 1); 1 })",
            "get else",
            id="closure on a miss",
        ),
        pytest.param(
            "let hit = self.m.get(k).cloned(); if let Some(v) = hit { return v; }"
            " self.m.insert(k, 1); 1",
            "get return",
            id="named first",
        ),
        pytest.param(
            "if let Some(v) = self.m.get(k) && v.ok { return *v; } self.m.insert(k, 1); 1",
            "get return",
            id="let chain",
        ),
        pytest.param(
            "{ let g = self.m.lock().unwrap(); if let Some(v) = g.get(k) { return *v; } }"
            " self.m.lock().unwrap().insert(k, 1); 1",
            "get return",
            id="guard in a block of its own",
        ),
        pytest.param(
            "if let Ok(g) = self.m.read() { if let Some(v) = g.get(k) { return *v; } }"
            " self.m.write().unwrap().insert(k, 1); 1",
            "get return",
            id="inside an if let of the guard",
        ),
        pytest.param("self.m.entry(k).or_insert_with(|| 1).clone()", "entry entry", id="entry"),
        pytest.param(
            "if let Some(v) = self.cached(k) { return v; } self.m.insert(k, 1); 1",
            "helper:cached return",
            id="helper",
        ),
        pytest.param(
            "if let Some(v) = self.m.get(&k.to_string()) { return *v; }"
            " self.m.insert(k.to_owned(), 1); 1",
            "get return",
            id="the same key, converted",
        ),
        pytest.param(
            "let key = (k.clone(), 1); if let Some(v) = self.m.get(&key) { return *v; }"
            " self.m.insert(key, 1); 1",
            "get return",
            id="key with a name",
        ),
    ],
)
def test_the_miss_path_of(body: str, lookup: str) -> None:
    assert misses(body) == [lookup]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("self.m.insert(k, 1); 1", id="no look-up"),
        pytest.param("let v = self.m.get(k); self.m.insert(k, 1); v", id="nobody asks"),
        pytest.param("self.m.insert(k, 1); self.m.get(k)", id="only afterwards"),
        pytest.param(
            "if let Some(v) = self.m.get(k) { a(); } self.m.insert(k, 1); 1",
            id="the hit goes on to the insertion",
        ),
        pytest.param(
            "if let Some(v) = self.m.get(k) { self.m.insert(k, v + 1); } 1", id="on the hit path"
        ),
        pytest.param(
            "match self.m.get(k) { Some(v) => { self.m.insert(k, v + 1); } None => {} } 1",
            id="in the arm of the hit",
        ),
        pytest.param(
            "if self.m.contains_key(k) { self.m.insert(k, 1); } 1", id="only if it is there"
        ),
        pytest.param(
            "if !self.m.contains_key(k) { return 1; } self.m.insert(k, 1); 1",
            id="the miss leaves",
        ),
        pytest.param(
            "if let Some(v) = self.m.get(k) { return *v; } self.m.insert(other, 1); 1",
            id="another key",
        ),
        pytest.param(
            "if let Some(v) = self.n.get(k) { return *v; } self.m.insert(k, 1); 1",
            id="another collection",
        ),
        pytest.param("let v = self.m.get(k).unwrap_or(&0) + 1; self.m.insert(k, v); v", id="count"),
        pytest.param(
            "if x { if let Some(v) = self.m.get(k) { return *v; } }"
            " else { self.m.insert(k, 1); } 1",
            id="in another branch",
        ),
        pytest.param(
            "let f = || { if let Some(v) = self.m.get(k) { return *v; } 1 };"
            " self.m.insert(k, 1); 1",
            id="the return is that of a closure",
        ),
        pytest.param(
            "if let Some(v) = self.m.get_mut(k) { return *v; } self.m.insert(k, 1); 1",
            id="changed in place",
        ),
    ],
)
def test_not_a_miss_path(body: str) -> None:
    assert [lookup for lookup in misses(body) if not lookup.startswith("helper:")] == [""] * len(
        uses(body, "grow")
    )


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("if let Some(v) = self.m.get(k) { return *v; } self.m.insert(k, 1); 1", "miss"),
        ("self.m.get(k).unwrap()", "assumed"),
        ('self.m.get(k).expect("there")', "assumed"),
        ("self.m.get(k).ok_or(E)?", "assumed"),
        ("let v = self.m.get(k).cloned(); v.unwrap()", "assumed"),
        ("let Some(v) = self.m.get(k) else { return 1 }; *v", "assumed"),
        ("self.m.insert(k, 1); self.m.get(k).unwrap()", "after"),
        ("self.m.get(k).unwrap_or(&1)", "defaulted"),
        ("self.m.get(k).copied()", "returned"),
        ("return self.m.get(k);", "returned"),
        ("self.m.get(k)?; 1", "question"),
        ("if let Some(v) = self.m.get(k) { a(v); } 1", "tested"),
        ("if self.m.contains_key(k) { a(); } 1", "tested"),
        ("g(self.m.get(k))", "other"),
        ("self.m.get(k); 1", "unused"),
    ],
)
def test_what_a_look_up_is_for(body: str, note: str) -> None:
    assert [use.note for use in uses(body, "lookup")] == [note]


@pytest.mark.parametrize(
    ("key", "between", "kept"),
    [
        pytest.param("k", "", "k", id="name"),
        pytest.param("&k", "", "&k", id="borrowed"),
        pytest.param("k.as_str()", "", "k.as_str()", id="view"),
        pytest.param("&k", "take(k);", "", id="moved in between"),
        pytest.param("&k", "let o = k;", "", id="moved into a let"),
        pytest.param("&k", "let s = S { k };", "", id="moved into a struct"),
        pytest.param("&k", "show(&k);", "&k", id="only shown"),
        pytest.param("&k", "let k = other();", "", id="shadowed in between"),
        pytest.param("&k.to_string()", "", "", id="made anew"),
    ],
)
def test_the_key_of_the_look_up_where_the_growth_stands(key: str, between: str, kept: str) -> None:
    body = f"if let Some(v) = self.m.get({key}) {{ return *v; }} {between} self.m.insert(k, 1); 1"
    (grown,) = uses(body, "grow")
    assert grown.lookup is not None
    assert grown.lookup.key == kept


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("self.m.entry(k).or_insert_with(|| 1).clone()", ""),
        ("let v = self.m.entry(k).or_insert_with(|| 1); v.clone()", ""),
        ("*self.m.entry(k).or_insert(1)", ""),
        ("self.m.entry(k).or_insert(1); 1", ""),
        ("*self.m.entry(k).or_insert(0) += 1; 1", "accumulates"),
        ("self.m.entry(k).or_default().push(1); 1", "accumulates"),
        ("self.m.entry(k).or_insert_with(Vec::new).push(1); 1", "accumulates"),
        ("self.m.entry(k).or_insert_with(|| 1).push(2); 1", "accumulates"),
        ("self.m.entry(k).and_modify(|v| *v += 1).or_insert(1); 1", "accumulates"),
        ("let v = self.m.entry(k).or_insert(0); *v += 1; 1", "accumulates"),
        ("let v = self.m.entry(k).or_insert(0); v.add(1); 1", "accumulates"),
        ("let e = self.m.entry(k); 1", "accumulates"),
        ("self.m.entry(k).or_insert_with(|| 1)", "borrowed"),
        (
            "match self.m.entry(k) { Occupied(e) => e.get().clone(), Vacant(e) => e.insert(1) }",
            "",
        ),
        (
            "match self.m.entry(k) { Occupied(e) => e.into_mut(), Vacant(e) => e.insert(1) }",
            "accumulates",
        ),
    ],
)
def test_what_is_done_with_an_entry(body: str, note: str) -> None:
    assert [use.note for use in uses(body, "grow") if use.method.startswith("entry")] == [note]


SHOWS = {
    "show(self.m.entry(k).or_insert_with(f))": {
        "fn show(v: &V) -> u8 { 1 }": "",
        "pub(crate) fn show<'a>(v: &'a V) -> u8 { 1 }": "",
        "fn show(v: &mut V) -> u8 { 1 }": "borrowed",
        "fn show<'a>(v: &'a mut V) -> u8 { 1 }": "borrowed",
        "fn show(v: V) -> u8 { 1 }": "borrowed",
        "": "borrowed",
        "fn show(v: &V) -> u8 { 1 }\nfn show(v: &mut V) -> u8 { 1 }": "borrowed",
        "impl B {\n    fn show(v: &V) -> u8 { 1 }\n}": "borrowed",
        "impl B {\n    fn show(&self, v: &V) -> u8 { 1 }\n}": "borrowed",
    },
    "let v = self.m.entry(k).or_insert_with(f); show(2, v); v.len()": {
        "fn show(n: u8, v: &V) -> u8 { 1 }": "",
        "fn show(v: &V, n: u8) -> u8 { 1 }": "borrowed",
    },
    "self.show(self.m.entry(k).or_insert_with(f)) }\nfn show(&self, v: &V) -> u8 { 1": {"": ""},
    "Self::show(self.m.entry(k).or_insert_with(f)) }\nfn show(v: &V) -> u8 { 1": {"": ""},
    "other.show(self.m.entry(k).or_insert_with(f)) }\nfn show(&self, v: &V) -> u8 { 1": {
        "": "borrowed"
    },
    "self.show(self.m.entry(k).or_insert_with(f)) } }\nimpl B {\nfn show(&self, v: &V) { 1": {
        "": "borrowed"
    },
}


@pytest.mark.parametrize(
    ("body", "head", "note"),
    [(body, head, note) for body, heads in SHOWS.items() for head, note in heads.items()],
)
def test_what_is_only_shown_is_not_changed(body: str, head: str, note: str) -> None:
    found = look(f"impl A {{\nfn go(&mut self, k: K) -> u8 {{ {body} }}\n}}\n{head}\n".encode())
    assert found.error is None
    grown = [use for one in found.mentions for use in one.uses if use.kind == "grow"]
    assert [use.note for use in grown] == [note]


@pytest.mark.parametrize(
    ("check", "capped"),
    [
        ("self.m.len() >= MAX", True),
        ("MAX > self.m.len()", True),
        ("self.order.len() == self.max", True),
        ("self.m.lock().unwrap().len() > 10", True),
        ("self.m.len() > 0", False),
        ("k.len() > 10", False),
        ("self.n > 10", False),
    ],
)
def test_a_length_that_is_checked(check: str, capped: bool) -> None:
    (grown,) = uses(f"if {check} {{ a(); }} self.m.insert(k, 1); 1", "grow")
    assert bool(grown.capped) is capped
