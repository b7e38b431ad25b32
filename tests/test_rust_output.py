"""What `pty-chunks` writes, and where it says that it cannot."""

from __future__ import annotations

import pytest

from rustfix_mem.changeset import ChangeSet, check, plan
from rustfix_mem_codemods.pty_chunks import PtyChunks
from support import LIB, crate

READ = "    pipe.read_to_end(&mut said)?;\n"
HEAD = "use std::io::{self, Read};\nuse std::process::Child;\n\n"
WHOLE = f"""{HEAD}/// Prints what is wrong.
pub fn run(mut child: Child) -> io::Result<()> {{
    let mut pipe = child.stderr.take().unwrap();
    let mut said = Vec::new();
{READ}    println!("{{}}", String::from_utf8_lossy(&said));
    Ok(())
}}
"""
LOOP = WHOLE.replace(
    READ,
    """    let mut chunk = [0; 512];
    while let Ok(count) = pipe.read(&mut chunk) {
        said.extend_from_slice(&chunk[..count]);
    }
""",
)
GROW = "        said.extend_from_slice(&chunk[..count]);\n"


def said(source: str, files: dict[str, str] | None = None, **given: str) -> str:
    """`fix`, or why there is none."""
    codemod = PtyChunks.configure(given)
    found = check((codemod,), crate(source, files), cache=False)
    if not found.findings:
        return "; ".join(why for _, one, _ in found.left_alone for why in one.reasons)
    finding = found.findings[0].finding
    return "fix" if finding.fix is not None else "; ".join(finding.why)


def planned(source: str, **given: str) -> ChangeSet:
    return plan(PtyChunks.configure(given), crate(source), jobs=1)


def written(source: str, **given: str) -> str:
    return planned(source, **given).after.read(LIB).decode()


def test_both_forms_are_fixed() -> None:
    assert said(WHOLE) == said(LOOP) == "fix"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            LOOP.replace(GROW, "        n(); said.extend_from_slice(&chunk[..count]);\n"),
            "shares a line",
        ),
        (
            LOOP.replace(
                GROW,
                "        match count {\n            0 => break,\n            _ => said\n"
                "                .extend_from_slice(&chunk[..count]),\n        }\n",
            ),
            "over several lines",
        ),
        (
            LOOP.replace(GROW, "        done(said.extend_from_slice(&chunk[..count]));\n"),
            "no place for a statement",
        ),
        (
            LOOP.replace("Result<()> {\n", "Result<()> {\n    let (keep, kept, room) = no();\n"),
            "every name",
        ),
        (WHOLE.replace(READ, "    pipe /* ! */ .by_ref().read_to_end(&mut said)?;\n"), "a comment"),
        (
            WHOLE.replace(
                READ, "    pipe.read_to_end(&mut said)\n        // why\n        .map_err(no)?;\n"
            ),
            "a comment",
        ),
        (
            WHOLE.replace("pipe", "a_pipe_with_a_very_long_name" * 3),
            "too long",
        ),
        (WHOLE.replace("use std::io::{self, Read}", "use crate::io::{self, Read}"), "whose"),
        (WHOLE.replace("/// Prints", "#[cfg(unix)]\n/// Prints"), "a `cfg`"),
        (
            (
                f"{WHOLE}const MAX_OUTPUT_BYTES: u8 = 1;\nconst MAX_PROCESS_OUTPUT_BYTES: u8 = 1;\n"
                "const MAX_KEPT_OUTPUT_BYTES: u8 = 1;\n"
            ),
            "there already",
        ),
        (f"{WHOLE}fn read_capped() {{}}\nfn read_output() {{}}\nfn drain_capped() {{}}\n", "there"),
        (f"#![deny(clippy::as_conversions)]\n{WHOLE}", "as_conversions"),
    ],
)
def test_what_cannot_be_written(source: str, why: str) -> None:
    why = "which library's" if why == "whose" else why
    assert why in said(source)


def test_a_constant_and_a_function_of_ours_are_used_again() -> None:
    twice = WHOLE + WHOLE.replace(HEAD, "\n").replace("fn run", "fn again")
    after = written(twice)
    assert after.count("const MAX_OUTPUT_BYTES") == after.count("fn read_capped<") == 1
    assert after.count("read_capped(&mut pipe, &mut said)?;") == 2
    more = after + WHOLE.replace(HEAD, "\n").replace("fn run", "fn more")
    assert written(more).count("fn read_capped<") == 1
    assert written(more).count("read_capped(&mut pipe, &mut said)?;") == 3


def test_a_loop_and_a_pipe_share_the_constant() -> None:
    after = written(LOOP + WHOLE.replace(HEAD, "\n").replace("fn run", "fn again"))
    assert after.count("const MAX_OUTPUT_BYTES") == 1
    assert "chunk[..keep]" in after
    assert "read_capped(&mut pipe, &mut said)?;" in after


def test_nothing_is_left_to_do() -> None:
    for source in (WHOLE, LOOP):
        assert planned(written(source)).after.changed == {}


@pytest.mark.parametrize(
    ("most", "constant"),
    [("262144", "256 * 1024"), ("1000", "1000"), ("1024", "1024"), ("1048576", "1024 * 1024")],
)
def test_the_bound_is_what_was_asked_for(most: str, constant: str) -> None:
    after = written(WHOLE, **{"max-bytes": most})
    assert f"const MAX_OUTPUT_BYTES: usize = {constant};" in after


