from __future__ import annotations

import pytest

from rustfix_mem.errors import RustfixMemError
from rustfix_mem.report import diff
from rustfix_mem.report.crosscheck import crosscheck
from rustfix_mem.report.terminal import Palette

PATCH = """\
diff --git a/a.rs b/a.rs
index 111..222 100644
--- a/a.rs
+++ b/a.rs
@@ -1,3 +1,3 @@ fn main() {
 keep
--- old
+new
 last
"""
BEFORE, AFTER = b"keep\n-- old\nlast\n", b"keep\nnew\nlast\n"


def test_the_colours_are_gits() -> None:
    lines = diff.render(PATCH.encode(), Palette(on=True)).splitlines()
    assert lines[:4] == [f"\x1b[1m{line}\x1b[0m" for line in PATCH.splitlines()[:4]]
    assert lines[4] == "\x1b[36m@@ -1,3 +1,3 @@\x1b[0m fn main() {"
    assert lines[5:7] == [" keep", "\x1b[31m--- old\x1b[0m"]
    assert lines[7] == "\x1b[32m+new\x1b[0m"


def test_without_colour_it_is_the_diff_but_for_controls() -> None:
    assert diff.render(PATCH.encode(), Palette()) == PATCH
    assert diff.render(b"+a\x1b[2J\xff\tb\r\n", Palette()) == "+a\u241b[2J\ufffd\tb\u240d\n"
    assert diff.render(b"", Palette()) == ""


def test_a_right_diff_passes() -> None:
    crosscheck(PATCH, {"a.rs": BEFORE}, {"a.rs": AFTER})


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        (PATCH.replace("+new", "+gnu"), AFTER),
        (PATCH, AFTER + b"more\n"),
        (PATCH.replace(" keep", " kept"), AFTER),
        (PATCH.replace("-1,3 +1,3", "-2,3 +2,3"), AFTER),
        ("", AFTER),
        (PATCH.replace("@@ -1,3", "@@ -1,9"), AFTER),
    ],
)
def test_a_wrong_diff_does_not(patch: str, after: bytes) -> None:
    with pytest.raises(RustfixMemError, match="not what was planned") as error:
        crosscheck(patch, {"a.rs": BEFORE}, {"a.rs": after})
    assert error.value.exit_code == 70


def test_an_insertion_a_lone_return_and_no_last_newline() -> None:
    patch = (
        "diff --git a/a.rs b/a.rs\n--- a/a.rs\n+++ b/a.rs\n@@ -1,0 +2 @@\n+in\rside\x0c\u2028\r\n"
        "@@ -3 +4 @@\n-c\n\\ No newline at end of file\n+d\n\\ No newline at end of file\n"
    )
    after = "a\nin\rside\x0c\u2028\r\nb\nd".encode()
    crosscheck(patch, {"a.rs": b"a\nb\nc"}, {"a.rs": after})


def test_a_name_that_unidiff_cannot_read_is_tolerated() -> None:
    path = "a b/c d.rs"
    crosscheck(PATCH.replace("a.rs", path), {path: BEFORE}, {path: AFTER})
    crosscheck("GIT\nGIT binary patch\n", {"a.rs": b"\0"}, {"a.rs": b"\1"})
