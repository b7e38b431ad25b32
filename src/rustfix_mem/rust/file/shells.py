"""Where all that somebody's shell command prints is gathered by one call of a library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.answers import answers, called
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

CALLS = ("output", "wait_with_output")
FLAG = r"\"(?:-l?c|-i?c|/[cC]|-Command)\""
SCRIPT = re.compile(
    FLAG + r"\s*(?:\]?\s*\)\s*(?:;\s*\w*\s*)?\.args?\(\s*\[?|,)\s*(?P<script>[^\s,\])]+)"
)
"""A shell that is told what to run; `script` is how that begins."""

SHELL = re.compile(
    r"Command::new\(\s*&?(?:\"(?:[\w./]*/)?(?:sh|bash|zsh|dash|fish|ksh|cmd|pwsh|powershell|python3?)"
    r"(?:\.exe)?\"|\w*[sS]hell\w*|(?:std::)?env::var(?:_os)?\(\s*\"(?:SHELL|COMSPEC)\")"
)
"""What runs any script: a shell by its name, or by that of the variable that holds it."""

LAST = re.compile(r"(?<=;)[\s}]*\w*[\s}]*$")
"""The name of a command that a function answers with."""

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
            said = _said(call.receiver, function, items)
            script = _script(said)
            if script and (call.name == "output" or PIPED.search(said)):
                name = f"{function.owner}::{function.name}" if function.owner else function.name
                yield ShellOutput(name, call.name, script, span(node), function.test)


def _said(command: Node, function: Function, items: Items) -> str:
    """All that a function says of the command that a call is made on."""
    said, at = _written(command, items), command
    for _ in range(3):  # `child` of `let child = command.spawn()?`, `command` of …
        names = [n for n in syntax.walk(at) if n.type == "identifier"]
        name = text(names[0]) if names else ""
        bound = declaration(names[0], name) if names else None
        value = field(bound, "value") if bound is not None else None
        if value is None:
            break
        said += f"\n{_written(value, items)}"
        said += "".join(
            f"\n{_written(n, items)}"
            for n in own_nodes(function.body)
            if n.type == "expression_statement" and text(n).startswith((f"{name}.", f"{name}\n"))
        )
        at = value
    return said


def _written(node: Node, items: Items) -> str:
    """An expression, with what is known of the names in it: which program, which flag it is."""
    said, program = text(node), ""
    for call in (n for n in syntax.walk(node) if n.type == "call_expression"):
        made = method_call(call)
        given = syntax.named(field(call, "arguments") or call)[:1]
        if made is None and text(field(call, "function")).endswith("Command::new") and given:
            program += "".join(f"Command::new({word})\n" for word in answers(given[0], items))
        elif made is not None and made.name in ("arg", "args") and given:
            said = _with_flag(said, given[0], items)
        elif made is None and (helper := called(call, items)) is not None and _makes(helper):
            said = said.replace(text(call), _inlined(call, helper, items))
    return program + said


def _with_flag(said: str, given: Node, items: Items) -> str:
    """The flag itself, where a name stands for it: `.arg(flag)`, `.args([flag, line])`."""
    first = syntax.named(given)[:1] if given.type != "identifier" else [given]
    first = [syntax.named(n)[0] if n.type == "array_expression" else n for n in first]
    if not first or first[0].type not in ("identifier", "call_expression"):
        return said
    flags = [word for word in answers(first[0], items) if re.fullmatch(FLAG, word)]
    return (
        said.replace(text(given), text(given).replace(text(first[0]), flags[0], 1))
        if flags
        else said
    )


def _makes(function: Function) -> bool:
    """Whether a function makes a command."""
    return function.returns is not None and function.returns.name == "Command"


def _inlined(call: Node, helper: Function, items: Items) -> str:
    """What a function says of the command that it makes, with what it is given in its words."""
    said = _written(helper.body, items)
    given = [text(argument) for argument in syntax.named(field(call, "arguments") or call)]
    for parameter, argument in zip(helper.params, given, strict=False):
        words = re.compile(rf"(?<!\.)\b{re.escape(parameter.name)}\b")
        said = words.sub(argument.replace("\\", r"\\"), said)
    return LAST.sub("", said)


def _script(said: str) -> str:
    """What a command runs, if that is no text of the program's own."""
    found = SCRIPT.search(said) if SHELL.search(said) else None
    script = found["script"].lstrip("&") if found is not None else ""
    fixed = script.startswith(('"', 'r"', "r#", "format!", "concat!")) or script.isupper()
    return "" if fixed else script
