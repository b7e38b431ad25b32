from __future__ import annotations

import pytest

from support import LIB, codebase

X = '[package]\nname = "x"\nedition = "2021"\n[dependencies]\nindexmap = "2"\nmy-dep = "1"\n'


def meaning(head: str, files: dict[str, str], module: str = "", file: str = LIB) -> str | None:
    found = codebase({"Cargo.toml": X, LIB: "", **files}).names.meaning(head, file, module)
    return found.path if found is not None else None


STD_MAP = "std::collections::HashMap"


@pytest.mark.parametrize(
    ("head", "source", "path"),
    [
        pytest.param("std::collections::HashMap", "", STD_MAP, id="full path"),
        pytest.param("core::cell::Cell", "", "std::cell::Cell", id="core is std"),
        pytest.param("alloc::vec::Vec", "", "std::vec::Vec", id="alloc is std"),
        pytest.param("HashMap", f"use {STD_MAP};", STD_MAP, id="imported"),
        pytest.param("HashMap", "use std::collections::{HashMap, HashSet};", STD_MAP, id="list"),
        pytest.param("Map", f"use {STD_MAP} as Map;", STD_MAP, id="renamed"),
        pytest.param("collections::HashMap", "use std::collections;", STD_MAP, id="its module"),
        pytest.param("c::HashMap", "use std::collections as c;", STD_MAP, id="its module renamed"),
        pytest.param("HashMap", "use std::{collections::{HashMap}};", STD_MAP, id="nested list"),
        pytest.param("IndexMap", "use indexmap::IndexMap;", "indexmap::IndexMap", id="dependency"),
        pytest.param("indexmap::IndexMap", "", "indexmap::IndexMap", id="path of a dependency"),
        pytest.param("my_dep::T", "", "my_dep::T", id="dependency with a dash"),
        pytest.param("String", "", "std::string::String", id="prelude"),
        pytest.param("HashMap", "use std::collections::*;", "?::HashMap", id="glob"),
        pytest.param("HashMap", "struct HashMap;", f"{LIB}::HashMap", id="a type of our own"),
        pytest.param("String", "struct String;", f"{LIB}::String", id="ours before the prelude"),
        pytest.param("T", "enum T {}", f"{LIB}::T", id="enum"),
        pytest.param("T", "type T = u8;", f"{LIB}::T", id="alias"),
        pytest.param("r#T", "struct r#T;", f"{LIB}::r#T", id="raw"),
    ],
)
def test_one_file(head: str, source: str, path: str) -> None:
    assert meaning(head, {LIB: source}) == path


@pytest.mark.parametrize(
    ("head", "source"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("?", "", id="not understood"),
        pytest.param("&", "", id="a reference"),
        pytest.param("()", "", id="a tuple"),
        pytest.param("[]", "", id="an array"),
        pytest.param("HashMap", "", id="not imported"),
        pytest.param("HashMap", "// use std::collections::HashMap;", id="comment"),
        pytest.param("HashMap", "use std::collections::HashMap as Map;", id="renamed away"),
        pytest.param("HashMap", "use std::collections;", id="only its module"),
        pytest.param("T", "fn f<T>() {}", id="generic"),
        pytest.param("T", "use super::*;", id="glob without it"),
    ],
)
def test_unknown(head: str, source: str) -> None:
    assert meaning(head, {LIB: source}) is None


