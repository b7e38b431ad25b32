"""What every command that reads a repository begins with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.cli import output
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


@dataclass
class Base:
    """What is read, and what its repository and the command line set."""

    store: Store
    options: Common

    @cached_property
    def commit(self) -> str:
        """Empty where the files are not those of a commit: with `--staged`, `--worktree`."""
        if isinstance(self.options, Check) and (self.options.staged or self.options.worktree):
            return ""
        return self.store.resolve(DEFAULT if self.options.rev is None else self.options.rev)

    @cached_property
    def snapshot(self) -> Snapshot:
        if self.commit:
            return self.store.snapshot(self.commit)
        if isinstance(self.options, Check) and self.options.staged:
            from rustfix_mem.git import index

            return index.staged(self.store)
        from rustfix_mem import scan
        from rustfix_mem.cli import config
        from rustfix_mem.git import disk

        return disk.snapshot(self.store, (*scan.READ, config.FILE))

    @cached_property
    def settings(self) -> Scope:
        from rustfix_mem.cli import config  # who has a result already needs none of it

        return config.settings(self.snapshot, self.options.set)

    @cached_property
    def contents(self) -> str:
        """What is read, in one word: two that are equal have the same files."""
        if self.commit:
            return self.store.tree(self.commit)
        from rustfix_mem import results

        return results.contents(self.snapshot)


@contextmanager
def opened(options: Common) -> Iterator[Base]:
    """What `options` ask for, for as long as the block lasts."""
    _one_source(options)
    with Store.open(Path(options.repo)) as store:
        yield Base(store, options)


def tell_dirty(base: Base, options: Common) -> None:
    """One line if files have changed since HEAD, which is what was read instead of them."""
    if options.quiet or not base.commit or options.rev not in (None, DEFAULT):
        return
    if count := base.store.dirty(base.snapshot):
        said = f"{plural(count, 'changed file')} {'is' if count == 1 else 'are'}"
        check = isinstance(options, Check)
        them = "it" if count == 1 else "them"
        what = f"`--worktree` reads {them}" if check else f"`git commit` first to have {them} read"
        output.tell(f"note: {said} not in the base, which is `{DEFAULT}`; {what}\n")


def _one_source(options: Common) -> None:
    if not isinstance(options, Check):
        return
    given = [("--rev", options.rev is not None)]
    given += [("--staged", options.staged), ("--worktree", options.worktree)]
    flags = [f"`{flag}`" for flag, is_given in given if is_given]
    if len(flags) > 1:
        raise UsageError(f"{' and '.join(flags)} cannot go together", "give one of them")
