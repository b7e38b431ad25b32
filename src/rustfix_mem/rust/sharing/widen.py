"""A private function takes the pointer that its callers hold, instead of cloning what is behind it.

`fn f(p: &T) { … Arc::new(p.clone()) … }` becomes `fn f(p: &Arc<T>) { … Arc::clone(p) … }`.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.scopes import declaration, is_deref, method_call
from rustfix_mem.rust.file.syntax import ancestors, field, span, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.file.wraps import cloned, pointer_of
from rustfix_mem.rust.sharing import uses
from rustfix_mem.rust.sharing.callers import Caller, callers_in
from rustfix_mem.rust.sharing.subject import Needed, Subject
from rustfix_mem.rust.sharing.typed import Typed, meant, plain_head, same, stripped
from rustfix_mem.rust.sharing.typing import type_of
from rustfix_mem.rust.write import cuts, layout
from rustfix_mem.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.typing import Site

HARMLESS = re.compile(
    r"#\s*\[\s*(?:allow|expect|warn|deny|inline|must_use|doc|cold|cfg|track_caller|deprecated"
    r"|instrument|tracing::instrument|rustfmt::skip)\b"
)
"""Attributes that do not care what a parameter is."""


def subject_of(wrap: Node, name: str, site: Site) -> Subject:
    """The parameter, and the type behind its reference; raises `Refused`."""
    bound = declaration(wrap, name)
    declared = field(bound, "type") if bound is not None else None
    if bound is None or bound.type != "parameter" or declared is None:
        raise Refused(f"`{name}` is no parameter")
    if any(h.type == "closure_expression" for h in ancestors(bound)):
        raise Refused(f"`{name}` is a parameter of a closure")
    tree = type_tree(declared)
    if tree.head != "&" or tree.args[0].head in ("&", "&mut", "dyn", "impl", "[]", "?"):
        raise Needed(f"`{name}` is given as `{text(declared)}`")
    pattern = field(bound, "pattern")
    if pattern is None or pattern.type != "identifier":
        raise Refused(f"`{name}` may be changed")
    typed = Typed(tree.args[0], site.path, site.function.module)
    if plain_head(meant(typed, site.files), site.files) in ("Arc", "Rc", "Box"):
        raise Refused(f"`{name}` is a pointer already")
    return Subject(bound, name, name, typed, pointer_of(wrap))


def signature(subject: Subject, site: Site) -> list[Edit]:
    """The edits of the function itself; raises `Refused`."""
    function = site.function
    for node in syntax.walk(function.body):
        first = subject.pointer.partition("::")[0]
        if node.type == "use_declaration" and re.search(rf"\b{first}\b", text(node)):
            raise Refused(f"`{first}` is imported inside of the function")
        if cloned(node) is not None and pointer_of(node).endswith(
            "Arc"
        ) != subject.pointer.endswith("Arc"):
            raise Refused("there are an `Arc` and an `Rc` of it")
    declared = field(subject.bound, "type")
    assert declared is not None
    inner = syntax.named(declared)[-1]
    written = f"{subject.pointer}<{text(inner)}>"
    return [_fitting(Edit(site.path, span(inner), written), site), *uses.edits(subject, site)]


def demand_own(site: Site) -> None:
    """Raises `Refused` for a function whose parameters are not its own affair."""
    function = site.function
    if function.visibility == "pub":
        raise Needed(f"`{function.name}` is public: who calls it is unknown")
    if function.trait or any(h.type == "trait_item" for h in ancestors(function.node)):
        raise Needed(f"`{function.name}` is a method of a trait")


def demand_plain(site: Site) -> None:
    """Raises `Refused` for a function that something else may call, too."""
    function = site.function
    modifiers = [c for c in function.node.named_children if c.type == "function_modifiers"]
    if any("extern" in text(one) for one in modifiers):
        raise Refused(f"`{function.name}` is called from elsewhere")
    strange = [a for a in cuts.attributes(function.node) if not HARMLESS.match(a)]
    if strange:
        raise Refused(f"`{function.name}` has an attribute: `{strange[0]}`")


def _fitting(edit: Edit, site: Site) -> Edit:
    """The edit of the type, or of all parameters, if they no longer fit into their line."""
    source, node = site.function.node.file.source, site.function.node
    style = layout.style_of(source, site.files.rustfmt(site.path))
    start = source.rfind(b"\n", 0, edit.span.start) + 1
    end = source.find(b"\n", edit.span.end)
    before = source[start : edit.span.start].decode("utf-8", "replace")
    behind = source[edit.span.end : end if end >= 0 else len(source)].decode("utf-8", "replace")
    line = (before + edit.text + behind).rstrip()
    if len(line.expandtabs(4)) <= style.width:
        return edit
    parameters = field(node, "parameters")
    if parameters is None or "\n" in text(parameters) or "//" in line or "/*" in line:
        raise Refused("its line would be too long")
    indent = layout.indent_at(source, node.start_byte)
    listed = [
        text(one)
        if not span(one).holds(edit.span)
        else text(one).replace(source[edit.span.start : edit.span.end].decode(), edit.text, 1)
        for one in syntax.named(parameters)
    ]
    inner = "".join(f"\n{indent}{style.unit}{one}," for one in listed)
    return Edit(site.path, span(parameters), style.lines(f"({inner}\n{indent})"))


def lent_by_callers(subject: Subject, site: Site) -> list[Edit]:
    """The edits of all calls; raises `Refused` unless every caller holds a pointer."""
    name, unclear = site.function.name, list[str]()
    found: list[list[Edit]] = []
    others: list[str] = []
    for path in _may_call(site):
        with syntax.parsed(site.files.sources[path]) as tree:
            for caller in _callers(tree, path, site):
                if isinstance(caller, Refused):
                    unclear.append(str(caller))
                elif not _hands_on(caller, subject, site):
                    made = _given(caller, subject, site)
                    found += [made] if made is not None else []
                    others += [caller.place] if made is None else []
    if len(found) <= len(others):
        raise Needed(f"no caller of `{name}` holds one" if not found else FEW.format(name))
    if others:
        count, places = len(found) + len(others), ", ".join(others[:3])
        raise Refused(f"{len(found)} of its {count} callers hold one, but not {places}")
    if unclear:
        raise Refused(unclear[0])
    return [edit for made in found for edit in made]


FEW = "few callers of `{}` hold one"


def _callers(tree: syntax.Tree, path: str, site: Site) -> Iterator[Caller | Refused]:
    if tree.error() is not None:
        yield Refused(f"{path} cannot be read, and names `{site.function.name}`")
        return
    own = len(site.function.params)
    method = any(parameter.name == "self" for parameter in site.function.params)
    for caller in callers_in(tree, path, site):
        # With another number of arguments it is another function.
        if isinstance(caller, Refused):
            yield caller
            continue
        if len(caller.arguments) == own - (0 if caller.by_path else method):
            yield caller


def _hands_on(caller: Caller, subject: Subject, of: Site) -> bool:
    """Whether the function calls itself with what it was given."""
    argument = _argument(caller, subject, of)
    mine = declaration(argument, subject.name) == subject.bound
    return text(argument) == subject.name and mine


def _argument(caller: Caller, subject: Subject, of: Site) -> Node:
    names = [parameter.name for parameter in of.function.params]
    return caller.arguments[names.index(subject.name) - (0 if caller.by_path else "self" in names)]


def _may_call(site: Site) -> list[str]:
    """The files that may call a function: of a private one its own, and those below it."""
    files, path = site.files, site.path
    package = files.reach(path).package
    inside = f"{package.folder}/" if package is not None and package.folder else ""
    if not site.function.visibility and b"#[path" not in files.sources[path]:
        folder, base = posixpath.split(path)
        below = folder if base in ("mod.rs", "lib.rs", "main.rs") else path.removesuffix(".rs")
        inside = f"{below}/" if below else ""
    return [
        one
        for one in files.files_with(site.function.name)
        if (one == path or one.startswith(inside))
        and files.reach(one).package == package
        and files.reach(one).state != "orphan"
    ]


def _given(caller: Caller, subject: Subject, of: Site) -> list[Edit] | None:
    """How a call is written afterwards; None if it has no pointer to lend."""
    argument = _argument(caller, subject, of)
    place = _place_lent(argument)
    held = type_of(argument, caller.site)
    if held is not None and held.tree.head == "&" and _is_pointer(held.inner(), subject, caller):
        return []
    if place is None:
        return None
    inner = type_of(place, caller.site)
    if inner is None or not _is_pointer(stripped(inner, of.files, ("&",)), subject, caller):
        return None
    text_of = text(place) if inner.tree.head == "&" else f"&{text(place)}"
    return [Edit(caller.site.path, span(argument), text_of)]


def _place_lent(argument: Node) -> Node | None:
    """The `x` of `&*x`, `&**x` and `x.as_ref()`."""
    call = method_call(argument)
    if call is not None:
        plain = call.name in ("as_ref", "deref") and not call.arguments
        return call.receiver if plain else None
    if argument.type != "reference_expression":
        return None
    inner = syntax.named(argument)[-1]
    if not is_deref(inner):
        return None
    while is_deref(inner):
        inner = syntax.named(inner)[-1]
    return inner


def _is_pointer(held: Typed | None, subject: Subject, caller: Caller) -> bool:
    files = caller.site.files
    if held is None:
        return False
    held = meant(held, files)
    inner, kind = held.inner(), subject.pointer.rpartition("::")[2]
    return (
        inner is not None and plain_head(held, files) == kind and same(inner, subject.type, files)
    )
