from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from sluicegate.core.model import Report
from sluicegate.report.document import render, report_schema
from support import any_reports
from support import reports as r

COPY = Path(__file__).parents[2] / "docs" / "report.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(report_schema())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


@pytest.mark.parametrize("name", r.NAMED)
def test_a_named_report_is_valid(name: str) -> None:
    VALIDATOR.validate(json.loads(render(r.NAMED[name]())))


@given(any_reports.reports)
@any_reports.quick
def test_every_report_is_valid(report: Report) -> None:
    VALIDATOR.validate(json.loads(render(report)))


def test_an_unknown_key_is_refused() -> None:
    document = json.loads(render(r.passing()))
    document["gates"][0]["extra"] = 1
    with pytest.raises(jsonschema.ValidationError, match="extra"):
        VALIDATOR.validate(document)


def test_a_missing_key_is_refused() -> None:
    document = json.loads(render(r.passing()))
    del document["commit"]["head"]
    with pytest.raises(jsonschema.ValidationError, match="head"):
        VALIDATOR.validate(document)


def test_the_copy_in_the_documentation_is_current() -> None:
    """Write it again with `make docs`."""
    assert json.loads(COPY.read_text(encoding="utf-8")) == report_schema()
