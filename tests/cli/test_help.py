"""`--help` of every command: examples that fit, and lists without cut sentences."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sluicegate.cli.main import COMMANDS, main


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
