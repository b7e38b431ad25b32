"""What can be said of a file without parsing it: which collections it declares, and what is plain.

Lexical, and one-sided: a collection that a type or a static keeps is always named, and perhaps
some that are none; what is said of it (`settled`, not `grown`) is said only where it is certain as
far as text can be. So whoever needs only what may be wrong can leave the rest unparsed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.uses import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Index = Mapping[bytes, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Declared:
    """A collection that a struct or a static seems to keep."""

    name: str
    item: str
    """`Owner.name`, or the name of the static."""
    public: bool
    """Whether another module may reach it by its name."""
    settled: bool
    """Whether it surely is state: the file takes entries out, or goes through them."""
    grown: bool
    """Whether the file may put something in."""


@dataclass(frozen=True, slots=True)
class Skim:
    """What a file declares, lexically."""

    declared: tuple[Declared, ...]
    aliases: tuple[str, ...]
    """Other names that it gives to collection types."""
    sized: bool
    """Whether a number stands where it may bound a cache."""
    made: bool
    """Whether it may make a cache of a library without a bound."""


STRUCT = re.compile(rb"\b(?:struct|union)\s+(\w+)\s*(<[^;{(]*?>)?\s*(?:where\b[^;{]*)?([{(])")
ALIAS = re.compile(
    rb"^[ \t]*(?:pub(?:\s*\([^)]*\))?\s+)?type\s+([A-Z]\w*)\s*(?:<[^=;]*>)?\s*=([^;]*);",
    re.MULTILINE,
)
FIELD = re.compile(rb"(?:(pub)(?:\s*\([^)]*\))?\s+)?(?:r#)?\b([A-Za-z_]\w*)\s*:(?!:)")
STATIC = re.compile(rb"\b(?:static|const)\s+(?:ref\s+|mut\s+)?([A-Za-z_]\w*)\s*:([^=;]*)")
SHARED = re.compile(rb"\b(?:Arc|Rc)\s*<")
BRACES = {b"{": re.compile(rb"[{}]"), b"(": re.compile(rb"[()]")}
TESTS = re.compile(
    rb"#\[cfg\((?:all\s*\(\s*)?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?mod\s+\w+\s*\{"
)
INSIDE = (
    rb"(?:\s*\?|\s*\.\s*await\b|\s*\.\s*(?:lock|read|write|borrow|borrow_mut|unwrap|expect|as_mut"
    rb"|as_ref|unwrap_or_else|load|get_mut)\s*\((?:[^()]|\([^()]*\))*\))*"
)
"""Steps from a collection's name to the collection."""
OUT = "|".join((*KINDS["shrink"].split(), *KINDS["enumerate"].split())).encode()
IN = "|".join(KINDS["grow"].split()).encode()
LENT = (
    rb"lock|write|borrow_mut|with|with_borrow_mut|with_mut|get_mut|as_mut|get_or_insert\w*"
    rb"|get_or_init|get_or_try_init|try_lock|try_write|try_borrow_mut|deref_mut|blocking_\w+|set"
    rb"|iter_mut|values_mut|modify|force_mut|take|replace"
)
"""Steps behind which the collection may go by another name, and grow."""

MANY = rb"(?:\d[\d_]{3,}|\d\s*\*\s*\d)"
LONG = rb"(?:\d[\d_]{2,}|\d\s*\*\s*\d|[\w:]*from_(?:mins|hours|days))"
AGE = rb"\w*\s*[:=(][^;{}]{0,80}?" + LONG
COUNT = rb"\w*\s*[:=(][^;{}]{0,80}?" + MANY
NEARBY = (
    rb"[^;]{0,300}?(?:[:=(]\s*(?:[\w:<>]+\()*" + MANY + rb"|from_secs\(\d{3}"
    rb"|secs\w*\s*[:=][^;{}]{0,20}?\d{3}|from_(?:mins|hours|days))"
)
SIZED = tuple(
    re.compile(word + rest)
    for words, rest in (
        ((b"ttl", b"max_?age", b"expir", b"time_to", b"lifetime", b"lifespan"), AGE),
        ((b"capacity(?<!with_capacity)", b"entries", b"max_size"), COUNT),
        ((b"cache", b"lru", b"memoi"), NEARBY),
    )
    for word in words
)
"""Names that `numbers.TELLS`, and a number that is far above what anybody would ask for, in small
letters. One pattern a name: what begins with a literal is searched for eight times as fast."""

