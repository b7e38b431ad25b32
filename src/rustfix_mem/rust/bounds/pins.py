"""What else says a number: tests, documents and settings that a lowered one leaves behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.bounds.spared import CACHED, in_test
from rustfix_mem.rust.cap.sites import words
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.bounds.limits import Limit
    from rustfix_mem.rust.whole.files import Files

SETTINGS = (".toml", ".json", ".yaml", ".yml", ".ini")
DOCUMENTS = (".md", ".rst", ".txt", ".adoc")
READ = (*SETTINGS, *DOCUMENTS)
"""Ends of the names of files that may say a number again."""

MOST = 5
"""So many pins are named; the rest is counted."""


def pins(limit: Limit, files: Files) -> tuple[str, ...]:
    """Every place that pins the number, `asserted in src/a.rs:14`; the worst kind first."""
    found = [*_asserted(limit, files), *_overridden(limit, files), *_documented(limit, files)]
    more = len(found) - MOST
    return (*found[:MOST], *([f"and {more} more places name it"] if more > 0 else []))


def _asserted(limit: Limit, files: Files) -> Iterator[str]:
    """Tests that say its value beside its name, or beside that of a field that is named alike."""
    plain = _name(limit).lower().removeprefix("default_")
    for name in dict.fromkeys((_name(limit), plain, plain.removeprefix("max_"))):
        for path in files.files_with(name):
            source = files.sources[path]
            for found in re.finditer(rb"\b" + name.encode() + rb"\b", source):
                near = _near(source, found.start())
                if _says(near, limit.number.value) and in_test(path, found.start(), files):
                    yield f"a test says it: {path}:{line_at(source, found.start())}"


def _overridden(limit: Limit, files: Files) -> Iterator[str]:
    """Checked-in settings that give the same key a value."""
    if limit.number.role == "field" and not _is_read(limit, files):
        return
    key = re.escape(_name(limit).lower().removeprefix("default_")).encode()
    said = re.compile(rb"^[ \t]*[\"']?" + key + rb"[\"']?[ \t]*[:=]", re.MULTILINE)
    about = {*words(_name(limit)), *words(limit.number.owner.rpartition("::")[2])} & CACHED
    for path, source in files.documents.items():
        for found in said.finditer(source) if path.endswith(SETTINGS) else ():
            if about & ({*words(key.decode())} | _table_words(source, found.start())):
                yield f"checked-in settings may override it: {path}:{line_at(source, found.end())}"


def _table_words(source: bytes, at: int) -> set[str]:
    """The words of the TOML table that a key stands in."""
    headers = TABLE.findall(source, 0, at)
    return (
        set(words(headers[-1].decode("utf-8", "replace").replace(".", "_"))) if headers else set()
    )


TABLE = re.compile(rb"^[ \t]*\[+([^\]\n]+)\]", re.MULTILINE)


def _is_read(limit: Limit, files: Files) -> bool:
    """Whether the field's type is read from settings."""
    meaning = files.names.meaning(limit.number.owner, limit.path, limit.number.module)
    defined = meaning.defined if meaning is not None else None
    return defined is not None and "Deserialize" in defined.derives


def _documented(limit: Limit, files: Files) -> Iterator[str]:
    """Documents, and comments of settings, that name it on a line with the number."""
    name = _name(limit).encode()
    said = re.compile(rb"\b(?:" + name + rb"|" + name.lower().removeprefix(b"default_") + rb")\b")
    for path, source in files.documents.items():
        for found in said.finditer(source):
            line = _line(source, found.start())
            if path.endswith(DOCUMENTS):
                line = _section(source, found.start()) if line.startswith(b"#") else line
            elif not line.lstrip().startswith(REMARKS):
                continue
            if _says(line, limit.number.value):
                yield f"a document names it: {path}:{line_at(source, found.start())}"


def _section(source: bytes, at: int) -> bytes:
    """What stands below a heading, up to the next one."""
    end = source.find(b"\n#", at)
    return source[at : end if end >= 0 else len(source)]


REMARKS = (b"#", b";", b"//")
"""How comments of settings begin."""


def _says(line: bytes, value: int) -> bool:
    digits = (int(found.replace(b"_", b"").replace(b",", b"")) for found in NUMBER.findall(line))
    return value in digits


NUMBER = re.compile(rb"(?<![\w.])\d[\d_,]*(?<![_,])")


def _name(limit: Limit) -> str:
    """The word to look for: the constant, the field, the function; the type that is made."""
    number = limit.number
    made = number.role in ("argument", "method", "attribute")
    return number.owner.rpartition("::")[2] if made else number.name


def _near(source: bytes, at: int) -> bytes:
    """The line of a byte, with two before and two behind: what one `assert_eq!` may take."""
    start, end = at, at
    for _ in range(3):
        start = source.rfind(b"\n", 0, max(start - 1, 0)) if start > 0 else -1
        end = source.find(b"\n", end + 1) if end >= 0 else -1
    return source[start + 1 : end if end >= 0 else len(source)]


def _line(source: bytes, at: int) -> bytes:
    end = source.find(b"\n", at)
    return source[source.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(source)]
