"""The harness must be able to fail: each check against a case that is wrong in one way."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rustfix_mem import changeset
from rustfix_mem.changeset import ChangeSet
from rustfix_mem.codemod import Codemod, param
from rustfix_mem.errors import UsageError
from rustfix_mem.finding import Applicability, Finding, Fix, LeftAlone
from rustfix_mem.reported import Located, Report, Statistics
from rustfix_mem.testing import (
    CargoReport,
    Case,
    Example,
    bless,
    cases,
    checks,
    examples,
    findings,
    lockfile,
    run_cargo,
)
from rustfix_mem.testing.crates import Crate, crates, renamed, sync
from rustfix_mem.text import Edit, Lines, Span, apply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rustfix_mem.codebase import Codebase
    from rustfix_mem.git.snapshot import Snapshot

MANIFEST = '[package]\nname = "fixture"\nversion = "0.1.0"\nedition = "2021"\n'
RUSTUP_HOME = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))


@dataclass(frozen=True, kw_only=True)
class RenameOld(Codemod):
    """Call the old the new.

    Before:

    ```rust
    fn old() {}
    ```

    After:

    ```rust
    fn new() {}
    ```
    """

    guide = "0"
    level = Applicability.MACHINE_APPLICABLE
    gate = (b"fn",)
    to: str = param("new", help="the name to give")

    @classmethod
    def name(cls) -> str:
        return "rename-old"

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        raise NotImplementedError


def rename(codemod: RenameOld, snapshot: Snapshot, *, jobs: int) -> ChangeSet:
    """Stands in for the engine, so that these tests are about the harness alone.

    `fn old` is renamed, `fn odd` reported, `fn fine` left alone.
    """
    found = {word: [*_places(snapshot, rf"fn {word}")] for word in ("old", "odd", "fine")}
    applied = [_located(codemod, snapshot, *place, fix=True) for place in found["old"]]
    reported = [_located(codemod, snapshot, *place, fix=False) for place in found["odd"]]
    left = [
        (codemod.name(), LeftAlone(path, span, "fine", ("it is new", "so there")), at)
        for path, span in found["fine"]
        for at in [Lines.of(snapshot.read(path)).position(span.start)]
    ]
    fixes = [it.finding.fix for it in applied if it.finding.fix]
    edits = [edit for fix in fixes for edit in fix.edits]
    paths = {edit.path for edit in edits}
    changed = {p: apply(snapshot.read(p), [e for e in edits if e.path == p]) for p in paths}
    report = Report((*applied, *reported), tuple(left), (), Statistics())
    after = snapshot.with_changes(changed)
    return ChangeSet(codemod, snapshot, after, tuple(applied), tuple(reported), report)


def _places(snapshot: Snapshot, pattern: str) -> Iterator[tuple[str, Span]]:
    for path, source in snapshot.read_many(snapshot.regular(".rs")):
        for match in re.finditer(pattern.encode(), source):
            yield path, Span(*match.span())


def _located(
    codemod: RenameOld, snapshot: Snapshot, path: str, span: Span, *, fix: bool
) -> Located:
    source = snapshot.read(path)
    item = source[span.start + 3 : span.end].decode()
    edit = Edit(path, span, f"fn {codemod.to}")
    made = Fix("rename it", (edit,), codemod.level) if fix else None
    finding = Finding(path, span, "fn", item, f"`{item}` is not new", ("it is old",), fix=made)
    lines = Lines.of(source)
    start, end = lines.position(span.start), lines.position(span.end)
    return Located(codemod.name(), finding, start, end, lines.line(start.line), "")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changeset, "plan", rename)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def make(fixtures: Path, name: str, before: str, after: str = "", toml: str = "") -> Case:
    """A case of one `src/lib.rs`; an empty `after` makes no `after/`."""
    folder = fixtures / "rename-old" / name
    for side, source in (("before", before), ("after", after)):
        if source:
            write(folder / side, {"Cargo.toml": MANIFEST, "src/lib.rs": source})
    write(folder, {"case.toml": toml})
    return Case(RenameOld, folder)


OLD, NEW = "fn old() {}\n", "fn new() {}\n"


@pytest.mark.usefixtures("engine")
class TestRewrite:
    def test_right(self, tmp_path: Path) -> None:
        assert checks.rewrite(make(tmp_path, "right", OLD, NEW)) == []

    def test_wrong_after_shows_a_diff(self, tmp_path: Path) -> None:
        said = "\n".join(checks.rewrite(make(tmp_path, "wrong", OLD, "fn other() {}\n")))
        assert "--- wanted/src/lib.rs" in said
        assert "-fn other() {}\n+fn new() {}" in said
        assert "--update-snapshots" in said

    @pytest.mark.parametrize("after", ["fn new() {}", "fn new() {}\r\n", "fn new() {} \n"])
    def test_every_byte_counts_and_shows(self, tmp_path: Path, after: str) -> None:
        assert "-fn new() {}" in "".join(checks.rewrite(make(tmp_path, "byte", OLD, after)))

    def test_extra_and_missing_files_are_named(self, tmp_path: Path) -> None:
        case = make(tmp_path, "files", OLD, NEW)
        write(case.before, {"only-before": ""})
        write(case.after, {"only-after": ""})
        _, missing, extra = sorted(checks.rewrite(case))
        assert extra.startswith("only-before is not in")
        assert missing.startswith("only-after is missing")

    def test_a_crate_to_leave_alone_is_changed(self, tmp_path: Path) -> None:
        assert checks.rewrite(make(tmp_path, "spared", OLD))

    def test_an_after_that_shows_nothing(self, tmp_path: Path) -> None:
        assert "delete it" in checks.rewrite(make(tmp_path, "same", NEW, NEW))[0]


@pytest.mark.usefixtures("engine")
class TestIdempotence:
    def test_right(self, tmp_path: Path) -> None:
        assert checks.idempotent(make(tmp_path, "right", OLD, NEW)) == []

    def test_work_left_in_after(self, tmp_path: Path) -> None:
        case = make(tmp_path, "again", OLD, "fn older() {}\n", '[params]\nto = "older"')
        assert checks.rewrite(case) == []
        applied, diff = checks.idempotent(case)
        assert applied == "a run on after/ still applies: src/lib.rs:1 rename it"
        assert "+fn olderer" in diff

    def test_work_left_in_a_crate_to_leave_alone(self, tmp_path: Path) -> None:
        applied, diff = checks.idempotent(make(tmp_path, "spared", OLD))
        assert "on before/" in applied
        assert "+fn new" in diff


@pytest.mark.usefixtures("engine")
class TestExpectations:
    SOURCE = "fn old() {}\nfn odd() {}\nfn fine() {}\n"

    @pytest.mark.parametrize(
        "expect",
        [
            "",
            'reported = ["odd"]\nleft-alone = ["fine"]\nlevel = "machine-applicable"',
            'reported = ["odd"]\nreason = "is old"',
            'reason = "so there"',
        ],
    )
    def test_met(self, tmp_path: Path, expect: str) -> None:
        assert (
            checks.expectations(make(tmp_path, "x", self.SOURCE, "", f"[expect]\n{expect}")) == []
        )

    @pytest.mark.parametrize(
        ("expect", "said"),
        [
            ('reported = ["old"]', "`old` is not reported without a fix; odd is"),
            ('left-alone = ["odd"]', "`odd` is not left alone; fine is"),
            ('level = "maybe-incorrect"', "the fix of `old` is `machine-applicable`"),
            ('left-alone = ["fine"]\nreason = "is old"', "no reason says `is old`"),
        ],
    )
    def test_not_met(self, tmp_path: Path, expect: str, said: str) -> None:
        case = make(tmp_path, "x", self.SOURCE, "", f"[expect]\n{expect}")
        assert said in "".join(checks.expectations(case))

    def test_a_level_needs_a_fix(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", NEW, "", '[expect]\nlevel = "machine-applicable"')
        assert "nothing was applied" in checks.expectations(case)[0]

    @pytest.mark.parametrize(
        "toml", ["[expect]\nrepotred = []", "[parms]", "[expect", "[params]\nfrom = 'a'"]
    )
    def test_a_wrong_case_toml_names_the_case(self, tmp_path: Path, toml: str) -> None:
        with pytest.raises(UsageError, match="rename-old/typo"):
            checks.expectations(make(tmp_path, "typo", OLD, "", toml))

    def test_a_trap_is_one_plain_line(self, tmp_path: Path) -> None:
        assert make(tmp_path, "x", OLD, "", 'trap = "it is old"\n[params]').trap == "it is old"
        assert make(tmp_path, "y", OLD, "", "[params]").trap == ""
        for wrong in ("3", "'a|b'", '"""a\nb"""'):
            with pytest.raises(UsageError, match="rename-old/z"):
                _ = make(tmp_path, "z", OLD, "", f"trap = {wrong}").trap


@pytest.mark.usefixtures("engine")
class TestSnapshots:
    def test_what_is_written_down(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", "fn fine() {}\n// é fn odd() {}\n  fn old() {}\n")
        assert findings.render(case.plan(case.before)) == (
            "src/lib.rs:2:6 fn odd report: `odd` is not new -- it is old\n"
            "src/lib.rs:3:3 fn old machine-applicable: `old` is not new -- it is old\n"
            "src/lib.rs:1:1 left alone fine: it is new; so there\n"
        )

    def test_stale_or_missing(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD, NEW)
        assert "+src/lib.rs:1:1 fn old" in checks.snapshot(case)[0]
        write(case.folder, {"findings.txt": "something else\n"})
        assert "-something else" in checks.snapshot(case)[0]

    def test_blessing_makes_it_right_once(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD, "fn wrong() {}\n")
        assert bless.bless_after(case) == ["rewrote rename-old/x/after"]
        assert bless.bless_findings(case) == ["wrote rename-old/x/findings.txt"]
        assert [*checks.rewrite(case), *checks.snapshot(case)] == []
        assert [*bless.bless_after(case), *bless.bless_findings(case)] == []
        assert (case.before / "src/lib.rs").read_text() == OLD

    def test_blessing_says_what_it_creates_and_removes(self, tmp_path: Path) -> None:
        assert bless.bless_after(make(tmp_path, "new", OLD))[0].startswith("CREATED")
        stale = make(tmp_path, "stale", NEW, "fn other() {}\n")
        write(stale.folder, {"findings.txt": "x\n"})
        assert bless.bless_after(stale)[0].startswith("REMOVED")
        assert bless.bless_findings(stale)[0].startswith("REMOVED")
        assert not stale.after.exists()


@pytest.mark.usefixtures("engine")
class TestManual:
    def test_right(self) -> None:
        assert checks.manual(RenameOld) == []

    def test_wrong(self) -> None:
        example = Example(RenameOld, 2, {"src/lib.rs": OLD}, {"src/lib.rs": "fn other() {}\n"})
        assert "example 2 of the manual of rename-old" in checks.example_holds(example)[0]

    def test_a_file_that_the_manual_does_not_show(self) -> None:
        before = {"src/lib.rs": OLD, "src/a.rs": OLD}
        example = Example(RenameOld, 1, before, {**before, "src/lib.rs": NEW})
        assert "src/a.rs" in "".join(checks.example_holds(example))

    def test_blocks_become_files(self) -> None:
        toml = "```toml\na = 1\n```\n"
        main, lib = "```rust\nfn main() {}\n```\n", "```rust\nfn f() {}\n```\n"
        manual = f"Before:\n\n{toml}\n{main}\nAfter:\n\n{main}\n"
        manual += f"Before:\n\n{lib}\nAfter:\n\n{lib}"
        first, second = examples(_with_manual(f"{manual}\nType:\n\n```console\n$ other\n```"))
        assert first.before == {"src/main.rs": "fn main() {}\n", "Cargo.toml": "a = 1\n"}
        assert first.after == first.before
        assert second.before["src/lib.rs"] == "fn f() {}\n"
        assert "[package]" in second.before["Cargo.toml"]

    @pytest.mark.parametrize(
        "manual",
        [
            "No example.",
            "Before:\n\n```rust\n```\n",
            "After:\n\n```rust\n```\n\nBefore:\n\n```rust\n```\n",
            "Before:\n\n```c\n```\n\nAfter:\n\n```c\n```\n",
        ],
    )
    def test_without_an_example(self, manual: str) -> None:
        with pytest.raises(UsageError, match="the manual of `rename-old`"):
            examples(_with_manual(manual))


def _with_manual(manual: str) -> type[Codemod]:
    return type("Other", (RenameOld,), {"__doc__": manual})


class TestNumberOfCases:
    def test_enough(self, tmp_path: Path) -> None:
        made = [make(tmp_path, "a", OLD, NEW), make(tmp_path, "b", NEW)]
        assert checks.enough(RenameOld, made) == []

    def test_none_is_rewritten(self, tmp_path: Path) -> None:
        assert "no case is rewritten" in checks.enough(RenameOld, [make(tmp_path, "b", NEW)])[0]

    def test_too_few_are_left_alone(self, tmp_path: Path) -> None:
        assert (
            "1 cases are rewritten and 0"
            in (checks.enough(RenameOld, [make(tmp_path, "a", OLD, NEW)])[0])
        )

    def test_cases_are_found_and_strays_named(self, tmp_path: Path) -> None:
        made = make(tmp_path, "a", OLD)
        write(tmp_path / "rename-odl/x/before", {"Cargo.toml": MANIFEST})
        assert cases(tmp_path, {"rename-old": RenameOld}) == (made,)
        (said,) = checks.strays(tmp_path, {"rename-old": RenameOld})
        assert said.startswith("fixtures/rename-odl/ has cases")


def rust(*tests: tuple[str, str], code: str = "", ignored: bool = False) -> str:
    """A library with tests by name and body."""
    mark = "#[test]\n#[ignore]" if ignored else "#[test]"
    body = "\n".join(f"{mark}\nfn {name}() {{ {text} }}" for name, text in tests)
    return f"{code}\n#[cfg(test)]\nmod tests {{\n{body}\n}}\n"


PASS, FAIL, ABORT = "", "panic!()", "std::process::abort()"
BOUND_PASSES, BOUND_FAILS = rust(("bound_a", PASS)), rust(("bound_a", FAIL))
CRATES = {
    "right": (rust(("bound_a", FAIL), ("b", PASS)), rust(("bound_a", PASS), ("b", PASS))),
    "bound-passes-before": (BOUND_PASSES, BOUND_PASSES),
    "bound-fails-after": (BOUND_FAILS, BOUND_FAILS),
    "bound-aborts-before": (rust(("bound_a", ABORT)), BOUND_PASSES),
    "bound-ignored": (rust(("bound_a", FAIL), ignored=True), BOUND_PASSES),
    "bound-missing-after": (BOUND_FAILS, rust(("b", PASS))),
    "no-bound": (rust(("b", PASS)), rust(("b", PASS))),
    "other-fails-after": (
        rust(("bound_a", FAIL), ("b", PASS)),
        rust(("bound_a", PASS), ("b", FAIL)),
    ),
    "lint": (rust(code="pub fn f() -> u8 {\n    return 1;\n}"), ""),
    "lint-in-test": (rust(("b", "let x = 1;")), ""),
    "does-not-build": (rust(code="pub fn f() -> u8 {}"), ""),
    "spared": (rust(("b", PASS)), ""),
    "spared-fails": (rust(("b", FAIL)), ""),
    "stands-alone": (BOUND_FAILS, BOUND_PASSES),
}
WITH_A = '#[cfg(not(feature = "a"))] panic!()'
WITH_B = '#[cfg(not(feature = "b"))] panic!()'
WITHOUT_B = '#[cfg(feature = "b")] panic!()'
FAILS = rust(("bound_a", FAIL), ("b", PASS))
FEATURES = {
    "features": (FAILS, rust(("bound_a", WITH_A), ("b", PASS))),
    "features-alone": (FAILS, rust(("bound_a", WITH_A), ("b", PASS))),
    "features-bound-fails": (BOUND_FAILS, rust(("bound_a", WITH_B))),
    "features-other-fails": (FAILS, rust(("bound_a", WITH_A), ("b", WITHOUT_B))),
    "features-lint": (
        BOUND_FAILS,
        rust(("bound_a", WITH_A), code='#[cfg(feature = "b")]\npub fn f() { return; }'),
    ),
}
"""Whose `after/` is built with the features `a` and `b`, too."""


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fixtures")
    for name, (before, after) in CRATES.items():
        case = make(folder, name, before, after)
        for crate in filter(Path.is_dir, (case.before, case.after)):
            if name == "stands-alone":
                write(crate, {"Cargo.toml": f"{MANIFEST}\n[profile.release]\nlto = true\n"})
            if name == "right":
                source = (crate / "src/lib.rs").read_text()
                write(crate, {"src/lib.rs": f"pub fn f() {{}}\n{source}"})
                write(crate, {"tests/it.rs": "#[test]\nfn t() { fixture::f(); }\n"})
    for name, (before, after) in FEATURES.items():
        case = make(folder, name, before, after, 'features = ["a", "b"]\n')
        alone = "[profile.dev]\nlto = false\n" if name == "features-alone" else ""
        write(case.before, {"Cargo.toml": MANIFEST + alone})
        write(case.after, {"Cargo.toml": f"{MANIFEST}{alone}[features]\na = []\nb = []\n"})
    return folder


@pytest.fixture(scope="module")
def report(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> CargoReport:
    wanted = {str(crate) for crate in crates(fixtures)}
    return run_cargo(fixtures, tmp_path_factory.mktemp("build"), wanted)


@pytest.mark.cargo
class TestCargo:
    @pytest.mark.parametrize(
        "name", ["right", "spared", "stands-alone", "features", "features-alone"]
    )
    def test_right(self, fixtures: Path, report: CargoReport, name: str) -> None:
        case = Case(RenameOld, fixtures / "rename-old" / name)
        assert checks.clippy(case, report) == []
        assert checks.tests(case, report) == []
        assert report.of(case, "before").tests

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("bound-passes-before", "before/: `src/lib.rs tests::bound_a` must fail, and is ok"),
            ("bound-fails-after", "after/: `src/lib.rs tests::bound_a` must pass, and is FAILED"),
            ("bound-aborts-before", "must fail, and is missing"),
            ("bound-ignored", "must fail, and is ignored"),
            ("bound-missing-after", "must pass, and is missing"),
            ("no-bound", "no test is called `bound_…`"),
            ("other-fails-after", "after/: `src/lib.rs tests::b` must pass, and is FAILED"),
            ("spared-fails", "before/: `src/lib.rs tests::b` must pass, and is FAILED"),
            ("features-bound-fails", "after/: `a src/lib.rs tests::bound_a` must pass, and is F"),
            ("features-other-fails", "after/: `b src/lib.rs tests::b` must pass, and is FAILED"),
            ("features-other-fails", "`all-features src/lib.rs tests::b` must pass, and is F"),
        ],
    )
    def test_wrong_tests(self, fixtures: Path, report: CargoReport, name: str, said: str) -> None:
        case = Case(RenameOld, fixtures / "rename-old" / name)
        assert said in "\n".join(checks.tests(case, report))

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("lint", "unneeded `return` statement"),
            ("lint-in-test", "unused variable: `x`"),
            ("does-not-build", "mismatched types"),
            ("features-lint", "after/: with b: error: unneeded `return` statement"),
            ("features-lint", "after/: with all-features: error: unneeded `return` statement"),
        ],
    )
    def test_diagnostics(self, fixtures: Path, report: CargoReport, name: str, said: str) -> None:
        case = Case(RenameOld, fixtures / "rename-old" / name)
        assert said in "".join(checks.clippy(case, report))

    def test_every_build_is_labelled(self, report: CargoReport) -> None:
        for name in ("features", "features-alone"):
            tests = report.crates[f"rename-old/{name}/after"].tests
            bound = {test: said for test, said in tests.items() if test.endswith("bound_a")}
            assert bound == {
                "src/lib.rs tests::bound_a": "FAILED",
                "a src/lib.rs tests::bound_a": "ok",
                "b src/lib.rs tests::bound_a": "FAILED",
                "all-features src/lib.rs tests::bound_a": "ok",
            }
            assert len(report.crates[f"rename-old/{name}/before"].tests) == 2

    def test_features_must_be_a_list(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD, toml="features = 'a'")
        with pytest.raises(UsageError, match="`features` is no list"):
            _ = case.features

    def test_what_rustfmt_would_change(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", "fn old() {}\n", "fn new() {  }\n")
        assert "after/src/lib.rs: rustfmt would change it" in checks.formatted(case)[0]
        write(case.before, {"src/lib.rs": "fn old() {  }\n"})
        assert checks.formatted(case) == []
        write(case.after, {"src/lib.rs": "fn new() {}\n"})
        assert checks.formatted(case) == []

    def test_what_failed_is_shown(self, fixtures: Path, report: CargoReport) -> None:
        case = Case(RenameOld, fixtures / "rename-old" / "other-fails-after")
        assert "panicked at" in "".join(checks.tests(case, report))

    def test_a_crate_that_was_not_built_is_wrong(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD)
        assert "was not built" in checks.clippy(case, CargoReport({}))[0]

    def test_a_crate_that_cargo_does_not_reach_is_wrong(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD)
        write(case.before, {"build.rs": "fn main() { panic!() }\n"})
        report = run_cargo(tmp_path, tmp_path / "build", {"rename-old/x/before"})
        assert "`cargo clippy` did not come to this crate" in checks.clippy(case, report)[0]

    def test_a_dependency_that_cannot_be_resolved(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", OLD)
        write(case.before, {"Cargo.toml": f'{MANIFEST}[dependencies]\nx = {{ path = "../x" }}\n'})
        with pytest.raises(UsageError, match="cannot resolve the fixtures"):
            run_cargo(tmp_path, tmp_path / "build", {"rename-old/x/before"})

    def test_a_broken_crate_is_no_matter_to_others(self, tmp_path: Path) -> None:
        case = make(tmp_path, "x", rust(("b", PASS)))
        write(make(tmp_path, "broken", OLD).before, {"Cargo.toml": "[package"})
        report = run_cargo(tmp_path, tmp_path / "build", {"rename-old/x/before"})
        assert [*checks.clippy(case, report), *checks.tests(case, report)] == []

    def test_a_result_survives_as_json(self, report: CargoReport) -> None:
        assert CargoReport.from_json(report.to_json()) == report


class TestCopies:
    @pytest.mark.parametrize(
        ("manifest", "library"),
        [
            ('[package]\nname = "a-b"\n[dependencies]\n', "a_b"),
            ("[lib]\nbench = false\n[package]\nname='a'", "a"),
            ('[package]\r\nname = "a"\r\n[lib]\r\nname = "l"\r\n', "l"),
            ('[package]\nname = "a"\n[[bench]]\nname = "b"\n', ""),
            ("[package]\nname = 'a'\n[target.'cfg(unix)'.dependencies]\nname = '1'\n", ""),
        ],
    )
    def test_a_package_gets_another_name(self, manifest: str, library: str) -> None:
        wanted = tomllib.loads(manifest)
        wanted["package"]["name"] = "new"
        if library:
            wanted["lib"] = {**wanted.get("lib", {}), "name": library}
        assert tomllib.loads(renamed(manifest, "new", library=bool(library))) == wanted

    @pytest.mark.parametrize("manifest", ["[package", "[package]", ""])
    def test_a_broken_manifest_is_named(self, manifest: str) -> None:
        with pytest.raises(UsageError, match="the manifest of new"):
            renamed(manifest, "new", library=False)

    @pytest.mark.parametrize("extra", ["[workspace]", "[profile.release]", "[patch.crates-io]"])
    def test_what_cannot_be_a_member(self, tmp_path: Path, extra: str) -> None:
        write(tmp_path, {"Cargo.toml": MANIFEST})
        assert not Crate(tmp_path).stands_alone
        write(tmp_path, {"Cargo.toml": f"{MANIFEST}{extra}\n"})
        assert Crate(tmp_path).stands_alone

    @pytest.mark.parametrize("file", [".cargo/config.toml", "rust-toolchain.toml", "a/Cargo.toml"])
    def test_files_that_set_rules_of_their_own(self, tmp_path: Path, file: str) -> None:
        write(tmp_path, {"Cargo.toml": MANIFEST, file: ""})
        assert Crate(tmp_path).stands_alone

    def test_sync_touches_only_what_differs(self, tmp_path: Path) -> None:
        write(tmp_path, {"same": "1", "other": "1", "gone/a": "1"})
        stamp = (tmp_path / "same").stat().st_mtime_ns
        sync(tmp_path, {"same": b"1", "other": b"2", "new/b": b"3"})
        found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")}
        assert found == {"same", "other", "new", "new/b"}
        assert (tmp_path / "other").read_bytes() == b"2"
        assert (tmp_path / "same").stat().st_mtime_ns == stamp


class TestPins:
    OURS = '\n[[package]]\nname = "x-before"\nversion = "0.1.0"\ndependencies = [\n "lru",\n]\n'
    THEIRS = '\n[[package]]\nname = "lru"\nversion = "0.12.5"\nsource = "registry"\n'

    def test_only_what_comes_from_elsewhere_is_kept(self) -> None:
        assert lockfile.stripped(f"version = 4\n{self.THEIRS}{self.OURS}") == (
            f"version = 4\n{self.THEIRS}"
        )
        assert lockfile.stripped(f"version = 4\n{self.OURS}") == ""

    def test_dependencies_of_a_crate_that_stands_alone(self, tmp_path: Path) -> None:
        manifest = (
            '[workspace.dependencies]\nlru = { version = "0.12", features = ["hashbrown"] }\n'
            '[dependencies]\nlru.workspace = true\nb = { path = "b" }\n'
            "[target.'cfg(unix)'.dev-dependencies]\nhex = \"0.4\"\n"
        )
        write(tmp_path, {"Cargo.toml": manifest})
        made = next(iter(lockfile.pins(Crate(tmp_path)).values()))
        assert made.decode().partition("[dependencies]\n")[2] == (
            '"hex" = "0.4"\n"lru" = { "version" = "0.12", "features" = ["hashbrown"] }\n'
        )

    def test_what_is_not_pinned_is_named(self) -> None:
        assert checks.pinned(CargoReport({})) == []
        assert "lru 0.12.5" in checks.pinned(CargoReport({}, ("lru 0.12.5",)))[0]


class TestPlugin:
    """The whole of it, as a package of someone else's codemods would use it."""

    @pytest.fixture
    def project(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> pytest.Pytester:
        monkeypatch.setenv("RUSTUP_HOME", RUSTUP_HOME)  # pytester moves the home folder away
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        here = Path(__file__).read_text(encoding="utf-8")
        (pytester.path / "their_engine.py").write_text(here, encoding="utf-8")
        write(pytester.path, {"conftest.py": CONFTEST, "test_theirs.py": THEIR_TESTS})
        make(pytester.path / "fixtures", "entry", *_grown("old"))
        make(pytester.path / "fixtures", "fine", "pub fn fine() {}\n")
        return pytester

    def test_nothing_is_right_before_it_is_blessed(self, project: pytest.Pytester) -> None:
        project.runpytest_subprocess("-m", "not cargo").assert_outcomes(passed=6, failed=5)

    @pytest.mark.cargo
    def test_it_is_right_once_it_is_blessed(self, project: pytest.Pytester) -> None:
        blessed = project.runpytest_subprocess("--update-snapshots")
        blessed.stdout.fnmatch_lines(["CREATED rename-old/entry/after"])
        blessed.assert_outcomes(passed=18)
        again = project.runpytest_subprocess("-n", "2")
        again.assert_outcomes(passed=18)
        again.stdout.no_fnmatch_line("*CREATED*")

    def test_blessing_wants_one_process(self, project: pytest.Pytester) -> None:
        result = project.runpytest_subprocess("--update-snapshots", "-n", "2")
        result.stderr.fnmatch_lines(["*add `-n 0`*"])

    def test_a_module_without_fixtures_is_told(self, project: pytest.Pytester) -> None:
        write(project.path, {"test_theirs.py": "from rustfix_mem.testing.suite import *\n"})
        project.runpytest_subprocess().stdout.fnmatch_lines(["*set FIXTURES*"])


def _grown(name: str) -> tuple[str]:
    """A crate whose test fails as long as it has `fn old`."""
    check = 'assert!(!include_str!("lib.rs").contains(concat!("fn ", "old")))'
    return (f"pub fn {name}() {{}}\n{rust(('bound_a', check))}",)


CONFTEST = """
from rustfix_mem import changeset, registry
from their_engine import RenameOld, rename

pytest_plugins = ["rustfix_mem.testing.plugin"]
changeset.plan = rename
registry.discover = lambda: {"rename-old": RenameOld}
"""
THEIR_TESTS = """
from pathlib import Path
from rustfix_mem.testing.suite import *

FIXTURES = Path(__file__).parent / "fixtures"
PACKAGE = "their_engine"
"""
