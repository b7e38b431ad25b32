"""What several test modules stand on: crates in memory, and a codemod that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rustfix_mem.changeset import check
from rustfix_mem.codebase import Codebase
from rustfix_mem.codemod import Codemod
from rustfix_mem.finding import Applicability, Finding, LeftAlone
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem.looker import Looker
from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.look import look
from rustfix_mem_codemods.cache_bounds import CacheBounds

if TYPE_CHECKING:
    import re

    from rustfix_mem.rust.file.syntax import Tree
    from rustfix_mem.rust.whole.gates import Gate

LIB = "src/lib.rs"
X = '[package]\nname = "x"\n'
MACHINE = Applicability.MACHINE_APPLICABLE
BUILT_WITH = {
    "Cargo.toml": '[workspace]\nmembers = ["a", "b", "c"]\n',
    "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nb = { path = "../b" }\n',
    "a/src/main.rs": "fn main() {}\n",
    "b/Cargo.toml": '[package]\nname = "b"\n[dependencies]\nc = { path = "../c" }\n',
    "b/src/lib.rs": "",
    "c/Cargo.toml": '[package]\nname = "c"\n',
    "c/src/lib.rs": "",
}
"""A program `a` that is built with the library `b`, and that with `c`."""

Judge = Callable[[Codebase], Iterator[Finding | LeftAlone]]

HEAD = "use std::collections::{HashMap, HashSet};\nuse std::sync::{Arc, LazyLock, Mutex};\n\n"
STATIC = "static SLUGS_CACHE: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(m);\n\n"
MEMO = """pub fn slug(title: &str) -> String {
    let mut cache = SLUGS_CACHE.lock().unwrap();
    if let Some(known) = cache.get(title) {
        return known.clone();
    }
    let made = title.to_lowercase();
    cache.insert(title.to_string(), made.clone());
    made
}
"""
CACHED = HEAD + STATIC + MEMO
"""A static that is a cache, as plain as they come: it is fixed."""

OWNER = """pub struct SlugCache {
    entries: HashMap<String, String>,
    order: Vec<String>,
}

static SHARED: LazyLock<Mutex<SlugCache>> = LazyLock::new(m);

impl SlugCache {
    pub fn slug(&mut self, title: &str) -> String {
        if let Some(known) = self.entries.get(title) {
            return known.clone();
        }
        let made = title.to_lowercase();
        self.entries.insert(title.to_string(), made.clone());
        made
    }
}
"""
OWNED = HEAD + OWNER
"""The same, as a field."""


class Toy(Codemod):
    """Says what a test wants said."""

    guide: ClassVar[str] = "0"
    level: ClassVar[Applicability] = MACHINE
    gate: ClassVar[Gate] = (b"",)
    judging: ClassVar[Judge]

    @classmethod
    def name(cls) -> str:
        return "toy"

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield from type(self).judging(codebase)


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    at: int


class Namer(Toy):
    """Sees the functions of a file; counts how often it looks."""

    gate: ClassVar[Gate] = (b"fn ",)
    sight: ClassVar[type[Any] | None] = Named
    looked: ClassVar[list[bytes]] = []

    @classmethod
    def look(cls, tree: Tree) -> Iterator[Named]:
        cls.looked.append(tree.source)
        for node in syntax.walk(tree.root):
            if node.type == "function_item":
                yield Named(syntax.text(syntax.field(node, "name")), node.start_byte)


FUNCTIONS = {
    "a.rs": b"fn a() {} fn b() {}",
    "b.rs": b"struct A;",
    "c.rs": b"const F: fn () = f;",
    "d.rs": b"fn broken( {",
}
"""What `Namer` sees something in, and what it does not."""


def gated(*gate: bytes | re.Pattern[bytes]) -> type[Toy]:
    return type("Gated", (Toy,), {"gate": gate})


def toy(judging: Judge) -> Codemod:
    return type("One", (Toy,), {"judging": staticmethod(judging)})()  # type: ignore[no-any-return]


def codebase(files: dict[str, str]) -> Codebase:
    """The files as a codebase, with a manifest of a package `x` unless they have one."""
    whole = {path: text.encode() for path, text in {"Cargo.toml": X, **files}.items()}
    rust = {path: source for path, source in whole.items() if path.endswith(".rs")}
    return Codebase(rust, {p: s for p, s in whole.items() if p not in rust}, Looker(1))


def crate(source: str, files: dict[str, str] | None = None) -> Snapshot:
    """A snapshot of a crate with this library, and other files."""
    manifest = '[package]\nname = "x"\nedition = "2021"\n'
    whole = {"Cargo.toml": manifest, LIB: source, **(files or {})}
    return Snapshot.of_files({path: text.encode() for path, text in whole.items()})


def said(source: str, files: dict[str, str] | None = None) -> str:
    """`fix`, `report: reasons`, `alone: reasons` of the only cache; `nothing` for none."""
    found = check((CacheBounds(),), crate(source, files), cache=False)
    if found.findings:
        finding = found.findings[0].finding
        return "fix" if finding.fix is not None else "report: " + "; ".join(finding.why)
    alone = [one for _, one, _ in found.left_alone]
    return "alone: " + "; ".join(alone[0].reasons) if alone else "nothing"


def ends(body: str, of: str = "m") -> set[str]:
    """What is done with `self.m` (or another place) in a method, plain reads left out."""
    found = look(f"impl A {{ fn f(&mut self, k: K) {{ {body} }} }}".encode())
    assert found.error is None
    return {
        f"{use.kind} {use.method}".strip()
        for mention in found.mentions
        if (mention.place.path or (mention.place.root,))[-1] == of
        for use in mention.uses
        if use.kind != "read"
    }
