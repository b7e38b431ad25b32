"""Writes codemods/README.md and the schema of the configuration: `make catalogue`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem import registry
from rustfix_mem.cli import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.codemod import Codemod, Parameter

TOP = Path(__file__).parents[1]
FILE = TOP / "codemods" / "README.md"
SCHEMA = TOP / "src" / "rustfix_mem" / "cli" / "rustfix-mem.schema.json"
PACKAGE = "rustfix_mem_codemods"
HEAD = """\
# The codemods

Generated from the manuals by `make catalogue`; a test holds it to them. To change a text, change
the docstring or the `param(...)` of the codemod in `rustfix_mem_codemods/`. On the command line
`rustfix-mem list` and `rustfix-mem explain CODEMOD` say the same.
"""


def render() -> str:
    """The whole page: every codemod of this repository, in order of name."""
    return "\n".join([HEAD, *("\n".join(_section(codemod)) for codemod in ours().values())])


def ours() -> dict[str, type[Codemod]]:
    """The codemods of this repository."""
    known = registry.discover().items()
    return {name: one for name, one in known if one.__module__.startswith(f"{PACKAGE}.")}


def _section(codemod: type[Codemod]) -> Iterator[str]:
    yield f"## {codemod.name()}\n"
    yield f"{codemod.summary()}\n"
    yield f"- kind: {codemod.kind.value}"
    yield f"- level: {codemod.level.word} at best"
    yield f"- the memory guide: {codemod.guide}\n"
    if parameters := codemod.parameters():
        yield "| parameter | default | unit | allowed | what it is |"
        yield "|---|---|---|---|---|"
        yield from map(_row, parameters)
        yield ""
    yield codemod.manual().partition("\n")[2].strip("\n") + "\n"


def _row(parameter: Parameter) -> str:
    default = parameter.default
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    cells = [
        f"`{parameter.name}`", f"`{shown}`", parameter.unit, _allowed(parameter), parameter.help,
    ]  # fmt: skip
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _allowed(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if isinstance(parameter.default, bool):
        return "`true`, `false`"
    return parameter.bounds


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
    SCHEMA.write_text(schema.render(ours()), encoding="utf-8")
