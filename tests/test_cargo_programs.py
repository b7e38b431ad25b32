"""Which programs a repository builds for its users, and what their manifests say of them."""

from __future__ import annotations

import pytest

from rustfix_mem.cargo import lockfile, profiles, programs
from rustfix_mem.cargo.cargo_edit import Dependency
from rustfix_mem.errors import Refused
from support import codebase

MAIN = {"src/main.rs": "fn main() {}\n"}
DHAT = Dependency("dhat", "0.3", optional=True)


def package(name: str, more: str = "") -> str:
    return f'[package]\nname = "{name}"\n{more}'


def owner(files: dict[str, str]) -> programs.Owner:
    (found,) = programs.owners(codebase(files).packages)
    return found


def test_an_owner_has_programs_of_every_kind() -> None:
    files = {**MAIN, "src/lib.rs": "", "src/bin/b.rs": "", "examples/c.rs": "", "benches/d.rs": ""}
    assert [one.root for one in owner(files).binaries] == ["src/main.rs", "src/bin/b.rs"]
    assert programs.owners(codebase({"src/lib.rs": "", "build.rs": ""}).packages) == ()


def test_programs_are_asked_for_by_name() -> None:
    files = {**MAIN, "src/bin/b.rs": "", "src/bin/c.rs": ""}
    found = owner(files)
    assert [one.name for one in programs.asked(found, "all").binaries] == ["x", "b", "c"]
    assert [one.name for one in programs.asked(found, "c, x").binaries] == ["x", "c"]
    assert programs.asked(found, "d").binaries == ()


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("server", ""),
        ("contest", ""),
        ("vendor/x", "vendored"),
        ("tests/probe", "tests"),
        ("fuzz", "tests"),
        ("crates/test-data/y", "tests"),
        ("packages/browser-tests/y", "tests"),
        ("packages/cli-harnesses/y", "tests"),
        ("net/bench", "tests"),
        ("git-testing", "tests"),
        ("protesting", ""),
        ("examples/a", "example"),
        ("scripts/gen", "chore"),
        ("xtask", "chore"),
        ("tasks/coverage", "chore"),
    ],
)
def test_what_is_set_aside(folder: str, said: str) -> None:
    whole = codebase(
        {
            "Cargo.toml": f'[workspace]\nmembers = ["{folder}"]\n',
            f"{folder}/Cargo.toml": package("a"),
            f"{folder}/src/main.rs": "fn main() {}\n",
        }
    )
    (found,) = programs.owners(whole.packages)
    aside = programs.set_aside(found.package)
    assert said in aside
    assert bool(said) == bool(aside)


@pytest.mark.parametrize(
    ("workspace", "a", "said"),
    [
        ("", "", ""),
        ("", "publish = false\n", "it is not published, as `b` is"),
        ('default-members = ["b"]\n', "", "it is not among the `default-members`"),
        ('default-members = ["*"]\n', "", ""),
    ],
)
def test_chores_stand_beside_what_a_workspace_is_for(workspace: str, a: str, said: str) -> None:
    whole = codebase(
        {
            "Cargo.toml": f'[workspace]\nmembers = ["a", "b"]\n{workspace}',
            "a/Cargo.toml": package("a", a),
            "a/src/main.rs": "fn main() {}\n",
            "b/Cargo.toml": package("b"),
            "b/src/main.rs": "fn main() {}\n",
        }
    )
    first, _ = programs.owners(whole.packages)
    assert programs.beside_others(first, whole.packages, whole.manifests) == said


def test_the_program_of_the_root_is_what_a_workspace_is_for() -> None:
    files = {
        "Cargo.toml": package("x", 'publish = false\n[workspace]\nmembers = ["tool"]\n'),
        **MAIN,
        "tool/Cargo.toml": package("tool"),
        "tool/src/main.rs": "fn main() {}\n",
    }
    whole = codebase(files)
    main, tool = programs.owners(whole.packages)
    assert programs.beside_others(main, whole.packages, whole.manifests) == ""
    said = programs.beside_others(tool, whole.packages, whole.manifests)
    assert said == "`x` is the program of its workspace"
    del files["src/main.rs"]
    whole = codebase({**files, "src/lib.rs": ""})
    (tool,) = programs.owners(whole.packages)
    assert programs.beside_others(tool, whole.packages, whole.manifests) == ""


