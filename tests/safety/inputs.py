"""Files that are bad, odd or made to hurt; each is a crate of its own beside a good one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from safety.ground import MANIFEST
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GATE = "use std::collections::HashMap;\n"
"""What a file must say to be parsed at all."""

LIB, TOML = "src/lib.rs", "Cargo.toml"


@dataclass(frozen=True, slots=True)
class Input:
    """One bad input: its files, and the one of them that must be named as not read."""

    name: str
    make: Callable[[], Mapping[str, bytes]]
    unread: str = ""
    heavy: bool = False
    """Whether it is made to take time or memory, and so is not tried in every run of the tests."""

    def files(self) -> dict[str, bytes]:
        return {TOML: MANIFEST, LIB: b"", **self.make()}


def _rust(name: str, text: str | bytes, *, bad: bool = False, heavy: bool = False) -> Input:
    data = text if isinstance(text, bytes) else (GATE + text).encode()
    return Input(name, lambda: {LIB: data}, LIB if bad else "", heavy)


def _long(name: str, make: Callable[[], str | bytes], *, bad: bool = False) -> Input:
    """Rust that is made only when it is wanted, since it is large."""

    def files() -> dict[str, bytes]:
        text = make()
        return {LIB: text if isinstance(text, bytes) else (GATE + text).encode()}

    return Input(name, files, LIB if bad else "", heavy=True)


def _toml(name: str, text: str | bytes, *, bad: bool = False, **files: str) -> Input:
    data = text if isinstance(text, bytes) else text.encode()
    more = {path.replace("__", "/") + ".rs": said.encode() for path, said in files.items()}
    return Input(name, lambda: {TOML: data, LIB: CACHED.encode(), **more}, TOML if bad else "")


def _files(name: str, **files: str) -> Input:
    """Files by name, with `__` for a slash."""
    made = {path.replace("__", "/") + ".rs": text.encode() for path, text in files.items()}
    return Input(name, lambda: made)


def _nested(open: str, inner: str, close: str, depth: int) -> str:
    return open * depth + inner + close * depth


def _fn(body: str) -> str:
    return f"fn f() {{ {body} }}\n"


def _owner(field: str, body: str) -> str:
    """A cache in a field, and a method of its owner."""
    return (
        f"struct Cache {{ entries: HashMap<String, {field}> }}\n"
        f"static SHARED: Mutex<Cache> = Mutex::new(m());\n"
        f"impl Cache {{ fn put(&mut self, k: String, v: {field}) {{ {body} }} }}\n"
    )


PUT = "self.entries.insert(k, v);"
TEXT = CACHED.encode()

ENCODINGS = (
    _rust("empty", b""),
    _rust("only a byte order mark", b"\xef\xbb\xbf"),
    _rust("a byte order mark", b"\xef\xbb\xbf" + TEXT),
    _rust("two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT),
    _rust("a byte order mark in the middle", TEXT.replace(b"pub", b"\xef\xbb\xbfpub")),
    _rust("CRLF", TEXT.replace(b"\n", b"\r\n")),
    _rust("CR alone", TEXT.replace(b"\n", b"\r")),
    _rust("all line ends mixed", TEXT.replace(b";\n", b";\r\n").replace(b"{\n", b"{\r")),
    _rust("no end of line", TEXT.rstrip()),
    _rust("NUL in a comment", TEXT + b"// a\0b\n", bad=True),
    _rust("NUL in a string", TEXT + b'const A: &str = "a\0b";\n'),
    _rust("NUL in a name", TEXT + b"fn a\0b() {}\n", bad=True),
    _rust("UTF-16 with a mark", CACHED.encode("utf-16")),
    _rust("UTF-16 without", CACHED.encode("utf-16-be")),
    _rust("UTF-32", CACHED.encode("utf-32")),
    _rust("latin-1 in a comment", TEXT + b"// \xe9\xe8\n"),
    _rust("latin-1 in a string", TEXT + b'const A: &str = "\xe9";\n'),
    _rust("latin-1 in a name", TEXT + b"fn \xe9() {}\n", bad=True),
    _rust("an overlong and a surrogate", TEXT + b"// \xc0\xaf \xed\xa0\x80\n"),
    _rust("line ends of Unicode", CACHED + "// a\u2028b\u2029c\u0085d\x0b\x0c\n"),
    _rust("writing from right to left", CACHED + "// \u202e\u2066 }\u2069 \u202c\n"),
    _rust("control characters", CACHED + "// \x1b[2J\x07\x08\x7f\n"),
    _rust("names of any script", CACHED + "fn \u6f22\u5b57() { let \u00e9\u0301 = 1; }\n"),
)

SYNTAX = (
    _rust("an error before", b"fn a( {\n" + TEXT, bad=True),
    _rust("an error behind", TEXT + b"fn a( {\n", bad=True),
    _rust("a conflict of a merge", b"<<<<<<< a\n" + TEXT + b"=======\n>>>>>>> b\n", bad=True),
    _rust("a string without end", CACHED + 'const A: &str = "a;\n', bad=True),
    _rust("a raw string without end", CACHED + 'const A: &str = r#"a";\n', bad=True),
    _rust("a comment without end", CACHED + "/* /* */\n", bad=True),
    _rust("a character without end", CACHED + "const A: char = 'ab;\n", bad=True),
    _rust("a brace too many", CACHED + "}\n", bad=True),
    _rust("a raw string of 255 hashes", CACHED + f'const A: &str = r{"#" * 255}"}}"{"#" * 255};\n'),
    _rust("braces in strings", CACHED + "const A: &str = \"}}{{\"; const B: u8 = b'}';\n"),
    _rust("a shebang alone", b"#!/usr/bin/env HashMap", bad=True),
    _rust("frontmatter", b"---\n[package]\n---\n" + TEXT, bad=True),
    _rust("a pointer of git-lfs", "version https://git-lfs.github.com/spec/v1\n", bad=True),
    _rust("HTML", "<!DOCTYPE html><p>HashMap</p>\n", bad=True),
    _rust("C", "#include <map.h>\nint main(void) { return 0; }\n", bad=True),
)

MODULES = (
    _files("`mod` of itself", src__lib=f"{CACHED}mod lib;\n"),
    _files("`#[path]` of itself", src__lib=f'{CACHED}#[path = "lib.rs"] mod a;\n'),
    _files("two files that are modules of each other",
           src__lib=f"{CACHED}mod a;\n",
           src__a=f'{CACHED}#[path = "b.rs"] mod b;\n',
           src__b=f'{CACHED}#[path = "a.rs"] mod a;\n'),
    _files("`#[path]` that leads out", src__lib=f'{CACHED}#[path = "../../../../a.rs"] mod a;\n'),
    _files("`#[path]` from the root", src__lib=f'{CACHED}#[path = "/etc/passwd"] mod a;\n'),
    _files("`include!` of itself", src__lib=f'{CACHED}include!("lib.rs");\n'),
    _files("both files of a module", src__lib="mod a;\n", src__a=CACHED, src__a__mod=CACHED),
    _files("a module that is not there", src__lib=f"{CACHED}mod nothing;\n"),
    _files("imports in a circle", src__lib=f"{CACHED}mod a; mod b; pub use a::*;\n",
           src__a=f"pub use crate::b::*;\n{CACHED}", src__b=f"pub use crate::a::*;\n{CACHED}"),
    _files("renamed imports in a circle", src__lib="mod a; mod b;\n",
           src__a=f"pub use crate::b::X as Y;\n{CACHED}", src__b="pub use crate::a::Y as X;\n"),
)  # fmt: skip

TYPES = (
    _rust("an alias of itself", "type A = A;\n" + _owner("A", PUT)),
    _rust("aliases in a circle", "type A = B;\ntype B = A;\n" + _owner("A", PUT)),
    _rust("an alias that grows", "type A<T> = A<Vec<T>>;\n" + _owner("A<u8>", PUT)),
    _rust("a type in itself", "struct V { v: Box<V>, m: HashMap<u8, V> }\n" + _owner("V", PUT)),
    _rust("a cache in itself", _owner("Cache", PUT)),
    _rust("types in a circle", "struct A { b: Box<B> }\nstruct B { a: A }\n" + _owner("A", PUT)),
    _rust("traits in a circle", "trait A: B {}\ntrait B: A {}\n" + _owner("Box<dyn A>", PUT)),
    _rust("`Deref` to itself", _owner("u8", PUT) + "impl Deref for Cache { type Target = Cache;"
          " fn deref(&self) -> &Cache { self } }\n"),
    _rust("a macro of itself", CACHED + "macro_rules! m { ($($t:tt)*) => { m!(m!($($t)*)); } }\n"),
    _rust("a function that calls itself", _owner("u8", f"{PUT} self.put(k, v)")),
    _rust("two owners of one name", _owner("u8", PUT) + "mod a { " + _owner("u8", PUT) + " }\n"),
    _rust("names that are words of Rust", _owner("u8", PUT) + "fn r#fn(r#type: u8) {}\n"),
)  # fmt: skip

_WORKSPACE = '[workspace]\nmembers = [{}]\n[package]\nname = "x"\nversion = "0.1.0"\n'
_PACKAGE = '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n'
MANIFESTS = (
    _toml("an empty manifest", b""),
    _toml("a manifest of rubbish", b"\x00\x01\x02", bad=True),
    _toml("a manifest of UTF-16", _PACKAGE.encode("utf-16"), bad=True),
    _toml("a manifest with a byte order mark", b"\xef\xbb\xbf" + _PACKAGE.encode()),
    _toml("a manifest of CRLF", _PACKAGE.replace("\n", "\r\n")),
    _toml("a manifest of CR alone", _PACKAGE.replace("\n", "\r"), bad=True),
    _toml("a key twice", _PACKAGE + 'edition = "2018"\n', bad=True),
    _toml("a table twice", _PACKAGE + "[package]\n", bad=True),
    _toml("a string of TOML without end", _PACKAGE + 'authors = "', bad=True),
    _toml("many quotes", _PACKAGE + "a = '''" + '"""' * 3000, bad=True),
    _toml("deep arrays", f"{_PACKAGE}a = {_nested('[', '', ']', 5000)}\n", bad=True),
    _toml("deep arrays in lines", f"{_PACKAGE}a = {{\nb = {_nested('[', '', ']', 5000)} }}\n",
          bad=True),
    _toml("deep tables", f"{_PACKAGE}a = {_nested('{a=', '1', '}', 5000)}\n", bad=True),
    _toml("a deep key", f"{_PACKAGE}{'.'.join(['a'] * 5000)} = 1\n"),
    _toml("a large number", f"{_PACKAGE}a = {'9' * 5000}\n", bad=True),
    _toml("a date that is none", f"{_PACKAGE}a = 2024-99-99\n", bad=True),
    _toml("a package that is a number", "package = 3\n"),
    _toml("a name that is a number", "[package]\nname = 3\n"),
    _toml("a name that leads out", '[package]\nname = "../../x"\n'),
    _toml("a name with line ends", '[package]\nname = "a\\n\\u001b[31m"\n'),
    _toml("an edition that is none", '[package]\nname = "x"\nedition = "9999"\n'),
    _toml("an edition that is a list", '[package]\nname = "x"\nedition = [2021]\n'),
    _toml("dependencies that are a string", f'dependencies = "all"\n{_PACKAGE}'),
    _toml("a dependency that is a number", f"{_PACKAGE}[dependencies]\na = 1\nb = [1]\n"),
    _toml("a target that is a number", f"target = 3\nlib = 4\nbin = 5\n{_PACKAGE}"),
    _toml("targets that are strings", f'bin = ["a"]\ntest = [["b"]]\n{_PACKAGE}'),
    _toml("members that lead out", _WORKSPACE.format('"../../..", "/", "..", "/etc"')),
    _toml("members that match all", _WORKSPACE.format('"**", "*", "./*", "[a-z]*", "[", "***/x"')),
    _toml("members that are numbers", _WORKSPACE.format("1, [2]")),
    _toml("members that take long to match", _WORKSPACE.format(f'"{"*a" * 200}b"')),
    _toml("a workspace that is a string", f'workspace = "x"\n{_PACKAGE}'),
    _toml("a workspace in another", '[workspace]\nmembers = ["."]\nexclude = ["."]\n'),
    _toml("a root elsewhere", '[package]\nname = "x"\nworkspace = "../../../.."\n'),
    _toml("all of a workspace that is not there",
          '[package]\nname.workspace = true\nedition.workspace = true\n'
          '[dependencies]\na.workspace = true\n[lints]\nworkspace = true\n'),
    _toml("a library that leads out", f'{_PACKAGE}[lib]\npath = "../../../out.rs"\n'),
    _toml("a library from the root", f'{_PACKAGE}[lib]\npath = "/etc/passwd"\n'),
    _toml("a library that is a folder", f'{_PACKAGE}[lib]\npath = "src"\n'),
    _toml("a library that is a number", f"{_PACKAGE}[lib]\npath = 3\nname = 4\n"),
    _toml("a build script that leads out", f'{_PACKAGE}build = "../../../build.rs"\n'),
    _toml("a dependency on itself", f'{_PACKAGE}[dependencies]\nx = {{ path = "." }}\n'),
    _toml("a dependency that leads out", f'{_PACKAGE}[dependencies]\nx.path = "../../../.."\n'),
    _toml("features in a circle", f'{_PACKAGE}[features]\na = ["b"]\nb = ["a"]\ndefault = [1]\n'),
    Input("two packages that depend on each other", lambda: {
        TOML: b'[package]\nname = "x"\n[dependencies]\ny = { path = "y" }\n', LIB: TEXT,
        "y/Cargo.toml": b'[package]\nname = "y"\n[dependencies]\nx = { path = ".." }\n',
        "y/src/lib.rs": TEXT}),
    Input("two packages of one name", lambda: {
        TOML: _PACKAGE.encode(), LIB: TEXT, "y/Cargo.toml": _PACKAGE.encode(),
        "y/src/lib.rs": TEXT}),
    Input("a rustfmt.toml of rubbish", lambda: {
        LIB: TEXT, "rustfmt.toml": b"\xff\x00max_width = 'no'\n= 3\ntab_spaces = 99999999999\n"}),
    Input("documents of rubbish", lambda: {
        LIB: TEXT, "README.md": b"\xff\x00" * 9, "a.json": b"[" * 9999, "a.yml": b"&a [*a]\n"}),
)  # fmt: skip

