"""A type as written somewhere, and what is behind its references, pointers and aliases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.rust.whole.types import expand

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import TypeDef, TypeTree
    from rustfix_mem.rust.whole.files import Files

THROUGH = ("&", "&mut", "Arc", "Rc", "Box")
"""What a dot goes through to come to a field."""
DEPTH = 12


@dataclass(frozen=True, slots=True)
class Typed:
    """A type as written, and where: its names mean what they mean there."""

    tree: TypeTree
    path: str
    module: str

    def inner(self, index: int = 0) -> Typed | None:
        """An argument of the type: the `T` of `Arc<T>`."""
        args = self.tree.args
        return replace(self, tree=args[index]) if len(args) > index else None


def plain_head(typed: Typed, files: Files) -> str:
    """`&`, `Arc`, `Option`, …: the name that the head of a type has where it is declared."""
    tree = typed.tree
    if not tree.head[:1].isalpha():
        return tree.head
    meaning = files.names.meaning(tree.head, typed.path, typed.module)
    if meaning is None:
        return ""
    return "" if meaning.defined is not None else meaning.name


def meant(typed: Typed, files: Files) -> Typed:
    """The type behind aliases."""
    for _ in range(6):
        meaning = files.names.meaning(typed.tree.head, typed.path, typed.module)
        if meaning is None or meaning.defined is None or meaning.defined.kind != "type":
            break
        target = expand(meaning.defined, typed.tree)
        if target is None:
            break
        typed = Typed(target, meaning.file, meaning.defined.module)
    return typed


def definition(typed: Typed, files: Files) -> tuple[TypeDef, str] | None:
    """The struct or enum that a type is, and its file."""
    typed = meant(typed, files)
    meaning = files.names.meaning(typed.tree.head, typed.path, typed.module)
    if meaning is None or meaning.defined is None or meaning.defined.kind == "type":
        return None
    return meaning.defined, meaning.file


def stripped(typed: Typed, files: Files, through: tuple[str, ...] = THROUGH) -> Typed:
    """The type without the references and pointers around it."""
    for _ in range(DEPTH):
        typed = meant(typed, files)
        inner = typed.inner()
        if inner is None or plain_head(typed, files) not in through:
            break
        typed = inner
    return typed


def same(left: Typed, right: Typed, files: Files) -> bool:
    """Whether two types are surely one."""
    left, right = meant(left, files), meant(right, files)
    if len(left.tree.args) != len(right.tree.args):
        return False
    heads = [
        (files.names.meaning(one.tree.head, one.path, one.module), one.tree.head)
        for one in (left, right)
    ]
    (first, written), (second, other) = heads
    if first is None or second is None:
        alike = first is second and written == other and not written[:1].isupper()
    else:
        alike = first.path == second.path and first.file == second.file
    pairs = zip(left.tree.args, right.tree.args, strict=True)
    return alike and all(
        same(replace(left, tree=a), replace(right, tree=b), files) for a, b in pairs
    )


def shown(tree: TypeTree) -> str:
    """A type for people: `&Look`, where a tree says `&<Look>`."""
    inner = [shown(arg) for arg in tree.args]
    match tree.head:
        case "&" | "&mut":
            return f"{tree.head}{' ' if tree.head == '&mut' else ''}{''.join(inner)}"
        case "()":
            return f"({', '.join(inner)})"
        case "[]":
            return f"[{''.join(inner)}]"
        case "dyn" | "impl":
            return "".join(inner)
    return f"{tree.head}<{', '.join(inner)}>" if inner else tree.head
