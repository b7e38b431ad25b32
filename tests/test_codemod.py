from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from rustfix_mem.codemod import Codemod, param
from rustfix_mem.errors import CodemodBug, RustfixMemError, UsageError, did_you_mean
from rustfix_mem.finding import Applicability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.codebase import Codebase
    from rustfix_mem.finding import Finding, LeftAlone
    from rustfix_mem.rust.whole.gates import Gate


@dataclass(frozen=True, kw_only=True)
class Caps(Codemod):
    """Caps what grows.

    More of the manual.
    """

    guide: ClassVar[str] = "2.1"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    gate: ClassVar[Gate] = (b"HashMap",)

    max_entries: int = param(1000, help="the most entries", unit="entries", at_least=1)
    eviction: str = param("clear", help="what makes room", choices=("clear", "arbitrary"))
    loud: bool = param(False, help="say so")

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield from ()


def test_the_class_is_its_own_manual() -> None:
    assert Caps.summary() == "Caps what grows."
    assert Caps.manual() == "Caps what grows.\n\nMore of the manual."


@pytest.mark.parametrize(
    ("module", "name"),
    [("cache_bounds", "cache-bounds"), ("a.b.release_profile", "release-profile"), ("x", "x")],
)
def test_the_name_is_that_of_the_module(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caps, "__module__", module)
    assert Caps.name() == name


def test_parameters_are_spelled_as_typed() -> None:
    found = {parameter.name: parameter for parameter in Caps.parameters()}
    assert list(found) == ["max-entries", "eviction", "loud"]
    assert found["max-entries"].default == 1000
    assert found["max-entries"].unit == "entries"
    assert found["max-entries"].at_least == 1
    assert found["eviction"].choices == ("clear", "arbitrary")
    assert [f.name for f in fields(Caps)] == ["given", "max_entries", "eviction", "loud"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param({}, Caps(), id="nothing"),
        pytest.param({"max-entries": "5"}, Caps(max_entries=5), id="from the command line"),
        pytest.param({"max_entries": "5"}, Caps(max_entries=5), id="as python has it"),
        pytest.param({"max-entries": 5}, Caps(max_entries=5), id="from toml"),
        pytest.param({"max-entries": "10_000"}, Caps(max_entries=10_000), id="underscores"),
        pytest.param({"max-entries": 1}, Caps(max_entries=1), id="the least"),
        pytest.param({"eviction": "arbitrary"}, Caps(eviction="arbitrary"), id="choice"),
        pytest.param({"loud": "true"}, Caps(loud=True), id="true"),
        pytest.param({"loud": "false"}, Caps(), id="false"),
        pytest.param({"loud": True}, Caps(loud=True), id="bool from toml"),
    ],
)
def test_configure(given: dict[str, Any], wanted: Caps) -> None:
    made = Caps.configure(given)
    assert replace(made, given=frozenset()) == wanted
    assert made.given == {name.replace("_", "-") for name in given}


def test_what_is_given_is_known_even_where_it_is_the_default() -> None:
    assert Caps.configure({"max_entries": "1000"}).given == {"max-entries"}
    assert Caps.configure({}).given == Caps(max_entries=5).given == frozenset()


def test_what_is_given_is_no_parameter() -> None:
    with pytest.raises(UsageError, match="no parameter `given`"):
        Caps.configure({"given": "max-entries"})

    @dataclass(frozen=True, kw_only=True)
    class Taken(Caps):
        given: int = param(1, help="x")  # type: ignore[assignment]  # what must not be

    with pytest.raises(AssertionError, match="`given` cannot be the name"):
        Taken.parameters()


def test_a_parameter_may_not_be_called_what_the_configuration_needs() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Taken(Caps):
        per_path: int = param(1, help="x")

    with pytest.raises(AssertionError, match="`per_path` cannot be the name"):
        Taken.parameters()


@pytest.mark.parametrize(
    ("given", "what", "help"),
    [
        pytest.param({"max-entries": "0"}, "cannot be 0", "at least 1", id="too small"),
        pytest.param({"max-entries": "-5"}, "cannot be -5", "at least 1", id="negative"),
        pytest.param({"max-entries": "ten"}, "cannot be `ten`", "whole number", id="a word"),
        pytest.param({"max-entries": ""}, "cannot be ``", "whole number", id="empty"),
        pytest.param({"max-entries": "1.5"}, "cannot be `1.5`", "whole number", id="fraction"),
        pytest.param({"max-entries": 1.0}, "cannot be `1.0`", "whole number", id="float"),
        pytest.param({"max-entries": "1e3"}, "cannot be `1e3`", "whole number", id="exponent"),
        pytest.param({"max-entries": "--5"}, "cannot be `--5`", "whole number", id="two signs"),
        pytest.param({"max-entries": " 5"}, "cannot be ` 5`", "whole number", id="blank"),
        pytest.param(
            {"max-entries": "\u0665"}, "cannot be `\u0665`", "whole number", id="other digits"
        ),
        pytest.param({"max-entries": True}, "cannot be `True`", "whole number", id="bool"),
        pytest.param({"max-entries": [5]}, "cannot be `[5]`", "whole number", id="list"),
        pytest.param({"eviction": "Clear"}, "cannot be `Clear`", "`clear` or", id="capital"),
        pytest.param({"eviction": 3}, "cannot be `3`", "a word", id="number for a word"),
        pytest.param({"loud": "yes"}, "cannot be `yes`", "`true` or `false`", id="yes"),
        pytest.param({"loud": 1}, "cannot be `1`", "`true` or `false`", id="1"),
        pytest.param({"max-entry": "5"}, "no parameter", "`max-entries`", id="nearly"),
        pytest.param({"zzz": "5"}, "no parameter", "known: `max-entries`", id="unknown"),
    ],
)
def test_configure_refuses(given: dict[str, Any], what: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        Caps.configure(given)
    assert what in caught.value.what
    assert help in caught.value.help


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("cache-bound", ["cache-bounds"], "did you mean `cache-bounds`?"),
        ("qqq", ["cache-bounds", "lru"], "known: `cache-bounds`, `lru`"),
        ("qqq", [], ""),
    ],
)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_a_dataclass_that_was_forgotten_is_noticed() -> None:
    class Forgotten(Caps):
        size: int = param(1, help="x")

    with pytest.raises(AssertionError, match="no `@dataclass` above it"):
        Forgotten.parameters()


def test_a_codemod_without_judge_is_not_one() -> None:
    class Unfinished(Codemod):
        """Nothing."""

    with pytest.raises(TypeError):
        Unfinished()  # type: ignore[abstract]


@pytest.mark.parametrize(
    ("kind", "code"), [(RustfixMemError, 70), (UsageError, 2), (CodemodBug, 70)]
)
def test_whose_turn_it_is(kind: type[RustfixMemError], code: int) -> None:
    error = kind("what", "help")
    assert (error.exit_code, error.what, error.help, str(error)) == (code, "what", "help", "what")
