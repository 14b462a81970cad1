"""Badges: their words, their colours, and that they are what shields.io and browsers read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Commit, PolicyRef, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.report.badges import Badge, badges, endpoint, svg
from support.series import judged

POLICY = PolicyRef("preset", "standard", "0" * 64)


def report(*verdicts: Verdict, status: ReportStatus = ReportStatus.PASS) -> Report:
    return Report(status, Commit(), date(2026, 11, 21), POLICY, verdicts)


def of(*verdicts: Verdict) -> list[Badge]:
    return list(badges(report(*verdicts)))[1:]


def test_the_whole_report_has_a_badge() -> None:
    (badge,) = badges(report(status=ReportStatus.BLOCKED))
    assert (badge.name, badge.label, badge.message, badge.color) == (
        "sluicegate",
        "sluicegate",
        "blocked",
        "red",
    )


@pytest.mark.parametrize(
    ("status", "color"),
    [
        (GateStatus.PASS, "brightgreen"),
        (GateStatus.FAIL, "red"),
        (GateStatus.ERROR, "lightgrey"),
    ],
)
def test_the_verdict_decides_on_the_colour(status: GateStatus, color: str) -> None:
    (badge,) = of(judged("coverage", status, total=79))
    assert (badge.label, badge.message, badge.color) == ("coverage", "79%", color)


def test_a_measure_that_was_not_taken_has_no_badge() -> None:
    assert of(judged("coverage")) == []


def test_a_suite_says_whose_it_is() -> None:
    (badge,) = of(judged("api/tests.unit", pass_rate=100))
    assert (badge.name, badge.label) == ("api-tests-unit-pass_rate", "api/tests.unit tests")


def test_badges_of_different_names_are_different_files() -> None:
    long = "x" * 400
    suites = [judged(f"tests.{long}{last}", pass_rate=100, tests=7) for last in "ab"]
    components = [judged(f"{name}/coverage", total=80) for name in "äö"]
    names = {badge.name for badge in of(*suites, *components)}
    assert len(names) == 6
    assert all(len(name) <= 120 for name in names)
    assert {badge.name for badge in of(judged("ä/coverage", total=80))} == {"_-coverage-total"}


def test_the_endpoint_document_is_of_version_1() -> None:
    assert json.loads(endpoint(Badge("coverage-total", "coverage", "79%", "red"))) == {
        "schemaVersion": 1,
        "label": "coverage",
        "message": "79%",
        "color": "red",
    }


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_text_leaves_its_place_in_the_image(label: str, message: str) -> None:
    root = ET.fromstring(svg(Badge("x", label, message, "red")))
    texts = [e for e in root.iter() if e.tag.endswith("}text")]
    assert len(texts) == 2
    assert {e.tag.rpartition("}")[2] for e in root.iter()} <= {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }


def test_the_names_of_files_are_plain() -> None:
    (badge,) = of(judged("../x y/tests.ü", pass_rate=1))
    assert badge.name == "___x_y-tests-_-pass_rate" or "/" not in badge.name
