"""Faults of other tools, by repository and number: what happened there, and what happens here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.decision import Decision, Frozen, ReleaseOutcome, Wanted, verify
from sluicegate.ledger.directory import directory_store
from sluicegate.release.checkpoints import CheckpointState, schedule, views
from sluicegate.release.decide import Decided, decide, freezes
from sluicegate.release.explain import explain_release
from sluicegate.release.matrix import Acceptance, judge
from sluicegate.release.roles import role_rows
from sluicegate.release.settings import ReleaseSettings
from sluicegate.release.signoffs import SignOffs, count
from sluicegate.release.store import Releases
from support import releases
from support.releases import HEAD, NOW, OLD, PUSHED, facts, says, thread

SETTINGS = releases.settings()
TODAY = date(2027, 1, 15)
BY_BOB = says("bob", "approve qa", "2027-01-15T07:00:00Z")


def counted(*, pushed: str, comment: str) -> SignOffs:
    """What counts of a bare approval of a head that GitHub saw at `pushed`."""
    return count(thread(says("bob", "approve qa", comment), seen=pushed), SETTINGS, HEAD, TODAY)


@pytest.mark.parametrize(
    ("pushed", "counts"),
    [
        pytest.param("2027-01-15T06:59:59Z", True, id="konflux-ci #4993: seen before the comment"),
        pytest.param("2027-01-15T07:00:00Z", False, id="konflux-ci #4993: seen in the second of the comment"),
        pytest.param("2027-01-15T07:00:01Z", False, id="Maintainerr #2879: pushed after the comment"),
        pytest.param("", False, id="konflux-ci #4991: the server does not say when"),
    ],
)  # fmt: skip
def test_a_bare_approval_is_bound_by_the_clock_of_the_server(pushed: str, counts: bool) -> None:
    """The dates in a commit are its author's: transformers #35548. Nothing here reads them."""
    found = counted(pushed=pushed, comment=BY_BOB.at)
    assert bool(found.signatures) is counts
    assert [void.remedy for void in found.voids] == (
        [] if counts else [f"@bob must repeat it: /sluicegate approve qa {HEAD}"]
    )


def test_dependabot_core_11223_an_approval_of_a_number_is_none_of_a_later_commit() -> None:
    """A run that was asked for a pull request took whatever its head was by then."""
    named = count(thread(says("bob", f"approve qa {OLD}")), SETTINGS, HEAD, TODAY)
    reviewed = count(thread(says("bob", "approve qa", review=OLD)), SETTINGS, HEAD, TODAY)
    for found in (named, reviewed):
        assert not found.signatures
        assert "bbbbbbbbbbbb, and this is aaaaaaaaaaaa" in found.voids[0].why


def test_branch_deploy_352_each_check_says_whether_it_blocks_or_only_warns() -> None:
    """Required reviewers of an environment were skipped, and nothing said so."""
    text = explain_release(SETTINGS)
    assert "incidents                incidents.open == 0 (blocks)" in text
    assert "staging                  staging.current == 1 (warns)" in text
    rows = {row.id: row for row in judge(SETTINGS, facts(incidents=1, staging=0)).rows}
    assert (rows["incidents"].blocks, rows["incidents"].advisory) == (True, False)
    assert (rows["staging"].blocks, rows["staging"].advisory) == (False, True)


def go_of(release: str, commit: str, tree: str, outcome: ReleaseOutcome = ReleaseOutcome.GO) -> Decision:
    blocking = () if outcome is ReleaseOutcome.GO else ("tests: 2 failed",)
    return Decision(release, commit, tree, outcome, NOW, NOW + 3600, "f" * 64, "o/r", blocking=blocking)


def test_branch_deploy_438_a_decision_is_of_one_release_and_one_commit(tmp_path: Path) -> None:
    """The lock was a person's: their second pull request was deployed, and rolled the first one back."""
    ledger = Releases(directory_store(tmp_path))
    ledger.settle(go_of("v1.4.0", HEAD, "1" * 40), {})
    second = replace(Wanted(OLD, "2" * 40, NOW), repository="o/r")
    assert "there is no decision to release" in ledger.verify(second).refused
    ledger.settle(go_of("v1.5.0", OLD, "2" * 40, ReleaseOutcome.NO_GO), {})
    assert ledger.verify(Wanted(HEAD, "1" * 40, NOW)).refused == ""
    assert "NO-GO" in ledger.verify(second).refused
    assert "of v1.4.0" in ledger.verify(replace(second, release="v1.4.0")).refused


def test_manual_approval_29_a_decision_that_ended_has_expired_and_nobody_denied_it() -> None:
    """A timeout was shown as a denial, also in #135."""
    found = verify({"p": go_of("v1.4.0", HEAD, "1" * 40)}, (), Wanted(HEAD, "1" * 40, NOW + 3600))
    assert found.refused == "the decision of v1.4.0 has expired"
    assert found.remedy == "Decide again."
    states = [view.state for view in views(schedule((3600, 60, 0), NOW), (), NOW - 30)]
    assert states == [CheckpointState.MISSED, CheckpointState.DUE, CheckpointState.AHEAD]


def test_manual_approval_29_nobody_s_answer_is_no_rejection() -> None:
    rows = {row.id: row for row in role_rows(SETTINGS, SignOffs(), thread(), HEAD)}
    assert rows["signoff.qa"].reason == "1 of @bob, @carol, @org/qa must approve"


