"""What is done to a copy of a cache, or of what stands beside it, is done to nobody else's."""

from __future__ import annotations

import pytest

from support import CACHED, HEAD, MEMO, OWNED, STATIC, said

COPIED = "report: handed out as a copy"
SHARED = "Arc<Mutex<HashMap<String, String>>>"


@pytest.mark.parametrize(
    ("done", "verdict"),
    [
        pytest.param("let mut c = SLUGS_CACHE.lock().unwrap().clone(); c.remove(a);", COPIED),
        pytest.param(
            "let g = SLUGS_CACHE.lock().unwrap(); let mut c = g.clone(); c.pop();", COPIED
        ),
        pytest.param("let mut c = SLUGS_CACHE.lock().unwrap().clone(); c.insert(a, b);", COPIED),
        pytest.param("let mut c = SLUGS_CACHE.lock().unwrap().clone(); c = m();", COPIED),
        pytest.param("let mut c = SLUGS_CACHE.lock().unwrap(); c.remove(a);", "alone: removed"),
        pytest.param(
            "let mut c = SLUGS_CACHE.lock().unwrap().clone(); c.pop();"
            " *SLUGS_CACHE.lock().unwrap() = c;",
            "alone: replaced",
        ),
    ],
)
def test_a_copy_of_a_static(done: str, verdict: str) -> None:
    assert said(f"{CACHED}\nfn f() {{ {done} }}").startswith(verdict)


@pytest.mark.parametrize(
    ("kind", "done", "verdict"),
    [
        pytest.param(
            SHARED, "let c = self.entries.clone(); c.lock().unwrap().pop();", "alone: rem"
        ),
        pytest.param(
            SHARED, "let c = Arc::clone(&self.entries); c.lock().pop();", "alone: removed"
        ),
        pytest.param(SHARED, "let mut c = self.entries.lock().unwrap().clone(); c.pop();", COPIED),
        pytest.param(
            "Mutex<Arc<HashMap<String, String>>>",
            "let mut c = self.entries.lock().unwrap().clone(); c.remove(a);",
            "alone: removed",
        ),
        pytest.param(
            "Arc<dashmap::DashMap<String, String>>",
            "let c = self.entries.clone(); c.remove(a);",
            "alone: removed",
        ),
    ],
)
def test_a_copy_of_a_field(kind: str, done: str, verdict: str) -> None:
    kept = OWNED.replace("entries: HashMap<String, String>", f"entries: {kind}")
    locked = "self.entries.lock().unwrap()." if "Mutex" in kind else "self.entries."
    kept = kept.replace("self.entries.", locked)
    assert said(f"{kept}\nimpl SlugCache {{ fn f(&self) {{ {done} }} }}").startswith(verdict)


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        pytest.param("let mut w = WORDS.clone(); w.insert(a, b);", "fix"),
        pytest.param("let mut w: Words = crate::WORDS.clone(); w.insert(a, b);", "fix"),
        pytest.param("let mut w = WORDS.clone(); w.pop();", "fix"),
        pytest.param("let w = WORDS.clone(); w.insert(a, b);", "alone: in step with `WORDS`"),
        pytest.param("let mut w = WORDS.lock().unwrap(); w.insert(a, b);", "alone: in step"),
        pytest.param("WORDS.lock().unwrap().pop();", "alone: in step with `WORDS`, which gives"),
    ],
)
def test_a_copy_of_what_stands_beside(beside: str, verdict: str) -> None:
    made = "    let made = title.to_lowercase();\n"
    words = "static WORDS: LazyLock<HashMap<String, String>> = LazyLock::new(m);\n"
    assert said(HEAD + STATIC + words + MEMO.replace(made, f"{made}{beside}\n")).startswith(verdict)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        pytest.param("LazyLock<HashMap<String, String>>", "nothing"),
        pytest.param("LazyLock<Arc<HashMap<String, String>>>", "nothing"),
        pytest.param("LazyLock<Mutex<HashMap<String, String>>>", "alone: no look-up"),
    ],
)
def test_a_static_without_a_lock_never_grows(kind: str, verdict: str) -> None:
    static = f"static WORDS: {kind} = LazyLock::new(m);\n"
    taken = "WORDS.lock().unwrap()" if "Mutex" in kind else "WORDS"
    grows = f"fn f() -> usize {{ let mut w = {taken}.clone(); w.insert(a, b); w.len() }}"
    assert said(HEAD + static + grows).startswith(verdict)


def test_a_static_without_a_lock_is_lent_to_nobody() -> None:
    static = "static WORDS: LazyLock<HashMap<String, String>> = LazyLock::new(m);\n"
    fills = "fn fill(w: &mut HashMap<String, String>) { w.insert(a, b); w.remove(c); }\n"
    lent = "fn f() { let mut w = WORDS.clone(); fill(&mut w); }"
    assert said(HEAD + static + fills + lent) == "nothing"
