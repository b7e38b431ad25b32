from __future__ import annotations

import pytest

from rustfix_mem.sources import Source, Texts

FILES = {"a.rs": b"aaaa", "b.rs": b"", "c.rs": b"cc", "d.rs": b"\xff\x00" * 50, "e.rs": b"aaaa"}


@pytest.mark.parametrize("most", [0, 4, 1000])
def test_files_in_the_order_that_they_came_in(most: int) -> None:
    found = Texts(FILES, most)
    assert dict(found) == FILES
    assert list(found) == list(FILES)
    assert len(found) == 5
    assert "a.rs" in found
    assert "x.rs" not in found
    assert found.get("x.rs") is None
    assert Texts.of(found) is found
    assert dict(Texts.of(FILES)) == FILES


def test_a_source_is_read_when_it_is_asked_for() -> None:
    found = Texts(FILES, 4).sources(["d.rs", "a.rs"])
    assert {path: (one.size, one.read()) for path, one in found.items()} == {
        "d.rs": (100, FILES["d.rs"]),
        "a.rs": (4, b"aaaa"),
    }


def test_equal_bytes_go_by_one_id() -> None:
    found = Texts(FILES, 4)
    ids = {path: source.id for path, source in found.sources(FILES).items()}
    assert ids["a.rs"] == ids["e.rs"] == Source.of(b"aaaa").id
    assert len({*ids.values()}) == 4
    assert found.put("f.rs", b"aaaa", b"git's").id == b"git's"
