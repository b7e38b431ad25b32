"""A baseline: findings that are known, in a file that people review, and hidden until they change.

Only the fingerprint counts; codemod, path and item say which finding it is. A line an entry, in a
fixed order, so that a diff shows what came and what went.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from shlex import join
from typing import TYPE_CHECKING, Any

from rustfix_mem.errors import UsageError
from rustfix_mem.report.terminal import whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rustfix_mem.reported import Located, Report

VERSION = 1
FILE = "rustfix-mem-baseline.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One known finding, in the order of its field names in the file."""

    path: str
    item: str
    codemod: str
    fingerprint: str


_FIELDS = ("fingerprint", "codemod", "path", "item")


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline did to a report: hid so many; so many of its entries were not found."""

    file: str
    hidden: int
    stale: int
    written: bool = False

    @property
    def writes(self) -> str:
        """What to type to have it written anew."""
        return write_command(self.file)


def write_command(file: str) -> str:
    return join(["rustfix-mem", "check", "--baseline", file, "--write-baseline"])


def read(data: bytes, file: str) -> tuple[Entry, ...]:
    """The entries of a baseline; raises `UsageError` for anything that is not one."""
    try:
        value = json.loads(data)
    except UnicodeDecodeError:
        raise _bad(file, "not UTF-8") from None
    except RecursionError:
        raise _bad(file, "nested too deeply") from None
    except json.JSONDecodeError as error:
        what = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise _bad(file, f"line {error.lineno}, column {error.colno}: {what}") from None
    return _entries(value, file)


def written(entries: Iterable[Entry]) -> bytes:
    """The file: sorted, each fingerprint once, on a line of its own; the last of two wins."""
    once = {entry.fingerprint: entry for entry in entries}.values()
    lines = ",\n".join(f"    {_line(entry)}" for entry in sorted(once, key=_order))
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'.encode()


def hidden(report: Report, entries: Collection[Entry]) -> Report:
    """`report` without what is known."""
    known = {entry.fingerprint for entry in entries}
    return replace(
        report, findings=tuple(one for one in report.findings if one.fingerprint not in known)
    )


def stale(entries: Iterable[Entry], report: Report, ran: Collection[str]) -> tuple[Entry, ...]:
    """Entries that were looked for and are not in `report`, which must be a whole one.

    What a codemod would say that did not run, or of a file that was skipped, nobody knows.
    """
    found = {one.fingerprint for one in report.findings}
    skipped = {whole(one.path) for one in report.skipped}
    return tuple(
        entry
        for entry in entries
        if entry.codemod in ran and entry.path not in skipped and entry.fingerprint not in found
    )


def entry_of(located: Located) -> Entry:
    finding = located.finding
    return Entry(whole(finding.path), whole(finding.item), located.codemod, located.fingerprint)


def _line(entry: Entry) -> str:
    return json.dumps({name: getattr(entry, name) for name in _FIELDS}, ensure_ascii=False)


def _order(entry: Entry) -> tuple[str, ...]:
    return entry.path, entry.item, entry.codemod, entry.fingerprint


def _entries(value: Any, file: str) -> tuple[Entry, ...]:
    if not isinstance(value, dict) or "version" not in value:
        raise _bad(file, "there is no `version` in it")
    if value["version"] is True or value["version"] != VERSION:
        said = str(value["version"])
        raise UsageError(
            f"`{file}` is a baseline of version {said}, and this tool knows {VERSION}",
            "update rustfix-mem, or remove the file and write it anew",
        )
    listed = value.get("findings")
    if not isinstance(listed, list) or value.keys() != {"version", "findings"}:
        raise _bad(file, "it must have `version` and a list `findings`, and nothing else")
    return tuple(_entry(one, number, file) for number, one in enumerate(listed, 1))


def _entry(value: Any, number: int, file: str) -> Entry:
    fits = isinstance(value, dict) and value.keys() == set(_FIELDS)
    if not fits or not all(isinstance(one, str) for one in value.values()):
        names = ", ".join(f"`{name}`" for name in _FIELDS)
        raise _bad(file, f"finding {number} must have {names}, all of them text")
    return Entry(**value)


def _bad(file: str, why: str) -> UsageError:
    return UsageError(
        f"`{file}` is no baseline: {why}",
        f"correct it, or remove it and type `{write_command(file)}`",
    )
