"""Deleting a field that nothing ever fills, with all that only serves it; or why that is refused.

The files that name the field, or its type, are looked at again as trees. Every place that says its
name must be one that goes as a whole, or surely be of something else; whatever is neither is a
reason to refuse. So must be all that would then be unused: locals, imports, types, constants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.places import call_on_self, place_at
from rustfix_mem.rust.file.scopes import declaration, place_of
from rustfix_mem.rust.file.syntax import COMMENTS, ancestors, holds, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.removal.leftovers import Leftovers
from rustfix_mem.rust.removal.serving import serves_only
from rustfix_mem.rust.whole.accesses import function_at, is_field_of
from rustfix_mem.rust.whole.exposure import is_hidden
from rustfix_mem.rust.whole.literals import is_empty, is_of, local_of
from rustfix_mem.rust.write import cuts
from rustfix_mem.text import Edit, Span, line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Place, TypeDef
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection

__all__ = ["Refused", "Removal", "remove"]

HARMLESS_DERIVES = frozenset("Debug Clone Default PartialEq Eq PartialOrd Ord".split())
HARMLESS = frozenset("derive doc allow warn deny must_use non_exhaustive deprecated".split())
"""Attributes of a type that ask nothing of its fields."""

ON_A_FIELD = frozenset("doc allow expect warn deny deprecated".split())
LAYOUT = re.compile(
    rb"\b(?:size_of|size_of_val|align_of|offset_of|transmute|transmute_copy|addr_of|addr_of_mut"
    rb"|zeroed|MaybeUninit|from_raw_parts)\b[^;\n]*"
)
CFG = re.compile(r"#\s*!?\[\s*cfg(?:_attr)?\s*\(")
TEST_CFG = re.compile(r"#\s*!?\[\s*cfg\s*\(\s*test\s*\)\s*\]")
LITERAL_WIDTH = 18
"""rustfmt's `struct_lit_width`: a struct literal whose fields are no wider stands on one line."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The edits that delete a field, and how many statements go with it.

    `rests`: text that has to stay, since something is still used only there.
    """

    edits: tuple[Edit, ...]
    rests: tuple[tuple[str, Span], ...]
    statements: int


@dataclass(frozen=True)
class _File:
    """One file looked at again, with what is asked of every place in it."""

    path: str
    root: Node
    functions: tuple[Function, ...]
    collection: Collection
    owner: TypeDef
    files: Files

    def at(self, node: Node) -> str:
        return f"{self.path}:{line_at(node.file.source, node.start_byte)}"


@dataclass
class _Found:
    edits: list[Edit] = field(default_factory=list)
    statements: int = 0
    declared: bool = False


def remove(collection: Collection, files: Files) -> Removal:
    """The edits that delete the field and all that only serves it; raises `Refused`."""
    owner = collection.owner
    if owner is None:
        raise Refused("it is a static, not a field: delete it by hand")
    if collection.name.isdigit():
        raise Refused("its type is a tuple struct: what is behind it would move")
    _must_not_be_api(collection, owner, files)
    _must_not_be_made_by_macros(collection, files)
    found = _Found()
    leftovers = Leftovers(files)
    for path in _paths(collection, owner, files):
        with syntax.parsed(files.sources[path]) as tree:
            if tree.mended:
                raise Refused(f"{path} is not all understood")
            functions = tuple(collect(tree.root).functions)
            file = _File(path, tree.root, functions, collection, owner, files)
            _cut_file(file, found, leftovers)
    if not found.declared:
        raise Refused("its declaration is not understood")
    leftovers.must_be_used()
    edits = _tidied([*found.edits, *leftovers.edits], files)
    return Removal(edits, tuple(dict.fromkeys(leftovers.rests)), found.statements)


def _tidied(edits: list[Edit], files: Files) -> tuple[Edit, ...]:
    """The edits, with all that is cut from a file seen together: neighbours, blank lines."""
    kept = [edit for edit in edits if edit.text]
    for path in dict.fromkeys(edit.path for edit in edits):
        cut = [edit.span for edit in edits if edit.path == path and not edit.text]
        kept += [Edit(path, one, "") for one in cuts.tidy(files.sources[path], cut)]
    return tuple(sorted(kept))


def _must_not_be_api(collection: Collection, owner: TypeDef, files: Files) -> None:
    """Whether code outside of this workspace could notice."""
    package = files.reach(collection.path).package
    if package is None:
        raise Refused("its file is in no package")
    library = any(target.kind in ("lib", "proc-macro") for target in package.targets)
    if not (owner.visibility == "pub" and package.published and library):
        return
    if is_hidden(owner, collection.path, files):
        return
    if collection.visibility == "pub":
        raise Refused(
            f"it is a `pub` field of a `pub` type in `{package.name}`, which may be published:"
            " deleting it changes the public interface"
        )
    others = [f for f in owner.fields if f.name != collection.name]
    if others and all(other.visibility == "pub" for other in others):
        raise Refused(
            f"it is the only private field of a `pub` type in `{package.name}`: without it code"
            " outside could make one"
        )


def _must_not_be_made_by_macros(collection: Collection, files: Files) -> None:
    for path in files.files_with(collection.name):
        if collection.name in files.outline(path).macro_words:
            raise Refused(f"a macro in {path} names it")


def _paths(collection: Collection, owner: TypeDef, files: Files) -> list[str]:
    """The files that can name the field, or make a value of its type; raises `Refused`."""
    named = [collection.path, *files.files_with(collection.name), *files.files_with(owner.name)]
    found: list[str] = []
    for path in dict.fromkeys(named):
        reach = files.reach(path)
        if reach.state == "outside" and collection.visibility == "pub":
            raise Refused(f"{path}, which is in no workspace, may name it")
        if reach.state in ("orphan", "outside") or not _may_see(collection, path, files):
            continue
        if reach.state == "unknown":
            raise Refused(f"nobody can say how rustc comes to {path}, which may name it")
        if files.outline(path).error is not None:
            raise Refused(f"{path}, which may name it, could not be read")
        if reach.cfg and reach.cfg != "cfg(test)" and collection.path != path:
            raise Refused(f"{path} is compiled only under `{reach.cfg}`")
        found.append(path)
    if files.reach(collection.path).cfg:
        raise Refused(f"it is compiled only under `{files.reach(collection.path).cfg}`")
    return found


def _may_see(collection: Collection, path: str, files: Files) -> bool:
    """Whether a private field is visible in a file: in its module, and in those below."""
    if collection.visibility not in ("", "pub(self)") or path == collection.path:
        return True
    here, there = files.reach(collection.path), files.reach(path)
    if here.package != there.package:
        return False
    if there.state == "unknown" or not here.module:
        return True
    return there.module == here.module or there.module.startswith(f"{here.module}::")


def _cut_file(file: _File, found: _Found, leftovers: Leftovers) -> None:
    """Everything that goes in one file."""
    gone: list[Node] = []
    for node in _spoken(file):
        if not any(holds(one, node) for one in gone):
            gone += _going(node, file)
    literals = _literals(file)
    for literal in literals:
        _must_need_its_base(literal, gone, file)
    if not gone:
        return
    for node in gone:
        _must_be_unconditional(node, file)
    _must_not_ask_for_layout(file)
    _must_not_be_spoken_of(gone, file)
    leftovers.locals_of(gone, file.path)
    _must_leave_something(gone, file)
    leftovers.look(file.root, gone, file.path, file.collection.name)
    found.declared |= any(node.type == "field_declaration" for node in gone)
    found.statements += sum(node.type.endswith(("statement", "_expression")) for node in gone)
    found.edits += _edits(gone, literals, file)


def _spoken(file: _File) -> list[Node]:
    """Every place that says the field's name; those in declarations and literals first."""
    name = file.collection.name
    kinds = ("identifier", "field_identifier", "shorthand_field_identifier")
    found = [n for n in syntax.walk(file.root) if n.type in kinds and text(n) == name]
    return sorted(found, key=lambda node: _holder(node).type not in cuts.IN_LISTS)


