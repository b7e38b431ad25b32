"""Which maps are keyed by the width of a window, and which by another width."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem_codemods.cache_bounds import CacheBounds
from rustfix_mem_codemods.width_cache import WidthCache
from support import LIB, crate

VIEW = """use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex};

pub struct TerminalSize {
    pub width: u16,
    pub height: u16,
}

pub struct Place {
    pub x: u16,
    pub width: u16,
}

static VIEW_CACHE: LazyLock<Mutex<HashMap<KEY, VALUE>>> = LazyLock::new(Default::default);

pub fn view(given: Given) -> VALUE {
    let mut cache = VIEW_CACHE.lock().unwrap();
    if let Some(known) = cache.get(&ASKED) {
        return known.clone();
    }
    let made = lay_out(ASKED);
    cache.insert(ASKED, made.clone());
    made
}
"""


def said(key: str, value: str, asked: str) -> str:
    """`fix`, `alone: reasons` or `nothing` of the only map."""
    source = VIEW.replace("KEY", key).replace("VALUE", value).replace("ASKED", asked)
    found = check((WidthCache(),), crate(source), cache=False)
    bounds = check((CacheBounds(),), crate(source), cache=False)
    if found.findings:
        assert bounds.findings == (), "both codemods want the same map"
        return "fix" if found.findings[0].finding.fix is not None else "report"
    assert bounds.findings, "neither codemod wants the map"
    return "; ".join(r for _, one, _ in found.left_alone for r in one.reasons) or "nothing"


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("u16", "width"),
        ("usize", "area.width"),
        ("usize", "area.width as usize"),
        ("u16", "self.viewport_width"),
        ("u32", "frame.area.width()"),
        ("u16", "term_cols"),
        ("(u16, u16)", "(width, height)"),
        ("(u16, u16)", "(area.height, area.width)"),
        ("(usize, usize)", "(cols, rows)"),
        ("TerminalSize", "size"),
        ("TerminalSize", "given.screen_size"),
    ],
)
def test_the_width_of_a_window(key: str, asked: str) -> None:
    assert said(key, "Vec<String>", asked) == "fix"


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("u16", "bit_width"),
        ("usize", "column_width"),
        ("usize", "word.width()"),
        ("usize", "width - indent"),
        ("usize", "width_of(word)"),
        ("(u16, u16)", "(line, width)"),
        ("(u16, u16)", "(width, width)"),
        ("(u64, u16)", "(message_id, width)"),
    ],
)
def test_another_width(key: str, asked: str) -> None:
    assert "is the width of a window" in said(key, "Vec<String>", asked)


@pytest.mark.parametrize("value", ["String", "Arc<str>", "usize", "Option<u32>", "&'static str"])
def test_small_values(value: str) -> None:
    assert "its values are small" in said("u16", value, "width")


@pytest.mark.parametrize(
    ("key", "asked"), [("u64", "id"), ("u32", "code"), ("u16", "port"), ("Place", "at")]
)
def test_no_width_at_all(key: str, asked: str) -> None:
    assert said(key, "Vec<String>", asked) == "nothing"


def test_both_codemods_on_one_branch_do_the_same_in_any_order() -> None:
    source = VIEW.replace("KEY", "u16").replace("VALUE", "Vec<String>").replace("ASKED", "width")
    made = []
    for order in ((CacheBounds, WidthCache), (WidthCache, CacheBounds)):
        snapshot = crate(source)
        for codemod in order:
            snapshot = plan(codemod(), snapshot, cache=False).after
        made.append(snapshot.read(LIB))
    assert made[0] == made[1]
    assert b"const MAX_VIEW_CACHE_ENTRIES: usize = 3;" in made[0]
