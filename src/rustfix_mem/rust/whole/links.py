"""Who touches a collection: every mention in every file that could, matched by its owner's type."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.plain import changed
from rustfix_mem.rust.file.facts import GUARDS, Place, TypeTree
from rustfix_mem.rust.whole.cells import as_kept
from rustfix_mem.rust.whole.copies import without_copies
from rustfix_mem.rust.whole.keepers import files_naming, keepers
from rustfix_mem.rust.whole.modules import above
from rustfix_mem.rust.whole.types import POINTERS, WRAPPERS, expand
from rustfix_mem.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.facts import FnDef, Mention, Outline, StaticDef, UseOf
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.names import Meaning
    from rustfix_mem.rust.whole.types import Collection

BENIGN = frozenset(("read", "length", "lookup", "clone"))


@dataclass(frozen=True, slots=True)
class Here:
    """One thing done to a collection, with where it is done."""

    path: str
    mention: Mention
    use: UseOf
    sure: bool
    """Whether the mention is surely of this collection, not of a namesake."""

    @property
    def live(self) -> bool:
        return not self.mention.test


def names_at(here: Here) -> set[str]:
    """The name by which a use was found."""
    return {here.mention.place.name}


def touching(collection: Collection, files: Files) -> tuple[Here, ...]:
    """Everything that is done to `collection`, in the files that may name it."""
    return touching_in(scope(collection, files), collection, files)


def touching_in(some: Iterable[str], collection: Collection, files: Files) -> tuple[Here, ...]:
    """What is done to `collection` in some files."""
    paths = [path for path in some if may_touch(path, files)]
    names = names_of(collection, files)
    behind = {keeper.name for keeper in keepers(collection, files)}
    wanted = {path: names | _renamed(path, names, files) for path in paths}
    files.prepare_about(wanted.items())
    found: list[Here] = []
    for path, known in wanted.items():
        for mention in files.about(path, known).mentions:
            if mention.place.name not in known:
                continue
            sure = _is_mention(mention, collection, path, files)
            uses = mention.uses
            if sure is None and mention.place.name in behind:
                uses = _through_deref(mention, collection, path, files)
                sure = bool(uses) or None
            if sure is None:
                continue
            testing = files.reach(path).state in ("test", "bench", "example", "build")
            mention = changed(mention, test=mention.test or testing or files.reach(path).test)
            found += [
                Here(path, mention, use, sure)
                for use in uses
                if sure or _may_matter(mention, use, path, collection, files)
            ]
    kept = as_kept(found, collection)
    return tuple(without_copies(kept, collection, files.sources[collection.path]))


OTHERS = re.compile(r"\s*=\s*(?:Vec::|vec!|String::|format!|b?\"|-?\d|(?:true|false)\b)")
"""A value that is no map and no set: a list, a text, a number."""


def _may_matter(
    mention: Mention, use: UseOf, path: str, collection: Collection, files: Files
) -> bool:
    """Whether it matters what is done to what may be a namesake."""
    if use.kind == "assign":
        behind = Span(use.receiver.end, use.span.end)
        return OTHERS.match(files.text(path, behind)) is None
    asked = collection.is_concurrent and use.kind == "lookup"
    harmless = use.kind in BENIGN or _is_anybodys(mention, use)
    return not harmless or use.note == "assumed" or asked


def _is_anybodys(mention: Mention, use: UseOf) -> bool:
    """Whether what a method without arguments answers is passed on, whoever's method that is."""
    asked = any(step.endswith("()") for step in mention.place.path[-1:])
    return asked and use.kind in ("escape", "escape_mut")


def names_of(collection: Collection, files: Files) -> set[str]:
    """Its own name, those of the functions that hand it out, and of what its owner is kept in."""
    handing = (fn.name for fn in accessors(collection, files))
    kept = (keeper.name for keeper in keepers(collection, files))
    return {collection.name, *handing, *kept}


def _through_deref(
    mention: Mention, collection: Collection, path: str, files: Files
) -> tuple[UseOf, ...]:
    """What is done to the collection where only its owner is named."""
    owner = collection.owner
    if owner is None or not is_owner(mention, collection, path, files):
        return ()
    own = {fn.name for fn in files.outline(collection.path).fns if fn.owner == owner.name}
    return tuple(use for use in mention.uses if use.method.partition(".")[0] not in own)


def is_owner(mention: Mention, collection: Collection, path: str, files: Files) -> bool:
    """Whether what is mentioned surely is of the type that has the collection."""
    place = changed(mention.place, path=(*mention.place.path, "?"))
    found = owner_of(place, mention, path, files)
    return found is not None and (
        found.file == collection.path and found.defined == collection.owner
    )


def _renamed(path: str, names: set[str], files: Files) -> set[str]:
    """The other names that a file gives to what it imports of these."""
    uses = files.outline(path).uses
    return {use.name for use in uses if use.path.rpartition("::")[2] in names} - {"*", "_"}


