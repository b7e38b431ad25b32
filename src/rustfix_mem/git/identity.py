"""Who a commit is said to be by."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import decode, run
from rustfix_mem.git.locate import user_environment

if TYPE_CHECKING:
    from rustfix_mem.git.store import Store

_CRUD = re.compile(r"[<>\n\0]")


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and a mail address as they stand in a commit."""

    name: str
    email: str

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Read `Name <mail>`, as `--author` takes it; raises `UsageError`."""
        match = re.fullmatch(r"\s*([^<>\n\0]*[^<>\n\0\s])\s*<([^<>\s\0]+)>\s*", text)
        if not match:
            raise UsageError(f"`{text}` is not an author", "write it as `Name <mail@example.org>`")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


def identity(store: Store) -> Identity:
    """The user's git identity: from git's variables, else from the configuration.

    Raises `UsageError` if there is none: unlike git, we do not guess one from the host name.
    """
    config = _configured(store)
    env = os.environ.get
    name = _first(
        env("GIT_AUTHOR_NAME"), config.get("author.name"), config.get("user.name"),
        env("GIT_COMMITTER_NAME"), config.get("committer.name"),
    )  # fmt: skip
    email = _first(
        env("GIT_AUTHOR_EMAIL"), config.get("author.email"), config.get("user.email"),
        env("GIT_COMMITTER_EMAIL"), config.get("committer.email"), env("EMAIL"),
    )  # fmt: skip
    if name and email:
        return Identity(name, email)
    missing = "email" if name else "name"
    raise UsageError(
        f"git has no `user.{missing}` to sign the commit with",
        f"`git config --global user.{missing} …`, or `--author 'Name <mail@example.org>'`",
    )


def _configured(store: Store) -> dict[str, str]:
    """All names and addresses of the configuration. `git config` reads files and runs nothing."""
    ask = ["config", "-z", "--get-regexp", r"^(user|author|committer)\.(name|email)$"]
    env = user_environment({"GIT_DIR": str(store.place.git_dir)})
    answer = decode(run(["git", *ask], env=env, folder=store.folder).out)
    pairs = (line.partition("\n") for line in answer.split("\0")[:-1])
    return {key: value for key, _, value in pairs}


def _first(*values: str | None) -> str:
    """The first that says anything, without what may not stand in a commit's header."""
    clean = (_CRUD.sub("", value or "").strip() for value in values)
    return next(filter(None, clean), "")
