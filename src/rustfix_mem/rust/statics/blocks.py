"""`lazy_static! { … }` as statics of their own: read as tokens, since a macro has no syntax tree.

What stands between the statics stays: comments, attributes, empty lines. Each is laid out as
rustfmt would: flat if it fits, behind the `=` on a line of its own, or as a block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.write import indents

if TYPE_CHECKING:
    from rustfix_mem.rust.write.layout import Style

HEAD = re.compile(r"(?P<vis>pub(?:\s*\([^)]*\))?\s+)?static\s+ref\s+(?P<name>\w+)\s*:\s*")
ATTRIBUTE = re.compile(r"#\s*\[\s*(\w+)")
HARMLESS = frozenset("doc allow cfg deprecated warn expect deny rustfmt".split())
CLOSURE_LIKE = re.compile(r"(?:match\b|unsafe\s*\{|\{|loop\b)|(?:&\s*)?(?:\w+::)*[A-Z]\w*\s*\{")
"""Expressions that rustfmt lets stand behind `||` though they have several lines."""


@dataclass(frozen=True, slots=True)
class One:
    """One static of a block, with all that stands before it in the block."""

    before: str
    visibility: str
    name: str
    type: str
    value: str
    behind: str
    """What stands between the value and its semicolon: a comment."""
    below: str | None
    """The blanks before a value that begins on a line of its own."""


def statics(body: str) -> tuple[list[One], str]:
    """The statics between the braces, and what follows the last; raises `Refused`."""
    bare, found, at = indents.code(body), list[One](), 0
    while bare[at:].strip():
        start = _behind_attributes(bare, at)
        begins = HEAD.match(bare, start)
        if begins is None:
            raise Refused("a `lazy_static!` block has something that is not understood")
        equals = _equals(bare, begins.end())
        stop = _semicolon(bare, equals + 1)
        value = body[equals + 1 : stop]
        end = _end(value)
        found.append(
            One(
                body[at:start],
                (begins["vis"] or "").strip(),
                begins["name"],
                body[begins.end() : equals].strip(),
                value[:end].strip(),
                value[end:].rstrip(),
                below[1] if (below := re.match(r"[ \t]*\n([ \t]*)\S", value)) else None,
            )
        )
        at = stop + 1
    return found, body[at:]


def _end(value: str) -> int:
    """Where a value ends, before the comments that follow it."""
    end = 0
    for token in indents.tokens(value):
        if token.lastgroup not in ("line", "block"):
            end = token.end()
    kept = indents.TOKEN.sub(
        lambda token: " " * len(token[0]) if token.lastgroup in ("line", "block") else token[0],
        value,
    )
    return max(end, len(kept.rstrip()))


def _behind_attributes(bare: str, at: int) -> int:
    """Where the static begins, behind attributes (comments are blanks already)."""
    while True:
        blank = re.compile(r"\s*").match(bare, at)
        at = blank.end() if blank is not None else at
        if bare[at : at + 1] != "#":
            return at
        named = ATTRIBUTE.match(bare, at)
        if named is None or named[1] not in HARMLESS:
            raise Refused(f"`{bare[at : at + 20].split(']')[0]}]` stands on a static of a block")
        at = _closing(bare, bare.index("[", at)) + 1


def _closing(bare: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(bare)):
        depth += (bare[index] in "([{") - (bare[index] in ")]}")
        if depth == 0:
            return index
    raise Refused("a `lazy_static!` block has brackets that do not close")


def _equals(bare: str, at: int) -> int:
    """The `=` that ends a type: not one in its angle brackets."""
    depth = 0
    for index in range(at, len(bare)):
        arrow = bare[index - 1] in "-="
        depth += (bare[index] in "([{<") - (
            bare[index] in ")]}" or (bare[index] == ">" and not arrow)
        )
        if bare[index] == "=" and depth == 0:
            return index
    raise Refused("a `lazy_static!` block has a static without a value")


def _semicolon(bare: str, at: int) -> int:
    depth = 0
    for index in range(at, len(bare)):
        depth += (bare[index] in "([{") - (bare[index] in ")]}")
        if bare[index] == ";" and depth == 0:
            return index
    raise Refused("a `lazy_static!` block has a static without an end")


def unfolded(body: str, lazy: str, indent: str, lead: str, style: Style) -> str:
    """The statics of a block, each of its own, at the indent of the block; raises `Refused`.

    `lazy` is how `LazyLock` is called here, `lead` how much further right the block's lines stand.
    """
    found, rest = statics(body)
    if not found:
        raise Refused("a `lazy_static!` block is empty")
    parts = [
        _between(one.before, indent, lead) + _written(one, lazy, indent, lead, style)
        for one in found
    ]
    left = indents.shallower(rest.rstrip(), lead)
    if left is None:
        raise Refused(INDENTED)
    return "".join(parts).strip() + left


INDENTED = "a `lazy_static!` block is indented in a way that is not understood"


def _between(text: str, indent: str, lead: str) -> str:
    """What stands before a static, down to the indent of its first line."""
    lines, _, last = text.rpartition("\n")
    comments = "/*" in lines and '"' not in lines  # a comment of several lines moves as a whole
    moved = lines.replace(f"\n{lead}", "\n") if comments else indents.shallower(lines, lead)
    if moved is None:
        raise Refused(INDENTED)
    if last.strip() or not text.startswith("\n"):
        raise Refused("an attribute or a brace shares its line with a static of a block")
    return f"{moved}\n{indent}"


def _written(one: One, lazy: str, indent: str, lead: str, style: Style) -> str:
    """A static of its own, from its first word to its semicolon."""
    if "\n" in one.type:
        raise Refused(f"the type of `{one.name}` goes over several lines")
    visible = f"{one.visibility} " if one.visibility else ""
    head = f"{visible}static {one.name}: {lazy}<{one.type}> ="
    value = _moved(one, indent, lead) if "\n" in one.value else one.value
    called = CALLED.fullmatch(value)
    if called is not None and not re.search(r"\bdyn\b|&|\bfn\b|\[", one.type):
        made = f"{lazy}::new({called[1]})"  # what clippy would say of a closure
        flat = f"{head} {made}"
        fits = _fits(indent, flat, style)
        return f"{flat if fits else f'{head}{chr(10)}{indent}{style.unit}{made}'}{one.behind};"
    return f"{laid_out(head, f'{lazy}::new', value, indent, style)}{one.behind};"


CALLED = re.compile(r"((?:(?:\w+|<(?!_)[\w\s,:<>]*>)::)*\w+)\(\)")
"""A call without arguments of what a path names."""


def _moved(one: One, indent: str, lead: str) -> str:
    """A value of several lines, its first line at `indent`."""
    value = one.value
    later = [line for line in value.split("\n")[1:] if line.strip()]
    closing = re.match(r"[ \t]*", later[-1]) if later else None
    base = indent + lead
    if one.below is not None:
        base = one.below
    elif closing is not None and later[-1].strip()[:1] in "})]":
        base = closing[0]
    moved = indents.shallower(value, base.removeprefix(indent) if base.startswith(indent) else lead)
    if moved is None or (value.startswith("{") and not value.rstrip().endswith("}")):
        raise Refused(INDENTED)
    return moved


def laid_out(head: str, maker: str, value: str, indent: str, style: Style) -> str:
    """`head maker(|| value)`, broken as rustfmt breaks it, without a semicolon."""
    inner = indent + style.unit
    first = value.split("\n")[0]
    several = "\n" in value
    if several and not CLOSURE_LIKE.match(value):
        body = f"{{\n{inner}{indents.deeper(value, style.unit)}\n{indent}}}"
        return _behind(head, f"{maker}(|| {body})", indent, style)
    if several:
        return _behind(head, f"{maker}(|| {value})", indent, style)
    flat = f"{head} {maker}(|| {first})"
    if _fits(indent, flat, style):
        return flat
    if _fits(inner, f"{maker}(|| {first})", style):
        return f"{head}\n{inner}{maker}(|| {first})"
    return _behind(head, f"{maker}(|| {{\n{inner}{first}\n{indent}}})", indent, style)


def _behind(head: str, made: str, indent: str, style: Style) -> str:
    """A value of several lines behind the head, or below it if the first line is too long."""
    if _fits(indent, f"{head} {made.split(chr(10))[0]}", style, CLOSING):
        return f"{head} {made}"
    return f"{head}\n{indent}{style.unit}{indents.deeper(made, style.unit)}"


def _fits(indent: str, line: str, style: Style, room: int = 1) -> bool:
    return len(indent.expandtabs(4)) + len(line) + room <= style.width


CLOSING = 4
"""What rustfmt leaves free behind `|| {` on its line: measured, it breaks from 97 columns on."""
