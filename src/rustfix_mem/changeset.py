"""From findings to the files that they would leave behind: rounds of fixes, nothing written."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rustfix_mem import facts_cache, registry
from rustfix_mem.errors import CodemodBug, did_you_mean
from rustfix_mem.finding import Applicability, Finding, Fix, LeftAlone, fingerprint
from rustfix_mem.looker import MAX_BYTES, Looker
from rustfix_mem.reported import SUPPRESSION, Located, Report, Skipped, Statistics
from rustfix_mem.scan import codebase_of
from rustfix_mem.scope import EVERYWHERE
from rustfix_mem.sources import Texts
from rustfix_mem.suppression import MARK, complaint, hides, suppressions, unused
from rustfix_mem.text import Lines, Position, Span, apply, original_offset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.codebase import Codebase, Trouble
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.looker import Progress
    from rustfix_mem.scope import Scope
    from rustfix_mem.sources import Source
    from rustfix_mem.suppression import Suppression
    from rustfix_mem.text import Edit

MAX_ROUNDS = 10
MARKED = re.compile(re.escape(MARK))


@dataclass(frozen=True)
class ChangeSet:
    """What one run of one codemod would do. Nothing is written until someone asks."""

    codemod: Codemod
    before: Snapshot
    after: Snapshot
    applied: tuple[Located, ...]
    reported: tuple[Located, ...]
    report: Report
    scope: Scope = EVERYWHERE
    mended: frozenset[tuple[str, str]] = frozenset()
    """Paths and items that are left alone only because the fixes are made."""

    @property
    def left_alone(self) -> tuple[tuple[str, LeftAlone, Position], ...]:
        """What is left alone in the base, too: what the fixes made fine is no news."""
        alone = self.report.left_alone
        return tuple(one for one in alone if (one[1].path, one[1].item) not in self.mended)


@dataclass
class _Base:
    """The text that people know, and how to get back to it from the text of a later round."""

    snapshot: Snapshot
    scope: Scope
    rounds: list[dict[str, list[Edit]]] = field(default_factory=list)
    ordinals: dict[str, dict[int, int]] = field(default_factory=dict)
    """Ordinals of findings that are alike, by where they begin in the base: the same each round."""
    used: dict[str, set[tuple[Suppression, str]]] = field(default_factory=dict)
    """The comments that have hidden something, by path, each with the codemod."""
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """Files of the base that have been read already: each request to git costs milliseconds."""
    _lines: dict[str, Lines] = field(default_factory=dict)

    def lines(self, path: str) -> Lines:
        if path not in self._lines:
            text = self.texts.get(path)
            self._lines[path] = Lines.of(self.snapshot.read(path) if text is None else text)
        return self._lines[path]

    def span(self, path: str, span: Span) -> Span:
        start, end = span.start, span.end
        for made in reversed(self.rounds):
            edits = made.get(path, [])
            start, end = original_offset(start, edits), original_offset(end, edits)
        return Span(start, max(start, end))

    def said(self, text: str, codebase: Codebase) -> str:
        """A text for people, with the lines that places in changed files have in the base."""
        changed = {path for made in self.rounds for path in made}
        named = [path for path in changed if path in text]
        if not named:
            return text
        paths = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))

        def line(found: re.Match[str]) -> str:
            path, number = found[1], int(found[2])
            starts = Lines.of(_source(path, codebase)).starts
            at = starts[min(number, len(starts)) - 1]
            return f"{path}:{self.lines(path).position(self.span(path, Span(at, at)).start).line}"

        return re.sub(rf"(?<![\w./-])({paths}):(\d+)\b", line, text)

    def fix(self, fix: Fix | None) -> Fix | None:
        """A fix with its edits where they are in the base; what is in new text is where that is."""
        if fix is None or not self.rounds:
            return fix
        edits = (replace(edit, span=self.span(edit.path, edit.span)) for edit in fix.edits)
        return replace(fix, edits=tuple(edits))


@dataclass(frozen=True)
class Checked:
    """What was found, and what it was found in, which knows all that was asked of it."""

    report: Report
    codebase: Codebase


def check(
    codemods: tuple[Codemod, ...],
    snapshot: Snapshot,
    *,
    jobs: int = 0,
    cache: bool = True,
    scope: Scope = EVERYWHERE,
    thorough: bool = True,
    progress: Progress | None = None,
) -> Report:
    """The report of `checked`."""
    return checked(
        codemods,
        snapshot,
        jobs=jobs,
        cache=cache,
        scope=scope,
        thorough=thorough,
        progress=progress,
    ).report


def checked(
    codemods: tuple[Codemod, ...],
    snapshot: Snapshot,
    *,
    jobs: int = 0,
    cache: bool = True,
    scope: Scope = EVERYWHERE,
    thorough: bool = True,
    progress: Progress | None = None,
) -> Checked:
    """Everything that `codemods` find; `jobs` workers, 0 for as many as there are cores.

    `scope` says in which files, and with which other parameters in some of them. Not `thorough`,
    the findings are the same, but not all that was left alone is named.
    """
    began, looker = time.monotonic(), _looker(jobs, cache, progress)
    try:
        codebase = codebase_of(snapshot, [type(codemod) for codemod in codemods], looker, thorough)
        base, findings = _Base(snapshot, scope, texts=codebase.sources), list[Located]()
        alone: list[tuple[str, LeftAlone, Position]] = []
        for codemod in codemods:
            found, left = _judged(codemod, codebase, base)
            findings += found
            alone += left
        findings += _unused(codemods, codebase, base)
        findings.sort(key=lambda one: (one.finding.path, one.finding.span, one.codemod))
        statistics = _statistics(codebase, looker, began)
        skipped = _skipped(codebase, snapshot, looker)
        return Checked(Report(tuple(findings), tuple(alone), skipped, statistics), codebase)
    finally:
        looker.close()


def plan(
    codemod: Codemod,
    snapshot: Snapshot,
    trust: Applicability = Applicability.MAYBE_INCORRECT,
    *,
    jobs: int = 0,
    cache: bool = True,
    scope: Scope = EVERYWHERE,
    progress: Progress | None = None,
) -> ChangeSet:
    """Apply the trusted fixes, then look again, until nothing is left to fix."""
    began, looker = time.monotonic(), _looker(jobs, cache, progress)
    try:
        return _rounds(codemod, snapshot, trust, looker, began, scope)
    finally:
        looker.close()


def _rounds(
    codemod: Codemod,
    before: Snapshot,
    trust: Applicability,
    looker: Looker,
    began: float,
    scope: Scope,
) -> ChangeSet:
    base = _Base(before, scope)
    snapshot = before
    applied: list[Located] = []
    first: list[tuple[str, LeftAlone, Position]] | None = None
    for _ in range(MAX_ROUNDS):
        codebase = codebase_of(snapshot, [type(codemod)], looker)
        base.texts = base.texts or codebase.sources  # of the first round, which is the base
        found, alone = _judged(codemod, codebase, base)
        first = alone if first is None else first
        fixable = [f for f in found if f.finding.fix and f.finding.fix.applicability >= trust]
        if not fixable:
            statistics = _statistics(codebase, looker, began)
            skipped = _skipped(codebase, before, looker)
            left = tuple(_of_base(found, base))
            report = Report(left, tuple(alone), skipped, statistics)
            mended = _mended(applied, first, alone)
            return ChangeSet(codemod, before, snapshot, tuple(applied), left, report, scope, mended)
        kept, edits = _compatible(fixable)
        snapshot = _rewritten(codemod, snapshot, edits, looker)
        applied += _of_base(kept, base)
        base.rounds.append(edits)
    raise CodemodBug(
        f"`{type(codemod).name()}` still finds work after {MAX_ROUNDS} rounds",
        f"nothing was written; please report it with {fixable[0].finding.path}",
    )


def _mended(
    applied: list[Located],
    first: list[tuple[str, LeftAlone, Position]],
    last: list[tuple[str, LeftAlone, Position]],
) -> frozenset[tuple[str, str]]:
    """The paths and items of fixes that were not left alone before these were made."""
    fixed = {one.finding.item for one in applied}
    before = {(left.path, left.item) for _, left, _ in first}
    after = {(left.path, left.item) for _, left, _ in last if left.item in fixed}
    return frozenset(after - before)


def _of_base(some: Iterable[Located], base: _Base) -> Iterator[Located]:
    """Findings of the round that is over, with their fixes in the text of the base."""
    for one in some:
        yield replace(one, finding=replace(one.finding, fix=base.fix(one.finding.fix)))


def _looker(jobs: int, cache: bool, progress: Progress | None) -> Looker:
    return Looker(jobs, facts_cache.default_cache() if cache else None, progress=progress)


def _statistics(codebase: Codebase, looker: Looker, began: float) -> Statistics:
    seconds = round(time.monotonic() - began, 3)
    files, lost = len(codebase.sources), len(looker.lost)
    return Statistics(files, looker.parsed, looker.from_cache, seconds, lost)


def _skipped(codebase: Codebase, snapshot: Snapshot, looker: Looker) -> tuple[Skipped, ...]:
    bad = [Skipped(path, reason) for path, reason in sorted(snapshot.unread.items())]
    bad += [Skipped(manifest.path, manifest.reason) for manifest in codebase.bad_manifests]
    for path, trouble in sorted(codebase.troubles.items()):
        why = _why_not(codebase.source(path), trouble, looker)
        bad.append(Skipped(path, why))
    return tuple(bad)


def _why_not(source: Source, trouble: Trouble, looker: Looker) -> str:
    if source.size > MAX_BYTES:
        return f"larger than {MAX_BYTES} bytes"
    line = Lines.of(source.read()).position(trouble.error).line
    what = "nested too deeply" if trouble.deep else "not understood"
    return looker.lost.get(source.id) or f"{what} at line {line}"


def _judged(
    codemod: Codemod, codebase: Codebase, base: _Base
) -> tuple[list[Located], list[tuple[str, LeftAlone, Position]]]:
    """What a codemod says that no comment hides, in order of path and place."""
    name = type(codemod).name()
    findings: list[Finding] = []
    alone: list[tuple[str, LeftAlone, Position]] = []
    for said in _said(codemod, codebase, base):
        if isinstance(said, Finding) and not _hidden(said, name, codebase, base):
            findings.append(said)
            continue
        if isinstance(said, Finding):
            said = LeftAlone(said.path, said.span, said.item, ("a comment says to ignore it",))
        reasons = tuple(base.said(reason, codebase) for reason in said.reasons)
        left = replace(said, span=base.span(said.path, said.span), reasons=reasons)
        alone.append((name, left, base.lines(said.path).position(left.span.start)))
    findings.sort(key=lambda finding: (finding.path, finding.span, finding.item))
    return _located(findings, name, codebase, base), alone


def _said(codemod: Codemod, codebase: Codebase, base: _Base) -> Iterator[Finding | LeftAlone]:
    """What is said of files that are judged, each with the parameters that hold for the file."""
    scope = base.scope
    if scope.whole(codemod):
        yield from codemod.judge(codebase)
        return
    for one, paths in scope.variants(codemod, base.snapshot.entries).items():
        for said in one.judge(codebase):
            if said.path in paths:
                yield _within(said, scope) if isinstance(said, Finding) else said


def _within(finding: Finding, scope: Scope) -> Finding:
    """The finding without a fix that would change a file which is not to be judged."""
    touched = sorted({edit.path for edit in finding.fix.edits}) if finding.fix else []
    outside = [path for path in touched if not scope.holds(path)]
    if not outside:
        return finding
    reason = f"its fix would change `{outside[0]}`, which the configuration excludes"
    return replace(finding, fix=None, why=(*finding.why, reason))


def _hidden(finding: Finding, codemod: str, codebase: Codebase, base: _Base) -> bool:
    source = _source(finding.path, codebase)
    if MARK not in source:
        return False
    line = Lines.of(source).position(finding.span.start).line
    by = hides(suppressions(source, finding.path), codemod, line)
    if by is not None:
        base.used.setdefault(finding.path, set()).add((by, codemod))
    return by is not None


def _unused(codemods: tuple[Codemod, ...], codebase: Codebase, base: _Base) -> list[Located]:
    """The comments that hid nothing, in all files that were looked at."""
    marked = {*codebase.words.matching(MARKED, MARK)}
    marked |= {path for path, source in codebase.manifests.items() if MARK in source}
    unread = {*codebase.troubles, *(manifest.path for manifest in codebase.bad_manifests)}
    looked_at = [path for path in sorted(marked - unread) if base.scope.holds(path)]
    ran = {type(codemod).name() for codemod in codemods}
    known = ran | registry.discover().keys() if looked_at else ran
    said: dict[str, list[Finding]] = {}
    for path in looked_at:
        found = suppressions(_source(path, codebase), path)
        for one, name in unused(found, base.used.get(path, ()), ran, known):
            help = "" if name in known else did_you_mean(_spelled(name), sorted(known))
            of = name if name in known else SUPPRESSION
            said.setdefault(of, []).append(complaint(one, name, path, help))
    return [one for name, some in said.items() for one in _located(some, name, codebase, base)]


def _spelled(name: str) -> str:
    return name.replace("_", "-").lower()


def _source(path: str, codebase: Codebase) -> bytes:
    return codebase.sources[path] if path in codebase.sources else codebase.manifests[path]


def _located(
    findings: list[Finding], codemod: str, codebase: Codebase, base: _Base
) -> list[Located]:
    located: list[Located] = []
    for finding in findings:
        span, lines = base.span(finding.path, finding.span), base.lines(finding.path)
        start, end = lines.position(span.start), lines.position(span.end)
        source = _source(finding.path, codebase)
        alike = fingerprint(codemod, finding, source, 0)
        ordinals = base.ordinals.setdefault(alike, {})
        ordinal = ordinals.setdefault(span.start, len(ordinals))
        mark = fingerprint(codemod, finding, source, ordinal)
        why = tuple(base.said(reason, codebase) for reason in finding.why)
        message, help = (base.said(one, codebase) for one in (finding.message, finding.help))
        placed = replace(finding, span=span, message=message, why=why, help=help)
        located.append(Located(codemod, placed, start, end, lines.line(start.line), mark))
    return located


def _compatible(findings: Iterable[Located]) -> tuple[list[Located], dict[str, list[Edit]]]:
    """The findings whose fixes can be made together; the rest wait for the next round."""
    kept: list[Located] = []
    edits: dict[str, list[Edit]] = {}
    rests: dict[str, list[Span]] = {}
    for located in findings:
        fix = located.finding.fix
        if fix is None:
            continue
        if any(new.conflicts(old) for new in fix.edits for old in edits.get(new.path, [])):
            continue
        if any(new.touches(one) for new in fix.edits for one in rests.get(new.path, [])):
            continue
        if any(old.touches(one) for path, one in fix.rests for old in edits.get(path, [])):
            continue
        kept.append(located)
        for edit in fix.edits:
            edits.setdefault(edit.path, []).append(edit)
        for path, one in fix.rests:
            rests.setdefault(path, []).append(one)
    return kept, {path: sorted(set(made)) for path, made in edits.items()}


def _rewritten(
    codemod: Codemod, snapshot: Snapshot, edits: Mapping[str, list[Edit]], looker: Looker
) -> Snapshot:
    """The snapshot after the edits; a new syntax error is the codemod's bug."""
    try:
        changes = {path: apply(snapshot.read(path), made) for path, made in edits.items()}
    except (ValueError, KeyError) as error:
        raise CodemodBug(
            f"`{type(codemod).name()}` offers a fix that cannot be made: {error}",
            "nothing was written; please report it with the file",
        ) from error
    rust = Texts({path: source for path, source in changes.items() if path.endswith(".rs")})
    found = looker(rust.sources(rust))
    broken = [path for path, facts in found.items() if facts.read().error is not None]
    if broken:
        raise CodemodBug(
            f"`{type(codemod).name()}` would leave `{broken[0]}` with a syntax error",
            "nothing was written; please report it with the file",
        )
    return snapshot.with_changes(changes)
