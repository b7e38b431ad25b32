"""`lazy_static!` and `once_cell` as what the standard library has, one file at a time.

What is not surely understood is refused: a file is converted as a whole or not at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import ancestors, span, text
from rustfix_mem.rust.statics import blocks
from rustfix_mem.rust.statics.uses import Names, cut_alone
from rustfix_mem.rust.whole.exposure import is_open
from rustfix_mem.rust.write import cuts, indents, layout
from rustfix_mem.rust.write.imports import is_test
from rustfix_mem.text import Edit, Span, line_at

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.write.layout import Style

STD = {
    "once_cell::sync::Lazy": "std::sync::LazyLock",
    "once_cell::sync::OnceCell": "std::sync::OnceLock",
    "once_cell::unsync::Lazy": "std::cell::LazyCell",
    "once_cell::unsync::OnceCell": "std::cell::OnceCell",
}
KNOWN = {
    "Lazy": frozenset(("new", "force")),
    "OnceCell": frozenset(("new", "default")),
}
"""What may be called on a type of `once_cell` that the standard library calls alike."""

UNSTABLE = re.compile(rb"\.(?:get_or_try_init|try_insert)\b")
WAITS = re.compile(rb"\.(?:wait|get_unchecked)\(\)")
"""`OnceLock` has `wait` since Rust 1.86, and never the other; a process may have the one, too."""
"""What only `once_cell` has, or what is not stable yet."""

HEAD = re.compile(
    r"(?P<head>(?:pub(?:\s*\([^)]*\))?\s+)?static\s+\w+\s*:\s*(?:\w+::)*LazyLock<.*>\s*=)\s*"
    r"(?P<maker>(?:\w+::)*LazyLock::new)\(\|\|\s*(?P<value>.*)\);$",
    re.DOTALL,
)


@dataclass
class Converted:
    """One file without the crate: its edits, and the statics that they change."""

    edits: list[Edit] = field(default_factory=list)
    statics: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    """Where those stand that are not for tests only."""


@dataclass(frozen=True)
class _File:
    path: str
    root: Node
    style: Style
    names: Names
    public: bool
    """Whether code outside of the package may name what is `pub` in it."""
    waits: bool
    """Whether the oldest Rust that builds it has `OnceLock::wait`, or it has no such cells."""

    def at(self, offset: int) -> str:
        return f"{self.path}:{line_at(self.root.file.source, offset)}"


def convert(path: str, crate: str, files: Files) -> Converted:
    """The edits that rid a file of `crate`, if all that it does with it is known."""
    source = files.sources[path]
    package = files.reach(path).package
    public = package is not None and package.published and is_open(path, files)
    with syntax.parsed(source) as tree:
        if tree.error() is not None:
            raise Refused(f"{path} could not be read")
        style = layout.style_of(source, files.rustfmt(path))
        names = Names.of(tree.root, crate, path)
        said = re.findall(r"\d+", package.rust_version if package is not None else "")
        cells = b"OnceCell" in indents.code_of(source)
        waits = not cells or tuple(map(int, said[:2])) >= (1, 86)
        file = _File(path, tree.root, style, names, public, waits)
        return _lazy_static(file) if crate == "lazy_static" else _once_cell(file)


def _heads(file: _File, names: frozenset[str]) -> list[Node]:
    """Where one of the names stands outside of a `use`: as a name, not as a field or a method."""
    return [
        node
        for node in syntax.walk(file.root)
        if node.type in ("identifier", "type_identifier")
        and text(node) in names
        and not any(holder.type == "use_declaration" for holder in ancestors(node))
    ]


def _before(node: Node) -> str:
    source = node.file.source
    return (
        source[max(0, node.start_byte - 80) : node.start_byte].decode("utf-8", "replace").rstrip()
    )


def _lazy_static(file: _File) -> Converted:
    made, converted = list[syntax.Node](), Converted()
    for node in _heads(file, frozenset(("lazy_static", "initialize"))):
        holder = node.parent
        if any(one.start_byte <= node.start_byte < one.end_byte for one in made):
            continue
        if text(node) == "initialize":
            if "initialize" in file.names.bound:
                raise Refused(f"`initialize` is imported at {file.at(node.start_byte)}")
            continue
        macro = _block(node)
        if macro is not None:
            made.append(macro)
        elif holder is not None and holder.type == "extern_crate_declaration":
            converted.edits.append(Edit(file.path, cut_alone(holder, file.path), ""))
        elif initialised := INITIALISED.match(_from(node)):
            said = Span(node.start_byte, node.start_byte + len(initialised[0].encode()))
            lead = 2 if _before(node).endswith("::") else 0
            said = Span(said.start - lead, said.end)
            converted.edits.append(Edit(file.path, said, f"{_lazy(node, file)}::force"))
        else:
            raise Refused(
                f"what `lazy_static` is used for is not known at {file.at(node.start_byte)}"
            )
    for macro in made:
        _unfold(macro, file, converted)
    _must_not_be_types(converted.statics, file)
    _must_be_used(made, file)
    converted.edits += file.names.taken(file.path, _wanted(converted, file), file.style)
    return converted


INITIALISED = re.compile(r"lazy_static\s*::\s*initialize(?=\s*\()")


def _from(node: Node) -> str:
    return node.file.source[node.start_byte : node.start_byte + 200].decode("utf-8", "replace")


def _wanted(converted: Converted, file: _File) -> frozenset[str]:
    used = any(re.search(r"(?<!::)\bLazyLock\b", edit.text) for edit in converted.edits)
    return frozenset(("std::sync::LazyLock",)) if used else frozenset()


def _block(node: Node) -> Node | None:
    """The `lazy_static! { … }` whose name this is."""
    for holder in ancestors(node):
        if holder.type == "macro_invocation":
            named = syntax.field(holder, "macro")
            inside = named is not None and named.start_byte <= node.start_byte < named.end_byte
            said = "".join(text(named).split()).removeprefix("::")
            return (
                holder if inside and said in ("lazy_static", "lazy_static::lazy_static") else None
            )
        if holder.type != "scoped_identifier":
            return None
    return None


def _lazy(node: Node, file: _File) -> str:
    """How `LazyLock` is called where a node stands."""
    inner = any(holder.type == "mod_item" for holder in ancestors(node))
    return "std::sync::LazyLock" if inner or not file.names.importable else "LazyLock"


def _unfold(macro: Node, file: _File, converted: Converted) -> None:
    tokens = next((c for c in macro.named_children if c.type == "token_tree"), None)
    if tokens is None or text(tokens)[:1] != "{":
        raise Refused(f"`lazy_static!` has no braces at {file.at(macro.start_byte)}")
    item = macro.parent if macro.parent and macro.parent.type == "expression_statement" else macro
    source = macro.file.source
    start = source.rfind(b"\n", 0, item.start_byte) + 1
    if source[start : item.start_byte].strip():
        raise Refused(f"`lazy_static!` shares a line at {file.at(macro.start_byte)}")
    indent = layout.indent_at(source, item.start_byte)
    body = text(tokens)[1:-1].replace("\r\n", "\n")
    found, _ = blocks.statics(body)
    if len(found) > 1 and any(not one.startswith("#[macro_use") for one in cuts.attributes(item)):
        raise Refused(f"an attribute stands on `lazy_static!` at {file.at(macro.start_byte)}")
    for one in found:
        if complexity(one.type) <= MOST_COMPLEX < complexity(f"LazyLock<{one.type}>"):
            raise Refused(f"clippy would call the type of `{one.name}` very complex")
        if file.public and one.visibility == "pub":
            raise Refused(f"`{one.name}` is part of the public interface: its type would change")
    written = blocks.unfolded(body, _lazy(macro, file), indent, file.style.unit, file.style)
    end = item.end_byte
    if source[end : end + 1] == b";":
        end += 1
    converted.statics += [one.name for one in found]
    if not is_test(macro):
        converted.spans.append(span(macro))
    converted.edits.append(Edit(file.path, Span(item.start_byte, end), file.style.lines(written)))


MOST_COMPLEX = 250
"""clippy's `type_complexity`; a `LazyLock` around a type that is near it goes beyond."""


