"""What stands in the way of a branch, asked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import Ran, decode, failed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rustfix_mem.git.store import Store

OTHER_NAME = "take another name with `--branch NAME`"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch by name, and the commit at its tip if it is there."""

    name: str
    tip: str = ""

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.name}"


def find(store: Store, name: str) -> Branch:
    """The branch `name`, there or not; `UsageError` if there cannot be one of that name."""
    _refuse_name(store, name)
    ref = f"refs/heads/{name}"
    for other, tip, target in _near(store, ref):
        if other == ref and target:
            raise UsageError(f"branch `{name}` is only a name for `{target}`", OTHER_NAME)
        if other == ref:
            return Branch(name, tip)
        if ref.startswith(f"{other}/") or other.startswith(f"{ref}/"):
            short = other.removeprefix("refs/heads/")
            raise UsageError(
                f"branch `{name}` cannot be, since there is a branch `{short}`",
                f"`git branch -m {quote(short)} NEW-NAME`, or {OTHER_NAME}",
            )
    return Branch(name)


def refuse_in_use(store: Store, branch: Branch) -> None:
    """Raise `UsageError` if a work tree has the branch checked out, or rebases or bisects it."""
    listed = store.theirs(["worktree", "list", "--porcelain"])
    if listed.status:
        raise failed(["worktree", "list"], listed)
    for block in decode(listed.out).split("\n\n"):
        lines = block.split("\n")
        if f"branch {branch.ref}" in lines:
            folder = lines[0].removeprefix("worktree ")
            raise UsageError(
                f"branch `{branch.name}` is checked out in `{folder}`",
                f"`git -C {quote(folder)} switch --detach`, or {OTHER_NAME}",
            )
    for git_dir in (store.place.common_dir, *_worktrees(store.place.common_dir)):
        if branch.ref in _busy(git_dir):
            raise UsageError(
                f"branch `{branch.name}` is in the middle of a rebase or a bisection",
                f"end that first (`git status` shows how), or {OTHER_NAME}",
            )


def refusal(store: Store, branches: Sequence[Branch], ran: Ran) -> UsageError:
    """Why `update-ref` did not move the branches, and what to type."""
    locks = [f"{branch.ref}.lock" for branch in branches]
    for lock in (store.place.common_dir / name for name in (*locks, "reftable/tables.list.lock")):
        if lock.exists():
            return UsageError(
                f"`{lock}` is there: another git is at work on the branch, or was killed",
                f"run it again; if no git is running, `rm {quote(str(lock))}`",
            )
    if "but expected" in ran.err or "already exists" in ran.err:
        moved = next((one for one in branches if f"'{one.ref}'" in ran.err), branches[0])
        return UsageError(f"branch `{moved.name}` was moved in the meantime", "run it again")
    return cannot_write(store, ran)


def cannot_write(store: Store, ran: Ran) -> UsageError:
    """The error for a repository that takes no new objects or branches."""
    return UsageError(
        f"cannot write to `{store.place.common_dir}`: {ran.reason}",
        "make it writable, or take the change along with `--dry-run --patch FILE`",
    )


def hooks_off(store: Store) -> dict[str, str]:
    """Variables that switch off the hooks that the user's configuration names.

    Since git 2.54 a configuration can name hooks, which `core.hooksPath` does not stop.
    """
    listed = store.theirs(["config", "-z", "--name-only", "--get-regexp", r"^hook\..*\."])
    names = {key.rpartition(".")[0] for key in decode(listed.out).split("\0")[:-1]}
    env = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(sorted(names)):
        env[f"GIT_CONFIG_KEY_{number}"] = f"{name}.enabled"
        env[f"GIT_CONFIG_VALUE_{number}"] = "false"
    return env


def _refuse_name(store: Store, name: str) -> None:
    bad = name.startswith("-") or name == "HEAD" or "\0" in name
    if bad or store.theirs(["check-ref-format", f"refs/heads/{name}"]).status:
        shown = name.replace("\0", "\\0")
        raise UsageError(
            f"`{shown}` cannot be the name of a branch",
            "give one of letters, digits, `-`, `_`, `.` and `/`, as `rustfix-mem/cache-bounds`",
        )


def _near(store: Store, ref: str) -> list[tuple[str, str, str]]:
    """Name, tip and target (of a symbolic one) of every branch whose name leads to `ref` or on."""
    parts = ref.split("/")
    patterns = ["/".join(parts[:count]) for count in range(3, len(parts) + 1)]
    form = "--format=%(refname)%00%(objectname)%00%(symref)"
    ran = store.theirs(["for-each-ref", form, *patterns])
    if ran.status:
        raise failed(["for-each-ref"], ran)
    rows = (line.split("\0") for line in decode(ran.out).splitlines())
    return [(name, tip, target) for name, tip, target in rows]


def _worktrees(common_dir: Path) -> list[Path]:
    return sorted((common_dir / "worktrees").glob("*"))


def _busy(git_dir: Path) -> set[str]:
    """The branches that an unfinished rebase or bisection will come back to."""
    names = {f"refs/heads/{_text(git_dir / 'BISECT_START')}"}
    return names | {
        _text(git_dir / kind / "head-name") for kind in ("rebase-merge", "rebase-apply")
    }


def _text(file: Path) -> str:
    try:
        return decode(file.read_bytes()).strip()
    except OSError:
        return ""
