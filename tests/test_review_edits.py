"""Code that a hostile review broke: what must not be edited, and what must still compile."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from rustfix_mem.changeset import plan
from rustfix_mem.git.snapshot import Snapshot
from rustfix_mem_codemods.cache_bounds import CacheBounds

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex};

pub static WIDTH_CACHE: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Default::default);
pub static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Default::default);

"""


def rewritten(source: str) -> str:
    """The file after the codemod; the same if it offers nothing."""
    files = {
        "Cargo.toml": b'[package]\nname = "x"\nedition = "2021"\n',
        "src/lib.rs": source.encode(),
    }
    return plan(CacheBounds(), Snapshot.of_files(files), jobs=1).after.read("src/lib.rs").decode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """pub fn width(text: &str) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(text) {
        return unsafe { std::ptr::read(known) };
    }
    let made = text.len();
    cache.insert(text.to_string(), made);
    made
}
""",
            id="unsafe code may rely on entries that stay",
        ),
        pytest.param(
            """pub fn accept(nonce: &str) -> bool {
    let mut seen = SEEN.lock().unwrap();
    if seen.contains(nonce) {
        return false;
    }
    seen.insert(nonce.to_string());
    true
}
""",
            id="a set that somebody relies on",
        ),
        pytest.param(
            """pub fn keep(text: &str, width: usize) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(text) {
        return *known;
    }
    cache.insert(text.to_string(), width);
    width
}
""",
            id="the caller says the value",
        ),
        pytest.param(
            """pub fn changed(text: &str) -> bool {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    let now = text.trim().len();
    if let Some(before) = cache.get(text) {
        if *before == now {
            return false;
        }
    }
    cache.insert(text.to_string(), now);
    true
}
""",
            id="a change is looked for",
        ),
        pytest.param(
            """pub fn total(texts: &[String]) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    for text in texts {
        if !cache.contains_key(text) {
            let made = text.trim().len();
            cache.insert(text.clone(), made);
        }
    }
    texts.iter().map(|text| cache.get(text).unwrap()).sum()
}
""",
            id="all are read when all are in",
        ),
        pytest.param(
            """pub fn width(text: &str) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(text) {
        return *known;
    }
    let made = text.trim().len();
    #[cfg(unix)]
    cache.insert(text.to_string(), made);
    made
}
""",
            id="an attribute stands before the statement",
        ),
        pytest.param(
            """static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

pub fn number(name: &str) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(name) {
        return *known;
    }
    let made = fresh();
    cache.insert(name.to_string(), made);
    made
}

fn fresh() -> usize {
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
""",
            id="a function hands out numbers",
        ),
        pytest.param(
            """pub fn size(name: &str) -> usize {
    if let Some(known) = WIDTH_CACHE.lock().unwrap().get(name) {
        return *known;
    }
    let made = sum(name);
    WIDTH_CACHE.lock().unwrap().insert(name.to_string(), made);
    made
}

fn sum(name: &str) -> usize {
    name.split('/').skip(1).map(size).sum::<usize>() + name.len() + size("")
}
""",
            id="two functions call each other",
        ),
        pytest.param(
            """#[cfg(unix)]
pub fn width(text: &str) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(text) {
        return *known;
    }
    let made = text.trim().len();
    cache.insert(text.to_string(), made);
    made
}
""",
            id="only one platform has the function",
        ),
        pytest.param(
            """pub fn width(text: &str) -> usize {
    if let Some(known) = WIDTH_CACHE.lock().unwrap().get(text) {
        return *known;
    }
    let made = text.trim().len();
    WIDTH_CACHE // the lock is short
        .lock()
        .unwrap()
        .insert(text.to_string(), made);
    made
}
""",
            id="a comment in the chain",
        ),
    ],
)
def test_left_as_it_is(body: str) -> None:
    assert rewritten(HEAD + body) == HEAD + body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """pub fn width(a: u32, key: usize) -> usize {
    let mut cache = WIDTH_CACHE.lock().unwrap();
    if let Some(known) = cache.get(&format!("{a}  {a}")) {
        return *known + key;
    }
    let made = a as usize;
    cache.insert(format!("{a}  {a}"), made);
    made + key
}
""",
            id="a hoisted key neither shadows nor loses blanks",
        ),
        pytest.param(
            """pub struct Dir {
    pub id: String,
}

impl Dir {
    pub fn size(self) -> usize {
        if let Some(size) = WIDTH_CACHE.lock().unwrap().get(&self.id) {
            return *size;
        }
        let id = self.id.clone();
        let made = self.eat();
        WIDTH_CACHE.lock().unwrap().insert(id, made);
        made
    }

    fn eat(self) -> usize {
        self.id.len()
    }
}
""",
            id="self is moved between",
        ),
        pytest.param(
            """pub fn width(name: &str) -> usize {
    let name = name.to_lowercase();
    *WIDTH_CACHE
        .lock()
        .unwrap()
        .entry(name.clone())
        .or_insert_with(|| name.trim().len())
}
""",
            id="a parameter is shadowed",
        ),
        pytest.param(
            """pub fn width(width_cache: &str) -> usize {
    if let Some(known) = WIDTH_CACHE.lock().unwrap().get(width_cache) {
        return *known;
    }
    let made = width_cache.trim().len();
    WIDTH_CACHE.lock().unwrap().insert(width_cache.to_string(), made);
    made
}
""",
            id="the new local's name is taken",
        ),
    ],
)
def test_edited_and_compiles(body: str, tmp_path: Path) -> None:
    after = rewritten(HEAD + body)
    assert "MAX_WIDTH_CACHE_ENTRIES" in after
    file = tmp_path / "lib.rs"
    file.write_text(after)
    out = tmp_path / "x.rmeta"
    command = ["rustc", "--edition", "2021", "--crate-type", "lib", "--emit", "metadata"]
    done = subprocess.run([*command, "-o", out, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{after}\n{done.stderr}"
    if "{a}  {a}" in body:
        assert after.count('"{a}  {a}"') == 2
        assert "let key =" not in after
