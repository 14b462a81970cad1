"""The start of every run: what `--version` and `--help` must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.cli.main import COMMANDS
from support import programs

HEAVY = ("github", "bandit", "coverage", "pydantic", "jinja2", "requests", "rich", "yaml", "junitparser")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_start_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sluicegate", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported.intersection(HEAVY)


def test_a_check_imports_no_client() -> None:
    program = "import sys, sluicegate.cli.check; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"github", "requests"}.intersection(done.stdout.split())


def test_the_action_s_fetch_of_the_ledger_imports_nothing_that_judges() -> None:
    """It runs in every job: an import of what judges costs more than the fetch."""
    program = "import sys, sluicegate.action.ledger; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    judging = {"sluicegate.judge.check", "sluicegate.criteria", "sluicegate.report.document"}
    assert not {*HEAVY, "click", *judging}.intersection(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_every_command_has_help(tmp_path: Path, command: list[str]) -> None:
    done = programs.sluicegate(tmp_path, *command, "--help")
    assert (done.returncode, done.stdout.startswith("Usage:")) == (0, True)


@pytest.mark.slow
def test_a_misspelt_command_gets_the_nearest(tmp_path: Path) -> None:
    done = programs.sluicegate(tmp_path, "chek")
    assert done.returncode == 2
    assert "Perhaps you meant 'check'" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(tmp_path: Path, shell: str) -> None:
    done = programs.sluicegate(tmp_path, "completion", shell)
    assert done.returncode == 0
    assert "_SLUICEGATE_COMPLETE" in done.stdout
