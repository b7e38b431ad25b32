"""Commits as values: what they say, and the trailers by which we know our own again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.git.identity import Identity
    from rustfix_mem.git.store import Store

PREFIX = "Rustfix-Mem-"
ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit object holds, as far as we ask: `committer` and `date` as git writes them."""

    tree: str
    parents: tuple[str, ...]
    committer: str
    date: str
    message: str

    @property
    def trailers(self) -> dict[str, str]:
        """Our trailers without their prefix: `{"Tree": …, "Base": …}`."""
        last = self.message.rstrip("\n").rpartition("\n\n")[2]
        pairs = (line.partition(": ") for line in last.split("\n") if line.startswith(PREFIX))
        return {key.removeprefix(PREFIX): value for key, _, value in pairs}


def message(subject: str, body: str, trailers: Mapping[str, str]) -> str:
    """A commit message: `trailers` such as `{"Version": "0.1.0"}` get our prefix.

    `build` adds `Base` and `Tree`, which nobody knows before it.
    """
    lines = [f"{PREFIX}{key}: {_one_line(value)}" for key, value in trailers.items()]
    parts = [_one_line(subject), body.strip("\n"), "\n".join(lines)]
    return "\n\n".join(part for part in parts if part).replace("\0", "") + "\n"


def sealed(text: str, base: str, tree: str) -> str:
    """`text` with the trailers that name the base commit and the tree."""
    text = text.rstrip("\n")
    last = text.rpartition("\n\n")[2]
    gap = "\n" if all(line.startswith(PREFIX) for line in last.split("\n")) else "\n\n"
    return f"{text}{gap}{PREFIX}Base: {base}\n{PREFIX}Tree: {tree}\n"


def written(tree: str, parent: str, who: Identity, date: str, text: str) -> bytes:
    """The bytes of a commit object with one parent."""
    lines = [f"tree {tree}", f"parent {parent}", f"author {who} {date}", f"committer {who} {date}"]
    return encode("\n".join([*lines, "", text]))


def read(store: Store, oid: str) -> Commit:
    """One commit of the store; raises `UsageError` if it is not there."""
    head, _, text = decode(store.git(["cat-file", "commit", oid])).partition("\n\n")
    fields = [line.partition(" ") for line in head.split("\n")]
    known = {key: value for key, _, value in reversed(fields)}
    parents = tuple(value for key, _, value in fields if key == "parent")
    who = re.fullmatch(r"(.*>) (\d+ [+-]\d{4})", known.get("committer", ""))
    committer, date = who.groups() if who else ("", "0 +0000")
    return Commit(known["tree"], parents, committer, date, text)


def ours(store: Store, tip: Commit) -> bool:
    """Whether we made `tip` and all below it down to its base, and nobody amended any since.

    The trailers of each name its tree and the base, and its date is that of the base: `commit
    --amend`, `rebase` and `cherry-pick` all set the date to now, even where the files stay.
    """
    base = tip.trailers.get("Base", "")
    if not ID.fullmatch(base):
        return False
    try:
        date = read(store, base).date
        while _made(tip, base, date):
            if tip.parents == (base,):
                return True
            tip = read(store, tip.parents[0])
    except UsageError:
        return False
    return False


def _made(commit: Commit, base: str, date: str) -> bool:
    said = commit.trailers
    trailers = said.get("Tree") == commit.tree and said.get("Base") == base
    return trailers and commit.date == date and len(commit.parents) == 1


def stacked(store: Store, tip: str, base: str) -> dict[str, str]:
    """The commits from `tip` down to `base` by the codemod that they name; none of others' work."""
    found = dict[str, str]()
    commit = read(store, tip)
    if not ours(store, commit) or commit.trailers["Base"] != base:
        return {}
    while tip != base:
        found[commit.trailers.get("Codemod", "")] = tip
        tip = commit.parents[0]
        commit = read(store, tip)
    return found


def new_objects(store: Store, commit: str, base: str) -> set[str]:
    """What the commits from `commit` down to `base` hold and `base` does not.

    Not `rev-list`, which would walk on into what a shallow clone does not have.
    """
    found = set[str]()
    while commit != base:
        found |= {commit, *_held(store, commit)}
        commit = read(store, commit).parents[0]
    return found - _held(store, base)


def _held(store: Store, commit: str) -> set[str]:
    listed = store.git(["ls-tree", "-r", "-t", "-z", "--full-tree", commit]).split(b"\0")[:-1]
    rows = (line.partition(b"\t")[0].decode().split() for line in listed)
    return {read(store, commit).tree} | {oid for _, kind, oid in rows if kind != "commit"}


def _one_line(text: str) -> str:
    return " ".join(text.split())
