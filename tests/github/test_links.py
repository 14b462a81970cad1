"""Addresses of files in the repository of the event."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.core.model import Commit
from sluicegate.github.event import EventContext
from sluicegate.github.places import links_of, places_below
from support import reports as r
from support.repo import repository

EVENT = EventContext(repository="acme/shop", server_url="https://ghe.example", head_sha=r.HEAD)


def test_a_folder_of_the_repository_stands_before_the_path(tmp_path: Path) -> None:
    repository(tmp_path, {"api/a.py": "x = 1\n"})
    link = links_of(r.passing(), EVENT, lambda: places_below(tmp_path / "api", EVENT))
    assert link("a.py", 3, 4) == f"https://ghe.example/acme/shop/blob/{r.HEAD}/api/a.py#L3-L4"


@pytest.mark.parametrize(
    ("event", "head"),
    [(replace(EVENT, repository=""), r.HEAD), (EVENT, ""), (EVENT, "main"), (EVENT, r.HEAD + "/../x")],
)
def test_without_a_repository_or_a_commit_there_is_no_address(
    tmp_path: Path, event: EventContext, head: str
) -> None:
    report = replace(r.passing(), commit=Commit(head, head))
    assert links_of(report, event, lambda: places_below(tmp_path, event))("a.py", 3, 4) == ""
