"""What keys are called, and what comments say: a net for caches that can only hold few entries.

Names prove nothing. But a bound that is never reached is of no use to anybody, so whatever is
named after something of which there are few is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.memo import plain_key
from rustfix_mem.rust.verdict.tickets import INTEGERS
from rustfix_mem.rust.whole.calls import functions_of
from rustfix_mem.rust.whole.types import is_finite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection

FEW = re.compile(
    r"(?:^|_)(?:[ug]id|locale|lang|language|theme|charset|encoding|timezone|time_zone|tz|currency"
    r"|dialect|backend|driver|plugin|table|column|schema|store|shard|font_size|size_key|dpi|licen[cs]e)(?:_?(?:id|name|key|code))?$"
)
"""Things of which a machine, a program or a database has few."""

STEP = re.compile(r"(?:^|_)scale(?:_factor)?$")
"""What a whole number says in few steps: how much larger a screen wants all to be drawn."""

POSITION = re.compile(r"^(?:line|row|col|column|idx|index)(?:_?(?:no|number|index|idx))?$")

MEANT = re.compile(
    r"\bno evictions?\b|\bnever (?:be )?(?:evict|forg[eo]t|remov|clean|clear|shr[iu]nk|drop|free)"
    r"|\b(?:keeps?|kept|lives?|stays?|stored?)\b[^.]*\b(?:history|forever|for ever)\b"
    r"|\b(?:life(?:time)?|duration) of the (?:whole )?(?:program|process|server|application)"
    r"|\b(?:on purpose|intentional|deliberate)"
    r"|\b(?:few|limited|small|fixed|bounded|finite) (?:\w+ )?(?:number|amount|set|list) of\b"
    r"|\bonly (?:a )?few\b|\bbounded by\b",
    re.IGNORECASE,
)
ABOVE = re.compile(r"(?:[ \t]*(?:#\[[^\n]*|//[^\n]*)\n)+[^\n]*\Z")
LONGEST = 2000
"""So many bytes above a declaration are asked for its comments."""


def few(collection: Collection, growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why there are most likely few keys, or growth is meant."""
    keys = [plain_key(here.use.key) for here in growths if here.use.key]
    said = [_bound_to(plain_key(here.use.key), here, files) for here in growths if here.use.key]
    names = [re.split(r"\.|::", key.removesuffix("()"))[-1] for key in said]
    parts = collection.key.args if collection.key.head == "()" else ()
    if names and all(FEW.search(name) for name in names):
        yield f"few keys, by their name: `{said[0]}`"
    elif parts and keys and all(_few_parts(key, parts, collection, files) for key in keys):
        whole = next(here.use.key for here in growths if here.use.key)
        yield f"few keys, by the names and types of its parts: `{whole}`"
    elif names and collection.key.name in INTEGERS and all(POSITION.match(n) for n in names):
        yield f"its key `{keys[0]}` is a position in something, which bounds it"
    start = collection.span.start
    before = files.sources[collection.path][max(0, start - LONGEST) : start]
    found = ABOVE.search(before.decode(errors="replace"))
    yield from meant(found[0] if found is not None else "")


def _bound_to(key: str, here: Here, files: Files) -> str:
    """What a local that is a key was made of: `language()`, if it is bound to `x.language()`."""
    if not key.isidentifier() or FEW.search(key):
        return key
    body = files.text(here.path, functions_of(here, files)[-1].span)
    bound = re.findall(rf"\blet\s+(?:mut\s+)?{key}\b[^=;]*=\s*([^;{{}}]*);", body)
    made = plain_key(" ".join(bound[0].split())) if len(bound) == 1 else ""
    return made if re.fullmatch(r"&?[\w.:]+(?:\(\))?", made) else key


def _few_parts(key: str, types: tuple[TypeTree, ...], collection: Collection, files: Files) -> bool:
    """Whether a key `(a, b)` is made of parts of which each has few values."""
    names = [name.strip().lstrip("*&") for name in key.strip("()").split(",") if name.strip()]
    return len(names) == len(types) and all(
        FEW.search(name)
        or (STEP.search(name) and kind.name in INTEGERS)
        or is_finite(kind, collection.path, collection.module, files)
        for name, kind in zip(names, types, strict=True)
    )


