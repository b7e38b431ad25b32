"""Whether one value does as well as two equal ones: nothing in it changes, or acts when dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.sharing.typed import Typed, meant, shown
from rustfix_mem.rust.whole.types import ACTING, ACTS, FAMILIES, MUTABLE, substituted

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import TypeDef
    from rustfix_mem.rust.whole.files import Files

POINTERS = ("Arc", "Rc", "Weak")
"""A clone of these shares what is behind them: nothing of it is another's afterwards."""

PRIMITIVE = frozenset(
    "str bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 () [] !".split()
)
STANDARD = frozenset(
    "String Vec VecDeque Option Result Box Cow PathBuf Path OsString OsStr Duration Instant"
    " SystemTime Range RangeInclusive NonZero NonZeroUsize NonZeroU64 NonZeroU32 NonZeroU16"
    " NonZeroU8 Ordering PhantomData IpAddr Ipv4Addr Ipv6Addr SocketAddr BinaryHeap Wrapping"
    " Reverse Layout TypeId".split()
) | frozenset(FAMILIES)
"""Types of the standard library that are values."""

VALUES = {
    "anstyle": "Color AnsiColor Ansi256Color RgbColor Effects Style",
    "ratatui": "Color Modifier Style Rect Position Size Margin Padding Alignment Constraint",
    "ratatui_core": "Color Modifier Style Rect Position Size",
    "tui": "Color Modifier Style Rect",
    "crossterm": "Color Attribute Attributes ContentStyle KeyCode KeyModifiers KeyEvent",
    "owo_colors": "AnsiColors DynColors Style",
    "nu_ansi_term": "Color Style",
    "ansi_term": "Color Colour Style",
    "termcolor": "Color ColorSpec",
    "indexmap": "IndexMap IndexSet",
    "hashbrown": "HashMap HashSet",
    "rustc_hash": "FxHashMap FxHashSet",
    "smallvec": "SmallVec",
    "smol_str": "SmolStr",
    "serde_json": "Value Map Number",
    "uuid": "Uuid",
    "url": "Url",
    "chrono": "DateTime NaiveDate NaiveDateTime Utc Local FixedOffset",
}
"""Values of libraries, by crate."""


@dataclass(slots=True)
class _Search:
    files: Files
    seen: set[tuple[str, str]] = field(default_factory=set)


def demand(typed: Typed, files: Files) -> None:
    """Raises `Refused` where a value of the type may differ from its clone one day."""
    typed = meant(typed, files)
    if not _cloned(typed, files):
        raise Refused(f"nobody can say that `{shown(typed.tree)}` is `Clone`, and only that")
    _visit(typed, _Search(files))


def _cloned(typed: Typed, files: Files) -> bool:
    """Whether the type surely is `Clone`, as derived: so that its clone is equal to it."""
    meaning = files.names.meaning(typed.tree.head, typed.path, typed.module)
    if meaning is None or meaning.defined is None:
        return _is_value(typed, files)
    return meaning.defined.kind != "type" and "Clone" in meaning.defined.derives


def _is_value(typed: Typed, files: Files) -> bool:
    tree = typed.tree
    if tree.head in PRIMITIVE or tree.head.startswith(("&", "(")):
        return tree.head != "&mut"
    meaning = files.names.meaning(tree.head, typed.path, typed.module)
    if meaning is None or meaning.defined is not None:
        return False
    crate, name = meaning.path.partition("::")[0], meaning.name
    if crate == "std":
        return name in STANDARD
    return name in VALUES.get(crate, "").split()


def _visit(typed: Typed, search: _Search) -> None:
    tree = typed.tree
    meaning = search.files.names.meaning(tree.head, typed.path, typed.module)
    if meaning is not None and meaning.defined is not None:
        _arguments(typed, search)
        _visit_defined(meaning.defined, meaning.file, search)
        return
    name = meaning.name if meaning is not None else tree.name
    if name in POINTERS:
        return
    if name in MUTABLE:
        raise Refused(f"`{name}` in it can be changed through a reference")
    if name in ACTS or name.endswith(ACTING):
        raise Refused(f"`{name}` in it may do something when it is dropped")
    if not _is_value(typed, search.files):
        raise Refused(f"what `{shown(tree)}` is, is unknown")
    _arguments(typed, search)


def _arguments(typed: Typed, search: _Search) -> None:
    for inner in typed.tree.args:
        _visit(Typed(inner, typed.path, typed.module), search)


def _visit_defined(defined: TypeDef, path: str, search: _Search) -> None:
    identity = (path, f"{defined.module}::{defined.name}")
    if identity in search.seen:
        return
    search.seen.add(identity)
    facts = search.files.outline(path)
    if defined.name in facts.dropped:
        raise Refused(f"`{defined.name}` does something when it is dropped")
    if defined.name in facts.clonable:
        raise Refused(f"how `{defined.name}` is cloned, is written by hand")
    known = dict.fromkeys(defined.generics, TypeTree("()"))  # the arguments are visited themselves
    inner = [kept.type for kept in defined.fields]
    for tree in [defined.target, *inner] if defined.target is not None else inner:
        _visit(Typed(substituted(tree, known), path, defined.module), search)
