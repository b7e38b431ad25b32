"""States in which every command works, but for those that read a work tree which is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from repositories import Repo
from safety.ground import MANIFEST, crate
from support import CACHED

ODD_NAMES = (
    b"new\nline.rs", b"tab\t.rs", b'quo"te.rs', b"\xff.rs", b" lead.rs", b"-rf.rs", b":(top).rs",
    b"*.rs", b"n\xc3\xa4.rs", b"na\xcc\x88.rs", b"$(id);.rs", b"\x1b[31m.rs", b"@{1}.rs",
    b"a\\b.rs", b"..rs", b"a b/c d.rs", b"con.rs", b"\xe2\x80\xae.rs",
)  # fmt: skip


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
