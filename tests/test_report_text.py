from __future__ import annotations

from typing import Any

import pytest

from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone
from rustfix_mem.report import ranking, text
from rustfix_mem.report.terminal import Palette, plural, printable, wants_colour
from rustfix_mem.reported import Located, Report, Skipped, Statistics
from rustfix_mem.text import Lines, Position, Span

MAYBE, SURE = Applicability.MAYBE_INCORRECT, Applicability.MACHINE_APPLICABLE


def located(
    source: str = "a", mark: str = "a", level: Applicability | None = None, **more: Any
) -> Located:
    """A finding at the first `mark` of `source`."""
    codemod = more.pop("codemod", "cache-bounds")
    data, start = source.encode(), source.encode().index(mark.encode())
    span = Span(start, start + len(mark.encode()))
    fix = Fix("cap it", (), level) if level is not None else None
    facts = {"path": "a.rs", "shape": "s", "item": "i", "message": "it grows", **more}
    lines = Lines.of(data)
    first, last = lines.position(span.start), lines.position(span.end)
    finding = Finding(span=span, fix=fix, **facts)
    return Located(codemod, finding, first, last, lines.line(first.line), "0" * 16)


def report(*findings: Located, **more: Any) -> Report:
    facts = {"left_alone": (), "skipped": (), "statistics": Statistics(796, 143, 0, 0.84), **more}
    return Report(findings=findings, **facts)


def test_one_finding_in_rustcs_manner() -> None:
    source = "\n" * 11 + "    seen: HashMap<u8, u8>,\n"
    shown = text.block(
        located(source, "HashMap<u8, u8>", MAYBE, why=("no cap", "long life"), help="cap it")
    )
    assert shown == (
        "warning[cache-bounds]: it grows\n"
        "  --> a.rs:12:11\n"
        "   |\n"
        "12 |     seen: HashMap<u8, u8>,\n"
        "   |           ^^^^^^^^^^^^^^^\n"
        "   = why: no cap\n"
        "   = why: long life\n"
        "   = help: cap it\n"
        "   = help: cap it (maybe-incorrect): `rustfix-mem apply cache-bounds`\n"
    )


@pytest.mark.parametrize(
    ("source", "mark", "line", "underline"),
    [
        ("\tlet\ta = x;", "x", "    let    a = x;", "               ^"),
        ("\u6f22\u5b57 = x;", "x", "\u6f22\u5b57 = x;", "       ^"),
        ("a = \u6f22\u5b57;", "\u6f22\u5b57", "a = \u6f22\u5b57;", "    ^^^^"),
        ("e\u0301 = x;", "x", "e\u0301 = x;", "    ^"),
        ("\x1b[2J = x;", "x", "\u241b[2J = x;", "       ^"),
        ("a\u202eb = x;", "x", "a\ufffdb = x;", "      ^"),
        ("\ufeffa = x;", "x", "a = x;", "    ^"),
        ("\u00a0a = x;\r\n", "x", " a = x;", "     ^"),
        ("a(\n b\n)", "a(\n b\n)", "a(", "^^"),
        ("ab", "", "ab", "^"),
        ("fn main() {\n}\n", "fn main() ", "fn main() {", "^^^^^^^^^"),
        ("a(  \n b\n)", "a(  \n b\n)", "a(", "^^"),
    ],
)
def test_the_underline_is_aligned(source: str, mark: str, line: str, underline: str) -> None:
    lines = text.block(located(source, mark)).splitlines()
    assert lines[3:5] == [f"1 | {line}", f"  | {underline}"]


def test_a_long_line_is_cut_around_the_place() -> None:
    source = "a" * 1000 + "MARK" + "b" * 1000
    _, _, _, line, underline = text.block(located(source, "MARK")).splitlines()
    assert line == "1 | …" + "a" * 40 + "MARK" + "b" * 115 + "…"
    assert underline == "  | " + " " * 41 + "^^^^"
    assert max(map(len, text.block(located(source, source)).splitlines())) < 200


