"""Writing branches: one new ref in every state of a repository, and nothing else of it changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rustfix_mem.errors import CodemodBug, UsageError
from rustfix_mem.git import branch as branches
from rustfix_mem.git.branch import Built, Done, Outcome, build, publish
from rustfix_mem.git.command import Ran
from rustfix_mem.git.commit import message
from rustfix_mem.git.identity import Identity
from rustfix_mem.git.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

WEIRD = [
    b"new\nline.rs",
    b"tab\t.rs",
    b'quo"te.rs',
    b"\xff.rs",
    b" lead.rs",
    b"-rf.rs",
    b":(top).rs",
]
OLD = {"GIT_AUTHOR_DATE": "1000000000 +0200", "GIT_COMMITTER_DATE": "1000000000 +0200"}
NAME = "rustfix-mem/cache-bounds"
REF = f"refs/heads/{NAME}"
SAYS = message(
    "Bound a cache", "One is left alone.", {"Version": "0.1.0", "Parameters": "a=1\nb=2"}
)
CHANGE = {"src/a.rs": b"fn b() {}\r\n", "run.rs": b"#!/bin/sh\n# new\n"}


@dataclass(frozen=True)
class Repo:
    path: Path

    def git(self, *args: str | bytes, **env: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.path, env=os.environ | env, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, name: str | bytes, data: bytes) -> Path:
        file = self.path / os.fsdecode(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def commit(self, *options: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", "x", "--allow-empty", *options, **OLD)
        return self.git("rev-parse", "HEAD")

    def refs(self) -> set[str]:
        return set(self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No word of the configuration of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "gitconfig").write_text(
        "[init]\n\tdefaultBranch = main\n[user]\n\tname = Ann\n\temail = ann@example.org\n"
        '[protocol "file"]\n\tallow = always\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def make(path: Path, *options: str) -> Repo:
    path.mkdir()
    repo = Repo(path)
    repo.git("init", "-q", *options)
    repo.write("src/a.rs", b"fn a() {}\r\n")
    repo.write("run.rs", b"#!/bin/sh\n").chmod(0o755)
    repo.write("README", b"read\n")
    repo.write("deep/er/b.rs", b"\n")
    repo.write("Cargo.toml", b"[package]\n")
    (repo.path / "link.rs").symlink_to("src/a.rs")
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.commit()},sub.rs")
    repo.git("commit", "-qm", "x", **OLD)
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make(tmp_path / "repo")


@contextmanager
def built(
    path: Path,
    changes: Mapping[str, bytes] = CHANGE,
    rev: str = "HEAD",
    text: str = SAYS,
    author: Identity | None = None,
) -> Iterator[tuple[Store, Built]]:
    with Store.open(path) as store:
        base = store.resolve(rev)
        yield store, build(store, base, store.snapshot(base), changes, text, author)


def apply(path: Path, changes: Mapping[str, bytes] = CHANGE, name: str = NAME) -> Outcome:
    with built(path, changes) as (store, made):
        return publish(store, made, name)


def refusal(path: Path, changes: Mapping[str, bytes] = CHANGE, name: str = NAME) -> UsageError:
    """The error of a run that must leave every ref where it was."""
    before = Repo(path).refs()
    with pytest.raises(UsageError) as caught:
        apply(path, changes, name)
    assert Repo(path).refs() == before
    assert "\n" not in caught.value.what + caught.value.help
    assert caught.value.help
    return caught.value


def everything(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Kind, mode, time and bytes of all that is in a folder, `.git` included."""
    found = {}
    for file in [folder, *folder.rglob("*")]:
        about = file.lstat()
        data = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
        found[str(file)] = (about.st_mode, about.st_mtime_ns, about.st_size, data)
    return found


