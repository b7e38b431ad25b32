"""Where all that somebody's shell command prints is gathered by one call of a library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

CALLS = ("output", "wait_with_output")
SCRIPT = re.compile(
    r"\"(?:-l?c|-i?c|/[cC]|-Command)\"\s*(?:\)\s*\.arg\(|,)\s*(?P<script>[^\s,\])]+)"
)
"""A shell that is told what to run; `script` is how that begins."""

SHELL = re.compile(
    r"Command::new\(\s*&?(?:\"(?:[\w./]*/)?(?:sh|bash|zsh|dash|fish|ksh|cmd|pwsh|powershell|python3?)"
    r"(?:\.exe)?\"|\w*[sS]hell\w*|(?:std::)?env::var(?:_os)?\(\s*\"(?:SHELL|COMSPEC)\")"
)
"""What runs any script: a shell by its name, or by that of the variable that holds it."""

PIPED = re.compile(r"\.\s*std(?:out|err)\s*\([^()]*\bpiped\s*\(")
"""What asks for a pipe; `output` does so by itself, `wait_with_output` reads those there are."""


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """`shell.arg("-c").arg(script).output()`: nobody knows how much it prints."""

    item: str
    method: str
    script: str
    span: Span
    test: bool


def shells(items: Items) -> Iterator[ShellOutput]:
    """Every call of a file that keeps all that a given shell command prints."""
    for function in items.functions:
        for node in own_nodes(function.body):
            call = method_call(node)
            if call is None or call.name not in CALLS or call.arguments:
                continue
            said = _said(call.receiver, function)
            script = _script(said)
            if script and (call.name == "output" or PIPED.search(said)):
                name = f"{function.owner}::{function.name}" if function.owner else function.name
                yield ShellOutput(name, call.name, script, span(node), function.test)


def _said(command: Node, function: Function) -> str:
    """All that a function says of the command that a call is made on."""
    said, at = text(command) + _program(command), command
    for _ in range(3):  # `child` of `let child = command.spawn()?`, `command` of …
        names = [n for n in syntax.walk(at) if n.type == "identifier"]
        name = text(names[0]) if names else ""
        bound = declaration(names[0], name) if names else None
        value = field(bound, "value") if bound is not None else None
        if value is None:
            break
        said += f"\n{text(value)}{_program(value)}"
        said += "".join(
            f"\n{text(n)}"
            for n in own_nodes(function.body)
            if n.type == "expression_statement" and text(n).startswith((f"{name}.", f"{name}\n"))
        )
        at = value
    return said


def _program(command: Node) -> str:
    """`Command::new("sh")` where a variable holds that name: `let sh = "sh"; Command::new(sh)`."""
    for node in syntax.walk(command):
        made = node.type == "call_expression" and text(field(node, "function"))
        given = syntax.named(field(node, "arguments") or node)[:1]
        if not made or not made.endswith("Command::new") or not given:
            continue
        held = syntax.named(given[0])[-1] if given[0].type == "reference_expression" else given[0]
        bound = declaration(held, text(held)) if held.type == "identifier" else None
        value = text(field(bound, "value")) if bound is not None else ""
        return f"\nCommand::new({value})" if value else ""
    return ""


def _script(said: str) -> str:
    """What a command runs, if that is no text of the program's own."""
    found = SCRIPT.search(said) if SHELL.search(said) else None
    script = found["script"].lstrip("&") if found is not None else ""
    fixed = script.startswith(('"', 'r"', "r#", "format!", "concat!")) or script.isupper()
    return "" if fixed else script
