"""Showing rollouts against a server made from GitHub's own description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sluicegate.core.errors import WorldError
from sluicegate.flags.interface import EVERYONE
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.rollout.entries import EventKind, Purpose
from sluicegate.rollout.publish.calls import DAY, HOUR
from sluicegate.rollout.publish.outcome import Part, Published, complaint
from sluicegate.rollout.publish.publisher import BUDGET
from sluicegate.rollout.publish.texts import Publication
from support.githubapi import Call, Fault, Reply, not_accessible
from support.pages import COMMIT, publisher, shown
from support.pages_hub import PagesHub
from support.publishing import Time
from support.rollouts import USUAL, Written, at_stage, flag, plan

PLAN = plan(USUAL + "approvers: ['@alice', write]\n")
NEW = OutcomeKind.CREATED


@pytest.fixture
def hub() -> Iterator[PagesHub]:
    server = PagesHub()
    yield server
    assert server.wrong == []


def running_at(name: str = "5%") -> Written:
    return at_stage(PLAN, name, 50)


def failed_rollback() -> Written:
    journal = running_at().add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK)
    return journal.add(EventKind.FAILED, 61, reason="409: in review")


def show(hub: PagesHub, this: Publication) -> dict[Part, Published]:
    """What another process shows of it."""
    return {one.part: one for one in publisher(hub).publish(this)}


def on(part: str, reply: Reply, verb: str = "") -> Fault:
    """The server answers calls of a path like this, whenever they come."""

    def fault(_index: int, call: Call, _serve: Callable[[], Reply]) -> Reply | None:
        return reply if part in call.path and verb in call.verb else None

    return fault


class TestShowing:
    def test_a_stage_has_a_deployment_and_the_rollout_an_issue(self, hub: PagesHub) -> None:
        done = show(hub, shown(running_at("dark"), 60))
        assert done[Part.PAGE].kind is NEW
        assert hub.stages() == {"dark": "in_progress"}
        (made,), (issue,) = hub.made, hub.issues
        assert (made["sha"], made["task"], made["environment"]) == (COMMIT, "rollout", "rollout/new-checkout")
        (sent,) = [call.body for call in hub.writes("/deployments") if "ref" in call.body]
        assert (sent["auto_merge"], sent["required_contexts"]) == (False, [])
        assert (issue["title"], issue["state"]) == ("Rollout new-checkout-20261130T120000Z", "open")
        assert done[Part.PAGE].url == issue["html_url"]

    def test_each_stage_follows_the_one_before(self, hub: PagesHub) -> None:
        for name in ("dark", "internal", "5%"):
            show(hub, shown(running_at(name), 60))
        assert hub.stages() == {"dark": "inactive", "internal": "success", "5%": "in_progress"}
        assert len(hub.issues) == 1
        assert "Rollout new-checkout: running at 5%" in hub.issues[0]["body"]

    def test_what_is_shown_is_not_written_again(self, hub: PagesHub) -> None:
        this = shown(running_at(), 60)
        show(hub, this)
        written, asked = len(hub.writes()), len(hub.calls)
        assert show(hub, replace(this, now=90))[Part.PAGE].kind is OutcomeKind.UNCHANGED
        assert len(hub.writes()) == written
        assert len(hub.calls) - asked == 2  # who we are, and the issues

    def test_a_process_asks_nothing_about_what_it_has_shown(self, hub: PagesHub) -> None:
        this, ours = shown(running_at(), 60), publisher(hub)
        ours.publish(this)
        asked = len(hub.calls)
        assert ours.publish(replace(this, now=90)) == ()
        assert len(hub.calls) == asked

    def test_the_end_closes_the_issue_with_its_last_state(self, hub: PagesHub) -> None:
        show(hub, shown(running_at("GA"), 60))
        show(hub, shown(running_at("GA").add(EventKind.COMPLETED, 61, reason="over"), 62))
        assert (hub.issues[0]["state"], hub.issues[0]["state_reason"]) == ("closed", "completed")
        assert hub.stages()["GA"] == "success"
        journal = running_at("GA").add(EventKind.COMPLETED, 61).add(EventKind.ROLLED_BACK, 70, reason="no")
        show(hub, shown(journal, 71))
        assert (hub.issues[0]["state"], hub.issues[0]["state_reason"]) == ("closed", "not_planned")
        assert hub.stages()["GA"] == "failure"

    def test_an_issue_that_a_person_closed_stays_closed(self, hub: PagesHub) -> None:
        show(hub, shown(running_at("dark"), 60))
        hub.issues[0]["state"] = "closed"
        show(hub, shown(running_at("5%"), 60))
        assert hub.issues[0]["state"] == "closed"

    def test_a_rollout_that_ended_before_gets_no_issue(self, hub: PagesHub) -> None:
        this = shown(running_at().add(EventKind.ROLLED_BACK, 60), 61)
        old = replace(this.status, outcome=replace(this.status.outcome, recorded=()))
        assert show(hub, replace(this, status=old)) == {}
        assert hub.writes() == []

    def test_a_plan_may_name_the_issue(self, hub: PagesHub) -> None:
        own = plan(USUAL + "issue: 12\n")
        show(hub, shown(at_stage(own, "dark", 50), 60))
        show(hub, shown(at_stage(own, "5%", 50), 60))
        assert hub.issues == []
        (comment,) = hub.said(12)
        assert "running at 5%" in comment["body"]

    def test_an_issue_of_somebody_else_with_our_mark_does_not_count(self, hub: PagesHub) -> None:
        show(hub, shown(running_at(), 60))
        body = hub.issues.pop()["body"]
        hub.open_issue(body, "mallory", "sluicegate-rollout")
        assert show(hub, shown(running_at(), 60))[Part.PAGE].kind is NEW
        assert [issue["user"]["login"] for issue in hub.issues] == ["mallory", hub.login]

    def test_an_app_finds_its_own_page_again(self, hub: PagesHub) -> None:
        hub.login = "my-app[bot]"
        for name in ("dark", "5%"):
            publisher(hub, token="ghs_app").publish(shown(running_at(name), 60))
        assert [issue["state"] for issue in hub.issues] == ["open"]
        assert {call.path for call in hub.calls} & {"/user", "/graphql"} == {"/graphql"}

    def test_a_body_that_the_server_finds_too_long_is_shortened(self, hub: PagesHub) -> None:
        hub.most = 3000
        assert show(hub, shown(running_at(), 60))[Part.PAGE].kind is NEW
        assert len(hub.issues[0]["body"]) <= 3000


class TestTwoAtOnce:
    @pytest.mark.parametrize("path", ["/deployments", "/issues", "/labels"])
    def test_whoever_comes_between_one_of_each_is_left(self, hub: PagesHub, path: str) -> None:
        this, others = shown(running_at("dark"), 60), [publisher(hub)]

        def meanwhile(_index: int, call: Call, serve: Callable[[], Reply]) -> Reply | None:
            if others and call.verb == "POST" and call.path.endswith(path):
                others.pop().publish(this)
            return None

        hub.fault = meanwhile
        show(hub, this)
        assert others == []
        assert hub.stages() == {"dark": "in_progress"}
        assert [issue["state"] for issue in hub.issues if "sluicegate:rollout" in issue["body"]] == ["open"]
        assert {issue["state"] for issue in hub.issues[1:]} <= {"closed"}

    def test_an_older_state_does_not_replace_a_newer_one(self, hub: PagesHub) -> None:
        show(hub, shown(running_at("5%"), 60))
        done = show(hub, shown(running_at("dark"), 61))
        assert done[Part.PAGE].kind is OutcomeKind.SUPERSEDED
        assert hub.stages() == {"5%": "in_progress"}

    def test_a_lost_answer_makes_no_second_one(self, hub: PagesHub) -> None:
        lost: list[str] = []

        def lose(_index: int, call: Call, serve: Callable[[], Reply]) -> Reply | None:
            if call.verb == "POST" and call.path not in lost:
                lost.append(call.path)
                return replace(serve(), cut=True)
            return None

        hub.fault = lose
        assert complaint("x", tuple(show(hub, shown(running_at("dark"), 60)).values())) == ""
        assert (hub.stages(), len(hub.issues)) == ({"dark": "in_progress"}, 1)
        assert {path.rpartition("/")[2] for path in lost} == {"deployments", "statuses", "issues", "labels"}


class TestFailures:
    @pytest.mark.parametrize(
        ("part", "permission"), [("/deployments", "deployments: write"), ("/issues", "issues: write")]
    )
    def test_a_missing_permission_is_named_and_the_rest_is_shown(
        self, hub: PagesHub, part: str, permission: str
    ) -> None:
        hub.fault = on(part, not_accessible())
        text = complaint("x", publisher(hub).publish(shown(running_at("dark"), 60)))
        assert f"`{permission}` (403: Resource not accessible by integration)" in text
        assert text.endswith("The rollout goes on all the same.")
        assert (len(hub.made), len(hub.issues)) == ((0, 1) if part == "/deployments" else (0, 0))

    def test_a_permission_that_is_missing_is_not_tried_at_each_tick(self, hub: PagesHub) -> None:
        hub.fault = on("/deployments", not_accessible())
        show(hub, shown(running_at("dark"), 60))
        assert show(hub, shown(running_at("dark"), 90)).keys() == {Part.PAGE}

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(404, {"message": "Not Found"}),
            Reply(422, {"message": "No ref found for: abc"}),
            Reply(500, {"message": "oops"}),
            Reply(409, {"message": "Conflict"}),
        ],
        ids=lambda reply: str(reply.status),
    )
    def test_what_was_not_shown_is_shown_by_the_next_tick(self, hub: PagesHub, reply: Reply) -> None:
        hub.fault = on("/", reply)
        assert complaint("x", publisher(hub).publish(shown(running_at("dark"), 60))) != ""
        hub.fault = None
        show(hub, shown(running_at("dark"), 90))
        assert (hub.stages(), len(hub.issues)) == ({"dark": "in_progress"}, 1)

    def test_deployments_that_failed_are_tried_again_though_the_page_was_written(self, hub: PagesHub) -> None:
        hub.fault = on("/deployments", Reply(500, {"message": "oops"}))
        show(hub, shown(running_at("dark"), 60))
        assert (hub.made, len(hub.issues)) == ([], 1)
        hub.fault = None
        show(hub, shown(running_at("dark"), 90))
        assert hub.stages() == {"dark": "in_progress"}

    def test_a_commit_that_the_repository_lacks_is_named(self, hub: PagesHub) -> None:
        hub.commits = ()
        text = complaint("x", publisher(hub).publish(shown(running_at("dark"), 60)))
        assert "Deployments: the server answered 422: No ref found for" in text

    def test_the_time_is_bounded_whatever_the_server_does(self, hub: PagesHub) -> None:
        time = Time(0)

        def slow(_index: int, _call: Call, _serve: Callable[[], Reply]) -> Reply:
            time.seconds += 20
            return Reply(502, {"message": "Bad Gateway"})

        hub.fault = slow
        publisher(hub, time).publish(shown(running_at("dark"), 60))
        assert time.seconds <= BUDGET + 20

    def test_no_token_no_request(self, hub: PagesHub) -> None:
        ours = publisher(hub)
        ours.github = replace(ours.github, connect=None)
        assert ours.publish(shown(running_at(), 60)) == ()


class TestCalls:
    def test_a_pause_calls_the_approvers_once_and_again_the_next_day(self, hub: PagesHub) -> None:
        journal = running_at().add(EventKind.PAUSED, 60, reason="the flag was changed")
        for now in (61, 70, 60 + HOUR):
            show(hub, shown(journal, now))
        number = hub.issues[0]["number"]
        (call,) = hub.said(number)
        assert "the flag was changed" in call["body"]
        assert call["body"].rstrip().endswith("@alice")
        show(hub, shown(journal, 60 + DAY))
        assert [("(call 2)" in said["body"]) for said in hub.said(number)] == [False, True]

    def test_two_that_call_at_once_call_once(self, hub: PagesHub) -> None:
        journal, others = running_at().add(EventKind.PAUSED, 60, reason="drift"), [publisher(hub)]

        def meanwhile(_index: int, call: Call, _serve: Callable[[], Reply]) -> Reply | None:
            if others and call.verb == "POST" and call.path.endswith("/comments"):
                others.pop().publish(shown(journal, 61))
            return None

        hub.fault = meanwhile
        show(hub, shown(journal, 61))
        assert len(hub.said(hub.issues[0]["number"])) == 1

    def test_a_failed_rollback_has_an_issue_of_its_own_until_the_flags_are_off(self, hub: PagesHub) -> None:
        journal = failed_rollback()
        on_still = flag(EVERYONE)
        for now in (62, 90, 61 + HOUR, 61 + HOUR + 9):
            show(hub, shown(journal, now, view=on_still))
        page, failure = hub.issues
        assert "| rollback ready | no: 409: in review |" in page["body"]
        assert "; 409: in review.**" in page["body"]
        assert [label["name"] for label in failure["labels"]] == ["sluicegate-rollback-failed"]
        assert "409: in review" in failure["body"]
        assert "`new-checkout in flags.json` (100%): remove its targeting" in failure["body"]
        assert "@alice" in failure["body"]
        (again,) = hub.said(failure["number"])
        assert "(call 2)" in again["body"]
        assert hub.stages() == {"5%": "error"}
        journal.add(EventKind.ROLLED_BACK, 62 + HOUR, reason="409: in review")
        show(hub, shown(journal, 63 + HOUR))
        assert (failure["state"], page["state"]) == ("closed", "closed")
        assert "are off" in failure["body"]
        assert hub.stages() == {"5%": "failure"}

    def test_a_rollback_that_fails_after_the_end_opens_the_page_again(self, hub: PagesHub) -> None:
        journal = running_at("GA").add(EventKind.COMPLETED, 55, reason="over")
        show(hub, shown(journal, 56))
        journal.add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK).add(EventKind.FAILED, 61, reason="409")
        show(hub, shown(journal, 62, view=flag(EVERYONE)))
        assert hub.issues[0]["state"] == "open"

    def test_a_kill_without_a_ledger_that_failed_opens_the_issue(self, hub: PagesHub) -> None:
        this = shown(running_at(), 60, view=flag(EVERYONE))
        outcome = replace(this.status.outcome, state=None, failed=WorldError("the rollback failed: 409"))
        done = show(hub, replace(this, status=replace(this.status, outcome=outcome, cards=(), entries=())))
        assert done[Part.CALL].kind is NEW
        (issue,) = hub.issues
        assert "the rollback failed: 409" in issue["body"]

    def test_a_rollback_that_is_only_not_recorded_opens_none(self, hub: PagesHub) -> None:
        this = shown(running_at(), 60)
        outcome = replace(this.status.outcome, state=None, failed=WorldError("the rollback is not recorded"))
        assert show(hub, replace(this, status=replace(this.status, outcome=outcome))) == {}
        assert hub.issues == []
