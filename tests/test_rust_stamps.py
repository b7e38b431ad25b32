"""Is an entry's stamp only asked whether a hit is fresh, or is it what the entry is for?"""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file.look import look
from support import said

HEAD = """
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, RwLock};
use std::time::{Duration, Instant};
const TTL: Duration = Duration::from_secs(60);
pub struct TooMany;
#[derive(Clone)]
pub struct Meta { id: u32, at: Instant }
impl Meta { fn new(id: u32) -> Meta { Meta { id, at: Instant::now() } } }
static KEPT_CACHE: LazyLock<Mutex<HashMap<String, VALUE>>> = LazyLock::new(Default::default);
"""
PAIR, META = "(u32, Instant)", "Meta"
NOW = "let now = Instant::now();"
RECORDS, UNCLEAR = "it records when something happened", "what follows from how old an entry is"
GIVEN, NUMBERS = "is given by the caller", "an id into another store"


def young(condition: str, answer: str, entry: str = "Some((v, at))") -> str:
    return f"if let {entry} = cache.get(key) {{\n if {condition} {{ {answer} }}\n }}"


PLAIN = young("at.elapsed() < TTL", "return *v;")


def asked(
    hit: str,
    put: str = "(n, Instant::now())",
    made: str = "key.len() as u32",
    end: str = "n",
    *,
    value: str = PAIR,
    returns: str = "u32",
    given: str = "",
    more: str = "",
    last: str = "",
) -> str:
    """What is said of a cache whose look-up is `hit`, and which then puts `put` in."""
    return said(
        HEAD.replace("VALUE", value)
        + f"pub fn call(key: &str{given}) -> {returns} {{\n"
        + f" let mut cache = KEPT_CACHE.lock().unwrap();\n {more}\n {hit}\n let n = {made};\n"
        + f" cache.insert(key.to_owned(), {put});\n {last}\n {end}\n}}\n"
        + "fn next_id() -> u32 { 1 }\nfn made(key: &str) -> Option<u32> { key.parse().ok() }\n"
    )


@pytest.mark.parametrize(
    ("condition", "put"),
    [
        ("at.elapsed() < TTL", "(n, Instant::now())"),
        ("TTL > at.elapsed()", "(n, Instant::now())"),
        ("at.elapsed().as_secs() <= 60", "(n, Instant::now())"),
        ("now.duration_since(*at) < TTL", "(n, now)"),
        ("Instant::now().saturating_duration_since(*at) < TTL", "(n, now)"),
        ("now - *at < TTL", "(n, now)"),
        ("*at > Instant::now()", "(n, Instant::now() + TTL)"),
        ("now < *at", "(n, now + TTL)"),
        ("*at + TTL > now", "(n, now)"),
    ],
)
def test_a_stamp_that_is_only_compared_is_a_time_to_live(condition: str, put: str) -> None:
    assert asked(young(condition, "return *v;"), put, more=NOW if "now" in put else "") == "fix"


@pytest.mark.parametrize(
    ("hit", "value", "put"),
    [
        (young("m.at.elapsed() < TTL", "return m.id;", "Some(m)"), META, "Meta { id: n, at: now }"),
        (
            young("at.elapsed() < TTL", "return *id;", "Some(Meta { id, at })"),
            META,
            "Meta { id: n, at: now }",
        ),
        (
            young("t.elapsed() < TTL", "return *i;", "Some(Meta { id: i, at: t, .. })"),
            META,
            "Meta { id: n, at: now }",
        ),
        (young("e.1.elapsed() < TTL", "return e.0;", "Some(e)"), PAIR, "(n, now)"),
        (
            "if let Some((v, at)) = cache.get(key) && at.elapsed() < TTL { return *v; }",
            PAIR,
            "(n, now)",
        ),
        (
            "match cache.get(key) { Some((v, at)) if at.elapsed() < TTL => return *v, _ => {} }",
            PAIR,
            "(n, now)",
        ),
    ],
    ids=["field", "pattern", "renamed", "number", "chain", "arm"],
)
def test_a_part_of_an_entry_goes_by_many_names(hit: str, value: str, put: str) -> None:
    assert asked(hit, put, value=value, more=NOW) == "fix"