def complexity(written: str) -> int:
    """What clippy counts for a type."""
    with syntax.parsed(f"type T = {written};".encode()) as tree:
        alias = next((n for n in tree.root.named_children if n.type == "type_item"), None)
        kind = syntax.field(alias, "type") if alias is not None else None
        return _score(kind, 1) if kind is not None else MOST_COMPLEX + 1


def _score(node: Node, nest: int) -> int:
    inner = [n for n in syntax.named(node) if n.type not in ("lifetime", "mutable_specifier")]
    match node.type:
        case "reference_type" | "pointer_type":
            return nest + sum(_score(one, nest) for one in inner)
        case "bounded_type":
            return _score(inner[0], nest)
        case "dynamic_type" | "abstract_type":
            called = next((n for n in syntax.walk(node) if n.type == "function_type"), None)
            deep = nest + (1 if "&" in text(node) or "'" in text(node) else 0)
            own = (50 if deep > nest else 20) * nest
            return own + (sum(_score(n, deep) for n in _types(called)) if called else 0)
        case "function_type":
            return 50 * nest + sum(_score(one, nest + 1) for one in _types(node))
        case "generic_type":
            arguments = syntax.field(node, "type_arguments")
            given = syntax.named(arguments) if arguments is not None else []
            return 10 * nest + sum(_score(n, nest + 1) for n in given if n.type != "lifetime")
        case "tuple_type" | "array_type" | "unit_type" | "parameters":
            return 10 * nest + sum(_score(one, nest + 1) for one in inner)
        case "type_identifier" | "primitive_type" | "scoped_type_identifier":
            return 10 * nest
    return 0


