"""Puts a change on a branch: objects first, one ref last, and nothing else of the repository.

Importing this imports GitPython, so that is done late.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rustfix_mem.errors import CodemodBug, UsageError
from rustfix_mem.git.command import decode, encode
from rustfix_mem.git.commit import ours, read, sealed, written
from rustfix_mem.git.identity import identity
from rustfix_mem.git.ref import OTHER_NAME, Branch, cannot_write, find, refusal, refuse_in_use
from rustfix_mem.git.snapshot import REGULAR
from rustfix_mem.git.write import run_apart, run_at, write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.git.identity import Identity
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.git.store import Store

_DIFF = ("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Built:
    """A commit that is in the throw-away store only, and its diff against `base`."""

    commit: str
    tree: str
    base: str
    diff: str


class Done(StrEnum):
    CREATED = "created"
    MOVED = "moved"
    UP_TO_DATE = "up to date"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a branch, and the commit at its tip."""

    done: Done
    branch: str
    commit: str


def build(
    store: Store,
    base: str,
    before: Snapshot,
    changes: Mapping[str, bytes],
    message: str,
    author: Identity | None = None,
    parent: str | None = None,
) -> Built:
    """Make the commit that changes `before` by `changes`; the user's repository stays as it is.

    `parent` is `base`, or the commit below in a stack. Author and committer are `author` or
    the user's git identity, the dates those of `base`, so that the same input gives the same
    id. Raises `CodemodBug` for a path that no codemod may change, `UsageError` for the rest.
    """
    _refuse_paths(before, changes)
    who = author or identity(store)
    blobs = _write_blobs(store, changes)
    tree = _write_tree(store, parent or base, before, blobs)
    text = sealed(message, base, tree)
    data = written(tree, parent or base, who, read(store, base).date, text)
    commit = write(store, ["hash-object", "-t", "commit", "-w", "--stdin"], data)
    return Built(commit, tree, base, decode(store.git([*_DIFF, base, commit])))


def publish(store: Store, built: Built, branch: str) -> Outcome:
    """Put `built` on `branch` of the user's repository, and touch no other ref, index or file.

    A branch that has this tree is up to date; one that we made and nobody built upon moves
    forward. Raises `UsageError` for any other that is there, or if git cannot write.
    """
    there = find(store, branch)
    if there.tip:
        tip = read(store, there.tip)
        if tip.tree == built.tree:
            return Outcome(Done.UP_TO_DATE, branch, there.tip)
        if not ours(store, tip):
            raise UsageError(
                f"branch `{branch}` holds work that rustfix-mem did not make",
                f"`git branch -m {branch} NEW-NAME` keeps it aside, or {OTHER_NAME}",
            )
    refuse_in_use(store, there)
    _carry_over(store, built)
    _point(store, there, built)
    return Outcome(Done.MOVED if there.tip else Done.CREATED, branch, built.commit)


def _refuse_paths(before: Snapshot, changes: Mapping[str, bytes]) -> None:
    for path in changes:
        name = path.rpartition("/")[2]
        if not (name.endswith(".rs") or name in ("Cargo.toml", "Cargo.lock")):
            raise CodemodBug(f"only `.rs`, `Cargo.toml` and `Cargo.lock` may change, not `{path}`")
        if path not in before.entries or before.entries[path].mode not in REGULAR:
            raise CodemodBug(f"`{path}` is not an ordinary file of the base")


def _write_blobs(store: Store, changes: Mapping[str, bytes]) -> dict[str, str]:
    """The ids of the new contents, by path; byte for byte, as no filter has seen them."""
    folder = store.folder / "new"
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(changes.values()):
        (folder / str(number)).write_bytes(data)
    names = "".join(f"new/{number}\n" for number in range(len(changes)))
    args = ["hash-object", "-w", "--no-filters", "--stdin-paths"]
    return dict(zip(changes, write(store, args, names.encode()).split(), strict=True))


def _write_tree(store: Store, parent: str, before: Snapshot, blobs: Mapping[str, str]) -> str:
    rows = (f"{before.entries[path].mode} {oid}\t{path}\0" for path, oid in blobs.items())
    run_apart(store, ["read-tree", parent], store.reading())
    run_apart(store, ["update-index", "-z", "--index-info"], store.reading(), encode("".join(rows)))
    return write(store, ["write-tree", "--missing-ok"])


def _carry_over(store: Store, built: Built) -> None:
    """Copy the new objects; git writes each beside its place and renames it, or has it already."""
    wanted = "".join(f"{oid}\n" for oid in sorted(_new_objects(store, built)))
    pack = run_apart(
        store, ["pack-objects", "--stdout", "-q", "--window=0"], store.reading(), wanted.encode()
    )
    shared = decode(store.theirs(["config", "--get", "core.sharedRepository"]).out).strip()
    env = store.writing() | {"GIT_OBJECT_DIRECTORY": str(store.place.objects)}
    settings = ("core.fsync=all", "core.fsyncMethod=batch", f"core.sharedRepository={shared or 'umask'}")
    ran = run_at(store, ["unpack-objects", "-q"], env, pack, settings)
    if ran.status:
        raise cannot_write(store, ran)


def _new_objects(store: Store, built: Built) -> set[str]:
    """What the commits from `built` down to its base hold and the base does not.

    Not `rev-list`, which would walk on into what a shallow clone does not have.
    """
    found, commit = set[str](), built.commit
    while commit != built.base:
        found |= {commit, *_held(store, commit)}
        commit = read(store, commit).parents[0]
    return found - _held(store, built.base)


def _held(store: Store, commit: str) -> set[str]:
    listed = store.git(["ls-tree", "-r", "-t", "-z", "--full-tree", commit]).split(b"\0")[:-1]
    rows = (line.partition(b"\t")[0].decode().split() for line in listed)
    return {read(store, commit).tree} | {oid for _, kind, oid in rows if kind != "commit"}


def _point(store: Store, branch: Branch, built: Built) -> None:
    """Create or move the ref, only if it still is what it was. Its log names the committer."""
    name, _, email = read(store, built.commit).committer.rpartition(" <")
    env = store.at_home() | _hooks_off(store)
    env |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email.removesuffix(">")}
    old = branch.tip or "0" * len(built.commit)
    args = ["update-ref", "--no-deref", "--create-reflog", "-m", "rustfix-mem: apply"]
    ran = run_at(store, [*args, branch.ref, built.commit, old], env, b"", ("core.fsync=all",))
    if ran.status:
        raise refusal(store, branch, ran)


def _hooks_off(store: Store) -> dict[str, str]:
    """Since git 2.54 a configuration can name hooks, which `core.hooksPath` does not stop."""
    listed = store.theirs(["config", "-z", "--name-only", "--get-regexp", r"^hook\..*\."])
    names = {key.rpartition(".")[0] for key in decode(listed.out).split("\0")[:-1]}
    env = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(sorted(names)):
        env[f"GIT_CONFIG_KEY_{number}"] = f"{name}.enabled"
        env[f"GIT_CONFIG_VALUE_{number}"] = "false"
    return env
