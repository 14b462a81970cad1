"""Counts events of New Relic by NRQL, through NerdGraph.

A query is an event type with a condition; its times and steps are ours. New Relic counts 0 where it has
nothing, so that a step without any event of `total` has no data. Sources:
https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/ and
…/docs/nrql/using-nrql/rate-limits-nrql-queries/. Errors come with the status 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from sluicegate.core.fields import MAX_NUMBER
from sluicegate.metrics.buckets import Bucket, spread, whole
from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.durations import UNIT_KEY, Unit
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.metrics.nrql import Counting, queries
from sluicegate.net.client import Answer, ApiError, PatientClient
from sluicegate.net.connect import Server, server
from sluicegate.net.rules import ServerRules
from sluicegate.policy.keys import Form, Key
from sluicegate.policy.kinds import Text
from sluicegate.policy.provider_keys import token_key, url_key
from sluicegate.runtime.surroundings import Surroundings

STEPS = 366
"""In one query; New Relic refuses more."""

SECONDS = 20
"""That a query may take there; by default it would be 5."""

NEEDS = "a user key of New Relic (NRAK-…) whose user may query the account"
_QUERY = (
    "query($account: Int!, $nrql: Nrql!, $timeout: Seconds) "
    "{ actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results } } } }"
)
_PASSING = re.compile(r"TIMEOUT|SERVER_ERROR|TOO_MANY_REQUESTS|timed out|under heavy load|set timeout", re.I)
"""What an error says after which the same query may succeed."""
_KEY = re.compile(r"api.key|authori[sz]ed|access", re.I)
_TIMES = ("beginTimeSeconds", "endTimeSeconds")


@dataclass(frozen=True, slots=True)
class NerdGraphRules(ServerRules):
    """The rules of a GraphQL server: an answer with errors is a failure, whatever its status."""

    messages: tuple[str, ...] = ("errors", "error", "message")

    def succeeds(self, answer: Answer) -> bool:
        """See `Rules`."""
        return ServerRules.succeeds(self, answer) and not _errors(answer)

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        """See `Rules`."""
        errors = _errors(answer)
        if answer.status < 300 and errors and not _PASSING.search(json.dumps(errors)):
            return None
        return ServerRules.wait(self, answer, attempt, now)


def _errors(answer: Answer) -> object:
    """The errors in an answer's body; None for a body without them, or that is no object."""
    try:
        found = json.loads(answer.text)
    except (ValueError, RecursionError):
        return None
    return found.get("errors") if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class NewRelic:
    """One account.

    Attributes:
        account: its number.
        unit: of the durations that attributes hold.
    """

    server: Server
    account: int
    unit: Unit

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        client = self.server.client()
        texts = queries(query, arm, self.unit)
        try:
            bad, total = (self._count(client, text, query, window) for text in texts)
        except ApiError as error:
            raise self._failed(query, error) from error
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        bins = self.counts(query, arm, Window(now - 3600, 3600, 1))
        return () if bins[0].known else (f"{query.name}: `total` has no event of the last hour",)

    def _count(self, client: PatientClient, text: Counting, query: Query, window: Window) -> Counted:
        found: list[Bucket] = []
        length = window.width * STEPS
        for start in range(window.start, window.end, length):
            nrql = text.between(start, min(start + length, window.end), window.width)
            found += self._steps(client, nrql, query)
        return spread((one for one in found if one.events), window, query.name)

    def _steps(self, client: PatientClient, nrql: str, query: Query) -> Iterator[Bucket]:
        """The steps of an answer.

        Raises:
            MetricError: it holds no single series of counts.
            ApiError: the request failed.
        """
        variables = {"account": self.account, "nrql": nrql, "timeout": SECONDS}
        found: object = client.write("POST", "/graphql", {"query": _QUERY, "variables": variables})
        for name in ("data", "actor", "account", "nrql", "results"):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, list):
            remedy = "Is it NerdGraph, and may the key's user query the account?"
            raise MetricError("the answer holds no results", where=query.name, remedy=remedy)
        for row in found:
            yield self._step(row, query)

    def _step(self, row: object, query: Query) -> Bucket:
        own = row if isinstance(row, dict) else {}
        values = [value for name, value in own.items() if name not in _TIMES]
        begin, end = (own.get(name) for name in _TIMES)
        if len(values) != 1 or not _is_time(begin) or not _is_time(end):
            remedy = "Select one value, without FACET."
            what = "a step of the answer is not one count with its times"
            raise MetricError(what, where=query.name, remedy=remedy)
        return Bucket(begin, end, whole(values[0], query.name, approximate=query.approximate))

    def _failed(self, query: Query, error: ApiError) -> MetricError:
        remedy = self.server.remedy(error, NEEDS)
        if error.status == 429:
            remedy = "Let the rollout tick less often; New Relic answers 120 equal queries a minute."
        elif error.status < 300 and _PASSING.search(error.message):
            remedy = f"The query takes longer than {SECONDS} s: narrow its condition, or count a metric."
        elif 200 <= error.status < 300 and _KEY.search(error.message):
            remedy = f"The variable {self.server.variable} must hold {NEEDS}."
        elif 200 <= error.status < 300:
            remedy = "Try the query in New Relic's query builder."
        return MetricError(f"the query failed: {error.message}", where=query.name, remedy=remedy)


def _is_time(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


_ACCOUNT = Form(r"^[1-9][0-9]{0,9}\Z", "is no number of an account", "For example account: 1234567.")
KEYS: Mapping[str, Key] = {
    "url": url_key(
        "Address of the API: https://api.newrelic.com; of accounts in the EU https://api.eu.newrelic.com.",
        "https://api.newrelic.com",
    ),
    "account": Key(
        Text(check=_ACCOUNT.check, json=_ACCOUNT.json, numbers=True),
        "Number of the account whose events are counted.", missing="Give it, for example account: 1234567.",
        examples=(1234567,),
    ),
    "token": token_key("NEW_RELIC_API_KEY", " It is a user key.", own="NEW_RELIC"),
    "unit": UNIT_KEY,
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> NewRelic:
    made = server(
        settings["url"], NerdGraphRules(), where="url", environment=around.environment,
        variable=settings["token"], header="API-Key", clock=around.clock,
    )  # fmt: skip
    made = replace(made, timeout=SECONDS + 10.0)
    return NewRelic(made, int(settings["account"]), Unit(settings["unit"]))


FACTORY = MetricFactory(KEYS, _create)