def _holder(node: Node) -> Node:
    assert node.parent is not None
    return node.parent


def _going(node: Node, file: _File) -> list[Node]:
    """What goes as a whole with this place; nothing if it names something else; may refuse."""
    holder = _holder(node)
    match holder.type:
        case "field_declaration":
            return _declaration(holder, file)
        case "field_initializer" if node.field == "field":
            return _initialiser(holder, file)
        case "shorthand_field_initializer":
            return _shorthand(holder, file)
        case "field_pattern":
            if _of_owner(_holder(holder), file):
                raise Refused(f"it is taken out by a pattern at {file.at(node)}")
        case "field_expression" if node.field == "field" and not call_on_self(holder):
            return _access(holder, file)
        case "token_tree":
            _must_be_other(node, file)
    return []


def _declaration(declared: Node, file: _File) -> list[Node]:
    kept = file.collection
    name = syntax.field(declared, "name")
    if file.path != kept.path or name is None or span(name) != kept.span:
        return []
    strange = [a for a in cuts.attributes(declared) if _attribute(a) not in ON_A_FIELD]
    if strange:
        raise Refused(f"`{strange[0]}` stands on it")
    body = _holder(declared)
    _must_be_plain(_holder(body))
    others = [n for n in body.named_children if n.type == "field_declaration" and n != declared]
    if not others:
        raise Refused("it is the only field of its type")
    typed = _words(text(syntax.field(declared, "type")))
    elsewhere = {word for other in others for word in _words(text(syntax.field(other, "type")))}
    parameters = syntax.field(_holder(body), "type_parameters")
    for parameter in syntax.named(parameters) if parameters is not None else []:
        named = _words(text(parameter))[:1]
        for word in named:
            if word in typed and word not in elsewhere:
                raise Refused(f"no other field uses the parameter `{word}` of its type")
    return [declared]


