"""What type an expression has, as far as declarations say: only what is sure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import field, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.sharing.typed import (
    DEPTH,
    THROUGH,
    Typed,
    definition,
    meant,
    plain_head,
    stripped,
)
from rustfix_mem.rust.whole.types import substituted

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import FnDef, TypeDef
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.scopes import Call
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files

FULL = {"Arc": "std::sync::Arc", "Rc": "std::rc::Rc"}
OPENS = ("unwrap", "expect")
MOST_FILES = 30
"""A method whose name stands beside the type's in more files than this is not looked for."""


@dataclass(frozen=True, slots=True)
class Site:
    """A function of a file, for who asks what its expressions are."""

    path: str
    function: Function
    files: Files


def type_of(node: Node, site: Site, depth: int = 0) -> Typed | None:
    """The type of an expression; None if some step is not understood."""
    if depth > DEPTH:
        return None
    match node.type:
        case "identifier":
            return _of_name(node, site, depth)
        case "self":
            return _of_self(site)
        case "parenthesized_expression":
            return type_of(syntax.named(node)[0], site, depth + 1)
        case "reference_expression":
            return _referred(node, site, depth)
        case "unary_expression" if text(node).startswith("*"):
            inner = type_of(syntax.named(node)[-1], site, depth + 1)
            pointing = inner is not None and plain_head(inner, site.files) in THROUGH
            return inner.inner() if inner is not None and pointing else None
        case "field_expression":
            return _of_field(node, site, depth)
        case "struct_expression":
            return _own(type_tree(field(node, "name")), site)
        case "await_expression":
            return type_of(syntax.named(node)[0], site, depth + 1)
        case "try_expression":
            return _opened(type_of(syntax.named(node)[0], site, depth + 1), site.files)
        case "call_expression":
            call = method_call(node)
            return _of_call(node, site, depth) if call is None else _of_method(call, site, depth)
    return None


def _own(tree: TypeTree, site: Site) -> Typed:
    """A type as written in the function; `Self` is its owner."""
    if tree.head == "Self" and site.function.owner:
        tree = TypeTree(site.function.owner)
    return Typed(tree, site.path, site.function.module)


def _of_self(site: Site) -> Typed | None:
    if not site.function.owner:
        return None
    own = _own(TypeTree("Self"), site)
    written = next((p.type for p in site.function.params if p.name == "self"), None)
    if written is None:
        return None
    if not written.head.endswith("self"):  # `self: Arc<Self>`
        return replace(own, tree=substituted(written, {"Self": own.tree}))
    return replace(own, tree=TypeTree("&", (own.tree,))) if written.head[0] == "&" else own


def _of_name(node: Node, site: Site, depth: int) -> Typed | None:
    name = text(node)
    bound = declaration(node, name)
    if bound is None:
        return None
    pattern, declared = field(bound, "pattern"), field(bound, "type")
    if bound.type in ("parameter", "let_declaration"):
        if _plain_name(pattern) != name:
            return None
        if declared is not None:
            return _own(type_tree(declared), site)
        value = field(bound, "value")
        return type_of(value, site, depth + 1) if value is not None else None
    if bound.type == "let_condition":
        return _of_some(bound, name, site, depth)
    if bound.type == "for_expression" and _plain_name(pattern) == name:
        return _of_element(field(bound, "value"), site, depth)
    return None


def _of_element(value: Node | None, site: Site, depth: int) -> Typed | None:
    """What a loop over a slice or a `Vec` has each time: a reference, if it is over one."""
    whole = type_of(value, site, depth + 1) if value is not None else None
    if whole is None:
        return None
    several = stripped(whole, site.files, ("&",))
    one = several.inner()
    if one is None or plain_head(several, site.files) not in ("[]", "Vec"):
        return None
    return replace(one, tree=TypeTree("&", (one.tree,))) if whole.tree.head == "&" else one


def _plain_name(pattern: Node | None) -> str:
    if pattern is not None and pattern.type == "mut_pattern":
        pattern = syntax.named(pattern)[-1]
    return text(pattern) if pattern is not None and pattern.type == "identifier" else ""


def _of_some(bound: Node, name: str, site: Site, depth: int) -> Typed | None:
    """`if let Some(x) = &mut self.sink`: what is inside, behind the same reference."""
    pattern, value = field(bound, "pattern"), field(bound, "value")
    if pattern is None or value is None or pattern.type != "tuple_struct_pattern":
        return None
    kind, inner = text(field(pattern, "type")), syntax.named(pattern)[1:]
    if kind not in ("Some", "Ok") or len(inner) != 1 or _plain_name(inner[0]) != name:
        return None
    whole = type_of(value, site, depth + 1)
    if whole is None:
        return None
    opened = _opened(stripped(whole, site.files, ("&", "&mut")), site.files)
    if opened is None or whole.tree.head not in ("&", "&mut"):
        return opened
    return replace(opened, tree=TypeTree(whole.tree.head, (opened.tree,)))


def _opened(typed: Typed | None, files: Files) -> Typed | None:
    """The `T` of `Option<T>` or of a `Result<T>`."""
    if typed is None:
        return None
    typed = meant(typed, files)
    is_one = plain_head(typed, files) in ("Option", "Result") or typed.tree.name == "Result"
    return typed.inner() if is_one else None


