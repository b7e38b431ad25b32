from __future__ import annotations

import pytest

from rustfix_mem.codebase import Codebase
from rustfix_mem.looker import Looker
from rustfix_mem.rust.file import skim
from rustfix_mem.rust.whole.types import (
    FAMILIES,
    Collection,
    collections,
    hazards,
    is_clone,
    is_finite,
)

X = '[package]\nname = "x"\nedition = "2021"\n[dependencies]\nindexmap = "2"\ndashmap = "6"\n'
X += 'nohash-hasher = "0.2"\nalloy-primitives = "1"\n'
LIB = "src/lib.rs"
STD = (
    "use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};\n"
    "use std::sync::{Arc, LazyLock, Mutex, OnceLock, RwLock};\n"
)


def codebase(source: str, **files: str) -> Codebase:
    rust = {LIB: source.encode()}
    rust |= {f"src/{name}.rs": text.encode() for name, text in files.items()}
    return Codebase(rust, {"Cargo.toml": X.encode()}, Looker(1))


def kept(source: str) -> list[Collection]:
    return list(collections(LIB, codebase(source)))


def spoken(found: Collection) -> str:
    value = f" {found.value}" if found.value is not None else ""
    return f"{found.item} {found.family} {found.key}{value}"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("struct A { m: HashMap<K, V> }", "A.m hash-map K V", id="field"),
        pytest.param("struct A { m: BTreeMap<K, V> }", "A.m btree-map K V", id="btree"),
        pytest.param("struct A { m: HashSet<K> }", "A.m hash-set K", id="set"),
        pytest.param("struct A { m: BTreeSet<K> }", "A.m btree-set K", id="btree set"),
        pytest.param("struct A(HashMap<K, V>);", "A.0 hash-map K V", id="tuple struct"),
        pytest.param(
            "struct A(u8, pub HashMap<K, V>);", "A.1 hash-map K V", id="second of a tuple"
        ),
        pytest.param("struct A<K, V> { m: HashMap<K, V> }", "A.m hash-map K V", id="generic"),
        pytest.param("struct A { m: HashMap<K, V, S> }", "A.m hash-map K V", id="hasher"),
        pytest.param("struct A { r#type: HashMap<K, V> }", "A.r#type hash-map K V", id="raw"),
        pytest.param("struct A { m: Mutex<HashMap<K, V>> }", "A.m hash-map K V", id="lock"),
        pytest.param("struct A { m: Arc<RwLock<HashMap<K, V>>> }", "A.m hash-map K V", id="Arc"),
        pytest.param("struct A { m: Option<HashMap<K, V>> }", "A.m hash-map K V", id="option"),
        pytest.param("struct A { m: &'static HashMap<K, V> }", "A.m hash-map K V", id="reference"),
        pytest.param(
            "struct A { m: std::collections::HashMap<K, V> }", "A.m hash-map K V", id="full path"
        ),
        pytest.param(
            "use std::collections::HashMap as Map; struct A { m: Map<K, V> }",
            "A.m hash-map K V",
            id="renamed",
        ),
        pytest.param(
            "type M = HashMap<u8, String>; struct A { m: Mutex<M> }",
            "A.m hash-map u8 String",
            id="alias",
        ),
        pytest.param(
            "type M = N; type N = Arc<Mutex<HashMap<u8, String>>>; struct A { m: M }",
            "A.m hash-map u8 String",
            id="alias of an alias",
        ),
        pytest.param(
            "use indexmap::IndexMap; struct A { m: IndexMap<K, V> }",
            "A.m index-map K V",
            id="index",
        ),
        pytest.param(
            "use dashmap::DashMap; struct A { m: DashMap<K, V> }", "A.m dash-map K V", id="dash"
        ),
        pytest.param(
            "static M: LazyLock<Mutex<HashMap<K, V>>> = x();", "M hash-map K V", id="static"
        ),
        pytest.param(
            "fn f() { static M: OnceLock<Mutex<HashMap<K, V>>> = x(); }",
            "M hash-map K V",
            id="static of a function",
        ),
        pytest.param(
            "use std::cell::RefCell; thread_local! { static M: RefCell<HashMap<K, V>> = x(); }",
            "M hash-map K V",
            id="thread_local",
        ),
        pytest.param(
            "lazy_static! { static ref M: Mutex<HashMap<K, V>> = x(); }",
            "M hash-map K V",
            id="lazy",
        ),
        pytest.param("struct A { m: HashMap<K, Vec<V>> }", "A.m hash-map K Vec<V>", id="of lists"),
        pytest.param(
            "use nohash_hasher::IntMap; struct A { m: IntMap<K, V> }", "A.m hash-map K V", id="int"
        ),
        pytest.param(
            "use alloy_primitives::map as a; struct A { m: a::HashSet<K> }",
            "A.m hash-set K",
            id="alloy",
        ),
    ],
)
def test_collections(source: str, found: str) -> None:
    assert [spoken(one) for one in kept(STD + source)] == [found]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(STD + "struct A { m: Vec<K> }", id="list"),
        pytest.param(STD + "struct A { m: Vec<HashMap<K, V>> }", id="list of maps"),
        pytest.param(STD + "struct A { m: (HashMap<K, V>, u8) }", id="tuple of a map"),
        pytest.param(STD + "struct A { m: fn() -> HashMap<K, V> }", id="function"),
        pytest.param(STD + "enum A { M(HashMap<K, V>) }", id="enum"),
        pytest.param(STD + "struct A { m: LruCache<K, HashMap<K, V>> }", id="value of another"),
        pytest.param(STD + "const M: HashMap<K, V> = x();", id="const"),
        pytest.param(STD + "fn f(m: HashMap<K, V>) { let n: HashMap<K, V> = m; }", id="local"),
        pytest.param(STD + "trait T { type M; }", id="associated type"),
        pytest.param("struct HashMap<K, V>(K, V); struct A { m: HashMap<K, V> }", id="our HashMap"),
        pytest.param("struct A { m: HashMap<K, V> }", id="not imported"),
        pytest.param("use other::HashMap; struct A { m: HashMap<K, V> }", id="another HashMap"),
        pytest.param("use im::HashMap; struct A { m: Mutex<HashMap<K, V>> }", id="immutable map"),
        pytest.param(STD + "type M = M; struct A { m: M }", id="alias of itself"),
        pytest.param(STD + "type M = N; type N = M; struct A { m: M }", id="aliases in a ring"),
        pytest.param(STD + "// struct A { m: HashMap<K, V> }", id="comment"),
        pytest.param(STD + "fn f( {", id="not understood"),
    ],
)
def test_no_collections(source: str) -> None:
    assert kept(source) == []


