"""A new entry or table as text, where the file would have it and as the file would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rustfix_mem.cargo.toml_lines import items, split
from rustfix_mem.cargo.toml_places import (
    behind,
    insertion,
    place,
    run_for,
    sorted_by,
    stands_alone,
    stands_apart,
    table_edit,
    units,
)
from rustfix_mem.cargo.toml_style import key, quoted, style_of
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rustfix_mem.cargo.toml_lines import Document, Entry, Table
    from rustfix_mem.cargo.toml_places import Unit
    from rustfix_mem.cargo.toml_style import Style, Value, Values

Path = tuple[str, ...]

TARGETS = ("target", "build-dependencies", "dev-dependencies")
LATER = ("features", "profile", "patch", "replace", "lints")
BEHIND: dict[str, tuple[tuple[str, ...], ...]] = {
    "target": (("target",), ("dependencies",)),
    "features": (("dependencies", *TARGETS),),
    "profile": (("profile",),),
}
"""Behind the last of which tables a new one goes; the first kind that is there counts."""

BEFORE = {"dependencies": (*TARGETS, *LATER), "target": (*TARGETS, *LATER), "features": LATER}
"""Else before the first of these that stands behind `[package]`; else at the end."""


def put(
    document: Document,
    path: Path,
    name: str,
    value: Value,
    unlike: Collection[str] = (),
    last: bool = False,
) -> tuple[Edit, Value]:
    """`name`, which is not there, in the table at `path`; and its value as it is written.

    A table as value is written in the form of its neighbours; one with a version alone may become
    a string. `unlike` names entries of another sort, among which it does not go; `last`: behind
    all others, wherever their names belong.
    """
    table, below = document.table(path), document.below(path)
    if table is not None and (table.entries or not below or not isinstance(value, Mapping)):
        return _among(document, table, name, value, unlike, last)
    if below and isinstance(value, Mapping):
        return _below(document, path, name, value, last), value
    models = _kin(document, path)
    style = style_of(document, _entries(models))
    lines, written = _lines(document, style, models, key(name), value)
    header = f"[{_header(document, path)}]"
    return table_edit(document, _behind(document, path), [header, *lines]), written


def put_table(document: Document, path: Path, values: Values) -> Edit:
    """The table at `path`, which is not there, with a header of its own behind its kin."""
    return _below(document, path[:-1], path[-1], values, last=True)


def _among(
    document: Document,
    table: Table,
    name: str,
    value: Value,
    unlike: Collection[str],
    last: bool,
) -> tuple[Edit, Value]:
    """An entry in a table that has a header."""
    found = units(document, table)
    run = found[-1:] if last else run_for(name, found, unlike)
    beside = run if len(run) > 1 else found
    models = found or _kin(document, table.path)
    style = style_of(document, _entries(beside))
    lines, written = _lines(document, style, models, key(name), value)
    at = table.header.end
    if run:
        alone = not last and stands_alone(name, found, run)
        by_name = not last and not alone
        at = place(document, table, name, run) if by_name else behind(document, table, run[-1])
        if alone:
            lines = ["", *lines]
        elif stands_apart(found, run):
            lines = ["", *lines] if at > run[0].lines.start else [*lines, ""]
    return insertion(document, at, lines), written


def _below(document: Document, path: Path, name: str, values: Values, last: bool) -> Edit:
    """A table with a header of its own, among others of its kind."""
    below = document.below(path)
    found = None if last else sorted_by([table.path[len(path)] for table in below])
    model = below[-1] if below else _behind(document, path)
    if found:
        order, kept = found
        tables = [below[place] for place in kept]
        smaller = [t for t in tables if order(t.path[len(path)]) < order(name)]
        first = document.tables.index(tables[0])
        model = smaller[-1] if smaller else document.tables[first - 1]
    kin = next((t for t in reversed(below) if len(t.path) == len(path) + 1 and t.entries), None)
    style = style_of(document, kin.entries if kin else ())
    lines = style.lines(values)
    return table_edit(document, model, [f"[{_header(document, (*path, name))}]", *lines])


def dotted(document: Document, beside: Unit, name: str, values: Values) -> tuple[Edit, Value]:
    """`a.name` behind `a.other`, where tables are written as dotted keys or inline."""
    style = style_of(document, beside.entries)
    model = beside.entries[-1]
    start = ".".join([*split(document.text(model.key))[:1], key(name)])
    if len(model.keys) == 2 and document.text(model.value).startswith("{"):
        lines = [style.entry(start, values)]
    else:
        lines = [style.entry(f"{start}.{key(k)}", value) for k, value in values.items()]
    return insertion(document, behind(document, document.tables[0], beside), lines), values


def append(document: Document, entry: Entry, more: Sequence[str]) -> list[Edit]:
    """Strings put behind the last item of an array, on lines of their own if the others are."""
    found, comma = items(document, entry.value)
    style = style_of(document, [entry])
    texts = [quoted(one, style.quote) for one in more]
    if not found:
        at = entry.value.start + 1
        return [Edit(document.path, Span(at, at), ", ".join(texts))]
    end = found[-1].end
    line = document.source.rfind(b"\n", 0, found[-1].start) + 1
    indent = document.source[line : found[-1].start]
    stop = document.source.find(b"\n", end, entry.value.end) + 1
    if indent.strip() or not stop:  # beside others on the line, or before the bracket
        if comma:
            at = document.source.index(b",", end) + 1
            return [Edit(document.path, Span(at, at), f" {', '.join(texts)},")]
        return [Edit(document.path, Span(end, end), f", {', '.join(texts)}")]
    closing = [] if comma else [Edit(document.path, Span(end, end), ",")]
    ends = [*[","] * (len(texts) - 1), "," if comma else ""]
    lines = [f"{indent.decode()}{text}{end}" for text, end in zip(texts, ends, strict=True)]
    return [*closing, insertion(document, stop, lines)]


def _lines(
    document: Document, style: Style, models: Sequence[Unit], written: str, value: Value
) -> tuple[list[str], Value]:
    """The lines of an entry in the form of the models, and its value in that form."""
    form = _form(document, models, value) if isinstance(value, Mapping) else "plain"
    if isinstance(value, Mapping) and form == "dotted":
        return [style.entry(f"{written}.{key(k)}", v) for k, v in value.items()], value
    if isinstance(value, Mapping) and form == "plain":
        value = value["version"]
    return [style.entry(written, value)], value


def _form(document: Document, models: Sequence[Unit], value: Values) -> str:
    """How a table is written beside the models: `plain`, a string; `inline`; or `dotted`."""
    plain, dotted, inline, dotted_more, inline_more = 0, 0, 0, 0, 0
    only = next(iter(value)) if len(value) == 1 else ""
    for unit in models:
        entry = unit.entries[0]
        source = document.text(entry.value)
        names = [e.keys[1] for e in unit.entries if len(e.keys) > 1]
        if names:
            dotted += names == [only]
            dotted_more += names != ["workspace"]
        elif source.startswith("{"):
            parts = [document.text(part) for part in items(document, entry.value)[0]]
            inline += bool(only) and len(parts) == 1 and parts[0].startswith(only)
            inline_more += len(parts) > 1
        else:
            plain += 1
    if only == "workspace":
        return "dotted" if dotted >= inline else "inline"
    if only == "version":
        if plain or not (dotted or inline):
            return "dotted" if dotted_more > plain + inline_more else "plain"
        return "dotted" if dotted > inline else "inline"
    return "dotted" if dotted_more > inline_more else "inline"


def _kin(document: Document, path: Path) -> list[Unit]:
    """The entries of the tables of the same sort: `[dev-dependencies]` for `[dependencies]`."""
    sort = path[-1].rpartition("-")[2]
    kin = [t for t in document.tables if t.path and t.path[-1].endswith(sort) and not t.array]
    return [unit for table in kin for unit in units(document, table)]


def _entries(found: Sequence[Unit]) -> list[Entry]:
    return [entry for unit in found for entry in unit.entries]


def _behind(document: Document, path: Path) -> Table:
    """Behind which table a new one of this path goes."""
    tables = document.tables
    for kinds in BEHIND.get(path[0], ()):
        if kin := [table for table in tables if table.path[:1] and table.path[0] in kinds]:
            return kin[-1]
    first = next((at for at, t in enumerate(tables) if t.path[:1] == ("package",)), 0)
    for at in range(first + 1, len(tables)):
        if tables[at].path[0] in BEFORE.get(path[0], ()):
            return tables[at - 1]
    return tables[-1]


def _header(document: Document, path: Path) -> str:
    """A header's key; a part that another header has is written as there, in its quotes."""
    return ".".join(_part(document, path, place) for place in range(len(path)))


def _part(document: Document, path: Path, place: int) -> str:
    heads = [t for t in document.tables if t.path[:1] == path[:1] and len(t.path) > place]
    written = [split(document.text(table.key))[place] for table in heads]
    for table, part in zip(heads, written, strict=True):
        if table.path[place] == path[place]:
            return part
    marks = [part[0] for part in written if part[0] in "\"'"]
    name = path[place]
    return key(name) if key(name) == name or not marks else quoted(name, marks[-1])
