"""What cargo said of the crates, as values that can be stored for other processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.testing.case import Case


ALL = "all-features"
"""What the results of a build with all features are labelled with."""


@dataclass(frozen=True, slots=True)
class CrateResult:
    """What clippy and the tests said of one crate."""

    diagnostics: tuple[str, ...] = ()
    """Errors and warnings, as rustc shows them."""
    tests: Mapping[str, str] = field(default_factory=dict)
    """`src/lib.rs tests::name`: `ok`, `FAILED`, `ignored`, or `missing` if it never ended."""
    output: str = ""
    """What the test binaries printed, if any test failed."""

    def plus(self, label: str, other: CrateResult) -> CrateResult:
        """With those of a build with features, whose tests get a label: `jemalloc tests::a`."""
        said = tuple(f"with {label}: {one}" for one in other.diagnostics)
        tests = {f"{label} {name}": result for name, result in other.tests.items()}
        output = "\n".join(text for text in (self.output, other.output) if text)
        return CrateResult((*self.diagnostics, *said), {**self.tests, **tests}, output)


@dataclass(frozen=True, slots=True)
class CargoReport:
    """The results of one cargo run, by crate: `cache-bounds/entry/before`."""

    crates: Mapping[str, CrateResult]
    unpinned: tuple[str, ...] = ()
    """Dependencies whose version `fixtures/Cargo.lock` does not hold."""
    notes: tuple[str, ...] = ()
    """What was written, for the person at the terminal."""

    def of(self, case: Case, side: str) -> CrateResult:
        """The result of `before` or `after`; a crate that was not built is not all right."""
        missing = CrateResult((f"{case}/{side} was not built in this run: run pytest again",))
        return self.crates.get(f"{case}/{side}", missing)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> CargoReport:
        stored = json.loads(text)
        crates = {
            name: CrateResult(tuple(it["diagnostics"]), it["tests"], it["output"])
            for name, it in stored["crates"].items()
        }
        return cls(crates, tuple(stored["unpinned"]), tuple(stored["notes"]))