def test_manual_approval_182_each_sign_off_says_by_which_entry_its_author_is_in_the_role() -> None:
    """The listed approvers were others than those of the environment."""
    found = count(
        thread(says("dan", "approve qa"), says("bob", "approve qa", review=HEAD)), SETTINGS, HEAD, TODAY
    )
    assert {s.who: s.by for s in found.signatures} == {"dan": "@org/qa", "bob": "@bob"}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"commit": "c" * 40, "tree": "3" * 40}, "there is no decision to release"),
        ({"repository": "o/other"}, "the decision is of the repository o/r"),
        ({"release": "v2"}, "there is no decision to release of v2"),
        ({"now": NOW + 3600}, "has expired"),
        ({"now": NOW + 60, "longest": 30}, "is older than asked for"),
        ({"policy_sha256": "e" * 64}, "was made by the policy ffffffffffff"),
    ],
)
def test_source_tool_148_and_316_verifying_is_more_than_finding_a_record(
    wanted: dict[str, Any], why: str
) -> None:
    """#148 looked at the signature alone. #316: the policy that counts is the one in the record."""
    asked = replace(Wanted(HEAD, "1" * 40, NOW, "o/r"), **wanted)
    assert why in verify({"p": go_of("v1.4.0", HEAD, "1" * 40)}, (), asked).refused


def test_source_tool_148_a_later_decision_supersedes_the_one_at_hand() -> None:
    later = replace(go_of("v1.4.0", HEAD, "1" * 40, ReleaseOutcome.NO_GO), supersedes=("p",))
    found = verify({"p": go_of("v1.4.0", HEAD, "1" * 40), "q": later}, (), Wanted(HEAD, "1" * 40, NOW))
    assert "NO-GO: tests: 2 failed" in found.refused


class TestFreeze:
    """vitess #12486 froze by a label; ITK #331 asked for a check of its own, with a list of exceptions."""

    SETTINGS = releases.settings(releases.SMALL + "freeze: {windows: [2027-01-15]}\n")
    WAIVER = "waive freeze until 2027-01-16 because the certificate ends tomorrow"

    def decided(self, settings: ReleaseSettings, *words: str, now: int = NOW) -> Decided:
        told = thread(
            says("alice", "approve release-manager"), says("bob", "approve qa"),
            *(says("alice", line) for line in words),
        )  # fmt: skip
        found = count(told, settings, HEAD, TODAY)
        matrix = judge(settings, facts(), role_rows(settings, found, told, HEAD))
        return decide(settings, matrix, HEAD, now, waivers=found.waivers)

    def test_a_freeze_holds_what_is_ready_and_says_until_when(self) -> None:
        found = self.decided(self.SETTINGS)
        assert (found.outcome, found.goes) == (ReleaseOutcome.GO, False)
        assert found.sentence.endswith("until 2027-01-16 00:00 UTC")

    def test_an_exception_names_who_until_when_and_why_and_changes_no_decision(self) -> None:
        found = self.decided(self.SETTINGS, self.WAIVER)
        assert (found.outcome, found.goes, found.held) == (ReleaseOutcome.GO, True, None)
        assert found.excepted == Acceptance(
            "freeze", "the certificate ends tomorrow", "@alice", date(2027, 1, 16), "",
            "comment-alice-2027-01-15T07:30:00Z-" + self.WAIVER,
        )  # fmt: skip

    def test_the_decision_on_record_has_the_freezes_that_come(self) -> None:
        day, hours = 86_400, NOW % 86_400
        today = NOW - hours
        spans = freezes(self.SETTINGS, (), NOW, NOW + 2 * day)
        assert spans == (Frozen(NOW, today + day),)
        (waiver,) = count(thread(says("alice", self.WAIVER)), self.SETTINGS, HEAD, TODAY).waivers
        assert freezes(self.SETTINGS, [waiver], NOW, NOW + 2 * day) == ()

    def test_an_exception_counts_to_the_end_of_its_day(self) -> None:
        day, today = 86_400, NOW - NOW % 86_400
        waiver = Acceptance("freeze", "x", "@alice", date(2027, 1, 15))
        assert freezes(self.SETTINGS, [waiver], NOW, NOW + 2 * day) == ()
        assert freezes(self.SETTINGS, [replace(waiver, until=date(2027, 1, 14))], NOW, NOW + 2 * day) == (
            Frozen(NOW, today + day),
        )

    def test_an_exception_is_of_its_commit_and_ends(self) -> None:
        older = thread(says("alice", self.WAIVER, PUSHED))
        assert not count(older, self.SETTINGS, HEAD, TODAY).waivers
        expired = Acceptance("freeze", "x", "@alice", date(2027, 1, 14))
        assert decide(self.SETTINGS, judge(self.SETTINGS, facts()), HEAD, NOW, waivers=[expired]).held

    def test_without_a_freeze_there_is_nothing_to_except_from(self) -> None:
        (void,) = count(thread(says("alice", self.WAIVER)), SETTINGS, HEAD, TODAY).voids
        assert void.why == "there is no such check"
        assert self.decided(self.SETTINGS, self.WAIVER, now=NOW + 86_400).excepted is None
