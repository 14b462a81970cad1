"""The matrix, the checkpoints, and the decision that they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.decision import RELEASE_ORDER, ReleaseOutcome
from sluicegate.release.checkpoints import (
    CheckpointState,
    Look,
    changes,
    current,
    frozen,
    label,
    schedule,
    views,
)
from sluicegate.release.decide import Decided, by_matrix, decide
from sluicegate.release.facts import Facts
from sluicegate.release.matrix import Acceptance, CheckStatus, Matrix, Row, accepted, judge
from sluicegate.release.roles import role_rows
from sluicegate.release.signoffs import count
from sluicegate.release.statements import Thread
from support import releases
from support.examples import at_most
from support.releases import HEAD, NOW, facts, says, thread

SETTINGS = releases.settings()
TODAY = date(2027, 1, 15)
GO, CONDITIONAL, NO_GO = ReleaseOutcome
SIGNED = thread(says("alice", "approve release-manager"), says("bob", "approve qa"))


def matrix(found: Facts | None = None, who: Thread = SIGNED, *waivers: Acceptance) -> Matrix:
    given_facts = found or facts()
    signed = count(who, SETTINGS, HEAD, TODAY)
    made = judge(SETTINGS, given_facts, role_rows(SETTINGS, signed, who, HEAD))
    return accepted(made, (*signed.waivers, *waivers), TODAY)


def waiver(check: str, until: date = date(2027, 1, 20)) -> Acceptance:
    return Acceptance(check, "because", "@alice", until)


def decided(found: Matrix, now: int = NOW, *looks: Look, planned: int = NOW) -> Decided:
    return decide(SETTINGS, found, HEAD, now, schedule(SETTINGS.checkpoints, planned), looks)


class TestMatrix:
    def test_all_that_passes_goes(self) -> None:
        found = matrix()
        assert {row.status for row in found.rows} == {CheckStatus.PASS}
        assert by_matrix(found) is GO

    def test_a_failure_blocks_with_value_and_remedy(self) -> None:
        (row,) = matrix(facts(security=1)).blocking
        assert (row.id, row.status, row.actual) == ("security", CheckStatus.FAIL, "1")
        assert row.line == 'security: 1, and gate["security"].blocked == 0 is required'

    def test_what_could_not_be_measured_blocks_and_is_no_failure(self) -> None:
        (row,) = matrix(facts(incidents=None)).blocking
        assert (row.status, row.reason) == (CheckStatus.UNKNOWN, "nothing says it")

    def test_a_gate_that_the_report_lacks_is_unknown(self) -> None:
        some = facts()
        evidence = {**some.evidence, "gate": replace(some.evidence["gate"], items={})}
        (row,) = matrix(replace(some, evidence=evidence)).blocking
        assert row.status is CheckStatus.UNKNOWN
        assert row.reason.startswith("there is no gate of that name")

    def test_every_failure_blocks_however_many_there_are(self) -> None:
        nobody = thread()
        for found, names in (
            (facts(blocked=1), {"gates"}),
            (facts(blocked=1, security=1), {"gates", "security"}),
            (facts(blocked=1, security=1, incidents=1), {"gates", "security", "incidents"}),
        ):
            assert {row.id for row in matrix(found).blocking} == names
            assert by_matrix(matrix(found)) is NO_GO
            assert by_matrix(matrix(found, nobody)) is NO_GO

    def test_an_advisory_check_never_blocks(self) -> None:
        found = matrix(facts(staging=0))
        assert by_matrix(found) is GO
        assert next(r for r in found.rows if r.id == "staging").status is CheckStatus.WARN

    def test_a_waiver_makes_it_conditional_until_it_expires(self) -> None:
        bad = facts(security=1)
        assert by_matrix(matrix(bad, SIGNED, waiver("security"))) is CONDITIONAL
        assert by_matrix(matrix(bad, SIGNED, waiver("security", TODAY))) is CONDITIONAL
        assert by_matrix(matrix(bad, SIGNED, waiver("security", date(2027, 1, 14)))) is NO_GO

    def test_a_waiver_of_what_passes_is_no_condition(self) -> None:
        assert by_matrix(matrix(facts(), SIGNED, waiver("security"))) is GO

    def test_a_rejection_cannot_be_waived_but_a_missing_sign_off_can(self) -> None:
        rejected = thread(says("alice", "approve release-manager"), says("bob", "reject qa it leaks"))
        assert by_matrix(matrix(facts(), rejected, waiver("signoff.qa"))) is NO_GO
        missing = thread(says("alice", "approve release-manager"))
        assert by_matrix(matrix(facts(), missing, waiver("signoff.qa"))) is CONDITIONAL

    def test_a_report_that_passes_by_waivers_is_conditional(self) -> None:
        some = facts()
        report = replace(some.evidence["report"], conditions=("the report is CONDITIONAL",))
        found = decided(matrix(replace(some, evidence={**some.evidence, "report": report})))
        assert found.outcome is CONDITIONAL
        assert found.conditions[0].reason == "the report is CONDITIONAL"

    def test_a_head_that_moved_is_unknown_and_cannot_be_waived(self) -> None:
        """branch-deploy #328: the head differs between two answers of the API."""
        moved = replace(facts(), moved="c" * 40)
        assert by_matrix(matrix(moved, SIGNED, waiver("head"))) is NO_GO


