from __future__ import annotations

import contextlib
import json
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Absence, Better, Measure, Report
from sluicegate.report.baseline import baseline_of, parse_document
from sluicegate.report.document import SCHEMA, to_document
from sluicegate.report.json_format import render
from support import any_reports
from support import reports as r

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("gate", "suite", "component", "measures", "details", "total", "of", "exact", "better", "unit")
shaped = st.recursive(
    json_values, lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=5), max_leaves=10
)


def test_measures_are_found_by_the_name_of_their_verdict() -> None:
    baseline = baseline_of(to_document(r.blocked()))
    assert baseline["coverage"].plain["total"].value == Fraction("78.4")
    assert baseline["tests.unit"].plain["failed"].value == 1


def test_a_component_stands_before_the_gate() -> None:
    document = to_document(r.report(replace(r.coverage_pass(), component="api")))
    assert list(baseline_of(document)) == ["api/coverage"]


def test_a_ratio_comes_back_exactly() -> None:
    document = json.loads(render(r.blocked()))
    assert baseline_of(document)["coverage"].plain["patch.total"].value == Fraction(2200, 36)


def test_an_absent_measure_keeps_its_reason() -> None:
    measure = baseline_of(to_document(r.passing()))["coverage"].plain["patch.total"]
    assert measure.absence is Absence.NOT_APPLICABLE
    assert measure.reason == "no executable line changed"


def test_a_selectors_measure_becomes_an_item() -> None:
    name = 'file["src/a.py"].line'
    verdict = replace(r.coverage_pass(), measures={name: Measure(name, Fraction(50), "%", Better.HIGHER)})
    measures = baseline_of(to_document(r.report(verdict)))["coverage"]
    assert measures.items["file"]["src/a.py"]["line"].value == 50
    assert not measures.plain


@given(any_reports.reports)
@any_reports.quick
def test_every_report_reads_back_with_its_values(report: Report) -> None:
    document = json.loads(render(report))
    for gate in document["gates"]:
        gate["gate"] = gate["gate"] or "unnamed"
    for verdict, gate in zip(report.verdicts, document["gates"], strict=True):
        ours = baseline_of({"schema": SCHEMA, "gates": [gate]})
        values = {m.value for measures in ours.values() for m in measures.plain.values()}
        assert values <= {m.value for m in verdict.measures.values()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "sluicegate.report/2"}, "has the schema 'sluicegate.report/2'"),
        ({"schema": None}, "names no schema"),
        ({"gates": {}}, "'gates' is not a list"),
        ({"gates": [3]}, "'gate' is not an object"),
        ({"gates": [{"gate": ""}]}, "'gate' is not a text"),
        ({"gates": [{"gate": "x", "measures": []}]}, "'measures' is not an object"),
        ({"gates": [{"gate": "x", "measures": {"m": "1"}}]}, "'measures.m' is not a number or null"),
        ({"gates": [{"gate": "x", "measures": {"m": True}}]}, "'measures.m' is not a number or null"),
        (
            {"gates": [{"gate": "x", "measures": {"m": 1}, "details": {"m": {"exact": "1/0"}}}]},
            "'details.m.exact' is not a fraction",
        ),
        (
            {"gates": [{"gate": "x", "measures": {"m": 1}, "details": {"m": {"of": [1]}}}]},
            "'details.m.of' is not two integers or null",
        ),
        (
            {"gates": [{"gate": "x", "measures": {"m": 1}, "details": {"m": {"better": "up"}}}]},
            "'details.m.better' is not 'higher' or 'lower'",
        ),
    ],
)
def test_another_shape_is_an_error_that_names_the_part(change: dict[str, Any], words: str) -> None:
    document = deepcopy(to_document(r.passing())) | change
    with pytest.raises(EvidenceError, match=words.replace("[", "\\[")):
        baseline_of(document, where="base.json")


@given(shaped)
def test_any_json_gives_a_baseline_or_our_error(value: object) -> None:
    for document in (value, {"schema": SCHEMA, "gates": value}, {"schema": SCHEMA, "gates": [value]}):
        with contextlib.suppress(EvidenceError):
            baseline_of(document)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_our_error(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse_document(data, where="x.json")


@pytest.mark.parametrize(
    "text",
    ['{"schema": NaN}', '{"schema": ' + "9" * 5000 + "}", "[" * 100_000, '{"schema": "sluicegate.report/1"'],
    ids=["nan", "long number", "deep", "cut short"],
)
def test_json_that_would_hurt_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="is not a JSON document"):
        parse_document(text.encode(), where="x.json")


def test_a_number_beyond_floats_is_refused() -> None:
    text = '{"schema": "sluicegate.report/1", "gates": [{"gate": "x", "measures": {"m": 1e999}}]}'
    with pytest.raises(EvidenceError, match="not a finite number"):
        baseline_of(parse_document(text.encode(), where="x"))
