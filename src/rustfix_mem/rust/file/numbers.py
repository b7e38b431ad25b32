"""Numbers that may bound a cache, and calls and attributes that make one: facts of one file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import fates, syntax
from rustfix_mem.rust.file.facts import Found, Maker, Memoised, Number
from rustfix_mem.rust.file.items import collect as collected
from rustfix_mem.rust.file.syntax import field, span, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rustfix_mem.rust.file.items import Function, Items
    from rustfix_mem.rust.file.syntax import Node, Tree
    from rustfix_mem.text import Span

TELLS = re.compile(
    r"cache|lru|memoi|ttl|capacity|max_?age|expir|entries|time_to|lifetime|lifespan|max_size",
    re.IGNORECASE,
)
"""What a name says that is given a number worth a fact."""

DURATION = re.compile(r"(?:^|::)Duration::from_(secs|millis|mins|hours|days|weeks)$")
NON_ZERO = re.compile(r"(?:^|::)NonZero(?:U\w+|<\w+>|::<\w+>)?::new(?:_unchecked)?$")
LITERAL = re.compile(r"^([0-9][0-9_]*?)_?(?:u8|u16|u32|u64|u128|usize|i8|i16|i32|i64|i128|isize)?$")
PASSED_ON = ("unwrap", "expect", "get", "into")
"""Methods after which a number is still the same one."""

MAKERS = re.compile(r"^(?:\w+::)*(\w*(?:Cache|Lru|LruMap|LRU)\w*)(?:::<.*>)?::(\w+)$", re.DOTALL)
"""A path that makes something that is called a cache."""

UNBOUNDED = ("unbounded", "unbounded_with_hasher", "new_unbounded", "builder")
MEMO_MACROS = ("cached", "memoize")


NAMES = rb"(?i:" + TELLS.pattern.encode() + rb")"
TOLD = re.compile(NAMES)
OWNED = re.compile(rb"\b(?:impl|trait)\b[^{;]*?" + NAMES)
"""A type that is called so: whatever is given to its `Self`, or to a constant in its methods."""

OWN = re.compile(rb"Self|const|static")
GIVEN = re.compile(rb"(?<!\w)[0-9]|unbounded|builder|Unlimited")
"""A number, or what makes a cache."""

MEMOISED = re.compile(rb"#\s*!?\s*\[[^\]]*\b(?:cached|memoize)\b")
"""An attribute that may remember results."""


NOTHING = Found()


@dataclass(frozen=True)
class _File:
    """What places need to be told where they stand."""

    items: Items
    functions: dict[int, int]
    """Index of a function by the identity of its node."""

    def at(self, node: Node) -> tuple[int, bool, str]:
        """The function that a node stands in, or -1; whether that is a test; its module."""
        for around in syntax.ancestors(node):
            index = self.functions.get(id(around))
            if index is not None:
                function = self.items.functions[index]
                return index, function.test, function.module
        for static in self.items.statics:
            if static.span.start <= node.start_byte < static.span.end:
                return -1, static.test, static.module
        return -1, False, ""

    def owner(self, node: Node) -> str:
        """What `Self` is at a node."""
        index = self.at(node)[0]
        return self.items.functions[index].owner if index >= 0 else ""


def told(tree: Tree) -> Found | None:
    """What `collect` finds in a whole file, looked for only where its words stand.

    None for a file that is not understood.
    """
    if tree.error() is not None:
        return None
    try:
        root = _root(tree)
        return collect(root, collected(root))
    except RecursionError:
        return None


def _root(tree: Tree) -> Node:
    """The root of a copy that has every function, constant and static with something to be told."""
    source = tree.source
    if MEMOISED.search(source):
        return tree.root
    owned = OWNED.search(source) is not None

    def is_telling(one: Span) -> bool:
        if not GIVEN.search(source, one.start, one.end):
            return False
        own = owned and OWN.search(source, one.start, one.end)
        return bool(own or TOLD.search(source, one.start, one.end))

    values = (*(one.whole for one in tree.functions()), *tree.values())
    return tree.around(filter(is_telling, sorted(values)))


def collect(root: Node, items: Items) -> Found:
    """The numbers, makers and memoised functions below `root`."""
    file = _File(items, {id(function.node): at for at, function in enumerate(items.functions)})
    numbers: list[Number] = []
    makers: list[Maker] = []
    for node in syntax.walk(root):
        if node.type == "integer_literal":
            numbers += _number(node, file)
        elif node.type == "call_expression":
            makers += _maker(node, file)
    memoised = [m for at, fn in enumerate(items.functions) for m in _memoised(fn, at)]
    return Found(tuple(numbers), tuple(makers), tuple(memoised))


def _number(node: Node, file: _File) -> Iterator[Number]:
    top = _product(node)
    value = _value(top)
    if value is None or _first_literal(top) is not node:
        return
    at, unit, unit_span = _through(top)
    given = _given_to(at, file)
    if given is None:
        return
    role, name, owner, position = given
    if not TELLS.search(f"{owner} {name}"):
        return
    index, test, module = file.at(node)
    yield Number(
        role, name, owner, position, value, unit, span(top), unit_span, index, test, module
    )


def _product(node: Node) -> Node:
    """The largest product of numbers that a literal is part of."""
    while (parent := node.parent) is not None and parent.type == "binary_expression":
        if text(field(parent, "operator")) != "*" or _value(parent) is None:
            break
        node = parent
    return node


def _value(node: Node | None) -> int | None:
    if node is None:
        return None
    if node.type == "integer_literal":
        found = LITERAL.match(text(node))
        return int(found[1].replace("_", "")) if found else None
    if node.type == "binary_expression" and text(field(node, "operator")) == "*":
        left, right = _value(field(node, "left")), _value(field(node, "right"))
        return left * right if left is not None and right is not None else None
    return None


def _first_literal(node: Node) -> Node:
    while node.type == "binary_expression":
        left = field(node, "left")
        assert left is not None  # `_value` went there
        node = left
    return node


def _through(node: Node) -> tuple[Node, str, Span | None]:
    """What the number is wrapped in that leaves it a number, and the unit of a duration."""
    unit, unit_span = "", None
    while (outer := _outer(node)) is not None:
        callee = field(outer, "function") if outer.type == "call_expression" else None
        found = DURATION.search("".join(text(callee).split())) if callee is not None else None
        if found is not None and callee is not None:
            if unit:
                break
            unit = found[1]
            named = field(callee, "name")
            unit_span = span(named) if named is not None else None
        node = outer
    return node, unit, unit_span


def _outer(node: Node) -> Node | None:
    """The expression around that is the same number; None if that is something else."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type in ("parenthesized_expression", "type_cast_expression", "try_expression"):
        return parent
    if parent.type == "arguments" and parent.parent is not None:
        callee = "".join(text(field(parent.parent, "function")).split())
        same = callee == "Some" or DURATION.search(callee) or NON_ZERO.search(callee)
        return parent.parent if same and len(syntax.named(parent)) == 1 else None
    if parent.type == "field_expression" and text(field(parent, "field")) in PASSED_ON:
        call = parent.parent
        return call if call is not None and call.type == "call_expression" else None
    if parent.type == "token_tree" and parent.parent is not None:
        made = parent.parent.type == "macro_invocation"
        named = text(field(parent.parent, "macro")) if made else ""
        return parent.parent if named.endswith("nonzero") else None
    if parent.type == "block" and parent.parent is not None:
        return parent.parent if parent.parent.type == "unsafe_block" else None
    return None


