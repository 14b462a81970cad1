"""Who asks, what they may, and what is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github.client import connect
from sluicegate.rollout.deployments import deployed_commit, is_deployed
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.who import (
    GitHub,
    promotion_refused,
    start_refused,
    who_asks,
    writing_refused,
)
from support.githubapi import REPOSITORY, TOKEN, Reply, running
from support.rollout_hub import Deployed, RolloutHub
from support.rollouts import plan

PLAN = plan()
DISPATCH = {
    "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_RUN_ID": "7",
    "GITHUB_ACTOR": "bob", "GITHUB_TRIGGERING_ACTOR": "alice",
}  # fmt: skip
ALICE = Actor("alice", "dispatch", "7")
NOBODY_ASKED = GitHub(REPOSITORY)


@pytest.fixture
def hub() -> Iterator[RolloutHub]:
    made = RolloutHub()
    made.permissions = {"alice": "write", "carol": "read", "robot": "admin"}
    made.runs["7"] = ("workflow_dispatch", "alice", "2027-01-15T07:59:00Z", "2027-01-15T08:01:00Z")
    with running(made) as made.url:
        yield made
    assert made.wrong == []


@pytest.fixture
def github(hub: RolloutHub) -> GitHub:
    return GitHub(REPOSITORY, partial(connect, TOKEN, hub.url))


class TestWhoAsks:
    def test_a_dispatch_is_asked_by_who_triggered_it(self) -> None:
        assert who_asks(DISPATCH, NOBODY_ASKED, in_folder=False) == ALICE

    def test_a_schedule_is_asked_by_nobody(self) -> None:
        found = who_asks({**DISPATCH, "GITHUB_EVENT_NAME": "schedule"}, NOBODY_ASKED, in_folder=False)
        assert found == Actor("", "tick", "7")

    def test_a_laptop_without_a_token_says_no_login(self) -> None:
        assert who_asks({"USER": "alice"}, NOBODY_ASKED, in_folder=False) == Actor("", "laptop")

    def test_a_token_says_whose_it_is(self, github: GitHub) -> None:
        assert who_asks({"USER": "root"}, github, in_folder=False) == Actor("alice", "laptop")

    def test_a_token_that_is_refused_is_an_error(self, hub: RolloutHub, github: GitHub) -> None:
        hub.fault = lambda _n, _call, _serve: Reply(401, {"message": "Bad credentials"})
        with pytest.raises(WorldError, match="GitHub does not say who asks"):
            who_asks({}, github, in_folder=False)
        hub.wrong.clear()

    def test_a_folder_is_this_user_s(self) -> None:
        assert who_asks({"USER": "alice"}, NOBODY_ASKED, in_folder=True) == Actor("alice", "folder")


class TestWhoMayPromote:
    def refused(self, github: GitHub, login: str, *approvers: str, source: str = "dispatch") -> str:
        of = replace(PLAN, approvers=approvers or ("write",))
        return promotion_refused(of, Actor(login, source, "7"), github)

    def test_write_is_enough_by_default(self, github: GitHub) -> None:
        assert self.refused(github, "alice") == ""

    def test_read_is_not(self, github: GitHub) -> None:
        assert self.refused(github, "carol") == "@carol is not among the plan's approvers (write)"

    def test_a_stranger_is_not(self, github: GitHub) -> None:
        assert self.refused(github, "mallory") == "@mallory is not among the plan's approvers (write)"

    def test_more_is_asked_where_the_plan_asks_more(self, github: GitHub) -> None:
        assert (
            self.refused(github, "alice", "maintain") == "@alice is not among the plan's approvers (maintain)"
        )

    def test_a_login_may_that_is_named_whatever_its_case(self, github: GitHub) -> None:
        assert self.refused(github, "Carol", "admin", "@carol") == ""

    def test_a_member_of_a_team_may(self, hub: RolloutHub, github: GitHub) -> None:
        hub.teams["acme/release"] = {"carol"}
        assert self.refused(github, "carol", "@acme/release") == ""
        assert (
            self.refused(github, "alice", "@acme/release")
            == "@alice is not among the plan's approvers (@acme/release)"
        )

    def test_a_bot_may_not(self, github: GitHub) -> None:
        assert self.refused(github, "dependabot[bot]", "@dependabot[bot]") == "@dependabot[bot] is a bot"

    def test_a_comment_may(self, github: GitHub) -> None:
        assert self.refused(github, "alice", source="comment") == ""

    @pytest.mark.parametrize("source", ["push", "issue_comment", "tick"])
    def test_only_a_dispatch_a_comment_or_a_laptop_may(self, github: GitHub, source: str) -> None:
        assert "takes a manual dispatch or a comment" in self.refused(github, "alice", source=source)

    def test_a_laptop_without_a_token_may_not(self) -> None:
        assert self.refused(NOBODY_ASKED, "", source="laptop") == "there is no token that says who asks"

    def test_a_permission_that_cannot_be_read_is_none(self, hub: RolloutHub, github: GitHub) -> None:
        hub.fault = lambda _n, _call, _serve: Reply(403, {"message": "no"})
        assert "could not be read" in self.refused(github, "alice")
        hub.wrong.clear()

    def test_a_workflow_may_start_and_a_laptop_must_be_an_approver(self, github: GitHub) -> None:
        assert start_refused(PLAN, Actor("x", "push", "1"), NOBODY_ASKED) == ""
        assert start_refused(PLAN, Actor("alice", "laptop"), github) == ""
        assert start_refused(PLAN, Actor("", "laptop"), NOBODY_ASKED) != ""


class TestWriting:
    def test_who_may_write_is_asked_of_github(self, hub: RolloutHub, github: GitHub) -> None:
        assert writing_refused("alice", github) == ""
        assert writing_refused("carol", github) == "@carol may not write to the repository"
        assert writing_refused("alice", NOBODY_ASKED) == "there is no token that says who asks"
        hub.fault = lambda _n, _call, _serve: Reply(403, {"message": "no"})
        assert "could not be read" in writing_refused("alice", github)
        hub.wrong.clear()


class TestDeployments:
    NEW, OLD = "b" * 40, "c" * 40

    def test_the_newest_that_succeeded_counts(self, hub: RolloutHub, github: GitHub) -> None:
        hub.deployments = [
            Deployed("d" * 40, "in_progress"), Deployed("e" * 40, "success", "staging"),
            Deployed("f" * 40, "success", task="rollout"), Deployed(self.NEW, "success"),
            Deployed(self.OLD, "success"),
        ]  # fmt: skip
        assert deployed_commit(github, "production") == self.NEW
        assert is_deployed(github, "production", self.NEW)
        assert not is_deployed(github, "production", self.OLD)

    def test_without_any_the_commit_must_be_named(self, github: GitHub) -> None:
        with pytest.raises(UsageError, match="no deployment of production succeeded"):
            deployed_commit(github, "production")
        assert not is_deployed(github, "production", self.NEW)

    def test_without_a_token_nothing_is_known(self) -> None:
        with pytest.raises(UsageError, match="--commit SHA"):
            deployed_commit(NOBODY_ASKED, "production")
        assert not is_deployed(NOBODY_ASKED, "production", self.NEW)

    def test_a_server_that_fails_is_not_a_deployment(self, hub: RolloutHub, github: GitHub) -> None:
        hub.fault = lambda _n, _call, _serve: Reply(403, {"message": "no"})
        assert not is_deployed(github, "production", self.NEW)
        with pytest.raises(WorldError, match="deployments: read"):
            deployed_commit(github, "production")
        hub.wrong.clear()
