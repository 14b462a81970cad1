from __future__ import annotations

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.github.event import EventContext
from sluicegate.github.publish.target import Target, target_of

SHA, OTHER = "a" * 40, "b" * 40
PULL = EventContext(
    name="pull_request", repository="o/r", is_pull_request=True, head_sha=SHA, tested_sha=OTHER, number=7
)
PUSH = EventContext(name="push", repository="o/r", head_sha=SHA, tested_sha=SHA)


def test_a_pull_request_is_published_to_its_head() -> None:
    assert target_of(PULL) == Target("o/r", SHA, 7)


def test_a_push_is_published_to_its_commit() -> None:
    assert target_of(PUSH) == Target("o/r", SHA, 0)


def test_a_named_pull_request_is_asked_for_its_head() -> None:
    assert target_of(PUSH, number=9) == Target("o/r", "", 9)
    assert target_of(PULL, number=9) == Target("o/r", "", 9)


def test_the_event_s_own_pull_request_by_name_is_the_event_s() -> None:
    assert target_of(PULL, number=7) == Target("o/r", SHA, 7)


def test_a_named_commit_leaves_the_event_s_pull_request() -> None:
    assert target_of(PULL, commit=OTHER) == Target("o/r", OTHER, 0)


def test_another_repository_takes_nothing_from_the_event() -> None:
    assert target_of(PULL, repository="o/other", number=3) == Target("o/other", "", 3)
    with pytest.raises(UsageError, match="nothing names a commit"):
        target_of(PULL, repository="o/other")


def test_a_fork_s_token_is_known_to_read_only() -> None:
    fork = EventContext(repository="o/r", is_pull_request=True, head_sha=SHA, number=7, is_fork=True)
    assert target_of(fork).read_only


@pytest.mark.parametrize("name", ["", "o", "o/r/x", "../..", "o/..", "o/r?x=1", "o /r", "-o/r"])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    with pytest.raises(UsageError):
        target_of(EventContext(head_sha=SHA), repository=name)


@pytest.mark.parametrize("commit", ["main", "a" * 39, "A" * 40, "../x"])
def test_a_commit_is_named_in_full(commit: str) -> None:
    with pytest.raises(UsageError, match="full object name"):
        target_of(PUSH, commit=commit)
