"""Counts log lines of Loki, or of a server that speaks its API.

A query is a selector of lines with a pipeline; the count around it is ours, so that no rate is taken for a
count. Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.metrics import logql
from sluicegate.metrics.buckets import Bucket, spread, whole
from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.durations import UNIT_KEY, Unit
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.metrics.matrix import data_of, series_of
from sluicegate.metrics.quoting import for_arm, split
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy.keys import Form, Key
from sluicegate.policy.kinds import Text
from sluicegate.policy.provider_keys import HEADER_KEYS, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

POINTS = 500
"""Steps in one request. A server gives up to 11,000; each step is a scan of logs."""

NEEDS = "a token that may query logs"
RULES = ServerRules(messages=("message", "error"), plain=True)


@dataclass(frozen=True, slots=True)
class Loki:
    """One server.

    Attributes:
        unit: of the durations that labels hold as numbers.
    """

    server: Server
    unit: Unit

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        client = self.server.client()
        texts = (query.bad, query.total)
        if query.over is not None:
            texts = logql.durations(query, query.over, self.unit)
        try:
            bad, total = (self._count(client, text, query, arm, window) for text in texts)
        except ApiError as error:
            raise self._failed(query, error) from error
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        begin = now - now % 60 - 3600
        bins = self.counts(query, arm, Window(begin, 60, 60))
        if any(one.known for one in bins):
            return ()
        return (f"{query.name}: `total` has no line of the last hour",)

    def _count(
        self, client: PatientClient, text: str, query: Query, arm: str | None, window: Window
    ) -> Counted:
        expression = self._expression(text, query, arm, window.width)
        found: dict[int, int] = {}
        length = window.width * POINTS
        for start in range(window.start, window.end, length):
            found |= self._steps(client, expression, query, (start, min(start + length, window.end)), window)
        buckets = (Bucket(end - window.width, end, events) for end, events in found.items())
        return spread(buckets, window, query.name)

    def _expression(self, text: str, query: Query, arm: str | None, width: int) -> str:
        if not query.approximate:
            return logql.counting(text, arm, width, query.name)
        pieces = split(text.strip(), '"', "`", query.name)
        return for_arm(pieces, arm, logql.escaped, query.name).replace("$width", f"{width}s")

    def _steps(
        self, client: PatientClient, expression: str, query: Query, span: tuple[int, int], window: Window
    ) -> dict[int, int]:
        """The counts of steps by their ends, seconds since 1970.

        A server that aligns queries to their step answers for other times than it was asked; each count is
        then still that of the step before its time. The step before the span is asked for too, since some
        servers refuse a span of one moment.

        Raises:
            MetricError: the answer is no single series of counts.
            ApiError: the request failed.
        """
        parameters: dict[str, str | int] = {
            "query": expression, "start": span[0], "end": span[1], "step": f"{window.width}s",
        }  # fmt: skip
        answer = client.read("/loki/api/v1/query_range", parameters)
        data = data_of(answer.text, self.server.address, self.server.without_tokens)
        series = series_of(data, expression, "Is it Loki, and the expression a count?")
        if len(series) > 1:
            remedy = "Add them up: sum(…) without `by`."
            raise MetricError(f"the answer has {len(series)} series", where=query.name, remedy=remedy)
        points = [point for each in series for point in each["values"]]
        return dict(_step(point, query) for point in points)

    def _failed(self, query: Query, error: ApiError) -> MetricError:
        remedy = self.server.remedy(error, NEEDS)
        if "no org id" in error.message:
            remedy = "Name the tenant, 'tenant: NAME'."
        elif error.status == 400:
            remedy = "Try the expression in Grafana; lines that a parser cannot read end a count, "
            remedy += 'so add | __error__="" behind the parser.'
        return MetricError(f"the query failed: {error.message}", where=query.name, remedy=remedy)


def _step(point: object, query: Query) -> tuple[int, int]:
    match point:
        case [int() | float() as time, str() as text] if 0 <= time <= MAX_NUMBER and time == int(time):
            return int(time), whole(text, query.name, approximate=query.approximate)
    what = "a value of the answer has no time in whole seconds"
    raise MetricError(what, where=query.name, remedy="Is it Loki?")


_TENANT = Form(
    r"^[A-Za-z0-9!_.*'()|-]{1,150}\Z",
    "is no name of a tenant",
    "Use letters, digits and !-_.*'(), and | between several.",
)
_TENANT_HEADER = "X-Scope-OrgID"
TENANT = Text(check=_TENANT.check, json=_TENANT.json)
KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the server, without `/loki`.", "https://loki.example.com"),
    "tenant": Key(TENANT, "The tenant, sent as `X-Scope-OrgID`; a server without tenants needs none."),
    "token": token_key("LOKI_TOKEN", optional=True),
    **HEADER_KEYS,
    "unit": UNIT_KEY,
}


def _create(settings: Mapping[str, Any], around: Surroundings) -> Loki:
    tenant = settings.get("tenant")
    if tenant and settings["header"].lower() == _TENANT_HEADER.lower():
        raise UsageError(
            f"the header {_TENANT_HEADER} carries the tenant, and cannot carry the token too", where="header",
            remedy="Name the header of the token, Authorization by default, or leave tenant out.",
        )  # fmt: skip
    made = server_of(settings, around, RULES)
    headers = {**made.headers, **({_TENANT_HEADER: tenant} if tenant else {})}
    return Loki(replace(made, headers=headers), Unit(settings["unit"]))


FACTORY = MetricFactory(KEYS, _create)
