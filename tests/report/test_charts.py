from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from sluicegate.core.model import CriterionResult, Severity
from sluicegate.report.charts import WIDTH, bullet, meters, severity_bar
from sluicegate.report.figures import Bullet
from support import any_reports
from support import reports as r


def test_a_percentage_is_drawn_on_a_scale_of_a_hundred() -> None:
    chart = bullet(r.result("total >= 80%", r.F, 78, unit="%", baseline=None))
    assert chart == Bullet(actual=156.0, bound=160.0, zone_from=160.0, zone_to=WIDTH, baseline=None)


def test_a_count_is_drawn_a_quarter_beyond_the_largest() -> None:
    chart = bullet(r.result("max_cyclomatic < 10", r.F, 16))
    assert chart == Bullet(actual=160.0, bound=100.0, zone_from=0.0, zone_to=100.0, baseline=None)


def test_the_baseline_is_marked() -> None:
    chart = bullet(r.result("total >= baseline", r.F, 78, unit="%", baseline=Fraction(81)))
    assert chart
    assert (chart.bound, chart.baseline) == (162.0, 162.0)


@pytest.mark.parametrize(
    "result", [r.result("total >= 80%", r.U, None, unit="%"), r.result("as many as possible", r.P, 1)]
)
def test_without_value_or_bound_there_is_no_chart(result: CriterionResult) -> None:
    assert bullet(result) is None


@pytest.mark.parametrize("result", [r.result("high == 0", r.F, 3), r.result("tests > 0", r.P, 9)])
def test_a_count_against_zero_has_no_chart(result: CriterionResult) -> None:
    assert bullet(result) is None


@given(any_reports.results)
def test_every_position_is_in_the_chart(result: CriterionResult) -> None:
    chart = bullet(result)
    if chart:
        ends = (chart.actual, chart.bound, chart.zone_from, chart.zone_to, chart.baseline or 0)
        assert all(0 <= x <= WIDTH for x in ends)
        assert chart.zone_from <= chart.zone_to


def test_a_single_critical_finding_among_thousands_is_seen() -> None:
    segments = severity_bar([(Severity.LOW, 9_999), (Severity.CRITICAL, 1)])
    assert [s.name for s in segments] == ["critical", "low"]
    assert segments[0].width >= 6
    assert segments[-1].start + segments[-1].width == pytest.approx(WIDTH, abs=0.5)


def test_no_findings_have_no_bar() -> None:
    assert severity_bar([]) == []


def test_only_ratios_of_counts_are_meters() -> None:
    drawn = meters(r.coverage_pass().measures.values())
    assert [m.name for m in drawn] == ["total", "line", "branch"]
    assert drawn[0].filled == 182.4
