"""What was made last, up to a bound: the rest is made again when it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Recent(Generic[T]):
    """Values by key; together they cost at most `most`, but for one that costs more alone."""

    most: int
    _values: OrderedDict[bytes, tuple[T, int]] = field(default_factory=OrderedDict)
    _cost: int = 0

    def get(self, key: bytes) -> T | None:
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: bytes, value: T, cost: int) -> None:
        """Keep one, and let go of those that were not asked for the longest."""
        _, before = self._values.pop(key, (None, 0))
        self._values[key] = value, cost
        self._cost -= before
        self._cost += cost
        while self._cost > self.most and len(self._values) > 1:
            _, (_, gone) = self._values.popitem(last=False)
            self._cost -= gone
