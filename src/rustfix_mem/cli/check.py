"""`rustfix-mem check`: findings, and not a byte changed but in files that it is told to write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import changeset, registry
from rustfix_mem.cli import base, config, output
from rustfix_mem.errors import UsageError
from rustfix_mem.report import baseline, ranking, text

if TYPE_CHECKING:
    from collections.abc import Collection

    from rustfix_mem.changeset import Report
    from rustfix_mem.cli.options import Check
    from rustfix_mem.report.baseline import Entry, Known


def run(options: Check) -> int:
    """The exit code: 1 if there is a defect that no baseline hides."""
    chosen = registry.select(options.codemods)
    entries = _entries(options)
    with base.opened(options) as at:
        codemods, scope = tuple(map(at.settings.configured, chosen)), at.settings
        report = changeset.check(
            codemods,
            at.snapshot,
            jobs=options.jobs,
            cache=not options.no_cache,
            scope=scope,
            thorough=options.verbose or options.output_format == "json",
        )
        ran = {changeset.SUPPRESSION, *(one.name() for one in chosen)}
        report, known = _without_known(report, options, entries, ran)
        base.tell_dirty(at, options)
        said = [line for one in chosen for line in config.described(scope, one)]
        said += config.limits(scope)
        output.put(options, _shown(report, known, said, options, at.commit))
    return int(any(map(ranking.is_defect, report.findings)))


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
        proposals=registry.ALL not in options.codemods,
    )
    return output.encoded(shown, options)
