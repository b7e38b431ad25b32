"""Reasons that must be true: what a length is for, what `next_` is, which call is the look-up."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate, said

HEAD = """use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
"""
SLUGS = (
    HEAD
    + """static SLUGS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Default::default);
pub fn slug(title: &str) -> String {
    let mut kept = SLUGS.lock().unwrap();
    if let Some(known) = kept.get(title) { return known.clone(); }
    let made = title.to_lowercase();
    kept.insert(title.to_string(), made.clone());
    made
}
"""
)
SHARED = (
    SLUGS.replace("String, String>", "String, Arc<String>>")
    .replace("sync::{", "sync::{Arc, ")
    .replace("-> String", "-> Arc<String>")
)
"""Values that somebody may know by their address."""
CLEARED = "let mut kept = SLUGS.lock().unwrap(); let gone = kept.len(); kept.clear();"


def why(more: str) -> str:
    found = check((CacheBounds(),), crate(SLUGS + more), cache=False).findings
    assert found[0].finding.fix is not None
    return "; ".join(found[0].finding.why)


@pytest.mark.parametrize(
    ("more", "matters"),
    [
        (f'pub fn forget() {{ {CLEARED} info!("{{gone}} are gone"); }}', False),
        (f"pub fn forget() -> usize {{ {CLEARED} gone }}", True),
        (f"pub fn forget(to: &mut To) {{ {CLEARED} to.gone += gone; }}", True),
        ("pub fn forget() -> usize { let kept = SLUGS.lock().unwrap(); kept.len() }", True),
        ("pub fn tell(to: &To) { let known = SLUGS.lock().unwrap().len(); to.tell(known); }", True),
    ],
)
def test_how_many_went_is_no_answer_to_who_is_not_told(more: str, matters: bool) -> None:
    assert ("its length is an answer" in why(more)) is matters


OWNED = (
    HEAD
    + """pub struct Kept { kept_cache: HashMap<String, VALUE>, next_one: u32, next_id: u32 }
static SHARED: LazyLock<Mutex<Kept>> = LazyLock::new(m);
impl Kept {
    pub fn of(&mut self, key: &str, reader: &mut Reader) -> VALUE {
        if let Some(known) = self.kept_cache.get(key) { return known.clone(); }
        let made = MADE;
        self.kept_cache.insert(key.to_string(), made.clone());
        made
    }
    fn counted(&self) -> u32 { BODY }
}
"""
)


def put_in(made: str, value: str, body: str = "1") -> str:
    source = OWNED.replace("VALUE", value).replace("MADE", made).replace("BODY", body)
    found = [one for one in (ID, READ) if one in said(source)]
    return found[0] if found else ""


ID, READ = "an id into another store", "does not come again"


@pytest.mark.parametrize(
    ("made", "value"),
    [
        ("self.next_one", "u32"),
        ("self.next_id", "u32"),
        ("reader.next_place()", "u32"),
        ("reader.next_id()", "String"),
        ("names.next_name()", "String"),
        ("self.next_shape()", "Shape"),
        ("names.next_shape()", "Shape"),
    ],
)
def test_the_next_of_a_counter_is_an_id(made: str, value: str) -> None:
    assert put_in(made, value) == ID


@pytest.mark.parametrize(
    ("made", "value"),
    [
        ("key.len().next_power_of_two()", "u32"),
        ("next_mode.to_string()", "String"),
    ],
)
def test_a_word_is_none(made: str, value: str) -> None:
    assert put_in(made, value) == ""


@pytest.mark.parametrize(
    ("made", "value"),
    [
        ("reader.next_element()?", "String"),
        ("reader.next_token()", "u32"),
        ("self.next_page()", "String"),
    ],
)
def test_what_is_read_does_not_come_again(made: str, value: str) -> None:
    assert put_in(made, value) == READ


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ("self.next_id", True),
        ("self.next_place() + 1", True),
        ("self.next_char().len()", False),
        ("lines.next_line().len()", False),
    ],
)
def test_what_a_maker_of_numbers_does(body: str, counts: bool) -> None:
    assert put_in("self.counted()", "u32", body) == (ID if counts else "")


HELPER = (
    HEAD
    + """pub struct Kept { kept_cache: HashMap<String, String> }
