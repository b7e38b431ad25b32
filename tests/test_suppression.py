from __future__ import annotations

import time

import pytest

from rustfix_mem.finding import Kind
from rustfix_mem.suppression import Suppression, complaint, hides, suppressions, unused
from rustfix_mem.text import Span

IGNORE = "rustfix-mem: ignore[cache-bounds]"


def hidden(source: str, path: str = "a.rs", codemod: str = "cache-bounds") -> list[int]:
    """The lines of `source` on which `codemod` is hidden."""
    found = suppressions(source.encode(), path)
    return [n for n in range(1, source.count("\n") + 2) if hides(found, codemod, n)]


def test_every_part_is_read() -> None:
    source = b"let a;  // rustfix-mem: ignore[cache-bounds, lru] -- it is small \r\n"
    (one,) = suppressions(source, "a.rs")
    assert one == Suppression(
        names=("cache-bounds", "lru"),
        line=1,
        last=1,
        whole_file=False,
        span=Span(8, 64),
        reason="it is small",
    )
    assert source[8:64].endswith(b"small")


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"let a; // {IGNORE}\nlet b;", [1]),
        (f"//{IGNORE}\nlet a;\nlet b;", [1, 2]),
        (f"\ufeff// {IGNORE}\nlet a;\nlet b;", [1, 2]),
        (f"\t//\t{IGNORE}\r\nlet a;\r\nlet b;", [1, 2]),
        (f"// {IGNORE}\n// rustfix-mem: ignore[lru]\n#[serde(skip)]\na: A,\nb: B,", [1, 2, 3, 4]),
        (f"// {IGNORE}\n\nlet a;", [1, 2]),
        (f"let a;\n// {IGNORE}", [2]),
        ("a\nb\n// rustfix-mem: ignore-file[cache-bounds]\nc", [1, 2, 3, 4]),
        ("// rustfix-mem: ignore[other]\na", []),
        ("// rustfix-mem: ignore[*]\na", []),
        ("// rustfix-mem: ignore[cache_bounds]\na", []),
        ("// rustfix-mem: ignore[]\na", []),
        ("// rustfix-mem: ignore\na", []),
        ("// see rustfix-mem: ignore[cache-bounds]\na", []),
    ],
)
def test_what_is_hidden(source: str, lines: list[int]) -> None:
    assert hidden(source) == lines


@pytest.mark.parametrize(
    "source",
    [
        f'let a = "// {IGNORE}";',
        f'let a = "\n// {IGNORE}\n";',
        f'let a = "\\"// {IGNORE}";',
        f'let a = r"\\"; let b = "// {IGNORE}";',
        f'let a = r#"" // {IGNORE}"#;',
        f'let a = br##""# \n// {IGNORE}\n"##;',
        f'let a = c"// {IGNORE}";',
        f'let a = \'"\'; let b = "// {IGNORE}";',
        f"/* // {IGNORE} */",
        f"/* /* */ \n// {IGNORE}\n */",
        f"/// {IGNORE}",
        f"//! {IGNORE}",
        f"// // {IGNORE}",
        f'# {IGNORE}\nlet a = "";',
        f'"never closed // {IGNORE}',
    ],
)
def test_only_a_comment_hides(source: str) -> None:
    assert hidden(source) == []


@pytest.mark.parametrize(
    "source",
    [
        f'let a = "x"; // {IGNORE}',
        f"let a = '\"'; // {IGNORE}",
        f"let a = b'\\''; // {IGNORE}",
        f"fn a<'a>(b: &'a str) {{}} // {IGNORE}",
        f'let a = r"\\"; // {IGNORE}',
        f'let bar = "r"; // {IGNORE}',
        f"/* a /* b */ */ // {IGNORE}",
        f"let a = '/'; let b = 1 / 2; // {IGNORE}",
    ],
)
def test_code_before_the_comment_does_not_matter(source: str) -> None:
    assert hidden(source) == [1]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"# {IGNORE}\n[profile]\nlto = true", [1, 2]),
        (f"lto = true # {IGNORE}\na = 1", [1]),
        (f'a = "# {IGNORE}"', []),
        (f"a = '# {IGNORE}'", []),
        (f'a = """\n# {IGNORE}\n"""', []),
        (f"a = '''\n# {IGNORE}\n'''", []),
        (f"a = 'it\\' # {IGNORE}", [1]),
        (f'a = "\\"" # {IGNORE}', [1]),
        (f"# it's \"a\n# {IGNORE}\nb = 1", [2, 3]),
        (f"// {IGNORE}\n", []),
    ],
)
def test_toml(source: str, lines: list[int]) -> None:
    assert hidden(source, "Cargo.toml") == lines


def test_without_a_path_both_languages_are_read() -> None:
    assert hidden(f"// {IGNORE}", "") == [1]
    assert hidden(f"# {IGNORE}", "") == [1]


def test_unused() -> None:
    found = suppressions(
        b"a // rustfix-mem: ignore[one]\nb // rustfix-mem: ignore[two]\n"
        b"c // rustfix-mem: ignore[one, two, one]\nd // rustfix-mem: ignore[*]\n"
        b"e // rustfix-mem: ignore[]\n"
    )
    first, second, both, star, empty = found
    used = [(first, "one"), (both, "two")]
    known = {"one", "two"}
    always = [(star, "*"), (empty, "")]
    assert list(unused(found, used, known, known)) == [(second, "two"), (both, "one"), *always]
    assert list(unused(found, used, {"two"}, known)) == [(second, "two"), *always]
    assert list(unused(found, used, set(), known)) == always


def test_what_is_said_of_an_unused_one() -> None:
    source = b"// rustfix-mem: ignore[one, two]\n// x\na\n// rustfix-mem: ignore-file[one]\n"
    line, whole = suppressions(source, "a.rs")
    one = complaint(line, "two", "a.rs", "")
    assert (one.shape, one.kind, one.span) == ("unused-suppression", Kind.DEFECT, line.span)
    assert one.item == "ignore[two]"
    assert one.message == "this comment hides nothing of `two`"
    assert one.why == ("nothing is found on lines 1 to 3",)
    assert one.help == "take `two` out of it"
    other = complaint(whole, "one", "a.rs", "")
    assert (other.item, other.help) == ("ignore-file[one]", "take it out")
    assert other.why == ("nothing is found in this file",)
    wrong = complaint(line, "on", "a.rs", "did you mean `one`?")
    assert wrong.message == "`on` is no codemod, and so this comment hides nothing"
    assert (wrong.why, wrong.help) == ((), "did you mean `one`?")
    assert complaint(line, "", "a.rs", "x").message.startswith("this comment names no codemod")


@pytest.mark.parametrize("piece", ['"', 'r#"', "/*", "'", "'''", '"""', "\\", "//", "r#"])
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    source = b"rustfix-mem:" + piece.encode() * 300_000
    start = time.perf_counter()
    suppressions(source)
    assert time.perf_counter() - start < 5
