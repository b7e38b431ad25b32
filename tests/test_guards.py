"""Whether `make guards` finds the guards and takes them out, and what it makes of the result."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import guards
import mutants
from mutants import Guard
from rustfix_mem import registry

if TYPE_CHECKING:
    from rustfix_mem.testing.case import Case

SOURCE = """
FORBIDDEN = frozenset("a b".split())
NEVER = re.compile(rb"x")
FAMILIES = ("allows",)

def judged(thing):
    if thing:
        yield f"it is {thing}"

def is_bad(thing) -> bool:
    return thing in FORBIDDEN

def place(thing):
    raise Refused("no place")
"""
ALL = [guard for module in mutants.MODULES for guard in mutants.guards(module)]


def found(source: str, module: str) -> dict[str, Guard]:
    """The guards of a source, by kind and text."""
    guards = mutants.find(f"x.{module}", ast.parse(source))
    return {f"{guard.kind} {guard.text}": guard for guard in guards}


def test_guards_are_found_by_their_form() -> None:
    assert found(SOURCE, "state").keys() == {
        "table FORBIDDEN",
        "table NEVER",
        "reason f'it is {thing}'",
        "predicate is_bad",
        "refusal 'no place'",
    }


@pytest.mark.parametrize(
    ("source", "module", "without"),
    [
        ("def f():\n    yield 1", "state", "def f():\n    yield from ()"),
        ("def f():\n    raise Refused('a')", "sites", "def f():\n    pass"),
        ("def f() -> bool:\n    return g()", "readers", "def f() -> bool:\n    return False"),
        ("A = frozenset('a b'.split())", "types", "A = frozenset()"),
        ("A = {'a': 1}", "types", "A = {}"),
        ("A = {'a': 1, 'b': 2}", "placement", "A = {'b': 2}"),
        ("A = re.compile('a')", "state", "A = re.compile('(?!)')"),
        ("Life('short', 'x')", "lifetimes", "Life('long', 'x', sure=True)"),
        ("s.acts.append(t)", "types", "None"),
        ("def _values():\n    return 64", "types", "def _values():\n    return None"),
        ("f(borrowed=a or b)", "types", "f(borrowed=False or b)"),
        ("def f():\n    return 'nested'", "slots", "def f():\n    return 'stmt'"),
        ("def _said():\n    if a:\n        yield b", "cache_bounds", "if False"),
        ("doubts += more", "growth", "pass"),
        ("def f():\n    raise Needed('a')", "again", "pass"),
        ("def _fine(a) -> tuple[str, ...]:\n    return (a,)", "width_cache", "return ()"),
        ("def _fine(a) -> str:\n    return a", "width_cache", "return ''"),
        ("def is_late() -> bool:\n    return True", "waits", "return False"),
        ("def f():\n    if a:\n        return Verdict(fine=a)", "needs", "if False"),
        ("_end('parsed', a, b)", "purposes", "_end('shown', a, b)"),
        ("LATE = 'too late'", "outputs", "LATE = ''"),
        ("LOOKS = b'x'", "needs", "LOOKS = b'(?!)'"),
        ("DATA = {'a': 1, 'b': 2}", "needs", "DATA = {'b': 2}"),
    ],
)
def test_a_guard_is_taken_out(source: str, module: str, without: str) -> None:
    guard = next(iter(found(source, module).values()))
    assert without in ast.unparse(mutants.without(guard, source))


def test_every_guard_can_be_taken_out() -> None:
    assert len(ALL) > 500
    whole = {it: ast.dump(ast.parse(mutants.source_of(it))) for it in mutants.MODULES}
    for guard in ALL:
        changed = mutants.without(guard, mutants.source_of(guard.module))
        assert ast.dump(changed) != whole[guard.module], str(guard)
        compile(changed, guard.module, "exec", dont_inherit=True)


def test_tables_that_allow_something_are_there() -> None:
    written = " ".join(mutants.source_of(module) for module in mutants.MODULES)
    bare = {name.rpartition(".")[2] for name in mutants.ALLOWS}
    missing = {name for name in bare if not re.search(rf"(?m)^{name}(?:: .*)? = ", written)}
    assert missing == set()


def test_who_imported_something_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    one, other = ModuleType("rustfix_mem_one"), ModuleType("rustfix_mem_other")
    one.__file__ = "one.py"
    source = "def f() -> bool:\n    return True\n"
    exec(source, vars(one))
    vars(other)["f"] = vars(one)["f"]
    monkeypatch.setattr(mutants, "_ours", lambda: [one, other])
    mutants.install(ast.parse(source.replace("True", "False")), one)
    assert vars(other)["f"]() is False


def test_which_modules_make_facts() -> None:
    looks = mutants.looks()
    assert {f"{mutants.RUST}{name}" for name in ("file.look", "file.slots", "file.facts")} <= looks
    assert not {f"{mutants.RUST}{name}" for name in ("verdict.state", "cap.placement")} & looks
    assert mutants.makes_facts(f"{mutants.RUST}file.outputs")
    assert not mutants.makes_facts(f"{mutants.RUST}output.needs")


def test_every_codemod_that_judges_rust_has_a_part() -> None:
    gated = [name for name, codemod in registry.discover().items() if codemod.gate]
    assert sorted(part.codemod for part in mutants.PARTS) == gated
    assert len(set(mutants.MODULES)) == len(mutants.MODULES)
    for part in mutants.PARTS:
        assert all((guards.HERE / f"{name}.py").is_file() for name in part.tests)
        assert guards.cases_of(part)


def test_a_test_that_no_longer_holds_is_told_from_one_that_crashes(tmp_path: Path) -> None:
    tests = {"holds": "pass", "fails": "assert 1 == 2", "crashes": "[][0]"}
    for name, body in tests.items():
        (tmp_path / f"test_{name}.py").write_text(f"def test_{name}():\n    {body}\n")
    said = [guards.asked([f"test_{name}"], outcome(), tmp_path) for name in tests]
    assert [it.word for it in said] == ["SURVIVED", "tested", "CRASHED"]


def outcome(*caught: str, crashed: str = "") -> guards.Outcome:
    return guards.Outcome(ALL[0], caught, caught[:1], crashed)


def test_what_counts_as_caught() -> None:
    outcomes = [outcome("a"), outcome("a", "b"), outcome(), outcome(crashed="a: KeyError")]
    outcomes.append(guards.Outcome(ALL[0], (), (), "", "test_a"))
    assert [it.word for it in outcomes] == ["caught", "caught", "SURVIVED", "CRASHED", "tested"]
    assert guards.share(outcomes) == 60
    assert guards.summary(outcomes) == (
        "3 of 5 guards (60 %) are caught, 2 by a case, of which 2 by an edit that goes wrong, and "
        "1 by a test alone; 1 survive, 1 only crash"
    )


def trapped() -> list[Case]:
    ours = [case for part in mutants.PARTS for case in guards.cases_of(part)]
    return [case for case in ours if case.folder.name.startswith(("leave-", "report-"))]


def test_every_case_that_must_not_change_says_its_trap() -> None:
    assert [case.folder.name for case in trapped() if not case.trap] == []


def test_the_page_names_every_trap() -> None:
    page = guards.PAGE.read_text(encoding="utf-8")
    missing = [
        str(case) for case in trapped() if f"| {case.trap} | `{case.folder.name}` |" not in page
    ]
    assert missing == [], "type `make guards`"


def test_a_case_holds_or_does_not() -> None:
    case = next(case for case in trapped() if case.folder.name == "leave-finite-key-u8")
    assert guards.problems(case) == (False, False)
    caught = guards.judged(ALL[0], [case])
    assert caught.word == "SURVIVED"
