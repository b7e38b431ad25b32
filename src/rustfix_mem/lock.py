"""Cargo.lock after a change of dependencies: told of, or brought in step by cargo when asked to.

The only room that runs cargo on somebody's repository, and it runs nothing of it: in a folder of
ours there are only manifests, the lock file and empty target files; cargo starts at the root of
the file system, where it finds no configuration and no toolchain of the repository, and it only
resolves (`cargo update --workspace`). See docs/architecture.md.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
import tempfile
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rustfix_mem.cargo import lockfile, manifest
from rustfix_mem.cargo.lockfile import CARGO_LOCK
from rustfix_mem.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustfix_mem.git.snapshot import Snapshot

OFFLINE_SECONDS, ONLINE_SECONDS = 60, 600

PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "CARGO_HOME", "RUSTUP_HOME"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "RUSTUP_AUTO_INSTALL"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP", "PATHEXT"),
)
"""Variables that cargo sees. Not `RUSTC`, `RUSTC_WRAPPER` and the like: they name programs, which
may be a path in the repository; not `RUSTUP_TOOLCHAIN`, which may be what the repository says."""

PASSED_ON_PREFIXES = ("CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_")

UNDER = Path("target", "package", "repository")
"""Cargo looks for a workspace in all folders above a manifest, but not above `target/package`."""

WITHOUT = "leave `--lock` out, and type `cargo update --workspace` on the branch"


@dataclass(frozen=True, slots=True)
class Locks:
    """What is to be said of the lock files that a change concerns."""

    left: tuple[str, ...] = ()
    """Those that are as they were."""
    changed: Mapping[str, bytes] = field(default_factory=dict)
    """Those that cargo has brought in step."""
    added: tuple[str, ...] = ()
    """The packages that are new in them, `sysinfo 0.37.2`."""
    gone: tuple[str, ...] = ()
    """Those that nobody needs any more, since a dependency went."""
    online: bool = False
    """Whether a registry was asked, since what is on this machine did not suffice."""


def concerned(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The lock files of the repository that a change of dependencies concerns."""
    changed = [path for path in after.changed if posixpath.basename(path) == "Cargo.toml"]
    locks = [path for path in after.regular(CARGO_LOCK) if posixpath.basename(path) == CARGO_LOCK]
    if not changed or not locks:
        return ()
    old, new = _manifests(before), _manifests(after)
    return lockfile.concerned(old, new, locks)


def updated(snapshot: Snapshot, locks: Iterable[str]) -> Locks:
    """What cargo makes of `locks` with the manifests of `snapshot`; raises `UsageError`.

    Versions that are locked stay: if cargo would take any away, nothing is done. What nobody needs
    any more, since a dependency went, may go.
    """
    changed, new, gone, online = dict[str, bytes](), set[str](), set[str](), False
    for lock in locks:
        before = snapshot.read(lock)
        with tempfile.TemporaryDirectory(prefix="rustfix-mem-") as folder:
            top = Path(folder).resolve() / UNDER
            _lay_out(top, lock, snapshot)
            after, asked = _resolved(top, lock, before)
        new |= {*lockfile.added(before, after)}
        gone |= {*lockfile.unneeded(before, after)}
        online |= asked
        if after != before:
            changed[lock] = after
    return Locks((), changed, tuple(sorted(new)), tuple(sorted(gone)), online)


def _resolved(top: Path, lock: str, before: bytes) -> tuple[bytes, bool]:
    """The lock file as cargo wants it, and whether it had to ask a registry for it."""
    args = ["update", "--workspace", "--manifest-path"]
    args += [str(top / posixpath.dirname(lock) / "Cargo.toml")]
    for online in (False, True):
        (top / lock).write_bytes(before)
        status, said = _cargo([*args, *([] if online else ["--offline"])], online=online)
        after = lockfile.with_format_of(before, (top / lock).read_bytes())
        # Offline, what is locked can be unknown here: then cargo takes another version, too.
        gone = lockfile.lost(before, after)
        if not status and not gone:
            return after, online
    if status:
        raise UsageError(f"cargo cannot bring `{lock}` in step: {_reason(said, top)}", WITHOUT)
    raise UsageError(f"cargo would take `{gone[0]}` out of `{lock}`", WITHOUT)


def _manifests(snapshot: Snapshot) -> dict[str, bytes]:
    found = snapshot.read_many(snapshot.regular("Cargo.toml"))
    return {path: source for path, source in found if posixpath.basename(path) == "Cargo.toml"}


def _lay_out(top: Path, lock: str, snapshot: Snapshot) -> None:
    """Put into the folder `top` what cargo must have to resolve a workspace, and no more."""
    every = _manifests(snapshot)
    repository = lockfile.Repository(every)
    covered = repository.covers(lock)
    for path in sorted(covered):
        if away := repository.outside(path):
            raise UsageError(f"`{path}` names `{away}`, which is not in the repository", WITHOUT)
    wanted = {path: every[path] for path in covered | repository.inherited(covered)}
    targets = dict.fromkeys(_targets(wanted, snapshot), b"")
    for path, data in (targets | wanted | {lock: snapshot.read(lock)}).items():
        _write(top, path, data)


def _targets(manifests: Mapping[str, bytes], snapshot: Snapshot) -> Iterator[str]:
    """The first file of each target in the folder of its package: cargo looks for no other."""
    rust = sorted(snapshot.regular(".rs"))
    for path, source in manifests.items():
        folder = posixpath.dirname(path)
        inside = rust[bisect_left(rust, f"{folder}/") : bisect_left(rust, f"{folder}0")]
        packages, _ = manifest.packages({path: source}, inside if folder else rust)
        yield from (target.root for package in packages for target in package.targets)


def _write(top: Path, path: str, data: bytes) -> None:
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise UsageError(f"`{path}` is not a path that git would make", "`git fsck` shows more")
    file = top / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def _cargo(args: list[str], *, online: bool) -> tuple[int, str]:
    """Exit status and what was said; run where only the user's own configuration is found."""
    env = environment(os.environ)
    program = shutil.which("cargo", path=env["PATH"])
    if program is None:
        raise UsageError("no `cargo` was found", f"install Rust, or {WITHOUT}")
    seconds = ONLINE_SECONDS if online else OFFLINE_SECONDS
    with subprocess.Popen(
        [program, *args],
        cwd=Path(tempfile.gettempdir()).anchor,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            said = process.communicate(timeout=seconds)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return 1, f"error: it did not come to an end in {seconds} seconds"
        except BaseException:
            process.kill()
            raise
    return process.returncode, said.decode("utf-8", "replace")


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The variables of `own` that cargo sees, and ours; a relative folder may be one of theirs."""
    kept = {
        name: value
        for name, value in own.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }
    folders = own.get("PATH", os.defpath).split(os.pathsep)
    kept["PATH"] = os.pathsep.join(filter(os.path.isabs, folders))
    return kept | {"CARGO_TERM_COLOR": "never", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _reason(said: str, top: Path) -> str:
    """What cargo complains of, and why in the end, without a path of ours."""
    lines = [line.strip() for line in said.replace(f"{top}{os.sep}", "").splitlines()]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    causes = [lines[at + 1] for at, line in enumerate(lines[:-1]) if line == "Caused by:"]
    return ": ".join(dict.fromkeys([*errors[:1], *causes[-1:]])) or "it does not say why"