_SIZE = 900_000


def _noise(kind: str) -> bytes:
    dice = random.Random(7)
    letters = {"bytes": range(256), "text": range(32, 127), "signs": b"(){}[]<>'\"#!&|;:,.=r"}
    return GATE.encode() + bytes(dice.choices(letters[kind], k=_SIZE))


def _calls(count: int) -> str:
    """Methods that each call the next, the last the first, and all fill the cache."""
    methods = "".join(
        f"fn m{n}(&mut self, k: String) {{ self.entries.insert(k, 1); self.m{(n + 1) % count}(k) }}"
        for n in range(count)
    )
    return _owner("u8", PUT) + f"impl Cache {{ {methods} }}\n"


def _deep(depth: int) -> Iterator[Input]:
    """Nests of every kind of bracket, each around or beside a cache."""
    nests = {
        "parentheses": _fn("let a = " + _nested("(", "1", ")", depth) + ";"),
        "blocks": _fn(_nested("{", "", "}", depth)),
        "modules": _nested("mod a {", CACHED, "}", depth),
        "generics": _owner(_nested("Vec<", "u8", ">", depth), PUT),
        "references": _owner("&'static " * depth + "u8", PUT),
        "exclamation marks": _fn("let a = " + "!" * depth + "1;"),
        "operators": _fn("let a = 1" + " + 1" * depth + ";"),
        "calls": _fn("let a = " + _nested("f(", "1", ")", depth) + ";"),
        "closures": _fn("let a = " + "|| " * depth + "1;"),
        "conditions": _owner("u8", _nested("if a() {", PUT, "}", depth)),
        "else": _owner("u8", "if a() {} " + "else if b() {} " * depth + f"else {{ {PUT} }}"),
        "matches": _owner("u8", _nested("match a() { _ => ", f"{{ {PUT} }}", "}", depth)),
        "loops": _owner("u8", _nested("loop {", PUT, "}", depth)),
        "a chain of methods": _owner("u8", "self.entries" + ".get(&k)" * depth + f"; {PUT}"),
        "a chain behind the growth": _owner("u8", PUT[:-1] + ".a()" * depth + ";"),
        "a key of operators": _owner("u8", f"self.entries.insert(k{' + 1' * depth}, v);"),
        "tokens": f"m! {{ {_nested('(', 'entries', ')', depth)} }}\n" + _owner("u8", PUT),
        "comments": _nested("/*", "", "*/", depth) + _owner("u8", PUT),
        "imports": "use " + _nested("a::{", "b", "}", depth) + ";\n" + _owner("u8", PUT),
        "patterns": _owner("u8", f"let {_nested('(', 'a', ',)', depth)} = b; {PUT}"),
        "types of tuples": _owner(_nested("(", "u8", ",)", depth), PUT),
        "trait bounds": _owner(_nested("Box<dyn Fn(", "u8", ")>", depth), PUT),
        "arrays": _owner(_nested("[", "u8", "; 1]", depth), PUT),
        "attributes": _nested("#[a(", "", ")]", depth) + "\n" + _owner("u8", PUT),
    }
    for name, text in nests.items():
        files = {LIB: (GATE + text).encode()}
        yield Input(f"{depth:,} nested: {name}", partial(dict, files), heavy=depth > 1000)


