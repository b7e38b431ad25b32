from __future__ import annotations

import pytest

from rustfix_mem.codebase import Codebase
from rustfix_mem.looker import Looker
from rustfix_mem.rust.file import look
from rustfix_mem.rust.whole.lifetimes import Life, life_of
from rustfix_mem.rust.whole.types import collections

X = b'[package]\nname = "x"\nedition = "2021"\n'
HEAD = "use std::collections::HashMap;\nuse std::sync::{Arc, LazyLock, Mutex};\n"
OWNER = HEAD + "pub struct Cache { entries: HashMap<K, V> }\n"
OUT = "impl Cache { pub fn new() -> Self { Cache { entries: m() } } }\n"
PLUGIN = "impl Plugin for Cache { async fn new(of: Of) -> R<Self> { Ok(Cache { entries: m() }) } }"


def life(source: str, root: str = "src/lib.rs", **files: str) -> Life:
    rust = {root: source.encode()}
    rust |= {f"src/{name}.rs": text.encode() for name, text in files.items()}
    codebase = Codebase(rust, {"Cargo.toml": X}, Looker(1))
    return life_of(next(iter(collections(root, codebase))), codebase)


@pytest.mark.parametrize(
    ("more", "span", "sure"),
    [
        pytest.param("static C: LazyLock<Mutex<Cache>> = x();", "long", True, id="static"),
        pytest.param(
            "thread_local! { static C: RefCell<Cache> = x(); }", "long", True, id="thread_local"
        ),
        pytest.param(
            "fn f() { static C: OnceLock<Cache> = x(); }", "long", True, id="in a function"
        ),
        pytest.param(
            "struct App { c: Arc<Cache> } static A: LazyLock<App> = x();", "long", True, id="holder"
        ),
        pytest.param(
            "struct B { c: Cache } struct D { b: Vec<B> } static E: LazyLock<D> = x();",
            "long",
            True,
            id="holder of a holder",
        ),
        pytest.param("fn main() { let c = Cache::new(); c.go(); }", "long", False, id="main"),
        pytest.param(
            "fn serve() { let mut c = Cache::new(); loop { c.go(); } }", "long", False, id="loop"
        ),
        pytest.param(
            "fn draw(n: u8) { let mut c = Cache::new(); for _ in 0..n { loop { if c.go() { break; }"
            " } } }",
            "short",
            False,
            id="loop that computes",
        ),
        pytest.param(
            "fn serve() { let mut c = Cache::new(); loop { match poll_event() { Quit => return,"
            " it => c.go(it) } } }",
            "long",
            False,
            id="loop that waits",
        ),
        pytest.param(
            "async fn serve() { let mut c = Cache::new(); loop { select! { it = next() => c.go(it),"
            " _ = gone() => break } } }",
            "long",
            False,
            id="loop that selects",
        ),
        pytest.param(
            "fn f() { spawn(move || { let mut c = Cache::new(); loop { c.go(); } }); }",
            "long",
            False,
            id="loop of a thread",
        ),
        pytest.param(
            "fn f() { run(move || { let mut c = Cache::new(); loop { c.go(); } }); }",
            "short",
            False,
            id="loop of a closure",
        ),
        pytest.param("fn f() { spawn(Cache::new()); }", "long", False, id="spawned"),
        pytest.param("fn f() { Actor::spawn(Cache::new()); }", "unknown", False, id="an actor"),
        pytest.param("fn f() { dry_run(Cache::new()); }", "unknown", False, id="a dry run"),
        pytest.param("fn f() { app.run(Cache::new()); }", "unknown", False, id="run somewhere"),
        pytest.param("fn main() { app.run(Cache::new()); }", "long", False, id="run by main"),
        pytest.param(
            "fn main() { for a in args() { let c = Cache::new(); c.go(); } }",
            "short",
            False,
            id="for each in main",
        ),
        pytest.param(
            "fn serve() { loop { let c = Cache::new(); loop { c.go(); } } }",
            "short",
            False,
            id="for each round",
        ),
        pytest.param(
            "fn go() { let c = Cache::new(); c.go(); } fn main() { a(); go(); }",
            "long",
            False,
            id="asked once by main",
        ),
        pytest.param(
            "fn go() { let c = Cache::new(); c.go(); } fn main() { for a in b { go(); } }",
            "short",
            False,
            id="asked often by main",
        ),
        pytest.param(
            "fn go() { let c = Cache::new(); c.go(); } fn main() { a(|| go()); }",
            "short",
            False,
            id="asked by a closure",
        ),
        pytest.param(
            "fn go() { let c = Cache::new(); c.go(); } fn main() { go(); } fn f() { go(); }",
            "short",
            False,
            id="asked elsewhere",
        ),
        pytest.param(
            "fn go() { let c = Cache::new(); c.go(); } fn main() { go(); a(go); }",
            "short",
            False,
            id="handed on",
        ),
        pytest.param("fn f() { let c = Cache::new(); c.go(); }", "short", False, id="per call"),
        pytest.param(
            "fn f() { let c = Cache::new(); g(&c); h(&mut c); }", "short", False, id="lent"
        ),
        pytest.param("fn f() { Cache::new().go(); }", "short", False, id="temporary"),
        pytest.param("fn f() -> Cache { Cache::new() }", "unknown", False, id="returned"),
        pytest.param(f"{PLUGIN}fn f() {{}}", "unknown", False, id="by a trait"),
        pytest.param(
            f'{PLUGIN}register_plugin!("x", "y", Cache);', "likely", False, id="registered"
        ),
        pytest.param(f'{PLUGIN}register!("x", Caches);', "unknown", False, id="another registered"),
        pytest.param("fn f() { let c = Cache::new(); g(c); }", "unknown", False, id="moved"),
        pytest.param(
            "fn f() { g(Arc::new(Mutex::new(Cache::new()))); }", "unknown", False, id="Arc"
        ),
        pytest.param(
            "fn f() { let c = Cache::new(); A { c: Arc::new(c) } } struct A { c: Arc<Cache> }",
            "unknown",
            False,
            id="a local put into a field",
        ),
        pytest.param(
            "fn f(c: Cache) -> A { let c = Cache::new(); A { c } } struct A { c: Cache }"
            " static S: LazyLock<A> = x();",
            "long",
            True,
            id="a local put into a field of its name",
        ),
        pytest.param("fn f(e: E) { e.register(1, Cache::new()); }", "likely", False, id="kept"),
        pytest.param("fn f(e: E) { e.push(Cache::new().boxed()); }", "likely", False, id="boxed"),
        pytest.param(
            "fn f(e: E) { let c = Arc::new(Cache::new()); e.add_layer::<C>(c); }",
            "likely",
            False,
            id="a local kept",
        ),
        pytest.param("fn f(e: E) { e.address(Cache::new()); }", "unknown", False, id="not kept"),
        pytest.param("pub fn f() -> Cache { Cache::new() }", "likely", False, id="for others"),
        pytest.param(
            "pub fn f() -> Cache { Cache::new() } #[test] fn t() { f(); }",
            "likely",
            False,
            id="for others, tested",
        ),
        pytest.param(
            "pub fn f() -> Cache { Cache::new() } fn g() { f(); }", "unknown", False, id="asked for"
        ),
        pytest.param(
            "pub fn f() -> Box<dyn T> { Box::<Cache>::default() }",
            "likely",
            False,
            id="by type for others",
        ),
        pytest.param(
            "struct ToolRegistry { c: Cache } fn f() { g(ToolRegistry::new()); }",
            "likely",
            False,
            id="kept by what is named as long-lived",
        ),
        pytest.param(
            "struct RegistryRequest { c: Cache } fn f() { g(RegistryRequest::new()); }",
            "unknown",
            False,
            id="kept by what is named after something long-lived",
        ),
        pytest.param(
            "impl Default for Cache { fn default() -> Self { x() } }"
            " impl Part for Cache { fn go(&self) {} }",
            "unknown",
            False,
            id="by a type parameter",
        ),
        pytest.param(
            "impl Default for Cache { fn default() -> Self { x() } }"
            " impl Clone for Cache { fn clone(&self) -> Self { x() } }",
            "unused",
            False,
            id="by no type parameter",
        ),
        pytest.param(
            "impl Part for Cache { fn go(&self) {} }", "unused", False, id="without a default"
        ),
        pytest.param("", "unused", False, id="never made"),
        pytest.param("#[test] fn f() { Cache::new(); }", "unused", False, id="only tests"),
        pytest.param(
            "#[cfg(test)] static C: LazyLock<Cache> = x();", "unused", False, id="static for tests"
        ),
        pytest.param("const C: Option<Cache> = None;", "unused", False, id="const"),
        pytest.param(
            "static A: LazyLock<App> = LazyLock::new(|| App::of(m::Cache::new()));",
            "likely",
            False,
            id="made in a static",
        ),
        pytest.param(
            "fn f() -> Box<dyn T> { Box::<Cache>::default() }", "unknown", False, id="by type"
        ),
        pytest.param("fn f() { all(vec![Cache::new()]) }", "unknown", False, id="in a macro"),
        pytest.param("impl Cache { fn f() { Cache::new(); } }", "unused", False, id="by itself"),
        pytest.param("fn f(c: &Cache) -> Option<Cache> { None }", "unused", False, id="only named"),
        pytest.param(
            "struct A { b: Box<B>, c: Cache } struct B { a: A }", "unknown", False, id="ring"
        ),
    ],
)
def test_how_long_it_lives(more: str, span: str, sure: bool) -> None:
    found = life(f"{OWNER}{OUT}{more}")
    assert (found.span, found.sure) == (span, sure)
    assert found.because


