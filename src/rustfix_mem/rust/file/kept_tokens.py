"""Where a loop keeps lines of a process in the tokens of `select!`, which are read as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.buffers import let_of
from rustfix_mem.rust.file.kept_lines import BOUNDS, OVER, Kept
from rustfix_mem.rust.file.origins import origin
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.queues import lines_of
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

MACROS = frozenset(("select", "select_biased"))
READER = re.compile(
    r"(?P<bound>\w+)[.\s)]*=\s*(?P<reader>\w+)\s*\.\s*(?:next_line\(\s*\)"
    r"|read_(?:line|until)\([^()]*?&\s*mut\s+(?P<line>\w+)\s*\))"
)
ALIAS = re.compile(r"(?:Some|Ok)\(\s*(?:mut\s+)?(\w+)\s*\)")
LOSSY_LET = r"let\s+(?P<name>\w+)\s*=\s*(?:\w+::)*from_utf8_lossy\(\s*&\s*(?:{lines})\b"
PUT = (
    r"\b(?P<buffer>\w+)\s*\.\s*(?:push_str|push|extend_from_slice)\(\s*&?\s*(?:{lines})"
    r"\s*(?:\.\s*(?:clone|to_string|to_owned|trim\w*)\(\s*\)\s*)*\)"
)
TOKENS = r"\b{buffer}\s*\.\s*(?:{bounds})\(|&\s*mut\s+{buffer}\b|\s[<>]=?\s*[^0\s]"
"""What may bound a buffer in a loop, as text: a number is compared, or somebody is lent it."""

ENDED = r"(?:==0\{{|None=>\{{?){flag}=true\b"
"""Where a flag is raised that says that a pipe has ended, in text without blanks."""

LEFT = re.compile(r"\bif\s+([^{}]+?)\{\s*(?:break|return)\b")
"""What is asked before a loop is left, as text."""


def kept_in_macros(function: Function, items: Items) -> Iterator[Kept]:
    """Every buffer that a loop fills with lines in the tokens of `select!`; each once a pipe."""
    seen: set[tuple[str, str]] = set()
    for macro in own_nodes(function.body):
        name = text(field(macro, "macro")) if macro.type == "macro_invocation" else ""
        loop = next((n for n in ancestors(macro) if n.type in LOOPS), None)
        if name.rpartition("::")[2] not in MACROS or loop is None:
            continue
        for kept in _in_tokens(macro, loop, function, items):
            if (text(kept.buffer), kept.of.pipe) not in seen:
                seen.add((text(kept.buffer), kept.of.pipe))
                yield kept


def _in_tokens(macro: Node, loop: Node, function: Function, items: Items) -> Iterator[Kept]:
    written = text(macro)
    readers = list(READER.finditer(written))
    for at, found in enumerate(readers):
        end = readers[at + 1].start() if at + 1 < len(readers) else len(written)
        reader = _identifier(macro, found["reader"])
        by_line = found["line"] is None
        read = (lines_of if by_line else origin)(reader, function, items) if reader else None
        arm = written[found.end() : end]
        lines = {found["line"]} if not by_line else {found["bound"], *ALIAS.findall(arm)}
        any_line = "|".join(sorted(lines))
        for alias in re.finditer(LOSSY_LET.format(lines=any_line), arm):
            any_line += f"|{alias['name']}"
        put = re.search(PUT.format(lines=any_line), arm)
        buffer = _identifier(macro, put["buffer"]) if put is not None else None
        let = let_of(buffer) if buffer is not None else None
        if reader is None or read is None or buffer is None or let is None:
            continue
        if let.start_byte < loop.start_byte and not _may_be_bounded(text(buffer), text(loop)):
            yield Kept(reader, read, buffer, "text", "")


def _may_be_bounded(buffer: str, loop: str) -> bool:
    """Whether a loop, as text, may bound a buffer, or be left before the process has ended."""
    bounds = TOKENS.format(buffer=buffer, bounds="|".join(sorted(BOUNDS)))
    asked, plain = ("".join(asked.split()) for asked in LEFT.findall(loop)), "".join(loop.split())
    return bool(re.search(bounds, loop)) or not all(_is_over(one, plain) for one in asked)


def _is_over(asked: str, loop: str) -> bool:
    """Whether a condition asks if the process has ended: itself, or by flags that say so."""
    if OVER.search(asked):
        return True
    flags = re.split(r"&&|\|\|", asked)
    return all(re.search(ENDED.format(flag=re.escape(flag)), loop) for flag in flags)


def _identifier(macro: Node, name: str) -> Node | None:
    """The first place in a macro's tokens where a name stands."""
    return next(iter(n for n in syntax.named_so(macro, name) if n.type == "identifier"), None)
