"""Freeze windows: what they hold, by the clock on the wall, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.rollout.freeze import Held, Window, ahead, held, parse_window

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def freeze(now: str, *texts: str) -> Held | None:
    return held([parse_window(text) for text in texts], BERLIN, at(now))


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        (
            "fri after 15:00",
            ["2026-12-04 15:00", "2026-12-04 23:59"],
            ["2026-12-04 14:59", "2026-12-05 00:00"],
        ),
        (
            "fri 15:00 to mon 08:00",
            ["2026-12-05 12:00", "2026-12-07 07:59"],
            ["2026-12-07 08:00", "2026-12-10 12:00"],
        ),
        ("sat", ["2026-12-05 00:00", "2026-12-05 23:59"], ["2026-12-04 23:59", "2026-12-06 00:00"]),
        ("sat to sun", ["2026-12-05 00:00", "2026-12-06 23:59"], ["2026-12-07 00:00"]),
        ("sun to mon", ["2026-12-06 12:00", "2026-12-07 23:00"], ["2026-12-05 12:00", "2026-12-08 00:00"]),
        ("2026-12-24", ["2026-12-24 00:00"], ["2026-12-23 23:59", "2026-12-25 00:00", "2025-12-24 12:00"]),
        ("2026-12-20 to 2027-01-03", ["2027-01-03 23:59"], ["2026-12-19 12:00", "2027-01-04 00:00"]),
        (
            "2026-12-20 18:00 to 2026-12-21 06:30",
            ["2026-12-21 06:29"],
            ["2026-12-20 17:59", "2026-12-21 06:30"],
        ),
    ],
)
def test_a_window_holds_what_it_says(window: str, inside: list[str], outside: list[str]) -> None:
    assert all(freeze(moment, window) for moment in inside)
    assert not any(freeze(moment, window) for moment in outside)


def test_the_end_is_said_in_utc() -> None:
    found = freeze("2026-12-04 16:00", "fri 15:00 to mon 08:00")
    assert found is not None
    assert found.until == datetime(2026, 12, 7, 7, 0, tzinfo=UTC)


def test_the_clock_on_the_wall_counts_when_summer_begins() -> None:
    window = "sat 20:00 to mon 08:00"  # the clock is put forward in the night between
    winter, summer = freeze("2027-03-20 21:00", window), freeze("2027-03-27 21:00", window)
    assert winter is not None
    assert summer is not None
    assert (winter.until.hour, summer.until.hour) == (7, 6)


def test_an_hour_that_comes_twice_ends_a_freeze_behind_now() -> None:
    """Berlin shows 02:00 to 03:00 twice on 2026-10-25."""
    window = parse_window("sun 01:00 to sun 02:30")
    for now, until in (("00:15", "00:30"), ("01:15", "01:30")):
        found = held([window], BERLIN, datetime.fromisoformat(f"2026-10-25T{now}+00:00"))
        assert found is not None
        assert found.until == datetime.fromisoformat(f"2026-10-25T{until}+00:00")
    assert held([window], BERLIN, datetime(2026, 10, 25, 0, 45, tzinfo=UTC)) is None


def test_windows_that_follow_one_another_are_one_freeze() -> None:
    found = freeze("2026-12-04 15:30", "fri after 15:00", "sat to sun", "2026-12-07")
    assert found is not None
    assert found.until.astimezone(BERLIN) == at("2026-12-08 00:00")
    assert found.window.text == "fri after 15:00"


def test_a_freeze_that_never_ends_is_said_to_end_some_day() -> None:
    assert freeze("2026-12-04 15:30", "mon to sun") is not None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("friday", "'friday' is not a freeze window"),
        ("fri 15", "'fri 15' is not a freeze window"),
        ("fri after 24:00", "'fri after 24:00' has a day or a time that does not exist"),
        ("2026-02-30", "'2026-02-30' has a day or a time that does not exist"),
        ("fri to 2026-12-20", "'fri to 2026-12-20' begins with a day of the week and ends with a date"),
        ("2027-01-03 to 2026-12-20", "'2027-01-03 to 2026-12-20' ends before it begins"),
    ],
)
def test_what_is_no_window_is_refused(text: str, what: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_window(text)
    assert caught.value.what == what
    assert caught.value.remedy


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.sampled_from(["fri after 15:00", "sat to sun"]),
)
def test_a_freeze_is_over_at_its_end(now: datetime, text: str) -> None:
    window = parse_window(text)
    found = held([window], BERLIN, now.replace(tzinfo=UTC))
    if found is not None:
        assert found.until > now.replace(tzinfo=UTC)
        assert held([window], BERLIN, found.until) is None
        assert held([window], BERLIN, found.until - timedelta(seconds=1)) is not None


WINDOWS = [parse_window(t) for t in ("fri after 15:00", "sat to sun", "2026-12-23 12:00 to 2027-01-03")]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.lists(st.sampled_from(WINDOWS), unique_by=id),
    st.integers(0, 20 * 24 * 3600),
)
def test_what_is_frozen_ahead_is_what_is_held_then(
    now: datetime, windows: list[Window], seconds: int
) -> None:
    first = now.replace(tzinfo=UTC)
    found = ahead(windows, BERLIN, first, first + timedelta(days=20))
    moment = first + timedelta(seconds=seconds)
    inside = any(start <= moment < end for start, end in found)
    assert inside == (held(windows, BERLIN, moment) is not None)


def test_a_weekly_window_begins_again_a_week_after_its_begin() -> None:
    wall = datetime(2026, 12, 5)  # a Saturday
    assert parse_window("sat").start_after(wall) == wall + timedelta(days=7)
    assert parse_window("sat").start_after(wall - timedelta(seconds=1)) == wall
    assert parse_window("2026-12-05 00:00 to 2026-12-06").start_after(wall) is None


def test_what_is_ahead_is_the_freeze_of_now_and_those_that_come() -> None:
    weekly = [parse_window("sat")]
    found = ahead(weekly, BERLIN, at("2026-12-05 12:00"), at("2026-12-19 12:00"))
    assert found == [
        (at("2026-12-05 12:00"), at("2026-12-06 00:00")),
        (at("2026-12-12 00:00"), at("2026-12-13 00:00")),
        (at("2026-12-19 00:00"), at("2026-12-20 00:00")),
    ]
