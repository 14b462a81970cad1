"""Times in which nothing is promoted: parsing, and what holds at a moment. Pure.

    fri after 15:00              until midnight
    fri 15:00 to mon 08:00       every week
    sat                          the whole day, every week
    2026-12-20 to 2027-01-03     whole days, the last one too
    2026-12-20 18:00 to 2027-01-03 08:00
    2026-12-24                   one day

Times are those of a clock on the wall in the plan's time zone: 15:00 is 15:00 in summer and in winter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from sluicegate.core.errors import PolicyError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REMEDY = "Write it as 'fri after 15:00', 'fri 15:00 to mon 08:00', 'sat', or '2026-12-20 to 2027-01-03'."
PATTERN = (
    r"^(?P<from>(mon|tue|wed|thu|fri|sat|sun)|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"( after (?P<after>[0-2][0-9]:[0-5][0-9])"
    r"|( (?P<start>[0-2][0-9]:[0-5][0-9]))?"
    r"( to (?P<until>(mon|tue|wed|thu|fri|sat|sun)|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"( (?P<end>[0-2][0-9]:[0-5][0-9]))?)?)\Z"
)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_STEP = timedelta(seconds=1)
"""The least that a search goes on, where clocks are set back or forth."""
_MONDAY = datetime(2024, 1, 1)  # a clock on the wall has no zone


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which nothing is promoted, by the clock on the wall.

    Attributes:
        text: as written.
        start, end: of the window; of a weekly one, in the week of 2024-01-01 and the one behind it.
        weekly: does it return every week?
    """

    text: str
    start: datetime
    end: datetime
    weekly: bool

    def start_after(self, wall: datetime) -> datetime | None:
        """When the window begins next, after this moment; None when it does not come again."""
        if not self.weekly:
            return self.start if self.start > wall else None
        return wall + ((self.start - wall) % _WEEK or _WEEK)

    def end_at(self, wall: datetime) -> datetime | None:
        """When the window that holds this moment ends; None when it does not hold it."""
        if not self.weekly:
            return self.end if self.start <= wall < self.end else None
        into = (wall - self.start) % _WEEK
        length = self.end - self.start
        return wall - into + length if into < length else None


@dataclass(frozen=True, slots=True)
class Held:
    """A freeze that holds: by which window, and when it ends (UTC)."""

    window: Window
    until: datetime


def parse_window(text: str) -> Window:
    """A window of its text.

    Raises:
        PolicyError: without a place: the text is no window, or ends before it begins.
    """
    found = re.match(PATTERN, text)
    if found is None:
        raise PolicyError(f"'{text[:80]}' is not a freeze window", remedy=REMEDY)
    weekly = found["from"] in DAYS
    if found["until"] and (found["until"] in DAYS) is not weekly:
        raise PolicyError(f"'{text}' begins with a day of the week and ends with a date", remedy=REMEDY)
    try:
        start, end = _span(found)
    except ValueError:
        raise PolicyError(f"'{text}' has a day or a time that does not exist", remedy=REMEDY) from None
    if weekly and end <= start:
        end += _WEEK
    if end <= start:
        raise PolicyError(f"'{text}' ends before it begins", remedy="Write the earlier date first.")
    return Window(text, start, end, weekly)


def _span(found: re.Match[str]) -> tuple[datetime, datetime]:
    start = _day(found["from"]) + _time(found["after"] or found["start"] or "00:00")
    return start, _end(found["from"], found["until"], found["end"])


def _end(first: str, last: str | None, time: str | None) -> datetime:
    if last is None:
        return _day(first) + _DAY
    if time is None:  # the whole last day
        return _day(last) + _DAY
    return _day(last) + _time(time)


def _day(text: str) -> datetime:
    if text in DAYS:
        return _MONDAY + timedelta(days=DAYS.index(text))
    return datetime.fromisoformat(text)


def _time(text: str) -> timedelta:
    hours, minutes = int(text[:2]), int(text[3:])
    if hours > 23:
        raise ValueError(text)
    return timedelta(hours=hours, minutes=minutes)


def held(windows: Sequence[Window], zone: tzinfo, now: datetime) -> Held | None:
    """The freeze that holds now, the one that ends last; None when nothing is frozen.

    Windows that follow one another are one freeze.

    Args:
        windows: of the plan.
        zone: their time zone.
        now: aware.
    """
    first: Window | None = None
    wall = now.astimezone(zone).replace(tzinfo=None)
    for _ in range(len(windows) * 60):  # each step ends a window; a freeze without end is cut after a year
        ends = [(end, w) for w in windows if (end := w.end_at(wall)) is not None]
        if not ends:
            break
        wall, last = max(ends, key=lambda pair: pair[0])
        first = first or last
    if first is None:
        return None
    return Held(first, _moment(wall, zone, now))


def ahead(
    windows: Sequence[Window], zone: tzinfo, now: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """From when to when it is frozen, of the time from now to `end`, as moments (UTC), the earliest first.

    Args:
        windows, zone: as for `held`.
        now, end: aware.
    """
    found: list[tuple[datetime, datetime]] = []
    at = now.astimezone(UTC)
    while at < end:
        freeze = held(windows, zone, at)
        if freeze is not None:
            found.append((at, freeze.until))
            at = max(freeze.until, at + _STEP)
            continue
        wall = at.astimezone(zone).replace(tzinfo=None)
        starts = [_moment(start, zone, at) for w in windows if (start := w.start_after(wall)) is not None]
        at = max(min(starts, default=end), at + _STEP)
    return found


def _moment(wall: datetime, zone: tzinfo, now: datetime) -> datetime:
    """When the clock on the wall shows this; where it shows it twice, the one that is not over (UTC)."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    return first if first > now else wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
