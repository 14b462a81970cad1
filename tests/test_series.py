"""Series: what is measured, what is kept when there are too many points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.series import latest, measured, thinned, with_now
from support.series import judged, series

texts = st.lists(st.one_of(st.integers(0, 100).map(str), st.just("-")), max_size=60).map(" ".join)


def test_a_carried_value_is_not_measured() -> None:
    assert [p.value for p in measured(series("80 - 80c 81"))] == [80, 81]


def test_the_latest_value_is_the_newest_there_is() -> None:
    assert latest(series("80 81 -")) == 81
    assert latest(series("- -")) is None


@given(texts, st.integers(1, 30))
def test_thinning_keeps_the_newest_value_and_the_order(text: str, width: int) -> None:
    whole = series(text)
    kept = thinned(whole, width)
    assert len(kept) == min(width, len(whole.points))
    assert [p for p in whole.points if p in kept] == list(kept)
    assert latest(series(text)) == next((p.value for p in reversed(kept) if p.value is not None), None)


def test_nothing_is_shown_in_no_space() -> None:
    with pytest.raises(ValueError, match="at least one"):
        thinned(series("1 2"), 0)


def test_the_report_that_is_made_is_the_last_point() -> None:
    (found,) = with_now([series("80 82")], [judged("coverage", total=83)], "2026-11-21")
    assert [p.value for p in found.points] == [80, 82, 83]
    assert (found.points[-1].commit, found.points[-1].on) == ("", "2026-11-21")


def test_what_is_not_recorded_has_no_course() -> None:
    now = [judged("coverage", total=83), judged("lint", findings=1)]
    assert with_now([], now, "2026-11-21") == ()
    assert with_now([series("-")], now, "2026-11-21") == ()


def test_a_component_and_a_suite_have_series_of_their_own() -> None:
    now = [judged("api/tests.unit", pass_rate=100)]
    known = series("99", verdict="api/tests.unit", measure="pass_rate")
    (found,) = with_now([known], now, "2026-11-21")
    assert found.name == "api/tests.unit.pass_rate"
