"""What is added to manifests of many shapes: `+` marks the lines that are new, all others stay."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustfix_mem.cargo.cargo_edit import (
    Dependency,
    Refused,
    add_dependency,
    add_feature,
    add_profile,
    together,
    workspace_root,
)
from rustfix_mem.cargo.manifest import read
from rustfix_mem.text import Edit, apply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Step = Callable[["Mapping[str, bytes]"], tuple[Edit, ...]]

TOP = "Cargo.toml"
MEMBER = "crates/a/Cargo.toml"
MOKA = Dependency("mini-moka", "0.10")
SYSINFO = Dependency("sysinfo", "0.37", ("system",), default_features=False)
DHAT = Dependency("dhat", "0.3", optional=True)
JEMALLOC = Dependency(
    "tikv-jemallocator", "0.6", optional=True, target='cfg(not(target_env = "msvc"))'
)
X = '[package]\nname = "x"\n'


def depend(wanted: Dependency, package: str = TOP) -> Step:
    return lambda now: add_dependency(wanted, package, now)


def feature(name: str, *enables: str, package: str = TOP) -> Step:
    return lambda now: add_feature(name, enables, package, now)


def profile(name: str, root: str = TOP, **settings: str | int | bool) -> Step:
    return lambda now: add_profile(name, settings, now, root)


RELEASE = profile("release-memory", inherits="release", debug=1, strip=False)


def split(text: str) -> tuple[str, str]:
    """What stands before and after: the lines with a `+` are added."""
    lines = dedent(text).lstrip("\n").splitlines(keepends=True)
    before = [line for line in lines if not line.startswith("+")]
    return "".join(before), "".join(line.removeprefix("+") for line in lines)


def made(manifests: Mapping[str, bytes], *steps: Step) -> dict[str, bytes]:
    """The manifests with the steps made; only insertions, and a second time nothing."""
    edits = together(manifests, *steps)
    assert all(edit.span.start == edit.span.end for edit in edits)
    after = {
        path: apply(source, [edit for edit in edits if edit.path == path])
        for path, source in manifests.items()
    }
    assert together(after, *steps) == ()
    return after


def check(*steps: Step, **texts: str) -> None:
    """The texts are those of the manifests: `top` and `member`."""
    paths = {"top": TOP, "member": MEMBER}
    both = {paths[name]: split(text) for name, text in texts.items()}
    found = made({path: before.encode() for path, (before, _) in both.items()}, *steps)
    for path, (before, after) in both.items():
        assert found[path].decode() == after
        windows = {
            path: before.replace("\n", "\r\n").encode() for path, (before, _) in both.items()
        }
        assert made(windows, *steps)[path].decode() == after.replace("\n", "\r\n")
        assert before  # a case without a text tests nothing


DEPENDENCIES = {
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


FEATURES = [
    pytest.param(
        """
        [features]
        default = ["std"]
        alloc = []
        +dhat-heap = ["dep:dhat"]
        std = []

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="sorted, `default` first",
    ),
    pytest.param(
        """
        [features]
        std   = [ "alloc" ]
        alloc = [ "other" ]
        other = [ "dhat?/x" ]
        +dhat-heap = [ "dep:dhat" ]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="not sorted, in a column",
    ),
    pytest.param(
        """
        [dependencies]
        dhat = { version = "0.3", optional = true }

        +[features]
        +dhat-heap = ["dep:dhat"]
        +
        [profile.release]
        lto = true
        """,
        id="no features",
    ),
]


@pytest.mark.parametrize("text", FEATURES)
def test_a_feature_is_added(text: str) -> None:
    """With its dependency, which is new too: the lines of both are in one text."""
    before, after = split(f"{X}\n{dedent(text).lstrip()}")
    without = before.replace('dhat = { version = "0.3", optional = true }\n', "")
    found = made({TOP: without.encode()}, depend(DHAT), feature("dhat-heap", "dep:dhat"))
    assert found[TOP].decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", '["c", "d"]'),
        ('["a"]', '["a", "c", "d"]'),
        ('["a",]', '["a", "c", "d",]'),
        ('[ "a" ] # why', '[ "a", "c", "d" ] # why'),
        ("['a']", "['a', 'c', 'd']"),
        ('["c"]', '["c", "d"]'),
        ('["c", "d", "a"]', '["c", "d", "a"]'),
        (
            '[\n    "a", # why\n    "b",\n]',
            '[\n    "a", # why\n    "b",\n    "c",\n    "d",\n]',
        ),
        (
            '[\n  "a",\n  "b" # last\n  # end\n]',
            '[\n  "a",\n  "b", # last\n  "c",\n  "d"\n  # end\n]',
        ),
        ('[\n  "a", "b",\n]', '[\n  "a", "b", "c", "d",\n]'),
        ('[\n  "a",\n  "b"]', '[\n  "a",\n  "b", "c", "d"]'),
        ('["a", # , ]\n]', '["a", "c", "d", # , ]\n]'),
    ],
)
def test_what_a_feature_lacks_is_added(before: str, after: str) -> None:
    head = f"{X}\n[features]\na = []\nb = []\nc = []\nd = []\nall = "
    for newline in ("\n", "\r\n"):
        source = f"{head}{before}\n".replace("\n", newline).encode()
        found = made({TOP: source}, feature("all", "c", "d"))
        assert found[TOP].decode() == f"{head}{after}\n".replace("\n", newline)


PROFILES = [
    pytest.param(
        """
        [profile.release]
        lto = true

        [profile.release.package.serde]
        opt-level = 3

        +[profile.release-memory]
        +inherits = "release"
        +debug = 1
        +strip = false
        +
        [lints]
        """,
        id="behind the others",
    ),
    pytest.param(
        """
        [profile.release]
        lto           = true
        codegen-units = 1
        +
        +[profile.release-memory]
        +inherits = "release"
        +debug    = 1
        +strip    = false
        """,
        id="aligned",
    ),
    pytest.param(
        """
        [profile]
        dev = { debug = 1, lto = false }
        release = { lto = true, debug = 0 }
        +release-memory = { inherits = "release", debug = 1, strip = false }
        """,
        id="inline in `[profile]`",
    ),
    pytest.param(
        """
        [profile]
        dev.debug = 1
        release.lto = true
        release.package.serde.opt-level = 3
        +release-memory.inherits = "release"
        +release-memory.debug = 1
        +release-memory.strip = false

        [lints]
        """,
        id="dotted in `[profile]`",
    ),
    pytest.param(
        """
        [lints]
        workspace = true

        # the end
        +
        +[profile.release-memory]
        +inherits = "release"
        +debug = 1
        +strip = false
        """,
        id="none",
    ),
]


@pytest.mark.parametrize("text", PROFILES)
def test_a_profile_is_added(text: str) -> None:
    check(RELEASE, top=f"{X}\n{dedent(text).lstrip()}")


@pytest.mark.parametrize(
    ("line", "added"),
    [
        (
            "profile.release = { lto = true }",
            'profile.release-memory = { inherits = "release", debug = 1, strip = false }',
        ),
        (
            "profile.release.lto = true",
            "".join(
                f"profile.release-memory.{one}\n"
                for one in ('inherits = "release"', "debug = 1", "strip = false")
            ).rstrip(),
        ),
    ],
)
def test_a_profile_at_the_top_is_dotted(line: str, added: str) -> None:
    found = made({TOP: f"{line}\n\n{X}".encode()}, RELEASE)
    assert found[TOP].decode() == f"{line}\n{added}\n\n{X}"


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


@pytest.mark.parametrize(
    ("text", "name", "enables", "reason"),
    [
        ("", "a", ("dep:dhat",), "`dhat` is no optional dependency"),
        ("", "a", ("dhat/x",), "`dhat` is no dependency"),
        ("", "a", ("b",), "has no feature `b`"),
        ('[dependencies]\ndhat = "0.3"', "a", ("dep:dhat",), "is no optional dependency"),
        ('[dev-dependencies]\ndhat = "0.3"', "a", ("dhat/x",), "is no dependency"),
        (
            '[dependencies]\ndhat = { version = "0.3", optional = true }',
            "dhat",
            (),
            "the optional dependency `dhat` of `Cargo.toml` makes a feature `dhat`",
        ),
        (
            '[dependencies]\ndhat = { version = "0.3", optional = true }',
            "a",
            ("dep:dhat",),
            "`dep:dhat` would take away the feature `dhat`",
        ),
        ("[features]\na = 3", "a", (), "is no list"),
        ("features = 3", "a", (), "a form that is not understood"),
        ("[package.metadata]\nfeatures.x = []", "", (), "is not understood"),
    ],
)
def test_a_feature_is_refused(text: str, name: str, enables: tuple[str, ...], reason: str) -> None:
    source = f"{text}\n{X}" if text.startswith("features") else f"{X}{text}\n"
    if not name:
        source, name = f"features = {{ b = [] }}\n{X}", "a"
        reason = "is not a table with a header"
    with pytest.raises(Refused) as refused:
        add_feature(name, enables, TOP, {TOP: source.encode()})
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


def test_a_profile_that_is_there_is_compared() -> None:
    text = (
        '[profile.release-memory]\ninherits = "release"\ndebug = "limited"\nstrip = "none"\nlto=1'
    )
    assert RELEASE({TOP: f"{X}{text}\n".encode()}) == ()
    for change in ("debug = true", 'strip = "symbols"'):
        key = change.split()[0]
        other = "\n".join(change if line.startswith(key) else line for line in text.splitlines())
        with pytest.raises(Refused, match=f"has another value of `{key}`"):
            RELEASE({TOP: f"{X}{other}\n".encode()})


def test_a_profile_belongs_to_the_root() -> None:
    manifests = {TOP: b'[workspace]\nmembers = ["crates/*"]\n', MEMBER: X.encode()}
    with pytest.raises(Refused, match="cargo ignores profiles"):
        add_profile("p", {"debug": 1}, manifests, MEMBER)
    assert made(manifests, profile("p", debug=1))[TOP].endswith(b"]\n\n[profile.p]\ndebug = 1\n")


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


JEMALLOC_STEPS = (depend(JEMALLOC), feature("jemalloc", "dep:tikv-jemallocator"))
DHAT_STEPS = (depend(DHAT), feature("dhat-heap", "dep:dhat"), RELEASE)


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
