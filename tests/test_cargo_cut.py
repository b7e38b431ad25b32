"""A dependency is taken out of a manifest, and nothing else."""

from __future__ import annotations

import pytest

from rustfix_mem.cargo.toml_cut import remove_dependency, remove_shared
from rustfix_mem.errors import Refused
from rustfix_mem.text import apply

HEAD = '[package]\nname = "x"\n\n'


def without(manifest: str, more: dict[str, str] | None = None) -> dict[str, str]:
    """The manifests after `lazy_static` is taken out of the first."""
    manifests = {"Cargo.toml": manifest.encode()}
    manifests |= {path: text.encode() for path, text in (more or {}).items()}
    edits = remove_dependency("lazy_static", "Cargo.toml", manifests)
    return {
        path: apply(source, [edit for edit in edits if edit.path == path]).decode()
        for path, source in manifests.items()
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[dependencies]\na = "1"\nlazy_static = "1"\n', '[dependencies]\na = "1"\n'),
        (
            '[dependencies]\nlazy_static.version = "1"\nlazy_static.features = []\nb = "1"\n',
            '[dependencies]\nb = "1"\n',
        ),
        (
            '[dependencies]\na = "1"\n\n[dependencies.lazy_static]\nversion = "1"\n\n[features]\n',
            '[dependencies]\na = "1"\n\n[features]\n',
        ),
        (
            '[dependencies]\r\nlazy_static = "1" # once\r\nb = "1"\r\n',
            '[dependencies]\r\nb = "1"\r\n',
        ),
        (
            '[dependencies]\nlazy_static = "1"\n\n[dev-dependencies]\nlazy_static = "1"\n',
            "[dependencies]\n\n[dev-dependencies]\n",
        ),
        (
            '[target.\'cfg(unix)\'.dependencies]\nlazy_static = "1"\nb = "1"\n',
            "[target.'cfg(unix)'.dependencies]\nb = \"1\"\n",
        ),
    ],
)
def test_it_goes_with_its_lines(before: str, after: str) -> None:
    assert without(HEAD + before) == {"Cargo.toml": HEAD + after}


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("[dependencies]\n", "does not have `lazy_static`"),
        ('[dependencies]\nlazy_static = { version = "1", optional = true }\n', "optional"),
        ('[dependencies]\nlazy_static = { package = "other", version = "1" }\n', "renamed"),
        (
            '[dependencies]\nlazy_static = "1"\n\n[features]\nspin = ["lazy_static/spin_no_std"]\n',
            "speaks of `lazy_static` elsewhere",
        ),
        ('[dependencies]\n# for statics\nlazy_static = "1"\n', "a comment stands above it"),
        ('dependencies = { lazy_static = "1" }\n', "not on lines of its own"),
    ],
)
def test_it_stays(manifest: str, reason: str) -> None:
    whole = HEAD + manifest if manifest.startswith("[") else manifest + HEAD
    with pytest.raises(Refused, match=reason):
        without(whole)


ROOT = '[workspace]\nmembers = ["a", "b"]\n\n[workspace.dependencies]\nlazy_static = "1"\nc = "1"\n'
MEMBER = '[package]\nname = "a"\n\n[dependencies]\nlazy_static.workspace = true\n'


def inherited(other: str) -> str:
    """The root's manifest after a member has lost the dependency."""
    manifests = {"Cargo.toml": ROOT, "a/Cargo.toml": MEMBER, "b/Cargo.toml": other}
    sources = {path: text.encode() for path, text in manifests.items()}
    edits = remove_dependency("lazy_static", "a/Cargo.toml", sources)
    assert any(edit.path == "a/Cargo.toml" for edit in edits)
    return apply(sources["Cargo.toml"], [e for e in edits if e.path == "Cargo.toml"]).decode()


def test_what_is_shared_goes_with_the_last_who_inherits_it() -> None:
    assert inherited('[package]\nname = "b"\n') == ROOT.replace('lazy_static = "1"\n', "")


def test_what_is_shared_stays_for_others() -> None:
    assert inherited(MEMBER.replace('"a"', '"b"')) == ROOT


SHARED = '[workspace]\nmembers = ["a", "b/*"]\n\n[workspace.dependencies]\nc = "1"\nd = "1"\n'
ONE = '[package]\nname = "a"\n'


@pytest.mark.parametrize(
    ("root", "member", "goes"),
    [
        (SHARED, ONE, True),
        (SHARED, f"{ONE}[dependencies]\nc.workspace = true\n", False),
        (SHARED, f"{ONE}# c\n", False),
        (SHARED, f"{ONE}c-d = 1\n", True),
        (SHARED.replace("c =", "e ="), ONE, False),
        (f"{SHARED}[patch.crates-io]\nc = {{ path = 'c' }}\n", ONE, False),
        (SHARED.replace('c = "1"', 'c.version = "1"'), ONE, True),
    ],
)
def test_what_nobody_inherits_goes_from_what_is_shared(root: str, member: str, goes: bool) -> None:
    manifests = {"Cargo.toml": root.encode(), "a/Cargo.toml": member.encode()}
    edits = remove_shared("c", "Cargo.toml", manifests)
    assert bool(edits) == goes
    if goes:
        assert b"c" not in apply(manifests["Cargo.toml"], edits).split(b"dependencies]")[1]


def test_what_a_member_that_is_not_here_may_inherit_stays() -> None:
    with pytest.raises(Refused, match=r"`a/Cargo\.toml` is not in this repository"):
        remove_shared("c", "Cargo.toml", {"Cargo.toml": SHARED.encode()})
