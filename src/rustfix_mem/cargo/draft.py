"""Several insertions, each made where the earlier ones are there already, as edits of the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.text import Edit, Span, apply

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, eq=False)
class Draft(Mapping[str, bytes]):
    """Files as they will be. `base` is what they are; `edits` lead from there to here."""

    base: Mapping[str, bytes]
    edits: tuple[Edit, ...] = ()

    def __getitem__(self, path: str) -> bytes:
        return apply(self.base[path], [edit for edit in self.edits if edit.path == path])

    def __iter__(self) -> Iterator[str]:
        return iter(self.base)

    def __len__(self) -> int:
        return len(self.base)

    def plus(self, edits: tuple[Edit, ...]) -> Draft:
        """With insertions made whose offsets are those of this draft."""
        merged = self.edits
        for edit in sorted(edits, reverse=True):  # from behind, so that offsets stay true
            merged = _merged(merged, edit)
        return Draft(self.base, merged)


def together(
    manifests: Mapping[str, bytes], *steps: Callable[[Mapping[str, bytes]], tuple[Edit, ...]]
) -> tuple[Edit, ...]:
    """The edits of several steps, each of which sees what the earlier ones have put in.

    Two tables that are new at one place would conflict as edits of their own.
    """
    draft = Draft(manifests)
    for step in steps:
        draft = draft.plus(step(draft))
    return draft.edits


def base(manifests: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files as they were before anything was put in."""
    while isinstance(manifests, Draft):
        manifests = manifests.base
    return manifests


def _merged(edits: tuple[Edit, ...], new: Edit) -> tuple[Edit, ...]:
    if new.span.start != new.span.end:
        raise ValueError(f"not an insertion: {new}")
    at, shift = new.span.start, 0
    for edit in edits:
        if edit.path != new.path:
            continue
        start, text = edit.span.start + shift, edit.text.encode()
        if at < start:
            break
        if at <= start + len(text):
            into = text[: at - start] + new.text.encode() + text[at - start :]
            whole = Edit(edit.path, edit.span, into.decode())
            return tuple(whole if one is edit else one for one in edits)
        shift += len(text)
    return tuple(sorted((*edits, Edit(new.path, Span(at - shift, at - shift), new.text))))
