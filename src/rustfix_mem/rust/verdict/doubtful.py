"""Which collections are worth the questions: of the others text alone says that they are state.

What is not named here would be left alone, or nobody would speak of it. That no finding is lost is
tested on every fixture (`tests/test_quick.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.verdict.state import (
    BORROWS,
    CACHE_WORDS,
    STATE_WORDS,
    is_named,
    not_a_cache,
    words_of,
)
from rustfix_mem.rust.whole.calls import COMMON
from rustfix_mem.rust.whole.handles import GIVES
from rustfix_mem.rust.whole.links import accessors, below, may_touch, names_of, touching_in
from rustfix_mem.rust.whole.types import holds_collection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.rust.file.skim import Declared, Skim
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection


SIZED = re.compile(rb"with_capacity")


def doubtful(skims: Mapping[str, Skim], files: Files) -> Mapping[str, frozenset[str]]:
    """The names of the fields and statics that may be a growing cache, by path."""
    kept = {path: list(seen.declared) for path, seen in skims.items()}
    files.begin_outlines(path for path, found in kept.items() if any(map(_is_sure, found)))
    aliases = frozenset(alias for seen in skims.values() for alias in seen.aliases)
    files.words.foresee(aliases)
    users = {path for alias in aliases for path in files.files_with(alias)}
    for path in users:
        kept.setdefault(path, []).extend(files.words.keeps(path, aliases))
    files.words.foresee(one.name for found in kept.values() for one in found if _elsewhere(one))
    worth = {
        path: frozenset(one.name for one in found if _is_worth(one, path, files))
        for path, found in kept.items()
    }
    return {path: names for path, names in sorted(worth.items()) if names}


def _may_be(one: Declared) -> bool:
    """Whether neither its file nor its name says that it is state."""
    return not (one.settled or any(word in words_of(one.item) for word in STATE_WORDS))


def _is_sure(one: Declared) -> bool:
    """Whether it is worth asking about whatever other files say."""
    return _is_named(one) or (one.grown and _may_be(one))


def _is_worth(one: Declared, path: str, files: Files) -> bool:
    if _is_sure(one):
        return True
    return _may_be(one) and any(_growers((one.name,), one.public, path, files))


def _is_named(one: Declared) -> bool:
    return any(word in words_of(one.item) for word in CACHE_WORDS)


def _elsewhere(one: Declared) -> bool:
    """Whether other files must be asked."""
    return not (_is_named(one) or one.settled or one.grown)


def _growers(names: Iterable[str], public: bool, path: str, files: Files) -> Iterator[str]:
    """The other files that may put something into what one of the names leads to."""
    for name in names:
        for other in files.files_near(name.removesuffix("()"), path):
            may_see = other != path and (public or below(other, path))
            if may_see and files.words.grows(other, name):
                yield other


def worth_asking(collections: Iterable[Collection], files: Files) -> list[Collection]:
    """Those that may be growing caches, for all that their own files, and who fills them, say.

    Only such evidence counts as holds whatever other files there are.
    """
    said = [(one, _at_home(one, files)) for one in collections]
    filled = {id(one): _filling(one, files) for one, worth in said if worth is None}
    files.prepare_about(
        (path, names_of(one, files)) for one, _ in said for path in filled.get(id(one), ())
    )
    return [
        one
        for one, worth in said
        if (_elsewhere_too(one, filled[id(one)], files) if worth is None else worth)
    ]


def _at_home(collection: Collection, files: Files) -> bool | None:
    """Whether it is worth asking about; `None` where other files must be asked."""
    home = _live([collection.path], collection, files)
    if any(here.use.inner for here in home) or _says_more(collection, files):
        return True
    if collection.static is not None and any(here.use.kind in GIVES for here in home):
        return True  # who is given it may fill it
    growths = _growths(home)
    if growths or is_named(collection):
        return not _is_state(collection, home, growths, files)
    return None


def _filling(collection: Collection, files: Files) -> list[str]:
    """The other files that may fill it."""
    leading = [fn.name for fn in accessors(collection, files) if fn.name not in COMMON]
    own = [] if collection.name.isdigit() else [collection.name]
    names = [*own, *(f"{name}()" for name in leading)]
    public = collection.visibility not in ("", "pub(self)")
    growers = _growers(names, public or bool(leading), collection.path, files)
    return [path for path in dict.fromkeys(growers) if may_touch(path, files)]


def _elsewhere_too(collection: Collection, growers: list[str], files: Files) -> bool:
    live = _live([collection.path, *growers], collection, files) if growers else ()
    growths = _growths(live)
    return bool(growths) and not _is_state(collection, live, growths, files)


def _says_more(collection: Collection, files: Files) -> bool:
    """Whether there may be something to say of it although it is state."""
    value = collection.value
    if value is not None and value.name == "Weak":
        return True
    if not is_named(collection):
        return False
    inside = value is not None and holds_collection(
        value, collection.path, collection.module, files
    )
    return inside or files.words.holds(collection.path, SIZED)


def _live(paths: list[str], collection: Collection, files: Files) -> tuple[Here, ...]:
    return tuple(here for here in touching_in(paths, collection, files) if here.live)


def _growths(live: tuple[Here, ...]) -> tuple[Here, ...]:
    return tuple(here for here in live if here.use.kind == "grow" and here.sure)


def _is_state(
    collection: Collection, live: tuple[Here, ...], growths: tuple[Here, ...], files: Files
) -> bool:
    if not growths or all(here.use.key_form == "literal" for here in growths if here.use.key):
        return False  # elsewhere it may be otherwise
    lives = {BORROWS} if is_named(collection) else set()
    return any(reason not in lives for reason in not_a_cache(collection, live, growths, files))