@pytest.mark.parametrize(
    ("source", "borrowed"),
    [
        ("struct A<'a> { m: HashMap<&'a str, V> }", True),
        ("struct A<'a> { m: &'a mut HashMap<K, V> }", True),
        ("struct A<'a> { m: HashMap<K, V>, n: &'a str }", True),
        ("struct A { m: HashMap<&'static str, V> }", False),
        ("struct A { m: &'static HashMap<K, V> }", False),
        ("struct A<T: 'static> { m: HashMap<K, T> }", False),
        ("struct A { m: HashMap<K, V> }", False),
    ],
)
def test_what_borrows(source: str, borrowed: bool) -> None:
    assert [one.borrowed for one in kept(STD + source)] == [borrowed]


def test_two_types_of_one_name_in_two_modules() -> None:
    found = kept(STD + "mod a { pub struct S { m: super::HashMap<K, V> } }\nstruct S { m: u8 }")
    assert [one.module for one in found] in (["a"], [])


def test_an_alias_from_another_file() -> None:
    source = "mod a; use a::M; struct A { m: M }"
    found = collections(LIB, codebase(source, a=STD + "pub type M = HashMap<u8, String>;"))
    assert [spoken(one) for one in found] == ["A.m hash-map u8 String"]


def key(source: str) -> tuple[Collection, Codebase]:
    files = codebase(STD + source)
    return next(iter(collections(LIB, files))), files


