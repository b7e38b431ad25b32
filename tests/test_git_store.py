"""Reading repositories: every state that git knows, and nothing of it changed or run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from repositories import OLD, Repo, arm, everything, make, own_environment
from rustfix_mem.errors import UsageError
from rustfix_mem.git import clean, command, head
from rustfix_mem.git.identity import Identity, identity
from rustfix_mem.git.store import Store

WEIRD = [
    b"new\nline.rs",
    b"tab\t.rs",
    b'quo"te.rs',
    b"\xff.rs",
    b" lead.rs",
    b"-rf.rs",
    b":(top).rs",
]


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make(tmp_path / "repo")


def files(path: Path, rev: str = "HEAD") -> dict[str, bytes]:
    with Store.open(path) as store:
        snapshot = store.snapshot(store.resolve(rev))
        return dict(snapshot.read_many(snapshot.entries))


def dirty(path: Path) -> int | None:
    """How many files have changed; who asks in haste must not be sure that there are none."""
    with Store.open(path) as store:
        changed = store.dirty()
    place = head.checkout(str(path))
    assert not changed or place is None or not clean.is_clean(place[1], place[2], place[0])
    return changed


def refusal(path: Path, rev: str = "HEAD") -> UsageError:
    with pytest.raises(UsageError) as caught:
        files(path, rev)
    assert "\n" not in caught.value.what + caught.value.help
    assert caught.value.help
    return caught.value


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_snapshot_is_the_commit(tmp_path: Path, form: str) -> None:
    repo = make(tmp_path / "repo", f"--object-format={form}")
    with Store.open(repo.path) as store:
        commit = store.resolve("main")
        snapshot = store.snapshot(commit)
        assert snapshot.commit == commit == repo.git("rev-parse", "HEAD")
        assert snapshot.tree == repo.git("rev-parse", "HEAD^{tree}")
        listed = [f"{e.mode} blob {e.oid}\t{path}" for path, e in snapshot.entries.items()]
        assert listed == repo.git("ls-tree", "-r", "HEAD").splitlines()
        assert snapshot.read("src/a.rs") == b"fn a() {}\n"


def test_names_of_any_bytes(repo: Repo) -> None:
    for name in WEIRD:
        repo.write(name, name)
    repo.commit()
    got = files(repo.path)
    assert {
        os.fsencode(path): data for path, data in got.items() if path in map(os.fsdecode, WEIRD)
    } == {name: name for name in WEIRD}


def test_from_a_subdirectory_a_git_dir_a_bare_clone_and_a_linked_work_tree(
    repo: Repo, tmp_path: Path
) -> None:
    wanted = files(repo.path)
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    assert files(repo.path / "src") == wanted
    assert files(repo.path / ".git") == wanted
    assert files(tmp_path / "bare.git") == wanted
    linked.write("src/b.rs", b"")
    linked.commit()
    assert files(linked.path / "src") == wanted | {"src/b.rs": b""}
    assert files(repo.path) == wanted


def test_a_folder_whose_name_git_would_have_to_quote(tmp_path: Path) -> None:
    repo = make(tmp_path / 'a:b\n"c')
    assert files(repo.path)["README"] == b"read\n"


def test_alternates_of_alternates_are_followed(repo: Repo, tmp_path: Path) -> None:
    wanted = files(repo.path)
    repo.git("clone", "-q", "--shared", ".", str(tmp_path / "one"))
    Repo(tmp_path / "one").git("clone", "-q", "--shared", ".", str(tmp_path / "two"))
    assert not list((tmp_path / "two/.git/objects").glob("??/*"))
    assert files(tmp_path / "two") == wanted


def test_links_and_submodules_are_entries_but_not_ordinary_files(repo: Repo) -> None:
    (repo.path / "link.rs").symlink_to("src/a.rs")
    oid = repo.git("rev-parse", "HEAD")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub.rs")
    repo.git("add", "link.rs")
    repo.git("commit", "-qm", "x")
    with Store.open(repo.path) as store:
        snapshot = store.snapshot(store.resolve("HEAD"))
    assert snapshot.entries["sub.rs"].mode == "160000"
    assert snapshot.entries["link.rs"].mode == "120000"
    assert snapshot.regular(".rs") == ["src/a.rs"]


def test_line_endings_are_those_of_the_blob(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "false")
    repo.write("crlf.rs", b"a\r\nb\n")
    repo.commit()
    repo.git("config", "core.autocrlf", "true")
    repo.write(".gitattributes", b"*.rs text eol=crlf\n")
    assert files(repo.path)["crlf.rs"] == b"a\r\nb\n"


def test_replaced_objects_are_not_heeded(repo: Repo) -> None:
    good = repo.git("rev-parse", "HEAD:src/a.rs")
    repo.git("replace", good, repo.git("rev-parse", "HEAD:README"))
    assert repo.git("cat-file", "blob", good) == "read"  # the control
    assert files(repo.path)["src/a.rs"] == b"fn a() {}\n"
    first = repo.git("rev-parse", "HEAD")
    repo.git("tag", "-am", "x", "one", first)
    repo.git("tag", "-am", "x", "two", repo.commit())
    repo.git("replace", "one", "two")
    assert repo.git("rev-parse", "one^{commit}") != first  # the control
    with Store.open(repo.path) as store:
        assert store.resolve("one") == first


def test_git_variables_of_the_caller_lead_nowhere(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = files(repo.path)
    other = make(tmp_path / "other")
    other.write("other.rs", b"")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / "nothing"))
    assert files(repo.path) == wanted
    assert dirty(repo.path) == 0


def test_more_ids_and_more_bytes_than_pipes_hold(repo: Repo) -> None:
    repo.write("big.rs", b"x" * 300_000)
    repo.commit()
    with Store.open(repo.path) as store:
        snapshot = store.snapshot(store.resolve("HEAD"))
        big, small = snapshot.entries["big.rs"].oid, snapshot.entries["README"].oid
        sizes = [len(data) for data in store.load(([small] * 200 + [big]) * 100)]
        assert sizes == ([5] * 200 + [300_000]) * 100
        assert list(store.load([])) == []
        assert next(iter(store.load([big, small] * 1000))) == b"x" * 300_000  # and no more


def test_nothing_is_left_of_the_store(repo: Repo) -> None:
    with Store.open(repo.path) as store:
        assert store.folder.is_dir()
        assert store.git(["rev-parse", "--git-dir"]).strip() == os.fsencode(store.folder)
    assert not store.folder.exists()


def test_no_room_for_temporary_files(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nothing"))
    error = refusal(repo.path)
    assert error.what == "cannot make a temporary folder: no such file or directory"
    assert "`TMPDIR=FOLDER`" in error.help


def test_reading_leaves_no_byte(repo: Repo) -> None:
    repo.write("src/a.rs", b"changed")
    repo.write("src/new.rs", b"new")
    repo.git("add", "src/new.rs")
    repo.git("update-index", "--split-index")
    before = everything(repo.path)
    files(repo.path)
    assert dirty(repo.path) == 2
    assert everything(repo.path) == before


def test_importing_the_store_does_not_import_gitpython() -> None:
    code = (
        "import sys, rustfix_mem.git.store, rustfix_mem.git.worktree; print('git' in sys.modules)"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


# What is refused


def test_no_repository_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert "is not in a git repository" in refusal(tmp_path / "plain").what
    assert "no folder" in refusal(tmp_path / "nothing").what


def test_a_repository_that_git_cannot_read(repo: Repo) -> None:
    repo.git("config", "core.repositoryFormatVersion", "99")
    assert "cannot read the repository" in refusal(repo.path).what


def test_no_commit_yet(tmp_path: Path) -> None:
    tmp_path.joinpath("empty").mkdir()
    Repo(tmp_path / "empty").git("init", "-q")
    assert refusal(tmp_path / "empty").what == "the branch that is checked out has no commit yet"
    assert dirty(tmp_path / "empty") is None


@pytest.mark.parametrize("rev", ["nothing", "", "--all", "HEAD^{tree}", "HEAD~9", "a\0b", "f" * 40])
def test_a_revision_that_is_not_there(repo: Repo, rev: str) -> None:
    assert "there is no commit" in refusal(repo.path, rev).what


@pytest.mark.parametrize("rev", ["HEAD", "@", "main", "HEAD~1", "v1", "refs/heads/main", ":/first"])
def test_a_revision_that_is_there(repo: Repo, rev: str) -> None:
    repo.git("commit", "-q", "--amend", "-m", "first")
    repo.commit()
    repo.git("tag", "-a", "-m", "annotated", "v1", "HEAD~1")
    with Store.open(repo.path / "src") as store:
        assert store.resolve(rev) == repo.git("rev-list", "-1", rev)


def test_a_name_of_two_things(repo: Repo) -> None:
    repo.git("branch", "both")
    repo.git("tag", "both")
    repo.git("config", "core.warnAmbiguousRefs", "false")
    assert "`refs/heads/both`" in refusal(repo.path, "both").help


def test_the_first_digits_of_two_commits(repo: Repo) -> None:
    seen = dict[str, str]()
    for number in range(5000):
        oid = repo.git("commit-tree", "-m", str(number), "HEAD^{tree}", **OLD)
        if oid[:4] in seen:
            break
        seen[oid[:4]] = oid
    assert "more than one commit" in refusal(repo.path, oid[:4]).what


def test_a_partial_clone_and_what_to_type(repo: Repo, tmp_path: Path) -> None:
    wanted = files(repo.path)
    repo.git("config", "uploadpack.allowFilter", "true")
    url, part = repo.path.as_uri(), tmp_path / "part"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, str(part))
    before = everything(part)
    error = refusal(part)
    assert "is not in this clone" in error.what
    assert everything(part) == before  # nothing was fetched
    subprocess.run(error.help.split("`")[1], shell=True, cwd=part, check=True, capture_output=True)
    assert files(part) == wanted


def test_a_blob_that_is_damaged(repo: Repo) -> None:
    oid = repo.git("rev-parse", "HEAD:README")
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")
    (repo.path / "README").unlink()
    assert oid in refusal(repo.path).what


def test_a_repository_of_another_user(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(command.HARDENING, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    error = refusal(repo.path)
    assert "belongs to another user" in error.what
    assert f"`git config --global --add safe.directory {repo.path}`" in error.help
    subprocess.run(error.help.split("`")[1], shell=True, check=True)
    assert files(repo.path)
    (tmp_path / "gitconfig").write_text("[safe]\n\tdirectory = /some/where\n\tdirectory = *\n")
    assert files(repo.path)
    (tmp_path / "gitconfig").write_text("[safe]\n\tdirectory = *\n\tdirectory =\n")
    refusal(repo.path)  # an empty value takes back what came before it


# Dirty or not


def test_a_clean_tree(repo: Repo, tmp_path: Path) -> None:
    repo.write("untracked.rs", b"")
    assert dirty(repo.path) == 0
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert dirty(tmp_path / "bare.git") is None


def test_every_way_to_be_dirty_counts_once(repo: Repo) -> None:
    for name in ("edited", "staged", "both", "gone", "removed", "kind", "touched"):
        repo.write(f"{name}.rs", b"one\n")
    repo.commit()
    repo.write("edited.rs", b"two\n")  # as long as it was, and within one tick
    repo.write("staged.rs", b"two\n")
    repo.write("both.rs", b"two\n")
    repo.write("added.rs", b"")
    repo.git("add", "staged.rs", "both.rs", "added.rs")
    repo.git("rm", "-q", "--cached", "removed.rs")
    repo.write("both.rs", b"three\n")
    (repo.path / "gone.rs").unlink()
    (repo.path / "kind.rs").unlink()
    (repo.path / "kind.rs").symlink_to("README")
    os.utime(repo.path / "touched.rs", (1, 1))
    assert dirty(repo.path) == 7
    assert len(repo.git("status", "--short", "-uno").splitlines()) == 7


def test_an_edit_within_the_tick_of_the_index_is_seen(repo: Repo) -> None:
    file = repo.path / "src/a.rs"
    stamp = file.stat().st_mtime_ns
    file.write_bytes(b"fn b() {}\n")
    os.utime(file, ns=(stamp, stamp))
    os.utime(repo.path / ".git/index", ns=(stamp, stamp))
    assert dirty(repo.path) == 1


def test_line_endings_that_git_put_there_are_no_change(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    (repo.path / "src/a.rs").unlink()
    repo.git("checkout", "src/a.rs")
    assert (repo.path / "src/a.rs").read_bytes() == b"fn a() {}\r\n"
    assert dirty(repo.path) == 0


def test_files_that_a_sparse_checkout_leaves_out_are_no_change(repo: Repo) -> None:
    repo.git("update-index", "--skip-worktree", "README")
    (repo.path / "README").unlink()
    assert dirty(repo.path) == 0


def test_a_conflict_is_a_change(repo: Repo) -> None:
    repo.git("branch", "other")
    repo.write("src/a.rs", b"one\n")
    repo.commit()
    repo.git("checkout", "-q", "other")
    repo.write("src/a.rs", b"two\n")
    repo.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "main")
    assert dirty(repo.path) == 1


def test_an_index_that_cannot_be_read(repo: Repo) -> None:
    (repo.path / ".git/index").write_bytes(b"rubbish")
    assert dirty(repo.path) is None
    assert files(repo.path)


# Who commits


def test_the_identity_of_git_variables_then_of_the_configuration(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "included").write_text("[user]\n\tname = Bob <>\n\temail = bob@example.org\n")
    (tmp_path / "gitconfig").write_text(f"[include]\n\tpath = {tmp_path / 'included'}\n")
    with Store.open(repo.path) as store:
        assert identity(store) == Identity("Ann", "ann@example.org")
        for name in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_AUTHOR_{name}")
            monkeypatch.delenv(f"GIT_COMMITTER_{name}")
        assert identity(store) == Identity("Bob", "bob@example.org")
        repo.git("config", "user.email", "local@example.org")
        assert identity(store) == Identity("Bob", "local@example.org")
        (tmp_path / "included").unlink()
        with pytest.raises(UsageError, match=r"no `user\.name`"):
            identity(store)


def test_an_author_on_the_command_line() -> None:
    assert Identity.parse(" Ann B <a@b.org> ") == Identity("Ann B", "a@b.org")
    for text in ("Ann", "<a@b>", "Ann <a b>", "An\nn <a@b>", "Ann <a@b> <c@d>"):
        with pytest.raises(UsageError, match="is not an author"):
            Identity.parse(text)


# Code of the repository


def test_nothing_of_the_repository_runs(repo: Repo, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    arm(repo, marker)
    os.utime(repo.path / "src/a.rs", (1, 1))
    repo.write("README", b"new\n")
    marker.unlink(missing_ok=True)
    with Store.open(repo.path) as store:
        snapshot = store.snapshot(store.resolve("HEAD"))
        assert len(list(snapshot.read_many(snapshot.entries))) == 3
        assert store.dirty() == 1
        identity(store)
    assert (head.tree(str(repo.path)), head.checkout(str(repo.path))) != (None, None)
    assert not marker.exists()
    repo.git("status")  # the control: each trap can fire
    repo.git("log", "-p")
    repo.git("checkout", "-f", "-q", "HEAD", "--", "README")
    repo.git("branch", "new")
    assert set(marker.read_text().split()) == {
        "clean", "smudge", "textconv", "fsmonitor", "post-index-change", "reference-transaction",
    }  # fmt: skip
