"""The declarations of one file: modules, uses, types, statics, functions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.plain import Plain, changed
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import (
    FieldDef,
    ModDecl,
    Parameter,
    StaticDef,
    TypeDef,
    TypeTree,
    Use,
)
from rustfix_mem.rust.file.syntax import span, text
from rustfix_mem.rust.file.type_trees import type_tree, written_type
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node

TEST_ATTRIBUTE = re.compile(
    r"#\s*!?\[\s*(?:cfg\s*\((?:[^\]]*[(,\s])?test\s*[,)]|(?:\w+::)*(?:test|bench|rstest|test_case)\b)"
)
NOT_TEST = re.compile(r"\b(?:not|any)\s*\((?:[^()]|\([^()]*\))*\)")
STD_ITEM_MACROS = frozenset({"macro_rules", "thread_local", "lazy_static", "compile_error"})


class Function(Plain, frozen=True):
    """A function with its nodes, for those who look into its body."""

    node: Node
    body: Node
    name: str
    owner: str
    trait: str
    module: str
    visibility: str
    test: bool
    params: tuple[Parameter, ...]
    returns: TypeTree | None
    home: int


@dataclass(slots=True)
class Items:
    """What `collect` gathers; the lists are in order of the text."""

    uses: list[Use] = field(default_factory=list)
    mods: list[ModDecl] = field(default_factory=list)
    types: list[TypeDef] = field(default_factory=list)
    statics: list[StaticDef] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    clonable: list[str] = field(default_factory=list)
    item_macros: list[str] = field(default_factory=list)
    macro_words: set[str] = field(default_factory=set)


class _Where(Plain, frozen=True):
    """Where in the file an item stands."""

    module: str = ""
    owner: str = ""
    trait: str = ""
    scope: str = "module"
    test: bool = False
    home: int = -1


def collect(root: Node) -> Items:
    """The declarations of a file, those inside functions too.

    All functions are there that have a body, whatever they stand in: `Callable`s are counted alike.
    """
    items = Items()
    _block(root, _Where(test=_inner_test(root)), items)
    return items


def _inner_test(root: Node) -> bool:
    return any(
        child.type == "inner_attribute_item" and _is_test(text(child))
        for child in root.named_children
    )


def _is_test(attributes: str) -> bool:
    return bool(TEST_ATTRIBUTE.search(NOT_TEST.sub("", attributes)))


def _block(node: Node, where: _Where, items: Items) -> None:
    """The items that stand directly in a file, a module's braces, an impl or a function's body."""
    attributes: list[str] = []
    start = -1
    for child in node.named_children:
        if child.type in ("attribute_item", *syntax.COMMENTS):
            start = child.start_byte if start < 0 or _blank_before(child) else start
            if child.type == "attribute_item":
                attributes.append(text(child))
            continue
        if not child.named_children:  # left out of the copy, or of no concern
            attributes, start = [], -1
            continue
        head = child.start_byte if start < 0 or _blank_before(child) else start
        _item(child, "\n".join(attributes), head, where, items)
        attributes, start = [], -1


def _blank_before(child: Node) -> bool:
    """Whether an empty line (or nothing at all) parts `child` from what stands before it."""
    before = child.prev_sibling
    if before is None:
        return True
    ends_line = before.type in syntax.COMMENTS and text(before).endswith("\n")
    gap = syntax.lines_between(before, child) + (1 if ends_line else 0)
    return gap > 1


def _item(node: Node, attributes: str, head: int, where: _Where, items: Items) -> None:
    if where.home < 0 or (attributes and not where.test):
        home = head if where.home < 0 else where.home
        where = changed(where, test=where.test or _is_test(attributes), home=home)
    handler = _HANDLERS.get(node.type)
    if handler is not None:
        handler(node, attributes, where, items)
    elif where.scope == "fn" or "{" in text(node):
        _nested(node, where, items)


def _nested(node: Node, where: _Where, items: Items) -> None:
    """Statements of a body: only the items that hide below them matter here."""
    for inner in node.named_children:
        if inner.type == "block":
            _block(inner, where, items)
        elif inner.named_children:
            _nested(inner, where, items)


def _visibility(node: Node) -> str:
    for child in node.children:
        if child.type == "visibility_modifier":
            return "".join(text(child).split())
    return ""


def _mod(node: Node, attributes: str, where: _Where, items: Items) -> None:
    name, body = text(syntax.field(node, "name")).removeprefix("r#"), syntax.field(node, "body")
    path = re.search(r'#\s*\[\s*path\s*=\s*"([^"]*)"', attributes)
    cfg = " ".join(re.findall(r"#\s*\[\s*(cfg[^\n]*)\]", attributes))
    declared = ModDecl(
        name, where.module, path[1] if path else "", where.test, cfg, body is not None
    )
    items.mods.append(declared)
    if body is not None:
        inner = f"{where.module}::{name}" if where.module else name
        _block(body, _Where(module=inner, test=where.test), items)


def _use(node: Node, attributes: str, where: _Where, items: Items) -> None:
    argument = syntax.field(node, "argument")
    if argument is not None:
        items.uses += [Use(name, path, where.module) for name, path in _use_tree(argument, "")]


def _use_tree(node: Node, prefix: str) -> list[tuple[str, str]]:
    """Name and full path of each import below `node`."""
    match node.type:
        case "use_as_clause":
            path = _join(prefix, text(syntax.field(node, "path")))
            return [(text(syntax.field(node, "alias")), path)]
        case "use_list":
            return [pair for child in syntax.named(node) for pair in _use_tree(child, prefix)]
        case "scoped_use_list":
            inner = syntax.field(node, "list")
            path = _join(prefix, text(syntax.field(node, "path")))
            return _use_tree(inner, path) if inner is not None else []
        case "use_wildcard":
            return [("*", _join(prefix, text(node).removesuffix("*").rstrip(":")))]
        case "self":
            return [(prefix.rpartition("::")[2], prefix)]
        case _:
            path = _join(prefix, text(node))
            return [(path.rpartition("::")[2], path)]


def _join(prefix: str, path: str) -> str:
    path = "".join(path.split())
    return f"{prefix}::{path}" if prefix and path else prefix or path


def _fields(body: Node | None) -> tuple[FieldDef, ...]:
    if body is None:
        return ()
    found: list[FieldDef] = []
    attributes: list[str] = []
    skipped = 0
    visibility = ""
    for child in body.named_children:
        if child.type == "attribute_item":
            attributes.append(text(child))
        elif child.type == "visibility_modifier":
            visibility = "".join(text(child).split())
        elif child.type == "field_declaration":
            name = syntax.field(child, "name")
            kind = type_tree(syntax.field(child, "type"))
            skip = any(re.search(r"serde\(.*\bskip\b", a) for a in attributes)
            where = span(name) if name is not None else span(child)
            found.append(FieldDef(text(name), kind, _visibility(child), where, skip))
            attributes = []
        elif body.type == "ordered_field_declaration_list" and child.type not in syntax.COMMENTS:
            kind = type_tree(child)
            found.append(FieldDef(str(skipped), kind, visibility, span(child), False))
            skipped, visibility, attributes = skipped + 1, "", []
    return tuple(found)


def _type(node: Node, attributes: str, where: _Where, items: Items) -> None:
    kind = node.type.removesuffix("_item")
    body = syntax.field(node, "body")
    generics = text(syntax.field(node, "type_parameters"))
    derives = [
        name.strip().rpartition("::")[2]
        for group in re.findall(r"derive\s*\(([^)]*)\)", attributes)
        for name in group.split(",")
        if name.strip()
    ]
    _beside(node, None, where, items)
    items.types.append(
        TypeDef(
            name=text(syntax.field(node, "name")),
            kind=kind,
            module=where.module,
            visibility=_visibility(node),
            span=span(node),
            lifetimes=bool(re.search(r"'(?!static\b)\w", generics)),
            generics=_parameters(generics),
            derives=tuple(derives),
            unit_only=kind == "enum" and _unit_only(body),
            fields=_variants(body) if kind == "enum" else _fields(body),
            target=type_tree(syntax.field(node, "type")) if kind == "type" else None,
            test=where.test,
        )
    )


def _parameters(generics: str) -> tuple[str, ...]:
    """The names of the type parameters in `<'a, K: Hash, V = u8, const N: usize>`."""
    depth, names, part = 0, [], ""
    for char in generics.removeprefix("<").removesuffix(">") + ",":
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            names.append(part.strip())
            part = ""
        else:
            part += char
    words = [re.match(r"[A-Za-z_]\w*", name) for name in names if not name.startswith("const ")]
    return tuple(word[0] for word in words if word is not None)


def _unit_only(body: Node | None) -> bool:
    variants = [c for c in syntax.named(body) if c.type == "enum_variant"] if body else []
    return all(syntax.field(variant, "body") is None for variant in variants)


def _variants(body: Node | None) -> tuple[FieldDef, ...]:
    """The data of every variant, for those who ask what a value may hold."""
    variants = [c for c in syntax.named(body) if c.type == "enum_variant"] if body else []
    return tuple(found for v in variants for found in _fields(syntax.field(v, "body")))


def _static(node: Node, attributes: str, where: _Where, items: Items) -> None:
    items.statics.append(
        StaticDef(
            name=text(syntax.field(node, "name")),
            type=type_tree(syntax.field(node, "type")),
            value=text(syntax.field(node, "value"))[:200],
            visibility=_visibility(node),
            module=where.module,
            scope=where.scope,
            span=span(node),
            constant=node.type == "const_item",
            test=where.test,
        )
    )
    _nested(node, changed(where, scope="fn"), items)


def _impl(node: Node, attributes: str, where: _Where, items: Items) -> None:
    body, of = syntax.field(node, "body"), _owner(type_tree(syntax.field(node, "type")))
    if node.type == "trait_item":
        of = text(syntax.field(node, "name"))
    trait = type_tree(syntax.field(node, "trait")).name if syntax.field(node, "trait") else ""
    if trait == "Drop":
        items.dropped.append(of)
    if trait == "Clone":
        items.clonable.append(of)
    if body is not None:
        _beside(node, body, where, items)
        _block(body, changed(where, owner=of, trait=trait), items)


def _owner(tree: TypeTree) -> str:
    """The type that an impl block is for: `impl Trait for &T` is for `T`."""
    while tree.head in ("&", "&mut") and tree.args:
        tree = tree.args[0]
    return tree.name


def _function(node: Node, attributes: str, where: _Where, items: Items) -> None:
    body = syntax.field(node, "body")
    if body is None:
        return
    returns = syntax.field(node, "return_type")
    items.functions.append(
        Function(
            node=node,
            body=body,
            name=text(syntax.field(node, "name")),
            owner=where.owner,
            trait=where.trait,
            module=where.module,
            visibility=_visibility(node),
            test=where.test,
            params=_params(syntax.field(node, "parameters")),
            returns=type_tree(returns) if returns is not None else None,
            home=where.home,
        )
    )
    _beside(node, body, where, items)
    _block(body, changed(where, scope="fn"), items)


def _beside(node: Node, body: Node | None, where: _Where, items: Items) -> None:
    """The functions in an array's length, say: where nobody writes one, but they are counted."""
    ends = body.start_byte if body is not None else node.end_byte
    own = node.type == "function_item"
    if len(syntax.FN.findall(node.file.source, node.start_byte, ends)) > own:
        for child in node.named_children:
            if child is not body:
                _nested(child, changed(where, scope="fn"), items)


