"""Counters as events in bins: steps, restarts, series that come and go, two counts of the same events."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.metrics.counters import IN_FLIGHT, Counted, count, pair, without
from sluicegate.metrics.interface import Bin, MetricError, Window

WINDOW = Window(1000, 60, 3)


def known(*events: int) -> Counted:
    return Counted(events, (True,) * len(events))


def test_steps_upwards_are_events_of_the_bin_in_which_they_are_seen() -> None:
    samples = {1000: 5, 1030: 6, 1060: 8, 1061: 9, 1120: 9, 1180: 12}
    assert count([samples], WINDOW) == known(3, 1, 3)


def test_a_restart_begins_at_zero() -> None:
    assert count([{1000: 100, 1060: 4, 1120: 10, 1180: 2}], WINDOW) == known(4, 6, 2)


def test_a_series_that_is_absent_at_the_start_begins_at_zero() -> None:
    assert count([{1000: 5, 1060: 5, 1120: 5, 1180: 5}, {1120: 7, 1180: 9}], WINDOW) == known(0, 7, 2)


def test_a_series_with_a_gap_at_the_start_goes_on_from_what_it_was_before() -> None:
    assert count([{400: 1_000_000, 1060: 1_000_003, 1120: 1_000_003, 1180: 1_000_004}], WINDOW) == known(
        3, 0, 1
    )


def test_a_bin_is_known_where_a_series_has_a_sample_at_its_end() -> None:
    found = count([{1000: 5, 1030: 6}, {1060: 1, 1180: 3}], WINDOW)
    assert found == Counted((2, 0, 2), (True, False, True))


def test_without_any_series_nothing_is_known() -> None:
    assert count([], WINDOW) == Counted((0, 0, 0), (False, False, False))


def test_samples_after_the_window_do_not_count() -> None:
    assert count([{1000: 0, 1060: 1, 1120: 1, 1180: 1, 1181: 50}], WINDOW) == known(1, 0, 0)


def test_absent_bad_events_are_none_where_all_events_are_there() -> None:
    absent = Counted((0, 0, 0), (False, False, False))
    assert pair(absent, known(7, 0, 2), WINDOW, "q") == (Bin(1000, 0, 7), Bin(1060, 0, 0), Bin(1120, 0, 2))


def test_absent_events_are_no_data_and_what_came_before_the_gap_is_counted_after_it() -> None:
    total = Counted((4, 3, 9), (True, False, True))
    bins = pair(known(1, 2, 0), total, WINDOW, "q")
    assert bins == (Bin(1000, 1, 4), Bin(1060, 0, 0, known=False), Bin(1120, 2, 12))


def test_a_bad_event_that_is_seen_before_its_total_is_counted_with_the_next() -> None:
    bins = pair(known(1, 0, 0), known(0, 1, 5), WINDOW, "q")
    assert [(b.bad, b.total) for b in bins] == [(0, 0), (1, 1), (0, 5)]


def test_more_bad_events_than_events_are_an_error_with_a_remedy() -> None:
    with pytest.raises(MetricError) as caught:
        pair(known(0, IN_FLIGHT, 3), known(1, 1, 0), WINDOW, "errors")
    assert caught.value.where == "errors"
    assert caught.value.remedy
    pair(known(0, IN_FLIGHT, 0), known(0, 0, 0), WINDOW, "errors")


def test_events_that_are_not_good() -> None:
    assert without(known(10, 5, 0), known(8, 6, 0)) == known(2, 0, 0)
    assert without(known(10, 5, 3), known(8, 6, 1)) == known(2, 0, 1)


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=7, max_size=7), max_size=4),
    st.data(),
)
def test_every_event_is_counted_once_whatever_restarts(steps: list[list[int]], data: st.DataObject) -> None:
    """Restarts are seen where the counter is then lower than it was: after one it has fewer than before."""
    series, expected = [], [0, 0, 0]
    for own in steps:
        value, samples = 1000, {1000: 1000}
        for number, step in enumerate(own[1:], 1):
            value = step if data.draw(st.booleans()) else value + step
            before = samples[1000 + 30 * (number - 1)]
            samples[1000 + 30 * number] = value
            expected[(number - 1) // 2] += value - before if value >= before else value
        series.append(samples)
    assert count(series, WINDOW).events == tuple(expected)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=12))
def test_the_bins_of_a_longer_window_begin_as_those_of_a_shorter_one(
    found: list[tuple[int, int, bool]],
) -> None:
    def bins(length: int) -> tuple[Bin, ...]:
        bad = Counted(tuple(min(a, b) for a, b, _ in found[:length]), (True,) * length)
        total = Counted(tuple(b for _, b, _ in found[:length]), tuple(k for _, _, k in found[:length]))
        return pair(bad, total, Window(0, 60, length), "q")

    whole = bins(len(found))
    assert all(b.bad <= b.total for b in whole)
    assert all(b.known or b.total == 0 for b in whole)
    for length in accumulate([1] * len(found)):
        assert bins(length) == whole[:length]
