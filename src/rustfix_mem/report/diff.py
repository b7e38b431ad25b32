"""A diff as git shows it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.report.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.report.terminal import Palette


def render(diff: bytes, palette: Palette) -> str:
    """`diff` to be looked at: in git's colours, and without controls that a terminal obeys."""
    text = diff.decode("utf-8", "surrogateescape")
    return "".join(f"{line}\n" for line in _painted(text, palette))


def _painted(text: str, palette: Palette) -> Iterator[str]:
    """A file's head is bold up to its first hunk, where `---` may be a removed `--`."""
    head = True
    for line in text.removesuffix("\n").split("\n") if text else ():
        head = line.startswith("diff ") or (head and not line.startswith("@@"))
        yield palette.bold(printable(line)) if head else _line(printable(line), palette)


def _line(line: str, palette: Palette) -> str:
    if line.startswith("+"):
        return palette.green(line)
    if line.startswith("-"):
        return palette.red(line)
    if line.startswith("@@"):
        hunk, at, context = line.rpartition("@@")
        return palette.cyan(hunk + at) + context
    return line