INNER = tuple(re.compile(w + rb"\w*\s*\.\s*(?:insert|entry)\s*\(") for w in (b"cache", b"memo"))
"""`inner.GROWS`, in small letters."""

APART = re.compile(rb"\}\s*=\s*(?:&\s*mut\s+)?\*?self\b")
"""A pattern that takes `self` apart."""

NEAR = 200
"""Bytes before a name that are looked at."""

FAR = 20_000
"""Bytes before a name in which its statement must begin to be understood."""

MAKES = (b"unbounded", b"builder", b"Unlimited", b"memoize", b"cached")
MADE = re.compile(
    rb"(?:Cache|[Ll][Rr][Uu])\w*\s*(?:::\s*<[^;]*?>\s*)?::\s*(?:unbounded|new_unbounded|builder)"
    rb"|Unlimited|\bmemoize\b|#\[(?:\w+::)*cached|use\s+cached\b"
)


def declares(source: bytes, families: Iterable[str]) -> tuple[Declared, ...]:
    """The `declared` of `skim`, alone."""
    return tuple(declared(_without_tests(source), _kinds(tuple(families))))


def skim(source: bytes, families: Iterable[str]) -> Skim:
    """Everything that `source` declares of these types, by their names."""
    kinds = _kinds(tuple(families))
    live = _without_tests(source)
    return Skim(
        tuple(declared(live, kinds)),
        tuple(name.decode() for name in dict.fromkeys(_aliases(live, kinds))),
        _one_of(SIZED, live.lower()),
        any(word in live for word in MAKES) and MADE.search(live) is not None,
    )


def _one_of(patterns: Iterable[re.Pattern[bytes]], text: bytes) -> bool:
    return any(pattern.search(text) for pattern in patterns)


@cache
def _kinds(families: tuple[str, ...]) -> re.Pattern[bytes]:
    """What ends with one of these names."""
    return re.compile(rb"(?:" + "|".join(map(re.escape, families)).encode() + rb")\b")


def _aliases(live: bytes, kinds: re.Pattern[bytes]) -> Iterator[bytes]:
    """`type Name = HashMap<…>;`, `use std::collections::HashMap as Name`."""
    for found in kinds.finditer(live):
        behind = re.match(rb"\s+as\s+(\w+)", live[found.end() : found.end() + 80])
        if behind is not None and behind[1] != b"_":
            yield behind[1]
    for alias in ALIAS.finditer(live):
        if kinds.search(alias[2]):
            yield alias[1]


def _without_tests(source: bytes) -> bytes:
    """The source without modules of tests, as rustfmt writes them."""
    found = TESTS.search(source)
    while found is not None:
        end = source.find(b"\n}", found.end())
        source = source[: found.start()] + (source[end + 2 :] if end >= 0 else b"")
        found = TESTS.search(source)
    return source


def declared(live: bytes, kinds: re.Pattern[bytes]) -> Iterator[Declared]:
    """The fields and statics whose type names one of the collections."""
    fields = list(_fields(live, kinds))
    names = Counter(field.name for field in fields)
    inner = _one_of(INNER, live.lower())
    at = _index(live) if len(fields) >= WORTH_AN_INDEX else None
    for field in fields:
        item = f"{field.owner.decode()}.{field.name.decode()}"
        alone = names[field.name] == 1 and not field.name.isdigit() and not inner
        settled = field.borrows or (alone and _settled(live, field.name, rb".", at))
        grown = field.name.isdigit() or _grown(live, field.name, rb".", at)
        yield Declared(field.name.decode(), item, field.public, settled and not field.weak, grown)
    for static in STATIC.finditer(live):
        if kinds.search(static[2]):
            settled = not inner and b"Weak" not in static[2] and _settled(live, static[1], b"")
            yield Declared(static[1].decode(), static[1].decode(), True, settled, True)


@dataclass(frozen=True, slots=True)
class _Field:
    owner: bytes
    name: bytes
    public: bool
    borrows: bool
    """Whether it surely lives no longer than what it borrows."""
    weak: bool


def _fields(live: bytes, kinds: re.Pattern[bytes]) -> Iterator[_Field]:
    for struct in STRUCT.finditer(live):
        body = live[struct.end() : _end(live, struct.end(), struct[3])]
        if not kinds.search(body):
            continue
        lifetimes = b"'" in (struct[2] or b"")
        if struct[3] == b"(":
            yield _Field(struct[1], b"0", True, False, b"Weak" in body)
            continue
        starts = list(FIELD.finditer(body))
        ends = [start.start() for start in starts[1:]] + [len(body)]
        for start, end in zip(starts, ends, strict=True):
            written = body[start.end() : end]
            if kinds.search(written):
                borrows = lifetimes and not SHARED.search(written)
                public = start[1] is not None
                yield _Field(struct[1], start[2], public, borrows, b"Weak" in written)


