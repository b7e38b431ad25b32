from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem.codebase import Codebase
from rustfix_mem.looker import Looker
from support import X, codebase

if TYPE_CHECKING:
    from rustfix_mem.rust.whole.modules import Reach


def reach(path: str, files: dict[str, str]) -> Reach:
    return codebase({**files, path: files.get(path, "")}).reach(path)


@pytest.mark.parametrize(
    ("path", "module", "files"),
    [
        pytest.param("src/lib.rs", "", {}, id="lib"),
        pytest.param("src/main.rs", "", {}, id="main"),
        pytest.param("src/bin/t.rs", "", {}, id="bin"),
        pytest.param("src/a.rs", "a", {"src/lib.rs": "mod a;"}, id="file"),
        pytest.param("src/a.rs", "a", {"src/main.rs": "pub(crate) mod a;"}, id="of a binary"),
        pytest.param("src/a/mod.rs", "a", {"src/lib.rs": "mod a;"}, id="mod.rs"),
        pytest.param("src/type.rs", "type", {"src/lib.rs": "mod r#type;"}, id="raw"),
        pytest.param(
            "src/a/b.rs", "a::b", {"src/lib.rs": "mod a;", "src/a.rs": "mod b;"}, id="two"
        ),
        pytest.param(
            "src/a/b.rs", "a::b", {"src/lib.rs": "mod a;", "src/a/mod.rs": "mod b;"}, id="mod.rs b"
        ),
        pytest.param("src/i/q.rs", "i::q", {"src/lib.rs": "mod i { mod q; }"}, id="inline"),
        pytest.param(
            "src/a/i/j/q.rs",
            "a::i::j::q",
            {"src/lib.rs": "mod a;", "src/a.rs": "mod i { mod j { mod q; } }"},
            id="inline in inline",
        ),
        pytest.param("src/w/z.rs", "a", {"src/lib.rs": '#[path = "w/z.rs"] mod a;'}, id="path"),
        pytest.param("src/z.rs", "a", {"src/lib.rs": '#[path = "./z.rs"] mod a;'}, id="path ./"),
        pytest.param(
            "shared/z.rs",
            "a::q",
            {"src/lib.rs": "mod a;", "src/a.rs": '#[path = "../shared/z.rs"] mod q;'},
            id="path up",
        ),
        pytest.param(
            "src/i/z.rs",
            "i::q",
            {"src/lib.rs": 'mod i { #[path = "z.rs"] mod q; }'},
            id="path in i",
        ),
        pytest.param(
            "src/a/i/z.rs",
            "a::i::q",
            {"src/lib.rs": "mod a;", "src/a.rs": 'mod i { #[path = "z.rs"] mod q; }'},
            id="path in i of a file",
        ),
        pytest.param("src/a.rs", "a", {"src/lib.rs": "#[cfg(unix)]\nmod a;"}, id="cfg"),
        pytest.param("src/a.rs", "a", {"src/lib.rs": "mod a;\r\n"}, id="crlf"),
        pytest.param("src/a.rs", "a", {"src/lib.rs": "\ufeffmod a;"}, id="bom"),
        pytest.param(
            "cmd/u.rs",
            "u",
            {"Cargo.toml": f'{X}[[bin]]\nname = "y"\npath = "cmd/y.rs"\n', "cmd/y.rs": "mod u;"},
            id="beside a binary's path",
        ),
        pytest.param(
            "w/a/src/b.rs",
            "b",
            {
                "Cargo.toml": '[workspace]\nmembers = ["w/*"]\n',
                "w/a/Cargo.toml": X,
                "w/a/src/lib.rs": "mod b;",
            },
            id="virtual root",
        ),
    ],
)
def test_seen(path: str, module: str, files: dict[str, str]) -> None:
    found = reach(path, files)
    assert (found.state, found.module, found.test) == ("seen", module, False)
    assert found.package is not None


