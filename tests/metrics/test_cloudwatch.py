"""CloudWatch: sums of what it was given, in answers that botocore's Stubber checks, and what can be wrong.

It has `MeterCases` and no `HttpMeterCases`: botocore signs and parses, so that faults come as its own errors,
which the tests below have, and not as statuses and bodies that a proxy could change.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.metrics.cloudwatch.expression import Metric, parse_metrics
from sluicegate.metrics.cloudwatch.periods import PERIODS, counted, kept_for, pieces
from sluicegate.metrics.cloudwatch.provider import CloudWatch
from sluicegate.metrics.interface import Bin, MetricError, Query, Window
from sluicegate.net.client import Clock
from support.appconfig_rig import VARIABLES
from support.cloudwatch_fake import CloudWatchFake
from support.flag_cases import Patience
from support.make_provider import around, make_metrics
from support.meter_cases import ARMS as ARMS_OF_SCENES
from support.meter_cases import MeterCases, MeterRig
from support.scene_store import Store

NOW = 1_790_000_000 // 3600 * 3600
START = NOW - 3600
HOUR = Window(START, 60, 60)
DAY = 86_400
ELB = "AWS/ApplicationELB"
BALANCER = "app/shop/1a2b3c"
ERRORS = Query(
    "errors", f'{ELB} HTTPCode_Target_5XX_Count{{LoadBalancer="{BALANCER}"}}',
    f'{ELB} RequestCount{{LoadBalancer="{BALANCER}"}}',
)  # fmt: skip
ARMS = Query("arms", 'Shop Errors{arm="$arm"}', 'Shop Requests{arm="$arm"}', "exposed")


class Scene:
    """A provider and the CloudWatch that it asks."""

    def __init__(self, more: str = "") -> None:
        self.patience = Patience()
        given = around(Path(), replace(self.patience.clock(), now=lambda: NOW + 120.0))
        text = f"region: eu-central-1\n{more}"
        self.provider = cast("CloudWatch", make_metrics("cloudwatch", text, given))
        self.fake = CloudWatchFake(self.provider.server.api)

    def requests(self, count: int = 20, every: int = 60, start: int = START - 600, end: int = NOW) -> None:
        """Events of the load balancer: all of them, and one bad in the second half hour each minute."""
        self.fake.put(
            ELB, "RequestCount", dict.fromkeys(range(start, end, every), count), LoadBalancer=BALANCER
        )
        bad = dict.fromkeys(range(NOW - 1800, end, every), 1)
        self.fake.put(ELB, "HTTPCode_Target_5XX_Count", bad, LoadBalancer=BALANCER)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


class CloudWatchRig(MeterRig):
    """A metric of requests and one of errors, by variant."""

    def __init__(self) -> None:
        super().__init__()
        given = around(Path(), replace(self.patience.clock(), now=lambda: self.now + 120.0))
        self.own = cast("CloudWatch", make_metrics("cloudwatch", "region: eu-central-1\n", given))
        self.fake = CloudWatchFake(self.own.server.api)
        self.store = Store()

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", 'Shop errors{variant="$arm"}', 'Shop requests{variant="$arm"}', "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        bad, total = (" + ".join(f'Shop {kind}{{variant="{arm}"}}' for arm in ARMS_OF_SCENES)
                      for kind in ("errors", "requests"))  # fmt: skip
        return Query("errors", bad, total)

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.store.show(scene)
        self.fake.events.clear()
        for at, kind, arm, number in self.store.happened:
            self.fake.put("Shop", kind, {at: number}, variant=arm)

    def provider(self) -> CloudWatch:
        """See `MeterRig`."""
        return self.own


class TestAsEveryProvider(MeterCases):
    """The cases of `meter_cases`."""

    @pytest.fixture
    def rig(self) -> CloudWatchRig:
        """A new world."""
        return CloudWatchRig()


@pytest.mark.parametrize("arm", ['on"', "on'", "on\\", "o\nn", "on) + m2", "{on}", ""])
def test_an_arm_is_no_metric_maths(arm: str) -> None:
    query = Query("q", "FILL(m, 0)", "SUM(SEARCH('{Shop,arm} arm=\"$arm\"', 'Sum', 60))", "exposed", True)
    with pytest.raises(MetricError, match="cannot be written") as caught:
        Scene().provider.counts(query, arm, HOUR)
    assert caught.value.remedy


def test_counts_are_sums_and_absent_bad_events_are_none() -> None:
    scene = Scene()
    scene.requests()
    bins = scene.provider.counts(ERRORS, None, HOUR)
    assert [b.start for b in bins] == list(HOUR.starts)
    assert [(b.bad, b.total, b.known) for b in bins] == [(0, 20, True)] * 30 + [(1, 20, True)] * 30


def test_nothing_at_all_is_no_data() -> None:
    bins = Scene().provider.counts(ERRORS, None, Window(START, 60, 2))
    assert bins == (Bin(START, 0, 0, known=False), Bin(START + 60, 0, 0, known=False))


def test_the_newest_minutes_without_values_are_no_data() -> None:
    scene = Scene()
    scene.requests(end=NOW - 180)
    bins = scene.provider.counts(ERRORS, None, HOUR)
    assert [b.known for b in bins] == [True] * 57 + [False] * 3


@pytest.mark.parametrize("offset", [1, 17, 59])
def test_a_window_that_begins_within_a_minute_counts_whole_minutes_of_its_own_alone(offset: int) -> None:
    scene = Scene()
    events = dict.fromkeys(range(START - 120, NOW + 120), 1)
    scene.fake.put("Shop", "Requests", events)
    bins = scene.provider.counts(
        Query("q", "Shop Errors", "Shop Requests"), None, Window(START + offset, 60, 30)
    )
    assert [(b.total, b.known) for b in bins] == [(0, False)] + [(60, True)] * 29


def test_the_same_bins_at_every_look() -> None:
    scene = Scene()
    scene.requests()
    whole = scene.provider.counts(ERRORS, None, Window(START + 7, 60, 58))
    for count in (1, 7, 31, 57):
        assert scene.provider.counts(ERRORS, None, Window(START + 7, 60, count)) == whole[:count]


def test_arms_are_values_of_dimensions_and_no_code() -> None:
    scene = Scene()
    scene.fake.put("Shop", "Requests", {START: 5}, arm="on")
    window = Window(START, 60, 1)
    assert scene.provider.counts(ARMS, "on", window)[0].total == 5
    assert not scene.provider.counts(ARMS, 'on"} + Shop Requests{a="b', window)[0].known
    with pytest.raises(MetricError, match="not of an arm"):
        scene.provider.counts(ARMS, None, window)


def test_several_metrics_are_added() -> None:
    scene = Scene()
    scene.fake.put("A", "Errors", {START: 2}, f="x")
    scene.fake.put("B", "Errors", {START: 3}, f="y")
    scene.fake.put("A", "Calls", {START: 9})
    query = Query("q", 'A Errors{f="x"} + B Errors{ f = "y" }', "A Calls")
    assert scene.provider.counts(query, None, Window(START, 60, 1)) == (Bin(START, 5, 9),)


@pytest.mark.parametrize("page", [1, 7, 60])
def test_an_answer_in_pages_is_read_whole(page: int) -> None:
    scene = Scene()
    scene.requests()
    scene.fake.page = page
    bins = scene.provider.counts(ERRORS, None, HOUR)
    assert (sum(b.total for b in bins), sum(b.bad for b in bins)) == (1200, 30)


def test_what_is_older_than_minutes_are_kept_is_asked_by_longer_periods() -> None:
    scene = Scene()
    start = NOW - 70 * DAY
    scene.fake.put("Shop", "Requests", dict.fromkeys(range(start, NOW, 3600), 2))
    bins = scene.provider.counts(
        Query("q", "Shop Errors", "Shop Requests"), None, Window(start, 300, 70 * DAY // 300)
    )
    assert sum(b.total for b in bins) == 2 * 70 * DAY // 3600
    assert scene.fake.periods == {60, 300, 3600}


@pytest.mark.parametrize(("more", "period"), [("", 60), ("period: 300\n", 300), ("period: 10\n", 10)])
def test_a_bin_is_of_whole_periods(more: str, period: int) -> None:
    scene = Scene(more)
    scene.requests(every=300)
    query = ERRORS
    assert sum(b.total for b in scene.provider.counts(query, None, Window(START, 600, 6))) == 240
    assert {q["MetricStat"]["Period"] for _, a in scene.fake.asked for q in a["MetricDataQueries"]} == {
        period
    }
    with pytest.raises(MetricError, match="no whole periods") as caught:
        scene.provider.counts(query, None, Window(START, 601, 2))
    assert "multiple" in caught.value.remedy


def test_a_period_that_cloudwatch_does_not_have() -> None:
    with pytest.raises(UsageError, match="no period of 45 s"):
        Scene("period: 45\n")


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
@pytest.mark.parametrize("id_", ["b0", "t0"])
def test_a_result_that_is_not_complete_is_an_error(status: str, id_: str) -> None:
    scene = Scene()
    scene.requests()
    scene.fake.statuses = {id_: status}
    with pytest.raises(MetricError, match=status) as caught:
        scene.provider.counts(ERRORS, None, HOUR)
    assert caught.value.exit_code is ExitCode.WORLD
    assert caught.value.remedy


@pytest.mark.parametrize("of", ["", "t0"])
def test_a_message_is_not_whole(of: str) -> None:
    scene = Scene()
    scene.requests()
    scene.fake.messages = {of: [{"Code": "MaxMetricsExceeded", "Value": "the maximum is exceeded"}]}
    with pytest.raises(MetricError, match="MaxMetricsExceeded: the maximum is exceeded"):
        scene.provider.counts(ERRORS, None, HOUR)


def test_throttling_and_faults_that_pass_are_waited_for() -> None:
    scene = Scene()
    scene.requests()
    scene.fake.faults = [("Throttling", 400), ("ThrottlingException", 400), ("InternalServiceFault", 500)]
    assert len(scene.provider.counts(ERRORS, None, HOUR)) == 60
    assert scene.patience.slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("AccessDenied", 403, "cloudwatch:GetMetricData"),
        ("AccessDeniedException", 400, "cloudwatch:GetMetricData"),
        ("ExpiredToken", 403, "configure-aws-credentials"),
        ("ValidationError", 400, "Try the expression"),
        ("InternalServiceFault", 500, "next try"),
        ("InvalidNextToken", 400, "Try the expression"),
    ],
)
def test_errors_say_what_to_do(code: str, status: int, remedy: str) -> None:
    scene = Scene()
    scene.fake.faults = [(code, status)] * 9
    asks: list[Callable[[], Any]] = [
        lambda: scene.provider.counts(ERRORS, None, HOUR), lambda: scene.provider.examine(ERRORS, None, NOW)
    ]  # fmt: skip
    for ask in asks:
        scene.fake.faults = [(code, status)] * 9
        with pytest.raises(MetricError, match=code) as caught:
            ask()
        assert remedy in caught.value.remedy


@pytest.mark.parametrize("value", [0.5, -1.0, float("nan"), float("inf"), 1e300])
def test_what_is_no_count_is_an_error(value: float) -> None:
    scene = Scene()
    scene.fake.put("Shop", "Load", {START: value})
    with pytest.raises(MetricError, match="no count of events"):
        scene.provider.counts(Query("q", "Shop Errors", "Shop Load"), None, HOUR)


def test_more_bad_events_than_events_is_an_error() -> None:
    scene = Scene()
    scene.fake.put("A", "Bad", {START: 50})
    scene.fake.put("A", "All", {START: 5})
    with pytest.raises(MetricError, match="more bad events"):
        scene.provider.counts(Query("q", "A Bad", "A All"), None, HOUR)


def test_a_threshold_of_durations_is_refused() -> None:
    with pytest.raises(MetricError, match="no histograms") as caught:
        Scene().provider.counts(replace(ERRORS, over=Fraction(1)), None, HOUR)
    assert "metric of their own" in caught.value.remedy


def test_metric_maths_is_an_estimate_of_all_its_series() -> None:
    scene = Scene()
    search = """SUM(SEARCH('{AWS/Lambda,FunctionName} Errors arm="on"', 'Sum', 60))"""
    scene.fake.expressions = {search: [{START: 1.4}, {START: 1.3}], "FILL(m, 0)": [{START: 9.0}]}
    asked = search.replace("60", "$width").replace("on", "$arm")
    query = Query("q", asked, "FILL(m, 0)", "exposed", approximate=True)
    assert scene.provider.counts(query, "on", Window(START, 60, 1)) == (Bin(START, 3, 9),)
    with pytest.raises(MetricError, match="names no metrics"):
        scene.provider.counts(replace(query, approximate=False), "on", HOUR)
    assert scene.provider.examine(query, "on", NOW) == ()
    scene.fake.expressions["FILL(m, 0)"] = []
    assert "no data of the last whole hour" in scene.provider.examine(query, "on", NOW)[0]


class TestExamining:
    def test_what_is_there_is_right_and_bad_events_may_not_have_been(self) -> None:
        scene = Scene()
        scene.fake.put(ELB, "RequestCount", {START: 1}, LoadBalancer=BALANCER)
        assert scene.provider.examine(ERRORS, None, NOW) == ()

    def test_a_name_that_nothing_has(self) -> None:
        (said,) = Scene().provider.examine(ERRORS, None, NOW)
        assert said == f"errors: no metric {ELB} RequestCount had values in the last two weeks"

    def test_a_value_that_nothing_has_names_others(self) -> None:
        scene = Scene()
        for n in range(5):
            scene.fake.put(ELB, "RequestCount", {START: 1}, LoadBalancer=f"app/{n}")
        (said,) = scene.provider.examine(ERRORS, None, NOW)
        assert BALANCER in said
        assert f'{ELB} RequestCount{{LoadBalancer="app/4"}}' in said

    def test_dimensions_are_all_that_a_metric_has(self) -> None:
        scene = Scene()
        for name in ("RequestCount", "HTTPCode_Target_5XX_Count"):
            scene.fake.put(ELB, name, {START: 1}, LoadBalancer=BALANCER, TargetGroup="t")
        said = scene.provider.examine(ERRORS, None, NOW)
        assert len(said) == 2
        assert all(
            "LoadBalancer together; it has them for: LoadBalancer, TargetGroup" in each for each in said
        )

    def test_an_arm_that_nothing_has(self) -> None:
        scene = Scene()
        scene.fake.put("Shop", "Requests", {START: 1}, arm="on")
        assert scene.provider.examine(ARMS, "on", NOW) == ()
        assert 'Shop Requests{arm="on"}' in scene.provider.examine(ARMS, "off", NOW)[0]


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("AWS/Lambda Errors", [Metric("AWS/Lambda", "Errors")]),
        ('My.App "Failed calls"{ "The arm" = "a, b" , x="" }',
         [Metric("My.App", "Failed calls", (("The arm", "a, b"), ("x", "")))]),
        (r'a b{c="\"}\\"}+d e', [Metric("a", "b", (("c", '"}\\'),)), Metric("d", "e")]),
    ],
)  # fmt: skip
def test_expressions(text: str, metrics: list[Metric]) -> None:
    assert list(parse_metrics(text, None, "q")) == metrics


@pytest.mark.parametrize(
    "text",
    ["", "Errors", "a b{", "a b{c}", 'a b{c="d"', 'a b{c="1",c="2"}', "a b +", "a b c", "SUM(m1)", "a b{c=d}",
     'a b{c=~"d"}', " + ".join(["a b"] * 11)],
)  # fmt: skip
def test_what_names_no_metric_says_how_to_write_one(text: str) -> None:
    with pytest.raises(MetricError) as caught:
        parse_metrics(text, None, "q")
    assert "HTTPCode_Target_5XX_Count" in caught.value.remedy


@given(st.text(alphabet='ab/ {}="\\+,$arm', max_size=40))
def test_any_text_is_metrics_or_an_error(text: str) -> None:
    try:
        found = parse_metrics(text, "on", "q")
    except MetricError:
        return
    assert parse_metrics(" + ".join(map(_written, found)), None, "q") == found


def _written(metric: Metric) -> str:
    escaped = [(n, v.replace("\\", "\\\\").replace('"', '\\"')) for n, v in metric.dimensions]
    pairs = ", ".join(f'"{name}"="{value}"' for name, value in escaped)
    return f'{metric.namespace} "{metric.name}"{{{pairs}}}'


@given(
    start=st.integers(0, 500 * DAY), width=st.integers(1, 40), count=st.integers(0, 5000),
    period=st.sampled_from(PERIODS), ago=st.integers(0, 500 * DAY),
)  # fmt: skip
def test_pieces_are_whole_periods_within_the_window_and_never_overlap(
    start: int, width: int, count: int, period: int, ago: int
) -> None:
    window = Window(start, width * period, count)
    now = window.end + ago
    end = window.start
    for piece in pieces(window, period, now):
        assert piece.start >= end
        assert piece.start % piece.period == piece.end % piece.period == 0
        assert piece.start < piece.end <= window.end
        assert piece.start >= now - kept_for(piece.period)
        end = piece.end


@given(st.integers(0, 3599), st.integers(1, 20), st.integers(0, 2**32))
def test_each_whole_minute_is_counted_once(offset: int, count: int, seed: int) -> None:
    window = Window(START + offset, 180, count)
    draw = random.Random(seed)
    values = {
        t: draw.randrange(100)
        for piece in pieces(window, 60, window.end)
        for t in range(piece.start, piece.end, 60)
    }
    found = counted(((t, 60, float(v)) for t, v in values.items()), window)
    assert sum(found.events) == sum(values.values())
    assert len(values) >= 3 * count - 1
    for n, start in enumerate(window.starts):
        own = sum(v for t, v in values.items() if start < t + 60 <= start + 180)
        assert found.events[n] == own


def test_its_clock_is_the_one_it_is_given() -> None:
    assert isinstance(Scene().provider.server.clock, Clock)


@pytest.mark.parametrize(
    "found",
    [
        {"Timestamps": [START + 1], "Values": [1.0]},
        {"Timestamps": [START], "Values": []},
        {"Timestamps": [NOW], "Values": [1.0]},
    ],
)
def test_values_of_other_times_are_an_error(found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    answer = {
        "MetricDataResults": [{"Id": "t0", "Label": "x", "StatusCode": "Complete", **found}],
        "Messages": [],
    }
    monkeypatch.setattr(scene.fake, "_data", lambda params: answer)
    with pytest.raises(MetricError, match="not of the periods"):
        scene.provider.counts(ERRORS, None, HOUR)
