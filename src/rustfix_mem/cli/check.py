"""`rustfix-mem check`: findings, and not a byte changed but in files that it is told to write."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import __version__, results
from rustfix_mem.answers import settings
from rustfix_mem.cli import again, base, output
from rustfix_mem.errors import UsageError
from rustfix_mem.finding import Kind
from rustfix_mem.report import baseline, ranking, text
from rustfix_mem.reported import SUPPRESSION, Statistics
from rustfix_mem.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from rustfix_mem.cli.base import Base
    from rustfix_mem.cli.options import Check
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.report.baseline import Entry, Known
    from rustfix_mem.reported import Report


ALL = "all"

SELDOM = (20_000, 50, 100)
"""When to look for garbage: what is judged stays to the end, and to go through it again and again
takes a tenth of the time (measured, 2,122 files)."""


def run(options: Check) -> int:
    """The exit code: 1 if there is a defect that no baseline hides."""
    entries = _entries(options)
    with base.opened(options) as at:
        result = _kept(at, options)
        report, known = _without_known(result.report, options, entries, result.codemods)
        base.tell_dirty(at, options)
        output.put(options, _shown(report, known, list(result.told), options, at.commit))
        exit_code = int(any(map(ranking.is_defect, report.findings)))
        if again.is_plain(options) and at.commit:
            timeless = replace(report, statistics=_without_work(report.statistics.files))
            shown = _shown(timeless, known, [], options, at.commit)
            again.keep(options, at.contents, exit_code, shown, result.homes)
    return exit_code


def _without_work(files: int, seconds: float = 0.0) -> Statistics:
    """What an answer takes that is known already."""
    return Statistics(files, 0, files, seconds)


def _kept(at: Base, options: Check) -> Result:
    """The result that was kept for the same question, or a new one.

    What answers is imported only for a new one: that takes longer than all the rest.
    """
    if options.no_cache:
        return _judged(at, options)[0]
    began = time.monotonic()
    asked = [at.contents, __version__, *options.codemods, "--set", *options.set, *settings()]
    question = results.question([*asked, str(_is_thorough(options))])
    known = results.recall(question)
    if known is not None:
        return _timed(known, began)
    sources = [str(at.store.place.git_dir), str(options.staged), str(options.worktree)]
    near = results.question(["near", *sources, *asked[1:], str(_is_thorough(options))])
    if (still := _still(near, at, options)) is not None:
        results.keep_again(question, still)
        return _timed(still, began)
    made, told_by = _judged(at, options)
    if made.report.statistics.lost:  # a busy machine is no reason to say the same tomorrow
        return made
    kept = results.keep(question, made, _packages(made.codemods))
    if kept.homes and (told := told_by()):
        results.keep_again(near, kept, told)
    return kept


def _timed(known: Result, began: float) -> Result:
    files, seconds = known.report.statistics.files, round(time.monotonic() - began, 3)
    return replace(known, report=replace(known.report, statistics=_without_work(files, seconds)))


def _still(near: str, at: Base, options: Check) -> Result | None:
    """The last result for other contents of the same repository, if it is the one for these."""
    known = results.recall_traced(near)
    if known is None:
        return None
    from rustfix_mem import trace

    result, told = known
    was = trace.unpacked(told)
    if was is None:
        return None
    still = trace.holds(was, at.snapshot, at.store.load, lambda: _chosen(options))
    return result if still else None


def _chosen(options: Check) -> tuple[type[Codemod], ...]:
    from rustfix_mem import registry

    chosen = registry.select(options.codemods)
    if options.codemods:
        return chosen
    # What only proposes is shown to who names it.
    return tuple(one for one in chosen if one.kind is Kind.DEFECT)


def _judged(at: Base, options: Check) -> tuple[Result, Callable[[], bytes]]:
    """A new result, and who tells what it depended on."""
    from rustfix_mem import changeset, trace
    from rustfix_mem.cli import config, progress

    gc.set_threshold(*SELDOM)
    chosen = _chosen(options)
    with progress.shown(options) as told_of:
        checked = changeset.checked(
            tuple(map(at.settings.configured, chosen)),
            at.snapshot,
            jobs=options.jobs,
            cache=not options.no_cache,
            scope=at.settings,
            thorough=_is_thorough(options),
            progress=told_of,
        )
    told = [line for one in chosen for line in config.described(at.settings, one)]
    told += config.limits(at.settings)
    names = (SUPPRESSION, *(one.name() for one in chosen))
    return (
        Result(checked.report, tuple(told), names),
        lambda: trace.packed(trace.of(checked.codebase, chosen, at.snapshot)),
    )


def _packages(codemods: Collection[str]) -> list[str]:
    """The packages of the code that has judged."""
    from rustfix_mem import registry

    known = registry.discover()
    homes = (known[name].__module__.partition(".")[0] for name in codemods if name in known)
    return sorted({__name__.partition(".")[0], *homes})


def _is_thorough(options: Check) -> bool:
    """Whether what is left alone is shown, too."""
    return options.verbose or options.output_format == "json"


def _entries(options: Check) -> tuple[Entry, ...] | None:
    """What the baseline has; `None` where none is wanted. It need not be there to be written."""
    if not (options.baseline or options.write_baseline):
        return None
    file = options.baseline or baseline.FILE
    try:
        return baseline.read(Path(file).read_bytes(), file)
    except FileNotFoundError:
        if options.write_baseline:
            return ()
        what, help = f"there is no baseline `{file}`", f"`{baseline.write_command(file)}` writes it"
        raise UsageError(what, help) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read `{file}`: {reason}", "give the file of a baseline") from None


def _without_known(
    whole: Report, options: Check, entries: tuple[Entry, ...] | None, ran: Collection[str]
) -> tuple[Report, Known | None]:
    """What is to be shown of a report, after what is known has been written if that is asked."""
    report = whole if options.codemods else ranking.defects_only(whole)
    if entries is None:
        return report, None
    file = options.baseline or baseline.FILE
    gone = baseline.stale(entries, whole, ran)
    if options.write_baseline:
        kept = [entry for entry in entries if entry not in gone]
        entries = (*kept, *map(baseline.entry_of, report.findings))
        output.replace(file, baseline.written(entries))
        gone = ()
    new = baseline.hidden(report, entries)
    count = len(report.findings) - len(new.findings)
    return new, baseline.Known(file, count, len(gone), options.write_baseline)


def _shown(
    report: Report, known: Known | None, settings: list[str], options: Check, commit: str
) -> bytes:
    if options.output_format == "json":
        from rustfix_mem.report import json

        return json.check(commit, report, known).encode()
    palette = output.result_palette(options)
    shown = text.render(
        report,
        palette,
        quiet=options.quiet,
        verbose=options.verbose,
        known=known,
        settings=settings,
        proposals=ALL not in options.codemods,
    )
    return output.encoded(shown, options)