BESIDE = """
static KEPT_CACHE: LazyLock<RwLock<HashMap<String, (u32, Instant)>>> =
    LazyLock::new(Default::default);
pub fn call(key: &str) -> Option<u32> {
    if let Ok(cache) = KEPT_CACHE.read() {
        if let Some((v, at)) = cache.get(key) {
            if at.elapsed() < TTL {
                return Some(*v);
            }
        }
    }
    let n = key.parse().ok()?;
    if let Ok(mut cache) = KEPT_CACHE.write() {
        cache.insert(key.to_owned(), (n, Instant::now()));
    }
    END
}
"""
ARMS = """
pub fn call(key: &str) -> u32 {
    let mut cache = KEPT_CACHE.lock().unwrap();
    let found = match cache.get(key) {
        Some((v, at)) if at.elapsed() < TTL => HIT,
        _ => {
            let n = key.len() as u32;
            cache.insert(key.to_owned(), (n, Instant::now()));
            n
        }
    };
    END
}
"""


@pytest.mark.parametrize(("end", "word"), [("Some(n)", "fix"), ("Some(n + 1)", UNCLEAR)])
def test_what_is_answered_behind_the_growth_is_what_was_put_in(end: str, word: str) -> None:
    head = HEAD.rpartition("static")[0]
    assert word in said(head + BESIDE.replace("END", end))


@pytest.mark.parametrize(
    ("hit", "end", "word"),
    [("*v", "found + 1", "fix"), ("return *v", "found + 1", UNCLEAR), ("*v + 1", "found", UNCLEAR)],
)
def test_both_arms_answer_alike(hit: str, end: str, word: str) -> None:
    source = HEAD.replace("VALUE", PAIR) + ARMS.replace("HIT", hit).replace("END", end)
    assert word in said(source)


@pytest.mark.parametrize("put", ["(n, Instant::now())", "(n, now)"])
@pytest.mark.parametrize(
    ("answer", "returns", "end"),
    [
        ("return Err(TooMany);", "Result<u32, TooMany>", "Ok(n)"),
        ("return Err(*v);", "Result<u32, u32>", "Ok(n)"),
        ("return false;", "bool", "true"),
        ("return None;", "Option<u32>", "Some(n)"),
        ("return;", "()", ""),
    ],
)
def test_a_young_entry_that_turns_away_is_a_limiter(
    answer: str, returns: str, end: str, put: str
) -> None:
    found = asked(young("at.elapsed() < TTL", answer), put, end=end, returns=returns, more=NOW)
    assert found.startswith("alone: ")
    assert RECORDS in found


def test_a_limiter_may_make_its_stamp_elsewhere() -> None:
    hit = young("m.at.elapsed() < TTL", "return Err(TooMany);", "Some(m)")
    found = asked(hit, "Meta::new(n)", value=META, returns="Result<u32, TooMany>", end="Ok(n)")
    assert found.startswith("alone: ")
    assert RECORDS in found


@pytest.mark.parametrize(
    ("hit", "options", "reason"),
    [
        (young("at.elapsed() < TTL", "return (*v, *at);"), {"end": "(n, now)"}, RECORDS),
        (young("m.at.elapsed() < TTL", "return m.clone();", "Some(m)"), {"value": META}, RECORDS),
        (
            young("at.elapsed() < TTL", "keep(at); return *v;"),
            {},
            RECORDS,
        ),
        (PLAIN, {"given": ", n: u32", "made": "n"}, GIVEN),
        (PLAIN, {"given": ", given: u32", "put": "(given, now)", "end": "given"}, GIVEN),
        (PLAIN, {"made": "next_id()"}, NUMBERS),
        (PLAIN, {"end": "n + 1"}, UNCLEAR),
        (PLAIN, {"last": "if n > 7 { return 0; }"}, UNCLEAR),
        (PLAIN, {"last": "keep(now);"}, UNCLEAR),
        (PLAIN, {"put": "(n, START)"}, UNCLEAR),
        (young("at.elapsed() > TTL", "return *v;"), {}, UNCLEAR),
        (young("at.elapsed() < TTL && key.len() < 4", "return *v;"), {}, UNCLEAR),
        (young("*at > given", "return *v;"), {"given": ", given: Instant"}, "fix"),
        (young("at.elapsed() < TTL", "let v = *v; return v;"), {}, UNCLEAR),
        (young("at.elapsed() < TTL", "return *v; } else { old = *v;"), {}, UNCLEAR),
        (
            PLAIN,
            {"made": "match made(key) { Some(n) => n, _ => return cache.get(key).map_or(0, a) }"},
            "only asks",
        ),
        (young("m.at.elapsed() < TTL", "return m.id;", "Some(m)"), {"put": "made(n)"}, UNCLEAR),
    ],
)
def test_whatever_else_is_done_is_seen(hit: str, options: dict[str, str], reason: str) -> None:
    found = asked(hit, **{"put": "(n, now)", "more": NOW, **options})
    assert reason in found
    assert (found == "fix") == (reason == "fix")


