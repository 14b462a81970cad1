"""A server of Datadog's metrics, for queries that count.

Written from the descriptions in datadog-api-client 2.62.0 (`MetricsQueryResponse`, API v1), the pages on
rollup (steps are aligned to Unix time, and lengthened beyond 1,500 points), on rate limits
(`X-RateLimit-Reset` in seconds), and from answers that users posted: nulls and `interval` in seconds in
kedacore/keda issues 3448 and 3906 and spinnaker/kayenta 832, errors in the tests of argo-rollouts (commit
027f7e0b).
"""

from __future__ import annotations

import re
from typing import Any

from support.fake_server import Fake, Request, Response
from support.scene_store import QUICK, SLOW, Store

API_KEY = "api-key-of-the-organisation"
APP_KEY = "app-key-of-the-operator"
LIMIT = 1500
"""Points of a series."""

_QUERY = re.compile(
    r"(sum|count|count\(v: v>([0-9.]+)\)):shop\.(requests|errors|seconds)\{([^{}]*)\}"
    r"\.as_count\(\)\.rollup\(sum, (\d+)\)\Z"
)


class Datadog(Fake):
    """An organisation whose shop counts `shop.requests`, `shop.errors`, and durations in `shop.seconds`.

    Attributes:
        coarsest: what steps are at least, seconds.
        asked: the queries with their spans.
        more: series that an answer has beside the one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.coarsest = 1
        self.asked: list[tuple[str, int, int]] = []
        self.more: list[Any] = []

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        keys = request.headers.get("dd-api-key"), request.headers.get("dd-application-key")
        if keys != (API_KEY, APP_KEY):
            return Response(403, {"errors": ["Forbidden"]})
        if request.verb != "GET" or request.path != "/api/v1/query":
            return Response(404, {"errors": ["Not found"]})
        query, first, last = (request.query[name][0] for name in ("query", "from", "to"))
        self.asked.append((query, int(first), int(last)))
        found = _QUERY.match(query)
        if not found:
            return Response(
                400, {"status": "error", "error": f"Error parsing query: unable to parse {query}"}
            )
        series = self._series(found, int(first), int(last))
        return Response(200, {
            "status": "ok", "resp_version": 1, "res_type": "time_series", "query": query,
            "from_date": int(first) * 1000, "to_date": int(last) * 1000, "message": "", "group_by": [],
            "values": [], "times": [], "series": [*series, *self.more],
        })  # fmt: skip

    def _series(self, found: re.Match[str], first: int, last: int) -> list[Any]:
        arm = _arm(found[4])
        if arm is None:
            return []  # no such tag
        step = max(int(found[5]), self.coarsest, -(-(last - first) // LIMIT))
        points: list[list[Any]] = []
        for start in range(first // step * step, last + 1, step):
            count = self._count(found, arm or None, start, min(start + step, last + 1))
            points.append([start * 1000.0, None if count is None else self.store.written(count)])
        if all(value is None for _, value in points):
            return []
        return [{
            "metric": f"shop.{found[3]}", "scope": found[4], "tag_set": [], "aggr": found[1],
            "attributes": {}, "interval": step, "length": len(points), "start": first * 1000,
            "end": last * 1000, "query_index": 0, "pointlist": points, "unit": None,
            "display_name": f"shop.{found[3]}",
        }]  # fmt: skip

    def _count(self, found: re.Match[str], arm: str | None, start: int, end: int) -> int | None:
        start -= 1  # a step has its begin, and not its end
        if found[3] != "seconds":
            return self.store.count(found[3], arm, start, end)
        assert found[1] != "sum", "a sum of a distribution is one of its values"
        bad = self.store.count("errors", arm, start, end)
        every = self.store.count("requests", arm, start, end)
        if not found[2]:
            return every
        over = float(found[2])
        slow = bad if over < SLOW else None
        return every if over < QUICK else slow


def _arm(scope: str) -> str | None:
    """The arm that a scope names; empty for several, None for tags that nothing has."""
    arms = {_arm_of(each) for each in re.split(r"\s+OR\s+", scope)} - {None}
    return None if not arms else arms.pop() if len(arms) == 1 else ""


def _arm_of(tags: str) -> str | None:
    arm = ""
    for tag in re.split(r"\s*,\s*|\s+AND\s+", tags.strip()):
        if found := re.match(r"variant:(on|off)\Z", tag):
            arm = found[1]
        elif tag not in ("*", "service:shop", "variant:*") and not tag.startswith("!"):
            return None
    return arm
