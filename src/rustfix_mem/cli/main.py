"""The entry: reads options, runs one command, turns what went wrong into an exit code.

`--version` and `check` run before typer is imported, which would cost them a third of their
time; typer has its word when help is asked for or something is not as it should be.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

from rustfix_mem import __version__
from rustfix_mem.cli import options as known
from rustfix_mem.cli import output
from rustfix_mem.errors import RustfixMemError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

BUG = RustfixMemError.exit_code
INTERRUPTED = 130

MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""What can go wrong with any file, and is the mistake of no line of ours."""

MORE_ROOM = "put that right and run it again; `TMPDIR=FOLDER` moves the temporary files elsewhere"


def main(argv: Sequence[str] | None = None, program: str = "rustfix-mem") -> int:
    """Run a command line, `sys.argv` by default, and return the exit code."""
    args = _command_first(list(sys.argv[1:] if argv is None else argv))
    _open_streams()
    try:
        return _run(args, program)
    except KeyboardInterrupt:
        return INTERRUPTED
    except RustfixMemError as error:
        return _fail(args, error, error.what, error.help, error.exit_code)
    except Exception as error:  # noqa: BLE001  # the last resort: two lines, not a traceback
        if isinstance(error, OSError) and error.errno in MACHINE:
            what = f"the machine says: {(error.strerror or str(error)).lower()}{_of(error)}"
            return _fail(args, error, what, MORE_ROOM, UsageError.exit_code)
        what = f"this is a bug of rustfix-mem: {type(error).__name__}: {error}"
        return _fail(args, error, what, f"report it with what `{_again(args)}` prints", BUG)


def cargo_main() -> int:
    """The entry of `cargo rustfix-mem`, which cargo gives its own name as first argument."""
    args = sys.argv[1:]
    return main(args[1:] if args[:1] == ["rustfix-mem"] else args, "cargo rustfix-mem")


def _run(args: list[str], program: str) -> int:
    if args in (["--version"], ["-V"]):
        output.say(f"rustfix-mem {__version__}\n")  # who installs it is asked by others: 28 ms
        return 0
    options = known.fast(known.Check, args[1:]) if args[:1] == ["check"] else None
    return _dispatch(options or _parsed(args, program))


def _parsed(args: list[str], program: str) -> known.Options | None:
    from rustfix_mem.cli.parser import parse

    return parse(args, program)


def _dispatch(options: known.Options | None) -> int:
    """Only the module of the command is imported; `None` is help, which has been printed."""
    match options:
        case known.Check():
            from rustfix_mem.cli import check

            return check.run(options)
        case known.Apply():
            from rustfix_mem.cli import apply

            return apply.run(options)
        case known.List():
            from rustfix_mem.cli import list

            return list.run(options)
        case known.Explain():
            from rustfix_mem.cli import explain

            return explain.run(options)
        case known.Schema():
            from rustfix_mem.cli import schema

            return schema.run(options)
    return 0


def _command_first(args: list[str]) -> list[str]:
    """`-C PATH check` as `check -C PATH`: git and cargo take options before the command, too."""
    fields = {flag: f for f in known.described(known.Common) for flag in f.metadata["flags"]}
    end = 0
    while end < len(args) and (field := fields.get(args[end].partition("=")[0])):
        alone = isinstance(field.default, bool) or "=" in args[end]
        end += 1 if alone else 2
    return args[end : end + 1] + args[:end] + args[end + 1 :]


def _fail(args: list[str], error: Exception, what: str, help: str, code: int) -> int:
    if code == BUG and _wants_traceback(args):
        import traceback

        traceback.print_exception(error)
    with contextlib.suppress(OSError):  # nobody can be told; the exit code still says it
        output.error(_colour(args), what, help)
    return code


def _open_streams() -> None:
    """Where who started us has closed a stream, the next file would be in its place."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "r+", encoding="utf-8"))


def _of(error: OSError) -> str:
    return f" (`{error.filename}`)" if error.filename else ""


def _wants_traceback(args: list[str]) -> bool:
    asked = os.environ.get("RUSTFIX_MEM_TRACEBACK", "0") not in ("", "0")
    return asked or "-v" in args or "--verbose" in args


def _again(args: list[str]) -> str:
    from shlex import join

    return join(["rustfix-mem", *args, "-v"])


def _colour(args: list[str]) -> str:
    """`--color` of a command line that may not have been read to its end."""
    for before, arg in zip(["", *args], args, strict=False):
        value = arg if before == "--color" else arg.removeprefix("--color=")
        if value in ("always", "never") and (value != arg or before == "--color"):
            return value
    return "auto"
