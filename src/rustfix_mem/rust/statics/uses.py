"""The imports of a crate that goes, and what takes their place among those of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import COMMENTS, span, text
from rustfix_mem.rust.write import cuts, layout
from rustfix_mem.text import Edit, Span, line_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.write.layout import Style


@dataclass(frozen=True)
class Names:
    """What a file imports of one crate."""

    root: Node
    gone: tuple[Node, ...]
    """The `use`s of nothing else."""
    bound: Mapping[str, str]
    """The names that they bring, and what these are."""

    @classmethod
    def of(cls, root: Node, crate: str, file: str) -> Names:
        """The imports of `crate` in a file; raises `Refused` where they cannot simply go."""
        gone: list[Node] = []
        bound: dict[str, str] = {}
        for use in [n for n in syntax.walk(root) if n.type == "use_declaration"]:
            written = _written(use)
            if not re.search(rf"\b{crate}\b", written):
                continue
            at = f"{file}:{line_at(root.file.source, use.start_byte)}"
            if not re.match(rf"(?:::)?{crate}::", written):
                raise Refused(f"a `use` at {at} names `{crate}` among others")
            if _is_visible(use) or any("cfg" in one for one in cuts.attributes(use)):
                raise Refused(f"the `use` at {at} is handed on, or depends on a `cfg`")
            for path in expanded(written.removeprefix("::")):
                name = path.rpartition("::")[2]
                if path == "lazy_static::*":  # the macro, and `initialize`
                    bound["initialize"] = "lazy_static::initialize"
                    continue
                if " as " in path or name in ("*", "self", "sync", "unsync", "race"):
                    raise Refused(f"the `use` at {at} brings in `{path}`")
                if bound.get(name, path) != path:
                    raise Refused(f"`{name}` is two things in one file")
                bound[name] = path
            gone.append(use)
        _must_not_clash(root)
        return cls(root, tuple(gone), bound)

    @property
    def importable(self) -> bool:
        """Whether `LazyLock` is imported at the top, or can be where nothing else need move."""
        top = _top(self.root)
        if any("std::sync::LazyLock" in expanded(_written(use)) for use in top):
            return True
        here = [use for use in self.gone if use in top]
        return bool(here) or any(_mergeable(use, "std::sync") for use in top)

    def taken(self, path: str, wanted: Iterable[str], style: Style) -> list[Edit]:
        """The edits that take all of these imports out, and bring `wanted` in at the top."""
        top = _top(self.root)
        edits = [Edit(path, cut_alone(use, path), "") for use in self.gone if use not in top]
        gone = [use for use in self.gone if use in top]
        return _clean([*edits, *_in_scope(top, gone, sorted(wanted), path, style)], self.root)

    def replaced(self, path: str, std: Mapping[str, str], style: Style) -> list[Edit]:
        """The edits that import for each name what the standard library calls it."""
        edits: list[Edit] = []
        for scope in dict.fromkeys(use.parent for use in self.gone):
            uses = [n for n in scope.named_children if n.type == "use_declaration"] if scope else []
            gone = [use for use in self.gone if use.parent == scope]
            paths = {
                _std(one, std) for use in gone for one in expanded(_written(use).removeprefix("::"))
            }
            edits += _in_scope(uses, gone, sorted(paths), path, style)
        return _clean(edits, self.root)


def _std(path: str, std: Mapping[str, str]) -> str:
    if path not in std:
        raise Refused(f"`{path}` has no twin in the standard library")
    return std[path]


def _clean(edits: list[Edit], root: Node) -> list[Edit]:
    """The edits, deletions with the blank lines that would be left doubled."""
    source = root.file.source
    kept = [edit for edit in edits if edit.text]
    put = {edit.span.start for edit in kept}
    for edit in _joined([edit for edit in edits if not edit.text]):
        [tidied] = cuts.tidy(source, [edit.span])
        beside = any(edit.span.start <= at <= edit.span.end for at in put)
        kept.append(Edit(edit.path, edit.span if beside else tidied, ""))
    return kept


def _joined(cut: list[Edit]) -> list[Edit]:
    """Deletions, those that touch as one."""
    joined: list[Edit] = []
    for edit in sorted(cut):
        last = joined[-1] if joined else None
        if last is not None and last.span.end == edit.span.start:
            joined[-1] = Edit(edit.path, Span(last.span.start, edit.span.end), "")
        else:
            joined.append(edit)
    return joined


def _must_not_clash(root: Node) -> None:
    """Whether the new names mean nothing else in the file."""
    for use in [n for n in syntax.walk(root) if n.type == "use_declaration"]:
        for path in expanded(_written(use)):
            name = path.rpartition("::")[2].rpartition(" as ")[2]
            known = path in ("std::sync::LazyLock", "std::sync::OnceLock", "std::cell::LazyCell")
            if name in ("LazyLock", "OnceLock", "LazyCell") and not known:
                raise Refused(f"`{name}` is something else in this file: `{path}`")
    for node in syntax.walk(root):
        if node.type.endswith("_item") and text(syntax.field(node, "name")) in (
            "LazyLock",
            "OnceLock",
            "LazyCell",
        ):
            raise Refused(f"`{text(syntax.field(node, 'name'))}` is declared in this file")


def _written(use: Node) -> str:
    return " ".join(text(syntax.field(use, "argument")).split())


def expanded(written: str) -> list[str]:
    """Every path of a `use`: `a::{b, c::d}` is `a::b` and `a::c::d`."""
    head, brace, rest = written.partition("{")
    if not brace:
        return [written.strip()]
    inner, depth, parts, part = rest.rpartition("}")[0], 0, list[str](), ""
    for char in f"{inner},":
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            if part.strip():
                parts.append(part.strip())
            part = ""
        else:
            part += char
    return [path for one in parts for path in expanded(f"{head.strip()}{one}")]


def _is_visible(use: Node) -> bool:
    return any(child.type == "visibility_modifier" for child in use.children)


def _top(root: Node) -> list[Node]:
    return [node for node in root.named_children if node.type == "use_declaration"]


def _plain(use: Node) -> bool:
    return not _is_visible(use) and not cuts.attributes(use)


LIST = re.compile(r"use (?P<of>std::\w+)::(?:(?P<one>\w+)|\{(?P<many>[^{}]*)\});")
NESTED = r"(?P<lead>[{{,]\s*){of}::(?:(?P<one>\w+)(?=\s*[,}}])|\{{(?P<many>[^{{}}]*)\}})"


def _mergeable(use: Node, of: str) -> bool:
    """Whether a name of a module can go into this `use`."""
    if not _plain(use) or "//" in text(use):
        return False
    found = LIST.fullmatch(" ".join(text(use).split()))
    if found is not None:
        return found["of"] == of
    return text(use).startswith("use std::{")


def _in_scope(
    top: list[Node], gone: list[Node], wanted: list[str], path: str, style: Style
) -> list[Edit]:
    """What is wanted comes into the imports of a scope, and what is gone leaves them."""
    have = {one for use in top if use not in gone for one in expanded(_written(use))}
    edits, spare = list[Edit](), list(gone)
    modules: dict[str, list[str]] = {}
    for one in wanted:
        if one not in have:
            module, _, name = one.rpartition("::")
            modules.setdefault(module, []).append(name)
    if style.apart or _stand_apart(top):
        lines = [
            _own_line(top, spare, module, [name], path, style)
            for module, names in modules.items()
            for name in sorted(names)
        ]
        edits, modules = _at_one_place(lines), {}
    for module, names in modules.items():
        merged = next((e for u in top if (e := _merged(u, module, names, path, style))), None)
        edits.append(merged or _own_line(top, spare, module, names, path, style))
    edits += [Edit(path, cut_alone(use, path), "") for use in spare]
    return edits


def _stand_apart(top: list[Node]) -> bool:
    """Whether the imports of a scope have no lists, where two of one module could share one."""
    written = [_written(use) for use in top]
    modules = [one.rpartition("::")[0] for one in written]
    return len(set(modules)) < len(modules) and not any("{" in one for one in written)


def _at_one_place(lines: list[Edit]) -> list[Edit]:
    """Lines that are put in, those for the same place as one."""
    kept: dict[Span, Edit] = {}
    for one in lines:
        above = kept[one.span].text if one.span in kept else ""
        kept[one.span] = Edit(one.path, one.span, above + one.text)
    return list(kept.values())


def cut_alone(item: Node, path: str) -> Span:
    """The lines of an import; `Refused` if a comment stands right above, which would go with it."""
    if any(node.type in COMMENTS for node in cuts.attached(item)):
        at = line_at(item.file.source, item.start_byte)
        raise Refused(f"a comment stands above the import at {path}:{at}")
    return cuts.cut(item)


def _order(name: str) -> tuple[int, str]:
    """Where rustfmt has a name in a list: what is written small, then types, then constants."""
    if name.startswith(("self", "super", "crate")):
        return 0, name
    return (3 if name.isupper() and len(name) > 1 else 2 if name[:1].isupper() else 1), name


def _with(names: list[str], new: list[str]) -> list[str]:
    both = [*names, *new]
    return sorted(both, key=_order) if names == sorted(names, key=_order) else both


def _merged(use: Node, module: str, new: list[str], path: str, style: Style) -> Edit | None:
    """A `use` of the same module with more names, if it stays on one line."""
    if not _mergeable(use, module):
        return None
    found = LIST.fullmatch(" ".join(text(use).split()))
    if found is not None:
        names = [found["one"]] if found["one"] else _names(found["many"])
        line = f"use {module}::{{{', '.join(_with(names, new))}}};"
        return Edit(path, span(use), line) if len(line) <= style.width else None
    said = text(use)
    inner = re.search(NESTED.format(of=module.partition("::")[2]), said)
    if inner is None:
        return _nested(use, module.partition("::")[2], new, path, style)
    if inner["one"] and "\n" not in said:
        return _vertical(use, module.partition("::")[2], new, path, style)
    names = [inner["one"]] if inner["one"] else _names(inner["many"])
    listed = f"{module.partition('::')[2]}::{{{', '.join(_with(names, new))}}}"
    start = use.start_byte + len(said[: inner.end("lead")].encode())
    end = use.start_byte + len(said[: inner.end()].encode())
    source = use.file.source
    line_start = source.rfind(b"\n", 0, start) + 1
    stop = source.find(b"\n", end)
    rest = source[end : stop if stop >= 0 else len(source)]
    if start - line_start + len(listed) + len(rest) > style.width or "\n" in (inner["many"] or ""):
        return None
    return Edit(path, Span(start, end), listed)


def _nested(use: Node, module: str, new: list[str], path: str, style: Style) -> Edit | None:
    """One more item in `use std::{…}`, where it belongs; on a line of its own if all are."""
    listed = _listed(use)
    if listed is None:
        return None
    inner = [n for n in syntax.named(listed) if text(n).startswith(f"{module}::")]
    if inner:  # a list of several lines, or with lists in it
        deeper = syntax.field(inner[0], "list")
        return _item(deeper, new[0], path, style) if deeper is not None and len(new) == 1 else None
    item = f"{module}::{{{', '.join(sorted(new))}}}" if len(new) > 1 else f"{module}::{new[0]}"
    return _item(listed, item, path, style)


def _item(listed: Node, item: str, path: str, style: Style) -> Edit | None:
    """One more item in a list that is in order."""
    items = syntax.named(listed)
    if not items or [_key(text(n)) for n in items] != sorted(_key(text(n)) for n in items):
        return None
    source = listed.file.source
    behind = next((n for n in items if _key(text(n)) > _key(item)), None)
    alone = all(_starts_line(n) for n in items)
    line = source[source.rfind(b"\n", 0, listed.start_byte) + 1 : listed.end_byte + 1]
    if not alone and ("\n" in text(listed) or len(line) + len(item) + 2 > style.width):
        return None
    indent = layout.indent_at(source, items[0].start_byte)
    gap = f"{style.newline}{indent}" if alone else " "
    if behind is not None:
        at = behind.start_byte
        return Edit(path, Span(at, at), f"{item},{gap}")
    at = items[-1].end_byte
    return Edit(path, Span(at, at), f",{gap}{item}")


def _vertical(use: Node, module: str, new: list[str], path: str, style: Style) -> Edit | None:
    """`use std::{a, sync::B};` with more of `sync`: a list in a list stands on lines of its own."""
    items = syntax.named(listed) if (listed := _listed(use)) else []
    lines = [
        f"{module}::{{{', '.join(_with([text(n).rpartition('::')[2]], new))}}}"
        if re.fullmatch(rf"{module}::\w+", text(n))
        else text(n)
        for n in items
    ]
    if any(" as " in line for line in lines):
        return None
    indent = layout.indent_at(use.file.source, use.start_byte)
    inner = "".join(f"{indent}{style.unit}{line},\n" for line in lines)
    return Edit(path, span(use), style.lines(f"use std::{{\n{inner}{indent}}};"))


def _listed(use: Node) -> Node | None:
    argument = syntax.field(use, "argument")
    return syntax.field(argument, "list") if argument is not None else None


def _starts_line(node: Node) -> bool:
    source = node.file.source
    return not source[source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte].strip()


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _own_line(
    top: list[Node], spare: list[Node], module: str, names: list[str], path: str, style: Style
) -> Edit:
    """A `use` of its own, where it belongs among the others; in place of one that goes if alone."""
    said = (
        f"{module}::{{{', '.join(sorted(names))}}}" if len(names) > 1 else f"{module}::{names[0]}"
    )
    line = f"use {said};"
    groups = _groups(top)
    group = next(
        (g for g in groups if any(text(u).startswith("use std::") for u in g if u not in spare)),
        next((g for g in groups if any(use in spare and _plain(use) for use in g)), None),
    )
    if group is None:
        raise Refused("there is no place for the import of `LazyLock`")
    left = [use for use in group if use not in spare]
    if not left:
        use = next(use for use in group if use in spare and _plain(use))
        spare.remove(use)
        return Edit(path, span(use), line)
    behind = [use for use in left if _key(_written(use)) > _key(said)]
    if behind:
        first = cuts.attached(behind[0])
        start = (first[0] if first else behind[0]).start_byte
        at = behind[0].file.source.rfind(b"\n", 0, start) + 1
    else:
        at = left[-1].file.source.find(b"\n", left[-1].end_byte) + 1
    indent = layout.indent_at(left[0].file.source, left[0].start_byte)
    return Edit(path, Span(at, at), style.lines(f"{indent}{line}\n"))


def _key(written: str) -> list[tuple[int, str]]:
    head, brace, _ = written.partition("{")
    parts = [_order(part) for part in head.strip(": ").split("::")]
    return [*parts, (9, "")] if brace else parts


def _groups(top: list[Node]) -> list[list[Node]]:
    """The imports, parted by empty lines and by whatever else stands between them."""
    groups: list[list[Node]] = []
    for use in top:
        last = groups[-1][-1] if groups else None
        above = [n for n in cuts.attached(use) if n.type == "attribute_item"]
        if last is not None and syntax.lines_between(last, above[0] if above else use) == 1:
            groups[-1].append(use)
        else:
            groups.append([use])
    return groups
