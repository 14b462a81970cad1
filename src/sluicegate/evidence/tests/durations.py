"""Durations as test runners of all languages and locales write them. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

MAX_SECONDS = 1e9
"""A duration above this (thirty years) is no duration."""

_MAX_LENGTH = 60
_GROUP = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'\u2019](?=\d{3}(?!\d))")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\Z", re.ASCII)
_NUMBER = r"\d[\d.,]*(?:[eE][+-]?\d+)?"
_PART = re.compile(rf"({_NUMBER})\s*([^\W\d]+)\.?\s*")
_CLOCK = re.compile(r"(?:(\d{1,6})\.)?(\d{1,6}):(\d\d):(\d\d(?:[.,]\d+)?)\Z", re.ASCII)
_ISO = re.compile(
    rf"P(?:({_NUMBER})D)?(?:T(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?\Z", re.IGNORECASE
)
_UNITS = {
    1e-9: ("ns", "nanosecond", "nanoseconds"),
    1e-6: ("us", "\u00b5s", "\u03bcs", "usec", "microsecond", "microseconds"),
    1e-3: ("ms", "msec", "millisecond", "milliseconds"),
    1.0: ("s", "sec", "secs", "second", "seconds"),
    60.0: ("m", "min", "mins", "minute", "minutes"),
    3600.0: ("h", "hr", "hrs", "hour", "hours"),
    86400.0: ("d", "day", "days"),
}
_SECONDS_OF = {word: seconds for seconds, words in _UNITS.items() for word in words}


def seconds(text: str | None) -> float | None:
    """The seconds of a text; None for a text that is not a duration, or out of range.

    No text at all is 0. Understood are numbers with a point or a comma and grouped in any way (Surefire
    writes `1,234.5`, see the heading of its `StatelessXmlReporter.java`, other locales `1.234,5`, `1 234.5`
    or `1'234.5`), with units (`80us`, `1m30.5s` as Go prints them), ISO 8601 (`PT20M34.5S`,
    `java.time.Duration`) and a clock (`00:20:34.5`, .NET's `TimeSpan`). A lone comma before three digits
    groups thousands, as Surefire means it.
    """
    if not text or not text.strip():
        return 0.0
    try:
        value = float(text)
    except ValueError:
        found = _spelled(_GROUP.sub("", text.strip())) if len(text) <= _MAX_LENGTH else None
        value = math.nan if found is None else found
    return value if 0 <= value < MAX_SECONDS else None


def all_seconds(texts: Sequence[str | None]) -> list[float | None]:
    """`seconds` of each; quick when all of them are plain numbers."""
    try:
        values = [float(text or 0) for text in texts]
    except ValueError:
        return [seconds(text) for text in texts]
    plain = not math.isnan(sum(values)) and min(values, default=0) >= 0
    if plain and max(values, default=0) < MAX_SECONDS:
        return list(values)
    return [seconds(text) for text in texts]


def _spelled(text: str) -> float | None:
    if (plain := _number(text)) is not None:
        return plain
    found = _CLOCK.match(text) or _ISO.match(text)
    if found and any(found.groups()):
        return _sum(zip(found.groups(), (86400, 3600, 60, 1), strict=True))
    parts = _PART.findall(text)
    return _in_units(parts) if parts and not _PART.sub("", text) else None


def _in_units(parts: Iterable[tuple[str, str]]) -> float | None:
    """The sum of numbers with their units in seconds; None with a unit that is unknown."""
    known = [(number, _SECONDS_OF.get(unit.lower())) for number, unit in parts]
    seconds = [(number, unit) for number, unit in known if unit is not None]
    return _sum(seconds) if len(seconds) == len(known) else None


def _sum(parts: Iterable[tuple[str | None, float]]) -> float | None:
    total = 0.0
    for text, unit in parts:
        value = _number(text) if text else 0.0
        if value is None:
            return None
        total += value * unit
    return total


def _number(text: str) -> float | None:
    """A number with a point or a comma, whichever comes last, and thousands grouped by the other."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point and (point >= 0 or not _THOUSANDS.match(text)):
        text = text.replace(".", "").replace(",", ".")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
