"""What would be left unused once some code is gone: locals, imports, types, constants, crates.

A local or an import that only served it goes too, where that is certain; else it is refused.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import alias_name, declaration
from rustfix_mem.rust.file.syntax import COMMENTS, ancestors, holds, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.file.uses import READING_MACROS, is_bound_here
from rustfix_mem.rust.whole.modules import above, package_of
from rustfix_mem.rust.write import imports, layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.write.imports import Import
    from rustfix_mem.text import Edit, Span

GIVEN = frozenset(
    "String Vec Option Result Box Some Ok None Err Default Self std core alloc str Send Sync"
    " ToString ToOwned Into From AsRef Fn FnMut FnOnce".split()
)
"""Names that need no import."""

DEFINITIONS = ("struct_item", "enum_item", "union_item", "type_item", "trait_item", "const_item")


MACRO = re.compile(rb"macro_rules")


def _may_need_ours(other: str, path: str, files: Files) -> bool:
    """Whether text lets a file take an import from another: in its package, or by a macro."""
    if package_of(other, files) == package_of(path, files) or files.words.holds(other, MACRO):
        return True
    name = posixpath.basename(other).encode("utf-8", "surrogateescape")
    return bool(files.words.redirecting(name))


@dataclass
class Leftovers:
    """Gathers, file by file, what goes and what has to stay used."""

    files: Files
    rests: list[tuple[str, Span]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    """Names of this workspace's own types and constants that are used in what goes."""
    gone: dict[str, list[Span]] = field(default_factory=dict)
    unneeded: list[Import] = field(default_factory=list)
    """Imports of the file that is looked at that go."""
    crates: dict[str, str] = field(default_factory=dict)
    """Crates whose import goes, and a file of the package that must still need them."""

    def locals_of(self, gone: list[Node], path: str) -> None:
        """Refuse what would leave a local or a parameter unused."""
        for node in gone:
            for name in syntax.walk(node):
                if name.type == "identifier" and imports.is_head(name):
                    self._local(name, gone, path)

    def _local(self, name: Node, gone: list[Node], path: str) -> None:
        if is_bound_here(name):
            return
        bound = declaration(name, text(name))
        if bound is None or any(holds(one, bound) for one in gone):
            return
        if alias_name(syntax.field(bound, "pattern")) == "" and bound.type != "parameter":
            raise Refused(f"`{text(name)}` might then be unused")
        scope = next(n for n in ancestors(name) if n.type == "function_item")
        for other in syntax.walk(scope):
            if (
                other.type == "identifier"
                and text(other) == text(name)
                and not any(holds(one, other) for one in gone)
                and not is_bound_here(other)
                and not _is_set(other)
                and declaration(other, text(name)) == bound
            ):
                self.rests.append((path, span(other)))
                return
        raise Refused(f"`{text(name)}` would then be unused")

    def look(self, root: Node, gone: list[Node], path: str, own: str) -> None:
        """What the names in the parts that go need: imports that go too, names to ask for later."""
        self.gone[path] = [span(node) for node in gone]
        self.unneeded = []
        words = dict.fromkeys(
            text(node)
            for one in gone
            for node in syntax.walk(one)
            if node.type in imports.NAMES and text(node) not in (own, *GIVEN) and _counts(node)
        )
        for word in words:
            self._word(word, root, gone, path)
        style = layout.style_of(self.files.sources[path], self.files.rustfmt(path))
        self.edits += imports.taken_out(self.unneeded, path, style)
        self.unneeded = []

    def _word(self, word: str, root: Node, gone: list[Node], path: str) -> None:
        found = imports.imports_of(root, word)
        said = imports.heads(root, word)
        leaving = [node for node in said if any(holds(one, node) for one in gone)]
        staying = [node for node in said if node not in leaving]
        if self._is_own(word, path):
            self.names[word] = None
        elif leaving and not found:
            self._unimported(word, staying, path)
        for one in _affected(leaving, found):
            self._import(one, word, staying, found, path)

    def _is_own(self, word: str, path: str) -> bool:
        """Whether the workspace may define it."""
        if word[:1].islower():
            return False
        files = self.files
        return bool(files.definitions(word) or files.words.files_with_static(word))

    def _unimported(self, word: str, staying: list[Node], path: str) -> None:
        """A name that a glob, the prelude or a crate brings."""
        package = self.files.reach(path).package
        if package is not None and word in package.dependencies:
            self.crates[word] = path
        elif staying:
            self.rests.append((path, span(staying[0])))
        elif word[:1].isupper() and any(u.name == "*" for u in self.files.outline(path).uses):
            raise Refused(f"the import that brings `{word}` might then be unused")

    def _import(
        self, one: Import, word: str, staying: list[Node], found: list[Import], path: str
    ) -> None:
        """An import that may go: it does if nothing else in its module needs it."""
        meant = [node for node in staying if imports.meant(node, found) == one]
        testing = self.files.reach(path).test
        live = [node for node in meant if testing or not imports.is_test(node)]
        if live or (meant and imports.is_test(one.declaration)):
            self.rests.append((path, span((live or meant)[0])))
            return
        if _is_public(one.declaration):
            return
        lost = [node for node in staying if imports.meant(node, found) is None]
        if meant or lost:
            raise Refused(f"only what tests or inner modules do would still need `{word}`")
        self._must_not_serve_others(word, one, path)
        self.unneeded.append(one)
        package = self.files.reach(path).package
        crate = _crate(one)
        if package is not None and crate in package.dependencies:
            self.crates[crate] = path

    def _must_not_serve_others(self, word: str, one: Import, path: str) -> None:
        """Whether a module below, a macro or a link in a comment may need the import."""
        files = self.files
        if one.declaration.parent is not None and one.declaration.parent.type == "block":
            return
        for node in syntax.walk(one.declaration.file.order[0]):
            if node.type in COMMENTS and re.search(rf"\[`?{word}\b", text(node)):
                raise Refused(f"a comment links to `{word}`, which needs its import")
        here = files.reach(path)
        called = _macros(one.declaration.file.order[0])
        others = [other for other in files.files_with(word) if other != path]
        others = [other for other in others if _may_need_ours(other, path, files)]
        files.prepare_outlines([*others, *above(others, files)])
        for other in others:
            facts, there = files.outline(other), files.reach(other)
            if word in facts.macro_words and called - READING_MACROS:
                raise Refused(f"a macro in {other} may need the import of `{word}`")
            below = there.module.startswith(f"{here.module}::") or not here.module
            if there.package != here.package or not (below or there.state == "unknown"):
                continue
            inside = ("super", "crate", "self")
            for use in facts.uses:
                if use.name in (word, "*") and use.path.startswith(inside):
                    raise Refused(f"{other} may take `{word}` from here")

    def must_be_used(self) -> None:
        """Whether all types and constants that are named in what goes are named elsewhere too."""
        for name in self.names:
            if not any(self._uses(path, name) for path in self.files.files_with(name)):
                raise Refused(f"`{name}` would then be unused")
        for crate, path in self.crates.items():
            package = self.files.reach(path).package
            mine = [
                other
                for other in self.files.files_with(crate)
                if self.files.reach(other).package == package and other not in self.gone
            ]
            if not mine:
                raise Refused(f"the dependency `{crate}` might then be unused")

    def _uses(self, path: str, name: str) -> bool:
        """Whether a file needs a name outside of what goes and of the name's own definition."""
        reach = self.files.reach(path)
        if reach.test or reach.state in ("orphan", "outside", "test", "bench", "example"):
            return False
        with syntax.parsed(self.files.sources[path]) as tree:
            for node in syntax.walk(tree.root):
                if node.type not in imports.NAMES or text(node) != name:
                    continue
                if any(one.holds(span(node)) for one in self.gone.get(path, ())):
                    continue
                if not _is_own_code(node, name) and not imports.is_test(node):
                    self.rests.append((path, span(node)))
                    return True
        return False


