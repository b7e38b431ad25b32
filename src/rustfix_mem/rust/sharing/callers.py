"""Every call of one private function, and whether anything else names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import items, syntax
from rustfix_mem.rust.file.scopes import declaration, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, text
from rustfix_mem.rust.sharing.typed import definition, stripped
from rustfix_mem.rust.sharing.typing import Site, owned_by, type_of
from rustfix_mem.rust.whole.accesses import function_at
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

NAMES = ("identifier", "field_identifier")


@dataclass(frozen=True, slots=True)
class Caller:
    """One call: where it is, and what it is given."""

    site: Site
    call: Node
    arguments: tuple[Node, ...]
    """Without the receiver of a method, which stands before the dot."""
    by_path: bool
    """Whether the function is named by its path, so that `self` is an argument, too."""

    @property
    def place(self) -> str:
        source = self.call.file.source
        return f"{self.site.path}:{line_at(source, self.call.start_byte)}"


def callers_in(tree: syntax.Tree, path: str, of: Site) -> Iterator[Caller | Refused]:
    """The calls of the function `of` in one file, and why something else that names it is none
    that could be read."""
    functions = items.collect(tree.root).functions
    for node in syntax.walk(tree.root):
        if node.type in NAMES and text(node) == of.function.name:
            try:
                made = _caller(node, path, functions, of)
            except Refused as refused:
                yield refused
            else:
                if made is not None:
                    yield made


def _caller(node: Node, path: str, functions: Sequence[Function], of: Site) -> Caller | None:
    holder = node.parent
    if holder is None or _declares(node, holder):
        return None
    function = function_at(node, functions)
    if any(h.type == "use_declaration" for h in ancestors(node)):
        if any(h.type == "use_as_clause" for h in ancestors(node)):
            raise Refused(f"`{of.function.name}` is imported by another name in {path}")
        return None
    if function is None:
        raise Refused(f"`{of.function.name}` is named outside of functions in {path}")
    site = Site(path, function, of.files)
    if any(h.type == "token_tree" for h in ancestors(node)):
        _not_called_there(node, site, of)
        return None
    if node.type == "field_identifier":
        return _by_method(holder, site, of)
    return _by_path(node, holder, site, of)


def _declares(node: Node, holder: Node) -> bool:
    kinds = ("function_item", "function_signature_item", "field_declaration", "field_initializer")
    return holder.type in kinds and node.field == "name"


def _is_method(of: Site) -> bool:
    return any(parameter.name == "self" for parameter in of.function.params)


def _not_called_there(node: Node, site: Site, of: Site) -> None:
    before, behind = text(node.prev_sibling), text(node.next_sibling)
    called = behind.startswith("(") or behind == "::"
    if before == "." and not (called and _is_method(of)):
        return
    if before != "." and before != "::" and of.function.owner:
        return
    if before not in (".", "::") and (not called or not _is_free_here(node, site, of)):
        return
    raise Refused(f"a macro names `{of.function.name}` in {_place(node, site)}")


def _by_method(holder: Node, site: Site, of: Site) -> Caller | None:
    call = holder.parent
    if call is not None and call.type == "generic_function":
        call = call.parent
    made = method_call(call) if call is not None else None
    if call is None or made is None or made.name != of.function.name or not _is_method(of):
        return None
    on = type_of(made.receiver, site)
    found = definition(stripped(on, site.files), site.files) if on is not None else None
    if found is not None and not owned_by(of, found):
        return None
    return Caller(site, call, made.arguments, by_path=False)


def _by_path(node: Node, holder: Node, site: Site, of: Site) -> Caller | None:
    whole = node
    if holder.type == "scoped_identifier":
        if node.field != "name":
            return None
        whole = holder
        if not _path_means(holder, site, of):
            return None
    elif of.function.owner or not _is_free_here(node, site, of):
        return None
    call = whole.parent
    if call is None or call.type != "call_expression" or field(call, "function") != whole:
        raise Refused(f"`{of.function.name}` is used as a value in {_place(node, site)}")
    arguments = field(call, "arguments")
    assert arguments is not None
    return Caller(site, call, tuple(syntax.named(arguments)), by_path=True)


def _path_means(path: Node, site: Site, of: Site) -> bool:
    """Whether `a::b::name` may be the function: by its type, or by its module."""
    owner = "".join(text(field(path, "path")).split()).partition("<")[0]
    last = owner.rpartition("::")[2]
    if of.function.owner:
        own = site.function.owner if last == "Self" else last
        return own == of.function.owner
    return not last[:1].isupper()


def _is_free_here(node: Node, site: Site, of: Site) -> bool:
    """Whether a bare name may be the function."""
    if declaration(node, text(node)) is not None:
        return False
    own = [
        fn
        for fn in site.files.outline(site.path).fns
        if fn.name == of.function.name and not fn.owner and fn.module == site.function.module
    ]
    if site.path == of.path and site.function.module == of.function.module:
        return True
    return not own


def _place(node: Node, site: Site) -> str:
    return f"{site.path}:{line_at(node.file.source, node.start_byte)}"
