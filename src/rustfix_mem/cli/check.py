"""`rustfix-mem check`: findings, and not a byte changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem import changeset, registry
from rustfix_mem.cli import base, config, output
from rustfix_mem.report import ranking, text

if TYPE_CHECKING:
    from rustfix_mem.changeset import Report
    from rustfix_mem.cli.options import Check


def run(options: Check) -> int:
    """The exit code: 1 if there is a defect."""
    chosen = registry.select(options.codemods)
    with base.opened(options) as at:
        codemods = tuple(config.configured(codemod, at.settings) for codemod in chosen)
        report = changeset.check(
            codemods, at.snapshot, jobs=options.jobs, cache=not options.no_cache
        )
        if not options.codemods:
            report = ranking.defects_only(report)
        base.tell_dirty(at, options)
        output.put(options, _shown(report, options, at.commit))
    return int(any(map(ranking.is_defect, report.findings)))


def _shown(report: Report, options: Check, commit: str) -> bytes:
    if options.output_format == "json":
        from rustfix_mem.report import json

        return json.check(commit, report).encode()
    palette = output.result_palette(options)
    shown = text.render(report, palette, quiet=options.quiet, verbose=options.verbose)
    return output.encoded(shown, options)
