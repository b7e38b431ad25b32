"""Write what a codemod does and says into a case: `after/` and `findings.txt`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.testing import checks, findings

if TYPE_CHECKING:
    from rustfix_mem.testing.case import Case


def bless_after(case: Case) -> list[str]:
    """Make `after/` what the codemod makes of `before/`; says what that did to the case."""
    changes = case.plan(case.before)
    made, had = checks.contents(changes.after), case.rewrites
    if made == checks.contents(changes.before):
        if not had:
            return []
        shutil.rmtree(case.after)
        return [f"REMOVED {case}/after: the codemod no longer changes before/"]
    if had and made == checks.contents(Snapshot.of_folder(case.after)):
        return []
    shutil.rmtree(case.after, ignore_errors=True)
    shutil.copytree(case.before, case.after, ignore=shutil.ignore_patterns("target"))
    for path, source in made.items():
        (case.after / path).write_bytes(source)
    return [f"{'rewrote' if had else 'CREATED'} {case}/after"]


def bless_findings(case: Case) -> list[str]:
    """Make `findings.txt` what the codemod says of `before/`; nothing said, no file."""
    said = findings.render(case.plan(case.before)).encode()
    stored = case.findings.read_bytes() if case.findings.exists() else b""
    if said == stored:
        return []
    if not said:
        case.findings.unlink()
        return [f"REMOVED {case}/findings.txt: the codemod says nothing of before/"]
    case.findings.write_bytes(said)
    return [f"wrote {case}/findings.txt"]
