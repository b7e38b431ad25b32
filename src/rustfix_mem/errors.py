"""What may go wrong, by whose turn it is to put it right."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to load than `--version` may
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class RustfixMemError(Exception):
    """Told to the user in two lines, what and what to type, without a traceback."""

    exit_code = 70

    def __init__(self, what: str, help: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.help = help


class UsageError(RustfixMemError):
    """The user can put it right: an unknown codemod, a bad parameter, a refused branch."""

    exit_code = 2


class CodemodBug(RustfixMemError):
    """The codemod's author must put it right; nothing was written."""


class Refused(Exception):  # not an error: an answer, with its reason as the message
    """The answer of those who plan an edit and find that it cannot be made."""


class Spared(Exception):  # an answer too
    """The answer of those who find that nothing should be edited, with its reason."""


def did_you_mean(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """One line of what to type instead of `word`."""
    import difflib  # only where something is wrong

    near = difflib.get_close_matches(word, list(known), n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known: " + ", ".join(f"`{name}`" for name in known) if known else ""
