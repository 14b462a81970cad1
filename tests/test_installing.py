"""Whoever installs from our locks gets what was locked, whatever was released since.

`make test` itself begins with `make install`, and `test_locks` says what a lock lacks; `make test-real` tries
the oldest and the newest pip, and locks that lack a package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import inputs
from sluicegate.action import install
from support import needs, package_index
from support.package_index import LOCKS, ROOT

pytestmark = [pytest.mark.slow, needs.posix]

OLDEST = ["22.3"] if sys.version_info < (3, 12) else []
"""The pip of the first Python 3.11, which no later Python can run."""

FILES = ("Makefile", "pyproject.toml", "README.md", "LICENSE")


def clone(folder: Path, pip: str) -> Path:
    """What `make install` reads, and an environment with this pip and nothing else."""
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    for name in ("src", "gates", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    write_lock(folder, package_index.light(LOCKS / "dev.txt"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    package_index.pip_into(folder / ".venv" / "bin" / "python", pip)
    return folder


def write_lock(folder: Path, text: str) -> None:
    (folder / "requirements" / "dev.txt").write_text(text, encoding="utf-8")


def make_install(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "install", f"PYTHON={sys.executable}"],
        cwd=folder,
        env=package_index.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.soak
@pytest.mark.parametrize("pip", [*OLDEST, "newest"])
def test_make_install_works_and_finds_what_the_lock_lacks(tmp_path: Path, pip: str) -> None:
    folder = clone(tmp_path, pip)
    done = make_install(folder)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("sluicegate ")
    done = make_install(without(folder, "iniconfig"))
    assert done.returncode != 0
    assert "requires `iniconfig" in done.stdout


def without(folder: Path, package: str) -> Path:
    """A clone whose lock lacks a package, and its environment too."""
    text = package_index.light(LOCKS / "dev.txt")
    entry = re.search(rf"\n{package}==.*?(?=\n\S)", text, re.DOTALL)
    assert entry
    write_lock(folder, text.replace(entry[0], ""))
    shutil.rmtree(next((folder / ".venv").glob(f"lib/*/site-packages/{package}-*.dist-info")))
    return folder


@pytest.mark.parametrize("way", [pytest.param("uv", marks=pytest.mark.soak), "pip"])
def test_the_action_s_environment_is_whole(tmp_path: Path, way: str) -> None:
    uv = str(Path(sys.executable).with_name("uv")) if way == "uv" else None
    place = install.Place(tmp_path / "env", LOCKS / "action.txt", ROOT / "src")
    run = install.runner(package_index.environment(), tmp_path)
    assert install.install(place, run, uv, lambda _: None) == way
    assert run([sys.executable, "-m", "pip", "--python", str(place.python), "check"])


@pytest.mark.soak
def test_the_bench_s_environment_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "CACHE", tmp_path)
    for name in [n for n in os.environ if n.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in package_index.environment().items():
        monkeypatch.setenv(name, value)
    assert inputs.peers().is_file()
