"""What is looked for about some words is what a look at the whole file finds about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.file import items, syntax
from rustfix_mem.rust.file.constructions import constructions
from rustfix_mem.rust.file.look import about, look, made, outline

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import Construction, Deeds, FileFacts, Mention

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.rs") if "target" not in path.parts)


def named(found: Deeds | FileFacts, word: str) -> list[Mention]:
    return [mention for mention in found.mentions if mention.place.name == word]


def test_mentions_and_who_hands_out_in_every_fixture() -> None:
    seen = 0
    for path in FILES:
        source = path.read_bytes()
        whole = look(source)
        for word in sorted({mention.place.name for mention in whole.mentions})[:4]:
            part = about(source, (word,))
            assert named(part, word) == named(whole, word), (path, word)
            handed = [one for one in whole.accessors if one.place.name == word]
            assert [one for one in part.accessors if one.place.name == word] == handed, path
            seen += 1
    assert seen > 1000


def made_in_all(source: bytes, words: frozenset[str]) -> tuple[Construction, ...]:
    """The same, of a copy of the whole tree."""
    with syntax.parsed(source) as tree:
        functions = enumerate(items.collect(tree.root).functions)
        return tuple(one for at, fn in functions for one in constructions(fn, at, words))


def test_what_is_made_in_every_fixture() -> None:
    seen = 0
    for path in FILES:
        source = path.read_bytes()
        known = outline(source)
        if known.error is not None:
            continue
        words = frozenset(one.name for one in known.types)
        found = made(source, words)
        assert found == made_in_all(source, words), path
        seen += len(found)
    assert seen > 200


def test_functions_are_counted_alike() -> None:
    for path in FILES:
        source = path.read_bytes()
        known = outline(source)
        with syntax.parsed(source) as tree:
            if known.error is None:
                counted = [one.whole for one in tree.functions()]
                assert counted == [fn.span for fn in known.fns], path


DEEP = "fn deep() -> usize { CACHE.lock().insert(1, 2); 3 } deep()"


@pytest.mark.parametrize(
    "source",
    [
        "struct S { a: [u8; { DEEP }] } fn f() { CACHE.lock().insert(1, 2) }",
        "struct S<const N: usize = { DEEP }>; fn f() { CACHE.lock().insert(1, 2) }",
        "enum E { A = { DEEP }, B } fn f() { CACHE.lock().insert(1, 2) }",
        "type T = [u8; { DEEP }]; fn f() { CACHE.lock().insert(1, 2) }",
        "fn g(a: [u8; { DEEP }]) -> u8 { 1 } fn f() { CACHE.lock().insert(1, 2) }",
        "fn g() -> [u8; { DEEP }] { h() } fn f() { CACHE.lock().insert(1, 2) }",
        "trait A { fn g(a: [u8; { DEEP }]); fn f() { CACHE.lock().insert(1, 2) } }",
        "impl A<{ DEEP }> for B { fn f() { CACHE.lock().insert(1, 2) } }",
        'extern "C" { fn g(a: [u8; { DEEP }]); } fn f() { CACHE.lock().insert(1, 2) }',
        "let x = { DEEP }; fn f() { CACHE.lock().insert(1, 2) }",
        "static X: [u8; { DEEP }] = { DEEP }; fn f() { CACHE.lock().insert(1, 2) }",
        "const X: usize = { DEEP }; fn f() { CACHE.lock().insert(1, 2) }",
        "m! { fn g() { h() } } fn f() { CACHE.lock().insert(1, 2) }",
        "macro_rules! m { () => { fn g() { h() } } } fn f() { CACHE.lock().insert(1, 2) }",
        "fn g() { h(|| { DEEP }); if a { DEEP } } fn f() { CACHE.lock().insert(1, 2) }",
        "fn g() { m!(fn h() {}); mod n { fn i() { DEEP } } } fn f() { CACHE.lock().insert(1, 2) }",
    ],
)
def test_functions_in_odd_places_are_counted(source: str) -> None:
    written = source.replace("DEEP", DEEP).encode()
    whole, known = look(written), outline(written)
    assert whole.error is None
    with syntax.parsed(written) as tree:
        counted = [one.whole for one in tree.functions()]
    assert [fn.span for fn in whole.fns] == [fn.span for fn in known.fns] == counted
    part = about(written, ("CACHE",))
    assert named(part, "CACHE") == named(whole, "CACHE")
    assert [known.fns[one.fn].name for one in part.mentions][-1] == "f"


def test_only_functions_with_a_word_are_copied() -> None:
    other = "fn other(x: Vec<u8>) -> u8 { let b = g(1, 2); b }\n"
    source = f"use a::b::{{c, d}}; struct S {{ a: A, b: B }} {other * 50} impl S {{ {other * 50}"
    source += "fn f(&mut self) { self.cache.insert(1, 2); } }"
    with syntax.parsed(source.encode()) as tree:
        (kept,) = [one.whole for one in tree.functions() if one.name == b"f"]
        copied = syntax.walk(tree.only([kept]))
    assert len(copied) < 150
    (function,) = about(source.encode(), ("cache",)).mentions
    assert function.fn == 100
    assert function.place.root == "S"


@pytest.mark.parametrize(
    ("answer", "lends"),
    [
        ("&T", True),
        ("Option<&'a mut T>", True),
        ("std::sync::MutexGuard<'_, T>", True),
        ("Arc<T>", True),
        ("Referee", False),
        ("Guardian<T>", False),
        ("impl Fn(&T) -> u8", False),
        ("Vec<T>", False),
    ],
)
def test_a_call_with_arguments_is_followed_if_it_lends(answer: str, lends: bool) -> None:
    """What a function answers is known although its declaration is not copied."""
    source = f"""
        impl A {{
            fn kept(&self, key: u8) -> {answer} {{ todo!() }}
            fn f(&self) {{ self.kept(1).insert(1, 2); }}
        }}""".encode()
    found = [one for one in about(source, ("kept",)).mentions if one.place.path == ("kept()",)]
    assert bool(found) is lends
    assert named(look(source), "kept") == named(about(source, ("kept",)), "kept")
