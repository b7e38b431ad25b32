"""On what a method is called: whether `self.inner.info()` may be the `info` that calls it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.facts import Mention, Place, TypeTree
from rustfix_mem.rust.whole.links import owner_of

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.names import Meaning

RECEIVER = re.compile(r"(?<![\w.:)\]?])(\w+(?:\s*\.\s*\w+)*)\s*\Z")
"""A name and fields behind it, and nothing else."""


def may_call(caller: FnDef, called: FnDef, path: str, files: Files) -> bool:
    """Whether some `.name(` in `caller` may be of the type whose method `called` is."""
    body = files.text(path, caller.span).partition("{")[2]
    for found in re.finditer(rf"\.\s*{re.escape(called.name)}\s*(?:::<[^>()]*>\s*)?\(", body):
        if not _takes(called, body[found.end() :].lstrip()[:1] != ")", path, files):
            continue
        receiver = RECEIVER.search(body[: found.start()])
        of = (
            receiver
            and not _again(receiver[1], body)
            and _type_of(receiver[1], caller, path, files)
        )
        if not of or _may_be(of, called, path, files):
            return True
    return False


ALONE = re.compile(r"\(\s*&?(?:\s*'\w+)?\s*(?:mut\s+)?self\s*,?\s*\)")
"""The parameters of a method that is given nothing but its own value."""


def _takes(called: FnDef, some: bool, path: str, files: Files) -> bool:
    """Whether a method may be called with some arguments, or with none."""
    head = files.text(path, called.span).partition("{")[0]
    return some == (ALONE.search(head) is None)


def _type_of(receiver: str, fn: FnDef, path: str, files: Files) -> Meaning | TypeTree | None:
    """The type of a name and its fields: what cannot be of this crate is a `TypeTree`."""
    root, *steps = (step.strip() for step in receiver.split("."))
    place = _place(root, tuple(steps), fn)
    if place is None:
        return None
    mention = Mention(place, files.outline(path).fns.index(fn), fn.test, fn.module, ())
    found = owner_of(place, mention, path, files)
    if found is not None or len(steps) != (root == "self"):
        return found
    owners = [one for one in files.outline(path).types if one.name == fn.owner]
    kept = [f.type for one in owners for f in one.fields if steps == [f.name]]
    kept = kept if steps else [one.type for one in fn.params if one.name == root]
    if len(owners) != 1 or len(kept) != 1:
        return None
    known = kept[0].head in owners[0].generics or _is_foreign(kept[0], fn.module, path, files)
    return kept[0] if known else None


def _is_foreign(tree: TypeTree, module: str, path: str, files: Files) -> bool:
    """Whether a type of another crate, behind pointers or not, cannot have one of ours in it."""
    while (tree.head == "&" or tree.name in ("Arc", "Rc", "Box")) and tree.args:
        tree = tree.args[0]
    meant = files.names.meaning(tree.head, path, module) if not tree.args else None
    if meant is None or meant.defined is not None or tree.head in ("dyn", "impl"):
        return False
    return meant.path.partition("::")[0] not in ("", meant.path, "crate", "self", "super")


def _again(receiver: str, body: str) -> bool:
    """Whether the body may give the name of a parameter to something else."""
    name = re.escape(re.split(r"\s*\.", receiver)[0])
    bound = rf"\b(?:let|for)\b[^=;{{]*\b{name}\b|\|[^|;]*\b{name}\b[^|;]*\||\b{name}\b[^;{{}}]*=>"
    return name != "self" and bool(re.search(bound, body))


def _place(root: str, steps: tuple[str, ...], fn: FnDef) -> Place | None:
    if root == "self":
        return Place("self", fn.owner, (*steps, "?"), None)
    of = [parameter.type for parameter in fn.params if parameter.name == root]
    return Place("param", root, (*steps, "?"), of[0]) if of else None


def _may_be(of: Meaning | TypeTree, called: FnDef, path: str, files: Files) -> bool:
    """Whether a method of this name of that type may be the one, or lead back to it."""
    if isinstance(of, TypeTree):
        return False  # what another contains, or another crate has, is never that one
    defined = of.defined
    if defined is None or (of.file == path and defined.name == called.owner):
        return True
    own = [fn for fn in files.outline(of.file).fns if fn.owner == defined.name]
    named = [fn for fn in own if fn.name == called.name]
    if not named:
        return any(fn.name == "deref" for fn in own)
    again = re.compile(rf"(?<!\bself)\s*(?:\.|::)\s*{re.escape(called.name)}\s*\(")
    return any(again.search(files.text(of.file, fn.span).partition("{")[2]) for fn in named)
