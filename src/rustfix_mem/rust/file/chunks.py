"""Where a chunk of a process's output is turned into text by itself.

A chunk ends where the pipe was empty, in the middle of a character if it happens so: both halves
then become U+FFFD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, call_on, declaration
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.uses import READING_MACROS
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node

OWNED = frozenset(("into_owned", "to_string", "to_owned", "into"))
READS = frozenset(
    "len is_empty lines trim trim_end trim_start chars bytes as_bytes as_str contains starts_with"
    " ends_with find split to_string to_owned split_whitespace".split()
)
"""What a `String` does as a `Cow<str>` does."""

OTHER_TYPE = "the text that it makes is used as a `Cow`"
NO_LOOP = "the loop that it stands in is no statement of its own"


@dataclass(frozen=True, slots=True)
class Decoding:
    """`String::from_utf8_lossy(&chunk[..count])`, with what makes it owned."""

    whole: Span
    chunk: Span
    """`&chunk[..count]`."""
    loop: int
    """Where the loop's statement starts."""


def decoding(call: Node, argument: Node, loop: Node) -> tuple[Decoding, str]:
    """How a chunk is decoded, and why that cannot be changed; empty if it can."""
    whole, behind = call, call_on(call)
    if behind is not None and behind.name in OWNED and not behind.arguments:
        whole = behind.node
    statement = loop.parent if loop.parent and loop.parent.type == "expression_statement" else loop
    made = Decoding(span(whole), span(argument), statement.start_byte)
    source = call.file.source
    if source[: statement.start_byte].rpartition(b"\n")[2].strip():
        return made, NO_LOOP
    into = behind is not None and behind.name == "into"
    owned = whole != call and not into
    return made, "" if owned or _as_string(whole) else OTHER_TYPE


def _as_string(value: Node) -> bool:
    """Whether a `String` does where a `Cow<str>` is."""
    parent = value.parent
    if parent is None:
        return False
    if parent.type == "reference_expression":
        return parent.parent is not None and parent.parent.type in ("arguments", "let_declaration")
    if parent.type != "let_declaration" or field(parent, "type") is not None:
        return False
    name = alias_name(field(parent, "pattern"))
    uses = [
        n
        for holder in ancestors(parent)
        if holder.type == "function_item"
        for n in syntax.walk(holder)
        if n.type == "identifier" and text(n) == name and n.start_byte > parent.end_byte
    ]
    return bool(name) and all(_reads(n) for n in uses if declaration(n, name) == parent)


def _reads(node: Node) -> bool:
    parent, call = node.parent, call_on(node)
    if call is not None:
        return call.name in READS
    macro = next((n for n in ancestors(node) if n.type == "macro_invocation"), None)
    if macro is not None:
        return text(field(macro, "macro")).rpartition("::")[2] in READING_MACROS - {
            "vec",
            "matches",
        }
    return parent is not None and parent.type == "reference_expression"
