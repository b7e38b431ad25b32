"""What finally happens to a collection: the climb from a mention of it to what is done with it.

From the place through adapters (`lock unwrap borrow_mut ? await &`), lets, `if let`, arms and
closure parameters, to one end each. What is not understood is an `escape`: unknown, so a report.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.plain import Plain, changed
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import UseOf
from rustfix_mem.rust.file.methods import KIND_OF
from rustfix_mem.rust.file.scopes import (
    CLOSURE_STEPS,
    PLAIN_STEPS,
    POINTER_CLONES,
    Call,
    alias_name,
    binders,
    call_on,
    closure_alias,
    declaration,
    is_deref,
    is_step,
)
from rustfix_mem.rust.file.slots import discarded, negated, slot_of, whole_of
from rustfix_mem.rust.file.syntax import field, span, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

TAKEN = "take"
"""The step of a climb that goes on with what was taken out of its place."""

IN_CELLS = re.compile(rb"\bCell<")
"""A file with this may take a collection out to put it back; elsewhere to take is to remove."""
MAX_DEPTH = 14

READING_MACROS = frozenset(
    "format print println eprint eprintln write writeln panic assert assert_eq assert_ne"
    " debug_assert debug_assert_eq debug_assert_ne trace debug info warn error log event span"
    " bail anyhow ensure todo unreachable unimplemented matches info_span debug_span json"
    " trace_span vec dbg".split()
)


class _Way(Plain, frozen=True):
    """How the climb came to a node: `via` adapters since the place, `near` since the last name."""

    function: Function
    alias: str = ""
    via: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    depth: int = 0

    def step(self, name: str = "") -> _Way:
        more = (name,) if name else ()
        via, near = self.via + more, self.near + more
        return _Way(self.function, self.alias, via, near, self.depth + 1)

    def named(self, alias: str, step: str = "") -> _Way:
        via = (*self.via, step) if step else self.via
        return _Way(self.function, alias, via, (), self.depth + 1)


def uses_of(node: Node, function: Function) -> Iterator[UseOf]:
    """Every end that the value of `node`, a place in `function`, comes to."""
    return _climb(node, _Way(function))


def _climb(node: Node, way: _Way) -> Iterator[UseOf]:
    parent = node.parent
    if parent is None or way.depth > MAX_DEPTH:
        return
    call = call_on(node)
    if call is not None:
        yield from _called(call, way)
        return
    match parent.type:
        case "token_tree":
            yield _in_tokens(node, parent, way)
        case "await_expression" | "try_expression" | "parenthesized_expression":
            yield from _climb(parent, way.step())
        case "reference_expression":
            mutable = any(c.type == "mutable_specifier" for c in parent.children)
            yield from _climb(parent, way.step("&mut" if mutable else "&"))
        case "unary_expression" if is_deref(parent):
            yield from _climb(parent, way.step())
        case "expression_statement" if _is_value(parent):
            yield from _climb(parent, way.step())
        case "field_expression" | "expression_statement":
            return  # a deeper place is a mention of its own; a bare statement does nothing
        case "match_expression" if field(parent, "value") != node:
            yield from _climb(parent, way.step())
        case "let_declaration" | "let_condition" | "match_expression":
            yield from _bound(parent, way)
        case "match_arm" | "match_block" | "else_clause" | "unsafe_block" | "async_block":
            yield from _climb(parent, way.step())
        case "block" | "if_expression":
            yield from _climb(parent, way.step())
        case "closure_expression":
            yield from _from_closure(parent, way)
        case "arguments":
            yield from _given(node, parent, way)
        case "binary_expression":
            yield _end(node, way, "read" if way.near else "enumerate")
        case _:
            yield _end(node, way, _LAST.get(parent.type, "escape"))


def _is_value(statement: Node) -> bool:
    """Whether a `match` or an `if` is what its block answers with: it stands last, without `;`."""
    block = statement.parent
    last = block is not None and block.type == "block" and syntax.named(block)[-1:] == [statement]
    return last and not text(statement).endswith(";")


_LAST = {
    "function_item": "returned",
    "return_expression": "returned",
    "compound_assignment_expr": "get_mut",
    "for_expression": "enumerate",
    "unary_expression": "read",
}


def _end(node: Node, way: _Way, kind: str, method: str = "") -> UseOf:
    """The climb ends without a method call."""
    parent = node.parent or node
    first = parent.named_children[:1] == [node]
    if kind == "escape" and parent.type == "assignment_expression" and first:
        kind = "assign"
    if kind == "escape" and parent.type == "index_expression":
        kind = "index" if first else "read"
    counts = parent.type == "compound_assignment_expr" and text(field(parent, "right")) == "1"
    return UseOf(
        kind,
        method,
        span(node if parent.type == "arguments" else parent),
        span(node),
        way.alias,
        way.via,
        bool(way.near),
        (),
        note="counts" if counts else "",
    )


def _called(call: Call, way: _Way) -> Iterator[UseOf]:
    """The value is the receiver of a method call."""
    if is_step(call):
        yield from _climb(call.node, way.step(call.name))
        return
    closure = call.arguments[0] if len(call.arguments) == 1 else None
    if call.name in CLOSURE_STEPS and closure is not None and closure.type == "closure_expression":
        body, name = field(closure, "body"), closure_alias(closure)
        if body is not None and name:
            yield from _alias_uses(closure, body, way.named(name, call.name))
            return
    if call.name == "clone" and not call.arguments:
        yield _terminal(call, "clone", way)
        yield from _climb(call.node, way.step(call.name))
        return
    if call.name == TAKEN and not call.arguments and IN_CELLS.search(call.node.file.source):
        yield from _climb(call.node, way.step(TAKEN))
    kind = KIND_OF.get(call.name, "escape")
    if kind == "lookup" and not call.arguments:
        kind = "escape"
    yield _terminal(call, kind, way)


def _terminal(call: Call, kind: str, way: _Way) -> UseOf:
    grows, arguments = kind == "grow", call.arguments
    return UseOf(
        kind=kind,
        method=call.name,
        span=span(call.node),
        receiver=span(call.receiver),
        alias=way.alias,
        via=way.via,
        temporary=any(not step.startswith("&") for step in way.near),
        args=tuple(span(argument) for argument in arguments),
        note=_note(call, kind),
        slot=slot_of(call.node) if grows else None,
        key=text(arguments[0]) if arguments and kind in ("grow", "lookup") else "",
        key_form=key_form(arguments[0]) if arguments and grows else "",
        value=text(arguments[1])[:120] if len(arguments) > 1 and grows else "",
    )


def _note(call: Call, kind: str) -> str:
    if kind == "shrink":
        whole = all(text(argument) == ".." for argument in call.arguments)
        return "dropped" if whole and _is_dropped(call.node) else ""
    return result_note(call.node) if call.name == "insert" else ""


def _is_dropped(value: Node) -> bool:
    """Whether nothing is done with a value, or with the local that it is given to, but to drop it.

    A thread may do that: `let old = take(&mut self.map); spawn(move || drop(old));`.
    """
    if discarded(value):
        return True
    let = value.parent
    name = alias_name(field(let, "pattern")) if let and let.type == "let_declaration" else ""
    if let is None or let.parent is None or not name:
        return False
    later = [n for n in syntax.named_so(let.parent, name) if n.start_byte > let.end_byte]
    return bool(later) and all(_is_given_to_drop(one) for one in later)


def _is_given_to_drop(value: Node) -> bool:
    call = value.parent.parent if value.parent and value.parent.type == "arguments" else None
    return call is not None and text(field(call, "function")).rpartition("::")[2] == "drop"


def _bound(binder: Node, way: _Way) -> Iterator[UseOf]:
    """The value is given a name by a let, an `if let` or the arms of a match."""
    if binder.type == "match_expression":
        for arm in binders(binder):
            yield from _bound_by(arm, arm, way)
    elif binder.type == "let_declaration":
        yield from _bound_by(binder, binder.parent or binder, way)
    else:
        holders = ("if_expression", "while_expression")
        region = next((n for n in syntax.ancestors(binder) if n.type in holders), binder)
        yield from _bound_by(binder, region, way)


def _bound_by(binder: Node, region: Node, way: _Way) -> Iterator[UseOf]:
    pattern = field(binder, "pattern")
    name, written = alias_name(pattern), text(pattern)
    if name:
        yield from _alias_uses(binder, region, way.named(name))
    elif not (written.startswith(("Err", "None")) or written == "_"):
        yield _end(pattern or binder, way, "escape")


def is_bound_here(node: Node) -> bool:
    """Whether an identifier stands in a pattern: it makes a name, it does not use one."""
    child = node
    for holder in syntax.ancestors(node):
        if holder.type == "closure_parameters":
            return True
        if not holder.type.endswith("_pattern"):
            return field(holder, "pattern") == child
        child = holder
    return False


def _alias_uses(binder: Node, region: Node, way: _Way) -> Iterator[UseOf]:
    for node in syntax.named_so(region, way.alias):
        if (
            node.start_byte > binder.start_byte
            and declaration(node, way.alias) == binder
            and not is_bound_here(node)
        ):
            yield from _climb(node, way)


def _from_closure(closure: Node, way: _Way) -> Iterator[UseOf]:
    """The value is what a closure answers: it goes where the answer of its caller goes."""
    arguments = closure.parent
    call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
    function = field(call, "function") if call is not None else None
    name = text(field(function, "field")) if function is not None else ""
    if call is not None and name in (*CLOSURE_STEPS, "unwrap_or_else", "get_or_init"):
        yield from _climb(call, way.step())
    else:
        yield _end(closure, way, "escape")


def _given(node: Node, arguments: Node, way: _Way) -> Iterator[UseOf]:
    """The value is an argument."""
    call = arguments.parent
    callee = "".join(text(field(call, "function")).split()) if call is not None else ""
    last = callee.rpartition("::")[2]
    if callee in ("Ok", "Some") and call is not None:
        yield from _climb(call, way.step())
    elif callee.endswith(POINTER_CLONES) and call is not None:
        yield from _climb(call, way.step("clone"))
    elif last in ("drop", "ptr_eq", "strong_count", "size_of_val"):
        return
    elif callee.endswith(("mem::take", "mem::replace")):
        gone = call is not None and _is_dropped(call)
        yield changed(_end(node, way, "shrink", "take"), note="dropped" if gone else "")
    else:
        shared = text(node).startswith("&") and not text(node).startswith("&mut")
        yield _end(node, way, "escape" if shared else "escape_mut", last)


def _in_tokens(node: Node, tokens: Node, way: _Way) -> UseOf:
    """The value is named in a macro: harmless only if the macro is known to read."""
    macros = (n for n in syntax.ancestors(tokens) if n.type == "macro_invocation")
    macro = next(macros, None)
    name = text(field(macro, "macro")).rpartition("::")[2] if macro is not None else ""
    behind = tokens.file.source[node.end_byte : min(tokens.end_byte, node.end_byte + 200)]
    kind, method = chained_method(behind.decode("utf-8", "replace"))
    if name in READING_MACROS and kind in ("read", "length", "lookup", "enumerate"):
        return _end(node, way, "read" if kind == "lookup" else kind, method)
    return _end(node, way, "token", name)


CHAIN = re.compile(r"\s*\.\s*(\w+)\s*(\(\s*(?:\"[^\"]*\"\s*)?\))?")


def chained_method(behind: str) -> tuple[str, str]:
    """Kind and name of what `.lock().unwrap().insert(…)` comes to; kind `read` for nothing."""
    at = 0
    while found := CHAIN.match(behind, at):
        name, call = found[1], found[2]
        if name in KIND_OF:
            return KIND_OF[name], name
        if name not in (*PLAIN_STEPS, "expect", "await") or (call is None and name != "await"):
            return ("escape", name) if behind[found.end() :][:1] == "(" else ("read", name)
        at = found.end()
    return "read", ""


PURE_CALLS = frozenset(
    "clone to_string to_owned to_path_buf as_str as_ref trim to_lowercase to_uppercase"
    " into_owned len as_bytes to_vec as_path to_ascii_lowercase".split()
)


def key_form(node: Node) -> str:
    """What may be done with the expression of a key: say it again, borrow it, or only hoist it."""
    match node.type:
        case "identifier":
            return "name"
        case "reference_expression":
            return "reference" if is_pure(node) else "impure"
        case "string_literal" | "integer_literal" | "char_literal" | "boolean_literal":
            return "literal"
    inner = syntax.walk(node)
    inferred = ("into", "parse", "collect", "default", "into_iter", "try_into")
    for found in inner:
        if found.type == "call_expression":
            name = "".join(text(field(found, "function")).split())
            if name.endswith(tuple(f".{i}" for i in inferred)) or name == "Default::default":
                return "inferred"
    return "pure" if is_pure(node) else "impure"


def is_pure(node: Node) -> bool:
    """Whether saying the expression twice gives the same value and does nothing else."""
    for found in syntax.walk(node):
        if found.type in (
            "macro_invocation",
            "try_expression",
            "await_expression",
            "closure_expression",
        ):
            return False
        if found.type == "call_expression":
            function = field(found, "function")
            if function is None:
                return False
            method = text(field(function, "field")) if function.type == "field_expression" else ""
            if method not in PURE_CALLS and text(function) not in (
                "String::from",
                "PathBuf::from",
                "Arc::clone",
                "Rc::clone",
                "Some",
            ):
                return False
    return True


def result_note(call: Node) -> str:
    """Whether the answer of `insert` is looked at: `decides`, `once` (only a message), or not."""
    whole, suffix = whole_of(call)
    if suffix not in ("", "is_none", "is_some"):
        return "decides"
    if discarded(whole):
        return ""
    asked = whole.parent if negated(whole) and whole.parent is not None else whole
    holder = asked.parent
    while holder is not None and holder.type in ("binary_expression", "let_chain"):
        asked, holder = holder, holder.parent
    if holder is None or holder.type != "if_expression" or field(holder, "condition") != asked:
        return "decides"
    fresh = (suffix != "is_some") != negated(whole)
    branch = field(holder, "consequence" if fresh else "alternative")
    other = field(holder, "alternative" if fresh else "consequence")
    return "once" if other is None and branch is not None and _only_says(branch) else "decides"


def _only_says(block: Node) -> bool:
    """Whether a block does nothing but print or log."""
    return bool(syntax.named(block)) and all(_says(statement) for statement in syntax.named(block))


def _says(statement: Node) -> bool:
    inner = statement.named_children[0] if statement.type == "expression_statement" else statement
    name = text(field(inner, "macro")) if inner.type == "macro_invocation" else ""
    return name.rpartition("::")[2] in READING_MACROS - {"panic", "bail", "ensure", "todo"}
