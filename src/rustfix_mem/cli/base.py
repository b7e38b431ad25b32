"""What every command that reads a repository begins with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import scan
from rustfix_mem.cli import config, output
from rustfix_mem.cli.options import Check
from rustfix_mem.errors import UsageError
from rustfix_mem.git.store import Store
from rustfix_mem.report.terminal import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.cli.options import Common
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.scope import Scope

DEFAULT = "HEAD"


@dataclass(frozen=True, slots=True)
class Base:
    """What is read, and what its repository and the command line set."""

    store: Store
    commit: str
    """Empty where the files are not those of a commit: with `--staged`, `--worktree`."""
    snapshot: Snapshot
    settings: Scope


@contextmanager
def opened(options: Common) -> Iterator[Base]:
    """What `options` ask for, for as long as the block lasts."""
    _one_source(options)
    with Store.open(Path(options.repo)) as store:
        commit, snapshot = _read(store, options)
        yield Base(store, commit, snapshot, config.settings(snapshot, options.set))


def tell_dirty(base: Base, options: Common) -> None:
    """One line if files have changed since HEAD, which is what was read instead of them."""
    if options.quiet or not base.commit or options.rev not in (None, DEFAULT):
        return
    if count := base.store.dirty():
        said = f"{plural(count, 'changed file')} {'is' if count == 1 else 'are'}"
        check = isinstance(options, Check)
        them = "it" if count == 1 else "them"
        what = f"`--worktree` reads {them}" if check else f"`git commit` first to have {them} read"
        output.tell(f"note: {said} not in the base, which is `{DEFAULT}`; {what}\n")


def _read(store: Store, options: Common) -> tuple[str, Snapshot]:
    """The commit, or no commit, and the files."""
    if isinstance(options, Check) and options.staged:
        from rustfix_mem.git import index

        return "", index.staged(store)
    if isinstance(options, Check) and options.worktree:
        from rustfix_mem.git import disk

        return "", disk.snapshot(store, (*scan.READ, config.FILE))
    commit = store.resolve(DEFAULT if options.rev is None else options.rev)
    return commit, store.snapshot(commit)


def _one_source(options: Common) -> None:
    if not isinstance(options, Check):
        return
    given = [("--rev", options.rev is not None)]
    given += [("--staged", options.staged), ("--worktree", options.worktree)]
    flags = [f"`{flag}`" for flag, is_given in given if is_given]
    if len(flags) > 1:
        raise UsageError(f"{' and '.join(flags)} cannot go together", "give one of them")
