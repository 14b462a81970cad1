"""Which commands keep the tokens of their environment."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from sluicegate.cli.main import main


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN", "INPUT_TOKEN"])
def test_a_command_that_asks_nobody_forgets_the_tokens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "secret")
    CliRunner().invoke(main, ["schema", "policy"])
    assert name not in os.environ


def test_one_that_asks_a_server_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    CliRunner().invoke(main, ["approvals", "--help"])
    assert os.environ["GITHUB_TOKEN"] == "secret"
