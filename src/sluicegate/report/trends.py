"""The course of measures: sparklines, a Mermaid chart, lines for a page and for a terminal. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sluicegate.core.model import Series
from sluicegate.core.text import one_line, plural
from sluicegate.core.units import fitting, format_value
from sluicegate.history.series import latest, thinned
from sluicegate.report import view
from sluicegate.report.charts import WIDTH
from sluicegate.report.figures import Delta, Trend
from sluicegate.report.sections import Block, Grid, Trends
from sluicegate.report.values import difference

SPARK_WIDTH = 20
"""Commits that a sparkline shows at the most, one character each."""

CHART_WIDTH = 30
"""Commits that a Mermaid chart shows at the most."""

MAX_CHARTS = 2
"""Series that have a Mermaid chart in `rows`."""

HEIGHT = 40
"""Of a line chart in the page, in user units."""

_COLOR = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f81f7"}}}}%%'
"""The default line is hardly visible on GitHub's white."""

_LEVELS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Scale:
    """The lowest and the highest value of a chart.

    It spans two percentage points, or two hundredths of the highest value, at the least: a course
    that hardly moves shall not look like a cliff.
    """

    low: Fraction
    high: Fraction

    def share(self, value: Fraction) -> Fraction:
        """Where the value lies, from 0 (the lowest) to 1."""
        return (value - self.low) / (self.high - self.low)


def scale(values: Sequence[Fraction], unit: str) -> Scale:
    """The scale that shows these values, of which there is at least one."""
    low, high = min(values), max(values)
    share = max(abs(low), abs(high)) * Fraction(2, 100)
    least = Fraction(2) if unit == "%" else share or Fraction(1)
    missing = max(least - (high - low), Fraction(0)) / 2
    return Scale(low - missing, high + missing)


def sparkline(series: Series, width: int = SPARK_WIDTH) -> str:
    """One character a commit, a space where nothing was measured; empty without any value."""
    points = thinned(series, width)
    values = [p.value for p in points if p.value is not None]
    if not values:
        return ""
    of = scale(values, series.unit)
    return "".join(
        " " if p.value is None else _LEVELS[min(int(of.share(p.value) * len(_LEVELS)), len(_LEVELS) - 1)]
        for p in points
    )


def movement(series: Series) -> Delta | None:
    """From the oldest value to the newest; None with fewer than two."""
    values = [p.value for p in series.points if p.value is not None]
    if len(values) < 2:
        return None
    return difference(values[-1], values[0], series.unit, series.better)


def span_text(series: Series) -> str:
    """From when to when: `12 reports since 2026-10-01`."""
    dates = [p.on for p in series.points if p.value is not None]
    return f"{plural(len(dates), 'report')} since {dates[0]}" if dates else "no reports"


def mermaid(series: Series) -> str:
    """The series as a chart that GitHub draws (`xychart-beta`); empty with fewer than two values.

    The text is Mermaid's alone: what comes from outside is the name, which is quoted.
    """
    points = [p for p in thinned(series, CHART_WIDTH) if p.value is not None]
    if len(points) < 2:
        return ""
    values = [p.value for p in points if p.value is not None]
    of = scale(values, series.unit)
    shown = fitting(max(abs(of.low), abs(of.high)), series.unit)
    unit = f", {shown.symbol}" if shown.symbol else ""
    since = _quoted(f"reports since {points[0].on}")
    numbers = ", ".join(_plain(value / shown.factor) for value in values)
    return "\n".join(
        (
            _COLOR,
            "xychart-beta",
            f"    title {_quoted(series.name + unit)}",
            f"    x-axis {since} 1 --> {len(points)}",
            f"    y-axis {_plain(of.low / shown.factor)} --> {_plain(of.high / shown.factor)}",
            f"    line [{numbers}]",
        )
    )


def _quoted(text: str) -> str:
    kept = (c if c.isascii() and (c.isalnum() or c in " ./,%_-+") else "_" for c in one_line(text)[:80])
    return f'"{"".join(kept)}"'


def _plain(value: Fraction) -> str:
    """Six digits without an exponent, which the grammar of Mermaid's charts lacks."""
    return str(round(value)) if abs(value) >= 10**6 else f"{Decimal(f'{float(value):.6g}'):f}"


def rows(series: Iterable[Series], width: int = SPARK_WIDTH) -> list[Trend]:
    """The courses of the series that have a value, the first `MAX_CHARTS` with a Mermaid chart.

    `width` is that of a sparkline, in characters.
    """
    seen = [(s, newest) for s in series if (newest := latest(s)) is not None]
    return [_row(s, at, width, mermaid(s) if n < MAX_CHARTS else "") for n, (s, at) in enumerate(seen)]


def _row(series: Series, newest: Fraction, width: int, chart: str) -> Trend:
    points = thinned(series, WIDTH)
    of = scale([p.value for p in points if p.value is not None], series.unit)
    step = WIDTH / max(len(points) - 1, 1)
    placed = [
        (round(n * step, 1), (None if p.value is None else round(HEIGHT * (1 - float(of.share(p.value))), 1)))
        for n, p in enumerate(points)
    ]
    return Trend(
        series.name,
        sparkline(series, width),
        format_value(newest, series.unit),
        movement(series),
        span_text(series),
        tuple(_polylines(placed)),
        next((x, y) for x, y in reversed(placed) if y is not None),
        format_value(of.low, series.unit),
        format_value(of.high, series.unit, against=of.low),
        chart,
    )


def _polylines(placed: Iterable[tuple[float, float | None]]) -> Iterable[str]:
    stretch: list[str] = []
    for x, y in (*placed, (0.0, None)):
        if y is not None:
            stretch.append(f"{x:g},{y:g}")
        elif stretch:
            yield " ".join(stretch if len(stretch) > 1 else stretch * 2)
            stretch = []


COLUMNS = ("commit", "date", "value", "unit", "carried")
"""Columns of the CSV."""

_FORMULA = ("=", "+", "-", "@")


def to_csv(series: Series) -> str:
    """A row a commit, oldest first, with a head; the value is exact to 12 digits, empty where missing.

    RFC 4180. A value is in the canonical unit; no cell starts with a character that a spreadsheet
    takes for a formula: a commit is hexadecimal, a negative number stays a number, and a unit, which is
    whatever the ledger contains, is quoted where it would.
    """
    out = io.StringIO()
    unit = one_line(series.unit)
    unit = f"'{unit}" if unit.startswith(_FORMULA) else unit
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for p in series.points:
        value = "" if p.value is None else f"{float(p.value):.12g}"
        writer.writerow((p.commit, p.on, value, unit, "yes" if p.carried else ""))
    return out.getvalue()


def detail(series: Series, width: int) -> tuple[Block, ...]:
    """The course, `width` characters long, then the commits, newest first, each with its change."""
    table = Grid("Commits", ("commit", "date", "value", "change"), [*_commits(series)][::-1], "llrl")
    return (Trends(rows([series], width)), table)


def _commits(series: Series) -> Iterable[tuple[str, ...]]:
    before: Fraction | None = None
    for p in series.points:
        value, moved = "-", ""
        if p.value is not None:
            value = format_value(p.value, series.unit, against=before)
            if before not in (None, p.value):
                moved = str(difference(p.value, before or Fraction(0), series.unit, series.better))
            before = p.value
        yield view.short(p.commit), p.on, value, moved
