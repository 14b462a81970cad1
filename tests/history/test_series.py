"""Series: what is measured, what is kept when there are too many points."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.history.entries import Entry, History
from sluicegate.history.series import POINTS, latest, of_history, thinned, with_now
from sluicegate.policy.catalogue import charted
from support.series import judged, percentages, series

texts = st.lists(st.one_of(st.integers(0, 100).map(str), st.just("-")), max_size=60).map(" ".join)


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


def history(*rows: dict[str, int], verdict: str = "coverage") -> History:
    """An entry a row: the measures of one verdict."""
    entries = [
        Entry(str(n), f"{n:040x}", committed=n * 86_400, measures={verdict: percentages(row)})
        for n, row in enumerate(rows)
    ]
    return History(tuple(entries))


def test_the_report_that_is_made_is_the_last_point() -> None:
    known = history({"total": 80}, {"total": 82})
    (found,) = with_now(known, [judged("coverage", total=83)], "2026-11-21", charted())
    assert [p.value for p in found.points] == [80, 82, 83]
    assert (found.points[-1].commit, found.points[-1].on) == ("", "2026-11-21")
    assert found.points[1].on == "1970-01-02"


def test_a_commit_that_was_not_measured_is_a_gap() -> None:
    found = of_history(history({"total": 80}, {"line": 1}, {"total": 82}), "coverage", "total")
    assert found is not None
    assert [p.value for p in found.points] == [80, None, 82]


def test_what_is_not_recorded_has_no_course() -> None:
    now = [judged("coverage", total=83), judged("lint", findings=1)]
    assert with_now(history(), now, "2026-11-21", charted()) == ()
    assert with_now(history({"line": 80}), now, "2026-11-21", charted()) == ()


def test_a_component_and_a_suite_have_series_of_their_own() -> None:
    known = history({"pass_rate": 99}, verdict="api/tests.unit")
    (found,) = with_now(known, [judged("api/tests.unit", pass_rate=100)], "2026-11-21", charted())
    assert found.name == "api/tests.unit.pass_rate"


def test_a_series_goes_back_so_far_and_no_further() -> None:
    long = history(*({"total": n % 100} for n in range(POINTS + 30)))
    (found,) = with_now(long, [judged("coverage", total=83)], "2026-11-21", charted())
    assert len(found.points) == POINTS + 1


@given(st.integers())
def test_any_date_of_a_commit_is_a_date(committed: int) -> None:
    entry = Entry(
        "1", "a" * 40, committed=committed, measures={"coverage": judged("coverage", total=1).measures}
    )
    series = of_history(History((entry,)), "coverage", "total")
    assert series is not None
    assert date.fromisoformat(series.points[0].on).year in range(1970, 2101)
