from __future__ import annotations

import pytest

from rustfix_mem.rust.whole import words as words_module
from rustfix_mem.rust.whole.words import WORTH_PLACES, Words


@pytest.mark.parametrize(
    ("source", "stands"),
    [
        (b"self.cache.get(k)", True),
        (b"self\n    .cache\n    .get(k)", True),
        (b"self. /* why */ cache.get(k)", True),
        (b"self. // why\n cache.get(k)", True),
        (b"let Self { cache, .. } = self;", True),
        (b"let Self { size, ref mut cache } = self;", True),
        (b"let Self { #[cfg(x)] cache, .. } = self;", True),
        (b"log!(self.cache)", True),
        (b"self." + b" " * 300 + b"cache", True),
        (b"self.cache()", False),
        (b"cache!(x)", False),
        (b"let cache = 1;", False),
        (b"f(a, cache)", False),
        (b"use crate::cache;", False),
        (b"mod x { cache::go() }", False),
        (b"self.caches.get(k)", False),
        (b"self.my_cache.get(k)", False),
    ],
)
def test_where_a_name_may_be_a_field(source: bytes, stands: bool) -> None:
    assert Words({"a.rs": source}).is_field("a.rs", "cache") is stands


@pytest.mark.parametrize(
    ("word", "stands"),
    [("cache", True), ("caches", False), ("0", True), ("r#type", True), ("größe", True)],
)
def test_whole_words(word: str, stands: bool) -> None:
    words = Words({"a.rs": "self.cache.0; r#type; größe".encode()})
    assert bool(words.files_with(word)) is stands


SOURCES = {
    "b.rs": "self.cache.0; r#type; größe".encode(),
    "a.rs": b"cache",
    "c.rs": b"my_cache caches r#types gr",
    "d.rs": b"// no (cache)",
}


@pytest.mark.parametrize("word", ["cache", "caches", "0", "r#type", "größe", "gr", "self", "none"])
def test_the_index_answers_what_a_search_does(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, some = Words(SOURCES), ["d.rs", "b.rs"]
    monkeypatch.setattr(words_module, "BUCKETS", 2)  # so that words share them
    monkeypatch.setattr(words_module, "WORTH_AN_INDEX", -1)
    indexed = Words(SOURCES)
    assert indexed.among(word, "some", some) == searched.among(word, "some", some)
    assert indexed.files_with(word) == searched.files_with(word)
    assert word in indexed.asked


def test_the_index_is_made_when_much_was_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Words(SOURCES)
    for number in range(words_module.WORTH_AN_INDEX):
        words.files_with(f"word{number}")
    assert "_index" not in vars(words)
    words.files_with("one more")
    words.files_with("cache")
    assert "_index" in vars(words)


def test_redirects_by_their_ends() -> None:
    said = {"b.rs": b"y.rs x.rs", "a.rs": b"sub/y.rs", "c.rs": b"my.rs y.rs"}
    lines = {
        at: b"\n".join(b'#[path = "%s"]' % it for it in one.split()) for at, one in said.items()
    }
    words = Words(lines)
    assert words.redirecting(b"y.rs") == ["b.rs", "a.rs", "c.rs"]
    assert words.redirecting(b"x.rs") == ["b.rs"]
    assert words.redirecting(b"z.rs") == []


@pytest.mark.parametrize(
    ("source", "stands"),
    [
        (b"static SEEN: X = y;", True),
        (b"static mut SEEN : X = y;", True),
        (b"static ref SEEN: X = y;", True),
        (b"const SEEN: X = y;", True),
        (b"SEEN.lock();", False),
    ],
)
def test_where_a_static_may_be(source: bytes, stands: bool) -> None:
    assert bool(Words({"a.rs": source}).files_with_static("SEEN")) is stands


def test_modules_that_seem_declared() -> None:
    words = Words({"lib.rs": b"pub mod a;\nmod r#b ;\nmod c {\n mod d; }\n// the model of\nmod e;"})
    assert [n for n in "abcdef" if words.declares("lib.rs", n)] == list("abcde")
    assert [n for n in "abcdef" if words.opens("lib.rs", n)] == ["c"]
    assert not words.declares("main.rs", "a")


def test_a_file_that_is_asked_often_says_the_same() -> None:
    names = [f"f{n}" for n in range(2 * WORTH_PLACES)]
    fields = b"\n".join(b"x.%s; %s_" % (name.encode(), name.encode()) for name in names[::2])
    words = Words({"a.rs": fields + b"\nf1\nself.r#type"})
    said = [words.is_field("a.rs", name) for name in names]
    assert said == [n % 2 == 0 for n in range(len(names))]
    assert words._places.keys() == {"a.rs"}
    assert words.is_field("a.rs", "r#type")
    assert not words.is_field("a.rs", "r#fn")
