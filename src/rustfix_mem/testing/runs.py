"""One clippy and one build for all crates, then every test binary; attributed crate by crate.

Cargo builds the tests but does not run them: `cargo test` runs none if one crate does not build.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rustfix_mem.testing import libtest, lockfile
from rustfix_mem.testing.crates import Crate, crates, sync
from rustfix_mem.testing.messages import binaries, broken, by_crate, problems
from rustfix_mem.testing.process import cargo
from rustfix_mem.testing.results import ALL, CargoReport, CrateResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from rustfix_mem.testing.libtest import Outcome

CLIPPY = ["clippy", "--all-targets", "--keep-going", "--message-format=json"]
BUILD = ["build", "--tests", "--keep-going", "--message-format=json"]
LOCKED = ["--offline", "--locked"]


def run_cargo(
    fixtures: Path, build: Path, wanted: Collection[str], *, refresh: bool = False
) -> CargoReport:
    """Build and test the crates called `wanted` (`cache-bounds/entry/before`) of `fixtures`.

    `build` is a folder of ours that lasts between runs. `refresh` rewrites `fixtures/Cargo.lock`.
    """
    everything = crates(fixtures)
    lock = fixtures / "Cargo.lock"
    seed = lock.read_text(encoding="utf-8") if lock.exists() else ""
    root = build / "workspace"
    asked = [crate for crate in everything if str(crate) in wanted]
    _generate(root, everything if refresh or not asked else asked)
    unpinned, notes = lockfile.resolve(root, seed), list[str]()
    if refresh and (fresh := lockfile.stripped((root / "Cargo.lock").read_text())) != seed:
        lock.write_text(fresh, encoding="utf-8")
        seed, unpinned, notes = fresh, set(), [f"wrote {fixtures.name}/Cargo.lock"]
    members = [crate for crate in asked if not crate.stands_alone]
    results = _run_members(root, build / "target", members)
    for crate in (crate for crate in asked if crate.stands_alone):
        result, more = _run_alone(crate, build / "alone", seed, _built(build / "target"))
        results[str(crate)] = result
        unpinned |= more
    return CargoReport(results, tuple(sorted(unpinned)), tuple(notes))


def _generate(root: Path, chosen: Iterable[Crate]) -> None:
    """The workspace: crates that can be members, and pins for those that cannot.

    Others that are there from an earlier run stay, so that they need not be built again.
    """
    members = list[str]()
    for crate in chosen:
        place = f"pins/{crate}" if crate.stands_alone else str(crate)
        files = lockfile.pins(crate) if crate.stands_alone else crate.member()
        sync(root / place, files)
        manifests = (path for path in files if path.endswith("Cargo.toml"))
        members += [f"{place}/{path}".removesuffix("/Cargo.toml") for path in manifests]
    listed = "".join(f"  {json.dumps(member)},\n" for member in members)
    top = root / "Cargo.toml"
    top.parent.mkdir(parents=True, exist_ok=True)
    top.write_text(f'[workspace]\nresolver = "2"\nmembers = [\n{listed}]\n', encoding="utf-8")
    os.utime(top, (0, 0))  # to clippy a newer one means other lints: it would check all again


def _run_members(root: Path, target: Path, members: Sequence[Crate]) -> dict[str, CrateResult]:
    """All together; those with features once more for each, and with all of them."""
    results = _run_some(root, target, members, [])
    for at in range(max((len(crate.features) for crate in members), default=0)):
        with_it = [crate for crate in members if crate.features[at:]]
        chosen = ",".join(f"{crate.package}/{crate.features[at]}" for crate in with_it)
        more = _run_some(root, target, with_it, ["--features", chosen])
        labels = {str(crate): crate.features[at] for crate in with_it}
        results |= {n: results[n].plus(labels[n], result) for n, result in more.items()}
    every = [crate for crate in members if crate.features]
    more = _run_some(root, target, every, ["--all-features"])
    return results | {name: results[name].plus(ALL, result) for name, result in more.items()}


def _run_some(
    root: Path, target: Path, members: Sequence[Crate], flags: Sequence[str]
) -> dict[str, CrateResult]:
    if not members:
        return {}
    chosen = [argument for crate in members for argument in ("-p", crate.package)]
    folders = {str(crate): root / str(crate) for crate in members}
    return _run(root, target, folders, [*chosen, *flags], {})


def _run_alone(
    crate: Crate, place: Path, seed: str, built: Mapping[str, str]
) -> tuple[CrateResult, set[str]]:
    """In its own target folder: in a shared one, before/ and after/ would be one to cargo."""
    root, target = place / "crates" / str(crate), place / "target" / crate.package
    sync(root, crate.whole())
    unpinned = lockfile.resolve(root, seed)

    def run(*flags: str) -> CrateResult:
        chosen = ["--workspace", *flags]
        return _run(root, target, {str(crate): root}, chosen, built)[str(crate)]

    result = run()
    for feature in crate.features:
        result = result.plus(feature, run("--features", feature))
    if crate.features:
        result = result.plus(ALL, run("--all-features"))
    return result, unpinned


def _built(target: Path) -> dict[str, str]:
    """Variables that spare other crates what the members have built: jemalloc takes minutes."""
    built = target.glob("debug/build/tikv-jemalloc-sys-*/out/lib/libjemalloc_pic.a")
    found = sorted(built, key=lambda file: file.stat().st_mtime)
    return {"JEMALLOC_OVERRIDE": str(found[0])} if found else {}


def _run(
    root: Path,
    target: Path,
    folders: Mapping[str, Path],
    chosen: Sequence[str],
    more: Mapping[str, str],
) -> dict[str, CrateResult]:
    """Results by crate; `folders` says where each one is."""
    linted = cargo([*CLIPPY, *chosen, *LOCKED, "--", "-D", "warnings"], root, target, more)
    built = cargo([*BUILD, *chosen, *LOCKED], root, target, more)
    lints, builds = by_crate(linted.stdout, folders), by_crate(built.stdout, folders)
    runs = [it for name, place in folders.items() for it in binaries(name, place, builds[name])]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(zip(runs, pool.map(libtest.run, runs), strict=True))
    return {
        name: _result(
            [*problems(lints[name], linted.stderr), *broken(builds[name], built.stderr)],
            [outcome for binary, outcome in outcomes if binary.crate == name],
        )
        for name in folders
    }


def _result(said: Sequence[str], outcomes: Sequence[Outcome]) -> CrateResult:
    """One crate's result; what clippy and the build both say is said once."""
    tests = {test: result for outcome in outcomes for test, result in outcome.tests.items()}
    output = "\n".join(outcome.output for outcome in outcomes if outcome.output)
    return CrateResult(tuple(dict.fromkeys(said)), tests, output)
