"""What a user installs: the wheel that is built from the sdist, in a clean environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rustfix_mem import __version__
from rustfix_mem.cli.options import Check, fast
from rustfix_mem.cli.version import version

TOP = Path(__file__).parents[1]
VERSION = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@dataclass(frozen=True)
class Built:
    sdist: tuple[str, ...]
    wheel: tuple[str, ...]
    bin: Path

    def run(self, script: str, *arguments: str) -> str:
        return _run(self.bin / script, *arguments, cwd=self.bin)


def test_what_is_built_is_what_users_need(tmp_path: Path) -> None:
    """One test, since every part needs the one slow build, and workers cannot share it."""
    built = _build(tmp_path)
    _check_the_sdist_has_everything_to_build_and_test(built)
    _check_the_wheel_has_both_packages_and_nothing_else(built)
    _check_the_wheel_has_every_file_of_the_sources(built)
    _check_the_wheel_has_a_schema(built)
    _check_what_is_installed_runs(built)
    _check_what_is_installed_finds_its_codemods(built)


def test_the_hook_for_pre_commit_is_one_and_its_options_are_known() -> None:
    hooks = TOP / ".pre-commit-hooks.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(hooks)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    entry = re.findall(
        r"^  entry: rustfix-mem check (.*)$", hooks.read_text(encoding="utf-8"), re.M
    )
    options = fast(Check, entry[0].split())
    assert options is not None
    assert options.staged


def _check_the_sdist_has_everything_to_build_and_test(built: Built) -> None:
    wanted = ["README.md", "CHANGELOG.md", "LICENSE", "Makefile", "constraints.txt"]
    wanted += [".pre-commit-hooks.yaml"]
    assert set(wanted) <= set(built.sdist)
    roots = {name.partition("/")[0] for name in built.sdist}
    assert {"src", "codemods", "tests", "fixtures", "demo"} <= roots
    assert not [name for name in built.sdist if {"target", ".venv"} & set(name.split("/"))]


def _check_the_wheel_has_both_packages_and_nothing_else(built: Built) -> None:
    roots = {name.partition("/")[0] for name in built.wheel}
    information = {root for root in roots if root.endswith(".dist-info")}
    assert roots - information == {"rustfix_mem", "rustfix_mem_codemods"}
    assert not [name for name in built.wheel if "test_" in name or "fixtures" in name]


def _check_the_wheel_has_every_file_of_the_sources(built: Built) -> None:
    for root, package in (("src", "rustfix_mem"), ("codemods", "rustfix_mem_codemods")):
        files = (Path(name) for name in built.sdist if name.startswith(f"{root}/{package}/"))
        sources = {file.relative_to(root).as_posix() for file in files if file.suffix}
        assert f"{package}/py.typed" in sources
        assert sources <= set(built.wheel)


def _check_the_wheel_has_a_schema(built: Built) -> None:
    schemas = {name for name in built.wheel if name.endswith(".json") and "schema" in name}
    assert schemas == {
        "rustfix_mem/report/schema-1.json",
        "rustfix_mem/cli/rustfix-mem.schema.json",
    }


def _check_what_is_installed_runs(built: Built) -> None:
    where = built.run("python", "-c", "import rustfix_mem; print(rustfix_mem.__file__)")
    assert Path(where.strip()).is_relative_to(built.bin.parent)
    assert VERSION in built.run("rustfix-mem", "--version")
    assert VERSION in built.run("cargo-rustfix-mem", "rustfix-mem", "--version")


def _check_what_is_installed_finds_its_codemods(built: Built) -> None:
    files = [Path(name) for name in built.wheel if name.startswith("rustfix_mem_codemods/")]
    modules = {file.stem for file in files if file.suffix == ".py"}
    names = {name.replace("_", "-") for name in modules if not name.startswith("_")}
    listed = built.run("rustfix-mem", "list")
    assert names
    assert not [name for name in names if name not in listed]


def _build(folder: Path) -> Built:
    """Build both archives, and install the wheel where nothing of the work tree is seen."""
    # Without --sdist or --wheel, `build` makes the wheel from the sdist, as an installer would.
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, TOP)
    _run(*build, cwd=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    with tarfile.open(sdist) as tar, zipfile.ZipFile(wheel) as archive:
        in_sdist = (name.partition("/")[2] for name in tar.getnames())
        return Built(tuple(in_sdist), tuple(archive.namelist()), _install(wheel, folder / "venv"))


def _install(wheel: Path, folder: Path) -> Path:
    """A clean environment with the wheel in it; its dependencies are borrowed from ours."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    python = bin_folder / "python"
    # Seen by path only: a .pth file there, such as that of our editable install, is not read.
    purelib = sysconfig.get_path("purelib")
    theirs = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(_run(python, "-c", theirs, cwd=folder).strip())
    (site / "borrowed.pth").write_text(f"{purelib}\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=folder)
    return bin_folder


def _run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that knows nothing of the environment that runs the tests."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_version_is_the_same_in_both_places() -> None:
    assert version() == __version__
