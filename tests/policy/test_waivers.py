from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.aggregation import gate_status
from sluicegate.core.model import CriterionResult, Finding, Severity, Waiver
from sluicegate.core.statuses import GATE_ORDER, CriterionStatus
from sluicegate.policy.waivers import active, for_criterion, matching, waiver_notices

TODAY = date(2026, 11, 21)
WAIVER = Waiver("security", "sandboxed", "@alice", date(2027, 1, 31), rule="B602", where="sluicegate.yml:9:5")
FINDING = Finding("B602", Severity.HIGH, "shell", path="src/a.py", fingerprint="f00")

DAYS = st.dates(date(2026, 1, 1), date(2028, 1, 1))
WORDS = st.sampled_from(["", "B602", "B603", "src/**", "src/a.py", "f00", "f01"])
WAIVERS = st.builds(
    Waiver, st.sampled_from(["security", "lint"]), st.just("r"), st.just("@a"), DAYS,
    rule=WORDS, path=WORDS, fingerprint=WORDS, criterion=st.sampled_from(["", "", "new-high"]),
)  # fmt: skip
FINDINGS = st.builds(Finding, WORDS, st.just(Severity.HIGH), st.just("m"), path=WORDS, fingerprint=WORDS)


def test_a_waiver_counts_on_its_last_day_and_not_after_it() -> None:
    assert active(WAIVER, WAIVER.expires)
    assert not active(WAIVER, WAIVER.expires + timedelta(days=1))


def test_all_that_a_waiver_says_must_match() -> None:
    assert matching(FINDING, "security", [replace(WAIVER, path="src/**")], TODAY)
    assert not matching(FINDING, "security", [replace(WAIVER, path="lib/**")], TODAY)
    assert not matching(FINDING, "security", [replace(WAIVER, fingerprint="f01")], TODAY)


def test_a_waiver_is_for_its_gate_only() -> None:
    assert matching(FINDING, "lint", [WAIVER], TODAY) is None


def test_a_waiver_of_a_criterion_accepts_no_finding() -> None:
    assert matching(FINDING, "security", [replace(WAIVER, rule="", criterion="new-high")], TODAY) is None


def test_a_path_matches_no_finding_without_a_place() -> None:
    waiver = replace(WAIVER, rule="", path="**")
    assert matching(replace(FINDING, path=""), "security", [waiver], TODAY) is None


def test_a_criterion_is_found_by_its_id() -> None:
    waiver = replace(WAIVER, rule="", criterion="new-high")
    assert for_criterion("security", "new-high", [waiver], TODAY) == waiver
    assert for_criterion("security", "new-critical", [waiver], TODAY) is None
    assert for_criterion("security", "new-high", [waiver], waiver.expires + timedelta(days=1)) is None


def test_a_waiver_in_force_and_in_use_is_not_talked_about() -> None:
    assert waiver_notices([WAIVER], {WAIVER}, TODAY) == ()


def test_an_unused_waiver_is_reported() -> None:
    (notice,) = waiver_notices([WAIVER], set(), TODAY)
    assert (notice.level, notice.code) == ("info", "waiver-unused")
    assert "security: B602 (@alice, sluicegate.yml:9:5) accepted nothing here" in notice.message


def test_an_expired_waiver_says_that_it_no_longer_counts_and_since_when() -> None:
    (notice,) = waiver_notices([replace(WAIVER, expires=date(2026, 11, 1))], set(), TODAY)
    assert (notice.level, notice.code) == ("warning", "waiver-expired")
    assert "no longer counts: it expired on 2026-11-01, 20 days ago" in notice.message


def test_a_waiver_is_announced_two_weeks_ahead() -> None:
    def codes(days: int) -> list[str]:
        waiver = replace(WAIVER, expires=TODAY + timedelta(days=days))
        return [n.code for n in waiver_notices([waiver], {waiver}, TODAY)]

    assert codes(15) == []
    assert codes(14) == ["waiver-expiring"]
    assert codes(0) == ["waiver-expiring"]


@given(FINDINGS, st.lists(WAIVERS, max_size=4), DAYS)
def test_what_matches_is_active_and_of_the_gate(finding: Finding, waivers: list[Waiver], today: date) -> None:
    waiver = matching(finding, "security", waivers, today)
    if waiver is not None:
        assert waiver in waivers
        assert waiver.gate == "security"
        assert active(waiver, today)
        assert waiver.rule in ("", finding.rule)


@given(FINDINGS, st.lists(WAIVERS, max_size=4), WAIVERS, DAYS)
def test_another_waiver_never_takes_an_acceptance_away(
    finding: Finding, waivers: list[Waiver], other: Waiver, today: date
) -> None:
    if matching(finding, "security", waivers, today):
        assert matching(finding, "security", [*waivers, other], today)


@given(FINDINGS, WAIVERS, DAYS, st.integers(0, 400))
def test_time_only_takes_acceptances_away(finding: Finding, waiver: Waiver, today: date, days: int) -> None:
    if matching(finding, "security", [waiver], today + timedelta(days=days)):
        assert matching(finding, "security", [waiver], today)


RESULTS = st.lists(
    st.builds(CriterionResult, st.just("id"), st.just("x == 0"), st.sampled_from(CriterionStatus)), max_size=4
)


@given(RESULTS, st.booleans(), st.booleans())
def test_a_waiver_never_makes_a_gate_worse(
    results: list[CriterionResult], required: bool, failed: bool
) -> None:
    waived = [replace(r, waiver=WAIVER) for r in results]
    before = gate_status(results, required=required, failed=failed)
    after = gate_status(waived, required=required, failed=failed)
    assert GATE_ORDER.index(after) <= GATE_ORDER.index(before)


@given(RESULTS, st.booleans())
def test_to_require_a_gate_never_makes_it_better(results: list[CriterionResult], failed: bool) -> None:
    auto = gate_status(results, required=False, failed=failed)
    required = gate_status(results, required=True, failed=failed)
    assert GATE_ORDER.index(required) >= GATE_ORDER.index(auto)


@given(st.lists(WAIVERS, max_size=4), DAYS)
def test_every_waiver_that_does_not_count_is_told(waivers: list[Waiver], today: date) -> None:
    told = [n for n in waiver_notices(waivers, set(), today) if n.code == "waiver-expired"]
    assert len(told) == sum(1 for w in waivers if not active(w, today))
