"""A `check` that was asked before: what was printed is printed again, and nothing is judged.

Only of HEAD, and only where output and exit code depend on nothing but the words of `_asked`.
Without `-q` that is so where no file has changed, but for the seconds, which come last.
"""

from __future__ import annotations

import os
import sys
import time

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

NO_SECONDS = b"0.0s\n"
"""How what is printed ends without `-q`, if it took no time."""


def answered(args: Sequence[str]) -> int | None:
    """Print what was printed for these words of a `check`; `None` if that is not known."""
    began = time.monotonic()
    if (plain := _plain(args)) is None:
        return None
    repo, color, quiet, codemods = plain
    known = _quiet(repo, color, codemods) if quiet else _clean(repo, color, codemods)
    if known is None:
        return None
    exit_code, output = known
    took = b"" if quiet else f"{time.monotonic() - began:.1f}s\n".encode()
    streams.emit(sys.stdout, output + took)
    return exit_code


def is_plain(options: Check) -> bool:
    """Whether the options are such that `answered` may answer."""
    return options == type(options)(
        repo=options.repo, color=options.color, quiet=options.quiet, codemods=options.codemods
    )


def keep(options: Check, tree: str, exit_code: int, output: bytes, homes: Sequence[str]) -> None:
    """Keep what is printed for plain options in no time, by the code in `homes`, if it is known."""
    if homes and (options.quiet or output.endswith(NO_SECONDS)):
        asked = _asked(tree, options.color, options.quiet, options.codemods)
        said = output if options.quiet else output.removesuffix(NO_SECONDS)
        answers.keep(asked, exit_code, said, homes)


def _quiet(repo: str, color: str, codemods: Sequence[str]) -> tuple[int, bytes] | None:
    tree = head.tree(repo)
    return answers.recall(_asked(tree, color, True, codemods)) if tree else None


def _clean(repo: str, color: str, codemods: Sequence[str]) -> tuple[int, bytes] | None:
    """The answer where nothing is to be said of changed files."""
    from rustfix_mem.git.clean import is_clean

    if (place := head.checkout(repo)) is None:
        return None
    tree, top, git_dir = place
    known = answers.recall(_asked(tree, color, False, codemods))
    return known if known and is_clean(top, git_dir, tree) else None


def _asked(tree: str, color: str, quiet: bool, codemods: Sequence[str]) -> str:
    """The name of the answer; each word has its place, so that none can pass for another."""
    shown = [color, str(quiet), str(sys.stdout.isatty()), str(sys.stdout.encoding)]
    shown += [os.environ.get(name, "") for name in ENVIRONMENT]
    words = [tree, __version__, *shown, str(len(codemods)), *codemods, *answers.settings()]
    return answers.question(words)


def _plain(args: Sequence[str]) -> tuple[str, str, bool, tuple[str, ...]] | None:
    """Repository, colour, `-q`, codemods, as the parsers read them; `None` if there is more."""
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
    return repo, color, quiet, tuple(codemods)


def _value(arg: str, flags: tuple[str, ...], queue: Iterator[str]) -> str | None:
    """What an option is given, in the same word or in the next."""
    flag, equals, value = arg.partition("=")
    if flag not in flags:
        return None
    value = value if equals else next(queue, "-")
    return None if not equals and value.startswith("-") else value
