"""The one table that makes a gate's status of its criteria, and the report's of its gates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sluicegate.core import statuses
from sluicegate.core.model import CriterionResult, Verdict
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus

_CRITERION_TO_GATE: Mapping[CriterionStatus, GateStatus] = {
    CriterionStatus.PASS: GateStatus.PASS,
    CriterionStatus.WARN: GateStatus.WARN,
    CriterionStatus.FAIL: GateStatus.FAIL,
    CriterionStatus.SKIPPED: GateStatus.SKIPPED,
    CriterionStatus.UNKNOWN: GateStatus.ERROR,
}

_GATE_TO_REPORT: Mapping[GateStatus, ReportStatus] = {
    GateStatus.PASS: ReportStatus.PASS,
    GateStatus.WARN: ReportStatus.WARN,
    GateStatus.CONDITIONAL: ReportStatus.CONDITIONAL,
    GateStatus.FAIL: ReportStatus.BLOCKED,
    GateStatus.ERROR: ReportStatus.BLOCKED,
    GateStatus.SKIPPED: ReportStatus.PASS,
}


def _contributions(result: CriterionResult, *, required: bool) -> Iterator[GateStatus]:
    if result.status is CriterionStatus.FAIL and result.waiver is not None:
        yield GateStatus.CONDITIONAL
    elif result.status is not CriterionStatus.UNKNOWN:
        yield _CRITERION_TO_GATE[result.status]
    if result.status is CriterionStatus.UNKNOWN or result.incomplete:
        lenient = result.otherwise is Otherwise.WARN or not required
        yield GateStatus.WARN if lenient else _CRITERION_TO_GATE[CriterionStatus.UNKNOWN]


def gate_status(
    criteria: Iterable[CriterionResult],
    *,
    required: bool,
    failed: bool,
    unseen: bool = False,
    waived: bool = False,
    cautioned: bool = False,
) -> GateStatus:
    """The gate's status from its criteria.

    Args:
        criteria: judged criteria; none at all gives SKIPPED.
        required: False for a gate that only a preset brought: UNKNOWN then only warns.
        failed: a tool or a file of this gate failed; always ERROR.
        unseen: a file of this gate was not looked at; ERROR where it is required, else WARN.
        waived: findings were waived, so a pass is only conditional.
        cautioned: something that it should judge is missing; at best WARN.
    """
    parts = [part for c in criteria for part in _contributions(c, required=required)]
    parts += [GateStatus.ERROR] * failed + [GateStatus.ERROR if required else GateStatus.WARN] * unseen
    parts += [GateStatus.CONDITIONAL] * waived + [GateStatus.WARN] * cautioned
    return max(parts, key=statuses.GATE_ORDER.index, default=GateStatus.SKIPPED)


def report_status(verdicts: Iterable[Verdict], *, has_evidence: bool) -> ReportStatus:
    """The report's status: that of its worst gate; at best WARN where there was nothing to judge.

    An advisory gate (`blocking` False) counts as WARN at the worst.
    """
    order = statuses.REPORT_ORDER.index
    parts = [ReportStatus.PASS if has_evidence else ReportStatus.WARN]
    for verdict in verdicts:
        status = _GATE_TO_REPORT[verdict.status]
        parts.append(status if verdict.blocking else min(status, ReportStatus.WARN, key=order))
    return max(parts, key=order)
