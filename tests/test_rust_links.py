"""Who touches a cache, and what the seven questions say of it: whole crates in memory."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem.finding import Applicability
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import CACHED, HEAD, LIB, MEMO, OWNED, STATIC, crate, said


def test_the_plain_cases_are_fixed() -> None:
    assert said(CACHED) == "fix"
    assert said(OWNED) == "fix"


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        pytest.param('fn f() { SLUGS_CACHE.lock().unwrap().remove("a"); }', "alone: removed"),
        pytest.param(
            "fn f() { let mut g = SLUGS_CACHE.lock().unwrap(); g.pop(); }", "alone: removed"
        ),
        pytest.param(
            'fn f() { SLUGS_CACHE.lock().unwrap().retain(|k, _| k != "a"); }', "alone: removed"
        ),
        pytest.param(
            'fn f() { if let Ok(mut g) = SLUGS_CACHE.lock() { g.remove("a"); } }', "alone: removed"
        ),
        pytest.param(
            'fn f() { let Ok(mut g) = SLUGS_CACHE.lock() else { return }; g.remove("a"); }',
            "alone: removed",
        ),
        pytest.param(
            "fn f() { let s: &Mutex<HashMap<String, String>> = &SLUGS_CACHE;"
            ' s.lock().unwrap().remove("a"); }',
            "alone: removed",
        ),
        pytest.param(
            "fn f() { std::mem::take(&mut *SLUGS_CACHE.lock().unwrap()); }", "alone: removed"
        ),
        pytest.param(
            "fn f() { *SLUGS_CACHE.lock().unwrap() = HashMap::new(); }", "alone: replaced"
        ),
        pytest.param(
            "fn f() -> usize { SLUGS_CACHE.lock().unwrap().values().map(String::len).sum() }",
            "report: iterated",
        ),
        pytest.param(
            "fn f() { for a in SLUGS_CACHE.lock().unwrap().iter() {} }", "report: iterated"
        ),
        pytest.param(
            'fn f() -> String { SLUGS_CACHE.lock().unwrap()["a"].clone() }', "report: indexed"
        ),
        pytest.param(
            'fn f() -> String { SLUGS_CACHE.lock().unwrap().get("a").unwrap().clone() }',
            "report: read as if always present",
        ),
        pytest.param(
            'fn f() -> bool { SLUGS_CACHE.lock().unwrap().contains_key("a") }',
            "report: no look-up that would compute it again",
        ),
        pytest.param("fn f() { fill(&mut SLUGS_CACHE.lock().unwrap()); }", "report: passed on"),
        pytest.param("fn f() { mine!(SLUGS_CACHE); }", "report: named in a macro"),
        pytest.param("fn f() { mine!(a => { SLUGS_CACHE.x() }); }", "report: named in a macro"),
        pytest.param(
            "pub fn f() -> std::sync::MutexGuard<'static, HashMap<String, String>>"
            " { SLUGS_CACHE.lock().unwrap() }",
            "report: handed out",
        ),
        pytest.param("fn f() -> usize { SLUGS_CACHE.lock().unwrap().len() }", "fix"),
        pytest.param('fn f() { println!("{}", SLUGS_CACHE.lock().unwrap().len()); }', "fix"),
        pytest.param("fn f() { SLUGS_CACHE.lock().unwrap().clear(); }", "fix"),
        pytest.param('fn f() { OTHER.lock().unwrap().remove("a"); }', "fix"),
        pytest.param('// SLUGS_CACHE.lock().unwrap().remove("a");\n', "fix"),
        pytest.param(
            '#[cfg(test)] mod tests { fn f() { super::SLUGS_CACHE.lock().unwrap().remove("a"); } }',
            "fix",
        ),
        pytest.param('#[test] fn f() { SLUGS_CACHE.lock().unwrap().remove("a"); }', "fix"),
    ],
)
def test_what_else_is_done_with_a_static(more: str, verdict: str) -> None:
    assert said(f"{CACHED}\n{more}").startswith(verdict)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        pytest.param(
            'impl SlugCache { fn f(&mut self) { self.entries.remove("a"); } }', "alone: re"
        ),
        pytest.param('fn f(c: &mut SlugCache) { c.entries.remove("a"); }', "alone: removed"),
        pytest.param('fn f() { SHARED.lock().unwrap().entries.remove("a"); }', "alone: removed"),
        pytest.param(
            "struct O { c: SlugCache } impl O { fn f(&mut self) { self.c.entries.pop(); } }", "alo"
        ),
        pytest.param(
            "fn f(c: Arc<Mutex<SlugCache>>) { c.lock().unwrap().entries.pop(); }", "alone: rem"
        ),
        pytest.param(
            "type C = SlugCache; impl C { fn f(&mut self) { self.entries.pop(); } }", "alone: re"
        ),
        pytest.param(
            "fn f(c: &SlugCache) -> usize { c.entries.values().count() }", "report: iterated"
        ),
        pytest.param(
            'fn f() { for c in all() { c.entries.remove("a"); } }', "alone: perhaps removed"
        ),
        pytest.param('fn f() { all(1).entries.remove("a"); }', "alone: perhaps removed"),
        pytest.param(
            "impl SlugCache { fn f(&self) { mine!(self.entries); } }", "report: named in a ma"
        ),
        pytest.param(
            "struct O { entries: Vec<u8> } impl O { fn f(&mut self) { self.entries.pop(); } }",
            "fix",
        ),
        pytest.param(
            'fn f(o: &mut O) { o.entries.remove("a"); } struct O { entries: Vec<u8> }', "fix"
        ),
        pytest.param("impl SlugCache { fn f(&mut self) { self.order.push(1); } }", "fix"),
    ],
)
def test_what_else_is_done_with_a_field(more: str, verdict: str) -> None:
    assert said(f"{OWNED}\n{more}").startswith(verdict)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        pytest.param(
            "String, String>>>", "String, JoinHandle<()>>>>", "alone: a value acts", id="acts"
        ),
        pytest.param(
            "String, String>>>", "String, Arc<Mutex<u8>>>>>", "alone: shared mut", id="shared"
        ),
        pytest.param("String, String>>>", "bool, String>>>", "alone: fixed set of keys", id="bool"),
        pytest.param(
            "String, String>>>", "String, NodeId>>>", "report: a value may be", id="ticket"
        ),
        pytest.param("SLUGS_CACHE", "PERMISSION_CACHE", "alone: it is called", id="permissions"),
        pytest.param("title.to_string()", '"a".to_string()', "alone: ", id="another key"),
        pytest.param("return known.clone();", "log();", "alone: no look-up", id="hit goes on"),
        pytest.param(
            "cache.insert(", "ORDER.lock().unwrap().push(1);\n    cache.insert(", "alone: in step"
        ),
        pytest.param(
            "cache.insert(", "if cache.len() > 9 { cache.clear(); }\n    cache.insert(", "alone: le"
        ),
        pytest.param("static SLUGS", "#[cfg(test)]\nstatic SLUGS", "alone: test code", id="test"),
        pytest.param("HashMap<String, String>>", "HashMap<String, String>>", "fix", id="as it is"),
    ],
)
def test_the_seven_questions(old: str, new: str, verdict: str) -> None:
    assert said(CACHED.replace(old, new)).startswith(verdict)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            'pub fn forget() { crate::SLUGS_CACHE.lock().unwrap().remove("a"); }', id="crate"
        ),
        pytest.param(
            'pub fn forget() { super::SLUGS_CACHE.lock().unwrap().remove("a"); }', id="super"
        ),
        pytest.param(
            'use crate::SLUGS_CACHE;\nfn forget() { SLUGS_CACHE.lock().unwrap().remove("a"); }',
            id="use",
        ),
        pytest.param(
            'use crate::*;\nfn forget() { SLUGS_CACHE.lock().unwrap().remove("a"); }', id="glob"
        ),
    ],
)
@pytest.mark.parametrize("visible", ["", "pub ", "pub(crate) "])
def test_another_file_of_the_crate(more: str, visible: str) -> None:
    source = "mod other;\n" + CACHED.replace("static SLUGS", f"{visible}static SLUGS")
    assert said(source, {"src/other.rs": more}).startswith("alone: removed elsewhere")


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        pytest.param(
            'fn f() { super::SLUGS_CACHE.lock().unwrap().remove("a"); }', "fix", id="orphan"
        ),
    ],
)
def test_a_file_that_rustc_never_sees_does_not_count(more: str, verdict: str) -> None:
    assert said(CACHED, {"src/other.rs": more}) == verdict


def test_tests_in_other_files_do_not_count() -> None:
    more = 'fn f() { x::SLUGS_CACHE.lock().unwrap().remove("a"); }'
    source = CACHED.replace("static SLUGS", "pub static SLUGS")
    assert said(source, {"tests/it.rs": more}) == "fix"
    assert (
        said("#[cfg(test)] mod t;\n" + source, {"src/t.rs": more.replace("x::", "super::")})
        == "fix"
    )


@pytest.mark.parametrize(
    ("path", "files", "verdict"),
    [
        pytest.param("tests/it.rs", {}, "alone: test code", id="test"),
        pytest.param("benches/b.rs", {}, "alone: a benchmark", id="bench"),
        pytest.param("examples/e.rs", {}, "alone: an example", id="example"),
        pytest.param("build.rs", {}, "alone: a build script", id="build"),
        pytest.param(
            "src/a.rs", {LIB: "#[cfg(test)] mod a;"}, "alone: test code", id="mod for tests"
        ),
        pytest.param("src/a.rs", {LIB: ""}, "report: not reached", id="orphan"),
        pytest.param("src/a.rs", {LIB: "declare!(a);"}, "report: its file may be", id="macro"),
        pytest.param(
            "src/a.rs", {LIB: 'include!("a.rs");'}, "report: its file may be", id="include"
        ),
        pytest.param("src/vendor/a.rs", {LIB: '#[path = "vendor/a.rs"] mod a;'}, "alone: vendored"),
        pytest.param("src/a.rs", {LIB: "mod a;"}, "fix", id="seen"),
        pytest.param("src/main.rs", {LIB: ""}, "fix", id="binary"),
        pytest.param(
            "b/src/lib.rs",
            {"Cargo.toml": "[workspace]\n", "b/Cargo.toml": '[package]\nname = "b"\n', LIB: ""},
            "alone: its package is in no workspace",
            id="outside",
        ),
    ],
)
def test_where_the_file_stands(path: str, files: dict[str, str], verdict: str) -> None:
    assert said(files.get(LIB, ""), {**files, path: CACHED}).startswith(verdict)


def test_generated_code_is_left_alone() -> None:
    assert said("// @generated\n" + CACHED) == "alone: generated code"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("struct HashMap<K, V>(K, V);\n", id="our own HashMap"),
        pytest.param("use im::HashMap;\n", id="of another crate"),
        pytest.param("", id="not imported"),
    ],
)
def test_what_is_only_called_hashmap(head: str) -> None:
    source = CACHED.replace("use std::collections::{HashMap, HashSet};\n", head)
    assert said(source) == "nothing"


def test_a_renamed_import_is_followed() -> None:
    source = CACHED.replace("{HashMap, HashSet}", "HashMap as Map").replace("<HashMap<", "<Map<")
    assert said(source) == "fix"


LEAKING = CACHED.replace("String, String>>>", "String, &'static str>>>").replace(
    "title.to_lowercase()", "Box::leak(title.to_lowercase().into_boxed_str())"
)


def test_what_is_leaked_is_not_freed_by_clearing() -> None:
    assert said(LEAKING).startswith("report: ")
    assert "leak" in said(LEAKING)


OTHER = 'fn f() { crate::SLUGS_CACHE.lock().unwrap().remove("a"); }\n'


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(OTHER + "fn g() { let _ = str![x]; }", id="not understood"),
        pytest.param(OTHER + "//" + "x" * 1_000_001, id="too large"),
    ],
)
def test_a_skipped_file_that_names_it_forbids_the_edit(other: str) -> None:
    assert said("mod other;\n" + CACHED, {"src/other.rs": other}) != "fix"
    assert said("mod other;\n" + CACHED, {"src/other.rs": "fn g() { let _ = str![x]; }"}) == "fix"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("let Self { entries, .. } = self; entries.len();", id="let"),
        pytest.param("let SlugCache { entries: e, .. } = self; e.remove(1);", id="renamed"),
        pytest.param("match self { Self { entries, .. } => entries.len() };", id="match"),
        pytest.param("*self = made();", id="replaced"),
        pytest.param("std::mem::take(self);", id="taken"),
    ],
)
def test_an_owner_that_is_taken_apart_or_replaced_forbids_the_edit(body: str) -> None:
    assert said(f"{OWNED}\nimpl SlugCache {{ fn f(&mut self) {{ {body} }} }}") != "fix"


def test_two_statics_of_one_name_in_two_functions_are_two() -> None:
    inner = STATIC.strip()
    source = HEAD + MEMO.replace("{\n", "{\n    " + inner + "\n", 1)
    source += f'fn g() {{\n    {inner}\n    SLUGS_CACHE.lock().unwrap().remove("a");\n}}\n'
    found = check((CacheBounds(),), crate(source), cache=False).findings
    assert [one.finding.fix is not None for one in found] == [True]


def fixed(source: str) -> str:
    done = plan(CacheBounds(), crate(source), cache=False)
    assert len(done.applied) == 1
    return done.after.read(LIB).decode()


@pytest.mark.parametrize(
    ("source", "cap"),
    [
        (CACHED, "cache.len() >= MAX_SLUGS_CACHE_ENTRIES && !cache.contains_key(title)"),
        (
            OWNED,
            "self.entries.len() >= MAX_SLUG_CACHE_ENTRIES && !self.entries.contains_key(title)",
        ),
    ],
)
def test_the_cap_stands_right_before_the_growth(source: str, cap: str) -> None:
    after = fixed(source)
    assert f"if {cap} {{" in after
    assert after.index(cap) < after.index(".insert(")
    assert ": usize = 1000;" in after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_the_byte_order_mark_stay(newline: str, mark: str) -> None:
    source = mark + CACHED.replace("\n", newline)
    after = fixed(source)
    assert after.startswith(mark + "use std")
    assert after.replace("\r\n", "\n") == mark + fixed(CACHED)
    assert after.count("\n") == (after.count("\r\n") if newline == "\r\n" else after.count("\n"))


def test_nothing_but_the_cap_is_added() -> None:
    added = [line for line in fixed(CACHED).splitlines() if line not in CACHED.splitlines()]
    assert len(added) == 4
    assert all(line in fixed(CACHED).splitlines() for line in CACHED.splitlines())


def test_a_second_run_finds_nothing() -> None:
    once = fixed(CACHED)
    again = plan(CacheBounds(), crate(once), cache=False)
    assert (again.applied, again.reported) == ((), ())
    assert again.after.read(LIB).decode() == once


def test_trust_decides_what_is_applied() -> None:
    source = OWNED.replace(
        "static SHARED: LazyLock<Mutex<SlugCache>>", "static SHARED: LazyLock<u8>"
    )
    source += "pub fn new() -> SlugCache { SlugCache { entries: m(), order: v() } }\n"
    bold = plan(CacheBounds(), crate(source), cache=False)
    shy = plan(CacheBounds(), crate(source), Applicability.MACHINE_APPLICABLE, cache=False)
    assert (len(bold.applied), len(shy.applied), len(shy.reported)) == (1, 0, 1)
    assert shy.after.read(LIB).decode() == source


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("&SLUGS_CACHE", "report: `OTHER` names it too"),
        ("&self::SLUGS_CACHE", "report: `OTHER` names it too"),
        ("&crate::kept::SLUGS_CACHE", "report: `OTHER` names it too"),
        ("&again::SLUGS_CACHE", "report: `OTHER` names it too"),
        ("dirs::SLUGS_CACHE.join(1)", "fix"),
        ("&THOSE_SLUGS_CACHE", "fix"),
    ],
)
def test_a_static_of_another_module_is_another(value: str, verdict: str) -> None:
    other = f"use crate::{{dirs, kept as again}};\nstatic OTHER: Kind = {value};\n"
    files = {"src/kept.rs": f"{other}{CACHED}", "src/dirs.rs": "pub static SLUGS_CACHE: Dir = d();"}
    assert said("mod kept; mod dirs;", files).startswith(verdict)


def test_what_a_function_keeps_to_itself_has_no_path() -> None:
    local = HEAD + MEMO.replace("    let mut cache", f"    {STATIC.strip()}\n    let mut cache", 1)
    assert (
        said(local + "static OTHER: Kind = LazyLock::new(|| dirs::SLUGS_CACHE.clone());") == "fix"
    )
