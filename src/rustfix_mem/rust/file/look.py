"""One file looked at: its bytes in, its facts out. Runs in a worker; knows no path."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypedDict

from rustfix_mem.rust.file import items, numbers, syntax, type_trees
from rustfix_mem.rust.file.constructions import constructions
from rustfix_mem.rust.file.facts import (
    GUARDS,
    Accessor,
    Construction,
    Deeds,
    FileFacts,
    FnDef,
    Mention,
    Outline,
    Place,
)
from rustfix_mem.rust.file.lookups import with_lookups
from rustfix_mem.rust.file.pairs import with_pairs
from rustfix_mem.rust.file.places import PLACES, lent_to, own_nodes, place_at, taken_apart
from rustfix_mem.rust.file.scopes import method_call, place_of, strip
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.rust.file.uses import READING_MACROS, uses_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.rust.file.facts import ModDecl, StaticDef, TypeDef, TypeTree, Use
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Callable, Node
    from rustfix_mem.text import Span

EVERY: frozenset[str] = frozenset()
"""No words: whatever goes by any."""

TELLING = frozenset(
    ("grow", "shrink", "clear", "lookup", "enumerate", "index", "assign", "returned", "token")
)


def look(source: bytes) -> FileFacts:
    """The facts of one file of Rust source."""
    with syntax.parsed(source) as tree:
        error = tree.error()
        if error is not None:
            return FileFacts(error=error)
        try:
            return _look(tree)
        except RecursionError:
            return FileFacts(error=syntax.deepest(tree.root).start_byte, deep=True)


def about(source: bytes, words: Iterable[str]) -> Deeds:
    """What the functions of a file do, as far as it is about some words.

    Mentions and tokens with one of the names in `words` are all there, and perhaps others.
    """
    with syntax.parsed(source) as tree:
        error = tree.error()
        if error is not None:
            return Deeds(error=error)
        functions = tree.functions()
        asked = _asked(functions, source, words)
        try:
            some = _some(tree, functions, [*asked.naming, *asked.calling])
            return _deeds(some, _Signatures.of(functions), asked)
        except RecursionError:
            return Deeds(error=0)


def made(source: bytes, words: Iterable[str]) -> tuple[Construction, ...]:
    """Where values are made of types that go by one of these names."""
    with syntax.parsed(source) as tree:
        if tree.error() is not None:
            return ()
        functions = tree.functions()
        try:
            some = _some(tree, functions, _naming(functions, source, words))
        except RecursionError:
            return ()
        wanted = frozenset(words)
        return tuple(one for at, fn in some.items() for one in constructions(fn, at, wanted))


def _some(tree: syntax.Tree, functions: list[Callable], kept: list[Span]) -> dict[int, Function]:
    """Some functions of a file, and those in them, by their index among all."""
    places = {function.whole.start: index for index, function in enumerate(functions)}
    found = items.collect(tree.only(kept)).functions
    return {places[function.node.start_byte]: function for function in found}


def _naming(functions: list[Callable], source: bytes, words: Iterable[str]) -> list[Span]:
    """The functions that may make a value of a type of these names."""
    wanted = _any_of([word.encode() for word in words], rb"\s*(?:::|\{|<)")
    return [f.whole for f in functions if wanted.search(source, f.whole.start, f.whole.end)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a file: all about some words."""

    words: frozenset[str]
    naming: tuple[Span, ...]
    """The functions that have one of the words."""
    calling: tuple[Span, ...]
    """Those that may call one of them that is private: so far looks who asks of one function what
    another does (see `pairs`). Where one is given a collection, all that are given one."""


@dataclass(frozen=True, slots=True)
class _Signatures:
    """What the functions of a file say of themselves together."""

    lends: frozenset[str]
    """Those that answer with a guard, a reference or a shared pointer."""
    makers: frozenset[str]
    """Those of them that are given something."""
    takers: frozenset[str]
    """Those that are given what may be a collection, to change it."""
    names: Counter[str]
    """How many go by each name."""

    @classmethod
    def of(cls, functions: list[Callable]) -> _Signatures:
        names = [function.name.decode("utf-8", "replace") for function in functions]
        pairs = list(zip(names, functions, strict=True))
        lends = frozenset(name for name, one in pairs if _lending(one.returns))
        makers = frozenset(name for name, one in pairs if name in lends and one.given)
        takers = frozenset(name for name, one in pairs if _takes(one))
        return cls(lends, makers, takers, Counter(names))


TAKES = re.compile(rb"(?:&\s*mut\b|Mutex|RwLock|RefCell|\bDash)[^,;]*(?:Map|Set|Cache|Memos?)\b")
"""What is written where a collection is given to be changed, among the parameters."""
ENDS = (b"Map", b"Set", b"Cache", b"Memo")


def _takes(function: Callable) -> bool:
    """Whether a function may be given a collection, to change it, as far as its parameters say."""
    said = function.parameters  # most have no such word, which is found out ten times faster
    return any(end in said for end in ENDS) and TAKES.search(said) is not None


