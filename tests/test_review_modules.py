from __future__ import annotations

import pytest

from rustfix_mem.cargo.manifest import packages
from rustfix_mem.rust.whole.lifetimes import life_of
from rustfix_mem.rust.whole.types import collections
from support import X, codebase


@pytest.mark.parametrize(
    ("path", "states", "files"),
    [
        pytest.param(
            "src/w/k.rs",
            ("seen", "unknown"),
            {"src/lib.rs": '#[path = "w/z.rs"] mod a;', "src/w/z.rs": "mod k;"},
            id="child of a file that #[path] names",
        ),
        pytest.param(
            "src/unix.rs",
            ("seen", "unknown"),
            {"src/lib.rs": '#[cfg_attr(unix, path = "unix.rs")]\nmod imp;'},
            id="cfg_attr path",
        ),
        pytest.param(
            "src/win.rs",
            ("seen",),
            {"src/lib.rs": "cfg_if! { if #[cfg(unix)] { mod unix; } else { mod win; } }"},
            id="second mod of a macro",
        ),
        pytest.param(
            "src/a.rs",
            ("seen", "unknown"),
            {"src/lib.rs": "mod a;\nfn f() { let _ = str![x]; }"},
            id="parent not understood",
        ),
        pytest.param(
            "src/k.rs",
            ("unknown",),
            {"src/lib.rs": 'include!("gen.rs");', "src/gen.rs": "mod k;"},
            id="child of an included file",
        ),
        pytest.param(
            "src/z.rs",
            ("seen", "unknown"),
            {"src/lib.rs": '#[path = r"z.rs"] mod a;'},
            id="raw string",
        ),
        pytest.param(
            "src/other/q.rs",
            ("seen", "unknown"),
            {"src/lib.rs": '#[path = "other"] mod i { mod q; }'},
            id="path on an inline mod",
        ),
    ],
)
def test_not_an_orphan(path: str, states: tuple[str, ...], files: dict[str, str]) -> None:
    assert codebase({**files, path: ""}).reach(path).state in states


def test_a_long_chain_of_paths() -> None:
    files = {f"src/f{i}.rs": f'#[path = "f{i + 1}.rs"] mod m;' for i in range(600)}
    found = codebase({"src/lib.rs": '#[path = "f0.rs"] mod m;', **files, "src/f600.rs": ""})
    assert found.reach("src/f600.rs").state in ("seen", "unknown")


@pytest.mark.parametrize("source", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "{a=" * 5000])
def test_deep_toml_is_a_bad_manifest(source: str) -> None:
    found, bad = packages({"Cargo.toml": source.encode(), "a/Cargo.toml": X.encode()}, ())
    assert [one.path for one in bad] == ["Cargo.toml"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ("autobins = false\n", ("src/main.rs", "src/bin/z.rs")),
        ("autotests = false\n", ("tests/t.rs",)),
        ("autobenches = false\n", ("benches/b.rs",)),
        ("autoexamples = false\n", ("examples/e.rs",)),
        ("autolib = false\n", ("src/lib.rs",)),
    ],
)
def test_what_cargo_is_told_not_to_find(more: str, gone: tuple[str, ...]) -> None:
    (found,), _ = packages({"Cargo.toml": (X + more).encode()}, gone)
    assert found.targets == ()


def test_inherited_path_dependencies_and_build_false() -> None:
    root = '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\nb = { path = "libs/b" }\n'
    a = f"{X}build = false\n[dependencies]\nb.workspace = true\n"
    manifests = {"Cargo.toml": root, "a/Cargo.toml": a, "libs/b/Cargo.toml": X}
    found, _ = packages({p: t.encode() for p, t in manifests.items()}, ("a/build.rs",))
    assert [one.member for one in found] == [True, True]
    assert found[0].targets == ()


def test_an_excluded_folder_excludes_what_is_below() -> None:
    root = '[workspace]\nmembers = ["crates/*", "old/*"]\nexclude = ["old"]\n'
    manifests = {"Cargo.toml": root, "crates/a/Cargo.toml": X, "old/b/Cargo.toml": X}
    found, _ = packages({p: t.encode() for p, t in manifests.items()}, ())
    assert [(one.folder, one.member) for one in found] == [("crates/a", True), ("old/b", False)]


def test_a_manifest_with_a_byte_order_mark() -> None:
    found, bad = packages({"Cargo.toml": b"\xef\xbb\xbf" + X.encode()}, ())
    assert (len(found), bad) == (1, ())


def test_an_import_beats_a_type_of_an_inner_module() -> None:
    files = {"src/lib.rs": "use std::thread::JoinHandle;\nmod mock { struct JoinHandle; }"}
    found = codebase(files).names.meaning("JoinHandle", "src/lib.rs", "")
    assert found is not None
    assert found.path == "std::thread::JoinHandle"


def test_a_use_of_module_a_is_not_one_of_module_ab() -> None:
    files = {"src/lib.rs": "mod a { use std::collections::HashMap; } mod ab { }"}
    assert codebase(files).names.meaning("HashMap", "src/lib.rs", "ab") is None


def test_a_renamed_owner_keeps_it() -> None:
    files = {
        "src/lib.rs": "mod o; use std::collections::HashMap;\n"
        "pub struct Cache { entries: HashMap<u64, u64> }",
        "src/o.rs": "use crate::Cache as D; static C: LazyLock<D> = x();",
    }
    found = codebase(files)
    assert life_of(next(iter(collections("src/lib.rs", found))), found).span == "long"
