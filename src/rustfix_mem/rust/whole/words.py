"""Where words stand in the sources: lexical, so it may say too many files, never too few.

Whatever is asked of all files is asked here, and remembered: `trace` asks it of a file again that
has changed, to know whether anybody would have been told anything else.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import skim

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

WORTH_AN_AUTOMATON = 8
"""Words from which on one pass for all is faster than one for each (measured, 16 MB)."""
WORTH_PLACES = 100
"""Questions about one file from which on an index of its words is faster than to search again."""
WORD = re.compile(rb"\w+")
IN_A_PASS = 12
"""Words that the automaton finds in the time of one search."""
WORTH_AN_INDEX = 20
"""Times that all files are searched before all their words are noted, which takes as long as 40."""
WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")

DEFINES = tuple(
    re.compile(word + rb"\s+([A-Za-z_]\w*)")
    for word in (b"struct", b"enum", b"union", b"type", b"trait")
)
STATICS = tuple(
    re.compile(word + rb"\s+(?:ref\s+|mut\s+)?([A-Za-z_]\w*)\s*:") for word in (b"static", b"const")
)
MOD = re.compile(rb"mod\s+(?:r#)?([^\s;{]+)\s*([;{])")
PATH = re.compile(rb'path\s*=\s*"([^"]*)"')
INCLUDE = re.compile(rb"include!\s*\(([^)]*)")
LEADS = (
    re.compile(rb'\bpath\s*=\s*r#*"([^"\n]*)"'),
    re.compile(rb'cfg_attr\s*\([^\]]*\bpath\s*=\s*"([^"\n]*)"'),
    re.compile(rb'\bpath\s*=\s*"([^"\n]*)"\s*\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{'),
    re.compile(rb'include!\s*\(\s*r?#*"([^"\n]*)"'),
)
"""Ways to a file or a folder that the walk up the module tree does not follow."""
LEADING = re.compile(rb'path\s*=\s*[r"]')
"""What stands in a file with one of them, unless it is an `include!`; with a literal first."""

Pattern = re.Pattern[bytes]

BEFORE_IN_PATTERN = (b"{", b",", b"ref", b"mut", b"]")
NEAR = 200
"""Bytes around a name that are looked at."""


@dataclass
class Words:
    """An index over all files, each part made when it is first asked for."""

    sources: Mapping[str, bytes]
    _known: dict[str, list[str]] = field(default_factory=dict)
    fields: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Whether a name stands in a file as a field does, of those asked about."""
    _mods: dict[str, tuple[frozenset[bytes], frozenset[bytes]]] = field(default_factory=dict)
    matched: dict[tuple[Pattern, bytes], tuple[str, ...]] = field(default_factory=dict)
    """Where each pattern was found."""
    held: dict[tuple[str, Pattern], bool] = field(default_factory=dict)
    """Whether a file holds a pattern, of those that were asked about."""
    grown: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Whether a file may put something into a field of that name, of those asked about."""
    skimmed: dict[tuple[str, tuple[str, ...]], tuple[skim.Declared, ...]] = field(
        default_factory=dict
    )
    """What a file keeps of types of these names, of those asked about."""

    _times: Counter[str] = field(default_factory=Counter)
    """How often it was asked where a word stands in a file."""
    _places: dict[str, dict[bytes, list[tuple[int, int]]]] = field(default_factory=dict)
    """Where each word stands in a file, of those that are asked very often."""
    _near: dict[tuple[str, Hashable], list[str]] = field(default_factory=dict)
    _searched: int = 0
    """Files that were searched for a word, each as often as it was."""

    @property
    def asked(self) -> Iterable[str]:
        """Every word that was looked for."""
        return {*self._known, *(word for word, _ in self._near)}

    def matching(self, pattern: Pattern, literal: bytes) -> tuple[str, ...]:
        """The files that hold `pattern`; what it finds must hold `literal`, which is quick."""
        if (pattern, literal) not in self.matched:
            self.matched[pattern, literal] = tuple(
                path
                for path, source in self.sources.items()
                if literal in source and pattern.search(source)
            )
        return self.matched[pattern, literal]

    def holds(self, path: str, pattern: Pattern) -> bool:
        """Whether one file holds `pattern`."""
        if (path, pattern) not in self.held:
            self.held[path, pattern] = pattern.search(self.sources[path]) is not None
        return self.held[path, pattern]

    def grows(self, path: str, name: str) -> bool:
        """Whether a file may put something into a field called `name`; see `skim.grows`."""
        if (path, name) not in self.grown:
            self.grown[path, name] = skim.grows(self.sources[path], name)
        return self.grown[path, name]

    def foresee(self, words: Iterable[str]) -> None:
        """Look for many words at once: all of them cost little more than one."""
        new = [word for word in dict.fromkeys(words) if word and word not in self._known]
        if len(new) < WORTH_AN_AUTOMATON:
            return
        self._searched += len(new) // IN_A_PASS * len(self.sources)
        if self._is_indexed:
            return
        from ahocorasick_rs import BytesAhoCorasick  # few runs need it

        literals = [_bytes(word) for word in new]
        automaton = BytesAhoCorasick(literals)
        found: list[list[str]] = [[] for _ in new]
        for path, source in self.sources.items():
            seen = set[int]()
            for index, start, end in automaton.find_matches_as_indexes(source, overlapping=True):
                if index not in seen and _is_whole(source, start, end):
                    seen.add(index)
            for index in seen:
                found[index].append(path)
        self._known.update(zip(new, found, strict=True))

    def keeps(self, path: str, families: Iterable[str]) -> tuple[skim.Declared, ...]:
        """What a file seems to keep of types of these names."""
        key = path, tuple(sorted(families))
        if key not in self.skimmed:
            self.skimmed[key] = skim.declares(self.sources[path], key[1])
        return self.skimmed[key]

    def files_with(self, word: str) -> list[str]:
        """The files in which `word` stands as a whole word, comments and strings included."""
        if word not in self._known:
            self._known[word] = self._search(_bytes(word), self.sources)
        return list(self._known[word])

    def among(self, word: str, place: Hashable, paths: Collection[str]) -> list[str]:
        """Of `paths`, all files of a `place`, those in which `word` stands as a whole word."""
        if word in self._known or self._is_indexed:
            known = frozenset(self.files_with(word))
            return [path for path in paths if path in known] if known else []
        if (word, place) not in self._near:
            self._near[word, place] = self._search(_bytes(word), paths)
        return list(self._near[word, place])

    def _search(self, literal: bytes, paths: Collection[str]) -> list[str]:
        """Of `paths`, those in which it stands as a whole word."""
        self._searched += len(paths)
        if self._is_indexed and literal and not literal.translate(None, WORDS):
            return self._index.files_with(literal)
        searched = ((path, self.sources[path]) for path in paths)
        return [path for path, it in searched if literal in it and _stands_in(literal, it)]

    @property
    def _is_indexed(self) -> bool:
        """Whether so much has been asked that it is quicker to know all words of all files."""
        return self._searched > WORTH_AN_INDEX * len(self.sources)

    @cached_property
    def _index(self) -> _Index:
        return _Index.of(self.sources)

    def is_field(self, path: str, name: str) -> bool:
        """Whether `name` stands in a file as a field does: behind a dot, or in a pattern."""
        if (path, name) not in self.fields:
            source = self.sources[path]
            found = self._standing(_bytes(name), path)
            self.fields[path, name] = any(_is_field(source, *at) for at in found)
        return self.fields[path, name]

    def _standing(self, literal: bytes, path: str) -> Iterable[tuple[int, int]]:
        """Where it stands in a file as a whole word: start and end."""
        self._times[path] += 1
        if self._times[path] < WORTH_PLACES or WORD.fullmatch(literal) is None:
            return _standing(literal, self.sources[path])
        if path not in self._places:
            self._places[path] = _words_of(self.sources[path])
        return self._places[path].get(literal, ())

    def files_with_static(self, name: str) -> list[str]:
        """The files that seem to declare a static or a const called `name`."""
        return self._statics.get(_bytes(name), [])

    @cached_property
    def _statics(self) -> dict[bytes, list[str]]:
        found: dict[bytes, list[str]] = {}
        for path, source in self.sources.items():
            for name in {name for kind in STATICS for name in kind.findall(source)}:
                found.setdefault(name, []).append(path)
        return found

    def redirecting(self, ending: bytes) -> list[str]:
        """The files with a `#[path = "…"]` that ends so."""
        backward, found = ending[::-1], list[tuple[int, str]]()
        for said, order, path in self._redirects[bisect_left(self._redirects, (backward,)) :]:
            if not said.startswith(backward):
                break
            found.append((order, path))
        return list(dict.fromkeys(path for _, path in sorted(found)))

    @cached_property
    def _redirects(self) -> list[tuple[bytes, int, str]]:
        """Each redirect read backward, and the file that says it, in order."""
        return sorted(
            (target[::-1], order, path)
            for order, (path, said) in enumerate(self.redirects.items())
            for target in said
        )

    def always(self, path: str) -> tuple[object, ...]:
        """All that is found out of a file whoever asks for one of them."""
        found = (self.redirects, self.leads, self.includes)
        told = tuple(one.get(path, ()) for one in found)
        return frozenset(self._statics), frozenset(self.definers), self._declared(path), *told

    @cached_property
    def definers(self) -> Mapping[str, tuple[str, ...]]:
        """Type name to the files that seem to define it: a lexical index, comments and all."""
        found: dict[str, list[str]] = {}
        for path, source in self.sources.items():
            for name in dict.fromkeys(name for kind in DEFINES for name in kind.findall(source)):
                found.setdefault(name.decode(), []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def declares(self, path: str, name: str) -> bool:
        """Whether a `mod name` seems to stand in the file."""
        return _bytes(name) in self._declared(path)[0]

    def opens(self, path: str, name: str) -> bool:
        """Whether a `mod name {` seems to stand in the file."""
        return _bytes(name) in self._declared(path)[1]

    def _declared(self, path: str) -> tuple[frozenset[bytes], frozenset[bytes]]:
        if path not in self._mods:
            found = MOD.findall(self.sources.get(path, b""))
            opened = frozenset(name for name, behind in found if behind == b"{")
            self._mods[path] = frozenset(name for name, _ in found), opened
        return self._mods[path]

    @cached_property
    def redirects(self) -> Mapping[str, tuple[bytes, ...]]:
        """The files with a `#[path = "….rs"]`, and every such path in them."""
        return _said(self.sources, b"path", PATH, b".rs")

    @cached_property
    def leads(self) -> Mapping[str, tuple[bytes, ...]]:
        """The files that lead to others in ways that are not followed, and where to."""
        found = {
            path: tuple(said for pattern in LEADS for said in pattern.findall(source))
            for path, source in self.sources.items()
            if b"include!" in source or (b"path" in source and LEADING.search(source))
        }
        return {path: said for path, said in found.items() if said}

    @cached_property
    def includes(self) -> Mapping[str, tuple[bytes, ...]]:
        """The files that `include!` something, and what they say it is."""
        return _said(self.sources, b"include!", INCLUDE, b"")


BUCKETS = 1 << 15
HIGH = 0xFFFF_FFFF_FF00_0000
"""The bits of a word's hash that are in an entry; the others are of the number of a file."""
WORDS = bytes(sorted(WORD_BYTES))
BLANKED = bytes(byte if byte in WORD_BYTES else ord(" ") for byte in range(256))
"""Each byte that is of a word, and a blank for each other."""


