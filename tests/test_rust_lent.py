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
def test_a_static_that_a_helper_fills_is_capped_there(asked: str, filled: str, name: str) -> None:
    source = lent(asked, filled, LENDING[asked], name)
    assert said(source) == "fix"
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
    source = lent(next(iter(LENDING)), "kept.insert(key, String::new()); String::new()")
    assert said(source).startswith("alone: no look-up that would compute it again")


FIELD = "pub struct KeptCache { kept: KIND, order: Mutex<Vec<u64>> }"
GIVEN = {
    "Mutex<HashMap<u64, String>>": ("&self.kept", "&Mutex<HashMap<u64, String>>", "lock"),
    "RwLock<HashMap<u64, String>>": ("&self.kept", "&RwLock<HashMap<u64, String>>", "write"),
    "Arc<Mutex<HashMap<u64, String>>>": (
        "self.kept.clone()",
        "Arc<Mutex<HashMap<u64, String>>>",
        "lock",
    ),
    "Rc<RefCell<HashMap<u64, String>>>": (
        "&Rc::clone(&self.kept)",
        "&Rc<RefCell<HashMap<u64, String>>>",
        "borrow_mut",
    ),
    "Arc<RwLock<HashMap<u64, String>>>": ("&self.kept", "&RwLock<HashMap<u64, String>>", "write"),
}


def behind(kind: str, filled: str, more: str = "", asked: str = "fill(GIVEN, key)") -> str:
    """A cache that a function is given behind its lock, and what it does to it."""
    given, parameter, opened = GIVEN[kind]
    unwrapped = "" if opened == "borrow_mut" else ".unwrap()"
    return f"""{HEAD}use std::rc::Rc;
use std::sync::{{Arc, RwLock}};

pub struct KeptCache {{ kept: {kind}, order: Mutex<Vec<u64>> }}
impl KeptCache {{
    pub fn shape(&self, key: u64) -> String {{ {asked.replace("GIVEN", given)} }}
}}
fn fill(kept: {parameter}, key: u64) -> String {{
    let mut kept = kept.{opened}(){unwrapped};
    {filled}
}}
{more}
fn main() {{ let kept = KeptCache::new(); loop {{ kept.shape(1); }} }}
"""


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("filled", [ENTRY, GET])
def test_what_is_given_behind_its_lock_is_capped_there(kind: str, filled: str) -> None:
    assert said(behind(kind, filled)) == "fix"


IN_STEP = "fill(&self.kept, &self.order, key)"
LOCKED = "Arc<Mutex<HashMap<u64, String>>>"


@pytest.mark.parametrize(
    ("given", "more", "verdict"),
    [
        ("&self.kept, key", "", "fix"),
        ("&self.kept, key", "fn other(o: &Other) { fill(&o.kept, 1); }", "it grows in `fill`"),
        ("&self.kept, key", "fn other() { each(fill); }", "it grows in `fill`"),
        ("&self.kept, key", "// fill is said here", "fix"),
        ("&self.kept, key", "#[cfg(test)]\nmod tests { fn t() { super::fill(&a, 1); } }", "fix"),
    ],
)
def test_a_helper_of_several_is_no_place_for_a_cap(given: str, more: str, verdict: str) -> None:
    found = said(behind(LOCKED, GET, more, f"fill({given})"))
    assert found == verdict or (found.startswith("report") and verdict in found)


def test_a_helper_that_calls_itself_is_followed_once() -> None:
    again = "if key > 9 { return fill(GIVEN, key / 10) + &fill(GIVEN, key % 10); } "
    source = behind(LOCKED, GET).replace("{\n    let mut kept", "{\n    AGAIN let mut kept")
    source = source.replace("AGAIN", again.replace("GIVEN", "kept.clone()"))
    assert said(source) == (
        "report: `fill` calls itself: to forget entries half-way may cost exponential time"
    )


def test_what_another_package_may_call_is_no_place_for_a_cap() -> None:
    assert "it grows in `fill`" in said(behind(LOCKED, GET).replace("fn fill(", "pub fn fill("))
    assert said(behind(LOCKED, GET).replace("fn fill(", "pub(crate) fn fill(")) == "fix"


def test_a_longer_name_is_another_function() -> None:
    more = f"""
fn other(o: &Other) {{ fill(&o.kept, 1); }}
fn refill(kept: &{LOCKED}, key: u64) -> String {{ kept.lock().unwrap().len().to_string() }}
"""
    found = said(behind(LOCKED, GET, more, "refill(&self.kept, key); fill(GIVEN, key)"))
    assert "it grows in `fill`" in found


@pytest.mark.parametrize(
    "order", ["order: &Mutex<Vec<u64>>", "order: &mut Vec<u64>", "order: &RefCell<Vec<u64>>"]
)
def test_what_a_helper_changes_beside_it_may_have_to_agree(order: str) -> None:
    source = behind(LOCKED, GET.replace("kept.insert", "order.lock().push(key); kept.insert"))
    source = source.replace(
        "key: u64) -> String {\n    let", f"{order}, key: u64) -> String {{ let"
    )
    source = source.replace("self.kept.clone(), key", "self.kept.clone(), &self.order, key")
    assert said(source).startswith("alone: in step with `order`")


def test_a_helper_that_is_generic_is_no_place_for_a_cap() -> None:
    source = behind(LOCKED, GET).replace("fn fill(", "fn fill<K: Key>(")
    source = source.replace("kept: Arc<Mutex<HashMap<u64", "kept: Arc<Mutex<HashMap<K", 2)
    source = source.replace(
        "pub struct KeptCache { kept: Arc<Mutex<HashMap<K",
        "pub struct KeptCache { kept: Arc<Mutex<HashMap<u64",
    )
    assert said(source).startswith("report: it grows in `fill`")


def test_of_two_that_are_given_neither_is_followed() -> None:
    source = behind(LOCKED, GET).replace("fn fill(", f"fn fill(other: {LOCKED}, ")
    assert not said(source).startswith("fix")


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
