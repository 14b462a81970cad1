"""A server of New Relic's NerdGraph, for NRQL that counts.

Written from the pages of New Relic's docs (nerdgraph-nrql-tutorial and rate-limits-nrql-queries at 2026-09;
the messages of its table of NRQL errors) and from answers that users posted: rows of TIMESERIES, and errors
with `errorClass` beside `"nrql": null` in a body of the status 200 (newrelic/nr-reports issue 8,
argo-rollouts issue 3741).
"""

from __future__ import annotations

import re
from typing import Any

from support.fake_server import Fake, Request, Response
from support.scene_store import QUICK, SLOW, Store

KEY = "NRAK-OF-THE-OPERATOR"
ACCOUNT = 1234567
BUCKETS = 366

_QUERY = re.compile(
    r"SELECT (?P<select>count\(\*\)|sum\(hits\)"
    r"|filter\(count\(\*\), WHERE duration (?P<op>>=?) (?P<over>[0-9.]+)\))"
    r" FROM (?P<kind>\w+) WHERE (?P<where>.*?)(?P<more> EXTRAPOLATE)?"
    r" SINCE (?P<since>\d+) UNTIL (?P<until>\d+) TIMESERIES (?P<step>\d+) SECONDS\Z",
    re.DOTALL,
)
_CONDITION = re.compile(r"\s*(?:(\w+)\s*=\s*'((?:[^'\\]|\\.)*)'|(error) IS (TRUE))\s*(AND\b|OR\b|\Z)")


class NewRelic(Fake):
    """An account whose shop has a `Transaction` for each request.

    Attributes:
        errors: that the next answers have, one each.
        asked: the texts of queries.
        shift: by how many seconds buckets begin later than they were asked to.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.errors: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.timeouts: list[object] = []
        self.factor = 1.0
        self.more: dict[str, Any] = {}

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("api-key") != KEY:
            return Response(401, {"errors": [{"message": "Invalid Api-Key"}]})
        if request.verb != "POST" or request.path != "/graphql":
            return Response(404, {"error": {"title": "Not found"}})
        variables = request.body["variables"]
        assert re.match(r"query\(\$account: Int!, \$nrql: Nrql!, \$timeout: Seconds\)", request.body["query"])
        self.asked.append(variables["nrql"])
        self.timeouts.append(variables["timeout"])
        if self.errors:
            return _failed(self.errors.pop(0))
        if variables["account"] != ACCOUNT:
            words = f"You are not authorized to query account {variables['account']}"
            return _failed({"message": words, "extensions": {"errorClass": "UNAUTHORIZED"}})
        return self._answer(variables["nrql"])

    def _answer(self, nrql: str) -> Response:
        found = _QUERY.match(nrql)
        asked = _asked(found["where"]) if found else None
        if not found or asked is None:
            return _failed({"message": "NRQL Syntax Error: Error at line 1 position 8, unexpected 'FORM'"})
        since, until, step = (int(found[name]) for name in ("since", "until", "step"))
        step *= 1000
        if -(-(until - since) // step) > BUCKETS:
            return _failed({"message": "TIMESERIES supports a maximum of 366 buckets"})
        rows = []
        for start in range(since, until, step):
            end = min(start + step, until)
            count = self._count(found, *asked, start // 1000, end // 1000)
            value = self.store.written(count) if count else 0
            value = value * self.factor if found["more"] and isinstance(value, int) else value
            times = {"beginTimeSeconds": start // 1000, "endTimeSeconds": end // 1000}
            rows.append(
                {**times, "count" if "count(*)" in found["select"] else "sum.hits": value, **self.more}
            )
        return Response(200, {"data": {"actor": {"account": {"nrql": {"results": rows}}}}})

    def _count(self, found: re.Match[str], kind: str, arm: str, start: int, end: int) -> int:
        if found["kind"] != "Transaction" or not kind:
            return 0
        if found["over"]:
            over = float(found["over"])
            slow = kind if over < QUICK or found["op"] == ">=" else "errors"
            kind = slow if over < SLOW else ""
        return self.store.count(kind, arm or None, start, end) or 0


def _failed(error: dict[str, Any]) -> Response:
    own = {"locations": [{"line": 1, "column": 2}], "path": ["actor", "account", "nrql"], **error}
    return Response(200, {"data": {"actor": {"account": {"nrql": None}}}, "errors": [own]})


def _asked(where: str) -> tuple[str, str] | None:
    """What kind of event of which arm a condition names, an empty kind for none; None for no condition."""
    wanted: dict[str, str] = {}
    either = False
    while where:
        found = _CONDITION.match(where)
        if not found:
            return None
        wanted[found[1] or found[3]] = re.sub(r"\\(.)", r"\1", found[2]) if found[1] else found[4]
        either |= found[5] == "OR"
        where = where[found.end() :]
    kind = "errors" if wanted.pop("error", "") == "TRUE" else "requests"
    arm = wanted.pop("variant", "")
    if either:
        return kind, ""
    return (kind if wanted == {"appName": "shop"} and arm in ("", "on", "off") else ""), arm
