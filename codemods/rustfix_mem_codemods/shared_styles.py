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

    `Arc::new(x.clone())` makes a second value, and an allocation for it. Where one is at hand that
    will do, it is used. `Rc` is treated alike.

    - A local that is made to be cloned behind a pointer is made there at once, and every use of
      it becomes one of the pointer: `&x`, `x.field`, `x == y`, `x.clone()`.
    - A private function that puts its `&T` behind a new pointer takes `&Arc<T>`, if each of its
      callers holds one.
    - A second pointer to the same local is a clone of the first.
    - A pointer that a loop makes anew each time round is made before the loop.
    - `Arc::new((*x).clone())` of an `Arc` is `Arc::clone(&x)`.

    It edits only where it knows the type, and every use of it: nothing in the type may change
    through a reference or act when it is dropped, its `Clone` is derived, and nobody in the
    repository asks how pointers to it are shared: `get_mut`, `make_mut`, `try_unwrap`,
    `into_inner`, `ptr_eq`, counts, `Weak`. Whatever it does not understand is reported.

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

    Why not always `machine-applicable`: who shares one allocation can be told by counts and by
    comparing pointers. Nobody here does that, but if the type is public and in a library, others
    may. A loop that would not come to its clone now has one. Where only a clone goes, and
    nothing shares what it did not share before, every call answers the same.

    The guide proposes to keep an `Arc` of each style in the messages, and to make a set of them
    once. Where a message has an `Arc` already, that changes nothing: what costs is that one is made
    anew for each message, out of a style that came in an `Arc`. So callers hand on what they hold.
    And a style is often too small to be shared. Of a type that is, or could be, `Copy` and takes at
    most 16 bytes it says how much a pointer to it takes instead. That is a proposal: `check` shows
    it to who names this codemod, and a fix says it among its reasons. What to keep in a public
    struct, a human has to decide.

    What it cannot know: types of libraries but for a few well-known ones, what macros do with the
    value, who calls a public function, and whether a caller that has no pointer could have one.
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
        message=verdict.message if verdict.edits else f"{verdict.message}; no fix is offered",
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
