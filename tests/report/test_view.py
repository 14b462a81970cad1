from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given

from sluicegate.model import Better, Report, ReportStatus, Severity
from sluicegate.report import listing, view
from support import any_reports
from support import reports as r


def test_a_failed_value_never_looks_like_its_bound() -> None:
    result = r.result("total >= 80%", r.F, Fraction("79.9999"), unit="%")
    assert view.actual_text(result) == "79.9999%"


def test_the_bound_of_a_reference_follows_the_baseline() -> None:
    result = r.result("p95 <= baseline + 10%", r.P, 1, unit="s", baseline=Fraction(2))
    assert view.bound_of(result) == Fraction("2.2")
    assert view.asked(result) == "p95 <= baseline + 10% (2.2s)"


def test_text_of_another_grammar_has_no_bound() -> None:
    assert view.bound_of(r.result("as many as possible")) is None


def test_a_selectors_criterion_has_a_bound() -> None:
    assert view.bound_of(r.result('file["src/**"].line >= 50%', r.P, 60, unit="%")) == 50


@pytest.mark.parametrize(
    ("value", "baseline", "unit", "better", "text"),
    [
        (78, 81, "%", Better.HIGHER, "▼ 3pp worse"),
        (14, 9, "", Better.LOWER, "▲ 5 worse"),
        (9, 14, "", Better.LOWER, "▼ 5 better"),
        (11, 10, "s", Better.LOWER, "▲ 10% worse"),
        (3, 0, "s", Better.LOWER, "▲ 3s worse"),
        (7, 7, "%", Better.HIGHER, "same"),
        (2, 1, "", None, "▲ 1"),
    ],
)
def test_a_difference_in_words(
    value: int, baseline: int, unit: str, better: Better | None, text: str
) -> None:
    assert str(view.difference(Fraction(value), Fraction(baseline), unit, better)) == text


def test_a_tiny_difference_is_never_zero() -> None:
    delta = view.difference(Fraction(80), Fraction("80.00001"), "%", Better.HIGHER)
    assert delta.text == "0.00001pp"


def test_a_criterion_borrows_the_baseline_of_its_measure() -> None:
    verdict = r.coverage_fail()
    assert str(view.delta_of(verdict.criteria[0], verdict)) == "▼ 2.6pp worse"


def test_the_worst_findings_come_first() -> None:
    ordered = listing.order(r.security_fail(2).findings)
    assert [f.severity for f in ordered[:3]] == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]
    assert ordered[-1].new is False


def test_waived_findings_come_last_and_are_not_counted() -> None:
    waived = r.security_waived().findings[0]
    low = r.finding("B101", Severity.INFO, "a.py", 1, "x")
    assert listing.order((waived, low)) == [low, waived]
    assert listing.severity_counts((waived, low)) == [(Severity.INFO, 1)]


def test_the_sentence_names_the_gates_that_block() -> None:
    assert view.sentence(r.blocked()) == "4 gates of 5 block: tests.unit, coverage, security, lint"


def test_the_headline_is_the_measure_that_failed() -> None:
    assert view.headline_text(r.security_fail()) == "1 new.critical"
    assert view.headline_text(r.security_waived()) == "0 new"


def test_an_advisory_gate_does_not_block() -> None:
    assert not view.stops(replace(r.tests_fail(), blocking=False))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("passing", "2 gates passed"),
        ("warning", "look at: complexity, performance"),
        ("conditional", "accepted by waivers: security"),
        ("empty", "no gate had anything to judge"),
    ],
)
def test_the_sentence_of_each_status(name: str, words: str) -> None:
    assert view.sentence(r.NAMED[name]()) == words


def test_a_warning_without_a_gate_that_warns_is_explained() -> None:
    report = replace(r.report(r.docs_skipped(), r.complexity_warn()), status=ReportStatus.WARN)
    quiet = replace(report, verdicts=(replace(r.coverage_pass(), gate="lint"),))
    assert view.sentence(quiet) == "neither tests nor coverage were found"


@given(any_reports.reports)
@any_reports.quick
def test_every_report_has_a_sentence_and_headlines(report: Report) -> None:
    assert view.sentence(report)
    for verdict in report.verdicts:
        assert isinstance(view.headline_text(verdict), str)
        for result in verdict.criteria:
            assert view.outcome(result)
