"""The entry: reads options, runs one command, turns what went wrong into an exit code.

What is not needed for an answer is not imported: `--version` and a `check` whose answer is known
would take several times as long. Typer has its word when help is asked for or something is not as
it should be.
"""

from __future__ import annotations

import errno
import os
import sys

from rustfix_mem import __version__
from rustfix_mem.cli import streams
from rustfix_mem.errors import RustfixMemError, UsageError

TYPE_CHECKING = False  # `typing` takes longer to load than `--version` may
if TYPE_CHECKING:
    from collections.abc import Sequence

    from rustfix_mem.cli.options import Options

BUG = RustfixMemError.exit_code
INTERRUPTED = 130

MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""What can go wrong with any file, and is the mistake of no line of ours."""

MORE_ROOM = "put that right and run it again; `TMPDIR=FOLDER` moves the temporary files elsewhere"


def main(argv: Sequence[str] | None = None, program: str = "rustfix-mem") -> int:
    """Run a command line, `sys.argv` by default, and return the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    streams.open_all()
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
        streams.say(f"rustfix-mem {__version__}\n")  # who installs it is asked by others: 28 ms
        return 0
    if args[:1] == ["check"]:
        from rustfix_mem.cli import again

        if (code := again.answered(args[1:])) is not None:
            return code
    return _dispatch(_options(args, program))


def _options(args: list[str], program: str) -> Options | None:
    from rustfix_mem.cli import options

    args = options.command_first(args)
    if args[:1] == ["check"] and (read := options.fast(options.Check, args[1:])):
        return read
    from rustfix_mem.cli.parser import parse

    return parse(args, program)


def _dispatch(options: Options | None) -> int:
    """Only the module of the command is imported; `None` is help, which has been printed."""
    from rustfix_mem.cli import options as known

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


def _fail(args: list[str], error: Exception, what: str, help: str, code: int) -> int:
    from rustfix_mem.cli import output

    if code == BUG and _wants_traceback(args):
        import traceback

        traceback.print_exception(error)
    try:
        output.error(_colour(args), what, help)
    except OSError:
        return code  # nobody can be told; the exit code still says it
    return code


def _of(error: OSError) -> str:
    return f" (`{error.filename}`)" if error.filename else ""


def _wants_traceback(args: list[str]) -> bool:
    asked = os.environ.get("RUSTFIX_MEM_TRACEBACK", "0") not in ("", "0")
    return asked or "-v" in args or "--verbose" in args


def _again(args: list[str]) -> str:
    """What shows the same and where it was: not `-v`, with which `check` asks more."""
    from shlex import join

    return f"RUSTFIX_MEM_TRACEBACK=1 {join(['rustfix-mem', *args])}"


def _colour(args: list[str]) -> str:
    """`--color` of a command line that may not have been read to its end."""
    for before, arg in zip(["", *args], args, strict=False):
        value = arg if before == "--color" else arg.removeprefix("--color=")
        if value in ("always", "never") and (value != arg or before == "--color"):
            return value
    return "auto"
