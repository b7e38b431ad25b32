from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone
from rustfix_mem.report import json as report_json
from rustfix_mem.report.baseline import Known
from rustfix_mem.reported import Located, Report, Skipped, Statistics
from rustfix_mem.text import Edit, Position, Span

BASE = "a" * 40
EDIT = Edit("src/a.rs", Span(10, 20), "b")
FIX = Fix("cap it", (EDIT,), Applicability.MACHINE_APPLICABLE)
FINDING = Finding(
    "src/a.rs", Span(10, 20), "entry", "A.b", "it grows", ("one", "two"), "look at it", fix=FIX
)
FIXED = Located("cache-bounds", FINDING, Position(2, 5), Position(2, 15), "", "0" * 16)


def valid(text: str) -> Any:
    schema = json.loads(files("rustfix_mem.report").joinpath("schema-1.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(text))
    return json.loads(text)


def reported(path: str = "src/b.rs") -> Located:
    finding = Finding(path, Span(0, 0), "entry", "B", "it may grow", kind=Kind.PROPOSAL)
    return Located("cache-bounds", finding, Position(1, 1), Position(1, 1), "", "1" * 16)


def report(*findings: Located) -> Report:
    left = ("cache-bounds", LeftAlone("a.rs", Span(3, 4), "A.c", ("x", "y")), Position(1, 4))
    return Report(findings, (left,), (Skipped("c.rs", "too big"),), Statistics(3, 2, 1, 0.12345))


def test_check_is_what_the_design_says() -> None:
    assert valid(report_json.check(BASE, report(FIXED))) == {
        "version": 1,
        "base": BASE,
        "findings": [
            {
                "codemod": "cache-bounds",
                "kind": "defect",
                "shape": "entry",
                "item": "A.b",
                "path": "src/a.rs",
                "start": {"byte": 10, "line": 2, "column": 5},
                "end": {"byte": 20, "line": 2, "column": 15},
                "message": "it grows",
                "why": "one; two",
                "help": "look at it",
                "applicability": "machine-applicable",
                "fingerprint": "0" * 16,
                "fix": {
                    "title": "cap it",
                    "edits": [{"path": "src/a.rs", "start": 10, "end": 20, "replacement": "b"}],
                },
            }
        ],
        "left_alone": [
            {
                "codemod": "cache-bounds",
                "path": "a.rs",
                "start": {"byte": 3, "line": 1, "column": 4},
                "item": "A.c",
                "reasons": ["x", "y"],
            }
        ],
        "baseline": None,
        "skipped": [{"path": "c.rs", "reason": "too big"}],
        "statistics": {"files": 3, "parsed": 2, "from_cache": 1, "seconds": 0.123},
    }


def test_a_report_has_no_fix() -> None:
    (finding,) = valid(report_json.check(BASE, report(reported())))["findings"]
    assert (finding["fix"], finding["applicability"]) == (None, None)
    assert finding["kind"] == "proposal"
    assert (finding["item"], finding["help"]) == ("B", "")


def test_what_a_baseline_did_is_counted_and_no_commit_is_no_base() -> None:
    found = valid(report_json.check("", report(), Known("b.json", 3, 1)))
    assert found["baseline"] == {"hidden": 3, "stale": 1}
    assert found["base"] is None


def test_apply_and_a_dry_run() -> None:
    for name, commit in (("rustfix-mem/cache-bounds", "b" * 64), (None, None)):
        made = report_json.Commit("cache-bounds", commit, [FIXED], [reported()])
        branch = report_json.Branch(name, [made], "diff --git a/a b/a\n")
        (found,) = valid(report_json.apply(BASE, [branch]))["branches"]
        assert found["name"] == name
        assert found["commits"][0]["id"] == commit
        assert [one["message"] for one in found["commits"][0]["reported"]] == ["it may grow"]
        assert found["diff"].startswith("diff --git")


def test_strict_parsers_can_read_a_path_that_is_not_utf_8() -> None:
    text = report_json.check(BASE, report(reported("src/\udcff\u6f22.rs")))
    assert "\\ud" not in text
    assert valid(text)["findings"][0]["path"] == "src/\ufffd\u6f22.rs"
