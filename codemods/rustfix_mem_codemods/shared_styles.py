"""Guide 2.4 and 3.4: values that are cloned into one allocation after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rustfix_mem import (
    Applicability,
    Codemod,
    Finding,
    Fix,
    Kind,
    LeftAlone,
    sharing,
    shipped,
    small_types,
    wraps,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rustfix_mem import Codebase, Gate, syntax


@dataclass(frozen=True, kw_only=True)
class SharedStyles(Codemod):
    """Share a value instead of cloning it into a new `Arc`.

    `Arc::new(x.clone())` makes a second value and an allocation for it. Where `x` is needed for
    nothing else it is made behind its pointer at once, and what had a clone of its own has a
    clone of the pointer. `Rc` is treated alike.

    Before:

    ```rust
    use std::sync::Arc;

    #[derive(Clone)]
    pub struct Look {
        pub name: String,
    }

    pub struct Span {
        pub text: String,
        pub look: Arc<Look>,
    }

    fn look(name: &str) -> Look {
        let name = name.to_lowercase();
        Look { name }
    }

    fn indent(look: &Look) -> usize {
        look.name.len()
    }

    /// Every word in one look.
    pub fn spans(words: &[&str], name: &str) -> Vec<Span> {
        let look = look(name);
        let look_arc = Arc::new(look.clone());
        let indent = " ".repeat(indent(&look));
        let mut spans = Vec::new();
        for word in words {
            spans.push(Span {
                text: format!("{indent}{word}"),
                look: Arc::clone(&look_arc),
            });
        }
        spans
    }
    ```

    After:

    ```rust
    use std::sync::Arc;

    #[derive(Clone)]
    pub struct Look {
        pub name: String,
    }

    pub struct Span {
        pub text: String,
        pub look: Arc<Look>,
    }

    fn look(name: &str) -> Look {
        let name = name.to_lowercase();
        Look { name }
    }

    fn indent(look: &Look) -> usize {
        look.name.len()
    }

    /// Every word in one look.
    pub fn spans(words: &[&str], name: &str) -> Vec<Span> {
        let look_arc = Arc::new(look(name));
        let indent = " ".repeat(indent(&look_arc));
        let mut spans = Vec::new();
        for word in words {
            spans.push(Span {
                text: format!("{indent}{word}"),
                look: Arc::clone(&look_arc),
            });
        }
        spans
    }
    ```
    """

    guide: ClassVar[str] = "2.4, 3.4"
    level: ClassVar[Applicability] = Applicability.MACHINE_APPLICABLE
    gate: ClassVar[Gate] = wraps.GATE
    sight: ClassVar[type[Any] | None] = wraps.Wrap

    @classmethod
    def look(cls, tree: syntax.Tree) -> Iterable[wraps.Wrap]:
        return wraps.wraps(tree)

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        proposed: set[str] = set()
        asked = sharing.who_asks(codebase)
        for path, seen in codebase.sights(type(self), wraps.Wrap).items():
            if passed_over := _passed_over(path, codebase):
                yield from (LeftAlone(path, one.span, one.name, (passed_over,)) for one in seen)
                continue
            for verdict in sharing.judge(path, seen, codebase, asked):
                small = small_types.inline(verdict.type, codebase) if verdict.type else None
                yield _said(verdict, small)
                if small is not None and small.item not in proposed:
                    proposed.add(small.item)
                    yield _proposed(small)


def _passed_over(path: str, codebase: Codebase) -> str:
    if codebase.reach(path).state == "orphan":
        return "a file that rustc never sees"
    return shipped.passed_over(path, False, codebase)


def _said(verdict: sharing.Verdict, small: small_types.Inline | None) -> Finding | LeftAlone:
    if verdict.needed:
        return LeftAlone(verdict.path, verdict.span, verdict.item, verdict.why)
    level = Applicability.MACHINE_APPLICABLE if verdict.sure else Applicability.MAYBE_INCORRECT
    return Finding(
        path=verdict.path,
        span=verdict.span,
        shape=verdict.shape,
        item=verdict.item,
        message=verdict.message,
        why=(*verdict.why, small.message) if small is not None else verdict.why,
        fix=Fix(verdict.title, verdict.edits, level) if verdict.edits else None,
    )


def _proposed(small: small_types.Inline) -> Finding:
    return Finding(
        path=small.path,
        span=small.span,
        shape="inline",
        item=small.item,
        message=small.message,
        help="keep the value where the pointer is",
        kind=Kind.PROPOSAL,
    )
