"""The guards of the judgement, found in its syntax, and how each one is taken out.

A guard is a place whose removal could let an edit through, or silence a report. They are found by
their form, so that a new one is counted without being named anywhere; only the lists that allow
something, rather than forbid it, are named below.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

RUST = "rustfix_mem.rust."
JUDGING = (
    "state",
    "few",
    "readers",
    "effects",
    "borrows",
    "growth",
    "limits",
    "spared",
    "unbounded",
)
"""Those whose `yield` is a reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """The modules of one codemod, those whose cases they must keep, and the tests besides."""

    codemod: str
    modules: tuple[str, ...]
    cases: tuple[str, ...]
    """The codemods whose cases are judged."""
    tests: tuple[str, ...] = ()
    """Modules of `tests/` that are asked, too, if no case notices."""


def _part(codemod: str, rooms: dict[str, str], tests: str, *others: str) -> Part:
    inner = [f"{RUST}{room}.{name}" for room, names in rooms.items() for name in names.split()]
    own = f"rustfix_mem_codemods.{codemod.replace('-', '_')}"
    return Part(codemod, (*inner, own), (codemod, *others), tuple(tests.split()))


PARTS = (
    _part(
        "cache-bounds",
        {
            "file": "borrows lengths slots stamps",
            "whole": "copies handles lifetimes links seeds types",
            "verdict": "state siblings tickets few identity callers readers growers effects growth",
            "cap": "sites placement capacity",
            "bounds": "limits spared unbounded remarks",
            "removal": "removal leftovers serving",
        },
        "test_rust_removal test_rust_types test_rust_links test_rust_lifetimes"
        " test_rust_borrows test_rust_few test_rust_lengths test_rust_remarks test_rust_slots"
        " test_rust_memo test_rust_unbounded test_rust_stamps test_rust_drops test_rust_seeds"
        " test_rust_copies",
        "width-cache",
    ),
    _part("width-cache", {"file": "wide", "verdict": "widths"}, "test_rust_widths"),
    _part(
        "pty-chunks",
        {
            "file": "outputs purposes waits chunks kept_lines kept_lists kept_shared kept_tokens",
            "output": "needs capped helpers partial",
        },
        "test_rust_output test_rust_outputs test_rust_purposes test_rust_origins"
        " test_rust_kept_lines test_rust_kept_shared",
    ),
    _part(
        "shared-styles",
        {
            "sharing": "again callers collapse forms macros observers plain stable subject uses"
            " widen"
        },
        "test_rust_sharing",
    ),
    _part(
        "global-state",
        {"statics": "blocks clearing conversion dependence uses"},
        "test_rust_statics",
    ),
)
MODULES = tuple(module for part in PARTS for module in part.modules)


def part_of(module: str) -> Part:
    """The part that a module belongs to."""
    return next(part for part in PARTS if module in part.modules)


WHYS = frozenset(
    "_fine stays_one _passed_over _asked _wanted_by_test freed_by allowed _asked_in doubt".split()
)
"""Functions of the smaller codemods whose answer is a reason, or nothing."""
WHY_ROOMS = (
    *("width_cache", "widths", "pty_chunks", "needs", "shared_styles", "observers"),
    *("global_state", "clearing", "dependence"),
)
NOTICES = frozenset("_may_ask _named_in is_late _moves _is_aside".split())
"""Predicates beside those of `JUDGING` that forbid something."""
NOTICING = ("observers", "waits", "again", "dependence")
VERDICTS = frozenset(("Verdict", "Width"))
ENDS = frozenset("raw counted emptied examined parsed passed answered unknown".split())
"""What may become of an output that forbids a cut."""
HITCHES = frozenset("ELSEWHERE NO_PLACE LATE AT_THE_END IN_TURN OTHER_TYPE NO_LOOP HALF".split())
"""Reasons that stand as constants."""

