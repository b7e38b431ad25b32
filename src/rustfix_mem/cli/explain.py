"""`rustfix-mem explain`: the manual of a codemod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem import registry
from rustfix_mem.cli import config, help, output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.cli.options import Explain
    from rustfix_mem.codemod import Codemod


def run(options: Explain) -> int:
    codemod = registry.find(options.codemod)
    bold = output.stdout_palette(options).bold
    output.say("\n".join([bold(codemod.name()), "", codemod.manual(), "", *_facts(codemod)]) + "\n")
    return 0


def _facts(codemod: type[Codemod]) -> Iterator[str]:
    name = codemod.name()
    yield f"Finds: {codemod.kind.value}s. Level: {codemod.level.word} at best. {_guide(codemod)}"
    parameters = codemod.parameters()
    if parameters:
        yield "\nParameters:"
        yield from (f"  --{one.name}: {help.parameter(one)}" for one in parameters)
        yield from _how_to_set(name, parameters[0].name)
    yield f"\nTo see what it would change: `rustfix-mem apply {name} --dry-run`"


def _how_to_set(codemod: str, parameter: str) -> Iterator[str]:
    variable = config.variable(codemod, parameter)
    yield f"\nEach is an option of `apply {codemod}`, a key of `[{codemod}]` in `{config.FILE}`,"
    yield f"`--set {codemod}.{parameter}=…`, or a variable, `{variable}`."
    yield f"Their values, and where from: `rustfix-mem check {codemod} -v`"


def _guide(codemod: type[Codemod]) -> str:
    return f"The memory guide: {codemod.guide}."
