"""How git is run so that nothing of the repository runs with it: environment and settings.

It loads nothing, since a question that was answered before waits for it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HARDENING = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_ASKPASS": "/bin/false",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}

# A repository's own configuration is weaker than `-c`, so these hold there too.
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.warnAmbiguousRefs=true",
    "commit.gpgsign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
)


def command(args: Sequence[str], *, settings: Sequence[str] = ()) -> list[str]:
    """The whole command line of `git ARGS` with our settings and some more."""
    given = [part for setting in (*SETTINGS, *settings) for part in ("-c", setting)]
    return ["git", "--no-pager", *given, *args]


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The user's environment without a word to git but ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | HARDENING | dict(own)