@pytest.mark.parametrize(
    ("made", "word"),
    [
        ("key.len() as u32", "fix"),
        ("match made(key) { Some(n) => n, None => return found.map_or(0, |e| e.0) }", UNCLEAR),
    ],
)
def test_a_stale_entry_may_be_asked_again_by_the_name_that_it_has(made: str, word: str) -> None:
    hit = "let found = cache.get(key).cloned();\n" + young("at.elapsed() < TTL", "return *v;")
    assert word in asked(hit.replace("= cache.get(key) {", "= &found {"), made=made)


def test_a_growth_in_a_loop_is_not_followed() -> None:
    body = f"""
pub fn call(keys: &[String]) -> u32 {{
    let mut cache = KEPT_CACHE.lock().unwrap();
    for key in keys {{
        {PLAIN}
        let n = key.len() as u32;
        cache.insert(key.to_owned(), (n, Instant::now()));
    }}
    0
}}
"""
    assert UNCLEAR in said(HEAD.replace("VALUE", PAIR) + body)


def test_what_holds_an_instant_says_another_time_when_it_is_made_again() -> None:
    hit = "if let Some(m) = cache.get(key) { return m.clone(); }"
    made = "Meta::new(key.len() as u32)"
    found = asked(hit, "n.clone()", made, value=META, returns="Meta")
    assert found == "report: a value holds an `Instant`: made again, it says another time"


def test_text_that_is_no_utf_8() -> None:
    """Rust refuses such a file; we only must not fall over it."""
    hit = young("at /* caf? */ .elapsed() < TTL", "return v.clone();")
    body = f"{hit} let n = key.len(); cache.insert(key.to_owned(), (n, Instant::now())); n"
    source = f"fn f(key: &str) -> u32 {{ let mut cache = KEPT.lock().unwrap(); {body} }}".encode()
    found = look(source.replace(b"caf?", b"caf\xe9"))
    assert found.error is None
    uses = [use for mention in found.mentions for use in mention.uses]
    assert [use.lookup is not None for use in uses if use.kind == "grow"] == [True]


@pytest.mark.parametrize(
    ("opened", "verdict"),
    [
        ("let Ok(m) = OTHER.read() && let Some((v, at)) = m.get(key)", "fix"),
        ("let Ok(m) = OTHER.read() && ready() && let Some((v, at)) = m.get(key)", "report"),
        (
            "let Ok(m) = OTHER.read() && let Ok(n) = ready() && let Some((v, at)) = m.get(key)",
            "report",
        ),
    ],
)
def test_what_only_opens_the_map_is_no_condition(opened: str, verdict: str) -> None:
    """Without the lock nothing is found either, and the answer is computed."""
    source = (
        HEAD.replace("VALUE", PAIR)
        .replace("KEPT_CACHE", "OTHER_CACHE")
        .replace("Mutex<HashMap", "RwLock<HashMap")
    )
    body = f"if {opened.replace('OTHER', 'OTHER_CACHE')} && at.elapsed() < TTL {{ return *v; }}"
    put = "m.insert(key.to_owned(), (n, Instant::now()));"
    put = f"if let Ok(mut m) = OTHER_CACHE.write() {{\n {put}\n }}"
    fn = f"pub fn call(key: &str) -> u32 {{\n {body}\n let n = key.len() as u32;\n {put}\n n\n}}"
    assert said(f"{source}{fn}\n").startswith(verdict)
