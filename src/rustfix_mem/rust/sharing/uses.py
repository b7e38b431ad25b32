"""What becomes of each use of a value when a pointer to it takes its place.

A local `x: T` becomes `n: Arc<T>`; a parameter `p: &T` becomes `p: &Arc<T>`. Every use is judged
by itself; one that is not understood is `Refused`, with the use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import call_on, declaration, is_deref, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.wraps import cloned, pointer_of
from rustfix_mem.rust.sharing.typing import (
    Site,
    Typed,
    called,
    method,
    plain_head,
    same,
    shown,
    stripped,
    type_of,
)
from rustfix_mem.rust.whole.types import is_copy
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.typing import Known

COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">="))
READS = frozenset(
    "len is_empty iter get contains contains_key as_str keys values first last chars bytes lines"
    " split starts_with ends_with to_string trim is_some is_none is_ok is_err as_bytes display"
    " as_slice to_vec join exists is_file is_dir file_name parent extension is_absolute".split()
)
"""Methods that only read, of types of the standard library; none is one of a pointer."""
STANDARD = frozenset(
    "String Vec HashMap HashSet BTreeMap BTreeSet VecDeque PathBuf Option Result str Path".split()
)
PRINTING = frozenset(
    "format print println eprint eprintln write writeln panic info debug trace warn error log"
    " bail anyhow".split()
)
OF_POINTERS = frozenset(
    "as_ref as_mut borrow borrow_mut eq ne cmp partial_cmp lt le gt ge max min clamp to_owned into"
    " try_into hash fmt type_id deref deref_mut source description cause poll drop clone_from"
    " into_iter pipe".split()
)
"""Methods that a pointer has itself, or may have: they would no longer be those of the value."""

TAKING = PRINTING | {"vec", "assert", "assert_eq", "assert_ne", "debug_assert", "matches"}
"""Macros whose arguments are expressions, as they stand."""

ASKING = PRINTING | {"assert", "assert_eq", "assert_ne", "debug_assert"}
"""Macros that take references to their arguments, or have answers of `bool`."""

WRAP_BEFORE = re.compile(
    rb"\b((?:(?:std|alloc)\s*::\s*(?:sync|rc)\s*::\s*)?(?:Arc|Rc))\s*::\s*new\s*\(\s*$"
)
WRAP_BEHIND = re.compile(rb"\s*\.\s*clone\s*\(\s*\)\s*,?\s*\)")
ARGUMENT_ENDS = (",", ")", "}", "]", "")
MOVES = frozenset(
    "arguments field_initializer shorthand_field_initializer return_expression let_declaration"
    " block tuple_expression array_expression assignment_expression".split()
)
CAPTURES = ("closure_expression", "async_block")


class Needed(Refused):
    """The clone is needed: the value goes another way than its pointer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The name whose type changes, and what it becomes."""

    bound: Node
    """Its `let`, or its parameter."""
    name: str
    to: str
    """The name of the pointer; a parameter keeps its own."""
    type: Typed
    """The `T`."""
    pointer: str
    """How the pointer is written there: `Arc`, `std::sync::Arc`."""

    @property
    def referred(self) -> bool:
        """Whether the name is a reference: a parameter."""
        return self.bound.type == "parameter"

    @property
    def value(self) -> str:
        """The `T` itself, as an expression."""
        return f"**{self.to}" if self.referred else f"*{self.to}"

    @property
    def lent(self) -> str:
        return self.to if self.referred else f"&{self.to}"


def names_of(subject: Subject, site: Site) -> list[Node]:
    """Every place in the function where the name stands for the value."""
    found = [
        node
        for node in syntax.walk(site.function.body)
        if node.type == "identifier" and text(node) == subject.name and not _is_path(node)
    ]
    found = [
        n for n in found if not is_binding(n) and declaration(n, subject.name) == subject.bound
    ]
    if subject.name != subject.to:
        _no_captured_names(subject, site)
    return found


def _is_path(node: Node) -> bool:
    """Whether a name is part of a path; in a macro also whether it is a field's, or a key."""
    holder = node.parent
    if holder is not None and holder.type == "token_tree":
        before, behind = text(node.prev_sibling), text(node.next_sibling)
        return before in (".", "::") or behind in ("::", ":", "=")
    return holder is not None and holder.type == "scoped_identifier"


def is_binding(node: Node) -> bool:
    """Whether a name stands in the pattern of a `let`, of a parameter or of an arm."""
    child = node
    for holder in ancestors(node):
        if child.field == "condition":
            return False
        if child.field == "pattern" or child.field == "parameters":
            return True
        if holder.type.endswith(("_expression", "_declaration", "block", "token_tree")):
            return False
        child = holder
    return False


