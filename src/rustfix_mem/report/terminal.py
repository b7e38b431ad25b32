"""What a terminal needs: colour when it is wanted, widths, and nothing that it would obey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TAB = "    "  # as rustc shows it: four columns wherever it stands
BAD = "\N{REPLACEMENT CHARACTER}"
DELETE = 0x7F


@dataclass(frozen=True, slots=True)
class Palette:
    """Paints text, or leaves it plain; plain ANSI, since rich costs 100 ms to import."""

    on: bool = False

    def paint(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.on and text else text

    def bold(self, text: str) -> str:
        return self.paint("1", text)

    def red(self, text: str) -> str:
        return self.paint("31", text)

    def green(self, text: str) -> str:
        return self.paint("32", text)

    def cyan(self, text: str) -> str:
        return self.paint("36", text)

    def error(self, text: str) -> str:
        return self.paint("1;31", text)

    def warning(self, text: str) -> str:
        return self.paint("1;33", text)

    def note(self, text: str) -> str:
        return self.paint("1;36", text)

    def gutter(self, text: str) -> str:
        return self.paint("1;34", text)


def wants_colour(option: str, environment: Mapping[str, str], is_terminal: bool) -> bool:
    """`--color` decides; else NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then the terminal."""
    if option in ("always", "never"):
        return option == "always"
    if environment.get("NO_COLOR"):
        return False
    if any(
        environment.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")
    ):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def printable(text: str) -> str:
    """`text` of a repository on one line, with nothing in it that a terminal would act upon.

    Controls become their pictures, as in rustc's output; what turns or hides text, such as
    the bidirectional overrides, becomes U+FFFD. A tab stays a tab.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, text))


def whole(text: str) -> str:
    """`text` without half a surrogate pair, which stands for a byte that is not UTF-8.

    Strict parsers drop a whole document over one.
    """
    if text.isascii():
        return text
    return "".join(BAD if "\ud800" <= char <= "\udfff" else char for char in text)


def expanded(text: str) -> str:
    """`printable(text)` with its tabs as blanks, so that columns can be counted."""
    return printable(text).replace("\t", TAB)


def width(text: str) -> int:
    """How many columns `expanded(text)` takes."""
    if text.isascii():
        return len(text) + text.count("\t") * (len(TAB) - 1)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in expanded(text)
    )


def plural(count: int, noun: str) -> str:
    """`1 fix`, `2 fixes`, `1,204 files`."""
    many = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"


def _harmless(char: str) -> str:
    if char == "\t" or char.isprintable():
        return char
    if ord(char) < ord(" "):
        return chr(0x2400 + ord(char))
    if ord(char) == DELETE:
        return "\N{SYMBOL FOR DELETE}"
    # What is left: a blank of some width is a blank, the rest turns, hides or breaks text.
    return " " if char.isspace() and char not in "\x85\u2028\u2029" else BAD