def _referred(node: Node, site: Site, depth: int) -> Typed | None:
    inner = type_of(syntax.named(node)[-1], site, depth + 1)
    head = "&mut" if any(c.type == "mutable_specifier" for c in node.named_children) else "&"
    return replace(inner, tree=TypeTree(head, (inner.tree,))) if inner is not None else None


def _of_field(node: Node, site: Site, depth: int) -> Typed | None:
    value = field(node, "value")
    owner = type_of(value, site, depth + 1) if value is not None else None
    if owner is None:
        return None
    owner = stripped(owner, site.files)
    found = definition(owner, site.files)
    if found is None:
        return None
    defined, path = found
    kept = [f.type for f in defined.fields if f.name == text(field(node, "field"))]
    if defined.kind != "struct" or len(kept) != 1:
        return None
    if len(defined.generics) != len(owner.tree.args) and defined.generics:
        return None
    # A generic argument is written elsewhere than the field: only a plain field can be said.
    if any(inner.head in defined.generics for inner in kept[0].walk()):
        return None
    return Typed(kept[0], path, defined.module)


def _of_method(call: Call, site: Site, depth: int) -> Typed | None:
    on = type_of(call.receiver, site, depth + 1)
    if on is None:
        return None
    if call.name == "clone" and not call.arguments:
        return stripped(on, site.files, ("&", "&mut"))
    if call.name in OPENS:
        return _opened(on, site.files)
    found = method(stripped(on, site.files), call.name, site.files)
    return _returned(found) if found is not None else None


Known = tuple["FnDef", str]


def method(on: Typed, name: str, files: Files) -> Known | None:
    """The one method of this name of a type of the codebase, with its file."""
    found = definition(on, files)
    if found is None:
        return None
    defined, home = found
    paths = _declaring(name, defined.name, home, files)
    if len(paths) > MOST_FILES:
        return None
    files.prepare_outlines(paths)
    known = [
        (fn, path)
        for path in paths
        for fn in files.outline(path).fns
        if fn.name == name and fn.owner == defined.name
    ]
    if len(known) != 1:
        return None
    fn, path = known[0]
    meaning = files.names.meaning(defined.name, path, fn.module)
    is_it = meaning is not None and meaning.file == home and meaning.defined == defined
    return (fn, path) if is_it else None


def _declaring(name: str, owner: str, home: str, files: Files) -> list[str]:
    """The files of a type's package that declare a function, and name the type."""
    package = files.reach(home).package
    inside = f"{package.folder}/" if package is not None and package.folder else ""
    declared = re.compile(rf"\bfn {re.escape(name)}\b".encode())
    naming = set(files.files_with(owner))
    return [
        path
        for path in files.files_with(name)
        if path.startswith(inside) and path in naming and files.words.holds(path, declared)
    ]


def _returned(found: Known) -> Typed | None:
    fn, path = found
    if fn.returns is None:
        return None
    tree = substituted(fn.returns, {"Self": TypeTree(fn.owner)} if fn.owner else {})
    return Typed(tree, path, fn.module)


def _of_call(node: Node, site: Site, depth: int) -> Typed | None:
    callee, arguments = field(node, "function"), field(node, "arguments")
    if callee is None or arguments is None:
        return None
    written, inner = "".join(text(callee).split()), syntax.named(arguments)
    pointer, _, name = written.rpartition("::")
    if pointer.rpartition("::")[2] in FULL and len(inner) == 1:
        value = type_of(inner[0], site, depth + 1)
        if value is None:
            return None
        if name == "clone":
            return stripped(value, site.files, ("&",))
        full = FULL[pointer.rpartition("::")[2]]
        return replace(value, tree=TypeTree(full, (value.tree,))) if name == "new" else None
    found = called(callee, site)
    return _returned(found) if found is not None else None


def called(callee: Node, site: Site) -> Known | None:
    """The function that a path in a call means: `f`, `Self::f`, `Type::f`."""
    if callee.type not in ("identifier", "scoped_identifier"):
        return None
    written = "".join(text(callee).split())
    owner, _, name = written.rpartition("::")
    if owner:
        return (
            method(_own(TypeTree(owner), site), name, site.files) if owner[:1].isupper() else None
        )
    fns = [
        fn
        for fn in site.files.outline(site.path).fns
        if fn.name == name and not fn.owner and fn.module == site.function.module
    ]
    hidden = any(use.name == name for use in site.files.outline(site.path).uses)
    local = declaration(callee, name) is not None
    return (fns[0], site.path) if len(fns) == 1 and not hidden and not local else None


def owned_by(site: Site, found: tuple[TypeDef, str]) -> bool:
    """Whether a function is a method of the type, as far as its name says."""
    return found[0].name == site.function.owner


def callee_of(call: Node, site: Site) -> Known | None:
    """The function or method that a call means."""
    made = method_call(call)
    if made is None:
        callee = field(call, "function")
        return called(callee, site) if callee is not None else None
    on = type_of(made.receiver, site)
    return method(stripped(on, site.files), made.name, site.files) if on is not None else None
