"""How far a long run is, on a terminal and for who waits longer than a second."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

    from rustfix_mem.cli.options import Common

PATIENCE = 1.0
"""Seconds without a word; what is over by then needs no bar, nor the time to load one."""


@contextmanager
def shown(options: Common) -> Iterator[Callable[[int, int], None]]:
    """Who is to be told how many files are done, and of how many."""
    bar = _Bar() if sys.stderr.isatty() and not options.quiet and not os.environ.get("CI") else None
    try:
        yield bar.tell if bar is not None else _nobody
    finally:
        if bar is not None:
            bar.end()


def _nobody(done: int, total: int) -> None:
    return


class _Bar:
    """Files, their rate and the time that is left, as rich draws it."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = ExitStack()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def tell(self, done: int, total: int) -> None:
        if self._bar is None and time.monotonic() - self._began < PATIENCE:
            return
        if self._bar is None or self._task is None:
            self._bar = self._shown.enter_context(_drawn())
            self._task = self._bar.add_task("looking", total=total, rate="0")
        elapsed = max(time.monotonic() - self._began, PATIENCE)
        self._bar.update(self._task, completed=done, total=total, rate=f"{done / elapsed:.0f}")

    def end(self) -> None:
        self._shown.close()


def _drawn() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[rate]} a second,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
