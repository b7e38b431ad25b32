"""Collections that a codebase keeps, and what their keys and values are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from rustfix_mem.plain import changed
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.file.skim import NAMES
from rustfix_mem.rust.whole.modules import above

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from rustfix_mem.rust.file.facts import Outline, StaticDef, TypeDef
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.text import Span

FAMILIES = {
    "HashMap": "hash-map",
    "FxHashMap": "hash-map",
    "AHashMap": "hash-map",
    "FnvHashMap": "hash-map",
    "IntMap": "hash-map",
    "BTreeMap": "btree-map",
    "IndexMap": "index-map",
    "FxIndexMap": "index-map",
    "DashMap": "dash-map",
    "HashSet": "hash-set",
    "FxHashSet": "hash-set",
    "AHashSet": "hash-set",
    "FnvHashSet": "hash-set",
    "IntSet": "hash-set",
    "BTreeSet": "btree-set",
    "IndexSet": "index-set",
    "DashSet": "dash-set",
}
KNOWN_CRATES = (
    "std::collections",
    "hashbrown",
    "indexmap",
    "rustc_hash",
    "fxhash",
    "ahash",
    "fnv",
    "dashmap",
    "nohash_hasher",
    "foldhash",
    "gxhash",
    "alloy_primitives::map",
    "alloy::primitives::map",
    "revm::primitives",
    "?",
)
WRAPPERS = frozenset(
    "Arc Rc Box Option Mutex RwLock RefCell Cell ReentrantMutex FairMutex OnceLock OnceCell"
    " LazyLock Lazy LazyCell SyncLazy SyncOnceCell CachePadded".split()
)
POINTERS = ("Arc", "Rc")
GATE = tuple(name.encode() for name in NAMES)
"""Literals without which a file cannot declare a collection, but through an alias."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A map or set that a field or a static keeps."""

    path: str
    module: str
    name: str
    """The field or the static."""
    owner: TypeDef | None
    static: StaticDef | None
    family: str
    key: TypeTree
    value: TypeTree | None
    wrappers: tuple[str, ...]
    visibility: str
    span: Span
    borrowed: bool
    """Whether it, or its owner, borrows: a lifetime that is not `'static`."""

    @property
    def item(self) -> str:
        return f"{self.owner.name}.{self.name}" if self.owner is not None else self.name

    @property
    def is_set(self) -> bool:
        return self.family.endswith("-set")

    @property
    def is_concurrent(self) -> bool:
        return self.family.startswith("dash-")

    @property
    def word(self) -> str:
        return "set" if self.is_set else "map"


def collections(
    path: str, files: Files, names: Container[str] | None = None
) -> Iterator[Collection]:
    """The collections that the types and statics of one file keep; only those of some names."""
    facts = files.outline(path)
    for owner in facts.types:
        if owner.kind == "struct":
            for kept in owner.fields:
                if names is not None and kept.name not in names:
                    continue
                found = held_in(kept.type, path, owner.module, files)
                if found is not None:
                    yield _collection(
                        found,
                        path,
                        owner.module,
                        kept.name,
                        owner,
                        None,
                        kept.visibility,
                        kept.span,
                    )
    for static in facts.statics:
        unnamed = names is not None and static.name not in names
        if unnamed or (static.constant and static.scope == "module"):
            continue
        found = held_in(static.type, path, static.module, files)
        if found is not None:
            yield _collection(
                found,
                path,
                static.module,
                static.name,
                None,
                static,
                static.visibility,
                static.span,
            )


def foresee(wanted: Mapping[str, Container[str]], files: Files) -> None:
    """Make what `collections` will ask for, of the named fields and statics of many files."""
    files.prepare_outlines([*wanted, *above(wanted, files)])
    files.names.foresee(
        (inner.head, path)
        for path, names in wanted.items()
        for name, tree in _kept(files.outline(path))
        if name in names
        for inner in tree.walk()
    )


def _kept(facts: Outline) -> Iterator[tuple[str, TypeTree]]:
    """The name and the type of every field and static of a file."""
    for owner in facts.types:
        yield from ((kept.name, kept.type) for kept in owner.fields)
    yield from ((static.name, static.type) for static in facts.statics)


