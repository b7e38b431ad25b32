from __future__ import annotations

import pytest

from rustfix_mem.rust.file.look import look

HELPERS = """
    fn known(&self, k: &K) -> Option<V> { self.m.get(k).cloned() }
    fn keep(&mut self, k: K, v: V) { self.m.insert(k, v); }
"""
MEMO = "fn f(&mut self, k: K) -> V { if let Some(v) = self.known(&k) { return v } %s made }"


def form(*methods: str, helpers: str = HELPERS) -> str:
    """How the growth in the helper is looked up: `pair`, `half`, or not."""
    found = look(f"impl A {{ {helpers} {' '.join(methods)} }}".encode())
    assert found.error is None
    grown = [use for m in found.mentions for use in m.uses if use.kind == "grow"]
    return grown[0].lookup.form if grown[0].lookup is not None else ""


def test_a_pair() -> None:
    assert form(MEMO % "let made = make(); self.keep(k, made.clone());") == "pair"
    assert form(MEMO % "let made = make(); Self::keep(self, k, made.clone());") == ""


@pytest.mark.parametrize(
    "other",
    [
        "fn g(&mut self) { self.keep(K, V); }",
        "fn g(&self, k: &K) -> bool { self.known(k).is_some() }",
        MEMO.replace("fn f", "fn g") % "let made = make(); self.keep(k, made.clone());",
    ],
)
def test_half_a_pair(other: str) -> None:
    assert form(MEMO % "let made = make(); self.keep(k, made.clone());", other) == "half"


@pytest.mark.parametrize(
    ("helpers", "body"),
    [
        pytest.param(HELPERS, "self.keep(other, made.clone());", id="another key"),
        pytest.param(HELPERS, "let made = 1;", id="never put in"),
        pytest.param(HELPERS.replace("fn keep", "pub fn keep"), "self.keep(k, V);", id="public"),
        pytest.param(HELPERS.replace("fn known", "pub fn known"), "self.keep(k, V);", id="asked"),
        pytest.param(HELPERS.replace("get(k)", "get(&self.x)"), "self.keep(k, V);", id="own key"),
        pytest.param(HELPERS.replace("insert(k, v)", "insert(k, 1)"), "self.keep(k, V);", id="one"),
    ],
)
def test_no_pair(helpers: str, body: str) -> None:
    assert form(MEMO % body, helpers=helpers) == ""
