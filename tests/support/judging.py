"""The verdicts of a checkout of a test merge, in process: collected and evaluated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sluicegate.collect.collector import collect
from sluicegate.collect.request import CollectRequest
from sluicegate.core.model import Report
from sluicegate.core.statuses import GateStatus
from sluicegate.github.event import EventContext
from sluicegate.judge.check import silent
from sluicegate.judge.evaluate import evaluate
from support.evidence import policy, settings
from support.repo import Repo

CRITERIA = {
    "complexity": "max_cyclomatic < 10",
    "docs": "undocumented <= 99",
    "security": "high == 0",
    "changes": "suppressions.added == 0",
}
"""A criterion for each gate that looks at sources itself, which quiet sources satisfy."""


def judged(
    repo: Repo, *, required: bool, names: tuple[str, ...] = tuple(CRITERIA), exclude: tuple[str, ...] = ()
) -> Report:
    """The report of the pull request whose test merge is checked out; of a push where there is no merge."""
    merged = repo.git("show", "--no-patch", "--format=%P", "HEAD").split()[1:]
    pull_request = EventContext(
        name="pull_request", is_pull_request=True, head_sha="".join(merged), base_ref="main"
    )
    event = pull_request if merged else EventContext(name="push")
    chosen = policy(
        *(replace(settings(name, CRITERIA[name], required=required), exclude=exclude) for name in names)
    )
    evidence = collect(CollectRequest(root=repo.root, policy=chosen, event=event, progress=silent))
    return evaluate(evidence, chosen, date(2026, 11, 21))


def statuses(report: Report) -> dict[str, GateStatus]:
    """The status of each gate."""
    return {verdict.gate: verdict.status for verdict in report.verdicts}
