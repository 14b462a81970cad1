"""What the journal says of people counts where GitHub says the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from sluicegate.github.client import connect
from sluicegate.github.issue_comments import seconds
from sluicegate.net.client import ApiError
from sluicegate.rollout.claims import Claim, began, claims
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose
from sluicegate.rollout.proof import claim_refused
from sluicegate.rollout.who import GitHub
from support.comment_hub import ID, CommentHub
from support.githubapi import REPOSITORY, TOKEN, Call, Emulated, Reply, emulate, running
from support.rollouts import plan

PLAN = plan()
AT = 1_800_000_000
MOMENT = "2027-01-15T08:00:00Z"  # the same
RUN = Actor("alice", "dispatch", "7")
NOBODY_ASKED = GitHub(REPOSITORY)
PROMOTE = "/sluicegate rollout promote new-checkout --to 25%"


@pytest.fixture
def hub() -> Iterator[CommentHub]:
    made = CommentHub()
    made.permissions = {"alice": "write", "carol": "read"}
    made.runs["7"] = ("workflow_dispatch", "alice", "2027-01-15T07:59:00Z", "2027-01-15T08:01:00Z")
    with running(made) as made.url:
        yield made


@pytest.fixture
def github(hub: CommentHub) -> GitHub:
    return GitHub(REPOSITORY, partial(connect, TOKEN, hub.url))


def refused(
    github: GitHub,
    actor: Actor,
    at: int = AT,
    *,
    event: EventKind = EventKind.PROMOTED,
    since: int = AT - 3600,
) -> str:
    claim = Claim(Entry(5, "", at, event, actor, "25%"), since)
    return claim_refused(ID, PLAN, claim, github)


class TestRuns:
    def test_one_counts_that_is_there(self, github: GitHub) -> None:
        assert refused(github, RUN) == ""

    def test_one_that_is_not_there_does_not(self, github: GitHub) -> None:
        assert "could not be read" in refused(github, replace(RUN, id="8"))

    @pytest.mark.parametrize("number", ["", "x", "7/jobs", "9" * 30, "\u0667"])
    def test_a_number_that_is_none_is_not_asked_for(self, github: GitHub, number: str) -> None:
        assert "can be read again" in refused(github, replace(RUN, id=number))

    def test_one_of_somebody_else_does_not(self, github: GitHub) -> None:
        assert refused(github, replace(RUN, login="carol")) == "its run was not started by @carol"

    def test_one_of_another_event_does_not(self, hub: CommentHub, github: GitHub) -> None:
        hub.runs["7"] = ("push", *hub.runs["7"][1:])
        assert refused(github, RUN) == "its run was no manual dispatch"

    def test_an_old_one_does_not(self, github: GitHub) -> None:
        assert refused(github, RUN, AT + 3600) == "its run was at another time"

    def test_one_from_before_the_pause_does_not(self, github: GitHub) -> None:
        found = refused(github, RUN, event=EventKind.RESUMED, since=AT + 600)
        assert found == "it is older than what it is about"

    def test_one_of_somebody_who_may_no_longer_does_not(self, hub: CommentHub, github: GitHub) -> None:
        hub.permissions["alice"] = "read"
        assert refused(github, RUN) == "@alice is not among the plan's approvers (write)"

    def test_a_laptop_cannot_be_read_again(self, github: GitHub) -> None:
        assert "ask for it again" in refused(github, Actor("alice", "laptop"))

    def test_without_a_token_nothing_counts(self) -> None:
        assert refused(NOBODY_ASKED, RUN) == "there is no token that says who asks"

    def test_a_folder_has_nobody_to_ask(self) -> None:
        claim = Claim(Entry(5, "", AT, EventKind.PROMOTED, Actor("alice", "folder"), "25%"), 0)
        assert claim_refused(ID, PLAN, claim, NOBODY_ASKED, in_folder=True) == ""


class TestComments:
    def said(self, hub: CommentHub, body: str = PROMOTE, login: str = "alice", **more: object) -> Actor:
        number = hub.says(body, login, MOMENT, **more)
        (made,) = [c for c in hub.comments if c["id"] == number]
        return Actor(login, "comment", str(number), sha256(made["body"].encode()).hexdigest())

    def test_one_counts_that_is_there(self, hub: CommentHub, github: GitHub) -> None:
        assert refused(github, self.said(hub)) == ""

    def test_one_that_is_gone_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub)
        hub.comments.clear()
        assert "its comment could not be read" in refused(github, actor)

    def test_one_that_was_edited_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub)
        hub.edited.add(int(actor.id))
        assert refused(github, actor) == "the comment was edited; write a new one"

    def test_one_of_which_github_does_not_say_that_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub)
        hub.fault = lambda _n, call, _s: (
            Reply(200, {"errors": [{"message": "no access"}]}) if call.path == "/graphql" else None
        )
        assert refused(github, actor) == "its comment could not be read: the server answered no access"

    def test_one_of_another_text_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub)
        assert refused(github, replace(actor, digest="0" * 64)) == "its comment is another one"
        assert refused(github, replace(actor, login="carol")) == "its comment is another one"

    def test_one_that_asks_for_another_stage_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub, PROMOTE.replace("25%", "5%"))
        assert refused(github, actor) == "its comment asks for something else"
        assert (
            refused(github, self.said(hub), event=EventKind.RESUMED) == "its comment asks for something else"
        )

    def test_one_about_another_rollout_does_not(self, hub: CommentHub, github: GitHub) -> None:
        assert "names another" in refused(github, self.said(hub, PROMOTE.replace("new-checkout", "other")))

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "<!-- sluicegate:rollout other other-20270115T080000Z -->\n",
            f"<!-- sluicegate:rollout new-checkout {ID[:-3]}1Z -->\n",
            f"> <!-- sluicegate:rollout new-checkout {ID} -->\n",
        ],
        ids=["without a marker", "of another name", "of another id", "quoted"],
    )
    def test_one_on_another_issue_does_not(self, hub: CommentHub, github: GitHub, body: str) -> None:
        hub.body = body
        assert "issue of" in refused(github, self.said(hub))

    def test_one_counts_where_the_rollout_is_shown_in_a_comment(
        self, hub: CommentHub, github: GitHub
    ) -> None:
        page, hub.body = hub.body, "Release 7"
        hub.says(page, "mallory")
        actor = self.said(hub)
        assert "@mallory may not write" in refused(github, actor)
        hub.says(page, "github-actions[bot]")
        hub.comments[-1]["user"]["type"] = "Bot"
        assert refused(github, actor) == ""

    def test_one_on_the_issue_of_a_stranger_does_not(self, hub: CommentHub, github: GitHub) -> None:
        hub.opener = ("mallory", "User")
        assert "@mallory may not write" in refused(github, self.said(hub))
        hub.opener = ("alice", "User")
        assert refused(github, self.said(hub)) == ""

    def test_one_of_a_bot_does_not(self, hub: CommentHub, github: GitHub) -> None:
        actor = self.said(hub)
        hub.comments[-1]["user"]["type"] = "Bot"
        assert refused(github, actor) == "@alice is a bot, or an app wrote it"

    def test_one_from_before_the_stage_does_not(self, hub: CommentHub, github: GitHub) -> None:
        found = refused(github, self.said(hub), AT + 3600, since=AT + 1800)
        assert found == "the comment is older than the stage, or the pause, that it is about"

    def test_one_that_is_younger_than_the_event_does_not(self, hub: CommentHub, github: GitHub) -> None:
        assert refused(github, self.said(hub), AT - 600) == "its comment is younger"

    def test_one_of_somebody_who_may_not_does_not(self, hub: CommentHub, github: GitHub) -> None:
        assert (
            refused(github, self.said(hub, login="carol"))
            == "@carol is not among the plan's approvers (write)"
        )


def test_the_answer_of_graphql_may_have_no_data(hub: CommentHub) -> None:
    hub.fault = lambda _n, _call, _s: Reply(200, {"data": None})
    with pytest.raises(ApiError, match="no data"):
        connect(TOKEN, hub.url).graphql("query { x }")


# --- what a state rests on ---------------------------------------------------------------------


def journal(*events: EventKind | Purpose) -> list[Entry]:
    """Events, ten seconds apart; a purpose is an intent of it."""
    return [
        Entry(n, "", 10 * n, EventKind.INTENDED, purpose=e)
        if isinstance(e, Purpose)
        else Entry(n, "", 10 * n, e)
        for n, e in enumerate(events)
    ]


E = EventKind


@pytest.mark.parametrize(
    ("events", "rests", "since"),
    [
        ([E.STARTED], [], 0),
        ([E.STARTED, E.PROMOTED], [1], 0),
        ([E.STARTED, E.PROMOTED, Purpose.ADVANCE, E.CONFIRMED], [], 30),
        ([E.STARTED, E.PAUSED, E.RESUMED], [2], 10),
        ([E.STARTED, E.RESUMED, E.PROMOTED, E.SKIPPED_BAKE, E.PAUSED], [3], 40),
        ([E.STARTED, E.SKIPPED_BAKE, Purpose.RESTORE, E.CONFIRMED], [1], 0),
        ([E.STARTED, E.PAUSED, E.RESUMED, E.HEARTBEAT, E.RESUMED], [4], 10),
    ],
)
def test_a_state_rests_on_what_is_not_over(events: list[EventKind], rests: list[int], since: int) -> None:
    found = journal(*events)
    assert [claim.entry.seq for claim in claims(found)] == rests
    assert began(found) == since


def test_what_does_not_count_lets_what_was_before_it_count() -> None:
    found = journal(E.STARTED, E.PAUSED, E.RESUMED, E.RESUMED)
    assert [claim.entry.seq for claim in claims(found, {3})] == [2]


# --- on emulate --------------------------------------------------------------------------------


class WithEdits(Emulated):
    """emulate, and beside it the GraphQL API and ids of nodes, which it lacks."""

    def answer(self, call: Call) -> Reply:
        """emulate's answer, or that of GraphQL."""
        if call.path == "/graphql":
            node = {"id": call.body["variables"]["id"], "lastEditedAt": None}
            return Reply(200, {"data": {"node": node}})
        return super().answer(call)


def test_with_emulate_a_comment_of_the_owner_counts_until_it_is_gone(tmp_path: Path) -> None:
    with emulate(tmp_path / "emulate") as port, running(server := WithEdits(port)) as url:
        issues = f"/repos/{REPOSITORY}/issues"
        page = f"<!-- sluicegate:rollout new-checkout {ID} -->\n# The rollout"
        issue = server.do("POST", issues, {"title": "x", "body": page})
        made = server.do("POST", f"{issues}/{issue['number']}/comments", {"body": PROMOTE})
        at = seconds(made["created_at"])
        actor = Actor("octo-owner", "comment", str(made["id"]), sha256(PROMOTE.encode()).hexdigest())
        github = GitHub(REPOSITORY, partial(connect, TOKEN, url))
        assert refused(github, actor, at, since=at) == ""
        assert refused(github, replace(actor, login="octo-bot"), at, since=at) == "its comment is another one"
        server.do("DELETE", f"{issues}/comments/{made['id']}")
        assert "its comment could not be read" in refused(github, actor, at, since=at)