class TestCheckpoints:
    PLANNED = NOW
    ALL = schedule((86_400, 7_200, 0), NOW)

    def look(
        self, at: int, outcome: ReleaseOutcome = GO, commit: str = HEAD, **statuses: CheckStatus
    ) -> Look:
        now = current(self.ALL, at)
        return Look(now.label if now else "", at, commit, outcome, statuses, str(at))

    def test_they_are_labelled_by_their_distance(self) -> None:
        assert [one.label for one in self.ALL] == ["T-24h", "T-2h", "T-0"]
        assert (label(1800), label(45)) == ("T-30min", "T-45s")

    def test_each_is_due_until_the_next(self) -> None:
        found = [current(self.ALL, NOW + at) for at in (-86_401, -86_400, -7_201, -7_200, 0, 10**6)]
        assert [one.label if one else None for one in found] == [None, "T-24h", "T-24h", "T-2h", "T-0", "T-0"]

    def test_a_late_one_says_how_late_and_a_missed_one_is_never_filled_in(self) -> None:
        late = self.look(NOW - 86_400 + 5 * 3600, security=CheckStatus.FAIL)
        zero = self.look(NOW, security=CheckStatus.PASS)
        first, second, third = views(self.ALL, (zero, late), NOW + 60)
        assert (first.state, first.late) == (CheckpointState.DONE, 5 * 3600)
        assert (second.state, second.look) == (CheckpointState.MISSED, None)
        assert third.changed == ("security: PASS, was FAIL",)

    def test_what_is_to_come_is_ahead_or_due(self) -> None:
        states = [view.state for view in views(self.ALL, (), NOW - 7_200)]
        assert states == [CheckpointState.MISSED, CheckpointState.DUE, CheckpointState.AHEAD]

    def test_the_first_look_in_its_time_is_the_checkpoint_s(self) -> None:
        looks = [self.look(NOW - 7_000 + n, NO_GO if n else GO) for n in range(3)]
        found = [views(self.ALL, order, NOW)[1].look for order in permutations(looks)]
        assert found == [looks[0]] * 6

    def test_changes_name_what_is_new_and_what_is_gone(self) -> None:
        found = changes(
            {"a": CheckStatus.PASS, "b": CheckStatus.FAIL}, {"a": CheckStatus.PASS, "c": CheckStatus.WARN}
        )
        assert found == ("c: WARN, was not there", "b: gone, was FAIL")

    def test_t_0_freezes_its_commit_alone(self) -> None:
        looks = [self.look(NOW + 5)]
        assert frozen(self.ALL, looks, HEAD) == (looks[0], GO)
        assert frozen(self.ALL, looks, "c" * 40) is None
        assert frozen(self.ALL, [self.look(NOW - 5)], HEAD) is None


