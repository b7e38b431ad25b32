"""The states that a repository can be in, and what each command must answer there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from repositories import OLD, Repo
from safety.commands import BRANCH, REF
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MANIFEST = b'[package]\nname = "fixture"\nversion = "0.1.0"\nedition = "2021"\n'
ODD_NAMES = (
    b"new\nline.rs", b"tab\t.rs", b'quo"te.rs', b"\xff.rs", b" lead.rs", b"-rf.rs", b":(top).rs",
    b"*.rs", b"n\xc3\xa4.rs", b"na\xcc\x88.rs", b"$(id);.rs", b"\x1b[31m.rs", b"@{1}.rs",
    b"a\\b.rs", b"..rs", b"a b/c d.rs", b"con.rs", b"\xe2\x80\xae.rs",
)  # fmt: skip
READS_DISK = ("check --staged", "check --worktree")
READS_COMMIT = (
    "check", "check all", "check --rev", "check --write-baseline", "apply --dry-run",
    "apply all --dry-run",
)  # fmt: skip
WRITES = ("apply --patch", "apply, again", "apply all")
ALL = (*READS_COMMIT, *READS_DISK, *WRITES)
BUILDS = ("apply --dry-run", "apply all --dry-run", *WRITES)
NOT_HERE = "is not in this clone"
NO_REPOSITORY = "is not in a git repository"
CANNOT_READ = "cannot read the repository"


@dataclass(frozen=True, slots=True)
class State:
    """One state: how to make it below a folder, which gives the folder to run in; and who refuses.

    `refused` has for each command that must refuse words of its reason.
    """

    name: str
    make: Callable[[Path], Path]
    refused: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[int, int] = (0, 0)
    """The first version of git that can make it."""
    readable: bool = True
    """Whether git itself can list the refs."""
    foreign: bool = False
    """Whether it belongs to another user."""


def crate(path: Path, *options: str) -> Repo:
    """A repository of one crate with a cache that is fixed, and some files of other kinds."""
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "-q", *options)
    repo.write("Cargo.toml", MANIFEST)
    repo.write("src/lib.rs", CACHED.encode())
    repo.write("src/other.rs", b"fn a() {}\r\n")
    repo.write("run.rs", b"#!/bin/sh\n").chmod(0o755)
    repo.write("README", b"read\n")
    repo.commit()
    return repo


def clean(top: Path) -> Path:
    return crate(top / "repo").path


def dirty(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write("src/lib.rs", CACHED.encode() + b"\n// mine\n")
    repo.write("src/other.rs", b"mine\n")
    repo.git("add", "src/other.rs")
    repo.write("untracked.rs", b"")
    return repo.path


def detached(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("checkout", "-q", "--detach")
    return repo.path


def _forked(top: Path, theirs: bytes, mine: bytes) -> Repo:
    """A repository with a branch `other`; each side has its own `src/other.rs`, if not empty."""
    repo = crate(top / "repo")
    repo.git("checkout", "-q", "-b", "other")
    repo.write("src/other.rs", theirs)
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("src/other.rs" if mine else "mine.rs", mine)
    repo.commit()
    return repo


def _fails(repo: Repo, *args: str, **env: str) -> None:
    """A command of git that stops in the middle, as it is meant to."""
    done = subprocess.run(["git", *args], cwd=repo.path, env=os.environ | env, capture_output=True)
    assert done.returncode, args


def merging(top: Path) -> Path:
    repo = _forked(top, b"theirs\n", b"")
    repo.git("merge", "-q", "--no-commit", "--no-ff", "other")
    return repo.path


def conflicted(top: Path) -> Path:
    repo = _forked(top, b"theirs\n", b"mine\n")
    _fails(repo, "merge", "other")
    return repo.path


def rebasing(top: Path) -> Path:
    repo = _forked(top, b"theirs\n", b"mine\n")
    _fails(repo, "rebase", "other")
    repo.git("add", "-A")
    return repo.path


def cherry_picking(top: Path) -> Path:
    repo = _forked(top, b"theirs\n", b"mine\n")
    _fails(repo, "cherry-pick", "other")
    repo.git("add", "-A")
    return repo.path


def reverting(top: Path) -> Path:
    repo = _forked(top, b"theirs\n", b"mine\n")
    _fails(repo, "revert", "--no-edit", "other")
    repo.git("add", "-A")
    return repo.path


def bisecting(top: Path) -> Path:
    repo = crate(top / "repo")
    for _ in range(3):
        repo.commit()
    repo.git("bisect", "start", "HEAD", "HEAD~3")
    return repo.path


def index_locked(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".git/index.lock", b"")
    return repo.path


def head_locked(top: Path) -> Path:
    repo = crate(top / "repo")
    for name in ("HEAD.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock"):
        repo.write(f".git/{name}", b"")
    return repo.path


def index_broken(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".git/index", b"rubbish")
    return repo.path


def index_gone(top: Path) -> Path:
    repo = crate(top / "repo")
    (repo.path / ".git/index").unlink()
    return repo.path


def index_split(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("update-index", "--split-index")
    repo.write("src/new.rs", b"fn new() {}\n")
    repo.git("add", "src/new.rs")
    return repo.path


def untracked_cache(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("update-index", "--untracked-cache")
    repo.write("new/new.rs", b"fn new() {}\n")
    repo.git("status")
    return repo.path


def held_back(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("update-index", "--assume-unchanged", "src/other.rs")
    repo.git("update-index", "--skip-worktree", "run.rs")
    repo.write("src/other.rs", b"mine alone\n")
    (repo.path / "run.rs").unlink()
    return repo.path


def bare(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("clone", "-q", "--bare", ".", str(top / "bare.git"))
    return top / "bare.git"


def linked(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("worktree", "add", "-q", "-b", "linked", str(top / "linked"))
    return top / "linked"


def worktree_config(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "core.sparseCheckout", "true")
    return repo.path


def shallow(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.commit()
    repo.git("clone", "-q", "--depth=1", repo.path.as_uri(), str(top / "shallow"))
    return top / "shallow"


def sparse(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write("far/away.rs", b"fn far() {}\n")
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "src")
    return repo.path


def sha256(top: Path) -> Path:
    return crate(top / "repo", "--object-format=sha256").path


def reftable(top: Path) -> Path:
    return crate(top / "repo", "--ref-format=reftable").path


def shared_by_a_group(top: Path) -> Path:
    return crate(top / "repo", "--shared=group").path


def separate_git_dir(top: Path) -> Path:
    return crate(top / "repo", f"--separate-git-dir={top / 'apart'}").path


def autocrlf(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "core.autocrlf", "true")
    (repo.path / "src/lib.rs").unlink()
    repo.git("checkout", "src/lib.rs")
    return repo.path


def attributes(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".gitattributes", b"*.rs text eol=crlf ident working-tree-encoding=UTF-16LE\n")
    return repo.path


def file_mode_off(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "core.fileMode", "false")
    (repo.path / "run.rs").chmod(0o644)
    (repo.path / "src/lib.rs").chmod(0o755)
    return repo.path


def submodule(top: Path) -> Path:
    """The folder of a submodule, inside of its superproject."""
    return superproject(top) / "sub"


def superproject(top: Path) -> Path:
    inner, repo = crate(top / "inner"), crate(top / "repo")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    repo.commit()
    Repo(repo.path / "sub").write("src/other.rs", b"mine\n")
    return repo.path


def nested(top: Path) -> Path:
    repo = crate(top / "repo")
    crate(repo.path / "inner")
    return repo.path


def subdirectory(top: Path) -> Path:
    return crate(top / "repo").path / "src"


def git_folder(top: Path) -> Path:
    return crate(top / "repo").path / ".git"


def odd_names(top: Path) -> Path:
    repo = crate(top / "repo")
    for name in ODD_NAMES:
        repo.write(name, b"fn odd() {}\n")
    repo.commit()
    return repo.path


def odd_folder(top: Path) -> Path:
    return crate(top / "a:b\n\"c'$(id)\u00e4 d").path


def case_pairs(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write("src/LIB.rs", CACHED.encode())
    repo.write("SRC/lib.rs", CACHED.encode())
    repo.write("cargo.toml", MANIFEST)
    repo.commit()
    repo.git("config", "core.ignoreCase", "true")
    return repo.path


def links_out(top: Path) -> Path:
    (top / "outside").mkdir()
    (top / "outside/lib.rs").write_bytes(CACHED.encode())
    repo = crate(top / "repo")
    (repo.path / "src/link.rs").symlink_to("../../outside/lib.rs")
    (repo.path / "folder").symlink_to(top / "outside")
    (repo.path / "loop.rs").symlink_to("loop.rs")
    (repo.path / "up").symlink_to("..")
    repo.commit()
    return repo.path


def lfs(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".gitattributes", b"*.bin filter=lfs diff=lfs merge=lfs -text\n")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 12\n" % (b"a" * 64)
    repo.write("model.bin", pointer)
    repo.write("src/big.rs", pointer)
    repo.commit()
    return repo.path


def replaced(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("replace", "HEAD:src/lib.rs", "HEAD:README")
    return repo.path


def grafted(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.commit()
    repo.write(".git/info/grafts", repo.git("rev-parse", "HEAD").encode() + b"\n")
    return repo.path


def packed(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("gc", "-q")
    repo.git("commit-graph", "write", "--reachable")
    repo.git("multi-pack-index", "write")
    return repo.path


def borrowed(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("clone", "-q", "--shared", ".", str(top / "borrowed"))
    return top / "borrowed"


def no_reflog(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "core.logAllRefUpdates", "false")
    shutil.rmtree(repo.path / ".git/logs")
    return repo.path


def signing(top: Path) -> Path:
    repo = crate(top / "repo")
    for key in ("commit.gpgSign", "tag.gpgSign", "push.gpgSign", "log.showSignature"):
        repo.git("config", key, "true")
    repo.git("config", "gpg.program", "/bin/false")
    return repo.path


def symbolic_refs(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    repo.git("symbolic-ref", "HEAD", "refs/heads/alias")
    return repo.path


# Refused


def unborn(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("checkout", "-q", "--orphan", "new")
    return repo.path


def partial(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "uploadpack.allowFilter", "true")
    url, part = repo.path.as_uri(), top / "part"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, str(part))
    return part


def damaged(top: Path) -> Path:
    repo = crate(top / "repo")
    oid = repo.git("rev-parse", "HEAD:src/lib.rs")
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")
    return repo.path


def branch_in_the_way(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("branch", "rustfix-mem")
    return repo.path


def branch_there(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("branch", BRANCH)
    return repo.path


def branch_checked_out(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("worktree", "add", "-q", "--orphan", "-b", BRANCH, str(top / "linked"))
    return repo.path


def branch_symbolic(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("symbolic-ref", REF, "refs/heads/main")
    return repo.path


def branch_locked(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(f".git/{REF}.lock", b"")
    return repo.path


def _with_entry(top: Path, name: bytes) -> Path:
    """A commit whose tree has an entry that git itself would not write."""
    repo = crate(top / "repo")
    blob = bytes.fromhex(repo.git("rev-parse", "HEAD:README"))
    listed = repo.git("cat-file", "-p", "HEAD^{tree}").splitlines()
    rows = {line.partition("\t")[2].encode(): line.split()[:3] for line in listed}
    tree = {
        key: mode.removeprefix("0").encode() + b" " + key + b"\0" + bytes.fromhex(oid)
        for key, (mode, _, oid) in rows.items()
    } | {name: b"100644 " + name + b"\0" + blob}
    file = top / "tree"
    file.write_bytes(b"".join(tree[key] for key in sorted(tree)))
    made = repo.git("hash-object", "-t", "tree", "-w", "--literally", str(file))
    commit = repo.git("commit-tree", "-m", "x", "-p", "HEAD", made, **OLD)
    repo.git("update-ref", "refs/heads/main", commit)
    return repo.path


def entry_dot_git(top: Path) -> Path:
    return _with_entry(top, b".GIT")


def entry_dot_dot(top: Path) -> Path:
    return _with_entry(top, b"..")


def head_broken(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".git/HEAD", b"rubbish\n")
    return repo.path


def config_broken(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.write(".git/config", b"[core\n")
    return repo.path


def from_the_future(top: Path) -> Path:
    repo = crate(top / "repo")
    repo.git("config", "core.repositoryFormatVersion", "99")
    return repo.path


def leads_nowhere(top: Path) -> Path:
    repo = crate(top / "repo")
    shutil.rmtree(repo.path / ".git")
    repo.write(".git", b"gitdir: /nowhere/at/all\n")
    return repo.path


def no_repository(top: Path) -> Path:
    repo = crate(top / "repo")
    shutil.rmtree(repo.path / ".git")
    return repo.path


def foreign(top: Path) -> Path:
    repo = crate(top / "repo")
    if os.geteuid() == 0:
        for file in (repo.path, *repo.path.rglob("*")):
            os.chown(file, 65534, 65534, follow_symlinks=False)
    return repo.path


def trusted(top: Path) -> Path:
    path = foreign(top)
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    with config.open("a") as file:
        file.write(f'[safe]\n\tdirectory = "{path}"\n')
    return path


def _each(commands: tuple[str, ...], reason: str) -> dict[str, str]:
    return dict.fromkeys(commands, reason)


STATES = (
    State("clean", clean),
    State("changed, staged and new files", dirty),
    State("detached HEAD", detached),
    State("in a merge", merging),
    State("in a merge with a conflict", conflicted, _each(READS_DISK, "is not merged yet")),
    State("in a rebase", rebasing),
    State("in a cherry-pick", cherry_picking),
    State("in a revert", reverting),
    State("in a bisection", bisecting),
    State("`index.lock` is there", index_locked),
    State("locks of HEAD, config and other refs", head_locked),
    State("the index is rubbish", index_broken, _each(READS_DISK, "`git ls-files` failed")),
    State("the index is gone", index_gone),
    State("a split index", index_split),
    State("an untracked cache", untracked_cache),
    State("`assume-unchanged` and `skip-worktree`", held_back),
    State("a bare repository", bare, _each(READS_DISK, "has no work tree")),
    State("a linked work tree", linked),
    State("a configuration for each work tree", worktree_config),
    State("a shallow clone", shallow),
    State("a sparse checkout, a sparse index", sparse),
    State("SHA-256", sha256),
    State("reftable", reftable, needs=(2, 45)),
    State("shared by a group", shared_by_a_group),
    State("`.git` is elsewhere", separate_git_dir),
    State("`core.autocrlf`", autocrlf),
    State("attributes that change line endings and encoding", attributes),
    State("`core.fileMode` is off", file_mode_off),
    State("a superproject", superproject),
    State("inside of a submodule", submodule),
    State("a repository in the repository", nested),
    State("from a subfolder", subdirectory),
    State("from `.git`", git_folder, _each(READS_DISK, "has no work tree")),
    State(f"{len(ODD_NAMES)} odd names", odd_names),
    State("an odd name of the folder itself", odd_folder),
    State("names that differ in case alone", case_pairs),
    State("links that lead out, in circles and up", links_out),
    State("pointers of git-lfs", lfs),
    State("replaced objects", replaced),
    State("grafts", grafted),
    State("packed, with a commit graph", packed),
    State("objects of another repository", borrowed),
    State("no reflog", no_reflog),
    State("commits must be signed", signing),
    State("HEAD names a symbolic branch", symbolic_refs),
    State("of another user, and trusted", trusted, foreign=True),
    State("no commit yet", unborn, _each((*READS_COMMIT, *WRITES), "no commit")),
    State("a partial clone", partial, _each((*READS_COMMIT, *WRITES), NOT_HERE)),
    State("a damaged file", damaged, _each((*READS_COMMIT, "check --staged", *WRITES), NOT_HERE)),
    State("a branch `rustfix-mem`", branch_in_the_way, _each(WRITES, "cannot be, since")),
    State("the branch is somebody's", branch_there, _each(WRITES, "did not make")),
    State("the branch is checked out", branch_checked_out, _each(WRITES, "is checked out")),
    State("the branch is symbolic", branch_symbolic, _each(WRITES, "is only a name for")),
    State("the branch is locked", branch_locked, _each(WRITES, f"{REF}.lock` is there")),
    State("an entry `.GIT`", entry_dot_git, _each(BUILDS, "invalid path '.GIT'")),
    State("an entry `..`", entry_dot_dot, _each(BUILDS, "invalid path '..'")),
    State("of another user", foreign, _each(ALL, "belongs to another user"), foreign=True),
    State("HEAD is rubbish", head_broken, _each(ALL, NO_REPOSITORY), readable=False),
    State("the configuration is rubbish", config_broken, _each(ALL, CANNOT_READ), readable=False),
    State("a format of the future", from_the_future, _each(ALL, CANNOT_READ), readable=False),
    State("`.git` leads nowhere", leads_nowhere, _each(ALL, NO_REPOSITORY), readable=False),
    State("no repository", no_repository, _each(ALL, NO_REPOSITORY), readable=False),
)


def git_version() -> tuple[int, int]:
    said = subprocess.run(["git", "version"], capture_output=True, check=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    assert found, said
    return int(found[1]), int(found[2])


def states() -> list[State]:
    """Those that the git of this machine can make."""
    return [state for state in STATES if state.needs <= git_version()]
