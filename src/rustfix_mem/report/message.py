"""The commit message of a change: what was done, what was not, and how to do it again.

All that comes from the repository is put on one line, so that none of it can pass for a
trailer. Neither a path of the machine nor a number of workers is in it: the same input gives
the same commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from shlex import join
from typing import TYPE_CHECKING

from rustfix_mem.finding import Applicability
from rustfix_mem.git import commit
from rustfix_mem.lock import Locks
from rustfix_mem.report.snippet import place
from rustfix_mem.report.terminal import expanded, plural
from rustfix_mem.scope import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.codemod import Codemod
    from rustfix_mem.reported import Located
    from rustfix_mem.scope import Scope

LISTED = 50
SUBJECT = 72


@dataclass(frozen=True, slots=True)
class Asked:
    """How a change was asked for, beside its parameters."""

    trust: Applicability = Applicability.MAYBE_INCORRECT
    names: tuple[str, ...] = ()
    """What a stack is asked for with: `all`, or the names of its codemods."""
    stack: tuple[Codemod, ...] = ()
    """Those of its codemods up to this one; empty for a branch of its own."""
    lock: bool = False
    """Whether `--lock` made a difference: to this change, or to one below it in a stack."""


PLAINLY = Asked()


NO_LOCKS = Locks()


def message(changes: ChangeSet, asked: Asked, version: str, locks: Locks = NO_LOCKS) -> str:
    """The whole message but for the trailers that `branch.build` adds: base and tree."""
    codemod = changes.codemod
    given = _parameters(codemod)
    sections = [
        "\n".join(["Changed:", *_listed(_change(one) for one in changes.applied)]),
        "\n".join(_reported(changes)),
        "\n".join(_locked(locks)),
        "\n".join([f"Parameters: {_equal(given) or 'none'}", *_by_path(changes)]),
        f"Command: {command(codemod, asked, changes.scope)}",
    ]
    trailers = {
        "Version": version,
        "Codemod": codemod.name(),
        "Parameters": join(f"{name}={value}" for name, value in given),
    }
    body = "\n\n".join(section for section in sections if section)
    return commit.message(subject(changes), body, {k: v for k, v in trailers.items() if v})


def subject(changes: ChangeSet) -> str:
    """`Cap 2 caches that grow without a bound (cache-bounds)`."""
    name = changes.codemod.name()
    said = f"{_what(changes)} ({name})"
    if len(said) > SUBJECT:
        said = f"{changes.codemod.summary().rstrip('.')} ({name})"
    return said


def command(codemod: Codemod, asked: Asked = PLAINLY, scope: Scope = EVERYWHERE) -> str:
    """What to type to get this commit again, in any clone: for one of a stack, with those below."""
    if asked.stack:
        words = ["rustfix-mem", "apply", *asked.names, "--stack"]
        for one in asked.stack:
            for name, value in _given(one, scope):
                words += ["--set", f"{one.name()}.{name}={value}"]
    else:
        words = ["rustfix-mem", "apply", codemod.name()]
        defaults = {one.name: one.default for one in codemod.parameters()}
        for name, value in _given(codemod, scope):
            words += _as_option(name, value, isinstance(defaults[name], bool))
    if asked.trust is not Applicability.MAYBE_INCORRECT:
        words += ["--trust", asked.trust.word]
    if asked.lock:
        words += ["--lock"]
    return join(words)


def _given(codemod: Codemod, scope: Scope) -> Iterator[tuple[str, str]]:
    """The parameters that must be typed.

    What a file of the base sets is there in every clone; as an option it would be stronger than
    what that file sets by path.
    """
    origins = scope.origins(codemod.name())
    in_base = {name for name, layer in origins.items() if layer.in_base}
    defaults = {one.name: one.default for one in codemod.parameters()}
    for name, value in _parameters(codemod):
        if name in in_base:
            continue
        if name in codemod.given or value != _spelled(defaults[name]):
            yield name, value


def _what(changes: ChangeSet) -> str:
    """One fix by its title; several by the manual's first line, counted where it can be."""
    count = len(changes.applied)
    only = changes.applied[0].finding.fix if count == 1 else None
    if only:
        title = expanded(only.title)
        return title[:1].upper() + title[1:]
    verb, _, rest = changes.codemod.summary().rstrip(".").partition(" ")
    if rest.partition(" ")[0].endswith("s"):  # "Cap caches that …"
        return f"{verb} {count} {rest}"
    return f"{verb} {rest}, in {plural(count, 'place')}"


def _change(located: Located) -> str:
    fix = located.finding.fix
    done = f"{expanded(fix.title)} ({fix.applicability.word})" if fix else ""
    return f"- {place(located)}: {done}"


def _locked(locks: Locks) -> Iterator[str]:
    for path in locks.left:
        yield f"{expanded(path)} is as it was: `cargo update --workspace` brings it in step."
    for path in locks.changed:
        yield f"{expanded(path)} was brought in step by cargo."
    if locks.added:
        yield f"New in it: {', '.join(map(expanded, locks.added))}"
    if locks.gone:
        yield f"Gone from it: {', '.join(map(expanded, locks.gone))}"


def _reported(changes: ChangeSet) -> Iterator[str]:
    if changes.reported:
        yield "Reported, and left alone:"
        yield from _listed(map(_report, changes.reported))


def _report(located: Located) -> str:
    finding = located.finding
    said = "; ".join([finding.message, *finding.why])
    if finding.fix:
        said += f" (a fix is at hand: {finding.fix.applicability.word})"
    return f"- {place(located)}: {expanded(said)}"


def _listed(lines: Iterator[str]) -> list[str]:
    whole = list(lines)
    more = [f"- and {len(whole) - LISTED} more"] if len(whole) > LISTED else []
    return whole[:LISTED] + more


def _parameters(codemod: Codemod) -> list[tuple[str, str]]:
    names = [one.name for one in codemod.parameters()]
    return [(name, _spelled(getattr(codemod, name.replace("-", "_")))) for name in names]


def _by_path(changes: ChangeSet) -> Iterator[str]:
    """The parameters that some files have of their own."""
    for layer, values in changes.scope.by_path(changes.codemod.name()):
        said = _equal([(name, _spelled(value)) for name, value in values.items()])
        yield f"Parameters in {expanded(', '.join(layer.paths.patterns))}: {expanded(said)}"


def _equal(given: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in given)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_option(name: str, value: str, is_flag: bool) -> list[str]:
    if is_flag:
        return [f"--{name}" if value == "true" else f"--no-{name}"]
    return [f"--{name}", value]