def _types(called: Node) -> list[Node]:
    return [n for n in called.children if n.field in ("parameters", "return_type")]


def _must_not_be_types(statics: list[str], file: _File) -> None:
    """`lazy_static!` makes a type for each static; who says it would have nothing to say."""
    for node in syntax.walk(file.root):
        if node.type == "type_identifier" and text(node) in statics:
            raise Refused(f"`{text(node)}` is used as a type at {file.at(node.start_byte)}")


def _must_be_used(macros: list[Node], file: _File) -> None:
    """The macro hides that a private static is unused, or is so under some `cfg`."""
    for macro in macros:
        tokens = next(c for c in macro.named_children if c.type == "token_tree")
        for one in blocks.statics(text(tokens)[1:-1].replace("\r\n", "\n"))[0]:
            said = [n for n in _heads(file, frozenset((one.name,))) if not _declares(n)]
            if not one.visibility and all(_conditions(node) - _conditions(macro) for node in said):
                raise Refused(f"`{one.name}` may be unused, which the macro hides from rustc")


def _declares(node: Node) -> bool:
    return re.search(r"\bstatic\s+ref$", _before(node)) is not None


def _conditions(node: Node) -> set[str]:
    held = [one for holder in (node, *ancestors(node)) for one in cuts.attributes(holder)]
    return {one for one in held if "cfg" in one}


def _once_cell(file: _File) -> Converted:
    converted = Converted()
    source = indents.code_of(file.root.file.source)
    found = unstable(file.root, source) or (None if file.waits else WAITS.search(source))
    if found is not None:
        named = found[0].decode().strip(".()")
        raise Refused(
            f"`{named}` has no stable twin in the standard library: {file.at(found.start())}"
        )
    wanted: set[str] = set()
    for node in _heads(file, frozenset(file.names.bound)):
        if _before(node).endswith("::") or _is_field(node):
            continue
        std = STD[file.names.bound[text(node)]]
        _must_be_private(node, file)
        _must_be_known(node, text(node), file)
        _must_not_borrow(node, std, file)
        converted.edits.append(Edit(file.path, span(node), std.rpartition("::")[2]))
        wanted.add(std)
    for node in _heads(file, frozenset(("once_cell",))):
        _full_path(node, file, converted)
    for static in syntax.walk(file.root):
        if static.type == "static_item" and _is_lazy(static, file):
            _static(static, file, converted)
    converted.edits += file.names.replaced(file.path, STD, file.style)
    return converted


def unstable(root: Node, code: bytes) -> re.Match[bytes] | None:
    """What a file calls that only `once_cell` has; `code` is the file without its comments.

    What is awaited is a call on a cell of another crate: this one's answers are no futures.
    """
    awaited = {
        called.end_byte
        for node in syntax.walk(root)
        if node.type == "await_expression"
        for call in syntax.named(node)[:1]
        if call.type == "call_expression" and (called := syntax.field(call, "function"))
    }
    return next((f for f in UNSTABLE.finditer(code) if f.end() not in awaited), None)


def _is_field(node: Node) -> bool:
    return _before(node).endswith(".")


def _must_be_known(node: Node, name: str, file: _File) -> None:
    """What is called on the type must be called alike in the standard library."""
    last = file.names.bound.get(name, name).rpartition("::")[2]
    behind = re.match(r"\w+\s*(?:::\s*<[^;(]*>\s*)?::\s*(\w+)", _from(node))
    if behind is not None and behind[1] not in KNOWN[last]:
        raise Refused(f"`{last}::{behind[1]}` is called at {file.at(node.start_byte)}")


TYPED = ("static_item", "const_item", "field_initializer")
"""What says the type of what is made in it: then nothing is captured by who makes the value."""


def _must_not_borrow(node: Node, std: str, file: _File) -> None:
    """`LazyLock` does something when it is dropped, which `Lazy` does not: what the closure of a
    local one borrows stays borrowed until then, and may be moved before."""
    for holder in ancestors(node) if std == "std::sync::LazyLock" else ():
        if holder.type in TYPED or (holder.type == "let_declaration" and _has_type(holder)):
            return
        if holder.type == "function_item":
            return
        if holder.type == "block":
            given = next((n for n in ancestors(node) if n.type == "call_expression"), None)
            arguments = syntax.field(given, "arguments") if given is not None else None
            if arguments is None or "closure_expression" in {n.type for n in arguments.children}:
                line = file.at(node.start_byte)
                raise Refused(f"the `Lazy` at {line} may borrow: a `LazyLock` would do so longer")
            return