DEEP = (*_deep(300), *_deep(20_000))
LARGE = (
    _long("100,000 parentheses", lambda: _fn(_nested("(", "1", ")", 100_000))),
    _long("1,000,000 parentheses", lambda: _fn(_nested("(", "1", ")", 1_000_000)), bad=True),
    _long("80,000 open parentheses", lambda: _fn("(" * 80_000), bad=True),
    _long("100,000 brackets in a macro", lambda: _fn(f"m!{_nested('[', '', ']', 100_000)};")),
    _long("20,000 starts of raw strings", lambda: 'r#"' * 20_000, bad=True),
    _long("a raw string without end in many lines", lambda: 'r#"' + 'a"\n' * 290_000, bad=True),
    _long("400,000 elements", lambda: f"const A: [u8; 1] = [{'1,' * 400_000}];\n"),
    _long("2,000,000 elements", lambda: f"const A: [u8; 1] = [{'1,' * 2_000_000}];\n", bad=True),
    _long("400,000 escapes", lambda: 'const A: &str = "' + "\\n" * 400_000 + '";\n'),
    _long("50,000 open functions", lambda: "fn f() { a(\n" * 50_000, bad=True),
    _long("49 MB of functions", lambda: "fn f() { g(1); }\n" * 2_900_000, bad=True),
    _long("0.9 MB of functions", lambda: "fn f() { g(1); }\n" * 52_000),
    _long("a string of 0.9 MB", lambda: f'const A: &str = "{"a" * _SIZE}";\n'),
    _long("a name of 0.9 MB", lambda: f"fn {'a' * _SIZE}() {{}}\n"),
    _long("a line of 0.9 MB", lambda: _fn("g(1); " * 150_000)),
    _long("900,000 line ends", lambda: "\n" * _SIZE),
    _long("0.9 MB of NUL", lambda: GATE.encode() + b"\0" * _SIZE, bad=True),
    _long("random bytes", lambda: _noise("bytes"), bad=True),
    _long("random text", lambda: _noise("text"), bad=True),
    _long("random signs", lambda: _noise("signs"), bad=True),
    _long("0.9 MB of UTF-16", lambda: ("fn f() { g(1); } // HashMap\n" * 16_000).encode("utf-16")),
    _long("20,000 comments", lambda: "// HashMap\n/* a */\n" * 20_000 + _owner("u8", PUT)),
    _long("20,000 fields", lambda: _owner("u8", PUT) + "struct W { "
          + "".join(f"f{n}: HashMap<u8, u8>, " for n in range(20_000)) + "}\n"),
    _long("20,000 variants", lambda: _owner("E", PUT) + "enum E { "
          + "".join(f"V{n}(u8), " for n in range(20_000)) + "}\n"),
    _long("20,000 arms", lambda: _owner("u8", "match v { "
          + "".join(f"{n} => {n}, " for n in range(20_000)) + f"_ => 1 }}; {PUT}")),
    _long("20,000 imports", lambda: "".join(f"use a{n}::B{n};\n" for n in range(20_000))
          + _owner("u8", PUT)),
    _long("300 caches", lambda: "".join(
        _owner("u8", PUT).replace("Cache", f"Cache{n}").replace("SHARED", f"S{n}")
        for n in range(300))),
    _long("1,000 methods that call in a circle", lambda: _calls(1_000)),
    _long("20,000 uses of one cache",
          lambda: _owner("u8", "self.entries.get(&k); " * 20_000 + PUT)),
    _long("5,000 growths of one cache", lambda: _owner("u8", PUT * 5_000)),
    _long("200,000 tokens that name a cache", lambda: _owner("u8", PUT)
          + f"m! {{ {'entries ' * 100_000} }}\n"),
    Input("200 modules in a chain", lambda: {
        LIB: b"mod m0;\n", **{f"src/{'/'.join(f'm{i}' for i in range(n + 1))}.rs":
                              f"mod m{n + 1};\n{CACHED}".encode() for n in range(60)}}, heavy=True),
    Input("2,000 files of one name", lambda: {
        f"src/a{n}/mod.rs": CACHED.encode() for n in range(2_000)}, heavy=True),
    Input("1,000 packages that depend on the next", lambda: {
        f"p{n}/Cargo.toml": (f'[package]\nname = "p{n}"\n[dependencies]\n'
                             f'p{(n + 1) % 1000} = {{ path = "../p{(n + 1) % 1000}" }}\n').encode()
        for n in range(1_000)}, heavy=True),
    Input("a manifest of 20,000 dependencies", lambda: {
        TOML: (_PACKAGE + "[dependencies]\n"
               + "".join(f'd{n} = "1"\n' for n in range(20_000))).encode(), LIB: TEXT}, heavy=True),
    Input("a manifest of 300,000 quotes", lambda: {
        TOML: (_PACKAGE + "a = " + '"""' * 100_000).encode(), LIB: TEXT}, TOML, heavy=True),
    Input("a manifest of 100,000 arrays", lambda: {
        TOML: f"{_PACKAGE}a = {_nested('[', '', ']', 100_000)}\n".encode(), LIB: TEXT}, TOML,
        heavy=True),
    Input("a manifest of 50,000 tables in lines", lambda: {
        TOML: (_PACKAGE + "a = " + _nested("{\n", "", "}", 50_000)).encode(), LIB: TEXT}, TOML,
        heavy=True),
)  # fmt: skip

INPUTS = (*ENCODINGS, *SYNTAX, *MODULES, *TYPES, *MANIFESTS, *DEEP, *LARGE)