def test_a_static_collection_lives_as_long_as_the_program() -> None:
    found = life(HEAD + "static C: LazyLock<Mutex<HashMap<K, V>>> = x();")
    assert found == Life("long", "`C` lives as long as the program", sure=True)


BORROWER = HEAD + "pub struct Cache<'a> { entries: HashMap<K, V>, of: &'a str }\n"


@pytest.mark.parametrize(
    ("more", "span"),
    [
        ("fn main() { let c = Cache::new(&args); c.go(); }", "long"),
        ("fn main() { let a = App::new(); a.go(); } struct App<'a> { c: Cache<'a> }", "long"),
        ("fn f() { spawn(Cache::new()); }", "long"),
        ("fn f(text: &str) { let mut c = Cache::new(text); loop { c.go(); } }", "unknown"),
        ("fn f() { let a = App::new(); a.go(); } struct App<'a> { c: Cache<'a> }", "short"),
        ("fn f() { g(App::new()); } struct App<'a> { c: Cache<'a> }", "short"),
    ],
)
def test_what_borrows_lives_as_long_as_who_keeps_it(more: str, span: str) -> None:
    assert life(BORROWER + more, "src/main.rs").span == span


def test_of_a_library_nobody_asks_who_keeps_what_borrows() -> None:
    more = "fn main() { let a = App::new(); a.go(); } struct App<'a> { c: Cache<'a> }"
    found = life(BORROWER + more)
    assert (found.span, "no longer than what it borrows" in found.because) == ("short", True)


