"""Differences and charts as data, for every renderer to draw as it can. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delta:
    """A difference: `arrow` ▲, ▼ or =, `text` its size, `word` what it means.

    `word` is `better`, `worse`, `same`, or empty when the measure has no known direction.
    """

    arrow: str
    text: str
    word: str

    def __str__(self) -> str:
        return f"{self.arrow} {self.text} {self.word}".rstrip() if self.text else self.word


# --- charts, as positions from 0 to the width of the chart in user units -----------------------


@dataclass(frozen=True, slots=True)
class Bullet:
    """A measure against its bound: a bar to `actual`, a mark at `bound`, the zone that satisfies."""

    actual: float
    bound: float
    zone_from: float
    zone_to: float
    baseline: float | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar of findings by severity."""

    name: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Meter:
    """A percentage as a bar, filled from 0 to `filled`."""

    name: str
    text: str
    ratio: str
    filled: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The course of a measure.

    Attributes:
        spark: one character a commit.
        now: the newest value, for people.
        span: from when to when.
        polylines: stretches of values without a gap, as points of an SVG polyline.
        last: (x, y) of the newest value.
        low, high: the ends of the scale, for people.
        mermaid: the chart in Mermaid's language; empty where it has none.
    """

    name: str
    spark: str
    now: str
    delta: Delta | None
    span: str
    polylines: tuple[str, ...]
    last: tuple[float, float]
    low: str
    high: str
    mermaid: str = ""


# --- plots over time, in hundredths of their width and height, from the left and from the top ---


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plot.

    Attributes:
        name: for the legend.
        kind: what it shows, which decides how it is drawn: `planned`, `written`, `measured`, `exposed`,
            `control`, `bound`, `evidence`.
        polylines: stretches without a gap, as points of an SVG polyline.
    """

    name: str
    kind: str
    polylines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A text at a place of an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch of time."""

    start: float
    width: float
    name: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over time.

    Attributes:
        about: what it shows, in a sentence, for those who do not see it.
    """

    title: str
    about: str
    lines: tuple[Line, ...]
    times: tuple[Tick, ...]
    values: tuple[Tick, ...]
    bands: tuple[Band, ...] = ()
