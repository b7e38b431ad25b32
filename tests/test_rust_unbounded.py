"""Caches of libraries that are made without a bound, and what is said of them."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import check
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import crate

MANIFEST = '[package]\nname = "x"\n[dependencies]\nmoka = "0.12"\nlru = "0.19"\n'


@pytest.mark.parametrize(
    ("use", "written", "made_by"),
    [
        ("", "moka::sync::Cache::builder()", "moka::sync::Cache::builder"),
        ("use moka::sync;", "sync::Cache::builder()", "moka::sync::Cache::builder"),
        ("use moka::sync::Cache;", "Cache::builder()", "moka::sync::Cache::builder"),
        ("use moka::{future, sync as s};", "s::Cache::builder()", "moka::sync::Cache::builder"),
        ("use moka as m;", "m::sync::Cache::builder()", "moka::sync::Cache::builder"),
        ("", "lru::LruCache::unbounded()", "lru::LruCache::unbounded"),
        ("use lru::LruCache;", "LruCache::unbounded()", "lru::LruCache::unbounded"),
    ],
)
def test_what_makes_a_cache_is_named_by_its_full_path(use: str, written: str, made_by: str) -> None:
    """However the code says it."""
    build = ".build()" if "builder" in written else ""
    source = f"{use}\npub fn f() {{ let pages = {written}{build}; keep(pages); }}\n"
    found = check((CacheBounds(),), crate(source, {"Cargo.toml": MANIFEST}), cache=False)
    messages = [one.finding.message for one in found.findings]
    assert [message.split("`")[3] for message in messages] == [made_by]


def test_what_is_only_pointed_to_does_not_act() -> None:
    """A `Weak<Client>` holds no client open: what goes is the knowledge that there is one."""
    source = (
        "use std::sync::{LazyLock, Weak};\nuse moka::future::Cache;\n"
        "static CLIENTS: LazyLock<Cache<String, Weak<other::Client>>> =\n"
        "    LazyLock::new(|| Cache::builder().build());\n"
    )
    found = check((CacheBounds(),), crate(source, {"Cargo.toml": MANIFEST}), cache=False)
    assert [one.finding.why for one in found.findings] == [
        ("its values are `Weak`: an entry says what is still in use",)
    ]