def untouched(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """The same, without what a new branch must add to: objects, refs and their logs."""
    mine = ("objects", "refs", "logs")
    kept = {}
    for name, about in everything(folder).items():
        parts = Path(name).relative_to(folder).parts
        if not set(mine) & set(parts[:2]) and parts not in ((), (".git",)):
            kept[name] = about
    return kept


# What is built


def test_the_commit_is_what_git_would_have_made(repo: Repo, tmp_path: Path) -> None:
    assert apply(repo.path) == Outcome(Done.CREATED, NAME, repo.git("rev-parse", REF))
    repo.git("clone", "-q", ".", str(tmp_path / "oracle"))
    oracle = Repo(tmp_path / "oracle")
    for path, data in CHANGE.items():
        oracle.write(path, data)
    oracle.git("commit", "-qam", "x")
    assert repo.git("rev-parse", f"{REF}^{{tree}}") == oracle.git("rev-parse", "HEAD^{tree}")
    assert repo.git("rev-parse", f"{REF}~1") == repo.git("rev-parse", "main")
    assert repo.git("ls-tree", REF, "run.rs").startswith("100755")
    assert repo.git("fsck", "--strict", "--no-dangling") == ""


def test_who_when_and_what_it_says(repo: Repo) -> None:
    apply(repo.path)
    form = "%an <%ae>|%cn <%ce>|%ad|%cd"
    assert repo.git("log", "-1", "--date=raw", f"--format={form}", REF) == (
        "Ann <ann@example.org>|Ann <ann@example.org>|1000000000 +0200|1000000000 +0200"
    )
    assert repo.git("log", "-1", "--format=%s", REF) == "Bound a cache"
    trailers = repo.git("log", "-1", "--format=%(trailers:only)", REF).splitlines()
    assert trailers == [
        "Rustfix-Mem-Version: 0.1.0",
        "Rustfix-Mem-Parameters: a=1 b=2",
        f"Rustfix-Mem-Base: {repo.git('rev-parse', 'main')}",
        f"Rustfix-Mem-Tree: {repo.git('rev-parse', REF + '^{tree}')}",
    ]
    assert "Ann <ann@example.org>" in (repo.path / ".git/logs" / REF).read_text()


def test_the_same_input_gives_the_same_commit(repo: Repo) -> None:
    ids = set[str]()
    for _ in range(2):
        with built(repo.path) as (_store, made):
            ids.add(made.commit)
    with built(repo.path, text=message("Other", "", {})) as (_store, made):
        assert made.commit not in ids
    assert len(ids) == 1


def test_the_diff_is_one_that_git_applies(repo: Repo, tmp_path: Path) -> None:
    for name in WEIRD:
        repo.write(name, b"old\r\nno end")
    repo.write("latin.rs", b"// \xe9\n")
    repo.write("binary.rs", b"\0")
    repo.commit()
    changes = {os.fsdecode(name): b"new\r\nno end" for name in WEIRD} | {"latin.rs": b"// \xe8\n"}
    changes["binary.rs"] = b"\0\0"
    with built(repo.path, changes) as (store, made):
        publish(store, made, NAME)
    patch = tmp_path / "patch"
    patch.write_bytes(made.diff.encode("utf-8", "surrogateescape"))
    repo.git("apply", "--index", str(patch))
    assert repo.git("write-tree") == made.tree == repo.git("rev-parse", f"{REF}^{{tree}}")
    names = repo.git("diff", "--name-only", "-z", "main", REF).split("\0")[:-1]
    assert sorted(names) == sorted(changes)


def test_an_author_of_ones_own_and_none_at_all(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("")
    with pytest.raises(UsageError, match=r"git has no `user\.name`"):
        apply(repo.path)
    with built(repo.path, author=Identity("Bob", "b@example.org")) as (store, made):
        publish(store, made, NAME)
    assert repo.git("log", "-1", "--format=%an %cn", REF) == "Bob Bob"
    assert "Bob <b@example.org>" in (repo.path / ".git/logs" / REF).read_text()


def test_a_stack_of_two(repo: Repo) -> None:
    with Store.open(repo.path) as store:
        base = store.resolve("HEAD")
        before = store.snapshot(base)
        one = build(store, base, before, CHANGE, SAYS)
        more = {"deep/er/b.rs": b"b\n"}
        two = build(store, base, before.with_changes(CHANGE), more, SAYS, parent=one.commit)
        publish(store, two, NAME)
    assert repo.git("log", "--format=%H", REF).split()[:3] == [two.commit, one.commit, base]
    assert repo.git("diff", "--name-only", base, REF).split() == ["deep/er/b.rs", *sorted(CHANGE)]
    assert two.diff.count("diff --git") == 3
    assert repo.git("fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize("path", ["README", "link.rs", "sub.rs", "none.rs", "src/x.toml", "a.rs/x"])
def test_only_ordinary_rust_and_cargo_files_may_change(repo: Repo, path: str) -> None:
    repo.write("src/x.toml", b"")
    repo.commit()
    before = everything(repo.path)
    with pytest.raises(CodemodBug, match=path):
        apply(repo.path, {path: b"x"})
    assert everything(repo.path) == before


def test_manifests_may_change(repo: Repo) -> None:
    assert apply(repo.path, {"Cargo.toml": b"[workspace]\n"}).done is Done.CREATED


# States of a repository


def dirty_and_staged(repo: Repo) -> None:
    repo.write("src/a.rs", b"mine\n")
    repo.write("Cargo.toml", b"mine\n")
    repo.git("add", "Cargo.toml")
    repo.write("untracked.rs", b"")


def detached(repo: Repo) -> None:
    repo.git("checkout", "-q", "--detach")


def merging(repo: Repo) -> None:
    repo.git("checkout", "-qb", "other", "HEAD~1")
    repo.write("x.rs", b"")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-commit", "--no-ff", "other")


def autocrlf(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    repo.write(".git/info/attributes", b"*.rs text eol=lf working-tree-encoding=UTF-16\n")


def index_locked(repo: Repo) -> None:
    repo.write(".git/index.lock", b"")


def index_broken(repo: Repo) -> None:
    repo.write(".git/index", b"rubbish")


def index_split(repo: Repo) -> None:
    repo.git("update-index", "--split-index")


def packed(repo: Repo) -> None:
    repo.git("gc", "-q")


def signing(repo: Repo) -> None:
    repo.git("config", "commit.gpgsign", "true")
    repo.git("config", "gpg.program", "false")


def clean(_: Repo) -> None:
    pass


STATES = [
    clean, dirty_and_staged, detached, merging, autocrlf, index_locked, index_broken, index_split,
    packed, signing,
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_one_new_ref_and_nothing_else(
    tmp_path: Path, state: Callable[[Repo], None], form: str
) -> None:
    repo = make(tmp_path / "repo", f"--object-format={form}")
    state(repo)
    refs, before = repo.refs(), untouched(repo.path)
    outcome = apply(repo.path)
    assert repo.refs() - refs == {f"{REF} {outcome.commit}"}
    assert refs <= repo.refs()
    assert untouched(repo.path) == before
    for path, data in CHANGE.items():
        shown = repo.git("cat-file", "blob", f"{REF}:{path}")
        assert shown.encode() == data.removesuffix(b"\n")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_dry_run_leaves_no_byte(repo: Repo, state: Callable[[Repo], None]) -> None:
    state(repo)
    before = everything(repo.path)
    with built(repo.path) as (_store, made):
        assert made.diff.count("diff --git") == 2
    assert everything(repo.path) == before
    outcome = apply(repo.path)
    before = everything(repo.path)
    for file in before:  # were an object written again, git would set its time to now
        os.utime(file, (1, 1), follow_symlinks=False)
    before = everything(repo.path)
    with built(repo.path) as (_store, made):
        assert made.commit == outcome.commit
    assert everything(repo.path) == before


def test_places(repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    repo.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    repo.git("clone", "-q", "--depth=1", repo.path.as_uri(), str(tmp_path / "shallow"))
    repo.git("clone", "-q", "--shared", ".", str(tmp_path / "shared"))
    wanted = apply(repo.path / "src").commit
    for name in ("bare.git", "shallow", "shared"):
        assert apply(tmp_path / name) == Outcome(Done.CREATED, NAME, wanted)
        assert Repo(tmp_path / name).git("fsck", "--no-dangling") == ""
    assert wanted in (tmp_path / "bare.git/logs" / REF).read_text()
    assert apply(tmp_path / "linked/src").done is Done.UP_TO_DATE
    assert apply(tmp_path / "linked", name="x").done is Done.CREATED
    assert repo.git("rev-parse", "x") == wanted


@pytest.mark.parametrize(("options", "modes"), [((), {0o400}), (("--shared=group",), {0o440})])
def test_a_repository_that_a_group_shares(
    tmp_path: Path, options: tuple[str, ...], modes: set[int]
) -> None:
    repo = make(tmp_path / "repo", *options)
    before = set((repo.path / ".git/objects").glob("??/*"))
    umask = os.umask(0o077)
    try:
        apply(repo.path)
    finally:
        os.umask(umask)
    new = set((repo.path / ".git/objects").glob("??/*")) - before
    assert {file.stat().st_mode & 0o777 for file in new} == modes


def test_only_the_new_objects_come_over(repo: Repo) -> None:
    objects = repo.path / ".git/objects"
    before = set(objects.rglob("*"))
    with built(repo.path, {"deep/er/b.rs": b"never published"}):
        pass
    with Store.open(repo.path) as store:
        base = store.resolve("HEAD")
        build(store, base, store.snapshot(base), {"run.rs": b"nor this"}, SAYS)
        publish(store, build(store, base, store.snapshot(base), CHANGE, SAYS), NAME)
    new = [file for file in set(objects.rglob("*")) - before if file.is_file()]
    assert len(new) == 5
    assert repo.git("fsck", "--unreachable") == ""


def test_inside_a_hook_of_git(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    environment = dict(os.environ)
    outcome = apply(repo.path)
    assert dict(os.environ) == environment
    monkeypatch.undo()
    assert (repo.path / ".git" / REF).read_text().strip() == outcome.commit


# The branch is there already


def test_twice_is_up_to_date(repo: Repo) -> None:
    first = apply(repo.path)
    before = everything(repo.path)
    assert apply(repo.path) == Outcome(Done.UP_TO_DATE, NAME, first.commit)
    assert everything(repo.path) == before


def test_our_own_branch_moves_forward(repo: Repo) -> None:
    first = apply(repo.path)
    second = apply(repo.path, {"src/a.rs": b"fn c() {}\n"})
    assert second == Outcome(Done.MOVED, NAME, repo.git("rev-parse", REF))
    assert repo.git("rev-parse", f"{NAME}@{{1}}") == first.commit
    repo.write("README", b"newer\n")
    repo.commit()
    third = apply(repo.path, {"src/a.rs": b"fn c() {}\n"})
    assert third.done is Done.MOVED
    assert repo.git("rev-parse", f"{REF}~1") == repo.git("rev-parse", "main")


def amended_text(repo: Repo) -> None:
    repo.git("commit", "-q", "--amend", "-m", repo.git("log", "-1", "--format=%B") + "\n")


def amended_files(repo: Repo) -> None:
    repo.write("README", b"more\n")
    repo.git("commit", "-qa", "--amend", "--no-edit")


def amended_files_but_not_the_date(repo: Repo) -> None:
    repo.write("README", b"more\n")
    repo.git("commit", "-qa", "--amend", "--no-edit", **OLD)


def built_upon(repo: Repo) -> None:
    repo.write("README", b"more\n")
    repo.commit()


def built_upon_with_nothing(repo: Repo) -> None:
    repo.git("commit", "-q", "--allow-empty", "-m", repo.git("log", "-1", "--format=%B"))


def picked_elsewhere(repo: Repo) -> None:
    repo.git("checkout", "-q", "-B", "tmp", "main")
    repo.write("README", b"more\n")
    repo.commit()
    repo.git("cherry-pick", NAME)
    repo.git("branch", "-f", NAME, "tmp")


def someone_elses(repo: Repo) -> None:
    repo.git("reset", "-q", "--hard", "main~1")


@pytest.mark.parametrize(
    "change",
    [
        amended_text,
        amended_files,
        amended_files_but_not_the_date,
        built_upon,
        built_upon_with_nothing,
        picked_elsewhere,
        someone_elses,
    ],
    ids=lambda change: change.__name__,
)
def test_the_work_of_others_is_not_moved_away(repo: Repo, change: Callable[[Repo], None]) -> None:
    apply(repo.path)
    repo.git("checkout", "-q", NAME)
    change(repo)
    repo.git("checkout", "-q", "main")
    error = refusal(repo.path, {"src/a.rs": b"fn c() {}\n"})
    assert "that rustfix-mem did not make" in error.what
    subprocess.run(  # what it says to type helps
        error.help.split("`")[1].replace("NEW-NAME", "kept"), shell=True, cwd=repo.path, check=True
    )
    assert apply(repo.path).done is Done.CREATED


def test_checked_out_here_or_in_a_linked_work_tree(repo: Repo, tmp_path: Path) -> None:
    apply(repo.path)
    other = {"src/a.rs": b"fn c() {}\n"}
    linked = tmp_path / "li nked"
    repo.git("worktree", "add", "-q", str(linked), NAME)
    before = everything(linked)
    error = refusal(repo.path, other)
    assert error.what == f"branch `{NAME}` is checked out in `{linked}`"
    refusal(linked, other)
    assert everything(linked) == before
    subprocess.run(error.help.split("`")[1], shell=True, check=True, capture_output=True)
    assert apply(repo.path, other).done is Done.MOVED
    repo.git("checkout", "-q", NAME)
    assert "checked out" in refusal(linked, CHANGE | {"run.rs": b""}).what


def test_checked_out_before_its_first_commit(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    Repo(tmp_path / "linked").git("checkout", "-q", "--orphan", NAME)
    assert "is checked out" in refusal(repo.path).what


def test_in_the_middle_of_a_rebase_or_a_bisection(repo: Repo, tmp_path: Path) -> None:
    apply(repo.path)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"), NAME)
    linked = Repo(tmp_path / "linked")
    linked.git("rebase", "-q", "-i", "HEAD~1", GIT_SEQUENCE_EDITOR="sed -i s/^pick/edit/")
    other = {"src/a.rs": b"fn c() {}\n"}
    assert "rebase" in refusal(repo.path, other).what
    linked.git("rebase", "--abort")
    linked.git("bisect", "start", NAME, "main~1")
    linked.git("checkout", "-q", "--detach", "main")
    assert "bisection" in refusal(repo.path, other).what


def test_names_that_stand_in_each_others_way(repo: Repo) -> None:
    repo.git("branch", "rustfix-mem")
    error = refusal(repo.path)
    assert error.what == f"branch `{NAME}` cannot be, since there is a branch `rustfix-mem`"
    refusal(repo.path, name="rustfix-mem/a/b")
    repo.git("branch", "-m", "rustfix-mem", f"{NAME}/x/y")
    assert f"{NAME}/x/y" in refusal(repo.path).what
    assert apply(repo.path, name=f"{NAME}-2").done is Done.CREATED


def test_a_branch_that_only_names_another(repo: Repo) -> None:
    repo.git("symbolic-ref", REF, "refs/heads/main")
    assert "`refs/heads/main`" in refusal(repo.path).what
    assert repo.git("symbolic-ref", REF) == "refs/heads/main"


@pytest.mark.parametrize("name", ["", "a b", "-x", "a..b", "x.lock", "/x", "a@{1}", "HEAD", "a\0b"])
def test_what_cannot_be_a_name(repo: Repo, name: str) -> None:
    assert "cannot be the name of a branch" in refusal(repo.path, name=name).what


@pytest.mark.parametrize("name", ["x", "a'b;$(id)", "ü/ö", "@/x"])
def test_what_can_be_a_name(repo: Repo, name: str) -> None:
    assert apply(repo.path, name=name).done is Done.CREATED


def test_a_stale_lock_is_named_and_left(repo: Repo) -> None:
    lock = repo.write(f".git/{REF}.lock", b"")
    error = refusal(repo.path)
    assert f"`{lock}`" in error.what
    assert lock.exists()
    subprocess.run(error.help.split("`")[1], shell=True, check=True)
    assert apply(repo.path).done is Done.CREATED


@pytest.mark.parametrize("there", [False, True])
def test_a_branch_that_moves_while_we_write(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    if there:
        apply(repo.path)
    carry = branches._carry_over

    def meanwhile(store: Store, made: Sequence[Built]) -> None:
        carry(store, made)
        repo.git("update-ref", REF, "main~1")

    monkeypatch.setattr(branches, "_carry_over", meanwhile)
    with pytest.raises(UsageError, match="moved in the meantime"):
        apply(repo.path, {"src/a.rs": b"fn c() {}\n"})
    assert repo.git("rev-parse", REF) == repo.git("rev-parse", "main~1")


def test_of_many_at_once_one_wins(repo: Repo) -> None:
    code = (
        "import sys; from pathlib import Path; from rustfix_mem.git.store import Store;"
        "from rustfix_mem.git.branch import build, publish\n"
        "with Store.open(Path(sys.argv[1])) as s:\n"
        " c = s.resolve('HEAD'); change = {'src/a.rs': sys.argv[2].encode()}\n"
        " built = build(s, c, s.snapshot(c), change, 'x'); sys.stdin.read()\n"
        f" print(publish(s, built, '{NAME}').commit)"
    )
    line = [sys.executable, "-c", code, str(repo.path)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen([*line, str(n)], env=env, stdin=pipe, stdout=pipe, stderr=pipe)
        for n in range(4)
    ]
    for run in runs:
        assert run.stdin
        run.stdin.close()
        run.stdin = None
    out = [run.communicate()[0].decode().strip() for run in runs]
    tip = repo.git("rev-parse", REF)
    # Whoever comes after the first has ended finds a branch of ours and moves it.
    assert tip in out
    log = (repo.path / ".git/logs" / REF).read_text().splitlines()
    assert [line.split()[1] for line in log][-1] == tip
    assert len(log) == sum(map(bool, out))
    assert repo.git("fsck", "--no-dangling") == ""


def test_git_that_says_nothing_of_a_lost_object(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does where a folder cannot be made at the end of a batch (git 2.47)."""
    run = branches._run

    def quiet(store: Store, args: Sequence[str], *more: Any) -> Ran:
        return Ran(0, b"", "") if args[0] == "unpack-objects" else run(store, args, *more)

    monkeypatch.setattr(branches, "_run", quiet)
    assert "an object did not arrive" in refusal(repo.path).what
    monkeypatch.undo()
    assert apply(repo.path).done is Done.CREATED


@contextmanager
def nobody() -> Iterator[None]:
    """Not root, whom no mode of a file keeps out."""
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_repository_that_cannot_be_written_to() -> None:
    # Not `tmp_path`, which is closed to everyone but root when root runs the tests.
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        repo = make(Path(top) / "repo")
        folders = [repo.path, *(path for path in repo.path.rglob("*") if path.is_dir())]
        for folder in folders:
            os.chown(folder, *((65534, 65534) if os.geteuid() == 0 else (-1, -1)))
            folder.chmod(0o555)
        with nobody(), built(repo.path, author=Identity("Ann", "a@b.org")) as (store, made):
            assert made.diff
            with pytest.raises(UsageError, match=r"cannot write to .*objects") as caught:
                publish(store, made, NAME)
        assert "--dry-run" in caught.value.help
        for folder in folders:
            folder.chmod(0o755)


# Code of the repository

HOOKS = [
    "reference-transaction", "post-index-change", "pre-commit", "commit-msg", "prepare-commit-msg",
    "post-commit", "post-checkout", "post-rewrite", "pre-auto-gc", "update", "post-update",
]  # fmt: skip


def arm(repo: Repo, marker: Path) -> None:
    """Let everything that git may run leave its name in `marker`."""

    def trap(name: str, then: str = "cat") -> str:
        file = repo.path.parent / f"trap-{name}"
        file.write_text(f"#!/bin/sh\necho {name} >> '{marker}'\n{then}\n")
        file.chmod(0o755)
        return str(file)

    repo.write(".gitattributes", b"* filter=evil diff=evil merge=evil\n")
    repo.commit()
    for name in HOOKS:
        shutil.copy(trap(name, "exit 0"), repo.path / ".git/hooks" / name)
    repo.git("config", "diff.evil.textconv", trap("textconv"))
    repo.git("config", "filter.evil.smudge", trap("smudge"))
    repo.git("config", "filter.evil.clean", trap("clean"))
    repo.git("config", "core.fsmonitor", trap("fsmonitor", "exit 1"))
    for key in ("core.pager", "core.editor", "gpg.program", "core.sshCommand", "diff.external"):
        repo.git("config", key, trap(key.replace(".", "-"), "exit 1"))
    repo.git("config", "hook.a b=c.command", trap("configured", "exit 0"))  # since git 2.54
    repo.git("config", "hook.a b=c.event", "reference-transaction")


def test_nothing_of_the_repository_runs(repo: Repo, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    arm(repo, marker)
    marker.unlink(missing_ok=True)
    assert apply(repo.path).done is Done.CREATED
    assert apply(repo.path, {"src/a.rs": b""}).done is Done.MOVED
    assert not marker.exists()
    repo.git("checkout", "-q", NAME)  # the control: the traps can fire
    repo.git("log", "-p")
    repo.write("run.rs", b"x\n")
    repo.git("commit", "-qam", "x")
    assert {
        "clean", "smudge", "textconv", "fsmonitor", "post-index-change", "reference-transaction",
        "pre-commit", "post-commit", "commit-msg", "post-checkout", "prepare-commit-msg",
    } <= set(marker.read_text().split())  # fmt: skip
