"""Which pull request a run that ended was for."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.event import EventContext
from sluicegate.github.pulls import PullRequestRef, find_pull_request, pull_request_ref
from support import openapi

SHA, OTHER = "a" * 40, "b" * 40
EVENT = EventContext(
    name="workflow_run", head_sha=SHA, head_ref="feature", head_repository="stranger/repo", is_fork=True
)
OPEN = PullRequestRef(7, SHA, "feature", "stranger/repo", "main")
CLOSED = replace(OPEN, number=5, is_open=False)
MOVED = replace(OPEN, number=8, head_sha=OTHER)
GONE = replace(OPEN, head_repository="")


def found(*listed: PullRequestRef, event: EventContext = EVENT) -> PullRequestRef | None:
    return find_pull_request(event, listed).pull


def test_it_is_the_one_with_the_run_s_commit_branch_and_repository() -> None:
    branch = replace(OPEN, number=3, head_ref="other")
    repository = replace(OPEN, number=4, head_repository="other/repo")
    assert found(branch, repository, OPEN, MOVED) == OPEN


def test_an_open_one_goes_before_a_closed_one() -> None:
    assert found(replace(CLOSED, number=9), OPEN) == OPEN


def test_a_closed_one_is_better_than_none() -> None:
    assert found(CLOSED) == CLOSED


def test_one_whose_branch_moved_on_is_the_run_s_all_the_same() -> None:
    result = find_pull_request(EVENT, [MOVED])
    assert (result.pull, result.is_exact) == (MOVED, False)


def test_a_closed_one_whose_branch_moved_on_is_not() -> None:
    assert found(replace(MOVED, is_open=False)) is None


def test_two_open_ones_of_one_head_are_none_and_both_are_named() -> None:
    result = find_pull_request(EVENT, [OPEN, replace(OPEN, number=9, base_ref="release")])
    assert result.pull is None
    assert "#7 into main, #9 into release" in result.why


def test_an_entry_that_is_listed_twice_is_one() -> None:
    assert found(OPEN, OPEN) == OPEN


def test_a_repository_that_is_gone_is_known_by_its_commit() -> None:
    event = replace(EVENT, head_repository="")
    assert found(GONE, replace(GONE, number=9, head_sha=OTHER), event=event) == GONE


def test_a_repository_that_went_meanwhile_is_known_by_its_commit() -> None:
    assert found(GONE) == GONE
    assert found(replace(GONE, head_sha=OTHER)) is None


def test_none_is_said() -> None:
    assert find_pull_request(EVENT, []).why == "no pull request has this head"


refs = st.builds(
    PullRequestRef,
    number=st.integers(1, 4),
    head_sha=st.sampled_from([SHA, OTHER]),
    head_ref=st.sampled_from(["feature", "other"]),
    head_repository=st.sampled_from(["stranger/repo", "Stranger/Repo", "other/repo", ""]),
    base_ref=st.sampled_from(["main", "release"]),
    is_open=st.booleans(),
)


@given(listed=st.lists(refs, max_size=6), gone=st.booleans())
def test_it_never_takes_another_branch_s_or_another_repository_s(
    listed: list[PullRequestRef], gone: bool
) -> None:
    event = replace(EVENT, head_repository="") if gone else EVENT
    result = find_pull_request(event, listed)
    if result.pull is None:
        assert result.why
        return
    pull = result.pull
    assert pull.head_ref == event.head_ref
    assert result.is_exact == (pull.head_sha == event.head_sha)
    same = pull.head_repository.casefold() == event.head_repository.casefold()
    assert same or (result.is_exact and not (pull.head_repository and event.head_repository))


def test_an_entry_of_the_api_is_read() -> None:
    entry = openapi.example("get", "/repos/{owner}/{repo}/pulls", 200)[0]
    ref = pull_request_ref(entry)
    assert ref is not None
    assert (ref.number, ref.head_repository, ref.is_open) == (1347, entry["head"]["repo"]["full_name"], True)


def test_an_entry_without_its_repository_is_read() -> None:
    entry = copy.deepcopy(openapi.example("get", "/repos/{owner}/{repo}/pulls", 200)[0])
    entry["head"]["repo"] = None
    ref = pull_request_ref(entry)
    assert ref is not None
    assert ref.head_repository == ""


@pytest.mark.parametrize("key", ["number", "state", "head", "base"])
@pytest.mark.parametrize("value", [None, [], {}, 1.5, {"sha": 1}])
def test_any_other_entry_is_none(key: str, value: Any) -> None:
    entry = openapi.example("get", "/repos/{owner}/{repo}/pulls", 200)[0]
    assert pull_request_ref(entry | {key: value}) is None
