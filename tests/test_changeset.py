from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.changeset import MAX_ROUNDS, ChangeSet, check, plan
from rustfix_mem.codemod import Codemod, param
from rustfix_mem.errors import CodemodBug
from rustfix_mem.finding import Applicability, Finding, Fix, LeftAlone
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.reported import Report, Skipped
from rustfix_mem.scope import Globs, Layer, Scope
from rustfix_mem.text import Edit, Position, Span
from support import MACHINE, Toy, toy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.codebase import Codebase

A = "src/a.rs"


def replacing(pattern: str, text: str, level: Applicability = MACHINE) -> Codemod:
    """Offers to replace each match by `text`."""

    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for path, source in codebase.sources.items():
            for found in re.finditer(pattern.encode(), source):
                span = Span(*found.span())
                fix = Fix("t", (Edit(path, span, text),), level)
                yield Finding(path, span, "shape", "item", f"found {pattern}", fix=fix)

    return toy(judging)


def one_a_round(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
    """Renames each `old` and says so at the top: two texts for one place, so they conflict."""
    text = codebase.sources[A]
    for found in re.finditer(rb"old(\d)", text):
        at = Span(*found.span())
        note = Edit(A, Span(0, 0), f"// {found[1].decode()}: renamed\n")
        fix = Fix("t", (note, Edit(A, at, "renamed")), MACHINE)
        yield Finding(A, at, "s", "i", "m", fix=fix)
    if b"other" in text:
        at = Span(text.index(b"other"), text.index(b"other") + 5)
        yield Finding(A, at, "s", "other", "a report")
        yield LeftAlone(A, at, "other", ("why",))


def snapshot(**files: str | bytes) -> Snapshot:
    return Snapshot.of_files(
        {
            f"src/{name}.rs": text.encode() if isinstance(text, str) else text
            for name, text in files.items()
        }
    )


def planned(codemod: Codemod, **files: str | bytes) -> ChangeSet:
    return plan(codemod, snapshot(**files), cache=False)


def checked(codemod: Codemod, **files: str | bytes) -> Report:
    return check((codemod,), snapshot(**files), cache=False)


def test_nothing_to_say() -> None:
    done = planned(toy(lambda codebase: iter(())), a="fn f() {}")
    assert (done.applied, done.reported, done.report.findings) == ((), (), ())
    assert done.after is done.before


def test_an_empty_repository() -> None:
    assert checked(replacing("x", "y")).findings == ()
    assert planned(replacing("x", "y")).applied == ()


def test_fixes_of_one_round_are_made_together() -> None:
    done = planned(replacing("old", "new"), a="fn old() { old(); }", b="fn old() {}", c="fn f() {}")
    assert done.after.read(A) == b"fn new() { new(); }"
    assert done.after.read("src/b.rs") == b"fn new() {}"
    assert set(done.after.changed) == {A, "src/b.rs"}
    assert len(done.applied) == 3
    assert done.reported == ()
    assert done.before.read(A) == b"fn old() { old(); }"


def test_check_changes_nothing_and_says_the_same() -> None:
    found = checked(replacing("old", "new"), a="fn old() {}").findings
    applied = planned(replacing("old", "new"), a="fn old() {}").applied
    assert [one.fingerprint for one in found] == [one.fingerprint for one in applied]
    assert found[0].source == "fn old() {}"
    assert (found[0].start, found[0].end) == (Position(1, 4), Position(1, 7))


@pytest.mark.parametrize(
    ("trust", "applied"),
    [
        (Applicability.UNSPECIFIED, True),
        (Applicability.HAS_PLACEHOLDERS, True),
        (Applicability.MAYBE_INCORRECT, True),
        (Applicability.MACHINE_APPLICABLE, False),
    ],
)
def test_trust(trust: Applicability, applied: bool) -> None:
    codemod = replacing("old", "new", Applicability.MAYBE_INCORRECT)
    done = plan(codemod, snapshot(a="fn old() {}"), trust, cache=False)
    assert len(done.applied) == applied
    assert len(done.reported) == (not applied)
    assert (done.after.read(A) == b"fn new() {}") is applied


def test_a_conflicting_fix_waits_for_the_next_round() -> None:
    done = planned(toy(one_a_round), a="fn f() { old1(old2(1)); }")
    assert done.after.read(A) == b"// 2: renamed\n// 1: renamed\nfn f() { renamed(renamed(1)); }"
    assert [one.start for one in done.applied] == [Position(1, 10), Position(1, 15)]


def test_a_fix_waits_if_another_changes_what_it_counts_on() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        """Each `old` may go as long as another stays."""
        text = codebase.sources[A].decode()
        spans = [Span(found.start(), found.end()) for found in re.finditer("old", text)]
        for span in spans if len(spans) > 1 else []:
            kept = next(other for other in spans if other != span)
            fix = Fix("t", (Edit(A, span, ""),), MACHINE, ((A, kept),))
            yield Finding(A, span, "s", str(len(spans)), "m", fix=fix)

    done = planned(toy(judging), a="// old old old\n")
    assert done.after.read(A) == b"//   old\n"
    assert [one.finding.item for one in done.applied] == ["3", "2"]


def test_offsets_of_a_later_round_speak_of_the_base() -> None:
    source = "fn f() {\n    old1(old2(1));\n}\n\n/// ä\nfn g() { other(); }\n"
    done = planned(toy(one_a_round), a=source)
    places = [(one.start.line, one.start.column, one.end.column) for one in done.applied]
    assert places == [(2, 5, 9), (2, 10, 14)]
    assert [one.source for one in done.applied] == ["    old1(old2(1));"] * 2
    (report,) = done.reported
    at = source.encode().index(b"other")
    assert (report.start, report.finding.span) == (Position(6, 10), Span(at, at + 5))
    assert report.source == "fn g() { other(); }"
    assert [place for _, _, place in done.report.left_alone] == [Position(6, 10)]


def where_the_others_are(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
    """Puts three lines above the first function, and says by line where `other` is."""
    b, text = "src/b.rs", codebase.sources[A]
    if b"made" not in text:
        edit = Edit(A, Span(0, 0), "// made\n\n\n")
        yield Finding(A, Span(0, 1), "s", "i", "m", fix=Fix("t", (edit,), MACHINE))
    at = text.index(b"other")
    line = text.count(b"\n", 0, at) + 1
    said = f"called at {A}:{line} ({A}:{line}:8), x{A}:{line}, {b}:9, {A} and {A}:{line}0"
    fix = Fix("t", (Edit(A, Span(at, at + 5), "x"),), Applicability.MAYBE_INCORRECT)
    yield Finding(b, Span(0, 1), "s", "j", said, (said,), help=said, fix=fix)
    yield LeftAlone(A, Span(at, at + 5), "k", (said,))


def test_lines_that_are_said_after_a_change_speak_of_the_base() -> None:
    files = {"a": "fn a() {}\nfn b() { other(); }\n", "b": "fn c() {}\n"}
    done = plan(toy(where_the_others_are), snapshot(**files), MACHINE, cache=False)
    said = f"called at {A}:2 ({A}:2:8), x{A}:5, src/b.rs:9, {A} and {A}:3"
    (one,) = done.reported
    assert (one.finding.message, one.finding.why, one.finding.help) == (said, (said,), said)
    (_, left, _), at = done.report.left_alone[0], files["a"].index("other")
    assert (left.reasons, left.span) == ((said,), Span(at, at + 5))
    assert one.finding.fix is not None
    assert one.finding.fix.edits == (Edit(A, Span(at, at + 5), "x"),)


def test_what_an_earlier_round_put_in_stands_where_it_was_put() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        text = codebase.sources[A]
        if b"made" not in text:
            at = text.index(b"fn g")
            edit = Edit(A, Span(at, at), "fn made() {}\n")
            yield Finding(A, Span(at, at + 4), "s", "i", "m", fix=Fix("t", (edit,), MACHINE))
        else:
            at = text.index(b"made")
            yield Finding(A, Span(at, at + 4), "s", "i", "in new code")

    (report,) = planned(toy(judging), a="fn f() {}\nfn g() {}\n").reported
    assert (report.start, report.end) == (Position(2, 1), Position(2, 1))


def test_equal_edits_of_two_findings_count_once() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        text = codebase.sources[A]
        shared = Edit(A, Span(0, 0), "const MAX: u8 = 1;\n")
        for found in re.finditer(rb"old\d", text):
            own = Edit(A, Span(*found.span()), "new")
            yield Finding(A, own.span, "s", "i", "m", fix=Fix("t", (shared, own), MACHINE))

    done = planned(toy(judging), a="fn f() { old1(); old2(); }")
    assert done.after.read(A) == b"const MAX: u8 = 1;\nfn f() { new(); new(); }"
    assert len(done.applied) == 2


def test_a_fix_is_made_as_a_whole_or_waits() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        a, b = codebase.sources[A], codebase.sources["src/b.rs"]
        for word in (b"one", b"two"):
            if word in a and word in b:
                first = Edit(A, Span(a.index(word), len(a)), word.decode().upper() + "(); }")
                second = Edit("src/b.rs", Span(b.index(word), b.index(word) + 3), "DONE")
                fix = Fix("t", (first, second), MACHINE)
                yield Finding(A, Span(0, 2), "s", word.decode(), "m", fix=fix)

    done = planned(toy(judging), a="fn f() { one(); }", b="fn f() { one(); two(); }")
    assert done.after.read(A) == b"fn f() { ONE(); }"
    assert done.after.read("src/b.rs") == b"fn f() { DONE(); two(); }"
    assert len(done.applied) == 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("old", "old(("), ("old", "fn"), (r"\}", ""), ("old", "\ud7ff\x00'"), ("old", 'a"')],
)
def test_a_codemod_that_breaks_the_syntax_is_a_bug(pattern: str, text: str) -> None:
    with pytest.raises(CodemodBug, match="syntax error") as caught:
        planned(replacing(pattern, text), a="fn f() { old(); }")
    assert "nothing was written" in caught.value.help
    assert A in caught.value.what


