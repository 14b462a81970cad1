"""What is asked of GitHub, and what is made of its answers; every request is held to its description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.core.errors import WorldError
from sluicegate.github.approvals import Approvals
from sluicegate.github.approvals_api import collect_approvals
from sluicegate.github.client import Client
from sluicegate.github.event import EventContext
from sluicegate.github.overrides import Decision, decide
from sluicegate.github.pygithub import transport
from sluicegate.net.client import Clock
from support.approvals_hub import ApprovalsHub, WithActivity, activity
from support.githubapi import REPOSITORY, TOKEN, Call, Reply, emulate, not_accessible, running

HEAD = "4f1c2d9be07a36c5d8812f3a90b7e6c4d5a1f023"
OTHER = "9e8d7c6b5a493827160514233241506978a9bcde"
BEFORE, PUSHED, AFTER = "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"
COMMAND = "/sluicegate override because the feed is down"


def asked(server: ApprovalsHub | WithActivity, number: int = 7) -> Approvals:
    with running(server) as url:
        client = Client(transport(TOKEN, url), Clock(sleep=lambda _seconds: None), secret=TOKEN)
        return collect_approvals(client, REPOSITORY, number)


def decided(found: Approvals) -> Decision:
    return decide(found, EventContext(repository=REPOSITORY, number=found.number, head_sha=found.head))


@pytest.fixture
def hub() -> ApprovalsHub:
    made = ApprovalsHub(HEAD)
    made.pushes = [activity(HEAD, PUSHED), activity(OTHER, BEFORE)]
    made.permissions = {"mona": "write", "triager": "read"}
    return made


def test_a_comment_by_somebody_who_may_merge_is_an_override(hub: ApprovalsHub) -> None:
    hub.comment("Nice!", "mona", AFTER)
    hub.comment(COMMAND, "mona", AFTER)
    found = asked(hub)
    assert (found.pushed_at, found.permissions, found.problems) == (PUSHED, {"mona": "write"}, ())
    override = decided(found).override
    assert override is not None
    assert (override.who, override.when, override.why) == ("mona", AFTER, "the feed is down")


def test_a_label_counts_for_who_set_it_last(hub: ApprovalsHub) -> None:
    hub.label("mona", AFTER)
    assert decided(asked(hub)).override is not None
    hub.calls.clear()
    hub.label("triager", "2026-11-21T12:00:00Z")
    assert "@triager may not merge" in decided(asked(hub)).refused[0]


def test_without_the_label_its_events_are_not_asked_for(hub: ApprovalsHub) -> None:
    asked(hub)
    assert [c.path for c in hub.calls if c.path.endswith("/events")] == []


def test_a_head_that_came_back_was_pushed_when_it_came_back(hub: ApprovalsHub) -> None:
    hub.pushes = [activity(HEAD, "2026-11-21T12:00:00Z"), activity(OTHER, AFTER), activity(HEAD, BEFORE)]
    hub.comment(COMMAND, "mona", AFTER)
    assert "was pushed at 2026-11-21T12:00:00Z" in decided(asked(hub)).refused[0]


def test_a_push_of_the_same_commit_that_is_not_told_leaves_the_time_unknown(hub: ApprovalsHub) -> None:
    hub.pushes = []
    hub.comment(COMMAND, "mona", AFTER)
    found = asked(hub)
    assert (found.pushed_at, decided(found).override) == ("", None)


def test_a_deleted_fork_leaves_the_time_unknown_and_a_named_commit_still_counts(hub: ApprovalsHub) -> None:
    hub.head_repository = None
    hub.fault = hub.unchecked
    hub.comment(f"/sluicegate override {HEAD} because it is fine", "mona", AFTER)
    found = asked(hub)
    assert "its repository is gone" in found.problems[0]
    assert decided(found).override is not None


def test_of_a_person_s_reviews_the_last_stands(hub: ApprovalsHub) -> None:
    hub.review("mona", HEAD, PUSHED)
    hub.review("mona", HEAD, AFTER, "COMMENTED")
    assert decided(asked(hub)).approval is not None
    hub.review("mona", HEAD, AFTER, "CHANGES_REQUESTED")
    assert decided(asked(hub)).approval is None


def test_an_edited_comment_and_an_app_are_told(hub: ApprovalsHub) -> None:
    hub.comment(COMMAND, "mona", AFTER, edited_at="2026-11-21T12:00:00Z")
    hub.comment(COMMAND, "app[bot]", AFTER, kind="Bot")
    found = asked(hub)
    assert [(c.edited, c.bot) for c in found.comments] == [(True, False), (False, True)]
    assert decided(found).override is None


def test_comments_are_read_over_all_pages(hub: ApprovalsHub) -> None:
    for n in range(230):
        hub.comment(f"{n}", "mona", AFTER)
    hub.comment(COMMAND, "mona", AFTER)
    assert len(asked(hub).comments) == 1


def test_a_command_in_any_case_is_read(hub: ApprovalsHub) -> None:
    hub.comment("/Sluicegate Override because the feed is down", "mona", AFTER)
    assert decided(asked(hub)).override is not None


@pytest.mark.slow
class TestAFlood:
    """Strangers can write any number of comments and reviews."""

    def test_of_comments_hides_no_override(self, hub: ApprovalsHub) -> None:
        hub.comment(COMMAND, "mona", AFTER)
        for n in range(2_499):
            hub.comment(COMMAND, f"stranger{n % 40}", AFTER)
        assert decided(asked(hub)).override is not None

    def test_of_people_hides_nobody_of_the_repository(self, hub: ApprovalsHub) -> None:
        hub.comment(COMMAND, "mona", AFTER, belongs="MEMBER")
        for n in range(300):
            hub.comment(COMMAND, f"stranger{n}", AFTER)
            hub.review(f"reviewer{n}", HEAD, AFTER)
        assert decided(asked(hub)).override is not None

    def test_costs_a_bounded_number_of_requests_and_what_is_new_is_seen(self, hub: ApprovalsHub) -> None:
        for n in range(5_000):
            hub.comment(f"{COMMAND} {n}", f"stranger{n}", AFTER)
        hub.comment(COMMAND, "mona", AFTER)
        assert decided(asked(hub)).override is not None
        assert len(hub.calls) < 100

    def test_of_events_does_not_hide_who_set_the_label(self, hub: ApprovalsHub) -> None:
        hub.label("mona", AFTER)
        for n in range(2_000):
            hub.label(f"stranger{n}", AFTER, name="other")
        assert decided(asked(hub)).override is not None

    def test_of_events_that_does_says_what_to_do(self, hub: ApprovalsHub) -> None:
        hub.label("mona", AFTER)
        for _ in range(3_200):
            hub.label("mona", AFTER, name="other")
        assert "set it again" in asked(hub).problems[0]


@pytest.mark.parametrize("part", ["/comments", "/reviews", "/activity", "/permission", "/events"])
def test_what_may_not_be_read_is_said_and_does_not_count(hub: ApprovalsHub, part: str) -> None:
    hub.comment(COMMAND, "mona", AFTER)
    hub.label("mona", BEFORE)
    hub.fault = lambda _n, call, _serve: not_accessible() if call.path.endswith(part) else None
    found = asked(hub)
    assert "Resource not accessible by integration" in found.problems[0]
    if part in ("/comments", "/activity", "/permission"):
        assert decided(found).override is None


@pytest.mark.parametrize("reply", [Reply(500, {}), Reply(403, {"message": "no"}), Reply(0, cut=True)])
def test_a_pull_request_that_cannot_be_read_is_the_world_s_fault(hub: ApprovalsHub, reply: Reply) -> None:
    hub.fault = lambda _n, _call, _serve: reply
    with pytest.raises(WorldError, match="cannot be read") as caught:
        asked(hub)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("body", [[], {}, {"head": {"sha": "x"}}, {"head": 3, "labels": 3}])
def test_answers_that_are_not_github_s_are_the_typed_error(hub: ApprovalsHub, body: object) -> None:
    def fault(_n: int, call: Call, _serve: object) -> Reply | None:
        return Reply(200, body) if call.path.endswith("/pulls/7") else None

    hub.fault = fault
    with pytest.raises(WorldError):
        asked(hub)


@pytest.mark.parametrize("items", [[{}], [3], {}, [{"user": None, "body": COMMAND, "created_at": 3}]])
def test_lists_that_are_not_github_s_do_not_count(hub: ApprovalsHub, items: object) -> None:
    hub.fault = lambda _n, call, _serve: Reply(200, items) if call.path.endswith("/comments") else None
    assert asked(hub).comments == ()


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[WithActivity]:
    with emulate(tmp_path / "emulate") as port:
        yield WithActivity(port)


def test_with_emulate_a_comment_of_the_owner_lets_the_head_pass(emulated: WithActivity) -> None:
    root = f"/repos/{REPOSITORY}"
    main = emulated.do("GET", f"{root}/git/ref/heads/main")["object"]["sha"]
    emulated.do("POST", f"{root}/git/refs", {"ref": "refs/heads/feature", "sha": main})
    content = {"message": "x", "content": "eA==", "branch": "feature"}
    head = emulated.do("PUT", f"{root}/contents/x.txt", content)["commit"]["sha"]
    pull = emulated.do("POST", f"{root}/pulls", {"title": "x", "head": "feature", "base": "main"})
    issue = f"{root}/issues/{pull['number']}"
    emulated.pushes = [activity(head, "2001-01-01T00:00:00Z")]
    emulated.do("POST", f"{issue}/comments", {"body": COMMAND})
    found = asked(emulated, pull["number"])
    assert (found.head, found.permissions) == (head, {"octo-owner": "admin"})
    override = decided(found).override
    assert override is not None
    assert (override.kind, override.who) == ("comment", "octo-owner")