POINTING = re.compile(rb"&|Arc|Rc|Guard|Ref")
"""What is written in every type that lends."""


@cache
def _lending(returns: bytes) -> bool:
    """Whether a type lends, as it is written."""
    return POINTING.search(returns) is not None and _lends(type_trees.written_type(returns))


def _asked(functions: list[Callable], source: bytes, words: Iterable[str]) -> _Asked:
    # The field of a tuple stands behind a dot; alone it is a number.
    wanted = _any_of([rf"(?<=\.){w}".encode() if w.isdigit() else w.encode() for w in words])
    naming = [f for f in functions if wanted.search(source, f.whole.start, f.whole.end)]
    takers = [f for f in functions if _takes(f)] if any(map(_takes, naming)) else []
    called = _any_of([f.name for f in [*naming, *takers] if f.private and f.given])
    calling = [f for f in functions if called.search(source, f.whole.start, f.whole.end)] + takers
    return _Asked(frozenset(words), tuple(f.whole for f in naming), tuple(f.whole for f in calling))


def _any_of(words: list[bytes], behind: bytes = b"") -> re.Pattern[bytes]:
    """One of the words as a whole, with something behind it; nothing, if there are none."""
    whole = rb"(?<!\w)(?:" + b"|".join(words) + rb")(?!\w)" + behind
    return re.compile(whole if words else rb"(?!)")


def outline(source: bytes) -> Outline:
    """What one file of Rust source declares: the same as in its facts, for a fraction of the time.

    Most of the time that a file takes goes into what its functions do.
    """
    with syntax.parsed(source) as tree:
        error = tree.error()
        if error is not None:
            return Outline(error=error)
        try:
            found = items.collect(tree.declarations)
        except RecursionError:
            return Outline(error=syntax.deepest(tree.declarations).start_byte, deep=True)
        return Outline(**_declared(found))


def _look(tree: syntax.Tree) -> FileFacts:
    found = items.collect(tree.root)
    deeds = _deeds(dict(enumerate(found.functions)), _Signatures.of(tree.functions()))
    limits = numbers.collect(tree.root, found)
    return FileFacts(
        **_declared(found),
        accessors=deeds.accessors,
        mentions=deeds.mentions,
        tokens=deeds.tokens,
        numbers=limits.numbers,
        makers=limits.makers,
        memoised=limits.memoised,
    )


def _deeds(
    functions: Mapping[int, Function], signatures: _Signatures, asked: _Asked | None = None
) -> Deeds:
    words = asked.words if asked is not None else EVERY
    mentions: list[Mention] = []
    tokens: set[str] = set()
    accessors: list[Accessor] = []
    for index, function in functions.items():
        own = _mentions(function, index, signatures, words)
        if asked is not None and _matters_whole(function, own, signatures.lends, asked):
            own = _mentions(function, index, signatures)
        mentions += own
        handed_out = _accessor(function) or _handed_out(function, own)
        if handed_out is not None:
            accessors.append(Accessor(index, handed_out))
        tokens |= _unknown_tokens(function.body)
    mentions = with_pairs(mentions, functions, signatures.names)
    return Deeds(tuple(accessors), tuple(mentions), tuple(sorted(tokens)))


class _Declared(TypedDict):
    uses: tuple[Use, ...]
    mods: tuple[ModDecl, ...]
    types: tuple[TypeDef, ...]
    statics: tuple[StaticDef, ...]
    fns: tuple[FnDef, ...]
    dropped: tuple[str, ...]
    clonable: tuple[str, ...]
    item_macros: tuple[str, ...]
    macro_words: tuple[str, ...]


def _declared(found: items.Items) -> _Declared:
    return {
        "uses": tuple(found.uses),
        "mods": tuple(found.mods),
        "types": tuple(found.types),
        "statics": tuple(found.statics),
        "fns": tuple(map(_fn, found.functions)),
        "dropped": tuple(found.dropped),
        "clonable": tuple(found.clonable),
        "item_macros": tuple(found.item_macros),
        "macro_words": tuple(sorted(found.macro_words)),
    }


def _lends(answer: TypeTree | None) -> bool:
    """Whether a type is a guard, a reference or a shared pointer, or has one in it."""
    kinds = answer.walk() if answer is not None else []
    return any(t.name in GUARDS or t.head in ("&", "&mut", "Arc", "Rc") for t in kinds)


def _fn(function: Function) -> FnDef:
    return FnDef(
        name=function.name,
        owner=function.owner,
        trait=function.trait,
        module=function.module,
        visibility=function.visibility,
        test=function.test,
        params=function.params,
        returns=function.returns,
        span=span(function.node),
        home=function.home,
    )


def _accessor(function: Function) -> Place | None:
    """The place that a function hands out, if its last expression is only a way there."""
    inner = syntax.named(function.body)
    if not inner or len([n for n in inner if n.type not in _ITEMS]) != 1:
        return None
    last = inner[-1]
    if _answers(function) > 1:
        return None
    if last.type in _ITEMS or strip(last).type not in ("identifier", "field_expression"):
        return None
    place = place_of(last, function)
    return place if place.base in ("self", "static") and (place.path or place.root) else None


