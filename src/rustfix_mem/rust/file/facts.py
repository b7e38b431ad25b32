"""What one Rust file says, as plain data: byte spans, no tree, no path.

Facts depend on the bytes of the file alone, so they may be cached by blob and made in
another process. What needs a second file to be known is not a fact.
"""

from __future__ import annotations

from rustfix_mem.plain import Plain
from rustfix_mem.text import Span

SCHEMA = 14
"""Goes up when a fact changes its form or its meaning, so that cached facts are made anew."""


class TypeTree(Plain, frozen=True):
    """A type as written: `RwLock<HashMap<K, V>>` is head `RwLock`, one argument.

    Other heads: `&`, `&mut`, `()` (tuple), `[]`, `fn`, `dyn`, `impl`, `?` (not understood).
    What is behind a `dyn` is one argument, with that word: `dyn Fn(u8) -> u8`.
    """

    head: str
    args: tuple[TypeTree, ...] = ()
    lifetime: bool = False
    """Whether a lifetime other than `'static` is written on it."""

    @property
    def name(self) -> str:
        """The head without its path: `std::collections::HashMap` is `HashMap`."""
        return self.head.rpartition("::")[2]

    def walk(self) -> list[TypeTree]:
        """The type and every type inside it, outermost first."""
        return [self, *(inner for arg in self.args for inner in arg.walk())]

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.args))
        match self.head:
            case "()":
                return f"({inner},)" if len(self.args) == 1 else f"({inner})"
            case "&":
                return f"&{inner}" if self.lifetime else f"&'static {inner}"
            case "&mut":
                return f"&mut {inner}"
            case "[]":
                return f"[{inner}]"
            case "*" | "dyn" | "impl":
                return f"*{inner}" if self.head == "*" else inner
        return f"{self.head}<{inner}>" if self.args else self.head


GUARDS = frozenset(
    "MutexGuard RwLockReadGuard RwLockWriteGuard Ref RefMut OwnedMutexGuard MappedMutexGuard"
    " MappedRwLockReadGuard MappedRwLockWriteGuard OwnedRwLockReadGuard OwnedRwLockWriteGuard"
    " ArcMutexGuard ReentrantMutexGuard".split()
)
"""Types that keep a lock, or a borrow, for as long as they live."""
LOCKS = frozenset(("Mutex", "RwLock", "RefCell", "ReentrantMutex", "FairMutex"))
"""Types through which what is shared can be changed."""


class Use(Plain, frozen=True):
    """`use path as name;` in the inline module `module`; a glob has the name `*`."""

    name: str
    path: str
    module: str


class ModDecl(Plain, frozen=True):
    """`mod name;`, or `mod name { … }` when `inline`."""

    name: str
    module: str
    path: str
    """What `#[path = "…"]` says, else empty."""
    test: bool
    cfg: str
    inline: bool


class FieldDef(Plain, frozen=True):
    name: str
    type: TypeTree
    visibility: str
    span: Span
    skipped: bool
    """Whether serde is told to skip it."""


class TypeDef(Plain, frozen=True):
    """A struct, enum, union or alias. A tuple struct's fields are called `0`, `1`, …."""

    name: str
    kind: str
    module: str
    visibility: str
    span: Span
    lifetimes: bool
    generics: tuple[str, ...]
    """The names of its type parameters."""
    derives: tuple[str, ...]
    unit_only: bool
    """An enum without any data: a fixed universe of values."""
    fields: tuple[FieldDef, ...]
    target: TypeTree | None
    test: bool


class StaticDef(Plain, frozen=True):
    """A static or const. `scope`: `module`, `fn`, `thread_local` or `lazy_static`."""

    name: str
    type: TypeTree
    value: str
    visibility: str
    module: str
    scope: str
    span: Span
    constant: bool
    test: bool


class Parameter(Plain, frozen=True):
    name: str
    type: TypeTree


class Place(Plain, frozen=True):
    """Where a value lives, as an expression says: a base and the fields after it.

    `base`: `self`, `static`, `param`, `let`, `fn` (the result of a call without arguments)
    or `unknown`; `root` names it; `path` are fields, or `name()` for methods without arguments.
    """

    base: str
    root: str
    path: tuple[str, ...]
    type: TypeTree | None
    """The declared or evident type of a `param` or `let`."""

    @property
    def name(self) -> str:
        """What it goes by: its last field or method, or what it is itself."""
        return self.path[-1].removesuffix("()") if self.path else self.root.rpartition("::")[2]


