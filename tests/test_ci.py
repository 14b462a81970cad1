"""What continuous integration runs is what everybody runs, and a failure of any part fails it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import needs

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [pytest.mark.slow, needs.posix]


def run(folder: Path, failing: str) -> tuple[int, list[str]]:
    """The exit code with a `make` that only says what it was asked for, and those sayings."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
    make = folder / "make"
    make.write_text(f'#!/bin/sh\necho "$@"\n[ "$1" != "{failing}" ]\n', encoding="utf-8")
    make.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", folder / ".ci" / "run"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(("failing", "code"), [("nothing", 0), ("test", 1)])
def test_it_is_the_tests_of_everybody_and_they_must_pass(tmp_path: Path, failing: str, code: int) -> None:
    assert run(tmp_path, failing) == (code, ["test"])


STUB = """#!/bin/sh
case "{name} $*" in *"{failing}"*) echo "{failing} complains"; exit 1 ;; esac
"""


@pytest.mark.parametrize("failing", ["-m pytest", "mypy", "ruff format", "lint-imports", "sluicegate check"])
def test_each_part_fails_the_whole_and_is_heard(tmp_path: Path, failing: str) -> None:
    done = make_test(tmp_path, failing)
    assert done.returncode != 0
    assert f"{failing} complains" in done.stdout


def test_where_nothing_fails_nothing_does(tmp_path: Path) -> None:
    done = make_test(tmp_path, "no part")
    assert done.returncode == 0, done.stdout


def make_test(folder: Path, failing: str) -> subprocess.CompletedProcess[str]:
    """`make test` where every program says yes, but for one."""
    shutil.copy(ROOT / "Makefile", folder)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "ruff", "mypy", "lint-imports", "sluicegate", "chromium"):
        (programs / name).write_text(STUB.format(name=name, failing=failing), encoding="utf-8")
        (programs / name).chmod(0o755)
    for name in ("requirements/dev.txt", "pyproject.toml", ".venv/.installed"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", "test"],
        cwd=folder,
        env={**kept, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def test_the_tests_run_once_and_what_they_leave_is_judged() -> None:
    alone = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "--no-print-directory", "test"],
        cwd=ROOT,
        env=alone,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    lines = done.stdout.splitlines()
    (tests,) = (n for n, line in enumerate(lines) if " -m pytest " in line)
    assert "--cov-report=xml:reports/coverage.xml" in lines[tests]
    assert "--junitxml=reports/junit.xml" in lines[tests]
    assert lines[-1].startswith(".venv/bin/sluicegate check ")


def test_the_gate_takes_one_row_of_each_test() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--first-rows", "tests/test_measured.py"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    rows = [line.rpartition("[")[2] for line in done.stdout.splitlines() if line.endswith("]")]
    assert rows == ["0]"]
