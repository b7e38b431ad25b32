"""Can code outside of its package see a `pub` type? Not in a private module that keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import ancestors, text
from rustfix_mem.rust.file.type_trees import type_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import StaticDef, TypeDef
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection


def is_hidden(owner: TypeDef, path: str, files: Files) -> bool:
    """Whether surely nothing outside of its package can name a type or be given a value of it.

    False also where that is not known.
    """
    if not _is_kept(owner.name, owner.module, path, files):
        return False
    return not any(
        _is_shown(node, owner.name)
        for other in files.files_with(owner.name)
        if files.reach(other).package == files.reach(path).package
        for node in _named(files.sources[other], owner.name)
    )


def is_hidden_static(static: StaticDef, path: str, files: Files) -> bool:
    """Whether surely nothing outside of its package can name a static."""
    if not _is_kept(static.name, static.module, path, files):
        return False
    return not _is_handed_on([static.name], path, files)


def _is_kept(name: str, module: str, path: str, files: Files) -> bool:
    """Whether it stands in a private module of which nothing is handed on as a whole."""
    reach = files.reach(path)
    if reach.state != "seen" or module or not reach.module:
        return False
    chain = reach.module.split("::")
    private = [_is_private("::".join(chain[: n + 1]), path, files) for n in range(len(chain))]
    if True not in private:
        return False
    if any(name in files.outline(other).macro_words for other in files.files_with(name)):
        return False
    return not _is_handed_on(chain[private.index(True) :], path, files)


def is_outside(collection: Collection, files: Files) -> bool:
    """Whether code outside of the workspace may name a collection."""
    path, owner, static = collection.path, collection.owner, collection.static
    reach = files.reach(path)
    published = reach.package is not None and reach.package.published
    if collection.visibility != "pub" or not published:
        return False
    if reach.state == "seen" and not any(target.kind == "lib" for target in reach.targets):
        return False  # nothing depends on a program
    if owner is not None:
        return owner.visibility == "pub" and not is_hidden(owner, path, files)
    return static is None or not is_hidden_static(static, path, files)


def _is_private(module: str, path: str, files: Files) -> bool:
    """Whether a module is declared, and nowhere as `pub mod`."""
    declared = _declared(module, path, files)
    return bool(declared) and not any(declared)


def _declared(module: str, path: str, files: Files) -> list[bytes]:
    """How a module is declared, `pub ` or empty, in each place where it is."""
    parent, _, name = module.rpartition("::")
    package, found = files.reach(path).package, list[bytes]()
    for other in (it for it in files.files_with(name) if files.words.declares(it, name)):
        said = re.findall(rb"(\bpub\s+)?\bmod\s+" + name.encode() + rb"\b", files.sources[other])
        if said:  # asked first: how rustc comes to a file is known only from many others
            there = files.reach(other)
            if there.package == package and there.module == parent:
                found += said
    return found


HANDS_ON = re.compile(rb"\bpub\s+use\s+[^;]*;")


def _is_handed_on(chain: list[str], path: str, files: Files) -> bool:
    """Whether a `pub use` may bring in one of the modules, or all that stands in it."""
    package = files.reach(path).package
    return any(
        _brings(found[0], name.encode()) and files.reach(other).package == package
        for name in chain
        for other in files.files_with(name)
        if files.words.holds(other, HANDS_ON)
        for found in HANDS_ON.finditer(files.sources[other])
    )


def _brings(use: bytes, module: bytes) -> bool:
    if b"*" in use or re.search(rb"\bself\s*[,}]", use):
        return re.search(rb"\b" + module + rb"\b", use) is not None
    return re.search(rb"\b" + module + rb"\s*(?:[,;}]|as\b)", use) is not None


def _named(source: bytes, name: str) -> Iterator[Node]:
    with syntax.parsed(source) as tree:
        for node in syntax.walk(tree.root):
            if node.type in ("type_identifier", "identifier") and text(node) == name:
                yield node


def _is_shown(node: Node, name: str) -> bool:
    """Whether a name stands where code outside may be given it: not in a body, nor in private."""
    for holder in ancestors(node):
        match holder.type:
            case "block":
                return False
            case "function_item" | "field_declaration" | "use_declaration" | "type_item":
                return _is_pub(holder) or _is_of_trait(holder)
            case "const_item" | "static_item":
                return _is_pub(holder) or _is_of_trait(holder)
            case "struct_item" | "enum_item" | "union_item":
                return text(syntax.field(holder, "name")) != name
            case "impl_item":
                return type_tree(syntax.field(holder, "type")).name != name
    return True


def _is_pub(item: Node) -> bool:
    """Whether it is `pub` without `(crate)` or the like."""
    return any(
        text(child) == "pub" for child in item.children if child.type == "visibility_modifier"
    )


def _is_of_trait(item: Node) -> bool:
    """Whether it stands in a trait, or in the impl of one: as public as that is."""
    return any(
        holder.type == "trait_item"
        or (holder.type == "impl_item" and syntax.field(holder, "trait") is not None)
        for holder in ancestors(item)
    )


def is_open(path: str, files: Files) -> bool:
    """Whether a `pub` item of a file is surely part of what a library shows to others."""
    reach = files.reach(path)
    if reach.state != "seen" or not any(target.kind == "lib" for target in reach.targets):
        return False
    chain = reach.module.split("::") if reach.module else []
    return all(_is_public("::".join(chain[: n + 1]), path, files) for n in range(len(chain)))


def _is_public(module: str, path: str, files: Files) -> bool:
    """Whether a module is declared, and everywhere as `pub mod`."""
    declared = _declared(module, path, files)
    return bool(declared) and all(declared)
