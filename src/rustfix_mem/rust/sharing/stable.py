"""Whether edits leave the lines as rustfmt would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem import text as texts
from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import ancestors, span
from rustfix_mem.rust.write import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Edit

BROKEN = frozenset(
    "arguments array_expression tuple_expression binary_expression call_expression".split()
)
"""What rustfmt puts on one line as soon as it fits."""
SHORT = 60
"""rustfmt's `fn_call_width`, `array_width` and `chain_width`."""


def demand(edits: Iterable[Edit], files: Files) -> None:
    """Raises `Refused` where a line would be broken, or joined, by rustfmt."""
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    for path, own in by_path.items():
        source = files.sources[path]
        style = layout.style_of(source, files.rustfmt(path))
        _no_long_line(source, own, style.width)
        with syntax.parsed(source) as tree:
            for edit in own:
                _nothing_joined(syntax.descendant(tree.root, edit.span), own)


def _no_long_line(source: bytes, edits: list[Edit], width: int) -> None:
    long = {line for line in source.decode("utf-8", "replace").splitlines() if len(line) > width}
    after = texts.apply(source, edits).decode("utf-8", "replace")
    for line in after.splitlines():
        if len(line) > width and line not in long and len(line.expandtabs(4)) > width:
            raise Refused("a line would be too long")


def _nothing_joined(node: Node, edits: list[Edit]) -> None:
    for holder in (node, *ancestors(node)):
        if holder.type in ("block", "let_declaration", "expression_statement", "function_item"):
            return
        source = holder.file.source[holder.start_byte : holder.end_byte]
        if holder.type in BROKEN and b"\n" in source and b"{" not in source:
            before, after = _flat(source), _flat(_after(holder, edits))
            if after <= SHORT < before:
                raise Refused("lines would have to be joined")


def _after(holder: Node, edits: list[Edit]) -> bytes:
    own, whole = holder.file.source, span(holder)
    inner = [edit for edit in edits if whole.holds(edit.span)]
    made = texts.apply(own, inner)
    return made[whole.start : len(made) - (len(own) - whole.end)]


def _flat(source: bytes) -> int:
    """How wide code is on one line."""
    lines = [line.strip() for line in source.decode("utf-8", "replace").split("\n")]
    flat = " ".join(lines).replace("( ", "(").replace(", )", ")").replace(" .", ".")
    return len(flat.replace("[ ", "[").replace(", ]", "]"))
