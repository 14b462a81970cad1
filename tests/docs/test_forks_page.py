"""`docs/forks.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sluicegate import triggered

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "forks.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", TEXT, re.MULTILINE)


def said() -> str:
    """What the program can say: its sources, with strings that span lines joined."""
    files = sorted((ROOT / "src" / "sluicegate").rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(f.read_text(encoding="utf-8") for f in files))


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_of_the_troubleshooting_is_one_that_is_said(message: str) -> None:
    assert message in said()


def test_the_permissions_are_those_of_the_example() -> None:
    example = yaml.safe_load((ROOT / "examples" / "fork-trusted.yml").read_text(encoding="utf-8"))
    granted = example["jobs"]["gate"]["permissions"].items()
    rows = re.findall(r"^\| `([a-z-]+): (read|write)` \|", TEXT, re.MULTILINE)
    assert set(granted) == set(rows) - {("checks", "write")}


def test_the_gate_is_named_as_it_is() -> None:
    assert f"`{triggered.GATE}`" in TEXT