ALLOWS = {
    "FAMILIES": "what is a collection at all",
    "KNOWN_CRATES": "where a collection may come from",
    "WRAPPERS": "what may stand around a collection",
    "GATE": "which files are looked at",
    "PLAIN": "values whose drop does nothing; in `placement` what may be said twice",
    "COUNTED": "siblings that merely count",
    "CACHE_WORDS": "what makes a thing worth a report",
    "BENIGN": "uses that prove nothing, if the type is unknown",
    "GUARD": "what leads to the collection",
    "AFTER_GUARD": "what leads to the collection",
    "OWNED": "methods whose answer does not borrow",
    "OWNS": "methods whose answer does not borrow",
    "MILLIS": "how long a unit is",
    "_KINDS": "who reads a number",
    "UNITS": "the unit of a number by its name",
    "TIME": "how comments say a time",
    "WRITTEN": "numbers in words",
    "FULL": "units in words",
    "SHORT": "units in letters",
    "SPEAKS": "comments that speak of a cache",
    "LINE_COMMENT": "what a comment is",
    "ATTRIBUTE": "what an attribute is",
    "COMMENT": "what a comment is",
    "CONFIGURES": "files whose own writing to the disk says nothing",
    "SPLIT": "how a dependency is asked for",
    "SYSINFO": "how a dependency is asked for",
    "SIZES": "functions that say how large a cache is; in `widths` what a size is called",
    "MACRO": "where a length is merely logged",
    "KEYWORDS": "names that a local may not have",
    "CONVERTED": "keys that may be borrowed instead of made twice",
    "DIVERGING": "what a hit path may end with",
    "DIVERGING_MACROS": "what a hit path may end with",
    "WORD": "how a name is found",
    "ATTRIBUTES": "how attributes are found",
    "ABOVE": "how comments are found",
    "LONG_LIVED": "what lives long by its name",
    "SPANS": "which life counts",
    "STANDARD": "traits that nobody makes a cache for",
    "SHARED": "caches of one call that are worth a report",
    "HARMLESS": "attributes that do not care",
    "HARMLESS_DERIVES": "derives that do not care about a field",
    "ON_A_FIELD": "attributes that do not care",
    "TEST_CFG": "a `cfg` that does not matter",
    "GIVEN": "names that nobody imports",
    "INSIDE": "what leads to the collection",
    "UNIT": "what goes with a field that is never filled",
    "VAIN": "what goes with a field that is never filled",
    "serving.ASKS": "what goes with a field that is never filled",
    "NUMBERS": "what a width may be",
    "ACROSS": "what a width is called",
    "DOWN": "what a height is called",
    "SURFACE": "what a width may be asked of",
    "SIZED": "what a size is called; in `needs` a test that wants a length",
    "SAID": "how a width is found",
    "SPOKEN": "how a width is found",
    "SMALLEST": "what is worth a report",
    "KEY": "how a key is written",
    "WHOLE": "which calls read",
    "MACROS": "which macros are looked into",
    "READ": "how a read is found",
    "READS": "methods that only read; in `outputs` how a read is found",
    "SHELLS": "what is worth a report",
    "CHUNK": "what a report is called",
    "STEPS": "calls that hand a text on",
    "THROUGH": "nodes that hand a text on",
    "CLOSURES": "calls that hand a text on",
    "SPAWNS": "calls that hand a text on",
    "GROWS": "what fills a buffer",
    "ENDS": "ends that are known",
    "LOSSY": "what decodes",
    "STRICT": "what decodes",
    "CLEANED": "what hands a text on",
    "PARSED": "ends that are known",
    "purposes.WRITTEN": "ends that are known",
    "ERRORS": "texts for people",
    "SHOWS": "texts for people",
    "WRAPS": "what hands a text on",
    "LEAVES": "how a block is left",
    "FOR_PEOPLE": "texts that may be cut",
    "NAMES": "names for what is written",
    "SIGNATURES": "what is written",
    "HEADS": "what is written",
    "DECODERS": "what is written",
    "PRINTING": "macros that only read",
    "TAKING": "macros that only read",
    "ASKING": "macros that only read",
    "ARGUMENT_ENDS": "how an argument ends",
    "WRAP_BEFORE": "how a clone is written",
    "WRAP_BEHIND": "how a clone is written",
    "SHARED_IS_FINE": "questions that do no harm",
    "POINTERS": "types that are understood",
    "PRIMITIVE": "types that are understood",
    "VALUES": "types that are understood",
    "END": "how far rustfmt looks",
    "HEAD": "how a static is written",
    "CLOSURE_LIKE": "how a value is written",
    "CALLED": "how a value is written",
    "MANY": "what holds much",
    "FRESH": "values that are empty",
    "EMPTY": "values that are empty",
    "STD": "what a name becomes",
    "KNOWN": "names that are understood",
    "INITIALISED": "how a static is made ready",
    "LIST": "how an import is written",
}
"""Tables that let something through, or only say how to read: emptied, they forbid more."""


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: `index` is its place in the walk over its module's syntax."""

    module: str
    index: int
    kind: str
    line: int
    where: str
    """The function, or empty."""
    text: str
    """What it says, on one line."""
    key: str = ""
    """For one entry of a table, its key."""

    @property
    def file(self) -> str:
        return self.module.rpartition(".")[2] + ".py"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place} {self.where or '-'} [{self.kind}] {self.text}"


def guards(module: str) -> list[Guard]:
    """Every guard of a module, in the order of its lines."""
    source = source_of(module)
    return sorted(find(module, ast.parse(source)), key=lambda guard: guard.line)


@cache
def source_of(module: str) -> str:
    file = import_module(module).__file__
    assert file is not None
    return Path(file).read_text(encoding="utf-8")


