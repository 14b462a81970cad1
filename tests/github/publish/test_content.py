from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Report
from sluicegate.github.publish.content import MAX, check_annotations, digest, draft_of
from sluicegate.github.publish.identity import mark_of
from sluicegate.github.publish.settings import PublishSettings
from sluicegate.github.publish.statuses import status_of
from sluicegate.github.publish.target import Target
from sluicegate.report.modes import AnnotationMode
from sluicegate.report.places import same_line
from support import any_reports
from support import reports as r
from support.publishing import a_run

TARGET = Target("o/r", r.HEAD, branch="main", default_branch="main")


@given(any_reports.reports, st.sampled_from((65_000, 10_000, 4_000)))
@any_reports.quick
def test_a_comment_keeps_its_limit_and_begins_with_its_mark(report: Report, limit: int) -> None:
    draft = draft_of(report, a_run(), PublishSettings())
    text = draft.comment(limit)
    assert len(text.encode()) <= limit
    assert mark_of(text) == draft.mark


@given(any_reports.reports)
@any_reports.quick
def test_a_status_s_description_is_short_and_on_one_line(report: Report) -> None:
    status = status_of(draft_of(report, a_run(), PublishSettings()), TARGET)
    assert len(status.description) <= 140
    assert "\n" not in status.description


@pytest.mark.parametrize(
    ("report", "warn_only", "shown"),
    [
        (r.passing(), False, ("success", "success")),
        (r.warning(), False, ("success", "neutral")),
        (r.conditional(), False, ("success", "neutral")),
        (r.overridden(), False, ("success", "neutral")),
        (r.overridden(), True, ("success", "neutral")),
        (r.blocked(), False, ("failure", "failure")),
        (r.blocked(), True, ("success", "neutral")),
        (r.passing(), True, ("success", "success")),
        (r.report(r.docs_skipped()), False, ("success", "skipped")),
    ],
)
def test_each_status_has_its_state_and_conclusion(
    report: Report, warn_only: bool, shown: tuple[str, str]
) -> None:
    draft = draft_of(report, a_run(), PublishSettings(warn_only=warn_only))
    assert (draft.state, draft.conclusion) == shown


def test_an_override_is_what_the_status_and_the_title_say() -> None:
    draft = draft_of(r.overridden(), a_run(), PublishSettings())
    assert "overridden by @mona in a comment" in status_of(draft, TARGET).description
    assert "Overridden by @" in draft.comment()


def test_the_digest_changes_with_a_status_and_not_with_a_number() -> None:
    assert digest(r.blocked(1)) == digest(r.blocked(2))
    assert digest(r.blocked()) != digest(r.warning())


def test_the_title_names_the_user_s_key() -> None:
    run = replace(a_run(key="py3.13"), named=True)
    assert "Sluicegate: py3.13: passed" in draft_of(r.passing(), run, PublishSettings()).comment()


@given(any_reports.reports)
@any_reports.quick
def test_annotations_are_as_many_as_fit_each_with_a_place(report: Report) -> None:
    found = check_annotations(report, same_line, AnnotationMode.ALL)
    assert len(found) <= MAX
    for item in found:
        assert item["path"]
        assert item["message"]
        assert 1 <= int(str(item["start_line"])) <= int(str(item["end_line"]))
