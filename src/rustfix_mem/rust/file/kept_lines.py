"""Where a loop keeps what a process prints line by line: in a text, or in a list of lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.buffers import let_of
from rustfix_mem.rust.file.origins import AROUND, origin
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.purposes import CLEANED, LOSSY, STEPS, STRICT, WRAPS
from rustfix_mem.rust.file.queues import NEXT, holder_of, lines_of
from rustfix_mem.rust.file.scopes import (
    alias_name,
    binders,
    bound_in,
    call_on,
    declaration,
    method_call,
)
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.origins import Origin
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

FILLS = frozenset(("read_line", "read_until"))
BYTES = frozenset(("extend_from_slice", "extend", "append"))
PUTS = frozenset(("push", "push_str", "push_back")) | BYTES
BOUNDS = frozenset(
    "len capacity clear truncate drain split_off split_to take retain pop remove".split()
)
LOOKS = frozenset("is_empty contains starts_with ends_with as_str last reserve".split())
"""What may be asked of what is kept so far, and bounds nothing."""

ORDERED = frozenset(("<", ">", "<=", ">="))
EQUAL = frozenset(("==", "!="))
TIME = re.compile(r"elapsed|Instant|deadline|time_?out|\bnow\b", re.IGNORECASE)
NUMBER = re.compile(r"[1-9][0-9_]*(?:[ui]\w+)?|(?:\w+::)*[A-Z][A-Z0-9_]+|.*(?:max|limit).*")
OVER = re.compile(r"send|write|is_err|is_none|\bErr\b|\bNone\b|(?:[<=]=|<)0$|^0==|^!\w+\?$|<1$")
"""What asks whether the process, or who is told, has ended: such a `break` bounds nothing."""

ENDED = re.compile(r"(?:Some\()?(?:Err\b|Ok\(None\)|Ok\(0\)|None\b|0$|_$)")
MAKES = re.compile(r"\bspawn\(|\bstd(?:out|err)\b|try_clone_reader")
MAPS = re.compile(r"\.(?:filter_)?map\((?!\|\w+\|\w+\.(?:unwrap|expect|ok)\b|Result::)")
"""An adapter that makes something else of each line."""

BINDERS = ("let_declaration", "let_condition", "match_expression")


@dataclass(frozen=True, slots=True)
class Kept:
    """`all.push_str(&line)` in a loop over the lines of a pipe."""

    node: Node
    of: Origin
    buffer: Node
    form: str
    bounded: str
    """What bounds it already, as a sentence; empty if nothing does."""
    let: Node | None = None
    """What gives all lines their name, where they are collected at once."""
    why: str = ""
    """Why it is told, where that is another reason than for a buffer of the function."""


def kept_lines(function: Function, items: Items) -> Iterator[Kept]:
    """Every buffer of a function that a loop fills with lines of a pipe; each once."""
    seen: set[tuple[int, str]] = set()
    told: set[tuple[int, int, str]] = set()
    for node in own_nodes(function.body):
        put = put_into(node)
        let = let_of(put.buffer) if put is not None else None
        loops = [n for n in ancestors(node) if n.type in LOOPS]
        if put is None or let is None or not loops:
            continue
        again = (let.start_byte, loops[0].start_byte, text(put.value))
        for loop in loops if again not in told else ():
            found = _kept(put, let, loop, function, items)
            if found is None or (let.start_byte, found.of.pipe) in seen:
                continue
            seen.add((let.start_byte, found.of.pipe))
            told.add(again)
            yield found
            break


@dataclass(frozen=True, slots=True)
class Put:
    """`all.push_str(&line)`, `all += &line`, `reader.read_line(&mut all)`."""

    node: Node
    buffer: Node
    value: Node
    """What is put in, or the reader."""
    name: str

    def line(self, loop: Node, function: Function, items: Items) -> Origin | None:
        """The pipe of which a loop puts in a line."""
        return _line(self.value, _known(self.node, loop, function, items))


def put_into(node: Node) -> Put | None:
    """What a node puts into a buffer, if it does."""
    if node.type == "compound_assignment_expr" and text(field(node, "operator")) == "+=":
        left, right = field(node, "left"), field(node, "right")
        return Put(node, left, right, "+=") if left is not None and right is not None else None
    call = method_call(node)
    if call is None or not call.arguments:
        return None
    if call.name in FILLS:
        filled = _filled(call)
        return Put(node, filled, call.receiver, call.name) if filled is not None else None
    one = call.name in PUTS and len(call.arguments) == 1
    return Put(node, call.receiver, call.arguments[0], call.name) if one else None


def _kept(put: Put, let: Node, loop: Node, function: Function, items: Items) -> Kept | None:
    if put.name in FILLS:
        of = origin(put.value, function, items)
    else:
        of = put.line(loop, function, items)
    if of is None or let.start_byte >= loop.start_byte or _is_of_a_part(let):
        return None
    bounded = _bounded(let, text(put.buffer), loop)
    if bounded is None:
        return None
    form = "bytes" if put.name in BYTES or put.name == "read_until" else "text"
    return Kept(put.node, of, put.buffer, form, bounded)


def _filled(call: Call) -> Node | None:
    """`buffer` of `reader.read_line(&mut buffer)`."""
    given = call.arguments[-1] if call.arguments else None
    if given is None or not text(given).startswith("&mut"):
        return None
    return syntax.named(given)[-1]


def _known(until: Node, loop: Node, function: Function, items: Items) -> dict[str, Origin]:
    """The names that hold a line of a pipe where `until` stands in the loop."""
    known: dict[str, Origin] = {}
    for node in syntax.walk(loop):
        if node != loop and node.start_byte >= until.start_byte:
            break
        if node.type in BINDERS:
            of = _line(field(node, "value"), known)
            for name in bound_in(node):
                known.pop(name, None)
            known |= dict.fromkeys(_whole(node), of) if of is not None else {}
        known |= _read(node, loop, function, items)
    return known


def _whole(binder: Node) -> list[str]:
    """The names that stand for all of what is bound: `line`, `Ok(line)`, no error."""
    return [name for one in binders(binder) if (name := alias_name(field(one, "pattern")))]


def _read(node: Node, loop: Node, function: Function, items: Items) -> dict[str, Origin]:
    """The names that a node gives to a line that it reads."""
    call = method_call(node)
    of: Origin | None = None
    names: list[str] = []
    if node == loop and node.type == "for_expression":
        lines = field(node, "value")
        if not MAPS.search("".join(text(lines).split())):
            of = lines_of(lines, function, items)
        names = bound_in(node)[-1:]  # behind its number, if it has one
    elif call is not None and call.name in FILLS:
        filled = _filled(call)
        of, names = origin(call.receiver, function, items), [text(filled)] if filled else []
    elif call is not None and call.name in NEXT and not call.arguments:
        of, names = lines_of(call.receiver, function, items), _whole(holder_of(node))
    return dict.fromkeys(names, of) if of is not None else {}


def _line(value: Node | None, known: dict[str, Origin]) -> Origin | None:
    """The pipe of which a value is a line, in whatever form; None if it is made of one."""
    if value is None:
        return None
    call = method_call(value)
    if call is not None:
        return _line(call.receiver, known) if call.name in STEPS else None
    inner = syntax.named(value)
    match value.type:
        case "identifier":
            return known.get(text(value))
        case kind if kind in AROUND:
            return _line(inner[-1], known) if inner else None
        case "index_expression":
            return _line(inner[0], known) if inner[-1].type == "range_expression" else None
        case "binary_expression" if text(field(value, "operator")) == "+":
            return _line(inner[0], known)
        case "match_expression":
            body = field(value, "body")
            arms = [n for n in syntax.named(body) if n.type == "match_arm"] if body else []
            same = any(alias_name(field(a, "pattern")) == text(field(a, "value")) for a in arms)
            return _line(field(value, "value"), known) if same else None
        case "macro_invocation" if text(field(value, "macro")) == "format":
            said = text(value)
            return next((of for n, of in known.items() if re.search(rf"\b{n}\b", said)), None)
        case "call_expression":
            callee = re.sub(r"::<.*?>", "", "".join(text(field(value, "function")).split()))
            plain = callee in WRAPS or any(p.search(callee) for p in (LOSSY, STRICT, CLEANED))
            given = syntax.named(field(value, "arguments") or value)
            return _line(given[0], known) if plain and given else None
    return None


def _bounded(let: Node, name: str, loop: Node) -> str | None:
    """What bounds a buffer in a loop; None if it is used there in a way that is not known."""
    for node in syntax.named_so(loop, name):
        if declaration(node, name) != let:
            continue
        call = call_on(node)
        if call is not None and call.name in BOUNDS:
            return f"`{name}.{call.name}` bounds it already"
        known = call is not None and (call.name in PUTS or call.name in LOOKS)
        if not (known or _is_filled(node) or _is_added_to(node)):
            return None
    return None if _leaves(field(loop, "body")) else may_be_bounded(loop)


def may_be_bounded(loop: Node) -> str:
    """What may bound all that a loop keeps, as a sentence; empty if nothing does."""
    for node in syntax.walk(loop):
        if (asked := _end(node)) is not None or _compares(node):
            return f"`{' '.join(text(asked or node).split())}` may bound it"
    return ""


def _is_of_a_part(let: Node) -> bool:
    """Whether a buffer is made in a loop that goes on with the same pipe: one a message."""
    loop = next((n for n in ancestors(let) if n.type in LOOPS), None)
    return loop is not None and MAKES.search(text(loop)) is None


def _leaves(block: Node | None) -> bool:
    """Whether a block always ends with leaving the loop."""
    last = syntax.named(block)[-1:] if block is not None and block.type == "block" else []
    at = last[0] if last else block
    return at is not None and text(at).startswith(("break", "return", "bail!", "anyhow::bail!"))


def _end(node: Node) -> Node | None:
    """What is asked where a loop is left before the process has ended."""
    if node.type == "if_expression":
        asked = field(node, "condition")
        other = syntax.named(field(node, "alternative") or node)[-1:]
        leaves = _leaves(field(node, "consequence")) or (other and _leaves(other[0]))
        over = asked is not None and OVER.search("".join(text(asked).split()))
        return asked if leaves and not over else None
    if node.type == "match_arm" and _leaves(field(node, "value")):
        pattern = field(node, "pattern")
        return pattern if ENDED.match("".join(text(pattern).split())) is None else None
    return None


def _is_filled(node: Node) -> bool:
    """Whether a name is that of a buffer which is read into: `reader.read_line(&mut name)`."""
    given = node.parent
    arguments = given.parent if given is not None else None
    call = method_call(arguments.parent) if arguments is not None and arguments.parent else None
    return call is not None and call.name in FILLS and _filled(call) == node


def _is_added_to(node: Node) -> bool:
    """`name += "x"`."""
    added = node.parent
    if added is None or added.type != "compound_assignment_expr":
        return False
    return field(added, "left") == node


def _compares(node: Node) -> bool:
    """Whether something is compared with a number, but for nothing at all, and the time."""
    if node.type != "binary_expression":
        return False
    operator, sides = text(field(node, "operator")), syntax.named(node)
    written = ["".join(text(side).split()) for side in sides]
    if len(written) < 2 or "0" in written or TIME.search(text(node)):
        return False
    if operator in ORDERED:
        return True
    return operator in EQUAL and any(NUMBER.fullmatch(side) for side in written)
