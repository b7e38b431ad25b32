"""Where output goes: bytes to standard output or a file, words for people to standard error."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rustfix_mem.cli.streams import emit, for_stdout
from rustfix_mem.cli.streams import say as say
from rustfix_mem.cli.streams import tell as tell
from rustfix_mem.errors import UsageError
from rustfix_mem.report.terminal import Palette, printable, wants_colour

if TYPE_CHECKING:
    from rustfix_mem.cli.options import Common, Options

NEW_FILE = 0o666


def result_palette(options: Common) -> Palette:
    """The colours of what `put` gets: a file has none, unless they are asked for."""
    if options.output_file and options.color == "auto":
        return Palette()
    return stdout_palette(options)


def stdout_palette(options: Options) -> Palette:
    return _palette(options.color, sys.stdout)


def error_palette(options: Options) -> Palette:
    return _palette(options.color, sys.stderr)


def is_terminal(options: Common) -> bool:
    """Whether the result goes before someone's eyes."""
    return not options.output_file and sys.stdout.isatty()


def put(options: Common, data: bytes) -> None:
    """The result, to `--output-file` or to standard output, byte for byte."""
    if options.output_file:
        replace(options.output_file, data)
    else:
        emit(sys.stdout, data)


def encoded(text: str, options: Common) -> bytes:
    """Text for `put`: a file is UTF-8, a terminal is what it is."""
    return text.encode() if options.output_file else for_stdout(text)


def error(option: str, what: str, help: str) -> None:
    """Two lines, each of them one line whatever a path or a name may hold."""
    paint = _palette(option, sys.stderr)
    help = help or "see `rustfix-mem --help`"
    tell(f"{paint.error('error')}: {printable(what)}\n{paint.note('help')}: {printable(help)}\n")


def _palette(option: str, stream: TextIO) -> Palette:
    return Palette(wants_colour(option, os.environ, stream.isatty()))


def replace(path: str, data: bytes) -> None:
    """Put a whole file in the place of what was at `path`, or leave that as it was."""
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():  # /dev/null, a pipe
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot write `{path}`: {reason}", "give a file in a folder that you can write to"
        ) from error


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """The mode that the file has, or that any other new file would get."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return NEW_FILE & ~mask
