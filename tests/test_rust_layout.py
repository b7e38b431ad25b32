from __future__ import annotations

import pytest

from rustfix_mem.rust.write.layout import (
    Style,
    chain,
    condition,
    indent_at,
    style_of,
)

STYLE = Style("    ", "\n", 100)


@pytest.mark.parametrize(
    ("source", "style"),
    [
        (b"", Style("    ", "\n", 100)),
        (b"fn f() {\n    a();\n}\n", Style("    ", "\n", 100)),
        (b"fn f() {\n  a();\n    b();\n}\n", Style("  ", "\n", 100)),
        (b"fn f() {\n\ta();\n}\n", Style("\t", "\n", 100)),
        (b"fn f() {\r\n    a();\r\n}\r\n", Style("    ", "\r\n", 100)),
        (b"/*\n * one blank is a comment's\n */\nfn f() {\n    a();\n}", Style("    ", "\n", 100)),
        (b"\n\n    \n", Style("    ", "\n", 100)),
        (b'fn f() {\n    a(r#"\n\tx\n  y\n"#);\n    b();\n    c();\n    d();\n}', STYLE),
        (b"fn f() {\n    a();\n}\r\n", STYLE),
    ],
)
def test_style(source: bytes, style: Style) -> None:
    assert style_of(source) == style


@pytest.mark.parametrize(
    ("rustfmt", "width"),
    [
        ("", 100),
        ("max_width = 80", 80),
        ("tab_spaces = 2\n  max_width=120\n", 120),
        ("# max_width = 80", 100),
        ("comment_width = 80", 100),
    ],
)
def test_width(rustfmt: str, width: int) -> None:
    assert style_of(b"", rustfmt).width == width


@pytest.mark.parametrize(
    ("source", "offset", "indent"),
    [
        (b"a", 0, ""),
        (b"    a", 4, "    "),
        (b"x\n\t\ta b", 6, "\t\t"),
        (b"x\r\n  a", 5, "  "),
        ("ä\n  ö".encode(), 5, "  "),
        (b"\n\n", 1, ""),
    ],
)
def test_indent(source: bytes, offset: int, indent: str) -> None:
    assert indent_at(source, offset) == indent


def test_line_ends_of_the_file() -> None:
    assert Style("    ", "\r\n", 100).lines("a\nb\n") == "a\r\nb\r\n"
    assert STYLE.lines("a\nb\n") == "a\nb\n"


@pytest.mark.parametrize(
    ("indent", "left", "right", "width", "text"),
    [
        ("    ", "a", "b", 100, "if a && b {"),
        ("    ", "a", "b", 15, "if a && b {"),
        ("    ", "a", "b", 14, "if a && b\n    {"),
        ("    ", "a", "b", 12, "if a\n        && b\n    {"),
    ],
)
def test_a_condition(indent: str, left: str, right: str, width: int, text: str) -> None:
    assert condition(indent, left, right, Style("    ", "\n", width)) == text


@pytest.mark.parametrize(
    ("head", "steps", "text"),
    [
        ("cache", ".insert(k, v)", "cache.insert(k, v)"),
        ("cache", ".entry(k).or_insert(v)", "cache.entry(k).or_insert(v)"),
        (
            "cache",
            ".entry(a_rather_long_key_expression).or_insert_with(compute_it_all)",
            (
                "cache\n        .entry(a_rather_long_key_expression)"
                "\n        .or_insert_with(compute_it_all)"
            ),
        ),
        (
            "cache",
            ".insert(k, |a| {\n        b\n    })",
            "cache.insert(k, |a| {\n        b\n    })",
        ),
        ("cache", "." + "a" * 70 + "()", "cache." + "a" * 70 + "()"),
    ],
)
def test_a_chain(head: str, steps: str, text: str) -> None:
    assert chain("    ", head, steps, STYLE) == text


def test_an_indent_that_nobody_can_mean_is_none() -> None:
    assert style_of(b"", "tab_spaces = 99999999999").unit == "    "