@pytest.mark.parametrize(
    ("pattern", "text"), [("x", "xx"), ("x", "x"), ("$", " ")], ids=["grows", "same", "appends"]
)
def test_a_codemod_that_never_comes_to_an_end_is_a_bug(pattern: str, text: str) -> None:
    with pytest.raises(CodemodBug, match=f"{MAX_ROUNDS} rounds") as caught:
        planned(replacing(pattern, text), a="fn x() {}")
    assert A in caught.value.help


def test_nine_rounds_are_fine() -> None:
    source = "fn f() { " + "old(" * (MAX_ROUNDS - 1) + "1" + ")" * (MAX_ROUNDS - 1) + "; }"

    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        text = codebase.sources[A]
        at = text.find(b"old")
        if at >= 0:
            fix = Fix("t", (Edit(A, Span(at, at + 3), "new"),), MACHINE)
            yield Finding(A, Span(at, at + 3), "s", "i", "m", fix=fix)

    assert planned(toy(judging), a=source).after.read(A).decode() == source.replace("old", "new")


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ("fn f() {\n    old(); // rustfix-mem: ignore[toy] -- fine\n}", True),
        ("fn f() {\n    // rustfix-mem: ignore[toy]\n    old();\n}", True),
        ("// rustfix-mem: ignore-file[toy]\nfn f() {\n    old();\n}", True),
        ("fn f() {\n    // rustfix-mem: ignore[other, toy]\n    old();\n}", True),
        ("fn f() {\r\n    // rustfix-mem: ignore[toy]\r\n    old();\r\n}", True),
        ("fn f() {\n    // rustfix-mem: ignore[other]\n    old();\n}", False),
        ("fn f() {\n    // rustfix-mem: ignore[toy]\n    a();\n    old();\n}", False),
        ("fn f() {\n    old();\n    // rustfix-mem: ignore[toy]\n}", False),
        ('const S: &str = "// rustfix-mem: ignore-file[toy]";\nfn f() { old(); }', False),
        ("/* rustfix-mem: ignore-file[toy] */\nfn f() { old(); }", False),
    ],
)
def test_a_comment_hides_a_finding(source: str, hidden: bool) -> None:
    report, done = (
        checked(replacing("old", "new"), a=source),
        planned(replacing("old", "new"), a=source),
    )
    found = [one for one in report.findings if one.finding.shape == "shape"]
    assert len(found) == len(done.applied) == (not hidden)
    assert (done.after.read(A).decode() == source) is hidden
    alone = [one.reasons for _, one, _ in report.left_alone]
    assert alone == ([("a comment says to ignore it",)] if hidden else [])


