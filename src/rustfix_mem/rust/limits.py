"""Which numbers say how much a cache keeps, or for how long; a fact each, judged by all files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rustfix_mem.rust.sites import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.facts import FnDef, Maker, Number, TypeTree
    from rustfix_mem.rust.files import Files

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

CACHED = frozenset(("CACHE", "CACHED", "CACHES", "CACHING", "LRU", "MEMO", "MEMOIZED"))
MANY = frozenset(("CAPACITY", "ENTRIES", "ITEMS"))
MOST = frozenset(("MAX", "LIMIT", "SIZE", "CAP"))
LONG = frozenset(("TTL", "EXPIRY", "EXPIRATION", "EXPIRES", "LIFETIME", "LIFESPAN"))
LONG_PAIRS = (("MAX", "AGE"), ("TIME", "LIVE"), ("TIME", "IDLE"))

OTHERWISE = frozenset(
    "BYTES BYTE KB MB GB KIB MIB MEMORY WEIGHT HITS LEN LENGTH WIDTH HEIGHT DEPTH TOKENS CHARS"
    " LINES LINE PERCENT RATIO THRESHOLD VERSION ID PORT".split()
)
"""Words of a number that counts something else than entries."""

DENIED = {
    "it is a time-out": ("TIMEOUT", "TIMEOUTS", "DEADLINE"),
    "it says how often, not how long": (
        *("INTERVAL", "RETRY", "RETRIES", "BACKOFF", "PERIOD", "REFRESH", "CLEANUP", "POLL"),
    ),
    "it is a rate": ("RATE", "LIMITER", "WINDOW", "THROTTLE"),
    "it decides who may do what, or stays signed in": (
        *("PERMISSION", "PERMISSIONS", "GRANT", "GRANTS", "POLICY", "AUTH", "OAUTH", "CREDENTIAL"),
        *("CREDENTIALS", "LOGIN", "COOKIE", "SESSION", "SESSIONS", "APPROVAL"),
    ),
    "it is told to a service elsewhere": (
        *("PROMPT", "ANTHROPIC", "OPENAI", "GEMINI", "DEEPSEEK", "MOONSHOT", "XAI", "OPENROUTER"),
        *("PROVIDER", "PROVIDERS", "REMOTE", "HTTP", "HEADER", "KEEPALIVE", "CDN"),
    ),
    "it says how long files stay on disk": (
        *("DAYS", "DISK", "RETENTION", "ARCHIVE", "BACKUP", "BASEBACKUP"),
    ),
    "it is the least, not the most": ("MIN", "MINIMUM", "LEAST", "LOWEST"),
    "it says how far back one may ask": ("HISTORY", "SCROLLBACK", "BACKLOG"),
    "it says what was given out, not what is kept": ("PORT", "PORTS", "LEASE", "LEASES", "LOCK"),
}
"""Words of a name, a type or a file, and what a number that has one is for."""

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
    against: tuple[str, ...]
    """Why it is no such number after all, or why another would change nothing."""

    @property
    def amount(self) -> float:
        """Entries or seconds."""
        value = self.number.value
        return value * MILLIS[self.unit] / 1000 if self.counts == "seconds" else value


def limits(path: str, files: Files) -> Iterator[Limit]:
    """The limits that one file holds, outside of tests, in order of the text."""
    for number in files.facts(path).numbers:
        if number.test:
            continue
        found = _KINDS[number.role](number, path, files)
        if found is None:
            continue
        counts, item, said = found
        unit = _unit(number, said) if counts == "seconds" else "entries"
        if unit is None:
            continue
        if counts == "entries" and _is_bytes(number, path, files):
            continue
        against = (
            *_denied(said, item, path),
            *_on_disk(number, counts, path, files),
            *_stored(number, path, files),
            *_refuses(number, counts, path, files),
            *_bounds_nothing(number, counts, files),
            *_read_by_tests_alone(number, path, files),
        )
        yield Limit(path, number, item, counts, unit, tuple(dict.fromkeys(against)))


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


def _set(name: str) -> frozenset[str]:
    return frozenset(words(name))


def _home(path: str) -> frozenset[str]:
    """The words of the file, or of its folder if the file is only `mod.rs`."""
    pure = PurePosixPath(path)
    return _set(pure.parent.name if pure.stem in ("mod", "lib", "main") else pure.stem)


def _constant(number: Number, path: str, files: Files) -> _Found | None:
    said = _set(number.name)
    declared = [s for s in files.facts(path).statics if s.name == number.name]
    duration = bool(declared) and declared[0].type.name == "Duration"
    if bool(number.unit) != duration:
        return None
    strong = said & MANY or said & LONG or said.issuperset(("MAX", "AGE"))
    cached = bool(said & CACHED) or bool(strong and _home(path) & CACHED)
    counts = _counted(said, cached)
    return (counts, number.name, said) if counts and (counts == "seconds") >= duration else None


def _field(number: Number, path: str, files: Files) -> _Found | None:
    said, owner = _set(number.name), number.owner.rpartition("::")[2]
    strong = said & MANY or said & LONG or said >= {"MAX", "SIZE"} or said >= {"MAX", "AGE"}
    cached = bool(said & CACHED) or bool(strong and (_set(owner) | _home(path)) & CACHED)
    counts = _counted(said, cached)
    if counts is None or (counts == "entries" and number.unit):
        return None
    return counts, f"{owner}.{number.name}", said | _set(owner)


def _argument(number: Number, path: str, files: Files) -> _Found | None:
    meaning = files.names.meaning(number.owner, path, number.module)
    if meaning is None:
        return None
    owner = number.owner.rpartition("::")[2]
    item = f"{owner}::{number.name}"
    if meaning.defined is None:
        first = number.name in CONSTRUCTORS and number.position == 0 and not number.unit
        known = meaning.path.partition("::")[0] in LIBRARIES
        return ("entries", item, _set(owner)) if first and known else None
    made = [f for f in files.facts(meaning.file).fns if f.name == number.name]
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
    said = _set(parameter.name)
    counts = _counted(said, bool((said | _set(owner)) & CACHED))
    if counts is None or not _fits(parameter.type, number, counts):
        return None
    return counts, f"{owner}::{number.name}", said | _set(owner)


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
    if counts == "entries" and any("weigher" in m.chain for m in _around(number, path, files)):
        return None
    return counts, f"{number.owner.rpartition('::')[2]}.{number.name}", _set(number.name)


def _around(number: Number, path: str, files: Files) -> list[Maker]:
    """The chains of methods that a number is told in."""
    start = number.span.start
    return [m for m in files.facts(path).makers if m.span.start < start <= m.last]


def _returned(number: Number, path: str, files: Files) -> _Found | None:
    said = _set(number.name)
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


def _denied(said: frozenset[str], item: str, path: str) -> Iterator[str]:
    spoken = said | _set(item.replace(".", "_").replace("::", "_")) | _set(PurePosixPath(path).stem)
    for reason, denied in DENIED.items():
        found = [word for word in denied if word in spoken]
        if found:
            yield f"{reason}: it is called `{found[0].lower()}`"


BYTES = 1 << 20
"""From here on a number of entries is more likely one of bytes."""


def _is_bytes(number: Number, path: str, files: Files) -> bool:
    return number.value >= BYTES or "1024" in files.text(path, number.span)


FILED = frozenset(("FILENAME", "FILE", "PATH", "DIR", "DIRECTORY", "FOLDER"))
DISK = re.compile(
    rb"\bfs::(?:write|rename|metadata|remove_\w+|create_dir\w*|OpenOptions)\b|\bFile::create\b"
    rb"|: (?:&mut )?(?:mut )?File\b|\bfs::File\b"
)
FORMATS = re.compile(
    r"(?:^|[/_])(?:catalog|catalogue|format|formats|schema|wire|proto|snapshot)s?(?:[/_.]|$)"
)
"""Folders and files where what is written to disk, or sent, is laid down."""


def _on_disk(number: Number, counts: str, path: str, files: Files) -> Iterator[str]:
    """Whether what is kept may lie on the disk, or be laid down for others."""
    if FORMATS.search(path):
        yield "it may be part of what is stored or sent, which others read"
        return
    stem = [word for word in words(number.name) if word in CACHED or word not in LONG]
    for static in files.facts(path).statics:
        named = words(static.name)
        beside = counts == "seconds" and number.role == "const" and static.name != number.name
        if beside and FILED & set(named) and named[:2] == stem[:2]:
            yield f"it may say how long a file on disk is good: `{static.name}` is beside it"
            return
    for file in _readers(number, path, files):
        if found := DISK.search(files.sources[file]):
            said = " ".join(found[0].decode().split())
            yield f"it may be about files on disk: {file}, which reads it, has `{said}`"
            return


def _readers(number: Number, path: str, files: Files) -> list[str]:
    """The file of a number, and those that name what it is given to, outside of tests."""
    owner = number.owner.rpartition("::")[2]
    if number.role == "field" and owner:
        named = set(files.files_with(owner)) & set(files.files_with(number.name))
    else:
        named = set(files.files_with(number.name)) if number.role == "const" else set()
    seen = [f for f in sorted(named) if files.reach(f).state in ("seen", "unknown")]
    own = [] if CONFIGURES.search(path) else [path]  # which may well write itself to the disk
    return list(dict.fromkeys([*own, *(f for f in seen if f != path and not files.reach(f).test)]))


def _refusing(name: bytes) -> re.Pattern[bytes]:
    """A comparison with `name` behind which an error is returned."""
    compared = rb"(?:<|>|<=|>=|==)\s*(?:self\.|[\w.()]*\.)?" + name + rb"\b[^;{}]{0,80}\{\s*"
    return re.compile(
        compared
        + rb"(?:return\s+(?:\w+::)*(?:Err\b|error\b|\w*Snafu)|bail!|Err\()|\bensure!\([^;]{0,120}\b"
        + name
        + rb"\b"
    )


def _refuses(number: Number, counts: str, path: str, files: Files) -> Iterator[str]:
    """Whether what is beyond the number is refused with an error, and not forgotten."""
    if counts != "entries" or number.role not in ("const", "field", "returned"):
        return
    name = number.name.removeprefix("default_").encode()
    known = _readers(number, path, files)  # `max_entries` may be anybody's, `page_cache_size` not
    named = files.files_with(name.decode()) if _set(number.name) & CACHED else known
    for file in named:
        source = files.sources[file]
        lets = rb"\blet\s+(\w+)\s*=\s*[\w.&*()]*\b" + name + rb"\b"
        aliases = {found[1] for found in re.finditer(lets, source)}
        for said in (name, *sorted(aliases)):
            found = _refusing(said).search(source)
            if found is not None and not in_test(file, found.start(), files):
                yield f"what is beyond it is refused with an error, in {file}"
                return


CONFIGURES = re.compile(r"config|settings|options|args", re.IGNORECASE)


def _stored(number: Number, path: str, files: Files) -> Iterator[str]:
    """Whether a constant is the default of a type that is written somewhere and read again."""
    for file in files.files_with(number.name) if number.role == "const" else ():
        facts = files.facts(file)
        for at in _mentions(number.name, file, files):
            inside = [f for f in facts.fns if f.span.start <= at < f.span.end and f.owner]
            for fn in inside if not in_test(file, at, files) else ():
                owner = next((t for t in facts.types if t.name == fn.owner), None)
                both = owner is not None and {"Serialize", "Deserialize"} <= set(owner.derives)
                if fn.trait == "Default" and both and not CONFIGURES.search(fn.owner):
                    yield f"it is the default of `{fn.owner}`, which is stored or sent"
                    return


BOUNDS = re.compile(rb"\blen\(\)|capacity|Cache\b|Lru|NonZero|entries|evict|\bresize|max_|_size")
"""What stands near a constant that bounds a collection."""

NEAR = 160
"""Bytes before a mention that are looked at, and half of it behind."""


def _bounds_nothing(number: Number, counts: str, files: Files) -> Iterator[str]:
    """Whether no mention of a constant looks as if it bounded a collection."""
    if number.role != "const" or counts != "entries":
        return
    name = number.name.encode()
    for file in files.files_with(number.name):
        source = files.sources[file]
        for at in _mentions(number.name, file, files):
            around = source[max(at - NEAR, 0) : at] + source[at + len(name) : at + NEAR // 2]
            if not in_test(file, at, files) and BOUNDS.search(around):
                return
    yield "nothing near it compares a length or makes a cache"


COMMENT = re.compile(rb"^\s*(?://|\*)")


def _read_by_tests_alone(number: Number, path: str, files: Files) -> Iterator[str]:
    """Whether a named number is read by tests only, or by nobody."""
    if number.role not in ("const", "returned"):
        return
    read = [
        (file, at)
        for file in files.files_with(number.name)
        if files.reach(file).state != "orphan"
        for at in _mentions(number.name, file, files)
        if not in_test(file, at, files)
    ]
    imported = sum(
        use.path.rpartition("::")[2] == number.name
        for file in files.files_with(number.name)
        for use in files.facts(file).uses
    )
    if len(read) - 1 - imported <= 0:
        yield "nothing but tests reads it: another number would change nothing"


def _mentions(name: str, path: str, files: Files) -> Iterator[int]:
    """Where a name stands in a file, but for comments that begin their line."""
    source = files.sources[path]
    for found in re.finditer(rb"\b" + name.encode() + rb"\b", source):
        line = source[source.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        if not COMMENT.match(line):
            yield found.start()


def in_test(path: str, at: int, files: Files) -> bool:
    """Whether a byte of a file belongs to a test, a bench or an example."""
    reach = files.reach(path)
    if reach.test or reach.state in ("test", "bench", "example"):
        return True
    return any(f.test and f.span.start <= at < f.span.end for f in files.facts(path).fns)
