"""Which numbers say how much a cache keeps, or for how long; a fact each, judged by all files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rustfix_mem.rust.bounds.spared import CACHED, LONG, is_bytes, spared, spoken
from rustfix_mem.rust.file.facts import FileFacts, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef, Number, TypeTree
    from rustfix_mem.rust.whole.files import Files

GATE = (
    b"Cache::new(",
    b"Cache::builder",
    b"LruCache",
    b"LruMap",
    b"ByLength",
    b"#[cached",
    b"memoize",
    b"CACHE_",
    b"_CACHE",
    b"_cache_",
    b"max_entries:",
    b"capacity:",
    b"ttl:",
    b"_TTL",
)
"""Literals without which a file holds no number that this module would speak of."""

MANY = frozenset(("CAPACITY", "ENTRIES", "ITEMS"))
MOST = frozenset(("MAX", "LIMIT", "SIZE", "CAP"))
LONG_PAIRS = (("MAX", "AGE"), ("TIME", "LIVE"), ("TIME", "IDLE"))

OTHERWISE = frozenset(
    "BYTES BYTE KB MB GB KIB MIB MEMORY WEIGHT HITS LEN LENGTH WIDTH HEIGHT DEPTH TOKENS CHARS"
    " LINES LINE PERCENT RATIO THRESHOLD VERSION ID PORT".split()
)
"""Words of a number that counts something else than entries."""

LIBRARIES = frozenset(
    "lru hashlink moka mini_moka quick_cache schnellru cached ttl_cache lru_time_cache clru"
    " uluru".split()
)
"""Crates whose caches take their capacity as the first argument of these."""

CONSTRUCTORS = ("new", "with_size", "with_capacity", "with_hasher", "unsync_new")
BUILDERS = {"max_capacity": "entries", "time_to_live": "seconds", "time_to_idle": "seconds"}
SETTINGS = {"size": "entries", "max_size": "entries", "time": "seconds", "ttl_secs": "seconds"}

MILLIS = {
    "millis": 1,
    "secs": 1_000,
    "mins": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
    "weeks": 604_800_000,
}
"""How many milliseconds a unit has."""

UNITS = {
    "secs": ("SECS", "SECONDS", "SEC", "SECOND"),
    "millis": ("MS", "MILLIS", "MILLISECONDS", "MSEC"),
    "mins": ("MINS", "MINUTES"),
    "hours": ("HOURS", "HOUR"),
}
"""The unit of a plain number, by the words of its name."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that says how many `entries` a cache keeps, or for how many `seconds`."""

    path: str
    number: Number
    item: str
    """What it is in the program: `DEFAULT_CACHE_TTL`, `CacheConfig.max_entries`, `Cache::new`."""
    counts: str
    unit: str
    """What the digits count: `entries`, or a key of `MILLIS`."""
    said: frozenset[str]
    """The words that speak of it, in capitals."""

    @property
    def amount(self) -> float:
        """Entries or seconds."""
        value = self.number.value
        return value * MILLIS[self.unit] / 1000 if self.counts == "seconds" else value


def limits(path: str, told: Told, files: Files) -> Iterator[Limit]:
    """The limits that one file holds, of which `told` has the numbers, outside of tests."""
    for number in told.numbers:
        if number.test:
            continue
        found = _KINDS[number.role](number, path, files)
        if found is None or (number.role == "method" and _is_weighed(number, found, told)):
            continue
        counts, item, said = found
        unit = _unit(number, said) if counts == "seconds" else "entries"
        if unit is None:
            continue
        if counts == "entries" and is_bytes(number, path, files):
            continue
        yield Limit(path, number, item, counts, unit, said)


def against(limit: Limit, files: Files) -> tuple[str, ...]:
    """Why it is no such number after all, or why another would change nothing.

    This asks many files, so ask only of a number that is large enough to matter.
    """
    found = spared(limit.number, limit.counts, limit.item, limit.said, limit.path, files)
    return tuple(dict.fromkeys(found))


Told = FileFacts | Found
"""Who has the numbers of a file, and what makes its caches."""

_Found = tuple[str, str, frozenset[str]]
"""What it counts, the item, and the words that speak of it."""


def _counted(said: frozenset[str], cached: bool) -> str | None:
    """What a number of that name counts, in something that is a cache or not."""
    if not cached:
        return None
    if said & LONG or any(said.issuperset(pair) for pair in LONG_PAIRS):
        return "seconds"
    if said & OTHERWISE:
        return None
    return "entries" if said & MANY or said & MOST else None


