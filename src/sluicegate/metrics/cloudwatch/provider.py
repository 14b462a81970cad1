"""Counts events by metrics of CloudWatch: their sums over whole periods, never an average.

A metric that counts events has no values where nothing happened: bad events are zero there where all events
have values. What CloudWatch itself says is not whole is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.core.text import cut, one_line
from sluicegate.metrics.cloudwatch.expression import IN_MATHS, Metric, metric_of, parse_metrics
from sluicegate.metrics.cloudwatch.periods import PERIODS, Piece, counted, pieces
from sluicegate.metrics.counters import pair
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.metrics.quoting import with_bare_arm
from sluicegate.net.aws import Aws, aws
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import region_key
from sluicegate.runtime.surroundings import Surroundings

NEEDS = "cloudwatch:GetMetricData and cloudwatch:ListMetrics"
_PAGES = 100
_LISTED = 10
_REMEDIES = {
    "Forbidden": f"Allow the role {NEEDS}, and cross-account access where the metric is of another account.",
    "PartialData": "The next tick asks again; a metric maths expression may have too many values.",
}


@dataclass(frozen=True, slots=True)
class CloudWatch:
    """The metrics of one region.

    Attributes:
        server: CloudWatch.
        period: seconds, one of `PERIODS`.
    """

    server: Aws
    period: int = 60

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        self._check(query, window)
        bad, total = (self._named(text, query, arm) for text in (query.bad, query.total))
        found: dict[str, list[tuple[int, int, float]]] = {"b": [], "t": []}
        try:
            client = self.server.client()
            for piece in pieces(window, self.period, int(self.server.clock.now())):
                asked = [*_queries("b", bad, piece.period), *_queries("t", total, piece.period)]
                for (kind, time), value in _Answers(client, query).sums(asked, piece).items():
                    found[kind].append((time, piece.period, value))
        except ApiError as error:
            raise self._failed(query, error) from error
        of_bad, of_all = (counted(found[kind], window) for kind in ("b", "t"))
        return pair(of_bad, of_all, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        if query.approximate:
            start = now // 3600 * 3600 - 3600
            known = self.counts(query, arm, Window(start, 3600, 1))[0].known
            return () if known else (f"{query.name}: `total` has no data of the last whole hour",)
        total, bad = (parse_metrics(text, arm, query.name) for text in (query.total, query.bad))
        try:
            client = self.server.client()
            wrong = [_lacks(client, one, may_lack=False) for one in total]
            wrong += [_lacks(client, one, may_lack=True) for one in bad]
        except ApiError as error:
            raise self._failed(query, error) from error
        return tuple(f"{query.name}: {words}" for words in wrong if words)

    def _check(self, query: Query, window: Window) -> None:
        if query.over is not None:
            remedy = "Count the slow events in a metric of their own, as by a metric filter of a log."
            raise MetricError("CloudWatch has no histograms", where=query.name, remedy=remedy)
        if window.width % self.period:
            raise MetricError(
                f"bins of {window.width} s are no whole periods of {self.period} s", where=query.name,
                remedy=f"Let the plan have `bin` as a multiple of {self.period} s, or set `period`.",
            )  # fmt: skip

    def _named(self, text: str, query: Query, arm: str | None) -> Sequence[Metric] | str:
        if query.approximate:
            return with_bare_arm(text, arm, IN_MATHS, query.name)
        return parse_metrics(text, arm, query.name)

    def _failed(self, query: Query, error: ApiError) -> MetricError:
        remedy = self.server.remedy(error, NEEDS)
        if error.status == 400:
            remedy = "Try the expression in CloudWatch itself."
        return MetricError(f"the query failed: {error.message}", where=query.name, remedy=remedy)


def _queries(kind: str, named: Sequence[Metric] | str, period: int) -> Iterator[dict[str, Any]]:
    """What is asked of CloudWatch; the first letter of an id is the kind."""
    if isinstance(named, str):
        yield {"Id": f"{kind}0", "Expression": named.replace("$width", str(period)), "Period": period}
        return
    for number, metric in enumerate(named):
        stat = {"Metric": metric.asked, "Period": period, "Stat": "Sum"}
        yield {"Id": f"{kind}{number}", "MetricStat": stat}


@dataclass(frozen=True, slots=True)
class _Answers:
    client: PatientClient
    query: Query

    def sums(self, asked: list[dict[str, Any]], piece: Piece) -> dict[tuple[str, int], float]:
        """The sum of each kind and period: all series together.

        Raises:
            MetricError: the answer is not whole, or holds what is no count.
            ApiError: CloudWatch did not answer.
        """
        series: dict[tuple[str, str], dict[int, float]] = {}
        statuses: dict[tuple[str, str], str] = {}
        for found in self._results(asked, piece):
            key = str(found.get("Id", "")), str(found.get("Label", ""))
            statuses[key] = str(found.get("StatusCode", ""))
            series.setdefault(key, {}).update(self._values(found, piece))
        for (id_, label), status in statuses.items():
            if status != "Complete":
                remedy = _REMEDIES.get(status, "The next tick asks again.")
                self._refuse(f"CloudWatch answers {status} for {label or id_}", remedy)
        sums: dict[tuple[str, int], float] = {}
        for (id_, _), values in series.items():
            for time, value in values.items():
                sums[id_[:1], time] = sums.get((id_[:1], time), 0.0) + value
        return sums

    def _results(self, asked: list[dict[str, Any]], piece: Piece) -> Iterator[Mapping[str, Any]]:
        times = {"StartTime": piece.start, "EndTime": piece.end, "ScanBy": "TimestampAscending"}
        token = ""
        for _ in range(_PAGES):
            more = {"NextToken": token} if token else {}
            page = self.client.write("POST", "GetMetricData", {"MetricDataQueries": asked, **times, **more})
            for found in _items(page, "MetricDataResults"):
                self._heed(found.get("Messages"))
                yield found
            self._heed(page.get("Messages"))
            token = str(page.get("NextToken") or "")
            if not token:
                return
        self._refuse("the answer has too many pages", "Ask for fewer metrics, or by a longer `period`.")

    def _heed(self, messages: Sequence[Mapping[str, Any]] | None) -> None:
        """A message says that something is left out."""
        if messages:
            said = "; ".join(f"{m.get('Code', '')}: {m.get('Value', '')}" for m in messages)
            self._refuse(f"the answer is not whole: {cut(one_line(said), 300)}", "Look at it in CloudWatch.")

    def _values(self, found: Mapping[str, Any], piece: Piece) -> dict[int, float]:
        times, values = _items(found, "Timestamps"), _items(found, "Values")
        if len(times) != len(values) or not all(map(piece.has, times)):
            remedy = "AWS may be newer than what this was written for."
            self._refuse("the values are not of the periods that were asked for", remedy)
        for wrong in (value for value in values if not self._is_count(value)):
            what = f"{found.get('Label', '')} is {wrong:g}, and no count of events"
            remedy = "Name a metric that counts, or say `approximate: true` for what is computed."
            self._refuse(what, remedy)
        return {int(time): float(value) for time, value in zip(times, values, strict=True)}

    def _is_count(self, value: float) -> bool:
        return 0 <= value <= MAX_NUMBER and (self.query.approximate or value == int(value))

    def _refuse(self, what: str, remedy: str) -> None:
        raise MetricError(what, where=self.query.name, remedy=remedy)


def _items(found: Mapping[str, Any], key: str) -> list[Any]:
    return found.get(key) or []


def _lacks(client: PatientClient, wanted: Metric, *, may_lack: bool) -> str:
    """What of a metric CloudWatch does not know; empty where it knows it.

    Bad events may have been none yet: with `may_lack` only names of dimensions count that no metric of that
    name has.
    """
    if wanted in _listed(client, wanted.asked):
        return ""
    others = list(_listed(client, {"Namespace": wanted.namespace, "MetricName": wanted.name}))
    alike = sorted({str(one) for one in others if one.names == wanted.names})
    if others and not alike:
        return _of_others(wanted, others)
    if may_lack:
        return ""
    if alike:
        return f"no metric is {wanted}; there are: {'; '.join(alike[:_LISTED])}"
    return f"no metric {wanted.namespace} {wanted.name} had values in the last two weeks"


def _of_others(wanted: Metric, others: Sequence[Metric]) -> str:
    sets = sorted({", ".join(sorted(one.names)) or "none" for one in others})
    named = ", ".join(sorted(wanted.names)) or "none"
    return (
        f"{wanted.namespace} {wanted.name} has no values for the dimensions {named} together; "
        f"it has them for: {'; '.join(sets[:_LISTED])}"
    )


def _listed(client: PatientClient, asked: Mapping[str, Any]) -> Iterator[Metric]:
    token = ""
    for _ in range(_LISTED):
        more = {"NextToken": token} if token else {}
        page = client.write("POST", "ListMetrics", {**asked, **more})
        yield from map(metric_of, _items(page, "Metrics"))
        token = str(page.get("NextToken") or "")
        if not token:
            return


KEYS: Mapping[str, Key] = {
    "region": region_key(),
    "period": Key(
        v.KINDS["seconds"], "Length of the periods that CloudWatch sums, in seconds; the `bin` of the plan "
        "is a multiple of it. Take 300 for metrics that come every 5 minutes; below 60 needs metrics of high "
        "resolution.", 60.0,
    ),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> CloudWatch:
    period = settings["period"]
    if period not in PERIODS:
        remedy = f"Write one of {', '.join(map(str, PERIODS))}."
        raise UsageError(f"CloudWatch has no period of {period:g} s", where="period", remedy=remedy)
    there = aws("cloudwatch", settings.get("region") or "", around.environment, around.clock)
    return CloudWatch(there, int(period))


FACTORY = MetricFactory(KEYS, _create)
