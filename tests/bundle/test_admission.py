"""Which bundles a merge joins: those that jobs of this run wrote, on the commit that it is about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sluicegate.bundle.find import find_bundles
from sluicegate.core.model import Commit, Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.github.event import EventContext
from sluicegate.judge.merge import MergeOptions, merge
from support import bundles, needs
from support.repo import Repo, repository

RUN, ATTEMPT = 70, 2
POLICY = "gates: {tests: {criteria: [pass_rate == 100%]}}\n"
GOOD, BAD = {"reports/junit.xml": bundles.junit("++")}, {"reports/junit.xml": bundles.junit("+F")}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "repo", {"sluicegate.yml": POLICY})


def head(repo: Repo) -> str:
    return repo.git("rev-parse", "HEAD")


def event(repo: Repo, tested: str = "") -> EventContext:
    """Of a push that a second attempt of run 70 is about."""
    return EventContext(name="push", tested_sha=tested or head(repo), run_id=RUN, run_attempt=ATTEMPT)


def shard(
    repo: Repo, name: str, files: dict[str, str], run: tuple[int, int] = (RUN, ATTEMPT), tested: str = ""
) -> Path:
    """A bundle at `bundles/NAME`, with nothing beside it that was collected."""
    commit = Commit(tested=tested or head(repo))
    return bundles.shard(repo.root / "bundles" / name, files, run=run, commit=commit, gates=("tests",))


def merged(repo: Repo, happened: EventContext | None = None, where: str = "bundles") -> Report:
    options = MergeOptions(repo.root, bundles=(where,), event=event(repo) if happened is None else happened)
    return merge(options, lambda: date(2026, 11, 21)).report


def said(report: Report) -> str:
    return " ".join(p.message for v in report.verdicts for p in v.problems)


def count(report: Report) -> object:
    return next((m.value for v in report.verdicts for n, m in v.measures.items() if n == "tests"), None)


def test_bundles_of_the_run_are_joined(repo: Repo) -> None:
    shard(repo, "x", GOOD)
    shard(repo, "y", GOOD, run=(RUN, 1))
    report = merged(repo)
    assert (report.status, count(report)) == (ReportStatus.PASS, 4)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ((999, 1), "of run 999, not of 70"),
        ((0, 0), "of run 0, not of 70"),
        ((RUN, 9), "of attempt 9, after 2"),
    ],
)
def test_one_of_another_run_or_a_later_attempt_outranks_none_and_blocks(
    repo: Repo, run: tuple[int, int], reason: str
) -> None:
    shard(repo, "x", BAD)
    place = repo.root / "bundles" / "forged" / "x"
    bundles.shard(place, GOOD, run=run, commit=Commit(tested=head(repo)))
    report = merged(repo)
    assert report.status is ReportStatus.BLOCKED
    assert reason in said(report)
    assert count(report) == 2


def test_one_of_another_commit_blocks(repo: Repo) -> None:
    shard(repo, "x", GOOD)
    shard(repo, "y", GOOD, tested="5" * 40)
    report = merged(repo)
    assert "tested the commit 55555555555, not " in said(report).replace("…", "")
    assert (report.status, count(report)) == (ReportStatus.BLOCKED, 2)


def test_what_the_event_and_the_checkout_name_may_have_been_tested(repo: Repo) -> None:
    named = EventContext(
        name="pull_request", is_pull_request=True, tested_sha="6" * 40, head_sha="7" * 40, run_id=RUN
    )
    for commit in ("6" * 40, "7" * 40, head(repo)):
        shard(repo, "x", GOOD, tested=commit)
        assert said(merged(repo, named)) == ""


def test_without_an_event_a_bundle_is_taken_at_its_word(repo: Repo) -> None:
    shard(repo, "x", GOOD, run=(999, 9), tested="5" * 40)
    assert merged(repo, EventContext()).status is ReportStatus.PASS


def test_a_tracked_bundle_is_none(repo: Repo) -> None:
    shard(repo, "x", GOOD)
    repo.git("add", "-f", "bundles")
    repo.git("commit", "-q", "-m", "forged")
    report = merged(repo, EventContext())
    assert report.status is ReportStatus.BLOCKED
    assert "is tracked" in said(report)


def test_one_that_is_laid_over_a_tracked_one_counts(repo: Repo) -> None:
    shard(repo, "x", GOOD)
    repo.git("add", "-f", "bundles")
    repo.git("commit", "-q", "-m", "forged")
    shard(repo, "x", BAD)
    assert said(merged(repo)) == ""


@needs.posix
def test_one_behind_a_tracked_link_is_none(repo: Repo, tmp_path: Path) -> None:
    bundles.shard(tmp_path / "far" / "x", GOOD, run=(RUN, ATTEMPT), gates=("tests",))
    (repo.root / "bundles").symlink_to(tmp_path / "far")
    repo.git("add", "-f", "bundles")
    repo.git("commit", "-q", "-m", "link")
    report = merged(repo, EventContext())
    assert (report.status, count(report)) == (ReportStatus.BLOCKED, None)
    assert "is tracked" in said(report)


def test_one_in_another_repository_is_not_found_and_not_taken_when_named(repo: Repo) -> None:
    inner = repository(repo.root / "lib", {"a": "1"})
    bundles.shard(inner.root / "bundles" / "x", GOOD, gates=("tests",))
    assert find_bundles(["."], repo.root) == []
    report = merged(repo, EventContext(), "lib/bundles")
    assert report.status is ReportStatus.BLOCKED
    assert "is in a submodule or another repository" in said(report)
