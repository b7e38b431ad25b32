from __future__ import annotations

import errno
import tempfile
from typing import IO, Any

import pytest

from rustfix_mem.sources import Source, Texts

FILES = {"a.rs": b"aaaa", "b.rs": b"", "c.rs": b"cc", "d.rs": b"\xff\x00" * 50, "e.rs": b"aaaa"}


@pytest.mark.parametrize("most", [0, 3, 4, 6, 1000])
def test_what_is_put_is_read_however_much_is_held(most: int) -> None:
    found = Texts(FILES, most)
    for _ in range(2):
        assert dict(found) == FILES
    assert list(found) == list(FILES)
    assert "a.rs" in found
    assert "x.rs" not in found
    assert found.get("x.rs") is None
    assert [found.source(path).size for path in FILES] == [4, 0, 2, 100, 4]


def held(texts: Texts) -> list[str]:
    """Whose bytes are there without reading them again."""
    return [path for path in texts if texts[path] is texts[path]]


def test_no_more_is_held_than_that() -> None:
    large = {path: bytes([65 + n]) * 1000 for n, path in enumerate(FILES)}
    assert held(Texts(large, 0)) == []
    assert held(Texts(large, 2500)) == ["a.rs", "b.rs"]
    assert held(Texts(large)) == list(FILES)


def test_equal_bytes_go_by_one_id() -> None:
    found = Texts(FILES, 4)
    ids = {path: source.id for path, source in found.sources(FILES).items()}
    assert ids["a.rs"] == ids["e.rs"] == Source.of(b"aaaa").id
    assert len({*ids.values()}) == 4
    assert found.put("f.rs", b"aaaa", b"git's").id == b"git's"


def test_what_is_put_anew_takes_its_place() -> None:
    found = Texts(FILES, 0)
    found.put("a.rs", b"other")
    assert dict(found) == {**FILES, "a.rs": b"other"}


class Full:
    """A file on a disk that has no room left, or none for more than some bytes."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self.file, self.room = file, room

    def write(self, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "no space left on device")
        written = self.file.write(data[: self.room])
        self.room -= written
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1, 4, 50, 103])
def test_a_full_disk_costs_memory_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    make = tempfile.TemporaryFile

    def full(buffering: int) -> Full:
        return Full(make("w+b", buffering), room)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert dict(Texts(FILES, 0)) == FILES


def test_without_a_place_for_temporary_files_all_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> IO[bytes]:
        raise FileNotFoundError(errno.ENOENT, "no usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    assert dict(Texts(FILES, 0)) == FILES