WORKERS = {
    "likely": [
        "fn f(rx: Receiver<J>) { MADE while let Ok(job) = rx.recv() { c.go(job); } }",
        "fn f(mut rx: R) { MADE while let Some(job) = rx.recv().await { c.go(job); } }",
        "fn f(&self) { MADE while let Ok(job) = self.jobs.recv() { c.go(job); } }",
        "fn f(jobs: Receiver<J>) { MADE for job in jobs { c.go(job); } }",
        "fn f(jobs: &Receiver<J>) { MADE for job in jobs.iter() { c.go(job); } }",
        "fn f(&self) { MADE for job in &self.job_rx { c.go(job); } }",
        "fn f() { PAIR spawn(move || { MADE while let Ok(job) = rx.recv() { c.go(job); } }); }",
        "fn f() { PAIR go(async move { MADE while let Ok(a) = rx.recv().await { c.go(a); } }); }",
        "fn f() { PAIR spawn(move || { MADE for job in rx { c.go(job); } }); }",
    ],
    "unknown": ["fn f(s: impl Stream) { MADE while let Some(a) = s.next().await { c.go(a); } }"],
    "short": [
        "fn f() { PAIR MADE while let Ok(job) = rx.recv() { c.go(job); } }",
        "fn f() { PAIR MADE for job in rx { c.go(job); } }",
        "fn f(jobs: Vec<J>) { MADE for job in jobs { c.go(job); } }",
        "fn f(jobs: &[J]) { MADE for job in jobs.iter() { c.go(job); } }",
        "fn f(jobs: I) { MADE while let Some(job) = jobs.next() { c.go(job); } }",
        "fn f(rx: Receiver<J>) { while let Ok(job) = rx.recv() { MADE c.go(job); } }",
        "fn f(rx: Receiver<J>) { for job in rx.iter() { go(job); } MADE c.go(); }",
    ],
}


