"""Where a loop keeps lines of a process in what outlives its function: behind a lock, in a field.

Who shares it may take lines out again, so all that a file does with it is looked at. What leaves
the file, or is not understood, is nothing to us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as made_with
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.buffers import let_of
from rustfix_mem.rust.file.kept_lines import BOUNDS, LOOKS, PUTS, Kept, may_be_bounded, put_into
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.purposes import SHOWS
from rustfix_mem.rust.file.scopes import (
    TRANSPARENT,
    alias_name,
    binders,
    call_on,
    declaration,
    is_deref,
    is_step,
    method_call,
    strip,
)
from rustfix_mem.rust.file.syntax import LOOPS, ancestors, field, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.file.uses import is_bound_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node

SHARED = "it is kept line by line, and nothing in this file takes any of it out again"
AT_THE_END = "it is kept line by line, and taken out only once, all of it"

LISTS = frozenset(("Vec", "VecDeque", "String"))
POINTERS = frozenset(("Arc", "Rc"))
CELLS = frozenset(("Mutex", "RwLock", "RefCell"))
EMPTY = re.compile(
    r"(?:(?:\w+::)*(?:Arc|Rc|Mutex|RwLock|RefCell)::new\()*"
    r"(?:(?:\w+::)*(?:Vec|VecDeque|String)(?:::<\w+>)?::(?:new|default|with_capacity)\(\w*\)"
    r"|vec!\[\])\)*"
)
DEFAULT = re.compile(r"(?:(?:\w+::)*(?:default|new)\()+\)+")
"""What makes it empty where its type is written."""

READS = LOOKS | frozenset(
    "iter join concat to_vec to_string to_owned cloned first get lines chars as_bytes as_slice"
    " into_iter rev skip find any all map filter".split()
)
"""What may be asked of all lines, and leaves them where they are."""

OUT = BOUNDS | frozenset("pop_front pop_back swap replace resize set take_while".split())
TAKES = re.compile(r"(?:^|::)(?:take|swap|replace)$")
WRITES = SHOWS | frozenset("format write writeln assert assert_eq assert_ne matches vec".split())
CLONES = re.compile(r"(?:^|::)(?:Arc|Rc)::clone$")
ENDS = re.compile(r"(?:^|::)(?:mem::drop|(?:Arc|Rc)::(?:try_unwrap|into_inner))$")
NAMES = frozenset(("field_identifier", "shorthand_field_identifier", "identifier"))
DEPTH = 20


@dataclass(frozen=True, slots=True)
class _End:
    """What takes something out, as written; empty for what cannot be followed."""

    taken: str
    once: int = -1
    """Where the function starts that takes it all once, when it is called; -1 for none."""


@dataclass(frozen=True, slots=True)
class _Way:
    items: Items
    function: Function
    inside: bool = False
    """Whether it is behind the lock already: a reference to it can no longer take lines out."""
    depth: int = 0
    seen: set[tuple[str, int]] = made_with(default_factory=set)

    def on(self, *, inside: bool = False, function: Function | None = None) -> _Way:
        return _Way(
            self.items,
            function or self.function,
            self.inside or inside,
            self.depth + 1,
            self.seen,
        )

    def is_new(self, name: str, at: int) -> bool:
        if (name, at) in self.seen:
            return False
        self.seen.add((name, at))
        return True


Known = dict[str, "list[_End]"]
"""What is done with a field or a static, by its name: the same for all functions of a file."""


def kept_shared(function: Function, items: Items, known: Known) -> Iterator[Kept]:
    """Every such buffer that a function fills with lines of a pipe; each once a loop."""
    seen: set[tuple[str, int]] = set()
    for node in own_nodes(function.body):
        put = put_into(node)
        if put is None or put.name not in PUTS or let_of(put.buffer) is not None:
            continue
        loops = [n for n in ancestors(node) if n.type in LOOPS]
        base = _base(put.buffer) if loops else None
        if base is None or (text(base), loops[0].start_byte) in seen:
            continue
        for loop in loops:
            of = put.line(loop, function, items)
            if of is None:
                continue
            seen.add((text(base), loops[0].start_byte))
            let = declaration(base, text(base))
            if let is not None and (let.start_byte >= loop.start_byte or not _is_locked(let)):
                break  # made anew in every turn, or none but this function has it
            ends = _known_ends(base, _Way(items, function), known)
            if UNKNOWN not in ends:
                made = _made_in(let) if let is not None and _is_empty(let) else None
                late = [end for end in ends if end.once == made]
                taken = next((f"`{end.taken}` may bound it" for end in ends if end not in late), "")
                bounded = taken or may_be_bounded(loop)
                why = AT_THE_END if late else SHARED
                yield Kept(node, of, base, "text", bounded, None, why)
            break


def _made_in(node: Node) -> int:
    """Where the function starts around a node that is reached once when it is called; -1 if it
    may be reached more often."""
    for holder in ancestors(node):
        if holder.type == "function_item":
            return holder.start_byte
        if holder.type in LOOPS or holder.type == "closure_expression":
            return -1
    return -1


def _base(buffer: Node) -> Node | None:
    """`self.log`, or the name, in `self.log.lock().unwrap()`; of a guard, what it guards."""
    at = strip(buffer)
    for _ in range(DEPTH):
        bound = declaration(at, text(at)) if at.type == "identifier" else None
        value = _value(bound) if bound is not None else None
        alias = alias_name(field(bound, "pattern")) if bound is not None else ""
        if bound is None or value is None or not alias or _is_empty(bound):
            return at if at.type in ("identifier", "field_expression") else None
        call = method_call(value)
        below = strip(call.receiver if call is not None and call.name == "clone" else value)
        if below == value:
            return None
        at = below
    return None


def _value(bound: Node) -> Node | None:
    """What gives a name its value; None for a parameter."""
    if bound.type not in ("let_declaration", "let_condition", "match_arm"):
        return None
    of = bound
    if bound.type == "match_arm":
        of = next(n for n in ancestors(bound) if n.type == "match_expression")
    return field(of, "value")


def _is_empty(let: Node) -> bool:
    """Whether a `let` makes a list with nothing in it, alone or behind a lock."""
    value, declared = field(let, "value"), field(let, "type")
    made = "".join(text(value).split())
    by_type = declared is not None and _is_list(type_tree(declared)) and DEFAULT.fullmatch(made)
    return EMPTY.fullmatch(made) is not None or bool(by_type)


def _is_locked(bound: Node) -> bool:
    """Whether what is bound is a list behind a lock, or is given by who calls."""
    written = f"{text(field(bound, 'type'))} {text(field(bound, 'value'))}"
    return bound.type == "parameter" or bool(CELLS & set(re.findall(r"\w+", written)))


def _is_list(tree: TypeTree) -> bool:
    """`Arc<Mutex<Vec<String>>>`: a list, behind pointers and locks alone."""
    if tree.name in LISTS:
        return True
    through = tree.name in POINTERS | CELLS or tree.head in ("&", "&mut")
    return through and len(tree.args) == 1 and _is_list(tree.args[0])


UNKNOWN = _End("")


def _known_ends(base: Node, way: _Way, known: Known) -> list[_End]:
    """Those of a place; what does not depend on the function is found out once for a file."""
    if declaration(base, text(base)) is not None:
        return list(_ends(base, way))
    if text(base) not in known:
        known[text(base)] = list(_ends(base, way))
    return known[text(base)]


def _ends(base: Node, way: _Way) -> Iterator[_End]:
    """All that a file does with it which takes lines out, or is not understood."""
    name = text(field(base, "field")) if base.type == "field_expression" else text(base)
    if way.depth > DEPTH or name in way.items.macro_words:
        yield UNKNOWN
    elif base.type == "field_expression":
        yield from _field(name, way)
    elif base.type != "identifier":
        yield UNKNOWN
    elif (bound := declaration(base, name)) is None:
        yield from _static(name, way)
    elif bound.type == "parameter":
        yield from _parameter(bound, name, way)
    elif _is_empty(bound):
        yield from _local(bound, name, way)
    else:
        yield UNKNOWN


def _local(bound: Node, name: str, way: _Way) -> Iterator[_End]:
    """The places where a name that is bound in a function stands."""
    if not way.is_new(name, bound.start_byte):
        return
    for node in syntax.named_so(way.function.node, name):
        if node.type == "identifier" and declaration(node, name) == bound:
            yield from _climb(node, way.on()) if not is_bound_here(node) else ()


def _static(name: str, way: _Way) -> Iterator[_End]:
    found = [one for one in way.items.statics if one.name == name and not one.constant]
    if len(found) != 1 or found[0].visibility or not _is_list(found[0].type):
        yield UNKNOWN
        return
    for function in way.items.functions if way.is_new(name, 0) else ():
        for node in syntax.named_so(function.body, name):
            if node.type == "identifier" and declaration(node, name) is None:
                yield from _climb(node, way.on(function=function))


def _field(name: str, way: _Way) -> Iterator[_End]:
    """A private field, by its name: of whatever it is, so rather too much than too little."""
    found = [one for kind in way.items.types for one in kind.fields if one.name == name]
    if len(found) != 1 or found[0].visibility or not _is_list(found[0].type):
        yield UNKNOWN
        return
    through = {tree.name for tree in found[0].type.walk()}
    plain = not through & CELLS
    for function in way.items.functions if way.is_new(f".{name}", 0) else ():
        inner = _Way(way.items, function, plain, way.depth + 1, way.seen)
        for node in syntax.walk(function.node):
            if node.type in NAMES and text(node) == name:
                yield from _of_field(node, inner, shared=bool(through & POINTERS))


def _of_field(node: Node, way: _Way, *, shared: bool) -> Iterator[_End]:
    parent = node.parent
    if parent is None:
        return
    if parent.type == "field_expression" and field(parent, "field") == node:
        behind = parent.parent
        method = behind is not None and field(behind, "function") == parent
        ends = way.inside and call_on(parent) is None and _consumes(way.function)
        if not method and not ends:
            yield from _climb(parent, way)
    elif parent.type == "field_initializer" and field(parent, "field") == node:
        value = field(parent, "value")
        if value is not None and shared and not EMPTY.fullmatch("".join(text(value).split())):
            yield from _given(value, way)
    elif parent.type == "shorthand_field_initializer" and shared:
        yield from _given(node, way)
    elif parent.type == "field_pattern":
        yield UNKNOWN
    elif parent.type == "token_tree" and _is_behind_dot(node):
        yield from _tokens(node, parent)


def _is_behind_dot(token: Node) -> bool:
    before = token.file.source[max(token.start_byte - 80, 0) : token.start_byte]
    return before.rstrip().endswith(b".")


def _consumes(function: Function) -> bool:
    """Whether a function takes its owner as a whole, with which all ends."""
    parameters = "".join(text(field(function.node, "parameters")).split())
    return parameters.startswith(("(self", "(mutself"))


def _given(value: Node, way: _Way) -> Iterator[_End]:
    """What a pointer in a field, or one that a function is given, is a pointer to."""
    if DEFAULT.fullmatch("".join(text(value).split())):
        return
    call = method_call(value)
    base = _base(call.receiver if call is not None and call.name == "clone" else value)
    yield from _ends(base, way.on()) if base is not None else (UNKNOWN,)


def _parameter(bound: Node, name: str, way: _Way) -> Iterator[_End]:
    """What a private function is given by all who call it in the file."""
    around = bound.parent
    function = next((f for f in way.items.functions if around and f.node == around.parent), None)
    if (
        function is None
        or around is None
        or function.visibility
        or function.trait
        or not _of_list(bound)
    ):
        yield UNKNOWN
        return
    if not way.is_new(name, bound.start_byte):
        return
    inner = way.on(function=function)
    for node in syntax.named_so(function.body, name):
        if node.type == "identifier" and declaration(node, name) == bound:
            yield from _climb(node, inner) if not is_bound_here(node) else ()
    position = syntax.named(around).index(bound)
    for caller, given in _calls(function, way):
        yield from _given(given[position], way.on(function=caller)) if given else (UNKNOWN,)


def _of_list(bound: Node) -> bool:
    declared = field(bound, "type")
    return declared is not None and _is_list(type_tree(declared))


def _calls(function: Function, way: _Way) -> Iterator[tuple[Function, list[Node]]]:
    """Who names a function, and what it is given there; nothing where it is not plainly called."""
    for other in way.items.functions:
        for node in syntax.named_so(other.body, function.name):
            at = node.parent if node.parent and node.parent.type == "scoped_identifier" else node
            call = at.parent
            plain = call is not None and call.type == "call_expression"
            given = syntax.named(field(call, "arguments") or call) if call and plain else []
            fits = plain and len(given) == len(function.params) and not function.owner
            yield other, given if fits else []


def _climb(node: Node, way: _Way) -> Iterator[_End]:
    """From a place where it stands to what is done with it."""
    parent = node.parent
    if parent is None or way.depth > DEPTH:
        yield UNKNOWN
        return
    call = call_on(node)
    if call is not None:
        if call.name == "into_inner" or (call.name == "clone" and way.inside):
            return  # its end, or a copy of the lines
        if is_step(call) or call.name == "clone":
            locked = call.name not in ("clone", "as_ref", "as_mut", "deref", "by_ref")
            yield from _climb(call.node, way.on(inside=locked))
        elif call.name in OUT:
            yield _End(" ".join(text(field(call.node, "function")).split()))
        elif call.name not in PUTS | READS:
            yield UNKNOWN
        return
    match parent.type:
        case kind if kind in TRANSPARENT or is_deref(parent):
            if "".join(text(parent).split()).startswith("&mut"):
                yield from _lent(parent, way)
            elif parent.type != "reference_expression" or not way.inside:
                yield from _climb(parent, way.on())
        case "token_tree":
            yield from _tokens(node, parent)
        case "let_declaration" | "let_condition" | "match_expression" | "for_expression":
            yield from _named(parent, way)
        case "arguments":
            yield from _passed(node, parent, way)
        case "field_initializer" | "shorthand_field_initializer" if not way.inside:
            yield from _field(text(field(parent, "field")) or text(node), way.on())
        case "assignment_expression" if field(parent, "left") == node:
            yield _End(" ".join(text(parent).split())[:40])
        case "compound_assignment_expr" | "expression_statement" | "binary_expression":
            return
        case _:
            yield UNKNOWN


def _lent(reference: Node, way: _Way) -> Iterator[_End]:
    """`&mut` to it: `mem::take` takes all, of others nobody can say."""
    arguments = reference.parent
    call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
    callee = "".join(text(field(call, "function")).split()) if call is not None else ""
    yield _End(callee, _made_in(reference)) if TAKES.search(callee) else UNKNOWN


def _tokens(node: Node, tokens: Node) -> Iterator[_End]:
    """In the tokens of a macro: text that is written is looked at, and stays."""
    macro = next((n for n in ancestors(tokens) if n.type == "macro_invocation"), None)
    name = text(field(macro, "macro")).rpartition("::")[2] if macro is not None else ""
    taken = re.search(rf"\b{text(node)}\b[^;]*?\.\s*({'|'.join(sorted(OUT))})\s*\(", text(tokens))
    if taken is not None:
        yield _End(taken[1])
    elif name not in WRITES:
        yield UNKNOWN


def _named(binder: Node, way: _Way) -> Iterator[_End]:
    """It, its guard or a clone of its pointer gets a name."""
    if binder.type == "for_expression":
        yield from () if way.inside else (UNKNOWN,)
        return
    for one in binders(binder):
        pattern = field(one, "pattern")
        written = "".join(text(pattern).split())
        if name := alias_name(pattern):
            yield from _local(one, name, way) if name != "_" else ()
        elif not written.startswith(("Err(", "None", "_")):
            yield UNKNOWN


def _passed(node: Node, arguments: Node, way: _Way) -> Iterator[_End]:
    """It is an argument."""
    call = arguments.parent
    callee = "".join(text(field(call, "function")).split()) if call is not None else ""
    if call is not None and (CLONES.search(callee) or callee in ("Some", "Ok")):
        yield from _climb(call, way.on())
    elif callee != "drop" and not ENDS.search(callee):
        yield from _handed(callee.rpartition("::")[2], syntax.named(arguments).index(node), way)


def _handed(callee: str, position: int, way: _Way) -> Iterator[_End]:
    """What a function of the file does with what it is given."""
    found = [f for f in way.items.functions if f.name == callee and not f.owner]
    listed = field(found[0].node, "parameters") if len(found) == 1 else None
    parameters = syntax.named(listed) if listed is not None else []
    bound = parameters[position] if position < len(parameters) else None
    name = alias_name(field(bound, "pattern")) if bound is not None else ""
    if bound is None or not name:
        yield UNKNOWN
    else:
        yield from _local(bound, name, way.on(function=found[0]))