@pytest.mark.parametrize(
    ("head", "files", "path"),
    [
        pytest.param(
            "T", {LIB: "mod a; use crate::a::T;", "src/a.rs": "pub struct T;"}, "src/a.rs::T"
        ),
        pytest.param(
            "U", {LIB: "mod a; use a::T as U;", "src/a.rs": "pub struct T;"}, "src/a.rs::T"
        ),
        pytest.param("a::T", {LIB: "mod a;", "src/a.rs": "pub struct T;"}, "src/a.rs::T"),
        pytest.param("crate::a::T", {LIB: "mod a;", "src/a.rs": "pub struct T;"}, "src/a.rs::T"),
        pytest.param("T", {LIB: "mod a; use a::*;", "src/a.rs": "pub struct T;"}, "src/a.rs::T"),
        pytest.param(
            "T",
            {LIB: "mod a; mod b; use b::T;", "src/a.rs": "struct T;", "src/b.rs": "fn f() {}"},
            "src/a.rs::T",
            id="re-exported elsewhere",
        ),
        pytest.param(
            "T",
            {LIB: "mod a; use a::T;", "src/a.rs": "pub struct T;", "src/z.rs": "struct T;"},
            "src/a.rs::T",
            id="an orphan does not count",
        ),
        pytest.param(
            "T",
            {
                LIB: "mod a; use a::T; #[cfg(test)] mod b;",
                "src/a.rs": "pub struct T;",
                "src/b.rs": "#![cfg(test)]\nstruct T;",
            },
            "src/a.rs::T",
            id="test code does not count",
        ),
    ],
)
def test_other_files(head: str, files: dict[str, str], path: str) -> None:
    assert meaning(head, files) == path


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {LIB: "mod a; mod b; use x::T;", "src/a.rs": "struct T;", "src/b.rs": "struct T;"},
            id="two types of one name",
        ),
        pytest.param(
            {LIB: "mod a; mod b; use a::*;", "src/a.rs": "struct T;", "src/b.rs": "struct T;"},
            id="two behind a glob",
        ),
        pytest.param(
            {LIB: "mod a; use crate::a::T;", "src/a.rs": "fn f() {}"}, id="made by a macro"
        ),
        pytest.param({LIB: "mod a; use crate::a::T;", "src/a.rs": "fn f( {"}, id="not understood"),
    ],
)
def test_two_answers_are_none(files: dict[str, str]) -> None:
    found = meaning("T", files)
    assert found is None or found == "x::T"


@pytest.mark.parametrize(
    ("head", "module", "source", "path"),
    [
        ("T", "m", "struct T; mod m { struct T; }", f"{LIB}::T"),
        ("HashMap", "m", "mod m { use std::collections::HashMap; }", STD_MAP),
        ("HashMap", "m", "use a::HashMap; mod m { use std::collections::HashMap; }", STD_MAP),
        ("HashMap", "", "use std::collections::HashMap; mod m { use a::HashMap; }", STD_MAP),
        ("HashMap", "m", "use std::collections::HashMap; mod m { use super::*; }", STD_MAP),
        ("HashMap", "", "mod m { use std::collections::HashMap; }", None),
    ],
)
def test_inline_modules(head: str, module: str, source: str, path: str | None) -> None:
    assert meaning(head, {LIB: source}, module) == path


def test_a_type_of_another_package() -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "b"]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb-core = { path = "../b" }\n',
        "a/src/lib.rs": "use b_core::T; struct U;",
        "b/Cargo.toml": '[package]\nname = "b-core"\n',
        "b/src/lib.rs": "pub struct T; pub struct U;",
    }
    assert meaning("T", files, file="a/src/lib.rs") == "b/src/lib.rs::T"
    assert meaning("b_core::U", files, file="a/src/lib.rs") == "b/src/lib.rs::U"
    assert meaning("U", files, file="a/src/lib.rs") == "a/src/lib.rs::U"
    assert meaning("crate::T", files, file="a/src/lib.rs") is None


ALIAS = "pub type PlHashMap<K, V> = std::collections::HashMap<K, V>;\n"
ROOT = '[workspace]\nmembers = ["a", "b", "c"]\n'
DEFINED = "a/src/aliases.rs::PlHashMap"


def through(c: str, more: dict[str, str] | None = None) -> str | None:
    """What `PlHashMap` means in a crate that depends on `b`, which depends on `a`."""
    package = '[package]\nname = "my-{}"\nversion = "0.1.0"\n[dependencies]\n{}\n'
    every = {
        "Cargo.toml": ROOT,
        "a/Cargo.toml": package.format("a", ""),
        "a/src/lib.rs": "pub mod aliases;\n",
        "a/src/aliases.rs": ALIAS,
        "b/Cargo.toml": package.format("b", 'my-a = { path = "../a" }'),
        "b/src/lib.rs": "pub mod prelude;\npub mod other;\npub use my_a::aliases::*;\n",
        "b/src/prelude.rs": "pub use crate::other::*;\n",
        "b/src/other.rs": "pub use my_a::aliases::*;\npub use crate::prelude::*;\n",
        "c/Cargo.toml": package.format("c", 'my-b = { path = "../b" }'),
        "c/src/lib.rs": c,
    }
    found = codebase(every | (more or {})).names.meaning("PlHashMap", "c/src/lib.rs", "")
    return found.path if found is not None else None


