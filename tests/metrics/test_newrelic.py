"""New Relic: events that NRQL counts, with errors in answers of the status 200."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.metrics.durations import Unit
from sluicegate.metrics.interface import MetricError, MetricProvider, Query, Window
from sluicegate.metrics.nrql import queries
from support import proxy
from support.make_provider import around, make_metrics
from support.meter_cases import BINS, USUAL, HttpMeterCases, HttpMeterRig
from support.newrelic_fake import ACCOUNT, KEY, NewRelic
from support.proxy import Fault, Proxy, answered

SHOP = "FROM Transaction WHERE appName = 'shop'"
ARM = f"{SHOP} AND variant = '$arm'"


class NewRelicRig(HttpMeterRig):
    """An account of the fake."""

    durations = Query("slow", f"SELECT duration {ARM}", f"SELECT duration {ARM}", "exposed", over=Fraction(2))

    def __init__(self, before: Proxy, fake: NewRelic) -> None:
        super().__init__(before, {"api-key": KEY})
        self.fake = fake

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", f"{ARM} AND error IS TRUE", ARM, "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", f"SELECT count(*) {SHOP} AND error IS TRUE", SHOP)

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.fake.store.show(scene)

    def provider(self, account: int = ACCOUNT) -> MetricProvider:
        """See `MeterRig`."""
        given = around(Path(), self.patience.clock(), METRICS_KEY=KEY)
        text = f"url: {self.proxy.url}\naccount: {account}\ntoken: METRICS_KEY\n"
        return make_metrics("newrelic", text, given)

    def poison(self, value: object) -> None:
        """See `HttpMeterRig`."""
        self.fake.store.instead = (value,)

    def says(self, words: str) -> Fault:
        """See `HttpMeterRig`."""
        return answered(200, json.dumps({"data": None, "errors": [{"message": words}]}))


@pytest.fixture
def rig() -> Iterator[NewRelicRig]:
    fake = NewRelic()
    with proxy.before(fake) as before:
        yield NewRelicRig(before, fake)


class TestAsEveryProvider(HttpMeterCases):
    """The cases of `meter_cases`."""


def test_the_times_of_a_query_are_ours(rig: NewRelicRig) -> None:
    rig.counts("usual")
    begin, end = rig.start * 1000, rig.window.end * 1000
    times = f"SINCE {begin} UNTIL {end} TIMESERIES 60 SECONDS"
    where = "FROM Transaction WHERE appName = 'shop' AND variant = 'on'"
    assert rig.fake.asked == [
        f"SELECT count(*) {where} AND error IS TRUE {times}",
        f"SELECT count(*) {where} {times}",
    ]
    assert set(rig.fake.timeouts) == {20}


def test_a_long_window_is_asked_for_in_pieces_of_366_steps(rig: NewRelicRig) -> None:
    window = Window(rig.start - 720 * 60, 60, 720 + BINS)
    assert [one.total for one in rig.counts("usual", window=window) if one.known] == list(range(20, 32))
    assert len(rig.fake.asked) == 2 * 2


def test_durations_are_counted_by_a_filter(rig: NewRelicRig) -> None:
    rig.show("usual")
    assert rig.durations
    rig.provider().counts(rig.durations, "on", rig.window)
    assert rig.fake.asked[0].startswith("SELECT filter(count(*), WHERE duration > 2) FROM Transaction WHERE ")
    assert rig.fake.asked[1].startswith("SELECT filter(count(*), WHERE duration >= 0) FROM Transaction ")
    query = Query("slow", f"SELECT took {SHOP}", SHOP, over=Fraction(1, 4))
    bad, total = queries(query, None, Unit.MILLISECONDS)
    assert bad.text == f"SELECT filter(count(*), WHERE took > 250) {SHOP}"
    assert total.text == f"SELECT count(*) {SHOP}"


@pytest.mark.parametrize("words", ["TIMEOUT", "SERVER_ERROR"])
def test_a_query_that_timed_out_is_tried_again(rig: NewRelicRig, words: str) -> None:
    error = {"message": "NRDB query duration exceeded the set timeout", "extensions": {"errorClass": words}}
    rig.fake.errors = [error] * 4
    assert [one.bad for one in rig.counts("usual")] == list(USUAL)
    assert rig.patience.slept == [1, 2, 4, 8]
    rig.fake.errors = [error] * 9
    with pytest.raises(MetricError, match="exceeded the set timeout") as caught:
        rig.counts("usual")
    assert "narrow its condition" in caught.value.remedy


def test_an_error_of_the_query_is_not_tried_again(rig: NewRelicRig) -> None:
    rig.fake.errors = [{"message": "Unknown function baseline()"}] * 9
    with pytest.raises(MetricError, match=re.escape("Unknown function baseline()")) as caught:
        rig.counts("usual")
    assert rig.patience.slept == []
    assert "query builder" in caught.value.remedy


def test_results_beside_errors_do_not_count(rig: NewRelicRig) -> None:
    rows = [{"beginTimeSeconds": 1, "endTimeSeconds": 2, "count": 3}]
    body = {
        "data": {"actor": {"account": {"nrql": {"results": rows}}}},
        "errors": [{"message": "some shards failed"}],
    }
    rig.proxy.for_which = lambda asked: True
    rig.proxy.always = answered(200, json.dumps(body))
    with pytest.raises(MetricError, match="some shards failed"):
        rig.counts("usual")


def test_an_account_that_the_key_may_not_query_is_said(rig: NewRelicRig) -> None:
    with pytest.raises(MetricError, match="not authorized to query account 999") as caught:
        rig.provider(999).counts(rig.service, None, rig.window)
    assert "METRICS_KEY" in caught.value.remedy


def test_equal_queries_too_often_are_said(rig: NewRelicRig) -> None:
    rig.proxy.for_which = lambda asked: True
    rig.proxy.always = answered(429, '{"errors": [{"message": "Too Many Requests"}]}')
    with pytest.raises(MetricError, match="Too Many Requests") as caught:
        rig.counts("usual")
    assert "less often" in caught.value.remedy


@pytest.mark.parametrize(
    "more",
    [{"facet": "a"}, {"sum.hits": 1, "max.hits": 2}, {"beginTimeSeconds": None}, {"endTimeSeconds": 1.5}],
)
def test_a_step_that_is_not_one_count_is_refused(rig: NewRelicRig, more: dict[str, object]) -> None:
    rig.fake.more = more
    with pytest.raises(MetricError, match="not one count"):
        rig.counts("usual")


def test_events_of_two_types_have_samples_of_their_own(rig: NewRelicRig) -> None:
    bad = "FROM TransactionError WHERE appName = 'shop'"
    with pytest.raises(MetricError, match="TransactionError") as caught:
        rig.provider().counts(Query("q", bad, SHOP), None, rig.window)
    assert "approximate" in caught.value.remedy
    assert rig.fake.asked == []
    assert rig.provider().counts(Query("q", bad, SHOP, approximate=True), None, rig.window)


def test_what_is_extrapolated_is_an_estimate(rig: NewRelicRig) -> None:
    rig.show("clean")
    rig.fake.factor = 1.37
    text = f"SELECT count(*) {ARM} EXTRAPOLATE"
    with pytest.raises(MetricError, match="does not count events"):
        rig.provider().counts(Query("q", text, text, "exposed"), "on", rig.window)
    query = Query("q", text, text, "exposed", approximate=True)
    bins = rig.provider().counts(query, "on", rig.window)
    assert {one.total for one in bins} == {round(20 * 1.37)}


def test_sums_count_what_was_counted_before(rig: NewRelicRig) -> None:
    rig.show("usual")
    query = Query("q", f"SELECT sum(hits) {SHOP} AND error IS TRUE", f"SELECT sum(hits) {SHOP}")
    assert [one.bad for one in rig.provider().counts(query, None, rig.window)] == list(USUAL)


@pytest.mark.parametrize(
    "text",
    [f"{SHOP} SINCE 1 day ago", f"{SHOP} TIMESERIES", f"{SHOP} FACET host", f"{SHOP} limit 5",
     f"{SHOP} -- all", f"{SHOP} /* all", f"{SHOP} // all", f"{SHOP};",
     "SELECT average(duration) FROM Transaction",
     "SELECT percentage(count(*), WHERE error IS TRUE) FROM Transaction",
     "SELECT count(*), max(a) FROM T",
     "FROM Transaction, TransactionError", "FROM Transaction SELECT count(*)", "Transaction", "",
     "SELECT uniqueCount(user) FROM Transaction", "FROM (SELECT count(*) FROM Transaction)",
     f"{SHOP} COMPARE WITH 1 week ago", f"{SHOP} WITH TIMEZONE 'Europe/Berlin'"],
)  # fmt: skip
def test_what_does_not_count_events_of_one_type_is_refused(rig: NewRelicRig, text: str) -> None:
    with pytest.raises(MetricError, match="does not count events of one type") as caught:
        rig.provider().counts(Query("q", text, SHOP), None, rig.window)
    assert caught.value.remedy
    assert rig.fake.asked == []


@pytest.mark.parametrize(
    "text", [f"SELECT a, b {SHOP}", SHOP, f"SELECT max(a) {SHOP}", f"SELECT a {SHOP} EXTRAPOLATE"]
)
def test_a_duration_is_one_attribute(text: str) -> None:
    with pytest.raises(MetricError, match="names no duration"):
        queries(Query("q", text, text, over=Fraction(2)), None, Unit.SECONDS)


def test_words_in_quotes_are_no_clauses() -> None:
    text = "FROM Log WHERE message LIKE '%since 5 -- limit%' AND `limit` = 3"
    bad, _ = queries(Query("q", text, text), None, Unit.SECONDS)
    assert bad.text == f"SELECT count(*) {text}"


@pytest.mark.parametrize("account", ["0", "-1", "abc", "1.5", "12345678901"])
def test_an_account_is_a_number(account: str) -> None:
    text = f"url: https://api.eu.newrelic.com\naccount: {account}\n"
    with pytest.raises(PolicyError, match="no number of an account"):
        make_metrics("newrelic", text, around(Path(), None, NEW_RELIC_API_KEY="x"))


HARD = st.text(st.one_of(st.sampled_from("'\\\"`$ -/;"), st.characters()), max_size=12)


@given(HARD, HARD)
def test_an_arm_stays_between_its_quotes(text: str, arm: str) -> None:
    try:
        _, total = queries(Query("q", ARM, ARM, "exposed"), arm, Unit.SECONDS)
    except MetricError:
        assert not arm or not arm.isprintable() or "\\" in arm
    else:
        prefix = f"SELECT count(*) {SHOP} AND variant = "
        found = re.fullmatch(r"'((?:[^'\\]|\\')*)'", total.text.removeprefix(prefix), re.DOTALL)
        assert found
        assert found[1].replace("\\'", "'") == arm
    for expression in (text, f"{SHOP} AND {text}", f"SELECT count(*) FROM Log WHERE a {text}"):  # noqa: S608 - NRQL
        for approximate in (False, True):
            try:
                found_bad, _ = queries(
                    Query("q", expression, SHOP, "exposed", approximate), arm, Unit.SECONDS
                )
            except MetricError:
                continue
            end = found_bad.between(1, 2, 1)
            assert end.startswith("SELECT")
            assert end.endswith(" SINCE 1000 UNTIL 2000 TIMESERIES 1 SECONDS")


@pytest.mark.parametrize("arm", ["on\\", "\\' OR TRUE OR a = \\'", "a\\b", "a\nb", ""])
def test_an_arm_that_cannot_be_written_is_refused(arm: str) -> None:
    with pytest.raises(MetricError, match="cannot be written"):
        queries(Query("q", ARM, ARM, "exposed"), arm, Unit.SECONDS)


@pytest.mark.parametrize("text", [f"{SHOP} AND a = $arm", f'{SHOP} AND a = "$arm"', f"{SHOP} AND `$arm` = 1"])
def test_an_arm_may_only_be_in_single_quotes(text: str) -> None:
    with pytest.raises(MetricError, match=r"outside of quotes|cannot be written"):
        queries(Query("q", text, text, "exposed"), "on", Unit.SECONDS)
