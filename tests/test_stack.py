"""`apply all`: a branch for each codemod, or with `--stack` one with a commit for each."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from jsonschema import Draft202012Validator

from repositories import OLD, Repo, everything, make, own_environment
from rustfix_mem import registry
from rustfix_mem.cli.main import main
from rustfix_mem.codemod import Codemod, param
from rustfix_mem.finding import Applicability, Finding, Fix, Kind, LeftAlone
from rustfix_mem.git import branch as branches
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rustfix_mem.codebase import Codebase
    from rustfix_mem.git.store import Store

MAIN = """\
mod extra;

fn main() {
    let capacity = 100;
    println!("{}", Vec::<u8>::with_capacity(capacity).len() + extra::size());
}
"""
EXTRA = "pub fn size() -> usize {\n    100\n}\n"
MANIFEST = '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n'
ALL = "rustfix-mem/all"
SHRINK, TWICE = "rustfix-mem/shrink", "rustfix-mem/twice"
SCHEMA = Path(__file__).parents[1] / "src/rustfix_mem/report/schema-1.json"


class _Replace(Codemod):
    """Replaces every match of a pattern, in its parameter's value."""

    guide: ClassVar[str] = "1"
    level: ClassVar[Applicability] = Applicability.MAYBE_INCORRECT
    gate: ClassVar[tuple[bytes, ...]] = (b"",)
    pattern: ClassVar[bytes]

    def to(self, found: str) -> str:
        raise NotImplementedError

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        for path, source in sorted(codebase.sources.items()):
            for match in re.finditer(type(self).pattern, source):
                span = Span(*match.span())
                edit = Edit(path, span, self.to(match[0].decode()))
                fix = Fix(f"write `{edit.text}`", (edit,), self.level)
                kind = type(self).kind
                yield Finding(path, span, "number", path, "it is large", kind=kind, fix=fix)


@dataclass(frozen=True)
class Shrink(_Replace):
    """Shrink numbers that are large."""

    pattern = b"\\b100\\b"
    size: int = param(10, help="What they become.", at_least=1)

    def to(self, found: str) -> str:
        return str(self.size)


@dataclass(frozen=True)
class Twice(_Replace):
    """Double numbers that are small."""

    kind: ClassVar[Kind] = Kind.PROPOSAL
    pattern = b"\\b10\\b"

    def to(self, found: str) -> str:
        return "5 + 5"


@dataclass(frozen=True)
class Never(_Replace):
    """Say what nothing is done about."""

    pattern = b"println"

    def judge(self, codebase: Codebase) -> Iterator[Finding | LeftAlone]:
        yield Finding("src/main.rs", Span(0, 3), "never", "main", "nothing can be done")


@dataclass(frozen=True)
class Zero(Never):
    """Say it once more."""


for _one in (Shrink, Twice, Never, Zero):
    _one.__module__ = f"fake.{_one.__name__.lower()}"


