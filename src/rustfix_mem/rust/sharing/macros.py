"""What becomes of a name in a macro, where the tree has only tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.sharing.forms import by_method
from rustfix_mem.rust.sharing.subject import COMPARES, READS, demand_reads
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.subject import Subject
    from rustfix_mem.rust.sharing.typing import Site

PRINTING = frozenset(
    "format print println eprint eprintln write writeln panic info debug trace warn error log"
    " bail anyhow".split()
)
TAKING = PRINTING | {"vec", "assert", "assert_eq", "assert_ne", "debug_assert", "matches"}
"""Macros whose arguments are expressions, as they stand."""

ASKING = PRINTING | {"assert", "assert_eq", "assert_ne", "debug_assert"}
"""Macros that take references to their arguments, or have answers of `bool`."""

WRAP_BEFORE = re.compile(
    rb"\b((?:(?:std|alloc)\s*::\s*(?:sync|rc)\s*::\s*)?(?:Arc|Rc))\s*::\s*new\s*\(\s*$"
)
WRAP_BEHIND = re.compile(rb"\s*\.\s*clone\s*\(\s*\)\s*,?\s*\)")
ARGUMENT_ENDS = (",", ")", "}", "]", "")


def in_macro(node: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    """In a macro of the standard library: a clone behind a pointer, or what is only printed."""
    macro = next((h for h in ancestors(node) if h.type == "macro_invocation"), None)
    name = text(field(macro, "macro")).rpartition("::")[2] if macro is not None else ""
    source, tree = node.file.source, node.parent
    before = WRAP_BEFORE.search(source[max(0, node.start_byte - 200) : node.start_byte])
    behind = WRAP_BEHIND.match(source, node.end_byte)
    if name in TAKING and before is not None and behind is not None:
        start = node.start_byte - len(before[0])
        made = by_method(subject.lent, site.files)
        yield Edit(site.path, Span(start, behind.end()), made)
        return
    is_argument = text(node.prev_sibling) == "," and _ends(node.next_sibling)
    shallow = tree is not None and tree.parent == macro
    literals = [c for c in tree.children if c.type == "string_literal"] if tree is not None else []
    behind_text = any(one.end_byte <= node.start_byte for one in literals)
    printed = name in PRINTING and shallow and is_argument and behind_text
    printed = printed and ":p}" not in text(tree)
    if not printed and (name not in ASKING or not _asked(node, subject, site)):
        raise Refused(f"the macro `{name}!` names it")
    if subject.name != subject.to:
        yield Edit(site.path, span(node), subject.to)


def _asked(node: Node, subject: Subject, site: Site) -> bool:
    """Whether what stands in a macro is `x.field` or `x.method()`, and nothing is moved there."""
    dot, word = node.next_sibling, node.next_sibling.next_sibling if node.next_sibling else None
    if text(dot) != "." or word is None or text(node.prev_sibling) in ("&", "*", "."):
        return False
    behind = word.next_sibling
    if text(behind).startswith("("):
        demand_reads(text(word), subject.type, site, subject.referred)
        return True
    while text(behind) == "." and behind is not None and behind.next_sibling is not None:
        word, behind = behind.next_sibling, behind.next_sibling.next_sibling
    if text(behind).startswith("("):
        return text(word) in READS
    holder = node.parent.parent if node.parent is not None else None
    shallow = holder is not None and holder.type == "macro_invocation"
    return subject.referred or (shallow and (_ends(behind) or text(behind) in COMPARES))


def _ends(behind: Node | None) -> bool:
    return behind is None or text(behind) in ARGUMENT_ENDS
