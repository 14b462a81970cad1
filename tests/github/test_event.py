"""What the event says."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.event import (
    PULL_REQUEST_EVENTS,
    EndedRun,
    EventContext,
    EventError,
    event_context,
)
from sluicegate.github.payload import read_event
from support.pullrequest import examples

SHA = "0123456789abcdef0123456789abcdef01234567"
BASE = "89abcdef0123456789abcdef0123456789abcdef"
MERGE = "f" * 40


def pull_request(**changes: Any) -> dict[str, Any]:
    repo = {"full_name": "octo/repo"}
    pull = {
        "number": 7,
        "head": {"sha": SHA, "ref": "feature", "repo": repo},
        "base": {"sha": BASE, "ref": "main", "repo": repo},
        **changes,
    }
    return {"action": "opened", "pull_request": pull}


def environment(name: str, **more: str) -> dict[str, str]:
    return {"GITHUB_EVENT_NAME": name, "GITHUB_SHA": MERGE, "GITHUB_REPOSITORY": "octo/repo", **more}


def on_pull_request(payload: object, **more: str) -> EventContext:
    return event_context(environment("pull_request", GITHUB_REF="refs/pull/7/merge", **more), payload)


def test_a_pull_request_tells_head_base_and_tested_apart() -> None:
    event = on_pull_request(pull_request())
    assert (event.head_sha, event.base_sha, event.tested_sha) == (SHA, BASE, MERGE)
    assert (event.base_ref, event.number, event.is_pull_request) == ("main", 7, True)
    assert event.is_merge_commit


def test_a_pull_request_from_another_repository_is_a_fork() -> None:
    head = {"sha": SHA, "ref": "feature", "repo": {"full_name": "stranger/repo"}}
    assert on_pull_request(pull_request(head=head)).is_fork
    assert not on_pull_request(pull_request()).is_fork


def test_a_pull_request_from_a_deleted_repository_is_a_fork() -> None:
    assert on_pull_request(pull_request(head={"sha": SHA, "ref": "feature", "repo": None})).is_fork


def test_dependabot_is_known_by_who_started_the_run() -> None:
    assert on_pull_request(pull_request(), GITHUB_ACTOR="dependabot[bot]").is_dependabot
    assert not on_pull_request(pull_request(), GITHUB_ACTOR="mona").is_dependabot


def test_pull_request_target_tests_no_merge_commit() -> None:
    event = event_context(environment("pull_request_target", GITHUB_REF="refs/heads/main"), pull_request())
    assert event.is_pull_request
    assert not event.is_merge_commit


def test_a_push_of_a_new_branch_has_no_base() -> None:
    event = event_context(environment("push"), {"ref": "refs/heads/main", "before": "0" * 40})
    assert (event.base_sha, event.base_ref, event.head_sha) == ("", "main", MERGE)


def test_a_merge_group_has_its_own_base() -> None:
    group = {"merge_group": {"base_ref": "refs/heads/main", "base_sha": BASE, "head_sha": SHA}}
    event = event_context(environment("merge_group"), group)
    assert (event.base_ref, event.base_sha) == ("main", BASE)


def test_other_events_need_no_payload() -> None:
    event = event_context(environment("schedule"), None)
    assert (event.name, event.head_sha, event.is_pull_request) == ("schedule", MERGE, False)


def test_an_enterprise_server_is_taken_from_the_environment() -> None:
    event = event_context(environment("schedule", GITHUB_SERVER_URL="https://ghe.example.com/"), None)
    assert event.server_url == "https://ghe.example.com"


def test_where_the_head_lives_is_known() -> None:
    event = on_pull_request(pull_request())
    assert (event.head_repository, event.head_ref) == ("octo/repo", "feature")


def test_a_run_that_is_started_again_has_another_attempt() -> None:
    numbers = {"GITHUB_RUN_ID": "90", "GITHUB_RUN_ATTEMPT": "3"}
    event = event_context(environment("push", **numbers), {"ref": "refs/heads/main", "before": BASE})
    assert (event.run_id, event.run_attempt) == (90, 3)


@pytest.mark.parametrize("text", ["", "x", "-1", "1e3", "٣", "9" * 30])
def test_a_number_that_is_none_is_zero(text: str) -> None:
    assert event_context(environment("push_", GITHUB_RUN_ATTEMPT=text), None).run_attempt == 0


def workflow_run(**changes: Any) -> dict[str, Any]:
    run = {
        "id": 90, "run_attempt": 2, "event": "pull_request", "conclusion": "failure",
        "head_sha": SHA, "head_branch": "feature", "pull_requests": [],
        "head_repository": {"full_name": "stranger/repo"}, "repository": {"full_name": "octo/repo"},
    }  # fmt: skip
    return {"action": "completed", "workflow_run": run | changes}


def on_workflow_run(**changes: Any) -> EventContext:
    return event_context(environment("workflow_run", GITHUB_REF="refs/heads/main"), workflow_run(**changes))


def listed(number: int, sha: str) -> dict[str, Any]:
    return {"number": number, "head": {"sha": sha}, "base": {"sha": BASE, "ref": "main"}}


class TestWorkflowRun:
    def test_it_stands_on_the_default_branch_and_is_about_the_head_of_the_run(self) -> None:
        event = on_workflow_run()
        assert (event.tested_sha, event.head_sha, event.head_ref) == (MERGE, SHA, "feature")
        assert (event.is_pull_request, event.is_about_pull_request) == (False, True)

    def test_the_run_that_ended_is_told_with_how_it_ended(self) -> None:
        assert on_workflow_run().triggered_by == EndedRun(90, 2, "pull_request", "failure")

    def test_a_fork_s_pull_request_is_not_said(self) -> None:
        assert (on_workflow_run().number, on_workflow_run().is_fork) == (0, True)

    def test_a_pull_request_of_the_repository_is(self) -> None:
        ours = {"full_name": "octo/repo"}
        event = on_workflow_run(head_repository=ours, pull_requests=[listed(7, SHA)])
        assert (event.number, event.base_ref, event.base_sha, event.is_fork) == (7, "main", BASE, False)

    @pytest.mark.parametrize(
        "pulls", [[listed(7, BASE)], [listed(7, SHA), listed(8, SHA)]], ids=["moved on", "ambiguous"]
    )
    def test_one_that_does_not_fit_is_not_taken(self, pulls: list[Any]) -> None:
        assert on_workflow_run(pull_requests=pulls).number == 0

    def test_of_several_the_one_with_the_run_s_commit_is_taken(self) -> None:
        assert on_workflow_run(pull_requests=[listed(6, BASE), listed(7, SHA)]).number == 7

    def test_a_deleted_repository_is_a_fork(self) -> None:
        event = on_workflow_run(head_repository=None, head_branch=None)
        assert (event.is_fork, event.head_repository, event.head_ref) == (True, "", "")

    def test_a_run_of_a_push_is_about_no_pull_request(self) -> None:
        assert not on_workflow_run(event="push").is_about_pull_request

    @pytest.mark.parametrize("change", [{"pull_requests": None}, {"pull_requests": [3]}, {"id": "x"}])
    def test_a_malformed_one_is_named(self, change: dict[str, Any]) -> None:
        with pytest.raises(EventError, match=r"event\.workflow_run"):
            on_workflow_run(**change)


class TestAComment:
    def test_on_a_pull_request_it_tells_the_number_and_no_commit(self) -> None:
        payload = {"action": "created", "issue": {"number": 7, "pull_request": {"url": "u"}}}
        event = event_context(environment("issue_comment"), payload)
        assert (event.number, event.head_sha, event.tested_sha) == (7, "", MERGE)
        assert (event.is_pull_request, event.is_about_pull_request) == (False, True)

    def test_on_an_issue_it_is_about_no_pull_request(self) -> None:
        event = event_context(environment("issue_comment"), {"action": "created", "issue": {"number": 7}})
        assert (event.number, event.is_about_pull_request) == (0, False)

    @pytest.mark.parametrize("issue", [None, 3, {"pull_request": {}}, {"number": 0, "pull_request": {}}])
    def test_a_malformed_one_is_named(self, issue: object) -> None:
        with pytest.raises(EventError, match=r"event\.issue"):
            event_context(environment("issue_comment"), {"issue": issue})


@pytest.mark.parametrize(
    "change", [{"number": "7"}, {"number": True}, {"head": None}, {"base": {"sha": SHA}}]
)
def test_a_malformed_pull_request_is_named(change: dict[str, Any]) -> None:
    with pytest.raises(EventError, match=r"event\.pull_request"):
        on_pull_request(pull_request(**change))


def test_a_commit_must_be_a_full_object_name() -> None:
    with pytest.raises(EventError, match=r"event\.pull_request\.base\.sha"):
        on_pull_request(pull_request(base={"sha": "--upload-pack=x", "ref": "main"}))


@pytest.mark.parametrize(
    "name",
    [
        *sorted(PULL_REQUEST_EVENTS - {"pull_request_target"}),
        *("push", "merge_group", "workflow_run", "issue_comment", "workflow_dispatch"),
    ],
)
def test_github_s_own_example_payloads_are_understood(name: str) -> None:
    for payload in examples(name):
        event = event_context(environment(name), payload)
        assert event.is_pull_request == (name in PULL_REQUEST_EVENTS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(SHA),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
OTHERS = ("push", "merge_group", "schedule", "workflow_run", "issue_comment", "")
EVENTS = (*sorted(PULL_REQUEST_EVENTS), *OTHERS)
names = st.sampled_from(EVENTS)


@given(name=names, payload=json_values)
def test_any_payload_gives_facts_or_the_typed_error(name: str, payload: object) -> None:
    with contextlib.suppress(EventError):
        assert isinstance(event_context(environment(name), payload), EventContext)


@given(key=st.sampled_from(["number", "head", "base"]), inner=json_values, deep=st.booleans())
def test_any_mutation_of_a_pull_request_gives_facts_or_the_typed_error(
    key: str, inner: object, deep: bool
) -> None:
    value = {"sha": SHA, "ref": "x", "repo": inner} if deep else inner
    with contextlib.suppress(EventError):
        assert on_pull_request(pull_request(**{key: value})).is_pull_request


@given(key=st.sampled_from(sorted(workflow_run()["workflow_run"])), inner=json_values, part=json_values)
def test_any_mutation_of_a_workflow_run_gives_facts_or_the_typed_error(
    key: str, inner: object, part: object
) -> None:
    entry = {**listed(7, SHA), "base": part}
    for value in (inner, [inner], [entry], {"full_name": inner}):
        with contextlib.suppress(EventError):
            assert on_workflow_run(**{key: value}).number in (0, 7)


@given(number=json_values, link=json_values)
def test_any_comment_gives_facts_or_the_typed_error(number: object, link: object) -> None:
    payload = {"issue": {"number": number, "pull_request": link}}
    with contextlib.suppress(EventError):
        assert event_context(environment("issue_comment"), payload).number >= 0


def test_the_payload_is_read_from_the_runner_s_file(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(pull_request()), encoding="utf-8")
    assert read_event(environment("pull_request", GITHUB_EVENT_PATH=str(file))).number == 7


@given(data=st.binary(max_size=200))
def test_any_bytes_for_a_payload_give_the_typed_error(tmp_path_factory: Any, data: bytes) -> None:
    file = tmp_path_factory.mktemp("event") / "event.json"
    file.write_bytes(data)
    with pytest.raises(EventError):
        read_event(environment("pull_request", GITHUB_EVENT_PATH=str(file)))


def test_a_payload_nested_too_deep_gives_the_typed_error(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(EventError, match="not JSON"):
        read_event(environment("push", GITHUB_EVENT_PATH=str(file)))


def test_a_laptop_without_github_s_variables_has_no_event() -> None:
    assert read_event({}) == EventContext()


GROUP = f"gh-readonly-queue/main/pr-7-{'a' * 40}"


@pytest.mark.parametrize(("by", "branch"), [("merge_group", "main"), ("workflow_dispatch", GROUP)])
def test_only_a_merge_queue_s_run_speaks_for_the_base_of_its_group(by: str, branch: str) -> None:
    """People can push a branch of such a name."""
    run = EndedRun(id=1, attempt=1, event=by, conclusion="success")
    assert EventContext(name="workflow_run", head_ref=GROUP, triggered_by=run).branch == branch


def test_a_branch_that_is_named_like_a_group_is_that_branch() -> None:
    assert EventContext(name="workflow_dispatch", ref=f"refs/heads/{GROUP}").branch == GROUP
