"""Findings in rustc's manner: the message, the place, the line, the reasons, what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.report.ranking import SHOWN, Ranked, is_defect, is_fixable, rank
from rustfix_mem.report.snippet import snippet
from rustfix_mem.report.terminal import Palette, expanded, plural
from rustfix_mem.reported import SUPPRESSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rustfix_mem.report.baseline import Known
    from rustfix_mem.reported import Located, Report, Statistics

PLAIN = Palette()


NAMED_SKIPS = 5
"""Skipped files that are named without `-v`."""


def render(
    report: Report,
    palette: Palette = PLAIN,
    *,
    quiet: bool = False,
    verbose: bool = False,
    summed: bool = True,
    known: Known | None = None,
    settings: Sequence[str] = (),
    proposals: bool = True,
) -> str:
    """The whole report: every finding that ranks, then a line for the rest and the sum.

    `proposals` are shown as defects are, or else in a line a codemod.
    """
    ranked = rank(report.findings, None if verbose or quiet else SHOWN, proposals=proposals)
    blocks = [block(one, palette) for one in ranked.shown]
    blocks += _lines(_rest(ranked, palette))
    if verbose:
        blocks += _lines(_left_alone(report, palette))
        blocks += _lines(f"{palette.note('note')}: {expanded(line)}" for line in settings)
    if not quiet:
        blocks += _lines(_skipped(report, palette, verbose))
        blocks += _lines(_known(known, palette))
    if summed and not quiet:
        blocks.append(summary(report, known) + "\n")
    return "\n".join(blocks)


def block(located: Located, palette: Palette = PLAIN) -> str:
    """One finding, as rustc shows a warning."""
    head, notes = title(located, palette), list(_notes(located))
    gutter = " " * len(str(located.start.line))
    shown = [f"{head}: {palette.bold(expanded(located.finding.message))}"]
    shown += snippet(located, palette)
    shown += [
        f"{gutter} {palette.gutter('=')} {palette.bold(label)}: {expanded(text)}"
        for label, text in notes
    ]
    return "\n".join(shown) + "\n"


def title(located: Located, palette: Palette) -> str:
    if is_defect(located):
        return palette.warning(f"warning[{located.codemod}]")
    return palette.note(f"proposal[{located.codemod}]")


def summary(report: Report, known: Known | None = None) -> str:
    """`3 findings (2 fixable) in 796 files, 143 parsed, 0.8s`."""
    found = len(report.findings)
    fixable = sum(map(is_fixable, report.findings))
    proposed = found - sum(map(is_defect, report.findings))
    new = "new " if known and known.hidden else ""
    said = plural(found, f"{new}finding") if found else f"no {new}findings"
    counts = f"{fixable:,} fixable" + (f", {plural(proposed, 'proposal')}" if proposed else "")
    return f"{said}{f' ({counts})' if found else ''} in {_work(report.statistics)}"


def _work(statistics: Statistics) -> str:
    cached = f", {statistics.from_cache:,} from the cache" if statistics.from_cache else ""
    files = plural(statistics.files, "file")
    return f"{files}, {statistics.parsed:,} parsed{cached}, {statistics.seconds:.1f}s"


def _notes(located: Located) -> Iterator[tuple[str, str]]:
    finding = located.finding
    yield from (("why", reason) for reason in finding.why)
    if finding.help:
        yield "help", finding.help
    if finding.fix:
        level = finding.fix.applicability.word
        yield "help", f"{finding.fix.title} ({level}): `{_command(located)}`"


def _command(located: Located) -> str:
    """What to type to have the finding fixed."""
    command = f"rustfix-mem apply {located.codemod}"
    if is_fixable(located) or not located.finding.fix:
        return command
    return f"{command} --trust {located.finding.fix.applicability.word}"


def _rest(ranked: Ranked, palette: Palette) -> Iterator[str]:
    """A line for each codemod that has more to say, and what to type to read it."""
    begun = {one.codemod for one in ranked.shown}
    by_codemod: dict[str, list[Located]] = {}
    for one in ranked.rest:
        by_codemod.setdefault(one.codemod, []).append(one)
    for codemod, some in sorted(by_codemod.items()):
        noun = "finding" if any(map(is_defect, some)) else "proposal"
        count = plural(len(some), f"more {noun}" if codemod in begun else noun)
        command = "check" if codemod == SUPPRESSION else f"check {codemod}"
        name = palette.note(f"note[{codemod}]")
        yield f"{name}: {count}; `rustfix-mem {command} -v` shows all"


def _left_alone(report: Report, palette: Palette) -> Iterator[str]:
    for codemod, left, at in report.left_alone:
        place = f"{expanded(left.path)}:{at.line}:{at.column}"
        head = f"{palette.green(f'left alone[{codemod}]')}: `{expanded(left.item)}` at {place}"
        yield "\n  = ".join([head, *map(expanded, left.reasons)])


def _skipped(report: Report, palette: Palette, verbose: bool) -> Iterator[str]:
    if not report.skipped:
        return
    note = palette.note("note")
    shown = report.skipped if verbose else report.skipped[:NAMED_SKIPS]
    for one in shown:
        yield f"{note}: `{expanded(one.path)}` was skipped: {expanded(one.reason)}"
    if len(shown) < len(report.skipped):
        more = plural(len(report.skipped) - len(shown), "more file")
        yield f"{note}: {more} skipped; `-v` names all"


def _known(known: Known | None, palette: Palette) -> Iterator[str]:
    """What became of a baseline."""
    if known is None:
        return
    note, file = palette.note("note"), expanded(known.file)
    if known.written:
        yield f"{note}: `{file}` is written; commit it, and give `--baseline` to hide what it has"
    if known.hidden:
        be = "is" if known.hidden == 1 else "are"
        yield f"{note}: {plural(known.hidden, 'known finding')} {be} hidden by `{file}`"
    if known.stale:
        entries, them = ("entry is", "it") if known.stale == 1 else ("entries are", "them")
        yield (
            f"{note}: {known.stale:,} {entries} in `{file}` and not found any more;"
            f" `{expanded(known.writes)}` takes {them} out"
        )


def _lines(lines: Iterable[str]) -> list[str]:
    """Lines that belong together, as one block or none."""
    together = "\n".join(lines)
    return [together + "\n"] if together else []
