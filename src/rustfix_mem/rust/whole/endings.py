"""How functions end: by leaving the program, or never."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.syntax import LOOPS, field, named, text, walk
from rustfix_mem.rust.whole.allocators import below
from rustfix_mem.rust.whole.modules import package_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files

WORDS = frozenset({"exit", "abort"})
REPLACING = "exec"
APART = ("closure_expression", "async_block", "const_block", "function_item", "impl_item")
"""What has a way out of its own: a `return` in it does not leave what is around."""
STAYING = frozenset(
    "assert assert_eq assert_ne concat dbg debug debug_assert env eprint eprintln error format info"
    " log matches panic print println todo trace unimplemented unreachable vec warn write"
    " writeln".split()
)
"""Macros in which nothing leaves a loop, unless it is in what they are given."""
SAYING = frozenset(
    "anyhow bail compile_error eprint eprintln eyre panic print println todo unimplemented"
    " unreachable".split()
)
"""Macros that say something, or that there is nothing."""
CODES = frozenset(
    "Err ExitCode::from Ok process::ExitCode::from std::process::ExitCode::from".split()
)
"""What is called to make the value of a `main`."""
CONSTANT = frozenset(
    "boolean_literal identifier integer_literal scoped_identifier string_literal"
    " unit_expression".split()
)
WAY_OUT = re.compile(r"\b(?:break|return)\b|\?")
NEVER = re.compile(rb"->\s*!\s*\{")
NEVER_NAMED = re.compile(rb"\bfn\s+((?:r#)?\w+)\b(?=[^{};]*->\s*!\s*\{)")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def never_returns(name: str, path: str, files: Files) -> bool:
    """Whether a function of this name that never returns is where a file may call it: in its
    package, or in one that this is built with."""
    if not files.never:
        _note_never(files)
    package = package_of(path, files)
    if package is None:
        return name in files.never
    folders = {None, *below(package, files)}
    homes = (package_of(home, files) for home in files.never.get(name, ()))
    return any((home.folder if home else None) in folders for home in homes)


def _note_never(files: Files) -> None:
    """Note the names of all functions that never return: they are few."""
    found: dict[str, list[str]] = {"!": []}  # no function is called so: that it was looked for
    for path in files.words.matching(NEVER, b"->"):
        for name in set(NEVER_NAMED.findall(files.sources[path])):
            found.setdefault(name.decode(), []).append(path)
    files.never.update({name: tuple(paths) for name, paths in found.items()})


def body_leaves(statements: list[Node], never: Callable[[str], bool]) -> bool:
    """Whether the last of these statements surely ends the program."""
    last = next((one for one in reversed(statements) if one.type != "empty_statement"), None)
    return last is not None and leaves(last, never)


def leaves(node: Node, never: Callable[[str], bool]) -> bool:
    """Whether an expression surely ends the program, whatever way is taken."""
    if node.type in ("expression_statement", "unsafe_block", "return_expression", "else_clause"):
        inner = named(node)
        return len(inner) == 1 and leaves(inner[0], never)
    if node.type == "block":
        return body_leaves(named(node), never)
    if node.type == "call_expression":
        return ends(node, never)
    if node.type in LOOPS:
        return _for_ever(node)
    if node.type == "match_expression":
        arms = [a for a in walk(node) if a.type == "match_arm" and _match_of(a) is node]
        values = [field(arm, "value") for arm in arms]
        return bool(values) and all(v is not None and leaves(v, never) for v in values)
    if node.type == "if_expression":
        ways = [field(node, "consequence"), field(node, "alternative")]
        return all(way is not None and leaves(way, never) for way in ways)
    return False


def does_nothing(node: Node) -> bool:
    """Whether a statement only says something, or goes: it calls nothing of the program."""
    if node.type in ("expression_statement", "return_expression"):
        return all(does_nothing(inner) for inner in named(node))
    if node.type == "macro_invocation":
        return text(field(node, "macro")).rpartition("::")[2] in SAYING and "(" not in _inside(node)
    if node.type == "call_expression":
        given = field(node, "arguments")
        made = text(field(node, "function")) in CODES or ends(node, lambda _: False)
        return made and given is not None and all(does_nothing(one) for one in named(given))
    return node.type in CONSTANT or node.type == "empty_statement"


def _inside(macro: Node) -> str:
    """What a macro is given, without its strings and its brackets."""
    given = STRING.sub("", macro.text.partition("!")[2]).strip()
    return given[1:-1]


def _for_ever(loop: Node) -> bool:
    """Whether nothing leaves a loop, as far as is known, nor the function before it."""
    function = loop
    while function.parent is not None and function.type != "function_item":
        function = function.parent
    is_endless = loop.type == "loop_expression" or text(field(loop, "condition")) == "true"
    returns = any(node.type == "return_expression" for node in _parts(function))
    return is_endless and not returns and not any(_leads_out(node, loop) for node in _parts(loop))


def _parts(node: Node) -> Iterator[Node]:
    """All nodes in one, without those that are run elsewhere."""
    waiting = list(node.named_children)
    while waiting:
        one = waiting.pop()
        if one.type not in APART:
            yield one
            waiting += one.named_children


def _leads_out(node: Node, loop: Node) -> bool:
    """Whether a node in a loop may leave it."""
    if node.type == "break_expression":
        return _broken(node, loop)
    if node.type == "macro_invocation":
        name = text(field(node, "macro")).rpartition("::")[2]
        return name not in STAYING or bool(WAY_OUT.search(STRING.sub("", node.text)))
    return node.type in ("return_expression", "try_expression")


def _broken(node: Node, loop: Node) -> bool:
    """Whether a `break` is of this loop, or of what is around it."""
    label, at = _label(node), node.parent
    while at is not None and at is not loop:
        if _label(at) == label if label else at.type in LOOPS:
            return False
        at = at.parent
    return True


def _label(node: Node) -> str:
    return next((child.text for child in node.named_children if child.type == "label"), "")


def _match_of(arm: Node) -> Node | None:
    return arm.parent.parent if arm.parent is not None else None


def ends(call: Node, never: Callable[[str], bool]) -> bool:
    """Whether a call ends the program: `process::exit`, `abort`, or what `never` knows."""
    called = text(field(call, "function"))
    name = re.split(r"::|\.", called)[-1].strip()
    if name in WORDS and ("process" in called or (called == name and _imports(call, name))):
        return True
    return never(name)


def replaces(call: Node) -> bool:
    """Whether a call is `command.exec()`, which does not come back if it can start the command."""
    called, given = field(call, "function"), field(call, "arguments")
    method = field(called, "field") if called is not None else None
    return (
        method is not None
        and method.text == REPLACING
        and given is not None
        and not named(given)
        and _imports(call, "CommandExt")
    )


def _imports(node: Node, name: str) -> bool:
    """Whether the file has `use std::process::exit`, in whatever form."""
    wanted = re.compile(rf"\bprocess::(?:{name}\b|\{{[^}}]*\b{name}\b)")
    uses = (n for n in node.file.order if n.type == "use_declaration")
    return any(wanted.search(use.text) for use in uses)
