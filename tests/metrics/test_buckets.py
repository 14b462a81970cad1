"""Steps of a server's clock in bins of a stage: each event once, or an error."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.metrics.buckets import Bucket, spread, whole
from sluicegate.metrics.durations import Unit, threshold
from sluicegate.metrics.interface import MetricError, Window

WINDOW = Window(1000, 60, 3)


def buckets(first: int, length: int, *events: int) -> list[Bucket]:
    return [Bucket(first + n * length, first + (n + 1) * length, e) for n, e in enumerate(events)]


def test_a_bucket_counts_in_the_bin_in_which_it_ends() -> None:
    found = spread(buckets(1020, 60, 1, 2), WINDOW, "q")
    assert (found.events, found.known) == ((0, 1, 2), (False, True, True))


def test_a_bucket_as_long_as_its_bin_is_the_bin() -> None:
    assert spread(reversed(buckets(1000, 60, 1, 2, 3)), WINDOW, "q").events == (1, 2, 3)


def test_short_buckets_are_added() -> None:
    assert spread(buckets(1000, 20, *range(9)), WINDOW, "q").events == (0 + 1 + 2, 3 + 4 + 5, 6 + 7 + 8)


@pytest.mark.parametrize("outside", [Bucket(999, 1030, 5), Bucket(1170, 1181, 5), Bucket(100, 110, 5)])
def test_what_the_window_does_not_hold_whole_is_left_out(outside: Bucket) -> None:
    assert spread([outside], WINDOW, "q").known == (False,) * 3


def test_a_bucket_without_events_is_data() -> None:
    assert spread([Bucket(1000, 1060, 0)], WINDOW, "q").known == (True, False, False)


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ([Bucket(1000, 1061, 1)], "in steps of 61 s"),
        ([Bucket(1000, 1060, 1), Bucket(1030, 1090, 1)], "more than once"),
        ([Bucket(1000, 1060, 1), Bucket(1000, 1060, 1)], "more than once"),
        ([Bucket(1000, 1000, 1)], "more than once"),
        ([Bucket(1000, 900, 1)], "more than once"),
    ],
)
def test_what_would_count_events_twice_is_refused(found: list[Bucket], what: str) -> None:
    with pytest.raises(MetricError, match=what) as caught:
        spread(found, WINDOW, "q")
    assert caught.value.remedy


@given(
    st.lists(st.integers(0, 1000), max_size=40), st.integers(1, 60), st.integers(-100, 400), st.integers(0, 9)
)
def test_every_event_within_the_window_counts_once_at_every_look(
    events: list[int], length: int, shift: int, count: int
) -> None:
    found = buckets(1000 + shift, length, *events)
    window = Window(1000, 60, 9)
    counted = spread(found, window, "q")
    inside = [one for one in found if window.start <= one.start and one.end <= window.end]
    assert sum(counted.events) == sum(one.events for one in inside)
    assert sum(counted.known) <= len(inside)
    shorter = spread(found, Window(1000, 60, count), "q")
    assert (shorter.events, shorter.known) == (counted.events[:count], counted.known[:count])


@pytest.mark.parametrize(("value", "count"), [(3, 3), (3.0, 3), ("3", 3), ("3.0", 3), (0, 0), (2.9999999, 3)])
def test_whole_numbers_are_counts(value: object, count: int) -> None:
    assert whole(value, "q") == count


@pytest.mark.parametrize(
    "value",
    [-1, 1.5, "1.5", True, None, [], {}, math.nan, math.inf, "NaN", "+Inf", "x", "", 2**63, "1e400", 10**400],
)
def test_what_is_no_count(value: object) -> None:
    with pytest.raises(MetricError) as caught:
        whole(value, "q")
    assert caught.value.remedy


def test_an_estimate_is_rounded_and_still_a_number() -> None:
    assert whole(1.6, "q", approximate=True) == 2
    for value in (-1, "NaN", None):
        with pytest.raises(MetricError):
            whole(value, "q", approximate=True)


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)))
def test_a_value_is_a_count_or_a_typed_error(value: object) -> None:
    try:
        found = whole(value, "q")
    except MetricError:
        return
    assert found == pytest.approx(float(str(value)), rel=1e-6, abs=1e-6)
    assert found >= 0


@pytest.mark.parametrize(
    ("over", "unit", "text"),
    [(Fraction(2), Unit.SECONDS, "2"), (Fraction(1, 4), Unit.SECONDS, "0.25"),
     (Fraction(20), Unit.SECONDS, "20"),
     (Fraction(1, 4), Unit.MILLISECONDS, "250"), (Fraction(1, 8), Unit.NANOSECONDS, "125000000"),
     (Fraction(1, 1000), Unit.MICROSECONDS, "1000")],
)  # fmt: skip
def test_thresholds_are_plain_decimals(over: Fraction, unit: Unit, text: str) -> None:
    assert threshold(over, unit, "q") == text


def test_a_threshold_without_a_decimal_form_is_refused() -> None:
    with pytest.raises(MetricError, match="no decimal number"):
        threshold(Fraction(1, 3), Unit.SECONDS, "q")