def _words(written: str) -> list[str]:
    return [word for word in re.findall(r"[A-Za-z_]\w*", written) if word != "const"]


def _attribute(written: str) -> str:
    found = re.match(r"#\s*!?\[\s*(\w+)", written)
    return found[1] if found else ""


def _must_be_plain(item: Node) -> None:
    """Whether all that is written on the type leaves its fields alone."""
    for written in cuts.attributes(item):
        if _attribute(written) not in HARMLESS:
            raise Refused(f"`{written}` stands on its type")
        if _attribute(written) == "derive":
            derived = re.findall(r"(\w+)\s*[,)]", written)
            for name in derived:
                if name not in HARMLESS_DERIVES:
                    raise Refused(f"its type derives `{name}`, which may need the field")


def _initialiser(initialiser: Node, file: _File) -> list[Node]:
    if not _of_owner(_holder(_holder(initialiser)), file):
        return []
    value = syntax.field(initialiser, "value")
    if value is None or not is_empty(value, file.collection.name):
        raise Refused(f"it is not evidently empty at {file.at(initialiser)}")
    return [initialiser]


def _shorthand(initialiser: Node, file: _File) -> list[Node]:
    """`Type { cache }`, and the `let` that makes it if nothing else is done with it."""
    if not _of_owner(_holder(_holder(initialiser)), file):
        return []
    local, name = local_of(initialiser), file.collection.name
    value = syntax.field(local, "value") if local is not None else None
    if local is None or value is None or not is_empty(value, name):
        raise Refused(f"it is not evidently empty at {file.at(initialiser)}")
    return [initialiser, local]


def _of_owner(literal: Node, file: _File) -> bool:
    """Whether a struct literal or pattern is of the field's type; raises `Refused` if unknown."""
    found = is_of(literal, file.path, file.owner, file.collection.path, file.files)
    if found is None:
        name = text(syntax.field(literal, "name") or syntax.field(literal, "type"))
        raise Refused(f"nobody can say what `{name}` is at {file.at(literal)}")
    return found


