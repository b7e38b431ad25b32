"""Puts a change on a branch: objects first, one ref last, and nothing else of the repository.

The only home of GitPython, so import it late; and of GitPython only what runs commands: its
own objects, index and commits run hooks, heed replaced objects and cannot read SHA-256.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote
from typing import TYPE_CHECKING

import git

from rustfix_mem.errors import CodemodBug, UsageError
from rustfix_mem.git.command import Ran, command, decode, encode, failed
from rustfix_mem.git.commit import new_objects, ours, read, sealed, written
from rustfix_mem.git.identity import identity
from rustfix_mem.git.ref import (
    OTHER_NAME,
    Branch,
    cannot_write,
    find,
    hooks_off,
    refusal,
    refuse_in_use,
)
from rustfix_mem.git.snapshot import REGULAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rustfix_mem.git.identity import Identity
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.git.store import Store

_DIFF = ("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", "--no-textconv")

# What lands in the user's repository must outlive a power cut; in a batch, that is fast.
_DURABLE = ("core.fsync=all", "core.fsyncMethod=batch")


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


@dataclass(frozen=True, slots=True)
class Claim:
    """A commit, and the branch that may take it: nothing that is there stands in the way."""

    built: Built
    branch: Branch
    up_to_date: bool

    @property
    def outcome(self) -> Outcome:
        """What it comes to once it is published."""
        if self.up_to_date:
            return Outcome(Done.UP_TO_DATE, self.branch.name, self.branch.tip)
        done = Done.MOVED if self.branch.tip else Done.CREATED
        return Outcome(done, self.branch.name, self.built.commit)


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
    commit = _write(store, ["hash-object", "-t", "commit", "-w", "--stdin"], data)
    return Built(commit, tree, base, decode(store.git([*_DIFF, base, commit])))


def claim(store: Store, built: Built, branch: str) -> Claim:
    """Ask whether `built` may be put on `branch` of the user's repository; writes nothing.

    A branch that has this tree is up to date; one that we made and nobody built upon may move
    forward. Raises `UsageError` for any other that is there.
    """
    there = find(store, branch)
    if there.tip:
        tip = read(store, there.tip)
        if tip.tree == built.tree:
            return Claim(built, there, up_to_date=True)
        if not ours(store, tip):
            raise UsageError(
                f"branch `{branch}` holds work that rustfix-mem did not make",
                f"`git branch -m {quote(branch)} NEW-NAME` keeps it aside, or {OTHER_NAME}",
            )
    refuse_in_use(store, there)
    return Claim(built, there, up_to_date=False)


def publish_all(store: Store, claims: Sequence[Claim]) -> list[Outcome]:
    """Put all of `claims` on their branches, or none, and touch no other ref, index or file.

    Raises `UsageError` if git cannot write, or if a branch has moved since it was claimed.
    """
    new = [one for one in claims if not one.up_to_date]
    if new:
        _carry_over(store, [one.built for one in new])
        _point(store, new)
    return [one.outcome for one in claims]


def publish(store: Store, built: Built, branch: str) -> Outcome:
    """Claim one branch, and put `built` on it."""
    return publish_all(store, [claim(store, built, branch)])[0]


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
    return dict(zip(changes, _write(store, args, names.encode()).split(), strict=True))


def _write_tree(store: Store, parent: str, before: Snapshot, blobs: Mapping[str, str]) -> str:
    rows = (f"{before.entries[path].mode} {oid}\t{path}\0" for path, oid in blobs.items())
    _apart(store, ["read-tree", parent], store.reading())
    _apart(store, ["update-index", "-z", "--index-info"], store.reading(), encode("".join(rows)))
    return _write(store, ["write-tree", "--missing-ok"])


def _carry_over(store: Store, made: Sequence[Built]) -> None:
    """Copy the new objects; git writes each beside its place and renames it, or has it already."""
    new = {oid for built in made for oid in new_objects(store, built.commit, built.base)}
    wanted = "".join(f"{oid}\n" for oid in sorted(new)).encode()
    pack = _apart(store, ["pack-objects", "--stdout", "-q", "--window=0"], store.reading(), wanted)
    shared = decode(store.theirs(["config", "--get", "core.sharedRepository"]).out).strip()
    env = store.writing() | {"GIT_OBJECT_DIRECTORY": str(store.place.objects)}
    settings = (*_DURABLE, f"core.sharedRepository={shared or 'umask'}")
    ran = _run(store, ["unpack-objects", "-q"], env, pack, settings)
    # A batch ends with git moving folders into place, and it does not say if that has failed.
    there = _apart(store, ["cat-file", "--batch-check"], env, wanted)
    if ran.status or b" missing" in there:
        raise cannot_write(store, ran if ran.status else Ran(1, b"", "an object did not arrive"))


def _point(store: Store, claims: Sequence[Claim]) -> None:
    """Create or move the refs in one transaction, only if each still is what it was.

    Their logs name the committer, who is the same for all.
    """
    name, _, email = read(store, claims[0].built.commit).committer.rpartition(" <")
    env = store.at_home() | hooks_off(store)
    env |= {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email.removesuffix(">")}
    args = ["update-ref", "--no-deref", "--create-reflog", "-m", "rustfix-mem: apply"]
    orders = "".join(map(_order, claims))
    ran = _run(store, [*args, "-z", "--stdin"], env, encode(orders), _DURABLE)
    if ran.status:
        raise refusal(store, [one.branch for one in claims], ran)


def _order(claim: Claim) -> str:
    """What `update-ref` is to do; an old value of zeros says that the branch must not be there."""
    new = claim.built.commit
    return f"update {claim.branch.ref}\0{new}\0{claim.branch.tip or '0' * len(new)}\0"


def _write(store: Store, args: Sequence[str], input: bytes = b"") -> str:
    """Write objects where the user's cannot be seen, and so not be touched; gives their ids."""
    return decode(_apart(store, args, store.writing(), input)).strip()


def _apart(store: Store, args: Sequence[str], env: Mapping[str, str], input: bytes = b"") -> bytes:
    """Run in the throw-away store, which need not outlive a power cut."""
    ran = _run(store, args, env, input, ("core.fsync=none",))
    if ran.status:
        raise failed(args, ran)
    return ran.out


def _run(
    store: Store, args: Sequence[str], env: Mapping[str, str], input: bytes, settings: Sequence[str]
) -> Ran:
    with tempfile.TemporaryFile(dir=store.folder) as stream, _no_git_variables():
        stream.write(input)
        stream.seek(0)
        status, out, err = git.Git(store.folder).execute(
            command(args, settings=settings),
            istream=stream,
            env=env,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            shell=False,
        )
    return Ran(status, out, err)


@contextmanager
def _no_git_variables() -> Iterator[None]:
    """GitPython adds to our environment and cannot take away: in a hook, git sets `GIT_DIR`."""
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
    try:
        yield
    finally:
        os.environ.update(taken)