@dataclass(frozen=True, slots=True)
class _Index:
    """Which words stand in which files: by 55 bits of their hashes, since words would be large.

    So it may say a file too many, once in 10^10 questions, as all that is lexical may.
    """

    paths: list[str]
    buckets: list[array[int]]
    """By the low bits of the hash: the high ones, and the number of a file."""

    @classmethod
    def of(cls, sources: Mapping[str, bytes]) -> _Index:
        buckets = [array("Q") for _ in range(BUCKETS)]
        for number, source in enumerate(sources.values()):
            for word in set(source.translate(BLANKED).split()):
                hashed = hash(word)
                buckets[hashed % BUCKETS].append(hashed & HIGH | number)
        return cls(list(sources), buckets)

    def files_with(self, word: bytes) -> list[str]:
        hashed = hash(word)
        high = hashed & HIGH
        bucket = self.buckets[hashed % BUCKETS]
        return [self.paths[entry - high] for entry in bucket if entry & HIGH == high]


def _bytes(word: str) -> bytes:
    """A name may come from a path, which need not be text."""
    return word.encode("utf-8", "surrogateescape")


def _stands_in(literal: bytes, source: bytes) -> bool:
    return next(_standing(literal, source), None) is not None


def _standing(literal: bytes, source: bytes) -> Iterator[tuple[int, int]]:
    """Where it stands as a whole word: start and end."""
    start = source.find(literal)
    while start >= 0:
        end = start + len(literal)
        if _is_whole(source, start, end):
            yield start, end
        start = source.find(literal, end)


