from __future__ import annotations

import pytest

from rustfix_mem.cargo.manifest import DEEP_KEY, Package, known, packages
from rustfix_mem.cargo.manifest import read as read_one

X = '[package]\nname = "x"\n'


def read(manifests: dict[str, str], files: tuple[str, ...] = ()) -> dict[str, Package]:
    found, bad = packages({path: text.encode() for path, text in manifests.items()}, set(files))
    assert bad == ()
    return {package.folder: package for package in found}


def members(manifests: dict[str, str]) -> list[str]:
    return [folder for folder, package in read(manifests).items() if package.member]


def workspace(*given: str, exclude: str = "") -> str:
    listed = ", ".join(f'"{one}"' for one in given)
    return f'[workspace]\nmembers = [{listed}]\nexclude = ["{exclude}"]\n'


def needs(path: str, kind: str = "dependencies") -> str:
    return f'{X}[{kind}]\ny = {{ path = "{path}" }}\n'


@pytest.mark.parametrize(
    ("manifests", "wanted"),
    [
        pytest.param({"Cargo.toml": X}, [""], id="one package at the top"),
        pytest.param({"a/Cargo.toml": X, "b/Cargo.toml": X}, ["a", "b"], id="each on its own"),
        pytest.param({"Cargo.toml": X, "a/Cargo.toml": X}, ["", "a"], id="nested, no workspace"),
        pytest.param(
            {"Cargo.toml": workspace("a"), "a/Cargo.toml": X, "b/Cargo.toml": X},
            ["a"],
            id="virtual root",
        ),
        pytest.param(
            {"Cargo.toml": X + workspace("a"), "a/Cargo.toml": X}, ["", "a"], id="root package"
        ),
        pytest.param(
            {"Cargo.toml": workspace("crates/*"), "crates/a/Cargo.toml": X, "b/Cargo.toml": X},
            ["crates/a"],
            id="glob",
        ),
        pytest.param(
            {"Cargo.toml": workspace("crates/*"), "crates/a/b/Cargo.toml": X},
            [],
            id="a glob is one folder deep",
        ),
        pytest.param(
            {"Cargo.toml": workspace("crates/*/sub"), "crates/a/sub/Cargo.toml": X},
            ["crates/a/sub"],
            id="glob in the middle",
        ),
        pytest.param(
            {"Cargo.toml": workspace("./a", "b/"), "a/Cargo.toml": X, "b/Cargo.toml": X},
            ["a", "b"],
            id="dots and slashes",
        ),
        pytest.param(
            {
                "Cargo.toml": workspace("crates/*", exclude="crates/b"),
                "crates/a/Cargo.toml": X,
                "crates/b/Cargo.toml": X,
            },
            ["crates/a"],
            id="exclude",
        ),
        pytest.param(
            {"Cargo.toml": workspace("a"), "a/Cargo.toml": needs("../b"), "b/Cargo.toml": X},
            ["a", "b"],
            id="path dependency",
        ),
        pytest.param(
            {
                "Cargo.toml": workspace("a"),
                "a/Cargo.toml": needs("../b", "dev-dependencies"),
                "b/Cargo.toml": needs("../c", "build-dependencies"),
                "c/Cargo.toml": needs("../d", 'target."cfg(unix)".dependencies'),
                "d/Cargo.toml": X,
            },
            ["a", "b", "c", "d"],
            id="path dependencies of every kind",
        ),
        pytest.param(
            {
                "Cargo.toml": workspace("a"),
                "a/Cargo.toml": needs("../b"),
                "b/Cargo.toml": needs("../a"),
            },
            ["a", "b"],
            id="a ring of path dependencies",
        ),
        pytest.param(
            {"Cargo.toml": workspace("a"), "a/Cargo.toml": needs("../gone")},
            ["a"],
            id="a path dependency that is not there",
        ),
        pytest.param(
            {"Cargo.toml": workspace("a"), "a/Cargo.toml": needs("../../out")},
            ["a"],
            id="a path dependency that leads out",
        ),
        pytest.param(
            {"w/Cargo.toml": workspace("../a"), "a/Cargo.toml": X}, ["a"], id="a member beside it"
        ),
        pytest.param(
            {"Cargo.toml": workspace("../a", "/etc", "../*"), "a/Cargo.toml": X},
            [],
            id="members that lead out",
        ),
        pytest.param(
            {"Cargo.toml": workspace("a"), "fuzz/Cargo.toml": X + "[workspace]\n"},
            ["fuzz"],
            id="a workspace of its own inside",
        ),
        pytest.param(
            {"Cargo.toml": "[workspace]\nmembers = 3\n", "a/Cargo.toml": X}, [], id="not a list"
        ),
        pytest.param({"Cargo.toml": "[profile.release]\nlto = true\n"}, [], id="no package"),
        pytest.param({}, [], id="no manifest"),
    ],
)
def test_members(manifests: dict[str, str], wanted: list[str]) -> None:
    assert members(manifests) == wanted


