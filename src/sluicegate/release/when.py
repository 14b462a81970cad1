"""A planned time as people write it: with an offset, or with a time zone. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sluicegate.core.errors import UsageError

_REMEDY = "Write it as 2026-12-01T10:00+01:00, 2026-12-01T09:00Z or '2026-12-01T10:00 Europe/Berlin'."


def planned_time(text: str) -> int:
    """A time in seconds since 1970.

    Raises:
        UsageError: it is not a time, has neither an offset nor a zone, or clocks show it twice or never.
    """
    clock, _, zone = text.strip().partition(" ")
    try:
        moment = datetime.fromisoformat(clock)
        place = ZoneInfo(zone.strip()) if zone.strip() else None
    except (ValueError, KeyError, OSError):
        raise UsageError(f"'{text[:60]}' is no time", where="--at", remedy=_REMEDY) from None
    if place is None and moment.tzinfo is None:
        what = f"'{text[:60]}' has neither an offset nor a time zone"
        raise UsageError(what, where="--at", remedy=_REMEDY)
    if place is not None:
        moment = _on_the_wall(moment, place, text)
    if moment.timestamp() < 0:
        raise UsageError(f"'{text[:60]}' is before 1970", where="--at", remedy=_REMEDY)
    return int(moment.timestamp())


def _on_the_wall(moment: datetime, place: ZoneInfo, text: str) -> datetime:
    if moment.tzinfo is not None:
        what = f"'{text[:60]}' has an offset and a time zone"
        raise UsageError(what, where="--at", remedy=_REMEDY)
    offsets = {moment.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1)}
    if len(offsets) > 1:
        what = f"clocks are changed at '{text[:60]}', and show that time twice or never"
        raise UsageError(what, where="--at", remedy="Write it with an offset, such as +01:00.")
    return moment.replace(tzinfo=place)
