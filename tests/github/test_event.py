"""What the event says."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.event import PULL_REQUEST_EVENTS, EventContext, EventError, event_context
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
    "name", [*sorted(PULL_REQUEST_EVENTS - {"pull_request_target"}), "push", "merge_group"]
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
names = st.sampled_from([*sorted(PULL_REQUEST_EVENTS), "push", "merge_group", "schedule", ""])


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