_Given = tuple[str, str, str, int]
"""Role, name, owner and position."""


def _given_to(node: Node, file: _File) -> _Given | None:
    parent = node.parent
    if parent is None:
        return None
    match parent.type:
        case "const_item" | "static_item":
            return "const", text(field(parent, "name")), file.owner(parent), -1
        case "field_initializer":
            return _initialised(parent, file)
        case "arguments":
            return _argument(node, parent, file)
        case "block":
            return _returned(node, parent)
        case "token_tree":
            return _setting(node, parent)
    return None


def _setting(node: Node, tokens: Node) -> _Given | None:
    """`size = 10` among the settings of an attribute that remembers results."""
    attribute, equals = tokens.parent, node.prev_sibling
    key = equals.prev_sibling if equals is not None else None
    if attribute is None or attribute.type != "attribute" or key is None:
        return None
    macro = "".join(text(syntax.named(attribute)[0]).split())
    if macro.rpartition("::")[2] not in MEMO_MACROS or text(equals) != "=":
        return None
    return "attribute", text(key), macro, -1


def _initialised(initialiser: Node, file: _File) -> _Given | None:
    struct = initialiser.parent.parent if initialiser.parent is not None else None
    if struct is None or struct.type != "struct_expression":
        return None
    owner = "".join(text(field(struct, "name")).split())
    named = text(field(initialiser, "field"))
    return "field", named, file.owner(struct) if owner == "Self" else owner, -1


