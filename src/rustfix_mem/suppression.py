"""Comments that hide findings: `// rustfix-mem: ignore[cache-bounds] -- reason`.

In Rust the comment begins with `//`, in TOML with `#`; `ignore-file[…]` speaks of the whole
file. Text in a string, a doc comment or a block comment hides nothing. A name that hides nothing is
a finding of its own, of the codemod that it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.finding import Finding
from rustfix_mem.text import BOM, Lines, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MARK = b"rustfix-mem:"
DIRECTIVE = re.compile(
    rb"(?://|\#)[ \t]*rustfix-mem:[ \t]*(?P<word>ignore(?:-file)?)"
    rb"\[(?P<names>[^\]\n]*)\](?:[ \t]*--[ \t]*(?P<reason>[^\r\n]*))?"
)
# What begins a comment, or a text in which a comment cannot begin.
RUST = re.compile(rb'//|/\*|\b[bc]?r(#*)"|"|\'(?:\\.|[^\\\'\n])\'', re.DOTALL)
TOML = re.compile(rb'#|"""|\'\'\'|"|\'')
BLOCK = re.compile(rb"/\*|\*/")
QUOTED = re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL)
QUOTED_LINE = re.compile(rb'(?:[^"\\\n]|\\.)*+')


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment. `names` are as typed: a name that no codemod has hides nothing."""

    names: tuple[str, ...]
    line: int
    last: int
    """The line of code that a comment on a line of its own speaks of; else `line`."""
    whole_file: bool
    span: Span
    reason: str = ""


def suppressions(source: bytes, path: str = "") -> tuple[Suppression, ...]:
    """Every suppression of one file, in order; without a `path`, Rust's and TOML's."""
    if MARK not in source:
        return ()
    starts: list[int] = []
    if not path.endswith(".toml"):
        starts += _rust_comments(source)
    if not path.endswith(".rs"):
        starts += _toml_comments(source)
    lines = Lines.of(source)
    matches = (DIRECTIVE.match(source, start) for start in sorted(starts))
    return tuple(_suppression(match, lines) for match in matches if match)


def hides(found: Iterable[Suppression], codemod: str, line: int) -> Suppression | None:
    """The first suppression that hides what `codemod` says of `line`."""
    for suppression in found:
        reaches = suppression.whole_file or suppression.line <= line <= suppression.last
        if reaches and codemod in suppression.names:
            return suppression
    return None


def unused(
    found: Iterable[Suppression],
    used: Collection[tuple[Suppression, str]],
    ran: Collection[str],
    known: Collection[str],
) -> Iterator[tuple[Suppression, str]]:
    """The names that hid nothing: of codemods that ran, and those that no codemod has.

    `used` says which names hid something. A comment without any has the name "".
    """
    for one in found:
        for name in dict.fromkeys(one.names or ("",)):
            if name not in known or (name in ran and (one, name) not in used):
                yield one, name


def complaint(one: Suppression, name: str, path: str, help: str) -> Finding:
    """What is said of a comment that hides nothing; `help` where no codemod has that name.

    A defect: it would hide the next finding there, which nobody has thought about.
    """
    ignore = "ignore-file" if one.whole_file else "ignore"
    message = f"this comment hides nothing of `{name}`"
    why = f"nothing is found {_reach(one)}"
    if help:
        message = f"`{name}` is no codemod, and so this comment hides nothing"
        message = message if name else "this comment names no codemod, and so hides nothing"
    return Finding(
        path=path,
        span=one.span,
        shape="unused-suppression",
        item=f"{ignore}[{name}]",
        message=message,
        why=() if help else (why,),
        help=help or (f"take `{name}` out of it" if len(one.names) > 1 else "take it out"),
    )


def _reach(one: Suppression) -> str:
    if one.whole_file:
        return "in this file"
    return f"on line {one.line}" if one.line == one.last else f"on lines {one.line} to {one.last}"


def _suppression(match: re.Match[bytes], lines: Lines) -> Suppression:
    names = match["names"].decode("utf-8", "replace").split(",")
    line = lines.position(match.start()).line
    return Suppression(
        names=tuple(name.strip() for name in names if name.strip()),
        line=line,
        last=_last(match, lines, line),
        whole_file=match["word"] == b"ignore-file",
        span=Span(match.start(), match.start() + len(match[0].rstrip())),
        reason=(match["reason"] or b"").decode("utf-8", "replace").strip(),
    )


def _last(match: re.Match[bytes], lines: Lines, line: int) -> int:
    """A comment after code speaks of that line, one on its own of the next line of code.

    More comments and attributes may stand between the two, as they do for `#[allow]`.
    """
    if match.string[lines.starts[line - 1] : match.start()].strip(b" \t" + BOM):
        return line
    last = line + 1
    while last < len(lines.starts) and lines.line(last).lstrip().startswith(("//", "#")):
        last += 1
    return last


def _rust_comments(source: bytes) -> Iterator[int]:
    """Where a line comment begins. Text that does not end reaches to the end, as for rustc."""
    at = 0
    while match := RUST.search(source, at):
        at = match.end()
        if match[0] == b"//":
            yield match.start()
            at = _find(source, b"\n", at)
        elif match[0] == b"/*":
            at = _block_end(source, at)
        elif match[1] is not None:
            at = _find(source, b'"' + match[1], at)
        elif match[0] == b'"':
            at = _end(QUOTED, source, at)


def _toml_comments(source: bytes) -> Iterator[int]:
    at = 0
    while match := TOML.search(source, at):
        at = match.end()
        if match[0] == b"#":
            yield match.start()
            at = _find(source, b"\n", at)
        elif match[0] == b"'":
            at = min(_find(source, b"'", at), _find(source, b"\n", at))
        elif match[0] == b'"':
            at = _end(QUOTED_LINE, source, at) + 1
        else:
            at = _find(source, match[0], at)


def _block_end(source: bytes, at: int) -> int:
    """After the `*/` of a block comment whose text begins at `at`; they nest."""
    depth = 1
    while depth and (match := BLOCK.search(source, at)):
        depth += 1 if match[0] == b"/*" else -1
        at = match.end()
    return at if depth == 0 else len(source)


def _find(source: bytes, wanted: bytes, at: int) -> int:
    found = source.find(wanted, at)
    return len(source) if found < 0 else found + len(wanted)


def _end(pattern: re.Pattern[bytes], source: bytes, at: int) -> int:
    match = pattern.match(source, at)
    return match.end() if match else len(source)
