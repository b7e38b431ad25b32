"""From a snapshot to its codebase: which files there are, and who looks first at which."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rustfix_mem.cargo import lockfile
from rustfix_mem.codebase import Codebase
from rustfix_mem.looker import MAX_BYTES, WORTH_MORE, Looker
from rustfix_mem.rust.bounds import pins
from rustfix_mem.rust.whole.gates import passed_by
from rustfix_mem.sources import Texts
from rustfix_mem.wanted import Facts, Sights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rustfix_mem.codebase import Looks
    from rustfix_mem.git.snapshot import Snapshot
    from rustfix_mem.rust.whole.gates import Gate
    from rustfix_mem.sources import Source
    from rustfix_mem.wanted import Wanted

READ = (".rs", "Cargo.toml", "rustfmt.toml", *lockfile.FILES, *pins.READ)
"""How the paths end that `codebase_of` reads, for who makes a snapshot of only those."""


def codebase_of(
    snapshot: Snapshot, codemods: Sequence[type[Looks]], looker: Looker, thorough: bool = True
) -> Codebase:
    """The codebase of a snapshot; what passes the codemods' gates is looked at first, together."""
    rust, cargo, rustfmt, *_ = READ
    rust_files = snapshot.regular(rust)
    read = snapshot.read_many([*rust_files, *snapshot.regular(cargo), *snapshot.regular(rustfmt)])
    rust_read = islice(read, len(rust_files))
    sources, passed = _read(rust_read, snapshot, codemods, looker)
    others = dict(read)
    codebase = Codebase(
        sources,
        {p: it for p, it in others.items() if p == cargo or p.endswith(f"/{cargo}")},
        looker,
        {p: it for p, it in others.items() if p.endswith(rustfmt)},
        lambda: _documents(snapshot),
        thorough,
        lambda: _cargo_files(snapshot),
        passed,
    )
    wanted = [(path, _first(codemod)) for codemod in codemods for path in codebase.passed(codemod)]
    looker.prepare([(sources.source(path), of) for path, of in wanted])
    codebase.prepare([path for path, of in wanted if of == Facts()])
    return codebase


def _read(
    read: Iterable[tuple[str, bytes]],
    snapshot: Snapshot,
    codemods: Sequence[type[Looks]],
    looker: Looker,
) -> tuple[Texts, dict[Gate, tuple[str, ...]]]:
    """All files, and which of them pass each gate: those are looked at while git reads on."""
    sources = Texts()
    passed: dict[Gate, list[str]] = {codemod.gate: [] for codemod in codemods}
    every = passed_by(read, passed) if passed else ((path, text, []) for path, text in read)
    some: list[tuple[Source, Wanted]] = []
    size = 0
    for path, text, gates in every:
        source = sources.put(path, text, snapshot.id(path))
        for gate in gates:
            passed[gate].append(path)
        some += [(source, _first(codemod)) for codemod in codemods if codemod.gate in gates]
        size += len(text) if gates else 0
        if size >= WORTH_MORE:
            looker.begin(some)
            some, size = [], 0
    return sources, {gate: tuple(paths) for gate, paths in passed.items()}


def _first(codemod: type[Looks]) -> Wanted:
    """What a codemod wants of each file that passes its gate."""
    return Sights(codemod) if codemod.sight is not None else Facts()


def _cargo_files(snapshot: Snapshot) -> dict[str, bytes]:
    """Every lock file and every settings file of cargo's."""
    paths = [p for name in lockfile.FILES for p in snapshot.regular(name)]
    return dict(snapshot.read_many(p for p in paths if f"/{p}".endswith(lockfile.PLACES)))


def _documents(snapshot: Snapshot) -> dict[str, bytes]:
    """Every document and settings file that is not large."""
    paths = [p for suffix in pins.READ for p in snapshot.regular(suffix)]
    paths = [p for p in paths if not p.endswith(("Cargo.toml", "package-lock.json"))]
    return {p: source for p, source in snapshot.read_many(paths) if len(source) <= MAX_BYTES}
