from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.file.look import look

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import Slot

GROWTH = "self.m.insert(k, 1)"


def slot(body: str) -> tuple[str, Slot]:
    source = f"impl A {{ fn f(&mut self, k: K) {{ {body} }} }}"
    found = look(source.encode())
    assert found.error is None
    slots = {
        use.span: use.slot
        for mention in found.mentions
        for use in mention.uses
        if use.kind == "grow"
    }
    ((_, one),) = slots.items()
    assert one is not None
    return source, one


@pytest.mark.parametrize(
    ("body", "form", "statement"),
    [
        ("@;", "stmt", "@;"),
        ("a(); @; b();", "stmt", "@;"),
        ("@", "tail", "@"),
        ("if x { @ }", "tail", "@"),
        ("let a = @;", "let", "let a = @;"),
        ("let a = @.is_none();", "let", "let a = @.is_none();"),
        ("let Some(a) = @ else { return };", "let", "let Some(a) = @ else { return };"),
        ("return @;", "return", "return @;"),
        ("g(@);", "arg", "g(@);"),
        ("let a = g(1, @);", "arg", "let a = g(1, @);"),
        ("let a = S { b: @ };", "arg", "let a = S { b: @ };"),
        ("let a = (1, @);", "arg", "let a = (1, @);"),
        ("self.n = @;", "arg", "self.n = @;"),
        ("let a = @ + 1;", "arg", "let a = @ + 1;"),
        ("if @ { a(); }", "cond", "if @ { a(); }"),
        ("if !@ { a(); }", "cond", "if !@ { a(); }"),
        ("if @ && b { a(); }", "arg", "if @ && b { a(); }"),
        ("if let Some(a) = @ { b(); }", "cond", "if let Some(a) = @ { b(); }"),
        ("match @ { _ => {} }", "match", "match @ { _ => {} }"),
        ("match k { A => @, B => 1 }", "arm", "@"),
        ("match k { A => { @; } B => {} }", "stmt", "@;"),
        ("g(|x| @);", "closure", "@"),
        ("g(|x| { @; });", "stmt", "@;"),
        ("for a in @ {}", "arg", "for a in @ {}"),
        ("for a in k { @; }", "stmt", "@;"),
        ("unsafe { @; }", "stmt", "@;"),
    ],
)
def test_form_and_statement(body: str, form: str, statement: str) -> None:
    source, found = slot(body.replace("@", GROWTH))
    assert found.form == form
    assert source[found.statement.start : found.statement.end] == statement.replace("@", GROWTH)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("if x { } else if @ { }", "else-if"),
        ("if b && @ { a(); }", "and-or"),
        ("if b || @ { a(); }", "and-or"),
        ("let a = b && @;", "and-or"),
        ("if let Some(a) = b && @ { c(); }", "and-or"),
        ("while @ { a(); }", "loop"),
        ("let Some(a) = b else { return @ };", "return"),
        ("match k { A if @ => 1, B => 2 }", "nested"),
    ],
)
def test_places_that_have_no_room_for_a_statement(body: str, refusal: str) -> None:
    assert slot(body.replace("@", GROWTH))[1].form == refusal


def test_an_initialiser() -> None:
    found = look(b"fn f() { static A: B = C.insert(1, 2); }")
    slots = [use.slot for m in found.mentions for use in m.uses if use.slot is not None]
    assert {one.form for one in slots} <= {"const"}


@pytest.mark.parametrize(
    ("chain", "suffix", "whole"),
    [
        ("self.m.insert(k, 1)", "", "@"),
        ("self.m.entry(k).or_default()", "or_default", "@"),
        ("self.m.entry(k).or_default().clone()", "clone", "@"),
        ("self.m.insert(k, 1).is_none()", "is_none", "@"),
        ("*self.m.entry(k).or_insert(1)", "or_insert", "@"),
        ("(self.m.insert(k, 1))", "", "@"),
        ("self.m.insert(k, 1)?", "", "@"),
        ("self.m.entry(k).or_insert(1).len", "or_insert", "@"),
        ("&self.m.entry(k).or_insert(1)", "or_insert", "@"),
    ],
)
def test_the_chain_behind_the_growth(chain: str, suffix: str, whole: str) -> None:
    source, found = slot(f"let a = {chain};")
    assert found.suffix == suffix
    assert source[found.whole.start : found.whole.end] == whole.replace("@", chain)
