"""How a profile is added to manifests of many shapes: `+` marks new lines, all others stay."""

from __future__ import annotations

from textwrap import dedent

import pytest

from manifests import MEMBER, RELEASE, TOP, X, check, made, profile
from rustfix_mem.cargo.cargo_edit import Refused, add_profile

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
        [profile.release]
        opt-level = 'z'
        strip = "debuginfo"
        +
        +[profile.release-memory]
        +inherits = "release"
        +debug = 1
        +strip = false
        """,
        id="quotes of both sorts",
    ),
    pytest.param(
        """
        [profile.release]
        opt-level = 'z'
        +
        +[profile.release-memory]
        +inherits = 'release'
        +debug = 1
        +strip = false
        """,
        id="single quotes",
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