def _has_type(let: Node) -> bool:
    return syntax.field(let, "type") is not None


def _must_be_private(node: Node, file: _File) -> None:
    """A type in a public signature may be made, or asked for, in another package."""
    for holder in ancestors(node):
        if holder.type in ("block", "static_item"):
            return
        shown = ("field_declaration", "function_item", "type_item", "trait_item", "const_item")
        if holder.type in shown and any(text(c) == "pub" for c in holder.children):
            raise Refused(f"it is part of a `pub` item at {file.at(node.start_byte)}")


FULL = re.compile(r"once_cell\s*::\s*(sync|unsync)\s*::\s*(Lazy|OnceCell)\b")


def _full_path(node: Node, file: _File, converted: Converted) -> None:
    said = FULL.match(_from(node))
    holder = node.parent
    if holder is not None and holder.type == "extern_crate_declaration":
        converted.edits.append(Edit(file.path, cut_alone(holder, file.path), ""))
        return
    if said is None or _before(node).endswith("$crate::"):
        raise Refused(f"what `once_cell` is used for is not known at {file.at(node.start_byte)}")
    behind = re.match(r"\s*(?:::\s*<[^;(]*>\s*)?::\s*(\w+)", _from(node)[said.end() :])
    if behind is not None and behind[1] not in KNOWN[said[2]]:
        raise Refused(f"`{said[2]}::{behind[1]}` is called at {file.at(node.start_byte)}")
    lead = 2 if _before(node).endswith("::") else 0
    std = STD[f"once_cell::{said[1]}::{said[2]}"]
    _must_not_borrow(node, std, file)
    where = Span(node.start_byte - lead, node.start_byte + said.end())
    converted.edits.append(Edit(file.path, where, std))


def _is_lazy(static: Node, file: _File) -> bool:
    written = text(syntax.field(static, "type"))
    return bool(FULL.match(written)) or re.split(r"[<\s]", written)[0] in file.names.bound


def _static(static: Node, file: _File, converted: Converted) -> None:
    """One static that changes: a line that its new name makes too long is broken anew."""
    name = text(syntax.field(static, "name"))
    visible = next((text(c) for c in static.children if c.type == "visibility_modifier"), "")
    if file.public and visible == "pub":
        raise Refused(f"`{name}` is part of the public interface: its type would change")
    converted.statics.append(name)
    if not is_test(static):
        converted.spans.append(span(static))
    inner = [e for e in converted.edits if span(static).holds(e.span)]
    source = static.file.source
    written = bytearray(source[static.start_byte : static.end_byte])
    for edit in sorted(inner, reverse=True):
        a, b = edit.span.start - static.start_byte, edit.span.end - static.start_byte
        written[a:b] = edit.text.encode()
    now = written.decode("utf-8", "replace").replace("\r\n", "\n")
    indent = layout.indent_at(source, static.start_byte)
    first = now.split("\n")[0]
    wide = max(len(indent.expandtabs(4)) + len(first), *(len(x) for x in now.split("\n")[1:]), 0)
    room = blocks.CLOSING if first.endswith("|| {") else 0
    if wide + room <= file.style.width:
        return
    parts = HEAD.fullmatch(now)
    if parts is None and (broken := _broken(now, indent, file.style)):
        edits = [e for e in converted.edits if e not in inner]
        converted.edits[:] = [*edits, Edit(file.path, span(static), file.style.lines(broken))]
        return
    if parts is None or indents.immovable(now):
        return
    head = " ".join(parts["head"].split())
    value, lead = parts["value"], file.style.unit
    if f"=\n{indent}{lead}" in now[: parts.start("maker")] and "\n" in value:
        moved = indents.shallower(value, lead)
        value = moved if moved is not None else value
    laid = blocks.laid_out(head, parts["maker"], value, indent, file.style)
    for edit in inner:
        converted.edits.remove(edit)
    converted.edits.append(Edit(file.path, span(static), file.style.lines(f"{laid};")))


def _broken(line: str, indent: str, style: Style) -> str:
    """A static in one line that is made by a function, on two; empty for any other."""
    head, equals, value = line.partition(" = ")
    below = f"{indent}{style.unit}{value}"
    plain = re.fullmatch(r"(?:\w+::)*LazyLock::new\((?:\w+::)*\w+\);", value) is not None
    fits = len(below.expandtabs(4)) <= style.width and len(indent) + len(head) + 2 <= style.width
    return f"{head} =\n{below}" if equals and plain and fits else ""


__all__ = ["Converted", "Refused", "convert", "unstable"]