def _handed_out(function: Function, mentions: list[Mention]) -> Place | None:
    """The one place whose inside, or a guard of it, is what a function answers with."""
    if not _lends(function.returns):
        return None
    handed = [m for m in mentions if any(use.kind == "returned" for use in m.uses)]
    one = handed[0] if len(handed) == 1 else None
    if one is None or one.place.base not in ("self", "static"):
        return None
    ends = sum(use.kind == "returned" for use in one.uses)
    return one.place if ends >= _answers(function) else None


def _answers(function: Function) -> int:
    """In how many places a body may answer: with its end, and with every `return` of a value."""
    statements = syntax.named(function.body)
    nodes = own_nodes(function.body)
    if any(node.type == "if_expression" for node in syntax.walk(statements[-1])):
        return len(nodes)  # who knows
    arms = [n for n in syntax.walk(statements[-1]) if n.type == "match_arm" and not _recovers(n)]
    early = [node for node in nodes if node.type == "return_expression"]
    failing = [
        n for n in early if text(n).replace(" ", "").startswith(("returnErr(", "returnNone"))
    ]
    return max(len(arms), 1) + len(early) - len(failing)


def _recovers(arm: Node) -> bool:
    """`Err(poisoned) => poisoned.into_inner()` answers with the same guard."""
    said = text(field(arm, "value"))
    poisoned = said.endswith(".into_inner()") or said.startswith(("panic!", "unreachable!"))
    return text(field(arm, "pattern")).startswith("Err") and poisoned


_ITEMS = ("static_item", "const_item", "use_declaration", "function_item", "expression_statement")


def _matters_whole(
    function: Function, own: list[Mention], lends: frozenset[str], asked: _Asked
) -> bool:
    """Whether it is asked what a function does beside what it does to what goes by a word.

    What grows with a collection, what a method does that is called by its name, what hands out
    one place and no other, and who calls both helpers of a pair.
    """
    if function.name in asked.words or function.name in lends:
        return True
    if any(use.kind == "grow" for mention in own for use in mention.uses):
        return True
    return span(function.node) in asked.calling


def _goes_by(node: Node, words: frozenset[str]) -> bool:
    """Whether the last step of the place that a node may be is one of the words."""
    match node.type:
        case "field_expression":
            return text(field(node, "field")) in words
        case "identifier":
            return text(node) in words
        case "scoped_identifier":
            return text(field(node, "name")) in words
    call = method_call(node)
    if call is not None:
        return call.name in words
    return text(field(node, "function")).rpartition("::")[2].strip() in words


def _mentions(
    function: Function,
    index: int,
    signatures: _Signatures,
    words: frozenset[str] = EVERY,
) -> list[Mention]:
    """Every place of a function to which something is done; of some words, if they are given."""
    parameters = field(function.node, "parameters")
    patterns = syntax.walk(parameters) if parameters is not None else []
    taken = [n for n in patterns if n.type == "field_pattern"]
    nodes = own_nodes(function.body)
    if words:
        nodes = [n for n in nodes if n.type not in PLACES or _goes_by(n, words)]
    lent = lent_to(function)
    found = list(_places([*taken, *nodes], function, index, signatures, lent.collections))
    if lent.beside and any(_grows_as_given(mention) for mention in found):
        named = [n for n in own_nodes(function.body) if n.type == "identifier"]
        beside = [n for n in named if text(n) in lent.beside]
        found += _places(beside, function, index, signatures, lent.beside)
    return with_lookups(found, function)


def _grows_as_given(mention: Mention) -> bool:
    place = mention.place
    is_given = place.base == "param" and not place.path
    return is_given and any(use.kind == "grow" for use in mention.uses)


def _places(
    nodes: Iterable[Node],
    function: Function,
    index: int,
    signatures: _Signatures,
    lent: frozenset[str],
) -> Iterator[Mention]:
    """The places among some nodes of a function to which something is done."""
    for node in nodes:
        if node.type == "field_pattern":
            yield from taken_apart(node, function, index)
            continue
        place = place_at(node, function, signatures.makers, lent) if node.type in PLACES else None
        if place is None:
            continue
        uses = tuple(uses_of(node, function))
        if not any(use.kind != "read" for use in uses):
            continue
        last = (place.path or (place.root,))[-1].rpartition("::")[2].removesuffix("()")
        telling = last in signatures.lends or any(
            use.kind in TELLING or use.method in signatures.takers for use in uses
        )
        if node.type != "call_expression" or telling:
            yield Mention(place, index, function.test, function.module, uses)


def _unknown_tokens(body: Node) -> set[str]:
    """Identifiers inside macros that may do anything with them."""
    found: set[str] = set()
    for node in own_nodes(body):
        if node.type == "macro_invocation":
            name = text(field(node, "macro")).rpartition("::")[2]
            if name not in READING_MACROS:
                found |= {text(n) for n in syntax.walk(node) if n.type == "identifier"}
    return found
