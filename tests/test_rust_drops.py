"""What the `Drop` of an owner does to a collection bounds nothing: it runs once, at the end."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate, said

MAIN = """
fn main() {
    let mut names = Names { FIELD: Default::default() };
    for line in std::io::stdin().lines() { println!("{}", names.of(&line.unwrap())); }
}
"""
SOURCE = """
use std::collections::HashMap;
pub struct Names { FIELD: HashMap<String, u32> }
impl Names {
    pub fn of(&mut self, key: &str) -> u32 {
        if let Some(known) = self.FIELD.get(key) {
            return *known;
        }
        let made = key.len() as u32;
        self.FIELD.insert(key.to_owned(), made);
        made
    }
}
impl Drop for Names { fn drop(&mut self) { BODY } }
"""
USED, REMOVED = "what it holds in the end is used", "removed elsewhere"
EMPTIED = [
    "self.FIELD.clear();",
    "self.FIELD = HashMap::new();",
    "drop(std::mem::take(&mut self.FIELD));",
    "std::mem::take(&mut self.FIELD);",
    "let _ = std::mem::replace(&mut self.FIELD, HashMap::new());",
    "let left = mem::take(&mut self.FIELD); drop(left);",
    "let left = mem::take(&mut self.FIELD); std::thread::spawn(move || drop(left));",
    "self.FIELD.drain();",
]


def dropped(body: str, field: str = "kept_cache", source: str = SOURCE) -> str:
    whole = (source + MAIN).replace("BODY", body).replace("FIELD", field)
    return said("", {"src/main.rs": whole})


@pytest.mark.parametrize("body", EMPTIED)
@pytest.mark.parametrize("field", ["kept_cache", "kept"])
def test_what_is_emptied_at_the_end_grows_all_the_same(body: str, field: str) -> None:
    assert dropped(body, field) == "fix"


@pytest.mark.parametrize("body", EMPTIED)
def test_text_alone_does_not_take_it_for_a_bound(body: str) -> None:
    source = (SOURCE + MAIN).replace("BODY", body).replace("FIELD", "kept")
    snapshot = crate("", {"src/main.rs": source})
    assert check((CacheBounds(),), snapshot, cache=False, thorough=False).findings


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("for (key, _) in self.FIELD.drain() { keep(key); }", USED),
        ("for key in std::mem::take(&mut self.FIELD).into_keys() { keep(key); }", USED),
        ("let left = mem::take(&mut self.FIELD); keep(&left); drop(left);", USED),
        ("keep(std::mem::take(&mut self.FIELD));", USED),
        ("self.FIELD.retain(|key, _| keep(key));", USED),
        ("for key in self.FIELD.keys() { keep(key); }", "iterated"),
    ],
)
def test_what_is_left_may_be_wanted(body: str, reason: str) -> None:
    found = dropped(body)
    assert found.startswith("report: ")
    assert reason in found


OWN = "impl Drop for Names { fn drop(&mut self) { BODY } }"
GUARD = "pub struct G<'a> { names: &'a mut Names }\n"


@pytest.mark.parametrize(
    "other",
    [
        "impl Names { fn emptied(&mut self) { self.FIELD.drain(); } }",
        "impl Resets for Names { fn drop(&mut self) { self.FIELD.drain(); } }",
        GUARD + "impl Drop for G<'_> { fn drop(&mut self) { self.names.FIELD.drain(); } }",
    ],
    ids=["method", "trait", "guard"],
)
def test_elsewhere_it_is_a_bound(other: str) -> None:
    assert REMOVED in dropped("", source=SOURCE.replace(OWN, other))


def test_what_is_shared_may_be_emptied_by_each_that_ends() -> None:
    source = SOURCE.replace(": HashMap<String, u32>", ": Arc<Mutex<HashMap<String, u32>>>")
    for used in ("get", "insert", "drain"):
        source = source.replace(f"self.FIELD.{used}", f"self.FIELD.lock().unwrap().{used}")
    assert REMOVED in dropped("self.FIELD.lock().unwrap().drain();", source=source)
