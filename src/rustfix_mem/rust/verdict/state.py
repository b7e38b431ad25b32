"""Evidence that a collection is state, or bounded already: questions 2 to 5 of `growth`.

Each answer is a reason to leave it alone, in words that a maintainer can check at the place named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo
from rustfix_mem.rust.file.stamps import CLOCKS
from rustfix_mem.rust.file.uses import TAKEN
from rustfix_mem.rust.verdict.identity import of_one_value
from rustfix_mem.rust.whole.calls import COMMON, function_called, functions_of, reached
from rustfix_mem.rust.whole.copies import is_clone
from rustfix_mem.rust.whole.handles import is_given
from rustfix_mem.rust.whole.lifetimes import at_its_end, where
from rustfix_mem.rust.whole.links import names_at
from rustfix_mem.rust.whole.types import hazards, is_finite
from rustfix_mem.text import Span, brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import Place, UseOf
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

STATE_WORDS = tuple(
    f"_{word}"
    for word in "permission grant deny_ denied allowed_ policy_ limiter semaphore intern_ interns_"
    " interner interned_ interning_ registry_ pending in_flight inflight session_ sessions_"
    " credential glyph texture approv quota rate_limit ratelimit throttl circuit_breaker".split()
)
"""Names of things that somebody relies on: only a second net, the shapes above are the first."""


LIMITS = ("limiter", "rate_limit", "ratelimit", "throttl", "circuit_breaker")
"""Names of types whose values count what was done, wherever they keep that."""

CACHE_WORDS = ("cache", "_memo_", "_memos_", "memoiz", "memois")
"""Names of what is worth a report, and a look, even where it is not understood."""


def spoken(collection: Collection) -> str:
    return words_of(collection.item)


def words_of(item: str) -> str:
    """The words of an item's name, each between underscores: `_tool_registry_cache_`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", item).replace(".", "_")
    return f"_{spaced.lower()}_"


