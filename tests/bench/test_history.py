"""`make bench-history`: what the default preset says of changes that were merged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import history
from bench.planted import PLANTS, Plant
from support.repo import Repo, repository

pytestmark = pytest.mark.slow

SHELL = next(plant for plant in PLANTS if plant.rules == ("B602",))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Two merged changes: a harmless one, and a weakness."""
    repo = repository(tmp_path_factory.mktemp("history") / "project", {"src/thing.py": "NAME = 'thing'\n"})
    repo.commit({"src/thing.py": "NAME = 'other'\n"})
    repo.commit({"src/call.py": SHELL.source})
    return repo


@pytest.fixture(scope="module")
def judged(project: Repo) -> list[history.Judged]:
    """The lines about both, the newest first."""
    return list(history.changes(project.root, "standard", 55))


def test_a_change_that_is_blocked_is_told_with_the_criterion_and_the_finding(
    judged: list[history.Judged],
) -> None:
    newest, older = judged
    assert newest.status == "BLOCKED"
    assert newest.blocking == (("security.new-high", "1 B602 src/call.py:5"),)
    assert older.status != "BLOCKED"


def test_only_the_newest_changes_are_judged(project: Repo) -> None:
    assert len(list(history.changes(project.root, "standard", 1))) == 1


def test_a_plant_is_named_and_gone_afterwards(project: Repo) -> None:
    harmless = Plant("a name", "OTHER = 1\n", ("B602",))
    found = list(history.plants(project.root, "standard", (SHELL, harmless)))
    assert [(one.named, one.status == "BLOCKED") for one in found] == [(True, True), (False, False)]
    assert project.git("status", "--porcelain") == ""


def test_the_table_counts_by_project_and_in_all(judged: list[history.Judged]) -> None:
    text = "\n".join(history.table([("a", judged, []), ("b", judged[1:], [])]))
    assert "| a | 2 | 1 | 50.0 % |" in text
    assert "| **all** | 3 | 1 | 33.3 % |" in text


def test_a_plant_goes_into_the_largest_module_of_the_product(tmp_path: Path) -> None:
    sources = {
        "src/a.py": "A = 1\n",
        "src/b.py": "LONGER = 1\n",
        "tests/test_b.py": "LONGEST = 'of all of them'\n",
    }
    assert history.module(repository(tmp_path / "p", sources).root) == "src/b.py"