def test_the_same_finding_twice_has_two_fingerprints() -> None:
    found = checked(replacing("old", "new"), a="fn f() { old(); old(); old(); }").findings
    assert len({one.fingerprint for one in found}) == 3


def test_fingerprints_do_not_know_lines() -> None:
    source = "fn f() { old(); }\nfn g() { old(); }\n"
    first = checked(replacing("old", "new"), a=source).findings
    below = checked(replacing("old", "new"), a="// one\n\n// two\n" + source).findings
    assert [one.fingerprint for one in first] == [one.fingerprint for one in below]
    assert [one.start.line for one in first] == [1, 2]
    assert [one.start.line for one in below] == [4, 5]


def test_findings_are_in_order_of_path_and_place() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for path in sorted(codebase.sources, reverse=True):
            for start in (7, 0, 3):
                yield Finding(path, Span(start, start + 1), "s", "i", "m")

    found = checked(toy(judging), b="fn f() { 1 }", a="fn f() { 1 }").findings
    assert [(one.finding.path, one.finding.span.start) for one in found] == [
        (path, start) for path in (A, "src/b.rs") for start in (0, 3, 7)
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b"fn f( {\n", "not understood at line", id="broken"),
        pytest.param(
            b"fn f() {\n    let a = str![x];\n}", "not understood at line 2", id="grammar"
        ),
        pytest.param("fn f() {}".encode("utf-16"), "not understood", id="utf-16"),
        pytest.param(b"struct \xff;", "not understood at line 1", id="not utf-8"),
        pytest.param(b"fn f() {} // a\x00b", "not understood at line 1", id="nul"),
        pytest.param(b"//" + b"x" * 1_000_000, "larger than", id="large"),
        pytest.param(b"fn f() { " + b"(" * 20_000, "not understood", id="deep and open"),
    ],
)
def test_a_file_that_is_not_understood_is_named_and_the_run_goes_on(
    bad: bytes, reason: str
) -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for path in codebase.sources:
            for one in codebase.facts(path).fns:
                fix = Fix(
                    "t", (Edit(path, Span(one.span.start, one.span.start + 2), "pub fn"),), MACHINE
                )
                yield Finding(path, one.span, "s", "i", "m", fix=None if one.visibility else fix)

    done = planned(toy(judging), a=bad, b="fn g() {}")
    assert [one.path for one in done.report.skipped] == [A]
    assert done.report.skipped[0].reason.startswith(reason)
    assert done.after.read("src/b.rs") == b"pub fn g() {}"
    assert done.after.read(A) == bad


