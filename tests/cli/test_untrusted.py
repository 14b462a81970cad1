"""`check --untrusted`: a checkout is a stranger's text, and nothing of it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from support import needs, programs
from support.stranger import Stranger, environment, stranger

pytestmark = [pytest.mark.slow, needs.posix]

_COMMAND = """
import multiprocessing, sys
from sluicegate.cli.main import run
from sluicegate.engines import pool
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv.pop(1))
    pool._context = lambda: context
    run()
"""
"""The command, with processes that are started in one of the ways of the platforms."""


@pytest.fixture
def checkout(tmp_path: Path) -> Stranger:
    return stranger(tmp_path)


def check(
    checkout: Stranger, *arguments: str, start: str = "", more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in the checkout, as an installed script is run.

    Args:
        checkout, arguments: where, and what.
        start: how its processes start, where it must itself be a fresh interpreter.
        more: variables.
    """
    script = checkout.marks.parent / "command.py"
    script.write_text(_COMMAND)
    command = [sys.executable, str(script), start or "fork", "check", *arguments]
    if start:
        return started(checkout, command, more or {})
    return programs.run(command, checkout.repo.root, {**environment(checkout), **(more or {})})


def started(
    checkout: Stranger, command: Sequence[str], more: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    env = {**environment(checkout), **more}
    return subprocess.run(
        command, cwd=checkout.repo.root, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def gates(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The verdicts of the report, by gate."""
    assert done.returncode in (0, 1), done.stderr
    return {verdict["gate"]: verdict for verdict in json.loads(done.stdout)["gates"]}


@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_nothing_of_the_checkout_runs(checkout: Stranger, start: str) -> None:
    found = gates(check(checkout, "--untrusted", "--format", "json", start=start))
    assert checkout.ran == []
    assert {name: found[name]["status"] for name in ("coverage", "security", "complexity")} == {
        "coverage": "PASS",
        "security": "PASS",
        "complexity": "PASS",
    }


def test_the_marks_tell_who_runs_it(checkout: Stranger) -> None:
    started(checkout, [sys.executable, "-c", "import coverage, yaml, plugin"], {})
    check(checkout, "--gate", "size")
    assert checkout.ran == ["coverage.py", "plugin.py", "size", "yaml.py"]


def test_a_run_gate_without_a_bundle_is_an_error_that_names_the_remedy(checkout: Stranger) -> None:
    size = gates(check(checkout, "--untrusted", "--gate", "size", "--format", "json"))["size"]
    assert size["status"] == "ERROR"
    assert "--runs" in size["problems"][0]["remedy"]


def test_a_run_gate_takes_its_value_from_a_bundle(checkout: Stranger) -> None:
    left = check(checkout, "--gate", "size", "--bundle", str(checkout.marks.parent / "size"))
    assert left.returncode == 0, left.stderr
    (checkout.marks / "size").unlink()
    bundles = str(checkout.marks.parent / "size")
    size = gates(check(checkout, "--untrusted", "--gate", "size", "--runs", bundles, "--format", "json"))[
        "size"
    ]
    assert (size["status"], checkout.ran) == ("PASS", [])


def test_started_as_a_module_nothing_of_the_checkout_runs(checkout: Stranger) -> None:
    (checkout.repo.root / "sluicegate.py").unlink()  # before any line of ours, Python would take it for us
    command = [sys.executable, "-m", "sluicegate", "check", "--untrusted", "--format", "json"]
    (checkout.repo.root / "json.py").unlink()
    (checkout.repo.root / "logging.py").unlink()
    assert gates(started(checkout, command, {}))
    assert checkout.ran == []


def test_isolated_it_runs_as_a_module_whatever_the_checkout_is_called(checkout: Stranger) -> None:
    command = [sys.executable, "-I", "-m", "sluicegate", "check", "--untrusted", "--format", "json"]
    assert gates(started(checkout, command, {"PYTHONPATH": "."}))
    assert checkout.ran == []


def test_where_the_checkout_is_on_the_import_path_nothing_is_judged(checkout: Stranger) -> None:
    for name in ("json.py", "logging.py", "click.py", "sluicegate.py", "multiprocessing.py", "yaml.py"):
        (checkout.repo.root / name).unlink()
    done = check(checkout, "--untrusted", more={"PYTHONPATH": "src"})
    assert done.returncode == 2
    assert "the checkout is on Python's import path" in done.stderr
    assert "python -I -m sluicegate" in done.stderr


def test_a_committed_environment_is_not_the_project_s_own(checkout: Stranger) -> None:
    check(checkout, "--gate", "coverage")
    assert [name for name in checkout.ran if "venv" in name or "tools" in name] == []
