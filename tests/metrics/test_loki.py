"""Loki: lines that are counted in steps, whatever the server aligns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.metrics.durations import Unit
from sluicegate.metrics.interface import MetricError, MetricProvider, Query, Window
from sluicegate.metrics.logql import counting, durations
from support import proxy
from support.fake_server import Request, Response
from support.loki_fake import TENANT, TOKEN, Loki
from support.make_provider import around, make_metrics
from support.meter_cases import BINS, USUAL, HttpMeterCases, HttpMeterRig
from support.proxy import Fault, Proxy, answered

ARM = '{app="shop",variant="$arm"}'
SECONDS = f"{ARM} | json | unwrap seconds"


class LokiRig(HttpMeterRig):
    """A tenant of the fake."""

    durations = Query(
        "slow",
        SECONDS,
        SECONDS,
        "exposed",
        over=Fraction(2),
    )

    def __init__(self, before: Proxy, fake: Loki) -> None:
        super().__init__(before, {"authorization": TOKEN})
        self.fake = fake

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", f'{ARM} | json | level="error"', ARM, "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", '{app="shop"} | level=`error`', '{app="shop"}')

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.fake.store.show(scene)

    def provider(self, more: str = "") -> MetricProvider:
        """See `MeterRig`."""
        given = around(Path(), self.patience.clock(), METRICS_LOKI=TOKEN)
        text = f"url: {self.proxy.url}\ntenant: {TENANT}\ntoken: METRICS_LOKI\n{more}"
        return make_metrics("loki", text, given)

    def poison(self, value: object) -> None:
        """See `HttpMeterRig`."""
        self.fake.store.instead = (value,)

    def says(self, words: str) -> Fault:
        """See `HttpMeterRig`."""
        return answered(200, f'{{"status": "success", "data": {{"result": []}}, "warnings": ["{words}"]}}')


@pytest.fixture
def rig() -> Iterator[LokiRig]:
    fake = Loki()
    with proxy.before(fake) as before:
        yield LokiRig(before, fake)


class TestAsEveryProvider(HttpMeterCases):
    """The cases of `meter_cases`."""


def test_the_count_around_a_selector_is_ours(rig: LokiRig) -> None:
    rig.counts("usual")
    queries = [query for query, _, _ in rig.fake.asked]
    assert queries == [
        'sum(count_over_time({app="shop",variant="on"} | json | level="error" [60s]))',
        'sum(count_over_time({app="shop",variant="on"} [60s]))',
    ]


@pytest.mark.parametrize("late", [0, 7, 59])
def test_a_server_that_aligns_queries_to_their_step_counts_each_line_once(rig: LokiRig, late: int) -> None:
    rig.fake.aligned = True
    window = Window(rig.start + late, 60, BINS)
    bins = rig.counts("usual", window=window)
    assert [one.total for one in bins if one.known] == list(range(20 + bool(late), 32))
    assert sum(one.bad for one in bins) == sum(USUAL[bool(late) :])


def test_a_line_at_the_end_of_a_bin_is_in_it(rig: LokiRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.metrics.loki.POINTS", 4)
    for minute in range(BINS + 1):
        rig.fake.store.happened.append((rig.start + minute * 60, "requests", "on", 7))
    bins = rig.provider().counts(rig.query, "on", rig.window)
    assert [one.total for one in bins] == [7] * BINS


def test_a_long_window_is_asked_for_in_pieces(rig: LokiRig) -> None:
    window = Window(rig.start + 7 - 600 * 60, 60, 600 + BINS)
    for rig.fake.aligned in (False, True):
        rig.fake.asked.clear()
        assert sum(one.total for one in rig.counts("usual", window=window)) >= sum(range(20, 31))
        assert len(rig.fake.asked) == 4


def test_a_server_that_aligns_some_answers_alone_counts_nothing_twice(
    rig: LokiRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.metrics.loki.POINTS", 4)
    own = rig.fake.serve

    def serve(request: Request) -> Response:
        rig.fake.aligned = len(rig.fake.asked) % 2 == 1
        return own(request)

    monkeypatch.setattr(rig.fake, "serve", serve)
    with pytest.raises(MetricError, match="more than once"):
        rig.counts("usual", window=Window(rig.start + 7, 60, BINS))


def test_durations_are_written_in_their_unit_or_as_a_text(rig: LokiRig) -> None:
    rig.show("usual")
    text = f"{ARM} | json | unwrap duration(took)"
    query = Query("slow", text, text, "exposed", over=Fraction(1, 4))
    bins = rig.provider().counts(query, "on", rig.window)
    assert [one.bad for one in bins] == list(USUAL)
    assert [one.total for one in bins] == list(range(20, 20 + BINS))
    assert "| took > 250000us [60s]" in rig.fake.asked[0][0]
    assert "| took >= 0us [60s]" in rig.fake.asked[1][0]
    query = Query("slow", f"{ARM} | unwrap seconds", ARM, "exposed", over=Fraction(1, 4))
    assert durations(query, Fraction(1, 4), Unit.MILLISECONDS) == (f"{ARM} | seconds > 250", ARM)


def test_a_duration_that_no_unit_can_write_is_refused() -> None:
    query = Query("slow", "{a=\"b\"} | unwrap x", "{a=\"b\"} | unwrap x", over=Fraction(1, 3))  # fmt: skip
    with pytest.raises(MetricError, match="no decimal number"):
        durations(query, Fraction(1, 3), Unit.SECONDS)
    with pytest.raises(MetricError, match="names no duration"):
        durations(Query("slow", '{a="b"}', '{a="b"}'), Fraction(1), Unit.SECONDS)


@pytest.mark.parametrize(
    "text",
    ["rate({app=\"shop\"}[5m])", "sum(count_over_time({app=\"shop\"}[1m]))", "{app=\"shop\"}[5m]",
     "{app=\"shop\"} | unwrap seconds", "{app=\"shop\"} [60s])) or (sum(count_over_time({app=~\".+\"}",
     "{app=\"shop\"})) or ((vector(1)", "{app=\"shop\"} # all", "app=\"shop\"", "",
     "{app=\"shop\"} | (a=\"1\""],
)  # fmt: skip
def test_what_computes_is_refused(rig: LokiRig, text: str) -> None:
    with pytest.raises(MetricError, match="selects no log lines") as caught:
        rig.provider().counts(Query("q", text, '{app="shop"}'), None, rig.window)
    assert caught.value.remedy
    assert rig.fake.asked == []


def test_an_expression_whose_quotes_do_not_end_is_refused(rig: LokiRig) -> None:
    with pytest.raises(MetricError, match="no end"):
        rig.provider().counts(Query("q", '{app="shop} |= `x`', '{app="shop"}'), None, rig.window)


def test_a_parser_s_error_is_shown_with_its_remedy(rig: LokiRig) -> None:
    rig.proxy.for_which = lambda asked: True
    said = "pipeline error: 'JSONParserErr' for series: '{app=\"shop\"}'.\nUse a label filter"
    rig.proxy.always = answered(400, said)
    with pytest.raises(MetricError, match="JSONParserErr") as caught:
        rig.counts("usual")
    assert '__error__=""' in caught.value.remedy


def test_too_many_requests_at_once_are_tried_again(rig: LokiRig) -> None:
    rig.proxy.for_which = lambda asked: True
    rig.proxy.faults = [answered(429, "too many outstanding requests")]
    assert len(rig.counts("usual")) == BINS
    rig.proxy.always = answered(429, "too many outstanding requests")
    with pytest.raises(MetricError, match="too many outstanding requests"):
        rig.counts("usual")


def test_a_tenant_that_is_missing_is_said(rig: LokiRig) -> None:
    given = around(Path(), rig.patience.clock(), METRICS_LOKI=TOKEN)
    own = make_metrics("loki", f"url: {rig.proxy.url}\ntoken: METRICS_LOKI\n", given)
    with pytest.raises(MetricError, match="no org id") as caught:
        own.counts(rig.service, None, rig.window)
    assert "tenant" in caught.value.remedy


@pytest.mark.parametrize("tenant", ['"a\\r\\nX: y"', '"\\u00e9"', '"a b"'])
def test_a_tenant_is_a_name(tenant: str) -> None:
    with pytest.raises(PolicyError, match="no name of a tenant"):
        make_metrics("loki", f"url: https://loki.example.com\ntenant: {tenant}\n", around(Path()))


def test_series_that_are_not_added_up_are_refused(rig: LokiRig) -> None:
    rig.fake.more = [{"metric": {"pod": "b"}, "values": []}]
    with pytest.raises(MetricError, match="2 series"):
        rig.counts("usual")


def test_an_estimate_is_sent_as_it_is_and_rounded(rig: LokiRig) -> None:
    rig.show("clean")
    rig.poison(3.4)
    text = 'sum(count_over_time({app="shop",variant="$arm"} [$width]))'
    query = Query("rough", text, text, "exposed", approximate=True)
    assert [one.total for one in rig.provider().counts(query, "on", rig.window)] == [3] * BINS
    assert '{app="shop",variant="on"} [60s]' in rig.fake.asked[0][0]


HARD = st.text(st.one_of(st.sampled_from("'\\\"`$ (){}[]"), st.characters()), max_size=12)


@given(HARD, HARD, st.sampled_from('"`'))
def test_an_arm_stays_between_its_quotes(text: str, arm: str, quote: str) -> None:
    for expression in (text, f'{{app="shop"}} |= {quote}$arm{quote}', f'{{app="shop"}} {text}'):
        try:
            found = counting(expression, arm, 60, "q")
        except MetricError:
            continue
        assert found.startswith("sum(count_over_time({")
        assert found.endswith(" [60s]))")
    try:
        found = counting(f'{{app="shop",variant={quote}$arm{quote}}}', arm, 60, "q")
    except MetricError:
        assert not arm or not arm.isprintable() or "`" in arm
        return
    inside = found.removeprefix('sum(count_over_time({app="shop",variant=').removesuffix("} [60s]))")
    assert inside[0] == inside[-1] == quote
    assert (inside[1:-1] if quote == "`" else json.loads(inside)) == arm


def test_an_empty_arm_would_be_every_stream_without_the_label() -> None:
    with pytest.raises(MetricError, match="cannot be written"):
        counting(ARM, "", 60, "q")


@pytest.mark.parametrize(
    ("arm", "written"), [("a\\b", '"a\\\\b"'), ('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("it's", '"it\'s"')]
)
def test_an_arm_is_written_as_go_writes_strings(arm: str, written: str) -> None:
    assert counting('{variant="$arm"}', arm, 60, "q") == f"sum(count_over_time({{variant={written}}} [60s]))"
