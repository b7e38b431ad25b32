"""What may be wanted of one file: how it is made, and what it is if nobody looks."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rustfix_mem.rust.file import facts as facts_module
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import Construction, Deeds, FileFacts, Outline
from rustfix_mem.rust.file.look import about, look, made, outline
from rustfix_mem.rust.file.syntax import GRAMMAR

if TYPE_CHECKING:
    from rustfix_mem.codebase import Looks


class Wanted(Protocol):
    """Something that is made of the bytes of a file, and depends on nothing else."""

    @property
    def answer(self) -> Any:
        """The type of what is made."""

    @property
    def nothing(self) -> Any:
        """What is said of a file that is not looked at."""

    def broken(self, error: int) -> Any:
        """What is said of a file that the grammar does not understand there; None: look and see."""

    @property
    def version(self) -> bytes:
        """What decides, beside the bytes of a file, what is made of it."""

    def make(self, source: bytes) -> Any:
        """Make it here and now."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a file."""

    answer = FileFacts
    nothing = FileFacts(error=0)

    @property
    def version(self) -> bytes:
        return _version("facts")

    def broken(self, error: int) -> FileFacts:
        return FileFacts(error=error)

    def make(self, source: bytes) -> FileFacts:
        return look(source)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares."""

    answer = Outline
    nothing = Outline(error=0)

    @property
    def version(self) -> bytes:
        return _version("outline")

    def broken(self, error: int) -> Outline:
        return Outline(error=error)

    def make(self, source: bytes) -> Outline:
        return outline(source)


@dataclass(frozen=True, slots=True)
class About:
    """What the functions of a file do about some words: see `look.about`."""

    words: tuple[str, ...]
    answer = Deeds
    nothing = Deeds(error=0)

    @property
    def version(self) -> bytes:
        return _version("about", *self.words)

    def broken(self, error: int) -> Deeds:
        return Deeds(error=error)

    def make(self, source: bytes) -> Deeds:
        return about(source, self.words)


@dataclass(frozen=True, slots=True)
class Made:
    """Where a file makes values of types with some names: see `look.made`."""

    words: tuple[str, ...]
    answer = tuple[Construction, ...]
    nothing = ()

    @property
    def version(self) -> bytes:
        return _version("made", *self.words)

    def broken(self, error: int) -> tuple[Construction, ...]:
        return ()

    def make(self, source: bytes) -> tuple[Construction, ...]:
        return made(source, self.words)


@dataclass(frozen=True, slots=True)
class Sights:
    """What a codemod sees in a file."""

    codemod: type[Looks]
    nothing = ()

    @property
    def answer(self) -> Any:
        return tuple[self.codemod.sight, ...]  # type: ignore[name-defined] # at run time it is a type

    @property
    def version(self) -> bytes:
        module = self.codemod.__module__
        return _version(self.codemod.__qualname__, _source_digest(module))

    def broken(self, error: int) -> None:
        """A codemod may go by the text alone."""

    def make(self, source: bytes) -> list[Any]:
        with syntax.parsed(source) as tree:
            try:
                tree.strict = True
                return list(self.codemod.look(tree))
            except (RecursionError, syntax.NotUnderstood):
                return []


def _version(*parts: str) -> bytes:
    return "|".join((code_version(), *parts)).encode()


@cache
def code_version() -> str:
    """A hash of everything that decides what facts a file has."""
    room = Path(facts_module.__file__).parent  # it imports no other room but `text`
    digest = hashlib.sha256(f"{GRAMMAR}|{facts_module.SCHEMA}".encode())
    for file in sorted(room.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _source_digest(module: str) -> str:
    home = sys.modules[module].__file__
    assert home is not None
    return hashlib.sha256(Path(home).read_bytes()).hexdigest()[:16]
