"""What is reached through the `Deref` of another type: a field of it, or the collection itself."""

from __future__ import annotations

import pytest

from support import said

SHARED = """use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, RwLock};
"""
FIELD = """pub struct Inner { pub names_cache: RwLock<HashMap<String, String>> }
pub struct Outer { MORE inner: Arc<Inner> }
impl Deref for Outer { type Target = Inner; fn deref(&self) -> RETURNED { BODY } }
pub struct Desk { outer: Outer }
"""
DESK = """use crate::inner::*;
static DESK: std::sync::LazyLock<Desk> = std::sync::LazyLock::new(m);
pub fn sign(name: &str) -> String {
    if let Some(known) = DESK.outer.names_cache.read().unwrap().get(name) { return known.clone(); }
    let made = name.to_uppercase();
    DESK.outer.names_cache.write().unwrap().insert(name.to_string(), made.clone());
    made
}
"""
LIB = "mod inner;\nmod desk;\n"


def through_field(
    returned: str = "&Self::Target", body: str = "&self.inner", more: str = ""
) -> str:
    inner = (SHARED + FIELD).replace("MORE", more).replace("RETURNED", returned)
    return said(LIB, {"src/inner.rs": inner.replace("BODY", body), "src/desk.rs": DESK})


@pytest.mark.parametrize(
    ("returned", "body"),
    [
        ("&Self::Target", "&self.inner"),
        ("&Inner", "&self.inner"),
        ("&Inner", "self.inner.as_ref()"),
        ("&Inner", "whatever(self)"),
        ("&Self::Target", "self.inner.deref()"),
    ],
)
def test_a_field_behind_a_deref_is_that_field(returned: str, body: str) -> None:
    assert through_field(returned, body) == "fix"


def test_a_deref_that_is_not_understood_leads_nowhere() -> None:
    assert through_field(body="whatever(self)") != "fix"


def test_a_field_of_its_own_comes_first() -> None:
    assert "fix" != through_field(more="names_cache: RwLock<HashMap<String, String>>,")


WRAPPER = """#[derive(Default)] pub struct NameCache { names: HashMap<String, String> }
impl Deref for NameCache {
    type Target = HashMap<String, String>;
    fn deref(&self) -> &Self::Target { &self.names }
}
impl DerefMut for NameCache {
    fn deref_mut(&mut self) -> &mut Self::Target { &mut self.names }
}
MORE
"""
MEMO = """
        if let Some(known) = KNOWN.get(name) { return known.clone(); }
        let made = name.to_uppercase();
        KNOWN.insert(name.to_string(), made.clone());
        made
"""
KEPT = {
    "field": "pub struct Desk { known: NameCache }"
    "impl Desk { pub fn sign(&mut self, name: &str) -> String {"
    + MEMO.replace("KNOWN", "self.known")
    + "} }\nstatic DESK: Mutex<Desk> = m;",
    "static": "static KNOWN: Mutex<NameCache> = m;"
    "pub fn sign(name: &str) -> String { let mut known = KNOWN.lock().unwrap();"
    + MEMO.replace("KNOWN", "known")
    + "}",
    "parameter": "static KNOWN: Mutex<NameCache> = m;"
    "pub fn sign(known: &mut NameCache, name: &str) -> String {"
    + MEMO.replace("KNOWN", "known")
    + "}",
}


def through_wrapper(kept: str, more: str = "", head: str = "") -> str:
    desk = f"use std::sync::Mutex;\nuse crate::inner::NameCache;\n{head}{KEPT[kept]}"
    inner = SHARED + WRAPPER.replace("MORE", more)
    return said(LIB, {"src/inner.rs": inner, "src/desk.rs": desk})


@pytest.mark.parametrize("kept", KEPT)
def test_what_is_done_to_a_wrapper_is_done_to_what_it_derefs_to(kept: str) -> None:
    assert "handed out by `deref_mut`" in through_wrapper(kept)


@pytest.mark.parametrize("kept", KEPT)
def test_a_method_of_the_wrapper_is_its_own(kept: str) -> None:
    own = "impl NameCache { pub fn insert(&mut self, key: String, value: String) {} }"
    assert through_wrapper(kept, own) == "nothing"


def test_what_is_kept_nearly_everywhere_is_a_type_of_a_library() -> None:
    many = "".join(f"pub struct Desk{n} {{ known: NameCache }}\n" for n in range(12))
    assert through_wrapper("field", head=many) == "nothing"
