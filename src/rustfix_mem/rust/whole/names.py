"""What a name means: through `use`, alias and re-export, to a type; yes, no, or unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rustfix_mem.rust.file.skim import NAMES
from rustfix_mem.rust.whole.modules import above, package_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.rust.file.facts import TypeDef, Use
    from rustfix_mem.rust.whole.files import Files

PRELUDE = {
    "String": "std::string::String",
    "Vec": "std::vec::Vec",
    "Option": "std::option::Option",
    "Result": "std::result::Result",
    "Box": "std::boxed::Box",
}
STANDARD = ("std", "core", "alloc")
WELL_KNOWN = frozenset(
    "HashMap HashSet BTreeMap BTreeSet IndexMap IndexSet DashMap DashSet FxHashMap FxHashSet"
    " AHashMap AHashSet Mutex RwLock RefCell Arc Rc OnceLock OnceCell LazyLock LazyCell Lazy Cell"
    " VecDeque PathBuf Path Duration Instant".split()
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: a type of the codebase, or a path outside of it."""

    path: str
    """`std::collections::HashMap`; for a type of the codebase its file and name."""
    defined: TypeDef | None = None
    file: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("::")[2]


@dataclass(frozen=True)
class Names:
    """Answers for one codebase."""

    codebase: Files
    following: set[str] = field(default_factory=set)
    """The re-exports that are being followed: two that name each other lead nowhere."""
    homes: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The files that may be, or may hold, a module in a folder, of those asked about."""
    handing: dict[tuple[str, ...], bool] = field(default_factory=dict)
    """Whether modules that a file names hand on a type of a name, of those asked about."""

    def meaning(self, head: str, file: str, module: str) -> Meaning | None:
        """What `head`, written in `module` of `file`, stands for; None if it cannot be said."""
        if not head or not (head[0].isalpha() or head[0] == "_") or " " in head:
            return None
        first, _, rest = head.partition("::")
        if not rest:
            return self._single(head, file, module)
        if first in STANDARD:
            return Meaning(_std(head))
        if first in ("crate", "self", "super", "Self"):
            return self._inside(head, file)
        target = self._imported(first, file, module)
        if target is not None:
            return self._path(f"{target}::{rest}", file)
        return self._path(head, file)

    def foresee(self, asked: Iterable[tuple[str, str]]) -> None:
        """Make together most of the outlines that the meaning of each head in a file asks for."""
        paths = dict.fromkeys(path for head, file in asked for path in self._homes(head, file))
        self.codebase.prepare_outlines([*paths, *above(paths, self.codebase)])

    def _homes(self, head: str, file: str) -> list[str]:
        """The files of the same package that may define what a head without a path stands for."""
        facts, package = self.codebase.outline(file), package_of(file, self.codebase)
        imported = next((use.path for use in facts.uses if use.name == head), "")
        known = imported.partition("::")[0] in STANDARD or any(t.name == head for t in facts.types)
        if known or package is None or (not imported and head in PRELUDE):
            return []
        prefix = f"{package.folder}/" if package.folder else ""
        name = imported.rpartition("::")[2] or head
        defining = self.codebase.words.definers.get(name, ())
        return [path for path in defining if path.startswith(prefix)]

    def _single(self, name: str, file: str, module: str) -> Meaning | None:
        facts = self.codebase.outline(file)
        here = [t for t in facts.types if t.name == name]
        same = [t for t in here if t.module == module]
        if len(same) > 1:  # one for each platform: nobody can say which
            return None
        if same:
            return Meaning(f"{file}::{name}", same[0], file)
        imported = self._imported(name, file, module)
        if imported is not None:
            return self._path(imported, file)
        if len(here) == 1:
            return Meaning(f"{file}::{name}", here[0], file)
        if name in PRELUDE:
            return Meaning(PRELUDE[name])
        if any(use.name == "*" for use in facts.uses):
            return self._through_glob(name, file)
        return None

    def _imported(self, name: str, file: str, module: str) -> str | None:
        """The path that a `use` gives to `name`: of the same inline module, or one around it."""
        uses = [use for use in self.codebase.outline(file).uses if use.name == name]
        for use in uses:
            if use.module == module:
                return self._from_root(use, file)
        outer = f"{module}::"
        around = [u for u in uses if not u.module or outer.startswith(f"{u.module}::")]
        return self._from_root(around[0], file) if around else None

    def _from_root(self, use: Use, file: str) -> str:
        """The path of a `use`; what begins with `self` or `super` from the root of its crate."""
        steps = use.path.split("::")
        if steps[0] not in ("self", "super"):
            return use.path
        inside = [one for one in (self.codebase.reach(file).module, use.module) if one]
        module = "::".join(inside).split("::") if inside else []
        while steps[0] in ("self", "super"):
            if steps[0] == "super" and not module:
                return use.path
            module, steps = module[:-1] if steps[0] == "super" else module, steps[1:]
        return "::".join(("crate", *module, *steps))

    def _path(self, path: str, file: str) -> Meaning | None:
        first = path.partition("::")[0]
        last = path.rpartition("::")[2]
        if first in STANDARD:
            return Meaning(_std(path))
        package = self.codebase.reach(file).package
        crates = self.codebase.roots.crates
        if first in ("crate", "self", "super"):
            return self._inside(path, file)
        if first in crates and (package is None or crates[first] != package):
            folder = crates[first].folder
            found = self._in_package(last, folder) or self._handed_on(path, folder)
            return found or self._brought([path.rpartition("::")[0]], last, file)
        if package is not None and first in package.dependencies:
            return Meaning(path)
        inside = self._inside(path, file)
        if inside is not None:
            return inside
        return None if package is not None and not first[:1].islower() else Meaning(path)

    def _inside(self, path: str, file: str) -> Meaning | None:
        """A path that starts in the file's own package: a type of it, or one it hands on."""
        package = self.codebase.reach(file).package
        folder = package.folder if package is not None else ""
        found = self._in_package(path.rpartition("::")[2], folder) or self._at(path, file, folder)
        return found if found is not None else self._handed_on(path, folder)

    def _at(self, path: str, file: str, folder: str) -> Meaning | None:
        """Of several types of one name the one in the module that `crate::…` says."""
        first, _, rest = path.partition("::")
        module, _, name = rest.rpartition("::")
        if first != "crate" or not module:
            return None
        package, found = self.codebase.reach(file).package, []
        for home, defined in self.codebase.definitions(name, folder):
            reached = self.codebase.reach(home)
            inside = "::".join(one for one in (reached.module, defined.module) if one)
            if inside == module and reached.package == package and not defined.test:
                found.append(Meaning(f"{home}::{name}", defined, home))
        if not found:
            return self._lent_out(module, name, file, folder)
        return found[0] if len(found) == 1 else None

    def _lent_out(self, module: str, name: str, file: str, folder: str) -> Meaning | None:
        """What a module hands on from one of its own, `pub use inner::Name;`: of several types of
        that name the one that is there."""
        package = self.codebase.reach(file).package
        homes = self._may_hold(module.rpartition("::")[2], folder)
        for home in self.codebase.words.among(name, ("home", module, folder), homes):
            reached = self.codebase.reach(home)
            if (reached.package, reached.module) != (package, module):
                continue
            declared = self.codebase.outline(home)
            inner = {mod.name for mod in declared.mods}
            for use in declared.uses:
                steps = use.path.removeprefix("self::").split("::")
                if use.name == name and not use.module and steps[0] in inner:
                    return self._at("::".join(("crate", module, *steps)), home, folder)
        return None

    def _handed_on(self, path: str, folder: str) -> Meaning | None:
        """What `pub use … as Name;` in the module that `path` names hands on."""
        before, _, name = path.rpartition("::")
        home = before.rpartition("::")[2]
        if not home or path in self.following or self.codebase.definitions(name):
            return None
        homes = self._may_hold(home, folder)
        for file in self.codebase.words.among(name, ("home", home, folder), homes):
            for use in self.codebase.outline(file).uses:
                inline = use.module.rpartition("::")[2]
                if use.name == name and use.path != path and inline in ("", home):
                    return self._follow(path, use.path, file)
        return None

    def _may_hold(self, module: str, folder: str) -> tuple[str, ...]:
        """The files of a folder that may be, or may hold, the module of that name."""
        if (module, folder) not in self.homes:
            inside = f"{folder}/" if folder else ""
            self.homes[module, folder] = tuple(
                path
                for path in self.codebase.sources
                if path.startswith(inside) and _is_home(path, module)
            )
        return self.homes[module, folder]

    def _follow(self, path: str, to: str, file: str) -> Meaning | None:
        self.following.add(path)
        try:
            return self._path(to, file)
        finally:
            self.following.discard(path)

    def _in_package(self, name: str, folder: str) -> Meaning | None:
        """The one type called `name` in a package; None if there are two, or none."""
        found = [
            (path, defined)
            for path, defined in self.codebase.definitions(name, folder)
            if not defined.test
        ]
        found = [(p, d) for p, d in found if self.codebase.reach(p).state != "orphan"] or found
        if len(found) != 1:
            return None
        return Meaning(f"{found[0][0]}::{name}", found[0][1], found[0][0])

    def _through_glob(self, name: str, file: str) -> Meaning | None:
        if name in WELL_KNOWN and not self.codebase.definitions(name):
            return Meaning(f"?::{name}")
        globs = [use.path for use in self.codebase.outline(file).uses if use.name == "*"]
        return self._inside(name, file) or self._brought(globs, name, file)

    def _brought(self, modules: Iterable[str], name: str, file: str) -> Meaning | None:
        """The one collection type of this name, if a module of another crate here hands it on.

        Only of types that are named as collections are, and by nobody else: all that a glob may
        bring would have to be known to answer for any.
        """
        if not name.endswith(NAMES) or name in WELL_KNOWN:
            return None
        every = [one for one in self.codebase.definitions(name) if not one[1].test]
        every = [one for one in every if self.codebase.reach(one[0]).state != "orphan"]
        if len(every) != 1 or every[0][1].visibility != "pub":
            return None
        [(home, defined)] = every
        key = (name, file, *modules)
        if key not in self.handing:
            seen = set[tuple[str, str]]()
            self.handing[key] = any(self._hands_on(it, home, defined, file, seen) for it in modules)
        return Meaning(f"{home}::{name}", defined, home) if self.handing[key] else None

    def _hands_on(
        self, module: str, home: str, defined: TypeDef, file: str, seen: set[tuple[str, str]]
    ) -> bool:
        """Whether a module, as a file names it, has a type, or hands it on by one of its uses."""
        folder, name = self._folder(module, file), module.rpartition("::")[2]
        name = name if "::" in module else "crate"
        if folder is None or (folder, name) in seen:
            return False
        seen.add((folder, name))
        inside = f"{folder}/" if folder else ""
        for path in self._may_hold(name, folder):
            whole = _is_module(path.removeprefix(inside), name)
            if path == home and (defined.module.rpartition("::")[2] or (whole and name)) == name:
                return True
            for use in self.codebase.outline(path).uses if whole else ():
                if use.module or use.name not in ("*", defined.name):
                    continue
                to = use.path if use.name == "*" else use.path.rpartition("::")[0]
                if self._hands_on(to, home, defined, path, seen):
                    return True
        return False

    def _folder(self, module: str, file: str) -> str | None:
        """The folder of the package of this codebase in which a path begins."""
        first, package = module.partition("::")[0], self.codebase.reach(file).package
        if first in ("crate", "self", "super"):
            return package.folder if package is not None else None
        crates = self.codebase.roots.crates
        return crates[first].folder if first in crates else None


def _is_module(file: str, module: str) -> bool:
    """Whether a file is surely the module of that name, or the root of the crate."""
    if module == "crate":
        return file in ("src/lib.rs", "lib.rs")
    return file.endswith((f"/{module}.rs", f"/{module}/mod.rs"))


def _is_home(file: str, module: str) -> bool:
    """Whether a file may be, or may hold, the module of that name."""
    if module in ("crate", "self", "super"):
        return file.endswith(("lib.rs", "main.rs", "mod.rs"))
    return file.endswith((f"/{module}.rs", f"/{module}/mod.rs", "lib.rs", "main.rs"))


def _std(path: str) -> str:
    first, _, rest = path.partition("::")
    return f"std::{rest}" if first in STANDARD else path
