"""Globs, and values in layers."""

from __future__ import annotations

import time

import pytest

from rustfix_mem.errors import UsageError
from rustfix_mem.scope import EVERYWHERE, Globs, Layer, Scope, checked
from rustfix_mem_codemods.cache_bounds import CacheBounds

NAME = "cache-bounds"


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("src/a.rs", "src/a.rs", True),
        ("src/a.rs", "src/a.rss", False),
        ("src/a.rs", "x/src/a.rs", False),
        ("src", "src/deep/a.rs", True),
        ("src/", "src/deep/a.rs", True),
        ("src", "srcs/a.rs", False),
        ("*.rs", "a.rs", True),
        ("*.rs", "src/a.rs", False),
        ("**/*.rs", "a.rs", True),
        ("**/*.rs", "src/deep/a.rs", True),
        ("src/**", "src/deep/a.rs", True),
        ("src/**", "src", False),
        ("src/**/a.rs", "src/a.rs", True),
        ("src/**/a.rs", "src/x/y/a.rs", True),
        ("src/**/**/a.rs", "src/a.rs", True),
        ("src/*/a.rs", "src/x/y/a.rs", False),
        ("**/generated/**", "x/generated/a.rs", True),
        ("**/generated", "x/y/generated/z/a.rs", True),
        ("**", "a.rs", True),
        ("src/?.rs", "src/a.rs", True),
        ("src/?.rs", "src/ab.rs", False),
        ("src/[ab].rs", "src/b.rs", True),
        ("src/A.rs", "src/a.rs", False),
        ("src/a.b", "src/axb", False),
        ("new\nline/*", "new\nline/a.rs", True),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert Globs((checked(glob),)).match(path) is matches


@pytest.mark.parametrize(
    "glob", ["", "/", "/src", "./src", "src/../a", "src\\a", "!src", "a**", "src/**.rs", 3, None]
)
def test_a_glob_that_matches_nothing_is_refused(glob: object) -> None:
    with pytest.raises(UsageError) as caught:
        checked(glob)
    assert caught.value.help


def test_hostile_globs_end() -> None:
    began = time.perf_counter()
    Globs(("/".join(["**", "*a*"] * 8), "*a" * 50)).match("/".join(["aaaaaaaaaa"] * 20) + "/b")
    assert time.perf_counter() - began < 5


def test_which_files_are_judged() -> None:
    scope = Scope(Globs(("src", "tests")), Globs(("src/gen",)))
    judged = [p for p in ("src/a.rs", "src/gen/a.rs", "tests/a.rs", "b.rs") if scope.holds(p)]
    assert judged == ["src/a.rs", "tests/a.rs"]
    assert EVERYWHERE.holds("b.rs")


def test_a_later_layer_is_stronger_by_path_or_not() -> None:
    server = Globs(("crates/server/**",))
    scope = Scope(
        layers={
            NAME: (
                Layer("cargo", {"max-entries": 1, "eviction": "arbitrary"}),
                Layer("cargo", {"max-entries": 2}, server),
                Layer("file", {"max-entries": 3}),
                Layer("file", {"max-entries": 4}, server),
                Layer("file", {"max-entries": 5}, Globs(("crates/server/src/bin",))),
            )
        }
    )
    paths = ("a.rs", "crates/server/src/a.rs", "crates/server/src/bin/a.rs")
    found = {path: scope.configured(CacheBounds, path) for path in paths}
    assert [one.max_entries for one in found.values() if isinstance(one, CacheBounds)] == [3, 4, 5]
    assert all(one.given == {"max-entries", "eviction"} for one in found.values())
    base = scope.configured(CacheBounds)
    assert base == found["a.rs"]
    assert scope.variants(base, paths) == {found[path]: {path} for path in paths}
    assert [(layer.origin, dict(values)) for layer, values in scope.by_path(NAME)] == [
        ("file", {"max-entries": 4}),
        ("file", {"max-entries": 5}),
    ]
    typed = scope.with_layer(NAME, Layer("command line", {"max-entries": 9}))
    assert list(typed.by_path(NAME)) == []
    assert {name: layer.origin for name, layer in typed.origins(NAME).items()} == {
        "max-entries": "command line", "eviction": "cargo",
    }  # fmt: skip
    assert len(typed.variants(typed.configured(CacheBounds), paths)) == 1


def test_where_nothing_is_said_every_file_is_judged_alike() -> None:
    one = CacheBounds()
    assert EVERYWHERE.whole(one)
    assert EVERYWHERE.variants(one, ["a", "b"]) == {one: {"a", "b"}}
    assert Scope(layers={NAME: (Layer("f", {"max-entries": 3}),)}).whole(one)
    assert not Scope(exclude=Globs(("a",))).whole(one)
    assert not Scope(layers={NAME: (Layer("f", {}, Globs(("a",))),)}).whole(one)