def _words_of(source: bytes) -> dict[bytes, list[tuple[int, int]]]:
    """Where each word stands: start and end."""
    found: dict[bytes, list[tuple[int, int]]] = {}
    for word in WORD.finditer(source):
        found.setdefault(word[0], []).append(word.span())
    return found


def _is_whole(source: bytes, start: int, end: int) -> bool:
    """Whether no letter, digit or underscore stands on either side."""
    before, behind = source[start - 1 : start], source[end : end + 1]
    return not (before and before[0] in WORD_BYTES) and not (behind and behind[0] in WORD_BYTES)


def _said(
    sources: Mapping[str, bytes], literal: bytes, pattern: re.Pattern[bytes], ending: bytes
) -> Mapping[str, tuple[bytes, ...]]:
    found = {
        path: tuple(said for said in pattern.findall(source) if said.endswith(ending))
        for path, source in sources.items()
        if literal in source
    }
    return {path: said for path, said in found.items() if said}


def _is_field(source: bytes, start: int, end: int) -> bool:
    """Whether a name may be that of a field that is used (`.name`) or taken out (`{ name, .. }`).

    A comment may stand between the two, so behind a comment it may be one too.
    """
    behind = source[end : end + NEAR].lstrip()
    if behind.startswith((b"(", b"!(")):
        return False  # a method or a macro
    before = source[max(0, start - NEAR) : start].rstrip()
    line = before[before.rfind(b"\n") + 1 :]
    if line.endswith((b".", b"*/")) or b"//" in line:
        return True
    cut_off = len(line) == len(before) and start > NEAR
    in_pattern = behind.startswith((b",", b"}", b":", b"/")) and not behind.startswith(b"::")
    return cut_off or (in_pattern and line.endswith(BEFORE_IN_PATTERN))