def test_nothing_of_a_repository_reaches_the_terminal() -> None:
    evil = "a\x1b]0;x\x07\x9b\n\u2066\udcff"
    one = located(path=evil, message=evil, why=(evil,), help=evil)
    left = ("c", LeftAlone(evil, Span(0, 0), evil, (evil,)), Position(1, 1))
    shown = text.render(
        report(one, left_alone=(left,), skipped=(Skipped(evil, evil),)), verbose=True
    )
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert printable("a\tb\x7f\u3000") == "a\tb\u2421 "


def test_fixable_defects_come_first_then_confidence_then_proposals() -> None:
    found = [
        located(message="proposal", kind=Kind.PROPOSAL, level=SURE),
        located(message="report"),
        located(message="placeholders", level=Applicability.HAS_PLACEHOLDERS),
        located(message="maybe", level=MAYBE),
        located(message="sure", level=SURE),
    ]
    shown = [one.finding.message for one in ranking.rank(found).shown]
    assert shown == ["sure", "maybe", "placeholders", "report", "proposal"]


def test_the_rest_is_one_line_a_codemod() -> None:
    many = [located(level=SURE)] * 30 + [located()] * 25
    many += [located(codemod="tidy", kind=Kind.PROPOSAL)] * 3
    shown = text.render(report(*many))
    assert shown.count("it grows") == 50
    assert "note[cache-bounds]: 5 more findings; `rustfix-mem check cache-bounds -v`" in shown
    assert "note[tidy]: 3 proposals;" in shown
    assert shown.endswith("58 findings (30 fixable, 3 proposals) in 796 files, 143 parsed, 0.8s\n")
    assert text.render(report(*many), verbose=True).count("it grows") == 58


def test_many_proposals_do_not_hide_a_defect() -> None:
    better = [
        located(message=f"better {n}", codemod="tidy", kind=Kind.PROPOSAL, level=SURE)
        for n in range(30)
    ]
    many = [*better, located(message="report"), located(message="sure", level=SURE)]
    shown = text.render(report(*many))  # their codemod was named
    heads = [line for line in shown.splitlines() if "[" in line]
    assert heads[:3] == [
        "warning[cache-bounds]: sure", "warning[cache-bounds]: report", "proposal[tidy]: better 0",
    ]  # fmt: skip
    assert shown.count("proposal[tidy]: better") == 19
    assert "note[tidy]: 11 more proposals; `rustfix-mem check tidy -v` shows all" in shown
    assert "(31 fixable, 30 proposals)" in shown
    line = text.render(report(*many), proposals=False)
    assert "better" not in line
    assert "note[tidy]: 30 proposals; `rustfix-mem check tidy -v` shows all" in line
    assert line.count("warning[cache-bounds]") == 2
    assert text.render(report(*many), proposals=False, verbose=True).count("better") == 30


def test_what_is_said_of_comments_is_no_codemod_that_could_be_named() -> None:
    shown = text.render(report(*[located(codemod="suppression")] * 21))
    assert "note[suppression]: 1 more finding; `rustfix-mem check -v` shows all" in shown


def test_the_sum() -> None:
    assert text.summary(report()) == "no findings in 796 files, 143 parsed, 0.8s"
    cached = Statistics(1, 0, 1204, 0)
    one = report(located(), statistics=cached)
    assert text.summary(one) == (
        "1 finding (0 fixable) in 1 file, 0 parsed, 1,204 from the cache, 0.0s"
    )
    assert text.render(report(), quiet=True) == ""
    assert plural(2, "fix") == "2 fixes"


def test_a_level_below_the_default_is_asked_for() -> None:
    shown = text.block(located(level=Applicability.HAS_PLACEHOLDERS))
    assert "`rustfix-mem apply cache-bounds --trust has-placeholders`" in shown


def test_colour_adds_nothing_but_colour() -> None:
    one = report(located(level=SURE, why=("b",)), located(codemod="t", kind=Kind.PROPOSAL))
    painted = text.render(one, Palette(on=True))
    assert "\x1b[1;33mwarning[cache-bounds]\x1b[0m" in painted
    for code in ("0", "1", "1;33", "1;34", "1;36"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == text.render(one)


@pytest.mark.parametrize(
    ("option", "environment", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_there_is_colour(
    option: str, environment: dict[str, str], terminal: bool, wanted: bool
) -> None:
    assert wants_colour(option, environment, terminal) is wanted
