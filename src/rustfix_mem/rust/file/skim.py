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

from rustfix_mem.rust.file.facts import Found  # noqa: TC001 - msgspec asks what it is
from rustfix_mem.rust.file.methods import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ahocorasick_rs import BytesAhoCorasick

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
    told: Found | None = None
    """What `numbers` has to tell of it, where one of both is so and somebody has looked."""


NAMES = tuple(
    "HashMap HashSet BTreeMap BTreeSet IndexMap IndexSet DashMap DashSet IntMap IntSet".split()
)
"""How the names of all types end that are collections."""

NAMED = rb"\s+(\w+)\s*(<[^;{(]*?>)?\s*(?:where\b[^;{]*)?([{(])"
STRUCT = re.compile(rb"struct(?<=\bstruct)" + NAMED)
UNION = re.compile(rb"union(?<=\bunion)" + NAMED)
ALIAS = re.compile(rb"type\s+([A-Z]\w*)\s*(?:<[^=;]*>)?\s*=([^;]*);")
BEFORE_ALIAS = re.compile(rb"^[ \t]*(?:pub(?:\s*\([^)]*\))?\s+)?\Z", re.MULTILINE)
FIELD = re.compile(rb"(?:(pub)(?:\s*\([^)]*\))?\s+)?(?:r#)?\b([A-Za-z_]\w*)\s*:(?!:)")
KEPT = rb"\s+(?:ref\s+|mut\s+)?([A-Za-z_]\w*)\s*:([^=;]*)"
STATIC = re.compile(rb"static(?<=\bstatic)" + KEPT)
CONST = re.compile(rb"const(?<=\bconst)" + KEPT)
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
SIZED = {
    word: word + rest
    for words, rest in (
        ((b"ttl", b"maxage", b"max_age", b"expir", b"time_to", b"lifetime", b"lifespan"), AGE),
        ((b"capacity", b"entries", b"max_size"), rb"(?<!with_capacity)" + COUNT),
        ((b"cache", b"lru", b"memoi"), NEARBY),
    )
    for word in words
}
"""Names that `numbers.TELLS`, and a number that is far above what anybody would ask for, in small
letters."""

INNER = {w: w + rb"\w*\s*\.\s*(?:insert|entry)\s*\(" for w in (b"cache", b"memo")}
"""`inner.GROWS`, in small letters."""

APART = re.compile(rb"\}\s*=\s*(?:&\s*mut\s+)?\*?self\b")
"""A pattern that takes `self` apart."""

NEAR = 200
"""Bytes before a name that are looked at."""

FAR = 20_000
"""Bytes before a name in which its statement must begin to be understood."""

MADE = tuple(
    word + rest
    for words, rest in (
        (
            (b"Cache", b"Lru", b"LRU", b"lru"),
            rb"\w*\s*(?:::\s*<[^;]*?>\s*)?::\s*(?:unbounded|new_unbounded|builder)",
        ),
        ((b"Unlimited", b"memoize(?<=\\bmemoize)\\b", b"use\\s+cached\\b"), b""),
        ((b"#\\[",), rb"(?:\w+::)*cached"),
    )
    for word in words
)
MAKES = (b"unbounded", b"builder", b"Unlimited", b"memoize", b"cached")
"""One of these is in whatever matches one of `MADE`."""


def declares(source: bytes, families: Iterable[str]) -> tuple[Declared, ...]:
    """The `declared` of `skim`, alone."""
    return tuple(declared(_without_tests(source), _kinds(tuple(families))))


def skim(source: bytes) -> Skim:
    """Everything that `source` declares of collections, by the names of their types."""
    kinds, live = _kinds(NAMES), _without_tests(source)
    return Skim(
        tuple(declared(live, kinds)),
        tuple(name.decode() for name in dict.fromkeys(_aliases(live, NAMES))),
        _spoken(SIZED, live),
        any(word in live for word in MAKES) and any(_compiled(made).search(live) for made in MADE),
    )


