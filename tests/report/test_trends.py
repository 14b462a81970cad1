"""The course of a measure: sparklines, Mermaid charts, lines of the page, CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Better, Point, Series
from sluicegate.core.text import clean
from sluicegate.report import terminal, trends
from sluicegate.report.charts import WIDTH
from support.series import series

words = st.one_of(st.integers(-(10**9), 10**9).map(str), st.just("-"))
texts = st.lists(words, max_size=50).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 50 100", "▁▅█"),
        ("100 50 0", "█▅▁"),
        ("50 - 100", "▁ █"),
        ("80 80 80", "▅▅▅"),
        ("80 80.1 79.9", "▅▅▄"),
        ("- -", ""),
        ("", ""),
    ],
)
def test_a_sparkline_has_a_character_for_each_commit(text: str, expected: str) -> None:
    assert trends.sparkline(series(text)) == expected


@given(texts, st.integers(1, 40))
def test_a_sparkline_is_never_longer_than_plain_measures(text: str, width: int) -> None:
    line = trends.sparkline(series(text), width)
    assert len(line) <= width
    assert set(line) <= set("▁▂▃▄▅▆▇█ ")


def test_the_movement_says_what_it_means() -> None:
    assert str(trends.movement(series("80 85"))) == "▲ 5pp better"
    slower = series("1 1.5", unit="s", better=Better.LOWER)
    assert str(trends.movement(slower)) == "▲ 50% worse"
    assert trends.movement(series("80")) is None


def test_a_mermaid_chart() -> None:
    assert trends.mermaid(series("80 - 84 82")) == "\n".join(
        (
            '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f81f7"}}}}%%',
            "xychart-beta",
            '    title "coverage.total, %"',
            '    x-axis "reports since 2026-10-01" 1 --> 3',
            "    y-axis 80 --> 84",
            "    line [80, 84, 82]",
        )
    )


def test_short_times_are_in_a_unit_that_suits_them() -> None:
    *_, title, _, axis, line = trends.mermaid(series("0.00005 0.00006", unit="s")).splitlines()
    assert title == '    title "coverage.total, us"'
    assert (axis, line) == ("    y-axis 50 --> 60", "    line [50, 60]")


@given(st.lists(st.fractions(), min_size=2, max_size=9), st.sampled_from(("", "s", "B")))
def test_the_numbers_of_a_mermaid_chart_are_as_its_grammar_has_them(
    values: list[Fraction], unit: str
) -> None:
    points = tuple(Point("a" * 40, "2026-10-01", value) for value in values)
    chart = trends.mermaid(Series("coverage", "total", unit, Better.LOWER, points))
    found = re.findall(r"[^\[\], ]+", "".join(line.partition("line")[2] for line in chart.splitlines()))
    assert len(found) == len(values)
    assert all(re.fullmatch(r"[+-]?(\d+(\.\d+)?|\.\d+)", number) for number in found)


def test_one_report_is_no_plural() -> None:
    assert trends.span_text(series("80")) == "1 report since 2026-10-01"


@given(st.text())
def test_no_name_leaves_its_quotes_in_a_mermaid_chart(text: str) -> None:
    chart = trends.mermaid(replace(series("1 2"), verdict=text, unit=""))
    assert chart.count('"') == 8 + 4
    assert len(chart.splitlines()) == 6


@given(texts)
def test_a_line_of_the_page_stays_inside_its_box(text: str) -> None:
    rows = trends.rows([series(text)])
    if not rows:
        assert not re.search(r"\d", text)
        return
    [line] = rows
    points = [tuple(map(float, p.split(","))) for run in line.polylines for p in run.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= trends.HEIGHT for x, y in (*points, line.last))
    assert len(set(points)) == sum(p.value is not None for p in series(text).points)


def test_a_gap_parts_the_line() -> None:
    [line] = trends.rows([series("1 2 - 3 4 5")])
    assert [len(run.split()) for run in line.polylines] == [2, 3]


def test_a_value_between_two_gaps_is_drawn_as_a_dot() -> None:
    [line] = trends.rows([series("1 - 3 3")])
    assert line.polylines[0] == "0,40 0,40"


@given(st.text(min_size=1))
def test_no_unit_breaks_out_of_its_line_in_a_terminal(unit: str) -> None:
    blocks = trends.detail(series("1 2", unit=unit), 20)
    shown = terminal.render_blocks(blocks, width=200, color=False)
    assert len(shown.split("\n")) == 7
    assert clean(shown) == shown


def test_no_unit_of_the_csv_is_a_formula() -> None:
    assert "'=1+1" in trends.to_csv(series("80", unit="=1+1")).splitlines()[1].split(",")


def test_the_csv_has_a_row_for_each_commit() -> None:
    rows = list(csv.DictReader(io.StringIO(trends.to_csv(series("80 - 82.5c")))))
    assert [(r["date"], r["value"], r["unit"], r["carried"]) for r in rows] == [
        ("2026-10-01", "80", "%", ""),
        ("2026-10-02", "", "%", ""),
        ("2026-10-03", "82.5", "%", "yes"),
    ]


@given(texts)
def test_the_csv_keeps_every_value(text: str) -> None:
    rows = csv.DictReader(io.StringIO(trends.to_csv(series(text))))
    kept = [Fraction(r["value"]) if r["value"] else None for r in rows]
    assert kept == [p.value for p in series(text).points]
