from __future__ import annotations

import pytest

from rustfix_mem.cargo.draft import Draft, together
from rustfix_mem.cargo.requirements import within
from rustfix_mem.text import Edit, Span


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("1", "1"),
        ("1.2.3", "1"),
        ("^1.2", "1.2"),
        ("=1.2.3", "1.2"),
        ("=1.2", "1"),
        ("~1.2", "1.2"),
        ("~1", "1"),
        ("~1.2.3", "~1.2"),
        ("1.*", "1"),
        ("1.2.*", "1.2"),
        ("0.3.1", "0.3"),
        ("0.0.3", "0.0.3"),
        ("0.0", "0.0"),
        ("0", "0"),
        (">=1.2, <2", "1"),
        (">1.2, <=1.9", "1"),
        (" 1.2 ", "1"),
        ("1.2.3+build.4", "1"),
        (">1.2", ">=1.3"),
    ],
)
def test_within(asked: str, wanted: str) -> None:
    assert within(asked, wanted)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("1", "1.2"),  # may be older
        ("1", "2"),
        ("2", "1"),
        ("0.3", "0.4"),
        ("0.3", "0.3.1"),
        ("0", "0.3"),
        ("0.0.3", "0.0.4"),
        ("*", "1"),
        (">=1", "1"),
        ("<2", "1"),
        ("~1", "1.2"),
        ("=1", "1.2"),
        ("1.2-rc.1", "1"),
        ("1.2.3-rc.1", "1"),
        ("nonsense", "1"),
        ("", "1"),
    ],
)
def test_not_surely_within(asked: str, wanted: str) -> None:
    assert not within(asked, wanted)


def test_a_draft_gathers_insertions_at_their_places_in_the_base() -> None:
    draft = Draft({"a": "äb".encode(), "b": b""})
    draft = draft.plus((Edit("a", Span(2, 2), "ö"), Edit("b", Span(0, 0), "x")))
    draft = draft.plus((Edit("a", Span(4, 4), "2"), Edit("a", Span(2, 2), "1")))
    draft = draft.plus((Edit("a", Span(6, 6), "!"), Edit("a", Span(0, 0), "?")))
    assert draft["a"].decode() == "?ä1ö2!b"
    assert draft.edits == (
        Edit("a", Span(0, 0), "?"),
        Edit("a", Span(2, 2), "1ö2!"),
        Edit("b", Span(0, 0), "x"),
    )
    assert (list(draft), len(draft)) == (["a", "b"], 2)


def test_what_takes_bytes_away_is_no_step() -> None:
    with pytest.raises(ValueError, match="not an insertion"):
        together({"a": b"abc"}, lambda _: (Edit("a", Span(0, 1), ""),))
