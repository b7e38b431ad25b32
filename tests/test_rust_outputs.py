"""Where a file gathers what processes print, and what stands against a bound there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.outputs import GATE, reads, sights

if TYPE_CHECKING:
    from rustfix_mem.rust.file.process_reads import ProcessRead

USES = "use std::io::Read;\n"
PIPE = (
    "let mut pipe = child.stdout.take().unwrap(); let mut chunk = [0; 9]; let mut all = Vec::new();"
)


def seen(body: str, uses: str = USES, pipe: str = PIPE) -> list[ProcessRead]:
    source = f"{uses}pub fn f(mut child: Child) -> T {{ {pipe} {body} }}".encode()
    with syntax.parsed(source) as tree:
        assert tree.error() is None
        return list(reads(collect(tree.root)))


LOOP = (
    "loop { match pipe.read(&mut chunk) { Ok(0) => break, Ok(n) => { GROW } Err(e) => return e } }"
)


@pytest.mark.parametrize(
    "grow",
    [
        "all.extend_from_slice(&chunk[..n]);",
        "all.extend_from_slice(&chunk[0..n]);",
        "all.extend(&chunk[..n]);",
        "all.extend_from_slice(&chunk[..n])",
    ],
)
def test_a_loop_gathers(grow: str) -> None:
    (read,) = seen(LOOP.replace("GROW", grow))
    assert (read.shape, read.pipe, read.buffer, read.bounded, read.hitch) == (
        "read-loop",
        "stdout",
        "all",
        "",
        "",
    )
    assert read.growth is not None
    assert (read.growth.form, read.growth.count) == ("statement", "n")


def test_the_else_of_an_optional_bound() -> None:
    grow = (
        "if let Some(max) = max { let n = n.min(max - all.len()); all.extend(&chunk[..n]); }"
        " else { all.extend_from_slice(&chunk[..n]); }"
    )
    within, beyond = seen(LOOP.replace("GROW", grow))
    assert within.bounded == "`all.len()` bounds it already"
    assert not beyond.bounded
    assert beyond.hitch == "only `let Some(max) = max` has a bound, and this is its `else`"
    other = grow.replace("let n = n.min(max - all.len());", "")
    assert [read.hitch for read in seen(LOOP.replace("GROW", other))] == ["", ""]


@pytest.mark.parametrize(
    "body",
    [
        "while let Ok(n) = pipe.read(&mut chunk) { all.extend_from_slice(&chunk[..n]); }",
        "while let Ok(n @ 1..) = pipe.read(&mut chunk) { all.extend_from_slice(&chunk[..n]); }",
        "loop { let n = pipe.read(&mut chunk)?; all.extend_from_slice(&chunk[..n]); }",
        "loop { let n = pipe.read(&mut chunk).await?; all.extend_from_slice(&chunk[..n]); }",
    ],
)
def test_loops_of_every_kind(body: str) -> None:
    (read,) = seen(body)
    assert not read.bounded
    assert not read.hitch


@pytest.mark.parametrize(
    "grow",
    [
        "if all.len() < 9 { all.extend_from_slice(&chunk[..n]); }",
        "all.extend_from_slice(&chunk[..n]); all.truncate(9);",
        "all.extend_from_slice(&chunk[..n]); if all.len() > 9 { break; }",
        "let m = n.min(9 - all.len()); all.extend_from_slice(&chunk[..m]);",
        "all.extend_from_slice(&chunk[..n]); show(&all); all.clear();",
        "all.extend_from_slice(&chunk[..n.min(9)]);",
    ],
)
def test_a_loop_that_is_bounded(grow: str) -> None:
    (read,) = seen(LOOP.replace("GROW", grow))
    assert read.bounded


@pytest.mark.parametrize(
    "body",
    [
        LOOP.replace("GROW", "screen.process(&chunk[..n]);"),
        LOOP.replace("GROW", "all.extend_from_slice(&other[..n]);"),
        LOOP.replace("GROW", "let mut line = Vec::new(); line.extend_from_slice(&chunk[..n]);"),
        "all.extend_from_slice(&chunk[..n]);",
        "loop { file.read(&mut chunk)?; all.extend_from_slice(&chunk[..n]); }",
        "pipe.take(9).read_to_end(&mut all)?;",
        "file.read_to_end(&mut all)?;",
    ],
)
def test_what_is_no_gathering(body: str) -> None:
    assert seen(body) == []


@pytest.mark.parametrize(
    ("body", "hitch"),
    [
        ("child.wait()?; pipe.read_to_end(&mut all)?;", "when the process has ended"),
        ("if late { child.wait()?; return x; } pipe.read_to_end(&mut all)?;", ""),
        ("spawn(move || child.wait()); pipe.read_to_end(&mut all)?;", ""),
        ("pipe.read_to_end(&mut all)?; child.wait()?;", ""),
        ("pipe.read_to_end(&mut self.all)?;", "not made where it is read"),
        ("let mut all = old(); pipe.read_to_end(&mut all)?;", "not made where it is read"),
        (
            (
                "pipe.read_to_end(&mut all)?;"
                " let mut b = Vec::new(); child.stderr.take()?.read_to_end(&mut b)?;"
            ),
            "one pipe is read to its end before the other",
        ),
        (
            (
                "spawn(|| { let mut b = Vec::new(); child.stderr.take()?.read_to_end(&mut b) });"
                " pipe.read_to_end(&mut all)?;"
            ),
            "",
        ),
        ("let p = pipe; p.read_to_end(&mut all)?;", "how its reader is borrowed"),
    ],
)
def test_what_is_in_the_way(body: str, hitch: str) -> None:
    found = [read for read in seen(body) if read.pipe == "stdout"]
    assert [hitch in read.hitch and bool(read.hitch) == bool(hitch) for read in found] == [True]


@pytest.mark.parametrize(
    ("reader", "borrow"),
    [
        ("pipe", "&mut "),
        ("child.stdout.as_mut().unwrap()", ""),
        ("child.stdout.take().unwrap()", "&mut "),
        ("(&mut pipe)", ""),
        ("pipe.by_ref()", ""),
        ("BufReader::new(pipe)", "&mut "),
    ],
)
def test_how_a_reader_is_lent(reader: str, borrow: str) -> None:
    (read,) = seen(f"{reader}.read_to_end(&mut all)?;")
    assert read.drain is not None
    assert not read.hitch
    assert read.drain.borrow == borrow


@pytest.mark.parametrize(
    ("uses", "call", "library"),
    [
        ("use std::io::Read;\n", "pipe.read_to_end(&mut all)?", "std"),
        ("use std::io::{self, prelude::*};\n", "pipe.read_to_end(&mut all)?", "std"),
        ("use tokio::io::AsyncReadExt;\n", "pipe.read_to_end(&mut all).await?", "tokio"),
        (
            "use tokio::io::{self, AsyncReadExt as _};\n",
            "pipe.read_to_end(&mut all).await?",
            "tokio",
        ),
        ("use futures::AsyncReadExt;\n", "pipe.read_to_end(&mut all).await?", ""),
        ("use tokio::io::AsyncReadExt;\n", "pipe.read_to_end(&mut all)", ""),
        (
            "use std::io::Read;\nuse tokio::io::AsyncReadExt;\n",
            "pipe.read_to_end(&mut all)",
            "",
        ),
        ("", "pipe.read_to_end(&mut all)?", ""),
    ],
)
def test_whose_method_it_is(uses: str, call: str, library: str) -> None:
    (read,) = seen(f"{call};", uses)
    assert read.library == library


def test_an_import_in_a_function_is_none_of_the_module() -> None:
    (read,) = seen("use std::io::Read; pipe.read_to_end(&mut all)?;", "")
    assert read.library == "std"
    assert not read.imported
    (read,) = seen("pipe.read_to_end(&mut all)?;")
    assert read.imported


@pytest.mark.parametrize(
    ("made", "room"),
    [("1024 * 1024", 1_048_576), ("65_536", 65_536), ("MOST", None), ("n.min(9)", None)],
)
def test_the_room_that_a_buffer_takes(made: str, room: int | None) -> None:
    pipe = PIPE.replace("Vec::new()", f"Vec::with_capacity({made})")
    (read,) = seen("pipe.read_to_end(&mut all)?;", pipe=pipe)
    assert (read.room.bytes if read.room is not None else None) == room


@pytest.mark.parametrize(
    ("decode", "hitch"),
    [
        ("let t = String::from_utf8_lossy(&chunk[..n]); show(&t);", ""),
        ("let t = String::from_utf8_lossy(&chunk[..n]).into_owned(); keep(t);", ""),
        ("show(&String::from_utf8_lossy(&chunk[..n]));", ""),
        ('let t = String::from_utf8_lossy(&chunk[..n]); println!("{}", t);', ""),
        ("let t = String::from_utf8_lossy(&chunk[..n]); keep(t);", "as a `Cow`"),
        ("let t = String::from_utf8_lossy(&chunk[..n]); keep(t.into_owned());", "as a `Cow`"),
        ("let t: Cow<str> = String::from_utf8_lossy(&chunk[..n]);", "as a `Cow`"),
        ("keep(String::from_utf8_lossy(&chunk[..n]));", "as a `Cow`"),
        ("keep(String::from_utf8_lossy(&chunk[..n]).into());", "as a `Cow`"),
    ],
)
def test_a_chunk_that_is_decoded_by_itself(decode: str, hitch: str) -> None:
    found = seen("\n" + LOOP.replace("GROW", decode))
    assert [(read.shape, hitch in read.hitch, bool(read.hitch)) for read in found] == [
        ("lossy-chunk", True, bool(hitch))
    ]


def test_tokens_of_a_macro_are_read_and_not_edited() -> None:
    body = (
        "loop { select! { r = pipe.read(&mut chunk) => { all.extend_from_slice(&chunk[..r?]); } } }"
    )
    (read,) = seen(body)
    assert read.shape == "read-loop"
    assert "`select!`" in read.hitch
    assert seen(body.replace("=> {", "=> { if all.len() > 9 { break; }")) == []
    assert seen(body.replace("select!", "quote!")) == []


PARTIAL = """struct S {{ partial: String, bytes: usize, most: usize }}
impl S {{ fn push(&mut self, text: &str) {{
    if {condition} {{ {refuse} }}
    self.partial.push_str(text);
    let line = std::mem::take(&mut self.partial);
    self.bytes += {added};
}} }}"""


@pytest.mark.parametrize(
    ("condition", "refuse", "added", "found"),
    [
        ("self.bytes + text.len() > self.most", "return;", "line.len()", 1),
        ("self.bytes > self.most", "warn(); return;", "line.len()", 1),
        ("ready && self.bytes + n + 1 >= self.most", "return;", "line.len()", 1),
        ("self.bytes + self.partial.len() + n > self.most", "return;", "line.len()", 0),
        ("self.bytes + n > self.most", "self.warned = true;", "line.len()", 0),
        ("self.bytes * n > self.most", "return;", "line.len()", 0),
        ("self.bytes + n > 9", "return;", "line.len()", 0),
        ("self.bytes + n > self.most", "return;", "1", 0),
        ("self.other + n > self.most", "return;", "line.len()", 0),
    ],
)
def test_a_partial_line_that_is_not_counted(
    condition: str, refuse: str, added: str, found: int
) -> None:
    source = PARTIAL.format(condition=condition, refuse=refuse, added=added).encode()
    with syntax.parsed(source) as tree:
        assert tree.error() is None
        partials = [sight.partial for sight in sights(tree) if sight.partial is not None]
    assert [(one.item, one.limit, one.counter) for one in partials] == [
        ("S.partial", "most", "bytes")
    ] * found


@pytest.mark.parametrize(
    ("body", "script"),
    [
        ('Command::new("sh").arg("-c").arg(line).output()?;', "line"),
        ('Command::new("/bin/bash").args(["-lc", &line]).output()?;', "line"),
        ('Command::new(shell).args(["-c", line]).output()?;', "line"),
        ('let mut c = Command::new("sh"); c.arg("-c").arg(line); c.output()?;', "line"),
        ('let c = Command::new("sh").args(["-c", line]).PIPED.spawn()?; c.WAIT?;', "line"),
        ('let c = Command::new("sh").args(["-c", line]).ERRORS.spawn()?; c.WAIT?;', "line"),
        ('let c = Command::new("sh").args(["-c", line]).spawn()?; c.WAIT?;', ""),
        ('let c = Command::new("sh").args(["-c", line]).STDIN.spawn()?; c.WAIT?;', ""),
        ('Command::new("sh").arg("-c").arg("echo").output()?;', ""),
        ('Command::new("sh").arg("-c").arg(format!("echo {x}")).output()?;', ""),
        ('Command::new("sh").arg("-c").arg(SCRIPT).output()?;', ""),
        ('Command::new("git").arg("-c").arg(setting).output()?;', ""),
        ('Command::new("sh").arg("-c").arg(line).status()?;', ""),
        ('Command::new("sh").arg(file).output()?;', ""),
        ('let sh = "bash"; Command::new(sh).args(["-c", line]).output()?;', "line"),
        (
            'let sh = env::var("SHELL").unwrap_or(d); Command::new(&sh).args(["-c", x]).output()?;',
            "x",
        ),
        ('let p = std::env::var_os("SHELL")?; let mut c = Command::new(p); RUN', "line"),
        ('let p = env::var("EDITOR")?; Command::new(p).args(["-c", line]).output()?;', ""),
        ('let git = "git"; Command::new(git).args(["-c", line]).output()?;', ""),
        ('Command::new(program).args(["-c", line]).output()?;', ""),
    ],
)
def test_a_shell_that_runs_what_it_is_given(body: str, script: str) -> None:
    for short, long in (
        ("WAIT", "wait_with_output()"),
        ("RUN", 'c.arg("-c").arg(line); c.output()?;'),
        ("PIPED", "stdout(Stdio::piped())"),
        ("ERRORS", "stderr(if all { Stdio::piped() } else { Stdio::null() })"),
        ("STDIN", "stdout(Stdio::null()).stdin(Stdio::piped())"),
    ):
        body = body.replace(short, long)
    with syntax.parsed(f"fn f() {{ {body} }}".encode()) as tree:
        found = [sight.shell.script for sight in sights(tree) if sight.shell is not None]
    assert found == ([script] if script else [])


SHELL = 'fn sh() -> Command { let mut c = Command::new("sh"); c.arg("-c"); c }'
GIVEN = 'fn sh(said: &str) -> Command { let mut c = Command::new("sh"); c.args(["-c", said]); c }'
NAMES = 'fn name() -> &\'static str { if cfg!(windows) { "cmd" } else { "/bin/sh" } }'
PAIR = 'fn pair() -> (&\'static str, &\'static str) { ("sh", "-c") }'
WANTED = 'fn name() -> String { env::var("SHELL").unwrap_or_else(|_| String::from("sh")) }'
PICKED = 'fn name(of: &str) -> &str { match of { "sh" => "git", _ => "hg" } }'


@pytest.mark.parametrize(
    ("items", "body", "script"),
    [
        (SHELL, "sh().arg(line).output()?;", "line"),
        (SHELL, "let mut c = sh(); c.arg(line); c.output()?;", "line"),
        (GIVEN, "sh(line).output()?;", "line"),
        (GIVEN, "let mut c = sh(&line); c.output()?;", "line"),
        (NAMES, 'Command::new(name()).args(["-c", line]).output()?;', "line"),
        (NAMES, 'let n = name(); Command::new(n).arg("-c").arg(line).output()?;', "line"),
        (PAIR, "let (p, f) = pair(); Command::new(p).arg(f).arg(line).output()?;", "line"),
        (PAIR, "let (p, f) = pair(); Command::new(p).args([f, line]).output()?;", "line"),
        (WANTED, 'Command::new(name()).args(["-c", line]).output()?;', "line"),
        ("", 'let (p, f) = if w { ("cmd", "/C") } else { ("sh", "-c") }; RUN', "line"),
        (f"{PAIR} {SHELL}", "let (p, f) = pair(); let af = sh(); RUN", "line"),
        (
            'fn flag() -> &str { "-c" }',
            'Command::new("sh").arg(flag()).arg(line).output()?;',
            "line",
        ),
        (SHELL, 'sh().arg("echo").output()?;', ""),
        ("fn sh() -> Command { sh() }", "sh().arg(line).output()?;", ""),
        ("", 'Command::new("sh").args([]).output()?;', ""),
        ("fn flag() -> &str { flag() }", 'Command::new("sh").arg(flag()).arg(line).output()?;', ""),
        (GIVEN, 'sh("echo").output()?;', ""),
        (GIVEN, "sh(SCRIPT).output()?;", ""),
        (GIVEN, "sh(line).status()?;", ""),
        (SHELL.replace('"sh"', '"git"'), "sh().arg(line).output()?;", ""),
        (SHELL.replace('"-c"', '"-x"'), "sh().arg(line).output()?;", ""),
        (f"{SHELL} mod m {{ {SHELL} }}", "sh().arg(line).output()?;", ""),
        (NAMES.replace("cmd", "hg").replace("/bin/sh", "git"), "NAMED", ""),
        (PICKED, 'Command::new(name("sh")).args(["-c", line]).output()?;', ""),
        (PAIR.replace('"-c"', '"-x"'), "let (p, f) = pair(); RUN", ""),
        (PAIR.replace('"sh"', '"git"'), "let (p, f) = pair(); RUN", ""),
        ("", "Command::new(name()).arg(flag).arg(line).output()?;", ""),
    ],
)
def test_a_shell_that_another_function_chooses(items: str, body: str, script: str) -> None:
    body = body.replace("RUN", "Command::new(p).arg(f).arg(line).output()?;")
    body = body.replace("NAMED", 'Command::new(name()).args(["-c", line]).output()?;')
    with syntax.parsed(f"{items} fn f() {{ {body} }}".encode()) as tree:
        assert tree.error() is None
        found = [sight.shell.script for sight in sights(tree) if sight.shell is not None]
    assert found == ([script] if script else [])


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        (b"let p = child\n    .stdout\n    .take()", True),
        (b'stderr.expect("piped")', True),
        (b"std::mem::take(&mut self.partial)", True),
        (b'.arg("-c")', True),
        (b"io::stdout().lock()", False),
        (b"output.stdout.len()", False),
        (b"std::mem::take(&mut self.items)", False),
    ],
)
def test_the_gate(source: bytes, passes: bool) -> None:
    hits = [g in source if isinstance(g, bytes) else bool(g.search(source)) for g in GATE]
    assert any(hits) is passes
