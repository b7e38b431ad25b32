"""Does a hit ask how old the entry is, and is that all that the entry's stamp is for?

What has a time to live keeps a stamp beside each answer. If the stamp is only compared, to say
whether a hit is fresh, then a stale entry is as good as none: both are computed again, and put in
again. A young hit that hands out nothing of its entry is a limiter: the stamp is all that it keeps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo, syntax
from rustfix_mem.rust.file.parts import parts_of, put_in, references
from rustfix_mem.rust.file.scopes import alias_name, bound_names, declaration, let_conditions
from rustfix_mem.rust.file.syntax import ancestors, field, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rustfix_mem.rust.file.items import Function
    from rustfix_mem.rust.file.syntax import Node

CLOCKS = re.compile(r"\w::now(?:_\w+)?\b|\.elapsed\(")
AGES = re.compile(r"::now(?:_\w+)?\(|\.elapsed\(|duration_since\(|\bhas_expired\(")
NOW = re.compile(r"(?:\w+::)+now(?:_\w+)?\(\)")
CLOCK_TYPES = re.compile(r"(?:\w+::)*(?:Instant|SystemTime|OffsetDateTime|DateTime<.*>)")

_NOW = r"(?P<now>[\w:]+(?:\(\))?)"
_UNIT = r"(?:\.(?:as|num|whole)_\w+\(\))?"
_OPEN = r"(?:\.unwrap\(\)|\.unwrap_or_default\(\)|\.expect\(\"[^\"]*\"\))?"
AGE = re.compile(
    rf"\*?@\.elapsed\(\){_OPEN}{_UNIT}|\(?{_NOW}-\*?@\)?{_UNIT}"
    rf"|(?P<at>[\w:]+(?:\(\))?)\.(?:saturating_|signed_)?duration_since\(\*?@\){_OPEN}{_UNIT}"
)
"""How old the entry is, whose stamp stands as `@`."""
UNTIL = re.compile(r"\*?@(?:\+[^@]+)?")
"""When it ends to be fresh."""
WRAPPED = re.compile(r"(Ok|Some)\((.*)\)")
NOTHING = re.compile(r"|Err\(.*|(?:Ok\()?(?:true|false|None|\(\))\)?|Some\(Err\(.*")
"""An answer that says nothing of the entry."""
COMPARISONS = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class _Hit:
    """What is done with an entry that is there.

    `asked` and `answer` are the condition and the value that is handed out, if that is all.
    """

    pattern: Node
    regions: tuple[Node, ...]
    asked: Node | None
    answer: Node | None
    around: Node | None = None
    """The match whose value the answer is, if it is not returned."""


def age(test: memo.Test, lookup: Node, growth: Node, function: Function) -> tuple[str, str]:
    """What a hit asks of the entry's age, as `Lookup.age` says, and the part that it hands out."""
    hit = _hit(test, lookup)
    if hit is None:
        return "", ""
    names = parts_of(hit.pattern)
    timed = [node for node in _timed(hit.regions) if references(node, names)]
    if not timed:
        return "", ""
    if part := _fresh(hit, names, growth, function):
        return "fresh", part
    return _otherwise(hit, timed, names), ""


def is_stamped(growth: Node) -> bool:
    """Whether the time of a clock is in the value that is put in, through a local too."""
    arguments = field(growth, "arguments")
    given = syntax.named(arguments) if arguments is not None else []
    return len(given) == 2 and _says_time(given[1])


def _hit(test: memo.Test, lookup: Node) -> _Hit | None:
    match test.kind:
        case "iflet":
            return _branch(test.node, lookup)
        case "match":
            return _arm(test.node)
    return None


def _branch(node: Node, lookup: Node) -> _Hit | None:
    """`if let Some(entry) = … { if fresh { return … } }`, or `&& fresh` in its condition."""
    condition, body = field(node, "condition"), field(node, "consequence")
    lets = let_conditions(condition)
    own = next((let for let in lets if syntax.holds(let, lookup)), lets[0] if lets else None)
    pattern = field(own, "pattern") if own is not None else None
    if condition is None or body is None or pattern is None:
        return None
    asked: Node | None = None
    answer: Node | None = None
    regions = (condition, body)
    opened = [let for let in lets if let != own and own is not None and _leads_to(let, own)]
    if field(node, "alternative") is None and len(lets) == len(opened) + 1:
        if condition.type == "let_chain":
            others = [part for part in syntax.named(condition) if part not in (own, *opened)]
            asked, answer = (others[0] if len(others) == 1 else None), _returned(body)
        elif (inner := _only(body)) is not None and inner.type == "if_expression":
            plain = field(inner, "alternative") is None
            asked = field(inner, "condition") if plain else None
            answer = _returned(field(inner, "consequence"))
    return _Hit(pattern, regions, asked, answer)


