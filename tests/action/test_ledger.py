"""The Action records a push to the default branch, and compares the next pull request with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.pullrequest import Files, git
from support.uses import GOOD, Project, cobertura, push, shown

pytestmark = pytest.mark.slow

POLICY = "extends: []\ngates:\n  coverage: {criteria: [total >= baseline]}\n"
PUSHED: Files = {**GOOD, "sluicegate.yml": POLICY, "coverage.xml": cobertura({1: 1, 2: 1, 3: 1, 4: 0})}


def recorded(small: Project) -> str:
    return git(small.pull.remote, "for-each-ref", "--format=%(refname)", "refs/sluicegate")


def pull_request(small: Project, covered: int, tmp_path: Path) -> tuple[dict[str, Any], str]:
    """The criterion that compares, of a pull request on that base, and all notices."""
    other = Project(tmp_path / "pull", small.environment, small.pull)
    evidence = {**PUSHED, "coverage.xml": cobertura({n: int(n <= covered) for n in range(1, 11)})}
    result = other.job(evidence=evidence).run(policy_from="head")
    document = json.loads(Path(result.outputs["report-json"]).read_text("utf-8"))
    (criterion,) = document["gates"][0]["criteria"]
    return criterion, shown(result)


def test_a_push_is_recorded_and_the_next_pull_request_is_compared_with_it(
    small: Project, tmp_path: Path
) -> None:
    result = push(small, PUSHED).run()
    assert result.conclusion == "success", shown(result)
    assert "refs/sluicegate/ledger" in recorded(small), shown(result)
    criterion, said = pull_request(small, 7, tmp_path)
    assert (criterion["status"], criterion["baseline"]) == ("FAIL", 75), said
    assert f"baseline: {small.pull.base[:7]}, the base" in said


def test_before_the_first_push_it_is_skipped(small: Project, tmp_path: Path) -> None:
    criterion, said = pull_request(small, 7, tmp_path)
    assert (criterion["status"], "recorded on the next push to main" in criterion["reason"]) == (
        "SKIPPED", True,
    ), said  # fmt: skip


@pytest.mark.parametrize(
    ("branch", "ledger"),
    [("feature", "auto"), ("main", "read"), pytest.param("main", "off", marks=pytest.mark.soak)],
)
def test_nothing_is_recorded_of_other_branches_or_where_it_is_not_wanted(
    small: Project, branch: str, ledger: str
) -> None:
    result = push(small, PUSHED, branch).run(ledger=ledger)
    assert result.conclusion == "success", shown(result)
    assert recorded(small) == ""


def test_a_job_that_judges_nothing_records_the_report_of_another(small: Project) -> None:
    job = push(small, PUSHED)
    first = job.run(ledger="read")
    result = job.run(report=first.outputs["report-json"])
    assert result.conclusion == "success", shown(result)
    assert "refs/sluicegate/ledger" in recorded(small), shown(result)