def _spoken(wanted: Mapping[bytes, bytes], live: bytes) -> bool:
    """Whether one of the patterns, by the words that they begin with, is in it in small letters."""
    small, places = _words(live)
    return any(_compiled(wanted[word]).match(small, at) for word, at in places if word in wanted)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Compiled when it is asked: to import all of them takes longer than most warm runs have."""
    return re.compile(pattern)


@lru_cache(maxsize=1)
def _words(live: bytes) -> tuple[bytes, list[tuple[bytes, int]]]:
    """A source in small letters, and where the words of `SIZED` and `INNER` stand in that.

    One pass for all takes as long as two patterns.
    """
    small = live.lower()
    found = _finder().find_matches_as_indexes(small, overlapping=True)
    return small, [(WORDS[index], start) for index, start, _ in found]


WORDS = (*dict.fromkeys((*SIZED, *INNER)),)


@cache
def _finder() -> BytesAhoCorasick:
    from ahocorasick_rs import BytesAhoCorasick

    return BytesAhoCorasick(WORDS)


@cache
def _kinds(families: tuple[str, ...]) -> re.Pattern[bytes]:
    """What ends with one of these names."""
    return re.compile(rb"(?:" + "|".join(map(re.escape, families)).encode() + rb")\b")


def _aliases(live: bytes, families: tuple[str, ...]) -> Iterator[bytes]:
    """`type Name = HashMap<…>;`, `use std::collections::HashMap as Name`."""
    kinds, ends = _kinds(families), tuple(name.encode() for name in families)
    renamed = (found for one in _renames(families) for found in one.finditer(live))
    for found in sorted(renamed, key=_start):
        if live.endswith(ends, 0, found.end(1)) and found[2] != b"_":
            yield found[2]
    alias = ALIAS.search(live)
    while alias is not None:
        is_item = BEFORE_ALIAS.search(live[max(0, alias.start() - NEAR) : alias.start()])
        if is_item and kinds.search(alias[2]):
            yield alias[1]
        alias = ALIAS.search(live, alias.end() if is_item else alias.start() + 1)


@cache
def _renames(families: tuple[str, ...]) -> tuple[re.Pattern[bytes], ...]:
    """What ends as one of these names does, and is given another: few endings, many names."""
    endings = dict.fromkeys(name[-ENDING:].encode() for name in families)
    return tuple(re.compile(b"(" + re.escape(end) + rb")\s+as\s+(\w+)") for end in endings)


ENDING = 3


def _start(found: re.Match[bytes]) -> int:
    return found.start()


def _both(first: re.Pattern[bytes], other: re.Pattern[bytes], live: bytes) -> list[re.Match[bytes]]:
    """All that either matches, in order of the text: each begins with a literal."""
    return sorted([*first.finditer(live), *other.finditer(live)], key=_start)


def _without_tests(source: bytes) -> bytes:
    """The source without modules of tests, as rustfmt writes them."""
    found = TESTS.search(source)
    while found is not None:
        end = source.find(b"\n}", found.end())
        source = source[: found.start()] + (source[end + 2 :] if end >= 0 else b"")
        found = TESTS.search(source)
    return source


DROPS = re.compile(rb"fn\s+drop\s*\(\s*&\s*mut\s+self\s*\)\s*\{")


def _without_ends(live: bytes) -> bytes:
    """The source with blanks for what is done when something ends: that bounds nothing."""
    for found in DROPS.finditer(live):
        start, end = found.end(), _end(live, found.end(), b"{")
        live = live[:start] + b" " * (end - start) + live[end:]
    return live


def declared(live: bytes, kinds: re.Pattern[bytes]) -> Iterator[Declared]:
    """The fields and statics whose type names one of the collections."""
    fields = list(_fields(live, kinds))
    names = Counter(field.name for field in fields)
    at = _index(live) if len(fields) >= WORTH_AN_INDEX else None
    alive = _without_ends(live)
    for field in fields:
        item = f"{field.owner.decode()}.{field.name.decode()}"
        alone = names[field.name] == 1 and not field.name.isdigit()
        settled = field.borrows or (alone and _settled(alive, field.name, rb".", at))
        grown = field.name.isdigit() or _grown(live, field.name, rb".", at)
        yield Declared(field.name.decode(), item, field.public, settled and not field.weak, grown)
    for static in _both(STATIC, CONST, live):
        if kinds.search(static[2]):
            settled = b"Weak" not in static[2] and _settled(live, static[1], b"")
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
    for struct in _both(STRUCT, UNION, live):
        body = live[struct.end() : _end(live, struct.end(), struct[3])]
        if not kinds.search(body):
            continue
        lifetimes = b"'" in (struct[2] or b"")
        if struct[3] == b"(":
            yield _Field(struct[1], b"0", True, False, b"Weak" in body)
            continue
        starts = list(FIELD.finditer(body))  # none, if a remark or another language says the name
        ends = [*(start.start() for start in starts[1:]), len(body)][: len(starts)]
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
            return not _spoken(INNER, live)  # what grows inside of its values is another question
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
    return any(_has_word(body, name) for body in _taken_apart(live))


@lru_cache(maxsize=1)
def _taken_apart(live: bytes) -> tuple[bytes, ...]:
    """What is between the braces of each pattern that takes `self` apart; asked for each field."""
    ends = [found.start() for found in APART.finditer(live)]
    bodies = (live[live.rfind(b"{", 0, end) + 1 : end] for end in ends)
    return tuple(body for body in bodies if b"}" not in body)


def _has_word(text: bytes, name: bytes) -> bool:
    return any(not start or text[start - 1] not in WORD for start, _ in _places(text, name))


def _is_lent(live: bytes, at: int) -> bool:
    """Whether `&mut` stands before what is named there, or it is given a name that is `mut`."""
    start = live.rfind(b";", max(0, at - FAR), at) + 1
    statement = live[start or max(0, at - FAR) : at]
    if b"mut" not in statement:
        return False
    if not start and at > FAR:
        return True  # who knows
    return LENT_BEFORE.search(statement) is not None or NAMED_BEFORE.search(statement) is not None
