"""Leaves out test results that are in another file of the same run, too, and says so."""

from __future__ import annotations

from sluicegate.collect.loader import EvidenceLoader
from sluicegate.core.model import Notice
from sluicegate.evidence.tests.repeats import once


def leave_out_repeats(loader: EvidenceLoader) -> None:
    """Take back the result files whose cases are all in others that were taken."""
    found = once(loader.tests)
    if found.left_out:
        loader.tests[:] = found.records
        loader.passed_over.extend(found.left_out.items())
        loader.notices.append(Notice("info", "repeated-results", found.text))