def test_a_manifest_that_cannot_be_read_is_named() -> None:
    files = {"Cargo.toml": b"[broken", "src/lib.rs": b"fn f() {}"}
    report = check((replacing("x", "y"),), Snapshot.of_files(files), cache=False)
    assert [one.path for one in report.skipped] == ["Cargo.toml"]


@pytest.mark.parametrize(
    ("source", "after"),
    [
        (b"fn old() {\r\n}\r\n", b"fn new() {\r\n}\r\n"),
        (b"\xef\xbb\xbffn old() {}", b"\xef\xbb\xbffn new() {}"),
        (b"// \xff\xfe\nfn old() {}", b"// \xff\xfe\nfn new() {}"),
        ("// ä🦀\nfn old() {}".encode(), "// ä🦀\nfn new() {}".encode()),
        (b"fn old() {}   \n\n\n", b"fn new() {}   \n\n\n"),
    ],
)
def test_everything_else_stays_byte_for_byte(source: bytes, after: bytes) -> None:
    assert planned(replacing("old", "new"), a=source).after.read(A) == after


def test_a_file_of_the_work_tree_that_could_not_be_read_is_named() -> None:
    files = Snapshot.of_files({A: b"fn old() {}"}, {"src/b.rs": "permission denied"})
    found = check((replacing("old", "new"),), files, cache=False)
    assert found.skipped == (Skipped("src/b.rs", "permission denied"),)
    assert len(found.findings) == 1


def unused(codemod: Codemod, files: dict[str, str]) -> list[tuple[str, str, int, str]]:
    """Codemod, path, line and item of each comment that hides nothing."""
    found = check((codemod,), Snapshot.of_files({p: t.encode() for p, t in files.items()}))
    return [
        (one.codemod, one.finding.path, one.start.line, one.finding.item)
        for one in found.findings
        if one.finding.shape == "unused-suppression"
    ]


