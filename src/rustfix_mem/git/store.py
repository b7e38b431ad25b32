"""Reads a repository through a private one, so that not a byte of it changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rustfix_mem.errors import UsageError
from rustfix_mem.git.command import Ran, command, decode, environment, failed, no_git, run
from rustfix_mem.git.locate import Place, locate
from rustfix_mem.git.snapshot import Entry, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self


@dataclass(frozen=True, slots=True)
class Store:
    """The user's objects behind a bare repository of our own in `folder`.

    New objects land in `folder`. It is removed when the `with` block ends, and snapshots
    that came from it can then no longer read.
    """

    place: Place
    folder: Path

    @classmethod
    def open(cls, repo: Path) -> Store:
        """Open the repository at or above `repo`; raises `UsageError` if that cannot be."""
        folder = _temporary()
        try:
            place = locate(repo, folder)
            _private(folder, place.object_format)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(place, folder)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def git(
        self,
        args: Sequence[str],
        input: bytes = b"",
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> bytes:
        """Standard output of `git ARGS` in the private repository.

        Raises `UsageError` if it fails, unless `check` is off.
        """
        ran = run(command(args), env=env or self.reading(), folder=self.folder, input=input)
        if check and ran.status:
            raise failed(args, ran)
        return ran.out

    def theirs(self, args: Sequence[str]) -> Ran:
        """Run `git ARGS` in the user's repository: only what reads names or configuration."""
        return run(command(args), env=self.at_home(), folder=self.folder)

    def resolve(self, rev: str) -> str:
        """The id of the commit that `rev` names; `UsageError` if there is not exactly one."""
        # `:/text` takes all that follows for the text, and finds commits only.
        commit = rev if rev.startswith(":/") else f"{rev}^{{commit}}"
        args = ["rev-parse", "--verify", "--end-of-options", commit]
        ran = self.theirs(args) if "\0" not in rev else Ran(1, b"", "")
        if f"refname '{rev}' is ambiguous" in ran.err:
            raise UsageError(
                f"`{rev}` names more than one thing", f"give `refs/heads/{rev}`, or the commit's id"
            )
        if ran.status:
            raise self._no_such(rev, ran)
        return decode(ran.out).strip()

    def snapshot(self, commit: str) -> Snapshot:
        """The files of a commit; blobs are read when asked for, while the store is open."""
        listed = self.git(["ls-tree", "-r", "-z", "--full-tree", commit])
        entries = dict(map(_entry, decode(listed).split("\0")[:-1]))
        return Snapshot(entries, self.loader(entries), commit, self.tree(commit))

    def loader(self, entries: Mapping[str, Entry]) -> Callable[[Iterable[str]], Iterator[bytes]]:
        """What reads the blobs of `entries`: from the work tree, where they are checked out."""
        from rustfix_mem.git.checkout import Checkout

        checkout = Checkout.of(self, entries)
        return self.load if checkout is None else checkout.load

    def tree(self, commit: str) -> str:
        """The id of a commit's tree."""
        return decode(self.git(["rev-parse", "--verify", f"{commit}^{{tree}}"])).strip()

    def load(self, oids: Iterable[str]) -> Iterator[bytes]:
        """The blobs of `oids`, in that order, from one process; a missing one is a `UsageError`.

        The ids go through a file: with a pipe both sides could wait for each other.
        """
        ids = list(oids)
        with tempfile.TemporaryFile(dir=self.folder) as wanted:
            wanted.write("".join(f"{oid}\n" for oid in ids).encode())
            wanted.seek(0)
            if ids:
                yield from self._blobs(ids, wanted)

    def dirty(self, head: Snapshot | None = None) -> int | None:
        """How many tracked files differ from HEAD, staged or not; `None` if it cannot be known.

        `head` are its files, for who has listed them already.
        """
        from rustfix_mem.git.worktree import changed  # most runs never ask

        paths = changed(self, head)
        return None if paths is None else len(paths)

    def reading(self) -> dict[str, str]:
        """The environment of the private repository, with the user's objects in sight."""
        return self.writing() | {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(self.place.objects)}

    def writing(self) -> dict[str, str]:
        """The same without the user's objects.

        When git is to write an object that is there already, it touches the file's time
        stamp instead, in the user's repository too. What it cannot see it does not touch.
        """
        return environment(
            {
                "GIT_DIR": str(self.folder),
                "GIT_INDEX_FILE": str(self.folder / "index"),
                "GIT_OBJECT_DIRECTORY": str(self.folder / "objects"),
            }
        )

    def at_home(self) -> dict[str, str]:
        """The environment of the user's own repository."""
        return environment({"GIT_DIR": str(self.place.git_dir)})

    def _blobs(self, ids: list[str], wanted: IO[bytes]) -> Iterator[bytes]:
        line = command(["cat-file", "--batch", "--buffer"])
        try:
            process = subprocess.Popen(
                line,
                env=self.reading(),
                cwd=self.folder,
                stdin=wanted,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except FileNotFoundError as error:
            raise no_git() from error
        assert process.stdout is not None
        try:
            for oid in ids:
                yield _blob(oid, process.stdout)
        finally:
            process.kill()
            process.stdout.close()
            process.wait()

    def _no_such(self, rev: str, ran: Ran) -> UsageError:
        if "ambiguous" in ran.err:
            return UsageError(f"`{rev}` names more than one commit", "give more digits of its id")
        if rev in ("HEAD", "@") and self.theirs(["symbolic-ref", "-q", "HEAD"]).status == 0:
            return UsageError("the branch that is checked out has no commit yet", "commit first")
        shown = rev.replace("\0", "\\0")
        return UsageError(
            f"there is no commit `{shown}`", "`git log --oneline` shows what is there"
        )


def _temporary() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="rustfix-mem-")).resolve()
    except OSError as error:
        raise UsageError(
            f"cannot make a temporary folder: {(error.strerror or str(error)).lower()}",
            "free some space, or name a folder on another disk: `TMPDIR=FOLDER`",
        ) from error


def _private(folder: Path, object_format: str) -> None:
    """What `git init --bare` would make with an empty template, without a process for it."""
    (folder / "objects").mkdir()
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
        f"[extensions]\n\tobjectFormat = {object_format}\n"
    )


def _quoted(path: Path) -> str:
    """A path for a list of paths, quoted as git wants it where the separator is in it."""
    text = str(path)
    if os.pathsep not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _entry(line: str) -> tuple[str, Entry]:
    about, _, path = line.partition("\t")
    mode, _, oid = about.split(" ")
    return path, Entry(mode, oid)


def _blob(oid: str, stream: IO[bytes]) -> bytes:
    """The next answer of `cat-file`: a line `OID blob SIZE`, the bytes, an end of line."""
    match stream.readline().split():
        case [_, b"blob", size]:
            data = stream.read(int(size))
            stream.read(1)
            return data
    # A clone with a filter fetches blobs only when they are needed.
    raise UsageError(
        f"the object `{oid}` is not in this clone, which is a partial or a damaged one",
        "`git fetch --refetch --no-filter` gets all of them",
    )
