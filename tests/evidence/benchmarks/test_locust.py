from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import LOCUST_COLUMNS, locust, locust_row, only, reading


def test_a_row_is_a_benchmark_in_seconds(tmp_path: Path) -> None:
    one = only(reading(tmp_path, locust(locust_row("/a", requests=8, failures=2)), "load_stats.csv"))
    assert (one.name, one.samples) == ("GET /a", ())
    assert one.stated == {
        "p50": 0.007, "p95": 0.02, "p99": 0.03, "mean": 0.0075, "throughput": 5.0, "error_rate": 25.0,
    }  # fmt: skip


def test_all_requests_have_a_row_of_their_own(tmp_path: Path) -> None:
    rows = (locust_row("/a"), locust_row("Aggregated").removeprefix("GET"))
    assert list(reading(tmp_path, locust(*rows)).benchmarks) == ["GET /a", "Aggregated"]


def test_a_request_that_was_never_made_is_left_out(tmp_path: Path) -> None:
    never = "GET,/never,0,0,0,0.0,0,0,0,0.0,0.0" + ",N/A" * 11
    assert list(reading(tmp_path, locust(never, locust_row("/a"))).benchmarks) == ["GET /a"]
    with pytest.raises(EvidenceError, match="has no benchmarks"):
        reading(tmp_path, locust(never))


def test_a_name_may_hold_commas_and_quotes(tmp_path: Path) -> None:
    assert only(reading(tmp_path, locust(locust_row('"/a,""b"""')))).name == 'GET /a,"b"'


def test_percentiles_that_were_not_asked_for_are_missing(tmp_path: Path) -> None:
    columns = LOCUST_COLUMNS.partition(",50%")[0]
    data = f"{columns},50%\r\nGET,/a,1,0,1,1,1,1,1,1,0,9\r\n".encode()
    assert only(reading(tmp_path, data)).stated.keys() == {"p50", "mean", "throughput", "error_rate"}


@pytest.mark.parametrize(
    "rows",
    [
        [locust_row("/a"), locust_row("/a")],
        [locust_row("/a", requests="many")],
        [locust_row("/a", requests=1, failures=2)],
        [locust_row("/a", average=-1)],
        [locust_row("/a", average="nan")],
        ["GET,/a,1"],
        [locust_row('"/a')],
        [locust_row("x" * 200_000)],
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(EvidenceError):
        reading(tmp_path, locust(*rows))
