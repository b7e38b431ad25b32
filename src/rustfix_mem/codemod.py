"""What a codemod is: a frozen dataclass that looks at facts and judges them.

It never edits, prints, reads the disk or asks git.
"""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rustfix_mem.errors import UsageError, did_you_mean
from rustfix_mem.finding import Applicability, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from rustfix_mem.codebase import Codebase
    from rustfix_mem.finding import Finding, LeftAlone
    from rustfix_mem.rust.file.syntax import Tree
    from rustfix_mem.rust.whole.gates import Gate


T = TypeVar("T", int, str, bool)

RESERVED = ("paths", "per_path")
"""What the configuration has beside parameters."""


def param(
    default: T,
    *,
    help: str,
    unit: str = "",
    at_least: int | None = None,
    at_most: int | None = None,
    choices: Sequence[str] = (),
) -> T:
    """A parameter of a codemod: an option on the command line and a key in the configuration."""
    metadata = {
        "help": help,
        "unit": unit,
        "at_least": at_least,
        "at_most": at_most,
        "choices": tuple(choices),
    }
    made: T = dataclasses.field(default=default, metadata=metadata)
    return made


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the user sees it; `name` is spelled as typed, `max-entries`."""

    name: str
    default: int | str | bool
    help: str
    unit: str
    at_least: int | None
    at_most: int | None
    choices: tuple[str, ...]

    @property
    def bounds(self) -> str:
        """What a number may be, in words: `at least 1, at most 9`; empty if anything."""
        least = f"at least {self.at_least}" if self.at_least is not None else ""
        most = f"at most {self.at_most}" if self.at_most is not None else ""
        return ", ".join(bound for bound in (least, most) if bound)

    def parse(self, value: object) -> int | str | bool:
        """`value`, from the command line or from TOML, checked; raises `UsageError`."""
        parsed = _parse(self, value)
        if self.choices and parsed not in self.choices:
            offered = " or ".join(f"`{choice}`" for choice in self.choices)
            raise UsageError(f"`{self.name}` cannot be `{value}`", f"give {offered}")
        if self.at_least is not None and isinstance(parsed, int) and parsed < self.at_least:
            raise UsageError(
                f"`{self.name}` cannot be {parsed}", f"give a number of at least {self.at_least}"
            )
        if self.at_most is not None and isinstance(parsed, int) and parsed > self.at_most:
            raise UsageError(
                f"`{self.name}` cannot be {parsed}", f"give a number of at most {self.at_most}"
            )
        return parsed


@dataclasses.dataclass(frozen=True, kw_only=True)
class Codemod(ABC):
    """A frozen dataclass: its fields are its parameters, its docstring is its manual."""

    given: frozenset[str] = frozenset()
    """The parameters that someone set, spelled as typed (`max-entries`), wherever they did; the
    others have their defaults. `configure` fills it in; it is no parameter itself."""

    guide: ClassVar[str]
    """Sections of the memory guide that it applies, `2.1, 3.1`."""

    level: ClassVar[Applicability]
    """The highest level that its fixes reach; the manual says why it is not higher."""

    kind: ClassVar[Kind] = Kind.DEFECT

    gate: ClassVar[Gate]
    """A Rust file that holds none of these is not parsed on behalf of this codemod."""

    sight: ClassVar[type[Any] | None] = None
    """What `look` yields: a frozen dataclass of plain data. None for a codemod that does not look
    itself: the facts of every file that passes its gate are made at once."""

    @classmethod
    def name(cls) -> str:
        """The module's name as the user types it: `cache_bounds` is `cache-bounds`."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    @classmethod
    def manual(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def summary(cls) -> str:
        """The manual's first line."""
        return cls.manual().partition("\n")[0]

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        ours = {known.name for known in dataclasses.fields(Codemod)}
        left = [name for name, value in vars(cls).items() if isinstance(value, dataclasses.Field)]
        assert not left, f"`{cls.__name__}` has parameters, but no `@dataclass` above it"
        made: list[Parameter] = []
        for known in dataclasses.fields(cls):
            if known.name in ours:
                assert not known.metadata, f"`{known.name}` cannot be the name of a parameter"
                continue
            assert known.name not in RESERVED, f"`{known.name}` cannot be the name of a parameter"
            default = known.default
            assert isinstance(default, int | str | bool), f"`{known.name}` has no default"
            made.append(Parameter(known.name.replace("_", "-"), default, **known.metadata))
        return tuple(made)

    @classmethod
    def configure(cls, values: Mapping[str, Any]) -> Self:
        """Build the codemod from strings or plain values keyed as the user writes them."""
        known = {parameter.name: parameter for parameter in cls.parameters()}
        parsed: dict[str, int | str | bool] = {}
        for key, value in values.items():
            name = key.replace("_", "-")
            if name not in known:
                raise UsageError(
                    f"`{cls.name()}` has no parameter `{key}`", did_you_mean(name, known)
                )
            parsed[name] = known[name].parse(value)
        fields: dict[str, Any] = {name.replace("-", "_"): one for name, one in parsed.items()}
        return cls(**fields, given=frozenset(parsed))

    @classmethod
    def look(cls, tree: Tree) -> Iterable[Any]:
        """What is worth keeping of one file that passes the gate and was understood.

        Runs in a worker and is cached by the bytes of the file, so it may depend on nothing else:
        no other file, no parameter, no path. `judge` asks for it with `Codebase.sights`.
        """
        return ()

    @abstractmethod
    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        """Yield what is worth saying about `codebase`. Reads only; the engine does the writing."""


LONGEST_NUMBER = 30
"""Digits: far more than any parameter needs, far less than Python refuses to read."""


def _parse(parameter: Parameter, value: object) -> int | str | bool:
    """A value from TOML passes if it is of the kind; a string from the command line is read."""
    kind = type(parameter.default)
    if type(value) is kind:
        return value
    if kind is int and isinstance(value, str):
        digits = value.replace("_", "").removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER:
            return int(value.replace("_", ""))
    if kind is bool and value in ("true", "false"):
        return value == "true"
    wants = {int: "a whole number", bool: "`true` or `false`", str: "a word"}[kind]
    raise UsageError(f"`{parameter.name}` cannot be `{value}`", f"give {wants}")
