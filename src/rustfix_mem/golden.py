"""The installed grammar is asked something whose answer is known, before it is trusted."""

from __future__ import annotations

import hashlib
from functools import cache

from rustfix_mem.errors import CodemodBug
from rustfix_mem.rust.file import syntax

GOLDEN = b"fn f<'a>(m: &'a mut M<K, V>) -> R { m.c.insert(k?, [1, 2]); x!(m.c) }"
GOLDEN_DIGEST = "a7a967fac464142d"
"""Of the tree that the grammar made of `GOLDEN` when all was tested: kinds, fields and spans."""


def golden_digest() -> str:
    with syntax.parsed(GOLDEN) as tree:
        seen = [(n.type, n.field, n.start_byte, n.end_byte) for n in syntax.walk(tree.root)]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


@cache
def check_grammar() -> None:
    """Raises `CodemodBug` where the grammar reads `GOLDEN` as it did not when this was tested."""
    if golden_digest() != GOLDEN_DIGEST:
        raise CodemodBug(
            "the installed grammar of Rust does not read Rust as it did when this was tested",
            f"install what this version was tested with: {syntax.GRAMMAR}",
        )