@pytest.mark.parametrize(
    ("written", "finite"),
    [
        ("bool", True),
        ("u8", True),
        ("Option<bool>", True),
        ("(bool, u8)", True),
        ("Level", True),
        ("Option<Level>", True),
        ("(Level, Level)", True),
        ("&'static str", True),
        ("Wrapped", True),
        ("Alias", True),
        ("(u8, u8)", False),
        ("String", False),
        ("u16", False),
        ("u64", False),
        ("Shape", False),
        ("(Level, String)", False),
        ("Option<String>", False),
        ("Unknown", False),
        ("Recursive", False),
        ("PathBuf", False),
        ("[u8; 32]", False),
    ],
)
def test_few_keys(written: str, finite: bool) -> None:
    types = (
        "enum Level { Low, High }\nenum Shape { A(String), B }\nstruct Wrapped(bool, Level);\n"
        "type Alias = Option<u8>;\nstruct Recursive(Box<Recursive>);\n"
    )
    found, files = key(f"{types}struct A {{ m: HashMap<{written}, V> }}")
    assert is_finite(found.key, found.path, found.module, files) is finite


@pytest.mark.parametrize(
    ("written", "acts", "mutable", "unknown", "tickets"),
    [
        ("String", (), (), (), ()),
        ("Vec<Option<u8>>", (), (), (), ()),
        ("Arc<str>", (), (), (), ()),
        ("(u8, String)", (), (), (), ()),
        ("Plain", (), (), (), ()),
        ("Color", (), (), (), ()),
        ("Option<JoinHandle<()>>", ("JoinHandle",), (), (), ()),
        ("Option<Sender<u8>>", ("Sender",), (), (), ()),
        ("Arc<Mutex<u8>>", (), ("Mutex",), (), ()),
        ("AtomicU64", (), ("AtomicU64",), (), ()),
        ("Guarded", ("Guarded",), (), (), ()),
        ("tonic::transport::Channel", ("Channel",), (), (), ()),
        ("opendal::Operator", ("Operator",), (), (), ()),
        ("Holder", ("Child",), (), (), ()),
        ("Deep", ("Child",), (), (), ()),
        ("Either", ("File",), (), (), ()),
        ("Alias", ("TempDir",), (), (), ()),
        ("Box<dyn Plugin>", (), (), ("dyn Plugin",), ()),
        ("Foreign", (), (), ("Foreign",), ()),
        ("fn(u8)", (), (), ("fn",), ()),
        ("NodeId", (), (), ("NodeId",), ("NodeId",)),
        ("SlotKey", (), (), (), ("SlotKey",)),
        ("Ring", (), (), (), ()),
    ],
)
def test_what_a_value_may_do(
    written: str,
    acts: tuple[str, ...],
    mutable: tuple[str, ...],
    unknown: tuple[str, ...],
    tickets: tuple[str, ...],
) -> None:
    types = (
        "struct Plain { a: u8, b: Vec<String> }\nenum Color { Red, Blue }\n"
        "struct Guarded(u8);\nimpl Drop for Guarded { fn drop(&mut self) {} }\n"
        "struct Holder { c: Option<Child> }\nstruct Deep { h: Vec<Holder> }\n"
        "enum Either { A(String), B { f: File } }\ntype Alias = Arc<TempDir>;\n"
        "struct SlotKey(u64);\nstruct Ring { next: Option<Box<Ring>> }\n"
    )
    found, files = key(f"{types}struct A {{ m: HashMap<String, {written}> }}")
    assert found.value is not None
    said = hazards(found.value, found.path, found.module, files)
    assert (said.acts, said.mutable, said.tickets) == (acts, mutable, tickets)
    assert bool(said.unknown) is bool(unknown)


@pytest.mark.parametrize(
    ("written", "clone"),
    [
        ("String", True),
        ("u8", True),
        ("&'static str", True),
        ("(String, u8)", True),
        ("Arc<str>", True),
        ("Vec<String>", True),
        ("Derived", True),
        ("Written", True),
        ("Neither", False),
        ("Vec<Neither>", False),
        ("Foreign", False),
        ("T", False),
        ("Box<dyn Plugin>", False),
    ],
)
def test_what_surely_clones(written: str, clone: bool) -> None:
    types = (
        "#[derive(Clone)] struct Derived;\nstruct Written;\n"
        "impl Clone for Written { fn clone(&self) -> Self { Written } }\nstruct Neither;\n"
    )
    found, files = key(f"{types}struct A<T> {{ m: HashMap<{written}, u8>, t: T }}")
    assert is_clone(found.key, found.path, found.module, files) is clone


def test_a_name_of_a_collection_ends_as_text_is_searched_for() -> None:
    assert all(name.endswith(skim.NAMES) for name in FAMILIES)
