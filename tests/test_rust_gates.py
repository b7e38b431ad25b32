"""Which files are looked at for a codemod."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.whole.gates import passing

if TYPE_CHECKING:
    from rustfix_mem.rust.whole.gates import Gate

SOURCES = {"a.rs": b"HashMapHashSet", "b.rs": b"the Cache::new(", "c.rs": b"", "d.rs": b"Hash"}


@pytest.mark.parametrize(
    ("gate", "paths"),
    [
        ((b"HashMap",), "a.rs"),
        ((b"HashSet",), "a.rs"),
        ((b"Hash",), "a.rs d.rs"),
        ((b"Hash", b"HashMap", re.compile(rb"Cache::\w+\(")), "a.rs b.rs d.rs"),
        ((re.compile(rb"Cache::\d"),), ""),
        ((b"",), "a.rs b.rs c.rs d.rs"),
        ((), ""),
    ],
)
def test_who_passes(gate: Gate, paths: str) -> None:
    """Alone, and asked together with another that wants an overlapping word."""
    assert passing(SOURCES.items(), [gate]) == {gate: tuple(paths.split())}
    assert passing(SOURCES.items(), [gate, (b"shMapHash",)])[gate] == tuple(paths.split())
