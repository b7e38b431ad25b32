"""What a cache starts with: what is given at the start, nothing computes again."""

from __future__ import annotations

import pytest

from support import CACHED, OWNED, said

GIVEN = "report: it starts with entries that nothing puts back"


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        pytest.param('|| Mutex::new(HashMap::from([("a".into(), b)]))', GIVEN),
        pytest.param("|| Mutex::new(HashMap::from_iter(WORDS))", GIVEN),
        pytest.param("|| Mutex::new(WORDS.iter().cloned().collect())", GIVEN),
        pytest.param('|| Mutex::new(hashmap! { "a" => "b" })', GIVEN),
        pytest.param("|| { let mut m = HashMap::new(); m.insert(a, b); Mutex::new(m) }", GIVEN),
        pytest.param("|| { let mut m = HashMap::new(); m.extend(W); m.into() }", GIVEN),
        pytest.param("full", GIVEN),
        pytest.param("|| Mutex::new(full_map())", GIVEN),
        pytest.param("empty", "fix"),
        pytest.param("unseen", "fix"),
        pytest.param("Mutex::default", "fix"),
        pytest.param("|| Mutex::new(HashMap::new())", "fix"),
        pytest.param("|| Mutex::new(HashMap::from([]))", "fix"),
        pytest.param("|| Mutex::new(HashMap::with_capacity(8))", "fix"),
        pytest.param("|| { let mut m = HashMap::new(); m.reserve(8); Mutex::new(m) }", "fix"),
    ],
)
def test_what_a_static_starts_with(made: str, verdict: str) -> None:
    functions = (
        "fn full() -> Mutex<HashMap<String, String>> { Mutex::new(full_map()) }\n"
        "fn full_map() -> HashMap<String, String> { HashMap::from([(a, b)]) }\n"
        "fn empty() -> Mutex<HashMap<String, String>> { Mutex::new(HashMap::new()) }\n"
    )
    source = CACHED.replace("LazyLock::new(m)", f"LazyLock::new({made})")
    assert said(source + functions).startswith(verdict)


@pytest.mark.parametrize(
    ("given", "before", "value", "verdict"),
    [
        pytest.param("", "", "entries: HashMap::from([(a, b)])", GIVEN),
        pytest.param(
            "", "let mut entries = HashMap::new(); entries.insert(a, b);", "entries", GIVEN
        ),
        pytest.param("b: Builder", "", "entries: b.entries", GIVEN),
        pytest.param("b: &Builder", "", "entries: b.known.iter().cloned().collect()", GIVEN),
        pytest.param("entries: HashMap<String, String>", "", "entries", GIVEN),
        pytest.param("", "", "entries: HashMap::new()", "fix"),
        pytest.param("", "let entries = HashMap::new();", "entries", "fix"),
        pytest.param("other: &Self", "", "entries: other.entries.clone()", "fix"),
        pytest.param("path: &str", "", "entries: unseen(path)", "fix"),
    ],
)
def test_what_a_field_starts_with(given: str, before: str, value: str, verdict: str) -> None:
    made = (
        f"impl SlugCache {{ pub fn new({given}) -> Self {{ {before} Self {{ {value}, o: O }} }} }}"
    )
    builder = "pub struct Builder { entries: HashMap<String, String> }"
    assert said(f"{OWNED}\n{made}\n{builder}").startswith(verdict)
    tested = f"#[cfg(test)] mod tests {{ use super::*; {made} }}"
    assert said(f"{OWNED}\n{tested}\n{builder}").startswith("fix")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        pytest.param("builder.other", "fix"),
        pytest.param("Arc::clone(&builder.other)", "fix"),
        pytest.param("Arc::new(Mutex::new(builder.other))", GIVEN),
    ],
)
def test_a_pointer_that_is_given_is_shared(value: str, verdict: str) -> None:
    kept = OWNED.replace("entries: HashMap<String, String>", f"entries: {SHARED}")
    kept = kept.replace("self.entries.", "self.entries.lock().unwrap().")
    made = f"fn new(builder: Builder) -> SlugCache {{ SlugCache {{ entries: {value}, o: O }} }}"
    assert said(f"{kept}\n{made}").startswith(verdict)


SHARED = "Arc<Mutex<HashMap<String, String>>>"


@pytest.mark.parametrize(
    ("made", "verdict"),
    [pytest.param("HashMap::from([(a, b)])", GIVEN), pytest.param("HashMap::new()", "fix")],
)
def test_what_is_made_when_it_is_first_asked_for(made: str, verdict: str) -> None:
    first = f"SLUGS_CACHE.get_or_init(|| Mutex::new({made})).lock()"
    source = CACHED.replace("LazyLock<", "OnceLock<").replace("LazyLock::new(m)", "OnceLock::new()")
    source = "use std::sync::OnceLock;\n" + source.replace("SLUGS_CACHE.lock()", first)
    assert said(source).startswith(verdict)


def test_what_is_deserialised_may_start_with_entries() -> None:
    derived = OWNED.replace("pub struct SlugCache", "#[derive(Deserialize)]\npub struct SlugCache")
    assert said(derived) == "report: it may start with entries: `SlugCache` is deserialised"
    skipped = derived.replace("    entries:", "    #[serde(skip)]\n    entries:")
    assert said(skipped) == "fix"
