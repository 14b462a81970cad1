"""`docs/trust.md` says what each command runs of the project, and so it is."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pytest

from sluicegate.cli.main import ASKING, COMMANDS, main
from support import needs, programs
from support.stranger import Stranger, environment, stranger
from support.workflows import ROOT

PAGE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## What runs code of the project")[1].split("\n## ")[0]
ROWS = {
    name: (runs.strip(), untrusted.strip(), token.strip())
    for names, runs, untrusted, token in re.findall(
        r"^\| ((?:`[a-z]+` ?)+) \|([^|]+)\|([^|]*)\|([^|]*)\|$", SECTION, re.MULTILINE
    )
    for name in re.findall(r"`([a-z]+)`", names)
}
"""By command: what it runs, what it runs with `--untrusted`, and the token that it uses."""

QUIET = sorted(name for name, (runs, *_) in ROWS.items() if runs == "nothing")

ARGUMENTS: Mapping[str, Sequence[str]] = {
    "merge": ["reports", "--expect", "x"],
    "subject": ["--output", "{out}/subject"],
    "approvals": ["--output", "{out}/approvals.json"],
    "ledger": ["log"],
    "release": ["history", "v1"],
    "rollout": ["list"],
    "trend": ["coverage.total"],
    "badge": ["reports/report.json"],
    "publish": ["reports/report.json"],
    "explain": ["coverage"],
    "init": ["--dry-run"],
    "schema": ["policy"],
    "completion": ["bash"],
}
"""What a command is given, so that it works, or ends in an error as late as possible without a network."""


def test_every_command_has_its_row() -> None:
    assert ROWS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_row_speaks_of_the_switch_where_the_command_has_it(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    has_it = any(parameter.name == "untrusted" for parameter in command.params)
    assert (ROWS[name][1] == "nothing") is has_it


@pytest.mark.parametrize("name", COMMANDS)
def test_a_row_names_the_token_that_the_command_keeps(name: str) -> None:
    assert ROWS[name][2] == ("`GITHUB_TOKEN`" if name in ASKING else "none")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A checkout of which every file leaves a mark when it runs."""
    return stranger(tmp_path_factory.mktemp("stranger"))


@pytest.mark.slow
@needs.posix
@pytest.mark.parametrize("name", QUIET)
def test_a_command_that_runs_nothing_runs_nothing(name: str, checkout: Stranger, tmp_path: Path) -> None:
    words = [word.format(out=tmp_path) for word in ARGUMENTS.get(name, ())]
    script = tmp_path / "command.py"  # as an installed script: not in the checkout
    script.write_text("from sluicegate.cli.main import run\nrun()\n")
    command = [sys.executable, str(script), name, *words]
    done = programs.run(command, checkout.repo.root, environment(checkout))
    assert "Traceback" not in done.stderr
    assert "No such option" not in done.stderr
    assert checkout.ran == []


IMPORTS = """
import importlib, pkgutil
import sluicegate
for module in pkgutil.walk_packages(sluicegate.__path__, "sluicegate."):
    importlib.import_module(module.name)
"""


@pytest.mark.slow
@needs.posix
def test_what_any_command_imports_runs_nothing(checkout: Stranger, tmp_path: Path) -> None:
    script = tmp_path / "command.py"
    script.write_text(IMPORTS)
    subprocess.run([sys.executable, script], cwd=checkout.repo.root, env=environment(checkout), check=True)
    assert checkout.ran == []