def _params(node: Node | None) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    for child in syntax.named(node) if node is not None else []:
        if child.type == "self_parameter":
            found.append(Parameter("self", TypeTree("".join(text(child).split()))))
        elif child.type == "parameter":
            name = text(syntax.field(child, "pattern")).removeprefix("mut ").strip()
            found.append(Parameter(name, type_tree(syntax.field(child, "type"))))
    return tuple(found)


def _macro(node: Node, attributes: str, where: _Where, items: Items) -> None:
    name = text(syntax.field(node, "macro")).rpartition("::")[2]
    if name in ("thread_local", "lazy_static"):
        tokens = next((c for c in node.named_children if c.type == "token_tree"), None)
        if tokens is not None:
            _statics_in_tokens(tokens, name, where, items)
    elif where.scope == "module" and name not in STD_ITEM_MACROS:
        items.item_macros.append(name)
        if name == "cfg_if":
            _mods_in_tokens(node, where, items)


MOD_IN_TOKENS = re.compile(
    r'(?:#\s*\[\s*path\s*=\s*"([^"]*)"\s*\]\s*)?(?:\bpub(?:\s*\([^)]*\))?\s+)?\bmod\s+(\w+)\s*;'
)
BRANCH = re.compile(
    r"(?:#\s*\[\s*(cfg\b[^{}]*)\]|\belse)\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
)
"""A branch of `cfg_if!`, with braces in it two deep."""
REMARK = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
"""What is said there is not declared."""


