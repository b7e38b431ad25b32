"""The linked whole that a codemod judges: crates, modules, names, types, and who touches what.

Facts are made when first asked for; `look_many` makes them for many files at once, in workers.
What was found out is remembered and never changes: two equal questions have the same answer.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rustfix_mem.cargo import manifest
from rustfix_mem.rust.file.facts import Deeds
from rustfix_mem.rust.whole import modules
from rustfix_mem.rust.whole.gates import passing
from rustfix_mem.rust.whole.names import Names
from rustfix_mem.rust.whole.words import Words
from rustfix_mem.sources import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import ClassVar

    from rustfix_mem.cargo.manifest import BadManifest, Package
    from rustfix_mem.rust.file.facts import Construction, FileFacts, Outline, TypeDef
    from rustfix_mem.rust.file.syntax import Tree
    from rustfix_mem.rust.whole.gates import Gate
    from rustfix_mem.rust.whole.lifetimes import Life
    from rustfix_mem.rust.whole.modules import Reach
    from rustfix_mem.sources import Source
    from rustfix_mem.text import Span

S = TypeVar("S")
K = TypeVar("K", covariant=True)


class Looks(Protocol):
    """What a codemod is to those who look at files on its behalf."""

    gate: ClassVar[Gate]
    sight: ClassVar[type[Any] | None]

    @classmethod
    def look(cls, tree: Tree) -> Iterable[Any]: ...


class Kept(Protocol[K]):
    """Something that was made, and need not be in memory as it is."""

    def read(self) -> K: ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing is known of a file."""

    error: int
    """The byte where the grammar lost the thread."""
    deep: bool = False
    """Whether what begins there is merely nested too deeply to be followed."""


class Looker(Protocol):
    """Who makes facts, outlines and sights, of many files at once."""

    def __call__(self, sources: Mapping[str, Source]) -> Mapping[str, Kept[FileFacts]]: ...

    def outlines(self, sources: Mapping[str, Source]) -> Mapping[str, Kept[Outline]]: ...

    def begin_outlines(self, sources: Iterable[Source]) -> None: ...

    def about(
        self, sources: Mapping[str, tuple[Source, tuple[str, ...]]], outlines: Mapping[str, Source]
    ) -> Mapping[str, Kept[Deeds]]: ...

    def made(
        self, wanted: Sequence[tuple[Source, tuple[str, ...]]]
    ) -> Sequence[Kept[tuple[Construction, ...]]]: ...

    def sights(
        self, codemod: type[Looks], sources: Mapping[str, Source]
    ) -> Mapping[str, Kept[tuple[Any, ...]]]: ...

    def trouble(self, source: Source) -> Trouble | None: ...

    def skips(self, source: Source) -> bool: ...


