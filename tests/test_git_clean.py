"""Who asks in haste whether anything has changed is told "no" only where that is so."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from repositories import Repo, make, own_environment
from rustfix_mem.git import clean, head
from rustfix_mem.git.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD = 1_000_000_000
"""When files were last changed: long before the index was written."""


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)


@pytest.fixture(params=["sha1", "sha256"])
def repo(tmp_path: Path, request: pytest.FixtureRequest) -> Repo:
    repo = make(tmp_path / "repo", f"--object-format={request.param}")
    for name in ("src/deep/a.rs", "src/deep/bb.rs", "src/ccc.rs", "x" * 200, b"\xff.rs"):
        repo.write(name, b"one\n")
    (repo.path / "link").symlink_to("README")
    repo.commit()
    aged(repo)
    return repo


def aged(repo: Repo) -> None:
    for file in repo.path.rglob("*"):
        if ".git" not in file.parts and (file.is_file() or file.is_symlink()):
            os.utime(file, (OLD, OLD), follow_symlinks=False)
    repo.git("update-index", "-q", "--refresh")


def sure(path: Path) -> bool:
    place = head.checkout(str(path))
    return place is not None and clean.is_clean(place[1], place[2], place[0])


def changed(path: Path) -> int | None:
    with Store.open(path) as store:
        return store.dirty()


def test_what_is_clean_is_known_to_be(repo: Repo) -> None:
    assert sure(repo.path)
    repo.write("untracked.rs", b"")
    repo.git("update-index", "--assume-unchanged", "README")
    repo.git("update-index", "--skip-worktree", "src/ccc.rs")
    for name in ("README", "src/ccc.rs"):
        repo.write(name, b"other\n")
    repo.git("read-tree", "HEAD")  # forgets the flags
    assert not sure(repo.path)
    repo.git("checkout", "-q", "-f", "HEAD")
    aged(repo)
    assert sure(repo.path)


def test_flags_are_heeded(repo: Repo) -> None:
    repo.git("update-index", "--assume-unchanged", "README")
    repo.git("update-index", "--skip-worktree", "src/ccc.rs")
    repo.write("README", b"other\n")
    (repo.path / "src/ccc.rs").unlink()
    repo.git("write-tree")
    assert (sure(repo.path), changed(repo.path)) == (True, 0)


def test_a_linked_work_tree_and_a_submodule(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    aged(linked)
    assert sure(linked.path)
    linked.write("README", b"other\n")
    assert (sure(linked.path), sure(repo.path)) == (False, True)
    repo.git("clone", "-q", ".", "sub")
    repo.commit()
    aged(repo)
    assert sure(repo.path)
    repo.write("sub/README", b"other\n")
    assert (sure(repo.path), changed(repo.path)) == (True, 0)


def edited(repo: Repo) -> None:
    repo.write("README", b"reed\n")


def edited_in_secret(repo: Repo) -> None:
    """As long and as old as it was, and the index as old, too."""
    repo.write("README", b"reed\n")
    os.utime(repo.path / "README", (OLD, OLD))
    os.utime(repo.path / ".git/index", (OLD, OLD))


def longer(repo: Repo) -> None:
    repo.write("README", b"read it\n")
    os.utime(repo.path / "README", (OLD, OLD))


def gone(repo: Repo) -> None:
    (repo.path / "src/deep/a.rs").unlink()


def another_kind(repo: Repo) -> None:
    (repo.path / "link").unlink()
    repo.write("link", b"README")
    os.utime(repo.path / "link", (OLD, OLD))


def staged(repo: Repo) -> None:
    repo.write("README", b"other\n")
    repo.git("add", "README")
    aged(repo)


def staged_and_put_back(repo: Repo) -> None:
    staged(repo)
    repo.git("write-tree")
    repo.write("README", b"read\n")


def added(repo: Repo) -> None:
    repo.write("new", b"")
    repo.git("add", "new")
    aged(repo)


def announced(repo: Repo) -> None:
    repo.write("new", b"")
    repo.git("add", "-N", "new")
    repo.git("write-tree")


def removed(repo: Repo) -> None:
    repo.git("rm", "-q", "--cached", "README")
    repo.git("write-tree")


def behind(repo: Repo) -> None:
    repo.git("reset", "-q", "--soft", "HEAD~1")


def merging(repo: Repo) -> None:
    repo.git("branch", "other")
    for name in ("main", "other"):
        repo.git("checkout", "-q", name)
        repo.write("README", name.encode())
        repo.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "main")


CHANGES = (
    edited, edited_in_secret, longer, gone, another_kind, staged, staged_and_put_back, added,
    announced, removed, behind, merging,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_never_missed(repo: Repo, change: Callable[[Repo], None]) -> None:
    change(repo)
    assert changed(repo.path)
    assert not sure(repo.path)


def split(repo: Repo) -> None:
    repo.git("update-index", "--split-index")


def sparse(repo: Repo) -> None:
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "src/deep")


def newer(repo: Repo) -> None:
    repo.git("update-index", "--index-version", "4")


def without_its_tree(repo: Repo) -> None:
    repo.git("read-tree", "--empty")
    repo.git("add", "-A")
    aged(repo)


def as_old_as_its_files(repo: Repo) -> None:
    os.utime(repo.path / ".git/index", (OLD, OLD))


def none(repo: Repo) -> None:
    (repo.path / ".git/index").unlink()


def rubbish(repo: Repo) -> None:
    (repo.path / ".git/index").write_bytes(b"rubbish, and longer than a head")


@pytest.mark.parametrize(
    "form", [split, sparse, newer, without_its_tree, as_old_as_its_files, none, rubbish]
)
def test_an_index_of_another_form_is_not_judged(repo: Repo, form: Callable[[Repo], None]) -> None:
    form(repo)
    assert not sure(repo.path)


def test_an_index_that_is_cut_off_is_not_judged(repo: Repo) -> None:
    index = repo.path / ".git/index"
    whole = index.read_bytes()
    tree, top, folder = head.checkout(str(repo.path)) or ("", "", "")
    table = whole.index(b"TREE")
    for size in [*range(0, table + 8, 7), table, table + 4, table + 8]:
        index.write_bytes(whole[:size])
        assert not clean.is_clean(top, folder, tree)
    index.write_bytes(whole)
    assert clean.is_clean(top, folder, tree)


def test_a_path_of_two_lines_is_not_judged(tmp_path: Path) -> None:
    repo = make(tmp_path / "two\nlines")
    assert head.tree(str(repo.path)) is not None
    assert head.checkout(str(repo.path)) is None


def test_without_a_work_tree_there_is_no_checkout(repo: Repo, tmp_path: Path) -> None:
    assert head.checkout(str(repo.path / ".git")) is None
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert head.checkout(str(tmp_path / "bare.git")) is None
    assert head.tree(str(tmp_path / "bare.git")) == head.tree(str(repo.path))