def _argument(node: Node, arguments: Node, file: _File) -> _Given | None:
    call = arguments.parent
    callee = field(call, "function") if call is not None else None
    if callee is None:
        return None
    given = syntax.named(arguments)
    position = next((at for at, one in enumerate(given) if one is node), -1)
    if callee.type == "field_expression":
        root = _root_call(callee)
        return "method", text(field(callee, "field")), _path_owner(root, file), position
    if callee.type == "scoped_identifier":
        return "argument", text(field(callee, "name")), _path_owner(callee, file), position
    if callee.type == "generic_function":
        return _generic_argument(callee, position, file)
    return None


def _generic_argument(callee: Node, position: int, file: _File) -> _Given | None:
    inner = field(callee, "function")
    if inner is None or inner.type != "scoped_identifier":
        return None
    return "argument", text(field(inner, "name")), _path_owner(inner, file), position


def _root_call(callee: Node) -> Node | None:
    """The path that a chain begins with: `Cache::builder` of `Cache::builder().a().b`."""
    at: Node | None = callee
    while at is not None:
        if at.type == "field_expression":
            at = field(at, "value")
        elif at.type == "call_expression":
            at = field(at, "function")
        else:
            return at if at.type == "scoped_identifier" else None
    return None


def _path_owner(path: Node | None, file: _File) -> str:
    """`Cache` of `Cache::<K, V>::new`; what `Self` stands for."""
    if path is None:
        return ""
    owner = re.sub(r"(?:::)?<.*$", "", "".join(text(field(path, "path")).split()))
    return file.owner(path) if owner == "Self" else owner


def _returned(node: Node, block: Node) -> _Given | None:
    function = block.parent
    if function is None or function.type != "function_item" or len(syntax.named(block)) != 1:
        return None
    return "returned", text(field(function, "name")), "", -1


def _maker(node: Node, file: _File) -> Iterator[Maker]:
    callee = field(node, "function")
    if callee is None or callee.type not in ("scoped_identifier", "generic_function"):
        return
    path = "".join(text(callee).split())
    found = MAKERS.match(path)
    named = field(callee, "name")
    if found is None or named is None:
        return
    if found[2] not in UNBOUNDED and "(Unlimited" not in text(node):  # `LruMap::new(Unlimited)`
        return
    chain, last, whole = _chain(node)
    index, test, module = file.at(node)
    holder = _holder(whole, file)
    function = file.items.functions[index] if index >= 0 else None
    yield Maker(
        re.sub(r"(?:::)?<.*>", "", path),
        chain,
        span(node),
        span(named),
        last,
        holder,
        index,
        test,
        module,
        fates.later(whole, function) if function is not None else (),
        function is not None and fates.is_dropped(whole, function),
    )


def _chain(node: Node) -> tuple[tuple[str, ...], int, Node]:
    """The methods called on what a call makes, where the last one's dot stands, the whole."""
    methods: list[str] = []
    last = -1
    while (parent := node.parent) is not None and parent.type == "field_expression":
        call, name = parent.parent, field(parent, "field")
        if call is None or call.type != "call_expression" or name is None:
            break
        methods.append(text(name))
        last = name.start_byte - 1
        node = call
    return tuple(methods), last, node


_HOLDERS = 8
"""Wrappers to go through on the way to what keeps a value: `Arc::new(Mutex::new(…))`."""


def _holder(node: Node, file: _File) -> str:
    for _ in range(_HOLDERS):
        parent = node.parent
        if parent is None:
            return ""
        match parent.type:
            case "static_item" | "const_item":
                return text(field(parent, "name"))
            case "field_initializer":
                given = _initialised(parent, file)
                return f"{given[2]}.{given[1]}" if given is not None else ""
            case "let_declaration":
                return text(field(parent, "pattern")).removeprefix("mut ")
        node = parent
    return ""


def _memoised(function: Function, index: int) -> Iterator[Memoised]:
    at = function.node.prev_sibling
    if function.test:
        return
    while at is not None and at.type in ("attribute_item", *syntax.COMMENTS):
        attribute = syntax.named(at)[0] if at.type == "attribute_item" else None
        named = syntax.named(attribute)[0] if attribute is not None else None
        macro = "".join(text(named).split())
        if attribute is not None and macro.rpartition("::")[2] in MEMO_MACROS:
            calls = _calls_itself(function)
            yield Memoised(macro, _settings(attribute), span(attribute), index, calls)
        at = at.prev_sibling


def _settings(attribute: Node) -> tuple[str, ...]:
    tokens = next((c for c in attribute.named_children if c.type == "token_tree"), None)
    keys: Sequence[Node] = tokens.children if tokens is not None else []
    return tuple(text(k) for k in keys if k.type == "identifier")


def _calls_itself(function: Function) -> bool:
    return any(
        node.type == "identifier" and text(node) == function.name
        for node in syntax.walk(function.body)
    )
