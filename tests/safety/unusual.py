"""States in which some command refuses to work, or ours must not touch the branch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from repositories import OLD
from safety.commands import BRANCH, REF
from safety.ground import crate


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
    """A file that is nowhere else: one that is checked out could be read there."""
    repo = crate(top / "repo")
    oid = repo.git("rev-parse", "HEAD:src/lib.rs")
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(b"rubbish")
    (repo.path / "src/lib.rs").unlink()
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
