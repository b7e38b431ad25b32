"""Where a loop keeps lines of a process in what others share, and what they do with it."""

from __future__ import annotations

import time

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.outputs import sights

R = "let r = BufReader::new(child.stdout.take().unwrap());"
LOCK = "let log = Arc::new(Mutex::new(Vec::new()));"
PUSH = "for line in r.lines() { log.lock().unwrap().push(line?); }"
THREAD = f"let theirs = Arc::clone(&log); spawn(move || {{ {PUSH.replace('log', 'theirs')} }});"
OWNER = "struct S { lines: Vec<String> }"


def kept(source: str) -> list[tuple[str, str]]:
    """The buffer, and what may bound it, of all that is kept line by line in a file."""
    with syntax.parsed(source.encode()) as tree:
        assert tree.error() is None
        found = [sight.read for sight in sights(tree) if sight.read is not None]
    assert all(read.shape == "kept-lines" and read.hitch for read in found)
    return [(read.buffer, read.bounded) for read in found]


def in_function(body: str, items: str = "") -> list[tuple[str, str]]:
    return kept(f"{items} fn f(mut child: Child) {{ {R} {body} }}")


def in_method(body: str, items: str = OWNER, more: str = "") -> list[tuple[str, str]]:
    return kept(f"{items} impl S {{ fn f(&mut self, mut child: Child) {{ {R} {body} }} {more} }}")


@pytest.mark.parametrize(
    "body",
    [
        PUSH,
        "for line in r.lines() { let mut all = log.lock().unwrap(); all.push(line?); }",
        "for line in r.lines() { if let Ok(mut all) = log.lock() { all.push(line?); } }",
        "let mut all = log.lock().unwrap(); for line in r.lines() { all.push(line?); }",
        f'{PUSH} println!("{{}}", log.lock().unwrap().join("x"));',
        f"{PUSH} for one in log.lock().unwrap().iter() {{ show(one); }}",
        f"{PUSH} show(&log.lock().unwrap());",
        f"{PUSH} let copy = log.lock().unwrap().clone(); return copy;",
        f"{PUSH} return Arc::try_unwrap(log).unwrap().into_inner();",
    ],
)
def test_lines_behind_a_lock(body: str) -> None:
    assert in_function(f"{LOCK} {body}") == [("log", "")]


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("Arc::default()", True),
        ("Default::default()", True),
        ("Arc::new(Mutex::default())", True),
        ("Arc::new(Mutex::new(Vec::with_capacity(9)))", True),
        ("Arc::new(Mutex::new(Ring::with_capacity(9)))", False),
        ("shared()", False),
    ],
)
def test_lines_behind_a_lock_whose_type_is_written(made: str, *, found: bool) -> None:
    lines = in_function(f"let log: Arc<Mutex<Vec<String>>> = {made}; {PUSH}")
    assert lines == ([("log", "")] if found else [])
    new = f"fn new() -> S {{ S {{ log: {made} }} }}"
    lines = in_method(
        PUSH.replace("log", "self.log"), "struct S { log: Arc<Mutex<Vec<String>>> }", new
    )
    assert lines == ([("self.log", "")] if found else [])


def test_lines_that_a_thread_puts_behind_a_lock() -> None:
    assert in_function(f"{LOCK} {THREAD}") == [("log", "")]
    assert in_function(f"{LOCK} {THREAD} show(&log.lock().unwrap());") == [("log", "")]
    given = "fn pump(r: ChildStdout, log: Arc<Mutex<Vec<String>>>) { let r = BufReader::new(r);"
    call = f"{LOCK} pump(child.stdout.take().unwrap(), log.clone());"
    assert in_function(call, f"{given} {PUSH} }}") == [("log", "")]
    assert in_function(f"{call} log.lock().unwrap().clear();", f"{given} {PUSH} }}") == [
        ("log", "`log.lock().unwrap().clear` may bound it")
    ]
    assert in_function(call, f"pub {given} {PUSH} }}") == []


def test_lines_in_a_static() -> None:
    static = "static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());"
    push = PUSH.replace("log", "LOG")
    assert in_function(push, static) == [("LOG", "")]
    assert in_function(push, f"pub {static}") == []
    assert in_function(push, f"{static} fn g() {{ LOG.lock().unwrap().drain(..); }}") == [
        ("LOG", "`LOG.lock().unwrap().drain` may bound it")
    ]


@pytest.mark.parametrize(
    "more",
    [
        "",
        "fn lines(&self) -> &[String] { &self.lines }",
        "fn new() -> S { S { lines: Vec::new() } }",
        "fn new(lines: Vec<String>) -> S { S { lines } }",
        "fn into_lines(self) -> Vec<String> { self.lines }",
        'fn all(&self) -> String { self.lines.join("x") }',
        "fn any(&self) -> bool { self.lines.iter().any(|l| l.is_empty()) }",
        'fn put(&mut self) { self.lines.push("x".into()); }',
    ],
)
def test_lines_in_a_field(more: str) -> None:
    found = in_method("for line in r.lines() { self.lines.push(line?); }", more=more)
    assert found == [("self.lines", "")]


