"""The pytest side of the harness: `pytest_plugins = ["rustfix_mem.testing.plugin"]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from rustfix_mem import registry
from rustfix_mem.errors import RustfixMemError
from rustfix_mem.testing.case import Case, cases
from rustfix_mem.testing.process import alone
from rustfix_mem.testing.results import CargoReport
from rustfix_mem.testing.runs import run_cargo

if TYPE_CHECKING:
    from pathlib import Path

    from rustfix_mem.codemod import Codemod

SUITE = "rustfix_mem.testing.suite"
NOTES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    help = "rewrite after/, findings.txt and fixtures/Cargo.lock; before/ is never touched"
    parser.addoption("--update-snapshots", action="store_true", help=help)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []
    config.addinivalue_line("markers", "cargo: builds and tests the fixture crates")
    if config.getoption("--update-snapshots") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--update-snapshots writes fixtures: add `-n 0`")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the suite's tests the cases and codemods of the module that imported them."""
    if metafunc.function.__module__ != SUITE:
        return
    known = registry.discover()
    fixtures = _fixtures(metafunc)
    own = {name: it for name, it in known.items() if _is_in(it, metafunc)}
    if "codemod" in metafunc.fixturenames:
        metafunc.parametrize("codemod", own.values(), ids=list(own))
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(fixtures, known), ids=str)
    if "fixtures" in metafunc.fixturenames:
        metafunc.parametrize("fixtures", [fixtures], ids=["fixtures"])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if notes := config.stash[NOTES]:
        terminalreporter.section("snapshots")
        for note in notes:
            terminalreporter.write_line(
                note, red=note.startswith("REMOVED"), bold=note[:2].isupper()
            )


@pytest.fixture
def snapshot_notes(request: pytest.FixtureRequest) -> list[str] | None:
    """With `--update-snapshots`: where to note what was written. Without: nothing to write."""
    update = request.config.getoption("--update-snapshots")
    return request.config.stash[NOTES] if update else None


@pytest.fixture(scope="session")
def cargo_report(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> CargoReport:
    """What cargo says of the crates of all selected cases: one run, shared by all workers."""
    base = tmp_path_factory.getbasetemp()
    stored = (base.parent if hasattr(request.config, "workerinput") else base) / "cargo.json"
    build = request.config.rootpath / "target" / "fixtures"
    with alone(build / "lock"):
        if not stored.exists():
            update = bool(request.config.getoption("--update-snapshots"))
            report = _run(request.session, build, update)
            request.config.stash[NOTES].extend(report.notes)
            stored.write_text(report.to_json(), encoding="utf-8")
        return CargoReport.from_json(stored.read_text(encoding="utf-8"))


def _run(session: pytest.Session, build: Path, update: bool) -> CargoReport:
    """Only what is selected gets built: `-k cache-bounds` does not wait for the others."""
    params = [
        item.callspec.params
        for item in session.items
        if isinstance(item, pytest.Function) and "cargo_report" in item.fixturenames
    ]
    chosen = [case for it in params if isinstance(case := it.get("case"), Case)]
    wanted = {f"{case}/{side}" for case in chosen for side in ("before", "after")}
    folders = [case.folder.parents[1] for case in chosen]
    folders += [cast("Path", it["fixtures"]) for it in params if "fixtures" in it]
    try:
        return run_cargo(folders[0], build, wanted, refresh=update)
    except RustfixMemError as error:
        pytest.fail(f"{error.what}\n{error.help}", pytrace=False)


def _fixtures(metafunc: pytest.Metafunc) -> Path:
    folder = getattr(metafunc.module, "FIXTURES", None)
    if folder is None:
        raise pytest.UsageError(f"{metafunc.module.__name__}: set FIXTURES to the folder of cases")
    return cast("Path", folder)


def _is_in(codemod: type[Codemod], metafunc: pytest.Metafunc) -> bool:
    """Whether the codemod is in the package for which the test module answers."""
    package = getattr(metafunc.module, "PACKAGE", None)
    return package is not None and f"{codemod.__module__}.".startswith(f"{package}.")
