"""What holds of all that is added to a manifest, and of steps together."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests import (
    DHAT,
    DHAT_STEPS,
    JEMALLOC,
    JEMALLOC_STEPS,
    MOKA,
    RELEASE,
    SYSINFO,
    TOP,
    X,
    depend,
    feature,
    made,
)
from rustfix_mem.cargo.cargo_edit import Refused, add_dependency, workspace_root
from rustfix_mem.cargo.manifest import read

if TYPE_CHECKING:
    from manifests import Step


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_ends_of_a_file_stay(end: str, mark: str) -> None:
    source = f'{mark}[dependencies]\nanyhow = "1"\n\n{X.rstrip()}{end}'
    found = made({TOP: source.encode()}, depend(MOKA), RELEASE)[TOP].decode()
    added = '[profile.release-memory]\ninherits = "release"\ndebug = 1\nstrip = false'
    between, last = end if end == "\n\n" else "\n\n", "\n" if end else ""
    whole = f'{mark}[dependencies]\nanyhow = "1"\nmini-moka = "0.10"\n\n{X.rstrip()}'
    assert found == f"{whole}{between}{added}{last}"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (f'dependencies = {{ a = "1" }}\n{X}', "is not a table with a header"),
        (f'dependencies.a = "1"\n{X}', "is not a table with a header"),
        (f"target = {{ 'cfg(unix)' = {{ dependencies = {{}} }} }}\n{X}", "a form that is not"),
        ("[workspace]\n", "has no `[package]`"),
    ],
)
def test_shapes_that_are_not_edited(source: str, reason: str) -> None:
    wanted = JEMALLOC if "target" in source else MOKA
    with pytest.raises(Refused) as refused:
        add_dependency(wanted, TOP, {TOP: source.encode()})
    assert reason in str(refused.value)


ODD = [
    "features = 3",
    "target = 3",
    "target.'cfg(not(target_env = \"msvc\"))' = 3",
    "dependencies = 3",
    "workspace = 3",
    "profile = 3",
    "profile = {}",
    "profile.release-memory = 3",
    "workspace.dependencies = 3",
    "workspace.dependencies.dhat = 3",
    "workspace.dependencies.dhat.workspace = true",
    "workspace = { dependencies = { a = '1' } }",
    "features = { a = [] }",
    "features.dhat-heap = 3",
    "[[dependencies]]",
    "[[target]]",
    "[[profile]]",
    "[[features]]",
    "[dependencies]\na = []",
    "[dependencies]\na.workspace = true",
    "[dependencies]\ndhat = { version = 3, features = 4, optional = 5 }",
    "[target]\nx = 3",
    "[target.x]\ndependencies = 3",
    "[target.'cfg(not(target_env = \"msvc\"))']\ndependencies = { a = '1' }",
    "[features]\ndhat-heap = 3",
    "[features]\ndhat-heap = [3, {}]",
    "[features.dhat-heap]",
    "[features.other]",
    "[workspace.dependencies]\na = 3\n[dependencies]\na.workspace = true",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("steps", ["dependency", "features", "profile"])
def test_odd_manifests_are_edited_right_or_refused(text: str, steps: str) -> None:
    source = f"{X}{text}\n" if text.startswith("[") else f"{text}\n{X}"
    chosen: tuple[Step, ...] = (*JEMALLOC_STEPS, depend(DHAT), feature("dhat-heap", "dep:dhat"))
    chosen = {"dependency": (depend(SYSINFO),), "profile": (RELEASE,)}.get(steps, chosen)
    try:
        found = made({TOP: source.encode()}, *chosen)
    except Refused:
        return
    assert len(found[TOP]) > len(source)


ROOT = '[workspace]\nmembers = ["a"]\n'


@pytest.mark.parametrize(
    ("manifests", "package", "root"),
    [
        ({"Cargo.toml": X}, "Cargo.toml", "Cargo.toml"),
        ({"Cargo.toml": X, "a/Cargo.toml": X}, "a/Cargo.toml", "a/Cargo.toml"),
        ({"Cargo.toml": ROOT, "a/Cargo.toml": X}, "a/Cargo.toml", "Cargo.toml"),
        ({"q/Cargo.toml": ROOT, "q/a/Cargo.toml": X}, "q/a/Cargo.toml", "q/Cargo.toml"),
        ({"Cargo.toml": ROOT, "a/Cargo.toml": X, "a/b/Cargo.toml": X}, "a/b/Cargo.toml", TOP),
        ({"Cargo.toml": ROOT, "a/Cargo.toml": X + "[workspace]\n"}, "a/Cargo.toml", "a/Cargo.toml"),
        (
            {"Cargo.toml": ROOT + 'exclude = ["b"]\n', "b/c/Cargo.toml": X},
            "b/c/Cargo.toml",
            "b/c/Cargo.toml",
        ),
        ({"Cargo.toml": ROOT + 'exclude = ["a"]\n', "a/Cargo.toml": X}, "a/Cargo.toml", TOP),
        (
            {"w/Cargo.toml": ROOT, "a/Cargo.toml": X + 'workspace = "../w"\n'},
            "a/Cargo.toml",
            "w/Cargo.toml",
        ),
    ],
)
def test_the_root_of_a_workspace(manifests: dict[str, str], package: str, root: str) -> None:
    assert workspace_root(package, {path: t.encode() for path, t in manifests.items()}) == root


def test_a_root_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="is not in this repository"):
        workspace_root(TOP, {TOP: f'{X}workspace = "../w"\n'.encode()})
    with pytest.raises(Refused, match=r"there is no `a/Cargo.toml`"):
        workspace_root("a/Cargo.toml", {})


def test_steps_together_that_meet_at_one_place() -> None:
    found = made({TOP: X.encode()}, *JEMALLOC_STEPS, *DHAT_STEPS)
    assert found[TOP].decode() == X + dedent("""
        [dependencies]
        dhat = { version = "0.3", optional = true }

        [target.'cfg(not(target_env = "msvc"))'.dependencies]
        tikv-jemallocator = { version = "0.6", optional = true }

        [features]
        dhat-heap = ["dep:dhat"]
        jemalloc = ["dep:tikv-jemallocator"]

        [profile.release-memory]
        inherits = "release"
        debug = 1
        strip = false
        """)


NAMES = st.lists(st.sampled_from("a ab b-c b_c Dd serde sysinfo2 tokio zz".split()), unique=True)
LINES = st.sampled_from(
    [
        '{} = "1"',
        '{} = "1" # = [',
        "{} = '1'",
        '{}   = {{ version = "1" }}',
        '{}.version = "1"',
        '  {} = {{version="1",features=["x", # ]\n"y"]}}',
        '# [{0}]\n{0}="1"',
        '\n# head\n\n{} = "1"',
        '{} = """1"""',
        "{}\t=\t'''1'''",
        '"{}" = "1"',
    ]
)
TABLES = st.sampled_from(
    [
        "[dependencies]",
        " [ build-dependencies ] # here",
        "[dev-dependencies]",
        "[ target . 'cfg(unix)' . dependencies ]",
        '[target."cfg(unix)".build-dependencies]',
        "[workspace.dependencies]",
    ]
)


@st.composite
def manifest(draw: st.DrawFn) -> str:
    """Tables of dependencies in any order and style, around the package."""
    parts = list[str]()
    for head in draw(st.lists(TABLES, unique=True, max_size=4)):
        entries = [draw(LINES).format(name) for name in draw(NAMES)]
        parts.append("\n".join([head, *entries]))
    features = '[features]\ndefault = [ "f" ]\nf = [\n]'
    extra = draw(st.sampled_from(["", features, "[profile.dev]\ndebug=1", '[[bin]]\nname = "b"']))
    parts = draw(st.permutations([*parts, X.rstrip(), *([extra] if extra else [])]))
    text = draw(st.sampled_from(["\n", "\n\n", "\n\n# about\n"])).join(parts)
    text += draw(st.sampled_from(["", "\n", "\n# end", "\n\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(text=manifest(), mark=st.sampled_from(["", "\ufeff"]))
def test_nothing_but_the_addition_changes(text: str, mark: str) -> None:
    source = f"{mark}{text}".encode()
    found = made({TOP: source}, depend(SYSINFO), *JEMALLOC_STEPS, *DHAT_STEPS)[TOP]
    before, after = read(source), read(found)
    inherited = after["dependencies"]["sysinfo"].get("workspace")
    shared = after.get("workspace", {}).get("dependencies", {})
    for table in (after["dependencies"], shared if inherited else {}):
        for name in ("sysinfo", "dhat"):
            table.pop(name, None)
    del after["target"][JEMALLOC.target]["dependencies"]["tikv-jemallocator"]
    shared.pop("tikv-jemallocator", None)
    assert after["features"].pop("jemalloc") == ["dep:tikv-jemallocator"]
    assert after["features"].pop("dhat-heap") == ["dep:dhat"]
    assert after["profile"].pop("release-memory")["debug"] == 1
    assert pruned(after) == pruned(before)
    assert (b"\r\n" in found) == (b"\r\n" in source) or b"\n" not in source
    assert found.endswith(b"\n") == source.endswith(b"\n")


def pruned(table: object) -> object:
    """Without tables that are empty, as new ones are when their entries are gone."""
    if not isinstance(table, dict):
        return table
    kept = {key: pruned(value) for key, value in table.items()}
    return {key: value for key, value in kept.items() if value != {}}
