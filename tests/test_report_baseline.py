from __future__ import annotations

import json
from typing import Any

import pytest

from rustfix_mem.errors import UsageError
from rustfix_mem.finding import Finding
from rustfix_mem.report import baseline
from rustfix_mem.report.baseline import Entry
from rustfix_mem.reported import Located, Report, Skipped, Statistics
from rustfix_mem.text import Position, Span

A = Entry("src/a.rs", "A.m", "cache-bounds", "a" * 16)
B = Entry("src/b.rs", "B.m", "cache-bounds", "b" * 16)
C = Entry("src/a.rs", "A.m", "release-profile", "c" * 16)


def report(*entries: Entry, skipped: tuple[str, ...] = ()) -> Report:
    found = tuple(
        Located(
            one.codemod,
            Finding(one.path, Span(0, 1), "s", one.item, "m"),
            Position(1, 1), Position(1, 2), "", one.fingerprint,
        )
        for one in entries
    )  # fmt: skip
    return Report(found, (), tuple(Skipped(path, "") for path in skipped), Statistics())


def test_the_file_is_for_people() -> None:
    data = baseline.written([B, C, A, A])
    assert data.decode() == (
        "{\n"
        '  "version": 1,\n'
        '  "findings": [\n'
        '    {"fingerprint": "aaaaaaaaaaaaaaaa", "codemod": "cache-bounds",'
        ' "path": "src/a.rs", "item": "A.m"},\n'
        '    {"fingerprint": "cccccccccccccccc", "codemod": "release-profile",'
        ' "path": "src/a.rs", "item": "A.m"},\n'
        '    {"fingerprint": "bbbbbbbbbbbbbbbb", "codemod": "cache-bounds",'
        ' "path": "src/b.rs", "item": "B.m"}\n'
        "  ]\n"
        "}\n"
    )
    assert baseline.read(data, "f") == (A, C, B)
    assert baseline.written([A, C, B]) == data
    assert baseline.read(baseline.written([]), "f") == ()


def test_a_name_that_is_not_utf_8_can_be_written_and_read() -> None:
    one = report(Entry("src/\udcff\u6f22.rs", "\u6f22", "c", "d" * 16)).findings[0]
    (read,) = baseline.read(baseline.written([baseline.entry_of(one)]), "f")
    assert read == Entry("src/\ufffd\u6f22.rs", "\u6f22", "c", "d" * 16)


def test_only_the_fingerprint_hides() -> None:
    moved = Entry("src/moved.rs", "X", "other", A.fingerprint)
    assert [one.fingerprint for one in baseline.hidden(report(A, B), [moved]).findings] == [
        B.fingerprint
    ]


def test_stale_is_what_was_looked_for_and_is_not_there() -> None:
    ran = {"cache-bounds"}
    assert baseline.stale([A, B, C], report(A), ran) == (B,)
    assert baseline.stale([A, B], report(A, skipped=("src/b.rs",)), ran) == ()
    assert baseline.stale([A, C], report(), {"cache-bounds", "release-profile"}) == (A, C)


def entry(**change: Any) -> dict[str, Any]:
    whole = {"fingerprint": "a" * 16, "codemod": "c", "path": "p", "item": "i", **change}
    return {key: value for key, value in whole.items() if value is not None}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "line 1, column 1: expecting value"),
        (b'{"version": 1,\n<<<<<<<', "line 2, column 1: expecting property name"),
        (b'{"version": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "there is no `version`"),
        (b'{"findings": []}', "there is no `version`"),
        (b'{"version": 1}', "a list `findings`"),
        (b'{"version": 1, "findings": {}}', "a list `findings`"),
        (b'{"version": 1, "findings": [], "more": 1}', "and nothing else"),
        (json.dumps({"version": 1, "findings": [entry(), 3]}).encode(), "finding 2 must have"),
        (json.dumps({"version": 1, "findings": [entry(item=None)]}).encode(), "finding 1"),
        (json.dumps({"version": 1, "findings": [entry(item=3)]}).encode(), "all of them text"),
        (json.dumps({"version": 1, "findings": [entry(line="3")]}).encode(), "finding 1"),
    ],
)
def test_what_is_no_baseline(data: bytes, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        baseline.read(data, "a b.json")
    assert caught.value.what.startswith("`a b.json` is no baseline: ")
    assert why in caught.value.what
    assert "`rustfix-mem check --baseline 'a b.json' --write-baseline`" in caught.value.help


@pytest.mark.parametrize("version", [2, "1", True, None])
def test_another_version(version: Any) -> None:
    with pytest.raises(UsageError, match="a baseline of version"):
        baseline.read(json.dumps({"version": version, "findings": []}).encode(), "f")
