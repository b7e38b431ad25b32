"""A cache that is looked up but not seen to grow: who may fill it, and who may empty it there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.methods import KINDS
from rustfix_mem.rust.file.uses import READING_MACROS
from rustfix_mem.rust.whole.calls import function_called
from rustfix_mem.rust.whole.keepers import keepers
from rustfix_mem.rust.whole.lifetimes import where
from rustfix_mem.rust.whole.links import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import FnDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection


def hidden(collection: Collection, live: tuple[Here, ...], files: Files) -> tuple[Here, ...]:
    """Where a collection that is looked up, but never seen to grow, is handed out to be filled."""
    kept = {keeper.name for keeper in keepers(collection, files)} - {collection.name}
    asked = any(
        (here.use.kind == "lookup" and here.sure and here.mention.place.name not in kept)
        or _is_likely(here, collection)
        for here in live
    )
    handed = [
        here
        for here in live
        if here.use.kind == "escape_mut"
        or (here.use.kind == "token" and here.use.method not in READING_MACROS)
        or (here.use.kind == "returned" and _lent_unseen(here, files))
    ]
    grown = [here for here in live if here.use.kind == "grow" and _is_likely(here, collection)]
    return tuple(here for here in [*handed, *grown] if here.sure or here in grown) if asked else ()


def _is_likely(here: Here, collection: Collection) -> bool:
    """Whether a memo of this name, beside the type that has it, is most likely of this type."""
    memo = here.use.lookup is not None and here.use.lookup.form != "entry"
    return memo and here.path == collection.path and collection.owner is not None


def _lent_unseen(here: Here, files: Files) -> bool:
    """Whether a trait's method lends it to be changed: `DerefMut`, which no call names."""
    fn = files.outline(here.path).fns[here.mention.fn]
    return bool(fn.trait) and fn.returns is not None and fn.returns.head == "&mut"


def smaller(handed: tuple[Here, ...], live: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why what may fill it seems to be bounded all the same."""
    for here in handed:
        name, fn = _name(here), followed(here, files)
        if fn is not None and _does(fn, here, ("shrink", "clear"), files):
            yield f"bounded in `{name}`, which is given it at {where(here, files)}"
            return
    paths = {here.path for here in handed if here.use.kind == "grow"}
    for here in live:
        kind = here.use.kind
        if (kind == "shrink" and here.sure) or (kind in ("shrink", "clear") and here.path in paths):
            done = "emptied" if kind == "clear" else "removed"
            yield f"perhaps {done} at {where(here, files)}"
            return


def because(here: Here, collection: Collection, files: Files) -> tuple[bool, str]:
    """Whether it surely grows there, and what is known of that."""
    name, at = _name(here), where(here, files)
    match here.use.kind:
        case "token":
            return False, f"named in a macro that is not read: `{name}!`"
        case "returned":
            fn = files.outline(here.path).fns[here.mention.fn]
            return False, f"handed out by `{fn.name}`, to be changed where nothing names it"
        case "grow":
            lender = _lender(here, files)
            if lender:
                return (
                    True,
                    f"grows at {at} through the `Deref` of `{lender}`, which is not followed",
                )
            unclear = _of_two(here, collection, files) or "the type there is not known"
            return False, f"perhaps grows at {at}: {unclear}"
    given = followed(here, files)
    if given is not None and _does(given, here, ("grow",), files):
        return True, f"`{name}`, which is given it at {at}, puts in and never removes"
    return False, f"passed on to a call that is not followed: `{name}`"


def _of_two(here: Here, collection: Collection, files: Files) -> str:
    """Whether its owner is defined twice in its file, each under a `cfg`; empty if it is not."""
    name = collection.owner.name if collection.owner is not None else ""
    same = [defined for defined in files.outline(here.path).types if defined.name == name]
    return f"`{name}` has {len(same)} definitions" if len(same) > 1 else ""


def _name(here: Here) -> str:
    return here.use.method.rpartition(".")[2]


def followed(here: Here, files: Files) -> FnDef | None:
    """The function that is given the collection to be changed, if that is clear."""
    if here.use.kind != "escape_mut" or not _name(here).isidentifier():
        return None
    found = function_called(_name(here), here.path, files)
    return found[1] if found is not None and found[0] == here.path else None


def _does(fn: FnDef, here: Here, kinds: tuple[str, ...], files: Files) -> bool:
    """Whether a function does one of these to the one thing that it is given to change."""
    given = [parameter for parameter in fn.params if parameter.type.head == "&mut"]
    given = [parameter for parameter in given if parameter.name != "self"]
    if len(given) != 1:
        return False
    body = files.text(here.path, fn.span).partition("{")[2]
    name, methods = given[0].name, "|".join(" ".join(KINDS[kind] for kind in kinds).split())
    passed_on = re.search(rf"[(,]\s*(?:&mut\s+\*?)?{name}\s*[,)]", body)
    done = re.search(rf"\b{name}\s*\.\s*(?:{methods})\s*\(", body)
    return done is not None and ("grow" not in kinds or passed_on is None)


def _lender(here: Here, files: Files) -> str:
    """The type on which a field is named that only what it derefs to has; empty if unclear."""
    owner = owner_of(here.mention.place, here.mention, here.path, files)
    if owner is None or owner.defined is None:
        return ""
    fns = files.outline(owner.file).fns
    lends = any(fn.owner == owner.defined.name and fn.name == "deref" for fn in fns)
    return owner.defined.name if lends else ""