def _leads_to(let: Node, own: Node) -> bool:
    """Whether a `let` before the look-up only opens the map: `let Ok(m) = lock.read()`."""
    pattern, value = field(let, "pattern"), field(own, "value")
    names = [text(name) for name in bound_names(pattern)] if pattern is not None else []
    before = let.start_byte < own.start_byte and len(names) == 1 and value is not None
    return before and value is not None and any(True for _ in syntax.named_so(value, names[0]))


def _arm(node: Node) -> _Hit | None:
    """`match … { Some(entry) if fresh => …, _ => … }`."""
    body = field(node, "body")
    arms = [arm for arm in syntax.named(body) if arm.type == "match_arm"] if body else []
    hits = [arm for arm in arms if text(field(arm, "pattern")).startswith("Some(")]
    if not hits:
        return None
    matched, value = field(hits[0], "pattern"), field(hits[0], "value")
    inner = syntax.named(matched) if matched is not None else []
    if not inner or value is None:
        return None
    other = [text(field(arm, "pattern")) for arm in arms if arm != hits[0]]
    plain = len(inner) == 2 and other == ["_"]
    only = _only(value) if value.type == "block" else value
    if not plain or only is None:
        return _Hit(inner[0], tuple(hits), None, None)
    if only.type == "return_expression":
        return _Hit(inner[0], tuple(hits), inner[1], next(iter(syntax.named(only)), None))
    return _Hit(inner[0], tuple(hits), inner[1], only, node)


def _only(block: Node | None) -> Node | None:
    """The one expression that a block consists of."""
    inner = syntax.named(block) if block is not None else []
    if len(inner) != 1:
        return None
    statement = inner[0]
    parts = syntax.named(statement) if statement.type == "expression_statement" else [statement]
    return parts[0] if parts else None


def _returned(block: Node | None) -> Node | None:
    """What a block returns that does nothing else."""
    only = _only(block)
    if only is None or only.type != "return_expression":
        return None
    return next(iter(syntax.named(only)), None)


def _timed(regions: Iterable[Node]) -> list[Node]:
    """The comparisons and calls in which a clock is asked."""
    kinds = ("binary_expression", "call_expression")
    nodes = [node for region in regions for node in syntax.walk(region) if node.type in kinds]
    return [node for node in nodes if AGES.search(text(node)) or _clocks(node)]


def _clocks(node: Node) -> list[Node]:
    """The identifiers at and below a node that stand for the time of a clock."""
    return [one for one in syntax.walk(node) if one.type == "identifier" and _is_clock(one)]


def _is_clock(name: Node) -> bool:
    """Whether an identifier is a local that was given the time, or a parameter that is one."""
    bound = declaration(name, text(name))
    if bound is None:
        return False
    if bound.type == "parameter":
        return CLOCK_TYPES.fullmatch(text(field(bound, "type"))) is not None
    made = "".join(text(field(bound, "value")).split()) if bound.type == "let_declaration" else ""
    return NOW.fullmatch(made) is not None and alias_name(field(bound, "pattern")) == text(name)


def _says_time(value: Node) -> bool:
    return bool(CLOCKS.search(text(value)) or _clocks(value))


def _fresh(hit: _Hit, names: Mapping[str, str], growth: Node, function: Function) -> str:
    """The part that a hit hands out, if all that is asked of another is whether it is fresh.

    Whatever is not fresh is computed again, handed out in the same way, and put in as that part.
    """
    if hit.asked is None or hit.answer is None:
        return ""
    stamps, answers = references(hit.asked, names), references(hit.answer, names)
    if len(stamps) != 1 or len(answers) != 1:
        return ""
    stamp, handed, made = stamps[0], answers[0], put_in(growth)
    if stamp.part not in made or handed.part not in made or stamp.part == handed.part:
        return ""
    around, said = _unwrapped(hit.answer)
    ends = [_unwrapped(end) for end in _ends(hit, growth, function)]
    alike = (
        said == memo.plain_key(text(handed.node))
        and ends == [(around, memo.plain_key(text(made[handed.part])))]
        and ends[0][1].isidentifier()
    )
    compared = _is_fresh(hit.asked, stamp.node) and _says_time(made[stamp.part])
    kept = _kept_elsewhere((hit.asked, made[stamp.part]), growth, hit.asked, function)
    return handed.part if alike and compared and not kept else ""


