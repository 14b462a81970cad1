"""`docs/organisation.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sluicegate.policy.chain import MAX_DEPTH, MAX_FILES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "organisation.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_of_the_troubleshooting_is_one_that_is_said(message: str) -> None:
    sources = sorted((ROOT / "src" / "sluicegate").rglob("*.py"))
    assert any(message in path.read_text(encoding="utf-8") for path in sources)


def test_the_limits_are_the_program_s() -> None:
    assert f"at most {MAX_FILES} files, and {MAX_DEPTH} in a row" in TEXT
