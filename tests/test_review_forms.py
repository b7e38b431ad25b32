"""Forms that are followed: guards that functions hand out, pairs of helpers, concurrent maps."""

from __future__ import annotations

import pytest

from support import CACHED, HEAD, LIB, MEMO, STATIC, said

GUARD = "std::sync::MutexGuard<'static, HashMap<String, String>>"
KEPT = f"%sfn kept() -> {GUARD} {{ SLUGS_CACHE.lock().unwrap() }}\n"
WHO = f"%sfn kept_for(who: &str) -> {GUARD} {{ log(who); SLUGS_CACHE.lock().unwrap() }}\n"
MEMO_OF_KEPT = MEMO.replace("SLUGS_CACHE.lock().unwrap()", "kept()")
STORE = HEAD + STATIC + KEPT % "pub(crate) " + MEMO_OF_KEPT


def test_a_function_that_hands_out_a_guard_is_followed() -> None:
    assert said(HEAD + STATIC + KEPT % "" + MEMO_OF_KEPT) == "fix"
    assert said(HEAD + STATIC + WHO % "" + MEMO_OF_KEPT.replace("kept()", 'kept_for("a")')) == "fix"


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        pytest.param("fn f() { kept().remove(k); }", "alone: removed"),
        pytest.param("fn f() { let mut g = kept(); g.retain(|k, _| x); }", "alone: removed"),
        pytest.param("fn f() -> V { kept().get(k).unwrap().clone() }", "report: read as if"),
        pytest.param("fn f() { for a in kept().iter() {} }", "report: iterated"),
        pytest.param("fn f() { look(kept()); }", "report: passed on"),
        pytest.param("fn f() { match kept() { g => look(&g) } }", "report: passed on"),
        pytest.param(f"pub fn f() -> {GUARD} {{ kept() }}", "report: handed out by `f`"),
        pytest.param(
            f"pub fn f() -> {GUARD} {{ match SLUGS_CACHE.lock() {{ Ok(g) => g, e => p(e) }} }}",
            "report: handed out by `f`",
        ),
    ],
)
def test_what_is_done_through_it_counts(more: str, verdict: str) -> None:
    assert said(HEAD + STATIC + KEPT % "" + MEMO_OF_KEPT + more).startswith(verdict)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ("pub fn f() { crate::store::kept().remove(k); }", "alone: removed"),
        ("use crate::store::kept; pub fn f() { kept().remove(k); }", "alone: removed"),
        ("use crate::store::kept as k; pub fn f() { k().remove(k); }", "alone: removed"),
        ("use crate::store as s; pub fn f() { s::kept().remove(k); }", "alone: perhaps"),
        ("fn kept() -> M { M } pub fn f() { kept().remove(k); }", "fix"),
        ("pub fn f() { look(crate::store::kept()); }", "report: passed on"),
        ("use crate::store::kept; pub fn f() { look(1, &mut kept()); }", "report: passed on"),
    ],
)
def test_from_another_file(other: str, verdict: str) -> None:
    files = {"src/store.rs": STORE, "src/other.rs": other}
    assert said("mod store; mod other;", files).startswith(verdict)


def test_a_call_with_arguments_from_another_file_is_not_followed() -> None:
    store = HEAD + STATIC + WHO % "pub(crate) " + MEMO_OF_KEPT.replace("kept()", 'kept_for("a")')
    assert said("mod store;", {"src/store.rs": store}) == "fix"
    files = {"src/store.rs": store, "src/b.rs": 'fn f() { crate::store::kept_for("b").remove(k); }'}
    assert "handed out by `kept_for`" in said("mod store; mod b;", files)


DASH = """use dashmap::DashMap;
use std::sync::LazyLock;
static SLUGS_CACHE: LazyLock<DashMap<String, String>> = LazyLock::new(DashMap::new);
pub fn slug(title: &str) -> String {
    if let Some(known) = SLUGS_CACHE.get(title) {
        return known.clone();
    }
    let made = title.to_lowercase();
    SLUGS_CACHE.insert(title.to_string(), made.clone());
    made
}
"""
DEPENDS = {"Cargo.toml": '[package]\nname = "x"\nedition = "2021"\n[dependencies]\ndashmap = "6"\n'}


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", "fix"),
        ("fn f(k: &str) -> bool { SLUGS_CACHE.contains_key(k) }", "report: no look-up"),
        ("fn f(k: &str) { if let Some(v) = SLUGS_CACHE.get(k) { slug(&v); } }", "deadlock"),
        ("fn f(k: &str) { let v = SLUGS_CACHE.get(k); slug(k); }", "deadlock"),
        ("fn f(k: &str) { for v in SLUGS_CACHE.iter() { slug(v.key()); } }", "report: iterated"),
        ("fn f(k: &str) { SLUGS_CACHE.alter(k, |_, v| slug(&v)); }", "report: iterated"),
        ("fn f(k: &str) { SLUGS_CACHE.view(k, |_, v| slug(v)); }", "report: passed on"),
        ("fn f(k: &str) { SLUGS_CACHE.get_mut(k).unwrap().push('a'); }", "changed in place"),
        ("fn f(k: &str) { SLUGS_CACHE.remove(k); }", "alone: removed"),
        ("fn f(k: &str) { SLUGS_CACHE.try_get(k); }", "report: passed on"),
    ],
)
def test_a_concurrent_map(more: str, verdict: str) -> None:
    found = said(DASH + more, DEPENDS)
    assert verdict in found
    assert found == "fix" or verdict != "fix"


PAIR = """impl Slugs {
    pub fn slug(&mut self, title: &str) -> String {
        if let Some(known) = self.known(title) {
            return known;
        }
        let made = %s;
        self.keep(title, made.clone());
        made
    }
    fn known(&self, title: &str) -> Option<String> {
        self.cache.get(title).cloned()
    }
    fn keep(&mut self, title: &str, made: String) {
        self.cache.insert(title.to_owned(), made);
    }
}
pub struct Slugs { cache: HashMap<String, String> }
static SHARED: LazyLock<Mutex<Slugs>> = LazyLock::new(m);
"""


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("title.to_lowercase()", "fix"),
        ("self.slug(&title[1..])", "`slug` calls itself"),
        ("Instant::now().to_string()", "records when"),
        ('format!("{}", Uuid::new_v4())', "an id into another store"),
        ("unsafe { made(title) }", "unsafe code"),
        ("{ self.order.push(title); title.to_lowercase() }", "in step with `order`"),
        ("Box::leak(title.into()).to_string()", "leaks what it puts in"),
    ],
)
def test_a_pair_of_helpers_is_judged_with_its_caller(made: str, verdict: str) -> None:
    assert verdict in said(HEAD + PAIR % made)


def test_a_pair_that_a_module_below_calls() -> None:
    below = {"src/below.rs": "fn f(s: &mut super::Slugs) { s.keep(a, b); }"}
    assert "may be called in src/below.rs" in said(HEAD + "mod below;\n" + PAIR % "a(title)", below)


def test_a_cell_that_is_not_put_back_is_emptied() -> None:
    cell = CACHED.replace("LazyLock<Mutex<", "Cell<").replace("String>>>", "String>>")
    cell = cell.replace(".lock().unwrap()", ".take()")
    assert said(cell).startswith("alone: removed elsewhere: `take`")
    assert LIB
