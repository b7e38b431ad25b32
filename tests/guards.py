"""Takes the guards of the judgement out, one by one: does a fixture notice? `make guards`.

Every fixture is judged in memory without each guard in turn; cargo is not asked. A guard is caught
if a fixture's `[expect]`, its `findings.txt` or its `after/` no longer holds; of one that no
fixture catches the tests of its room are asked. A crash of the changed code shows nothing of
either: it is counted apart, and as not caught.

    python tests/guards.py [CODEMOD] [WORD...]

With the name of a codemod it takes out the guards of that one, and writes its part of the page.
With words it takes out those whose line holds all of them, and writes nothing.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mutants
from rustfix_mem import changeset, registry
from rustfix_mem.errors import RustfixMemError
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.looker import Looker
from rustfix_mem.testing import findings
from rustfix_mem.testing.case import Case, cases
from rustfix_mem.testing.checks import contents

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from mutants import Guard, Part

HERE = Path(__file__).parent
TOP = HERE.parent
FIXTURES = TOP / "fixtures"
PAGE = TOP / "docs" / "traps.md"
ENOUGH = 80
"""Per cent of the guards of each codemod that a fixture, or a test, must catch. What merely crashes
does not count: it writes nothing wrong, but nothing was shown, either."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the fixtures without one guard."""

    guard: Guard
    caught: tuple[str, ...]
    """The cases that noticed."""
    edited: tuple[str, ...]
    """Those of them whose code would have been changed otherwise than it should be."""
    crashed: str
    """The first crash, if there was one."""
    tested: str = ""
    """The test that noticed, where no case did."""

    @property
    def word(self) -> str:
        if self.caught:
            return "caught"
        return "tested" if self.tested else "CRASHED" if self.crashed else "SURVIVED"


def problems(case: Case) -> tuple[bool, bool]:
    """Whether anything of a case does not hold, and whether its code is not as it should be."""
    changes = case.plan(case.before)
    edited = contents(changes.after) != contents(Snapshot.of_folder(case.final))
    stored = case.findings.read_text(encoding="utf-8") if case.findings.exists() else ""
    wrong = bool(findings.unmet(case.expect, changes)) or findings.render(changes) != stored
    return edited or wrong, edited


def judged(guard: Guard, chosen: Iterable[Case]) -> Outcome:
    """Judge every case with what is installed now."""
    caught, edited, crashed = list[str](), list[str](), ""
    for case in chosen:
        try:
            wrong, changed = problems(case)
        except RustfixMemError as error:  # the net below: an edit that cannot be made
            crashed = crashed or f"{case.folder.name}: {error.what}"
            continue
        except Exception as error:  # noqa: BLE001 - changed code may raise anything
            crashed = crashed or f"{case.folder.name}: {type(error).__name__}: {error}"
            continue
        if wrong:
            caught.append(case.folder.name)
        if changed:
            edited.append(case.folder.name)
    return Outcome(guard, tuple(caught), tuple(edited), crashed)


_looker = Looker(1)


def share_facts() -> None:
    """Keep the facts of all fixtures in memory, for this process and those forked from it."""
    changeset._looker = lambda jobs, cache, progress: _looker


def _without(guard: Guard) -> Outcome:
    """In a process of its own: the module changed, all cases judged, then tests asked."""
    global _looker
    if mutants.makes_facts(guard.module):
        _looker = Looker(1)
    tree = mutants.without(guard, mutants.source_of(guard.module))
    mutants.install(tree, import_module(guard.module))
    part = mutants.part_of(guard.module)
    outcome = judged(guard, cases_of(part))
    return outcome if outcome.caught else asked(part.tests, outcome)


def cases_of(part: Part) -> tuple[Case, ...]:
    """The cases that a part must keep."""
    known = registry.discover()
    return cases(FIXTURES, {name: known[name] for name in part.cases})


class _Watch:
    """Sees the first test that fails because something does not hold; a crash is no such thing."""

    failed = ""
    crashed = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        said = call.excinfo
        if said is not None and said.errisinstance((AssertionError, pytest.fail.Exception)):
            self.failed = self.failed or item.name
        elif said is not None:
            self.crashed = self.crashed or f"{item.name}: {said.typename}: {said.value}"
        return report


def asked(names: Iterable[str], outcome: Outcome, folder: Path = HERE) -> Outcome:
    """What became of it with the tests of these modules, too."""
    watch, files = _Watch(), [str(folder / f"{name}.py") for name in names]
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--maxfail=3"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*quiet, *files], plugins=[watch])
    crashed = outcome.crashed or watch.crashed
    return replace(outcome, tested=watch.failed, crashed=crashed)