static SHARED: LazyLock<Mutex<Kept>> = LazyLock::new(m);
impl Kept {
    pub fn of(&mut self, key: &str, PARAMETER) -> String {
        BEFORE
        if CONDITION let Some(hit) = self.known(key) { return hit; }
        let made = MADE;
        self.kept_cache.insert(key.to_string(), made.clone());
        made
    }
    fn known(&self, key: &str) -> Option<String> { self.kept_cache.get(key).cloned() }
}
"""
)


MADE = "key.to_uppercase()"


def helped(before: str, condition: str = "", made: str = MADE, parameter: str = "fs: Fs") -> str:
    source = HELPER.replace("BEFORE", before).replace("CONDITION", condition)
    return said(source.replace("MADE", made).replace("PARAMETER", parameter))


def test_a_switch_that_is_asked_first_is_not_the_look_up() -> None:
    assert helped("let reused = fs.is_some();", "reused &&") == "fix"
    assert helped("if fs.is_broken() { return String::new(); }") == "fix"


def test_what_decides_whether_to_look_up_and_makes_the_value_is_told() -> None:
    reason = "whether a hit will do depends on `fs`"
    assert reason in helped("", "fs.is_some() &&", "fs.read(key)")
    assert reason in helped("let reused = fs.is_some();", "reused &&", "fs.read(key)")
    assert helped("", "!fs &&", parameter="fs: bool") == "fix"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("INTERNAL_SLUGS_CACHE", ""),
        ("INTERNALS_CACHE", ""),
        ("INTERNATIONAL_CACHE", ""),
        ("INTERN_CACHE", "intern"),
        ("INTERNED_CACHE", "interned"),
        ("INTERNS_CACHE", "interns"),
        ("STRING_INTERNER_CACHE", "interner"),
        ("INTERNING_CACHE", "interning"),
    ],
)
def test_what_is_internal_interns_nothing(name: str, state: str) -> None:
    found = said(SLUGS.replace("SLUGS", name))
    reason = f"alone: it is called `{state}`: state that somebody relies on"
    assert found == (reason if state else "fix")


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("fn same(a: &Arc<str>, b: &Arc<str>) -> bool { Arc::ptr_eq(a, b) }", "alone: identity"),
        ("// Arc::ptr_eq would be too much here\n", "fix"),
        ("#[cfg(test)] mod tests { #[test] fn f() { assert!(Arc::ptr_eq(&a(), &b())); } }", "fix"),
        (
            "fn now(a: &Arc<A>) { KEPT.set(NonNull::new_unchecked(Arc::as_ptr(a) as *mut _)); }",
            "fix",
        ),
        ("fn key(a: &Arc<A>) -> usize { Arc::as_ptr(a) as usize }", "alone: identity"),
        ("fn is(a: &A, b: &A) -> bool { a as *const A == b as *const A }", "alone: identity"),
        ("fn is(a: &A, b: &A) -> bool { (a as *const _ as *const ()) == b.at() }", "alone: ident"),
        ("fn is(a: &A) -> bool { a as *const A == std::ptr::null() }", "fix"),
        ("fn is(a: &A) -> bool { unsafe { told(a as *const _, &mut b) != 0 } }", "fix"),
        ("fn is(a: &A) -> bool { unsafe { told(a as *const A) != 0 } }", "fix"),
        ("fn is(a: &A) -> bool { unsafe { told(a as *const A) == FINE } }", "fix"),
        ("fn key(a: &Rc<A>) -> usize { Rc::as_ptr(a) as usize }", "fix"),
        ("fn same(a: &A, b: &A) -> bool { std::ptr::eq(a, b) }", "alone: identity"),
        ("struct A; impl A { fn is(&self, b: &A) -> bool { std::ptr::eq(self, b) } }", "fix"),
        (
            "trait A { fn is(&self, b: &Self) -> bool { std::ptr::eq(self, b) } }",
            "alone: identity",
        ),
        ("fn same(a: &Rc<A>, b: &Rc<A>) -> bool { ptr::eq(Rc::as_ptr(a), Rc::as_ptr(b)) }", "fix"),
        ("fn same(a: &Weak<A>, b: &Weak<A>) -> bool { Weak::ptr_eq(a, b) }", "alone: identity"),
    ],
)
def test_who_compares_pointers(more: str, verdict: str) -> None:
    assert said(SHARED + more).startswith(verdict)


@pytest.mark.parametrize(
    ("path", "kind", "verdict"),
    [
        ("dep/src/lib.rs", "Arc<str>", "fix"),
        ("src/other.rs", "Arc<str>", "alone: identity"),
        ("src/other.rs", "String", "alone: identity"),
        ("src/other.rs", "Word", "fix"),
    ],
)
def test_who_compares_pointers_of_something_else(path: str, kind: str, verdict: str) -> None:
    compared = f"pub fn same(a: &{kind}, b: &{kind}) -> bool {{ std::ptr::eq(a, b) }}"
    files = {
        "Cargo.toml": '[package]\nname = "x"\n[dependencies]\ndep = { path = "dep" }\n',
        "dep/Cargo.toml": '[package]\nname = "dep"\n',
        "dep/src/lib.rs": "",
        path: compared,
    }
    assert said(f"mod other;\n{SHARED}", {"src/other.rs": "", **files}).startswith(verdict)


@pytest.mark.parametrize(
    ("field", "verdict"),
    [
        ("Arc<Hands>", "fix"),
        ("Rc<String>", "fix"),
        ("Arc<Mutex<String>>", "fix"),
        ("Arc<String>", "alone: identity"),
        ("Arc<Alias>", "alone: identity"),
        ("Arc<dyn Any>", "alone: identity"),
        ("Arc<T>", "alone: identity"),
        ("Hands", "alone: identity"),
    ],
)
@pytest.mark.parametrize("given", ["&self.held, &other.held", "other.held(), &self.held"])
def test_whose_pointers_are_compared(field: str, given: str, verdict: str) -> None:
    kind = field.partition("<")[0].replace("Hands", "Arc")
    more = f"""pub struct Hands;