@dataclass(frozen=True, slots=True)
class Inner:
    """A collection as a type says it: `tree` is that of the map or set itself, `wrappers` are the
    names of what is around it, the outermost first; `&` for a reference of any kind."""

    family: str
    tree: TypeTree
    wrappers: tuple[str, ...]
    borrowed: bool


def _collection(
    found: Inner,
    path: str,
    module: str,
    name: str,
    owner: TypeDef | None,
    static: StaticDef | None,
    visibility: str,
    span: Span,
) -> Collection:
    arguments = found.tree.args
    return Collection(
        path=path,
        module=module,
        name=name,
        owner=owner,
        static=static,
        family=found.family,
        key=arguments[0] if arguments else TypeTree("?"),
        value=arguments[1] if len(arguments) > 1 and found.family.endswith("-map") else None,
        wrappers=found.wrappers,
        visibility=visibility,
        span=span,
        borrowed=found.borrowed
        or (owner is not None and owner.lifetimes and not set(POINTERS) & set(found.wrappers)),
    )


def held_in(tree: TypeTree, path: str, module: str, files: Files) -> Inner | None:
    """The collection inside locks, cells and pointers; None if there is none."""
    wrappers: list[str] = []
    borrowed = False
    for _ in range(10):
        borrowed = borrowed or any(inner.lifetime for inner in tree.walk())
        name = tree.name
        if tree.head in ("&", "&mut") and tree.args:
            borrowed = borrowed or tree.lifetime
            wrappers.append("&")
            tree = tree.args[0]
            continue
        meaning = files.names.meaning(tree.head, path, module)
        if meaning is not None and meaning.defined is not None:
            if meaning.defined.kind != "type":
                return None
            expanded = expand(meaning.defined, tree)
            if expanded is None:
                return None
            tree, path, module = expanded, meaning.file, meaning.defined.module
            continue
        name = meaning.name if meaning is not None else name
        if name in FAMILIES:
            known = meaning is not None and meaning.path.startswith(KNOWN_CRATES)
            return Inner(FAMILIES[name], tree, tuple(wrappers), borrowed) if known else None
        if name not in WRAPPERS or len(tree.args) != 1:
            return None
        wrappers.append(name)
        tree = tree.args[0]
    return None


def expand(alias: TypeDef, used: TypeTree) -> TypeTree | None:
    """What `Alias<A, B>` stands for; None if its parameters cannot be matched."""
    if alias.target is None or len(alias.generics) != len(used.args):
        return None
    return substituted(alias.target, dict(zip(alias.generics, used.args, strict=True)))


def substituted(tree: TypeTree, given: Mapping[str, TypeTree]) -> TypeTree:
    """The type with other types in place of some names."""
    if tree.head in given and not tree.args:
        return given[tree.head]
    return changed(tree, args=tuple(substituted(arg, given) for arg in tree.args))


VALUES = {"bool": 2, "u8": 256, "i8": 256, "()": 1, "Ordering": 5, "TypeId": 1000, "Level": 8}
ENUMERATED = re.compile(
    r"(?:[a-z](?:Icon|Kind|Mode|Level|Direction|Variant|Category|Status)|StatusCode)$"
)
"""Names of types of other crates that are most likely enums without data."""

LITERALS = 1000
FEW = 4096
"""A collection with no more keys than these needs no bound."""


def is_finite(tree: TypeTree, path: str, module: str, files: Files) -> bool:
    """Whether the type has so few values that a collection keyed by it cannot grow for long."""
    values = _values(tree, path, module, files, 0)
    return values is not None and values <= FEW


def unfound(tree: TypeTree, path: str, module: str, files: Files) -> str:
    """A type inside of `tree` that is neither defined nor imported anywhere; empty if none is.

    A macro or a build script makes it, so nobody knows how many values it has.
    """
    for inner in tree.walk():
        plain = inner.name in PLAIN or inner.name in VALUES or inner.name in FAMILIES
        if plain or not inner.name[:1].isalpha() or inner.head in ("dyn", "impl", "fn"):
            continue
        if files.names.meaning(inner.head, path, module) is None:
            return inner.head
    return ""


