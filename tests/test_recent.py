from __future__ import annotations

from rustfix_mem.recent import Recent


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    recent = Recent[str](10)
    for key in (b"a", b"b", b"c"):
        recent.put(key, key.decode(), 3)
    assert recent.get(b"a") == "a"
    recent.put(b"d", "d", 3)
    assert [recent.get(key) for key in (b"a", b"b", b"c", b"d")] == ["a", None, "c", "d"]


def test_one_that_is_larger_than_all_is_held_alone() -> None:
    recent = Recent[str](10)
    recent.put(b"a", "a", 3)
    recent.put(b"b", "b", 30)
    assert (recent.get(b"a"), recent.get(b"b")) == (None, "b")
    recent.put(b"c", "c", 3)
    assert (recent.get(b"b"), recent.get(b"c")) == (None, "c")


def test_one_that_is_put_twice_costs_once() -> None:
    recent = Recent[str](10)
    for _ in range(5):
        recent.put(b"a", "a", 4)
    recent.put(b"b", "b", 4)
    assert (recent.get(b"a"), recent.get(b"b")) == ("a", "b")
