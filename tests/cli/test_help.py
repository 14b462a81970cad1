"""`--help` of every command: examples that fit, and lists without cut sentences."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluicegate.cli import rollout
from sluicegate.cli.main import COMMANDS, main

ROLLOUT = ((), *((name,) for name in sorted(rollout.command.commands)))


def help_of(*command: str) -> str:
    """What the command prints in a terminal of 80 columns."""
    result = CliRunner().invoke(main, [*command, "--help"], terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_longer_than_the_usual_terminal(command: str) -> None:
    assert [line for line in help_of(command).splitlines() if len(line) > 80] == []


def test_the_list_of_the_ledgers_commands_cuts_no_sentence() -> None:
    listed = help_of("ledger").partition("Commands:")[2].partition("The ledger")[0]
    assert "..." not in listed


@pytest.mark.parametrize("words", ROLLOUT, ids=lambda words: "-".join(words) or "all")
def test_the_help_of_rollouts_is_as_people_have_seen_it(words: tuple[str, ...]) -> None:
    text = help_of("rollout", *words)
    path = Path(__file__).with_name("golden") / f"help-{'-'.join(('rollout', *words))}.txt"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text
    assert max(map(len, text.splitlines())) <= 80