def _no_captured_names(subject: Subject, site: Site) -> None:
    inline = re.compile(r"\{\s*" + re.escape(subject.name) + r"\s*[}:]")
    for node in syntax.walk(site.function.body):
        if node.type == "string_literal" and inline.search(text(node)):
            raise Refused(f"a string names it: `{_short(node)}`")


def demand_borrowed(bound: Node, name: str, site: Site) -> None:
    """Raises `Needed` where a local is surely moved, whatever its type is."""
    for node in syntax.walk(site.function.body):
        around = node.parent
        if node.type != "identifier" or text(node) != name or around is None:
            continue
        value = node.field in (None, "value") and around.type in MOVES
        if value and not is_binding(node) and declaration(node, name) == bound:
            raise Needed(f"`{name}` itself goes elsewhere: `{_short(around)}`")


def edits(subject: Subject, site: Site) -> list[Edit]:
    """How every use of the name is written afterwards; raises `Refused` with the first that
    nobody can say."""
    return [edit for node in names_of(subject, site) for edit in _edits(node, subject, site)]


def _edits(node: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    holder = node.parent
    assert holder is not None
    if any(around.type == "token_tree" for around in ancestors(node)):
        yield from _in_macro(node, subject, site)
        return
    if not subject.referred:
        _not_moved_into(node, subject)
    if holder.type == "field_expression" and field(holder, "value") == node:
        yield from _dotted(node, holder, subject, site)
        return
    whole = holder if _refers(holder, subject) else node
    is_value = (whole == node) != subject.referred
    around = whole.parent
    if around is not None and around.type == "binary_expression":
        yield _compared(whole, around, is_value, subject, site)
    elif around is not None and around.type == "arguments" and not is_value:
        _is_lent(whole, around, subject, site)
        if subject.name != subject.to:
            yield Edit(site.path, span(node), subject.to)
    elif is_value and around is not None and around.type in MOVES:
        raise Needed(f"`{subject.name}` itself goes elsewhere: `{_short(around)}`")
    else:
        raise Refused(f"`{subject.name}` itself is used in `{_short(around or node)}`")


def _refers(holder: Node, subject: Subject) -> bool:
    """Whether `holder` is `&x` of a local, or `*p` of a parameter."""
    if subject.referred:
        return is_deref(holder)
    mutable = any(c.type == "mutable_specifier" for c in holder.named_children)
    return holder.type == "reference_expression" and not mutable


def _not_moved_into(node: Node, subject: Subject) -> None:
    for holder in ancestors(node):
        if holder.start_byte <= subject.bound.start_byte:
            return
        if holder.type in CAPTURES and text(holder).startswith(("move", "async move")):
            raise Needed(f"`{subject.name}` is moved into a closure")
        if holder.type in CAPTURES and subject.pointer.endswith("Rc"):
            raise Refused(f"a closure may take `{subject.name}` to another thread")


def _dotted(node: Node, dotted: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    """`x.field` and `x.method()`."""
    call = call_on(node)
    if call is not None and call.name == "clone" and not call.arguments:
        wrap = call.node.parent.parent if call.node.parent is not None else None
        if wrap is not None and cloned(wrap) == node:
            yield Edit(site.path, span(wrap), f"{pointer_of(wrap)}::clone({subject.lent})")
        else:
            yield Edit(site.path, span(node), f"({subject.value})")
        return
    if call is not None:
        _reads(call.name, subject.type, site, subject.referred)
    elif not subject.referred:
        _field_is_read(dotted, site)
    if subject.name != subject.to:
        yield Edit(site.path, span(node), subject.to)


def _reads(name: str, on: Typed, site: Site, behind_reference: bool) -> None:
    """Whether a method is sure to be one of the value, and only to read it; raises `Refused`."""
    if name in OF_POINTERS:
        raise Refused(f"`{name}` may be one of the pointer's own")
    found = method(on, name, site.files)
    if found is not None and not found[0].trait:
        receiver = found[0].params[0] if found[0].params else None
        if receiver is not None and receiver.name == "self" and receiver.type.head == "&self":
            return
        if behind_reference and receiver is not None and receiver.type.head == "self":
            return  # of a type that is `Copy`: it would be moved out of the reference otherwise
        raise Refused(f"`{name}` takes more than a reference")
    if name in READS and plain_head(on, site.files) in STANDARD:
        return
    raise Refused(f"nobody can say what `{name}` does with it")


def _field_is_read(dotted: Node, site: Site) -> None:
    """Whether a field is not moved out; raises `Refused`."""
    while (
        dotted.parent is not None
        and dotted.parent.type == "field_expression"
        and call_on(dotted) is None
    ):
        dotted = dotted.parent
    typed = type_of(dotted, site)
    if typed is not None and is_copy(typed.tree, typed.path, typed.module, site.files):
        return
    around, call = dotted.parent, call_on(dotted)
    if call is not None and call.name == "clone":
        return
    if call is not None and typed is not None:
        _reads(call.name, typed, site, behind_reference=False)
        return
    refers = around is not None and around.type == "reference_expression"
    compares = around is not None and text(field(around, "operator")) in COMPARES
    if not refers and not compares:
        raise Refused(f"`{_short(around or dotted)}` may move a field out")


def _compared(whole: Node, around: Node, is_value: bool, subject: Subject, site: Site) -> Edit:
    """`*p == other`, `&other == p`, `x == other`: the values are compared, as before."""
    left, right = field(around, "left"), field(around, "right")
    operator = text(field(around, "operator"))
    other = right if whole == left else left
    if operator not in COMPARES or other is None:
        raise Refused(f"`{_short(around)}` is more than a comparison")
    if subject.name in [text(n) for n in syntax.walk(other) if n.type == "identifier"]:
        raise Refused(f"both sides of `{_short(around)}` name it")
    if is_value:
        return Edit(site.path, span(whole), subject.value)
    if other.type != "reference_expression" or text(other).startswith("&mut"):
        raise Refused(f"what it is compared with in `{_short(around)}` is unknown")
    value = text(syntax.named(other)[-1])
    both = [value, subject.value] if whole == right else [subject.value, value]
    return Edit(site.path, span(around), f" {operator} ".join(both))


def _is_lent(whole: Node, arguments: Node, subject: Subject, site: Site) -> None:
    """Whether a function surely takes `&T`, into which a `&Arc<T>` turns; raises `Refused`."""
    call = arguments.parent
    found = callee_of(call, site) if call is not None else None
    if call is None or found is None:
        raise Refused(f"nobody can say what `{_short(call or whole)}` takes")
    fn, path = found
    at = syntax.named(arguments).index(whole)
    if fn.params and fn.params[0].name == "self" and method_call(call) is not None:
        at += 1
    if at >= len(fn.params):
        raise Refused(f"nobody can say what `{_short(call)}` takes")
    taken = fn.params[at].type
    wanted = Typed(taken.args[0], path, fn.module) if taken.head == "&" and taken.args else None
    if wanted is None or not same(wanted, subject.type, site.files):
        raise Refused(f"`{fn.name}` takes `{shown(taken)}`, which may be more than the type itself")


def callee_of(call: Node, site: Site) -> Known | None:
    """The function or method that a call means."""
    made = method_call(call)
    if made is None:
        callee = field(call, "function")
        return called(callee, site) if callee is not None else None
    on = type_of(made.receiver, site)
    return method(stripped(on, site.files), made.name, site.files) if on is not None else None


def _in_macro(node: Node, subject: Subject, site: Site) -> Iterator[Edit]:
    """In a macro of the standard library: a clone behind a pointer, or what is only printed."""
    macro = next((h for h in ancestors(node) if h.type == "macro_invocation"), None)
    name = text(field(macro, "macro")).rpartition("::")[2] if macro is not None else ""
    source, tree = node.file.source, node.parent
    before = WRAP_BEFORE.search(source[max(0, node.start_byte - 200) : node.start_byte])
    behind = WRAP_BEHIND.match(source, node.end_byte)
    if name in TAKING and before is not None and behind is not None:
        start = node.start_byte - len(before[0])
        pointer = "".join(before[1].decode().split())
        shared = f"{pointer}::clone({subject.lent})"
        yield Edit(site.path, Span(start, behind.end()), shared)
        return
    is_argument = text(node.prev_sibling) == "," and _ends(node.next_sibling)
    shallow = tree is not None and tree.parent == macro
    printed = name in PRINTING and shallow and is_argument and ":p}" not in text(tree)
    if not printed and (name not in ASKING or not _asked(node, subject, site)):
        raise Refused(f"the macro `{name}!` names it")
    if subject.name != subject.to:
        yield Edit(site.path, span(node), subject.to)


def _asked(node: Node, subject: Subject, site: Site) -> bool:
    """Whether what stands in a macro is `x.field` or `x.method()`, and nothing is moved there."""
    dot, word = node.next_sibling, node.next_sibling.next_sibling if node.next_sibling else None
    if text(dot) != "." or word is None or text(node.prev_sibling) in ("&", "*", "."):
        return False
    behind = word.next_sibling
    if text(behind).startswith("("):
        _reads(text(word), subject.type, site, subject.referred)
        return True
    while text(behind) == "." and behind is not None and behind.next_sibling is not None:
        word, behind = behind.next_sibling, behind.next_sibling.next_sibling
    return not text(behind).startswith("(") or text(word) in READS


def _ends(behind: Node | None) -> bool:
    return behind is None or text(behind) in ARGUMENT_ENDS


def _short(node: Node) -> str:
    words = " ".join(text(node).split())
    return words if len(words) <= 60 else f"{words[:57]}…"
