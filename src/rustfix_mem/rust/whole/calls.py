"""Calls from function to function, in one file and over files: only names that mean one function.

By the text of bodies, so that no other file is parsed but those that name the function.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.methods import KIND_OF
from rustfix_mem.rust.file.uses import READING_MACROS

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here

CALLED = re.compile(r"(?<![\w!])([a-z_]\w*)\s*(?:::<[^>()]*>\s*)?\(")
COMMON = frozenset(
    "new default clone from into map and_then unwrap expect iter collect to_string to_owned lock"
    " read write next filter format get_or_init unwrap_or_else unwrap_or ok_or push some ok err"
    " with borrow borrow_mut as_ref as_str trim split join chars bytes min max sum take fn if"
    " while for match return loop in".split()
)
MOST_FILES = 12
"""A name that stands in more files than this is a word, not a function's own name."""

Known = tuple[str, "FnDef"]


def called_in(text: str) -> list[str]:
    """The names that are called in a body, without those of everybody's methods."""
    names = dict.fromkeys(CALLED.findall(text))
    return [n for n in names if n not in COMMON and n not in KIND_OF and n not in READING_MACROS]


def function_called(name: str, path: str, files: Files) -> Known | None:
    """The one function of this name: of the file itself, else of its package; None if unclear."""
    here = [(path, fn) for fn in files.outline(path).fns if fn.name == name and not fn.test]
    if here:
        return here[0] if len(here) == 1 else None
    paths = files.files_with(name)
    if len(paths) > MOST_FILES:
        return None
    package = files.reach(path).package
    declared = re.compile(rb"\bfn\s+" + name.encode() + rb"\b")
    homes = [p for p in paths if declared.search(files.sources[p])]
    homes = [p for p in homes if files.reach(p).package == package]
    if len(homes) != 1:
        return None
    found = [
        (homes[0], fn) for fn in files.outline(homes[0]).fns if fn.name == name and not fn.test
    ]
    return found[0] if len(found) == 1 else None


def functions_of(here: Here, files: Files) -> list[FnDef]:
    """The function in which something grows, and the one that asks for it, if that is another."""
    fns = files.outline(here.path).fns
    own, lookup = fns[here.mention.fn], here.use.lookup
    if lookup is None or own.span.holds(lookup.span):
        return [own]
    return [own, *[fn for fn in fns if fn.span.holds(lookup.span)][-1:]]


def reached(start: Known, depth: int, files: Files) -> list[list[Known]]:
    """The functions that are called from one, by how far away they are: 1, 2, … `depth` calls."""
    seen, rings = [start], list[list[Known]]()
    ring = [start]
    for _ in range(depth):
        following: list[Known] = []
        for path, fn in ring:
            for name in called_in(files.text(path, fn.span).partition("{")[2]):
                found = function_called(name, path, files)
                if found is not None and found not in seen:
                    seen.append(found)
                    following.append(found)
        rings.append(following)
        ring = following
    return rings
