"""How a dependency is added to manifests of many shapes: `+` marks new lines, all others stay."""

from __future__ import annotations

import subprocess
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from manifests import (
    DHAT,
    DHAT_STEPS,
    JEMALLOC,
    JEMALLOC_STEPS,
    MEMBER,
    MOKA,
    RELEASE,
    SYSINFO,
    TOP,
    X,
    check,
    depend,
    feature,
    made,
    split,
)
from rustfix_mem.cargo.cargo_edit import Dependency, Refused, add_dependency

if TYPE_CHECKING:
    from pathlib import Path


DEPENDENCIES = {
    "most with blanks in braces": (
        SYSINFO,
        """
        [package]
        name = "x"

        [dependencies]
        anyhow = {version = "1" }
        fs-err = { version = "3", default-features = false }
        serde = { version = "1", features = ["derive"] }
        +sysinfo = { version = "0.37", default-features = false, features = ["system"] }
        """,
    ),
    "sorted": (
        MOKA,
        """
        [package]
        name = "x"

        [dependencies]
        anyhow = "1"
        +mini-moka = "0.10"
        serde = "1"
        """,
    ),
    "not sorted": (
        MOKA,
        """
        [dependencies]
        serde = "1"
        anyhow = "1"
        tokio = "1"
        +mini-moka = "0.10"

        [dev-dependencies]
        insta = "1"
        """,
    ),
    "first": (
        MOKA,
        """
        [dependencies]
        +mini-moka = "0.10"
        serde = "1"
        tokio = "1"
        """,
    ),
    "one in ten out of place": (
        MOKA,
        """
        [dependencies]
        a = "1"
        zz = "1"
        b = "1"
        c = "1"
        d = "1"
        e = "1"
        f = "1"
        +mini-moka = "0.10"
        n = "1"
        o = "1"
        p = "1"
        """,
    ),
    "sorted without regard to case and dashes": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        Inflector = "0.11"
        +mini-moka = "0.10"
        mini_svg = "1"
        proc-macro2 = "1"
        """,
    ),
    "groups: the one that it belongs to": (
        MOKA,
        """
        [dependencies]
        # ours
        x-core = { path = "core" }
        x-util = { path = "util" }

        # others
        anyhow = "1"
        +mini-moka = "0.10"
        serde = "1"

        # for tests
        rstest = "1"
        """,
    ),
    "groups: below no title, though its name would be in order": (
        MOKA,
        """
        [dependencies]
        # ours
        x-core = { path = "core" }

        # web
        axum = "1"
        tower = "1"

        # text
        regex = "1"
        similar = "1"
        +
        +mini-moka = "0.10"
        """,
    ),
    "groups: below the title that is for all others": (
        MOKA,
        """
        [dependencies]
        # web
        axum = "1"
        tower = "1"

        # misc
        regex = "1"
        anyhow = "1"
        +mini-moka = "0.10"

        # text
        comrak = "1"
        similar = "1"
        """,
    ),
    "groups: below a title, where the names are many and in order": (
        MOKA,
        """
        [dependencies]
        # ours
        x-core = { path = "core" }
        x-util = { path = "util" }

        # from afar
        anyhow = "1"
        clap = "4"
        +mini-moka = "0.10"
        rand = "0.9"
        serde = "1"
        tokio = "1"
        """,
    ),
    "groups: the last, when it belongs to none": (
        SYSINFO,
        """
        [dependencies]
        serde = "1"
        anyhow = "1"

        clap = "4"
        rand = { version = "0.9", features = ["std"] }
        +sysinfo = { version = "0.37", default-features = false, features = ["system"] }
        """,
    ),
    "groups by comments alone; the own crates are not chosen": (
        MOKA,
        """
        [dependencies]
        # others
        serde = "1"
        tokio = "1"
        anyhow = "1"
        +mini-moka = "0.10"
        # ours
        x-core = { path = "core" }
        x-util = { path = "util" }
        """,
    ),
    "own crates among the others, all in one order": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        lines = { path = "../lines" }
        metres = { path = "../metres" }
        +mini-moka = "0.10"
        serde = "1"
        x-util = { path = "util" }
        """,
    ),
    "own crates in the same group do not count": (
        MOKA,
        """
        [dependencies]
        x-core = { path = "core" }
        x-util = { path = "util" }
        anyhow = "1"
        +mini-moka = "0.10"
        serde = "1"
        """,
    ),
    "comments belong to the entry below": (
        MOKA,
        """
        [dependencies]
        anyhow = "1" # for errors
        +mini-moka = "0.10"
        # pinned: see the notes
        # of the last release
        serde = "=1.0.200" # as said
        """,
    ),
    "a comment that goes on": (
        MOKA,
        """
        [dependencies]
        anyhow = "1" # for errors,
                     # all of them
        +mini-moka = "0.10"
        serde = "1"
        """,
    ),
    "commented out below the last": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        # anyhow = { path = "../anyhow" }
        +mini-moka = "0.10"

        [features]
        """,
    ),
    "aligned": (
        MOKA,
        """
        [dependencies]
        anyhow        = "1"
        +mini-moka     = "0.10"
        serde         = { version = "1", features = [ "derive" ] }
        unicode-width = "0.2"
        """,
    ),
    "aligned, and a longer name": (
        MOKA,
        """
        [dependencies]
        log   = "1"
        +mini-moka = "0.10"
        serde = "1"
        tokio = "1"
        """,
    ),
    "tight": (
        SYSINFO,
        """
        [dependencies]
        anyhow="1"
        serde={version="1", features=["derive"]}
        +sysinfo={version="0.37", default-features=false, features=["system"]}
        """,
    ),
    "no blanks inside braces": (
        SYSINFO,
        """
        [dependencies]
        serde = {version = "=1.0.1", features = ["derive"]}
        +sysinfo = {version = "0.37", default-features = false, features = ["system"]}
        """,
    ),
    "blanks inside brackets": (
        SYSINFO,
        """
        [dependencies]
        serde = { version = "1", features = [ "derive" ] }
        +sysinfo = { version = "0.37", default-features = false, features = [ "system" ] }

        [features]
        std = [ "serde/std" ]
        """,
    ),
    "single quotes": (
        SYSINFO,
        """
        [dependencies]
        anyhow = '1'
        serde = '1'
        +sysinfo = { version = '0.37', default-features = false, features = ['system'] }
        """,
    ),
    "indented": (
        MOKA,
        """
        [dependencies]
            anyhow = "1"
        +    mini-moka = "0.10"
            serde = "1"
        """,
    ),
    "versions in braces": (
        MOKA,
        """
        [dependencies]
        anyhow = { version = "1" }
        +mini-moka = { version = "0.10" }
        serde = { version = "1", features = ["derive"] }
        """,
    ),
    "dotted": (
        SYSINFO,
        """
        [dependencies]
        anyhow.version = "1"
        serde.version = "1"
        serde.features = ["derive"]
        +sysinfo.version = "0.37"
        +sysinfo.default-features = false
        +sysinfo.features = ["system"]
        tokio.version = "1"
        """,
    ),
    "tables": (
        DHAT,
        """
        [package]
        name = "x"

        [dependencies.anyhow]
        version = "1"

        +[dependencies.dhat]
        +version = "0.3"
        +optional = true
        +
        # the one and only
        [dependencies.serde]
        version = "1"
        features = ["derive"]

        [features]
        """,
    ),
    "tables, the last of the file": (
        DHAT,
        """
        [dependencies.anyhow]
        version = "1"
        +
        +[dependencies.dhat]
        +version = "0.3"
        +optional = true
        """,
    ),
    "tables and entries": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        +mini-moka = "0.10"

        [dependencies.serde]
        version = "1"
        """,
    ),
    "arrays of many lines": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        clap = { version = "4", features = [
            "derive", # ] is no end
            "env",
        ] }
        +mini-moka = "0.10"
        serde = "1"
        """,
    ),
    "an empty table": (
        MOKA,
        """
        [dependencies] # none yet
        +mini-moka = "0.10"

        [dev-dependencies]
        insta = "1"
        """,
    ),
    "no table": (
        MOKA,
        '''
        [package]
        name = "x"
        description = """
        [dependencies]
        # not a comment
        """

        [lib]
        path = "x.rs"

        +[dependencies]
        +mini-moka = "0.10"
        +
        # to test with
        [dev-dependencies]
        insta = "1"

        [features]
        ''',
    ),
    "no table, and none behind": (
        MOKA,
        """
        [package]
        name = "x"
        +
        +[dependencies]
        +mini-moka = "0.10"
        """,
    ),
    "no blank lines between tables": (
        MOKA,
        """
        [package]
        name = "x"
        +[dependencies]
        +mini-moka = "0.10"
        [features]
        a = []
        [profile.release]
        lto = true
        """,
    ),
    "what was commented out stays above": (
        MOKA,
        """
        [package]
        name = "x"

        # [lib]
        # path = "x.rs"
        +
        +[dependencies]
        +mini-moka = "0.10"

        #############
        #  Testing  #
        #############

        [dev-dependencies]
        insta = "1"
        """,
    ),
    "a target that is there": (
        JEMALLOC,
        """
        [dependencies]
        anyhow = "1"

        [target."cfg( not( target_env=\\"msvc\\" ) )".dependencies]
        libc = "0.2"
        +tikv-jemallocator = { version = "0.6", optional = true }

        [target.'cfg(windows)'.dependencies]
        winapi = "0.3"
        """,
    ),
    "a new target, in the quotes of the others": (
        JEMALLOC,
        """
        [dependencies]
        anyhow = "1"

        [target."cfg(unix)".dependencies]
        libc = "0.2"

        +[target."cfg(not(target_env = \\"msvc\\"))".dependencies]
        +tikv-jemallocator = { version = "0.6", optional = true }
        +
        [dev-dependencies]
        insta = "1"
        """,
    ),
    "a new target behind the dependencies": (
        JEMALLOC,
        """
        [dependencies]
        anyhow = "1"

        [dependencies.serde]
        version = "1"

        +[target.'cfg(not(target_env = "msvc"))'.dependencies]
        +tikv-jemallocator = { version = "0.6", optional = true }
        +
        [dev-dependencies]
        insta = "1"
        """,
    ),
    "only a dev-dependency": (
        MOKA,
        """
        [dependencies]
        anyhow = "1"
        +mini-moka = "0.10"

        [dev-dependencies]
        mini-moka = "0.10.2"
        """,
    ),
    "a root package with a workspace of its own": (
        MOKA,
        """
        [workspace]
        members = ["crates/*"]

        [workspace.dependencies]
        anyhow = "1"
        +mini-moka = "0.10"
        serde = "1"

        [package]
        name = "x"

        [dependencies]
        anyhow.workspace = true
        +mini-moka.workspace = true
        """,
    ),
}


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_a_dependency_is_added_in_the_style_of_the_manifest(name: str) -> None:
    wanted, text = DEPENDENCIES[name]
    text = dedent(text).lstrip("\n")
    check(depend(wanted), top=text if "[package]" in text else f"{X}\n{text}")


WORKSPACE = """
    [workspace]
    members = ["crates/*"]

    [workspace.dependencies]
    anyhow = "1"
