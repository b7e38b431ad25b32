"""docs/safety.md speaks of what is tried now; what came of it is for `make safety` to say."""

from __future__ import annotations

import pytest

from safety import laws, page, sections
from safety.commands import READING, WRITING
from safety.faults import KINDS
from safety.inputs import INPUTS
from safety.states import states
from safety.traps import traps

TEXT = " ".join(page.PAGE.read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "names",
    [
        [state.name for state in states() if state.needs == (0, 0)],
        [trap.name for trap in traps() if trap.needs == (0, 0)],
        [one.name for one in INPUTS],
        [f"`{kind}`: {what}" for kind, what in KINDS.items()],
        [*laws.SAID],
        [f"## {title} " for title in sections.ALL],
        [f"{len(READING) + len(WRITING)} commands"],
    ],
    ids=["states", "traps", "inputs", "faults", "laws", "sections", "commands"],
)
def test_the_page_names_all_that_is_tried(names: list[str]) -> None:
    assert [name for name in names if name not in TEXT] == [], "type `make safety`"


def test_the_page_says_of_nothing_that_it_does_not_hold() -> None:
    assert "did not hold" not in TEXT


def test_a_section_alone_leaves_the_others() -> None:
    parts = page._parts("# A\n\nhead\n\n## One\n\nfirst\n\n## Two\n\nsecond\n\n\n")
    assert parts == {"One": "## One\n\nfirst\n", "Two": "## Two\n\nsecond\n"}