@pytest.mark.parametrize(
    ("path", "files"),
    [
        pytest.param("src/a.rs", {"src/lib.rs": ""}, id="nobody names it"),
        pytest.param("src/a.rs", {"src/lib.rs": "// mod a;\n/* mod a; */"}, id="comments"),
        pytest.param("src/a.rs", {"src/lib.rs": 'const S: &str = "mod a;";'}, id="string"),
        pytest.param("src/a.rs", {"src/lib.rs": "mod a {}"}, id="an inline mod of the name"),
        pytest.param("src/a.rs", {"src/lib.rs": "mod ab;"}, id="longer name"),
        pytest.param("src/a.rs", {"src/lib.rs": '#[path = "b.rs"] mod a;'}, id="another path"),
        pytest.param("src/z.rs", {"src/lib.rs": 'mod i { #[path = "z.rs"] mod q; }'}, id="inline"),
        pytest.param("src/q.rs", {"src/lib.rs": "mod i { mod q; }"}, id="inside of an inline mod"),
        pytest.param("src/a/b.rs", {"src/lib.rs": "mod b;", "src/a.rs": ""}, id="other folder"),
        pytest.param("src/a/b.rs", {"src/lib.rs": "", "src/a.rs": "mod b;"}, id="of an orphan"),
        pytest.param("old/a.rs", {"src/lib.rs": "mod a;"}, id="other place"),
        pytest.param("src/bin/t/u.rs", {"src/bin/t/main.rs": ""}, id="beside a binary"),
        pytest.param(
            "src/a.rs", {"src/lib.rs": "", "src/a.rs": '#[path = "a.rs"] mod a;'}, id="me"
        ),
        pytest.param(
            "src/a.rs",
            {
                "src/lib.rs": "",
                "src/a.rs": '#[path = "b.rs"] mod b;',
                "src/b.rs": '#[path = "a.rs"] mod a;',
            },
            id="a ring",
        ),
        pytest.param("src/c.rs", {"src/lib.rs": "declare!(a, b);"}, id="not in the macro"),
        pytest.param("src/c.rs", {"src/lib.rs": 'include!("d.rs");'}, id="another is included"),
    ],
)
def test_orphan(path: str, files: dict[str, str]) -> None:
    assert reach(path, files).state == "orphan"


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("src/a.rs", {"src/lib.rs": "declare!(a, b);"}),
        ("src/b.rs", {"src/lib.rs": "declare!(a, b);"}),
        ("src/a.rs", {"src/lib.rs": "cfg_what! { if #[cfg(unix)] { mod a; } }"}),
        ("src/a.rs", {"src/lib.rs": "cfg_if! { unless (unix) { mod a; } }"}),
        ("src/a/b.rs", {"src/lib.rs": "mod a;", "src/a.rs": "declare! { mod b; }"}),
        ("src/gen.rs", {"src/lib.rs": 'include!("gen.rs");'}),
        ("src/gen.rs", {"src/lib.rs": "mod a;", "src/a.rs": 'fn f() { include!("gen.rs") }'}),
        ("src/gen.rs", {"src/lib.rs": 'include!(concat!(env!("D"), "/src/gen.rs"));'}),
    ],
)
def test_unknown(path: str, files: dict[str, str]) -> None:
    assert reach(path, files).state == "unknown"


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("tests/it.rs", "test"),
        ("tests/it/main.rs", "test"),
        ("benches/speed.rs", "bench"),
        ("examples/show.rs", "example"),
        ("examples/big/main.rs", "example"),
        ("build.rs", "build"),
        ("tests/common/mod.rs", "test"),
    ],
)
def test_what_is_not_in_the_product(path: str, state: str) -> None:
    files = {"tests/it.rs": "mod common;", "tests/it/main.rs": ""}
    assert reach(path, files).state == state


@pytest.mark.parametrize(
    ("path", "test", "files"),
    [
        ("src/a.rs", True, {"src/lib.rs": "#[cfg(test)]\nmod a;"}),
        ("src/a.rs", True, {"src/lib.rs": "#[cfg(test)]\n#[allow(x)]\npub mod a;"}),
        ("src/a/b.rs", True, {"src/lib.rs": "#[cfg(test)] mod a;", "src/a.rs": "mod b;"}),
        ("src/m_t.rs", True, {"src/lib.rs": '#[cfg(test)] #[path = "m_t.rs"] mod t;'}),
        ("src/t/a.rs", True, {"src/lib.rs": "#[cfg(test)] mod t { mod a; }"}),
        ("src/a.rs", False, {"src/lib.rs": "#[cfg(not(test))] mod a;"}),
        ("src/a.rs", False, {"src/lib.rs": "mod a;\n#[cfg(test)] mod b {}"}),
        ("src/a.rs", False, {"src/lib.rs": "mod a;", "src/main.rs": "#[cfg(test)] mod a;"}),
        ("src/tests.rs", False, {"src/lib.rs": "mod tests;"}),
    ],
)
def test_modules_for_tests(path: str, test: bool, files: dict[str, str]) -> None:
    found = reach(path, files)
    assert (found.state, found.test) == ("seen", test)


IN_CFG_IF = """cfg_if::cfg_if! {
    if #[cfg(all(unix, not(a = "b")))] {
        use a::{b, c::{d}};
        pub(crate) mod a;
        pub use a::*;
    } else if #[cfg(test)] {
        mod t;
    } else {
        #[path = "os/w.rs"]
        mod c;
    }
}
"""


