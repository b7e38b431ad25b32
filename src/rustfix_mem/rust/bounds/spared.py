"""Why a number that looks as if it told a cache how much, or for how long, does not.

Each reason was met in an application; `docs/traps.md` names the case that holds it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rustfix_mem.rust.cap.sites import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Number
    from rustfix_mem.rust.whole.files import Files


CACHED = frozenset(("CACHE", "CACHED", "CACHES", "CACHING", "LRU", "MEMO", "MEMOIZED"))
LONG = frozenset(("TTL", "EXPIRY", "EXPIRATION", "EXPIRES", "LIFETIME", "LIFESPAN"))

DENIED = {
    "it is a time-out": ("TIMEOUT", "TIMEOUTS", "DEADLINE"),
    "it says how often, not how long, or what is renewed": (
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


def spared(
    number: Number, counts: str, item: str, said: frozenset[str], path: str, files: Files
) -> Iterator[str]:
    """Every reason against a number that `counts` entries or seconds; `said` speak of it."""
    yield from _denied(said | _of_static(number, path, files), item, path)
    yield from _on_disk(number, counts, path, files)
    yield from _stored(number, path, files)
    yield from _refuses(number, counts, path, files)
    yield from _bounds_nothing(number, counts, files)
    yield from _read_by_tests_alone(number, path, files)


def spoken(name: str) -> frozenset[str]:
    """The words of a name, in capitals."""
    return frozenset(words(name))


def _of_static(number: Number, path: str, files: Files) -> frozenset[str]:
    """The words of the static in whose initialiser a number stands."""
    for static in files.outline(path).statics:
        if not static.constant and static.span.holds(number.span):
            return spoken(static.name)
    return frozenset()


def _denied(said: frozenset[str], item: str, path: str) -> Iterator[str]:
    of_item = spoken(item.replace(".", "_").replace("::", "_"))
    all_words = said | of_item | spoken(PurePosixPath(path).stem)
    for reason, denied in DENIED.items():
        found = [word for word in denied if word in all_words]
        if found:
            yield f"{reason}: it is called `{found[0].lower()}`"


BYTES = 1 << 20
"""From here on a number of entries is more likely one of bytes."""


def is_bytes(number: Number, path: str, files: Files) -> bool:
    """Whether a number of entries is more likely one of bytes."""
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
    stem = [word for word in _subject(number.name) if word in CACHED or word not in LONG]
    for static in files.outline(path).statics:
        named = _subject(static.name)
        beside = counts == "seconds" and number.role == "const" and static.name != number.name
        if beside and FILED & set(named) and named[:2] == stem[:2]:
            yield f"it may say how long a file on disk is good: `{static.name}` is beside it"
            return
    for file in _readers(number, path, files):
        if found := DISK.search(files.sources[file]):
            said = " ".join(found[0].decode().split())
            yield f"it may be about files on disk: {file}, which reads it, has `{said}`"
            return


def _subject(name: str) -> list[str]:
    """The words of a name, of which `DEFAULT` says nothing of what it is about."""
    return [word for word in words(name) if word != "DEFAULT"]


def _readers(number: Number, path: str, files: Files) -> list[str]:
    """The file of a number, and those that name what it is given to, outside of tests."""
    owner, name = _field_of(number, path, files)
    if owner:
        named = set(files.files_with(owner)) & set(files.files_with(name))
    else:
        named = set(files.files_with(number.name)) if number.role == "const" else set()
    seen = [f for f in sorted(named) if files.reach(f).state in ("seen", "unknown")]
    own = [] if CONFIGURES.search(path) else [path]  # which may well write itself to the disk
    return list(dict.fromkeys([*own, *(f for f in seen if f != path and not files.reach(f).test)]))


def _field_of(number: Number, path: str, files: Files) -> tuple[str, str]:
    """The type and the field that a number is the default of; nothing if there is none."""
    if number.role == "field":
        return number.owner.rpartition("::")[2], number.name
    source, name = files.sources[path], re.escape(number.name.encode())
    asked = re.compile(rb'\bdefault\s*=\s*"(?:\w+::)*' + name + rb'"')  # by serde, clap
    for defined in files.outline(path).types if number.role == "returned" else ():
        found = asked.search(source, defined.span.start, defined.span.end)
        after = found.end() if found is not None else defined.span.end
        behind = [kept.name for kept in defined.fields if kept.span.start > after]
        if behind:
            return defined.name, behind[0]
    return "", ""


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
    named = files.files_with(name.decode()) if spoken(number.name) & CACHED else known
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
        facts = files.outline(file)
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
        for use in files.outline(file).uses
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
    return any(f.test and f.span.start <= at < f.span.end for f in files.outline(path).fns)