def foresee(collections: Iterable[Collection], files: Files) -> None:
    """Make the facts that `touching` will ask for: workers want many files, not one at a time."""
    some = list(collections)
    files.words.foresee(one.name for one in some)
    files.prepare_about((one.path, (one.name,)) for one in some)
    paths = [(path, names_of(one, files)) for one in some for path in scope(one, files)]
    files.prepare_outlines(above(dict.fromkeys(path for path, _ in paths), files))
    files.prepare_about((path, names) for path, names in paths if may_touch(path, files))


def unreadable(collection: Collection, files: Files) -> list[str]:
    """The files that may touch the collection but that the grammar could not read."""
    paths = [path for path in scope(collection, files) if may_touch(path, files)]
    return [path for path in paths if files.outline(path).error is not None]


def may_touch(path: str, files: Files) -> bool:
    """Whether rustc comes to a file with the package that it is asked about."""
    return files.reach(path).state not in ("orphan", "outside")


def scope(collection: Collection, files: Files) -> tuple[str, ...]:
    """The files that may touch the collection: by privacy where it is private, else by its name."""
    place = collection.path, collection.span
    if place not in files.scopes:
        files.scopes[place] = tuple(dict.fromkeys(_scope(collection, files)))
    return files.scopes[place]


def _scope(collection: Collection, files: Files) -> list[str]:
    home = collection.path
    named = files.files_near(collection.name, home)
    if collection.static is not None and _local_to_a_function(collection, files):
        return [home]
    if collection.visibility in ("", "pub(self)"):
        inner = _modules_of(home)
        named = [path for path in named if path == home or _lies_in(path, inner)]
    if collection.owner is not None:
        named = [path for path in named if files.words.is_field(path, collection.name)]
    for accessor in accessors(collection, files):
        named += files.files_near(accessor.name, home)
    for keeper in keepers(collection, files):
        named += files_naming(keeper, files)
    return [home, *named]


def below(path: str, parent: str) -> bool:
    """Whether a file lies in the folder of modules that `parent` declares."""
    return _lies_in(path, _modules_of(parent))


def _modules_of(parent: str) -> str:
    folder, base = posixpath.split(parent)
    return folder if base in ("lib.rs", "main.rs", "mod.rs") else parent.removesuffix(".rs")


def _lies_in(path: str, inner: str) -> bool:
    return path.startswith(f"{inner}/") if inner else "/" not in path


def accessors(collection: Collection, files: Files) -> list[FnDef]:
    """Functions that hand out the collection itself: `fn cache() -> &'static Mutex<…>`."""
    found: list[FnDef] = []
    fns = files.outline(collection.path).fns
    for accessor in files.about(collection.path, (collection.name,)).accessors:
        fn, place = fns[accessor.fn], accessor.place
        if fn.trait:  # through `Deref` anybody may reach it unseen
            continue
        if collection.owner is None:
            same = place.base == "static" and place.root == collection.name and not place.path
        else:
            own = fn.owner == collection.owner.name and place.base == "self"
            same = own and place.path == (collection.name,)
        if same:
            found.append(fn)
    return found


def _is_mention(mention: Mention, collection: Collection, path: str, files: Files) -> bool | None:
    """True, False for perhaps, None for not: whether the mention is of this collection."""
    place = mention.place
    if collection.static is not None:
        return _is_static(place, mention, collection, path, files)
    if not place.path:
        return None
    last = place.path[-1]
    if last.endswith("()"):
        names = [fn.name for fn in accessors(collection, files)]
        if last.removesuffix("()") not in names:
            return None
    elif last != collection.name:
        return None
    if place.base == "let" and place.type is None:
        return None
    owner = owner_of(place, mention, path, files)
    if owner is None:
        return False if _could_be(collection) else None
    if owner.file == collection.path and owner.defined == collection.owner:
        return True
    return False if _is_lent(owner, last) else None


def _is_lent(owner: Meaning, name: str) -> bool:
    """Whether a type does not have the field itself: through `Deref` it may be anybody's."""
    defined = owner.defined
    if defined is None or defined.kind != "struct" or name.endswith("()"):
        return False
    return not any(kept.name == name for kept in defined.fields)


def _could_be(collection: Collection) -> bool:
    """Whether a field of this name on a value of unknown type may well be this one."""
    return not collection.name.isdigit()