def test_a_server_that_stands_on_its_workspace_is_no_chore() -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["cli", "dev", "lib", "server"]\n',
        "lib/Cargo.toml": package("lib"),
        "lib/src/lib.rs": "",
        "cli/Cargo.toml": package("cli"),
        "cli/src/main.rs": "fn main() {}\n",
    }
    for name, needs in (("server", "lib"), ("dev", "cli")):
        dependencies = f'[dependencies]\n{needs} = {{ path = "../{needs}" }}\n'
        files[f"{name}/Cargo.toml"] = package(name, f"publish = false\n{dependencies}")
        files[f"{name}/src/main.rs"] = "fn main() {}\n"
    whole = codebase(files)
    said = {
        one.package.name: programs.beside_others(one, whole.packages, whole.manifests)
        for one in programs.owners(whole.packages)
    }
    assert said == {"cli": "", "dev": "it is not published, as `cli` is", "server": ""}


@pytest.mark.parametrize(
    ("needs", "top", "said"),
    [
        ((), "", "it is not published, as the library `x` is, which it does not need"),
        (("a",), "", "it is not published, as the library `x` is, which it does not need"),
        (("x",), "", ""),
        (("a", "b"), "", ""),
        ((), "publish = false\n", ""),
    ],
)
def test_chores_of_a_library_stand_apart_from_it(
    needs: tuple[str, ...], top: str, said: str
) -> None:
    files = {"Cargo.toml": package("x", f'{top}[workspace]\nmembers = ["*"]\n{paths("a", "b")}')}
    files |= {"src/lib.rs": "", "tool/src/main.rs": "fn main() {}\n"}
    for name in ("a", "b"):
        files |= {f"{name}/Cargo.toml": package(name), f"{name}/src/lib.rs": ""}
    below = paths(*needs, at="../").replace("../x", "..")
    files["tool/Cargo.toml"] = package("tool", f"publish = false\n{below}")
    whole = codebase(files)
    (tool,) = programs.owners(whole.packages)
    assert programs.beside_others(tool, whole.packages, whole.manifests) == said


def paths(*names: str, at: str = "") -> str:
    return "[dependencies]\n" + "".join(f'{one} = {{ path = "{at}{one}" }}\n' for one in names)


def served(members: dict[str, str]) -> dict[str, str]:
    """What is said of the programs of a workspace: packages by what they need, as `a b`.

    All have a library and a program, but those called `l…`, which have no program; `server` is not
    published.
    """
    files = {"Cargo.toml": f"[workspace]\nmembers = {[*members]}\n"}
    for name, needs in members.items():
        wanted = "".join(f'{one} = {{ path = "../{one}" }}\n' for one in needs.split())
        more = "publish = false\n" if name == "server" else ""
        files[f"{name}/Cargo.toml"] = package(name, f"{more}[dependencies]\n{wanted}")
        files[f"{name}/src/lib.rs"] = ""
        if not name.startswith("l"):
            files[f"{name}/src/main.rs"] = "fn main() {}\n"
    whole = codebase(files)
    return {
        one.package.name: programs.beside_others(one, whole.packages, whole.manifests)
        for one in programs.owners(whole.packages)
    }


def test_a_library_with_a_program_is_not_what_its_workspace_is_for() -> None:
    libraries = {"l1": "", "l2": "", "l3": "l1", "l4": "l2"}
    said = served({**libraries, "moves": "", "server": "l3 l4 moves"})
    assert said == {
        "moves": "it is a library of `server`, which most of its workspace is for",
        "server": "",
    }


def test_what_a_small_tool_needs_is_what_its_workspace_is_for() -> None:
    libraries = {"l1": "", "l2": "", "l3": "l1", "l4": "l2"}
    assert served({**libraries, "app": "l3 l4", "server": "app"}) == {
        "app": "",
        "server": "it is not published, as `app` is",
    }
    assert served({"l1": "", "app": "", "server": "l1 app"}) == {
        "app": "",
        "server": "it is not published, as `app` is",
    }


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("src/bin/b.rs", ""),
        ("testing/b.rs", "it serves tests"),
        ("tests/b.rs", "it serves tests"),
        ("testutil/b.rs", "it serves tests"),
        ("internal-test/b.rs", "it serves tests"),
        ("speed-test/b.rs", ""),
        ("examples/b.rs", "an example"),
        ("x_examples/b.rs", "an example"),
        ("scripts/b.rs", "a chore"),
    ],
)
def test_a_program_may_lie_apart_from_the_others(root: str, said: str) -> None:
    manifest = package("x", f'[[bin]]\nname = "b"\npath = "{root}"\n')
    for folder in ("", "tools/"):
        files = {f"{folder}Cargo.toml": manifest, f"{folder}src/main.rs": "", folder + root: ""}
        (found,) = programs.owners(codebase(files).packages)
        apart = {one.name: programs.kept_apart(one, found.package) for one in found.binaries}
        assert apart["x"] == ""
        assert said in apart["b"]
        assert bool(said) == bool(apart["b"])


