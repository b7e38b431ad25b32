"""Whether an argument beside the key decides if what is found will do."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file.look import look

MISS = "let made = f(key, other); self.m.insert(key.to_owned(), made); made"


def depends(body: str, head: str = "key: &str, other: &str") -> list[str]:
    """What each growth depends on that has a look-up."""
    source = f"impl A {{ fn get(&mut self, {head}) -> V {{ {body} }} }}"
    found = look(source.encode())
    assert found.error is None
    uses = [use for mention in found.mentions for use in mention.uses]
    return [use.lookup.depends for use in uses if use.kind == "grow" and use.lookup is not None]


@pytest.mark.parametrize(
    "hit",
    [
        "if let Some(v) = self.m.get(key) && other.is_empty() { return v.clone(); }",
        "if let Some(v) = self.m.get(key) && (v.ok || other.is_empty()) { return v.clone(); }",
        "if let Some(v) = self.m.get(key) { if v.ok || other.is_empty() { return v.clone(); } }",
        "if let Some(v) = self.m.get(key) { if v.of(other) { return v.clone(); } }",
        'if let Some(v) = self.m.get(key) { if other == "x" { return v.clone(); } }',
        "if let Some(v) = self.m.get(key) { if other == OTHER { return v.clone(); } }",
        "if let Some(v) = self.m.get(key) { if v.size >= other { return v.clone(); } }",
        "if other.is_empty() && self.m.contains_key(key) { return self.m[key].clone(); }",
        "match self.m.get(key) { Some(v) if v.of(other) => return v.clone(), _ => {} }",
        "if let Some(v) = self.m.get(key).filter(|v| v.ok || other.is_empty()) { return v.c(); }",
    ],
)
def test_an_argument_beside_the_key(hit: str) -> None:
    assert depends(f"{hit} {MISS}") == ["other"]


@pytest.mark.parametrize(
    "hit",
    [
        "if let Some(v) = self.m.get(key) { return v.clone(); }",
        "if let Some(v) = self.m.get(key) && v.other == other { return v.clone(); }",
        "if let Some(v) = self.m.get(key) { if v.other == *other { return v.clone(); } }",
        "if let Some(v) = self.m.get(key) { if other.as_str() == v.other { return v.clone(); } }",
        "if let Some((v, o)) = self.m.get(key) { if *o == other.clone() { return v.clone(); } }",
        "match self.m.get(key) { Some(v) if v.other == other => return v.clone(), _ => {} }",
        "if let Some(v) = self.m.get(key).filter(|v| v.other == other) { return v.clone(); }",
        "if let Some(v) = self.m.get(key) { if key.len() > 3 { return v.clone(); } }",
        "if let Some(v) = self.m.get(key) { if v.ok { return v.clone(); } }",
        "if let Some(v) = self.m.get(key) { log(other.len()); return v.clone(); }",
    ],
)
def test_what_was_made_for_another_is_made_again(hit: str) -> None:
    assert depends(f"{hit} {MISS}") == [""]


@pytest.mark.parametrize(
    "head",
    [
        "key: &str, now: Instant",
        "key: &str, at: SystemTime",
        "key: &str, ttl: u64",
        "key: &str, other: bool",
    ],
)
def test_the_time_and_what_only_decides(head: str) -> None:
    name = head.split()[2].removesuffix(":")
    hit = f"if let Some(v) = self.m.get(key) {{ if v.until > {name} {{ return v.clone(); }} }}"
    put = "self.m.insert(key.to_owned(), made); made"
    made = f"let made = f(key, {name});" if name != "other" else "let made = f(key);"
    assert depends(f"{hit} {made} {put}", head) == [""]


def test_a_key_that_is_a_local_of_arguments() -> None:
    body = """
        let pair = (key, other);
        if let Some(v) = self.m.get(&pair) { if other.is_empty() { return v.clone(); } }
        let made = f(key, other); self.m.insert(pair, made); made"""
    assert depends(body) == [""]
