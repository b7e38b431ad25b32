"""What a repository can have git, cargo and Python run; and for each the command that runs it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safety.ground import MANIFEST, crate, git_version
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from repositories import Repo

NOTHING = "exit 0"
COPIES = "cat"


@dataclass(frozen=True, slots=True)
class Trap:
    """One way to have a script of the repository run.

    `set` puts it into a repository, given the script; `spring` is the control: it runs a command
    that must run the script.
    """

    name: str
    set: Callable[[Repo, str], None]
    spring: Callable[[Repo], None]
    then: str = NOTHING
    """What the script does after it has left its mark."""
    needs: tuple[int, int] = (0, 0)
    """The first version of git that knows it."""
    alone: bool = False
    """Whether it needs a repository of its own, since our commands refuse to read that."""
    cargo: bool = False
    """Whether cargo springs it."""

    def arm(self, repo: Repo) -> Path:
        """Set it; gives the file that will be there once it has sprung."""
        top = repo.path.parent
        mark = top / "sprung" / self.name.replace("/", "-")
        script = top / "traps" / self.name.replace("/", "-").replace(" ", "-")
        for folder in (mark.parent, script.parent):
            folder.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\n: > '{mark}'\n{self.then}\n")
        script.chmod(0o755)
        self.set(repo, str(script))
        return mark


def ground(path: Path) -> Repo:
    """A repository with what traps need: a branch, a clone to push from and to, an attribute."""
    repo = crate(path)
    repo.write(".gitattributes", b"* filter=evil diff=evil merge=evil\n")
    repo.write("evil.txt", b"one\n")
    repo.commit()
    repo.git("branch", "other")
    repo.write("evil.txt", b"two\n")
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", str(path.parent / "far.git"))
    return repo


def git(repo: Repo, *args: str, text: str = "") -> None:
    """Run git as a user does; whether it works is not asked."""
    line = ["git", *args]
    subprocess.run(line, cwd=repo.path, input=text.encode(), capture_output=True, check=False)


def _does(*args: str, text: str = "") -> Callable[[Repo], None]:
    return lambda repo: git(repo, *args, text=text)


def _edited(*args: str, text: str = "") -> Callable[[Repo], None]:
    """A command after a file has changed."""

    def spring(repo: Repo) -> None:
        repo.write("evil.txt", b"three\n")
        git(repo, *args, text=text)

    return spring


def _in_terminal(*args: str) -> Callable[[Repo], None]:
    """A command whose output is a terminal, as a pager wants it."""

    def spring(repo: Repo) -> None:
        ours, its = pty.openpty()
        env = os.environ | {"TERM": "xterm"}
        subprocess.run(["git", *args], cwd=repo.path, stdout=its, env=env, check=False)
        os.close(its)
        os.close(ours)

    return spring


def _pushed(where: str, what: str = "HEAD") -> Callable[[Repo], None]:
    """A push into the repository, from its clone."""
    return lambda repo: git(repo, "-C", "../far.git", "push", str(repo.path), f"{what}:{where}")


def _merge(repo: Repo) -> None:
    git(repo, "checkout", "-q", "other")
    repo.write("new.txt", b"")
    repo.commit()
    git(repo, "merge", "--no-ff", "-m", "x", "main")


def _merge_contents(repo: Repo) -> None:
    git(repo, "checkout", "-q", "other")
    repo.write("evil.txt", b"three\n")
    repo.commit()
    git(repo, "merge", "-m", "x", "main")


def _am(repo: Repo) -> None:
    patch = repo.git("format-patch", "-1", "--stdout")
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    git(repo, "am", text=f"{patch}\n")


def _gc(repo: Repo) -> None:
    for digit in "abc":  # git guesses how many objects there are by this one folder
        repo.write(f".git/objects/17/{digit * 38}", b"")
    git(repo, "-c", "gc.auto=1", "-c", "gc.autoDetach=false", "gc", "--auto")


def _prune(repo: Repo) -> None:
    git(repo, "hash-object", "-w", "--stdin", text="of no use")
    git(repo, "prune", "--expire=now")


def _checkout(repo: Repo) -> None:
    (repo.path / "evil.txt").unlink()
    git(repo, "checkout", "--", "evil.txt")


def _hook(name: str, spring: Callable[[Repo], None], **settings: str) -> Trap:
    def set(repo: Repo, script: str) -> None:
        shutil.copy(script, repo.path / ".git/hooks" / name)
        for key, value in settings.items():
            repo.git("config", key.replace("_", "."), value)

    return Trap(f"hook {name}", set, spring)


def _config(
    key: str, spring: Callable[[Repo], None], value: str = "{}", then: str = NOTHING, **more: str
) -> Trap:
    def set(repo: Repo, script: str) -> None:
        repo.git("config", key, value.format(script))
        for other, said in more.items():
            repo.git("config", other.replace("_", "."), said)

    return Trap(key, set, spring, then)


_COMMIT = _does("commit", "-q", "--allow-empty", "-m", "x")
_ASKS = _does("credential", "fill", text="protocol=https\nhost=example.org\n\n")
HOOKS = (
    _hook("applypatch-msg", _am),
    _hook("pre-applypatch", _am),
    _hook("post-applypatch", _am),
    _hook("pre-commit", _COMMIT),
    _hook("prepare-commit-msg", _COMMIT),
    _hook("commit-msg", _COMMIT),
    _hook("post-commit", _COMMIT),
    _hook("pre-merge-commit", _merge),
    _hook("post-merge", _merge),
    _hook("pre-rebase", _does("rebase", "--force-rebase", "other")),
    _hook("post-rewrite", _does("commit", "-q", "--amend", "-m", "x")),
    _hook("post-checkout", _does("checkout", "-q", "other")),
    _hook("pre-push", _does("push", "../far.git", "HEAD:refs/heads/new")),
    _hook("pre-auto-gc", _gc),
    _hook("reference-transaction", _does("branch", "new")),
    _hook("post-index-change", _edited("add", "evil.txt")),
    _hook("pre-receive", _pushed("refs/heads/new")),
    _hook("update", _pushed("refs/heads/new")),
    _hook("post-receive", _pushed("refs/heads/new")),
    _hook("post-update", _pushed("refs/heads/new")),
    _hook("proc-receive", _pushed("refs/for/new"), receive_procReceiveRefs="refs/for"),
    _hook("push-to-checkout", _pushed("refs/heads/main", "+HEAD~1"),
          receive_denyCurrentBranch="updateInstead"),
)  # fmt: skip


def _hooks_path(repo: Repo, script: str) -> None:
    (repo.path / "hooks").mkdir()
    shutil.copy(script, repo.path / "hooks/reference-transaction")
    repo.git("config", "core.hooksPath", "hooks")


def _included(repo: Repo, script: str) -> None:
    repo.write("evil.config", f"[core]\n\tfsmonitor = {script}\n".encode())
    repo.git("config", "include.path", "../evil.config")


def _included_if(repo: Repo, script: str) -> None:
    repo.write("evil.config", f"[core]\n\tpager = {script}\n".encode())
    repo.git("config", f"includeIf.gitdir:{repo.path}/.path", "../evil.config")


def _worktree_config(repo: Repo, script: str) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "core.editor", script)


def _info_attributes(repo: Repo, script: str) -> None:
    repo.write(".git/info/attributes", b"*.txt filter=other\n")
    repo.git("config", "filter.other.clean", script)


def _named_hook(repo: Repo, script: str) -> None:
    repo.git("config", "hook.a b=c.command", script)
    repo.git("config", "hook.a b=c.event", "reference-transaction")


def _external(repo: Repo, script: str) -> None:
    repo.git("config", "remote.evil.url", f"ext::{script}")
    repo.git("config", "protocol.ext.allow", "always")


def _lazy(repo: Repo, script: str) -> None:
    """What is missing is fetched when it is asked for, from a program."""
    _external(repo, script)
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "extensions.partialClone", "evil")
    repo.git("config", "remote.evil.promisor", "true")
    oid = repo.git("rev-parse", "HEAD:src/lib.rs")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()


def _embedded(repo: Repo, script: str) -> None:
    """A bare repository among the files: whoever stands in its folder reads its configuration."""
    repo.git("clone", "-q", "--bare", ".", "bare.git")
    (repo.path / "bare.git/hooks").mkdir(exist_ok=True)
    shutil.copy(script, repo.path / "bare.git/hooks/reference-transaction")


def _in_bare(repo: Repo) -> None:
    git(repo, "-C", "bare.git", "branch", "new")


def _remote(repo: Repo) -> None:
    git(repo, "fetch", "evil")


CONFIGURED = (
    _config("core.fsmonitor", _does("status"), then="exit 1"),
    Trap("core.hooksPath", _hooks_path, _does("branch", "new")),
    _config("core.sshCommand", _does("ls-remote", "ssh://localhost/x")),
    _config("core.gitProxy", _does("ls-remote", "git://localhost/x")),
    _config("core.pager", _in_terminal("log"), then=COPIES),
    _config("pager.branch", _in_terminal("branch"), then=COPIES),
    _config("core.editor", _does("commit", "--amend")),
    _config("sequence.editor", _does("rebase", "-i", "HEAD~1")),
    _config("core.askPass", _ASKS),
    _config("credential.helper", _ASKS),
    _config("diff.external", _edited("diff")),
    _config("diff.evil.command", _edited("diff")),
    _config("diff.evil.textconv", _does("log", "-p"), value="{} <", then=COPIES),
    _config("filter.evil.clean", _edited("add", "evil.txt"), then=COPIES),
    _config("filter.evil.smudge", _checkout, then=COPIES),
    _config("filter.evil.process", _edited("add", "evil.txt"), then="exit 1"),
    Trap("a filter by .git/info/attributes", _info_attributes, _edited("add", "evil.txt"), COPIES),
    _config("merge.evil.driver", _merge_contents),
    _config("gpg.program", _does("commit", "-q", "--allow-empty", "-S", "-m", "x")),
    _config("gpg.ssh.program", _does("commit", "-q", "--allow-empty", "-S", "-m", "x"),
            gpg_format="ssh", user_signingKey="key"),
    _config("alias.evil", _does("evil"), value="!{}"),
    Trap("include.path", _included, _does("status"), "exit 1"),
    Trap("includeIf", _included_if, _in_terminal("log"), COPIES),
    Trap("a configuration of the work tree", _worktree_config, _does("commit", "--amend")),
    _config("remote.evil.uploadpack", _remote, remote_evil_url="../far.git"),
    _config("remote.evil.receivepack", _does("push", "evil", "HEAD:refs/heads/new"),
            remote_evil_url="../far.git"),
    Trap("a remote `ext::`", _external, _remote),
    _config("trailer.evil.command", _does("commit", "-q", "--allow-empty", "-m", "x",
                                          "--trailer", "evil=x")),
    _config("tar.evil.command", _does("archive", "--format=evil", "HEAD"), then=COPIES),
    _config("interactive.diffFilter",
            _edited("-c", "color.ui=always", "add", "-p", text="q\n"), then=COPIES),
    _config("difftool.evil.cmd", _edited("difftool", "--no-prompt", "--tool=evil")),
    _config("gc.recentObjectsHook", _prune),
    Trap("a hook by configuration", _named_hook, _does("branch", "new"), needs=(2, 54)),
    Trap("a bare repository among the files", _embedded, _in_bare),
    Trap("a promisor `ext::`", _lazy, _does("cat-file", "blob", "HEAD:src/lib.rs"), alone=True),
)  # fmt: skip


def _python(name: str) -> Trap:
    def set(repo: Repo, script: str) -> None:
        module = f"import subprocess\nsubprocess.run([{script!r}])\n"
        repo.write(f"{name}.py", module.encode())

    def spring(repo: Repo) -> None:
        line = [sys.executable, "-c", f"import {name}"]
        subprocess.run(line, cwd=repo.path, capture_output=True, check=False)

    return Trap(f"a module {name}.py", set, spring)


def _build_script(repo: Repo, script: str) -> None:
    main = f'fn main() {{ std::process::Command::new("{script}").status().unwrap(); }}\n'
    repo.write("build.rs", main.encode())


def _cargo_config(key: str) -> Callable[[Repo, str], None]:
    def set(repo: Repo, script: str) -> None:
        table, _, name = key.partition(".")
        file = repo.path / ".cargo/config.toml"
        said = file.read_text() if file.exists() else ""
        repo.write(".cargo/config.toml", f'{said}[{table}]\n{name} = "{script}"\n'.encode())

    return set


def _cargo(*args: str) -> Callable[[Repo], None]:
    def spring(repo: Repo) -> None:
        repo.write("src/lib.rs", b"")
        line = ["cargo", *args, "--offline"]
        subprocess.run(line, cwd=repo.path, capture_output=True, check=False)

    return spring


OTHERS = (
    _python("typer"),
    _python("git"),
    _python("rustfix_mem_codemods"),
    _python("msgspec"),
    Trap("build.rs", _build_script, _cargo("check"), cargo=True),
    Trap("cargo: build.rustc-wrapper", _cargo_config("build.rustc-wrapper"), _cargo("metadata"),
         'exec "$@"', cargo=True),
)  # fmt: skip


def traps() -> list[Trap]:
    """Those that the git of this machine knows."""
    return [trap for trap in (*HOOKS, *CONFIGURED, *OTHERS) if trap.needs <= git_version()]


OURS = b"""rust-version = "1.80"
publish = false

