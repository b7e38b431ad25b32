"""What the programs of a package are offered behind a feature: one plan, one fix for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.cargo import programs
from rustfix_mem.cargo.dependencies import there
from rustfix_mem.cargo.files import said_of
from rustfix_mem.errors import Refused, Spared
from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone
from rustfix_mem.rust.write import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rustfix_mem.cargo.dependencies import Dependency
    from rustfix_mem.cargo.manifest import Target
    from rustfix_mem.cargo.programs import Owner
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.write.alternatives import Program
    from rustfix_mem.text import Edit


@dataclass
class Plan:
    """What is found out of the programs of one package."""

    owner: Owner
    feature: str
    files: Files
    named: bool = False
    """Whether the user named its programs: then it does not matter what they are for."""
    programs: list[Program] = field(default_factory=list)
    """Those that get it."""
    seen: dict[str, Program] = field(default_factory=dict)
    """All that could be looked at, by name."""
    edits: list[Edit] = field(default_factory=list)
    why: dict[str, None] = field(default_factory=dict)
    spared: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The programs that get it, for people."""
        return listed([one.name for one in self.programs])

    @property
    def build(self) -> str:
        """How a program is built with the feature, and with those that it needs to be built."""
        needed = programs.needed(self.owner, self.files.manifests)
        features = ",".join((self.feature, *needed))
        return f"cargo build --release --package {self.owner.package.name} --features {features}"

    def say(self, why: str) -> None:
        """A reason to be told, once for all programs."""
        self.why.setdefault(why)

    def each(self, edits: Callable[[Program], Iterable[Edit]]) -> None:
        """Plan the edits of every program; what `Spared` or `Refused` says is kept."""
        for target in self.owner.binaries:
            try:
                if aside := self._aside() or self._apart(target):
                    raise Spared(aside)
                self._check_alone(target)
                program = alternatives.program(target, self.owner.package, self.files)
                self.seen[target.name] = program
                made = tuple(edits(program))
            except Spared as spared:
                self.spared[target.name] = str(spared)
            except Refused as refused:
                self.refused[target.name] = str(refused)
            else:
                self.programs.append(program)
                self.edits += made

    def _check_alone(self, target: Target) -> None:
        """`Refused` if a package that would not have the feature builds the same file."""
        if other := programs.built_twice(target, self.owner.package, self.files.packages):
            raise Refused(
                f"the package `{other}` builds `{target.root}`, too, and has no such feature"
            )

    def _apart(self, target: Target) -> str:
        """Why one program is not for users, though others of its package may be."""
        return "" if self.named else programs.kept_apart(target, self.owner.package)

    def _aside(self) -> str:
        """Why a program is none that runs for hours, or cannot have it at all."""
        owner, manifests = self.owner, self.files.manifests
        aside = ""
        if not self.named:
            aside = programs.set_aside(owner.package)
            aside = aside or programs.beside_others(owner, self.files.packages, manifests)
        return aside or programs.wasm(owner, manifests, self.files.cargo_files)

    def finding(
        self, shape: str, wanted: Dependency, what: str, offer: str, by_hand: str
    ) -> Finding | LeftAlone:
        """The fix for all programs; or that nothing is offered, or has to be.

        `what` they cannot do without it; `offer` begins the title of the fix; `by_hand` says what
        to do where there is none.
        """
        if self.programs:
            try:
                added = programs.offered(self.feature, wanted, self.owner, self.files.manifests)
            except Refused as refused:
                self.refused |= {one.name: str(refused) for one in self.programs}
            else:
                return self._fix(shape, added, wanted, what, offer)
        return self._unchanged(shape, what, by_hand)

    def _fix(
        self, shape: str, added: tuple[Edit, ...], wanted: Dependency, what: str, offer: str
    ) -> Finding:
        first = self.programs[0]
        return Finding(
            path=first.begin.path,
            span=first.span,
            shape=shape,
            item=self.owner.package.name,
            message=f"{self.names} {what}",
            why=(
                *self.why,
                *self._new(wanted),
                *(f"{_stays(names)}: {why}" for why, names in self._others().items()),
            ),
            kind=Kind.PROPOSAL,
            fix=Fix(
                f"{offer} {self.names} behind the feature `{self.feature}`",
                (*added, *self.edits),
                Applicability.MAYBE_INCORRECT,
            ),
        )

    def _new(self, wanted: Dependency) -> list[str]:
        """That a dependency is new, which concerns `Cargo.lock`, too."""
        every = said_of(self.owner.manifest, self.files.manifests)[1]
        return [] if there(wanted, every) else [f"`{wanted.name}` is a new dependency"]

    def _unchanged(self, shape: str, what: str, by_hand: str) -> Finding | LeftAlone:
        name, manifest = self.owner.package.name, self.owner.manifest
        span = programs.place(manifest, self.files.manifests, ("package",))
        if not self.refused:
            return LeftAlone(manifest, span, name, self._reasons())
        first = next((self.seen[one] for one in self.refused if one in self.seen), None)
        return Finding(
            path=first.begin.path if first else manifest,
            span=first.span if first else span,
            shape=shape,
            item=name,
            message=f"{listed(list(self.refused))} {what}; no fix is offered",
            why=self._reasons(),
            help=by_hand,
            kind=Kind.PROPOSAL,
        )

    def _others(self) -> dict[str, list[str]]:
        """The programs that get nothing, by the reason."""
        true_of: dict[str, list[str]] = {}
        for name, why in (self.refused | self.spared).items():
            true_of.setdefault(why, []).append(name)
        return true_of

    def _reasons(self) -> tuple[str, ...]:
        """Why programs get nothing; each reason with those that it is true of, unless of all."""
        true_of = self._others()
        if len(true_of) == 1:
            return tuple(true_of)
        return tuple(f"{listed(names)}: {why}" for why, names in true_of.items())


def _stays(names: list[str]) -> str:
    return f"{listed(names)} {'stay as they are' if names[1:] else 'stays as it is'}"


def listed(names: list[str]) -> str:
    """Names as people list them: `a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