@pytest.mark.parametrize(
    ("path", "module", "test", "cfg"),
    [
        ("src/a.rs", "a", False, 'cfg(all(unix, not(a = "b")))'),
        ("src/t.rs", "t", True, "cfg(test)"),
        ("src/os/w.rs", "c", False, "cfg_if"),
    ],
)
def test_modules_in_cfg_if(path: str, module: str, test: bool, cfg: str) -> None:
    found = reach(path, {"src/lib.rs": IN_CFG_IF})
    assert (found.state, found.module, found.test, found.cfg) == ("seen", module, test, cfg)


def test_a_module_in_a_remark_of_cfg_if_is_not_declared() -> None:
    head = "cfg_if! { if #[cfg(unix)] { // mod a;\n /* mod b;\n} */ mod c; } }"
    states = [reach(f"src/{name}.rs", {"src/lib.rs": head}).state for name in "abc"]
    assert states == ["unknown", "unknown", "seen"]  # of `a` and `b` a macro has the words


def test_a_ring_that_rustc_enters_is_seen() -> None:
    files = {
        "src/lib.rs": "mod a;",
        "src/a.rs": '#[path = "b.rs"] mod b;',
        "src/b.rs": '#[path = "a.rs"] mod a;',
    }
    assert [reach(path, files).state for path in ("src/a.rs", "src/b.rs")] == ["seen", "seen"]


def test_a_package_in_no_workspace() -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a"]\n',
        "a/Cargo.toml": X,
        "b/Cargo.toml": X,
        "b/src/lib.rs": "mod c;",
        "b/src/c.rs": "",
    }
    assert reach("b/src/lib.rs", files).state == "outside"
    assert reach("b/src/c.rs", files).state == "outside"


def test_a_file_of_two_targets_knows_both() -> None:
    files = {"src/lib.rs": "mod a;", "src/main.rs": "mod a;", "src/a.rs": ""}
    assert reach("src/a.rs", files).state == "seen"
    both = f'{X}[lib]\npath = "src/m.rs"\n[[bin]]\nname = "m"\npath = "src/m.rs"\n'
    found = reach("src/m.rs", {"Cargo.toml": both})
    assert found.state == "seen"


def test_the_innermost_package_has_the_file() -> None:
    files = {"a/Cargo.toml": '[package]\nname = "inner"\n', "a/src/lib.rs": ""}
    found = reach("a/src/lib.rs", files)
    assert found.package is not None
    assert found.package.name == "inner"


def test_without_a_manifest_nothing_is_seen() -> None:
    found = Codebase({"src/lib.rs": b""}, {}, Looker(1)).reach("src/lib.rs")
    assert (found.state, found.package) == ("orphan", None)


def _near(more: dict[str, str]) -> list[str]:
    """The files in which a word of package `a` may mean what `a` declares."""
    manifests = {
        "Cargo.toml": '[workspace]\nmembers = ["*"]\n[workspace.dependencies]\n'
        'kept = { package = "a", path = "a" }\nb = { path = "b" }\n',
        "a/Cargo.toml": '[package]\nname = "a"\n',
        "b/Cargo.toml": '[package]\nname = "b"\n[dependencies]\na = { path = "../a" }\n',
        "c/Cargo.toml": '[package]\nname = "c"\n[dependencies]\nb.workspace = true\n',
        "d/Cargo.toml": '[package]\nname = "d"\n',
        "e/Cargo.toml": '[package]\nname = "e"\n[dependencies]\nkept.workspace = true\n',
    }
    rust = {f"{name}/src/lib.rs": "struct Word;" for name in "abcde"}
    found = codebase({**manifests, **rust, "loose.rs": "Word", **more})
    near = found.files_near("Word", "a/src/lib.rs")
    assert near == [path for path in found.files_with("Word") if path in near]
    assert found.files_near("Word", "loose.rs") == found.files_with("Word")
    return near


def test_who_may_name_what_a_package_declares() -> None:
    """Those that need it, by any name and through others; and who belongs to no package."""
    lib = "src/lib.rs"
    assert _near({}) == [f"a/{lib}", f"b/{lib}", f"c/{lib}", f"e/{lib}", "loose.rs"]


@pytest.mark.parametrize(
    "lead", ['#[path = "../../a/src/x.rs"]\nmod x;', 'include!("../../a/src/x.rs");']
)
def test_a_package_that_leads_to_files_of_others_may_name_all(lead: str) -> None:
    assert "d/src/lib.rs" in _near({"d/src/lib.rs": f"struct Word;\n{lead}"})
