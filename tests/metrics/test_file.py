"""A local file of counts."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.metrics.interface import Bin, MetricError, MetricProvider, Query, Window
from support.make_provider import around, make_metrics

WINDOW = Window(1000, 60, 3)
ERRORS = Query("errors", "errors", "requests", "exposed")


def provider(folder: Path, *lines: Any) -> MetricProvider:
    (folder / "counts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return make_metrics("file", "file: counts.jsonl\n", around(folder))


def line(time: int, arm: str | None = None, **counts: int) -> dict[str, Any]:
    return {"time": time, "arm": arm, "counts": counts}


def test_lines_are_of_the_bin_that_their_time_falls_into(tmp_path: Path) -> None:
    own = provider(
        tmp_path, line(1000, "on", requests=99), line(1001, "on", requests=1), line(1060, "on", requests=2),
        line(1061, "on", requests=4, errors=3), line(1181, "on", requests=99), line(1100, "off", requests=50),
    )  # fmt: skip
    assert own.counts(ERRORS, "on", WINDOW) == (
        Bin(1000, 0, 3),
        Bin(1060, 3, 4),
        Bin(1120, 0, 0, known=False),
    )


def test_the_whole_service_is_all_arms(tmp_path: Path) -> None:
    own = provider(tmp_path, line(1030, "on", requests=1, errors=1), line(1030, requests=4))
    query = Query("errors", "errors", "requests")
    assert own.counts(query, None, Window(1000, 60, 1)) == (Bin(1000, 1, 5),)


@pytest.mark.parametrize(
    "wrong",
    [
        1, [], {}, {"time": 1.5, "counts": {}}, {"time": -1, "counts": {}}, {"time": True, "counts": {}},
        {"time": 1, "counts": {"a": -1}}, {"time": 1, "counts": {"a": 1.5}}, {"time": 1, "counts": []},
        {"time": 1, "arm": 1, "counts": {}},
    ],
)  # fmt: skip
def test_a_line_that_is_no_count_is_named(tmp_path: Path, wrong: object) -> None:
    own = provider(tmp_path, line(1030, requests=1), wrong)
    with pytest.raises(MetricError) as caught:
        own.counts(Query("errors", "errors", "requests"), None, WINDOW)
    assert caught.value.where == "counts.jsonl:2"


def test_a_file_that_is_missing_or_broken_is_an_error(tmp_path: Path) -> None:
    own = provider(tmp_path)
    (tmp_path / "counts.jsonl").write_text("{", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(MetricError):
            own.counts(ERRORS, "on", WINDOW)
        (tmp_path / "counts.jsonl").unlink(missing_ok=True)


def test_a_file_has_no_histograms(tmp_path: Path) -> None:
    query = Query("slow", "seconds", "requests", over=Fraction(2))
    with pytest.raises(MetricError, match="histograms"):
        provider(tmp_path).counts(query, None, WINDOW)


def test_what_nothing_has_is_said_before_the_start(tmp_path: Path) -> None:
    own = provider(tmp_path, line(1030, "on", requests=1))
    assert own.examine(ERRORS, "on", 2000) == ()
    assert "no line has the arm 'off'" in own.examine(ERRORS, "off", 2000)[0]
    assert "no line counts 'hits'" in own.examine(Query("q", "errors", "hits"), None, 2000)[0]


def test_more_bad_events_than_events_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match="more bad events"):
        provider(tmp_path, line(1030, "on", requests=1, errors=20)).counts(ERRORS, "on", WINDOW)
