from __future__ import annotations

import errno
import tempfile
from typing import IO, Any

import pytest

from rustfix_mem.held import Held

SOME = {"a": b"aaaa", "b": b"", "c": b"cc", "d": b"\xff\x00" * 50, "e": b"aaaa"}


def held(some: dict[str, bytes], most: int) -> Held[str]:
    made = Held[str](most)
    for key, data in some.items():
        made[key] = data
    return made


def read(made: Held[str]) -> dict[str, bytes]:
    return {key: made[key] for key in reversed(SOME)}


@pytest.mark.parametrize("most", [0, 3, 4, 6, 1000])
def test_what_is_put_is_read_however_much_is_held(most: int) -> None:
    made = held(SOME, most)
    assert read(made) == read(made) == SOME
    assert "a" in made
    assert "e" in made
    assert "x" not in made
    with pytest.raises(KeyError):
        made["x"]


def same(made: Held[str]) -> list[str]:
    """Whose bytes are there without reading them again."""
    return [key for key in SOME if made[key] is made[key]]


def test_of_more_than_that_none_is_held() -> None:
    large = {key: bytes([65 + n]) * 1000 for n, key in enumerate(SOME)}
    kept = {most: same(held(large, most)) for most in (0, 4999, 5000)}
    assert kept == {0: [], 4999: [], 5000: list(SOME)}


class Full:
    """A file on a disk that has room for so many bytes more."""

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
    assert read(held(SOME, 0)) == SOME


def test_without_a_place_for_temporary_files_all_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> IO[bytes]:
        raise FileNotFoundError(errno.ENOENT, "no usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    assert read(held(SOME, 0)) == SOME
