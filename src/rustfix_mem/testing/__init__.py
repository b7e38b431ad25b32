"""The harness that every codemod gets for free, ours and other people's.

Two lines and a folder. In `tests/conftest.py`:

    pytest_plugins = ["rustfix_mem.testing.plugin"]

and in a test file:

    from rustfix_mem.testing.suite import *

    FIXTURES = Path(__file__).parents[1] / "fixtures"
    PACKAGE = "my_codemods"        # its codemods must have cases; leave it out to demand none

A case is a folder `fixtures/<codemod>/<case>/`:

    before/         a real crate, the input
    after/          the same crate as the codemod leaves it; absent: it must be left alone
    case.toml       optional: [params] of the codemod, [expect] reported, left-alone, level, reason;
                    before them trap, one line that says what the case must not be taken for,
                    and features, with which after/ is built too
    findings.txt    what the codemod says of before/; absent: nothing

A case without `after/` shows a place that must be left alone, or only reported. A codemod has at
least one case with `after/` and at least as many without. `pytest --update-snapshots` writes
`after/`, `findings.txt` and `fixtures/Cargo.lock`, and never touches `before/`.

Both crates build offline, pass `cargo clippy --all-targets -- -D warnings`, and pass their own
tests; those called `bound_…` must fail in `before/` and pass in `after/`. With
`features = ["a", "b"]` (in a workspace `["package/a"]`) `after/` is also built, linted and tested
with each of them alone and with `--all-features`; then `bound_…` tests must pass with the first
one. The package may have any name (ours are called `fixture`): the copy that is built gets a unique
one and keeps the name
of its library. Versions are pinned for all crates by `fixtures/Cargo.lock`; a `Cargo.lock` inside
a crate is not used. A crate with several manifests, `[workspace]`, `[profile]`, `[patch]`,
`.cargo/` or a toolchain file is built on its own, so keep its dependencies few.
"""

from __future__ import annotations

from rustfix_mem.testing.case import Case, Expectation, cases
from rustfix_mem.testing.crates import Crate
from rustfix_mem.testing.manual import Example, examples
from rustfix_mem.testing.results import CargoReport, CrateResult
from rustfix_mem.testing.runs import run_cargo

__all__ = [
    "CargoReport",
    "Case",
    "Crate",
    "CrateResult",
    "Example",
    "Expectation",
    "cases",
    "examples",
    "run_cargo",
]