def test_what_a_workspace_leaves_out_stands_alone_with_a_lock_file() -> None:
    root = workspace("a", exclude="app") + '[workspace.package]\nrust-version = "1.80"\n'
    manifests = {
        "Cargo.toml": root,
        "a/Cargo.toml": X,
        "app/Cargo.toml": needs("../parts"),
        "old/Cargo.toml": X,
        "parts/Cargo.toml": X,
    }
    assert members(manifests) == ["a"]
    sources = {path: text.encode() for path, text in manifests.items()}
    found, _ = packages(sources, (), lambda: {"Cargo.lock", "app/Cargo.lock"})
    assert [one.folder for one in found if one.member] == ["a", "app", "parts"]
    assert [one.folder for one in found if one.rust_around] == ["a"]


def test_lock_files_are_asked_for_only_where_something_is_left_out() -> None:
    sources = {"Cargo.toml": workspace("a").encode(), "a/Cargo.toml": X.encode()}

    def asked() -> set[str]:
        raise AssertionError

    packages(sources, (), asked)


def targets(manifest: str, *files: str, folder: str = "") -> list[str]:
    path = f"{folder}/Cargo.toml" if folder else "Cargo.toml"
    (package,) = read({path: manifest}, files).values()
    return sorted(f"{target.kind} {target.name} {target.root}" for target in package.targets)


@pytest.mark.parametrize(
    ("manifest", "files", "wanted"),
    [
        pytest.param(X, (), [], id="no files"),
        pytest.param(X, ("src/lib.rs",), ["lib x src/lib.rs"], id="lib"),
        pytest.param(
            X, ("src/lib.rs", "src/main.rs"), ["bin x src/main.rs", "lib x src/lib.rs"], id="both"
        ),
        pytest.param(X, ("src/a.rs", "lib.rs", "main.rs", "src/a/main.rs"), [], id="none of them"),
        pytest.param(
            X,
            ("src/bin/a.rs", "src/bin/b/main.rs", "src/bin/b/util.rs", "src/bin/c/d/main.rs"),
            ["bin a src/bin/a.rs", "bin b src/bin/b/main.rs"],
            id="src/bin",
        ),
        pytest.param(
            X,
            ("tests/a.rs", "tests/c/main.rs", "tests/c/m.rs", "benches/a.rs", "examples/a.rs"),
            [
                "bench a benches/a.rs",
                "example a examples/a.rs",
                "test a tests/a.rs",
                "test c tests/c/main.rs",
            ],
            id="tests, benches and examples",
        ),
        pytest.param(
            f'{X}[lib]\nname = "y"\npath = "lib/core.rs"\n',
            ("lib/core.rs", "src/lib.rs"),
            ["lib y lib/core.rs"],
            id="lib path",
        ),
        pytest.param(
            f"{X}[lib]\nproc-macro = true\n", ("src/lib.rs",), ["proc-macro x src/lib.rs"], id="pm"
        ),
        pytest.param(
            f'{X}[[bin]]\nname = "y"\npath = "cmd/y.rs"\n',
            ("cmd/y.rs", "src/main.rs"),
            ["bin x src/main.rs", "bin y cmd/y.rs"],
            id="bin path",
        ),
        pytest.param(
            f'{X}[[bin]]\nname = "y"\n', ("src/bin/y.rs",), ["bin y src/bin/y.rs"], id="bin name"
        ),
        pytest.param(
            f'{X}[[bin]]\nname = "y"\npath = "../out.rs"\n', ("src/lib.rs",), ["lib x src/lib.rs"]
        ),
        pytest.param(
            f'{X}[[test]]\nname = "t"\npath = "check/t.rs"\n',
            ("check/t.rs",),
            ["test t check/t.rs"],
        ),
        pytest.param(X, ("build.rs",), ["build x build.rs"], id="build script"),
        pytest.param(
            f'{X}build = "gen/b.rs"\n', ("gen/b.rs", "build.rs"), ["build x gen/b.rs"], id="named"
        ),
        pytest.param(
            f"{X}bin = 3\nlib = 4\n[dependencies]\n",
            ("src/lib.rs",),
            ["lib x src/lib.rs"],
            id="odd",
        ),
    ],
)
def test_targets(manifest: str, files: tuple[str, ...], wanted: list[str]) -> None:
    assert targets(manifest, *files) == wanted
    inside = [f"a/{file}" for file in files]
    assert [t.replace(" a/", " ") for t in targets(manifest, *inside, folder="a")] == wanted


