"""Which of two places of a function can both run in one call."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.verdict.branches import exclusive
from rustfix_mem.text import Span


def is_exclusive(body: str) -> bool:
    source = f"fn f() -> u8 {{ {body} }}".encode()
    spans = [Span(at, at + 3) for at in (source.index(b"a()"), source.index(b"b()"))]
    return exclusive(source, *spans)


@pytest.mark.parametrize(
    "body",
    [
        "if c { a() } else { b() }",
        "if c { a(); return 1; } b()",
        "let Some(x) = c else { a(); return 1 }; b()",
        "match c { 1 => a(), _ => { b(); 2 } }",
        "for x in y { if x { a(); return 1; } b(); }",
    ],
)
def test_only_one_runs(body: str) -> None:
    assert is_exclusive(body)


@pytest.mark.parametrize(
    "body",
    [
        "a(); b()",
        "if a() { b() } else { 1 }",
        "if c { a(); } b()",
        "if c { return 1; a(); } b()",
        "if c { a(); if d { return 1; } } b()",
        "loop { if c { a(); } else { b(); } }",
        "run(|| { a(); return 1; }); b()",
        "match a() { 1 => b(), _ => 2 }",
        "if c { let d = || { a(); return 1; }; } b()",
    ],
)
def test_both_may_run(body: str) -> None:
    assert not is_exclusive(body)