def _values(tree: TypeTree, path: str, module: str, files: Files, depth: int) -> int | None:
    """How many values a type has, about; None for very many."""
    if depth > 6:
        return None

    def product(trees: Iterable[TypeTree], file: str, inside: str) -> int | None:
        counts = [_values(inner, file, inside, files, depth + 1) for inner in trees]
        known = [count for count in counts if count is not None]
        return prod(known) if len(known) == len(counts) else None

    if tree.head == "()":
        return product(tree.args, path, module)
    if tree.name == "Option" and tree.args:
        inner = product(tree.args, path, module)
        return None if inner is None else inner + 1
    if tree.head == "&" and not tree.lifetime and tree.args and tree.args[0].head == "str":
        leaked = b"leak(" in files.sources[path]
        return None if leaked else LITERALS  # `&'static str`: the program's own literals
    if tree.name in VALUES:
        return VALUES[tree.name]
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is not None and meaning.defined is None and ENUMERATED.search(tree.name):
        return 64
    if meaning is None or meaning.defined is None:
        return None
    defined = meaning.defined
    if defined.kind == "type":
        target = expand(defined, tree)
        if target is None:
            return None
        return _values(target, meaning.file, defined.module, files, depth + 1)
    if defined.unit_only:
        return 64
    if not defined.fields:
        return None
    counted = product((f.type for f in defined.fields), meaning.file, defined.module)
    return None if counted is None else counted * (16 if defined.kind == "enum" else 1)


ACTS = frozenset(
    "JoinHandle AbortHandle Child ChildStdin ChildStdout ChildStderr Sender Receiver SyncSender"
    " UnboundedSender UnboundedReceiver OneshotSender TempDir NamedTempFile File TcpStream"
    " TcpListener UnixStream UnixListener UdpSocket MutexGuard RwLockReadGuard RwLockWriteGuard"
    " OwnedMutexGuard OwnedSemaphorePermit SemaphorePermit Weak CancellationToken DropGuard"
    " RecommendedWatcher Watcher JoinSet Subscription Connection PgConnection Pool Waker Task"
    " BufWriter BufReader OwnedFd OwnedHandle OwnedSocket PtyPair MasterPty Library Mmap Session"
    " Client WeakEntity Runtime Channel Operator".split()
)
ACTING = ("Client", "Pool", "Service", "Guard", "Lock", "Handle", "Connection", "Stream")
"""Ends of names of types outside of the codebase whose values hold something open."""

MUTABLE = frozenset(
    "Mutex RwLock RefCell Cell OnceLock OnceCell Semaphore Notify Barrier Condvar UnsafeCell"
    " AtomicBool AtomicUsize AtomicIsize AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicI8"
    " AtomicI16 AtomicI32 AtomicI64 AtomicPtr ArcSwap Shared BoxFuture".split()
)
PLAIN = frozenset(
    "String str bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 () [] &"
    " Vec VecDeque Option Result Box Arc Rc Cow PathBuf Path OsString OsStr HashMap HashSet"
    " BTreeMap BTreeSet IndexMap IndexSet Duration Instant SystemTime Range RangeInclusive"
    " NonZeroUsize NonZeroU64 NonZeroU32 NonZeroU16 Ordering Bytes Regex Value Map PhantomData"
    " IpAddr Ipv4Addr Ipv6Addr SocketAddr Uuid Url DateTime NaiveDate Utc Local SmallVec SmolStr"
    " CompactString Error Rgb Color Style Text Line Span Cursor Number OffsetDateTime".split()
)
TICKETS = ("Id", "ID", "Idx", "Index", "Key", "Handle", "Token", "Ref")


WEAK = ("Weak", "WeakEntity")
"""What holds nothing alive, so that what it points to does not count."""

STAMP = "Instant"
"""What says when something was made. A `SystemTime` may say that of a file, each time the same."""


@dataclass(frozen=True, slots=True)
class Hazards:
    """What dropping, or making again, a value might do; each a type's name."""

    acts: tuple[str, ...] = ()
    mutable: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()

    @property
    def act(self) -> str:
        """What happens, or is lost, when a value is dropped, for people; empty if nothing."""
        if not self.acts:
            return ""
        if self.acts[0] in WEAK:
            return f"its values are `{self.acts[0]}`: an entry says what is still in use"
        return f"a value acts when it is dropped: `{self.acts[0]}`"


