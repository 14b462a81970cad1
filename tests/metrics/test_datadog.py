"""Datadog: counts of metrics and distributions, in steps that its answer states."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.metrics.datadog_query import parse_scoped
from sluicegate.metrics.interface import MetricError, MetricProvider, Query, Window
from support import proxy
from support.datadog_fake import API_KEY, APP_KEY, Datadog
from support.make_provider import around, make_metrics
from support.meter_cases import BINS, HttpMeterCases, HttpMeterRig
from support.proxy import Fault, Proxy, answered

ARMS = "{service:shop,variant:$arm}"


class DatadogRig(HttpMeterRig):
    """An organisation of the fake."""

    durations = Query("slow", f"shop.seconds{ARMS}", f"shop.seconds{ARMS}", "exposed", over=Fraction(2))

    def __init__(self, before: Proxy, fake: Datadog) -> None:
        super().__init__(before, {"dd-api-key": API_KEY, "dd-application-key": APP_KEY})
        self.fake = fake

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", f"shop.errors{ARMS}", f"sum:shop.requests{ARMS}", "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", "shop.errors", "shop.requests{service:shop}")

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.fake.store.show(scene)

    def provider(self, more: str = "") -> MetricProvider:
        """See `MeterRig`."""
        given = around(
            Path(), self.patience.clock(), METRICS_API_KEY=API_KEY, METRICS_APP_KEY=APP_KEY, DD_OTHER="x"
        )
        keys = "token: METRICS_API_KEY\napplication-token: METRICS_APP_KEY\n"
        return make_metrics("datadog", f"url: {self.proxy.url}\n{keys}{more}", given)

    def poison(self, value: object) -> None:
        """See `HttpMeterRig`."""
        self.fake.store.instead = (value,)

    def says(self, words: str) -> Fault:
        """See `HttpMeterRig`."""
        return answered(200, f'{{"status": "error", "error": "{words}", "series": []}}')


@pytest.fixture
def rig() -> Iterator[DatadogRig]:
    fake = Datadog()
    with proxy.before(fake) as before:
        yield DatadogRig(before, fake)


class TestAsEveryProvider(HttpMeterCases):
    """The cases of `meter_cases`."""


def test_a_query_is_summed_in_steps_of_a_bin(rig: DatadogRig) -> None:
    rig.counts("usual")
    assert {query for query, _, _ in rig.fake.asked} == {
        "sum:shop.errors{service:shop,variant:on}.as_count().rollup(sum, 60)",
        "sum:shop.requests{service:shop,variant:on}.as_count().rollup(sum, 60)",
    }


def test_durations_are_counted_over_the_threshold_in_their_unit(rig: DatadogRig) -> None:
    rig.show("usual")
    assert rig.durations
    rig.provider("unit: ms\n").counts(rig.durations, "on", rig.window)
    assert [query for query, _, _ in rig.fake.asked] == [
        "count(v: v>2000):shop.seconds{service:shop,variant:on}.as_count().rollup(sum, 60)",
        "count:shop.seconds{service:shop,variant:on}.as_count().rollup(sum, 60)",
    ]


def test_steps_that_are_longer_than_a_bin_are_refused_with_the_bin_that_would_do(rig: DatadogRig) -> None:
    rig.fake.coarsest = 300
    with pytest.raises(MetricError, match="in steps of 300 s, and a bin has 60 s") as caught:
        rig.counts("usual")
    assert "bin: 300s" in caught.value.remedy
    bins = rig.counts("usual", window=Window(rig.start, 300, 2))
    assert [one.total for one in bins] == [sum(range(20, 25)), sum(range(25, 30))]


def test_a_long_window_is_asked_for_in_pieces_whose_steps_stay_short(rig: DatadogRig) -> None:
    bins = rig.counts("usual", window=Window(rig.start + 7 - 86400 * 2, 60, 2 * 1440 + BINS))
    assert sum(one.total for one in bins) == sum(range(20, 32))
    spans = {(first, last) for _, first, last in rig.fake.asked}
    assert len(spans) == 3
    assert all(last - first <= 1000 * 60 for first, last in spans)
    assert all(first % 60 == 0 for first, _ in spans)


def test_an_event_at_the_border_of_two_answers_counts_once(
    rig: DatadogRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.metrics.datadog.POINTS", 4)
    for minute in range(BINS):
        rig.fake.store.happened.append((rig.start + minute * 60, "requests", "on", 7))
    bins = rig.provider().counts(rig.query, "on", rig.window)
    assert [one.total for one in bins] == [7] * BINS


def test_two_series_are_refused(rig: DatadogRig) -> None:
    rig.fake.more = [{"interval": 60, "pointlist": []}]
    with pytest.raises(MetricError, match="2 series") as caught:
        rig.counts("usual")
    assert "by {" in caught.value.remedy


@pytest.mark.parametrize(
    "change",
    [{"interval": None}, {"interval": 0}, {"interval": 1.5}, {"interval": "60"}, {"pointlist": None},
     {"pointlist": [[1_800_000_000_500, 1]]}, {"pointlist": [[1_800_000_000_000]]},
     {"pointlist": [[None, 1]]}, {"pointlist": [1]}, {"pointlist": [[1e300, 1]]},
     {"pointlist": [[1_800_000_000_000, 1], [1_800_000_000_000, 1]]},
     {"pointlist": [[1_800_000_000_000, 1], [1_800_000_030_000, 1]]}],
)  # fmt: skip
def test_an_answer_that_does_not_say_what_was_counted_when(
    rig: DatadogRig, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    series = {"interval": 60, "pointlist": [[1_800_000_000_000, 1]], **change}
    monkeypatch.setattr(rig.fake, "_series", lambda *_: [series])
    with pytest.raises(MetricError) as caught:
        rig.counts("usual")
    assert caught.value.remedy


def test_rates_times_seconds_are_counts(rig: DatadogRig) -> None:
    rig.poison(3.0000000000000004)
    assert [one.total for one in rig.counts("clean")] == [3] * BINS


def test_an_estimate_is_rounded_and_its_expression_is_sent_as_it_is(rig: DatadogRig) -> None:
    rig.poison(3.4)
    text = "sum:shop.requests{service:shop,variant:$arm}.as_count().rollup(sum, $width)"
    rig.show("clean")
    query = Query("rough", text, text, "exposed", approximate=True)
    assert [one.total for one in rig.provider().counts(query, "on", rig.window)] == [3] * BINS
    assert rig.fake.asked[0][0] == text.replace("$arm", "on").replace("$width", "60")


def test_a_rate_limit_is_waited_for_by_its_own_header(rig: DatadogRig) -> None:
    rig.proxy.for_which = lambda asked: True
    rig.proxy.faults = [answered(429, '{"errors": ["Rate limit"]}', x_ratelimit_reset="11")]
    rig.counts("usual")
    assert 11 in rig.patience.slept
    rig.proxy.always = answered(429, x_ratelimit_reset="3599", x_ratelimit_period="3600")
    with pytest.raises(MetricError, match="429") as caught:
        rig.counts("usual")
    assert "less often" in caught.value.remedy


def test_keys_of_another_site_are_said(rig: DatadogRig) -> None:
    rig.proxy.for_which = lambda asked: True
    rig.proxy.always = answered(403, '{"errors": ["Forbidden"]}')
    with pytest.raises(MetricError, match="Forbidden") as caught:
        rig.counts("usual")
    assert "METRICS_API_KEY and METRICS_APP_KEY must hold" in caught.value.remedy
    assert "`url`" in caught.value.remedy


@pytest.mark.parametrize("missing", ["METRICS_API_KEY", "METRICS_APP_KEY"])
def test_both_keys_are_wanted(missing: str) -> None:
    given = {"METRICS_API_KEY": "a", "METRICS_APP_KEY": "b"}
    del given[missing]
    text = "url: https://api.datadoghq.eu\ntoken: METRICS_API_KEY\napplication-token: METRICS_APP_KEY\n"
    with pytest.raises(UsageError, match=missing):
        make_metrics("datadog", text, around(Path(), None, **given))


@pytest.mark.parametrize(
    "text",
    ["avg:shop.requests{*}", "sum:shop.requests{*}.as_rate()", "sum:shop.requests{*} by {host}",
     "sum:a{*} / sum:b{*}", "shop.requests{a:b}{c:d}", "shop.requests{a:b", "", "{a:b}", "a b",
     "p95:shop.seconds{*}", "count(v: v>2):shop.seconds{*}", "shop.requests{*}.rollup(sum, 10)"],
)  # fmt: skip
def test_what_computes_is_refused(rig: DatadogRig, text: str) -> None:
    with pytest.raises(MetricError, match="no metric with a scope") as caught:
        rig.provider().counts(Query("q", text, "shop.requests"), None, rig.window)
    assert caught.value.remedy
    assert rig.fake.asked == []


HARD = st.text(st.one_of(st.sampled_from("{}:,*!$. "), st.characters()), max_size=12)


@given(HARD, HARD)
def test_an_expression_is_a_metric_or_a_typed_error(text: str, arm: str) -> None:
    for expression in (text, f"shop.requests{{{text},variant:$arm}}", f"shop.requests{{variant:{arm}}}"):
        try:
            found = parse_scoped(expression, arm, "q").counting(60)
        except MetricError:
            continue
        assert found.count("{") == found.count("}") == 1
        assert found.endswith("}.as_count().rollup(sum, 60)")
        assert found.startswith(("sum:", "count:"))