def _is_own_code(node: Node, name: str) -> bool:
    """Whether a name stands in its own definition, its own impl block, or a private import."""
    for holder in ancestors(node):
        if holder.type in DEFINITIONS and text(syntax.field(holder, "name")) == name:
            return True
        if holder.type == "impl_item" and type_tree(syntax.field(holder, "type")).name == name:
            return True
        if holder.type == "use_declaration":
            return not _is_public(holder)
    return False


def _is_public(use: Node) -> bool:
    return any(child.type == "visibility_modifier" for child in use.children)


def _is_set(node: Node) -> bool:
    """Whether a local is only given a value here."""
    holder = node.parent
    return (
        holder is not None
        and holder.type == "assignment_expression"
        and syntax.field(holder, "left") == node
    )


def _counts(node: Node) -> bool:
    """Whether a name in what goes may be one that somebody defined or imported."""
    holder = node.parent
    if holder is not None and holder.type == "scoped_identifier" and node.field == "name":
        return text(node)[:1].isupper()  # `HashMap::new`: the method is no name of its own
    return text(node)[:1].isupper() or imports.is_head(node)


def _affected(leaving: Iterable[Node], found: list[Import]) -> list[Import]:
    affected: list[Import] = []
    for node in leaving:
        one = imports.meant(node, found)
        if one is not None and one not in affected:
            affected.append(one)
    return affected


def _crate(one: Import) -> str:
    written = "".join(text(syntax.field(one.declaration, "argument")).split())
    return re.split(r"::|\{", written.removeprefix("::"))[0]


def _macros(root: Node) -> set[str]:
    calls = [n for n in syntax.walk(root) if n.type == "macro_invocation"]
    return {text(syntax.field(call, "macro")).rpartition("::")[2] for call in calls}