def _is_static(
    place: Place, mention: Mention, collection: Collection, path: str, files: Files
) -> bool | None:
    if place.base == "fn":
        return _is_accessor(place, mention, collection, path, files)
    if place.path and place.path[-1].endswith("()"):
        return _is_method(place, mention, collection, path, files)
    if place.base != "static" or place.path:
        return None
    before, _, name = place.root.rpartition("::")
    if not before:
        imported = [use.path for use in files.outline(path).uses if use.name == name]
        if imported:
            before, _, name = imported[0].rpartition("::")
    if name != collection.name:
        return None
    if before and not _leads_to(before, collection):
        return False
    meant = _nearest_static(mention, collection.name, path, files)
    if path == collection.path:
        return True if meant == collection.static else None
    return True if meant is None and not _local_to_a_function(collection, files) else None


def _is_accessor(
    place: Place, mention: Mention, collection: Collection, path: str, files: Files
) -> bool | None:
    """Whether a call, `pools()` or `store::pools()`, is of a function that hands out a static."""
    before, _, name = place.root.rpartition("::")
    facts = files.outline(path)
    renamed = [use.path for use in facts.uses if use.name == name and not before]
    if renamed and renamed[0].rpartition("::")[2] != name:  # `use store::pools as kept;`
        before, _, name = renamed[0].rpartition("::")
    known = [fn for fn in accessors(collection, files) if fn.name == name]
    if not known:
        return None
    own = [fn for fn in facts.fns if fn.name == name and fn.module == mention.module]
    if not before and path == collection.path:
        return True if any(fn in known and not fn.owner for fn in own) or not own else None
    if not before:
        imported = [use.path for use in facts.uses if use.name == name]
        if own or not (imported or any(use.name == "*" for use in facts.uses)):
            return None
        before = imported[0].rpartition("::")[0] if imported else "super"
    last = before.rpartition("::")[2]
    if last[:1].isupper():
        owner = facts.fns[mention.fn].owner if last == "Self" and mention.fn >= 0 else last
        return True if any(fn.owner == owner for fn in known) else None
    return _leads_to(before, collection)


def _is_method(
    place: Place, mention: Mention, collection: Collection, path: str, files: Files
) -> bool | None:
    """Whether `self.pools()` is of a method that hands out a static; False for perhaps."""
    name = place.path[-1].removesuffix("()")
    known = [fn for fn in accessors(collection, files) if fn.name == name and fn.owner]
    if not known:
        return None
    if place.base == "self" and len(place.path) == 1:
        return True if any(fn.owner == place.root for fn in known) else None
    owner = owner_of(place, mention, path, files)
    if owner is None:
        return False
    assert owner.defined is not None
    return True if any(fn.owner == owner.defined.name for fn in known) else None


def _leads_to(module: str, collection: Collection) -> bool:
    """Whether a path may name the module in which the collection stands."""
    last = module.rpartition("::")[2]
    home = collection.module.rpartition("::")[2] or posixpath.basename(
        collection.path.removesuffix("/mod.rs").removesuffix(".rs")
    )
    return last in (home, "crate", "self", "super") or home in ("lib", "main")


def _nearest_static(mention: Mention, name: str, path: str, files: Files) -> StaticDef | None:
    """The static called `name` that a mention in this file means: of its function, or around it."""
    facts = files.outline(path)
    named = [static for static in facts.statics if static.name == name]
    if mention.fn >= 0:
        inside = [s for s in named if facts.fns[mention.fn].span.holds(s.span)]
        if inside:
            return inside[0]
    outside = [s for s in named if not any(fn.span.holds(s.span) for fn in facts.fns)]
    same = [static for static in outside if static.module == mention.module]
    return next(iter(same or outside), None)


def _local_to_a_function(collection: Collection, files: Files) -> bool:
    return any(fn.span.holds(collection.span) for fn in files.outline(collection.path).fns)


def owner_of(place: Place, mention: Mention, path: str, files: Files) -> Meaning | None:
    """The type that has the last field of the place; None if some step is not understood."""
    facts = files.outline(path)
    fn = facts.fns[mention.fn] if mention.fn >= 0 else None
    start = _start(place, fn, facts, path, mention.module, files)
    if start is None:
        return None
    tree, file, module = start
    meaning = inner_type(tree, file, module, files)
    for step in place.path[:-1]:
        if meaning is None or meaning.defined is None:
            return None
        if step == "clone()" and _is_pointer(tree, file, module, files):
            continue  # to the same value
        meaning = _that_has(step, meaning, files) or meaning
        assert meaning.defined is not None
        following = _step(meaning, step, files)
        if following is None:
            return None
        tree, file, module = following, meaning.file, meaning.defined.module
        meaning = inner_type(tree, file, module, files)
    if meaning is None or meaning.defined is None:
        return None
    return _that_has(place.path[-1], meaning, files) or meaning if place.path else meaning


MAX_DEREFS = 4


def _that_has(step: str, meaning: Meaning, files: Files) -> Meaning | None:
    """The type that has a field: a struct, or what it derefs to; None if that is not seen."""
    found: Meaning | None = meaning
    for _ in range(MAX_DEREFS):
        if found is None or found.defined is None or found.defined.kind != "struct":
            return None
        if any(kept.name == step for kept in found.defined.fields):
            return found
        found = None if step.endswith("()") else target_of(found, files)
    return None


