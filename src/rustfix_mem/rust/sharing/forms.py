"""How the clone of a pointer is written: `Arc::clone(&x)`, or `x.clone()` where that may not do.

Where an `Arc<dyn Trait>` is expected, `Arc::clone(&x)` asks for an `x` of that type, and does not
compile; `x.clone()` is made first and turned into what is expected then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.file.scopes import method_call
from rustfix_mem.rust.file.syntax import field, text
from rustfix_mem.rust.file.type_trees import type_tree
from rustfix_mem.rust.sharing.typed import Typed, definition, meant, plain_head, same
from rustfix_mem.rust.sharing.typing import callee_of

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.typing import Site
    from rustfix_mem.rust.whole.files import Files

LINT = "clone_on_ref_ptr"
"""The lint of clippy that wants every clone of a pointer to be `Arc::clone`."""


def shared(wrap: Node, pointer: str, lent: str, typed: Typed, site: Site) -> str:
    """A clone of a pointer that is lent as `&x`, or as a parameter `x`, in the place of a wrap."""
    expected = _expected(wrap, site)
    own = wrap.parent
    is_let = own is not None and own.type == "let_declaration" and field(own, "type") is None
    if is_let or (expected is not None and _points_to(expected, typed, site.files)):
        return f"{pointer}::clone({lent})"
    return by_method(lent, site.files)


def by_method(lent: str, files: Files) -> str:
    """`x.clone()`; raises `Refused` where a lint forbids that."""
    asked = any(LINT.encode() in manifest for manifest in files.manifests.values())
    if asked or files.files_with(LINT):
        raise Refused(f"`{LINT}` is asked for, and what is expected there is unknown")
    return f"{lent.removeprefix('&')}.clone()"


def _points_to(expected: Typed, typed: Typed, files: Files) -> bool:
    expected = meant(expected, files)
    inner = expected.inner()
    is_pointer = plain_head(expected, files) in ("Arc", "Rc")
    return inner is not None and is_pointer and same(inner, typed, files)


def _expected(wrap: Node, site: Site) -> Typed | None:
    """The type of the field, or of the parameter, that a wrap is given to."""
    holder = wrap.parent
    if holder is not None and holder.type == "field_initializer":
        return _of_field(holder, site)
    call = holder.parent if holder is not None and holder.type == "arguments" else None
    found = callee_of(call, site) if call is not None else None
    if holder is None or call is None or found is None:
        return None
    fn, path = found
    by_dot = method_call(call) is not None and fn.params[:1] and fn.params[0].name == "self"
    at = syntax.named(holder).index(wrap) + (1 if by_dot else 0)
    return Typed(fn.params[at].type, path, fn.module) if at < len(fn.params) else None


def _of_field(initializer: Node, site: Site) -> Typed | None:
    whole = initializer.parent.parent if initializer.parent is not None else None
    name = type_tree(field(whole, "name")) if whole is not None else None
    if name is None:
        return None
    head = site.function.owner if name.head == "Self" else name.head
    found = definition(Typed(TypeTree(head), site.path, site.function.module), site.files)
    if found is None or found[0].generics:
        return None
    defined, path = found
    wanted = text(field(initializer, "field"))
    kept = [one.type for one in defined.fields if one.name == wanted]
    return Typed(kept[0], path, defined.module) if len(kept) == 1 else None
