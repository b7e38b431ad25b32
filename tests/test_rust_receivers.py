"""Whether a method that is called on something else may be the one that calls it."""

from __future__ import annotations

import pytest

from rustfix_mem.codebase import Codebase
from rustfix_mem.looker import Looker
from rustfix_mem.rust.verdict.receivers import may_call

X = b'[package]\nname = "x"\nedition = "2021"\n'
TYPES = """
struct Inner;
impl Inner { fn info(&self) -> u8 { 1 } }
struct Lent; impl Deref for Lent { type Target = Outer<u8>; fn deref(&self) -> &Outer<u8> { x() } }
struct Back; impl Back { fn info(&self) -> u8 { OUTER.info() } }
struct Outer<P> { inner: Arc<Inner>, other: P, own: Box<Outer<P>>, lent: Lent, back: Back,
    any: Arc<dyn Info>, list: Vec<Inner>, path: Arc<std::path::PathBuf>, boxed: Box<Other> }
"""


def may_be(body: str) -> bool:
    given = "given: &Inner, same: &Self, far: &std::path::Path"
    source = f"{TYPES}impl<P> Outer<P> {{ fn info(&self, {given}) {{ {body} }} }}"
    codebase = Codebase({"src/lib.rs": source.encode()}, {"Cargo.toml": X}, Looker(1))
    fn = next(f for f in codebase.facts("src/lib.rs").fns if f.owner == "Outer")
    return may_call(fn, fn, "src/lib.rs", codebase)


@pytest.mark.parametrize(
    "body",
    ["self.inner.info()", "self.other.info()", "given.info()", "self.path.info()", "far.info()"],
)
def test_it_is_another(body: str) -> None:
    assert not may_be(body.replace("info()", "info(one, two)"))


@pytest.mark.parametrize(
    "body",
    [
        "self.own.info()",
        "self.lent.info()",
        "self.back.info()",
        "self.any.info()",
        "self.boxed.info()",
        "self.list[0].info()",
        "same.info()",
        "let given = self; given.info()",
        "all(|given| given.info())",
        "self.inner.info(); who().info()",
    ],
)
def test_it_may_be_itself(body: str) -> None:
    assert may_be(body.replace("info()", "info(one, two)"))


def test_what_takes_other_arguments_is_another() -> None:
    assert may_be("let made = who(); made.info(one, two)")
    assert not may_be("let made = who(); made.info()")
