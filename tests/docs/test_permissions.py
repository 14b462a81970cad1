"""`docs/permissions.md` says what the examples grant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sluicegate.github.publish.outcome import Channel
from support.workflows import EXAMPLES, ROOT, all_jobs, example

TEXT = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| [^|]+ \| ([^|]+) \| `([\w.-]+)` `(\w+)` \|$", TEXT, re.MULTILINE)


def granted(text: str) -> dict[str, str]:
    return dict(re.findall(r"`([a-z-]+): (\w+)`", text))


@pytest.mark.parametrize(("permissions", "name", "job"), ROWS)
def test_a_row_is_what_its_job_grants(permissions: str, name: str, job: str) -> None:
    assert example(name).jobs[job].permissions == granted(permissions)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_job_of_an_example_has_its_row(path: Path) -> None:
    rows = [granted(permissions) for permissions, _, _ in ROWS]
    for _, job in all_jobs(path):
        assert job.permissions in rows, job.name


@pytest.mark.parametrize("channel", Channel)
def test_each_channel_s_permission_is_explained(channel: Channel) -> None:
    assert f"| `{channel.permission}: write` |" in TEXT


def test_every_permission_of_a_row_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z-]+: \w+)` \|", TEXT, re.MULTILINE)
    asked = {f"{name}: {level}" for row, _, _ in ROWS for name, level in granted(row).items()}
    assert asked <= set(explained)