def _mods_in_tokens(node: Node, where: _Where, items: Items) -> None:
    """`if #[cfg(…)] { mod a; } else { mod b; }`: what the macro of the crate `cfg_if` is given."""
    for branch in BRANCH.finditer(REMARK.sub("", text(node))):
        cfg = (branch[1] or "cfg_if").strip()
        test = where.test or _is_test(f"#[{cfg}]")
        for found in MOD_IN_TOKENS.finditer(branch[2]):
            declared = ModDecl(found[2], where.module, found[1] or "", test, cfg, inline=False)
            items.mods.append(declared)


STATIC_IN_TOKENS = re.compile(
    rb"\b(?:(pub(?:\s*\([^)]*\))?)\s+)?static\s+(?:ref\s+)?([A-Za-z_]\w*)\s*:\s*"
)


def _statics_in_tokens(tokens: Node, scope: str, where: _Where, items: Items) -> None:
    """`thread_local! { static NAME: TYPE = VALUE; }`: the grammar of both macros is known."""
    body = tokens.file.source[tokens.start_byte + 1 : tokens.end_byte - 1]
    for found in STATIC_IN_TOKENS.finditer(body):
        ends = body.find(b"=", found.end())
        stop = body.find(b";", found.end())
        written = body[found.end() : ends if 0 <= ends else len(body)]
        at = tokens.start_byte + 1 + found.start(2)
        items.statics.append(
            StaticDef(
                name=found[2].decode(),
                type=written_type(written),
                value=body[ends + 1 : stop if stop > 0 else None].decode("utf-8", "replace")[:200],
                visibility=(found[1] or b"").decode(),
                module=where.module,
                scope=scope,
                span=Span(at, at + len(found[2])),
                constant=False,
                test=where.test,
            )
        )


