from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustfix_mem.text import Edit, Lines, Position, Span, apply, original_offset

A = "a.rs"


def edit(start: int, end: int, text: str = "", path: str = A) -> Edit:
    return Edit(path, Span(start, end), text)


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (1, 0), (-2, -1), (5, 4)])
def test_not_a_span(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span(start, end)


@pytest.mark.parametrize(
    ("outer", "inner", "holds"),
    [
        (Span(0, 4), Span(0, 4), True),
        (Span(0, 4), Span(1, 3), True),
        (Span(0, 4), Span(4, 4), True),
        (Span(2, 2), Span(2, 2), True),
        (Span(0, 4), Span(3, 5), False),
        (Span(1, 4), Span(0, 2), False),
        (Span(1, 3), Span(0, 4), False),
        (Span(0, 4), Span(5, 5), False),
    ],
)
def test_holds(outer: Span, inner: Span, holds: bool) -> None:
    assert outer.holds(inner) is holds


@pytest.mark.parametrize(
    ("left", "right", "conflict"),
    [
        pytest.param(edit(0, 4, "a"), edit(2, 6, "b"), True, id="overlap"),
        pytest.param(edit(0, 9, "a"), edit(3, 4, "b"), True, id="nested"),
        pytest.param(edit(0, 9, "a"), edit(4, 4, "b"), True, id="insertion inside"),
        pytest.param(edit(4, 4, "a"), edit(4, 4, "b"), True, id="two insertions at one place"),
        pytest.param(edit(2, 4, "a"), edit(2, 4, "b"), True, id="two texts for one range"),
        pytest.param(edit(2, 4, ""), edit(2, 4, "b"), True, id="deleted and replaced"),
        pytest.param(edit(2, 4, "a"), edit(2, 4, "a"), False, id="equal"),
        pytest.param(edit(4, 4, "a"), edit(4, 4, "a"), False, id="equal insertions"),
        pytest.param(edit(0, 4, "a"), edit(4, 8, "b"), False, id="neighbours"),
        pytest.param(edit(0, 4, "a"), edit(4, 4, "b"), False, id="insertion right behind"),
        pytest.param(edit(4, 4, "a"), edit(4, 8, "b"), False, id="insertion right before"),
        pytest.param(edit(0, 4, "a"), edit(0, 4, "b", "b.rs"), False, id="two files"),
        pytest.param(edit(0, 1, "a"), edit(7, 8, "b"), False, id="apart"),
    ],
)
def test_conflicts(left: Edit, right: Edit, conflict: bool) -> None:
    assert left.conflicts(right) is conflict
    assert right.conflicts(left) is conflict


@pytest.mark.parametrize(
    ("source", "edits", "after"),
    [
        pytest.param(b"abc", [], b"abc", id="nothing"),
        pytest.param(b"", [edit(0, 0, "x")], b"x", id="into nothing"),
        pytest.param(b"abc", [edit(3, 3, "x")], b"abcx", id="at the end"),
        pytest.param(b"abc", [edit(0, 0, "x")], b"xabc", id="at the start"),
        pytest.param(b"abc", [edit(0, 3)], b"", id="everything goes"),
        pytest.param(b"abc", [edit(2, 3, "z"), edit(0, 1, "x")], b"xbz", id="any order"),
        pytest.param(b"abc", [edit(1, 1, "x"), edit(1, 1, "x")], b"axbc", id="equal counts once"),
        pytest.param(b"abc", [edit(1, 2, "X"), edit(1, 1, "<")], b"a<Xc", id="insertion first"),
        pytest.param(b"abc", [edit(2, 2, ">"), edit(1, 2, "X")], b"aX>c", id="insertion last"),
        pytest.param(b"a\r\nb\r\n", [edit(1, 1, "x")], b"ax\r\nb\r\n", id="crlf stays"),
        pytest.param(b"\xef\xbb\xbfab", [edit(3, 4, "x")], b"\xef\xbb\xbfxb", id="bom stays"),
        pytest.param(b"\xff\x00b", [edit(1, 1, "x")], b"\xffx\x00b", id="not utf-8, nul"),
        pytest.param("äb".encode(), [edit(2, 3, "ö")], "äö".encode(), id="bytes, not characters"),
    ],
)
def test_apply(source: bytes, edits: list[Edit], after: bytes) -> None:
    assert apply(source, edits) == after


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([edit(0, 2, "x"), edit(1, 3, "y")], "conflicting"),
        ([edit(0, 0, "x"), edit(0, 0, "y")], "conflicting"),
        ([edit(0, 3, "x"), edit(1, 1, "y"), edit(2, 3, "z")], "conflicting"),
        ([edit(4, 4, "x")], "beyond the end"),
        ([edit(2, 4, "x")], "beyond the end"),
    ],
)
def test_apply_refuses(edits: list[Edit], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply(b"abc", edits)


@pytest.mark.parametrize(
    ("edits", "pairs"),
    [
        pytest.param([], [(0, 0), (7, 7)], id="nothing"),
        pytest.param([edit(2, 2, "xyz")], [(1, 1), (2, 2), (4, 2), (5, 2), (6, 3)], id="insertion"),
        pytest.param([edit(2, 5)], [(1, 1), (2, 5), (3, 6)], id="deletion"),
        pytest.param([edit(2, 4, "xyz")], [(2, 2), (4, 2), (5, 4), (6, 5)], id="longer"),
        pytest.param([edit(2, 6, "x")], [(1, 1), (2, 2), (3, 6), (4, 7)], id="shorter"),
        pytest.param([edit(0, 0, "xx"), edit(4, 5)], [(1, 0), (2, 0), (5, 3), (6, 5)], id="two"),
        pytest.param([edit(0, 0, "ä")], [(0, 0), (1, 0), (2, 0), (3, 1)], id="in bytes"),
    ],
)
def test_original_offset(edits: list[Edit], pairs: list[tuple[int, int]]) -> None:
    assert [(offset, original_offset(offset, edits)) for offset, _ in pairs] == pairs


@pytest.mark.parametrize(
    ("source", "offset", "position"),
    [
        (b"", 0, Position(1, 1)),
        (b"ab\ncd", 0, Position(1, 1)),
        (b"ab\ncd", 2, Position(1, 3)),
        (b"ab\ncd", 3, Position(2, 1)),
        (b"ab\ncd", 5, Position(2, 3)),
        (b"ab\n", 3, Position(2, 1)),
        (b"a\r\nb", 3, Position(2, 1)),
        (b"a\rb", 2, Position(1, 3)),
        ("äöx".encode(), 4, Position(1, 3)),
        ("a\n🦀x".encode(), 6, Position(2, 2)),
        (b"\xef\xbb\xbfab", 3, Position(1, 1)),
        (b"\xef\xbb\xbfab", 4, Position(1, 2)),
        (b"\xff\xfeab", 3, Position(1, 4)),
        (b"a\x00b", 2, Position(1, 3)),
    ],
)
def test_position(source: bytes, offset: int, position: Position) -> None:
    assert Lines.of(source).position(offset) == position


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (b"", [""]),
        (b"a", ["a"]),
        (b"a\n", ["a", ""]),
        (b"a\r\nb\r\n", ["a", "b", ""]),
        (b"\n\n", ["", "", ""]),
        (b"a\xff\n", ["a\ufffd", ""]),
    ],
)
def test_lines(source: bytes, lines: list[str]) -> None:
    found = Lines.of(source)
    assert [found.line(n) for n in range(1, len(found.starts) + 1)] == lines


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A text, and edits of it that do not conflict: between them lies at least one byte."""
    source = draw(st.binary(max_size=60))
    marks = draw(st.lists(st.integers(0, len(source)), max_size=8, unique=True))
    marks = sorted(marks)[: len(marks) // 2 * 2]
    spans = zip(marks[::2], marks[1::2], strict=True)
    edits = [edit(start, end, draw(st.text(max_size=5))) for start, end in spans]
    return source, draw(st.permutations(edits))


@given(edited())
def test_only_declared_ranges_are_touched(case: tuple[bytes, list[Edit]]) -> None:
    source, edits = case
    after, at, shift = apply(source, edits), 0, 0
    for one in sorted(edits):
        text = one.text.encode()
        assert after[at + shift : one.span.start + shift] == source[at : one.span.start]
        assert after[one.span.start + shift :].startswith(text)
        shift += len(text) - (one.span.end - one.span.start)
        at = one.span.end
    assert after[at + shift :] == source[at:]


@given(edited())
def test_order_and_repetition_do_not_matter(case: tuple[bytes, list[Edit]]) -> None:
    source, edits = case
    assert apply(source, [*edits, *reversed(edits)]) == apply(source, sorted(edits))


@given(edited())
def test_every_byte_knows_where_it_came_from(case: tuple[bytes, list[Edit]]) -> None:
    source, edits = case
    after, ordered = apply(source, edits), sorted(edits)
    origins = [original_offset(offset, ordered) for offset in range(len(after) + 1)]
    assert origins == sorted(origins)
    assert all(0 <= origin <= len(source) for origin in origins)
    for offset, byte in enumerate(after):
        origin = origins[offset]
        put_in = any(one.text and one.span.start == origin for one in ordered)
        assert put_in or source[origin] == byte


@given(st.binary(max_size=80))
def test_lines_are_the_text(source: bytes) -> None:
    found = Lines.of(source)
    assert len(found.starts) == source.count(b"\n") + 1
    for number, start in enumerate(found.starts, 1):
        assert found.position(start) == Position(number, 1)
