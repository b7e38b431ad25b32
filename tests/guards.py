"""Takes the guards of the judgement out, one by one: does a fixture notice? `make guards`.

Every fixture is judged in memory without each guard in turn; cargo is not asked. A guard is caught
if a fixture's `[expect]`, its `findings.txt` or its `after/` no longer holds. A crash of the
changed code shows nothing of the fixtures: it is counted apart, and as not caught.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import mutants
from rustfix_mem import changeset, scan
from rustfix_mem.errors import RustfixMemError
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.testing import findings
from rustfix_mem.testing.case import Case, cases
from rustfix_mem.testing.checks import contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mutants import Guard

TOP = Path(__file__).parents[1]
FIXTURES = TOP / "fixtures"
PAGE = TOP / "docs" / "traps.md"
ENOUGH = 90
"""Per cent of the guards that a fixture must catch."""


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

    @property
    def word(self) -> str:
        return "caught" if self.caught else "CRASHED" if self.crashed else "SURVIVED"


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


_looker = scan.Looker(1)


def share_facts() -> None:
    """Keep the facts of all fixtures in memory, for this process and those forked from it."""
    changeset._looker = lambda jobs, cache, progress: _looker


def _without(guard: Guard) -> Outcome:
    """In a process of its own: the module changed, all cases judged."""
    global _looker
    if guard.module in mutants.looks():
        _looker = scan.Looker(1)
    tree = mutants.without(guard, mutants.source_of(guard.module))
    mutants.install(tree, import_module(guard.module))
    return judged(guard, cases(FIXTURES))


def run(found: list[Guard]) -> Iterator[Outcome]:
    """One forked process a guard, as many at a time as there are cores."""
    context = multiprocessing.get_context("fork")
    with context.Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        yield from pool.imap(_without, found, chunksize=1)


def main(arguments: list[str]) -> int:
    """Judge without each guard (or those whose line holds all words given); print and write."""
    began = time.monotonic()
    share_facts()
    chosen = cases(FIXTURES)
    broken = [case.folder.name for case in chosen if problems(case)[0]]
    if broken:
        print(f"these cases do not hold as it is: {', '.join(broken)}", file=sys.stderr)
        return 2
    found = [guard for module in mutants.MODULES for guard in mutants.guards(module)]
    found = [guard for guard in found if all(word in str(guard) for word in arguments)]
    outcomes = list[Outcome]()
    for outcome in run(found):
        outcomes.append(outcome)
        print(_line(outcome), flush=True)
    print(f"\n{summary(outcomes)} in {time.monotonic() - began:.0f} s")
    if not arguments:
        PAGE.write_text(page(outcomes, chosen), encoding="utf-8")
    return 0 if share(outcomes) >= ENOUGH else 1


def _line(outcome: Outcome) -> str:
    by = outcome.caught
    who = ", ".join(by[:3]) + (f" and {len(by) - 3} more" if len(by) > 3 else "")
    return f"{outcome.word:8} {outcome.guard}\n         {who or outcome.crashed}".rstrip()


def share(outcomes: list[Outcome]) -> int:
    """Per cent that is caught, rounded down."""
    return 100 * sum(bool(it.caught) for it in outcomes) // max(1, len(outcomes))


def summary(outcomes: list[Outcome]) -> str:
    words = Counter(outcome.word for outcome in outcomes)
    edits = sum(bool(outcome.edited) for outcome in outcomes)
    return (
        f"{words['caught']} of {len(outcomes)} guards ({share(outcomes)} %) are caught, "
        f"{edits} by an edit that goes wrong; {words['SURVIVED']} survive, "
        f"{words['CRASHED']} only crash"
    )


def page(outcomes: list[Outcome], chosen: Iterable[Case]) -> str:
    """docs/traps.md: every trap, its case, and how many guards that case alone catches."""
    alone = Counter(it.caught[0] for it in outcomes if len(it.caught) == 1)
    lines = [
        "# Traps",
        "",
        "Written by `make guards`. What looks like a cache to be bounded and must not be edited,",
        "with the fixture that holds the tool to it. The last column says how many guards of the",
        "judgement this case alone catches: they were taken out one by one.",
        "",
        f"{summary(outcomes)}.",
        "",
        "| trap | case | guards |",
        "|---|---|---|",
    ]
    for case in chosen:
        if case.trap:
            name = case.folder.name
            lines.append(f"| {case.trap} | `{name}` | {alone[name] or ''} |".replace("|  |", "| |"))
    missed = [it for it in outcomes if not it.caught]
    lines += ["", "## Guards that no case catches", ""]
    lines += [f"- {_place(it.guard)}: `{it.guard.text}`{_crash(it)}" for it in missed]
    return "\n".join([*lines, *([] if missed else ["None."]), ""])


def _place(guard: Guard) -> str:
    return f"`{guard.file}`, `{guard.where}`" if guard.where else f"`{guard.file}`"


def _crash(outcome: Outcome) -> str:
    """Where the code without the guard crashed; the message may be long."""
    return f" (crashes in `{outcome.crashed.partition(':')[0]}`)" if outcome.crashed else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
