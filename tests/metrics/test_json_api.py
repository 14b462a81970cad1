"""Counts from any HTTP API that answers JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluicegate.metrics.interface import Bin, MetricError, MetricProvider, Query, Window
from support.fake_server import Fake, Request, Response, serving
from support.flag_cases import Patience
from support.make_provider import around, make_metrics

WINDOW = Window(1000, 60, 3)
WHOLE = Query(
    "errors",
    "/counts?what=errors&arm=$arm&from=$first&to=$last&every=$width $.points[*].count",
    "/counts?what=requests&arm=$arm&from=$first&to=$last&every=$width $.points[*].count",
    "exposed",
)
EACH = Query(
    "errors", "/one?what=errors&from=$start&to=$end $.count", "/one?what=requests&from=$start&to=$end $.count"
)


class Counts(Fake):
    """Answers what a test put there; by the query's `what`."""

    def __init__(self) -> None:
        super().__init__()
        self.points: dict[str, list[Any]] = {"errors": [0, 1, 2], "requests": [10, 20, 30]}
        self.asked: list[str] = []

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.path not in ("/counts", "/one"):
            return Response(404, {"error": "no such page"})
        query = {key: values[0] for key, values in request.query.items()}
        self.asked.append(f"{request.path} {query}")
        points = self.points[query["what"]]
        if request.path == "/one":
            return Response(200, {"count": points[(int(query["from"]) - 1000) // 60]})
        return Response(200, {"points": [{"count": p} for p in points]})


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def url(counts: Counts) -> Iterator[str]:
    with serving(counts) as address:
        yield address


def provider(url: str) -> MetricProvider:
    return make_metrics("json", f"url: {url}\n", around(Path(), Patience().clock()))


EXPECTED = (Bin(1000, 0, 10), Bin(1060, 1, 20), Bin(1120, 2, 30))


def test_the_whole_window_is_asked_at_once(url: str, counts: Counts) -> None:
    assert provider(url).counts(WHOLE, "a&b=c $x", WINDOW) == EXPECTED
    assert len(counts.asked) == 2
    expected = {"what": "errors", "arm": "a&b=c $x", "from": "1000", "to": "1180", "every": "60"}
    assert counts.asked[0] == f"/counts {expected}"


def test_each_bin_is_asked_by_itself(url: str, counts: Counts) -> None:
    assert provider(url).counts(EACH, None, WINDOW) == EXPECTED
    assert len(counts.asked) == 6


def test_too_many_requests_are_refused_with_the_other_way(url: str) -> None:
    with pytest.raises(MetricError) as caught:
        provider(url).counts(EACH, None, Window(1000, 60, 61))
    assert "$first" in caught.value.remedy


def test_null_is_no_data_and_absent_bad_events_are_none(url: str, counts: Counts) -> None:
    counts.points = {"errors": [], "requests": [10, None, 30]}
    assert provider(url).counts(WHOLE, "on", WINDOW) == (
        Bin(1000, 0, 10),
        Bin(1060, 0, 0, known=False),
        Bin(1120, 0, 30),
    )


@pytest.mark.parametrize("query", [WHOLE, EACH])
def test_nothing_at_all_is_no_data(url: str, counts: Counts, query: Query) -> None:
    counts.points = {"errors": [None] * 3, "requests": [None] * 3}
    assert not any(b.known for b in provider(url).counts(query, "on", WINDOW))


@pytest.mark.parametrize("value", [-1, 1.5, "3", True, [3], 1e300, {"a": 1}])
def test_what_is_no_count_is_an_error(url: str, counts: Counts, value: object) -> None:
    counts.points["requests"][1] = value
    for query in (WHOLE, EACH):
        with pytest.raises(MetricError, match="no count"):
            provider(url).counts(query, "on", WINDOW)


def test_a_whole_number_may_be_written_with_a_point(url: str, counts: Counts) -> None:
    counts.points["requests"][1] = 20.0
    assert provider(url).counts(WHOLE, "on", WINDOW) == EXPECTED


def test_too_few_values_are_an_error(url: str, counts: Counts) -> None:
    counts.points["requests"].pop()
    with pytest.raises(MetricError, match="2 values for 3 bins"):
        provider(url).counts(WHOLE, "on", WINDOW)


@pytest.mark.parametrize(
    "text",
    ["/counts?what=errors", "/counts?what=errors points", "counts $.a", "//elsewhere.example.com/x $.a"],
)
def test_an_expression_that_is_none_is_an_error(url: str, text: str) -> None:
    with pytest.raises(MetricError) as caught:
        provider(url).counts(Query("q", text, text), None, WINDOW)
    assert caught.value.remedy


def test_an_arm_that_is_missing_is_an_error(url: str) -> None:
    with pytest.raises(MetricError, match="arm"):
        provider(url).counts(WHOLE, None, WINDOW)


def test_a_server_that_has_no_such_page_is_an_error(url: str) -> None:
    with pytest.raises(MetricError):
        provider(f"{url}/elsewhere").counts(WHOLE, "on", WINDOW)


def test_no_data_is_said_before_the_start(url: str, counts: Counts) -> None:
    counts.points = {"errors": [], "requests": []}
    assert "no data" in provider(url).examine(WHOLE, "on", 10_000)[0]
    counts.points = {"errors": [], "requests": [1] * 6}
    assert provider(url).examine(WHOLE, "on", 10_000) == ()
