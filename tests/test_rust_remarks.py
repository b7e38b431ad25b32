"""Numbers lowered, and the comments beside them kept true."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import plan
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem_codemods.cache_bounds import CacheBounds
from support import LIB, X

READS = "\npub fn f() -> bool { V.len() < MAX_CACHED && CACHE_TTL < D && CACHE_TTL_SECS < 1 }\n"


def lowered(line: str, **given: int) -> str:
    """What becomes of one declaration and the comments around it."""
    files = {"Cargo.toml": X.encode(), LIB: (line + READS).encode()}
    values = {key.replace("_", "-"): value for key, value in given.items()}
    done = plan(CacheBounds.configure(values), Snapshot.of_files(files), cache=False)
    return done.after.read(LIB).decode().removesuffix(READS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("const MAX_CACHED: usize = 5000;", "const MAX_CACHED: usize = 200;"),
        ("const MAX_CACHED: usize = 5_000;", "const MAX_CACHED: usize = 200;"),
        ("const MAX_CACHED: u64 = 5000u64;", "const MAX_CACHED: u64 = 200u64;"),
        ("const MAX_CACHED: u64 = 5_000_u64;", "const MAX_CACHED: u64 = 200_u64;"),
        ("const MAX_CACHED: usize = 50 * 100;", "const MAX_CACHED: usize = 200;"),
        (
            "const MAX_CACHED: usize = 5000; // 5000 entries, 5,000 or 5k",
            "const MAX_CACHED: usize = 200; // 200 entries, 200 or 200",
        ),
        (
            "/// At most 5000.\n#[allow(unused)]\nconst MAX_CACHED: usize = 5000;",
            "/// At most 200.\n#[allow(unused)]\nconst MAX_CACHED: usize = 200;",
        ),
        (
            "// 5000 of something else\n\nconst MAX_CACHED: usize = 5000;",
            "// 5000 of something else\n\nconst MAX_CACHED: usize = 200;",
        ),
        (
            "const MAX_CACHED: usize = 5000; // not 50000, 15000 or 5000.5",
            "const MAX_CACHED: usize = 200; // not 50000, 15000 or 5000.5",
        ),
        (
            "/// At most 5 000, or 5'000.\nconst MAX_CACHED: usize = 5000;",
            "/// At most 200, or 200.\nconst MAX_CACHED: usize = 200;",
        ),
        ("const MAX_CACHED: usize = 200;", "const MAX_CACHED: usize = 200;"),
        ("const MAX_CACHED: usize = 20;", "const MAX_CACHED: usize = 20;"),
        ("const MAX_CACHED: usize = 0x4000;", "const MAX_CACHED: usize = 0x4000;"),
    ],
)
def test_entries(before: str, after: str) -> None:
    assert lowered(before, max_entries=200) == after


TTL = "const CACHE_TTL: Duration = Duration::"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{TTL}from_secs(300); // 5 min", f"{TTL}from_secs(120); // 2 min"),
        (f"{TTL}from_secs(300); // 5 minutes", f"{TTL}from_secs(120); // 2 minutes"),
        (f"{TTL}from_secs(300); // a 5-minute TTL", f"{TTL}from_secs(120); // a 2-minute TTL"),
        (f"{TTL}from_secs(300); // five minutes", f"{TTL}from_secs(120); // 2 minutes"),
        (f"{TTL}from_secs(300); // 300s", f"{TTL}from_secs(120); // 120s"),
        (f"{TTL}from_secs(300); // 300", f"{TTL}from_secs(120); // 120"),
        (f"{TTL}from_secs(3600); // 1 hour", f"{TTL}from_secs(120); // 2 minutes"),
        (f"{TTL}from_secs(3600); // an hour", f"{TTL}from_secs(120); // 2 minutes"),
        (f"{TTL}from_secs(60 * 60); // 1h", f"{TTL}from_secs(2 * 60); // 2min"),
        (f"{TTL}from_mins(5); // 5 minutes", f"{TTL}from_mins(2); // 2 minutes"),
        (f"{TTL}from_hours(1);", f"{TTL}from_secs(120);"),
        (f"{TTL}from_millis(300_000);", f"{TTL}from_millis(120_000);"),
        (f"{TTL}from_secs(300); // retried 3 times", f"{TTL}from_secs(120); // retried 3 times"),
        ("const CACHE_TTL_SECS: u64 = 300;", "const CACHE_TTL_SECS: u64 = 120;"),
        ("const CACHE_TTL: u64 = 300;", "const CACHE_TTL: u64 = 300;"),
    ],
)
def test_seconds(before: str, after: str) -> None:
    assert lowered(before, ttl_seconds=120) == after


def test_one_parameter_does_not_lower_the_other() -> None:
    both = f"const MAX_CACHED: usize = 5000;\n{TTL}from_secs(300);"
    assert lowered(both, max_entries=200) == both.replace("5000", "200")
    assert lowered(both, ttl_seconds=120) == both.replace("300", "120")
    assert lowered(both) == both


def test_what_a_comment_may_still_say_is_told() -> None:
    line = "const MAX_CACHED: usize = 5000; // see #1234\n"
    files = {"Cargo.toml": X.encode(), LIB: (line + READS).encode()}
    done = plan(CacheBounds.configure({"max-entries": 200}), Snapshot.of_files(files), cache=False)
    (applied,) = done.applied
    assert applied.finding.why == (
        "the comment beside it may speak of the old number: `// see #1234`",
    )


def test_pins_are_listed() -> None:
    source = (
        "pub const MAX_CACHED: usize = 5000;\n"
        "pub fn f(n: &[u8]) -> bool { n.len() < MAX_CACHED }\n"
        "#[test]\nfn t() {\n    assert_eq!(\n        MAX_CACHED,\n        5_000\n    );\n}\n"
        "#[test]\nfn u() { assert!(f(&[1; MAX_CACHED - 1])); }\n"
    )
    files = {
        "Cargo.toml": X.encode(),
        LIB: source.encode(),
        "docs/a.md": b"# A\n\n`max_cached` is 5,000.\n\nMAX_CACHED is a number.\n",
        "app.toml": b"[cache]\nmax_cached = 7\n[other]\nmax_cached_x = 5000\n",
        "docs/b.md": b"## max_cached\n\nSo many.\nThe default is 5000.\n\n## other\n\n5000\n",
        "docs/c.md": b"## max_cached\n\nSo many.\n\n## other\n\nThe default is 5000.\n",
        "example.toml": b"# see below\n#max_cached = 5000\n#max_cached = 7\n",
    }
    done = plan(CacheBounds.configure({"max-entries": 200}), Snapshot.of_files(files), cache=False)
    assert done.applied[0].finding.why == (
        "a test says it: src/lib.rs:6",
        "checked-in settings may override it: app.toml:2",
        "a document names it: example.toml:2",
        "a document names it: docs/a.md:3",
        "a document names it: docs/b.md:1",
    )
