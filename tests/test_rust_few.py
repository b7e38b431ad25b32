"""Names and comments that say that there are few entries, or that growth is meant."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem_codemods.cache_bounds import CacheBounds

X = b'[package]\nname = "x"\nversion = "0.0.0"\nedition = "2021"\n'
SOURCE = """
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use other::{CursorIcon, Icon, Request, StatusCode};

// COMMENT
static CACHE: LazyLock<Mutex<HashMap<OWNED, usize>>> = LazyLock::new(Mutex::default);

pub fn f(KEY: &TYPE) -> usize {
    let mut cache = CACHE.lock().unwrap();
    if let Some(known) = cache.get(KEY) {
        return *known;
    }
    let made = made(KEY);
    cache.insert(KEY.to_owned(), made);
    made
}
"""


def judged(key: str, owned: str = "String", comment: str = "Of what was asked.") -> list[str]:
    """What is offered, or why it is left alone."""
    borrowed = "str" if owned == "String" else owned
    source = SOURCE.replace("KEY", key).replace("OWNED", owned).replace("TYPE", borrowed)
    files = {"Cargo.toml": X, "src/lib.rs": source.replace("COMMENT", comment).encode()}
    report = check((CacheBounds(),), Snapshot.of_files(files), cache=False)
    alone = [reason for _, one, _ in report.left_alone for reason in one.reasons]
    return [one.finding.fix.title for one in report.findings if one.finding.fix] + alone


FIXED = ["cap `CACHE` at 1000 entries"]


@pytest.mark.parametrize(
    "key", ["uid", "owner_gid", "lang", "ui_locale", "backend_name", "table_name", "store_id", "tz"]
)
def test_keys_of_which_there_are_few(key: str) -> None:
    assert judged(key) == [f"few keys, by their name: `{key}`"]


@pytest.mark.parametrize("key", ["guid", "slang", "path", "user", "tables_sql", "url", "text"])
def test_keys_of_which_there_may_be_many(key: str) -> None:
    assert judged(key) == FIXED


@pytest.mark.parametrize(
    ("key", "owned", "bounded"),
    [
        ("line", "usize", True),
        ("row_index", "u32", True),
        ("idx", "i64", True),
        ("line", "String", False),
        ("number", "usize", False),
        ("offline", "usize", False),
    ],
)
def test_positions(key: str, owned: str, bounded: bool) -> None:
    said = f"its key `{key}` is a position in something, which bounds it"
    assert judged(key, owned) == ([said] if bounded else FIXED)


@pytest.mark.parametrize(
    ("owned", "few"),
    [
        ("CursorIcon", True),
        ("StatusCode", True),
        ("Icon", False),
        ("Request", False),
    ],
)
def test_enums_of_others(owned: str, few: bool) -> None:
    said = f"fixed set of keys: `{owned}` has few values"
    assert judged("key", owned) == ([said] if few else FIXED)


@pytest.mark.parametrize(
    "comment",
    [
        "Never evicted.",
        "It keeps the history of all checks.",
        "It lives for the lifetime of the process.",
        "Intentionally without a bound.",
        "There is a small number of them.",
        "Only a few are ever made.",
        "It is bounded by the number of users.",
        "There is no eviction.",
    ],
)
def test_comments_that_mean_it(comment: str) -> None:
    said = "its comment says that growth is meant, or that there are few: "
    assert [reason.startswith(said) for reason in judged("text", comment=comment)] == [True]


@pytest.mark.parametrize(
    "comment",
    [
        "Remembers the widths of texts.",
        "Keeps texts. The history of this is long.",
        "A large number of texts.",
        "Emptied when somebody asks.",
    ],
)
def test_comments_that_say_nothing_of_it(comment: str) -> None:
    assert judged("text", comment=comment) == FIXED


RECURSIVE = """
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
static RULE_CACHE: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);
pub fn depth_of(rule: &str) -> usize {
    if let Some(known) = RULE_CACHE.lock().unwrap().get(rule) {
        return *known;
    }
    let made = 1 + other(rule);
    RULE_CACHE.lock().unwrap().insert(rule.to_owned(), made);
    made
}
fn other(rule: &str) -> usize { match rule { "" => 0, _ => RULE_CACHE.lock().unwrap()[rule] } }
"""
"""What has no fix, since absence would panic."""


@pytest.mark.parametrize(
    ("callers", "left"),
    [
        ("fn f(config: &C) -> usize { depth_of(&config.rule) }", True),
        ("fn f(c: &C) -> usize { let rule = &c.hint_config.rule; depth_of(rule) }", False),
        ("fn f(my_settings: &C) -> usize { let r = &my_settings.rule; depth_of(r) }", True),
        (
            "fn f(config: &C) -> usize { if let Some(r) = &config.r { depth_of(r) } else { 0 } }",
            True,
        ),
        ("fn f(line: &str) -> usize { depth_of(line) }", False),
        (
            "fn f(config: &C, line: &str) -> usize { depth_of(&config.rule) + depth_of(line) }",
            False,
        ),
        ("fn f(config: &C) -> usize { depth_of(&config.rule); all().map(depth_of).sum() }", False),
        ("", False),
    ],
)
def test_keys_that_a_configuration_holds(callers: str, left: bool) -> None:
    """Only where all who ask hand on what it says."""
    files = {"Cargo.toml": X, "src/lib.rs": f"{RECURSIVE}{callers}\n".encode()}
    report = check((CacheBounds(),), Snapshot.of_files(files), cache=False)
    assert bool(report.findings) is not left


@pytest.mark.parametrize(
    ("one", "other", "few"),
    [
        ("icon: CursorIcon", "scale: i32", True),
        ("icon: CursorIcon", "ui_scale_factor: u32", True),
        ("scale: u8", "lang: String", True),
        ("icon: CursorIcon", "offset: i32", False),
        ("icon: CursorIcon", "scale: Ratio", False),
        ("url: String", "scale: i32", False),
        ("url: String", "lang: String", False),
    ],
)
def test_keys_of_several_parts(one: str, other: str, few: bool) -> None:
    (a, of), (b, to) = one.split(": "), other.split(": ")
    source = f"""
use std::collections::HashMap;
use std::sync::{{LazyLock, Mutex}};
use other::{{CursorIcon, Ratio}};

static CACHE: LazyLock<Mutex<HashMap<({of}, {to}), usize>>> = LazyLock::new(Mutex::default);

pub fn f({one}, {other}) -> usize {{
    let mut cache = CACHE.lock().unwrap();
    *cache.entry(({a}, {b})).or_insert_with(|| made({a}, {b}))
}}
"""
    files = {"Cargo.toml": X, "src/lib.rs": source.encode()}
    report = check((CacheBounds(),), Snapshot.of_files(files), cache=False)
    alone = [reason for _, each, _ in report.left_alone for reason in each.reasons]
    said = f"few keys, by the names and types of its parts: `({a}, {b})`"
    assert (alone == [said]) is few
    assert bool(report.findings) is not few
