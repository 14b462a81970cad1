"""The gates `security` and `lint`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import NoChange
from sluicegate.core.model import Finding, Problem, Severity, Source
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.records import Evidence, FindingsRecord
from sluicegate.policy.model import SourceSettings
from sluicegate.policy.resolve import preset_policy
from support.evidence import change, finding, lint, security, settings, value, verdict, waiver

HIGH = "high B602 src/a.py:3"
CHANGE = change("src/a.py: 1-9")


def with_findings(*texts: str) -> Evidence:
    return Evidence(findings=(security(*texts),), change=CHANGE)


def test_findings_are_counted_by_severity_all_and_new() -> None:
    result = verdict(
        with_findings(HIGH, "*high B1 src/a.py:4", "*low B2 src/a.py:5"), settings("security", "high == 0")
    )
    assert [value(result, n) for n in ("high", "new.high", "low", "findings", "new")] == [2, 1, 1, 3, 2]


def test_new_findings_are_skipped_without_a_change() -> None:
    evidence = Evidence(findings=(security(HIGH),), change=NoChange("not a pull request"))
    result = verdict(evidence, settings("security", "new.high == 0"))
    assert (result.criteria[0].status, result.criteria[0].reason) == (
        CriterionStatus.SKIPPED,
        "not a pull request",
    )


def test_a_finding_of_a_file_without_a_base_is_new_on_a_changed_line() -> None:
    evidence = Evidence(findings=(security(HIGH, "high B2 src/a.py:50", new_known=False),), change=CHANGE)
    assert value(verdict(evidence, settings("security", "high == 0")), "new.high") == 1


def test_unknown_severity_is_a_level_of_its_own() -> None:
    result = verdict(with_findings("unknown X src/a.py:1"), settings("security", "high == 0"))
    assert (value(result, "unknown"), value(result, "low")) == (1, 0)


def test_a_lint_result_is_not_a_security_result() -> None:
    evidence = Evidence(findings=(lint("critical F821 src/a.py:1"),), change=CHANGE)
    assert verdict(evidence, settings("security", "high == 0", required=False)).status is GateStatus.SKIPPED
    assert verdict(evidence, settings("lint", "critical == 0")).status is GateStatus.FAIL


def test_a_linter_that_found_nothing_passes() -> None:
    assert verdict(Evidence(findings=(lint(),)), settings("lint", "critical == 0")).status is GateStatus.PASS


def test_a_file_that_the_tool_could_not_parse_is_an_error() -> None:
    record = FindingsRecord(
        Source("bandit", "bandit"), is_security_tool=True, problems=(Problem("syntax error", "a.py"),)
    )
    assert verdict(Evidence(findings=(record,)), settings("security", "high == 0")).status is GateStatus.ERROR


def test_a_waived_finding_makes_the_gate_conditional() -> None:
    result = verdict(
        with_findings(HIGH), settings("security", "high == 0"), waivers=(waiver("security", rule="B602"),)
    )
    assert result.status is GateStatus.CONDITIONAL
    assert result.findings[0].waiver is not None


def test_an_expired_waiver_no_longer_counts() -> None:
    old = waiver("security", rule="B602", expires=date(2026, 11, 20))
    assert (
        verdict(with_findings(HIGH), settings("security", "high == 0"), waivers=(old,)).status
        is GateStatus.FAIL
    )


def test_a_waiver_does_not_cover_a_second_finding() -> None:
    result = verdict(
        with_findings(HIGH, "high B1 src/a.py:4"),
        settings("security", "high == 0"),
        waivers=(waiver("security", rule="B602"),),
    )
    assert (result.status, result.criteria[0].actual) == (GateStatus.FAIL, Fraction(1))


def copies(*texts: str) -> Evidence:
    """Findings that all have the fingerprint `same`."""
    found = tuple(replace(finding(text, new=False), fingerprint="same") for text in texts)
    return Evidence(findings=(replace(security(), security=found),), change=CHANGE)


def test_a_waiver_of_one_finding_does_not_cover_a_new_copy_of_it() -> None:
    result = verdict(
        copies(HIGH, "*high B602 src/a.py:4"),
        settings("security", "new.high == 0"),
        waivers=(waiver("security", fingerprint="same"),),
    )
    assert [f.line for f in result.findings if f.waiver] == [3]
    assert result.status is GateStatus.FAIL


@pytest.mark.parametrize("texts", [(HIGH, HIGH), ("*high B602 src/a.py:4",)])
def test_a_waiver_of_one_finding_covers_it_where_it_moved_and_old_copies(texts: tuple[str, ...]) -> None:
    waived = waiver("security", fingerprint="same")
    result = verdict(copies(*texts), settings("security", "high == 0"), waivers=(waived,))
    assert result.status is GateStatus.CONDITIONAL


def test_a_waiver_of_a_rule_covers_a_new_copy() -> None:
    named, of_rule = waiver("security", fingerprint="same"), waiver("security", rule="B602")
    result = verdict(
        copies(HIGH, "*high B602 src/a.py:4"), settings("security", "high == 0"), waivers=(named, of_rule)
    )
    assert result.status is GateStatus.CONDITIONAL


def test_a_waiver_that_no_criterion_needs_changes_nothing() -> None:
    result = verdict(
        with_findings("low B1 src/a.py:4"),
        settings("security", "high == 0"),
        waivers=(waiver("security", rule="B1"),),
    )
    assert result.status is GateStatus.PASS


def test_measures_keep_waived_findings_so_that_they_equal_the_tools_own() -> None:
    result = verdict(
        with_findings(HIGH), settings("security", "high == 0"), waivers=(waiver("security", rule="B602"),)
    )
    assert value(result, "high") == 1


def test_the_remedy_names_the_place() -> None:
    assert "src/a.py:3" in verdict(with_findings(HIGH), settings("security", "high == 0")).remedies[0]


def test_a_waived_criterion_is_conditional() -> None:
    chosen = settings("security", "no-high: high == 0")
    result = verdict(with_findings(HIGH), chosen, waivers=(waiver("security", criterion="no-high"),))
    assert result.status is GateStatus.CONDITIONAL


FINDINGS = st.lists(
    st.builds(
        lambda s, n, new: finding(f"{'*' if new else ''}{s} R{n} src/a.py:{n}", new=False),
        st.sampled_from([s.value for s in Severity]),
        st.integers(1, 5),
        st.booleans(),
    ),
    max_size=8,
)
ORDER = [GateStatus.PASS, GateStatus.WARN, GateStatus.CONDITIONAL, GateStatus.FAIL, GateStatus.ERROR]


def _status(found: list[Finding], *waived: str) -> GateStatus:
    record = FindingsRecord(
        Source("t", "sarif"), security=tuple(found), is_security_tool=True, new_known=True
    )
    waivers = tuple(waiver("security", rule=r) for r in waived)
    chosen = settings("security", "high == 0", "?new == 0", "new.critical == 0")
    return verdict(Evidence(findings=(record,), change=CHANGE), chosen, waivers=waivers).status


@given(FINDINGS, FINDINGS)
def test_more_findings_never_give_a_better_status(some: list[Finding], more: list[Finding]) -> None:
    assert ORDER.index(_status(some + more)) >= ORDER.index(_status(some))


@given(FINDINGS, st.sampled_from(["R1", "R2", "R3"]))
def test_a_waiver_never_gives_a_worse_status_nor_a_clean_pass(found: list[Finding], rule: str) -> None:
    before, after = _status(found), _status(found, rule)
    assert ORDER.index(after) <= ORDER.index(before)
    assert not (before is GateStatus.FAIL and after is GateStatus.PASS)


def test_a_finding_of_a_path_that_may_be_a_file_of_the_change_is_new() -> None:
    found = replace(lint("critical R internal/x.go:2"), unresolved=("internal/x.go",))
    added = change("new api/internal/x.go: 1-2\nnew docs/internal/x.go: 1")
    evidence = Evidence(findings=(found,), change=added)
    assert value(verdict(evidence, settings("lint", "critical == 0")), "new.critical") == 1


def test_a_finding_without_a_path_puts_new_ones_in_doubt() -> None:
    found = FindingsRecord(Source("x.sarif", "sarif"), lint=(Finding("R", Severity.HIGH, "m"),))
    evidence = Evidence(findings=(found,), change=CHANGE)
    result = verdict(evidence, settings("lint", "new.high == 0", "new.critical == 0"))
    assert [c.status for c in result.criteria] == [CriterionStatus.WARN, CriterionStatus.PASS]


def test_a_path_that_looks_excluded_counts_where_a_changed_file_may_be_meant() -> None:
    found = lint("critical R vendor/evil.js:2", "critical R vendor/old.js:2")
    found = replace(found, unresolved=("vendor/evil.js",))
    evidence = Evidence(findings=(found,), change=change("new vendor\\evil.js: 1-2"))
    result = verdict(
        evidence, settings("lint", "critical == 0"), source=SourceSettings(exclude=("vendor/**",))
    )
    assert [f.path for f in result.findings] == ["vendor/evil.js"]


# --- silenced by a comment ------------------------------------------------------------------------

SILENCED = "*high B602 src/a.py:3"


def with_silenced(*texts: str, found: tuple[str, ...] = ()) -> Evidence:
    hidden = tuple(replace(f, message="m, silenced by # nosec") for f in map(finding, texts))
    return Evidence(findings=(replace(security(*found), suppressed=hidden),), change=CHANGE)


def test_what_a_comment_silences_is_listed_and_counts_apart() -> None:
    evidence = with_silenced(SILENCED, found=("*high B1 src/a.py:9",))
    result = verdict(evidence, settings("security", "new.suppressed == 0"))
    assert [value(result, n) for n in ("new.suppressed", "new.high", "high", "findings")] == [1, 1, 1, 1]
    assert [(f.rule, f.line) for f in result.findings] == [("B602", 3), ("B1", 9)]
    assert result.status is GateStatus.FAIL
    assert result.summary == "1 finding: 1 high; 1 new; 1 newly silenced by # nosec"
    assert "B602 at src/a.py:3" in result.remedies[0]


@pytest.mark.parametrize("preset", ["standard", "strict", "legacy"])
def test_every_preset_blocks_what_a_comment_silences(preset: str) -> None:
    gate = preset_policy(preset).gate("security")
    assert gate is not None
    assert verdict(with_silenced(SILENCED), gate).status is GateStatus.FAIL
    assert verdict(with_silenced(), gate).status is GateStatus.PASS


def test_a_waiver_accepts_what_a_comment_silences() -> None:
    chosen = settings("security", "new.suppressed == 0")
    accepted = (waiver("security", rule="B602", path="src/a.py"),)
    assert verdict(with_silenced(SILENCED), chosen, waivers=accepted).status is GateStatus.CONDITIONAL
    two = with_silenced(SILENCED, "*high B307 src/a.py:4")
    result = verdict(two, chosen, waivers=accepted)
    assert (result.status, result.criteria[0].actual) == (GateStatus.FAIL, Fraction(1))


def test_what_the_policy_leaves_out_may_be_silenced() -> None:
    result = verdict(
        with_silenced(SILENCED),
        settings("security", "new.suppressed == 0"),
        source=SourceSettings(exclude=("src/a.py",)),
    )
    assert (result.status, result.findings) == (GateStatus.PASS, ())


def test_where_bandit_did_not_scan_the_criterion_does_not_apply() -> None:
    other = replace(security(), source=Source("x.sarif", "sarif"))
    result = verdict(Evidence(findings=(other,), change=CHANGE), settings("security", "new.suppressed == 0"))
    assert result.criteria[0].status is CriterionStatus.SKIPPED
    assert "bandit" in result.criteria[0].reason


# --- severities that a tool states, and those of a level alone ------------------------------------


def with_rated(*texts: str, rated: tuple[str, ...] = ("B113",)) -> Evidence:
    return Evidence(findings=(replace(security(*texts), rated=rated),), change=CHANGE)


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["*medium B113 src/a.py:3"], GateStatus.FAIL),
        (["*medium js/x src/a.js:3"], GateStatus.WARN),
        (["*medium js/x src/a.js:3", "*medium B113 src/a.py:3"], GateStatus.FAIL),
        (["medium B113 src/a.py:3"], GateStatus.PASS),
        (["*low B113 src/a.py:3"], GateStatus.PASS),
        (["*high js/x src/a.js:3"], GateStatus.FAIL),
    ],
)
def test_standard_blocks_medium_where_a_tool_states_it(texts: list[str], status: GateStatus) -> None:
    gate = preset_policy("standard").gate("security")
    assert gate is not None
    assert verdict(with_rated(*texts), gate).status is status


def test_rated_findings_are_those_of_medium_that_count_there_too() -> None:
    texts = (
        "*medium B113 src/a.py:3",
        "*medium js/x src/a.js:3",
        "medium B113 src/a.py:9",
        "*high B113 b.py:4",
    )
    result = verdict(with_rated(*texts), settings("security", "new.medium.rated == 0"))
    assert [value(result, n) for n in ("medium", "new.medium", "new.medium.rated")] == [3, 2, 1]
    assert "B113 at src/a.py:3" in result.remedies[0]


def test_a_waiver_accepts_a_rated_finding() -> None:
    chosen = settings("security", "new.medium.rated == 0")
    accepted = (waiver("security", rule="B113"),)
    result = verdict(with_rated("*medium B113 src/a.py:3"), chosen, waivers=accepted)
    assert result.status is GateStatus.CONDITIONAL


def test_a_rated_finding_without_a_path_is_in_doubt() -> None:
    found = FindingsRecord(
        Source("x.sarif", "sarif"), security=(Finding("R", Severity.MEDIUM, "m"),), rated=("R",)
    )
    evidence = Evidence(findings=(found,), change=CHANGE)
    result = verdict(evidence, settings("security", "new.medium.rated == 0"))
    assert result.criteria[0].status is CriterionStatus.WARN


def test_a_rule_of_the_same_name_of_another_tool_is_not_rated() -> None:
    records = [
        replace(security(), security=(replace(finding("*medium R src/a.py:3"), tool=tool),), rated=rated)
        for tool, rated in (("one", ("R",)), ("two", ()))
    ]
    result = verdict(
        Evidence(findings=tuple(records), change=CHANGE), settings("security", "new.medium.rated == 0")
    )
    assert value(result, "new.medium.rated") == 1
