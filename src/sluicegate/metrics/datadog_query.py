"""Queries of Datadog: a metric with a scope, as sums of its counts in steps of time. Pure.

Sources: https://docs.datadoghq.com/dashboards/functions/rollup/ (steps are aligned to the clock; a step that
gives more than 1,500 points is lengthened without an error), …/metrics/custom_metrics/type_modifiers/
(`as_count()` sums, and never interpolates) and …/metrics/distributions/ (counts over a threshold).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluicegate.metrics.durations import Unit, threshold
from sluicegate.metrics.interface import MetricError, Query
from sluicegate.metrics.quoting import with_bare_arm

_METRIC = re.compile(r"\s*(?:(sum|count):)?([A-Za-z][A-Za-z0-9_.]*+)\s*+(?:\{([^{}]*+)\}\s*+)?\Z")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_./:-]{1,200}")
_FORM = "Write a metric with a scope, such as http.requests{code:500,variant:$arm}, without functions."


@dataclass(frozen=True, slots=True)
class Scoped:
    """A metric with a scope.

    Attributes:
        aggregator: `sum`, of a count or a rate; `count`, of a distribution.
    """

    aggregator: str
    name: str
    scope: str

    def counting(self, width: int) -> str:
        """The query of its counts in steps of so many seconds."""
        return f"{self.aggregator}:{self.name}{{{self.scope}}}.as_count().rollup(sum, {width})"


def parse_scoped(text: str, arm: str | None, where: str) -> Scoped:
    """The metric that a text writes.

    Raises:
        MetricError: it computes or groups; the query has no arm that it wants; or no tag can have the value.
    """
    found = _METRIC.match(text)
    if not found:
        raise MetricError(f"'{text.strip()[:120]}' is no metric with a scope", where=where, remedy=_FORM)
    scope = (found[3] or "*").strip() or "*"
    return Scoped(found[1] or "sum", found[2], with_bare_arm(scope, arm, _TAG_VALUE, where))


def queries(query: Query, arm: str | None, width: int, unit: Unit) -> tuple[str, str]:
    """The queries of the bad events and of all events, in steps of time.

    Args:
        query: with `over`, `bad` names a distribution of durations, and so may `total`.
        arm: the label value of `$arm`.
        width: of a step, seconds.
        unit: of the durations.

    Raises:
        MetricError: an expression is no metric with a scope.
    """
    if query.approximate and query.over is None:
        bad, total = (with_bare_arm(text, arm, _TAG_VALUE, query.name) for text in (query.bad, query.total))
        return bad.replace("$width", str(width)), total.replace("$width", str(width))
    bad_events, events = (parse_scoped(text, arm, query.name) for text in (query.bad, query.total))
    if query.over is None:
        return bad_events.counting(width), events.counting(width)
    over = f"count(v: v>{threshold(query.over, unit, query.name)})"
    slow = Scoped(over, bad_events.name, bad_events.scope)
    every = Scoped("count", events.name, events.scope) if query.total == query.bad else events
    return slow.counting(width), every.counting(width)
