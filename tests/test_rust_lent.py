"""A collection that a function of the same file is given to change, and what it does there."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate, said

SHARED = "static KEPT: LazyLock<Mutex<HashMap<u64, String>>> = LazyLock::new(Default::default);"
THREAD = "thread_local! { static KEPT: RefCell<HashMap<u64, String>> = RefCell::default(); }"
HEAD = """use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
"""
ENTRY = "kept.entry(key).or_insert_with(|| key.to_string()).clone()"
GET = """if let Some(hit) = kept.get(&key) { return hit.clone(); }
    let made = key.to_string();
    kept.insert(key, made.clone());
    made"""
LENDING = {
    "fill(&mut KEPT.lock().unwrap(), key)": SHARED,
    "fill(&mut *KEPT.lock().unwrap(), key)": SHARED,
    "let mut known = KEPT.lock().unwrap(); fill(&mut known, key)": SHARED,
    "KEPT.with(|known| fill(&mut known.borrow_mut(), key))": THREAD,
    "KEPT.with_borrow_mut(|known| fill(known, key))": THREAD,
}


def lent(
    asked: str, filled: str, declared: str = SHARED, name: str = "KEPT", more: str = ""
) -> str:
    return f"""{HEAD}
{declared}
pub fn shape(key: u64) -> String {{ {asked} }}
fn fill(kept: &mut HashMap<u64, String>, key: u64) -> String {{
    {filled}
}}
{more}
""".replace("KEPT", name)


@pytest.mark.parametrize("name", ["KEPT_CACHE", "SHAPES"])
@pytest.mark.parametrize("asked", LENDING)
@pytest.mark.parametrize("filled", [ENTRY, GET])
def test_a_static_that_a_helper_fills_is_told_of(asked: str, filled: str, name: str) -> None:
    source = lent(asked, filled, LENDING[asked], name)
    assert "`fill`, which is given it" in said(source)
    quick = check((CacheBounds(),), crate(source), cache=False, thorough=False)
    assert [one.finding.item for one in quick.findings] == [name]


FINE = {
    "removed": ("", "kept.retain(|_, one| !one.is_empty()); " + GET, ""),
    "few values": ("u8", GET, ""),
    "changed in place": (
        "",
        "let one = kept.entry(key).or_default(); one.push('x'); one.clone()",
        "",
    ),
    "removed elsewhere": (
        "",
        GET,
        "pub fn forget(key: u64) { KEPT.lock().unwrap().remove(&key); }",
    ),
}


@pytest.mark.parametrize("why", FINE)
@pytest.mark.parametrize("name", ["KEPT_CACHE", "SHAPES"])
def test_state_that_a_helper_keeps_is_left_alone(why: str, name: str) -> None:
    key, filled, more = FINE[why]
    source = lent(next(iter(LENDING)), filled, SHARED, "KEPT", more).replace("KEPT", name)
    found = said(source.replace("u64", key) if key else source)
    assert not found.startswith(("report", "fix")), found


def test_what_a_helper_is_given_to_put_in_is_no_memo() -> None:
    assert said(lent(next(iter(LENDING)), "kept.insert(key, String::new()); String::new()")) == (
        "nothing"
    )


def test_doubts_are_enough_to_say_nothing_of_what_is_not_called_a_cache() -> None:
    more = "pub fn all() -> Vec<String> { KEPT.lock().unwrap().values().cloned().collect() }"
    source = lent(next(iter(LENDING)), GET, more=more)
    assert said(source) == "alone: iterated at src/lib.rs:13"


EMPTIED = """use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

static SLUGS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Default::default);

pub fn slug(title: &str) -> String {
    let mut kept = SLUGS.lock().unwrap();
    if let Some(known) = kept.get(title) {
        return known.clone();
    }
    let made = title.to_lowercase();
    kept.insert(title.to_string(), made.clone());
    made
}
"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "`SLUGS` grows with every new key and never shrinks"),
        (
            "pub fn forget_all() { SLUGS.lock().unwrap().clear(); }",
            "`SLUGS` grows with every new key; only `forget_all` empties it, as a whole",
        ),
        (
            "fn a() { SLUGS.lock().unwrap().clear(); } fn b() { SLUGS.lock().unwrap().clear(); }",
            "`SLUGS` grows with every new key; only `a` and `b` empty it, as a whole",
        ),
        (
            "#[cfg(test)]\nmod tests { fn a() { super::SLUGS.lock().unwrap().clear(); } }",
            "`SLUGS` grows with every new key and never shrinks",
        ),
    ],
)
def test_what_empties_it_is_named(more: str, message: str) -> None:
    found = check((CacheBounds(),), crate(EMPTIED + more), cache=False).findings
    assert [one.finding.message for one in found] == [message]
    assert found[0].finding.fix is not None