def _access(access: Node, file: _File) -> list[Node]:
    function = function_at(access, file.functions)
    if function is None:
        raise Refused(f"it may be used at {file.at(access)}")
    place = place_of(access, function)
    if not _is_ours(place, access, file):
        return []
    _must_outlast(place, function, access, file)
    going = serves_only(access)
    if going is None:
        raise Refused(f"it is still used at {file.at(access)}")
    return [going]


def _is_ours(place: Place, node: Node, file: _File) -> bool:
    """Whether a place is the field; raises `Refused` if nobody can say whose field it is."""
    ours = is_field_of(place, node, file.functions, file.collection, file.path, file.files)
    if ours is None:
        raise Refused(f"it may be what is used at {file.at(node)}")
    return ours


def _must_outlast(place: Place, function: Function, node: Node, file: _File) -> None:
    """A local or a `mut self` might be unused, or need no `mut`, once the statement is gone."""
    own = function.params[:1] and function.params[0].type.head == "mutself"
    borrowed = place.type is not None and place.type.head in ("&", "&mut")
    if _is_local(node):
        raise Refused(f"what it belongs to is a local at {file.at(node)}")
    if place.base == "self" and not own:
        return
    if place.base == "static" or (place.base == "param" and borrowed):
        return
    raise Refused(f"what it belongs to is a local at {file.at(node)}")


def _is_local(access: Node) -> bool:
    """Whether the place begins with a name that a `let`, an arm or the like binds."""
    for node in syntax.walk(access):
        if node.type == "identifier":
            bound = declaration(node, text(node))
            return bound is not None and bound.type not in ("parameter", "closure_expression")
        if node.type == "self":
            return False
    return False


def _must_be_other(node: Node, file: _File) -> None:
    """A name in a macro: a local if nothing says that it is a field; else it must be another's."""
    before, behind = node.prev_sibling, node.next_sibling
    if before is not None and before.type == ".":
        if behind is not None and behind.type == "token_tree" and text(behind)[:1] == "(":
            return  # the name of a method
        function = function_at(node, file.functions)
        place = place_at(node, function, frozenset()) if function is not None else None
        if place is not None and place.path:
            if not _is_ours(place, node, file):
                return
            raise Refused(f"it is still used in a macro at {file.at(node)}")
        raise Refused(f"a macro may use it at {file.at(node)}")
    if text(_holder(node))[:1] == "{":
        raise Refused(f"a macro may use it at {file.at(node)}")


def _literals(file: _File) -> list[Node]:
    """The struct literals that make a value of the field's type."""
    found = [n for n in syntax.walk(file.root) if n.type == "struct_expression"]
    known = ("Self", file.owner.name)
    return [
        literal
        for literal in found
        if type_tree(syntax.field(literal, "name")).name in known and _of_owner(literal, file)
    ]


def _must_need_its_base(literal: Node, gone: list[Node], file: _File) -> None:
    """`..Default::default()` must still fill something in: else clippy says that it is needless."""
    body = syntax.field(literal, "body")
    said = syntax.named(body) if body is not None else []
    if not any(part.type == "base_field_initializer" for part in said):
        return
    explicit = [part for part in said if part.type in cuts.IN_LISTS and part not in gone]
    if len(explicit) >= len(file.owner.fields) - 1:
        raise Refused(f"`..` would fill nothing else in at {file.at(literal)}")
    if not explicit:
        raise Refused(f"nothing but `..` would be left at {file.at(literal)}")


def _must_be_unconditional(node: Node, file: _File) -> None:
    for holder in (node, *ancestors(node)):
        for written in cuts.attributes(holder):
            if CFG.match(written) and not TEST_CFG.match(written):
                raise Refused(f"`{written}` decides whether it is compiled at {file.at(node)}")
            if _attribute(written) == "expect" and holder != node:
                raise Refused(f"`{written}` may then have nothing to expect at {file.at(node)}")
    for inner in syntax.walk(file.root):
        if inner.type == "inner_attribute_item":
            written = text(inner)
            if re.match(r"#\s*!\[\s*cfg\s*\(", written) and not TEST_CFG.match(written):
                raise Refused(f"`{written}` decides whether it is compiled at {file.at(node)}")


