"""The geometry of plots over time: places in hundredths of width and height, for inline SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sluicegate.report.figures import Band, Line, Plot, Tick

Point = tuple[float, float | None]
"""A moment, seconds since 1970, and the value then; None for none."""

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Axis:
    """The values from the bottom to the top, and where they are named."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """From the top, in hundredths; what lies outside is drawn at the edge."""
        inside = min(max(value, self.low), self.high)
        return round(100 * (1 - (inside - self.low) / (self.high - self.low)), 2)


@dataclass(frozen=True, slots=True)
class Course:
    """Values over time. `stepped`: each holds until the next."""

    name: str
    kind: str
    points: Sequence[Point]
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """The time that a plot shows, seconds since 1970."""

    start: int
    end: int

    def place(self, moment: float) -> float:
        """From the left, in hundredths."""
        length = max(1, self.end - self.start)
        return round(100 * min(max((moment - self.start) / length, 0.0), 1.0), 2)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The beginning, the middle and the end, as exactly as they differ."""
        length = self.end - self.start
        form = "%H:%M:%S" if length < 1800 else "%H:%M" if length < _DAY else "%m-%d %H:%M"
        at = (self.start, (self.start + self.end) / 2, self.end)
        return tuple(Tick(self.place(m), datetime.fromtimestamp(m, UTC).strftime(form)) for m in at)


def percent_axis(values: Iterable[float]) -> Axis:
    """An axis from 0 to a little above the largest of these shares (0 to 1), with two to five ticks."""
    most = max([0.0, *values]) * 100
    high = max(most * 1.15, 0.1)
    step = _step(high)
    count = int(high // step)
    return Axis(0.0, high / 100, tuple((n * step / 100, f"{n * step:.4g}%") for n in range(count + 1)))


def _step(high: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is at most half of `high`."""
    power = 10.0 ** math.floor(math.log10(high / 2))
    return max(power * factor for factor in (1, 2, 5) if power * factor <= high / 2 * (1 + 1e-9))


def plot(
    title: str,
    about: str,
    courses: Sequence[Course],
    times: Times,
    axis: Axis,
    bands: Sequence[tuple[int, int, str]] = (),
) -> Plot:
    """A plot.

    Args:
        title: of it.
        about: what it shows, in a sentence.
        courses: its lines.
        times: from the left to the right.
        axis: from the bottom to the top.
        bands: start and end (seconds since 1970) and names of stretches of time.
    """
    return Plot(
        title,
        about,
        tuple(Line(c.name, c.kind, tuple(_polylines(c, times, axis))) for c in courses),
        times.ticks,
        tuple(Tick(axis.place(value), text) for value, text in axis.ticks),
        tuple(_band(band, times) for band in bands),
    )


def _band(band: tuple[int, int, str], times: Times) -> Band:
    start, end = times.place(band[0]), times.place(band[1])
    return Band(start, round(end - start, 2), band[2])


def _polylines(course: Course, times: Times, axis: Axis) -> Iterator[str]:
    stretch: list[str] = []
    for moment, value in (*course.points, (math.inf, None)):
        if value is not None:
            x, y = times.place(moment), axis.place(value)
            if course.stepped and stretch:
                stretch.append(f"{x:g},{stretch[-1].partition(',')[2]}")
            stretch.append(f"{x:g},{y:g}")
        elif stretch:
            yield " ".join(stretch if len(stretch) > 1 else stretch * 2)
            stretch = []
