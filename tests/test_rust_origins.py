"""Which process a reader belongs to, or that nobody can say."""

from __future__ import annotations

import pytest

from rustfix_mem.rust.file import syntax
from rustfix_mem.rust.file.items import collect
from rustfix_mem.rust.file.origins import named_otherwise, origin
from rustfix_mem.rust.file.scopes import method_call

TYPES = "struct S { out: BufReader<ChildStdout>, file: File, child: Child, command_child: X }"


def pipes(
    body: str, head: str = "fn f(&mut self, child: Child, any: T)", more: str = ""
) -> list[str]:
    """What each `.go()` in a function is called on reads: `stdout`, or nothing."""
    source = f"{TYPES}\nimpl S {{ {head} {{ {body} }} }}\n{more}".encode()
    with syntax.parsed(source) as tree:
        assert tree.error() is None
        items = collect(tree.root)
        found = []
        for function in items.functions:
            for node in syntax.walk(function.body):
                call = method_call(node)
                if call is not None and call.name == "go":
                    known = origin(call.receiver, function, items)
                    found.append(known.pipe if known is not None else "")
        return found


@pytest.mark.parametrize(
    ("body", "pipe"),
    [
        ("child.stdout.take().unwrap().go();", "stdout"),
        ('child.stderr.as_mut().expect("x").go();', "stderr"),
        ("let mut p = child.stdout.take().ok_or_else(|| no())?; p.go();", "stdout"),
        ("let mut p = BufReader::new(child.stdout.take()?); p.go();", "stdout"),
        ("let mut p = io::BufReader::with_capacity(9, child.stderr.unwrap()); p.go();", "stderr"),
        ("if let Some(mut p) = child.stdout.take() { p.go(); }", "stdout"),
        ("if let Some(p) = &mut child.stdout { p.go(); }", "stdout"),
        ("match child.stdout.take() { Some(mut p) => p.go(), None => {} }", "stdout"),
        ("child.stdout.take().map(|mut p| p.go());", "stdout"),
        ("let p = pair.master.try_clone_reader()?; let mut q = p; q.go();", "pty"),
        ("self.out.go();", "stdout"),
        ("self.child.stdout.as_mut().unwrap().go();", "stdout"),
        ("self.command_child.stdout.take().unwrap().go();", "stdout"),
        ('let c = Command::new("x").spawn()?; c.stdout.unwrap().go();', "stdout"),
        ("wrapper.child_mut().stderr.take().unwrap().go();", "stderr"),
        ("let f = |mut p: ChildStderr| p.go();", "stderr"),
    ],
)
def test_a_pipe_is_known(body: str, pipe: str) -> None:
    assert pipes(body) == [pipe]


@pytest.mark.parametrize(
    "body",
    [
        "any.go();",
        "self.file.go();",
        "File::open(path)?.go();",
        "stream.stdout.go();",
        "io::stdin().go();",
        "child.stdout.take().unwrap().take(100).go();",
        "let p = response.bytes(); p.go();",
        "let (p, q) = pair(child.stdout.take()); p.go();",
        "output.stdout.go();",
        "response.reader().go();",
    ],
)
def test_anything_else_is_not(body: str) -> None:
    assert pipes(body) == [""]


GIVEN = "fn read(mut p: impl Read) { p.go(); }"


@pytest.mark.parametrize(
    ("body", "more", "pipe"),
    [
        ("read(child.stdout.take()?);", GIVEN, "stdout"),
        ("read(child.stdout.take()?); read(child.stderr.take()?);", GIVEN, "stdout"),
        ("read(child.stdout.take()?); read(File::open(x)?);", GIVEN, ""),
        ("read(child.stdout.take()?);", f"pub {GIVEN}", ""),
        ("read(child.stdout.take()?); p!(read(any));", GIVEN, ""),
        ("read(child.stdout.take()?); any.map(read);", GIVEN, ""),
        ("", GIVEN, ""),
    ],
)
def test_a_parameter_is_what_all_callers_give(body: str, more: str, pipe: str) -> None:
    assert pipes(body, more=more) == [pipe]


@pytest.mark.parametrize(
    ("body", "otherwise"),
    [
        ("g(1);", False),
        ("self::g(1);", False),
        ("g::<u8>(1);", False),
        ("x.map(g);", True),
        ('println!("{}", g(1));', True),
        ("let h = g;", True),
    ],
)
def test_a_function_may_be_named_without_a_call(body: str, otherwise: bool) -> None:
    with syntax.parsed(f"fn g(x: u8) {{}} fn f() {{ {body} }}".encode()) as tree:
        assert named_otherwise(collect(tree.root).functions[0]) is otherwise
