"""CloudWatch in a client of botocore: what it was given is summed as GetMetricData does, from its reference.

Every answer goes through botocore's Stubber, which checks it by the service's description; the client checks
the requests by it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.stub import Stubber

Dimensions = tuple[tuple[str, str], ...]
Named = tuple[str, str, Dimensions]


@dataclass
class CloudWatchFake:
    """Metrics, and what is wrong with the answers.

    Attributes:
        client: of botocore, which it answers.
        events: of each metric, by time.
        expressions: series of each metric maths expression, values by time.
        page: values of an answer.
        statuses: of results by their id, in place of `Complete`.
        messages: of an answer, and of each result by its id.
        faults: codes and statuses of errors of the next requests.
        asked: the requests.
    """

    client: Any
    events: dict[Named, dict[int, float]] = field(default_factory=dict)
    expressions: dict[str, list[dict[int, float]]] = field(default_factory=dict)
    page: int = 100_800
    statuses: dict[str, str] = field(default_factory=dict)
    messages: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    faults: list[tuple[str, int]] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stubber = Stubber(self.client)
        self.stubber.activate()
        self.client.meta.events.register_first("provide-client-params.*.*", self._prepare)

    def put(self, namespace: str, name: str, events: Mapping[int, float], **dimensions: str) -> None:
        """Events of a metric, by time."""
        there = self.events.setdefault((namespace, name, tuple(sorted(dimensions.items()))), {})
        for time, count in events.items():
            there[time] = there.get(time, 0) + count

    @property
    def periods(self) -> set[int]:
        """The periods of all metrics that were asked for."""
        queries = [query for _, asked in self.asked for query in asked["MetricDataQueries"]]
        return {query["MetricStat"]["Period"] for query in queries}

    def _prepare(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.asked.append((model.name, params))
        method = xform_name(model.name)
        if self.faults:
            code, status = self.faults.pop(0)
            self.stubber.add_client_error(method, code, f"{code} of the test", status)
        else:
            answer = {"GetMetricData": self._data, "ListMetrics": self._list}[model.name](params)
            self.stubber.add_response(method, answer)

    def _data(self, params: Mapping[str, Any]) -> dict[str, Any]:
        start, end = (int(params[key]) for key in ("StartTime", "EndTime"))
        found: list[tuple[str, str, list[tuple[int, float]]]] = []
        for query in params["MetricDataQueries"]:
            found += self._series(query, start, end)
        begin, results, more = int(params.get("NextToken", "0")), [], False
        for id_, label, values in found:
            now = values[begin : begin + self.page]
            rest = len(values) > begin + self.page
            more |= rest
            results.append({
                "Id": id_, "Label": label, "Timestamps": [_time(t) for t, _ in now],
                "Values": [float(v) for _, v in now],
                "StatusCode": self.statuses.get(id_, "PartialData" if rest else "Complete"),
                **({"Messages": self.messages[id_]} if id_ in self.messages else {}),
            })  # fmt: skip
        return {
            "MetricDataResults": results, "Messages": self.messages.get("", []),
            **({"NextToken": str(begin + self.page)} if more else {}),
        }  # fmt: skip

    def _series(
        self, query: Mapping[str, Any], start: int, end: int
    ) -> list[tuple[str, str, list[tuple[int, float]]]]:
        if "Expression" in query:
            return [
                (query["Id"], f"series {n}", sorted((t, v) for t, v in values.items() if start <= t < end))
                for n, values in enumerate(self.expressions[query["Expression"]])
            ]
        stat = query["MetricStat"]
        assert stat["Stat"] == "Sum"
        period = stat["Period"]
        sums: dict[int, float] = {}
        for time, count in self.events.get(_named(stat["Metric"]), {}).items():
            bucket = time // period * period
            if start <= bucket < end:
                sums[bucket] = sums.get(bucket, 0.0) + count
        return [(query["Id"], stat["Metric"]["MetricName"], sorted(sums.items()))]

    def _list(self, params: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {(d["Name"], d["Value"]) for d in params.get("Dimensions", [])}
        found = [
            {"Namespace": space, "MetricName": name, "Dimensions": [{"Name": n, "Value": v} for n, v in own]}
            for space, name, own in self.events
            if (space, name) == (params["Namespace"], params["MetricName"]) and wanted <= set(own)
        ]
        begin = int(params.get("NextToken", "0"))
        more = {"NextToken": str(begin + 2)} if len(found) > begin + 2 else {}
        return {"Metrics": found[begin : begin + 2], **more}


def _named(metric: Mapping[str, Any]) -> Named:
    pairs = tuple(sorted((each["Name"], each["Value"]) for each in metric["Dimensions"]))
    return metric["Namespace"], metric["MetricName"], pairs


def _time(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
