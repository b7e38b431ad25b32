"""What data are of which there are very many: msgspec's structs, in place of frozen dataclasses."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct, structs


class Plain(Struct, frozen=True, array_like=True, gc=False):
    """Data of which there are very many, and no cycles: what of a file is kept or sent on.

    A struct is made in an eighth of the time that a frozen dataclass takes, is packed in a fifth
    (measured), and takes a third less memory.
    """


P = TypeVar("P", bound=Plain)


def changed(data: P, **fields: Any) -> P:
    """The same data but for some fields."""
    return structs.replace(data, **fields)
