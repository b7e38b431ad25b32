"""Whether `make guards` finds the guards and takes them out, and what it makes of the result."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

import guards
import mutants
from mutants import Guard
from rustfix_mem.testing.case import Case, cases
from rustfix_mem_codemods.cache_bounds import CacheBounds

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
    ],
)
def test_a_guard_is_taken_out(source: str, module: str, without: str) -> None:
    guard = next(iter(found(source, module).values()))
    assert without in ast.unparse(mutants.without(guard, source))


def test_every_guard_can_be_taken_out() -> None:
    assert len(ALL) > 150
    for guard in ALL:
        source = mutants.source_of(guard.module)
        changed = mutants.without(guard, source)
        assert ast.dump(changed) != ast.dump(ast.parse(source)), str(guard)
        compile(changed, guard.module, "exec", dont_inherit=True)


def test_tables_that_allow_something_are_there() -> None:
    written = " ".join(mutants.source_of(module) for module in mutants.MODULES)
    assert [name for name in mutants.ALLOWS if f"\n{name} = " not in f"\n{written}"] == []


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


def outcome(*caught: str, crashed: str = "") -> guards.Outcome:
    return guards.Outcome(ALL[0], caught, caught[:1], crashed)


def test_what_counts_as_caught() -> None:
    outcomes = [outcome("a"), outcome("a", "b"), outcome(), outcome(crashed="a: KeyError")]
    assert [it.word for it in outcomes] == ["caught", "caught", "SURVIVED", "CRASHED"]
    assert guards.share(outcomes) == 50
    said = guards.summary(outcomes)
    assert said.startswith("2 of 4 guards (50 %) are caught, 2 by an edit that goes wrong; 1 surv")


def trapped() -> list[Case]:
    ours = cases(guards.FIXTURES, {CacheBounds.name(): CacheBounds})
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
