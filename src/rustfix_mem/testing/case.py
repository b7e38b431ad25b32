"""A case: one crate before, perhaps one after, and what the codemod must say of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rustfix_mem import changeset, registry
from rustfix_mem.errors import UsageError, did_you_mean
from rustfix_mem.git.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.codemod import Codemod


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `[expect]` of `case.toml` demands; whatever is empty is not checked."""

    reported: tuple[str, ...] = ()
    """Items that must be reported without a fix."""
    left_alone: tuple[str, ...] = ()
    """Items that must be looked at and left alone."""
    level: str = ""
    """The level of every applied fix, `machine-applicable`."""
    reason: str = ""
    """Words that must occur in a reason given for the items above, or for any if none is named."""


@dataclass(frozen=True, slots=True)
class Case:
    """A folder `fixtures/<codemod>/<case>/`. Nothing is read before it is asked for."""

    codemod: type[Codemod]
    folder: Path

    def __str__(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def before(self) -> Path:
        return self.folder / "before"

    @property
    def after(self) -> Path:
        """Where the rewritten crate is, or would be."""
        return self.folder / "after"

    @property
    def findings(self) -> Path:
        return self.folder / "findings.txt"

    @property
    def rewrites(self) -> bool:
        """Whether the codemod is to change this crate."""
        return self.after.is_dir()

    @property
    def final(self) -> Path:
        """The crate in which nothing is left to do."""
        return self.after if self.rewrites else self.before

    @property
    def trap(self) -> str:
        """Which trap the case shows, in one line of plain words; empty if it says none."""
        trap = self._file().get("trap", "")
        if not isinstance(trap, str) or "\n" in trap or "|" in trap:
            raise UsageError(f"{self}/case.toml: `trap` is no line of text", "write one plain line")
        return trap

    @property
    def features(self) -> tuple[str, ...]:
        """With which features `after/` is built and tested too, one at a time, then all."""
        return features_of(self._file(), str(self))

    @property
    def expect(self) -> Expectation:
        table = self._table("expect")
        known = ("reported", "left-alone", "level", "reason")
        for key in set(table) - set(known):
            raise UsageError(f"{self}: `[expect]` has no key `{key}`", did_you_mean(key, known))
        return Expectation(
            reported=tuple(table.get("reported", ())),
            left_alone=tuple(table.get("left-alone", ())),
            level=table.get("level", ""),
            reason=table.get("reason", ""),
        )

    def configured(self) -> Codemod:
        """The codemod with this case's parameters."""
        try:
            return self.codemod.configure(self._table("params"))
        except UsageError as error:
            raise UsageError(f"{self}/case.toml: {error.what}", error.help) from error

    def plan(self, crate: Path) -> ChangeSet:
        """What the codemod, with this case's parameters, would do to `crate`."""
        return changeset.plan(self.configured(), Snapshot.of_folder(crate), jobs=1)

    def _table(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._file().get(name, {})
        return found

    def _file(self) -> Mapping[str, Any]:
        """All of `case.toml`."""
        file = self.folder / "case.toml"
        if not file.exists():
            return {}
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{self}/case.toml: {error}", "put the TOML right") from error
        for key in set(tables) - {"trap", "features", "params", "expect"}:
            raise UsageError(
                f"{self}/case.toml has `{key}`",
                "use `trap`, `features`, `[params]` and `[expect]`",
            )
        return tables


def features_of(tables: Mapping[str, Any], case: str) -> tuple[str, ...]:
    """`features` of a `case.toml`: a list of names, `package/name` in a workspace."""
    found = tables.get("features", [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"{case}/case.toml: `features` is no list", 'write `features = ["name"]`')
    return tuple(found)


def cases(fixtures: Path, codemods: Mapping[str, type[Codemod]] | None = None) -> tuple[Case, ...]:
    """Every case of `codemods` (all that are registered) in `fixtures`, in order of name."""
    known = registry.discover() if codemods is None else codemods
    return tuple(
        Case(codemod, folder)
        for name, codemod in sorted(known.items())
        for folder in case_folders(fixtures, name)
    )


def case_folders(fixtures: Path, codemod: str = "*") -> list[Path]:
    """The folders of the cases of one codemod, or of all."""
    return sorted(before.parent for before in fixtures.glob(f"{codemod}/*/before"))
