"""Whether code outside of a package can see a `pub` type."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.whole.exposure import is_hidden, is_outside
from rustfix_mem.rust.whole.types import collections
from support import LIB, codebase

INNER = """pub struct Kept {
    pub a: u8,
}

impl Kept {
    pub fn new() -> Self {
        Kept { a: 1 }
    }
}
"""


def hidden(lib: str, inner: str = INNER, more: dict[str, str] | None = None) -> bool:
    files = codebase({LIB: lib, "src/inner.rs": inner, **(more or {})})
    [kept] = [one for one in files.facts("src/inner.rs").types if one.name == "Kept"]
    return is_hidden(kept, "src/inner.rs", files)


@pytest.mark.parametrize(
    "lib",
    [
        "mod inner;\nuse inner::Kept;\n",
        "pub(crate) mod inner;\n",
        "mod inner;\npub struct A {\n    kept: Option<inner::Kept>,\n}\n",
        "mod inner;\npub struct A {\n    pub(crate) kept: inner::Kept,\n}\n",
        "mod inner;\nimpl A {\n    pub(super) fn f(&self) -> &inner::Kept { &self.kept }\n}\n",
        "mod inner;\npub fn f() -> u8 {\n    inner::Kept::new().a\n}\n",
        "mod inner;\nstatic KEPT: Option<inner::Kept> = None;\n",
    ],
)
def test_nobody_outside_sees_it(lib: str) -> None:
    assert hidden(lib)


@pytest.mark.parametrize(
    "lib",
    [
        "pub mod inner;\n",
        "mod inner;\npub use inner::Kept;\n",
        "mod inner;\npub use inner::{Kept as Other};\n",
        "mod inner;\npub use inner::*;\n",
        "mod inner;\npub use crate::inner::{*};\n",
        "mod inner;\npub fn f() -> inner::Kept {\n    inner::Kept::new()\n}\n",
        "mod inner;\npub struct A {\n    pub kept: inner::Kept,\n}\n",
        "mod inner;\npub struct A(pub inner::Kept);\n",
        "mod inner;\npub enum A {\n    One(inner::Kept),\n}\n",
        "mod inner;\npub type A = inner::Kept;\n",
        "mod inner;\npub static A: inner::Kept = inner::Kept::new();\n",
        "mod inner;\npub trait A {\n    fn f(&self) -> inner::Kept;\n}\n",
        "mod inner;\nimpl Iterator for A {\n    type Item = inner::Kept;\n}\n",
        "mod inner;\nimpl Deref for A {\n    fn deref(&self) -> &inner::Kept { &self.0 }\n}\n",
        "mod inner;\nhand_out!(inner::Kept);\n",
        "macro_rules! m { () => { $crate::inner::Kept } }\nmod inner;\n",
    ],
)
def test_somebody_outside_may_see_it(lib: str) -> None:
    assert not hidden(lib)


def test_a_private_module_further_up_hides_it_too() -> None:
    assert is_hidden_below("mod outer;\n")
    assert not is_hidden_below("pub mod outer;\n")
    assert not is_hidden_below("mod outer;\npub use outer::inner;\n", "pub mod inner;\n")


def is_hidden_below(lib: str, outer: str = "pub mod inner;\n") -> bool:
    files = codebase({LIB: lib, "src/outer.rs": outer, "src/outer/inner.rs": INNER})
    [kept] = [one for one in files.facts("src/outer/inner.rs").types if one.name == "Kept"]
    return is_hidden(kept, "src/outer/inner.rs", files)


STATIC = """use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
pub static NAMES: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Default::default);
"""
FIELD = """use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
pub struct Names { pub names: HashMap<String, String> }
static KEPT: LazyLock<Mutex<Names>> = LazyLock::new(Default::default);
"""


def outside(inner: str, lib: str, root: str = LIB) -> bool:
    files = codebase({root: lib, "src/inner.rs": inner})
    [found] = collections("src/inner.rs", files)
    return is_outside(found, files)


@pytest.mark.parametrize(
    ("inner", "lib", "expected"),
    [
        (STATIC, "pub mod inner;\n", True),
        (STATIC, "mod inner;\npub use inner::NAMES;\n", True),
        (STATIC, "mod inner;\npub use inner::*;\n", True),
        (STATIC, "mod inner;\n", False),
        (STATIC, "mod inner;\npub(crate) use inner::NAMES;\n", False),
        (STATIC.replace("pub static", "pub(crate) static"), "pub mod inner;\n", False),
        (FIELD, "pub mod inner;\n", True),
        (FIELD, "mod inner;\npub fn f() -> inner::Names { m() }\n", True),
        (FIELD, "mod inner;\n", False),
        (FIELD.replace("pub struct", "struct"), "pub mod inner;\n", False),
        (FIELD.replace("pub names", "names"), "pub mod inner;\n", False),
    ],
)
def test_whether_others_may_touch_a_collection(inner: str, lib: str, expected: bool) -> None:
    assert outside(inner, lib) is expected


@pytest.mark.parametrize("inner", [STATIC, FIELD])
def test_nobody_depends_on_a_program(inner: str) -> None:
    assert not outside(inner, "pub mod inner;\nfn main() {}\n", "src/main.rs")
