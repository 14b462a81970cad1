"""A server of Loki, for queries that count lines.

Written from the source of Loki (pkg/logql/range_vector.go at 0457e9dd: a range is without its begin; results
begin at `start` and go on by `step`; pkg/util/marshal; docs/sources/shared/troubleshoot-query.md: parse
errors and limits are plain text of the status 400, too many requests 429) and of its settings
(`align_queries_with_step` moves start and end to multiples of the step).
"""

from __future__ import annotations

import json
import re
from typing import Any

from support.fake_server import Fake, Request, Response
from support.scene_store import QUICK, SLOW, Store

TOKEN = "token-of-the-log-server"
TENANT = "shop"
RESOLUTION = 11_000
"""Points of a series."""

_COUNT = re.compile(r"sum\(count_over_time\((\{.*\})((?: \|.*)?) \[(\d+)s\]\)\)\Z", re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.)*"|`[^`]*`'
_MATCHER = re.compile(rf"\s*([a-z_]+)\s*=\s*({_STRING})\s*")
_STAGE = re.compile(
    rf"\s*\|\s*(?:json|(?P<label>[a-z]+)\s*=\s*(?P<value>{_STRING})"
    rf"|(?P<number>seconds|took)\s*(?P<op>>=?)\s*(?P<over>[0-9.]+)(?P<unit>us)?)\s*"
)


class _ParseError(Exception):
    pass


class Loki(Fake):
    """A tenant whose shop logs each request, and `level=error` where it fails.

    Attributes:
        aligned: does the server move start and end to multiples of the step?
        warnings: of its answers.
        asked: the queries with start and end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.aligned = False
        self.warnings: list[str] = []
        self.asked: list[tuple[str, int, int]] = []
        self.more: list[Any] = []

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("x-scope-orgid") != TENANT:
            return Response(401, b"no org id\n")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, b"Unauthorized\n")
        if request.verb != "GET" or request.path != "/loki/api/v1/query_range":
            return Response(404, b"404 page not found\n")
        query, start, end, step = (request.query[name][0] for name in ("query", "start", "end", "step"))
        self.asked.append((query, int(start), int(end)))
        try:
            return self._answer(query, int(start), int(end), int(step.removesuffix("s")))
        except _ParseError as error:
            return Response(400, f"parse error at line 1, col 1: {error}\n".encode())

    def _answer(self, query: str, start: int, end: int, step: int) -> Response:
        if (end - start) // step > RESOLUTION:
            said = b"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
            return Response(400, said + b"resolution (?step=XX)")
        if end <= start:
            return Response(400, b"end timestamp must not be before or equal to start time\n")
        found = _COUNT.match(query)
        if not found:
            raise _ParseError("syntax error: unexpected IDENTIFIER")
        kind, arm = _asked(found[1], found[2])
        if self.aligned:
            start, end = start // step * step, end // step * step
        values: list[list[Any]] = []
        for time in range(start, end + 1, step):
            begin, end_with_it = time - int(found[3]), time + 1
            count = self.store.count(kind, arm or None, begin, end_with_it) if kind else None
            if count is not None and count > 0:
                values.append([time, _text(self.store.written(count))])
        result = [{"metric": {}, "values": values}] if values else []
        body: dict[str, Any] = {
            "status": "success",
            "data": {"resultType": "matrix", "result": [*result, *self.more], "stats": {"summary": {}}},
        }
        return Response(200, {**body, **({"warnings": self.warnings} if self.warnings else {})})


def _text(count: object) -> object:
    """A number is written as a text; what is none, as it is."""
    return str(count) if isinstance(count, int | float) else count


def _asked(selector: str, pipeline: str) -> tuple[str, str]:
    """What lines are counted, and of which arm; an empty kind for none."""
    labels: dict[str, str] = {}
    rest = selector[1:-1]
    while rest.strip():
        found = _MATCHER.match(rest)
        if not found:
            raise _ParseError(f"unexpected {rest[:20]}")
        labels[found[1]] = _unquoted(found[2])
        rest = rest[found.end() :].removeprefix(",")
    if not labels:
        raise _ParseError("queries require at least one regexp or equality matcher")
    kind = "requests"
    while pipeline.strip():
        found = _STAGE.match(pipeline)
        if not found:
            raise _ParseError(f"unexpected {pipeline[:20]}")
        if found["label"]:
            labels[found["label"]] = _unquoted(found["value"])
        if found["number"]:
            over = float(found["over"]) / (1_000_000 if found["unit"] else 1)
            is_duration = found["number"] == "took"
            assert is_duration == bool(found["unit"])
            kind = _over(found["op"], over)
        pipeline = pipeline[found.end() :]
    if labels.pop("level", "") == "error":
        kind = "errors"
    arm = labels.pop("variant", "")
    return (kind if labels == {"app": "shop"} and arm in ("", "on", "off") else ""), arm


def _over(op: str, over: float) -> str:
    if op == ">=":
        return "requests" if over <= QUICK else "errors"
    if over < QUICK:
        return "requests"
    return "errors" if over < SLOW else ""


def _unquoted(text: str) -> str:
    value: str = text[1:-1] if text[0] == "`" else json.loads(text)
    return value
