"""Files that are checked out as they were committed are read from the work tree; others never."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from repositories import Repo, make, own_environment
from rustfix_mem.git import checkout
from rustfix_mem.git.disk import Reader
from rustfix_mem.git.index import staged
from rustfix_mem.git.snapshot import blob_id
from rustfix_mem.git.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

A = b"fn a() {}\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    own_environment(tmp_path, monkeypatch)
    return make(tmp_path / "repo")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What git is asked to unpack, one list a time."""
    asked: list[list[str]] = []
    load = Store.load

    def noted(self: Store, oids: Iterable[str]) -> Iterator[bytes]:
        ids = list(oids)
        if ids:
            asked.append(ids)
        return load(self, ids)

    monkeypatch.setattr(Store, "load", noted)
    return asked


def _read(repo: Repo) -> dict[str, bytes]:
    with Store.open(repo.path) as store:
        snapshot = store.snapshot(store.resolve("HEAD"))
        return dict(snapshot.read_many(snapshot.regular("")))


@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)])
def test_git_unpacks_nothing_that_is_checked_out(
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[list[str]],
) -> None:
    own_environment(tmp_path, monkeypatch)
    assert _read(make(tmp_path / "repo", *options)) == {"README": b"read\n", "src/a.rs": A}
    assert asked == []


def test_a_file_that_was_changed_is_read_as_it_was_committed(
    repo: Repo, asked: list[list[str]]
) -> None:
    at = os.stat(repo.path / "src/a.rs")
    repo.write("src/a.rs", b"fn b() {}\n")
    os.utime(repo.path / "src/a.rs", ns=(at.st_atime_ns, at.st_mtime_ns))
    assert _read(repo) == {"README": b"read\n", "src/a.rs": A}
    assert asked == [[blob_id(A)]]


def test_a_file_that_is_gone_is_read_as_it_was_committed(repo: Repo) -> None:
    (repo.path / "src/a.rs").unlink()
    assert _read(repo)["src/a.rs"] == A


def test_nothing_is_read_through_a_link(repo: Repo, asked: list[list[str]], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (repo.path / "src").rename(outside)
    (repo.path / "src").symlink_to(outside)
    (repo.path / "README").rename(outside / "README")
    (repo.path / "README").symlink_to(outside / "README")
    assert _read(repo) == {"README": b"read\n", "src/a.rs": A}
    assert len(asked) == 1
    assert len(asked[0]) == 2


def test_a_pipe_in_place_of_a_file_is_not_waited_for(repo: Repo) -> None:
    (repo.path / "src/a.rs").unlink()
    os.mkfifo(repo.path / "src/a.rs")
    assert _read(repo)["src/a.rs"] == A


def test_a_file_that_has_become_very_large_is_not_read(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "MOST", 9)
    read: list[str] = []
    content = Reader.content

    def noted(self: Reader, path: str, most: int) -> bytes | None:
        data = content(self, path, most)
        read.extend([path] * (data is not None))
        return data

    monkeypatch.setattr(Reader, "content", noted)
    assert _read(repo)["src/a.rs"] == A
    assert read == ["README"]


@pytest.mark.parametrize(
    ("others", "calls"),
    [
        (range(0, 10, 5), [1, 1]),
        (range(10), [10]),
        (range(4), [9]),
    ],
    ids=["few", "all", "most-of-the-first"],
)
def test_git_is_asked_for_the_rest_where_most_are_others(
    repo: Repo,
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    others: range,
    calls: list[int],
) -> None:
    for number in range(10):
        repo.write(f"f{number}.txt", b"%d\n" % number)
    repo.commit()
    for number in others:
        repo.write(f"f{number}.txt", b"other\n")
    monkeypatch.setattr(checkout, "AT_ONCE", 5)
    with Store.open(repo.path) as store:
        snapshot = store.snapshot(store.resolve("HEAD"))
        read = dict(snapshot.read_many(f"f{number}.txt" for number in range(10)))
    assert read == {f"f{number}.txt": b"%d\n" % number for number in range(10)}
    assert [len(ids) for ids in asked] == calls


def test_what_is_staged_is_read_from_the_work_tree_if_it_is_there(
    repo: Repo, asked: list[list[str]]
) -> None:
    repo.write("src/a.rs", b"fn staged() {}\n")
    repo.git("add", "-A")
    with Store.open(repo.path) as store:
        assert staged(store).read("src/a.rs") == b"fn staged() {}\n"
        assert asked == []
        repo.write("src/a.rs", b"fn later() {}\n")
        assert staged(store).read("src/a.rs") == b"fn staged() {}\n"


def test_a_bare_repository_has_nothing_checked_out(repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    assert _read(Repo(tmp_path / "bare")) == {"README": b"read\n", "src/a.rs": A}


def test_a_damaged_blob_is_read_where_it_is_checked_out(repo: Repo) -> None:
    file = repo.path / ".git/objects" / blob_id(A)[:2] / blob_id(A)[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")
    assert _read(repo)["src/a.rs"] == A


def test_a_file_with_the_mode_of_a_link_is_no_file(repo: Repo) -> None:
    (repo.path / "link").symlink_to("src/a.rs")
    repo.commit()
    with Store.open(repo.path) as store:
        assert store.snapshot(store.resolve("HEAD")).read("link") == b"src/a.rs"
