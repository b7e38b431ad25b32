"""How many entries the callers of a constructor ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.syntax import field, text
from rustfix_mem.rust.write.imports import is_test
from rustfix_mem.text import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.types import Collection


@dataclass(frozen=True, slots=True)
class Requests:
    """The most entries that anybody is seen to ask for, where, and whether all are known."""

    most: int
    where: str
    all_known: bool


def number_of(written: str) -> int | None:
    """The value of an integer literal."""
    plain = re.fullmatch(r"([0-9][0-9_]*)(?:usize|u32|u64)?", written.strip())
    return int(plain[1].replace("_", "")) if plain else None


def requested(limit: Node, function: Function, collection: Collection, files: Files) -> Requests:
    """What is asked for where `limit`, in the body of a constructor, takes its value from."""
    names = [parameter.name for parameter in function.params]
    if limit.type == "identifier" and text(limit) in names:
        given = list(_given(names.index(text(limit)), function, collection, files))
    else:
        given = [(_value(limit, files), "")]
    known = [(number, where) for number, where in given if number is not None]
    most, where = max(known, default=(0, ""))
    return Requests(most, where, bool(given) and len(known) == len(given))


def _value(node: Node, files: Files) -> int | None:
    """The value of a literal, or of a constant of which there is one."""
    if node.type == "integer_literal":
        return number_of(text(node))
    name = text(node).rpartition("::")[2]
    if not name.isupper():
        return None
    found = [
        static.value
        for path in files.words.files_with_static(name)
        for static in files.outline(path).statics
        if static.name == name
    ]
    return number_of(found[0]) if len(found) == 1 else None


def _given(
    index: int, function: Function, collection: Collection, files: Files
) -> Iterator[tuple[int | None, str]]:
    """The argument of each call `Owner::new(…)` outside of tests, and where it stands."""
    assert collection.owner is not None
    called = f"{collection.owner.name}::{function.name}"
    for path in files.files_with(collection.owner.name):
        reach = files.reach(path)
        if reach.state != "seen" or reach.test:
            continue
        with syntax.parsed(files.sources[path]) as tree:
            for node in syntax.walk(tree.root):
                if node.type != "call_expression" or is_test(node):
                    continue
                callee = re.sub(r"::<.*>", "", "".join(text(field(node, "function")).split()))
                arguments = field(node, "arguments")
                given = syntax.named(arguments) if arguments is not None else []
                if f"::{callee}".endswith(f"::{called}") and len(given) > index:
                    line = line_at(node.file.source, node.start_byte)
                    yield _value(given[index], files), f"{path}:{line}"