@pytest.mark.parametrize(
    ("span", "source"), [(span, source) for span, sources in WORKERS.items() for source in sources]
)
def test_what_a_worker_makes_lives_while_others_send(span: str, source: str) -> None:
    source = source.replace("PAIR", "let (tx, rx) = channel();")
    found = life(OWNER + OUT + source.replace("MADE", "let mut c = Cache::new();"))
    assert (found.span, "built per call" in found.because) == (span, span == "short")


@pytest.mark.parametrize(
    ("holder", "span"),
    [
        pytest.param("struct View<'a> { c: &'a mut Cache }", "unused", id="borrows it"),
        pytest.param("struct View<'a> { c: Option<&'a Cache> }", "unused", id="perhaps"),
        pytest.param(
            "struct View { c: &'static Cache } static V: LazyLock<View> = x();", "long", id="static"
        ),
        pytest.param(
            "struct View<'a> { c: &'a Cache } struct App { c: Cache }"
            " static A: LazyLock<App> = x();",
            "long",
            id="another keeps it",
        ),
    ],
)
def test_who_borrows_it_does_not_keep_it(holder: str, span: str) -> None:
    assert life(f"{OWNER}{holder}", "src/main.rs").span == span


@pytest.mark.parametrize(
    ("other", "span"),
    [
        pytest.param("pub static C: LazyLock<crate::Cache> = x();", "long", id="path"),
        pytest.param("use crate::Cache; static C: LazyLock<Cache> = x();", "long", id="import"),
        pytest.param("struct Cache; static C: LazyLock<Cache> = x();", "unused", id="a namesake"),
        pytest.param("// static C: LazyLock<Cache> = x();", "unused", id="comment"),
    ],
)
def test_another_file(other: str, span: str) -> None:
    assert life(f"mod other;\n{OWNER}{OUT}", other=other).span == span


def test_a_file_that_rustc_never_sees_keeps_nothing() -> None:
    found = life(f"{OWNER}{OUT}", other="static C: LazyLock<crate::Cache> = x();")
    assert found.span == "unused"


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("let c = Cache::new(); c.go();", [("Cache", "local", False)]),
        ("let c = Cache { a: 1 }; c.go();", [("Cache", "local", False)]),
        ("let c = Cache::default(); drop(c);", [("Cache", "moved", False)]),
        ("let c = Cache::new(); c.go(); c.inner.part", [("Cache", "moved", False)]),
        ("let c = Cache::new(); return c.part;", [("Cache", "moved", False)]),
        ("let c = Cache::new(); d.go(c.part);", [("Cache", "local", False)]),
        ("let c = Cache::new(); c.part.go()", [("Cache", "local", False)]),
        (
            "let c = Cache::new(); App { c }.go();",
            [("Cache", "field:App", False), ("App", "local", False)],
        ),
        ("let c = Cache::new(); e.insert(1, c);", [("Cache", "kept", False)]),
        ("e.insert(1, Cache::new().go());", [("Cache", "local", False)]),
        ("let c = x::Cache::with_capacity(1); &c;", [("x::Cache", "moved", False)]),
        ("Cache::new()", [("Cache", "returned", False)]),
        ("return Cache::new();", [("Cache", "returned", False)]),
        ("App { c: Cache::new() };", [("App", "local", False), ("Cache", "field:App", False)]),
        ("thread::spawn(Cache::new());", [("Cache", "spawned", True)]),
        ("cache::new();", []),
        ("Cache::get();", []),
        ("Self::new();", []),
    ],
)
def test_what_becomes_of_a_value(body: str, made: list[tuple[str, str, bool]]) -> None:
    found = look.made(f"impl A {{ fn f() {{ {body} }} }}".encode(), ("App", "Cache"))
    assert [(one.type, one.fate, one.long) for one in found] == made
