"""Code moved to another indent: its lines move, what stands inside of strings does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = re.compile(
    r'(?P<raw>\b[bc]?r(?P<hash>#*)".*?"(?P=hash))'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<char>b?'(?:[^'\\\n]|\\[^\n]|\\u\{\w*\}|\\x\w\w)')"
    r"|(?P<line>//[^\n]*)"
    r"|(?P<block>/\*.*?\*/)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])",
    re.DOTALL,
)
"""What is not code, and the brackets. A block comment in another is not understood: `immovable`."""


def tokens(text: str) -> Iterator[re.Match[str]]:
    """Strings, characters, comments and brackets, in order."""
    return TOKEN.finditer(text)


def comments(text: str) -> list[tuple[str, int]]:
    """Every comment with how many brackets are open around it."""
    depth, found = 0, list[tuple[str, int]]()
    for token in tokens(text):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup in ("line", "block"):
            found.append((token[0], depth))
    return found


def _fixed(text: str) -> set[int]:
    """The numbers of the lines that begin inside of a string or a comment."""
    inside: set[int] = set()
    for token in tokens(text):
        if token.lastgroup not in ("open", "close") and "\n" in token[0]:
            first = text.count("\n", 0, token.start())
            inside |= set(range(first + 1, first + 1 + token[0].count("\n")))
    return inside


def indented(text: str, indent: str) -> str:
    """`text`, whose first line stands anywhere, with its later lines where `indent` wants them.

    What was the indent is told by the last line of code: there its brackets close.
    """
    lines, fixed = text.split("\n"), _fixed(text)
    free = [n for n in range(1, len(lines)) if n not in fixed and lines[n].strip()]
    if not free:
        return text
    base = re.match(r"[ \t]*", lines[free[-1]])
    was = base[0] if base is not None else ""
    for number in free:
        if lines[number].startswith(was):
            lines[number] = indent + lines[number][len(was) :]
    return "\n".join(lines)


def deeper(text: str, unit: str) -> str:
    """`text` with its later lines one level deeper."""
    fixed = _fixed(text)
    head, *rest = text.split("\n")
    moved = [
        line if number in fixed or not line.strip() else unit + line
        for number, line in enumerate(rest, 1)
    ]
    return "\n".join([head, *moved])


def immovable(text: str) -> bool:
    """Whether a comment goes over several lines: nobody can say where its lines belong."""
    return any("\n" in comment for comment, _ in comments(text)) or "*/" in TOKEN.sub("", text)


def steps(chain: str) -> list[str]:
    """`.entry(k).or_insert(v)` as `.entry(k)` and `.or_insert(v)`; `?` stays with its step."""
    depth, start, parts = 0, 0, list[str]()
    blank = re.sub(TOKEN, _hollow, chain)
    for index, char in enumerate(blank):
        depth += (char in "([{") - (char in ")]}")
        if char == "." and depth == 0 and index > start:
            parts.append(chain[start:index].strip())
            start = index
    parts.append(chain[start:].strip())
    return [part for part in parts if part]


def _hollow(token: re.Match[str]) -> str:
    """Blanks instead of a string or comment; brackets stay."""
    return token[0] if token.lastgroup in ("open", "close") else "_" * len(token[0])


def shallower(text: str, lead: str) -> str | None:
    """`text` with its later lines as much further left as `lead` is wide; None if one cannot."""
    fixed = _fixed(text)
    head, *rest = text.split("\n")
    moved: list[str] = []
    for number, line in enumerate(rest, 1):
        if number in fixed or not line.strip():
            moved.append(line)
        elif line.startswith(lead):
            moved.append(line[len(lead) :])
        else:
            return None
    return "\n".join([head, *moved])


def code(text: str) -> str:
    """`text` with blanks of the same length for strings, characters and comments."""
    return TOKEN.sub(_blank, text)


def code_of(source: bytes) -> bytes:
    """The same for a file: every byte of code where it was."""
    return code(source.decode("latin-1")).encode("latin-1")


def _blank(token: re.Match[str]) -> str:
    if token.lastgroup in ("open", "close"):
        return token[0]
    return re.sub(r"[^\n]", " ", token[0])