@pytest.mark.parametrize(
    "c",
    [
        "use my_a::aliases::*;\n",
        "use my_b::prelude::*;\n",
        "use my_b::*;\n",
        "use rayon::prelude::*;\nuse my_b::prelude::*;\n",
        "use my_b::prelude::PlHashMap;\n",
        "use my_b::PlHashMap;\n",
    ],
)
def test_a_collection_that_another_crate_hands_on(c: str) -> None:
    assert through(c) == DEFINED


@pytest.mark.parametrize(
    "c",
    ["", "use rayon::prelude::*;\n", "use my_a::*;\n", "use my_b::elsewhere::*;\n"],
)
def test_a_glob_that_brings_no_collection(c: str) -> None:
    assert through(c) is None


def test_two_collections_of_a_name_are_unknown() -> None:
    assert (
        through("use my_b::prelude::*;\n", {"a/src/lib.rs": f"pub mod aliases;\n{ALIAS}"}) is None
    )


@pytest.mark.parametrize(
    ("head", "files", "path"),
    [
        pytest.param("T", {LIB: "use crate::a::T; mod a; mod b;"}, "src/a.rs::T", id="imported"),
        pytest.param("crate::b::T", {LIB: "mod a; mod b;"}, "src/b.rs::T", id="by its path"),
        pytest.param(
            "crate::c::T", {LIB: "mod a; mod b; mod c { struct T; }"}, f"{LIB}::T", id="in"
        ),
        pytest.param("T", {LIB: "use crate::c::T; mod a; mod b; mod c;"}, None, id="handed on"),
        pytest.param(
            "T",
            {LIB: "use crate::c::T; mod a; mod b; mod c;", "src/c.rs": "pub use d::T; mod d;"}
            | {"src/c/d.rs": "pub struct T;"},
            "src/c/d.rs::T",
            id="handed on from below",
        ),
        pytest.param(
            "T",
            {LIB: "use crate::c::T; mod a; mod b; mod c { pub use self::d::T; mod d; }"}
            | {"src/c/d.rs": "pub struct T;"},
            None,
            id="handed on by a module in the file",
        ),
        pytest.param("T", {LIB: "use self::a::T; mod a; mod b;"}, "src/a.rs::T", id="from self"),
        pytest.param("T", {LIB: "use super::T; mod a; mod b;"}, None, id="above the root"),
        pytest.param("T", {LIB: "mod a; mod b;"}, None, id="not imported"),
        pytest.param(
            "crate::a::T",
            {LIB: "mod a; mod b;", "src/a.rs": "#[cfg(unix)] struct T; #[cfg(windows)] struct T;"},
            None,
            id="one for each platform",
        ),
    ],
)
def test_the_module_says_which_of_several(head: str, files: dict[str, str], path: str) -> None:
    every = {"src/a.rs": "pub struct T;", "src/b.rs": "pub struct T;", "src/c.rs": "", **files}
    assert meaning(head, every) == path


@pytest.mark.parametrize(
    ("use", "path"),
    [
        ("use super::T;", "src/a/mod.rs::T"),
        ("use super::super::b::T;", "src/b.rs::T"),
        ("use self::d::T; mod d { pub struct T; }", "src/a/c.rs::T"),
        ("use super::super::super::T;", None),
    ],
)
def test_what_a_use_says_from_where_it_stands(use: str, path: str | None) -> None:
    every = {
        LIB: "mod a; mod b;",
        "src/a/mod.rs": "mod c; pub struct T;",
        "src/b.rs": "pub struct T;",
        "src/a/c.rs": use,
    }
    assert meaning("T", every, file="src/a/c.rs") == path