type Alias = String;
pub struct Clock<T> {{ held: {field} }}
impl<T> PartialEq for Clock<T> {{
    fn eq(&self, other: &Self) -> bool {{ {kind}::ptr_eq({given}) }}
}}
"""
    assert said(SHARED + more).startswith(verdict)


def test_what_else_is_compared_in_a_file_counts() -> None:
    more = """pub struct Hands;
pub struct Clock { held: Arc<Hands> }
impl Clock {
    fn same(&self, other: &Self) -> bool { Arc::ptr_eq(&self.held, &other.held) }
    fn is(one: &Arc<String>, other: &Arc<String>) -> bool { Arc::ptr_eq(one, other) }
}
"""
    assert said(SHARED + more).startswith("alone: identity")
    assert said(SHARED + "".join(more.splitlines(True)[:4]) + "}\n") == "fix"


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("Word::from_ref(title)", "fix"),
        ("ptr::from_ref(title) as usize", "alone: its key"),
        ("from_ref(title) as usize", "alone: its key"),
    ],
)
def test_a_key_is_an_address_only_if_a_pointer_is_one(made: str, verdict: str) -> None:
    keyed = SLUGS.replace("let mut kept", f"let key = {made};\n    let mut kept")
    keyed = keyed.replace("get(title)", "get(&key)").replace("title.to_string()", "key")
    assert said(keyed).startswith(verdict)


STEP = "NEXT.fetch_add(1, Relaxed)"


@pytest.mark.parametrize(
    ("made", "after", "verdict"),
    [
        ("title.to_lowercase()", ".clone()", "fix"),
        (f"{{ {STEP}; title.to_lowercase() }}", ".clone()", "fix"),
        (f"{{ #[cfg(test)] self.NEXT.{STEP}; lower(title) }}", ".clone()", "fix"),
        (f"{{ let own = {STEP}; lower(title, own) }}", ".clone()", "alone: a value is an id"),
        (f"lower(title, {STEP})", ".clone()", "alone: a value is an id"),
        ("title.to_lowercase()", ".as_answer()", "alone: an entry is handed on"),
        ("title.to_lowercase()", ".push_str(title)", "alone: what an entry holds is changed"),
    ],
)
def test_what_is_done_to_an_entry(made: str, after: str, verdict: str) -> None:
    body = f"kept.entry(title.to_string()).or_insert_with(|| {made}){after}"
    memo = SLUGS[: SLUGS.index("    if let Some")] + f"    {body}\n}}\n"
    assert said(memo).startswith(verdict)


def test_what_begins_with_nothing_is_handed_on() -> None:
    body = "    kept.entry(title.to_string()).or_default().clone()\n}\n"
    memo = SLUGS[: SLUGS.index("    if let Some")] + body
    assert said(memo).startswith("alone: an entry is handed on")
    assert said(memo.replace("clone()", "push(a)")).startswith("alone: what an entry holds")


def test_code_in_a_reason_stands_on_one_short_line() -> None:
    made = f"|| {{\n        let own = {STEP};\n        {'lower' * 20}(title, own)\n    }}"
    body = f"    kept.entry(title.to_string()).or_insert_with({made}).clone()\n}}\n"
    found = said(SLUGS[: SLUGS.index("    if let Some")] + body)
    assert "\n" not in found
    assert found.endswith(" ...`")
