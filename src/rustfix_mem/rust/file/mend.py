"""Valid Rust that the grammar does not know, blanked out byte for byte, so that the rest is read.

Nothing that a judgement asks for: where an attribute stands before a name in a pattern, which type
arguments a pattern has. Offsets stay, and every text is taken from the source itself.
"""

from __future__ import annotations

import re

FORMS = (
    # an attribute before a shorthand field, or one that is ignored, in a pattern
    re.compile(rb"#\[[^\[\]\n]*\](?=\s*(?:ref\s+)?(?:mut\s+)?[a-z_]\w*\s*(?::\s*_\s*)?[,}])"),
    # `Type::<T> { .. }` as a pattern
    re.compile(rb"::<(?:[^<>;{}()]|<[^<>;{}()]*>)*>(?=\s*\{)"),
    # `size_of::<Option::<T>>()`
    re.compile(rb"(?<=\w)::(?=<[\w:&' ,]+>>\()"),
    # `dyn 'a + Trait`
    re.compile(rb"(?<=\bdyn )\s*'\w+\s*\+"),
    # `Some(box Plan::Query { .. })`: `box` is a keyword, and says nothing of names
    re.compile(rb"\bbox(?=\s+(?:(?:ref|mut)\s+)?[A-Za-z_(\[&])"),
    # a lint's attribute before an expression in a tuple
    re.compile(rb"(?P<kept>[,(]\s*)#\[(?:allow|expect|warn|deny)\([^\[\]\n]*\)\]"),
    # `impl A + for<'a> B<'a>`
    re.compile(rb"(?P<kept>\+\s*)for\s*<[\w', ]*>"),
    # a `~`, which only macros know
    re.compile(rb"~"),
)


def mended(source: bytes) -> bytes:
    """The source with spaces for all of these forms; itself if there are none."""
    for form in FORMS:
        source = form.sub(_blanked, source)
    return source


def _blanked(found: re.Match[bytes]) -> bytes:
    kept = found.groupdict().get("kept", b"")
    return kept + re.sub(rb"[^\n]", b" ", found[0][len(kept) :])
