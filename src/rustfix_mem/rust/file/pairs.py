"""Helpers that come in pairs: one looks up, one puts in, and a third function asks both.
Or only one puts in, for a function that looks up itself.

`if let Some(hit) = self.cached(key) { return hit; } … self.remember(key, made);` is a memo of
the function that says it, as if both bodies stood there. Both helpers are private, so that all
who call them stand in the file, or below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rustfix_mem.plain import changed
from rustfix_mem.rust.file import memo, stamps, syntax
from rustfix_mem.rust.file.facts import Lookup
from rustfix_mem.rust.file.hits import depends
from rustfix_mem.rust.file.places import own_nodes
from rustfix_mem.rust.file.scopes import method_call
from rustfix_mem.rust.file.syntax import field, span, text
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from rustfix_mem.rust.file.facts import Mention, Place, UseOf
    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

PAIR = "pair"
HALF = "half"
"""Forms of a look-up: every call of both helpers is such a memo, or not every one is."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a helper; the arguments without `self`."""

    node: Node
    caller: int
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class _Getter:
    """A function that answers with what it finds, and which of its arguments says where."""

    function: int
    key: int
    handle: int
    """The argument that is the collection itself; -1 where that is a field, or a static."""


class _File:
    """What is asked of a file for every growth in a helper, and found out once."""

    def __init__(
        self,
        mentions: list[Mention],
        functions: Mapping[int, Function],
        named: Counter[str],
    ) -> None:
        self.mentions = mentions
        self.functions = functions
        self.named = named
        """How many functions of the file go by each name."""
        self._calls: dict[str, list[_Call]] = {}
        self._lets: dict[int, memo.Lets] = {}

    @cached_property
    def getters(self) -> dict[Place, list[_Getter]]:
        """The functions that answer with what they find in a place, by the key they are given."""
        found: dict[Place, dict[int, _Getter]] = {}
        for mention in self.mentions:
            function = self.functions[mention.fn]
            for use in mention.uses:
                if _gets(use, function):
                    key = _given(function).index(memo.plain_key(use.key))
                    getter = _Getter(mention.fn, key, _handle(mention.place, function))
                    found.setdefault(_kind(mention.place), {}).setdefault(mention.fn, getter)
        return {place: [*functions.values()] for place, functions in found.items()}

    def calls(self, name: str) -> list[_Call]:
        """Every call of a helper in its file that is not in a test: by its name, through `self`."""
        if name not in self._calls:
            self._calls[name] = _calls(name, self.functions)
        return self._calls[name]

    def places(self, call: _Call, put: Mention) -> set[Place]:
        """What a helper puts something into that is called so."""
        handle = _handle(put.place, self.functions[put.fn])
        if handle < 0:
            return {put.place}
        given = span(call.arguments[handle])
        own = [mention for mention in self.mentions if mention.fn == call.caller]
        return {m.place for m in own if any(given.holds(use.span) for use in m.uses)}

    def asked(self, places: set[Place], function: int) -> list[UseOf]:
        """Where a function looks up in one of these places itself."""
        mentions = [m for m in self.mentions if m.fn == function and m.place in places]
        uses = (use for mention in mentions for use in mention.uses)
        return [use for use in uses if use.kind == "lookup" and use.method != "get_mut"]

    def lets(self, at: int) -> memo.Lets:
        if at not in self._lets:
            self._lets[at] = memo.Lets(self.functions[at].body)
        return self._lets[at]


def with_pairs(
    mentions: list[Mention], functions: Mapping[int, Function], named: Counter[str]
) -> list[Mention]:
    """The mentions with each growth in a helper told the look-up that its caller makes.

    `functions` by their index in the file: all that have to do with it; `named` counts all names.
    """
    told: dict[int, Mention] = {}
    asked = set[Span]()
    file = _File(mentions, functions, named)
    for index, mention in enumerate(mentions):
        for use in mention.uses:
            if use.kind == "grow" and use.lookup is None and _puts(use, functions[mention.fn]):
                lookup, value = _pair_of(mention, use, file)
                if lookup is not None:
                    made = changed(use, lookup=lookup, value=value)
                    uses = tuple(made if one == use else one for one in mention.uses)
                    told[index] = changed(mention, uses=uses)
                    asked.add(lookup.span)
    return [_missed(told.get(index, mention), asked) for index, mention in enumerate(mentions)]


def _missed(mention: Mention, asked: set[Span]) -> Mention:
    """The mention, whose look-ups at these places are known to lead to a growth."""
    if not any(use.span in asked and use.note != "assumed" for use in mention.uses):
        return mention
    uses = tuple(
        changed(use, note="miss")
        if use.kind == "lookup" and use.span in asked and use.note != "assumed"
        else use
        for use in mention.uses
    )
    return changed(mention, uses=uses)


def _given(function: Function) -> list[str]:
    """The names of what a function is given, without `self`."""
    return [parameter.name for parameter in function.params if parameter.name != "self"]


def _handle(place: Place, function: Function) -> int:
    """Which argument a place is; -1 if it is none."""
    given = _given(function)
    is_given = place.base == "param" and not place.path and place.root in given
    return given.index(place.root) if is_given else -1


def _kind(place: Place) -> Place:
    """A place, whatever it is called where it is given: functions that are given one of a type."""
    return changed(place, root="") if place.base == "param" and not place.path else place


