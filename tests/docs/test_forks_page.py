"""`docs/forks.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sluicegate.judge import triggered

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "forks.md").read_text(encoding="utf-8")


def test_the_permissions_are_those_of_the_example() -> None:
    example = yaml.safe_load((ROOT / "examples" / "fork-trusted.yml").read_text(encoding="utf-8"))
    granted = example["jobs"]["gate"]["permissions"].items()
    rows = re.findall(r"^\| `([a-z-]+): (read|write)` \|", TEXT, re.MULTILINE)
    assert set(granted) == set(rows) - {("checks", "write")}


def test_the_gate_is_named_as_it_is() -> None:
    assert f"`{triggered.GATE}`" in TEXT
