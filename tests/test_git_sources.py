"""What is staged, and what is on disk: read as git would commit it, and nothing run or changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from repositories import Repo, arm, everything, make, own_environment
from rustfix_mem.errors import UsageError
from rustfix_mem.git import disk, index
from rustfix_mem.git.store import Store

RUST = (".rs", "Cargo.toml")


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make(tmp_path / "repo")


def staged(path: Path) -> dict[str, bytes]:
    """The Rust files of the index."""
    with Store.open(path) as store:
        snapshot = index.staged(store)
        return dict(snapshot.read_many(snapshot.regular(".rs")))


def on_disk(path: Path) -> dict[str, bytes]:
    with Store.open(path) as store:
        snapshot = disk.snapshot(store, RUST)
        assert snapshot.unread == {}
        return dict(snapshot.read_many(snapshot.entries))


def unmerged(repo: Repo) -> None:
    repo.git("branch", "other")
    repo.write("src/a.rs", b"one\n")
    repo.commit()
    repo.git("checkout", "-q", "other")
    repo.write("src/a.rs", b"two\n")
    repo.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "main")


def test_the_index_and_the_disk_each_have_their_own(repo: Repo) -> None:
    for name in ("edited", "both", "removed", "gone"):
        repo.write(f"{name}.rs", b"one\n")
    repo.commit()
    repo.write("both.rs", b"staged\n")
    repo.write("new.rs", b"staged\n")
    repo.git("add", "both.rs", "new.rs")
    repo.git("rm", "-q", "removed.rs")
    repo.write("both.rs", b"disk\n")
    repo.write("edited.rs", b"disk\n")
    repo.write("untracked.rs", b"disk\n")
    (repo.path / "gone.rs").unlink()
    old, one, new, disk_ = b"fn a() {}\n", b"one\n", b"staged\n", b"disk\n"
    assert staged(repo.path) == {
        "src/a.rs": old, "edited.rs": one, "gone.rs": one, "both.rs": new, "new.rs": new,
    }  # fmt: skip
    assert on_disk(repo.path) == {
        "src/a.rs": old, "edited.rs": disk_, "both.rs": disk_, "new.rs": new,
        "untracked.rs": disk_,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_before_the_first_commit(tmp_path: Path, form: str) -> None:
    (tmp_path / "new").mkdir()
    repo = Repo(tmp_path / "new")
    repo.git("init", "-q", f"--object-format={form}")
    assert staged(repo.path) == on_disk(repo.path) == {}  # there is no index yet
    repo.write("a.rs", b"a")
    assert on_disk(repo.path) == {"a.rs": b"a"}
    repo.git("add", "a.rs")
    repo.write("a.rs", b"b")
    assert staged(repo.path) == {"a.rs": b"a"}


def test_what_is_only_announced_is_on_disk_and_not_staged(repo: Repo) -> None:
    repo.write("soon.rs", b"soon")
    repo.git("add", "-N", "soon.rs")
    assert staged(repo.path) == {"src/a.rs": b"fn a() {}\n"}
    assert on_disk(repo.path)["soon.rs"] == b"soon"


@pytest.mark.parametrize("sparse_index", ["--sparse-index", "--no-sparse-index"])
def test_what_a_sparse_checkout_leaves_out_is_as_in_the_index(
    repo: Repo, sparse_index: str
) -> None:
    repo.write("out/b.rs", b"b")
    repo.write("in/c.rs", b"c")
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", sparse_index, "in")
    assert not (repo.path / "out").exists()  # the control
    repo.write("in/c.rs", b"new")
    head = {"src/a.rs": b"fn a() {}\n", "out/b.rs": b"b"}
    for file in repo.path.rglob("*"):  # were an object written again, git would set its time to now
        os.utime(file, (1, 1), follow_symlinks=False)
    before = everything(repo.path)
    assert staged(repo.path) == head | {"in/c.rs": b"c"}
    assert on_disk(repo.path) == head | {"in/c.rs": b"new"}
    assert everything(repo.path) == before


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_what_git_does_not_look_at_is_as_in_the_index(repo: Repo, flag: str) -> None:
    repo.git("update-index", flag, "src/a.rs")
    repo.write("src/a.rs", b"mine alone")
    assert on_disk(repo.path) == {"src/a.rs": b"fn a() {}\n"}


def test_links_are_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.rs").write_bytes(b"outside")
    repo.write("was.rs", b"was")
    repo.write("dir/a.rs", b"was")
    repo.commit()
    (repo.path / "was.rs").unlink()
    (repo.path / "was.rs").symlink_to(tmp_path / "outside/a.rs")
    (repo.path / "dir/a.rs").unlink()
    (repo.path / "dir").rmdir()
    (repo.path / "dir").symlink_to(tmp_path / "outside")
    (repo.path / "new.rs").symlink_to(tmp_path / "outside/a.rs")
    (repo.path / "new").symlink_to(tmp_path / "outside")
    assert on_disk(repo.path) == {"src/a.rs": b"fn a() {}\n"}
    repo.git("add", "-A")
    assert staged(repo.path) == {"src/a.rs": b"fn a() {}\n"}
    (repo.path / "new.rs").unlink()
    repo.write("new.rs", b"a file now")
    assert on_disk(repo.path)["new.rs"] == b"a file now"


def test_submodules_and_other_repositories_are_not_entered(repo: Repo) -> None:
    for name in ("sub", "nested"):
        inner = make(repo.path / name)
        inner.write("b.rs", b"")
        if name == "sub":
            repo.git("update-index", "--add", "--cacheinfo", f"160000,{inner.commit()},sub")
    wanted = {"src/a.rs": b"fn a() {}\n"}
    assert staged(repo.path) == on_disk(repo.path) == wanted


def test_what_is_ignored_is_left_out_wherever_that_is_said(repo: Repo, tmp_path: Path) -> None:
    for name in ("tree", "info", "mine", "xdg"):
        repo.write(f"{name}.rs", b"")
    repo.write("target/debug/build.rs", b"")
    repo.write("kept.rs", b"")
    repo.write(".gitignore", b"/tree.rs\n/target\n")
    repo.write(".git/info/exclude", b"info.rs\n!kept.rs\n")
    (tmp_path / "mine").write_text("mine.rs\nkept.rs\n")
    (tmp_path / "xdg/git").mkdir(parents=True)
    (tmp_path / "xdg/git/ignore").write_text("xdg.rs\n")
    assert set(on_disk(repo.path)) == {"src/a.rs", "kept.rs", "mine.rs"}
    repo.git("config", "core.excludesFile", str(tmp_path / "mine"))
    assert set(on_disk(repo.path)) == {"src/a.rs", "kept.rs", "xdg.rs"}
    repo.git("add", "-A")  # the control: git leaves out the same
    assert set(staged(repo.path)) == {"src/a.rs", "kept.rs", "xdg.rs"}


def test_files_are_as_they_are_on_disk(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    (repo.path / "src/a.rs").unlink()
    repo.git("checkout", "src/a.rs")
    assert on_disk(repo.path) == {"src/a.rs": b"fn a() {}\r\n"}
    assert staged(repo.path) == {"src/a.rs": b"fn a() {}\n"}


def test_names_of_any_bytes(repo: Repo) -> None:
    names = [b"new\nline.rs", b'quo"te.rs', b"\xff.rs", b":(top).rs", b"-rf.rs"]
    for name in names:
        repo.write(name, name)
    assert {os.fsencode(path) for path in on_disk(repo.path)} == {b"src/a.rs", *names}
    repo.git("add", "-A")
    assert {os.fsencode(path): data for path, data in staged(repo.path).items()} == {
        b"src/a.rs": b"fn a() {}\n", **{name: name for name in names},
    }  # fmt: skip
    assert on_disk(repo.path) == staged(repo.path)


def test_a_file_that_cannot_be_read_is_named(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("secret.rs", "raced.rs", "pipe.rs"):
        repo.write(name, b"")
    repo.commit()
    (repo.path / "pipe.rs").unlink()
    os.mkfifo(repo.path / "pipe.rs")
    read = os.open

    def refuse(file: bytes, *more: int) -> int:
        if file.endswith(b"secret.rs"):
            raise PermissionError(13, "Permission denied")
        if file.endswith(b"raced.rs"):
            raise FileNotFoundError(2, "No such file or directory")
        return read(file, *more)

    monkeypatch.setattr(os, "open", refuse)
    with Store.open(repo.path) as store:
        snapshot = disk.snapshot(store, RUST)
    assert list(snapshot.entries) == ["src/a.rs"]
    assert snapshot.unread == {
        "secret.rs": "permission denied",
        "raced.rs": "no such file or directory",
        "pipe.rs": "not an ordinary file",
    }


@pytest.mark.parametrize("read", [staged, on_disk])
def test_a_merge_is_refused_with_what_to_type(repo: Repo, read: object) -> None:
    unmerged(repo)
    assert callable(read)
    with pytest.raises(UsageError) as caught:
        read(repo.path)
    assert "`src/a.rs` is not merged yet" in caught.value.what
    assert "`git add src/a.rs`" in caught.value.help
    repo.git("add", "src/a.rs")
    assert b"<<<" in read(repo.path)["src/a.rs"]


@pytest.mark.parametrize("read", [staged, on_disk])
def test_a_bare_repository_has_neither(repo: Repo, tmp_path: Path, read: object) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert callable(read)
    with pytest.raises(UsageError, match="has no work tree"):
        read(tmp_path / "bare.git")


@pytest.mark.parametrize("read", [staged, on_disk])
def test_an_index_that_cannot_be_read(repo: Repo, read: object) -> None:
    (repo.path / ".git/index").write_bytes(b"rubbish")
    assert callable(read)
    with pytest.raises(UsageError, match="`git ls-files` failed"):
        read(repo.path)


def test_a_listing_that_is_not_known_is_never_half_read(repo: Repo) -> None:
    with Store.open(repo.path) as store:
        place = index.of_work_tree(store)
        assert [row.path for row in index.rows(store, place)] == ["README", "src/a.rs"]
        whole = store.git(
            ["ls-files", "--stage", "--debug", "-z"], env=store.reading() | {
                "GIT_INDEX_FILE": str(store.folder / "theirs/index"),
            },
        )  # fmt: skip
    for odd in (whole + b"more", whole.replace(b"  mtime", b"  time", 1), b"x" + whole):
        with pytest.raises(UsageError, match="not known here"):
            index._parsed(odd)


def test_a_hook_reads_the_index_of_its_commit(repo: Repo, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    hook = repo.path / ".git/hooks/pre-commit"
    hook.write_text(f'#!/bin/sh\necho "$GIT_INDEX_FILE" >> "{seen}"\n')
    hook.chmod(0o755)
    repo.write("src/a.rs", b"mine\n")
    repo.write("b.rs", b"staged\n")
    repo.git("add", "b.rs")
    for args, wanted in (
        (("-a",), {"src/a.rs": b"mine\n", "b.rs": b"staged\n"}),
        (("src/a.rs",), {"src/a.rs": b"mine\n"}),
    ):
        hook.write_text(
            f'#!/bin/sh\ncp "$GIT_INDEX_FILE" .git/kept\n'
            f'echo "$GIT_INDEX_FILE" > "{seen}"\nexit 1\n'
        )
        with pytest.raises(subprocess.CalledProcessError):
            repo.git("commit", "-qm", "x", *args)
        name = seen.read_text().strip()
        assert (repo.path / name).parent == repo.path / ".git"  # so it is found by its folder
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GIT_INDEX_FILE", str(repo.path / ".git/kept"))
            assert staged(repo.path) == wanted


def test_an_index_of_elsewhere_leads_nowhere(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other")
    other.write("other.rs", b"")
    other.commit()
    for name in (other.path / ".git/index", repo.path / ".git/none"):
        monkeypatch.setenv("GIT_INDEX_FILE", str(name))
        assert staged(repo.path) == on_disk(repo.path) == {"src/a.rs": b"fn a() {}\n"}


def test_from_a_linked_work_tree_and_a_split_index(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    linked.git("update-index", "--split-index")
    linked.write("b.rs", b"b")
    linked.git("add", "b.rs")
    linked.write("c.rs", b"c")
    assert set(staged(linked.path / "src")) == {"src/a.rs", "b.rs"}
    assert set(on_disk(linked.path / "src")) == {"src/a.rs", "b.rs", "c.rs"}
    assert set(on_disk(repo.path)) == {"src/a.rs"}


def test_reading_leaves_no_byte(repo: Repo) -> None:
    repo.write("src/a.rs", b"changed")
    repo.write("src/new.rs", b"new")
    repo.write("src/other.rs", b"new")
    repo.git("add", "src/new.rs")
    repo.git("update-index", "--split-index", "--untracked-cache")
    before = everything(repo.path)
    assert len(staged(repo.path)) == 2
    assert len(on_disk(repo.path)) == 3
    assert everything(repo.path) == before


def test_nothing_of_the_repository_runs(repo: Repo, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    arm(repo, marker)
    os.utime(repo.path / "src/a.rs", (1, 1))
    repo.write("src/new.rs", b"new\n")
    marker.unlink(missing_ok=True)
    assert len(staged(repo.path)) == 1
    assert len(on_disk(repo.path)) == 2
    assert not marker.exists()
    repo.git("add", "-A")  # the control
    assert {"clean", "fsmonitor"} <= set(marker.read_text().split())
