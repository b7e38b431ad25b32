"""An outline says of a file's declarations what its facts say, and asks less for it."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from rustfix_mem.rust.file import items, numbers, syntax, wraps
from rustfix_mem.rust.file.facts import Found, Outline
from rustfix_mem.rust.file.look import look, outline

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.rs") if "target" not in path.parts)


def declared(found: Outline) -> dict[str, object]:
    return {name: getattr(found, name) for name in Outline.__struct_fields__}


def test_every_file_of_the_fixtures() -> None:
    assert len(FILES) > 500
    for path in FILES:
        source = path.read_bytes()
        assert declared(outline(source)) == declared(look(source)), path


@pytest.mark.parametrize(
    "body",
    [
        "struct Inner { kept: Vec<u8> }",
        "use std::fmt::Write as _;",
        "const LIMIT: usize = 3; g(LIMIT)",
        "static ONE: OnceLock<u8> = OnceLock::new();",
        "let f = || { fn deep() -> u8 { 1 } deep() };",
        "match x { A => { enum Deep { A } } _ => {} }",
        "if let Some(x) = g(|| { use a::b; b() }) { h(x) }",
        "loop { unsafe { impl Deep for u8 { fn f() {} } } }",
        "thread_local! { static LOCAL: RefCell<u8> = const { RefCell::new(1) }; }",
        "g(vec![{ type T = u8; }]);",
        "macro_rules! inner { ($x:ident) => { $x.cache } }",
        "let x: [u8; { const N: usize = 1; N }] = [0];",
        "// use of the fn\n g()",
        "g(); // a\n/* b */ use c::d;",
        "return { mod m {} };",
    ],
)
def test_items_in_bodies(body: str) -> None:
    source = f"mod a; fn f(x: u8) -> u8 {{ {body} }} impl A {{ fn g() {{ {body} }} }}".encode()
    assert declared(outline(source)) == declared(look(source))


def test_what_is_in_a_body_is_not_copied() -> None:
    body = "let a = g(1, 2); if a { h(a.b.c); } " * 20
    source = f"fn f(x: u8) {{\n // a use of it\n {body} }} const C: u8 = {{ 1 + 2 }};".encode()
    with syntax.parsed(source) as tree:
        assert len(syntax.walk(tree.declarations)) < 20
        assert len(syntax.walk(tree.root)) > 400


@pytest.mark.parametrize("source", [b"fn f( {", b"struct", b"fn f() { let }"])
def test_what_is_not_understood(source: bytes) -> None:
    assert outline(source) == Outline(error=look(source).error)
    assert outline(source).error is not None


def looked_at_in_all_ways() -> None:
    with syntax.parsed(b"fn f() { g!(a, b); h(1, 2) }") as tree:
        tree.around([])
        tree.around([one.whole for one in tree.functions()])
        syntax.walk(tree.declarations)
        syntax.walk(tree.root)


def test_no_copy_is_left_for_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        looked_at_in_all_ways()
        left = sum(isinstance(one, syntax.Node) for one in gc.get_objects())
    finally:
        gc.enable()
    assert left == 0


def wraps_of(source: bytes) -> list[wraps.Wrap]:
    with syntax.parsed(source) as tree:
        return list(wraps.wraps(tree))


def wraps_of_all(source: bytes, monkeypatch: pytest.MonkeyPatch) -> list[wraps.Wrap]:
    """The same, of a copy of the whole tree."""
    with monkeypatch.context() as patched:
        patched.setattr(wraps, "_root", lambda tree: tree.root)
        return wraps_of(source)


def test_wraps_are_seen_in_part_of_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    for path in FILES:
        source = path.read_bytes()
        seen += len(found := wraps_of(source))
        assert found == wraps_of_all(source, monkeypatch), path
    assert seen > 40


@pytest.mark.parametrize(
    "source",
    [
        "static S: L = L::new(|| { let a = f(); let b = Arc::new(a.clone()); g(a, b) });",
        "// Arc::new(x.clone())\nfn f(x: &T) { loop { g(Rc :: new(x.clone())); } } fn g() { h() }",
        "/* Arc::new(x.clone()) */ fn f(x: &T) { g(Arc::new(x.clone())) }",
        "impl A for B { fn f(x: &T) { g(Arc::new((*x).clone())) } }",
        "fn f(x: &T) { g(Arc::new(a { b }.c.as_ref().clone())); Arc::new(x.deref::<T>().clone()) }",
        "fn f(x: &T) { loop { g(Arc /**/ :: new(x.clone())); h(Arc::new /**/ (x.clone())) } }",
        "fn f(x: &T) { loop { g(Arc::new(/**/ x.clone())); h(Arc::new(x /**/ . /**/ clone())) } }",
        "fn f(r#x: &T, é: &T) { loop { g(Arc::new(r#x.clone())); h(Arc::new(é.clone())) } }",
        "fn f(x: &T) { loop { g(Arc::new( ( /**/ *x).clone())) } }",
        "fn f(x: T) { fn g(x: &T) { h(Arc::new(x.clone())) } let i = || Arc::new(x.clone()); }",
        "fn a() {} #[cfg(test)] mod tests { fn f(x: &T) { g(Arc::new(x.clone())) } }",
        "fn f(x: &T) { m!(Arc::new(x.clone())); } const C: fn(&T) = |x| g(Rc::new(x.clone()));",
    ],
)
def test_wherever_they_stand(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wraps_of(source.encode()) == wraps_of_all(source.encode(), monkeypatch)


def test_only_functions_that_hold_wraps_are_copied() -> None:
    source = b"fn a() { let b = c(1, 2); } " * 50 + b"fn f(x: &T) { g(Arc::new(x.clone())) }"
    with syntax.parsed(source) as tree:
        copied = wraps._root(tree)
        assert copied is not None
        assert len(list(wraps.wraps(tree))) == 1
        assert len(syntax.walk(copied)) * 2 < len(syntax.walk(tree.root))


def test_a_file_without_wraps_is_not_parsed() -> None:
    source = b"fn f() { g(Arc::new(self.x.clone())) } fn g() { h(x.clone(), Arc::new(1)) }"
    with syntax.parsed(source) as tree:
        assert list(wraps.wraps(tree)) == []
        assert not tree.is_parsed


def told_of_all(source: bytes) -> Found:
    with syntax.parsed(source) as tree:
        return numbers.collect(tree.root, items.collect(tree.root))


def told(source: bytes) -> Found | None:
    with syntax.parsed(source) as tree:
        return numbers.told(tree)


def test_numbers_are_told_from_part_of_a_tree() -> None:
    found = 0
    for path in FILES:
        source = path.read_bytes()
        known = told(source)
        if known is None:
            assert look(source).error is not None, path
            continue
        assert known == told_of_all(source), path
        found += len(known.numbers) + len(known.makers) + len(known.memoised)
    assert found > 200


@pytest.mark.parametrize(
    ("source", "many"),
    [
        ("const CACHE_SIZE: usize = 10 * 1000; fn f() { g(1) }", 1),
        ("static S: L<C> = L::new(|| C::new(Config { capacity: 1000 }));", 1),
        ("impl Lru { fn new() -> Self { Self { size: 1000, other: g(1) } } }", 1),
        ("impl Lru { fn new() -> X { const SIZE: usize = 1000; g(SIZE) } fn g() { h(1) } }", 1),
        ("impl A { const MAX_AGE: u64 = 1000; fn f() { g(1) } }", 1),
        ("trait A { const TTL: u64 = 60; fn f() { g(1) } }", 1),
        ("fn f() { fn cached_entries() -> u64 { 1000 } g(1) }", 1),
        ("struct A; #[cached(\n size = 10)] fn f() -> u8 { g(1) } fn h() { f() }", 2),
        ("fn f() { g(1) } fn h() { moka::Cache::builder().build() }", 1),
        ("fn f() { let c = LruCache::unbounded(); } fn g() { lru(h) }", 1),
        ("fn f() { g(1) } fn h() { LruMap::new(Unlimited) }", 1),
        ("m! { const CACHE_SIZE: usize = 10; }", 0),
    ],
)
def test_wherever_a_number_stands(source: str, many: int) -> None:
    found = told(source.encode())
    assert found == told_of_all(source.encode())
    assert found is not None
    assert len(found.numbers) + len(found.makers) + len(found.memoised) == many


def test_a_file_that_is_not_understood_is_not_told_of() -> None:
    assert told(b"fn f( { CACHE_SIZE = 1000") is None
