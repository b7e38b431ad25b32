"""Laws that every run of every codemod keeps: over all fixtures, and over code that is made up."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from rustfix_mem.rust.file import syntax
from rustfix_mem.text import Edit, Span
from rustfix_mem_codemods.cache_bounds import CacheBounds
from safety.laws import KEPT, LAWS, Round, broken, broken_by, fixtures, planned

if TYPE_CHECKING:
    from rustfix_mem.testing.case import Case

EXAMPLES = int(os.environ.get("SAFETY_EXAMPLES", "40"))
MANIFEST = b'[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n'
SOURCES = (support.CACHED.encode(), support.OWNED.encode())

NOISE = st.sampled_from(
    [
        "// }\n", "/* { */", "/* \" */", "/* /* ' */ */", "/// docs of nothing\n", "\n", "\n\n",
        "\t", "    ", "// \u6f22\u5b57 \u202e\n", "/*\n * a\n */", "// r#\"\n",
        "#[allow(unused)]\n",
    ]
)  # fmt: skip
ITEMS = st.sampled_from(
    [
        'pub const A: &str = "// } \\" {";\n', "pub const B: char = '\"';\n", "// fn f() {\n",
        'pub const C: &str = r##"HashMap::new() "# }"##;\n', "/* static X: HashMap */\n",
        "pub fn lifetime<'a>(a: &'a str) -> &'a str {\n    a\n}\n",
        "macro_rules! m {\n    ($($t:tt)*) => {};\n}\n", "pub mod inner {\n    pub fn g() {}\n}\n",
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {}\n}\n",
        'pub const D: &[u8] = b"\\\'{";\n',
        "pub struct Unit;\n", "impl Unit {\n    pub fn new() -> Self {\n        Unit\n    }\n}\n",
    ]
)  # fmt: skip


@pytest.mark.parametrize("case", fixtures(), ids=str)
def test_a_fixture(case: Case) -> None:
    assert broken_by(case) == []


def _crate(source: bytes) -> dict[str, bytes]:
    return {"Cargo.toml": MANIFEST, "src/lib.rs": source}


def _gaps(source: bytes) -> list[int]:
    """Where a blank stands that is no part of a string or a comment."""
    with syntax.parsed(source) as tree:
        found = [n for n in syntax.walk(tree.root) if n.type in KEPT]
        spans = [(n.start_byte, n.end_byte) for n in found]
    blanks = [match.start() for match in re.finditer(rb"[ \n]+", source)]
    return [at for at in blanks if not any(start <= at < end for start, end in spans)]


@st.composite
def noisy(draw: st.DrawFn) -> bytes:
    """A crate with a cache, between other items, with comments and blanks at odd places."""
    before, behind = draw(st.lists(ITEMS, max_size=4)), draw(st.lists(ITEMS, max_size=4))
    source = draw(st.sampled_from(SOURCES))
    source = "".join(before).encode() + source + "".join(behind).encode()
    gaps = _gaps(source)
    places = draw(st.lists(st.tuples(st.integers(0, len(gaps) - 1), NOISE), max_size=6))
    for number, text in sorted(places, reverse=True):
        source = source[: gaps[number]] + f" {text}".encode() + source[gaps[number] :]
    return source


@settings(max_examples=EXAMPLES)
@given(noisy())
def test_code_that_is_made_up(source: bytes) -> None:
    assert broken(CacheBounds(), _crate(source)) == []


def test_the_control_made_up_code_is_edited() -> None:
    edited = [bool(planned(CacheBounds(), _crate(source))[1]) for source in SOURCES]
    assert edited == [True, True]


@pytest.mark.parametrize(
    ("after", "law"),
    [
        (b"// a\nfn f() { /*b*/ }\n", "bytes outside"),  # a byte more than was declared
        (b'// a\nfn f() {" /*b*/ "}\n', "a comment"),  # a string that swallows the comment
    ],
)
def test_the_control_the_laws_can_be_broken(after: bytes, law: str) -> None:
    before = b"// a\nfn f() {/*b*/ }\n"
    one = Round({"a.rs": [Edit("a.rs", Span(13, 13), ' "')]}, {"a.rs": before}, {"a.rs": after})
    assert any(name.startswith(law) and not holds(one) for name, holds in LAWS.items())
