"""Counts events by the counters of a Prometheus server, or of one that speaks its API.

Counters are read raw, by `query_range`, and counted here: `increase()` extrapolates, so that it gives
fractions of events. Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.core.fields import MAX_NUMBER
from sluicegate.metrics.buckets import whole
from sluicegate.metrics.counters import Counted, Samples, count, pair, without
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.metrics.matrix import data_of, series_of, values_of
from sluicegate.metrics.selector import Selector, for_arm, parse_selector, spellings_of
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import HEADER_KEYS, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

BEFORE = 3600
"""Seconds before a window in which a counter's last value still says where it stood at the start."""

FINEST = 30
"""Seconds from one value to the next, at the most: of restarts that are closer, one is seen."""

POINTS = 4000
"""Values of a series in one request; the server gives at most 11,000."""

NEEDS = "a token that may query metrics"
RULES = ServerRules(messages=("error", "message"))


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One server."""

    server: Server

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        client = self.server.client()
        try:
            if query.approximate:
                return self._estimated(client, query, arm, window)
            all_events, of_those = self._selectors(query, arm)
            total = count(self._series(client, all_events, window), window)
            bad = self._bad(client, query, of_those, window, total)
        except ApiError as error:
            raise self._failed(query, error) from error
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        client = self.server.client()
        try:
            if query.approximate:
                window = Window(now - 3600, 3600, 1)
                known = self._estimated(client, query, arm, window)[0].known
                return () if known else (f"{query.name}: `total` has no data in the last hour",)
            return tuple(self._wrong(client, query, arm, now))
        except ApiError as error:
            raise self._failed(query, error) from error

    def _wrong(self, client: PatientClient, query: Query, arm: str | None, now: int) -> Iterator[str]:
        """What nothing has. Bad events may have been none yet, so that their absence says little."""
        span = (now - 24 * 3600, now)
        total, bad = self._selectors(query, arm)
        for wanted, may_lack in ((total, False), (bad, query.over is None)):
            if not self._labels(client, wanted, *span):
                for words in self._lacks(client, wanted, may_lack, span):
                    yield f"{query.name}: no series {words}"
        if query.over is not None:
            spellings_of(query.over, self._labels(client, bad, *span), query.name)

    def _lacks(
        self, client: PatientClient, wanted: Selector, may_lack: bool, span: tuple[int, int]
    ) -> Iterator[str]:
        """What of a selector that has no series nothing has: its name, or the value of a label.

        With `may_lack` only a label that no series of that name has at all counts.
        """
        series = self._labels(client, Selector(wanted.name), *span)
        if not series:
            yield from () if may_lack else (f"has the name {wanted.name}",)
            return
        for matcher in wanted.matchers:
            values = sorted({labels.get(matcher.label, "") or "none" for labels in series})
            is_there = may_lack or self._labels(client, Selector(wanted.name, (matcher,)), *span)
            if values == ["none"] or not is_there:
                yield f"{wanted.name} has {matcher}; it has: {', '.join(values[:10])}"

    def _selectors(self, query: Query, arm: str | None) -> tuple[Selector, Selector]:
        """Those of all events and of the bad ones; a histogram may be named by its own name alone."""
        total, bad = (
            parse_selector(for_arm(text, arm, query.name), query.name) for text in (query.total, query.bad)
        )
        if query.over is None:
            return total, bad
        return total.histogram("count") if query.total == query.bad else total, bad.histogram("bucket")

    def _bad(
        self, client: PatientClient, query: Query, selector: Selector, window: Window, total: Counted
    ) -> Counted:
        if query.over is None:
            return count(self._series(client, selector, window), window)
        buckets = self._labels(client, selector, window.start - BEFORE, window.end)
        if not buckets:
            if any(total.events):
                remedy = f"No series has the name {selector.name} and these labels: name a histogram."
                raise MetricError("the histogram has no buckets", where=query.name, remedy=remedy)
            return Counted((0,) * window.count, (False,) * window.count)
        bound = selector.with_bound(spellings_of(query.over, buckets, query.name))
        return without(total, count(self._series(client, bound, window), window))

    def _estimated(
        self, client: PatientClient, query: Query, arm: str | None, window: Window
    ) -> tuple[Bin, ...]:
        """Of expressions whose value at a bin's end is the count of the bin."""
        bad, total = (
            self._rounded(
                client, for_arm(text, arm, query.name).replace("$width", f"{window.width}s"), window
            )
            for text in (query.bad, query.total)
        )
        return pair(bad, total, window, query.name)

    def _rounded(self, client: PatientClient, expression: str, window: Window) -> Counted:
        sums: dict[int, float] = {}
        first = window.start + window.width
        for start, end in _pieces(first, window.end, window.width):
            for each in self._matrix(client, expression, start, end, window.width):
                for time, value in values_of(each):
                    sums[time] = sums.get(time, 0.0) + value
        ends = [start + window.width for start in window.starts]
        events = tuple(whole(sums.get(t, 0), expression[:120], approximate=True) for t in ends)
        return Counted(events, tuple(t in sums for t in ends))

    def _series(self, client: PatientClient, selector: Selector, window: Window) -> list[Samples]:
        """The values of each counter, from some time before the window."""
        step = next(s for s in range(min(FINEST, window.width), 0, -1) if window.width % s == 0)
        first = window.start - BEFORE // step * step
        found: dict[tuple[tuple[str, str], ...], dict[int, int]] = {}
        for start, end in _pieces(first, window.end, step):
            for each in self._matrix(client, str(selector), start, end, step):
                key = tuple(sorted((str(k), str(v)) for k, v in each["metric"].items()))
                samples = found.setdefault(key, {})
                for time, value in values_of(each):
                    if not 0 <= value <= MAX_NUMBER or not value.is_integer():
                        what = f"{selector.name} is {value:g} at {time}, and no counter of events"
                        remedy = "Name a counter, or say `approximate: true` for what is computed."
                        raise MetricError(what, where=str(selector), remedy=remedy)
                    samples[time] = int(value)
        return list(found.values())

    def _labels(
        self, client: PatientClient, selector: Selector, start: int, end: int
    ) -> list[Mapping[str, str]]:
        parameters: dict[str, str | int] = {"match[]": str(selector), "start": start, "end": end}
        data = self._data(client, "/api/v1/series", parameters)
        found = [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
        return [{str(name): str(value) for name, value in labels.items()} for labels in found]

    def _matrix(
        self, client: PatientClient, expression: str, start: int, end: int, step: int
    ) -> list[dict[str, Any]]:
        parameters: dict[str, str | int] = {"query": expression, "start": start, "end": end, "step": step}
        data = self._data(client, "/api/v1/query_range", parameters)
        return series_of(data, expression, "Is it Prometheus?")

    def _data(self, client: PatientClient, path: str, parameters: dict[str, str | int]) -> object:
        """What the answer holds.

        Raises:
            MetricError: it is not whole.
            ApiError: the request failed.
        """
        answer = client.read(path, parameters)
        return data_of(answer.text, self.server.address, self.server.without_tokens)

    def _failed(self, query: Query, error: ApiError) -> MetricError:
        remedy = self.server.remedy(error, NEEDS)
        if error.status in (400, 422):
            remedy = "Try the expression in Prometheus itself."
        return MetricError(f"the query failed: {error.message}", where=query.name, remedy=remedy)


def _pieces(first: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    """The first and the last time of each request."""
    for start in range(first, end + 1, step * POINTS):
        yield start, min(start + step * (POINTS - 1), end)


KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the server, without `/api`.", "https://prometheus.example.com"),
    "token": token_key("PROMETHEUS_TOKEN", optional=True),
    **HEADER_KEYS,
}


def _create(settings: Mapping[str, Any], around: Surroundings) -> Prometheus:
    return Prometheus(server_of(settings, around, RULES))


FACTORY = MetricFactory(KEYS, _create)
