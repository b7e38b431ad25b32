"""Deleting a field that is never filled: what goes with it, and what forbids it."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import LIB, crate

SHELF = """use std::collections::HashMap;

pub struct Shelf {
    names: Vec<String>,
    slug_cache: HashMap<String, String>,
}

impl Shelf {
    pub fn new() -> Self {
        Self {
            names: Vec::new(),
            slug_cache: HashMap::new(),
        }
    }

    pub fn add(&mut self, name: &str) {
        self.names.push(name.to_owned());
        self.slug_cache.clear();
    }
}
"""
ADD = "        self.slug_cache.clear();\n"
FIELD = "    slug_cache: HashMap<String, String>,\n"
MADE = "            slug_cache: HashMap::new(),\n"


def after(source: str, files: dict[str, str] | None = None) -> str:
    """The library when nothing is left to delete."""
    return plan(CacheBounds(), crate(source, files), cache=False).after.read(LIB).decode()


def verdict(source: str, files: dict[str, str] | None = None) -> str:
    found = check((CacheBounds(),), crate(source, files), cache=False).findings
    dead = [one.finding for one in found if one.finding.shape == "dead"]
    if not dead:
        return "not dead"
    return "fix" if dead[0].fix is not None else dead[0].why[-1]


def test_the_field_goes_with_all_that_only_serves_it() -> None:
    assert after(SHELF) == (
        "pub struct Shelf {\n    names: Vec<String>,\n}\n\nimpl Shelf {\n"
        "    pub fn new() -> Self {\n        Self { names: Vec::new() }\n    }\n\n"
        "    pub fn add(&mut self, name: &str) {\n        self.names.push(name.to_owned());\n"
        "    }\n}\n"
    )


@pytest.mark.parametrize(
    ("statement", "with_it"),
    [
        pytest.param("self.slug_cache.remove(name);", ""),
        pytest.param("let _ = self.slug_cache.remove(name);", ""),
        pytest.param("self.slug_cache.shrink_to_fit();", ""),
        pytest.param("self.slug_cache.reserve(16);", ""),
        pytest.param("// Invalidate it\n        self.slug_cache.clear();", ""),
        pytest.param("self.slug_cache.clear(); // it is stale", ""),
        pytest.param("#[allow(unused)]\n        self.slug_cache.clear();", ""),
        pytest.param("self.slug_cache.clear()", ""),
        pytest.param("if self.slug_cache.contains_key(name) {\n            return;\n        }", ""),
        pytest.param(
            "if let Some(_known) = self.slug_cache.get(name) {\n            return;\n        }", ""
        ),
    ],
)
def test_a_statement_in_vain_goes(statement: str, with_it: str) -> None:
    changed = after(SHELF.replace("self.slug_cache.clear();", statement))
    assert changed == after(SHELF) + with_it


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        pytest.param("if self.slug_cache.is_empty() { return; }", "still used"),
        pytest.param("let n = self.slug_cache.len(); drop(n);", "still used"),
        pytest.param("let cache = &self.slug_cache; drop(cache);", "still used"),
        pytest.param("let c = &mut self.slug_cache; c.clear();", "still used"),
        pytest.param("for (k, v) in &self.slug_cache { drop((k, v)); }", "still used"),
        pytest.param('println!("{}", self.slug_cache.len());', "used in a macro"),
        pytest.param(
            "if true {\n            self.slug_cache.clear();\n        }", "nothing left to do"
        ),
        pytest.param("let all = || self.slug_cache.clear(); all();", "still used"),
        pytest.param("self.slug_cache.remove(&name.repeat(2));", "still used"),
        pytest.param("self.slug_cache.remove(&self.names[0]);", "still used"),
        pytest.param('let k = "a"; self.slug_cache.remove(k);', "shares a line"),
        pytest.param(
            'let k = "a";\n        self.slug_cache.remove(k);', "`k` would then be unused"
        ),
        pytest.param(
            "let s = &mut *self;\n        s.slug_cache.clear();\n        drop(s);",
            "it belongs to is a local",
        ),
        pytest.param(
            'if let Some(k) = self.slug_cache.get("a") { self.names.push(k.clone()); }', "still us"
        ),
        pytest.param('if let Some(k) = self.slug_cache.get("a") { return drop(k); }', "still used"),
        pytest.param(
            'if let Some(_) = self.slug_cache.get("a") { return; } else { drop(name); }', "still u"
        ),
        pytest.param(
            'if name.is_empty() && self.slug_cache.contains_key("a") { return; }', "still used"
        ),
        pytest.param(
            "#[cfg(unix)]\n        self.slug_cache.clear();", "decides whether it is compiled"
        ),
        pytest.param(
            "// All of it\n        self.slug_cache.clear();\n        drop(name);", "comment"
        ),
        pytest.param("let Self { slug_cache, .. } = self; slug_cache.clear();", "not dead"),
        pytest.param("mine!(self.slug_cache);", "not dead"),
        pytest.param("mine! { Shelf { slug_cache: HashMap::new() } };", "a macro may use it"),
        pytest.param("other().slug_cache.clear();", "it may be what is used"),
        pytest.param("", "fix"),
    ],
)
def test_a_statement_that_does_more_forbids_it(statement: str, reason: str) -> None:
    assert reason in verdict(SHELF.replace("self.slug_cache.clear();", statement))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        pytest.param("    names: Vec<String>,\n", "", "the only field"),
        pytest.param("    names: Vec", "    pub names: Vec", "the only private field"),
        pytest.param("pub struct", "#[repr(C)]\npub struct", "`#[repr(C)]` stands on its type"),
        pytest.param("pub struct", "#[derive(Builder)]\npub struct", "derives `Builder`"),
        pytest.param("pub struct", "#[pyclass]\npub struct", "`#[pyclass]` stands on its type"),
        pytest.param("pub struct", '#[cfg(feature = "a")]\npub struct', "stands on its type"),
        pytest.param("pub struct", "#[derive(Debug, Clone)]\npub struct", "fix"),
        pytest.param("    slug_c", "    #[serde(skip)]\n    slug_c", "stands on it"),
        pytest.param("    slug_c", "    #[cfg(unix)]\n    slug_c", "stands on it"),
        pytest.param("    slug_c", "    /// Slugs.\n    #[allow(dead_code)]\n    slug_c", "fix"),
        pytest.param("    slug_c", "    // Names.\n    slug_c", "fix"),
        pytest.param("    names: V", "    // Both.\n    slug: u8,\n    names: V", "fix"),
        pytest.param("    slug_c", "    pub slug_c", "a `pub` field of a `pub` type"),
        pytest.param("    slug_c", "    pub(crate) slug_c", "fix"),
        pytest.param("HashMap::new()", "HashMap::with_capacity(100)", "fix"),
        pytest.param("HashMap::new()", "Default::default()", "fix"),
        pytest.param("HashMap::new()", "empty_cache::new()", "not dead"),
        pytest.param("HashMap::new()", "Self::default()", "not dead"),
        pytest.param("HashMap::new()", "HashMap::with_capacity(SLOTS)", "fix"),
        pytest.param(
            "slug_cache: HashMap::new(),", "slug_cache: HashMap::new(),\n ..base()", "nothing else"
        ),
        pytest.param("pub fn add(&mut self", "pub fn add(mut self", "belongs to is a local"),
        pytest.param("pub fn add", '#[cfg(feature = "a")]\n    pub fn add', "decides whether"),
        pytest.param("        self.names.push(name.to_owned());\n", "", "nothing left to do"),
        pytest.param(
            "        self.names.push(name.to_owned());\n" + ADD,
            f"        let n = self.names.len();\n{ADD}        n\n",
            "written anew",
        ),
        pytest.param(
            ADD,
            f"        if name.is_empty() {{\n    {ADD}            if f() {{}}\n        }}\n",
            "written anew",
        ),
        pytest.param("pub struct Shelf", "pub struct Shelf<'a>", "fix"),
        pytest.param("pub fn add", "#[expect(dead_code)]\n    pub fn add", "nothing to expect"),
        pytest.param("pub struct", "#[expect(dead_code)]\npub struct", "stands on its type"),
        pytest.param(
            "pub struct Shelf {\n    names: Vec<String>,\n    slug_cache: HashMap<String, String>",
            "pub struct Shelf<V> {\n    names: Vec<String>,\n    slug_cache: HashMap<String, V>",
            "the parameter `V`",
        ),
    ],
)  # fmt: skip
def test_how_it_is_declared_and_made(old: str, new: str, reason: str) -> None:
    assert old in SHELF
    assert reason in verdict(SHELF.replace(old, new, 1))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param("fn f() -> usize { size_of::<Shelf>() }", "layout of its type"),
        pytest.param("fn f() -> usize { offset_of!(Shelf, names) }", "layout of its type"),
        pytest.param("// The `slug_cache` is filled by hand.", "a comment speaks of it"),
        pytest.param("macro_rules! m { ($a:expr) => { $a.slug_cache } }", "a macro in"),
        pytest.param("fn f(s: &mut Shelf) { s.names.clear(); s.slug_cache.clear(); }", "a line"),
        pytest.param("fn f(s: Shelf) { let Shelf { slug_cache: a, .. } = s; drop(a); }", "not dea"),
        pytest.param("fn f() -> Shelf { Shelf { names: v(), ..m() } }", "`..` would fill nothing"),
        pytest.param("fn f() -> Shelf { Shelf { names: v(), slug_cache: filled() } }", "not dead"),
        pytest.param("fn f() -> Shelf { vec![Shelf { slug_cache: m() }] }", "not dead"),
        pytest.param("type S = Shelf; fn f() -> S { S { slug_cache: Default::default() } }",
                     "nobody can say what `S` is"),
        pytest.param("mod inner { use super::*; fn f() -> HashMap<u8, u8> { m() } }",
                     "would still need `HashMap`"),
        pytest.param("#[cfg(test)] mod tests { use super::*; fn f(m: HashMap<u8, u8>) {} }",
                     "would still need `HashMap`"),
        pytest.param("/// Like a [`HashMap`].\nfn f() {}", "a comment links to `HashMap`"),
        pytest.param("struct O { slug_cache: u8 } fn f(o: &O) -> u8 { o.slug_cache }", "fix"),
        pytest.param("// Set self.slug_cache by hand.", "a comment speaks of it"),
        pytest.param("fn f() -> usize { let slug_cache = 1; slug_cache }", "fix"),
        pytest.param('fn f() { println!("slug_cache"); }', "fix"),
        pytest.param("fn f(m: HashMap<u8, u8>) {}", "fix"),
        pytest.param("fn f() { use std::collections::HashMap; g(HashMap::new()); }", "fix"),
    ],
)  # fmt: skip
def test_what_else_stands_in_the_file(more: str, reason: str) -> None:
    assert reason in verdict(f"{SHELF}\n{more}\n")


def test_a_type_or_a_constant_that_only_it_needs_forbids_it() -> None:
    aliased = SHELF.replace(FIELD, "    slug_cache: Slugs,\n").replace(
        "pub struct", "type Slugs = HashMap<String, String>;\n\npub struct"
    )
    assert "`Slugs` would then be unused" in verdict(aliased)
    assert verdict(f"{aliased}\nfn f(s: Slugs) {{}}\n") == "fix"
    held = SHELF.replace("<String, String>", "<String, Slug>")
    own = "struct Slug {\n    text: String,\n}\n\nimpl Slug {}\n"
    assert "`Slug` would then be unused" in verdict(f"{held}\n{own}")
    assert verdict(f"{held}\n{own}\nfn f() -> Slug {{ m() }}\n") == "fix"
    tested = "#[cfg(test)]\nmod tests {\n    use super::*;\n    fn f() -> Slug { m() }\n}\n"
    assert "`Slug` would then be unused" in verdict(f"{held}\n{own}\n{tested}")
    sized = SHELF.replace("HashMap::new()", "HashMap::with_capacity(SLOTS)")
    assert "`SLOTS` would then be unused" in verdict(f"{sized}\nconst SLOTS: usize = 8;\n")


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        pytest.param("use std::collections::{HashMap, HashSet};", "use std::collections::HashSet;"),
        pytest.param(
            "use std::collections::{BTreeMap, HashMap, HashSet};",
            "use std::collections::{BTreeMap, HashSet};",
        ),
        pytest.param("use std::{collections::HashMap, fmt};", "use std::fmt;"),
        pytest.param(
            "use std::{\n    collections::{HashMap, HashSet},\n    fmt,\n};",
            "use std::{\n    collections::HashSet,\n    fmt,\n};",
        ),
        pytest.param(
            "use std::{\n    collections::HashMap,\n    fmt,\n    sync::{Arc, Mutex},\n};",
            "use std::{\n    fmt,\n    sync::{Arc, Mutex},\n};",
        ),
        pytest.param(
            "use std::collections::{\n    BTreeMap, HashMap, HashSet,\n};",
            "use std::collections::{BTreeMap, HashSet};",
        ),
    ],
)
def test_its_import_goes_from_a_list(before: str, behind: str) -> None:
    changed = after(SHELF.replace("use std::collections::HashMap;", before))
    assert changed.startswith(f"{behind}\n\npub struct")


def test_an_import_that_others_need_stays() -> None:
    kept = f"{SHELF}\npub fn count(words: &HashMap<String, u8>) -> usize {{\n    words.len()\n}}\n"
    assert after(kept).startswith("use std::collections::HashMap;\n\npub struct")
    public = SHELF.replace("use std", "pub use std")
    assert after(public).startswith("pub use std::collections::HashMap;\n\npub struct")


def test_two_that_share_an_import_both_go() -> None:
    two = SHELF.replace(FIELD, f"{FIELD}    path_cache: HashMap<String, u8>,\n")
    two = two.replace(MADE, f"{MADE}            path_cache: HashMap::new(),\n")
    assert after(two.replace(ADD, f"{ADD}        self.path_cache.clear();\n")) == after(SHELF)


def test_two_that_share_a_function_leave_it_something_to_do() -> None:
    two = SHELF.replace(FIELD, f"{FIELD}    path_cache: HashMap<String, u8>,\n")
    two = two.replace(MADE, f"{MADE}            path_cache: HashMap::new(),\n")
    both = "    pub fn reset(&mut self) {\n        self.slug_cache.clear();\n"
    both += "        self.path_cache.clear();\n    }\n}\n"
    changed = after(two.removesuffix("}\n") + "\n" + both)
    assert changed.count(".clear();") == 1
    assert changed.count("_cache") == 3


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        pytest.param("let slug_cache = HashMap::new();", "fix"),
        pytest.param("let slug_cache: HashMap<String, String> = HashMap::new();", "fix"),
        pytest.param("let slug_cache = load();", "not dead"),
        pytest.param("let slug_cache = HashMap::new();\n        log(&slug_cache);", "not dead"),
        pytest.param("let mut slug_cache = m();\n        slug_cache.insert(a(), b());", "not dead"),
        pytest.param(
            "let mut slug_cache = HashMap::new();\n        slug_cache.insert(a(), b());", "not dead"
        ),
        pytest.param("let (slug_cache, _) = load();", "not dead"),
        pytest.param("", "not dead"),
    ],
)
def test_a_local_that_becomes_the_field(made: str, reason: str) -> None:
    short = SHELF.replace("slug_cache: HashMap::new()", "slug_cache").replace(
        "        Self {", f"        {made}\n        Self {{"
    )
    assert reason in verdict(short)
    if reason == "fix":
        assert after(short) == after(SHELF)


def test_a_package_outside_of_the_workspace_may_fill_a_public_field() -> None:
    hidden = SHELF.replace("    slug_c", "    pub slug_c", 1).replace("pub struct", "struct")
    outside = {
        "Cargo.toml": '[package]\nname = "x"\n[workspace]\nexclude = []\n',
        "fuzz/Cargo.toml": '[package]\nname = "fuzz"\n',
        "fuzz/src/lib.rs": "fn f(s: &mut x::Shelf) { s.slug_cache.insert(a(), b()); }",
    }
    assert verdict(hidden) == "fix"
    assert "in no workspace, may name it" in verdict(hidden, outside)


def test_it_may_be_filled_through_deref() -> None:
    lent = "pub struct Desk<'a> { shelf: &'a Shelf }\nimpl Deref for Desk<'_> { }\n"
    filled = "impl Desk<'_> { fn f(&self) { self.slug_cache.lock().unwrap().insert(a(), b()); } }\n"
    cleared = filled.replace("insert(a(), b())", "clear()")
    assert verdict(f"{SHELF}\n{lent}{filled}") == "not dead"
    assert "may be what is used" in verdict(f"{SHELF}\n{lent}{cleared}")


def test_a_tuple_struct_is_made_like_a_call() -> None:
    made = "pub struct PathCache(HashMap<u8, u8>);\nfn f() -> PathCache { PathCache(load()) }\n"
    assert verdict(f"use std::collections::HashMap;\n{made}") == "not dead"


def test_a_cell_is_filled_as_a_whole() -> None:
    cell = SHELF.replace("HashMap<String, String>,", "OnceLock<HashMap<String, String>>,")
    cell = cell.replace("HashMap::new()", "OnceLock::new()").replace("names: Vec::new(),", "names,")
    once = cell.replace(ADD, "        g(self.slug_cache.get_or_init(load).get(name).is_some());\n")
    assert verdict(f"use std::sync::OnceLock;\n{once}") == "not dead"
    never = cell.replace(ADD, "        g(self.slug_cache.get().unwrap().get(name).is_some());\n")
    assert "still used" in verdict(f"use std::sync::OnceLock;\n{never}")


def test_other_files_are_edited_too() -> None:
    shared = SHELF.replace("    slug_c", "    pub(crate) slug_c", 1) + "\nmod desk;\n"
    desk = (
        "use crate::Shelf;\nuse std::collections::HashMap;\n\npub fn desk() -> Shelf {\n"
        "    Shelf { names: Vec::new(), slug_cache: HashMap::new() }\n}\n"
    )
    made = plan(CacheBounds(), crate(shared, {"src/desk.rs": desk}), cache=False).after
    assert made.read("src/desk.rs").decode() == (
        "use crate::Shelf;\n\npub fn desk() -> Shelf {\n    Shelf { names: Vec::new() }\n}\n"
    )


@pytest.mark.parametrize(
    ("declared", "desk", "reason"),
    [
        pytest.param(
            "mod desk;", "fn f(s: &crate::Shelf) { g(s.slug_cache.len()) }", "used at src"
        ),
        pytest.param("mod desk;", "use super::*;\nfn f(m: HashMap<u8, u8>) {}", "may take `HashM"),
        pytest.param(
            "#[cfg(unix)]\nmod desk;", "fn f(s: &mut crate::Shelf) { s.slug_cache.clear() }", "onl"
        ),
        pytest.param("", "fn f(s: &crate::Shelf) { g(s.slug_cache.len()) }", "fix"),
        pytest.param("mod desk;", "fn f(other: Other) { g(other.names) }", "fix"),
    ],
)
def test_what_other_files_do(declared: str, desk: str, reason: str) -> None:
    shared = f"{SHELF}\n{declared}\n".replace("    slug_c", "    pub(crate) slug_c", 1)
    assert reason in verdict(shared, {"src/desk.rs": desk})
