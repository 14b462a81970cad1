"""The Action's last step: the report reaches the pull request, and the verdict stays the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.composite import Job, Result
from support.githubapi import Hub, not_accessible, running
from support.uses import BAD, GOOD, Project, project, shown

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(small: Project) -> Hub:
    return Hub(small.pull.head)


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    with running(hub) as address:
        yield address


def job(small: Project, url: str, **given: Any) -> Job:
    """A job of the pull request, on a runner of the server at `url`."""
    made = small.job(**given)
    variables = {
        **made.variables,
        "GITHUB_API_URL": url,
        "GITHUB_RUN_NUMBER": "5",
        "GITHUB_RUN_ID": "9005",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_JOB": "gate",
        "GITHUB_WORKFLOW_REF": "octo-org/octo-repo/.github/workflows/quality.yml@refs/pull/7/merge",
    }
    return replace(made, variables=variables, defaults={"python": made.defaults["python"]})


@dataclass(frozen=True)
class Published:
    """A use on bad evidence that published through every channel, which several tests look at."""

    project: Project
    hub: Hub
    result: Result


@pytest.fixture(scope="module")
def blocked(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Published:
    made = project(tmp_path_factory.mktemp("blocked"), environment)
    hub = Hub(made.pull.head)
    hub.login = "github-actions[bot]"
    with running(hub) as address:
        return Published(made, hub, job(made, address, evidence=BAD).run(status="true", check_run="true"))


def test_a_blocked_report_is_published_and_the_job_fails(blocked: Published) -> None:
    hub, result = blocked.hub, blocked.result
    assert (result.conclusion, result.exit_code) == ("failure", 1), shown(result)
    (comment,) = hub.comments
    assert '"key":"quality.yml:gate"' in comment["body"]
    assert "Sluicegate: blocked" in comment["body"]
    assert hub.statuses[blocked.project.pull.head][0]["state"] == "failure"
    assert hub.checks[0]["conclusion"] == "failure"


def test_annotations_of_the_check_run_stand_on_lines_of_the_head(blocked: Published) -> None:
    hub = blocked.hub
    there = [a for a in hub.annotations[hub.checks[0]["id"]] if a["path"] == "src/app.py"]
    # Lines 8 and 10 of the test merge are 6 and 8 of the head: the base put two lines in front.
    assert there
    assert {a["start_line"] for a in there} <= {6, 8}


def test_without_the_permission_there_is_one_notice(small: Project, hub: Hub, url: str) -> None:
    hub.fault = lambda _n, call, _serve: not_accessible() if call.verb != "GET" else None
    result = job(small, url, evidence=GOOD).run()
    assert (result.conclusion, hub.comments) == ("success", []), shown(result)
    (notice,) = result.commands("notice")
    assert "`pull-requests: write`" in notice
    assert "The verdict is not affected." in notice
    assert "ghs_tokenOfTheTests" not in result.log + result.summary


def test_never_asks_the_server_nothing(small: Project, hub: Hub, url: str) -> None:
    result = job(small, url).run(comment="never")
    assert (result.conclusion, hub.calls) == ("success", []), shown(result)


def test_of_a_fork_the_missing_permission_is_explained(small: Project, hub: Hub, url: str) -> None:
    hub.fault = lambda _n, call, _serve: not_accessible() if call.verb != "GET" else None
    this = job(small, url, evidence=BAD)
    payload: Any = this.payload
    payload["pull_request"]["head"]["repo"]["full_name"] = "stranger/octo-repo"
    result = this.run()
    assert (result.conclusion, result.exit_code) == ("failure", 1), shown(result)
    (notice,) = [n for n in result.commands("notice") if "published" in n]
    assert "from a fork" in notice
    assert this.token not in result.log + result.summary


def test_a_server_that_is_gone_changes_no_verdict(small: Project) -> None:
    result = job(small, "http://127.0.0.1:9", evidence=GOOD).run()
    assert (result.conclusion, result.exit_code) == ("success", 0), shown(result)
    assert any("could not be published" in w for w in result.commands("warning"))


def test_a_push_sets_the_status_of_its_commit_and_has_no_pull_request_to_comment_on(
    small: Project, hub: Hub, url: str
) -> None:
    result = job(small, url, event="push").run(status="true")
    assert (result.conclusion, list(hub.statuses)) == ("success", [small.pull.merge]), shown(result)
    assert [call.path for call in hub.calls if "/issues/" in call.path or "/pulls/" in call.path] == []


def test_a_mode_that_does_not_exist_stops_before_the_verdict(small: Project, hub: Hub, url: str) -> None:
    result = job(small, url).run(comment="sometimes")
    assert result.exit_code == 2
    assert "always, on-failure, on-change, never" in result.commands("error")[0]


def test_the_report_of_an_earlier_job_is_published_without_a_checkout(
    blocked: Published, tmp_path: Path
) -> None:
    hub = Hub(blocked.project.pull.head)
    with running(hub) as address:
        second = job(replace(blocked.project, root=tmp_path / "second"), address)
        second.workspace = tmp_path / "empty"
        second.workspace.mkdir()
        (second.workspace / "report.json").write_bytes(
            Path(blocked.result.outputs["report-json"]).read_bytes()
        )
        result = second.run(report="report.json", status="true")
    assert (result.conclusion, len(hub.comments)) == ("success", 1), shown(result)
    assert hub.statuses[blocked.project.pull.head][0]["state"] == "failure"


def test_a_report_that_is_not_there_is_the_user_s_mistake(small: Project, hub: Hub, url: str) -> None:
    result = job(small, url).run(report="nowhere.json")
    assert (result.exit_code, hub.calls) == (2, []), shown(result)
    assert "nowhere.json" in result.commands("error")[0]


def test_two_uses_in_one_job_are_two_comments(small: Project, hub: Hub, url: str) -> None:
    hub.login = "github-actions[bot]"
    this = job(small, url, evidence={**GOOD, "src/reports/junit.xml": GOOD["reports/junit.xml"]})
    results: list[Result] = [this.run(), this.run(working_directory="src")]
    assert len(hub.comments) == 2, "".join(map(shown, results))


def test_the_comment_of_an_app_of_one_s_own_is_found_by_its_author(
    small: Project, hub: Hub, url: str
) -> None:
    hub.login = "my-app[bot]"
    this = job(small, url, evidence=BAD)
    for number in ("5", "6"):
        this.variables = {**this.variables, "GITHUB_RUN_NUMBER": number}
        result = this.run(author="my-app[bot]", status="false")
    (comment,) = hub.comments
    assert '"run":[6,1]' in comment["body"], shown(result)


def test_annotations_of_a_folder_name_the_file_from_the_top(small: Project, hub: Hub, url: str) -> None:
    bad = {f"src/{name}": text.replace("src/app.py", "app.py") for name, text in BAD.items()}
    job(small, url, evidence=bad).run(working_directory="src", check_run="true")
    assert {a["path"] for a in hub.annotations[hub.checks[0]["id"]]} == {"src/app.py"}