def target_of(meaning: Meaning, files: Files) -> Meaning | None:
    """What a type of the codebase derefs to: what its `deref` says, or lends; None if unclear."""
    defined = meaning.defined
    facts = files.outline(meaning.file)
    own = [fn for fn in facts.fns if defined is not None and fn.owner == defined.name]
    lenders = [fn for fn in own if fn.trait == "Deref" and fn.name == "deref" and not fn.test]
    if defined is None or len(lenders) != 1 or lenders[0].module != defined.module:
        return None
    returned = lenders[0].returns
    if returned is not None and returned.args and not returned.args[0].head.startswith("Self"):
        return inner_type(returned, meaning.file, defined.module, files)
    at = facts.fns.index(lenders[0])
    lent = [it for it in files.about(meaning.file, ("deref",)).accessors if it.fn == at]
    if len(lent) != 1 or lent[0].place.base != "self":
        return None
    found: Meaning | None = meaning
    for step in lent[0].place.path:
        following = _step(found, step, files) if found is not None else None
        if found is None or found.defined is None or following is None:
            return None
        found = inner_type(following, found.file, found.defined.module, files)
    return found


def _is_pointer(tree: TypeTree, file: str, module: str, files: Files) -> bool:
    """Whether a value of the type, cloned, is one more pointer to what it points to."""
    while tree.args:
        meaning = files.names.meaning(tree.head, file, module)
        if meaning is not None and meaning.defined is not None:
            return False
        if tree.name in POINTERS or (_hands_over(meaning) and tree.name == "Data"):
            return True
        if tree.head not in ("&", "&mut") and tree.name != "Option" and not _hands_over(meaning):
            return False
        tree = tree.args[-1]
    return False


EXTRACTORS = frozenset(("Data", "Extension", "State"))
SERVERS = ("actix_web::", "axum::", "rocket::", "tauri::")
"""Crates whose `State<T>`, and the like, is the `T` that a server was given when it was made."""


def _hands_over(meaning: Meaning | None) -> bool:
    """Whether a type is what a server hands its state to a request in."""
    return meaning is not None and (
        meaning.defined is None and meaning.name in EXTRACTORS and meaning.path.startswith(SERVERS)
    )


def _start(
    place: Place, fn: FnDef | None, facts: Outline, path: str, module: str, files: Files
) -> tuple[TypeTree, str, str] | None:
    match place.base:
        case "self":
            return (TypeTree(place.root), path, module) if place.root else None
        case "param" | "let":
            if place.type is None:
                return None
            if place.type.head == "Self" and fn is not None:
                return TypeTree(fn.owner), path, module
            return place.type, path, module
        case "static":
            name = place.root.rpartition("::")[2]
            for file in dict.fromkeys([path, *files.words.files_with_static(name)]):
                for static in files.outline(file).statics:
                    if static.name == name:
                        return static.type, file, static.module
        case "fn":
            name = place.root.rpartition("::")[2]
            made = [f for f in facts.fns if f.name == name and not f.owner and f.returns]
            if len(made) == 1 and made[0].returns is not None:
                return made[0].returns, path, made[0].module
    return None


def _step(meaning: Meaning, step: str, files: Files) -> TypeTree | None:
    """The type of a field, or of a method without arguments, of a type of the codebase."""
    defined = meaning.defined
    if defined is None:
        return None
    if not step.endswith("()"):
        return next((f.type for f in defined.fields if f.name == step), None)
    name = step.removesuffix("()")
    for fn in files.outline(meaning.file).fns:
        if fn.owner == defined.name and fn.name == name:
            if fn.returns is not None and fn.returns.head == "Self":
                return TypeTree(defined.name)
            return fn.returns
    return None


def inner_type(tree: TypeTree, file: str, module: str, files: Files) -> Meaning | None:
    """The type inside pointers, locks, guards and options, as a meaning."""
    for _ in range(10):
        if tree.head in ("&", "&mut") and tree.args:
            tree = tree.args[0]
            continue
        if tree.name == "Result" and tree.args:
            tree = tree.args[0]
            continue
        meaning = files.names.meaning(tree.head, file, module)
        if meaning is not None and meaning.defined is not None:
            if meaning.defined.kind == "type":
                expanded = expand(meaning.defined, tree)
                if expanded is None:
                    return None
                tree, file, module = expanded, meaning.file, meaning.defined.module
                continue
            return meaning
        name = meaning.name if meaning is not None else tree.name
        if (name in WRAPPERS or name in GUARDS or _hands_over(meaning)) and tree.args:
            tree = tree.args[-1]
            continue
        return meaning
    return None
