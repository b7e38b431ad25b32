from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rustfix_mem.finding import Applicability, Finding, Kind, fingerprint
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = b"fn a() { cache.insert(k, v); }"
FOUND = Finding("src/a.rs", Span(9, 27), "field-insert", "Cache.entries", "it grows")


def mark(source: bytes = SOURCE, finding: Finding = FOUND, codemod: str = "c", n: int = 0) -> str:
    return fingerprint(codemod, finding, source, n)


def moved(source: bytes) -> Finding:
    start = source.index(b"cache")
    return replace(FOUND, span=Span(start, source.index(b"v)") + 2))


def test_levels_are_ordered_as_rustc_has_them() -> None:
    assert sorted(Applicability) == [
        Applicability.UNSPECIFIED,
        Applicability.HAS_PLACEHOLDERS,
        Applicability.MAYBE_INCORRECT,
        Applicability.MACHINE_APPLICABLE,
    ]
    assert [level.word for level in Applicability] == [
        "unspecified",
        "has-placeholders",
        "maybe-incorrect",
        "machine-applicable",
    ]


def test_a_finding_is_a_defect_without_a_fix_unless_said_otherwise() -> None:
    assert FOUND.kind is Kind.DEFECT
    assert FOUND.fix is None


def test_a_fingerprint_is_16_hexadecimal_digits() -> None:
    assert len(mark()) == 16
    assert int(mark(), 16) >= 0


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"// one\n// two\n" + SOURCE, id="lines above"),
        pytest.param(b"\xef\xbb\xbf" + SOURCE, id="byte order mark"),
        pytest.param(SOURCE + b"\nfn b() {}", id="lines below"),
        pytest.param(b"fn a() {\n    cache\n        .insert(k, v);\n}", id="another layout"),
        pytest.param(b"fn a() {\r\n\tcache\r\n.insert(k,\tv);\r\n}", id="crlf and tabs"),
    ],
)
def test_the_same_finding_keeps_its_fingerprint(source: bytes) -> None:
    assert mark(source, moved(source)) == mark()


def test_message_level_and_reasons_are_not_part_of_the_identity() -> None:
    said = replace(FOUND, message="other", why=("because",), help="do", kind=Kind.PROPOSAL)
    assert mark(finding=said) == mark()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: mark(n=1), id="ordinal"),
        pytest.param(lambda: mark(codemod="d"), id="codemod"),
        pytest.param(lambda: mark(finding=replace(FOUND, shape="entry")), id="shape"),
        pytest.param(lambda: mark(finding=replace(FOUND, item="Cache.other")), id="item"),
        pytest.param(lambda: mark(finding=replace(FOUND, path="src/b.rs")), id="path"),
        pytest.param(lambda: mark(SOURCE.replace(b"k", b"j")), id="text"),
        pytest.param(lambda: mark(finding=replace(FOUND, span=Span(9, 28))), id="more text"),
    ],
)
def test_another_finding_has_another_fingerprint(other: Callable[[], str]) -> None:
    assert other() != mark()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"shape": "a", "item": "bc"}, {"shape": "ab", "item": "c"}),
        ({"item": "x", "path": "y"}, {"item": "y", "path": "x"}),
    ],
)
def test_parts_do_not_run_into_each_other(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert mark(finding=replace(FOUND, **left)) != mark(finding=replace(FOUND, **right))


def test_ordinals_do_not_collide_over_many() -> None:
    assert len({mark(n=n) for n in range(1000)}) == 1000


@pytest.mark.parametrize("path", ["src/\udcff.rs", "src/ä.rs", "src/a b.rs"])
def test_any_path_that_git_has(path: str) -> None:
    assert len(mark(finding=replace(FOUND, path=path))) == 16


def test_source_that_is_not_utf8() -> None:
    assert len(mark(b"\xff" * 40)) == 16
