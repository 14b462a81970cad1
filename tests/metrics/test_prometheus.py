"""Prometheus: counts on a real server with a history by its own tool, and wrong answers by a proxy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.metrics.interface import Bin, MetricError, MetricProvider, Query, Window
from sluicegate.metrics.selector import for_arm, parse_selector
from support import prometheus, proxy
from support.flag_cases import Patience
from support.make_provider import around, make_metrics
from support.processes import wait_until
from support.prometheus import Series
from support.proxy import Proxy, answered

NOW = int(time.time()) // 3600 * 3600 - 2 * 3600
"""The end of the history, on a whole hour: every bin has its samples."""
START = NOW - 6 * 3600
HOUR = Window(NOW - 3600, 60, 60)
TOKEN = "token-of-the-metric-server"


def steady(
    rate: int, *, every: int = 15, start: int = START, end: int = NOW, first: int = 0
) -> list[tuple[int, float]]:
    """A counter that grows by `rate` at each sample."""
    return [(t, first + rate * n) for n, t in enumerate(range(start, end + 1, every))]


def history() -> list[Series]:
    """Requests of two arms in two pods, errors that begin late, restarts, silence, and a histogram."""
    half, quarter = NOW - 1800, NOW - 900
    series: list[Series] = []
    for pod in ("a", "b"):
        for arm, rate in (("on", 1), ("off", 19)):
            labels = {"exposed": arm, "pod": pod}
            series.append(("requests_total", labels, steady(rate, first=1_000_000)))
    series.append(("errors_total", {"exposed": "on", "pod": "a"}, steady(1, start=half, first=1)))
    restarting = [(t, (n % 40) * 3.0) for n, t in enumerate(range(START, NOW + 1, 15))]
    series.append(("restarting_total", {}, restarting))
    silent = [(t, v) for t, v in steady(2) if not half < t <= quarter]
    series.append(("silent_total", {}, silent))
    for le, rate in (("0.5", 5), ("1.0", 8), ("2.0", 9), ("+Inf", 10)):
        series.append(("seconds_bucket", {"le": le}, steady(rate)))
    series.append(("seconds_count", {}, steady(10)))
    series.append(("mixed_bucket", {"le": "2", "pod": "a"}, steady(1)))
    series.append(("mixed_bucket", {"le": "2.0", "pod": "b"}, steady(1)))
    series.append(("mixed_count", {}, steady(4)))
    series.append(("temperature", {}, [(t, 20.5) for t in range(START, NOW + 1, 15)]))
    series.append(("ratio", {}, [(t, float("nan")) for t in range(START, NOW + 1, 15)]))
    return series


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with prometheus.prometheus(history()) as url:
        yield url


@pytest.fixture
def before(server: str) -> Iterator[Proxy]:
    with proxy.before(server) as own:
        own.for_which = lambda asked: True
        yield own


def provider(url: str, more: str = "") -> MetricProvider:
    given = around(Path(), Patience().clock(), METRICS_TOKEN=TOKEN)
    return make_metrics("prometheus", f"url: {url}\n{more}", given)


ERRORS = Query("errors", 'errors_total{exposed="$arm"}', 'requests_total{exposed="$arm"}', "exposed")


def test_counts_are_exact_over_all_series(server: str) -> None:
    bins = provider(server).counts(ERRORS, "on", HOUR)
    assert [b.start for b in bins] == list(HOUR.starts)
    assert all(b.known for b in bins)
    assert [b.total for b in bins] == [8] * 60
    assert [b.bad for b in bins[:29]] == [0] * 29
    assert [b.bad for b in bins[30:]] == [4] * 30
    assert sum(b.bad for b in bins) == 1 + 30 * 4  # the first error makes its series


def test_no_errors_yet_are_no_errors_and_not_no_data(server: str) -> None:
    bins = provider(server).counts(ERRORS, "off", HOUR)
    assert [(b.bad, b.total, b.known) for b in bins] == [(0, 152, True)] * 60


def test_nothing_at_all_is_no_data(server: str) -> None:
    query = Query("gone", "gone_errors_total", "gone_total")
    assert provider(server).counts(query, None, Window(HOUR.start, 60, 2)) == (
        Bin(HOUR.start, 0, 0, known=False),
        Bin(HOUR.start + 60, 0, 0, known=False),
    )


def test_restarts_lose_only_what_no_sample_saw(server: str) -> None:
    query = Query("r", "restarting_total", "restarting_total")
    bins = provider(server).counts(query, None, HOUR)
    offset = (NOW - START) // 15
    samples = [((offset + n) % 40) * 3 for n in range(-240, 1, 2)]  # every 30 s, as it is asked
    steps = [b - a if b >= a else b for a, b in pairwise(samples)]
    assert [b.total for b in bins] == [x + y for x, y in zip(steps[::2], steps[1::2], strict=True)]


def test_traffic_that_stops_and_comes_back(server: str) -> None:
    query = Query("s", "none_total", "silent_total")
    bins = provider(server).counts(query, None, HOUR)
    unknown = [n for n, b in enumerate(bins) if not b.known]
    assert unknown  # Prometheus shows a last value for five minutes
    assert unknown[0] >= 30 + 5
    assert unknown[-1] == 44
    assert sum(b.total for b in bins) == 2 * 240


def test_a_window_in_pieces_counts_the_same(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = provider(server).counts(ERRORS, "on", HOUR)
    monkeypatch.setattr("sluicegate.metrics.prometheus.POINTS", 7)
    assert provider(server).counts(ERRORS, "on", HOUR) == whole


def test_the_same_bins_at_every_look(server: str) -> None:
    whole = provider(server).counts(ERRORS, "on", HOUR)
    for count in (1, 7, 31, 59):
        assert provider(server).counts(ERRORS, "on", Window(HOUR.start, 60, count)) == whole[:count]


@pytest.mark.parametrize(("over", "bad"), [("0.5", 20), ("1", 8), ("2", 4), ("2.0", 4)])
def test_durations_over_a_bound_are_bad(server: str, over: str, bad: int) -> None:
    query = Query("slow", "seconds_bucket", "seconds_count", over=Fraction(over))
    bins = provider(server).counts(query, None, HOUR)
    assert [(b.bad, b.total) for b in bins] == [(bad, 40)] * 60


@pytest.mark.parametrize("name", ["seconds", "seconds_bucket", "seconds_count", 'seconds{le!=""}'])
def test_a_histogram_may_be_named_by_its_own_name(server: str, name: str) -> None:
    query = Query("slow", name, "seconds_count" if "{" in name else name, over=Fraction(2))
    bins = provider(server).counts(query, None, HOUR)
    assert [(b.bad, b.total) for b in bins] == [(4, 40)] * 60
    assert provider(server).examine(query, None, NOW) == ()


def test_a_bound_in_two_spellings(server: str) -> None:
    query = Query("slow", "mixed_bucket", "mixed_count", over=Fraction(2))
    assert [b.bad for b in provider(server).counts(query, None, HOUR)] == [8] * 60


@pytest.mark.parametrize(("over", "near"), [("1.5", "1 s and 2 s"), ("0.1", "0.5 s"), ("60", "2 s")])
def test_a_threshold_that_is_no_bound_names_its_neighbours(server: str, over: str, near: str) -> None:
    query = Query("slow", "seconds_bucket", "seconds_count", over=Fraction(over))
    for act in (
        lambda: provider(server).counts(query, None, HOUR),
        lambda: provider(server).examine(query, None, NOW),
    ):
        with pytest.raises(MetricError, match="no bound") as caught:
            act()
        assert near in caught.value.what


def test_an_estimate_is_marked_by_the_query_and_rounded(server: str) -> None:
    query = Query(
        "e", "sum(increase(errors_total[$width]))", "sum(increase(requests_total[$width]))", approximate=True
    )
    bins = provider(server).counts(query, None, HOUR)
    assert all(abs(b.total - 160) <= 2 for b in bins)
    assert bins[0].bad == 0


@pytest.mark.parametrize(
    ("bad", "total", "what"),
    [
        ("errors_total", "sum(requests_total)", "no plain selector"),
        ("errors_total", "requests_total[5m]", "no plain selector"),
        ("errors_total", 'requests_total{a="b"', "no plain selector"),
        ("errors_total", "temperature", "no counter of events"),
        ("errors_total", "ratio", "no finite number"),
        ("requests_total", "errors_total", "more bad events"),
        ("seconds_count", 'errors_total{exposed="$arm"}', "not of an arm"),
        ("gone", "requests_total", "no buckets"),
    ],
)
def test_a_query_that_does_not_count_is_an_error(server: str, bad: str, total: str, what: str) -> None:
    query = Query("q", bad, total, over=Fraction(1) if bad == "gone" else None)
    with pytest.raises(MetricError, match=what) as caught:
        provider(server).counts(query, None, HOUR)
    assert caught.value.exit_code is ExitCode.WORLD
    assert caught.value.remedy


def test_an_expression_that_does_not_parse_is_the_servers_own_message(server: str) -> None:
    with pytest.raises(MetricError, match="parse error"):
        provider(server).counts(Query("q", "sum(", "sum(", approximate=True), None, HOUR)


def test_an_arm_is_no_code(server: str) -> None:
    bins = provider(server).counts(ERRORS, 'on"} or vector(1) #', Window(HOUR.start, 60, 1))
    assert not bins[0].known


@pytest.mark.parametrize(
    ("query", "arm", "says"),
    [
        (ERRORS, "on", []),
        (ERRORS, "off", []),
        (ERRORS, "canary", ['no series requests_total has exposed="canary"; it has: off, on']),
        (Query("q", "errors_total", "gone_total"), None, ["no series has the name gone_total"]),
        (Query("q", "gone_total", "requests_total"), None, []),
        (Query("q", 'errors_total{pod="z"}', "requests_total"), None, []),
        (Query("q", 'errors_total{code="500"}', "requests_total"), None, ['has code="500"; it has: none']),
    ],
)
def test_what_nothing_has_is_said_before_the_start(
    server: str, query: Query, arm: str | None, says: list[str]
) -> None:
    found = provider(server).examine(query, arm, NOW)
    assert len(found) == len(says)
    assert all(text in each for text, each in zip(says, found, strict=True))


def test_an_answer_with_warnings_is_not_whole(before: Proxy) -> None:
    data = {"resultType": "matrix", "result": []}
    before.always = answered(200, json.dumps({"status": "success", "data": data, "warnings": ["partial"]}))
    with pytest.raises(MetricError, match="partial"):
        provider(before.url).counts(ERRORS, "on", HOUR)


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", "<html>", '{"status": "error", "error": "no"}', '{"status": "success"}',
     '{"status": "success", "data": {"result": [1]}}',
     '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1]]}]}}',
     '{"status": "success", "data": {"result": [{"metric": {}, "values": [["x", "1"]]}]}}',
     '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1, "+Inf"]]}]}}'],
)  # fmt: skip
def test_what_is_no_answer_of_prometheus(before: Proxy, text: str) -> None:
    before.always = answered(200, text)
    with pytest.raises(MetricError):
        provider(before.url).counts(ERRORS, "on", HOUR)


def answers(before: Proxy, path: str, data: object) -> None:
    before.for_which = lambda asked: asked.path.startswith(path)
    before.always = answered(200, json.dumps({"status": "success", "data": data}))


@pytest.mark.parametrize("value", ["-3", "1e300", "-Inf"])
def test_an_estimate_is_no_negative_and_no_endless_count(before: Proxy, value: str) -> None:
    series = [{"metric": {}, "values": [[start + 60, value] for start in HOUR.starts]}] * 2
    answers(before, "/api/v1/query_range", {"result": series})
    with pytest.raises(MetricError) as caught:
        provider(before.url).counts(Query("q", "a", "a", approximate=True), None, HOUR)
    assert caught.value.remedy


@pytest.mark.parametrize("value", ["1e300", "-1"])
def test_a_counter_is_a_number_that_is_kept_exactly(before: Proxy, value: str) -> None:
    answers(before, "/api/v1/query_range", {"result": [{"metric": {}, "values": [[HOUR.start, value]]}]})
    with pytest.raises(MetricError, match="no counter of events"):
        provider(before.url).counts(ERRORS, "on", HOUR)


@pytest.mark.parametrize("bound", [[], {}, None, 1, "1e999999999", "nan", "1/3", "9" * 100_000, "", "x"])
def test_a_bound_that_is_none_is_no_bound(before: Proxy, bound: object) -> None:
    answers(before, "/api/v1/series", [{"__name__": "seconds_bucket", "le": bound, "pod": ["a"]}, 7])
    query = Query("slow", "seconds_bucket", "seconds_count", over=Fraction(7))
    with pytest.raises(MetricError, match="no bound of the histogram's buckets; it"):
        provider(before.url).counts(query, None, HOUR)


@pytest.mark.parametrize(
    ("text", "arm", "written"),
    [
        ('a{b="$arm"}', 'x"\\', 'a{b="x\\"\\\\"}'),
        ("a{b='$arm'}", "x',c='d", "a{b='x\\',c=\\'d'}"),
        ("a{b=`$arm`}", "x'\"", "a{b=`x'\"`}"),
        ("a_$arm{}", "on", "a_on{}"),
    ],
)
def test_an_arm_is_written_for_its_quotes(text: str, arm: str, written: str) -> None:
    assert for_arm(text, arm, "q") == written


@pytest.mark.parametrize(("text", "arm"), [("a{b=`$arm`}", "x`"), ("a_$arm{}", "on{} or b")])
def test_an_arm_that_cannot_be_written_is_refused(text: str, arm: str) -> None:
    with pytest.raises(MetricError, match="cannot be written"):
        for_arm(text, arm, "q")


def test_faults_that_pass_are_waited_for(before: Proxy) -> None:
    before.faults = [answered(429, retry_after="3"), answered(503), proxy.LOST]
    assert len(provider(before.url).counts(ERRORS, "on", HOUR)) == 60


def test_faults_that_stay_are_an_error(before: Proxy) -> None:
    before.always = answered(503, '{"status": "error", "error": "overloaded"}')
    with pytest.raises(MetricError, match="overloaded"):
        provider(before.url).counts(ERRORS, "on", HOUR)


def test_a_token_is_sent_and_never_shown(before: Proxy) -> None:
    own = provider(before.url, "token: METRICS_TOKEN\n")
    own.counts(ERRORS, "on", Window(HOUR.start, 60, 1))
    assert {asked.headers["authorization"] for asked in before.asked} == {f"Bearer {TOKEN}"}
    before.always = answered(401, f'{{"message": "not {TOKEN}"}}')
    with pytest.raises(MetricError) as caught:
        own.counts(ERRORS, "on", HOUR)
    assert TOKEN not in str(caught.value)
    assert "METRICS_TOKEN" in caught.value.remedy
    assert TOKEN not in repr(own)


def test_a_token_that_is_named_and_not_set() -> None:
    with pytest.raises(UsageError, match="METRICS_OTHER"):
        provider("https://prometheus.example.com", "token: METRICS_OTHER\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("up", "up{}"),
        (" a:b { x = \"1\" , y!~'2' , } ", "a:b{x=\"1\",y!~'2'}"),
        ('a{x="\\"}"}', 'a{x="\\"}"}'),
    ],
)
def test_selectors(text: str, written: str) -> None:
    assert str(parse_selector(text, "q")) == written


@pytest.mark.slow
def test_a_program_that_is_scraped_is_counted_exactly() -> None:
    """Live: what a program counted between two of its scrapes is what is read."""
    served = {"good": 0, "bad": 0}
    query = Query("hits", 'hits_total{code="500"}', "hits_total")

    def look(url: str, begin: int) -> tuple[Bin, ...]:
        return provider(url).counts(query, None, Window(begin, 1, int(time.time()) - begin - 1))

    class Program(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = f'hits_total{{code="200"}} {served["good"]}\nhits_total{{code="500"}} {served["bad"]}\n'
            data = text.encode()
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Program) as program:
        thread = Thread(target=program.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            with prometheus.prometheus(targets=[f"127.0.0.1:{program.server_port}"]) as url:
                begin = int(time.time()) - 10
                wait_until(lambda: any(b.known for b in look(url, begin)))  # the counters are known at zero
                served |= {"good": 176, "bad": 9}
                wait_until(lambda: sum(b.total for b in look(url, begin)) > 0)
                bins = look(url, begin)
        finally:
            program.shutdown()
            thread.join()
    assert (sum(b.bad for b in bins), sum(b.total for b in bins)) == (9, 185)
