"""Whether edits leave the lines as rustfmt would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem import text as texts
from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import method_call
from rustfix_mem.rust.file.syntax import ancestors, span
from rustfix_mem.rust.write import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Edit

WIDTHS = {
    "arguments": 62,
    "array_expression": 62,
    "tuple_expression": 62,
    "token_tree": 62,
    "call_expression": 60,
    "if_expression": 50,
    "struct_expression": 18,
}
"""How wide rustfmt lets each of these be on one line: its small heuristics, with brackets."""
END = ("block", "let_declaration", "expression_statement", "function_item")


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
                _keeps_its_lines(syntax.descendant(tree.root, edit.span), own)


def _no_long_line(source: bytes, edits: list[Edit], width: int) -> None:
    long = {line for line in source.decode("utf-8", "replace").splitlines() if len(line) > width}
    after = texts.apply(source, edits).decode("utf-8", "replace")
    for line in after.splitlines():
        if len(line) > width and line not in long and len(line.expandtabs(4)) > width:
            raise Refused("a line would be too long")


def _keeps_its_lines(node: Node, edits: list[Edit]) -> None:
    """Raises `Refused` where something around an edit no longer fits, or fits only now."""
    for holder in (node, *ancestors(node)):
        if holder.type in END:
            return
        width = WIDTHS.get(holder.type)
        source = holder.file.source[holder.start_byte : holder.end_byte]
        if width is None or (holder.type == "call_expression" and not _is_chain(holder)):
            continue
        whole = holder.type not in ("struct_expression", "if_expression") and b"{" in source
        if b"\n" in source and (whole or holder.type == "if_expression"):
            continue  # something in it has lines of its own
        before, after = (_flat(text, holder.type) for text in (source, _after(holder, edits)))
        if (before <= width) != (after <= width):
            raise Refused("rustfmt would lay its lines out anew")


def _is_chain(call: Node) -> bool:
    """Whether a call is one of several steps: `a.b().c()`."""
    made = method_call(call)
    return made is not None and made.receiver.type in ("call_expression", "field_expression")


def _after(holder: Node, edits: list[Edit]) -> bytes:
    own, whole = holder.file.source, span(holder)
    inner = [edit for edit in edits if whole.holds(edit.span)]
    made = texts.apply(own, inner)
    return made[whole.start : len(made) - (len(own) - whole.end)]


def _flat(source: bytes, kind: str) -> int:
    """How wide code is on one line; of a struct only what is between its braces."""
    lines = [line.strip() for line in source.decode("utf-8", "replace").split("\n")]
    flat = " ".join(lines).replace("( ", "(").replace(", )", ")").replace(" .", ".")
    flat = flat.replace("[ ", "[").replace(", ]", "]")
    if kind == "struct_expression":
        flat = flat.partition("{")[2].rpartition("}")[0].strip().removesuffix(",")
    return len(flat)