def find(module: str, tree: ast.Module) -> Iterator[Guard]:
    """The guards in a tree; `module` says which forms count there."""
    functions = _functions(tree)
    short = module.rpartition(".")[2]
    for index, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        where = functions.get(node, "")
        for kind, text, key in _kinds(short, node, where):
            yield Guard(module, index, kind, line, where, " ".join(text.split())[:90], key)


def _functions(tree: ast.Module) -> dict[ast.AST, str]:
    """The name of the function around each node."""
    return {
        inner: function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for inner in ast.walk(function)
    }


def _kinds(module: str, node: ast.AST, where: str) -> Iterator[tuple[str, str, str]]:
    """Kind, text and key of each guard that this node is."""
    judging = module in JUDGING
    match node:
        case ast.Expr(value=ast.Yield(value=said)) if judging and said is not None:
            yield "reason", ast.unparse(said), ""
        case ast.Raise(exc=ast.Call(func=ast.Name(id="Refused" | "Needed"), args=[said])):
            yield "refusal", ast.unparse(said), ""
        case ast.FunctionDef(returns=ast.Name(id="bool"), name=name) if judging or (
            module == "types" and name == "is_finite"
        ):
            yield "predicate", name, ""
        case ast.FunctionDef(name=name) if module in NOTICING and name in NOTICES:
            yield "predicate", name, ""
        case ast.Return(value=said) if module in WHY_ROOMS and where in WHYS and _is_said(said):
            yield "why", ast.unparse(node), ""
        case ast.If(body=[*_, ast.Return(value=ast.Call(func=ast.Name(id=made)))]) if (
            made in VERDICTS and module in ("needs", "widths")
        ):
            yield "verdict", ast.unparse(node.test), ""
        case ast.Call(func=ast.Name(id="_end"), args=[ast.Constant(value=str(kind)), *_]):
            if module == "purposes" and kind in ENDS:
                yield "end", ast.unparse(node), ""
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if not where:
            if name in HITCHES:
                yield "hitch", name, ""
            elif module == "needs" and isinstance(value, bytes):
                yield "pattern", name, ""
        case ast.If(test=test, body=[ast.Return(value=ast.Constant(value=False))]):
            if module == "growth":
                yield "exception", ast.unparse(test), ""
        case ast.AugAssign(target=ast.Name(id="doubts"), value=said):
            yield "reason", ast.unparse(said), ""
        case ast.Call(func=ast.Name(id="Life"), args=[ast.Constant(value=span), *_]):
            if module == "lifetimes" and span != "long":
                yield "life", ast.unparse(node), ""
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=kind), attr="append")):
            if module == "types" and kind in ("acts", "mutable", "unknown"):
                yield "hazard", ast.unparse(node), ""
        case ast.Return(value=said) if where == "_values" and not _is_none(said):
            yield "finite", ast.unparse(node), ""
        case ast.Assign(targets=[ast.Name(id="borrowed")], value=ast.BoolOp()):
            yield "borrowed", ast.unparse(node), ""
        case ast.keyword(arg="borrowed", value=ast.BoolOp(values=either)):
            for number, one in enumerate(either):
                yield "either", ast.unparse(one), str(number)
        case ast.Constant(value=str(word)) if module == "slots" and where:
            if word in ("nested", "and-or", "else-if", "loop", "const"):
                yield "slot", word, ""
        case ast.If(test=test, body=body) if module == "cache_bounds" and where == "_said":
            if any(isinstance(n, ast.Yield) for it in body for n in ast.walk(it)):
                yield "branch", ast.unparse(test), ""
        case ast.Assign(targets=[ast.Name(id="state")], value=ast.Constant(value=str(said))):
            if module == "cache_bounds" and said:
                yield "branch", ast.unparse(node), ""
        case ast.Assign(targets=[ast.Name(id=name)]) if name.isupper() and not where:
            yield from _tables(module, name, node)


def _is_said(node: ast.expr | None) -> bool:
    """Whether an answer says something: not `""`, not `()`."""
    return node is not None and ast.unparse(node) not in ("''", "()")


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _tables(module: str, name: str, node: ast.Assign) -> Iterator[tuple[str, str, str]]:
    """A table as a whole; or, where each entry has a reason of its own, every entry."""
    if name in ALLOWS or f"{module}.{name}" in ALLOWS:
        return
    value = node.value
    if isinstance(value, ast.Dict) and module in ("placement", "cache_bounds", "needs"):
        for key in value.keys:
            if isinstance(key, ast.Constant):
                yield "entry", f"{name}[{key.value!r}]", str(key.value)
    elif module != "slots" and _emptied(value) is not None:
        yield "table", name, ""