def _must_not_ask_for_layout(file: _File) -> None:
    """`size_of::<Owner>()` and the like say that somebody counts on its bytes."""
    names = [file.owner.name.encode()]
    if file.path == file.collection.path:
        names.append(b"Self")
    for asked in LAYOUT.finditer(file.root.file.source):
        if any(re.search(rb"\b" + name + rb"\b", asked[0]) for name in names):
            at = line_at(file.root.file.source, asked.start())
            raise Refused(f"the layout of its type is asked for at {file.path}:{at}")


def _must_not_be_spoken_of(gone: list[Node], file: _File) -> None:
    """A comment that stays and names the field would speak of something that is not there."""
    name = re.escape(file.collection.name)
    plain = rf"`(?:self\.|\w+::|\w+\.)?{name}`|\.{name}\b|\b{name}:(?!:)"
    telling = rf"\b{name}\b" if "_" in name else plain
    cut = [cuts.cut(node) for node in gone]
    for node in syntax.walk(file.root):
        stays = not any(one.holds(Span(node.start_byte, node.start_byte)) for one in cut)
        if node.type in COMMENTS and stays and re.search(telling, text(node)):
            raise Refused(f"a comment speaks of it at {file.at(node)}")


def _must_leave_something(gone: list[Node], file: _File) -> None:
    """What is left of a block must still be worth a block, and please clippy."""
    for node in gone:
        block = node.parent
        if block is None or block.type != "block":
            continue
        left = [n for n in syntax.named(block) if n not in gone]
        around = function_at(node, file.functions)
        name = around.name if around is not None else "the block"
        if not left:
            raise Refused(f"`{name}` would have nothing left to do at {file.at(node)}")
        if _needs_new_form(block, left):
            raise Refused(f"`{name}` would have to be written anew at {file.at(node)}")


BRANCHES = ("if_expression", "match_expression")


def _needs_new_form(block: Node, left: list[Node]) -> bool:
    """Whether clippy, or rustfmt, would want what is left without its block, or its `let`."""
    holder, last = _holder(block), left[-1]
    only = syntax.named(last)[0] if last.type == "expression_statement" else last
    if len(left) == 1 and holder.type != "function_item":
        ends = last.type not in ("expression_statement", "let_declaration")
        return only.type in BRANCHES or ends
    if len(left) > 1 and left[-2].type == "let_declaration":
        return text(syntax.field(left[-2], "pattern")) == text(last)
    return False


def _edits(gone: list[Node], literals: list[Node], file: _File) -> Iterator[Edit]:
    """The cuts as edits; a literal that is short without the field is put on one line."""
    rustfmt = file.files.rustfmt(file.path)
    flat = [(one, _flat(one, gone, rustfmt)) for one in literals]
    for literal, written in flat:
        body = syntax.field(literal, "body")
        if body is not None and written:
            yield Edit(file.path, span(body), written)
    for node in gone:
        if not any(written and holds(literal, node) for literal, written in flat):
            yield Edit(file.path, cuts.cut(node), "")


def _flat(literal: Node, gone: list[Node], rustfmt: str) -> str | None:
    """The braces of a literal that rustfmt would put on one line now; None for any other."""
    body = syntax.field(literal, "body")
    if body is None or not any(_holder(node) == body for node in gone) or "\n" not in text(body):
        return None
    if re.search(r"struct_lit|use_small_heuristics|max_width", rustfmt):
        return None
    going = [cuts.cut(node) for node in gone if _holder(node) == body]
    for child in body.named_children:
        stays = not any(one.holds(Span(child.start_byte, child.start_byte)) for one in going)
        if stays and child.type in ("attribute_item", *COMMENTS):
            return None
    flat = ", ".join(text(part) for part in syntax.named(body) if part not in gone)
    return f"{{ {flat} }}" if flat and len(flat) <= LITERAL_WIDTH and "\n" not in flat else None
