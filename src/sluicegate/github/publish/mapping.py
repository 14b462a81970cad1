"""A report's status as state of a commit status and conclusion of a check run. Pure.

| report | commit status | check run |
| --- | --- | --- |
| PASS | `success` | `success` |
| WARN | `success` | `neutral` |
| CONDITIONAL | `success` | `neutral` |
| BLOCKED | `failure` | `failure` |
| BLOCKED, warn-only | `success` | `neutral` |
| every gate SKIPPED | `success` | `skipped` |

Branch protection lets `success`, `neutral` and `skipped` pass ("About protected branches").
"""

from __future__ import annotations

from collections.abc import Mapping

from sluicegate.core.model import Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.report import view

STATES: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "success",
    ReportStatus.WARN: "success",
    ReportStatus.CONDITIONAL: "success",
    ReportStatus.BLOCKED: "failure",
}
"""The state of the commit status."""

CONCLUSIONS: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "success",
    ReportStatus.WARN: "neutral",
    ReportStatus.CONDITIONAL: "neutral",
    ReportStatus.BLOCKED: "failure",
}
"""The conclusion of the check run."""


def state(report: Report, *, warn_only: bool) -> str:
    """The state of the commit status."""
    return "success" if warn_only or report.report_only else STATES[report.status]


def conclusion(report: Report, *, warn_only: bool) -> str:
    """The conclusion of the check run."""
    blocked = report.status is ReportStatus.BLOCKED
    if report.verdicts and not view.judged(report) and not blocked:
        return "skipped"
    return "neutral" if blocked and (warn_only or report.report_only) else CONCLUSIONS[report.status]
