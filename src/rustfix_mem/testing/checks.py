"""The checks of a case. Each returns what is wrong, in words; nothing means that all is well."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.testing import findings
from rustfix_mem.testing.case import case_folders
from rustfix_mem.testing.crates import Crate
from rustfix_mem.testing.manual import examples
from rustfix_mem.testing.process import rustfmt
from rustfix_mem.testing.results import ALL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from rustfix_mem.codemod import Codemod
    from rustfix_mem.testing.case import Case
    from rustfix_mem.testing.manual import Example
    from rustfix_mem.testing.results import CargoReport, CrateResult

BLESS = "if that is right, type `pytest --update-snapshots`"


def rewrite(case: Case) -> list[str]:
    """`before/` becomes `after/`, byte for byte; without `after/` it stays as it is."""
    made = contents(case.plan(case.before).after)
    wanted = contents(Snapshot.of_folder(case.final))
    if case.rewrites and wanted == contents(Snapshot.of_folder(case.before)):
        return ["after/ is the same as before/: delete it, or the case shows nothing"]
    problems = [*compare(wanted, made)]
    return [*problems, BLESS] if problems else []


def idempotent(case: Case) -> list[str]:
    """There is nothing more to do in `after/`, or in a crate that must be left alone."""
    changes = case.plan(case.final)
    problems = [
        f"a run on {case.final.name}/ still applies: {it.finding.path}:{it.start.line} {title}"
        for it in changes.applied
        if (title := it.finding.fix.title if it.finding.fix else it.finding.message)
    ]
    return [*problems, *compare(contents(changes.before), contents(changes.after))]


def expectations(case: Case) -> list[str]:
    """What `[expect]` in `case.toml` demands is there."""
    return findings.unmet(case.expect, case.plan(case.before))


def snapshot(case: Case) -> list[str]:
    """The codemod says of `before/` what `findings.txt` says."""
    stored = case.findings.read_bytes() if case.findings.exists() else b""
    said = findings.render(case.plan(case.before)).encode()
    problems = [*compare({"findings.txt": stored}, {"findings.txt": said})]
    return [*problems, BLESS] if problems else []


def manual(codemod: type[Codemod]) -> list[str]:
    """Every Before of the manual becomes its After."""
    return [problem for example in examples(codemod) for problem in example_holds(example)]


def example_holds(example: Example) -> list[str]:
    wanted = {path: text.encode() for path, text in example.after.items()}
    return [f"{example}: {it}" for it in compare(wanted, contents(example.plan().after))]


def enough(codemod: type[Codemod], cases: Collection[Case]) -> list[str]:
    """At least one case is rewritten, and as many are left alone as are rewritten."""
    own = [case for case in cases if case.codemod is codemod]
    rewriting = sum(case.rewrites for case in own)
    spared = len(own) - rewriting
    where = f"fixtures/{codemod.name()}/<case>"
    if not rewriting:
        return [f"no case is rewritten: write {where}/before/, then `pytest --update-snapshots`"]
    if spared < rewriting:
        return [f"{rewriting} cases are rewritten and {spared} left alone: add {where}/before/"]
    return []


def strays(fixtures: Path, codemods: Mapping[str, type[Codemod]]) -> list[str]:
    """Every folder of cases is that of a codemod."""
    names = {folder.parent.name for folder in case_folders(fixtures)} - set(codemods)
    return [f"fixtures/{name}/ has cases, but no codemod is called so" for name in sorted(names)]


def clippy(case: Case, report: CargoReport) -> list[str]:
    """Clippy has nothing to say of either crate."""
    sides = ("before", "after") if case.rewrites else ("before",)
    return [f"{side}/: {said}" for side in sides for said in report.of(case, side).diagnostics]


def formatted(case: Case) -> list[str]:
    """What rustfmt would leave alone in `before/`, it leaves alone in `after/`."""
    if not case.rewrites:
        return []
    before, after = Crate(case.before), Crate(case.after)
    files = [path for path in after.files() if path.endswith(".rs")]
    return [
        f"after/{path}: rustfmt would change it\n{diff}"
        for path in files
        if (diff := rustfmt(case.after / path, after.edition))
        and not rustfmt(case.before / path, before.edition)
    ]


def tests(case: Case, report: CargoReport) -> list[str]:
    """Tests called `bound_…` fail before and pass after; all others pass in both.

    With features, `bound_…` tests must pass with the first of them; all others in every build.
    """
    before = report.of(case, "before")
    if not case.rewrites:
        return [*_unless_ok("before", before, sorted(before.tests))]
    after = report.of(case, "after")
    label = f"{case.features[0]} " if case.features else ""
    names = sorted(before.tests.keys() | after.tests.keys())
    builds = (*case.features, ALL) if case.features else ()
    plain = [name for name in names if not name.startswith(tuple(f"{b} " for b in builds))]
    bounds = [name for name in plain if is_bound(name)]
    if not bounds:
        return ["no test is called `bound_…`: write one that fails in before/, passes in after/"]
    problems = [
        f"before/: `{name}` must fail, and is {before.tests.get(name, 'missing')}"
        for name in bounds
        if before.tests.get(name) != "FAILED"
    ]
    problems += _unless_ok("before", before, [name for name in plain if name not in bounds])
    others = [name for name in names if not is_bound(name)]
    return [*problems, *_unless_ok("after", after, [*(label + b for b in bounds), *others])]


def pinned(report: CargoReport) -> list[str]:
    """Every dependency has the version that `fixtures/Cargo.lock` says."""
    missing = ", ".join(report.unpinned)
    return [f"fixtures/Cargo.lock does not hold {missing}", BLESS] if missing else []


def is_bound(name: str) -> bool:
    """Whether a test, `src/lib.rs tests::bound_entries`, is one that shows the bound."""
    return name.rpartition(" ")[2].rpartition("::")[2].startswith("bound_")


def _unless_ok(side: str, result: CrateResult, names: Sequence[str]) -> list[str]:
    bad = {n: result.tests.get(n, "missing") for n in names if result.tests.get(n) != "ok"}
    problems = [f"{side}/: `{name}` must pass, and is {status}" for name, status in bad.items()]
    return [*problems, result.output] if problems and result.output else problems


def contents(snapshot: Snapshot) -> dict[str, bytes]:
    return dict(snapshot.read_many(sorted(snapshot.entries)))


def compare(wanted: Mapping[str, bytes], made: Mapping[str, bytes]) -> Iterator[str]:
    """What differs, file by file: names of those too many or missing, diffs of the others."""
    for path in sorted(wanted.keys() | made.keys()):
        if path not in made:
            yield f"{path} is missing from what the codemod made"
        elif path not in wanted:
            yield f"{path} is not in what was expected"
        elif wanted[path] != made[path]:
            yield _diff(path, wanted[path], made[path])


def _diff(path: str, wanted: bytes, made: bytes) -> str:
    names = f"wanted/{path}", f"made/{path}"
    return "\n".join(difflib.unified_diff(_shown(wanted), _shown(made), *names, lineterm=""))


def _shown(data: bytes) -> list[str]:
    """Lines in which line ends and a missing last one can be seen."""
    text = data.decode("utf-8", "backslashreplace").replace("\r", "\\r")
    *lines, last = text.split("\n")
    return [*lines, f"{last} (no end of line)"] if last else lines