def _unwrapped(answer: Node) -> tuple[tuple[str, ...], str]:
    """What an answer is wrapped in, and what is answered apart from copies of it."""
    around, said = list[str](), "".join(text(answer).split())
    while found := WRAPPED.fullmatch(said):
        around.append(found[1])
        said = found[2]
    return tuple(around), memo.plain_key(said)


def _ends(hit: _Hit, growth: Node, function: Function) -> list[Node]:
    """What is answered behind the growth, where a hit answers: every value, or nothing is known."""
    for block in ancestors(growth):
        last = _last(block) if block.type == "block" else None
        if last is None:
            continue
        around = hit.around if hit.around is not None else function.body
        if last.start_byte < growth.end_byte or not _is_answer(block, around):
            return []
        behind = [n for n in syntax.walk(around) if n.start_byte > growth.end_byte]
        returns = [n for n in behind if n.type in ("return_expression", "try_expression")]
        return [last, *(n for n in returns if n != last.parent)]
    return []


HANDS_ON = frozenset("match_arm match_block match_expression if_expression else_clause".split())


def _is_answer(block: Node, around: Node) -> bool:
    """Whether the value of a block is that of one around it: of a function's body, of a match."""
    child = block
    while child != around:
        parent = child.parent
        if parent is None or text(child).endswith(";"):
            return False
        if parent.type == "block" and syntax.named(parent)[-1:] != [child]:
            return False
        if parent.type not in (*HANDS_ON, "block", "expression_statement"):
            return False
        child = parent
    return True


def _last(block: Node) -> Node | None:
    inner = syntax.named(block)
    if not inner:
        return None
    last = inner[-1]
    if last.type == "expression_statement":
        last = syntax.named(last)[0]
        if last.type != "return_expression":
            return None
    if last.type == "return_expression":
        return next(iter(syntax.named(last)), None)
    return last


def _is_fresh(asked: Node, stamp: Node) -> bool:
    """Whether a condition compares the stamp, and is true while the entry is young."""
    left, right = field(asked, "left"), field(asked, "right")
    operator = text(field(asked, "operator"))
    if asked.type != "binary_expression" or left is None or right is None:
        return False
    if operator not in COMPARISONS:
        return False
    if right.start_byte <= stamp.start_byte:
        left, right, operator = right, left, COMPARISONS[operator]
    source = asked.file.source
    parts = source[left.start_byte : stamp.start_byte], source[stamp.end_byte : left.end_byte]
    said = "".join("@".join(part.decode("utf-8", "replace") for part in parts).split())
    if operator in ("<", "<="):
        found = AGE.fullmatch(said)
        return found is not None and all(
            NOW.fullmatch(now) or _clocks(left) for now in found.groups() if now
        )
    until = "".join(text(right).split()).removeprefix("*")
    ends = NOW.fullmatch(until) or (until.isidentifier() and _clocks(right))
    return bool(UNTIL.fullmatch(said) and ends)


def _kept_elsewhere(timed: Iterable[Node], growth: Node, asked: Node, function: Function) -> bool:
    """Whether the time that is compared and put in is used for anything else."""
    for name in dict.fromkeys(text(clock) for node in timed for clock in _clocks(node)):
        for one in syntax.named_so(function.body, name):
            inside = any(syntax.holds(holder, one) for holder in (growth, asked))
            bound = declaration(one, name)
            pattern = one.parent is not None and one.parent.type in ("let_declaration", "parameter")
            if not inside and not pattern and bound is not None:
                return True
    return False


def _otherwise(hit: _Hit, timed: list[Node], names: Mapping[str, str]) -> str:
    """`gates`, `told` or `asked`, see `Lookup.age`."""
    nodes = [node for region in hit.regions for node in syntax.walk(region)]
    answers = [n for n in nodes if n.type in ("return_expression", "break_expression")]
    said = ["".join(text(a).split()).removeprefix("return") for a in answers]
    if answers and all(NOTHING.fullmatch(one) for one in said):
        return "gates"
    stamps = {one.part for node in timed for one in references(node, names)}
    elsewhere = [
        one
        for region in hit.regions
        for one in references(region, names)
        if not any(syntax.holds(node, one.node) for node in (*timed, hit.pattern))
    ]
    parts = {one.part for one in elsewhere}
    if not parts:
        return "gates"
    return "told" if "" in parts or parts & stamps else "asked"