@dataclass(slots=True)
class _Search:
    files: Files
    acts: list[str] = field(default_factory=list)
    mutable: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def hazards(tree: TypeTree, path: str, module: str, files: Files) -> Hazards:
    """What lies in a value type: its own fields too, through every type of the codebase."""
    search = _Search(files)
    _visit(tree, path, module, search)
    tickets = [tree.name] if tree.name.endswith(TICKETS) and len(tree.name) > 2 else []
    return Hazards(
        tuple(dict.fromkeys(search.acts)),
        tuple(dict.fromkeys(search.mutable)),
        tuple(dict.fromkeys(search.unknown)),
        tuple(tickets),
        tuple(dict.fromkeys(search.stamps)),
    )


def unknown_in(tree: TypeTree, path: str, module: str, files: Files) -> tuple[str, ...]:
    """The types in a type of which nothing is known: declared by a macro, or in another crate."""
    return hazards(tree, path, module, files).unknown


def _visit(tree: TypeTree, path: str, module: str, search: _Search) -> None:
    for inner in tree.args if tree.name not in WEAK else ():
        _visit(inner, path, module, search)
    if tree.head in ("dyn", "impl", "fn", "*", "?"):
        search.unknown.append(str(tree))
        return
    meaning = search.files.names.meaning(tree.head, path, module)
    if meaning is not None and meaning.defined is not None:
        _visit_defined(meaning.defined, meaning.file, search)
    elif tree.name == STAMP:
        search.stamps.append(tree.name)
    elif tree.name in MUTABLE:
        search.mutable.append(tree.name)
    elif tree.name in ACTS or tree.name.endswith(ACTING):
        search.acts.append(tree.name)
    elif tree.name not in PLAIN and tree.head not in PLAIN:
        search.unknown.append(tree.name)


def _visit_defined(defined: TypeDef, path: str, search: _Search) -> None:
    identity = f"{path}::{defined.module}::{defined.name}"
    if identity in search.seen:
        return
    search.seen.add(identity)
    if defined.name in search.files.outline(path).dropped:
        search.acts.append(defined.name)
    known = dict.fromkeys(defined.generics, TypeTree("()"))  # the arguments are visited themselves
    if defined.target is not None:
        _visit(substituted(defined.target, known), path, defined.module, search)
    for kept in defined.fields:
        _visit(substituted(kept.type, known), path, defined.module, search)


def holds_collection(tree: TypeTree, path: str, module: str, files: Files, depth: int = 0) -> bool:
    """Whether a type is a map or a set, or has one in it: through aliases and fields."""
    if depth > 4:
        return False
    if held_in(tree, path, module, files) is not None:
        return True
    inner = [(arg, path, module) for arg in tree.args]
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is not None and meaning.defined is not None:
        defined = meaning.defined
        target = expand(defined, tree) if defined.target is not None else None
        kept = [target] if target is not None else [field.type for field in defined.fields]
        inner += [(one, meaning.file, defined.module) for one in kept]
    return any(holds_collection(one, file, inside, files, depth + 1) for one, file, inside in inner)


NUMBERS = frozenset(
    "u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char Ipv4Addr Ipv6Addr IpAddr"
    " SocketAddr Duration Instant SystemTime TypeId Uuid".split()
)


def is_copy(tree: TypeTree, path: str, module: str, files: Files) -> bool:
    """Whether the type implements `Copy`, as far as that can be seen."""
    if tree.head in ("()", "[]"):
        return all(is_copy(arg, path, module, files) for arg in tree.args)
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is not None and meaning.defined is not None:
        return "Copy" in meaning.defined.derives
    return tree.head == "&" or tree.name in NUMBERS


def is_clone(tree: TypeTree, path: str, module: str, files: Files) -> bool:
    """Whether the type surely implements `Clone`."""
    if tree.head in ("&", "()") or tree.name in ("Arc", "Rc"):
        return all(tree.head == "&" or is_clone(arg, path, module, files) for arg in tree.args)
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is not None and meaning.defined is not None:
        defined = meaning.defined
        return "Clone" in defined.derives or defined.name in files.outline(meaning.file).clonable
    plain = tree.name in PLAIN - {"Error", "Regex"}
    return plain and all(is_clone(arg, path, module, files) for arg in tree.args)
