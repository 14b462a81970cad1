"""Leaves out test results that stand in another file of the same run, too, and says so."""

from __future__ import annotations

from sluicegate.collect.intake import Intake
from sluicegate.core.model import Notice
from sluicegate.core.text import plural, some
from sluicegate.evidence.tests.repeats import repeats


def leave_out_repeats(intake: Intake) -> None:
    """Take back the result files whose cases all stand in others that were taken."""
    found = repeats(intake.tests)
    if not found:
        return
    intake.tests[:] = [record for record in intake.tests if record.source.path not in found]
    intake.passed_over.extend(found.items())
    paths = sorted(found)
    first = f"{paths[0]} {found[paths[0]]}"
    more = f"; so do {some(paths[1:3], len(paths) - 1)}" if len(paths) > 1 else ""
    text = f"{plural(len(paths), 'result file')} left out, counted once: {first}{more}"
    intake.notices.append(Notice("info", "repeated-results", text))
