"""What was printed is printed again only where it would be printed anew."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

from repositories import Repo, make, own_environment
from rustfix_mem import answers
from rustfix_mem.cli import again, check, options
from rustfix_mem.cli.main import main
from rustfix_mem.git import command, head
from rustfix_mem.git.store import Store
from support import CACHED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OTHER = CACHED.replace("SLUGS", "WORDS")


@pytest.fixture(autouse=True)
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    own_environment(tmp_path, monkeypatch)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))
    for name in again.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    repo = make(tmp_path / "repo")
    repo.write("Cargo.toml", b'[package]\nname = "x"\nedition = "2021"\n')
    repo.write("src/lib.rs", CACHED.encode())
    repo.commit()
    monkeypatch.chdir(repo.path)
    return repo


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A `check`: its exit code, and what it printed."""

    def asked(*args: str) -> tuple[int, str, str]:
        code = main(["check", *args])
        said = capsys.readouterr()
        return code, said.out, said.err

    return asked


def _forbidden(options: options.Check) -> int:
    raise AssertionError(options)


def test_the_second_time_nothing_is_asked_but_the_tree(
    ask: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask("-q")
    assert (first[0], "grows with every new key" in first[1], first[2]) == (1, True, "")
    monkeypatch.setattr(check, "run", _forbidden)
    assert ask("-q") == ask("--quiet") == ask("-q", "-C", "src") == first
    monkeypatch.chdir("src")
    assert ask("-q", "--repo=..") == first


def old(repo: Repo) -> None:
    """Files that are older than the index, as they mostly are."""
    for file in ("Cargo.toml", "src/lib.rs", "src/a.rs", "README"):
        os.utime(repo.path / file, (1_000_000, 1_000_000))
    repo.git("update-index", "-q", "--refresh")


def test_without_quiet_it_ends_with_the_time(
    repo: Repo, ask: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    old(repo)
    ask()
    second = ask("cache-bounds"), ask("cache-bounds")
    first = ask()
    monkeypatch.setattr(check, "run", _forbidden)
    again = ask()
    assert (again[0], again[2]) == (first[0], first[2]) == (1, "")
    assert again[1].splitlines()[:-1] == first[1].splitlines()[:-1]
    said = r"1 finding \(1 fixable\) in 2 files, 0 parsed, 2 from the cache, \d+\.\ds\n"
    assert re.fullmatch(said, again[1].splitlines(keepends=True)[-1])
    assert ask("cache-bounds")[1].splitlines()[:-1] == second[1][1].splitlines()[:-1]


def test_without_quiet_a_change_is_told(
    repo: Repo, ask: Callable[..., tuple[int, str, str]]
) -> None:
    old(repo)
    ask()
    repo.write("README", b"other")
    assert "note: 1 changed file is not in the base" in ask()[2]
    repo.git("checkout", "README")
    assert ask()[2] == ""


@pytest.mark.parametrize(
    "args",
    [
        ("-v",),
        ("-q", "-v"),
        ("-q", "--worktree"),
        ("-q", "--staged"),
        ("-q", "--rev", "HEAD"),
        ("-q", "--output-format", "json"),
        ("-q", "--output-file", "out"),
        ("-q", "--no-cache"),
        ("-q", "--set", "cache-bounds.max-entries=7"),
        ("-q", "--jobs", "2"),
        ("-q", "--baseline", "b"),
        ("-q", "--write-baseline"),
        ("-q", "--color", "always"),
        ("-q", "cache-bounds"),
        ("-q", "all"),
    ],
)
def test_another_question_is_not_answered_so(
    repo: Repo,
    ask: Callable[..., tuple[int, str, str]],
    args: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old(repo)
    ask("-q")
    ask()
    monkeypatch.setattr(check, "run", _forbidden)
    assert ask()[0] == ask("-q")[0] == 1
    assert ask(*args)[0] == 70


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FORCE_COLOR", "1"),
        ("CLICOLOR_FORCE", "1"),
        ("RUSTFIX_MEM_CACHE_BOUNDS_MAX_ENTRIES", "9"),
    ],
)
def test_the_environment_is_part_of_the_question(
    ask: Callable[..., tuple[int, str, str]],
    name: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = ask("-q")
    monkeypatch.setenv(name, value)
    assert ask("-q") == ask("-q") != plain
    monkeypatch.delenv(name)
    assert ask("-q") == plain


def test_every_commit_has_its_own_answer(
    repo: Repo, ask: Callable[..., tuple[int, str, str]]
) -> None:
    first = ask("-q")
    repo.write("src/lib.rs", OTHER.encode())
    assert ask("-q") == first
    repo.commit()
    second = ask("-q")
    assert (second == first, "WORDS" in second[1]) == (False, True)
    repo.write("src/lib.rs", b"")
    repo.commit()
    assert ask("-q") == ask("-q") == (0, "", "")
    repo.git("checkout", "-q", "HEAD~1")
    assert ask("-q") == second


def test_a_mistake_is_told_each_time(ask: Callable[..., tuple[int, str, str]]) -> None:
    for args in (("-q", "no-such"), ("-q", "-C", "nowhere"), ("-q", "--color", "blue")):
        assert ask(*args) == ask(*args)
        assert (ask(*args)[0], "error: " in ask(*args)[2]) == (2, True)


ARGS = [
    [], ["a"], ["--color=never", "-C", "x", "a"],
    ["-q"], ["--quiet"], ["-q", "a"], ["a", "-q", "b"], ["-q", "-C", "x"], ["-C=x", "-q"],
    ["--repo=x", "-q"], ["--repo", "x", "-q"], ["-q", "--color", "never"], ["-q", "--color=always"],
    ["-q", "-C", "x", "-C", "y"], ["-q", "--repo="],
]  # fmt: skip


@pytest.mark.parametrize("args", ARGS)
def test_words_are_read_as_the_parser_reads_them(args: list[str]) -> None:
    read = options.fast(options.Check, args)
    assert read is not None
    assert again.is_plain(read)
    assert again._plain(args) == (read.repo, read.color, read.quiet, read.codemods)


MORE = [flag for it in options.described(options.Check) for flag in it.metadata["flags"]]
PLAIN = {*again.QUIET, *again.REPO, *again.COLOR}


def test_every_other_option_is_left_to_the_parser() -> None:
    assert set(MORE) > PLAIN
    for flag in set(MORE) - PLAIN:
        assert again._plain(["-q", flag]) is None
        assert again._plain(["-q", flag, "x"]) is None
        assert again._plain(["-q", f"{flag}=x"]) is None
    for args in (
        ["-q", "-"],
        ["-q", "--"],
        ["-qv"],
        ["-q=1"],
        ["-q", "-C"],
        ["-q", "--help"],
    ):
        assert again._plain(args) is None
    assert again._plain(["-q", "-C", "-v"]) is None
    assert again._plain(["-q", "--color", "blue"]) is None


# what is kept


def test_an_answer_comes_back_byte_for_byte(tmp_path: Path) -> None:
    for output in (b"", b"\0\0x\0", b"\n", b"\xff\xfe" * 1000):
        answers.keep("asked", 1, output, [str(tmp_path)])
        assert answers.recall("asked") == (1, output)
    assert answers.recall("other") is None


def test_an_answer_of_other_code_is_none(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "inner").mkdir(parents=True)
    file = home / "inner" / "a.py"
    file.write_text("x = 1\n")
    answers.keep("asked", 0, b"said", [str(home)])
    assert answers.recall("asked") == (0, b"said")
    os.utime(file, (1, 1))
    assert answers.recall("asked") is None
    answers.keep("asked", 0, b"said", [str(home)])
    (home / "b.py").write_text("")
    assert answers.recall("asked") is None
    answers.keep("asked", 0, b"said", [str(home)])
    home.rename(tmp_path / "gone")
    assert answers.recall("asked") is None
    answers.keep("asked", 0, b"said", [str(home)])
    assert answers.recall("asked") is None


def test_a_damaged_answer_is_none(tmp_path: Path) -> None:
    answers.keep("asked", 0, b"said of it", [str(tmp_path)])
    file = Path(answers.folder(), "answers", "asked")
    whole = file.read_bytes()
    for bad in (b"", b"\n", whole[:-1], whole + b"x", whole.replace(b"said", b"Said"), whole[1:]):
        file.write_bytes(bad)
        assert answers.recall("asked") is None
    file.write_bytes(whole)
    assert answers.recall("asked") == (0, b"said of it")


def test_the_oldest_answers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST", 2)
    for number in range(4):
        answers.keep(str(number), 0, b"", [str(tmp_path)])
        os.utime(Path(answers.folder(), "answers", str(number)), (number, number))
    assert [answers.recall(str(number)) is not None for number in range(4)] == [0, 0, 1, 1]


def test_what_cannot_be_kept_is_no_error(
    tmp_path: Path, ask: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "cache").write_bytes(b"")
    assert ask("-q") == ask("-q")
    assert ask("-q")[0] == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("XDG_CACHE_HOME", ""), ("XDG_CACHE_HOME", "/x/y"), ("XDG_CACHE_HOME", "x"), ("HOME", "/h")],
)
def test_the_folder_is_that_of_platformdirs(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUSTFIX_MEM_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv(name, value)
    assert answers.folder() == platformdirs.user_cache_dir("rustfix-mem")


# the tree


def test_the_tree_is_the_one_that_the_store_finds(repo: Repo) -> None:
    with Store.open(repo.path) as store:
        tree = store.tree(store.resolve("HEAD"))
    assert head.tree(".") == head.tree(str(repo.path)) == head.tree("src") == tree
    linked = repo.path.parent / "link"
    linked.symlink_to(repo.path / "src")
    assert head.tree(str(linked)) == head.tree(str(linked / "..")) == tree


def test_where_git_says_anything_else_there_is_no_tree(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert head.tree(str(tmp_path)) is None
    assert head.tree("nowhere") is None
    assert head.tree("a\0b") is None
    repo.git("update-ref", "refs/heads/HEAD", "HEAD")  # a warning: it names more than one thing
    assert head.tree(".") is None
    repo.git("update-ref", "-d", "refs/heads/HEAD")
    assert head.tree(".") is not None
    with monkeypatch.context() as patch:
        patch.setitem(command.HARDENING, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        assert head.tree(".") is None
    repo.git("checkout", "-q", "--orphan", "new")
    assert head.tree(".") is None


def test_replaced_commits_and_foreign_variables_are_not_heeded(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = head.tree(".")
    old = repo.git("rev-parse", "HEAD")
    repo.write("src/lib.rs", b"")
    new = repo.commit()
    repo.git("reset", "-q", "--hard", old)
    repo.git("replace", old, new)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    assert head.tree(".") == tree


def test_no_git_of_a_repository_is_run(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = repo.path / "ran"
    git = repo.write("git", f"#!/bin/sh\ntouch {ran}\n".encode())
    git.chmod(0o755)
    path = os.environ["PATH"]
    for before in ("", ".", "bin"):
        monkeypatch.setenv("PATH", f"{before}{os.pathsep}{path}")
        assert head.tree(".") is None
    monkeypatch.setenv("PATH", str(repo.path / "src"))
    assert head.tree(".") is None
    assert not ran.exists()


def test_a_git_that_fails_or_does_not_start_gives_no_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    git = tmp_path / "git"
    for program in ("#!/bin/sh\necho " + 40 * "a" + "\nexit 1\n", "no program", "#!/no/such\n"):
        git.write_text(program)
        git.chmod(0o755)
        assert head.tree(".") is None
    git.write_text("#!/bin/sh\necho " + 40 * "a" + "\n")
    assert head.tree(".") == 40 * "a"


def test_a_terminal_is_another_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = again._asked("a" * 40, "auto", True, ())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert again._asked("a" * 40, "auto", True, ()) != asked
