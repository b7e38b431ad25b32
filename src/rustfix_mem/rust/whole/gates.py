"""Which files are looked at for a codemod: those that hold what its gate names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Gate = tuple[bytes | re.Pattern[bytes], ...]
"""What a file must hold, one of them at least, to be looked at. A pattern had better begin with a
literal: it is searched for eight times as fast (measured, 163 MB of Rust)."""


def passing(
    sources: Iterable[tuple[str, bytes]], gates: Iterable[Gate]
) -> dict[Gate, tuple[str, ...]]:
    """The paths that pass each gate, in the order of `sources`."""
    found: dict[Gate, list[str]] = {gate: [] for gate in gates}
    for path, _, passed in passed_by(sources, found):
        for gate in passed:
            found[gate].append(path)
    return {gate: tuple(paths) for gate, paths in found.items()}


def passed_by(
    sources: Iterable[tuple[str, bytes]], gates: Iterable[Gate]
) -> Iterator[tuple[str, bytes, list[Gate]]]:
    """Each path with its bytes and the gates that it passes: one pass for all literals."""
    from ahocorasick_rs import BytesAhoCorasick  # who asks nothing of the text needs none of it

    gates = dict.fromkeys(gates)
    literals = sorted({one for gate in gates for one in gate if isinstance(one, bytes) and one})
    automaton = BytesAhoCorasick(literals)
    by_literal = [frozenset(gate for gate in gates if one in gate) for one in literals]
    everywhere = frozenset(gate for gate in gates if b"" in gate)
    patterns = {gate: [one for one in gate if not isinstance(one, bytes)] for gate in gates}
    for path, source in sources:
        seen = {at[0] for at in automaton.find_matches_as_indexes(source, overlapping=True)}
        passed = everywhere.union(*(by_literal[index] for index in seen))
        yield (
            path,
            source,
            [
                gate
                for gate in gates
                if gate in passed or any(pattern.search(source) for pattern in patterns[gate])
            ],
        )