def test_lines_in_a_queue() -> None:
    owner, push = OWNER.replace("Vec", "VecDeque"), "self.lines.push_back(line?);"
    assert in_method(f"for line in r.lines() {{ {push} }}", owner) == [("self.lines", "")]
    assert in_method(f"for line in r.lines() {{ {push} self.lines.pop_front(); }}", owner) == [
        ("self.lines", "`self.lines.pop_front` may bound it")
    ]


def test_lines_behind_a_lock_in_a_field() -> None:
    owner = "struct S { log: Arc<Mutex<Vec<String>>> }"
    push = PUSH.replace("log", "self.log")
    new = "fn new() -> S { S { log: Arc::new(Mutex::new(Vec::new())) } }"
    assert in_method(push, owner, new) == [("self.log", "")]
    assert in_method(f"let log = self.log.clone(); spawn(move || {{ {PUSH} }});", owner) == [
        ("self.log", "")
    ]
    shared = "fn new(log: Arc<Mutex<Vec<String>>>) -> S { S { log } }"
    assert in_method(push, owner, shared) == []  # another may take lines out


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("fn g(&mut self) { self.lines.clear(); }", "self.lines.clear"),
        ("fn g(&mut self) -> Vec<String> { std::mem::take(&mut self.lines) }", "std::mem::take"),
        ("fn g(&mut self) { self.lines = Vec::new(); }", "self.lines = Vec::new()"),
        ("fn g(&mut self) { if self.lines.len() > 9 { stop(); } }", "self.lines.len"),
        ('fn g(&mut self) { println!("{:?}", self.lines.pop()); }', "pop"),
    ],
)
def test_what_may_bound_a_field(more: str, why: str) -> None:
    found = in_method("for line in r.lines() { self.lines.push(line?); }", more=more)
    assert found == [("self.lines", f"`{why}` may bound it")]


def test_what_may_bound_what_is_behind_a_lock() -> None:
    assert in_function(f"{LOCK} {PUSH} log.lock().unwrap().drain(..);") == [
        ("log", "`log.lock().unwrap().drain` may bound it")
    ]
    assert in_function(f"{LOCK} {PUSH} let mut l = log.lock().unwrap(); l.truncate(9);") == [
        ("log", "`l.truncate` may bound it")
    ]
    assert in_function(f"{LOCK} {PUSH} *log.lock().unwrap() = Vec::new();") == [
        ("log", "`*log.lock().unwrap() = Vec::new()` may bound it")
    ]
    counted = (
        "for line in r.lines() { n += 1; if n > 9 { break; } log.lock().unwrap().push(line?); }"
    )
    assert in_function(f"{LOCK} {counted}") == [("log", "`n > 9` may bound it")]


@pytest.mark.parametrize(
    "body",
    [
        f"{LOCK} {PUSH} keep(log);",
        f"{LOCK} {PUSH} keep(&log);",
        f"{LOCK} {PUSH} keep(log.clone());",
        f"{LOCK} {PUSH} log",
        f"{LOCK} {PUSH} S {{ log }};",
        f"{LOCK} {PUSH} trim(&mut log.lock().unwrap());",
        f"{LOCK} {PUSH} run!(log);",
        f"let log = shared(); {PUSH}",
        f"let log = Arc::new(Mutex::new(Ring::new(9))); {PUSH}",
        PUSH,
        f"{LOCK} for line in r.lines() {{ log.lock().unwrap().push(parse(&line?)); }}",
        f"for line in r.lines() {{ {LOCK} log.lock().unwrap().push(line?); }}",
        "for line in r.lines() { window.lines.push(line?); }",
    ],
)
def test_what_others_may_take_out(body: str) -> None:
    assert in_function(body) == []


@pytest.mark.parametrize(
    "items",
    [
        OWNER.replace("lines:", "pub lines:"),
        OWNER.replace("Vec<String>", "Ring<String>"),
        "",
        f"{OWNER} struct T {{ lines: Vec<u8> }}",
        f"{OWNER} macro_rules! m {{ ($s:expr) => {{ $s.lines.clear() }} }}",
    ],
)
def test_fields_that_others_may_change(items: str) -> None:
    assert in_method("for line in r.lines() { self.lines.push(line?); }", items) == []


def test_a_field_that_is_lent() -> None:
    push = "for line in r.lines() { self.lines.push(line?); }"
    assert in_method(push, more="fn g(&mut self) { trim(&mut self.lines); }") == []
    assert in_method(push, more="fn g(&mut self) -> &mut Vec<String> { &mut self.lines }") == []
    assert in_method(push, more="fn g(&mut self) { let S { lines } = self; lines.clear(); }") == []


@pytest.mark.parametrize(
    ("start", "put"), [(LOCK, "log.lock().unwrap()"), ("let mut log = Vec::new();", "log")]
)
def test_many_lines_of_code_that_put_lines_in(start: str, put: str) -> None:
    began = time.monotonic()
    puts = f"{put}.push(line.clone()); " * 800
    assert in_function(f"{start} for line in r.lines() {{ let line = line?; {puts} }}")
    assert time.monotonic() - began < 20