def _emptied(value: ast.expr) -> ast.expr | None:
    """The table without entries, the pattern that never matches; None for what is neither."""
    match value:
        case ast.Tuple() | ast.List() | ast.Dict() | ast.Set():
            return ast.Tuple([], ast.Load())
        case ast.Call(func=ast.Name(id="frozenset" | "tuple" as made)):
            return ast.Call(ast.Name(made, ast.Load()), [], [])
        case ast.Call(func=ast.Attribute(attr="compile"), args=[pattern, *_]):
            never: str | bytes = b"(?!)" if _is_bytes(pattern) else "(?!)"
            return ast.Call(value.func, [ast.Constant(never)], [])
    return None


def _is_bytes(pattern: ast.expr) -> bool:
    return isinstance(pattern, ast.Constant) and isinstance(pattern.value, bytes)


def without(guard: Guard, source: str) -> ast.Module:
    """The module's tree without the guard."""
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    node = nodes[guard.index]
    match node:
        case ast.Expr():  # a generator stays one
            node.value = ast.YieldFrom(ast.Tuple([], ast.Load()))
        case ast.Raise() | ast.AugAssign():
            _replace(tree, node, ast.Pass())
        case ast.FunctionDef():
            node.body = [ast.Return(ast.Constant(False))]
        case ast.Return() if guard.kind == "why":
            node.value = _nothing(tree, node)
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.Call(args=[_, *others]) if guard.kind == "life":
            node.args = [ast.Constant("long"), *others]
            node.keywords = [ast.keyword("sure", ast.Constant(True))]
        case ast.Call(args=[_, *others]) if guard.kind == "end":
            node.args = [ast.Constant("shown"), *others]
        case ast.Call() if guard.kind == "hazard":
            _replace(tree, node, ast.Constant(None))
        case ast.keyword(value=ast.BoolOp() as either):
            either.values[int(guard.key)] = ast.Constant(False)
        case ast.Constant():
            node.value = "stmt"  # taken for an ordinary statement
        case ast.If():
            node.test = ast.Constant(False)
        case ast.Assign() if guard.kind == "hitch":
            node.value = ast.Constant("")
        case ast.Assign() if guard.kind == "pattern":
            node.value = ast.Constant(b"(?!)")
        case ast.Assign() if guard.kind in ("branch", "borrowed"):
            _replace(tree, node, ast.Pass())
        case ast.Assign(value=ast.Dict() as table) if guard.kind == "entry":
            at = [isinstance(k, ast.Constant) and str(k.value) == guard.key for k in table.keys]
            del table.keys[at.index(True)], table.values[at.index(True)]
        case ast.Assign():
            emptied = ast.Dict([], []) if isinstance(node.value, ast.Dict) else _emptied(node.value)
            assert emptied is not None
            node.value = emptied
        case _:
            raise AssertionError(f"no way to take out {guard}")
    return ast.fix_missing_locations(tree)


def _nothing(tree: ast.Module, node: ast.Return) -> ast.expr:
    """What the function around a `return` answers when there is no reason."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and node in ast.walk(function):
            said = ast.unparse(function.returns) if function.returns is not None else "str"
            return ast.Tuple([], ast.Load()) if said.startswith("tuple") else ast.Constant("")
    raise AssertionError("no function around it")


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put a node in the place of another."""
    for holder in ast.walk(tree):
        for name, value in ast.iter_fields(holder):
            if value is old:
                setattr(holder, name, new)
            elif isinstance(value, list):
                setattr(holder, name, [new if item is old else item for item in value])


def install(tree: ast.Module, module: ModuleType) -> None:
    """Run the changed tree in the module, and tell all who imported something from it."""
    assert module.__file__ is not None
    before = dict(vars(module))
    exec(compile(tree, module.__file__, "exec", dont_inherit=True), vars(module))
    changed = {
        name: (old, vars(module)[name])
        for name, old in before.items()
        if not name.startswith("__") and vars(module)[name] is not old
    }
    for other in _ours():
        for name, (old, new) in changed.items():
            if other is not module and vars(other).get(name) is old:
                setattr(other, name, new)


def _ours() -> list[ModuleType]:
    import sys

    return [it for name, it in list(sys.modules.items()) if name.startswith("rustfix_mem")]


def makes_facts(module: str) -> bool:
    """Whether what workers see of a file depends on a module: facts, or sights of a codemod."""
    return module in looks() or module.startswith(f"{RUST}file.")


@cache
def looks() -> frozenset[str]:
    """The modules on which facts depend: those that `look` imports, through any number of steps."""
    found, todo = set[str](), [f"{RUST}file.look"]
    while todo:
        name = todo.pop()
        if name in found or not name.startswith(RUST):
            continue
        found.add(name)
        for node in ast.walk(ast.parse(source_of(name))):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                todo += inside if node.module.count(".") == 2 else [node.module]
    return frozenset(found)
