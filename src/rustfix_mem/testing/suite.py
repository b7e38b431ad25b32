"""Every check as a test: `from rustfix_mem.testing.suite import *` in a file that sets FIXTURES.

The order matters to `--update-snapshots`: first what is written, then what reads it. So there is
no `__all__`, which would import them in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem import registry
from rustfix_mem.errors import RustfixMemError
from rustfix_mem.testing import bless, checks
from rustfix_mem.testing import case as cases_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rustfix_mem.codemod import Codemod
    from rustfix_mem.testing.case import Case
    from rustfix_mem.testing.results import CargoReport


def test_before_becomes_after(case: Case, snapshot_notes: list[str] | None) -> None:
    if snapshot_notes is not None:
        snapshot_notes += bless.bless_after(case)
    _demand(case, lambda: checks.rewrite(case))


def test_findings_are_as_stored(case: Case, snapshot_notes: list[str] | None) -> None:
    if snapshot_notes is not None:
        snapshot_notes += bless.bless_findings(case)
    _demand(case, lambda: checks.snapshot(case))


def test_applying_twice_changes_nothing_more(case: Case) -> None:
    _demand(case, lambda: checks.idempotent(case))


def test_expectations_are_met(case: Case) -> None:
    _demand(case, lambda: checks.expectations(case))


def test_manual_keeps_its_word(codemod: type[Codemod]) -> None:
    _demand(codemod.name(), lambda: checks.manual(codemod))


def test_codemod_has_enough_cases(codemod: type[Codemod], fixtures: Path) -> None:
    found = cases_of.cases(fixtures, {codemod.name(): codemod})
    _demand(codemod.name(), lambda: checks.enough(codemod, found))


def test_every_case_has_a_codemod(fixtures: Path) -> None:
    _demand(fixtures.name, lambda: checks.strays(fixtures, registry.discover()))


@pytest.mark.cargo
def test_clippy_is_content(case: Case, cargo_report: CargoReport) -> None:
    _demand(case, lambda: checks.clippy(case, cargo_report))


@pytest.mark.cargo
def test_after_is_formatted(case: Case) -> None:
    _demand(case, lambda: checks.formatted(case))


@pytest.mark.cargo
def test_bounds_fail_before_and_hold_after(case: Case, cargo_report: CargoReport) -> None:
    _demand(case, lambda: checks.tests(case, cargo_report))


@pytest.mark.cargo
def test_dependencies_are_pinned(fixtures: Path, cargo_report: CargoReport) -> None:
    _demand(fixtures.name, lambda: checks.pinned(cargo_report))


def _demand(subject: object, check: Callable[[], list[str]]) -> None:
    """Fail with every problem, and without a traceback of the harness."""
    try:
        problems = check()
    except RustfixMemError as error:
        problems = [error.what, error.help]
    if problems:
        pytest.fail("\n".join([f"{subject}:", *problems]), pytrace=False)
