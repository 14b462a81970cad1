"""docs/release.md says what the code says: its commands, evidence and statuses."""

from __future__ import annotations

import re
from pathlib import Path

from sluicegate.cli import release
from sluicegate.release.matrix import CheckStatus
from sluicegate.release.settings import MEASURES
from sluicegate.release.signoffs import COMMANDS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "release.md").read_text(encoding="utf-8")


def test_it_has_every_command() -> None:
    table = TEXT.partition("| command | what it does |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z]+)", table, re.MULTILINE)) == set(release.command.commands)


def test_it_has_every_command_of_comments() -> None:
    assert set(re.findall(r"^\| `/sluicegate ([a-z]+)", TEXT, re.MULTILINE)) == set(COMMANDS)


def test_it_has_every_evidence_and_status() -> None:
    table = TEXT.partition("| evidence | where it comes from |")[2].partition("\n\n")[0]
    assert set(MEASURES) <= set(re.findall(r"`([a-z]+)`", table))
    assert all(status in TEXT for status in CheckStatus)
