"""The start of every run: what `--version` and `--help` must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.cli.main import COMMANDS
from support import programs

pytestmark = pytest.mark.slow

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


def imported_by(module: str) -> set[str]:
    program = f"import sys, sluicegate.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["cli.check", "action.judge"])
def test_a_check_imports_neither_client_nor_typed_settings(module: str) -> None:
    late = {"sluicegate.bundle.write", "sluicegate.bundle.read", "sluicegate.github.overrides"}
    assert not {"github", "jinja2", "pydantic", "requests", *late} & imported_by(module)


@pytest.mark.parametrize("module", ["action.fetch", "action.publish"])
def test_the_steps_beside_the_judging_one_import_nothing_that_judges(module: str) -> None:
    """They run in every job: an import of what judges costs more than the fetch."""
    assert not {*HEAVY, "click", "sluicegate.judge.check"} & imported_by(module)


def test_a_tick_imports_nothing_that_judges_a_change() -> None:
    late = {"sluicegate.judge.choose", "sluicegate.collect.base", "sluicegate.engines.analyse"}
    assert not ({*HEAVY, *late} - {"yaml"}) & imported_by("cli.rollout")


@pytest.mark.parametrize("command", [[], *([c] for c in COMMANDS)])
def test_every_command_has_help(tmp_path: Path, command: list[str]) -> None:
    done = programs.sluicegate(tmp_path, *command, "--help")
    assert (done.returncode, done.stdout.startswith("Usage:")) == (0, True)


def test_a_misspelt_command_gets_the_nearest(tmp_path: Path) -> None:
    done = programs.sluicegate(tmp_path, "chek")
    assert done.returncode == 2
    assert "Perhaps you meant 'check'" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(tmp_path: Path, shell: str) -> None:
    done = programs.sluicegate(tmp_path, "completion", shell)
    assert done.returncode == 0
    assert "_SLUICEGATE_COMPLETE" in done.stdout
