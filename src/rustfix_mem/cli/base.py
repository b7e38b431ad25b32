"""What every command that reads a repository begins with."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.cli import config, output
from rustfix_mem.git.store import Store
from rustfix_mem.report.terminal import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.cli.options import Common
    from rustfix_mem.git.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that is read, and what its repository and the command line set."""

    store: Store
    commit: str
    snapshot: Snapshot
    settings: config.Settings


@contextmanager
def opened(options: Common) -> Iterator[Base]:
    with Store.open(Path(options.repo)) as store:
        commit = store.resolve(options.rev)
        snapshot = store.snapshot(commit)
        yield Base(store, commit, snapshot, config.settings(snapshot, options.set))


def tell_dirty(base: Base, options: Common) -> None:
    """One line if files have changed since HEAD, which is what was read instead of them."""
    if options.quiet or options.rev != "HEAD":
        return
    if count := base.store.dirty():
        were = "is" if count == 1 else "are"
        output.tell(
            f"note: {plural(count, 'changed file')} {were} not in the base, which is `HEAD`;"
            " `git commit` first to have them read\n"
        )
