"""`docs/publishing.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from sluicegate.github.publish import content
from sluicegate.github.publish.content import BATCH, CONCLUSIONS, MAX, STATES
from sluicegate.github.publish.outcome import Channel
from sluicegate.github.publish.settings import CommentMode
from sluicegate.net.client import ATTEMPTS
from sluicegate.report.markdown import LEVELS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
MODES = re.findall(r"^\| `([\w-]+)` \| .* \| .* \|$", TEXT, re.MULTILINE)


def test_every_mode_is_described() -> None:
    assert list(CommentMode) == MODES


def test_every_channel_is_described() -> None:
    described = re.findall(r"^\| ((?:comment|commit status|check run)\b[^|]*) \| `", TEXT, re.MULTILINE)
    assert len(described) == len(Channel)


def test_the_mapping_is_the_program_s() -> None:
    rows = dict(re.findall(r"^\| ([A-Z]+) \| (`\w+` \| `\w+`) \|$", TEXT, re.MULTILINE))
    assert rows == {str(s): f"`{STATES[s]}` | `{CONCLUSIONS[s]}`" for s in STATES}


def test_the_limits_are_the_program_s() -> None:
    assert f"at most {MAX} annotations, sent {BATCH} at a time" in TEXT
    assert f"| {content.DESCRIPTION} characters |" in TEXT
    assert f"| tries of one request | {ATTEMPTS} |" in TEXT
    assert ", ".join(f"{n:,}" for n in content.LIMITS[1:3]) in TEXT


def test_the_order_in_which_detail_is_left_out_is_the_program_s() -> None:
    assert "; ".join(level.lost for level in LEVELS[1:]) in " ".join(TEXT.split())
