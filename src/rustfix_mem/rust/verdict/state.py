"""Evidence that a collection is state, or bounded already: questions 2 to 5 of `growth`.

Each answer is a reason to leave it alone, in words that a maintainer can check at the place named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file import memo
from rustfix_mem.rust.file.stamps import CLOCKS
from rustfix_mem.rust.verdict.callers import computed_by_callers
from rustfix_mem.rust.verdict.identity import of_one_value
from rustfix_mem.rust.verdict.siblings import in_step
from rustfix_mem.rust.verdict.tickets import put_in, tickets
from rustfix_mem.rust.whole.calls import functions_of
from rustfix_mem.rust.whole.lifetimes import at_its_end, where
from rustfix_mem.rust.whole.types import hazards, is_finite
from rustfix_mem.text import Span, brief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import UseOf
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


def is_named(collection: Collection) -> bool:
    """Whether it, its owner or its type is called a cache."""
    said = spoken(collection)
    return any(word in said for word in CACHE_WORDS)


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
    yield from in_step(live, growths, files)
    yield from of_one_value(collection, files)
    yield from _addresses(collection, growths)


CONSTANT = re.compile(r"(?:\w+::)*[A-Z][A-Z0-9_]+|\"[^\"]*\"")
"""A key that the source itself says, or names."""


def _is_parameter(here: Here, files: Files) -> bool:
    """Whether the caller says what is remembered: then nothing can compute it again."""
    if here.use.method in ("entry.or_insert_with", "entry.or_insert_with_key"):
        return False  # what makes the value may well be a parameter
    fn = functions_of(here, files)[-1]
    plain = COPIED.sub("", put_in(here, files))
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
    elif (
        use.lookup is None and is_named(collection) and computed_by_callers(here, collection, files)
    ):
        return
    elif use.lookup is None and use.note != "once":
        yield f"no look-up that would compute it again before `{use.method}` at {at}"
    elif not collection.is_set and _answers_once(here, files):
        yield f"a hit answers otherwise than a miss at {at}: it says what happened before"
    elif _is_parameter(here, files):
        value = brief(put_in(here, files))
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
    yield from tickets(collection, growths, files)


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
