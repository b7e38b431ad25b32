"""Caches that take the memory for their maximum at once: which may start empty."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem.finding import Applicability, Kind
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import LIB, crate

CACHE = """use std::collections::HashMap;

pub struct PageCache {
    pages: HashMap<u64, String>,
    max_pages: usize,
}

impl PageCache {
    pub fn new(max_pages: usize) -> Self {
        Self {
            pages: HashMap::with_capacity(max_pages),
            max_pages,
        }
    }

    pub fn page(&mut self, number: u64) -> String {
        if let Some(page) = self.pages.get(&number) {
            return page.clone();
        }
        if self.pages.len() >= self.max_pages {
            self.pages.clear();
        }
        let page = render(number);
        self.pages.insert(number, page.clone());
        page
    }
}
"""


def after(source: str, files: dict[str, str] | None = None) -> str:
    return plan(CacheBounds(), crate(source, files), cache=False).after.read(LIB).decode()


def verdict(source: str, files: dict[str, str] | None = None) -> str:
    """`fix`, why it is kept, or `nothing`."""
    report = check((CacheBounds(),), crate(source, files), cache=False)
    if any(one.finding.shape == "preallocated" for one in report.findings):
        return "fix"
    kept = [why for _, one, _ in report.left_alone for why in one.reasons if "keeps that" in why]
    return kept[0] if kept else "nothing"


def test_it_starts_empty() -> None:
    assert after(CACHE) == CACHE.replace("with_capacity(max_pages)", "new()")
    (found,) = check((CacheBounds(),), crate(CACHE), cache=False).findings
    assert found.finding.kind is Kind.PROPOSAL
    assert found.finding.why[0].startswith("`self.pages.len() >= self.max_pages` bounds it")


def test_the_callers_say_what_it_takes() -> None:
    def asks(number: str, more: str = "") -> str:
        return f"{CACHE}\npub fn shared() -> PageCache {{\n    PageCache::new({number})\n}}\n{more}"

    said = check((CacheBounds(),), crate(asks("10_000")), cache=False).findings
    (found,) = (one for one in said if one.finding.shape == "preallocated")
    assert found.finding.why[1] == (
        "room for 10000 entries of at least 32 bytes is taken at src/lib.rs:30, however few there"
        " will be"
    )
    assert verdict(asks("64")) == "nothing"
    assert verdict(asks("PAGES", "const PAGES: usize = 64;")) == "nothing"
    assert verdict(asks("PAGES", "const PAGES: usize = 4096;")) == "fix"
    assert verdict(asks("size()")) == "fix"
    tested = "#[cfg(test)]\nmod tests {\n    fn f() -> super::PageCache {\n"
    tested += "        super::PageCache::new(4096)\n    }\n}\n"
    assert verdict(asks("64", tested)) == "nothing"


@pytest.mark.parametrize(
    ("old", "new", "then"),
    [
        pytest.param("with_capacity(max_pages)", "with_capacity(4096)", "nothing"),
        pytest.param("with_capacity(max_pages)", "with_capacity(2 * max_pages)", "nothing"),
        pytest.param("with_capacity(max_pages)", "with_capacity(max_pages.min(16))", "nothing"),
        pytest.param("max_pages", "pages_hint", "nothing"),
        pytest.param("max_pages", "initial_capacity", "nothing"),
        pytest.param("max_pages", "number", "nothing"),
        pytest.param("max_pages", "capacity", "fix"),
        pytest.param("if self.pages.len() >= self.max_pages", "if self.full()", "nothing"),
        pytest.param("self.pages.len() >= self.max_pages", "self.max_pages <= self.pages.len()",
                     "fix"),
        pytest.param("            pages: H", "            // Allocated once.\n            pages: H",
                     "on purpose"),
        pytest.param("capacity(max_pages),", "capacity(max_pages), // no rehash", "on purpose"),
        pytest.param("capacity(max_pages),", "capacity(max_pages), // by number", "fix"),
        pytest.param("capacity(max_pages),", "capacity(\n max_pages),", "several lines"),
        pytest.param("self.pages.clear();", "if self.pages.capacity() > 9 { self.pages.clear(); }",
                     "its capacity matters"),
        pytest.param("self.pages.clear();", 'println!("{}", self.pages.capacity());',
                     "its capacity"),
        pytest.param("self.pages.clear();", "trim(&mut self.pages);", "it is handed on"),
        pytest.param("self.pages.clear();", "trim(self);", "fix"),
        pytest.param("self.pages.clear();", "unsafe { trim(self) };", "unsafe code"),
        pytest.param("PageCache", "PageIndex", "nothing"),
        pytest.param("pub fn new(max_pages: usize) -> Self {\n",
                     "pub fn new(max_pages: usize) -> Self {\n        let n = max_pages;\n", "fix"),
        pytest.param("            max_pages,\n", "            max_pages: 9,\n", "then be unused"),
    ],
)  # fmt: skip
def test_what_forbids_it(old: str, new: str, then: str) -> None:
    assert old in CACHE
    assert then in verdict(CACHE.replace(old, new))


def test_code_outside_may_ask_for_a_public_field() -> None:
    public = CACHE.replace("    pages: HashMap<u64", "    pub pages: HashMap<u64")
    (found,) = check((CacheBounds(),), crate(public), cache=False).findings
    assert found.finding.fix is not None
    assert found.finding.fix.applicability is Applicability.MAYBE_INCORRECT


def test_a_parameter_that_nothing_else_needs_keeps_it() -> None:
    fixed = CACHE.replace("            max_pages,\n", "            max_pages: 4096,\n")
    fixed = fixed.replace("self.pages.len() >= self.max_pages", "self.pages.len() >= max_pages")
    assert "`max_pages` would then be unused" in verdict(fixed)


def test_a_hasher_stays() -> None:
    held = CACHE.replace("HashMap<u64, String>", "HashMap<u64, String, Fx>")
    usual = held.replace("capacity(max_pages)", "capacity_and_hasher(max_pages, Fx::default())")
    assert "pages: HashMap::default()," in after(usual)
    own = held.replace("capacity(max_pages)", "capacity_and_hasher(max_pages, Fx(7))")
    assert "pages: HashMap::with_hasher(Fx(7))," in after(own)
    ordered = usual.replace("self.pages.clear();", "for (k, _) in self.pages.iter() { f(k) }")
    assert "an order that its capacity decides" in verdict(ordered)
    random = CACHE.replace("self.pages.clear();", "for (k, _) in self.pages.iter() { f(k) }")
    assert verdict(random) == "fix"


def test_lists_beside_it_start_empty_too() -> None:
    listed = CACHE.replace(
        "    max_pages: usize,\n}", "    order: Vec<u64>,\n    max_pages: usize,\n}"
    )
    listed = listed.replace(
        "            max_pages,\n",
        "            order: Vec::with_capacity(max_pages),\n            max_pages,\n",
    )
    assert "order: Vec::new()," in after(listed)
    assert "its capacity" in verdict(
        listed.replace(
            "self.pages.clear();",
            "if self.order.len() == self.order.capacity() { self.pages.clear(); }",
        )
    )
    other = listed.replace("Vec::with_capacity(max_pages)", "Vec::with_capacity(8)")
    assert "order: Vec::with_capacity(8)," in after(other)


def test_a_crate_with_an_allocator_of_its_own_keeps_it() -> None:
    hook = (
        "use std::alloc::GlobalAlloc;\nstruct Counting;\nunsafe impl GlobalAlloc for Counting {}\n"
    )
    files = {"src/hook.rs": hook}
    assert "allocates memory itself" in verdict(f"{CACHE}\nmod hook;\n", files)
    assert verdict(CACHE, {"tests/hook.rs": hook}) == "fix"


def test_a_default_that_could_then_be_derived_keeps_it() -> None:
    made = "impl Default for PageCache {\n    fn default() -> Self {\n        Self {\n"
    made += (
        "            pages: HashMap::with_capacity(MAX_PAGES),\n            max_pages: MAX_PAGES,\n"
    )
    made += "        }\n    }\n}\nconst MAX_PAGES: usize = 4096;\n"
    assert "could then be derived" in verdict(
        CACHE.replace("with_capacity(max_pages)", "new()") + made
    )
