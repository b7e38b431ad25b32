from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.changeset import check, plan
from rustfix_mem.errors import CodemodBug
from rustfix_mem.finding import Finding, Fix, LeftAlone
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.text import Edit, Span
from support import MACHINE, toy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.codebase import Codebase

A = "src/a.rs"


def snapshot(source: str) -> Snapshot:
    return Snapshot.of_files({A: source.encode()})


def one_a_round(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
    text = codebase.sources[A]
    for n, found in enumerate(re.finditer(rb"old", text)):
        at = Span(*found.span())
        note = Edit(A, Span(0, 0), f"// {n} {len(text)}\n")
        fix = Fix("t", (note, Edit(A, at, "renamed")), MACHINE)
        yield Finding(A, at, "s", "i", "m", fix=fix)


def test_plan_and_check_agree_on_fingerprints() -> None:
    source = snapshot("fn f() { old(); old(); old(); }")
    found = [one.fingerprint for one in check((toy(one_a_round),), source, cache=False).findings]
    applied = [one.fingerprint for one in plan(toy(one_a_round), source, cache=False).applied]
    assert len(set(found)) == 3
    assert applied == found


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param((Edit(A, Span(0, 4), "a"), Edit(A, Span(2, 6), "b")), id="against itself"),
        pytest.param((Edit(A, Span(500, 501), "a"),), id="beyond the end"),
        pytest.param((Edit("src/gone.rs", Span(0, 0), "a"),), id="no such file"),
    ],
)
def test_a_fix_that_cannot_be_made_is_a_bug(edits: tuple[Edit, ...]) -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield Finding(A, Span(0, 2), "s", "i", "m", fix=Fix("t", edits, MACHINE))

    with pytest.raises(CodemodBug):
        plan(toy(judging), snapshot("fn f() {}\n"), cache=False)


@pytest.mark.parametrize(
    "source",
    [
        "/// # rustfix-mem: ignore-file[toy]\nfn f() { old(); }",
        "//! # rustfix-mem: ignore-file[toy]\nfn f() { old(); }",
        "/* # rustfix-mem: ignore-file[toy] */\nfn f() { old(); }",
        "fn g<'a>() { h(\"'# rustfix-mem: ignore-file[toy]\") }\nfn f() { old(); }",
    ],
)
def test_a_comment_of_toml_hides_nothing_in_rust(source: str) -> None:
    found = check((toy(one_a_round),), snapshot(source), cache=False)
    assert len(found.findings) == 1