class TestAfterZero:
    def look(self, outcome: ReleaseOutcome, at: int = NOW) -> Look:
        return Look("T-0", at, HEAD, outcome, {}, str(at))

    @pytest.mark.parametrize(
        ("at_zero", "found", "outcome"),
        [
            (GO, facts(), GO),
            (GO, facts(incidents=None), GO),  # a provider that fails later is no new failure
            (GO, facts(security=1), NO_GO),
            (CONDITIONAL, facts(), CONDITIONAL),
            (NO_GO, facts(), NO_GO),
        ],
    )
    def test_only_a_new_failure_changes_the_decision(
        self, at_zero: ReleaseOutcome, found: Facts, outcome: ReleaseOutcome
    ) -> None:
        assert decided(matrix(found), NOW + 60, self.look(at_zero)).outcome is outcome

    def test_a_withdrawn_sign_off_and_a_rejection_do(self) -> None:
        gone = thread(says("alice", "approve release-manager"))
        found = decided(matrix(facts(), gone), NOW + 60, self.look(GO))
        assert (found.outcome, found.frozen) == (NO_GO, "a check fails that did not at T-0")

    def test_a_no_go_behind_t_0_stays_whatever_is_mended(self) -> None:
        found = decided(matrix(), NOW + 90, self.look(GO), self.look(NO_GO, NOW + 60))
        assert found.outcome is NO_GO
        assert found.blocking == ("T-0 decided NO-GO on this commit: plan the release anew",)


def test_a_freeze_holds_a_go_and_changes_no_decision() -> None:
    frozen_now = releases.settings(releases.SMALL + "freeze: {windows: [2027-01-15]}\n")
    found = decide(frozen_now, matrix(), HEAD, NOW)
    assert (found.outcome, found.goes) == (GO, False)
    assert found.sentence == "GO, held by the freeze '2027-01-15' until 2027-01-16 00:00 UTC"
    assert decide(frozen_now, matrix(), HEAD, NOW + 86_400).goes


rows = st.builds(
    Row,
    st.just("x"), st.sampled_from(("a", "b", "c")), st.just("x == 0"), st.sampled_from(CheckStatus),
    advisory=st.booleans(), waiver=st.sampled_from((None, waiver("a"))),
)  # fmt: skip
matrices = st.lists(rows, max_size=4).map(lambda found: Matrix((), tuple(found)))
WORSE = {CheckStatus.PASS: 0, CheckStatus.WARN: 0, CheckStatus.UNKNOWN: 1, CheckStatus.FAIL: 1}
looks = st.lists(
    st.builds(
        Look, st.just("T-0"), st.integers(NOW, NOW + 50), st.just(HEAD), st.sampled_from(ReleaseOutcome),
        digest=st.sampled_from("abc"),
    ),
    max_size=3,
    unique_by=lambda look: look.digest,
)  # fmt: skip


@given(matrices, looks, st.data())
@settings(max_examples=at_most(200))
def test_more_failing_evidence_never_improves_the_decision(
    found: Matrix, seen: list[Look], data: st.DataObject
) -> None:
    before = decided(found, NOW + 60, *seen).outcome
    index = data.draw(st.integers(0, max(len(found.rows) - 1, 0)))
    worse = tuple(
        replace(row, status=CheckStatus.FAIL) if n == index and row.status is not CheckStatus.FAIL else row
        for n, row in enumerate(found.rows)
    )
    after = decided(replace(found, rows=worse), NOW + 60, *seen).outcome
    assert RELEASE_ORDER.index(after) >= RELEASE_ORDER.index(before)


@given(matrices, looks, st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=at_most(200))
def test_time_alone_never_turns_no_go_to_go(found: Matrix, seen: list[Look], first: int, later: int) -> None:
    at = NOW + 60 + first
    if decided(found, at, *seen).outcome is NO_GO:
        day = datetime.fromtimestamp(at + later, UTC).date()
        again = accepted(replace(found, rows=tuple(replace(r, waiver=None) for r in found.rows)), (), day)
        assert decided(again, at + later, *seen).outcome is NO_GO


@given(matrices, looks)
@settings(max_examples=at_most(100))
def test_the_order_of_looks_never_matters(found: Matrix, seen: list[Look]) -> None:
    assert len({decided(found, NOW + 60, *order) for order in permutations(seen)}) == 1