def run(found: list[Guard]) -> Iterator[Outcome]:
    """One forked process a guard, as many at a time as there are cores."""
    context = multiprocessing.get_context("fork")
    with context.Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        yield from pool.imap(_without, found, chunksize=1)


def main(arguments: list[str]) -> int:
    """Judge without each guard; print, and write what is of a whole codemod."""
    share_facts()
    named = [part for part in mutants.PARTS if part.codemod in arguments]
    words = [word for word in arguments if word not in {part.codemod for part in named}]
    enough = True
    for part in named or mutants.PARTS:
        began, chosen = time.monotonic(), cases_of(part)
        broken = [case.folder.name for case in chosen if problems(case)[0]]
        if broken:
            print(f"these cases do not hold as it is: {', '.join(broken)}", file=sys.stderr)
            return 2
        found = [guard for module in part.modules for guard in mutants.guards(module)]
        found = [guard for guard in found if all(word in str(guard) for word in words)]
        outcomes = list[Outcome]()
        for outcome in run(found):
            outcomes.append(outcome)
            print(_line(outcome), flush=True)
        print(f"\n{part.codemod}: {summary(outcomes)} in {time.monotonic() - began:.0f} s\n")
        if not words:
            write(part.codemod, section(outcomes, chosen))
        enough = enough and (not found or share(outcomes) >= ENOUGH)
    return 0 if enough else 1


def _line(outcome: Outcome) -> str:
    by = outcome.caught
    who = ", ".join(by[:3]) + (f" and {len(by) - 3} more" if len(by) > 3 else "")
    who = who or outcome.tested or outcome.crashed
    return f"{outcome.word:8} {outcome.guard}\n         {who}".rstrip()


def share(outcomes: list[Outcome]) -> int:
    """Per cent that is caught, rounded down."""
    return 100 * sum(bool(it.caught or it.tested) for it in outcomes) // max(1, len(outcomes))


def summary(outcomes: list[Outcome]) -> str:
    words = Counter(outcome.word for outcome in outcomes)
    edits = sum(bool(outcome.edited) for outcome in outcomes)
    return (
        f"{words['caught'] + words['tested']} of {len(outcomes)} guards ({share(outcomes)} %) are "
        f"caught, {words['caught']} by a case, of which {edits} by an edit that goes wrong, and "
        f"{words['tested']} by a test alone; {words['SURVIVED']} survive, "
        f"{words['CRASHED']} only crash"
    )


HEAD = """\
# Traps

Written by `make guards`. What looks like something to be edited and must not be, with the fixture
that holds the tool to it. The last column says how many guards of the judgement this case alone
catches: they were taken out one by one. What no case catches the tests of its room may.
"""


def write(codemod: str, text: str) -> None:
    """Put the section of a codemod into the page."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.split(r"^## (.+)\n", old, flags=re.MULTILINE)[1:]
    parts = dict(zip(found[::2], found[1::2], strict=True)) | {f"`{codemod}`": f"\n{text}"}
    names = [f"`{part.codemod}`" for part in mutants.PARTS]
    whole = [HEAD, *(f"## {name}\n{parts[name].rstrip()}\n" for name in names if name in parts)]
    PAGE.write_text("\n".join(whole), encoding="utf-8")


def section(outcomes: list[Outcome], chosen: Iterable[Case]) -> str:
    """Every trap of a codemod, its case, how many guards that alone catches; and what is missed."""
    alone = Counter(it.caught[0] for it in outcomes if len(it.caught) == 1)
    codemod = mutants.part_of(outcomes[0].guard.module).codemod
    lines = [f"{summary(outcomes)}.", "", "| trap | case | guards |", "|---|---|---|"]
    for case in chosen:
        if case.trap and case.folder.parent.name == codemod:
            name = case.folder.name
            lines.append(f"| {case.trap} | `{name}` | {alone[name] or ''} |".replace("|  |", "| |"))
    missed = [it for it in outcomes if not it.caught and not it.tested]
    lines += ["", "No case and no test catches:" if missed else "Nothing is missed.", ""]
    lines += [f"- {_place(it.guard)}: `{it.guard.text}`{_crash(it)}" for it in missed]
    return "\n".join([*lines, ""])


def _place(guard: Guard) -> str:
    return f"`{guard.file}`, `{guard.where}`" if guard.where else f"`{guard.file}`"


def _crash(outcome: Outcome) -> str:
    """Where the code without the guard crashed; the message may be long."""
    return f" (crashes in `{outcome.crashed.partition(':')[0]}`)" if outcome.crashed else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
