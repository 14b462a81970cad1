from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.fields import number
from sluicegate.core.model import Better, Measure, Report
from sluicegate.report import document
from sluicegate.report.document import exact
from support import any_reports
from support import reports as r


def coverage(report: Report) -> dict[str, Any]:
    gate: dict[str, Any] = next(g for g in written(report)["gates"] if g["gate"] == "coverage")
    return gate


def written(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.render(report))
    return found


def test_the_document_names_its_schema_version() -> None:
    assert written(r.empty())["schema"] == "sluicegate.report/1"


def test_a_measure_is_a_number() -> None:
    assert coverage(r.blocked())["measures"]["total"] == 78.4


def test_a_whole_number_is_an_integer() -> None:
    assert repr(number(Fraction(1204))) == "1204"


def test_a_measure_without_value_is_null_and_says_why() -> None:
    gate = coverage(r.passing())
    assert gate["measures"]["patch.total"] is None
    assert gate["details"]["patch.total"]["reason"] == "no executable line changed"


def test_a_value_that_no_float_holds_is_given_exactly_beside_it() -> None:
    assert exact(Fraction(200, 3)) == Fraction(200, 3)
    assert exact(Fraction("78.4")) is None


@given(any_reports.numbers)
def test_the_number_or_the_exact_text_is_the_value(value: Fraction) -> None:
    assert (exact(value) or Fraction(repr(number(value)))) == value


def test_a_number_beyond_floats_stays_a_number() -> None:
    assert number(Fraction(10**400, 3)) == round(Fraction(10**400, 3))


def test_the_criterion_holds_what_it_asked_and_what_it_found() -> None:
    first = coverage(r.blocked())["criteria"][0]
    assert first == {
        "id": "total", "expect": "total >= 80%", "status": "FAIL", "actual": 78.4, "unit": "%",
        "subject": None, "of": [1568, 2000], "baseline": None, "else": "block", "reason": None,
        "waiver": None, "incomplete": False, "parts": [], "exact": None, "exact_baseline": None,
    }  # fmt: skip


def test_a_waived_finding_holds_its_waiver() -> None:
    gate = next(g for g in written(r.conditional())["gates"] if g["gate"] == "security")
    assert gate["findings"][0]["waiver"]["owner"] == "@alice"
    assert gate["findings"][0]["waiver"]["expires"] == "2027-01-31"


@given(any_reports.reports, st.data())
@any_reports.quick
def test_the_order_of_what_has_no_order_does_not_matter(report: Report, data: st.DataObject) -> None:
    mixed = replace(
        report,
        notices=tuple(data.draw(st.permutations(report.notices))),
        verdicts=tuple(
            replace(
                v,
                findings=tuple(data.draw(st.permutations(v.findings))),
                sources=tuple(data.draw(st.permutations(v.sources))),
                measures=dict(reversed(list(v.measures.items()))),
            )
            for v in report.verdicts
        ),
    )
    assert document.render(mixed) == document.render(report)


@given(any_reports.reports)
@any_reports.quick
def test_the_text_is_ascii_json(report: Report) -> None:
    text = document.render(report)
    assert text.isascii()
    assert json.loads(text)["status"] == report.status


def test_samples_are_left_out() -> None:
    measure = Measure("p95", Fraction(1), "s", Better.LOWER, samples=(1.0, 2.0))
    verdict = replace(r.performance_warn(), measures={"p95": measure})
    assert "samples" not in document.render(r.report(verdict))


@pytest.mark.parametrize("name", r.NAMED)
def test_the_same_report_gives_the_same_bytes(name: str) -> None:
    assert document.render(r.NAMED[name]()) == document.render(r.NAMED[name]())
