"""What counts as a sign-off, what does not, and why: peers' faults by repository and number."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.release.matrix import CheckStatus
from sluicegate.release.roles import role_rows
from sluicegate.release.signoffs import Known, SignOffs, count
from sluicegate.release.statements import Statement, Thread
from support import releases
from support.examples import at_most
from support.releases import HEAD, LATER, OLD, PUSHED, says, thread

SETTINGS = releases.settings()
TODAY = date(2027, 1, 15)


def counted(*statements: Statement, **more: Any) -> SignOffs:
    return count(thread(*statements, **more), SETTINGS, HEAD, TODAY)


def why(*statements: Statement, **more: Any) -> str:
    found = counted(*statements, **more)
    assert not found.signatures
    assert not found.waivers
    (void,) = found.voids
    return void.line


@pytest.mark.parametrize(
    ("statement", "form"),
    [
        (says("bob", "approve qa", review=HEAD), "a review of this commit"),
        (says("bob", f"approve qa {HEAD}", "2020-01-01T00:00:00Z"), "a comment that names this commit"),
        (says("bob", f"Approve QA {HEAD.upper()}"), "a comment that names this commit"),
        (says("bob", "approve qa"), "a comment after the push of this commit"),
        (says("Dan", "approve qa"), "a comment after the push of this commit"),
    ],
)
def test_an_approval_counts_in_three_forms(statement: Statement, form: str) -> None:
    (signature,) = counted(statement).signatures
    assert (signature.role, signature.approves, signature.form) == ("qa", True, form)
    assert signature.by in ("@bob", "@org/qa")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        # branch-deploy #469: approval, then commits
        (says("bob", "approve qa", review=OLD), "it is of the commit bbbbbbbbbbbb, and this is aaaaaaaaaaaa"),
        (says("bob", f"approve qa {OLD}"), "it is for the commit bbbbbbbbbbbb"),
        # konflux-ci #4991: a push behind the comment; and one in the same second
        (says("bob", "approve qa", "2027-01-15T06:59:59Z"), "not later than the push"),
        (says("bob", "approve qa", PUSHED), "not later than the push"),
        # positron #13578: a short name can be ground
        (says("bob", f"approve qa {HEAD[:12]}"), "the commit must be named in full"),
        (says("bob", "approve qa", several=True), "a comment with several commands does nothing"),
        (says("bob", "approve qa", edited=True), "it was edited; write a new one"),
        (says("bob", "approve qa", edited=None), "whether it was edited could not be read"),
        (says("bob", "approve qa", review=HEAD, dismissed=True), "the review was dismissed"),
        (says("bob[bot]", "approve qa", bot=True), "it is by a bot"),
        # manual-approval #182: whoever is not listed approves nothing
        (says("mallory", "approve qa"), "they are not among @bob, @carol, @org/qa"),
        (says("bob", "approve release-manager"), "they are not among @alice"),
        (says("bob", "approve"), "it names no role"),
        (says("bob", "approve quality"), "there is no role 'quality'"),
        (says("bob", "approve q\u0430"), "there is no role 'q\u0430'"),
        (says("bob", f"approve qa {HEAD} and more"), "it is not '/sluicegate approve ROLE'"),
        (says("bob", "approve qa release-manager"), "it is not '/sluicegate approve ROLE'"),
    ],
)
def test_other_approvals_do_not_count_and_it_is_said_why(statement: Statement, reason: str) -> None:
    assert reason in why(statement)


def test_who_must_repeat_an_approval_of_an_older_commit_gets_the_line() -> None:
    assert f"@bob must repeat it: /sluicegate approve qa {HEAD}" in why(says("bob", "approve qa", review=OLD))


def test_without_a_pull_request_a_comment_names_the_commit() -> None:
    assert "must name the commit in full" in why(says("bob", "approve qa"), is_pull=False)
    assert counted(says("bob", f"approve qa {HEAD}"), is_pull=False).signatures


def test_a_push_of_unknown_time_voids_bare_comments_alone() -> None:
    assert "when this commit was pushed is not known" in why(says("bob", "approve qa"), seen="")
    assert counted(says("bob", "approve qa", review=HEAD), seen="").signatures


def test_a_team_that_cannot_be_read_is_not_known_and_no_approval() -> None:
    (void,) = counted(says("erin", "approve qa"), teams={"org/qa": None}).voids
    assert void.unsure
    assert "could not be read" in void.why


def test_nobody_approves_their_own_change_where_the_policy_says_so() -> None:
    strict = releases.settings(releases.SMALL + "self-approval: false\n")
    by_author = thread(says("bob", "approve qa"), authors=frozenset({"bob"}))
    (void,) = count(by_author, strict, HEAD, TODAY).voids
    assert "they wrote the change themselves" in void.why
    unknown = thread(says("bob", "approve qa"), authors=None)
    assert not count(unknown, strict, HEAD, TODAY).signatures
    assert count(by_author, SETTINGS, HEAD, TODAY).signatures


def test_what_counted_before_and_is_gone_was_deleted() -> None:
    before = [Known("comment-1", "qa", "bob")]
    (void,) = count(thread(), SETTINGS, HEAD, TODAY, before).voids
    assert "it was deleted" in void.why
    assert void.remedy == "@bob must repeat it"
    assert not count(thread(says("bob", "approve qa", id_="comment-1")), SETTINGS, HEAD, TODAY, before).voids
    assert not count(thread(unread=True), SETTINGS, HEAD, TODAY, before).voids


def test_the_last_word_of_a_person_is_what_they_say() -> None:
    first, last = says("bob", "approve qa"), says("bob", "reject qa data loss", "2027-01-15T08:00:00Z")
    (signature,) = counted(first, last).signatures
    assert (signature.approves, signature.reason) == (False, "data loss")
    again = says("bob", "approve qa", "2027-01-15T09:00:00Z")
    assert counted(again, last, first).of("qa", approves=True)


@pytest.mark.parametrize(
    "statement",
    [
        says("bob", "reject qa", PUSHED),  # in doubt it is of this commit
        says("bob", "reject qa because it loses data", edited=True),
        says("bob", "reject qa", several=True),
        says("bob", "reject qa it loses data", edited=None),
        says("bob", f"reject qa {HEAD} it loses data"),
        says("bob", "reject qa", review=HEAD),
    ],
)
def test_a_rejection_counts_in_doubt(statement: Statement) -> None:
    assert counted(statement).of("qa", approves=False)


def test_a_rejection_of_an_older_commit_does_not() -> None:
    assert "it is older than this commit" in why(says("bob", "reject qa", "2027-01-15T06:00:00Z"))


WAIVER = "waive security until 2027-01-20 because the code is not reachable"


def test_a_waiver_has_check_owner_day_and_reason() -> None:
    (waiver,) = counted(says("alice", WAIVER)).waivers
    assert (waiver.check, waiver.owner, waiver.until) == ("security", "@alice", date(2027, 1, 20))
    assert waiver.reason == "the code is not reachable"


def test_a_waiver_is_of_its_commit_as_a_sign_off_is() -> None:
    named = f"waive security {HEAD} until 2027-01-20 because x"
    assert counted(says("alice", named), is_pull=False).waivers
    line = why(says("alice", WAIVER, PUSHED))
    assert "not later than the push" in line
    assert f"/sluicegate waive security {HEAD} until 2027-01-20 because" in line


@pytest.mark.parametrize(
    ("who", "line", "reason"),
    [
        ("bob", WAIVER, "they are not among @alice"),
        ("alice", "waive security until 2027-01-20", "it lacks the check, the day or the reason"),
        ("alice", "waive security because x", "it lacks the check, the day or the reason"),
        ("alice", "waive security until 2027-02-30 because x", "it lacks the check, the day or the reason"),
        ("alice", "waive secrity until 2027-01-20 because x", "there is no such check; Perhaps you meant"),
        ("alice", "waive security until 2027-01-14 because x", "it expired after 2027-01-14"),
    ],
)
def test_other_waivers_do_not_count(who: str, line: str, reason: str) -> None:
    assert reason in why(says(who, line))


def test_other_commands_and_a_recheck_are_nothing() -> None:
    assert counted(says("bob", "recheck"), says("bob", "override because x")) == SignOffs()


class TestRows:
    def rows(self, *statements: Statement, **more: Any) -> dict[str, tuple[CheckStatus, str]]:
        what = thread(*statements, **more)
        found = count(what, SETTINGS, HEAD, TODAY)
        return {row.id: (row.status, row.reason) for row in role_rows(SETTINGS, found, what, HEAD)}

    def test_a_role_with_its_quorum_passes(self) -> None:
        assert self.rows(says("bob", "approve qa"))["signoff.qa"] == (CheckStatus.PASS, "")

    def test_a_role_without_it_fails_and_says_who_is_asked(self) -> None:
        found = self.rows()["signoff.qa"]
        assert found == (CheckStatus.FAIL, "1 of @bob, @carol, @org/qa must approve")

    def test_one_rejection_is_more_than_any_approval(self) -> None:
        status, reason = self.rows(says("bob", "approve qa"), says("carol", "reject qa it leaks"))[
            "signoff.qa"
        ]
        assert status is CheckStatus.FAIL
        assert reason == "@carol rejects it: it leaks"

    def test_a_rejection_of_somebody_who_may_be_in_the_role_is_unknown(self) -> None:
        given = (says("bob", "approve qa"), says("erin", "reject qa it leaks"))
        assert self.rows(*given, teams={"org/qa": None})["signoff.qa"][0] is CheckStatus.UNKNOWN

    def test_what_could_not_be_read_is_unknown(self) -> None:
        assert self.rows(unread=True)["signoff.qa"][0] is CheckStatus.UNKNOWN
        assert self.rows(says("erin", "approve qa"), teams={})["signoff.qa"][0] is CheckStatus.UNKNOWN


LINES = ("approve qa", f"approve qa {HEAD}", f"approve qa {OLD}", "reject qa", "approve", WAIVER)
statements = st.lists(
    st.builds(
        says,
        st.sampled_from(("alice", "bob", "carol", "dan", "mallory")),
        st.sampled_from(LINES),
        st.sampled_from((PUSHED, LATER, "2027-01-15T09:00:00Z")),
        review=st.sampled_from(("", HEAD, OLD)),
        edited=st.sampled_from((False, True, None)),
        dismissed=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda s: s.id,
)


@given(statements, st.randoms())
@settings(max_examples=at_most(200))
def test_the_order_in_which_it_was_read_never_matters(found: list[Statement], random: Random) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    assert counted(*found) == counted(*mixed)


@given(statements)
@settings(max_examples=at_most(200))
def test_an_approval_and_a_waiver_never_survive_their_commit(found: list[Statement]) -> None:
    """Whatever counted for one commit counts for no other that was pushed later."""
    new = "c" * 40
    what = Thread(
        7, True, tuple(found), head_seen="2027-01-15T10:00:00Z", teams={"org/qa": frozenset({"dan"})}
    )
    found_now = count(what, SETTINGS, new, TODAY)
    assert not [s for s in found_now.signatures if s.approves]
    assert not found_now.waivers
