"""Counts events by any HTTP API that answers JSON.

An expression is a path and a JSONPath, with a blank between them. The path may name `$first` and `$last` (the
window, seconds since 1970), `$width` (of a bin, seconds), `$count` (of bins) and `$arm`. The JSONPath names
one whole number for each bin, the oldest first:

    /v1/errors?arm=$arm&from=$first&to=$last&every=$width $.points[*].count

A path with `$start` and `$end` is asked once for each bin, and its JSONPath names one number. `null` is no
data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.documents.jsonpath import PathError, parse_path
from sluicegate.documents.parsing import parse
from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.interface import ARM, Bin, MetricError, MetricFactory, Query, Window
from sluicegate.metrics.prometheus import KEYS as SERVER_KEYS
from sluicegate.metrics.quoting import no_arm
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.net.connect import Server
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

MOST = 60
"""Requests for one expression that is asked once for each bin."""

NEEDS = "a token that may read metrics"
_FORM = "Write a path, a blank and a JSONPath, such as /counts?from=$first&to=$last&every=$width $.bad[*]."


@dataclass(frozen=True, slots=True)
class JsonApi:
    """One API."""

    server: Server

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        if query.over is not None:
            remedy = "Let the API count the slow events."
            raise MetricError("an API of JSON has no histograms", where=query.name, remedy=remedy)
        client = self.server.client()
        try:
            bad, total = (self._count(client, t, query, arm, window) for t in (query.bad, query.total))
        except ApiError as error:
            what, remedy = f"the query failed: {error.message}", self.server.remedy(error, NEEDS)
            raise MetricError(what, where=query.name, remedy=remedy) from error
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        bins = self.counts(query, arm, Window(now - now % 60 - 3600, 600, 6))
        return () if any(b.known for b in bins) else (f"{query.name}: no data of the last hour",)

    def _count(
        self, client: PatientClient, text: str, query: Query, arm: str | None, window: Window
    ) -> Counted:
        route, _, path = text.strip().partition(" ")
        if ARM in route and arm is None:
            raise no_arm(query.name)
        names: dict[str, object] = {
            "arm": arm, "first": window.start, "last": window.end, "width": window.width,
            "count": window.count,
        }  # fmt: skip
        if "$start" not in route:
            return _counted(self._ask(client, _filled(route, names), path, query), window, query)
        if window.count > MOST:
            remedy = "Ask for the whole window at once, by $first, $last and $width."
            raise MetricError(f"{window.count} bins take as many requests", where=query.name, remedy=remedy)
        found: list[object] = []
        for start in window.starts:
            every = {**names, "start": start, "end": start + window.width}
            answer = self._ask(client, _filled(route, every), path, query)
            found.append(answer[0] if len(answer) == 1 else answer or None)
        return _counted(found, window, query)

    def _ask(self, client: PatientClient, route: str, path: str, query: Query) -> list[object]:
        try:
            wanted = parse_path(path.strip())
        except PathError as error:
            what = f"the JSONPath of the expression {error}"
            raise MetricError(what, where=query.name, remedy=_FORM) from error
        if not route.startswith("/") or route.startswith("//"):
            raise MetricError("the path of the expression begins with no '/'", where=query.name, remedy=_FORM)
        try:
            return wanted.find(parse(client.read(route, {}).text.encode(), query.name))
        except EvidenceError as error:
            raise MetricError(
                f"the answer {error.what}", where=query.name, remedy="Is it the API?"
            ) from error


def _filled(route: str, names: Mapping[str, object]) -> str:
    for name in sorted(names, key=len, reverse=True):
        route = route.replace(f"${name}", quote(str(names[name]), safe=""))
    return route


def _counted(found: Sequence[object], window: Window, query: Query) -> Counted:
    """One value a bin; nothing at all is no data.

    Raises:
        MetricError: there are more or fewer values, or a value is no count.
    """
    if not found:
        return Counted((0,) * window.count, (False,) * window.count)
    if len(found) != window.count:
        remedy = "Let the JSONPath name one number a bin, the oldest first, and null where there is none."
        what = f"the answer has {len(found)} values for {window.count} bins"
        raise MetricError(what, where=query.name, remedy=remedy)
    events: list[int] = []
    for value in found:
        if value is not None and not _is_count(value):
            remedy = "Count events, as whole numbers."
            shown = f": {value:g}" if isinstance(value, float) else ""
            raise MetricError(f"a value is no count{shown}", where=query.name, remedy=remedy)
        events.append(int(value) if isinstance(value, int | float) else 0)
    return Counted(tuple(events), tuple(value is not None for value in found))


def _is_count(value: object) -> bool:
    """A whole number that JSON keeps exactly; `3.0` is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= MAX_NUMBER and value == int(value)


KEYS: Mapping[str, Key] = {
    **SERVER_KEYS,
    "url": url_key("Address of the API.", "https://metrics.example.com"),
}


def _create(settings: Mapping[str, Any], around: Surroundings) -> JsonApi:
    return JsonApi(server_of(settings, around))


FACTORY = MetricFactory(KEYS, _create)