def _expression_macro(node: Node, attributes: str, where: _Where, items: Items) -> None:
    inner = node.named_children[0] if node.named_children else None
    if inner is not None and inner.type == "macro_invocation":
        _macro(inner, attributes, where, items)
    elif where.scope == "fn" or "{" in text(node):
        _nested(node, where, items)


def _foreign(node: Node, attributes: str, where: _Where, items: Items) -> None:
    """`extern "C" { … }` holds nothing that concerns us, but what stands in a length, say."""
    if text(node).count("{") > 1:
        _nested(node, changed(where, scope="fn"), items)


def _macro_definition(node: Node, attributes: str, where: _Where, items: Items) -> None:
    """What a macro's body names may be touched wherever the macro is called."""
    items.macro_words |= {text(n) for n in syntax.walk(node) if n.type == "identifier"}


_HANDLERS = {
    "mod_item": _mod,
    "use_declaration": _use,
    "struct_item": _type,
    "enum_item": _type,
    "union_item": _type,
    "type_item": _type,
    "static_item": _static,
    "const_item": _static,
    "impl_item": _impl,
    "trait_item": _impl,
    "function_item": _function,
    "macro_invocation": _macro,
    "expression_statement": _expression_macro,
    "foreign_mod_item": _foreign,
    "macro_definition": _macro_definition,
}
