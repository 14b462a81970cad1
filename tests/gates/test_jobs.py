"""The gate `jobs`: a job that did not run proves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Verdict
from sluicegate.core.statuses import GateStatus
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context
from sluicegate.gates.jobs import measure
from sluicegate.policy.model import Component, Policy
from support.evidence import change, policy, settings, value, verdict

JOBS = settings("jobs", "failed == 0")
IN_WEB = change("web/w.py: 1")
COMPONENTS = (
    Component("api", ("api/**",), jobs=("test-api",)),
    Component("web", ("web/**",), jobs=("test-web",)),
)
BY_PART = replace(policy(JOBS), components=COMPONENTS, whole=False)


def judged(results: Mapping[str, str] | None, *, required: bool = True) -> Verdict:
    return verdict(Evidence(jobs=results), replace(JOBS, required=required))


def problems(
    results: Mapping[str, str], changed: Change | NoChange = IN_WEB, by: Policy = BY_PART
) -> list[str]:
    measured = measure(Evidence(jobs=results, change=changed), Context(by, JOBS))
    return [problem.message for problem in measured.problems]


def test_jobs_that_all_succeeded_pass() -> None:
    result = judged({"build": "success", "test": "success"})
    assert (result.status, result.summary) == (GateStatus.PASS, "2 of 2 jobs succeeded")


def test_a_failed_job_fails_and_is_named() -> None:
    result = judged({"build": "success", "test": "failure"})
    assert (result.status, value(result, "failed")) == (GateStatus.FAIL, 1)
    assert result.remedies == ("Open test in the run, and fix what failed.",)


@pytest.mark.parametrize("result", ["skipped", "cancelled", "a result of next year"])
def test_a_job_that_did_not_run_to_its_end_is_an_error(result: str) -> None:
    assert judged({"build": "success", "test": result}).status is GateStatus.ERROR


def test_without_results_a_required_gate_is_an_error_that_says_how_to_give_them() -> None:
    result = judged(None)
    assert result.status is GateStatus.ERROR
    assert "needs: ${{ toJSON(needs) }}" in result.summary


def test_a_skip_is_accepted_where_the_change_touches_none_of_the_jobs_components() -> None:
    results = {"test-api": "skipped", "test-web": "success"}
    assert problems(results) == []
    measured = measure(Evidence(jobs=results, change=IN_WEB), Context(BY_PART, JOBS))
    assert measured.tables[0].rows == (("test-api", "skipped", "the change does not touch api/**"),)
    assert measured.summary == "1 of 2 jobs succeeded; test-api left out by plan"


def test_a_skip_of_a_job_that_the_plan_calls_for_is_not() -> None:
    said = problems({"test-api": "skipped", "test-web": "skipped"})
    assert said == ["the job 'test-web' was skipped, and the plan does not say so"]


def test_where_the_whole_is_judged_too_no_component_excuses_a_skip() -> None:
    whole = replace(BY_PART, whole=True)
    assert len(problems({"test-api": "skipped", "test-web": "success"}, by=whole)) == 1


def test_without_a_change_no_component_excuses_a_skip() -> None:
    assert len(problems({"test-api": "skipped", "test-web": "success"}, NoChange("a push"))) == 1


def test_a_job_of_two_components_must_run_where_one_is_touched() -> None:
    shared = tuple(replace(component, jobs=("test",)) for component in COMPONENTS)
    for components in (shared, shared[::-1]):
        assert len(problems({"test": "skipped"}, by=replace(BY_PART, components=components))) == 1


def test_a_job_of_no_component_may_be_skipped_where_no_component_has_work() -> None:
    assert problems({"component": "skipped", "plan": "success"}, change("README.md: 1")) == []
    assert len(problems({"component": "skipped", "plan": "success", "test-web": "success"})) == 1


def test_a_job_that_the_policy_names_and_that_never_ran_is_told() -> None:
    said = problems({"test-api": "success"})
    assert said == ["the job 'test-web', which the policy names, is not among the results"]


RESULTS = st.dictionaries(
    st.sampled_from(["plan", "test-api", "test-web", "lint"]),
    st.sampled_from(["success", "failure", "cancelled", "skipped"]),
    min_size=1,
)
RANK = [GateStatus.PASS, GateStatus.FAIL, GateStatus.ERROR]


@given(RESULTS, st.data())
def test_a_job_that_ends_worse_never_makes_the_verdict_better(
    results: dict[str, str], data: st.DataObject
) -> None:
    job = data.draw(st.sampled_from(sorted(results)))
    better = judged({**results, job: "success"}, required=True)
    assert RANK.index(judged(results).status) >= RANK.index(better.status)
