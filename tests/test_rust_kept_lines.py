"""Where a loop keeps what a process prints line by line, and where it does not."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.outputs import sights

START = (
    "let mut r = BufReader::new(child.stdout.take().unwrap()); let mut line = String::new();"
    " let mut all = String::new(); let mut list: Vec<String> = Vec::new();"
)


def kept(body: str) -> list[tuple[str, str, str]]:
    """The buffer, the pipe, and what bounds it, of all that is kept line by line."""
    source = f"fn f(mut child: Child) {{ {START} {body} }}".encode()
    with syntax.parsed(source) as tree:
        assert tree.error() is None
        found = [sight.read for sight in sights(tree) if sight.read is not None]
    assert all(read.shape == "kept-lines" and read.hitch and not read.growth for read in found)
    return [(read.buffer, read.pipe, read.bounded) for read in found]


@pytest.mark.parametrize(
    "body",
    [
        "for line in r.lines() { let line = line?; all.push_str(&line); all.push('\\n'); }",
        'for line in r.lines() { all += "x"; all.push_str(&line.unwrap()); }',
        'for line in r.lines().map_while(Result::ok) { all.push_str(&format!("{line}\\n")); }',
        "for line in r.lines().map(|l| l.unwrap()) { all.push_str(line.trim_end()); }",
        "for line in r.lines() { all += &line?; }",
        "for (i, line) in r.lines().enumerate() { let line = line?; all.push_str(&line); }",
        'for line in r.lines() { if let Ok(line) = line { all.push_str(&(line + "x")); } }',
        "for line in r.lines() { match line { Ok(l) => all.push_str(&l), Err(e) => break } }",
        "for line in r.lines() { let Ok(line) = line else { break }; all.push_str(&line); }",
        "let mut ls = r.lines(); while let Some(l) = ls.next_line().await? { all.push_str(&l); }",
        "let mut ls = r.lines(); while let Ok(Some(l)) = ls.next_line().await { all += &l; }",
        (
            "let mut ls = r.lines(); loop { match ls.next_line().await {"
            " Ok(Some(l)) => all.push_str(&l), Ok(None) => break, Err(e) => return e, } }"
        ),
        "while r.read_line(&mut line)? > 0 { all.push_str(&line); line.clear(); }",
        "loop { if r.read_line(&mut line)? == 0 { break; } all.push_str(&line); line.clear(); }",
        "while r.read_line(&mut all)? > 0 {}",
        "loop { let n = r.read_line(&mut all).await?; if n == 0 { break; } }",
        (
            "for line in r.lines() { let line = line?; if tx.send(line.clone()).is_err() { break; }"
            " all.push_str(&line); }"
        ),
        (
            "for line in r.lines() { let line = line?; if start.elapsed() > LIMIT { log(); }"
            " all.push_str(&line); }"
        ),
        (
            "for line in r.lines() { let line = line?; if !all.is_empty() { all.push('\\n'); }"
            " all.push_str(&line); }"
        ),
    ],
)
def test_lines_that_are_kept(body: str) -> None:
    assert kept(body) == [("all", "stdout", "")]


@pytest.mark.parametrize(
    "body",
    [
        "for line in r.lines() { list.push(line?); }",
        'for line in r.lines().flatten() { println!("{line}"); list.push(line); }',
        "for line in r.lines() { list.push(line.unwrap().trim().to_owned()); }",
        "let mut ls = r.lines(); while let Some(l) = ls.next_line().await? { list.push(l); }",
    ],
)
def test_a_list_of_lines(body: str) -> None:
    assert kept(body) == [("list", "stdout", "")]


@pytest.mark.parametrize(
    "body",
    [
        "let got: Vec<String> = r.lines().collect::<Result<_, _>>()?; show(&got);",
        "let got: Vec<_> = r.lines().map_while(Result::ok).collect();",
        "let got: Result<Vec<String>, std::io::Error> = r.lines().collect();",
        "let got = r.lines().flatten().collect::<Vec<String>>();",
        "let got = r.lines().map(|l| l.unwrap()).collect::<String>();",
        "let got: Vec<String> = LinesStream::new(r.lines()).try_collect().await?;",
    ],
)
def test_lines_that_are_collected(body: str) -> None:
    assert kept(body) == [("got", "stdout", "")]


@pytest.mark.parametrize(
    "body",
    [
        "let got: Vec<u8> = r.lines().map(|l| number(l)).collect();",
        "let got: Vec<String> = r.lines().flatten().filter(|l| is(l)).collect();",
        "let got: Vec<String> = r.lines().flatten().take(9).collect();",
        "let got: HashSet<String> = r.lines().flatten().collect();",
        (
            "let got: Vec<String> ="
            " r.lines().flatten().collect::<HashSet<_>>().into_iter().collect();"
        ),
        "let got: Vec<&str> = text.lines().collect();",
        "show(r.lines().flatten().collect::<Vec<_>>());",
        "let (a, b): (Vec<String>, Vec<String>) = r.lines().flatten().collect();",
    ],
)
def test_what_is_not_all_collected(body: str) -> None:
    assert kept(body) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("all.push_str(&line); if all.len() > 9 { break; }", "`all.len` bounds it already"),
        ("all.push_str(&line); all.truncate(9);", "`all.truncate` bounds it already"),
        ("all.push_str(&line); println!(); all.clear();", "`all.clear` bounds it already"),
        ("n += 1; if n > MOST { break; } all.push_str(&line);", "`n > MOST` may bound it"),
        ("n += 1; if n == 20 { break; } all.push_str(&line);", "`n == 20` may bound it"),
        ("n += 1; if n < MOST { all.push_str(&line); }", "`n < MOST` may bound it"),
        ("n += 1; if n != 20 { all.push_str(&line); }", "`n != 20` may bound it"),
        (
            'if line.contains("ready") { break; } all.push_str(&line);',
            '`line.contains("ready")` may bound it',
        ),
        ('match x { "end" => break, _ => all.push_str(&line) }', '`"end"` may bound it'),
    ],
)
def test_what_bounds_them(body: str, why: str) -> None:
    found = kept(f"for line in r.lines() {{ let line = line?; {body} }}")
    assert found == [("all", "stdout", why)]


@pytest.mark.parametrize(
    "body",
    [
        'for line in r.lines() { println!("{}", line?); }',
        "for line in r.lines() { tx.send(line?)?; }",
        "for line in r.lines() { list.push(parse(&line?)); }",
        "for line in r.lines() { let line = line?; let line = number(&line); list.push(line); }",
        "for line in r.lines().map(|l| number(l)) { list.push(line); }",
        "for line in r.lines().take(9) { list.push(line?); }",
        "for line in r.take(9).lines() { list.push(line?); }",
        "for line in r.lines() { match line { Ok(l) => show(l), Err(e) => all.push_str(&e) } }",
        "for line in r.lines() { let mut one = String::new(); one.push_str(&line?); }",
        "for line in r.lines() { list.push(line?); break; }",
        "for line in r.lines() { all.push_str(&line?); flush(&mut all); }",
        "for line in r.lines() { all.push_str(&line?); show(std::mem::take(&mut all)); }",
        (
            "let mut last = VecDeque::new();"
            " for line in r.lines() { if last.len() == 9 { last.pop_front(); } last.push(line?); }"
        ),
        "for line in file.lines() { all.push_str(&line?); }",
        "for line in text.lines() { all.push_str(line); }",
        (
            "loop { let mut head = String::new(); loop { r.read_line(&mut line)?;"
            " head.push_str(&line); line.clear(); } handle(head); }"
        ),
        "if let Some(line) = r.lines().next() { all.push_str(&line?); }",
        "while r.read_line(&mut line)? > 0 { show(&line); line.clear(); }",
    ],
)
def test_what_is_not_kept(body: str) -> None:
    assert kept(body) == []


def test_both_pipes_of_a_process() -> None:
    body = (
        "let e = BufReader::new(child.stderr.take().unwrap());"
        " for l in r.lines() { all.push_str(&l?); } for l in e.lines() { all.push_str(&l?); }"
    )
    assert kept(body) == [("all", "stdout", ""), ("all", "stderr", "")]


SELECT = (
    'loop {{ tokio::select! {{ {arm} _ = sleep(D) => {{ println!("slow"); }} else => break }} }}'
)


@pytest.mark.parametrize(
    "arm",
    [
        "Ok(Some(l)) = lines.next_line() => { all.push_str(&l); }",
        "Ok(Some(l)) = lines.next_line() => all.push_str(&l),",
        "x = lines.next_line() => match x { Ok(Some(l)) => all.push_str(&l), _ => break },",
        "l = lines.next_line() => match l { Ok(Some(l)) => all.push_str(&l), _ => break },",
        "Ok(1..) = r.read_line(&mut line) => { all.push_str(&line); line.clear(); }",
        (
            "n = r.read_until(b'x', &mut line), if !done => { if n? == 0 { done = true; } else {"
            " let s = String::from_utf8_lossy(&line); all.push_str(&s); line.clear(); } }"
        ),
    ],
)
def test_lines_in_the_tokens_of_select(arm: str) -> None:
    start = "let mut lines = r.lines(); " if "next_line" in arm else ""
    assert kept(start + SELECT.format(arm=arm)) == [("all", "stdout", "")]


UNTIL = (
    "loop {{ select! {{ n = r.read_until(b'x', &mut line), if !done => {{ if n? == 0 {{ {end} }}"
    " else {{ let s = String::from_utf8_lossy(&line); all.push_str(&s); line.clear(); }} }}"
    " else => break }}"
    " if {asked} {{ break; }} }}"
)


@pytest.mark.parametrize(
    ("end", "asked", "told"),
    [
        ("done = true;", "done", True),
        ("done = true;", "done && done", True),
        ("done = true;", "done || done", True),
        ("count = 1;", "done", False),  # set by somebody else
        ("done = true;", "done && count", False),
        ("done = true;", "done || enough(&all)", False),
    ],
)
def test_a_loop_that_is_left_when_flags_say_that_a_pipe_has_ended(
    end: str, asked: str, told: bool
) -> None:
    found = kept(f"let mut done = false; {UNTIL.format(end=end, asked=asked)}")
    assert found == ([("all", "stdout", "")] if told else [])


@pytest.mark.parametrize(
    "arm",
    [
        'Ok(Some(l)) = lines.next_line() => { println!("{l}"); }',
        "Ok(Some(l)) = lines.next_line() => { list.push(parse(&l)); }",
        "Ok(Some(l)) = lines.next_line() => { if all.len() < 9 { all.push_str(&l); } }",
        "Ok(Some(l)) = lines.next_line() => { n += 1; if n > 9 { break; } all.push_str(&l); }",
        'Ok(Some(l)) = lines.next_line() => { if l == "end" { break; } all.push_str(&l); }',
        "Ok(Some(l)) = lines.next_line() => { all.push_str(&l); flush(&mut all); }",
        "l = next(&mut lines) => { all.push_str(&l); }",
        "Ok(Some(l)) = other.next_line() => { all.push_str(&l); }",
    ],
)
def test_select_that_keeps_no_lines(arm: str) -> None:
    assert kept("let mut lines = r.lines(); " + SELECT.format(arm=arm)) == []


def purposes_of(body: str) -> list[tuple[str, str]]:
    source = f"fn f(mut child: Child) {{ {START} {body} }}".encode()
    with syntax.parsed(source) as tree:
        found = [sight.read for sight in sights(tree) if sight.read is not None]
    return [(end.kind, end.what) for read in found for end in read.purposes]


def test_what_becomes_of_lines() -> None:
    lines = "for line in r.lines() { list.push(line?); }"
    assert purposes_of(f'{lines} for l in list.iter() {{ println!("{{l}}"); }}') == [
        ("shown", "println!")
    ]
    text = "for line in r.lines() { all += &line?; }"
    assert purposes_of(f"{text} S {{ said: all }}") == [("kept", "S.said")]
    assert purposes_of(f"{text} other += &all;") == [("unknown", "other += &all")]
    read = "let mut raw = Vec::new(); while r.read_until(b'x', &mut raw)? > 0 {}"
    assert purposes_of(f"{read} S {{ raw }}") == [("raw", "S.raw")]
    put = "let mut raw = Vec::new(); for line in r.lines() { raw.extend(line?.into_bytes()); }"
    assert purposes_of(f"{put} S {{ raw }}") == [("raw", "S.raw")]


def test_a_process_a_turn() -> None:
    body = (
        "for mut command in commands { let mut child = command.spawn()?;"
        " let r = BufReader::new(child.stdout.take().unwrap()); let mut said = String::new();"
        " for line in r.lines() { said.push_str(&line?); } show(said); }"
    )
    assert kept(body) == [("said", "stdout", "")]
