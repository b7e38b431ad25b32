"""How the values of a type are made: its struct literals, and whether a field starts empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration
from rustfix_mem.rust.file.syntax import ancestors, field, text
from rustfix_mem.rust.file.type_trees import type_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeDef
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files

MAKERS = re.compile(r"(?:^|::)(?:new|default|with_capacity|with_hasher|with_capacity_and_hasher)$")
INITIALISERS = ("field_initializer", "shorthand_field_initializer")


def initialisers(root: Node, name: str) -> Iterator[Node]:
    """Where a struct literal gives a field called `name` its value."""
    for node in syntax.walk(root):
        if node.type in INITIALISERS:
            named = field(node, "field") or node.named_children[-1]
            if text(named) == name:
                yield node


def local_of(shorthand: Node) -> Node | None:
    """The `let` that only makes what `Type { name }` takes; None if anything else is done to it."""
    name = shorthand.named_children[-1]
    bound = declaration(name, text(name))
    if bound is None or bound.type != "let_declaration" or bound.parent is None:
        return None
    if alias_name(field(bound, "pattern")) != text(name):
        return None
    others = [n for n in syntax.walk(bound.parent) if text(n) == text(name) and n != name]
    used = any(n.type == "identifier" and declaration(n, text(name)) == bound for n in others)
    return None if used else bound


def is_filled(root: Node, path: str, name: str, owner: TypeDef, home: str, files: Files) -> bool:
    """Whether a file may make an `owner` whose field `name` does not start empty."""
    for node in initialisers(root, name):
        holder = node.parent.parent if node.parent is not None else None
        if holder is None or is_of(holder, path, owner, home, files) is False:
            continue
        made = local_of(node) if node.type == "shorthand_field_initializer" else node
        value = field(made, "value") if made is not None else None
        own = name if impl_owner(node) == owner.name else ""  # `self.name` is of another type
        if value is None or not is_empty(value, own):
            return True
    macros = [node for node in syntax.walk(root) if node.type == "macro_invocation"]
    return any(_filled_in_tokens(text(macro), name) for macro in macros)


def _filled_in_tokens(tokens: str, name: str) -> bool:
    """Whether a macro may be given a literal in which the field is not evidently empty."""
    if re.search(rf"[{{,]\s*{re.escape(name)}\s*[,}}]", tokens) and "{" in tokens:
        return True
    empty = ("new(", "default()", "with_capacity(", "::default")
    written = re.findall(rf"\b{re.escape(name)}\s*:\s*([^,\n}}]*)", tokens)
    return any(not any(word in value for word in empty) for value in written)


def is_of(literal: Node, path: str, owner: TypeDef, home: str, files: Files) -> bool | None:
    """Whether a struct literal or pattern is of the type `owner` of the file `home`.

    None if nobody can say.
    """
    head = type_tree(field(literal, "name") or field(literal, "type")).head
    if head.rpartition("::")[0].rpartition("::")[2][:1].isupper():
        return False  # a variant of an enum
    head = impl_owner(literal) if head == "Self" else head
    if not head:
        return None
    meaning = files.names.meaning(head, path, module_of(literal))
    if meaning is not None and meaning.defined is not None and meaning.defined.kind != "type":
        return meaning.file == home and meaning.defined == owner
    last = head.rpartition("::")[2]
    aliased = any(defined.kind == "type" for _, defined in files.definitions(last))
    return None if last == owner.name or aliased else False


def impl_owner(node: Node) -> str:
    """The type whose impl block a node stands in."""
    for holder in ancestors(node):
        if holder.type == "impl_item":
            return type_tree(field(holder, "type")).name
    return ""


def module_of(node: Node) -> str:
    """The path of the inline modules around a node."""
    names = [text(field(n, "name")) for n in ancestors(node) if n.type == "mod_item"]
    return "::".join(reversed(names))


def is_empty(value: Node, name: str = "") -> bool:
    """Whether an expression evidently makes an empty collection, in whatever it is wrapped.

    A clone of the field called `name` is as empty as that.
    """
    if value.type == "identifier":
        return text(value) == "None"
    function, arguments = field(value, "function"), field(value, "arguments")
    if value.type != "call_expression" or function is None or arguments is None:
        return False
    given = syntax.named(arguments)
    if function.type == "field_expression":
        copied = text(field(function, "field")) == "clone" and not given
        return copied and text(field(function, "value")) == f"self.{name}"
    made = re.sub(r"<.*>", "", "".join(text(function).split())).replace("::::", "::")
    if made == "Some":
        return len(given) == 1 and is_empty(given[0], name)
    if function.type == "generic_function" or not MAKERS.search(made) or "::" not in made:
        return False
    kind, _, maker = made.rpartition("::")
    kind = kind.rpartition("::")[2]
    if kind == "Self" or not kind[:1].isupper():
        return False
    if maker.startswith("with_"):
        return all(_is_plain(argument) for argument in given)
    return all(is_empty(argument, name) for argument in given)


def _is_plain(argument: Node) -> bool:
    """A number, a name, or an empty value: nothing happens when it is not worked out."""
    plain = ("integer_literal", "identifier", "scoped_identifier")
    return argument.type in plain or is_empty(argument)