def test_a_comment_that_hides_nothing_is_a_finding() -> None:
    ignore = "// rustfix-mem: ignore"
    files = {
        A: f"fn a() {{}}\nfn old() {{}} {ignore}[toy] -- why\n{ignore}[toy]\nfn b() {{}}\n",
        "src/b.rs": f"{ignore}-file[toy]\nfn old() {{}}\nfn old2() {{}} {ignore}[toy]\n",
        "src/c.rs": f"{ignore}[cache-bounds] -- not run\n{ignore}[cache_bound]\n",
        "src/d.rs": f"fn broken( {ignore}[toy]\n",
        "Cargo.toml": "[package] # rustfix-mem: ignore[toy]\nname = 'x'\n",
        "sub/Cargo.toml": "[package # rustfix-mem: ignore[toy]\n",
        "README.md": f"{ignore}[toy]\n",
    }
    assert unused(replacing("old", "new"), files) == [
        ("toy", "Cargo.toml", 1, "ignore[toy]"),
        ("toy", A, 3, "ignore[toy]"),
        ("toy", "src/b.rs", 3, "ignore[toy]"),
        ("suppression", "src/c.rs", 2, "ignore[cache_bound]"),
    ]


def test_a_name_that_no_codemod_has_is_told_which_ones_there_are() -> None:
    files = {A: "// rustfix-mem: ignore[Cache_Bound]\n"}
    found = check((replacing("old", "new"),), Snapshot.of_files({A: files[A].encode()}))
    (one,) = [one.finding for one in found.findings]
    assert one.help == "did you mean `cache-bounds`?"
    assert found.left_alone == ()


def test_what_is_hidden_is_still_said_to_be_left_alone() -> None:
    found = checked(replacing("old", "new"), a="fn old() {} // rustfix-mem: ignore[toy]")
    assert found.findings == ()
    assert [one.reasons for _, one, _ in found.left_alone] == [("a comment says to ignore it",)]


def test_a_finding_of_a_manifest_can_be_hidden() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield Finding("Cargo.toml", Span(0, 3), "shape", "item", "m")
        yield Finding("Cargo.toml", Span(13, 16), "shape", "item", "m")

    source = b"a=1          b=2"
    assert len(check((toy(judging),), Snapshot.of_files({"Cargo.toml": source})).findings) == 2
    source = b"a=1 #\n       b=2 # rustfix-mem: ignore[toy]"
    (one,) = check((toy(judging),), Snapshot.of_files({"Cargo.toml": source})).findings
    assert one.start.line == 1


def test_apply_says_nothing_of_comments() -> None:
    made = planned(replacing("old", "new"), a="fn old() {}\n// rustfix-mem: ignore[toy, x]\n")
    assert len(made.applied) == 1
    assert made.reported == ()


def test_what_a_fix_has_made_fine_was_not_left_alone() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        text = codebase.sources[A]
        for found in re.finditer(rb"(old|new|fine) (\w)", text):
            at, item = Span(*found.span(1)), found[2].decode()
            if found[1] == b"old":
                fix = Fix("t", (Edit(A, at, "new"),), MACHINE)
                yield Finding(A, at, "s", item, "m", fix=fix)
            else:
                yield LeftAlone(A, at, item, (found[1].decode(),))

    made = planned(toy(judging), a='const _: &str = "old x; fine y; fine z; old z";')
    assert [left.item for _, left, _ in made.report.left_alone] == ["x", "y", "z", "z"]
    assert [left.item for _, left, _ in made.left_alone] == ["y", "z", "z"]


def test_statistics() -> None:
    found = checked(
        replacing("old", "new"), a="fn old() {}", b="fn g() {}", c="fn g() {}"
    ).statistics
    assert (found.files, found.parsed, found.from_cache) == (3, 2, 0)
    assert found.seconds >= 0


def test_two_codemods_in_one_report() -> None:
    first, second = replacing("old", "new"), replacing("fn", "pub fn")
    found = check((first, second), snapshot(a="fn old() {}"), cache=False).findings
    assert [one.finding.message for one in found] == ["found fn", "found old"]


def test_only_what_passes_the_gate_is_parsed() -> None:
    codemod = replacing("old", "new")
    type(codemod).gate = (b"HashMap",)
    found = checked(codemod, a="fn old() {}", b="use x::HashMap;").statistics
    assert (found.files, found.parsed) == (2, 1)


@dataclass(frozen=True, kw_only=True)
class Renames(Toy):
    """Renames to a parameter."""

    to: str = param("new", help="the new name")

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield from replacing("old", self.to).judge(codebase)


