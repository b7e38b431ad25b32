"""Everything that a codemod author needs, imported when it is first used.

A codemod imports from here and from nowhere deeper: what this module names is the public API,
and what it does not name may change in any release.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to load than `--version` may
if TYPE_CHECKING:
    from rustfix_mem.cargo import cargo_edit as cargo_edit
    from rustfix_mem.cargo import lockfile as lockfile
    from rustfix_mem.cargo import profiles as profiles
    from rustfix_mem.cargo import programs as programs
    from rustfix_mem.cargo.manifest import Package as Package
    from rustfix_mem.codebase import Codebase as Codebase
    from rustfix_mem.codemod import Codemod as Codemod
    from rustfix_mem.codemod import param as param
    from rustfix_mem.errors import Refused as Refused
    from rustfix_mem.errors import Spared as Spared
    from rustfix_mem.finding import Applicability as Applicability
    from rustfix_mem.finding import Finding as Finding
    from rustfix_mem.finding import Fix as Fix
    from rustfix_mem.finding import Kind as Kind
    from rustfix_mem.finding import LeftAlone as LeftAlone
    from rustfix_mem.rust.bounds import limits as limits
    from rustfix_mem.rust.bounds import pins as pins
    from rustfix_mem.rust.bounds import preallocation as preallocation
    from rustfix_mem.rust.bounds import remarks as remarks
    from rustfix_mem.rust.bounds import unbounded as unbounded
    from rustfix_mem.rust.cap import placement as placement
    from rustfix_mem.rust.file import buffers as buffers
    from rustfix_mem.rust.file import frames as frames
    from rustfix_mem.rust.file import numbers as numbers
    from rustfix_mem.rust.file import outputs as outputs
    from rustfix_mem.rust.file import process_reads as process_reads
    from rustfix_mem.rust.file import queues as queues
    from rustfix_mem.rust.file import scrollbacks as scrollbacks
    from rustfix_mem.rust.file import shells as shells
    from rustfix_mem.rust.file import skim as skim
    from rustfix_mem.rust.file import statics as statics
    from rustfix_mem.rust.file import syntax as syntax
    from rustfix_mem.rust.file import wide as wide
    from rustfix_mem.rust.file import wraps as wraps
    from rustfix_mem.rust.output import capped as capped
    from rustfix_mem.rust.output import needs as needs
    from rustfix_mem.rust.output import partial as partial
    from rustfix_mem.rust.removal import removal as removal
    from rustfix_mem.rust.sharing import sharing as sharing
    from rustfix_mem.rust.sharing import small_types as small_types
    from rustfix_mem.rust.statics import clearing as clearing
    from rustfix_mem.rust.statics import dependence as dependence
    from rustfix_mem.rust.verdict import doubtful as doubtful
    from rustfix_mem.rust.verdict import growth as growth
    from rustfix_mem.rust.verdict import widths as widths
    from rustfix_mem.rust.whole import mains as mains
    from rustfix_mem.rust.whole import shipped as shipped
    from rustfix_mem.rust.whole import types as types
    from rustfix_mem.rust.whole.gates import Gate as Gate
    from rustfix_mem.rust.write import alternatives as alternatives
    from rustfix_mem.rust.write import offers as offers
    from rustfix_mem.text import Edit as Edit
    from rustfix_mem.text import Span as Span

__version__ = "0.1.0"

_HOMES = {
    "Applicability": "finding",
    "Codebase": "codebase",
    "Codemod": "codemod",
    "Edit": "text",
    "Finding": "finding",
    "Fix": "finding",
    "Gate": "rust.whole.gates",
    "Kind": "finding",
    "LeftAlone": "finding",
    "Refused": "errors",
    "Package": "cargo.manifest",
    "Span": "text",
    "Spared": "errors",
    "param": "codemod",
}
_ROOMS = {
    "alternatives": "rust.write",
    "buffers": "rust.file",
    "capped": "rust.output",
    "cargo_edit": "cargo",
    "clearing": "rust.statics",
    "dependence": "rust.statics",
    "doubtful": "rust.verdict",
    "frames": "rust.file",
    "growth": "rust.verdict",
    "limits": "rust.bounds",
    "lockfile": "cargo",
    "mains": "rust.whole",
    "needs": "rust.output",
    "numbers": "rust.file",
    "offers": "rust.write",
    "outputs": "rust.file",
    "partial": "rust.output",
    "pins": "rust.bounds",
    "placement": "rust.cap",
    "preallocation": "rust.bounds",
    "process_reads": "rust.file",
    "profiles": "cargo",
    "programs": "cargo",
    "queues": "rust.file",
    "remarks": "rust.bounds",
    "removal": "rust.removal",
    "scrollbacks": "rust.file",
    "sharing": "rust.sharing",
    "shells": "rust.file",
    "shipped": "rust.whole",
    "skim": "rust.file",
    "small_types": "rust.sharing",
    "statics": "rust.file",
    "syntax": "rust.file",
    "types": "rust.whole",
    "unbounded": "rust.bounds",
    "wide": "rust.file",
    "widths": "rust.verdict",
    "wraps": "rust.file",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES and name not in _ROOMS:  # asked for each module before it is imported
        raise AttributeError(f"module `rustfix_mem` has no attribute `{name}`")
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"rustfix_mem.{_HOMES[name]}"), name)
    return import_module(f"rustfix_mem.{_ROOMS[name]}.{name}")
