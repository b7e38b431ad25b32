"""What a buffer is for: everything that finally becomes of what was read into it.

The climb goes from the buffer through decodings, names, threads that answer with it and functions
of the file, to one end each. What is not understood is `unknown`, and so a reason not to edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.origins import named_otherwise
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import alias_name, binders, call_on, declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.uses import is_bound_here
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node

DEPTH = 30

STEPS = frozenset(
    "unwrap expect context with_context map_err ok unwrap_or unwrap_or_else unwrap_or_default"
    " ok_or ok_or_else join trim trim_end trim_start trim_end_matches trim_matches"
    " trim_start_matches to_string to_owned into_owned as_str as_ref clone into as_bytes as_slice"
    " to_vec into_boxed_str into_string flatten transpose wrap_err wrap_err_with strip_suffix"
    " into_diagnostic change_context"
    " replace into_bytes cloned unwrap_or_else_default as_deref deref borrow await".split()
)
"""Calls whose answer is still what was read, or its text."""

LISTED = frozenset(("iter", "into_iter"))
"""Calls on a list of lines whose answer is the lines."""

THROUGH = frozenset(
    "reference_expression parenthesized_expression try_expression await_expression else_clause"
    " match_block unsafe_block".split()
)
CLOSURES = frozenset("map and_then then unwrap_or_else or_else map_or".split())
SPAWNS = re.compile(r"(?:^|::|\.)(?:spawn|spawn_blocking|spawn_local|spawn_scoped|block_on|scope)$")
GROWS = frozenset(
    "extend_from_slice extend push push_str append write_all write read_to_end read_to_string read"
    " read_buf read_until read_line write_str write_fmt reserve insert_str".split()
)
ENDS = {
    "len": "counted",
    "capacity": "counted",
    **dict.fromkeys(
        "clear truncate drain split_off split_to take retain pop remove resize".split(), "emptied"
    ),
    "is_empty": "",
    "lines": "examined",
}
LOSSY = re.compile(r"(?:^|::)from_utf8_lossy(?:_owned)?$")
STRICT = re.compile(r"(?:^|::)(?:from_utf8|from_utf8_unchecked)$")
CLEANED = re.compile(
    r"(?:^|::|\.)(?:strip_ansi\w*|strip_str|redact\w*|sanitize\w*|normalize_newlines|indent)$"
)
PARSED = re.compile(
    r"(?:^|::|\.)(?:from_str|from_slice|from_reader|from_bytes|decode\w*|deserialize\w*|parse\w*)$"
)
WRITTEN = re.compile(r"(?:^|::|\.)(?:write|write_all|write_str|copy|send\w*|hash|update)$")
ERRORS = re.compile(r"(?:^|::)\w*(?:Error|Failure)(?:::\w+)?$")
"""A type or a variant that says what went wrong, or a function that makes one."""

SHOWS = frozenset(
    "print println eprint eprintln panic todo unreachable unimplemented trace debug info warn error"
    " log event span info_span debug_span trace_span bail anyhow ensure eyre miette dbg".split()
)
"""Macros whose text people read."""
WRAPS = ("Ok", "Some", "Arc::new", "Box::new", "Cow::Owned", "Cow::from", "String::from")


@dataclass(frozen=True, slots=True)
class Purpose:
    """One end: `shown`, `error`, `head`, `kept` (text in a field), and those that forbid a cut.

    `raw` (bytes in a field), `counted` and `emptied` (of the buffer itself), `examined`, `parsed`,
    `passed` (on, byte for byte), `answered` (to who calls), `unknown`.
    """

    kind: str
    what: str
    span: Span
    strict: bool = False
    """Whether it was decoded by a function that refuses half a character."""


@dataclass(frozen=True, slots=True)
class _Way:
    function: Function
    items: Items
    form: str = "bytes"
    depth: int = 0
    strict: bool = False
    seen: tuple[int, ...] = ()

    def on(self, form: str = "", *, strict: bool = False) -> _Way:
        return _Way(
            self.function,
            self.items,
            form or self.form,
            self.depth + 1,
            self.strict or strict,
            self.seen,
        )

    def into(self, function: Function) -> _Way:
        at = function.node.start_byte
        return _Way(function, self.items, self.form, self.depth + 1, self.strict, (*self.seen, at))


def purposes(let: Node, function: Function, items: Items, form: str) -> list[Purpose]:
    """All that becomes of a buffer which a `let` makes; `form` is `bytes` or `text`."""
    name = alias_name(field(let, "pattern"))
    return list(dict.fromkeys(_mentions(let, name, _Way(function, items, form))))


def _mentions(binder: Node, name: str, way: _Way) -> Iterator[Purpose]:
    for node in syntax.walk(way.function.body):
        if (
            node.type == "identifier"
            and node.start_byte > binder.start_byte
            and text(node) == name
            and not is_bound_here(node)
            and declaration(node, name) == binder
        ):
            yield from _climb(node, way)
        elif (
            node.type == "string_literal"
            and node.start_byte > binder.start_byte
            and re.search(rf"\{{{name}[:}}]", text(node))
            and declaration(node, name) == binder
        ):
            yield from _in_macro(node, way)  # `"{name}"` in a macro that formats


def _climb(node: Node, way: _Way) -> Iterator[Purpose]:
    parent = node.parent
    if parent is None or way.depth > DEPTH:
        yield _end("unknown", node, way)
        return
    call = call_on(node)
    if call is not None:
        yield from _method(call, way.on())
        return
    match parent.type:
        case "token_tree":
            yield from _in_macro(node, way)
        case kind if kind in THROUGH:
            yield from _climb(parent, way.on())
        case "unary_expression" if text(parent).startswith("*"):
            yield from _climb(parent, way.on())
        case "match_arm" if field(parent, "value") == node:
            yield from _climb(parent, way.on())
        case "match_expression" if field(parent, "value") != node:
            yield from _climb(parent, way.on())
        case "if_expression" if field(parent, "condition") != node:
            yield from _climb(parent, way.on())
        case "break_expression":
            loop = next((n for n in ancestors(parent) if n.type.endswith("loop_expression")), None)
            yield from _climb(loop, way.on()) if loop is not None else ()
        case "expression_statement":
            if not text(parent).endswith(";"):
                yield from _climb(parent, way.on())
        case "block" | "async_block":
            if syntax.named(parent)[-1:] == [node]:
                yield from _climb(parent, way.on())
        case "closure_expression" | "function_item":
            yield from _answer(parent, way.on())
        case "return_expression":
            yield from _returned(parent, way.on())
        case "let_declaration" | "let_condition" | "match_expression":
            yield from _bound(parent, way.on())
        case "arguments":
            yield from _given(node, parent, way.on())
        case "field_initializer" | "shorthand_field_initializer":
            yield _kept(node, parent, way)
        case "assignment_expression" if field(parent, "left") != node:
            yield from _assigned(parent, way)
        case "compound_assignment_expr" if text(field(parent, "operator")) == "+=":
            if field(parent, "left") != node:  # `text += &it`
                yield _end("unknown", parent, way)
        case "assignment_expression" | "compound_assignment_expr":
            yield _end("emptied", parent, way)
        case "for_expression" if way.form == "text" and field(parent, "value") == node:
            yield from _bound(parent, way.on())  # a list of lines, one by one
        case "binary_expression":
            yield _end("examined", parent, way)
        case "index_expression":
            yield _end("examined", parent, way)
        case _:
            yield _end("unknown", parent, way, f"`{' '.join(text(parent).split())}`")


def _end(kind: str, node: Node, way: _Way, what: str = "") -> Purpose:
    said = what or " ".join(text(node).split())
    return Purpose(kind, said[:60], span(node), way.strict)


def _method(call: Call, way: _Way) -> Iterator[Purpose]:
    """It is what a method is called on."""
    name = call.name
    if name in GROWS:
        return
    if name == "lines" and way.form == "text" and _head(call):
        yield _end("head", call.node, way)
    elif name in ENDS:
        kind = ENDS[name]
        if kind and (way.form == "bytes" or kind == "examined"):
            yield _end(kind, call.node, way)
    elif name in CLOSURES and call.arguments and call.arguments[-1].type == "closure_expression":
        closure = call.arguments[-1]
        body, bound = field(closure, "body"), _only_parameter(closure)
        if body is not None and bound:
            yield from _mentions(closure, bound, way)
        if name not in ("map", "and_then") or not bound:
            yield from _climb(call.node, way)
    elif name in STEPS or (name in LISTED and way.form == "text"):
        yield from _climb(call.node, way)
    elif name in ("parse", "split_once"):
        yield _end("parsed", call.node, way)
    elif name in ("starts_with", "ends_with", "contains") or name.startswith(("split", "find")):
        yield _end("examined", call.node, way)
    else:
        yield _end("unknown", call.node, way, f"`{name}` of it")


def _head(call: Call) -> bool:
    """`text.lines().next()`: only its beginning is wanted."""
    behind = call_on(call.node)
    return behind is not None and behind.name in ("next", "take", "nth", "find", "find_map")


def _only_parameter(closure: Node) -> str:
    parameters = syntax.named(field(closure, "parameters") or closure)
    if len(parameters) != 1:
        return ""
    only = parameters[0]
    return alias_name(field(only, "pattern") if only.type == "parameter" else only)


def _in_macro(node: Node, way: _Way) -> Iterator[Purpose]:
    macro = next((n for n in ancestors(node) if n.type == "macro_invocation"), None)
    name = text(field(macro, "macro")).rpartition("::")[2] if macro is not None else ""
    if macro is not None and name == "format":
        yield from _climb(macro, way.on("text"))
    elif name in SHOWS or (name in ("write", "writeln") and way.function.trait == "Display"):
        yield _end("shown", macro or node, way, f"{name}!")
    else:
        yield _end("unknown", macro or node, way, f"`{name}!`")


def _given(node: Node, arguments: Node, way: _Way) -> Iterator[Purpose]:
    """It is an argument."""
    call = arguments.parent
    if call is None or call.type != "call_expression":
        yield _end("unknown", arguments, way)
        return
    callee = "".join(text(field(call, "function")).split())
    plain = re.sub(r"::<.*?>", "", callee)
    made = method_call(call)
    if LOSSY.search(plain):
        yield from _climb(call, way.on("text"))
    elif STRICT.search(plain):
        yield from _climb(call, way.on("text", strict=True))
    elif (
        plain in WRAPS
        or CLEANED.search(plain)
        or (node.type == "async_block" and SPAWNS.search(plain))
    ):
        yield from _climb(call, way)
    elif plain == "Err" or (made is None and ERRORS.search(plain)):
        yield _end("error", call, way, plain)
    elif plain == "drop" or plain.endswith("mem::drop"):
        return
    elif made is not None and made.name in GROWS and text(node).startswith("&mut"):
        return  # it is read into
    elif made is not None and made.name in GROWS:
        yield from _poured(made, way)
    elif PARSED.search(plain):
        yield _end("parsed", call, way, plain)
    elif WRITTEN.search(plain):
        yield _end("passed", call, way, plain)
    elif made is not None and made.name in ("context", "with_context", "wrap_err"):
        yield _end("error", call, way)
    else:
        yield _end("unknown", call, way, f"`{plain}`")


def _is_run(node: Node, callee: str) -> bool:
    """`tokio::spawn(async move { … })`: the call answers what the block does."""
    return node.type == "async_block" and SPAWNS.search(callee) is not None


def _poured(call: Call, way: _Way) -> Iterator[Purpose]:
    """`message.push_str(&text)`: from here on it is part of another buffer."""
    if call.receiver.type != "identifier" or way.form != "text":
        yield _end("passed", call.node, way, text(call.node))
        return
    name = text(call.receiver)
    binder = declaration(call.receiver, name)
    if binder is None or binder.type != "let_declaration" or way.depth > DEPTH // 2:
        yield _end("unknown", call.node, way)
        return
    yield from _mentions(binder, name, way.on())


def _bound(binder: Node, way: _Way) -> Iterator[Purpose]:
    """It is given a name by a let, an `if let`, or the arms of a match."""
    for one in binders(binder):
        pattern = field(one, "pattern")
        written = "".join(text(pattern).split())
        if name := alias_name(pattern):
            if name != "_":
                yield from _mentions(one, name, way)
        elif not (written.startswith(("Err(", "None", "_")) or written == "Ok(_)"):
            yield _end("unknown", pattern or one, way)


def _kept(node: Node, initializer: Node, way: _Way) -> Purpose:
    """It becomes a field of something that is made."""
    made = next((n for n in ancestors(initializer) if n.type == "struct_expression"), None)
    owner = "".join(text(field(made, "name")).split()) if made is not None else "?"
    owner = way.function.owner if owner == "Self" else owner
    name = text(field(initializer, "field")) or text(node)
    if ERRORS.search(owner):
        return _end("error", initializer, way, f"{owner}.{name}")
    return _end("kept" if way.form == "text" else "raw", initializer, way, f"{owner}.{name}")


def _assigned(assignment: Node, way: _Way) -> Iterator[Purpose]:
    left = field(assignment, "left")
    if left is not None and left.type == "identifier":
        binder = declaration(left, text(left))
        if binder is not None and binder.type == "let_declaration":
            yield from _mentions(binder, text(left), way.on())
            return
    kind = "kept" if way.form == "text" else "raw"
    yield _end(kind, assignment, way, "".join(text(left).split()))


def _returned(node: Node, way: _Way) -> Iterator[Purpose]:
    """`return x`: of the closure, the async block or the function around it."""
    for holder in ancestors(node):
        if holder.type == "async_block":
            yield from _climb(holder, way)
            return
        if holder.type in ("closure_expression", "function_item"):
            yield from _answer(holder, way)
            return


def _answer(holder: Node, way: _Way) -> Iterator[Purpose]:
    """It is what a closure or a function answers with."""
    if holder.type == "function_item":
        yield from _callers(holder, way)
        return
    arguments = holder.parent
    call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
    callee = "".join(text(field(call, "function")).split()) if call is not None else ""
    made = method_call(call) if call is not None else None
    if call is not None and (SPAWNS.search(callee) or (made is not None and made.name in CLOSURES)):
        yield from _climb(call, way)
    else:
        yield _end("unknown", holder, way, "a closure's answer")


def _callers(node: Node, way: _Way) -> Iterator[Purpose]:
    """Who calls a private function of this file, and what becomes of the answer there."""
    function = next((f for f in way.items.functions if f.node == node), None)
    if function is None or function.visibility or function.trait or node.start_byte in way.seen:
        yield _end("answered", node, way, function.name if function is not None else "")
        return
    if named_otherwise(function):
        yield _end("unknown", node, way, f"who names `{function.name}` without calling it")
    for other in way.items.functions:
        for called in own_nodes(other.body):
            if called.type == "call_expression" and _is_call_of(called, function):
                yield from _climb(called, way.into(other))


def _is_call_of(call: Node, function: Function) -> bool:
    callee = "".join(text(field(call, "function")).split())
    made = method_call(call)
    if made is not None:
        return bool(function.owner) and made.name == function.name
    return callee.rpartition("::")[2] == function.name