[dependencies]
lazy_static = { path = "own" }

[workspace]
members = ["own"]
"""
BLOCK = "use lazy_static::lazy_static;\n\nlazy_static! {\n    static ref A: Vec<u8> = made();\n}\n"
OWN = b'[package]\nname = "lazy_static"\nversion = "0.1.0"\nedition = "2021"\n'
LOCK = b"""version = 3

[[package]]
name = "fixture"
version = "0.1.0"
dependencies = [
 "lazy_static",
]

[[package]]
name = "lazy_static"
version = "0.1.0"
"""


def locked(repo: Repo) -> Repo:
    """The repository with a dependency that a codemod takes out, so that `--lock` runs cargo."""
    repo.write("Cargo.toml", MANIFEST + OURS)
    repo.write("Cargo.lock", LOCK)
    repo.write("own/Cargo.toml", OWN)
    repo.write("own/src/lib.rs", b"")
    used = BLOCK + "\nfn used() -> usize {\n    A.len()\n}\n\npub mod cached;\n"
    repo.write("src/lib.rs", used.encode())
    repo.write("src/cached.rs", CACHED.encode())
    repo.commit()
    return repo


def hostile(top: Path) -> Repo:
    """A repository below `top` with every trap set, but for those that need one of their own."""
    repo = locked(ground(top / "repo"))
    for trap in traps():
        if not trap.alone:
            trap.arm(repo)
    repo.write("src/other.rs", b"changed\n")
    for mark in (top / "sprung").glob("*"):  # by git, while the later ones were set
        mark.unlink()
    return repo


def sprung(top: Path) -> list[str]:
    """The names of the traps that have sprung."""
    return sorted(os.listdir(top / "sprung"))