@pytest.fixture(autouse=True)
def _world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_environment(tmp_path, monkeypatch)
    known = {"never": Never, "shrink": Shrink, "twice": Twice}
    monkeypatch.setattr(registry, "discover", lambda: known)
    monkeypatch.setenv("RUSTFIX_MEM_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = make(tmp_path / "repo")
    made.git("rm", "-q", "-r", "src")
    made.write("Cargo.toml", MANIFEST.encode())
    made.write("src/main.rs", MAIN.encode())
    made.write("src/extra.rs", EXTRA.encode())
    made.commit()
    monkeypatch.chdir(made.path)
    return made


def said(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> tuple[str, str]:
    assert main(["apply", "all", *argv]) == code
    out, err = capsys.readouterr()
    return out, err


def commits(repo: Repo) -> list[str]:
    return repo.git("log", "--reverse", "--format=%s", f"main..{ALL}").splitlines()


# a branch each


def test_a_branch_for_each_codemod_that_has_something_to_change(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("src/extra.rs", EXTRA.replace("100", "10").encode())
    head = repo.commit()
    out, err = said(capsys)
    assert repo.git("branch", "--list", "--format=%(refname:short)", "rustfix-mem/*").split() == [
        SHRINK,
        TWICE,
    ]
    assert repo.git("rev-parse", f"{SHRINK}~", f"{TWICE}~").split() == [head, head]
    assert repo.git("diff", "--name-only", head, TWICE) == "src/extra.rs"
    assert out.count("diff --git ") == 2
    assert err.splitlines()[-3] == "`never` has nothing to change; no branch was made"
    assert err.splitlines()[-1].startswith(f"branch {TWICE} created at ")
    again = said(capsys)[1]
    assert again.count(" is up to date at ") == 2


def test_as_all_or_by_name_it_is_the_same_commit(repo: Repo) -> None:
    main(["apply", "all", "--set", "shrink.size=7"])
    tip = repo.git("rev-parse", SHRINK)
    repo.git("branch", "-D", SHRINK)
    main(["apply", "shrink", "--size", "7"])
    assert repo.git("rev-parse", SHRINK) == tip
    text = repo.git("log", "-1", "--format=%B", SHRINK)
    assert "\nCommand: rustfix-mem apply shrink --size 7\n" in text


def test_proposals_are_counted_under_all_and_shown_by_name(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("src/extra.rs", EXTRA.replace("100", "10").encode())
    repo.commit()
    sure = ("--trust", "machine-applicable")
    err = said(capsys, *sure)[1]
    assert "warning[never]: nothing can be done" in err
    assert "note[twice]: 1 proposal; `rustfix-mem check twice -v` shows all" in err
    assert "proposal[twice]" not in err
    main(["apply", "twice", *sure])
    assert "proposal[twice]: it is large" in capsys.readouterr().err


def test_what_is_refused_is_told_and_the_others_are_made_all_at_once(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("src/extra.rs", EXTRA.replace("100", "10").encode())
    repo.commit()
    repo.git("branch", SHRINK)
    orders = list[int]()
    point = branches._point

    def counted(store: Store, claims: Sequence[branches.Claim]) -> None:
        orders.append(len(claims))
        point(store, claims)

    monkeypatch.setattr(branches, "_point", counted)
    err = said(capsys, code=2)[1]
    assert f"error: branch `{SHRINK}` holds work that rustfix-mem did not make" in err
    assert f"branch {TWICE} created at" in err
    repo.git("branch", "-D", SHRINK, TWICE)
    said(capsys)
    assert orders == [1, 2]


@pytest.mark.parametrize("moved", [SHRINK, TWICE])
def test_all_branches_or_none(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    moved: str,
) -> None:
    repo.write("src/extra.rs", EXTRA.replace("100", "10").encode())
    repo.commit()
    carry = branches._carry_over

    def meanwhile(*args: object) -> None:
        carry(*args)  # type: ignore[arg-type]  # as they came
        repo.git("update-ref", f"refs/heads/{moved}", "main~1")

    monkeypatch.setattr(branches, "_carry_over", meanwhile)
    out, err = said(capsys, code=2)
    assert err == f"error: branch `{moved}` was moved in the meantime\nhelp: run it again\n"
    assert out == ""
    assert repo.git("branch", "--list", "--format=%(refname:short)", "rustfix-mem/*") == moved
    assert repo.git("fsck", "--no-dangling") == ""


def test_a_lock_on_one_branch_stops_all(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write("src/extra.rs", EXTRA.replace("100", "10").encode())
    repo.commit()
    lock = repo.write(f".git/refs/heads/{TWICE}.lock", b"")
    assert f"error: `{lock}` is there" in said(capsys, code=2)[1]
    assert repo.git("branch", "--list", "rustfix-mem/*") == ""
    lock.unlink()
    assert said(capsys)[1].count(" created at ") == 2


def test_a_bug_in_one_codemod_writes_nothing(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Twice, "pattern", b"fn main")
    monkeypatch.setattr(Twice, "to", lambda self, found: "fn fn main")
    before = everything(repo.path)
    assert "would leave `src/main.rs` with a syntax error" in said(capsys, code=70)[1]
    assert everything(repo.path) == before


# a stack


def test_a_stack_has_a_commit_for_each_on_the_result_of_the_earlier(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = said(capsys, "--stack")
    assert commits(repo) == [
        "Shrink 2 numbers that are large (shrink)",
        "Double 2 numbers that are small (twice)",
    ]
    assert out == repo.git("diff", "--full-index", "main", ALL) + "\n"
    assert "5 + 5" in repo.git("show", f"{ALL}:src/extra.rs")  # what `twice` saw is not in the base
    assert repo.git("show", f"{ALL}~:src/extra.rs") + "\n" == EXTRA.replace("100", "10")
    assert repo.git("rev-parse", f"{ALL}~2") == repo.git("rev-parse", "main")
    assert repo.git("branch", "--list", "--format=%(refname:short)", "rustfix-mem/*") == ALL
    tip = repo.git("rev-parse", ALL)
    assert err.splitlines()[-1] == (
        f"branch {ALL} created at {tip[:12]}: 4 fixes in 2 commits, shrink, twice;"
        f" review it with `git log -p --reverse HEAD..{ALL}`"
    )
    assert repo.git("fsck", "--strict", "--no-dangling") == ""


def test_every_commit_of_a_stack_says_how_to_make_it_and_speaks_of_the_one_below(
    repo: Repo,
) -> None:
    main(["apply", "all", "--stack", "--set", "shrink.size=10"])
    below, above = repo.git("log", "--reverse", "--format=%B%x00", f"main..{ALL}").split("\0")[:2]
    command = "\nCommand: rustfix-mem apply all --stack --set shrink.size=10\n"
    assert command in below
    assert command in above
    assert "- src/main.rs:4:20: write `10` (maybe-incorrect)" in below
    assert "- src/main.rs:4:20: write `5 + 5` (maybe-incorrect)" in above
    for commit, name in ((f"{ALL}~", "shrink"), (ALL, "twice")):
        trailers = dict(
            line.split(": ", 1)
            for line in repo.git("log", "-1", "--format=%(trailers:only)", commit).splitlines()
        )
        assert trailers["Rustfix-Mem-Codemod"] == name
        assert trailers["Rustfix-Mem-Base"] == repo.git("rev-parse", "main")
        assert trailers["Rustfix-Mem-Tree"] == repo.git("rev-parse", f"{commit}^{{tree}}")


def test_the_same_input_gives_the_same_commits_and_an_upper_one_changes_none_below(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "--stack")
    first = repo.git("rev-parse", ALL, f"{ALL}~").split()
    assert " is up to date at " in said(capsys, "--stack")[1]
    repo.git("branch", "-D", ALL)
    said(capsys, "--stack", "--jobs", "1", "--no-cache")
    assert repo.git("rev-parse", ALL, f"{ALL}~").split() == first
    assert " moved to " in said(capsys, "--stack", "--set", "shrink.size=11")[1]
    assert commits(repo) == ["Shrink 2 numbers that are large (shrink)"]
    assert " moved to " in said(capsys, "--stack")[1]
    assert repo.git("rev-parse", ALL, f"{ALL}~").split() == first


def amended_above(repo: Repo) -> None:
    repo.git("commit", "-q", "--amend", "-m", repo.git("log", "-1", "--format=%B") + "\n")


def amended_below(repo: Repo) -> None:
    """Only the lower commit is another, and every date is as it was."""
    above, tip = repo.git("log", "-1", "--format=%B"), repo.git("rev-parse", "HEAD")
    repo.git("reset", "-q", "--hard", "HEAD~")
    repo.write("README", b"more\n")
    repo.git("commit", "-qa", "--amend", "--no-edit", **OLD)
    repo.git("read-tree", "-u", "--reset", tip)
    repo.git("commit", "-q", "-m", above, **OLD)


def put_between(repo: Repo) -> None:
    """The tip has our tree and dates, but stands on somebody's commit."""
    above, tip = repo.git("log", "-1", "--format=%B"), repo.git("rev-parse", "HEAD")
    repo.git("reset", "-q", "--hard", "HEAD~")
    repo.git("commit", "-q", "--allow-empty", "-m", "mine", **OLD)
    repo.git("read-tree", "-u", "--reset", tip)
    repo.git("commit", "-q", "-m", above, **OLD)


def built_upon(repo: Repo) -> None:
    repo.write("README", b"more\n")
    repo.commit()


@pytest.mark.parametrize(
    "change", [amended_above, amended_below, put_between, built_upon], ids=lambda it: it.__name__
)
def test_a_stack_with_the_work_of_others_is_not_moved_away(
    repo: Repo, capsys: pytest.CaptureFixture[str], change: Callable[[Repo], None]
) -> None:
    said(capsys, "--stack")
    repo.git("checkout", "-q", ALL)
    change(repo)
    tip = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "main")
    repo.write("src/extra.rs", EXTRA.replace("100", "100 + 100").encode())
    repo.commit()
    err = said(capsys, "--stack", code=2)[1]
    assert f"error: branch `{ALL}` holds work that rustfix-mem did not make\n" in err
    assert repo.git("rev-parse", ALL) == tip
    subprocess.run(
        err.split("`")[3].replace("NEW-NAME", "kept"), shell=True, cwd=repo.path, check=True
    )
    assert " created at " in said(capsys, "--stack")[1]


def test_a_stack_that_is_checked_out_is_refused(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "--stack")
    repo.git("checkout", "-q", ALL)
    err = said(capsys, "--stack", "--rev", "main", "--set", "shrink.size=3", code=2)[1]
    assert f"branch `{ALL}` is checked out in" in err
    assert " is up to date at " in said(capsys, "--stack", "--rev", "main")[1]


def test_a_dry_run_of_a_stack_leaves_no_byte_and_its_diff_and_patch_are_of_all(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(repo.path)
    patch = tmp_path / "all.patch"
    argv = ("--stack", "--dry-run", "--exit-code", "--patch", str(patch))
    out, err = said(capsys, *argv, code=1)
    assert everything(repo.path) == before
    assert patch.read_text() == out
    assert err.splitlines()[-1] == (
        "dry run: 4 fixes in 2 commits, shrink, twice;"
        " `rustfix-mem apply all --stack` makes the branch"
    )
    subprocess.run(["git", "apply"], cwd=repo.path, input=out.encode(), check=True)
    assert (repo.path / "src/extra.rs").read_text() == EXTRA.replace("100", "5 + 5")


def test_a_stack_under_another_name(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert "branch x/y created at " in said(capsys, "--stack", "--branch", "x/y")[1]
    assert repo.git("rev-parse", "x/y~2") == repo.git("rev-parse", "main")


def test_a_stack_and_branches_of_those_that_are_named(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["twice", "shrink", "--set", "shrink.size=10"]
    assert main(["apply", *argv, "--stack"]) == 0
    assert "branch rustfix-mem/shrink+twice created at" in capsys.readouterr().err
    said = repo.git("log", "--format=%s%n%b", "main..rustfix-mem/shrink+twice")
    assert said.index("(twice)") < said.index("(shrink)")  # the order of `list`
    command = "Command: rustfix-mem apply shrink twice --stack --set shrink.size=10\n"
    assert said.count(command) == 2
    assert main(["apply", *argv, "never"]) == 0
    err = capsys.readouterr().err
    assert f"branch {SHRINK} created at" in err
    assert "`twice` has nothing to change" in err


def test_a_report_of_a_stack_says_of_which_text_it_speaks(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"never": Never, "shrink": Shrink, "zero": Zero}
    monkeypatch.setattr(registry, "discover", lambda: known)
    note = "note: what is said of a codemod speaks of the text that the commits below it have left"
    assert main(["apply", "shrink", "never", "--stack", "--dry-run"]) == 0
    assert note not in capsys.readouterr().err.splitlines()  # `never` is the lower one
    assert main(["apply", "shrink", "zero", "--stack", "--dry-run"]) == 0
    assert note in capsys.readouterr().err.splitlines()
    assert main(["apply", "zero", "shrink", "--dry-run"]) == 0
    assert note not in capsys.readouterr().err.splitlines()


def test_a_stack_with_nothing_to_change(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ("--stack", "--trust", "machine-applicable", "--exit-code")
    out, err = said(capsys, *argv)
    assert out == ""
    last = "no codemod has anything to change at this trust; no branch was made"
    assert err.splitlines()[-1] == last
    main(["apply", "never", "twice", "--stack"])
    assert capsys.readouterr().err.splitlines()[-1] == last.replace(" at this trust", "")
    assert repo.git("branch", "--list", "rustfix-mem/*") == ""


def test_a_stack_as_json(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(SCHEMA.read_text())

    def made(*argv: str) -> dict[str, object]:
        found = json.loads(said(capsys, "--stack", "--output-format", "json", *argv)[0])
        Draft202012Validator(schema).validate(found)
        (branch,) = found["branches"]
        assert isinstance(branch, dict)
        return branch

    def ids(branch: dict[str, object]) -> list[tuple[str, str | None]]:
        assert isinstance(branch["commits"], list)
        return [(one["codemod"], one["id"]) for one in branch["commits"]]

    dry = made("--dry-run")
    assert dry["name"] is None
    assert ids(dry) == [("never", None), ("shrink", None), ("twice", None)]
    new = made()
    assert (new["name"], new["diff"]) == (ALL, dry["diff"])
    below, above = repo.git("rev-parse", f"{ALL}~", ALL).split()
    assert ids(new) == [("never", None), ("shrink", below), ("twice", above)]
    assert isinstance(new["commits"], list)
    edit = new["commits"][2]["applied"][1]["fix"]["edits"][0]
    text = repo.git("show", f"{below}:{edit['path']}").encode()
    assert text[edit["start"] : edit["end"]] == b"10"  # of the commit below, as its place is


def test_a_stack_of_the_same_files_that_was_made_otherwise_is_up_to_date(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("--stack", "--output-format", "json")
    said(capsys, *argv, "--author", "Bob <bob@example.org>")
    theirs = repo.git("rev-parse", f"{ALL}~", ALL).split()
    (branch,) = json.loads(said(capsys, *argv)[0])["branches"]
    assert [one["id"] for one in branch["commits"]] == [None, *theirs]
    repo.git("checkout", "-q", ALL)
    repo.git("reset", "-q", "--soft", "main")
    repo.git("commit", "-q", "-m", "all in one")
    repo.git("checkout", "-q", "main")
    (branch,) = json.loads(said(capsys, *argv)[0])["branches"]
    assert [one["id"] for one in branch["commits"]] == [None, None, None]


@pytest.mark.cargo
def test_every_commit_of_a_stack_builds(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "--stack")
    for number, commit in enumerate((f"{ALL}~", ALL)):
        tree = tmp_path / str(number)
        repo.git("worktree", "add", "-q", "--detach", str(tree), commit)
        line = ["cargo", "check", "--quiet", "--offline", "--target-dir", str(tmp_path / "target")]
        subprocess.run(line, cwd=tree, check=True)
