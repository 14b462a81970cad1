"""The geometry of plots: places inside, steps that hold, axes that people can read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.report.plots import Axis, Course, Times, percent_axis, plot
from support.examples import at_most

TIMES = Times(0, 100)
AXIS = Axis(0.0, 1.0, ((0.0, "0"), (1.0, "1")))


def lines(*points: tuple[float, float | None], stepped: bool = False) -> tuple[str, ...]:
    return plot("a", "b", [Course("c", "exposed", points, stepped)], TIMES, AXIS).lines[0].polylines


def test_a_line_goes_from_point_to_point() -> None:
    assert lines((0, 0.0), (50, 0.5), (100, 1.0)) == ("0,100 50,50 100,0",)


def test_a_step_holds_its_value_until_the_next() -> None:
    assert lines((0, 0.0), (50, 0.5), (100, 0.5), stepped=True) == ("0,100 50,100 50,50 100,50 100,50",)


def test_a_gap_parts_a_line_and_a_lone_point_is_seen() -> None:
    assert lines((0, 0.0), (50, None), (100, 1.0)) == ("0,100 0,100", "100,0 100,0")


def test_what_lies_outside_is_at_the_edge() -> None:
    assert lines((-50, 9.0), (500, -9.0)) == ("0,0 100,100",)


@pytest.mark.parametrize(
    ("most", "texts"),
    [
        (0.05, ["0%", "2%", "4%"]),
        (0.139, ["0%", "5%", "10%", "15%"]),
        (1.0, ["0%", "50%", "100%"]),
        (0.0004, ["0%", "0.05%", "0.1%"]),
    ],
)
def test_an_axis_of_percentages_has_round_ticks(most: float, texts: list[str]) -> None:
    assert [text for _, text in percent_axis([most]).ticks] == texts


def test_an_axis_without_values_has_a_scale_all_the_same() -> None:
    assert percent_axis([]).high > 0


@pytest.mark.parametrize(("length", "text"), [(60, "08:00:30"), (7200, "09:00"), (7 * 86_400, "01-18 20:00")])
def test_times_are_as_exact_as_they_differ(length: int, text: str) -> None:
    start = 1_800_000_000
    assert Times(start, start + length).ticks[1].text == text


def test_a_band_is_where_its_time_is() -> None:
    (band,) = plot("a", "b", [], TIMES, AXIS, [(25, 75, "5%")]).bands
    assert (band.start, band.width, band.name) == (25.0, 50.0, "5%")


values = st.floats(0, 1)
moments = st.integers(0, 10**10)


@settings(max_examples=at_most(100))
@given(st.lists(st.tuples(moments, st.none() | values), max_size=20), moments, moments, st.booleans())
def test_every_place_is_within_the_plot(
    points: list[tuple[float, float | None]], start: int, end: int, stepped: bool
) -> None:
    axis = percent_axis([value for _, value in points if value is not None])
    made = plot("a", "b", [Course("c", "exposed", points, stepped)], Times(start, end), axis)
    places = [float(n) for line in made.lines[0].polylines for pair in line.split() for n in pair.split(",")]
    ticks = [tick.at for tick in (*made.times, *made.values)]
    assert all(0 <= place <= 100 for place in (*places, *ticks))
    assert 2 <= len(made.values) <= 6
