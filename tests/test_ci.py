"""What continuous integration runs is what everybody runs, and a failure of any part fails it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support import needs

ROOT = Path(__file__).resolve().parents[1]

pytestmark = needs.posix


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