class Sources(Mapping[str, bytes]):
    """Every Rust file, by path; remembers whose bytes somebody has had."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        """The same, for who answers only questions that `trace` can ask again."""
        self.read = set[str]()

    def __getitem__(self, path: str) -> bytes:
        source = self.texts[path]
        self.read.add(path)
        return source

    def __contains__(self, path: object) -> bool:
        return path in self.texts

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


@dataclass
class Codebase:
    """Every Rust file and manifest of one snapshot, and what they mean together."""

    sources: Mapping[str, bytes]
    """Every Rust file, by path."""
    manifests: Mapping[str, bytes]
    look_many: Looker
    formats: Mapping[str, bytes] = field(default_factory=dict)
    """Every rustfmt.toml and .rustfmt.toml, by path."""
    read_documents: Callable[[], Mapping[str, bytes]] = dict
    """Reads documents and settings, `pins.READ`, when somebody asks for `documents`."""
    thorough: bool = True
    """Whether all that is left alone is to be named; else a codemod may leave out what it knows,
    without asking, to be none of its findings."""
    read_cargo_files: Callable[[], Mapping[str, bytes]] = dict
    """Reads `lockfile.FILES`, when somebody asks for `cargo_files`."""
    passing: dict[Gate, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The files that pass each gate that has been asked."""
    _facts: dict[str, Kept[FileFacts]] = field(default_factory=dict, repr=False)
    _outlines: dict[str, Kept[Outline]] = field(default_factory=dict, repr=False)
    _about: dict[str, dict[frozenset[str], Kept[Deeds]]] = field(default_factory=dict, repr=False)
    lives: dict[str, Life] = field(default_factory=dict, repr=False)
    """What `lifetimes` has found out, by file and type."""
    scopes: dict[tuple[str, Span], tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Which files may touch a collection, as `links` has found out, by its place."""
    passed_over: dict[tuple[str, bool], str] = field(default_factory=dict, repr=False)
    """Why what stands in a file is not judged, as `shipped` has found out; and whether in tests."""
    beneath: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """The folders of what the package in a folder is built with, as `allocators` found out."""
    exits: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict, repr=False)
    """Where a file ends the program, by line, as `mains` found out."""
    never: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The files with a function of a name that never returns, as `endings` found out."""
    _nearby: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _made: dict[str, dict[frozenset[str], Kept[tuple[Construction, ...]]]] = field(
        default_factory=dict, repr=False
    )
    _users: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _reach: dict[str, Reach] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.sources = Sources(Texts.of(self.sources))

    @property
    def _texts(self) -> Texts:
        assert isinstance(self.sources, Sources)
        return self.sources.texts

    @cached_property
    def documents(self) -> Mapping[str, bytes]:
        """Files beside the Rust ones that people and programs read: documents and settings."""
        return self.read_documents()

    @cached_property
    def cargo_files(self) -> Mapping[str, bytes]:
        """What cargo reads beside manifests, by path: lock files and settings."""
        return self.read_cargo_files()

    @cached_property
    def _manifests(self) -> tuple[tuple[Package, ...], tuple[BadManifest, ...]]:
        return manifest.packages(
            self.manifests, self.sources.keys(), lambda: self.cargo_files.keys()
        )

    @property
    def packages(self) -> tuple[Package, ...]:
        return self._manifests[0]

    @property
    def bad_manifests(self) -> tuple[BadManifest, ...]:
        return self._manifests[1]

    @cached_property
    def names(self) -> Names:
        return Names(self)

    @property
    def troubles(self) -> Mapping[str, Trouble]:
        """The files of which something was asked in vain: facts, an outline, or, of one that nobody
        looks into, whatever a gate lets pass."""
        asked = {*self._outlines, *self._facts}
        passed = {path for paths in self.passing.values() for path in paths}
        asked |= {path for path in passed if self.look_many.skips(self._texts.source(path))}
        found = ((path, self.look_many.trouble(self._texts.source(path))) for path in asked)
        return {path: trouble for path, trouble in found if trouble is not None}

    @cached_property
    def words(self) -> Words:
        return Words(self._texts)

    @cached_property
    def roots(self) -> modules.Roots:
        return modules.Roots(self.packages)

    def facts(self, path: str) -> FileFacts:
        if path not in self._facts:
            self.prepare([path])
        return self._facts[path].read()

    @property
    def read(self) -> frozenset[str]:
        """The Rust files whose bytes somebody has had."""
        assert isinstance(self.sources, Sources)
        return frozenset(self.sources.read)

    @property
    def looked(self) -> Mapping[str, tuple[str, ...]]:
        """Of which files facts or an outline were asked for: `facts`, `about x y`, `outline`."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(self._outlines, ("outline",))
        for kind, asked in (("about", self._about), ("made", self._made)):
            for path, made in asked.items():
                said = (" ".join((kind, *sorted(words))) for words in made)
                found[path] = (*found.get(path, ()), *said)
        return found | {path: (*found.get(path, ()), "facts") for path in self._facts}

    @property
    def gates(self) -> Iterable[Gate]:
        """The gates that have been asked."""
        return self.passing.keys()

    def prepare(self, paths: Iterable[str]) -> None:
        """Make the facts of many files at once."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._facts]
        if wanted:
            self._facts.update(self.look_many(self._texts.sources(wanted)))

    def about(self, path: str, words: Iterable[str]) -> Deeds:
        """What the functions of a file do about some words: all there is with one of these names.

        Nothing, for a file whose declarations are not understood.
        """
        asked = frozenset(words)
        self.prepare_about([(path, asked)])
        if path in self._facts:
            return self._facts[path].read().deeds
        trouble = self.look_many.trouble(self._texts.source(path))
        if trouble is not None:
            return Deeds(error=trouble.error)
        return next(it for known, it in self._about[path].items() if asked <= known).read()

    def prepare_about(self, wanted: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Find out for many files at once what their functions do about some words."""
        missing: dict[str, frozenset[str]] = {}
        for path, words in wanted:
            asked = frozenset(words)
            known = path in self._facts or any(asked <= one for one in self._about.get(path, ()))
            if not known:
                missing[path] = asked | missing.get(path, frozenset())
        if missing:
            outlines = self._texts.sources(p for p in missing if p not in self._outlines)
            sources = {p: (self._texts.source(p), tuple(sorted(ws))) for p, ws in missing.items()}
            found = self.look_many.about(sources, outlines)
            self._outlines |= self.look_many.outlines(outlines)
            for path, deeds in found.items():
                self._about.setdefault(path, {})[missing[path]] = deeds

    def made(self, path: str, words: Iterable[str]) -> tuple[Construction, ...]:
        """Where a file makes values of types with these names."""
        asked = frozenset(words)
        self.prepare_made([(path, asked)])
        found = next(it for known, it in self._made[path].items() if asked <= known).read()
        return tuple(one for one in found if one.type.rpartition("::")[2] in asked)

    def prepare_made(self, wanted: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Find out for many files at once where they make values of types with some names."""
        missing: dict[str, frozenset[str]] = {}
        for path, words in wanted:
            asked = frozenset(words)
            if not any(asked <= known for known in self._made.get(path, ())):
                missing[path] = asked | missing.get(path, frozenset())
        if missing:
            asked_of = [(self._texts.source(p), tuple(sorted(ws))) for p, ws in missing.items()]
            found = self.look_many.made(asked_of)
            for (path, asked), made in zip(missing.items(), found, strict=True):
                self._made.setdefault(path, {})[asked] = made

    def outline(self, path: str) -> Outline:
        """What a file declares: for who does not ask what its functions do, which costs more."""
        if path not in self._facts:
            self.prepare_outlines([path])
        kept = self._facts.get(path) or self._outlines[path]
        return kept.read()

    def begin_outlines(self, paths: Iterable[str]) -> None:
        """Have the outlines of many files made meanwhile, for who will ask for them."""
        self.look_many.begin_outlines(map(self._texts.source, paths))

    def prepare_outlines(self, paths: Iterable[str]) -> None:
        """Make the outlines of many files at once."""
        known = self._facts, self._outlines
        unknown = [p for p in dict.fromkeys(paths) if not any(p in made for made in known)]
        if unknown:
            self._outlines.update(self.look_many.outlines(self._texts.sources(unknown)))

    def passed(self, codemod: type[Looks]) -> tuple[str, ...]:
        """The files that pass a codemod's gate: where its judging starts."""
        self.foresee((codemod,))
        return self.passing[codemod.gate]

    def foresee(self, codemods: Iterable[type[Looks]]) -> None:
        """Ask the gates of many codemods together."""
        gates = [codemod.gate for codemod in codemods if codemod.gate not in self.passing]
        if gates:
            self.passing |= passing(self._texts.items(), gates)

    def sights(self, codemod: type[Looks], kind: type[S]) -> Mapping[str, tuple[S, ...]]:
        """What `codemod.look` saw, by path; only files in which it saw something."""
        assert kind is codemod.sight
        found = self.look_many.sights(codemod, self._texts.sources(self.passed(codemod)))
        return {path: seen for path, kept in found.items() if (seen := kept.read())}

    def reach(self, path: str) -> Reach:
        if path not in self._reach:
            self.prepare_outlines(modules.above([path], self))
            try:
                self._reach[path] = modules.reach(path, self)
            except RecursionError:  # through more modules than anybody can have meant
                self._reach[path] = modules.Reach("unknown", modules.package_of(path, self))
        return self._reach[path]

    def users(self, package: Package) -> frozenset[str]:
        """The folders of the packages that may name what is in one, but for its own."""
        if package.folder not in self._users:
            self._users[package.folder] = modules.users(package, self)
        return self._users[package.folder]

    @cached_property
    def reaching_out(self) -> frozenset[str]:
        """The folders of the packages that lead to files of others, by `#[path]` or `include!`."""
        return modules.reaching_out(self)

    def serves_tests(self, package: Package | None) -> bool:
        """Whether the packages here that depend on a library do so only in their tests.

        Its own tests do not count: they may build it once more, with other features.
        """
        if package is None or any(target.kind == "bin" for target in package.targets):
            return False
        users = [p for p in self.packages if package.crate in p.needs and p != package]
        return bool(users) and all(package.crate in user.tests_with for user in users)

    def rustfmt(self, path: str) -> str:
        """The text of the rustfmt.toml that is nearest to a file, upwards; empty if none is."""
        folder = path
        while folder:
            folder = posixpath.dirname(folder)
            for name in ("rustfmt.toml", ".rustfmt.toml"):
                found = self.formats.get(posixpath.join(folder, name))
                if found is not None:
                    return found.decode("utf-8", "replace")
        return ""

    def source(self, path: str) -> Source:
        """The bytes of a Rust file, for who tells them from others."""
        assert isinstance(self.sources, Sources)
        self.sources.read.add(path)
        return self._texts.source(path)

    def text(self, path: str, span: Span) -> str:
        return self.sources[path][span.start : span.end].decode("utf-8", "replace")

    def definitions(self, name: str, folder: str = "") -> list[tuple[str, TypeDef]]:
        """Every type called `name` in a folder, with its file."""
        prefix = f"{folder}/" if folder else ""
        paths = [path for path in self.words.definers.get(name, ()) if path.startswith(prefix)]
        self.prepare_outlines(paths)
        return [
            (path, defined)
            for path in paths
            for defined in self.outline(path).types
            if defined.name == name
        ]

    def files_near(self, word: str, home: str) -> list[str]:
        """The files with a word of those that may name what `home` declares: far fewer to read."""
        package = modules.package_of(home, self)
        if package is None:
            return self.files_with(word)
        return self.words.among(word, package.folder, self._near(package))

    def _near(self, package: Package) -> tuple[str, ...]:
        """The files of a package and of those that may name what is in it."""
        if package.folder not in self._nearby:
            folders = {None, package.folder, *self.users(package)}
            self._nearby[package.folder] = tuple(
                path for path, folder in self._folders.items() if folder in folders
            )
        return self._nearby[package.folder]

    @cached_property
    def _folders(self) -> Mapping[str, str | None]:
        """The folder of the package of every Rust file."""
        packages = ((path, modules.package_of(path, self)) for path in self._texts)
        return {path: package.folder if package else None for path, package in packages}

    def files_with(self, word: str) -> list[str]:
        """The files in which `word` stands as a whole word, comments and strings included."""
        return self.words.files_with(word)
