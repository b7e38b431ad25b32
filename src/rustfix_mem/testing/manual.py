"""The examples of a codemod's manual, to be run: fenced blocks under `Before:` and `After:`.

A `rust` block is `src/main.rs` if it has a `fn main`, else `src/lib.rs`; a `toml` block is
`Cargo.toml`. A heading may be followed by one of each. What `Before:` leaves out is filled in;
what `After:` leaves out must not change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem import changeset
from rustfix_mem.errors import UsageError
from rustfix_mem.git.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.codemod import Codemod

MANIFEST = '[package]\nname = "example"\nversion = "0.1.0"\nedition = "2021"\npublish = false\n'
SECTION = re.compile(r"^(Before|After):\n\n((?:```\w+\n.*?^```[ ]*\n*)+)", re.M | re.S)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
MAIN = re.compile(r"^(?:pub )?(?:async )?fn main\(", re.M)


@dataclass(frozen=True, slots=True)
class Example:
    """One Before and After of a manual: texts by path."""

    codemod: type[Codemod]
    number: int
    before: Mapping[str, str]
    after: Mapping[str, str]

    def __str__(self) -> str:
        return f"example {self.number} of the manual of {self.codemod.name()}"

    def plan(self) -> ChangeSet:
        """What the codemod, with its default parameters, makes of the crate under `Before:`."""
        crate = {path: text.encode() for path, text in self.before.items()}
        return changeset.plan(self.codemod(), Snapshot.of_files(crate), jobs=1)


def examples(codemod: type[Codemod]) -> tuple[Example, ...]:
    """The examples in the manual of `codemod`; raises `UsageError` if there is none."""
    sections = SECTION.findall(codemod.manual() + "\n")
    headings = [heading for heading, _ in sections]
    if not headings or headings != ["Before", "After"] * (len(headings) // 2):
        raise UsageError(
            f"the manual of `{codemod.name()}` has no Before and After that can be run",
            "write `Before:`, a blank line, a ```rust or ```toml block, then the same for `After:`",
        )
    texts = [_files(codemod, blocks) for _, blocks in sections]
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return tuple(_example(codemod, n, *pair) for n, pair in enumerate(pairs, 1))


def _example(
    codemod: type[Codemod], number: int, before: dict[str, str], after: dict[str, str]
) -> Example:
    root = "src/main.rs" if MAIN.search(before.get("rust", "fn main() {}")) else "src/lib.rs"
    path = {"rust": root, "toml": "Cargo.toml"}
    given = {"rust": "fn main() {}\n", "toml": MANIFEST} | before
    files = {path[language]: text for language, text in given.items()}
    return Example(codemod, number, files, files | {path[k]: text for k, text in after.items()})


def _files(codemod: type[Codemod], blocks: str) -> dict[str, str]:
    """Text by language."""
    found = dict[str, str]()
    for language, text in BLOCK.findall(blocks):
        if language not in ("rust", "toml") or language in found:
            raise UsageError(
                f"the manual of `{codemod.name()}` has a ```{language} block too many",
                "give at most one ```rust and one ```toml block under each heading",
            )
        found[language] = text
    return found
