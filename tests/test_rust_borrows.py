from __future__ import annotations

import pytest

from rustfix_mem.rust.file.look import look


def held(body: str) -> list[str]:
    """What runs while each answer of a map is borrowed, in order."""
    source = f"static M: DashMap<K, V> = new(); fn f(k: K) -> V {{ {body} }}"
    found = look(source.replace("M.", "CACHE.").encode())
    assert found.error is None
    uses = {use.span.start: use for m in found.mentions for use in m.uses}
    return [uses[at].held for at in sorted(uses) if uses[at].kind in ("grow", "lookup")]


@pytest.mark.parametrize(
    "body",
    [
        "if let Some(v) = M.get(&k) { return v.clone(); }",
        "if let Some(v) = M.get(&k) { return *v; } compute(k)",
        "if let Some(v) = M.get(&k) { v.clone() } else { v2.clone() }",
        "let v = M.get(&k).map(|v| v.clone()); compute(k)",
        "let v = M.get(&k).map(|v| *v.value()); compute(k)",
        "let v = M.get(&k).unwrap().clone(); compute(v)",
        "if M.contains_key(&k) { compute(k) }",
        "if M.get(&k).is_some() { compute(k) }",
        "let v = M.get(&k); v.is_some()",
        "let e = M.get(&k); let v = e.len(); drop(e); compute(v)",
        "match M.get(&k) { Some(v) => v.clone(), None => V(0) };",
        "M.insert(k, compute(k));",
        "if let Some(v) = M.get(&k) && v.1.elapsed() < TTL { return Ok(v.0.clone()); } compute(k)",
        "M.entry(k).or_insert_with(|| compute(k)).clone()",
        "for x in y { if let Some(v) = M.get(&x) { out.push(v.clone()); } } compute(k)",
        "if let Some(v) = M.get(&k) { Arc::ptr_eq(&v.a, &b) } else { false }",
    ],
)
def test_free(body: str) -> None:
    assert set(held(body)) == {""}


@pytest.mark.parametrize(
    "body",
    [
        "if let Some(v) = M.get(&k) { v.clone() } else { compute(k) }",
        "if let Some(v) = M.get(&k) { v.clone() } else if let Some(w) = g() { w } else { x }",
        "match M.get(&k) { Some(v) => v.clone(), None => compute(k) }",
        "match M.get(&k) { None if compute(k) => 1, Some(ref v) => v.clone(), None => compute(k) }",
        "match M.get(&k) { Some(v) => v.clone(), _ => compute(k) }",
        "let Some(v) = M.get(&k) else { return compute(k) }; v.clone()",
        "let v = M.get(&k); match v { Some(v) => v.clone(), None => compute(k) }",
        "let v = M.get(&k); match &v { Some(w) => w.clone(), None => compute(k) }",
        "let v = M.get(&k); if let Some(w) = v { w.clone() } else { compute(k) }",
        "let v = M.get(&k); if let Some(v) = v { v.clone() } else { compute(k) }",
        "let v = M.get(&k); if v.is_none() { compute(k); } x",
        "let v = M.get(&k); if v.is_some() { 1 } else { compute(k) }",
    ],
)
def test_free_where_nothing_was_found(body: str) -> None:
    assert held(body) == [""]


@pytest.mark.parametrize(
    "body",
    [
        "if let Some(true) = M.get(&k).as_deref() { v } else { compute(k) }",
        "if let Some(7) = M.get(&k) { v } else { compute(k) }",
        "if let Some(v) = M.get(&k) && v.1 == w { v.0.clone() } else { compute(k) }",
        "if let Some(LIMIT) = M.get(&k) { v } else if let Some(w) = g() { w } else { x }",
    ],
)
def test_free_from_edition_2024_on(body: str) -> None:
    assert held(body) == ["else"]


@pytest.mark.parametrize(
    "body",
    [
        "if let Some(v) = M.get(&k) { compute(&v) }",
        "if let Some(v) = M.get(&k) { return v; }",
        'if let Some(v) = M.get(&k) { println!("{}", compute(k)); }',
        "if let Some(v) = M.get(&k) { later().await; }",
        "if let Some(v) = M.get(&k) { self.keep = Some(v); }",
        "while let Some(v) = M.get(&k) { k = v.clone(); }",
        "match M.get(&k) { Some(v) => compute(v), None => 1 }",
        "match M.get(&k) { Some(v) if v.1 => v.clone(), _ => compute(k) }",
        "match M.get(&k) { Some(v) if v.1 => v.clone(), None | Some(_) => compute(k) }",
        "match M.get(&k) { Some(v) => v.clone(), _x => compute(k), }; compute(k)",
        "match M.get(&k).as_deref() { Some(7) => 7, _ => compute(k) }",
        "match M.get(&k) { Some(v) => v, None => panic!() }",
        "let v = M.get(&k); match v { Some(w) => compute(&w), None => compute(k) }",
        "let v = M.get(&k); match v { Some(v) => if v.is_none() { compute(k) }, None => 1 }",
        "let v = M.get(&k); while let Some(v) = v { compute(k); }",
        "let v = M.get(&k); if let Some(v) = v { if let Some(v) = v { compute(v) } }",
        "let mut v = M.get(&k); if v.is_none() { v = other(k); } compute(k)",
        "foo(match M.get(&k) { Some(v) => v.clone(), None => compute(k) })",
        "let v = M.get(&k); compute(k); v.is_some()",
        "let v = M.get(&k).unwrap(); compute(k); v.clone()",
        "let v = M.get(&k).unwrap(); v",
        "let Some(v) = M.get(&k) else { return 1 }; compute(k); v.clone()",
        "let s = S { v: M.get(&k) }; compute(k)",
        "M.get(&k)",
        "return M.get(&k);",
        "compute(M.get(&k).unwrap().clone())",
        "M.get(&k).is_some_and(|v| *v > compute(k))",
        "let v = { if let Some(v) = M.get(&k) { v.len() } else { 0 } } + compute(k);",
        "let v = M.entry(k).or_insert_with(make); compute(*v)",
        "M.get(&k).map(|v| compute(*v)).clone()",
    ],
)
def test_borrowed_while_other_code_runs(body: str) -> None:
    assert "" not in held(body)


def test_nobody_looks_where_no_map_is_concurrent() -> None:
    found = look(b"impl A { fn f(&mut self, k: K) { self.m.insert(k, 1); } }")
    assert [use.held for m in found.mentions for use in m.uses] == ["?"]
