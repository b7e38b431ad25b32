"""Answers, as they were printed, kept by all that they depend on; and what any answer depends on.

Who asks again need not load what would answer, nor what would show it: so this loads next to
nothing. The code is known by the size and the time of its files.
"""

from __future__ import annotations

import os
import sys

try:  # `hashlib` loads OpenSSL, which takes as long as all the rest
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST = 64
"""Answers that are kept; one has some 10 KB."""


def folder() -> str:
    """Where the user's caches are."""
    if given := os.environ.get("RUSTFIX_MEM_CACHE_DIR"):
        return given
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if sys.platform == "linux" and os.path.isabs(home):  # as platformdirs says, which takes 10 ms
        return os.path.join(home, "rustfix-mem")
    import platformdirs

    return platformdirs.user_cache_dir("rustfix-mem")


def question(words: Iterable[str]) -> str:
    """The name of an answer that depends on these words, and on what is installed."""
    installed = [f"{path} {_time(path)}" for path in sys.path]
    return _digest("\0".join([*words, sys.version, *installed]))


def settings() -> list[str]:
    """Our variables, as words of a question."""
    return sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("RUSTFIX_MEM_"))


def code(homes: Iterable[str]) -> str:
    """The code below some folders, in one word."""
    return _digest(repr([stamp for home in homes for stamp in sorted(_stamps(home))]))


def recall(asked: str) -> tuple[int, bytes] | None:
    """Exit code and output of an answer, if the code that made it is as it was then."""
    try:
        with open(_file(asked), "rb") as file:
            digest, _, kept = file.read().partition(b"\n")
        about, _, output = kept.partition(b"\0\0")
        exit_code, made_by, *homes = os.fsdecode(about).split("\0")
        if digest == _digest(kept).encode() and made_by == code(homes):
            return int(exit_code), output
    except (OSError, ValueError):
        return None
    return None


def keep(asked: str, exit_code: int, output: bytes, homes: Iterable[str]) -> None:
    """Keep an answer of the code in these folders; a cache that cannot be written is no error."""
    try:
        about = [str(exit_code), code(homes), *homes]
    except OSError:
        return
    kept = os.fsencode("\0".join(about)) + b"\0\0" + output
    write(_file(asked), _digest(kept).encode() + b"\n" + kept, MOST)


def write(file: str, data: bytes, most: int) -> None:
    """Put a file into its folder, whole or not at all; of more than `most` the oldest go."""
    import tempfile
    from pathlib import Path

    place = Path(file).parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place, delete=False) as written:
            written.write(data)
        os.replace(written.name, file)
        there = sorted(place.iterdir(), key=lambda one: one.stat().st_mtime)
        for old in there[:-most]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _file(asked: str) -> str:
    return os.path.join(folder(), "answers", asked)


def _digest(data: str | bytes) -> str:
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    return blake2b(raw, digest_size=20).hexdigest()


def _time(path: str) -> int:
    """When a folder was last changed, as it is when something is installed there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _stamps(home: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and time of every module below a folder: to read them all would take longer."""
    with os.scandir(home) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _stamps(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