def _home(path: str) -> frozenset[str]:
    """The words of the file, or of its folder if the file is only `mod.rs`."""
    pure = PurePosixPath(path)
    return spoken(pure.parent.name if pure.stem in ("mod", "lib", "main") else pure.stem)


def _constant(number: Number, path: str, files: Files) -> _Found | None:
    said = spoken(number.name)
    strong = said & MANY or said & LONG or said.issuperset(("MAX", "AGE"))
    cached = bool(said & CACHED) or bool(strong and _home(path) & CACHED)
    counts = _counted(said, cached)
    if counts is None:
        return None
    declared = [s for s in files.outline(path).statics if s.name == number.name]
    duration = bool(declared) and declared[0].type.name == "Duration"
    fits = bool(number.unit) == duration and (counts == "seconds") >= duration
    return (counts, number.name, said) if fits else None


def _field(number: Number, path: str, files: Files) -> _Found | None:
    said, owner = spoken(number.name), number.owner.rpartition("::")[2]
    strong = said & MANY or said & LONG or said >= {"MAX", "SIZE"} or said >= {"MAX", "AGE"}
    cached = bool(said & CACHED) or bool(strong and (spoken(owner) | _home(path)) & CACHED)
    counts = _counted(said, cached)
    if counts is None or (counts == "entries" and number.unit):
        return None
    return counts, f"{owner}.{number.name}", said | spoken(owner)


def _argument(number: Number, path: str, files: Files) -> _Found | None:
    meaning = files.names.meaning(number.owner, path, number.module)
    if meaning is None:
        return None
    owner = number.owner.rpartition("::")[2]
    item = f"{owner}::{number.name}"
    if meaning.defined is None:
        first = number.name in CONSTRUCTORS and number.position == 0 and not number.unit
        known = meaning.path.partition("::")[0] in LIBRARIES
        return ("entries", item, spoken(owner)) if first and known else None
    made = [f for f in files.outline(meaning.file).fns if f.name == number.name]
    made = [f for f in made if f.owner == meaning.defined.name and not f.trait]
    if len(made) != 1:
        return None
    return _parameter(number, made[0], meaning.defined.name)


def _parameter(number: Number, made: FnDef, owner: str) -> _Found | None:
    """What the parameter of a constructor of the codebase is called, that gets the number."""
    given = [p for p in made.params if not p.type.head.endswith("self")]
    if number.position >= len(given):
        return None
    parameter = given[number.position]
    said = spoken(parameter.name)
    counts = _counted(said, bool((said | spoken(owner)) & CACHED))
    if counts is None or not _fits(parameter.type, number, counts):
        return None
    return counts, f"{owner}::{number.name}", said | spoken(owner)


def _fits(kind: TypeTree, number: Number, counts: str) -> bool:
    if kind.name == "Option" and kind.args:
        kind = kind.args[0]
    if number.unit:
        return kind.name == "Duration" and counts == "seconds"
    return kind.head in ("usize", "u64", "u32", "u16", "i64", "i32") or "NonZero" in kind.name


def _method(number: Number, path: str, files: Files) -> _Found | None:
    counts = BUILDERS.get(number.name)
    meaning = files.names.meaning(number.owner, path, number.module)
    if counts is None or meaning is None or meaning.defined is not None:
        return None
    if meaning.path.partition("::")[0] not in ("moka", "mini_moka"):
        return None
    return counts, f"{number.owner.rpartition('::')[2]}.{number.name}", spoken(number.name)


def _is_weighed(number: Number, found: _Found, told: Told) -> bool:
    """Whether the chain of methods that a number is told in says that it counts no entries."""
    start = number.span.start
    around = [m for m in told.makers if m.span.start < start <= m.last]
    return found[0] == "entries" and any("weigher" in m.chain for m in around)


def _returned(number: Number, path: str, files: Files) -> _Found | None:
    said = spoken(number.name)
    if "DEFAULT" not in said:
        return None
    counts = _counted(said, bool(said & CACHED) or bool(said & LONG and _home(path) & CACHED))
    return (counts, number.name, said) if counts else None


def _attribute(number: Number, path: str, files: Files) -> _Found | None:
    counts = SETTINGS.get(number.name)
    return (counts, f"{number.owner}({number.name})", frozenset()) if counts else None


_KINDS = {
    "const": _constant,
    "field": _field,
    "argument": _argument,
    "method": _method,
    "returned": _returned,
    "attribute": _attribute,
}


def _unit(number: Number, said: frozenset[str]) -> str | None:
    """What the digits of a time count; None if nothing says so."""
    if number.unit:
        return number.unit
    if number.role == "attribute":
        return "secs"
    named = [unit for unit, spoken in UNITS.items() if said & set(spoken)]
    return named[0] if len(named) == 1 else None
