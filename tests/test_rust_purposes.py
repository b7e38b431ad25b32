"""What finally becomes of what was read into a buffer."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.purposes import purposes


def kinds(body: str, form: str = "bytes", more: str = "", head: str = "pub fn f(r: R)") -> set[str]:
    """The ends of the buffer `b`, which the first `let` of a function makes."""
    source = f"{head} -> T {{ let mut b = Vec::new(); r.read_to_end(&mut b)?; {body} }}\n{more}"
    with syntax.parsed(source.encode()) as tree:
        assert tree.error() is None
        items = collect(tree.root)
        function = items.functions[0]
        let = next(n for n in syntax.walk(function.body) if n.type == "let_declaration")
        return {p.kind for p in purposes(let, function, items, form)}


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ('println!("{}", String::from_utf8_lossy(&b));', {"shown"}),
        ('let t = String::from_utf8_lossy(&b); warn!("it said {t}");', {"shown"}),
        ("let t = String::from_utf8_lossy(&b); error!(%t); ", {"shown"}),
        ("Said { text: String::from_utf8_lossy(&b).into_owned() };", {"kept"}),
        ("let text = String::from_utf8_lossy(&b).trim().to_string(); Said { text };", {"kept"}),
        ("self.text = String::from_utf8_lossy(&b).into_owned();", {"kept"}),
        ("Err(MyError::Failed(b))", {"error"}),
        ('return Err(io::Error::other(format!("{}", String::from_utf8_lossy(&b))));', {"error"}),
        ("let l = String::from_utf8_lossy(&b).lines().next();", {"head"}),
        ("if b.is_empty() { return; }", set()),
        ("drop(b);", set()),
        ("let t = String::from_utf8(b)?; Said { t };", {"kept"}),
        (
            (
                "let h = spawn(move || { r.read_to_end(&mut b).map(|_| b) });"
                ' let c = h.join().unwrap()?; println!("{}", String::from_utf8_lossy(&c));'
            ),
            {"shown"},
        ),
        (
            (
                "let h = tokio::spawn(async move { Ok(b) });"
                " let c = h.await?; Said { t: String::from_utf8_lossy(&c).into_owned() };"
            ),
            {"kept"},
        ),
        (
            (
                "let c = loop { if x { break Ok(b); } }; let t = String::from_utf8_lossy(&c?);"
                ' bail!("{t}")'
            ),
            {"shown"},
        ),
        (
            'let mut m = String::new(); m.push_str(&String::from_utf8_lossy(&b)); info!("{m}");',
            {"shown"},
        ),
        ('match String::from_utf8(b) { Ok(t) => println!("{t}"), Err(_) => {} }', {"shown"}),
    ],
)
def test_text_for_people(body: str, ends: set[str]) -> None:
    assert kinds(body) == ends


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("Said { bytes: b };", {"raw"}),
        ("let n = b.len();", {"counted"}),
        ("b.truncate(9);", {"emptied"}),
        ("b = Vec::new();", {"emptied"}),
        ("serde_json::from_slice(&b)?;", {"parsed"}),
        ("let t = String::from_utf8_lossy(&b); t.parse::<u8>()?;", {"parsed"}),
        ("let t = String::from_utf8_lossy(&b); if t.contains(x) {}", {"examined"}),
        ("let t = String::from_utf8_lossy(&b); for l in t.lines() {}", {"examined"}),
        ("if b == other {}", {"examined"}),
        ("let h = b[0];", {"examined"}),
        ("file.write_all(&b)?;", {"passed"}),
        ("tx.send(b);", {"passed"}),
        ("b", {"answered"}),
        ("Ok(String::from_utf8_lossy(&b).into_owned())", {"answered"}),
        ('Ok(format!("{}", String::from_utf8_lossy(&b)))', {"answered"}),
        ("consume(b);", {"unknown"}),
        ("is_error(&b);", {"unknown"}),
        ("let v = vec![b];", {"unknown"}),
        ('write!(out, "{}", String::from_utf8_lossy(&b))?;', {"unknown"}),
        ("let (x, y) = (b, 1);", {"unknown"}),
        ("callback(|| b);", {"unknown"}),
        ("b.swap(0, 1);", {"unknown"}),
    ],
)
def test_what_needs_every_byte(body: str, ends: set[str]) -> None:
    assert kinds(body) == ends


PRIVATE = "fn f(r: R)"


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        ('pub fn g() { println!("{}", String::from_utf8_lossy(&f(r)?)); }', {"unknown"}),
        ('pub fn g() { let b = f(r)?; eprintln!("{}", String::from_utf8_lossy(&b)); }', {"shown"}),
        ("pub fn g() { serde_json::from_slice(&f(r)?)?; }", {"parsed"}),
        ("pub fn g() { x.map(f); }", {"unknown"}),
        ("", set()),
    ],
)
def test_an_answer_is_followed_to_who_calls(more: str, ends: set[str]) -> None:
    assert kinds("b", more=more, head=PRIVATE) == ends


def test_a_decoder_that_refuses_half_a_character_is_known() -> None:
    body = "let t = String::from_utf8(b)?; Said { t };"
    source = f"fn f() {{ let mut b = Vec::new(); {body} }}".encode()
    with syntax.parsed(source) as tree:
        items = collect(tree.root)
        let = next(n for n in syntax.walk(tree.root) if n.type == "let_declaration")
        assert [p.strict for p in purposes(let, items.functions[0], items, "bytes")] == [True]


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (f"b{'.as_ref()' * 40};", "pub fn f(r: R)"),
        ("m.push_str(&String::from_utf8_lossy(&b));", "pub fn f(r: R, mut m: String)"),
        ("let Said(x, y) = b;", "pub fn f(r: R)"),
    ],
)
def test_what_is_not_followed_may_need_every_byte(body: str, head: str) -> None:
    assert kinds(body, head=head) == {"unknown"}