class FnDef(Plain, frozen=True):
    """A function. `owner` is the type of its impl block, `trait` the trait it implements."""

    name: str
    owner: str
    trait: str
    module: str
    visibility: str
    test: bool
    params: tuple[Parameter, ...]
    returns: TypeTree | None
    span: Span
    home: int
    """Where a constant for this function goes: before the docs of the outermost item."""


class Lookup(Plain, frozen=True):
    """A read of the same collection whose miss leads to a growth."""

    method: str
    """`get`, `contains_key`, …; `entry` for itself; `helper:name` for a call that looks it up."""
    key: str
    """The key as written there, if it still means the same where the growth stands."""
    span: Span
    form: str
    """`return` (the hit path leaves), `fresh` (it may leave), `else` (in the miss arm), `entry`;
    for a growth in a helper `pair` or `half`, see `pairs`."""
    depends: str = ""
    """The argument that is not in the key, but decides whether what is found will do."""
    age: str = ""
    """Whether a hit asks how old the entry is, see `stamps`: empty if it does not; `fresh` if only
    to hand out a `part` of it, or to compute that again; `asked` if more than that is done; `told`
    if it may hand out the stamp; `gates` if it hands out nothing of the entry."""
    part: str = ""
    """The field of the value, or its number in a tuple, that a fresh hit hands out."""


class Slot(Plain, frozen=True):
    """How a growth sits in its function; all that placing a cap needs to know.

    `form`: stmt, let, tail, arm, closure, return, arg, cond, match, or a refusal: else-if,
    and-or, loop, nested, const.
    """

    form: str
    whole: Span
    """The expression with everything chained behind the growth."""
    statement: Span
    """The statement of a block that holds it (its tail expression too)."""
    suffix: str
    """The last method of the chain: `clone` for `m.entry(k).or_default().clone()`."""


class UseOf(Plain, frozen=True):
    """What finally happens to a collection at one mention of it.

    `kind`: grow, shrink, clear, assign, read, lookup, enumerate, index, get_mut, clone,
    length, escape, escape_mut, returned, token.
    """

    kind: str
    method: str
    span: Span
    """The call or expression, for people to be shown."""
    receiver: Span
    """What the method is called on: an alias, a place, or a chain that makes a guard."""
    alias: str
    """The name of the local through which it happens, if any."""
    via: tuple[str, ...]
    """The adapters on the way: lock, unwrap, borrow_mut, await …."""
    temporary: bool
    """Whether the receiver makes a guard that dies with the statement."""
    args: tuple[Span, ...]
    note: str = ""
    """What its result is for, where that matters.

    lookup: `miss` (a growth is on its miss path), `after` (it follows a growth), `assumed`
    (absence is an error), defaulted, returned, question, other, tested, unused. grow: `decides`,
    `once` (only a message), `accumulates`, `borrowed`. assign, get_mut: `counts` (`+= 1`). shrink:
    `dropped` (all that is taken out, and nobody looks at it).
    """
    lookup: Lookup | None = None
    slot: Slot | None = None
    key: str = ""
    """The text of the key, for growth and look-up."""
    key_form: str = ""
    """name, reference, literal, pure, impure, address, inferred (its type depends on the place)."""
    value: str = ""
    """grow: the text of the value; shown to the gates for tickets and counters. Where a hit is
    `fresh`, of the part that it hands out."""
    stamped: bool = False
    """grow: whether the time of a clock is in the value."""
    capped: str = ""
    """grow: the comparison in the function that seems to bound a length."""
    held: str = "?"
    """grow, lookup: what runs while its answer is borrowed, see `borrows`; `?` if nobody looked."""
    inner: Span | None = None
    """lookup: where a cache inside of the value that it hands out grows."""


class Mention(Plain, frozen=True):
    """One place in one function, with everything that is done to it there."""

    place: Place
    fn: int
    """Index into `Outline.fns`; -1 outside of any function."""
    test: bool
    module: str
    uses: tuple[UseOf, ...]


class Construction(Plain, frozen=True):
    """`Type::new(…)`, `Type::default()` or `Type { … }` outside of the type's own impl.

    `fate`: `local` (bound to a local that is only borrowed), `served` and `streamed` (such a local,
    before a loop that goes on for as long as a channel, or a stream, brings more), `field:Owner`,
    `returned`, `kept` (given to something that keeps it), `moved`, `spawned`; `long` if it lives as
    long as the program: spawned, or a local of `main` or before an endless loop.
    """

    type: str
    fn: int
    fate: str
    long: bool
    test: bool
    span: Span
    module: str