def not_a_cache(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Every reason why it is not a cache that grows without a bound, whatever it is called."""
    if not growths:
        yield "nothing in this workspace puts anything in"
        return
    yield from _called_state(collection)
    for here in growths:
        yield from _grows_as_state(here, collection, files)
    yield from _kept(collection, live, growths, files)


def kept_otherwise(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """The same, whatever is done where it grows."""
    yield from _called_state(collection)
    yield from _kept(collection, live, growths, files)


BORROWS = "it borrows: by a lifetime parameter it lives no longer than what it borrows"
"""Of what is called a cache it is asked who keeps it, all the same."""


def _called_state(collection: Collection) -> Iterator[str]:
    """What its name and its owner say."""
    if collection.borrowed:
        yield BORROWS
    said = spoken(collection)
    denied = [word for word in STATE_WORDS if word in said]
    if denied:
        yield f"it is called `{denied[0].strip('_')}`: state that somebody relies on"
    for kept in collection.value.walk() if collection.value is not None else ():
        if any(word in words_of(kept.name) for word in LIMITS):
            yield f"a value is a `{kept.name}`, which counts what was done"
            return


def _kept(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """What its keys, its values, and what else is done to it say."""
    if is_finite(collection.key, collection.path, collection.module, files):
        yield f"fixed set of keys: `{collection.key}` has few values"
    keyed = [here for here in growths if here.use.key]
    if len(keyed) < len(growths):
        keyed = []  # `extend` may put in any
    if keyed and all(here.use.key_form == "literal" for here in keyed):
        yield "fixed set of keys: only literals are put in"
    elif keyed and all(CONSTANT.fullmatch(memo.plain_key(here.use.key)) for here in keyed):
        yield f"fixed set of keys: only constants are put in, such as `{keyed[0].use.key}`"
    yield from _value_hazards(collection, growths, files)
    yield from _bounds(collection, live, growths, files)
    yield from _owner_replaced(collection, files)
    yield from _in_step(live, growths, files)
    yield from of_one_value(collection, files)
    yield from _addresses(collection, growths)


CONSTANT = re.compile(r"(?:\w+::)*[A-Z][A-Z0-9_]+|\"[^\"]*\"")
"""A key that the source itself says, or names."""
OR_INSERT = re.compile(r"\.or_insert(?:_with|_with_key)?\(")


COUNTERS = r"next_(?:\w+_)?(?:id|uid|number|num|index|idx|serial|seq|count|slot|name|handle|key)\b"
"""Names of what gives a number, or a name, that nobody has yet."""
STEPS = r"next_(?:power|multiple|back|char)"
"""Names of arithmetic, and of steps through a text."""
READ_ON = re.compile(
    r"\.next_(?:byte|bytes|line|token|event|element|value|entry|item|page|chunk|frame|batch|message)\b"
)
"""Names of what goes on reading."""
HANDED_OUT = re.compile(
    rf"\b{COUNTERS}|\bself\.(?!{STEPS})next_|fetch_add|\brandom|Uuid::new|\brng\b"
)
"""A number that nobody gets twice."""
FAR = re.compile(r"\bfetch_add\(|Uuid::new|\bnext_(?:id|number|index|serial|key)\b|\brandom\w*\(")
"""The same, two calls away or in another file, where `next_` may well be a parser's."""
UNIQUE = re.compile(r"unique|uuid|nonce|random")
"""Names of what makes a value that nobody gets twice, be it a number or a text."""

COUNTS = re.compile(
    r"(?<=[{};])\s*(?:#\[[^\]]*\]\s*)*(?!return\b|break\b)[\w.:\s]+\.\s*fetch_\w+\([^;{}]*\)\s*;"
)
"""A statement that only counts what happens: nobody is told the number."""
NEAR = re.compile(r"(?:self\.|Self::)?([a-z_]\w*)\s*\(")
MAKER = re.compile(r"(?:\w+\s*(?:\.|::)\s*)*([a-z_]\w*)\s*\(")


def _numbers(value: str, here: Here, files: Files, is_number: bool) -> bool:
    """Whether a value numbers something: itself, or in a function that makes it, two deep."""
    if NUMBERED.search(value) or (NEXT if is_number else COUNTED_UP).search(value):
        return True
    near, called = NEAR.match(value), MAKER.match(value) or MAKER.match(f"{value}(")
    if not is_number:
        return bool(called and UNIQUE.search(called[1]))
    makers = [f for f in files.outline(here.path).fns if near is not None and f.name == near[1]]
    said = [COUNTS.sub("", files.text(here.path, maker.span)) for maker in makers]
    if any(map(HANDED_OUT.search, said)):
        return True
    if called is None or called[1] in COMMON:
        return False
    first = function_called(called[1], here.path, files)
    rings = [[first], *reached(first, 1, files)] if first is not None else []
    return any(FAR.search(files.text(path, fn.span)) for ring in rings for path, fn in ring)


def _is_own_length(here: Here, files: Files) -> bool:
    """Whether a value is made from the number of entries, said through the guard's name."""
    name = re.escape(here.use.alias)
    return bool(name and re.search(rf"\b{name}\s*\.\s*len\(\)", _put_in(here, files)))


def _put_in(here: Here, files: Files) -> str:
    """The value that is put in, as written: for an entry what `or_insert` is given."""
    if here.use.value or here.use.slot is None:
        return COUNTS.sub("", here.use.value)
    said = files.text(here.path, here.use.slot.whole)
    found = OR_INSERT.search(said)
    return COUNTS.sub("", _up_to_its_end(said[found.end() :])) if found is not None else ""


def _up_to_its_end(said: str) -> str:
    """What stands before the parenthesis that closes one opened just before."""
    depth = 1
    for at, char in enumerate(said):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return said[:at]
    return said


def _is_parameter(here: Here, files: Files) -> bool:
    """Whether the caller says what is remembered: then nothing can compute it again."""
    if here.use.method in ("entry.or_insert_with", "entry.or_insert_with_key"):
        return False  # what makes the value may well be a parameter
    fn = functions_of(here, files)[-1]
    plain = COPIED.sub("", _put_in(here, files))
    return any(parameter.name == plain for parameter in fn.params)


COPIED = re.compile(r"(?:\.(?:clone|to_owned|to_vec|to_path_buf)\(\))+$")


INTERNS = re.compile(r"(?:get_or_)?intern(?:_|$)")


def _grows_as_state(here: Here, collection: Collection, files: Files) -> Iterator[str]:
    use, at = here.use, where(here, files)
    fn = functions_of(here, files)[-1]
    if INTERNS.match(fn.name):
        yield f"an interner: `{fn.name}` puts in, and what it hands out must stay"
    if use.note == "accumulates":
        yield f"what an entry holds is changed in place at {at}"
    elif use.note == "borrowed":
        yield f"an entry is handed on at {at}, and may be changed there"
    elif use.note == "decides":
        yield f"the result of `insert` decides what happens next at {at}"
    elif collection.is_set and use.note != "once" and _is_history(here, collection, files):
        yield f"a set of what has been seen, at {at}: whoever asks it relies on it"
    elif use.lookup is None and use.note != "once":
        yield f"no look-up that would compute it again before `{use.method}` at {at}"
    elif not collection.is_set and _answers_once(here, files):
        yield f"a hit answers otherwise than a miss at {at}: it says what happened before"
    elif _is_parameter(here, files):
        value = brief(_put_in(here, files))
        yield f"the value `{value}` is given by the caller, not computed, at {at}"
    if _is_record(use):
        yield f"it records when something happened at {at}"


def _is_record(use: UseOf) -> bool:
    """Whether it matters when an entry was put in: more than to say whether a hit is fresh."""
    age = use.lookup.age if use.lookup is not None else ""
    stamped = use.stamped or CLOCKS.search(use.value) is not None
    match age:
        case "gates":
            return True
        case "fresh":
            return CLOCKS.search(use.value) is not None
        case "asked":
            return False
    return stamped


INTEGERS = tuple("usize u64 u32 u16 u8 isize i64 i32 i16 i8 u128".split())


HIT = re.compile(
    r"(?:\s*\.\s*is_some\(\))?\s*\)?\s*\{\s*(return|continue|break)\b\s*([^;{}]*?)\s*;?\s*\}"
)


def _is_history(here: Here, collection: Collection, files: Files) -> bool:
    """Whether a set is asked what happened before, not whether something holds."""
    fn = files.outline(here.path).fns[here.mention.fn]
    if "cache" not in spoken(collection):
        return True
    if here.use.lookup is None:
        return False
    found = _hit(here, files)
    leaves = found is not None and (found[1] != "return" or not found[2])
    return fn.returns is None or leaves or _answers_once(here, files)


def _hit(here: Here, files: Files) -> re.Match[str] | None:
    """How a hit leaves, right behind the look-up, which may stand in the function that asks."""
    fn = functions_of(here, files)[-1]
    if here.use.lookup is None or not fn.span.holds(here.use.lookup.span):
        return None
    return HIT.match(files.text(here.path, Span(here.use.lookup.span.end, fn.span.end)))


def _answers_once(here: Here, files: Files) -> bool:
    """Whether a hit returns some constant, and a miss something else."""
    found = _hit(here, files)
    if found is None or found[2] not in ("true", "false", "None", "Ok(())", "Ok(None)"):
        return False
    fn = functions_of(here, files)[-1]
    last = files.text(here.path, fn.span).rstrip("} \n").splitlines()[-1].strip()
    made = last.isidentifier() and last not in ("true", "false", "None")
    return last != found[2] and not made


def _value_hazards(
    collection: Collection, growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    if collection.value is None:
        return
    found = hazards(collection.value, collection.path, collection.module, files)
    if found.acts:
        yield found.act
    if found.mutable:
        yield f"shared mutable values: `{found.mutable[0]}`"
    if collection.value.name in ("Instant", "SystemTime"):
        yield "it records when something happened"
    distinct: dict[tuple[str, str], Here] = {}  # very many growths may put in the same
    for here in growths:
        distinct.setdefault((here.path, _put_in(here, files)), here)
    number = {id(h): _is_number(h, collection, files) for h in distinct.values()}
    counted = [h for h in distinct.values() if _numbers(_put_in(h, files), h, files, number[id(h)])]
    own = [h for h in growths if _is_own_length(h, files)]
    if own or (counted and (number[id(counted[0])] or "len()" not in _put_in(counted[0], files))):
        value = _put_in((own or counted)[0], files)
        if READ_ON.search(value):
            yield f"a value is what comes next somewhere, and does not come again: `{brief(value)}`"
        else:
            yield f"a value is an id into another store: `{brief(value)}`"


def _is_number(here: Here, collection: Collection, files: Files) -> bool:
    """Whether what a hit hands out is a number, or may be one."""
    value, part = collection.value, here.use.lookup.part if here.use.lookup is not None else ""
    if value is None or not part:
        return value is not None and value.name in INTEGERS
    if part.isdigit():
        return not value.args[int(part) :] or value.args[int(part)].name in INTEGERS
    meaning = files.names.meaning(value.head, collection.path, collection.module)
    kept = meaning.defined.fields if meaning is not None and meaning.defined is not None else ()
    return all(one.type.name in INTEGERS for one in kept if one.name == part)


NUMBERED = re.compile(
    r"(?:self\.|[A-Z_]{2,})[\w.()]*\.len\(\)|fetch_add|\brandom|Uuid::new|\brng\b"
)
"""A value that numbers what is kept elsewhere: a length of it, or the next number of a counter."""
NEXT = re.compile(rf"\b(?!{STEPS})next_")
"""A number that is called the next one."""
COUNTED_UP = re.compile(rf"\bself\.(?:\w+\.)*(?!{STEPS})next_|\.(?!{STEPS})next_\w+\(|\b{COUNTERS}")
"""The same of what may be no number: something gives it, or it has the name of a counter."""


def _bounds(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> Iterator[str]:
    """Question 5: whatever bounds it already."""
    for here in live:
        if at_its_end(here, collection, files):
            continue
        if here.use.kind == "shrink":
            at = where(here, files)
            what = f"`{here.use.method}`"
            yield f"removed elsewhere: {what} at {at}" if here.sure else f"perhaps removed at {at}"
            break
        if here.use.kind == "assign":
            at = where(here, files)
            yield f"{'' if here.sure else 'perhaps '}replaced as a whole at {at}"
            break
    for here in growths:
        if here.use.capped:
            yield f"length is checked where it grows: `{here.use.capped}`"
            return
    for here in live:
        if here.use.kind == "clear" and (check := _length_check(here, live, files)):
            yield f"length is checked where it is cleared: `{check}`"
            break


def _length_check(cleared: Here, live: tuple[Here, ...], files: Files) -> str:
    """The comparison of its length in the function that clears it; empty if there is none."""
    for here in live:
        same = here.path == cleared.path and here.mention.fn == cleared.mention.fn
        if same and here.use.method == "len":
            span = here.use.span
            behind = files.text(here.path, Span(span.end, span.end + 60))
            asked = re.match(r"\s*(?:>=?|==)\s*(?!0\b)[\w.:()]+", behind)
            if asked is not None:
                return " ".join((files.text(here.path, span) + asked[0]).split())
    return ""


REPLACED = re.compile(rb"\*self\s*=[^=]|mem::(?:take|replace|swap)\(\s*self\b")


CLEARS = re.compile(r"(?:clear|reset|invalidate|purge|forget|wipe|flush)(?:_|$)")
"""Names of functions that empty when they are asked to, as `clear` of each field would."""


def _owner_replaced(collection: Collection, files: Files) -> Iterator[str]:
    """`*self = Self::new()` and `mem::take(self)` start everything over."""
    for name in _starting_over(collection, files):
        if CLEARS.match(name) is None:
            yield f"replaced as a whole with its owner in `{name}`"
            return


def cleared_with_owner(collection: Collection, files: Files) -> Iterator[str]:
    """The methods that empty it with all that its owner has, when they are asked to."""
    yield from filter(CLEARS.match, _starting_over(collection, files))


def _starting_over(collection: Collection, files: Files) -> Iterator[str]:
    """The methods that replace the owner as a whole."""
    source = files.sources[collection.path]
    for fn in files.outline(collection.path).fns if collection.owner is not None else ():
        own = collection.owner is not None and fn.owner == collection.owner.name and not fn.test
        if own and REPLACED.search(source, fn.span.start, fn.span.end):
            yield fn.name


def _addresses(collection: Collection, growths: tuple[Here, ...]) -> Iterator[str]:
    """Whether a key is an address: what it means changes when memory is used again."""
    if any(tree.head == "*" or tree.name == "NonNull" for tree in collection.key.walk()):
        yield f"its key `{collection.key}` is an address: what lies there may change"
        return
    for here in growths:
        if here.use.key_form == "address":
            yield f"its key `{here.use.key}` is an address: what lies there may change"
            return


COUNTED = re.compile(
    r"hit|miss|stat|metric|count|lookups|requests|calls|evict|comput|last_|generation|time|elapsed"
)
"""Names of fields that merely count what the cache does."""


NUMBERS = re.compile(r"next|id$|seq|serial|index|cursor|version")
"""Names of counters that hand out numbers: these are state."""


ADDS = (
    "push push_back push_front push_str insert insert_full extend extend_from_slice append entry"
    " put"
).split()
TAKES = "next pop pop_front pop_back pop_first pop_last recv try_recv read_line".split()
"""What a sibling gives does not come a second time."""


WRITTEN_BACK = frozenset(("dirty", "is_dirty", "modified"))
"""Flags beside what is saved."""


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one path leads through the other."""
    short = min(len(one), len(other))
    return one[:short] == other[:short]


def _are_memos(one: UseOf, other: UseOf) -> bool:
    """Whether two growths of one key stand each where a look-up of its own has found nothing.

    Then each is asked, and filled, whatever becomes of the other.
    """
    found = [use.lookup for use in (one, other) if use.lookup is not None]
    own = [at for at in found if at.form in ("return", "fresh", "else") and ":" not in at.method]
    return len(own) == 2 and memo.same_key(one.key, other.key)


def _is_of_copy(use: UseOf, here: Here, files: Files) -> bool:
    """Whether something is done to a clone in a local that is `mut`: a pointer need not be."""
    alias = re.compile(rf"\blet\s+mut\s+{re.escape(use.alias)}\b") if use.alias else None
    if not is_clone(use.via) or alias is None:
        return False
    return any(alias.search(files.text(here.path, fn.span)) for fn in functions_of(here, files))


def _stays(place: Place) -> bool:
    """Whether what is done there stays when the function ends: no answer of a method."""
    is_kept = place.base in ("self", "static", "param")
    return is_kept and not any(step.endswith("()") for step in place.path[-1:])


def _in_step(live: tuple[Here, ...], growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Siblings that grow in the same function: they may have to agree.

    Of what a function is given, all else that it changes is a sibling.
    """
    asked, mine = set[object](), {here.mention.place for here in live}
    for here in growths:
        own, beside = here.mention.place, functions_of(here, files)
        spans = {fn.span for fn in beside}
        if (key := (here.path, own, *sorted(spans))) in asked:
            continue  # very many growths may stand in one function
        asked.add(key)
        fns = files.outline(here.path).fns
        for mention in files.about(here.path, names_at(here)).mentions:
            place = mention.place
            if mention.fn < 0 or fns[mention.fn].span not in spans:
                continue
            given = is_given(here) and place not in mine and _stays(place)
            if place == own or (place.base != own.base and not given):
                continue
            if given:
                sibling = True
            elif own.base == "static":
                sibling = not place.path and place.root != own.root and not own.path
            else:
                sibling = place.root == own.root and place.path[:-1] == own.path[:-1]
            apart = place.root == own.root and not _is_within(place.path, own.path)
            name = (place.path or (place.root,))[-1]
            if name in WRITTEN_BACK and any(use.kind == "assign" for use in mention.uses):
                yield f"in step with `{name}`: it is written back to where it came from"
                return
            done = [use for use in mention.uses if not _is_of_copy(use, here, files)]
            kept = [use for use in done if TAKEN not in use.via]
            adding = [use for use in kept if use.method.partition(".")[0] in ADDS]
            added = not all(_are_memos(use, here.use) for use in adding)
            if (sibling or apart) and added:
                yield f"in step with `{name}`, which grows beside it"
                return
            if (sibling or apart) and any(use.method in TAKES for use in done):
                yield f"in step with `{name}`, which gives each value once"
                return
            told = any(re.search(rf"\b{name}\b", h.use.value) for h in growths)
            changed = [use for use in kept if use.kind in ("assign", "get_mut")]
            counted = all(use.note == "counts" for use in changed) and not NUMBERS.search(name)
            counted = counted and not told
            if sibling and changed and not counted and not COUNTED.search(name.lower()):
                yield f"in step with `{name}`, which the miss path changes too"
                return
