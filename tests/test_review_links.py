"""Wrong edits and wrong reports that a review found, each a whole crate in memory."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import CACHED, HEAD, MEMO, OWNED, STATIC, crate, said

POISON = "match SLUGS_CACHE.lock() { Ok(g) => g, Err(p) => p.into_inner() }"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(f'fn f() {{ let mut g = {POISON}; g.remove("a"); }}', id="poison remove"),
        pytest.param(
            f"fn f() -> usize {{ let g = {POISON}; g.values().count() }}", id="poison values"
        ),
        pytest.param(
            "static OTHER: &LazyLock<Mutex<HashMap<String, String>>> = &SLUGS_CACHE;\n"
            'fn f() { OTHER.lock().unwrap().remove("a"); }',
            id="another static borrows it",
        ),
        pytest.param(
            'macro_rules! ev { () => { SLUGS_CACHE.lock().unwrap().remove("a") } }\n'
            "fn f() { ev!(); }",
            id="body of macro_rules",
        ),
        pytest.param(
            'mod o { use super::SLUGS_CACHE as S2; fn f() { S2.lock().unwrap().remove("a"); } }',
            id="renamed by use",
        ),
        pytest.param(
            "struct T; const _: () = { impl T { fn f() {"
            ' super::SLUGS_CACHE.lock().unwrap().remove("a"); } } };',
            id="impl in a const block",
        ),
        pytest.param(
            '#[cfg(any(test, feature = "x"))]\nfn f() { SLUGS_CACHE.lock().unwrap().remove("a"); }',
            id="any(test, feature)",
        ),
        pytest.param(
            '#[cfg(not(any(test, doc)))]\nfn f() { SLUGS_CACHE.lock().unwrap().remove("a"); }',
            id="not(any(test, doc))",
        ),
    ],
)
def test_no_edit_of_a_static(more: str) -> None:
    assert said(f"{CACHED}\n{more}") != "fix"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            "fn p(_n: u8) -> &'static Mutex<SlugCache> { &SHARED }\n"
            "fn f(k: &str) -> String { let c = p(1).lock().unwrap();"
            " c.entries.get(k).unwrap().clone() }",
            id="presence assumed, owner unknown",
        ),
        pytest.param(
            'fn f(all: &[SlugCache]) -> usize { all[0].entries.get("a").unwrap().len() }',
            id="presence assumed, behind an index",
        ),
        pytest.param(
            "fn f(all: &[SlugCache]) -> Vec<&HashMap<String, String>>"
            " { all.iter().map(|c| &c.entries).collect() }",
            id="handed out, owner unknown",
        ),
        pytest.param(
            'fn f(SlugCache { entries, .. }: &mut SlugCache) { entries.remove("a"); }',
            id="destructured in the parameters",
        ),
    ],
)
def test_no_edit_of_a_field(more: str) -> None:
    assert said(f"{OWNED}\n{more}") != "fix"


def test_no_edit_of_a_field_with_a_short_name() -> None:
    source = OWNED.replace("entries", "m2").replace("m2", "m").replace("LazyLock::new(m)", "x()")
    more = "fn p(_n: u8) {}\nfn f() { let c = p(1); c.m.values().count(); }"
    assert said(f"{source}\n{more}") != "fix"


def test_no_edit_of_a_type_that_is_defined_twice() -> None:
    twice = OWNED.replace("pub struct", "#[cfg(unix)]\npub struct", 1)
    twice += "#[cfg(windows)]\npub struct SlugCache { entries: HashMap<String, u8>, n: u8 }\n"
    assert said(twice) != "fix"


def test_no_edit_of_a_namesake_in_another_module() -> None:
    memo = MEMO.replace("SLUGS_CACHE.lock()", "b::SLUGS_CACHE.lock()")
    pub = HEAD + "pub " + STATIC
    source = crate("mod a; mod b;\n" + memo, {"src/a.rs": pub, "src/b.rs": pub})
    found = check((CacheBounds(),), source, cache=False).findings
    assert len([one for one in found if one.finding.fix is not None]) <= 1


def test_no_edit_of_a_binary_that_cargo_does_not_build() -> None:
    manifest = '[package]\nname = "x"\nautobins = false\n'
    files = {"Cargo.toml": manifest, "src/bin/t.rs": CACHED + "fn main() {}"}
    assert said("", files) != "fix"


def test_no_edit_where_a_helper_leaks() -> None:
    source = CACHED.replace("String, String>>>", "String, &'static str>>>")
    source = source.replace("title.to_lowercase()", "keep(title)")
    leak = "fn keep(s: &str) -> &'static str { Box::leak(s.into()) }\n"
    assert said(source + leak) != "fix"