@pytest.mark.parametrize(
    ("features", "needed"),
    [
        ("", ("server", "tls")),
        ('default = ["tls"]', ("server",)),
        ('default = ["all"]\nall = ["server", "tls"]', ()),
    ],
)
def test_features_without_which_a_program_is_not_built(
    features: str, needed: tuple[str, ...]
) -> None:
    program = '[[bin]]\nname = "b"\npath = "b.rs"\nrequired-features = ["server", "tls"]\n'
    files = {"Cargo.toml": package("x", f"{program}[features]\n{features}\n"), "b.rs": ""}
    made = codebase(files)
    (found,) = programs.owners(made.packages)
    assert programs.needed(found, made.manifests) == needed


def test_nothing_is_a_chore_where_nothing_is_published() -> None:
    whole = codebase({"Cargo.toml": package("x", "publish = false\n"), **MAIN})
    (found,) = programs.owners(whole.packages)
    assert programs.beside_others(found, whole.packages, whole.manifests) == ""


@pytest.mark.parametrize(
    ("manifest", "files", "said"),
    [
        ("", {}, ""),
        ('[dependencies]\nwasm-bindgen = "0.2"\n', {}, "it needs `wasm-bindgen`"),
        ('[dependencies]\nwasm-bindgen = { version = "0.2", optional = true }\n', {}, ""),
        ('[target.\'cfg(target_arch = "wasm32")\'.dependencies]\nweb-sys = "0.3"\n', {}, ""),
        ('[dev-dependencies]\njs-sys = "0.3"\n', {}, ""),
        ("", {".cargo/config.toml": '[build]\ntarget = "wasm32-wasip1"\n'}, ".cargo/config.toml"),
        ("", {".cargo/config.toml": '[build]\ntarget = ["wasm32-wasip1"]\n'}, "config.toml"),
        ("", {".cargo/config.toml": '[build]\ntarget = "x86_64-unknown-linux-gnu"\n'}, ""),
        ("", {".cargo/config.toml": "not TOML"}, ""),
        ("", {"Trunk.toml": ""}, "Trunk.toml"),
        ('forced-target = "wasm32-unknown-unknown"\n', {}, "forced-target"),
    ],
)
def test_what_is_built_for_webassembly(manifest: str, files: dict[str, str], said: str) -> None:
    whole = codebase({"Cargo.toml": package("x", manifest), **MAIN})
    (found,) = programs.owners(whole.packages)
    documents = {path: text.encode() for path, text in files.items()}
    aside = programs.wasm(found, whole.manifests, documents)
    assert said in aside
    assert bool(said) == bool(aside)


def test_a_workspace_above_may_be_built_for_webassembly() -> None:
    files = {"Cargo.toml": '[workspace]\nmembers = ["a"]\n', "a/Cargo.toml": package("a")}
    whole = codebase({**files, "a/src/main.rs": ""})
    (found,) = programs.owners(whole.packages)
    config = {".cargo/config.toml": b'[build]\ntarget = "wasm32-wasip1"\n'}
    assert programs.wasm(found, whole.manifests, config)


def test_something_for_webassembly_beside_other_targets() -> None:
    target = '[target.\'cfg(target_family = "wasm")\'.dependencies]\nweb-sys = "0.3"\n'
    whole = codebase({"Cargo.toml": package("x", target), **MAIN})
    assert programs.also_wasm(programs.owners(whole.packages)[0], whole.manifests)
    assert not programs.also_wasm(owner(MAIN), codebase(MAIN).manifests)


def test_the_level_of_a_lint_is_inherited() -> None:
    own = codebase({"Cargo.toml": package("x", '[lints.rust]\nunsafe_code = "deny"\n'), **MAIN})
    assert programs.lint("unsafe_code", programs.owners(own.packages)[0], own.manifests) == "deny"
    lints = (
        '[workspace]\nmembers = ["a"]\n[workspace.lints.rust]\nunsafe_code = { level = "forbid" }\n'
    )
    member = package("a", "[lints]\nworkspace = true\n")
    whole = codebase({"Cargo.toml": lints, "a/Cargo.toml": member, "a/src/main.rs": ""})
    found = programs.owners(whole.packages)[0]
    assert programs.lint("unsafe_code", found, whole.manifests) == "forbid"
    assert programs.lint("dead_code", found, whole.manifests) == ""


