"""The attributes of `fn main`: which leave it as it is, and which bring no allocator.

An attribute of another crate may be a macro, which may put anything in the place of a function, and
anything beside it: an allocator, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = frozenset(
    "allow cfg cold coverage deny deprecated doc expect forbid inline must_use no_mangle"
    " track_caller warn".split()
)
"""Attributes of the language that leave the body of a function as it is written."""
TOOLS = ("clippy", "diagnostic", "rustfmt")

KNOWN = frozenset(
    "actix::main actix_rt::main actix_web::main async_std::main compio::main dotenvy::load"
    " macroquad::main monoio::main ntex::main ntex_rt::main paw::main quit::main rocket::main"
    " shuttle_runtime::main smol_macros::main smol_potat::main snafu::report tokio::main"
    " tracing::instrument".split()
)
"""Attributes that rewrite `main`, for an async runtime most often, and bring no allocator."""

APPLIED = "macro_rules_attribute::apply"
"""Takes a macro, which is what matters: `#[apply(smol_macros::main!)]`."""
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[(\[{]|[)\]}]|,|[^"()\[\]{},]+|.', re.DOTALL)
CALLED = re.compile(r"(?P<path>[\w:\s]+?)\s*(?:\((?P<inside>.*)\)|=.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute; that in a `cfg_attr` stands for itself."""

    text: str
    """As written between `#[` and `]`."""
    path: str
    """What it names, with what a `use` of the file says of its first name."""

    @property
    def plain(self) -> bool:
        """Whether the function stays as it is written."""
        return self.path in PLAIN or self.path.partition("::")[0] in TOOLS

    @property
    def brings_nothing(self) -> bool:
        """Whether it puts no allocator beside the function, whatever it makes of that."""
        return self.plain or "::".join(self.path.split("::")[-2:]) in KNOWN


def attributes(written: str, full: Callable[[str], str]) -> Iterator[Attribute]:
    """Those that one pair of `#[` and `]` stands for; `full` says what the file calls a path."""
    said = CALLED.fullmatch(written.strip())
    if said is None:
        yield Attribute(written, "")
        return
    path, inside = "".join(said["path"].split()).removeprefix("::"), said["inside"] or ""
    if path == "cfg_attr":
        for part in _parts(inside)[1:]:  # behind the condition
            yield from attributes(part, full)
        return
    if path == "unsafe":
        yield from attributes(inside, full)
        return
    path = full(path)
    if path == APPLIED and inside.strip().endswith("!"):
        path = full("".join(inside.split()).removesuffix("!"))
    yield Attribute(written.strip(), path)


def _parts(inside: str) -> list[str]:
    """What stands between the commas of a list, brackets and strings left whole."""
    parts, depth = [""], 0
    for token in TOKENS.findall(inside):
        if token == "," and not depth:
            parts.append("")
            continue
        depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        parts[-1] += token
    return [part for part in parts if part.strip()]
