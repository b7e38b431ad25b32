from __future__ import annotations

import pytest

from rustfix_mem.rust.write.indents import comments, deeper, immovable, indented, steps


@pytest.mark.parametrize(
    ("chain", "parts"),
    [
        (".entry(k).or_insert(v)", [".entry(k)", ".or_insert(v)"]),
        (".lock().unwrap()?.get(a.b)", [".lock()", ".unwrap()?", ".get(a.b)"]),
        ('.insert("a.b", 1)', ['.insert("a.b", 1)']),
        ('.insert("a\\".b", 1).c()', ['.insert("a\\".b", 1)', ".c()"]),
        (".a({ b.c })[d.e].f", [".a({ b.c })[d.e]", ".f"]),
        (".a\n    .b()", [".a", ".b()"]),
        (".a('\"', b.c).d()", [".a('\"', b.c)", ".d()"]),
        ('.a(r#""."#).d()', ['.a(r#""."#)', ".d()"]),
        ("", []),
    ],
)
def test_steps(chain: str, parts: list[str]) -> None:
    assert steps(chain) == parts


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a", "a"),
        ("a\nb", "a\n    b"),
        ("a\n\n    b", "a\n\n        b"),
        ('f("x")\nb', 'f("x")\n    b'),
        ('"a\nb"', '"a\nb"'),
        ('f(r#"a\n"\nb"#,\nc)', 'f(r#"a\n"\nb"#,\n    c)'),
        ("'\"'\nb", "'\"'\n    b"),
        ("a // it's \"\nb", "a // it's \"\n    b"),
    ],
)
def test_deeper(text: str, result: str) -> None:
    assert deeper(text, "    ") == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a", "a"),
        (".b(|| {\n        c\n    })", ".b(|| {\n            c\n        })"),
        (".b(|| {\n\n        c\n    })", ".b(|| {\n\n            c\n        })"),
        ('.b("x\n  y")', '.b("x\n  y")'),
        ('.b(\n    "x\n  y",\n)', '.b(\n            "x\n  y",\n        )'),
    ],
)
def test_indented(text: str, result: str) -> None:
    assert indented(text, "        ") == result


def test_comments_and_how_deep_they_stand() -> None:
    assert comments('.a("//") // one\n.b({ /* two */ })') == [("// one", 0), ("/* two */", 2)]


@pytest.mark.parametrize(
    ("text", "cannot"),
    [
        ("a // b\nc", False),
        ("a /* b */\nc", False),
        ("a /* b\n */ c", True),
        ("a /* b /* c */\n */", True),
        ('"/*"\nc', False),
    ],
)
def test_what_cannot_be_moved(text: str, cannot: bool) -> None:
    assert immovable(text) == cannot