LARGE = LOOP.replace("Vec::new()", "Vec::with_capacity(100_000)")


def test_a_number_changes_only_when_asked() -> None:
    assert "with_capacity(100_000)" in written(LARGE)
    assert "with_capacity(4096)" in written(LARGE, **{"chunk-bytes": "4096"})
    assert "with_capacity(100_000)" in written(LARGE, **{"chunk-bytes": "200000"})


KEPT = WHOLE.replace(
    '    println!("{}", String::from_utf8_lossy(&said));\n    Ok(())\n',
    "    Ok(Said { text: String::from_utf8_lossy(&said).into_owned() })\n",
).replace("io::Result<()>", "io::Result<Said>")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("use crate::Said;\nfn f(s: Said) { show(s.text.trim()); }", "fix"),
        ("use crate::Said;\nfn f(s: Said) -> V { serde_json::from_str(&s.text) }", "parses it"),
        ("fn f(c: Child) -> V { let s = run(c); parse_answer(s.text.trim()) }", "parses it"),
        ("fn f(c: Child) -> V { let s = run(c); s.text.split(',') }", "parses it"),
        ("use crate::Said;\nfn f(s: Said) { for line in s.text.lines() {} }", "looks into it"),
        ("use crate::Said;\nfn f(s: Said) -> bool { s.text == WANTED }", "looks into it"),
        ("use crate::Other;\nfn f(s: Other) -> V { serde_json::from_str(&s.text) }", "fix"),
        ("use crate::Said;\n#[test]\nfn f(s: Said) { s.text.lines(); }", "fix"),
    ],
)
def test_a_field_is_followed_to_who_reads_it(other: str, why: str) -> None:
    source = f"mod other;\n{KEPT}pub struct Said {{ text: String }}\n"
    assert why in said(source, {"src/other.rs": other})


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("assert_eq!(run(c).text.len(), 300_000);", "wants `300_000` bytes"),
        ("let n = run(c).text; assert!(n.len() > 1024 * 1024);", "wants `1024 * 1024` bytes"),
        ("assert_eq!(run(c).text.len(), 300);", "fix"),
        ("assert!(run(c).text.len() < 300_000);", "fix"),
        ("assert_eq!(walk(c).text.len(), 300_000);", "fix"),
    ],
)
def test_a_test_that_wants_more_forbids_the_bound(test: str, why: str) -> None:
    source = f"{KEPT}pub struct Said {{ text: String }}\n#[test]\nfn t() {{ {test} }}\n"
    assert why in said(source)


LONG = "a_counter_with_a_name_that_is_longer_than_most"


@pytest.mark.parametrize(("counter", "why"), [("bytes", "fix"), (LONG, "too long")])
def test_a_line_that_would_be_too_long(counter: str, why: str) -> None:
    source = f"""struct S {{ partial: String, {counter}: usize, most: usize }}

impl S {{
    fn push(&mut self, text: &str) {{
        if self.{counter} + text.len() > self.most {{
            return;
        }}
        self.partial.push_str(text);
        let line = std::mem::take(&mut self.partial);
        self.{counter} += line.len();
    }}
}}
"""
    assert why in said(source)


def test_a_crlf_file_stays_one() -> None:
    after = written(WHOLE.replace("\n", "\r\n"))
    assert after.count("\n") == after.count("\r\n")


CHUNKS = f"""{HEAD}/// Shows what it says.
pub fn run(mut child: Child) -> io::Result<()> {{
    let mut pipe = child.stderr.take().unwrap();
    let mut chunk = [0; 512];
    while let Ok(count) = pipe.read(&mut chunk) {{
        let text = String::from_utf8_lossy(&chunk[..count]).into_owned();
        println!("{{text}}");
    }}
    Ok(())
}}
"""
NAMES = "fn decode_chunk() {}\nfn decode_output() {}\nfn decode_whole_chars() {}\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (CHUNKS, "fix"),
        (CHUNKS.replace("    while", "    n(); while"), "no statement of its own"),
        (CHUNKS + NAMES, "`decode_chunk` is there already"),
        (
            WHOLE.replace('    println!("{}", String::from_utf8_lossy(&said));\n', ""),
            "what it is for",
        ),
    ],
)
def test_a_chunk_that_cannot_be_decoded_with_the_next(source: str, why: str) -> None:
    assert why in said(source)


@pytest.mark.parametrize(
    ("path", "why"),
    [("src/lost.rs", "a file that rustc never sees"), ("benches/a.rs", "a benchmark")],
)
def test_what_runs_for_nobody_is_left(path: str, why: str) -> None:
    assert said("", {path: WHOLE}).startswith(why)


def test_a_pipe_that_is_read_too_late_is_reported_whatever_it_is_read_for() -> None:
    late = WHOLE.replace(READ, f"    child.wait()?;\n{READ}")
    counted = late.replace("    println!", "    keep(said.len());\n    println!")
    found = check((PtyChunks(),), crate(counted), cache=False)
    (finding,) = [one.finding for one in found.findings]
    assert len(finding.why) == 2
    assert finding.why[0].startswith("it is read only when the process has ended")
