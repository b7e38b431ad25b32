"""Where all that somebody's shell command prints is gathered by one call of a library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.rust.file.wordings import answers, by_name, called
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

DEPTH = 3
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
    functions = by_name(items)
    for function in items.functions:
        for node in own_nodes(function.body):
            call = method_call(node)
            if call is None or call.name not in CALLS or call.arguments:
                continue
            said = _said(call.receiver, function, functions)
            script = _script(said)
            if script and (call.name == "output" or PIPED.search(said)):
                name = f"{function.owner}::{function.name}" if function.owner else function.name
                yield ShellOutput(name, call.name, script, span(node), function.test)


def _said(command: Node, function: Function, functions: Mapping[str, Function]) -> str:
    """All that a function says of the command that a call is made on."""
    said, at = _written(command, functions), command
    for _ in range(3):  # `child` of `let child = command.spawn()?`, `command` of …
        names = [n for n in syntax.walk(at) if n.type == "identifier"]
        name = text(names[0]) if names else ""
        bound = declaration(names[0], name) if names else None
        value = field(bound, "value") if bound is not None else None
        if value is None:
            break
        said += f"\n{_written(value, functions)}"
        said += "".join(
            f"\n{_written(n, functions)}"
            for n in own_nodes(function.body)
            if n.type == "expression_statement" and text(n).startswith((f"{name}.", f"{name}\n"))
        )
        at = value
    return said


def _written(node: Node, functions: Mapping[str, Function], depth: int = 0) -> str:
    """An expression, with what is known of the names in it: which program, which flag it is."""
    programs, put = "", list[tuple[Span, str]]()
    for call in (n for n in syntax.walk(node) if n.type == "call_expression"):
        made = method_call(call)
        given = syntax.named(field(call, "arguments") or call)[:1]
        if made is None and text(field(call, "function")).endswith("Command::new") and given:
            words = answers(given[0], functions)
            programs += "".join(f"Command::new({word})\n" for word in words)
        elif made is not None and made.name in ("arg", "args") and given:
            put += _flag(given[0], functions)
        elif made is None and depth < DEPTH and (helper := called(call, functions)) is not None:
            put += [(span(call), _inlined(call, helper, functions, depth))] * _makes(helper)
    return programs + _with(put, node)


def _with(put: list[tuple[Span, str]], node: Node) -> str:
    """A text with others in the place of parts of it, the outermost if they lie in each other."""
    source, said, at = node.file.source, b"", node.start_byte
    for where, instead in sorted(put, key=lambda one: (one[0].start, -one[0].end)):
        if where.start >= at:
            said += source[at : where.start] + instead.encode()
            at = where.end
    return (said + source[at : node.end_byte]).decode(errors="replace")


def _flag(given: Node, functions: Mapping[str, Function]) -> list[tuple[Span, str]]:
    """The flag itself, where a name stands for it: `.arg(flag)`, `.args([flag, line])`."""
    at = given
    while at.type in ("reference_expression", "array_expression") and syntax.named(at):
        at = syntax.named(at)[0]
    if at.type not in ("identifier", "call_expression"):
        return []
    flags = [word for word in answers(at, functions) if re.fullmatch(FLAG, word)]
    return [(span(at), flags[0])] if flags else []


def _makes(function: Function) -> bool:
    """Whether a function makes a command."""
    return function.returns is not None and function.returns.name == "Command"


def _inlined(call: Node, helper: Function, functions: Mapping[str, Function], depth: int) -> str:
    """What a function says of the command that it makes, with what it is given in its words."""
    if not _makes(helper):
        return ""
    said = _written(helper.body, functions, depth + 1)
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
