"""Finds the repository that a path belongs to, as git itself would, and runs nothing of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import Ran, command, decode, environment, run

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where the user's configuration is, as far as the environment says; nothing else is passed on.
_SOURCES = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_GIVEN = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS")
_ADVICE = "git config --global --add safe.directory"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is: `git_dir` of this work tree, `common_dir` of all of them."""

    git_dir: Path
    common_dir: Path
    work_tree: Path | None
    object_format: str

    @property
    def objects(self) -> Path:
        return self.common_dir / "objects"


@dataclass(frozen=True, slots=True)
class _Query:
    """Questions to git about the repository at or above `repo`, asked from our own `folder`."""

    repo: Path
    folder: Path
    env: Mapping[str, str]

    def ask(self, *flags: str) -> Ran:
        line = command(["-C", str(self.repo.absolute()), "rev-parse", *flags])
        return run(line, env=self.env, folder=self.folder)

    def path(self, flag: str) -> Path:
        """One path an answer, since a path may hold a line break."""
        answer = self.ask(flag)
        if answer.status:
            raise _refusal(self.repo, answer)
        return (self.repo / decode(answer.out).removesuffix("\n")).resolve()


def locate(repo: Path, folder: Path) -> Place:
    """The repository at or above `repo`; `folder` is ours, to work in.

    Raises `UsageError` if there is none, or if it belongs to another user and the user's
    configuration does not call it safe.
    """
    if not repo.is_dir():
        raise UsageError(f"there is no folder `{repo}`", "give one with `-C PATH`")
    query = _Query(repo, folder, environment({}))
    answer = query.ask("--is-inside-work-tree", "--show-object-format")
    if "dubious ownership" in answer.err:
        query = _Query(repo, folder, environment({"GIT_CONFIG_GLOBAL": _trusted(folder)}))
        answer = query.ask("--is-inside-work-tree", "--show-object-format")
    if answer.status:
        raise _refusal(repo, answer)
    inside, object_format = decode(answer.out).split()
    return Place(
        git_dir=query.path("--git-dir"),
        common_dir=query.path("--git-common-dir"),
        work_tree=query.path("--show-toplevel") if inside == "true" else None,
        object_format=object_format,
    )


def user_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Ours, but with the user's and the system's configuration: only `git config` runs so."""
    env = environment(own)
    for name in ("GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"):
        del env[name]
    passed = {k: v for k, v in os.environ.items() if k in _SOURCES or k.startswith(_GIVEN)}
    return env | passed


def _trusted(folder: Path) -> str:
    """A file of configuration that holds only the user's `safe.directory`.

    In a file, since git before 2.38 does not heed `-c safe.directory`.
    """
    ask = ["git", "config", "-z", "--get-all", "safe.directory"]
    env = user_environment({"GIT_DIR": str(folder / "none")})
    values = decode(run(ask, env=env, folder=folder).out).split("\0")[:-1]
    file = folder / "safe.config"
    lines = ["[safe]", *(f'directory = "{_quoted(value)}"' for value in values), ""]
    file.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    return str(file)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _refusal(repo: Path, found: Ran) -> UsageError:
    if "not a git repository" in found.err:
        return UsageError(
            f"`{repo}` is not in a git repository", "give the path of one with `-C PATH`"
        )
    if "dubious ownership" in found.err:
        lines = (line.strip() for line in found.err.splitlines())
        advice = next((line for line in lines if line.startswith(_ADVICE)), f"{_ADVICE} PATH")
        return UsageError(
            f"the repository of `{repo}` belongs to another user",
            f"if you trust it, type `{advice}`",
        )
    return UsageError(
        f"git cannot read the repository of `{repo}`: {found.reason}",
        f"`git -C {quote(str(repo))} rev-parse HEAD` shows it too; put that right first",
    )