def _puts(use: UseOf, function: Function) -> bool:
    """Whether a private helper puts in what it is given, under the key that it is given."""
    given = _given(function)
    plain = memo.plain_key(use.key) in given and memo.plain_key(use.value) in given
    return plain and _is_private(function) and use.method in ("insert", "insert_full")


def _is_private(function: Function) -> bool:
    return function.visibility in ("", "pub(self)") and not function.trait and not function.test


def _pair_of(put: Mention, use: UseOf, file: _File) -> tuple[Lookup | None, str]:
    """The look-up that goes with a growth in a helper, and the value as its caller says it."""
    if file.named[file.functions[put.fn].name] > 1:
        return None, ""
    helped = _helped(put, use, file)
    return helped if helped[0] is not None else _alone(put, use, file)


def _helped(put: Mention, use: UseOf, file: _File) -> tuple[Lookup | None, str]:
    """The same if another helper looks up."""
    putter = file.functions[put.fn]
    getters = [
        one
        for one in file.getters.get(_kind(put.place), ())
        if one.function != put.fn and _is_private(file.functions[one.function])
        if file.functions[one.function].owner == putter.owner
    ]
    if len(getters) != 1:
        return None, ""
    (getter,), name = getters, file.functions[getters[0].function].name
    puts, gets = file.calls(putter.name), file.calls(name)
    key, value_at = (_given(putter).index(memo.plain_key(said)) for said in (use.key, use.value))
    wanted, handle = len(_given(putter)), _handle(put.place, putter)
    pairs = [
        (one, two)
        for one in puts
        for two in gets
        if len(one.arguments) == wanted and _is_memo(one, two, key, getter)
        if handle < 0 or _is_same(one.arguments[handle], two.arguments[getter.handle])
    ]
    if not pairs:
        return None, ""
    whole = len(pairs) == len(puts) == len(gets) == 1
    call, asked = pairs[0]
    form = PAIR if whole else HALF
    value = _said_by(call, value_at, file)
    return Lookup(f"helper:{name}", "", span(asked.node), form), value


def _alone(put: Mention, use: UseOf, file: _File) -> tuple[Lookup | None, str]:
    """The same if who calls the helper looks up itself."""
    putter = file.functions[put.fn]
    puts = file.calls(putter.name)
    key, value_at = (_given(putter).index(memo.plain_key(said)) for said in (use.key, use.value))
    for call in puts:
        if len(call.arguments) != len(_given(putter)) or call.caller == put.fn:
            continue
        for asked in file.asked(file.places(call, put), call.caller):
            form = PAIR if len(puts) == 1 else HALF
            found = _own_lookup(asked, call, text(call.arguments[key]), form, file)
            if found is not None:
                return found, _said_by(call, value_at, file)
    return None, ""


def _own_lookup(asked: UseOf, call: _Call, key: str, form: str, file: _File) -> Lookup | None:
    """The look-up of a caller, if the helper is called where it finds nothing."""
    caller = file.functions[call.caller]
    node = syntax.descendant(caller.node, asked.span)
    for test in memo.tests_of(node):
        if memo.same_key(asked.key, key) and memo.miss_form(test, call.node):
            other = depends(node, test, f"{asked.key} {key}", caller)
            age, part = stamps.age(test, node, call.node, caller)
            return Lookup(asked.method, "", asked.span, form, other, age, part)
    return None


def _said_by(call: _Call, at: int, file: _File) -> str:
    """The value of an argument, as its caller makes it."""
    value = memo.plain_key(text(call.arguments[at]))
    made = file.lets(call.caller).value(value, span(call.node)) if value.isidentifier() else value
    return (made or value)[:200]


def _gets(use: UseOf, function: Function) -> bool:
    """Whether a function answers with what it finds, under the key that it is given."""
    asks = use.kind == "lookup" and use.method != "get_mut"
    answers = use.note in ("returned", "question", "other")
    return asks and answers and memo.plain_key(use.key) in _given(function)


def _calls(called: str, functions: Mapping[int, Function]) -> list[_Call]:
    found: list[_Call] = []
    for index, function in functions.items():
        if function.test or called not in text(function.body):
            continue
        for node in own_nodes(function.body):
            if node.type != "call_expression":
                continue
            name, arguments = _called(node)
            if name == called:
                found.append(_Call(node, index, arguments))
    return found


def _called(node: Node) -> tuple[str, tuple[Node, ...]]:
    made = method_call(node)
    if made is not None:
        return made.name, made.arguments
    callee, arguments = field(node, "function"), field(node, "arguments")
    name = "".join(text(callee).split()).rpartition("::")[2]
    return name, tuple(syntax.named(arguments)) if arguments is not None else ()


def _is_same(one: Node, other: Node) -> bool:
    """Whether two arguments name the same thing, lent or cloned."""
    return memo.plain_key(text(one)) == memo.plain_key(text(other))


def _is_memo(put: _Call, get: _Call, key: int, getter: _Getter) -> bool:
    """Whether a value is put in on the miss path of a look-up of the same key."""
    if put.caller != get.caller or len(get.arguments) != (1 if getter.handle < 0 else 2):
        return False
    same = memo.same_key(text(get.arguments[getter.key]), text(put.arguments[key]))
    return same and any(memo.miss_form(test, put.node) for test in memo.tests_of(get.node))