@pytest.mark.parametrize(
    ("manifest", "edition", "version", "published"),
    [
        (X, "2015", "", True),
        (f'{X}edition = "2021"\nrust-version = "1.70"\n', "2021", "1.70", True),
        (f"{X}publish = false\n", "2015", "", False),
        (f"{X}publish = []\n", "2015", "", False),
        (f'{X}publish = ["mine"]\n', "2015", "", True),
        (f"{X}edition.workspace = true\npublish = {{ workspace = true }}\n", "2024", "", False),
    ],
)
def test_what_a_package_says(manifest: str, edition: str, version: str, published: bool) -> None:
    root = workspace("a") + '[workspace.package]\nedition = "2024"\npublish = false\n'
    found = read({"Cargo.toml": root, "a/Cargo.toml": manifest})["a"]
    assert (found.edition, found.rust_version, found.published) == (edition, version, published)


def test_dependencies_and_the_name_of_the_crate_are_as_the_code_says_them() -> None:
    manifest = (
        '[package]\nname = "my-app"\n[lib]\nname = "my_lib"\n[dependencies]\nserde-json = "1"\n'
        '[dev-dependencies]\na = "1"\n[target."cfg(unix)".dependencies]\nlibc-x = "1"\n'
    )
    found = read({"Cargo.toml": manifest}, ("src/lib.rs",))[""]
    assert found.dependencies == {"serde_json", "a", "libc_x"}
    assert found.crate == "my_lib"
    assert read({"Cargo.toml": '[package]\nname = "my-app"\n'})[""].crate == "my_app"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"[package", id="broken"),
        pytest.param(b"a = 1\na = 2\n", id="twice"),
        pytest.param(b"\xff", id="not utf-8"),
        pytest.param(X.encode("utf-16"), id="utf-16"),
        pytest.param(b"a = \x00", id="nul"),
        pytest.param(b"<<<<<<< HEAD\n", id="conflict"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_named_and_the_others_count(source: bytes) -> None:
    found, bad = packages({"a/Cargo.toml": source, "b/Cargo.toml": X.encode()}, ())
    assert [package.folder for package in found] == ["b"]
    assert [one.path for one in bad] == ["a/Cargo.toml"]
    assert bad[0].reason.startswith("invalid TOML")


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "package = 3\n", "[package.x]\ny = 1\n"])
def test_odd_manifests_are_read(text: str) -> None:
    assert all(not package.targets for package in read({"Cargo.toml": text}).values())


def test_crlf() -> None:
    assert read({"Cargo.toml": X.replace("\n", "\r\n")})[""].name == "x"


@pytest.mark.parametrize(
    "written",
    [
        'a = { b = 1,\n  c = "{", }\n',
        'a = {\n  b = 1, # why, }\n  c = "{",\n}\n',
        "a = {\n  b = 1,\n  c = '{'\n}\n",
        'a = { b = 1, c = "{" }\n',
    ],
)
def test_an_inline_table_over_several_lines_is_read(written: str) -> None:
    assert read_one(written.encode()) == {"a": {"b": 1, "c": "{"}}


@pytest.mark.parametrize(
    "written",
    [
        "a = " + "[" * 9999,
        "a = " + "9" * 9999,
        "a = {\nb = " + "[" * 9999,
        "a = {\nb = " + "9" * 9999,
        ".".join("a" * 20_000) + " = 1",  # for which tomllib would take 1.5 GB
        " . ".join(["'a'"] * 20_000) + " = 1",
        "a = { b = 1, " + ".".join("a" * 20_000) + " = 1 }",
        "# large\n" * 200_000,
    ],
)
def test_what_no_reader_should_take_is_an_error(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_one(written.encode())


@pytest.mark.parametrize("word", ["a", '"', "'a'", "{", "{a,", " \t", "\n", "[ ", '"""', ",\n "])
def test_the_search_for_deep_keys_takes_no_time(word: str) -> None:
    assert DEEP_KEY.search(word * (500_000 // len(word))) is None


def test_what_is_no_toml_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1, column 6"):
        read_one(b"a = {\n b = \n}\n")


def test_a_file_that_is_asked_often_is_read_once() -> None:
    """A workspace's root is asked about for each of its packages, its lock file too."""
    source = b'[workspace]\nmembers = ["a"]\n'
    assert known(source) is known(bytes(bytearray(source)))
    assert known(source) == read_one(source)
    for _ in range(2):
        with pytest.raises(ValueError, match="Expected"):
            known(b"[broken")