def meant(above: str) -> Iterator[str]:
    """Why growth is meant, by the comments among the lines above a declaration."""
    lines = above.splitlines()
    spoken = [line.strip().lstrip("/!").strip() for line in lines if line.strip()[:2] == "//"]
    said = MEANT.search(" ".join(spoken))
    if said is not None:
        yield f"its comment says that growth is meant, or that there are few: `{said[0]}`"


def emptied(live: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why what cannot be bounded need not be told of: a function of others empties it."""
    for here in live:
        fn = files.outline(here.path).fns[here.mention.fn] if here.mention.fn >= 0 else None
        if here.use.kind != "clear" or not here.sure or fn is None or fn.owner:
            continue
        for path in files.files_with(fn.name):
            reach = files.reach(path)
            runs = reach.state == "seen" and not reach.test
            if path != here.path and runs and _is_called(fn.name, here.path, path, files):
                yield f"emptied by `{fn.name}`, which {path} calls"
                return


SETTING = r"(?:self\.)?\w*(?:config|settings)(?:\.\w+)+"
"""A place in what a configuration says."""
PLAIN = re.compile(r"^&+|\.(?:as_str|as_ref|clone|as_path)\(\)")


def configured(growths: tuple[Here, ...], files: Files) -> Iterator[str]:
    """Why what cannot be bounded has few keys: all who ask hand on what a configuration says."""
    for here in growths:
        fn, key = functions_of(here, files)[-1], plain_key(here.use.key)
        taken = [parameter.name for parameter in fn.params if parameter.name != "self"]
        given = list(_given(fn.name, here.path, files)) if taken == [key] else []
        if not given or not all(map(_is_setting, given)):
            return
        yield f"its keys come from a configuration: all who call `{fn.name}` hand it on"


def _given(name: str, home: str, files: Files) -> Iterator[tuple[str, str]]:
    """The one argument of each call of a function, and what stands before it in its caller."""
    call = re.compile(rf"(?<!fn )\b{name}\s*\(\s*([^(){{}};,]*)\)")
    for path in files.files_with(name):
        for fn in files.outline(path).fns:
            said = files.text(path, fn.span)
            if not fn.test and (path != home or fn.name != name):
                for found in call.finditer(said):
                    yield PLAIN.sub("", found[1].strip()), said[: found.start()]
                if len(re.findall(rf"\b{name}\b", said)) != len(call.findall(said)):
                    yield "", ""  # called in another form, or handed on


def _is_setting(given: tuple[str, str]) -> bool:
    """Whether an argument is such a place, or a name that was bound to one before."""
    argument, before = given
    if re.fullmatch(SETTING, argument):
        return True
    if not argument.isidentifier():
        return False
    bound = re.findall(rf"\blet\s+(?:Some\()?{argument}\)?\s*=\s*([^;{{}}]*)", before)
    return (
        bool(bound) and re.fullmatch(rf"&?{SETTING}(?:\.clone\(\))?", bound[-1].strip()) is not None
    )


def _is_called(name: str, home: str, path: str, files: Files) -> bool:
    """Whether a file calls the function of this name of another: not its own, nor of a third."""
    call = re.compile(rf"(?<![\w.])(fn\s+)?((?:[a-z_]\w*::)*){name}\s*\(".encode())
    found = list(call.finditer(files.sources[path]))
    own = any(m[1] for m in found)
    declared = re.compile(rf"\bfn\s+{name}\b".encode())
    others = [p for p in files.files_with(name) if p not in (home, path)]
    thirds = {_module(p) for p in others if declared.search(files.sources[p])} - {_module(home)}
    for m in found:
        through = m[2].decode().split("::")[-2:-1]
        if not m[1] and (through[0] not in thirds if through else not own):
            return True
    return False


def _module(path: str) -> str:
    """What the module of a file is called, by its path."""
    stem = path.removesuffix(".rs").removesuffix("/mod").removesuffix("/lib").removesuffix("/src")
    return stem.rpartition("/")[2]
