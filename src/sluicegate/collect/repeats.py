"""Removes test results that another file of the same run repeats, with a notice."""

from __future__ import annotations

from sluicegate.collect.loader import EvidenceLoader
from sluicegate.core.model import Notice
from sluicegate.evidence.tests.repeats import once


def leave_out_repeats(loader: EvidenceLoader) -> None:
    """Remove the result files whose cases are all in other files."""
    found = once(loader.tests)
    if found.left_out:
        loader.tests[:] = found.records
        loader.passed_over.extend(found.left_out.items())
        loader.notices.append(Notice("info", "repeated-results", found.text))
