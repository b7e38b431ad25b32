"""A `check -q` that was asked before: what was printed is printed again, and nothing is judged.

Only of HEAD, and only where output and exit code depend on nothing but the words of `_asked`. With
`-q` nothing is said of files that have changed, nor of how long it took.
"""

from __future__ import annotations

import os
import sys

from rustfix_mem import __version__, answers
from rustfix_mem.cli import streams
from rustfix_mem.git import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.cli.options import Check

QUIET = ("-q", "--quiet")
REPO = ("-C", "--repo")
COLOR = ("--color",)
ENVIRONMENT = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM")
"""What may decide on colours."""


def answered(args: Sequence[str]) -> int | None:
    """Print what was printed for these words of a `check`; `None` if that is not known."""
    plain = _plain(args)
    if plain is None or (tree := head.tree(plain[0])) is None:
        return None
    known = answers.recall(_asked(tree, *plain[1:]))
    if known is None:
        return None
    exit_code, output = known
    streams.emit(sys.stdout, output)
    return exit_code


def is_plain(options: Check) -> bool:
    """Whether the options are such that `answered` may answer."""
    plain = type(options)(
        codemods=options.codemods, repo=options.repo, color=options.color, quiet=True
    )
    return options == plain


def keep(options: Check, tree: str, exit_code: int, output: bytes, homes: Sequence[str]) -> None:
    """Keep what was printed for plain options, by the code in `homes`, if that is known."""
    if homes:
        asked = _asked(tree, options.color, options.codemods)
        answers.keep(asked, exit_code, output, homes)


def _asked(tree: str, color: str, codemods: Sequence[str]) -> str:
    """The name of the answer; each word has its place, so that none can pass for another."""
    colours = [color, str(sys.stdout.isatty()), *(os.environ.get(it, "") for it in ENVIRONMENT)]
    words = [tree, __version__, *colours, str(sys.stdout.encoding), str(len(codemods)), *codemods]
    return answers.question([*words, *answers.settings()])


def _plain(args: Sequence[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """Repository, colour and codemods, as the parsers read them; `None` if there is more to it."""
    repo, color, quiet, codemods = ".", "auto", False, list[str]()
    queue = iter(args)
    for arg in queue:
        if arg in QUIET:
            quiet = True
        elif not arg.startswith("-"):
            codemods.append(arg)
        elif (value := _value(arg, REPO, queue)) is not None:
            repo = value
        elif (value := _value(arg, COLOR, queue)) in ("auto", "always", "never"):
            color = value
        else:
            return None
    return (repo, color, tuple(codemods)) if quiet else None


def _value(arg: str, flags: tuple[str, ...], queue: Iterator[str]) -> str | None:
    """What an option is given, in the same word or in the next."""
    flag, equals, value = arg.partition("=")
    if flag not in flags:
        return None
    value = value if equals else next(queue, "-")
    return None if not equals and value.startswith("-") else value