"""


@pytest.mark.parametrize(
    ("wanted", "shared", "member"),
    [
        pytest.param(
            MOKA,
            '+mini-moka = "0.10"',
            "anyhow.workspace = true\n+mini-moka.workspace = true",
            id="dotted",
        ),
        pytest.param(
            MOKA,
            '+mini-moka = "0.10"',
            "anyhow = { workspace = true }\n+mini-moka = { workspace = true }",
            id="inline",
        ),
        pytest.param(
            DHAT,
            '+dhat = "0.3"',
            "anyhow.workspace = true\n+dhat = { workspace = true, optional = true }",
            id="optional",
        ),
        pytest.param(
            SYSINFO,
            '+sysinfo = { version = "0.37", default-features = false }',
            'anyhow.workspace = true\n+sysinfo = { workspace = true, features = ["system"] }',
            id="features are for the member",
        ),
        pytest.param(
            SYSINFO,
            'sysinfo = { version = "0.37.1", features = ["system"] }',
            "anyhow.workspace = true\n+sysinfo.workspace = true",
            id="the workspace has it",
        ),
        pytest.param(
            MOKA,
            '+mini-moka = "0.10"',
            'a-1 = { path = "../1" }\na-2 = { path = "../2" }\n'
            "anyhow = { workspace = true }\n+mini-moka = { workspace = true }",
            id="crates of its own do not count",
        ),
        pytest.param(MOKA, "", 'rand = "0.9"\n+mini-moka = "0.10"', id="most do not inherit"),
        pytest.param(
            MOKA,
            'mini-moka = "0.10"',
            'anyhow.workspace = true\nrand = "0.9"\n+mini-moka.workspace = true',
            id="half of them do, and the workspace has it",
        ),
    ],
)
def test_a_dependency_is_inherited_as_the_others(
    wanted: Dependency, shared: str, member: str
) -> None:
    # `rand` sorts behind what is added: the two lines are there in their sorted order
    lines = sorted(member.splitlines(), key=lambda line: line.removeprefix("+"))
    text = "\n".join(['[package]\nname = "a"\n\n[dependencies]', *lines, ""])
    root = dedent(WORKSPACE).lstrip() + (f"{shared}\n" if shared else "")
    check(depend(wanted, MEMBER), top=root, member=text)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('mini-moka = "0.10.3"', MOKA),
        ('mini-moka = "~0.10.1"', MOKA),
        ('mini-moka = ">=0.10.1, <0.11"', MOKA),
        ('mini-moka = "0.10.*"', MOKA),
        ('mini-moka = { version = "=0.10.3", features = ["sync"] }', MOKA),
        ('sysinfo = { version = "0.37", features = ["system", "disk"] }', SYSINFO),
        ('dhat = { version = "0.3", optional = true }', DHAT),
        ('dhat.version = "0.3"\ndhat.optional = true', DHAT),
    ],
)
def test_a_dependency_that_will_do_is_left(line: str, wanted: Dependency) -> None:
    assert add_dependency(wanted, TOP, {TOP: f"{X}[dependencies]\n{line}\n".encode()}) == ()


@pytest.mark.parametrize(
    ("text", "wanted", "reason"),
    [
        ('[dependencies]\nmini-moka = "0.9"', MOKA, "may be another version than `0.10`: `0.9`"),
        ('[dependencies]\nmini-moka = "*"', MOKA, "may be another version"),
        ('[dependencies]\nmini-moka = ">=0.10"', MOKA, "may be another version"),
        ('[dependencies]\nmini-moka = "0.10.0-rc.1"', MOKA, "may be another version"),
        ('[dev-dependencies]\nmini-moka = "0.9"', MOKA, "in `[dev-dependencies]` may be another"),
        ('[dependencies]\nmini-moka = { git = "x" }', MOKA, "comes from `git`"),
        ('[dependencies]\nmini-moka = { path = "x" }', MOKA, "comes from `path`"),
        ('[dependencies]\nmini-moka = { version = "0.10", registry = "x" }', MOKA, "`registry`"),
        ('[dependencies]\nmm = { version = "0.10", package = "mini-moka" }', MOKA, "renamed"),
        ('[dependencies]\nmini-moka = { version = "1", package = "z" }', MOKA, "is `z`, renamed"),
        ('[dependencies]\nmini_moka = "0.10"', MOKA, "is spelled `mini_moka`"),
        ('[dependencies]\nmini-moka = { version = "0.10", optional = true }', MOKA, "is optional"),
        ('[dependencies]\ndhat = "0.3"', DHAT, "is not optional"),
        ('[dependencies]\nsysinfo = "0.37"', SYSINFO, "is without its feature `system`"),
        (
            '[dependencies]\nmini-moka = { version = "0.10", default-features = false }',
            MOKA,
            "without its default features",
        ),
        (
            "[target.'cfg(unix)'.dependencies]\nmini-moka = \"0.10\"",
            MOKA,
            "is only in `[target.'cfg(unix)'.dependencies]`",
        ),
        (
            '[dependencies]\ntikv-jemallocator = { version = "0.6", optional = true }',
            JEMALLOC,
            "is only in `[dependencies]`, not in `[target.",
        ),
        ("[features]\ndhat = []", DHAT, "has a feature `dhat` already"),
        ("[dependencies]\nx = 3", MOKA, "a form that is not understood"),
        ("[dependencies]\ny.workspace = true", MOKA, "the workspace does not have it"),
        ("[dependencies", MOKA, "`Cargo.toml` cannot be read"),
        ("", Dependency("x", "1"), "is `x` itself"),
    ],
)
def test_a_dependency_that_will_not_do_is_refused(
    text: str, wanted: Dependency, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        add_dependency(wanted, TOP, {TOP: f"{X}{text}\n".encode()})
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("shared", "reason"),
    [
        ('mini-moka = "0.9"', "in `[workspace.dependencies]` may be another version"),
        ('mm = { version = "0.10", package = "mini-moka" }', "renamed"),
        ('mini-moka = { path = "crates/m" }', "comes from `path`"),
        ('mini-moka = { version = "0.10", default-features = false }', "default features"),
    ],
)
def test_what_a_workspace_has_in_another_form_is_refused(shared: str, reason: str) -> None:
    top = f'[workspace]\n[workspace.dependencies]\nb = "1"\n{shared}\n'
    member = f"{X}[dependencies]\nb.workspace = true\n"
    with pytest.raises(Refused) as refused:
        add_dependency(MOKA, MEMBER, {TOP: top.encode(), MEMBER: member.encode()})
    assert reason in str(refused.value)


@pytest.mark.cargo
@pytest.mark.parametrize("name", ["dotted", "tables", "no table", "a target that is there"])
def test_cargo_reads_what_was_written(name: str, tmp_path: Path) -> None:
    text = split(DEPENDENCIES[name][1])[0]
    text = text if "[package]" in text else f"{X}\n{text}"
    head = 'version = "0.1.0"\nedition = "2021"\n\n'
    source = text.replace("\n\n", f"\n{head}", 1).replace('path = "x.rs"', 'path = "src/lib.rs"')
    found = made({TOP: source.encode()}, depend(SYSINFO), *JEMALLOC_STEPS, *DHAT_STEPS)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").touch()
    (tmp_path / TOP).write_bytes(found[TOP])
    metadata(tmp_path)


@pytest.mark.cargo
def test_cargo_reads_a_workspace(tmp_path: Path) -> None:
    top = split(WORKSPACE)[0].replace("members", 'resolver = "2"\nmembers')
    member = f'{X}version = "0.1.0"\n\n[dependencies]\nanyhow.workspace = true\n'
    steps = (depend(DHAT, MEMBER), feature("dhat-heap", "dep:dhat", package=MEMBER), RELEASE)
    found = made({TOP: top.encode(), MEMBER: member.encode()}, *steps)
    (tmp_path / "crates/a/src").mkdir(parents=True)
    (tmp_path / "crates/a/src/lib.rs").touch()
    for path, source in found.items():
        (tmp_path / path).write_bytes(source)
    metadata(tmp_path)


def metadata(folder: Path) -> None:
    command = ["cargo", "metadata", "--offline", "--no-deps", "--format-version=1"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
