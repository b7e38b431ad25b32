"""The Cargo codemods on manifests of many shapes, stacked in any order, and what they say."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from rustfix_mem import changeset
from rustfix_mem.cargo.manifest import read
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem_codemods.dhat_heap import DhatHeap
from rustfix_mem_codemods.jemalloc import Jemalloc
from rustfix_mem_codemods.release_memory import ReleaseMemory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rustfix_mem.changeset import ChangeSet
    from rustfix_mem.codemod import Codemod

CODEMODS: tuple[type[Codemod], ...] = (DhatHeap, Jemalloc, ReleaseMemory)
ORDERS = list(permutations(CODEMODS))
MAIN = "fn main() {\n    run();\n}\n"
P = '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n'
TARGET = 'cfg(not(target_env = "msvc"))'

SHAPES = {
    "bare": P,
    "no final newline": P.rstrip(),
    "windows": (P + "\n[dependencies]\nserde = '1'\n\n[features]\na = []\n").replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + P,
    "commented": f"# ours\n{P}# the end of it\n\n# [dependencies]\n# old = '1'\n",
    "sorted": f'{P}\n[dependencies]\nanyhow = "1"\nzed = "2"\n\n[features]\na = []\nz = []\n',
    "unsorted": f'{P}\n[dependencies]\nzed = "2"\nanyhow = "1" # why\n',
    "aligned": f'{P}\n[dependencies]\nanyhow = "1"\nab     = "2"\n\n[profile.dev]\nlto   = true\n',
    "inline": f'{P}\n[dependencies]\na = {{ version = "1", optional = true }}\n',
    "tight": '[package]\nname="x"\nedition="2021"\n[dependencies]\na={version="1"}\n',
    "tables": f'{P}\n[dependencies.clap]\nversion = "4"\noptional = true\n',
    "single quotes": "[package]\nname = 'x'\n\n[dependencies]\na = '1'\n\n[profile.dev]\nlto = 0\n",
    "targets": f"{P}\n[target.'cfg(unix)'.dependencies]\na = \"1\"\n",
    "our target": f'{P}\n[target.\'cfg(not(target_env="msvc"))\'.dependencies]\na = "1"\n',
    "features first": f'[features]\ndefault = ["a"]\na = []\n\n{P}',
    "implicit": f'{P}[dependencies]\na = {{ version = "1", optional = true }}\n[features]\n',
    "programs": f'{P}\n[[bin]]\nname = "x"\npath = "src/main.rs"\n\n[lints.rust]\na = "warn"\n',
    "dotted profiles": f"profile.release.lto = true\n\n{P}",
    "profile tables": f"{P}\n[profile.release.package.a]\nopt-level = 2\n",
    "one profile table": f"{P}\n[profile]\nrelease = {{ lto = true }}\ndev.debug = 0\n",
    "metadata": f'{P}\n[package.metadata.docs.rs]\nall-features = true\n\n[badges]\na = "b"\n',
    "root": f'[workspace]\nmembers = []\n{P}\n[dependencies]\na = "1"\n[workspace.dependencies]\n',
    "nothing but dev": f'{P}\n[dev-dependencies]\na = "1"\n\n[build-dependencies]\nb = "1"\n',
}

VIRTUAL = {
    "Cargo.toml": '[workspace]\nmembers = ["*"]\n[workspace.dependencies]\na = { version = "1" }\n',
    "b/Cargo.toml": P.replace('"x"', '"b"') + "\n[dependencies]\na.workspace = true\n",
    "b/src/main.rs": MAIN,
    "c/Cargo.toml": P.replace('"x"', '"c"'),
    "c/src/lib.rs": "",
}


def snapshot(files: dict[str, str]) -> Snapshot:
    return Snapshot.of_files({path: text.encode() for path, text in files.items()})


def plan(codemod: type[Codemod], before: Snapshot, **values: Any) -> ChangeSet:
    return changeset.plan(codemod.configure(values), before, jobs=1, cache=False)


def stacked(order: Iterable[type[Codemod]], before: Snapshot) -> Snapshot:
    for codemod in order:
        made = plan(codemod, before)
        assert made.applied, [f.finding.why for f in made.reported]
        before = made.after
    return before


def is_kept(before: bytes, after: bytes) -> bool:
    """Whether all lines are there as they were, in their order; the last may get a line end."""
    left = iter(line.rstrip(b"\r\n") for line in after.split(b"\n"))
    return all(line.rstrip(b"\r\n") in left for line in before.split(b"\n") if line.strip())


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(c.name() for c in order))
@pytest.mark.parametrize("shape", SHAPES)
def test_manifests_of_every_shape_change_only_where_they_must(
    shape: str, order: tuple[type[Codemod], ...]
) -> None:
    before = snapshot({"Cargo.toml": SHAPES[shape], "src/main.rs": MAIN})
    after = stacked(order, before)
    source = after.read("Cargo.toml")
    assert is_kept(before.read("Cargo.toml"), source)
    assert source.count(b"\r\n") in (0, source.count(b"\n"))
    assert source.endswith(b"\n") == SHAPES[shape].endswith("\n")
    table = read(source)
    assert table["dependencies"].pop("dhat") == {"version": "0.3", "optional": True}
    (target,) = [one for one in table["target"] if "msvc" in one]
    dependencies = table["target"][target]["dependencies"]
    assert dependencies.pop("tikv-jemallocator") == {"version": "0.7", "optional": True}
    assert table["features"].pop("dhat-heap") == ["dep:dhat"]
    assert table["features"].pop("jemalloc") == ["dep:tikv-jemallocator"]
    assert set(table["profile"]) >= {"release-memory", "profiling"}
    del table["profile"]["release-memory"], table["profile"]["profiling"]
    assert _without_empty(table) == _without_empty(read(before.read("Cargo.toml")))


def _without_empty(table: dict[str, Any]) -> dict[str, Any]:
    inner = {k: _without_empty(v) if isinstance(v, dict) else v for k, v in table.items()}
    return {key: value for key, value in inner.items() if value != {}}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(c.name() for c in order))
def test_a_stack_ends_with_nothing_to_do_and_one_allocator_for_each_choice(
    order: tuple[type[Codemod], ...],
) -> None:
    after = stacked(order, snapshot({"Cargo.toml": P, "src/main.rs": MAIN}))
    source = after.read("src/main.rs").decode()
    assert source.count("#[global_allocator]") == 2
    blocks = source.split("\n\n")
    (jemalloc,) = [one for one in blocks if "static GLOBAL" in one]
    (dhat,) = [one for one in blocks if "dhat::Alloc;" in one]
    assert sorted(jemalloc.split("\n")[:2]) == [
        '#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]',
        '#[cfg(not(feature = "dhat-heap"))]',
    ]
    assert dhat.split("\n")[0] == '#[cfg(feature = "dhat-heap")]'
    for codemod in CODEMODS:
        again = plan(codemod, after)
        assert not again.applied
        assert not again.reported


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(c.name() for c in order))
def test_a_workspace_shares_what_its_members_inherit(order: tuple[type[Codemod], ...]) -> None:
    before = snapshot(VIRTUAL)
    after = stacked(order, before)
    assert set(after.changed) == {"Cargo.toml", "b/Cargo.toml", "b/src/main.rs"}
    root, member = read(after.read("Cargo.toml")), read(after.read("b/Cargo.toml"))
    assert root["workspace"]["dependencies"]["tikv-jemallocator"] == {"version": "0.7"}
    assert member["dependencies"]["dhat"] == {"workspace": True, "optional": True}
    assert member["target"][TARGET]["dependencies"] == {
        "tikv-jemallocator": {"workspace": True, "optional": True}
    }
    assert "profile" in root
    assert "profile" not in member
    assert "features" not in root
    assert all(is_kept(before.read(path), after.read(path)) for path in VIRTUAL if "toml" in path)


def jemalloc(files: dict[str, str], **values: Any) -> str:
    """What it makes of `src/main.rs` and `Cargo.toml`, in one text."""
    made = plan(Jemalloc, snapshot({"Cargo.toml": P, "src/main.rs": MAIN, **files}), **values)
    return made.after.read("src/main.rs").decode() + made.after.read("Cargo.toml").decode()


@pytest.mark.parametrize("symbol", ["unprefixed_malloc", "override_allocator"])
def test_the_symbol_is_the_one_that_is_read(symbol: str) -> None:
    assert '#[export_name = "_rjem_malloc_conf"]' in jemalloc({})
    feature = (
        f'tikv-jemallocator = {{ version = "0.7", features = ["{symbol}_on_supported_platforms"] }}'
    )
    other = f'[package]\nname = "o"\n[dependencies]\n{feature}\n'
    made = jemalloc({"Cargo.toml": f'{P}\n[dependencies]\no.path = "o"\n', "o/Cargo.toml": other})
    assert '#[export_name = "malloc_conf"]' in made
    assert "the variable `MALLOC_CONF`" in made
    assert '#[export_name = "_rjem_malloc_conf"]' in jemalloc({"o/Cargo.toml": other})
    shared = f"{P}\n[workspace]\n[workspace.dependencies]\n{feature}\n"
    assert '#[export_name = "malloc_conf"]' in jemalloc({"Cargo.toml": shared})
    own = f'{shared}\n[dependencies]\na = "1"\nb = "1"\n'
    assert '#[export_name = "_rjem_malloc_conf"]' in jemalloc({"Cargo.toml": own})


def test_the_size_of_the_settings_is_that_of_their_text() -> None:
    for values in ({}, {"dirty-decay-ms": 0, "muzzy-decay-ms": 31}, {"background-thread": False}):
        made = jemalloc({}, **values)
        line = next(line for line in made.splitlines() if line.startswith("static MALLOC_CONF"))
        size, text = line.split("[u8; ")[1].split("] = b")
        assert int(size) == len(text.strip('";').replace("\\0", "0"))


def test_a_thread_is_only_asked_for_where_jemalloc_can_have_one() -> None:
    gnu = '#[cfg(all(feature = "jemalloc", target_os = "linux", target_env = "gnu"))]'
    assert gnu in jemalloc({})
    assert gnu not in jemalloc({}, **{"background-thread": False})


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "0.7"),
        (
            {"Cargo.lock": '[[package]]\nname = "tikv-jemalloc-sys"\nversion = "0.6.1+5.3.0"\n'},
            "0.6",
        ),
        ({"Cargo.lock": '[[package]]\nname = "tikv-jemalloc-ctl"\nversion = "0.5.4"\n'}, "0.7"),
        ({"Cargo.toml": P + '[dev-dependencies]\ntikv-jemalloc-ctl = "0.5.4"\n'}, "0.5"),
    ],
)
def test_jemalloc_is_of_the_version_that_is_linked_already(
    files: dict[str, str], version: str
) -> None:
    assert f'tikv-jemallocator = {{ version = "{version}", optional = true }}' in jemalloc(files)


def test_webassembly_beside_other_targets_is_left_out() -> None:
    target = '[target.\'cfg(target_arch = "wasm32")\'.dependencies]\nweb-sys = "0.3"\n'
    made = jemalloc({"Cargo.toml": P + target})
    assert 'not(any(target_env = "msvc", target_family = "wasm"))' in made
    assert '[target.\'cfg(not(any(target_env = "msvc", target_family = "wasm")))\'.dep' in made


@pytest.mark.parametrize(
    ("lints", "source"),
    [
        ('[lints.rust]\nunsafe_code = "warn"\n', MAIN),
        ("", f"#![forbid(unsafe_code)]\n\n{MAIN}"),
        ("", f"#![deny(missing_docs, unsafe_code)]\n\n{MAIN}"),
    ],
)
def test_where_unsafe_code_is_not_welcome_nothing_is_exported(lints: str, source: str) -> None:
    made = jemalloc({"Cargo.toml": P + lints, "src/main.rs": source})
    assert "export_name" not in made
    assert "static GLOBAL" in made


def test_names_that_are_taken_are_not_taken_again() -> None:
    source = f"const GLOBAL: u8 = 1;\nconst MALLOC_CONF: u8 = GLOBAL;\n{MAIN}"
    made = jemalloc({"src/main.rs": source})
    assert "static JEMALLOC: tikv" in made
    assert "static JEMALLOC_CONF: &[u8;" in made


def test_a_wide_setting_is_broken_as_rustfmt_does() -> None:
    values = {"dirty-decay-ms": 3_600_000, "muzzy-decay-ms": 3_600_000}
    assert '=\n    b"background_thread:true,dirty' in jemalloc({}, **values)


@pytest.mark.parametrize("codemod", [Jemalloc, DhatHeap])
def test_a_new_dependency_is_told(codemod: type[Codemod]) -> None:
    (one,) = plan(codemod, snapshot({"Cargo.toml": P, "src/main.rs": MAIN})).applied
    assert one.finding.why[-1].endswith("is a new dependency")
    there = '[dependencies]\ndhat = { version = "0.3", optional = true }\n'
    made = plan(DhatHeap, snapshot({"Cargo.toml": P + there, "src/main.rs": MAIN}))
    assert not any("new" in why for one in made.applied for why in one.finding.why)


def test_programs_that_get_nothing_are_said() -> None:
    files = {"src/bin/bare.rs": "#![no_main]\n", "src/bin/made.rs": "program!();\n"}
    before = snapshot({"Cargo.toml": P, "src/main.rs": MAIN, **files})
    (one,) = plan(DhatHeap, before).applied
    said = "\n".join(one.finding.why)
    assert "`bare` stays as it is: it is for a machine without" in said
    assert "`made` stays as it is: a macro makes its `main`" in said
    assert one.finding.fix is not None
    assert {edit.path for edit in one.finding.fix.edits} == {"Cargo.toml", "src/main.rs"}


def test_what_is_said_after_a_fix_is_said_of_the_program_that_it_is_true_of() -> None:
    files = {"src/bin/asy.rs": f"async {MAIN}", "src/bin/b.rs": f"async {MAIN}"}
    before = snapshot({"Cargo.toml": P, "src/main.rs": MAIN, **files})
    (one,) = plan(DhatHeap, before).reported
    assert one.finding.message.startswith("`asy` and `b` cannot write")
    asynchronous = "its `main` is `async`: a guard inside would be dropped before the runtime"
    there = "its allocator is that of DHAT already"
    assert one.finding.why == (f"`asy` and `b`: {asynchronous}", f"`x`: {there}")
    alone = snapshot({"Cargo.toml": P, "src/main.rs": f"async {MAIN}", **files})
    (one,) = plan(DhatHeap, alone).reported
    assert one.finding.why == (asynchronous,)


def test_what_is_left_alone_is_said_of_the_program_that_it_is_true_of() -> None:
    files = {"src/bin/bare.rs": "#![no_main]\n"}
    ((_, one, _),) = plan(
        DhatHeap, snapshot({"Cargo.toml": P, "src/main.rs": MAIN, **files})
    ).report.left_alone
    bare = "it is for a machine without the standard library, or without `main`"
    assert one.reasons == ("`x`: its allocator is that of DHAT already", f"`bare`: {bare}")


def test_attributes_that_rewrite_main_are_refused() -> None:
    for attribute, refused in (
        ("tracing::instrument", True),
        ("allow(x)", False),
        ("cfg(a)", False),
    ):
        files = {"Cargo.toml": P, "src/main.rs": f"#[{attribute}]\n{MAIN}"}
        assert bool(plan(DhatHeap, snapshot(files)).applied) != refused


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("", "`release` has no debug info: functions have names, but no files and lines"),
        (
            'debug = true\nstrip = "debuginfo"\n',
            "`release` has no debug info: functions have names, but no files and lines",
        ),
        ("strip = true\n", "`strip = true` of `release`: functions have no names"),
        (
            'debug = 2\nstrip = "symbols"\n',
            '`strip = "symbols"` of `release`: functions have no names',
        ),
        ("debug = 1\n", ""),
    ],
)
def test_what_a_profile_of_the_heap_can_show(profile: str, said: str) -> None:
    manifest = f"{P}[profile.release]\n{profile}"
    (one,) = plan(DhatHeap, snapshot({"Cargo.toml": manifest, "src/main.rs": MAIN})).applied
    found = [why for why in one.finding.why if "functions have" in why]
    assert [why.partition(": `rustfix-mem")[0] for why in found] == ([said] if said else [])


def test_a_profile_that_shows_more_is_named() -> None:
    more = '[profile.release]\nstrip = true\n[profile.a]\ninherits = "release"\ndebug = 1\n'
    kept = 'strip = false\n[profile.b]\ninherits = "a"\n'
    for manifest, said in ((P + more, "`rustfix-mem apply"), (P + more + kept, "`--profile a`")):
        (one,) = plan(DhatHeap, snapshot({"Cargo.toml": manifest, "src/main.rs": MAIN})).applied
        assert f"functions have no names: {said}" in "\n".join(one.finding.why)