def _end(live: bytes, start: int, opened: bytes) -> int:
    """Where what was opened before `start` is closed; at the end of the file if nowhere."""
    depth = 1
    for brace in BRACES[opened].finditer(live, start):
        depth += 1 if brace[0] == opened else -1
        if depth == 0:
            return brace.start()
    return len(live)


TAKES = re.compile(INSIDE + rb"\s*\.\s*(?:" + OUT + rb")\s*\(")
FILLS = re.compile(rb"(?:\s*\(\s*\))?" + INSIDE + rb"\s*\.\s*(?:" + IN + b"|" + LENT + rb")\s*\(")
"""What stands behind a name where something is taken out, or may be put in. To make a pattern of
each name would take longer than all searches together."""

WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


WORTH_AN_INDEX = 64
"""Fields from which on one pass over a file is faster than one for each."""


def _index(live: bytes) -> Index:
    """Where each word of a file stands."""
    found: dict[bytes, list[int]] = {}
    for word in re.finditer(rb"\w+", live):
        found.setdefault(word[0], []).append(word.start())
    return found


def _places(live: bytes, name: bytes, index: Index | None = None) -> Iterator[tuple[int, int]]:
    """Where a word ends with `name`, or is it: its start and its end."""
    if index is not None:
        yield from ((start, start + len(name)) for start in index.get(name, ()))
        return
    at = live.find(name)
    while at >= 0:
        end = at + len(name)
        if live[end : end + 1] == b"" or live[end] not in WORD:
            yield at, end
        at = live.find(name, at + 1)


def _settled(live: bytes, name: bytes, behind: bytes, index: Index | None = None) -> bool:
    """Whether entries are taken out of `name`, or gone through; `behind` stands before a field."""
    for start, end in _places(live, name, index):
        if TAKES.match(live, end) is None:
            continue
        line = live[live.rfind(b"\n", 0, start) + 1 : start]
        before = _before(live, start)
        whole = before.endswith(behind) if behind else not re.search(rb"\w\Z", line)
        if whole and b"//" not in line:
            return True
    return False


def _before(live: bytes, at: int) -> bytes:
    """What stands close before a place, without blanks."""
    return live[max(0, at - NEAR) : at].rstrip()


def grows(source: bytes, name: str) -> bool:
    """Whether a file may put something into a field of that name.

    `name()` is a method instead that hands it out, and is called without arguments.
    """
    literal = name.encode()
    return _grown(source, literal, b"") and _grown(_without_tests(source), literal, b"")


LENT_BEFORE = re.compile(rb"mut\s+(?:\w+\s*\.\s*)*\Z")
NAMED_BEFORE = re.compile(rb"let\s+mut\s+\w+\s*=[^;]*\.\Z")


CALLED = re.compile(rb"\s*\(\s*\)")


def _grown(live: bytes, name: bytes, behind: bytes, index: Index | None = None) -> bool:
    """Whether something may be put into `name`; `behind` stands before it, if it is not a local."""
    is_call, name = name.endswith(b"()"), name.removesuffix(b"()")
    for start, end in _places(live, name, index):
        if is_call and not CALLED.match(live, end):
            continue
        if FILLS.match(live, end) and _before(live, start).endswith(behind):
            return True
        if _is_lent(live, start):
            return True
    return _takes_apart(live) and _is_taken_out(live, name)


@lru_cache(maxsize=1)
def _takes_apart(live: bytes) -> bool:
    """Whether anything in a file takes `self` apart; asked for each of its fields."""
    return APART.search(live) is not None


def _is_taken_out(live: bytes, name: bytes) -> bool:
    """Whether a pattern that takes `self` apart has the name in it."""
    apart = rb"\{[^{}]*\b" + re.escape(name) + rb"\b[^{}]*" + APART.pattern
    return re.search(apart, live) is not None


def _is_lent(live: bytes, at: int) -> bool:
    """Whether `&mut` stands before what is named there, or it is given a name that is `mut`."""
    start = live.rfind(b";", max(0, at - FAR), at) + 1
    statement = live[start or max(0, at - FAR) : at]
    if b"mut" not in statement:
        return False
    if not start and at > FAR:
        return True  # who knows
    return LENT_BEFORE.search(statement) is not None or NAMED_BEFORE.search(statement) is not None
