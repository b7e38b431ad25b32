"""Steps that add something to manifests, and how to say what they add: `+` marks new lines."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import TYPE_CHECKING

from rustfix_mem.cargo.cargo_edit import (
    Dependency,
    add_dependency,
    add_feature,
    add_profile,
    together,
)
from rustfix_mem.text import Edit, apply

if TYPE_CHECKING:
    from collections.abc import Mapping

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


JEMALLOC_STEPS = (depend(JEMALLOC), feature("jemalloc", "dep:tikv-jemallocator"))
DHAT_STEPS = (depend(DHAT), feature("dhat-heap", "dep:dhat"), RELEASE)


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
