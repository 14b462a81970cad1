"""The outcomes of criteria, gates and commits, and how bad each is. `aggregation` makes one of many."""

from __future__ import annotations

import enum


class CriterionStatus(enum.StrEnum):
    """Outcome of one criterion."""

    PASS = "PASS"
    WARN = "WARN"  # not satisfied, and advisory
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"  # does not apply; the reason is recorded
    UNKNOWN = "UNKNOWN"  # applies, and could not be measured


class GateStatus(enum.StrEnum):
    """Outcome of one gate."""

    PASS = "PASS"
    WARN = "WARN"
    CONDITIONAL = "CONDITIONAL"  # passes only through unexpired waivers or an override
    FAIL = "FAIL"
    ERROR = "ERROR"  # required and not measurable, or a tool or file failed
    SKIPPED = "SKIPPED"


class ReportStatus(enum.StrEnum):
    """Outcome of one commit."""

    PASS = "PASS"
    WARN = "WARN"
    CONDITIONAL = "CONDITIONAL"
    BLOCKED = "BLOCKED"


class ProposedStatus(enum.StrEnum):
    """What a policy that a change brings would make of the commit."""

    PASS = "PASS"
    WARN = "WARN"
    CONDITIONAL = "CONDITIONAL"
    BLOCKED = "BLOCKED"
    UNKNOWN = "UNKNOWN"  # it extends what is not at hand


class Otherwise(enum.StrEnum):
    """What an unsatisfied criterion does: block, or only warn."""

    BLOCK = "block"
    WARN = "warn"


# From best to worst, the order of the classes but for SKIPPED, the neutral element: it remains only when
# there is nothing else.
GATE_ORDER = (GateStatus.SKIPPED, *(status for status in GateStatus if status is not GateStatus.SKIPPED))
REPORT_ORDER = tuple(ReportStatus)
