"""Bytes and words to where they go, with as little loaded as can be: every start needs this."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` takes longer to load than `--version` may
if TYPE_CHECKING:
    from typing import TextIO


def say(text: str) -> None:
    """Words that are the result."""
    emit(sys.stdout, for_stdout(text))


def tell(text: str) -> None:
    """Words for people, beside the result."""
    emit(sys.stderr, text.encode(sys.stderr.encoding or "utf-8", "backslashreplace"))


def for_stdout(text: str) -> bytes:
    """The bytes of words on standard output; what it has no bytes for is written as `\\u…`."""
    return text.encode(sys.stdout.encoding or "utf-8", "backslashreplace")


def emit(stream: TextIO, data: bytes) -> None:
    """Write and flush; a reader who has gone, as `head` does, is no mistake of anyone."""
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        _silence(stream)


def open_all() -> None:
    """Where who started us has closed a stream, the next file would be in its place."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, "r+", encoding="utf-8"))


def _silence(stream: TextIO) -> None:
    """Let the rest go nowhere, or Python complains when it flushes the stream at exit."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
