from __future__ import annotations

import dataclasses
import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Report
from sluicegate.core.text import encodable as text
from sluicegate.report import compose, document, markdown
from sluicegate.report.document import REPORT, read_report, report_of
from support import any_reports
from support import reports as r


def again(report: Report) -> Report:
    """The report written and read back."""
    return read_report(document.render(report).encode())


def read(value: object) -> Report:
    """The report that parsed JSON says."""
    return report_of(REPORT.take(value, "report"))


def encodable(value: Any) -> Any:
    """The value with every text as a document holds it, without lone surrogates."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: encodable(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    if isinstance(value, tuple):
        return tuple(map(encodable, value))
    if isinstance(value, dict):
        return {encodable(k): encodable(v) for k, v in value.items()}
    return value


@given(any_reports.reports)
@any_reports.quick
def test_the_document_of_a_report_read_back_is_the_same(report: Report) -> None:
    assert document.render(again(report)) == document.render(report)


@given(any_reports.reports)
@any_reports.quick
def test_the_markdown_of_a_report_read_back_is_the_same(report: Report) -> None:
    before, after = compose.page(encodable(report)), compose.page(again(report))
    assert markdown.render(after) == markdown.render(before)


@pytest.mark.parametrize("name", r.NAMED)
def test_a_named_report_reads_back_with_its_verdicts(name: str) -> None:
    report = encodable(r.NAMED[name]())
    assert [v.name for v in again(report).verdicts] == [v.name for v in report.verdicts]
    assert [v.criteria for v in again(report).verdicts] == [v.criteria for v in report.verdicts]


def test_a_percentage_is_read_as_exactly_as_its_counts() -> None:
    first = again(r.report(r.tests_fail())).verdicts[0].criteria[0]
    assert first.actual == r.percent(1199, 1201)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
places = st.lists(st.integers(0, 30), min_size=1, max_size=6)


def replaced(document: Any, path: list[int], value: Any) -> Any:
    """The document with the value at the place that `path` leads to."""
    if not path or not isinstance(document, dict | list) or not document:
        return value
    if isinstance(document, dict):
        key = list(document)[path[0] % len(document)]
        return {**document, key: replaced(document[key], path[1:], value)}
    n = path[0] % len(document)
    return [*document[:n], replaced(document[n], path[1:], value), *document[n + 1 :]]


@given(st.sampled_from(sorted(r.NAMED)), places, json_values)
def test_any_json_gives_a_report_that_renders_or_the_typed_error(
    name: str, path: list[int], value: Any
) -> None:
    try:
        report = read(replaced(json.loads(document.render(r.NAMED[name]())), path, value))
    except EvidenceError:
        return
    markdown.render(compose.page(report))
    document.render(report)


@given(st.binary(max_size=200))
def test_any_bytes_give_the_typed_error(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_report(data)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["status"], "GREEN", "'status' must be one of 'PASS', 'WARN', 'CONDITIONAL' or 'BLOCKED'"),
        (["commit", "head"], None, "'commit.head' must be a text"),
        (["evaluated_on"], "yesterday", "'evaluated_on' must be a date"),
        (["gates", 0, "findings"], {}, "'gates[0].findings' must be a list"),
        (["gates", 0, "findings", 0, "line"], -1, "'gates[0].findings[0].line' must be at least 0"),
        (["gates", 0, "criteria", 0, "of"], [1, True], "criteria[0].of[1]' must be a whole number"),
        (["gates", 0, "measures", "total"], "1", "'gates[0].measures.total' must be a finite number"),
        (
            ["gates", 0, "details", "tests", "exact"],
            "1/0",
            "exact' must be a fraction",
        ),
        (["gates", 0, "details", "tests", "better"], "up", "must be one of 'higher' or 'lower'"),
        (["gates", 0, "details"], {}, "has details of other measures"),
        (["cases"], {"coverage": "x"}, "'cases' holds"),
        (["extra"], 1, "'extra' is not a known key"),
        (["schema"], "sluicegate.report/2", "has the schema 'sluicegate.report/2'"),
        (["schema"], None, "does not name a schema"),
    ],
)
def test_a_wrong_field_is_named(path: list[Any], value: Any, named: str) -> None:
    changed: Any = json.loads(document.render(r.blocked()))
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(EvidenceError, match="report") as caught:
        read(changed)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ['{"schema": NaN}', '{"schema": ' + "9" * 5000 + "}", "[" * 100_000, '{"schema": "sluicegate.report/1"'],
    ids=["nan", "long number", "deep", "cut short"],
)
def test_json_that_would_hurt_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError, match="JSON"):
        read_report(text.encode())


def test_a_number_beyond_floats_is_refused() -> None:
    text = document.render(r.blocked()).replace("78.4", "1e999")
    with pytest.raises(EvidenceError, match="must be a finite number"):
        read_report(text.encode())


def test_a_deep_document_is_refused() -> None:
    with pytest.raises(EvidenceError):
        read_report(b'{"schema":"sluicegate.report/1","a":' + b"[" * 200_000)


def test_a_baseline_that_equals_the_value_equals_it_when_read_back() -> None:
    third = r.percent(1, 3)
    same = r.result("total >= baseline", r.P, third, unit="%", of=(1, 3), baseline=third)
    report = r.report(dataclasses.replace(r.coverage_pass(), criteria=(same,)))
    assert again(report).verdicts[0].criteria[0].baseline == third
