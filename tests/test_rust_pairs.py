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


KEEP = "fn keep(&mut self, k: K, v: V) { self.m.insert(k, v); }"
ASKS = """fn f(&mut self, k: K, b: bool) -> V {
    if let Some(v) = self.m.get(&k) { return v.clone() }
    let made = make();
    self.keep(k, made.clone());
    made
}"""
STAMPED = ".filter(|v| v.at.elapsed() < DAY)"


@pytest.mark.parametrize(
    ("asks", "found"),
    [
        (ASKS, "pair"),
        (ASKS.replace("self.m.get(&k)", "{ let m = &self.m; m.get(&k) }"), "pair"),
        (
            ASKS.replace("if let", "let m = &mut self.m; if let").replace("self.m.get", "m.get"),
            "pair",
        ),
        (f"{ASKS} {ASKS.replace('fn f', 'fn g')}", "half"),
        (f"{ASKS} fn g(&mut self) {{ self.keep(K, V) }}", "half"),
        (ASKS.replace("self.keep(k,", "self.keep(other,"), ""),
        (ASKS.replace("self.m.get(&k)", "self.other.get(&k)"), ""),
        (ASKS.replace("return v.clone()", "hit(v)"), ""),
        (ASKS.replace("self.keep(k, made.clone());", ""), ""),
    ],
)
def test_who_puts_in_by_a_helper_may_look_up_itself(asks: str, found: str) -> None:
    assert form(asks, helpers=KEEP) == found


def test_what_a_hit_depends_on_is_told_of_such_a_look_up() -> None:
    asks = ASKS.replace("let Some(v) = self.m.get(&k)", "b && let Some(v) = self.m.get(&k)")
    found = look(f"impl A {{ {KEEP} {asks.replace('make()', 'make(b)')} }}".encode())
    uses = [use for mention in found.mentions for use in mention.uses]
    grown = [use.lookup for use in uses if use.kind == "grow"]
    assert [(one.method, one.depends) for one in grown if one is not None] == [("get", "b")]
    assert [use.note for use in uses if use.kind == "lookup"] == ["miss"]
