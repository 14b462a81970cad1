"""A rollout as people see it on GitHub: the commands as a user runs them, against a server that is held to
GitHub's description.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support.githubapi import REPOSITORY, TOKEN, running
from support.pages_hub import PagesHub
from support.rollout_project import NAME, PLAN, Project


@pytest.fixture
def hub() -> Iterator[PagesHub]:
    made = PagesHub()
    with running(made) as made.url:
        yield made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: PagesHub) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    environment = {
        "USER": "alice", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": hub.url,
        "GITHUB_RUN_ID": "7", "GITHUB_RUN_NUMBER": "1", "GITHUB_RUN_ATTEMPT": "1",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, ("--dir", "ledger", "--publish"))
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    hub.now = lambda: made.now
    return made


def test_try(project, hub):
    print(project.start())
    print(hub.issues[0]["body"])
    print(hub.stages())
    for c in hub.calls: print(c.verb, c.path, dict(c.query))
