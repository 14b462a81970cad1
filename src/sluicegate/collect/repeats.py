"""Leaves out test results that are in another file of the same run, too, and says so."""

from __future__ import annotations

from sluicegate.collect.intake import Intake
from sluicegate.core.model import Notice
from sluicegate.evidence.tests.repeats import once


def leave_out_repeats(intake: Intake) -> None:
    """Take back the result files whose cases are all in others that were taken."""
    found = once(intake.tests)
    if found.left_out:
        intake.tests[:] = found.records
        intake.passed_over.extend(found.left_out.items())
        intake.notices.append(Notice("info", "repeated-results", found.text))