class Number(Plain, frozen=True):
    """A number that somebody wrote where a cache may be told how much, or for how long.

    `role`: `const` (a static too), `field` (of a struct expression), `argument` (of `Type::new`),
    `method` (of a builder), `returned` (all that a function does), `attribute` (of a macro).
    """

    role: str
    name: str
    """The constant, field, function, method or key that the number is given to."""
    owner: str
    """The type, as written, whose field, constructor or builder it is; else empty."""
    position: int
    """Which argument of a call it is, from 0; else -1."""
    value: int
    unit: str
    """What `Duration::from_…` counts: secs, millis, mins, hours, days, weeks; else empty."""
    span: Span
    """The digits, or the product of some: `5 * 60`."""
    unit_span: Span | None
    """The `from_secs` of `Duration::from_secs(300)`."""
    fn: int
    test: bool
    module: str


class Maker(Plain, frozen=True):
    """A call that makes a bounded cache of a library, or one without a bound.

    `chain` are the methods called on what it makes: `Cache::builder().time_to_live(t).build()`
    has the path `Cache::builder`, the chain `time_to_live`, `build`.
    """

    path: str
    chain: tuple[str, ...]
    span: Span
    """The first call, with its arguments."""
    name: Span
    """The last segment of the path: `unbounded`."""
    last: int
    """Where the dot of the last method stands; -1 without a chain."""
    holder: str
    """The static, field or local that is given it, `Owner.field` for a field; else empty."""
    fn: int
    test: bool
    module: str
    later: tuple[str, ...] = ()
    """The methods called in the function on the local that holds it: a builder goes on there."""
    dropped: bool = False
    """Whether it is a local that is only lent, and is gone when its function returns."""


class Memoised(Plain, frozen=True):
    """A function with an attribute that remembers its results: `#[cached]`, `#[memoize]`."""

    macro: str
    """The attribute's path as written."""
    settings: tuple[str, ...]
    """The keys that it is given, in order."""
    span: Span
    """The attribute without its `#[` and `]`."""
    fn: int
    recursive: bool
    """Whether the function calls itself by name."""


class Found(Plain, frozen=True):
    """What is told of the sizes, times and makers of caches in one file."""

    numbers: tuple[Number, ...] = ()
    makers: tuple[Maker, ...] = ()
    memoised: tuple[Memoised, ...] = ()


class Outline(Plain, frozen=True):
    """What a file declares: all that can be said of it without its functions' bodies.

    Items inside of bodies are there, too.
    """

    uses: tuple[Use, ...] = ()
    mods: tuple[ModDecl, ...] = ()
    types: tuple[TypeDef, ...] = ()
    statics: tuple[StaticDef, ...] = ()
    fns: tuple[FnDef, ...] = ()
    dropped: tuple[str, ...] = ()
    """Types with an `impl Drop`."""
    clonable: tuple[str, ...] = ()
    item_macros: tuple[str, ...] = ()
    """Macros called where items stand: they may declare modules or types."""
    macro_words: tuple[str, ...] = ()
    """Identifiers in the bodies of macros that the file defines."""
    error: int | None = None
    """The byte where the grammar lost the thread; then everything else is empty."""
    deep: bool = False
    """Whether what begins there is merely nested too deeply to be followed."""


class Accessor(Plain, frozen=True):
    """A function whose body is only a way to a place that it hands out."""

    fn: int
    """Index into `Outline.fns`."""
    place: Place


class Deeds(Plain, frozen=True):
    """What the functions of a file do, perhaps only to what goes by some words."""

    accessors: tuple[Accessor, ...] = ()
    mentions: tuple[Mention, ...] = ()
    tokens: tuple[str, ...] = ()
    """Identifiers inside macros whose grammar is not known."""
    error: int | None = None
    """The byte where the grammar lost the thread; then everything else is empty."""


class FileFacts(Outline, frozen=True):
    """What a file declares, and what its functions do."""

    accessors: tuple[Accessor, ...] = ()
    mentions: tuple[Mention, ...] = ()
    tokens: tuple[str, ...] = ()
    """Identifiers inside macros whose grammar is not known."""
    numbers: tuple[Number, ...] = ()
    makers: tuple[Maker, ...] = ()
    memoised: tuple[Memoised, ...] = ()

    @property
    def deeds(self) -> Deeds:
        return Deeds(self.accessors, self.mentions, self.tokens, self.error)
