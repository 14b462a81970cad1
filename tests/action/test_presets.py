"""The Action fetches presets of other repositories before it judges, and only where there are some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.pinned import parse_pinned
from support.composite import Job, Result
from support.githubapi import Reply, running
from support.presets_hub import OTHER, PATH, PIN, READER, SHA, SLUG, PresetsHub
from support.pullrequest import open_pull_request
from support.uses import BAD, BEFORE, CHANGE, GOOD, MEANWHILE, Project, shown

pytestmark = pytest.mark.slow

RULE = "gates: {tests: {required: true, criteria: [pass_rate == 100%]}}"
STRICT = f"extends: []\nlocked: [gates.tests]\n{RULE}\n"
LAX = "extends: []\ngates: {tests: {criteria: [pass_rate >= 1%]}}\n"
STEP = "Fetch base, presets, approvals and ledger"


def project(root: Path, environment: Path, policy: str, change: str = "") -> Project:
    """A pull request of a repository with this policy; `change` is what it makes of it."""
    after = {**CHANGE, "sluicegate.yml": change} if change else CHANGE
    pull = open_pull_request(root / "origin", {**BEFORE, "sluicegate.yml": policy}, after, MEANWHILE)
    return Project(root, environment, pull)


def used(job: Job, hub: PresetsHub, **inputs: str) -> Result:
    with running(hub) as url:
        job.environment = {"GITHUB_API_URL": url}
        return job.run(**inputs)


def test_a_pinned_preset_judges(tmp_path: Path, environment: Path) -> None:
    hub = PresetsHub({PATH: STRICT})
    result = used(project(tmp_path, environment, f"extends: {PIN}\n").job(evidence=BAD), hub)
    assert (result.conclusion, result.outputs["status"]) == ("failure", "BLOCKED"), shown(result)
    assert f"Fetched {PIN}\n" in result.log
    assert len(hub.contents) == 1
    document = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    assert (document["policy"]["origin"], [g["gate"] for g in document["gates"]]) == ("base", ["tests"])


def test_a_change_of_the_pin_is_shown_as_what_it_changes(tmp_path: Path, environment: Path) -> None:
    hub = PresetsHub({PATH: STRICT})
    hub.commits[OTHER], hub.merged = {PATH: LAX}, {SHA, OTHER}
    this = project(tmp_path, environment, f"extends: {PIN}\n", f"extends: {SLUG}/{PATH}@{OTHER}\n")
    result = used(this.job(evidence=BAD), hub)
    assert result.outputs["status"] == "BLOCKED", shown(result)
    assert "+++ b/preset acme/policies/quality.yml" in result.summary
    assert f"-{RULE}" in result.summary


def test_leaving_the_preset_is_judged_by_the_preset(tmp_path: Path, environment: Path) -> None:
    this = project(tmp_path, environment, f"extends: {PIN}\n", LAX)
    assert used(this.job(evidence=BAD), PresetsHub({PATH: STRICT})).outputs["status"] == "BLOCKED"


def test_a_preset_that_cannot_be_read_stops_before_the_verdict(tmp_path: Path, environment: Path) -> None:
    hub = PresetsHub({PATH: STRICT})
    hub.private = True
    result = used(project(tmp_path, environment, f"extends: {PIN}\n").job(), hub)
    assert (result.conclusion, result.exit_code) == ("failure", 2), shown(result)
    (error,) = result.commands("error")
    assert f"sluicegate.yml:1:10: the preset '{PIN}': there is no such repository" in error
    assert "`preset-token`" in error
    assert result.outputs["status"] == ""


def test_a_token_of_its_own_reads_it_and_is_nowhere_in_the_log(tmp_path: Path, environment: Path) -> None:
    hub = PresetsHub({PATH: STRICT})
    hub.private = True
    result = used(project(tmp_path, environment, f"extends: {PIN}\n").job(), hub, preset_token=READER)
    assert result.outputs["status"] == "PASS", shown(result)
    assert {call.token for call in hub.calls} == {READER}
    assert READER not in result.log + result.summary


def test_what_the_tests_left_for_it_judges_nothing(tmp_path: Path, environment: Path) -> None:
    hub, forged, pinned = PresetsHub({PATH: STRICT}), tmp_path / "temp" / "presets", parse_pinned(PIN)
    assert pinned is not None
    job = project(tmp_path, environment, f"extends: {PIN}\n").job(evidence=BAD)
    with running(hub) as url:
        FetchedPresets(forged, url).keep(pinned, LAX.encode())
        job.environment = {"GITHUB_API_URL": url, "SLUICEGATE_PRESETS": str(forged)}
        result = job.run()
    assert (result.outputs["status"], len(hub.contents)) == ("BLOCKED", 1), shown(result)


def test_a_server_that_fails_is_exit_code_3(tmp_path: Path, environment: Path) -> None:
    hub = PresetsHub({PATH: STRICT})
    hub.fault = lambda _n, _call, _serve: Reply(418, {"message": "no"})
    result = used(project(tmp_path, environment, f"extends: {PIN}\n").job(), hub)
    assert (result.exit_code, result.outputs["status"]) == (3, ""), shown(result)


@pytest.mark.parametrize(
    "policy",
    [
        f"extends: {SLUG}/{PATH}@main\n",
        *(pytest.param(text, marks=pytest.mark.soak) for text in ("extends: strict\n", "gates: [\n")),
    ],
)
def test_without_a_pin_nobody_is_asked_and_the_step_is_silent(
    tmp_path: Path, environment: Path, policy: str
) -> None:
    workflow = f"uses: {SLUG}/.github/workflows/x.yml@{SHA}\n"
    pull = open_pull_request(
        tmp_path / "origin",
        {**BEFORE, "sluicegate.yml": policy, ".github/workflows/ci.yml": workflow},
        CHANGE,
        MEANWHILE,
    )
    hub = PresetsHub({PATH: STRICT})
    result = used(Project(tmp_path, environment, pull).job(evidence=GOOD), hub, ledger="off")
    (step,) = [s for s in result.steps if s.name == STEP]
    assert (step.exit_code, step.log, hub.calls) == (0, "", []), shown(result)
