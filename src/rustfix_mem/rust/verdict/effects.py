"""What computing a value again would do besides: write, send, fill something else, come back.

Lexical, and one call deep in the file: it sees what is written on the way from a miss to the
growth, so it may say too much. What it says forbids an edit, or lowers the level of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.verdict.siblings import ADDS, TAKES
from rustfix_mem.rust.whole.lifetimes import where
from rustfix_mem.rust.whole.links import names_at
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

ACTIONS = re.compile(
    r"\bfs::(?:write|create_dir|create_dir_all|remove_\w+|rename|copy|hard_link|set_permissions)\b"
    r"|\bFile::create\w*|\bOpenOptions\b|\bwrite_all\b(?=\()|\b(?:try_|blocking_)?send\b(?=\(\s*[^)\s])"
    r"|\b(?:thread|tokio|task)::spawn\w*|\benv::set_var\b|\bprocess::exit\b"
    r"|(?<!fn )\b(?:register|subscribe|enqueue|publish|notify|upload)(?:_[a-z_]\w*)?(?=\()"
)
"""Calls that leave something behind; `send()` of a request that was built up is none of them."""

PROGRAMS = re.compile(r"\bCommand::new\b")
"""A program that is run may do anything, but most of those that are remembered only answer."""

OUTSIDE = re.compile(
    r"\.(?:send(?=\(\))|fetch_(?:one|all|optional)\b(?=\())"
    r"|\b(?:reqwest::(?:blocking::)?get|ureq::(?:get|post|request))\b(?=\()"
)
"""Requests to services and databases, which may answer otherwise later."""

FOREIGN = re.compile(r"\bunsafe\s*\{|\b(?:cpp|asm|msg_send|js)!")
"""Code of which Rust does not say what it does."""

CALLED = re.compile(r"(?<![\w.:!])(?:self\.|Self::)?([a-z_]\w*)(?:::<[^>()]*>)?\(")


def miss_path(here: Here, files: Files) -> str:
    """What is written between a miss and the growth; to the function's end if a hit returns."""
    use = here.use
    fn = files.outline(here.path).fns[here.mention.fn]
    if use.lookup is None or use.slot is None:
        return ""
    whole = use.slot.whole
    if use.lookup.form == "entry":
        return files.text(here.path, whole)
    leaves = use.lookup.form == "return" or use.lookup.age == "fresh"
    end = fn.span.end if leaves else whole.end
    return files.text(here.path, Span(min(use.lookup.span.end, end), end))


def _reaches(written: str, here: Here, files: Files) -> Iterator[str]:
    """The text, and that of every function of the file that it seems to call."""
    yield written
    called = set(CALLED.findall(written))
    for fn in files.outline(here.path).fns:
        if fn.name in called and not fn.test:
            yield files.text(here.path, fn.span)


def _found(pattern: re.Pattern[str], growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    for here in growths:
        for written in _reaches(miss_path(here, files), here, files):
            found = pattern.search(written)
            if found is not None:
                yield f"`{found[0]}` on the way to {where(here, files)}"
                return


def effects(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why to compute a value a second time would be noticed."""
    for what in _found(ACTIONS, growths, files):
        yield f"computing it again does more than answer: {what}"
    for here in growths:
        yield from _changes(here, collection, files)
        yield from _fills(here, files)
        yield from _comes_back(here, files)


def others(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Where a miss asks others than Rust code: a human should say that they only answer."""
    for what in _found(PROGRAMS, growths, files):
        yield f"computing it again runs a program: {what}"
    for what in _found(OUTSIDE, growths, files):
        yield f"computing it again sends a request, whose answer may be another: {what}"
    for what in _found(FOREIGN, growths, files):
        yield f"computing it again runs code that Rust does not check: {what}"


def _changes(here: Here, collection: Collection, files: Files) -> Iterator[str]:
    """Whether the miss path calls a method of a sibling that takes it by `&mut self`."""
    owner = collection.owner
    written = miss_path(here, files)
    for kept in owner.fields if owner is not None else ():
        for method in re.findall(rf"\b{re.escape(kept.name)}\s*\.\s*(\w+)\s*\(", written):
            meaning = files.names.meaning(kept.type.head, collection.path, collection.module)
            if meaning is None or meaning.defined is None:
                continue
            fns = files.outline(meaning.file).fns
            own = [f for f in fns if f.owner == meaning.defined.name and f.name == method]
            if any(_takes_mut(fn) for fn in own):
                yield f"computing it again does more than answer: `{kept.name}.{method}` changes it"
                return


def _fills(here: Here, files: Files) -> Iterator[str]:
    """Whether a method of the owner that is called on the way fills one of its other fields."""
    place = here.mention.place
    called = set(re.findall(r"\bself\.(\w+)\(", miss_path(here, files)))
    fns = files.outline(here.path).fns
    own = fns[here.mention.fn]
    for mention in files.about(here.path, {*names_at(here), *called}).mentions:
        fn = fns[mention.fn] if mention.fn >= 0 else own
        if fn == own or fn.owner != own.owner or fn.name not in called:
            continue
        sibling = mention.place.base == "self" and mention.place.path[:1] != place.path[:1]
        if sibling and any(use.method in ADDS or use.method in TAKES for use in mention.uses):
            name = mention.place.path[0] if mention.place.path else "self"
            yield f"computing it again does more than answer: `{fn.name}` changes `{name}`"
            return


def _takes_mut(fn: FnDef) -> bool:
    return bool(fn.params) and re.match(r"&.*mutself$", fn.params[0].type.head) is not None


def _comes_back(here: Here, files: Files) -> Iterator[str]:
    """Whether what computes the value is given the owner: it may ask for smaller ones."""
    fn = files.outline(here.path).fns[here.mention.fn]
    written = miss_path(here, files)
    for parameter in fn.params[1:]:
        if re.search(rf"\b{re.escape(parameter.name)}\(\s*(?:&mut |&)?\*?self\b", written):
            yield f"`{fn.name}` hands itself to `{parameter.name}`, which may come back for more"
            return
