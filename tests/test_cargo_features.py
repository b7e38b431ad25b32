"""How a feature is added to manifests of many shapes: `+` marks new lines, all others stay."""

from __future__ import annotations

from textwrap import dedent

import pytest

from manifests import DHAT, TOP, X, depend, feature, made, split
from rustfix_mem.cargo.cargo_edit import Refused, add_feature

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
        alloc = []
        default = ["std"]
        +dhat-heap = ["dep:dhat"]
        std = []

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="sorted, with `default` in its place",
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
        [features]
        default = ["fonts"]

        # Puts the fonts in.
        fonts = []

        # Moves on by itself.
        update = []
        +
        +dhat-heap = ["dep:dhat"]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="apart, each with a remark",
    ),
    pytest.param(
        """
        [features]
        default = []

        std = []

        alloc = ["std"]
        +
        +dhat-heap = ["dep:dhat"]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="apart, each without a remark",
    ),
    pytest.param(
        """
        [features]
        default = []

        alloc = []

        +dhat-heap = ["dep:dhat"]
        +
        std = []

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="apart, before the last",
    ),
    pytest.param(
        """
        [features]
        std = []
        alloc = ["std"]

        # sandboxes
        sandbox = []
        +
        +dhat-heap = ["dep:dhat"]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="behind one below a heading",
    ),
    pytest.param(
        """
        [features]
        std = []
        alloc = ["std"]

        cage = []
        +dhat-heap = ["dep:dhat"]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="behind one that is apart",
    ),
    pytest.param(
        """
        [features]
        # Speaks to others.
        std = []
        # Asks for memory.
        alloc = ["std"]
        +dhat-heap = ["dep:dhat"]

        [dependencies]
        dhat = { version = "0.3", optional = true }
        """,
        id="each with a remark, but not apart",
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
