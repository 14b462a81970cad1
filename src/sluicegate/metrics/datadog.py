"""Counts events by the metrics of Datadog: counts, rates, and distributions.

A query is a metric with a scope; that it is summed, not interpolated and in steps as long as a bin is ours to
say. What was counted in a step is known by the step that the answer states, since Datadog lengthens steps
without an error. Source: https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points (API v1; v2's
answer does not state its step).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import parse
from sluicegate.metrics.buckets import Bucket, spread, whole
from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.datadog_query import queries
from sluicegate.metrics.durations import UNIT_KEY, Unit
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server, server, with_token
from sluicegate.net.rules import ServerRules
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import token_key, url_key
from sluicegate.runtime.surroundings import Surroundings

POINTS = 1000
"""Steps in one request; from 1,500 on Datadog lengthens them."""

NEEDS = "an API key of the organisation, and an application key with the scope timeseries_query"
RULES = ServerRules(messages=("errors", "error"), reset_in="x-ratelimit-reset")


@dataclass(frozen=True, slots=True)
class Datadog:
    """One site of Datadog.

    Attributes:
        unit: of the durations of distributions.
    """

    server: Server
    unit: Unit

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        client = self.server.client()
        texts = queries(query, arm, window.width, self.unit)
        try:
            bad, total = (self._count(client, text, query, window) for text in texts)
        except ApiError as error:
            raise self._failed(query, error) from error
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        begin = now - now % 60 - 3600
        bins = self.counts(query, arm, Window(begin, 60, 60))
        if any(one.known for one in bins):
            return ()
        return (f"{query.name}: `total` has no data of the last hour",)

    def _count(self, client: PatientClient, text: str, query: Query, window: Window) -> Counted:
        """The counts of a query; a step that the clock begins before the window is left out."""
        width = window.width
        first, end = -(-window.start // width) * width, window.end // width * width
        found: list[Bucket] = []
        for start in range(first, end, width * POINTS):
            found += self._steps(client, text, query, (start, min(start + width * POINTS, end)))
        return spread(found, window, query.name)

    def _steps(
        self, client: PatientClient, text: str, query: Query, span: tuple[int, int]
    ) -> Iterator[Bucket]:
        """The steps that begin in a span.

        Raises:
            MetricError: the answer is an error, or no single series of counts.
            ApiError: the request failed.
        """
        answer = client.read("/api/v1/query", {"from": span[0], "to": span[1], "query": text})
        series = self._series(answer.text, query)
        if len(series) > 1:
            remedy = "Let the expression have one value at a time, without `by {…}`."
            raise MetricError(f"the answer has {len(series)} series", where=query.name, remedy=remedy)
        for each in series:
            yield from (one for one in self._buckets(each, query) if span[0] <= one.start < span[1])

    def _series(self, text: str, query: Query) -> list[Mapping[str, Any]]:
        """The series of an answer.

        Raises:
            MetricError: it is an error, with whatever status, or holds no series.
        """
        try:
            found = parse(text.encode(), query.name)
        except EvidenceError as error:
            raise self._unusable(f"the answer {error.what}", query) from error
        page = found if isinstance(found, dict) else {}
        if page.get("status") != "ok":
            said = page.get("error") or page.get("message") or "its status is not ok"
            raise self._unusable(f"the query failed: {one_line(str(said))}", query)
        series = page.get("series")
        if not isinstance(series, list) or not all(isinstance(each, dict) for each in series):
            raise self._unusable("the answer holds no series", query)
        return series

    def _buckets(self, series: Mapping[str, Any], query: Query) -> Iterator[Bucket]:
        """The steps of a series; null is a step without data."""
        length, points = series.get("interval"), series.get("pointlist")
        if length is None or not _is_whole(length) or not isinstance(points, list):
            raise self._unusable("the answer does not say how long its steps are", query)
        for point in points:
            if not isinstance(point, list) or len(point) != 2 or not _is_whole(point[0], 1000):
                raise self._unusable("a point of the answer has no time in whole seconds", query)
            start = int(point[0]) // 1000
            if point[1] is not None:
                events = whole(point[1], query.name, approximate=query.approximate)
                yield Bucket(start, start + int(length), events)

    def _unusable(self, what: str, query: Query) -> MetricError:
        remedy = "Try the expression in Datadog's metrics explorer."
        return MetricError(cut(self.server.without_tokens(what), 300), where=query.name, remedy=remedy)

    def _failed(self, query: Query, error: ApiError) -> MetricError:
        remedy = self.server.remedy(error, NEEDS)
        if error.refusal is Refusal.DENIED or error.refusal is Refusal.UNAUTHENTICATED:
            remedy += " Keys count at their own site alone: look at `url`."
        elif error.refusal is Refusal.INVALID:
            remedy = "Try the expression in Datadog's metrics explorer."
        elif error.status == 429:
            remedy = "Let the rollout tick less often, or ask Datadog for more queries an hour."
        return MetricError(f"the query failed: {error.message}", where=query.name, remedy=remedy)


def _is_whole(value: object, unit: int = 1) -> bool:
    """Is it a positive multiple of a unit? JSON may write it with a point."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value <= MAX_NUMBER and value % unit == 0


KEYS: Mapping[str, Key] = {
    "url": url_key(
        "Address of the API of your site: https://api.datadoghq.com, https://api.datadoghq.eu, "
        "https://api.us3.datadoghq.com, https://api.us5.datadoghq.com, https://api.ap1.datadoghq.com, "
        "https://api.ddog-gov.com and others.",
        "https://api.datadoghq.com",
    ),
    "token": token_key("DD_API_KEY", " It is an API key."),
    "application-token": token_key("DD_APP_KEY", " It is an application key."),
    "unit": UNIT_KEY,
}


def _create(settings: Mapping[str, Any], around: Surroundings) -> Datadog:
    made = server(
        settings["url"], RULES, where="url", environment=around.environment, variable=settings["token"],
        header="DD-API-KEY", clock=around.clock,
    )  # fmt: skip
    both = with_token(made, "DD-APPLICATION-KEY", settings["application_token"], around.environment)
    return Datadog(both, Unit(settings["unit"]))


FACTORY = MetricFactory(KEYS, _create)