def test_a_feature_is_offered_once() -> None:
    whole = codebase({"Cargo.toml": package("x"), **MAIN})
    found = programs.owners(whole.packages)[0]
    assert len(programs.offered("dhat-heap", DHAT, found, whole.manifests)) == 1
    there = package(
        "x",
        '[dependencies]\ndhat = { version = "0.3", optional = true }\n'
        '[features]\ndhat-heap = ["dep:dhat"]\n',
    )
    whole = codebase({"Cargo.toml": there, **MAIN})
    found = programs.owners(whole.packages)[0]
    assert programs.offered("dhat-heap", DHAT, found, whole.manifests) == ()


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ('[features]\ndhat-heap = ["x"]\nx = []\n', "turns on other things"),
        ('rust-version = "1.59"\n', "Rust 1.59 does not know `dep:dhat`"),
        ('[dependencies]\ndhat = "0.3"\n', "not optional"),
    ],
)
def test_what_a_feature_is_not_offered_for(manifest: str, why: str) -> None:
    whole = codebase({"Cargo.toml": package("x", manifest), **MAIN})
    found = programs.owners(whole.packages)[0]
    with pytest.raises(Refused, match=why):
        programs.offered("dhat-heap", DHAT, found, whole.manifests)


def test_the_roots_above_programs() -> None:
    whole = codebase(
        {
            "Cargo.toml": '[workspace]\nmembers = ["a", "xtask"]\nexclude = ["fuzz"]\n',
            "a/Cargo.toml": package("a"),
            "a/src/main.rs": "",
            "xtask/Cargo.toml": package("xtask"),
            "xtask/src/main.rs": "",
            "fuzz/Cargo.toml": package("fuzz", "[workspace]\n"),
            "fuzz/src/main.rs": "",
            "tool/Cargo.toml": package("tool", "[workspace]\n"),
            "tool/src/main.rs": "",
        }
    )
    found = programs.roots(whole.packages, whole.manifests)
    names = {root: [one.package.name for one in owners] for root, owners in found.items()}
    assert names == {"Cargo.toml": ["a"], "tool/Cargo.toml": ["tool"]}


def test_a_place_is_shown_without_its_comment() -> None:
    source = b'# first\n  [package] # ours\nname = "x"\n'
    found = programs.place("Cargo.toml", {"Cargo.toml": source}, ("profile",), ("package",))
    assert source[found.start : found.end] == b"[package]"


# profiles


def every(text: str) -> dict[str, profiles.Settings]:
    return profiles.profiles("Cargo.toml", {"Cargo.toml": (package("x") + text).encode()})


def test_a_profile_has_what_it_inherits() -> None:
    found = every(
        "[profile.release]\nlto = true\nstrip = true\n"
        '[profile.dist]\ninherits = "release"\nlto = "thin"\n'
        '[profile.fast]\ninherits = "dist"\nopt-level = 2\n'
    )
    assert found["fast"]["lto"] == "thin"
    assert found["fast"]["strip"] is True
    assert found["fast"]["opt-level"] == 2
    assert found["dist"]["opt-level"] == 3
    assert found["bench"]["lto"] is True
    assert found["test"]["opt-level"] == 0


def test_profiles_of_release_leave_out_the_others() -> None:
    text = (
        '[profile.ci]\ninherits = "dev"\n[profile.a]\ninherits = "b"\n[profile.b]\ninherits = "a"\n'
    )
    manifests = {
        "Cargo.toml": (package("x") + text + '[profile.d]\ninherits = "release"\n').encode()
    }
    assert list(profiles.of_release("Cargo.toml", manifests)) == ["release", "d"]


@pytest.mark.parametrize(
    ("settings", "names", "symbols"),
    [
        ("", True, False),
        ("debug = 1\n", True, True),
        ('debug = "line-tables-only"\n', True, True),
        ('debug = "none"\n', True, False),
        ("debug = true\nstrip = true\n", False, False),
        ('strip = "symbols"\n', False, False),
        ("strip = false\n", True, False),
        ('debug = true\nstrip = "none"\n', True, True),
        ('debug = true\nstrip = "debuginfo"\n', True, False),
    ],
)
def test_what_a_profiler_can_read(settings: str, names: bool, symbols: bool) -> None:
    release = every(f"[profile.release]\n{settings}")["release"]
    assert profiles.has_names(release) == names
    assert profiles.has_symbols(release) == symbols


def test_profiles_of_cargos_own_settings() -> None:
    documents = {"a/.cargo/config.toml": b"[profile.fast]\n", "b.toml": b"[profile.slow]\n"}
    assert profiles.in_config(documents) == {"fast": "a/.cargo/config.toml"}
    assert profiles.in_config({".cargo/config.toml": b"no TOML"}) == {}


# Cargo.lock


def test_the_versions_of_a_lock_file() -> None:
    source = (
        b'[[package]]\nname = "a"\nversion = "1.0.0"\n[[package]]\nname = "a"\nversion = "2.0.0"\n'
    )
    assert lockfile.versions("x/Cargo.toml", {"x/Cargo.lock": source}) == {"a": ("1.0.0", "2.0.0")}
    assert lockfile.versions("Cargo.toml", {"x/Cargo.lock": source}) == {}
    assert lockfile.versions("Cargo.toml", {"Cargo.lock": b"<<<<<<< ours"}) == {}