def test_parameters_reach_the_fix() -> None:
    codemod = Renames.configure({"to": "other"})
    assert planned(codemod, a="fn old() {}").after.read(A) == b"fn other() {}"


RENAMES = Renames.configure({})


def by_path(*entries: tuple[str, str], **more: Globs) -> Scope:
    """A scope in which `Renames` has its own `to` in some files."""
    layers = [Layer("f", {"to": to}, Globs((glob,), "f")) for glob, to in entries]
    return Scope(layers={"toy": tuple(layers)}, **more)


def renamed(scope: Scope, **files: str) -> dict[str, bytes]:
    made = plan(RENAMES, snapshot(**files), cache=False, scope=scope)
    return dict(made.after.changed)


def test_parameters_of_a_path_reach_the_fix_and_a_later_one_wins() -> None:
    scope = by_path(("src/b.rs", "bee"), ("src/c*", "lost"), ("src/c.rs", "sea"))
    assert renamed(scope, a="fn old() {}", b="fn old() {}", c="fn old() {}") == {
        "src/a.rs": b"fn new() {}",
        "src/b.rs": b"fn bee() {}",
        "src/c.rs": b"fn sea() {}",
    }


def test_a_codemod_judges_once_for_each_distinct_set_of_parameters() -> None:
    seen = list[frozenset[str]]()

    @dataclass(frozen=True, kw_only=True)
    class Counted(Renames):
        def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
            seen.append(self.given)
            yield from super().judge(codebase)

    scope = by_path(("src/b.rs", "x"), ("src/c.rs", "x"))
    files = snapshot(a="fn old() {}", b="fn old() {}", c="fn old() {}")
    found = check((Counted.configure({}),), files, cache=False, scope=scope).findings
    assert [one.finding.path for one in found] == ["src/a.rs", "src/b.rs", "src/c.rs"]
    assert sorted(map(sorted, seen)) == [[], ["to"]]


def test_a_file_that_is_excluded_is_not_judged_and_still_known() -> None:
    known = list[set[str]]()

    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        known.append(set(codebase.sources))
        for path in codebase.sources:
            yield Finding(path, Span(0, 2), "shape", "item", "m")
            yield LeftAlone(path, Span(0, 2), "item", ("why",))

    ignore = "// rustfix-mem: ignore[toy]\n\n// rustfix-mem: ignore[nothing]\n"
    files = snapshot(a="fn a() {}", b=ignore, c="fn c() {}")
    for scope in (
        Scope(exclude=Globs(("src/b.rs", "src/c.rs"), "f")),
        Scope(include=Globs(("src/a.rs",), "f")),
        Scope(include=Globs(("src",), "f"), exclude=Globs(("**/b.rs", "**/c.rs"), "f")),
    ):
        report = check((toy(judging),), files, cache=False, scope=scope)
        assert [one.finding.path for one in report.findings] == [A]
        assert [one.path for _, one, _ in report.left_alone] == [A]
        assert known[-1] == {"src/a.rs", "src/b.rs", "src/c.rs"}


def test_a_fix_that_would_change_an_excluded_file_is_not_offered() -> None:
    def judging(codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        edits = (Edit(A, Span(0, 0), "//\n"), Edit("src/b.rs", Span(0, 0), "//\n"))
        yield Finding(A, Span(0, 2), "shape", "item", "m", ("w",), fix=Fix("t", edits, MACHINE))

    files = snapshot(a="fn a() {}", b="fn b() {}")
    made = plan(toy(judging), files, cache=False, scope=Scope(exclude=Globs(("src/b.rs",), "f")))
    assert made.after.changed == {}
    (one,) = made.reported
    assert one.finding.why == (
        "w",
        "its fix would change `src/b.rs`, which the configuration excludes",
    )


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("fn f() { [" + "1, " * 20_000 + "]; }", id="a long array"),
        pytest.param("fn f() {}\n" * 5_000, id="many functions"),
        pytest.param('const S: &str = "' + "x" * 900_000 + '";', id="a long string"),
        pytest.param("// x\n" * 50_000, id="many comments"),
        pytest.param("fn f() { old(); }\n" * 1_000, id="many findings"),
    ],
)
def test_large_files_take_seconds_at_most(source: str) -> None:
    began = time.perf_counter()
    checked(replacing("old", "new"), a=source)
    assert time.perf_counter() - began < 10
