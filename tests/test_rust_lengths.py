"""Which comparisons of lengths may bound what grows in a function."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file.look import look


def capped(check: str) -> str:
    """By which comparison the growth of `ours` is taken to be bounded."""
    body = f"{check} self.ours.insert(key, made(key));"
    source = f"impl A {{ fn f(&mut self, key: u8, most: usize) -> bool {{ {body} true }} }}"
    growths = [
        use
        for mention in look(source.encode()).mentions
        for use in mention.uses
        if mention.place.name == "ours" and use.kind == "grow"
    ]
    assert len(growths) == 1
    return growths[0].capped


@pytest.mark.parametrize(
    "check",
    [
        "",
        "if self.other.len() >= most { self.other.clear(); }",
        "if self.other.len() >= most && !self.other.contains_key(&key) { self.other.clear(); }",
        "if (self.other.len() >= most) { self.other.shrink_to(0); self.other.clear() }",
        "if self.other.lock().len() > most { self.other.lock().clear(); }",
        "if self.other.len() > most { let old = self.other.pop(); self.other.remove(&old); }",
        "if self.other.len() > most { if let Some(o) = self.other.min() { self.other.rm(&o); } }",
        "let o = &mut self.other; if o.len() > most { o.clear(); }",
        "if self.inner.other.len() > most { self.inner.other.clear(); }",
        "if self.ours.len() > 1 { self.other.clear(); }",
        "if self.other.len() <= most as usize { self.other.resize_with(most + 1, Vec::new); }",
        "if self.other.len() >= most { self.other.truncate(most / 2); }",
        "if self.other.len() >= most { self.other.extend(u8::MAX); }",
        "match key { K::Of(said) if said.len() >= most => {} _ => {} }",
        "match key { K::Of(_, said) if said.len() >= most => {} _ => {} }",
    ],
)
def test_what_bounds_something_else(check: str) -> None:
    assert capped(check) == ""


@pytest.mark.parametrize(
    "check",
    [
        "if self.ours.len() >= most { self.ours.clear(); }",
        "if self.other.len() >= most { self.ours.clear(); }",
        "if self.other.len() >= most { self.other.clear(); self.ours.clear(); }",
        "if self.other.len() >= most { self.clear(); }",
        "if self.other.len() >= most { Self::clear(self); }",
        "let o = g(self); if self.other.len() >= most { self.other.push(o.clear()); }",
        "let o = g(self); if self.other.len() >= most { self.other.push(clear(o)); }",
        "let o = g(self); if self.other.len() >= most { self.other.push(K::clear(o)); }",
        "let o = g(self); if self.other.len() >= most { self.other.push(&mut o); }",
        "if self.other.len() >= most { free(&mut self.other); }",
        "if self.other.len() >= most { return false; }",
        "if self.other.len() >= most { self.other.clear()?; }",
        "if self.other.len() >= most { self.other.clear(); } else { self.other.push(1); }",
        "if self.other.len() >= most { evict!(self.other); }",
        "if self.ours.inner.len() >= most { self.ours.inner.clear(); }",
        "if OTHER.len() >= most { OTHER.clear(); }",
        "while self.other.len() >= most { self.other.pop(); }",
        "let full = self.other.len() >= most;",
        "if self.other.len() >= most {}",
        "let ours = &mut self.ours; if self.other.len() >= most { ours.clear(); }",
        "match key { k if self.ours.len() >= most => return false, _ => {} }",
        "match &self.ours { ours if ours.len() >= most => return false, _ => {} }",
        "for _ in 0..9 { if self.other.len() >= most { break; } }",
    ],
)
def test_what_may_bound_it(check: str) -> None:
    assert ".len() >= most" in capped(check)
