"""The name whose type changes, what it becomes, and which methods are sure to be the value's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file.syntax import text
from rustfix_mem.rust.sharing.typed import plain_head
from rustfix_mem.rust.sharing.typing import method

if TYPE_CHECKING:
    from rustfix_mem.rust.file.syntax import Node
    from rustfix_mem.rust.sharing.typed import Typed
    from rustfix_mem.rust.sharing.typing import Site

COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">="))
READS = frozenset(
    "len is_empty iter get contains contains_key as_str keys values first last chars bytes lines"
    " split starts_with ends_with to_string trim is_some is_none is_ok is_err as_bytes display"
    " as_slice to_vec join exists is_file is_dir file_name parent extension is_absolute".split()
)
"""Methods that only read, of types of the standard library; none is one of a pointer."""
STANDARD = frozenset(
    "String Vec HashMap HashSet BTreeMap BTreeSet VecDeque PathBuf Option Result str Path".split()
)
OF_POINTERS = frozenset(
    "as_ref as_mut borrow borrow_mut eq ne cmp partial_cmp lt le gt ge max min clamp to_owned into"
    " try_into hash fmt type_id deref deref_mut source description cause poll drop clone_from"
    " into_iter pipe".split()
)
"""Methods that a pointer has itself, or may have: they would no longer be those of the value."""


class Needed(Refused):
    """The clone is needed: the value goes another way than its pointer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The name whose type changes, and what it becomes."""

    bound: Node
    """Its `let`, or its parameter."""
    name: str
    to: str
    """The name of the pointer; a parameter keeps its own."""
    type: Typed
    """The `T`."""
    pointer: str
    """How the pointer is written there: `Arc`, `std::sync::Arc`."""

    @property
    def referred(self) -> bool:
        """Whether the name is a reference: a parameter."""
        return self.bound.type == "parameter"

    @property
    def value(self) -> str:
        """The `T` itself, as an expression."""
        return f"**{self.to}" if self.referred else f"*{self.to}"

    @property
    def lent(self) -> str:
        return self.to if self.referred else f"&{self.to}"


def demand_reads(name: str, on: Typed, site: Site, behind_reference: bool) -> None:
    """Whether a method is sure to be one of the value, and only to read it; raises `Refused`."""
    if name in OF_POINTERS:
        raise Refused(f"`{name}` may be one of the pointer's own")
    found = method(on, name, site.files)
    if found is not None and not found[0].trait:
        receiver = found[0].params[0] if found[0].params else None
        if receiver is not None and receiver.name == "self" and receiver.type.head == "&self":
            return
        if behind_reference and receiver is not None and receiver.type.head == "self":
            return  # of a type that is `Copy`: it would be moved out of the reference otherwise
        raise Refused(f"`{name}` takes more than a reference")
    if name in READS and plain_head(on, site.files) in STANDARD:
        return
    raise Refused(f"nobody can say what `{name}` does with it")


def short(node: Node) -> str:
    words = " ".join(text(node).split())
    return words if len(words) <= 60 else f"{words[:57]}…"
