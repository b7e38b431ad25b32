"""The states that a repository can be in, and what each command must answer there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safety import unusual, usual
from safety.commands import REF, STACKED
from safety.ground import git_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

READS_DISK = ("check --staged", "check --worktree")
READS_COMMIT = (
    "check", "check all", "check --rev", "check --write-baseline", "apply --dry-run",
    "apply all --dry-run",
)  # fmt: skip
WRITES = ("apply --patch", "apply, again", "apply all", "apply all --lock")
"""Those that make the branch of one codemod; a stack makes another."""
MAKES = (*WRITES, STACKED)
ALL = (*READS_COMMIT, *READS_DISK, *MAKES)
BUILDS = ("apply --dry-run", "apply all --dry-run", *MAKES)
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


def _each(commands: tuple[str, ...], reason: str) -> dict[str, str]:
    return dict.fromkeys(commands, reason)


STATES = (
    State("clean", usual.clean),
    State("changed, staged and new files", usual.dirty),
    State("detached HEAD", usual.detached),
    State("in a merge", usual.merging),
    State("in a merge with a conflict", usual.conflicted, _each(READS_DISK, "is not merged yet")),
    State("in a rebase", usual.rebasing),
    State("in a cherry-pick", usual.cherry_picking),
    State("in a revert", usual.reverting),
    State("in a bisection", usual.bisecting),
    State("`index.lock` is there", usual.index_locked),
    State("locks of HEAD, config and other refs", usual.head_locked),
    State("the index is rubbish", usual.index_broken, _each(READS_DISK, "`git ls-files` failed")),
    State("the index is gone", usual.index_gone),
    State("a split index", usual.index_split),
    State("an untracked cache", usual.untracked_cache),
    State("`assume-unchanged` and `skip-worktree`", usual.held_back),
    State("a bare repository", usual.bare, _each(READS_DISK, "has no work tree")),
    State("a linked work tree", usual.linked),
    State("a configuration for each work tree", usual.worktree_config),
    State("a shallow clone", usual.shallow),
    State("a sparse checkout, a sparse index", usual.sparse),
    State("SHA-256", usual.sha256),
    State("reftable", usual.reftable, needs=(2, 45)),
    State("shared by a group", usual.shared_by_a_group),
    State("`.git` is elsewhere", usual.separate_git_dir),
    State("`core.autocrlf`", usual.autocrlf),
    State("attributes that change line endings and encoding", usual.attributes),
    State("`core.fileMode` is off", usual.file_mode_off),
    State("a superproject", usual.superproject),
    State("inside of a submodule", usual.submodule),
    State("a repository in the repository", usual.nested),
    State("from a subfolder", usual.subdirectory),
    State("from `.git`", usual.git_folder, _each(READS_DISK, "has no work tree")),
    State(f"{len(usual.ODD_NAMES)} odd names", usual.odd_names),
    State("an odd name of the folder itself", usual.odd_folder),
    State("names that differ in case alone", usual.case_pairs),
    State("links that lead out, in circles and up", usual.links_out),
    State("pointers of git-lfs", usual.lfs),
    State("replaced objects", usual.replaced),
    State("grafts", usual.grafted),
    State("packed, with a commit graph", usual.packed),
    State("objects of another repository", usual.borrowed),
    State("no reflog", usual.no_reflog),
    State("commits must be signed", usual.signing),
    State("HEAD names a symbolic branch", usual.symbolic_refs),
    State("of another user, and trusted", unusual.trusted, foreign=True),
    State("no commit yet", unusual.unborn, _each((*READS_COMMIT, *MAKES), "no commit")),
    State("a partial clone", unusual.partial, _each((*READS_COMMIT, *MAKES), NOT_HERE)),
    State(
        "a damaged file",
        unusual.damaged,
        _each((*READS_COMMIT, "check --staged", *MAKES), NOT_HERE),
    ),
    State("a branch `rustfix-mem`", unusual.branch_in_the_way, _each(MAKES, "cannot be, since")),
    State("the branch is somebody's", unusual.branch_there, _each(WRITES, "did not make")),
    State("the branch is checked out", unusual.branch_checked_out, _each(WRITES, "is checked out")),
    State("the branch is symbolic", unusual.branch_symbolic, _each(WRITES, "is only a name for")),
    State("the branch is locked", unusual.branch_locked, _each(WRITES, f"{REF}.lock` is there")),
    State("an entry `.GIT`", unusual.entry_dot_git, _each(BUILDS, "invalid path '.GIT'")),
    State("an entry `..`", unusual.entry_dot_dot, _each(BUILDS, "invalid path '..'")),
    State("of another user", unusual.foreign, _each(ALL, "belongs to another user"), foreign=True),
    State("HEAD is rubbish", unusual.head_broken, _each(ALL, NO_REPOSITORY), readable=False),
    State(
        "the configuration is rubbish",
        unusual.config_broken,
        _each(ALL, CANNOT_READ),
        readable=False,
    ),
    State(
        "a format of the future", unusual.from_the_future, _each(ALL, CANNOT_READ), readable=False
    ),
    State("`.git` leads nowhere", unusual.leads_nowhere, _each(ALL, NO_REPOSITORY), readable=False),
    State("no repository", unusual.no_repository, _each(ALL, NO_REPOSITORY), readable=False),
)


def states() -> list[State]:
    """Those that the git of this machine can make."""
    return [state for state in STATES if state.needs <= git_version()]
