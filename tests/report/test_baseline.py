from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given

from sluicegate.core.model import Absence, Better, Measure, Report
from sluicegate.criteria import Measures
from sluicegate.report.baseline import baseline_of, cases_of
from sluicegate.report.document import read_report, render
from support import any_reports
from support import reports as r


def baseline(report: Report) -> dict[str, Measures]:
    """The measures of a report that was written and read back."""
    return baseline_of(read_report(render(report).encode()))


def test_measures_are_found_by_the_name_of_their_verdict() -> None:
    found = baseline(r.blocked())
    assert found["coverage"].plain["total"].value == Fraction("78.4")
    assert found["tests.unit"].plain["failed"].value == 1


def test_a_component_stands_before_the_gate() -> None:
    assert list(baseline(r.report(replace(r.coverage_pass(), component="api")))) == ["api/coverage"]


def test_a_ratio_comes_back_exactly() -> None:
    assert baseline(r.blocked())["coverage"].plain["patch.total"].value == Fraction(2200, 36)


def test_an_absent_measure_keeps_its_reason() -> None:
    measure = baseline(r.passing())["coverage"].plain["patch.total"]
    assert measure.absence is Absence.NOT_APPLICABLE
    assert measure.reason == "no executable line changed"


def test_a_selectors_measure_becomes_an_item() -> None:
    name = 'file["src/a.py"].line'
    verdict = replace(r.coverage_pass(), measures={name: Measure(name, Fraction(50), "%", Better.HIGHER)})
    measures = baseline(r.report(verdict))["coverage"]
    assert measures.items["file"]["src/a.py"]["line"].value == 50
    assert not measures.plain


@given(any_reports.reports)
@any_reports.quick
def test_every_report_reads_back_with_its_values(report: Report) -> None:
    for verdict in report.verdicts:
        (ours,) = baseline(replace(report, verdicts=(verdict,))).values()
        values = {m.value for m in ours.plain.values()}
        assert values <= {m.value for m in verdict.measures.values()}


def test_the_names_of_cases_come_back_by_verdict() -> None:
    verdict = replace(r.tests_pass(), cases=frozenset({"a::b", "a::c"}))
    found = cases_of(read_report(render(r.report(verdict)).encode()))
    assert found == {verdict.full_name: ("a::b", "a::c")}
