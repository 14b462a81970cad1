from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import hyperfine, hyperfine_result, only, reading


def test_samples_are_the_times(tmp_path: Path) -> None:
    record = reading(tmp_path, hyperfine(hyperfine_result("sleep 1", [1.25, 1.5])))
    assert (only(record).name, only(record).samples) == ("sleep 1", (1.25, 1.5))


def test_the_memory_of_each_run_is_kept(tmp_path: Path) -> None:
    record = reading(tmp_path, hyperfine(hyperfine_result("a", memory_usage_byte=[1024, 2048])))
    assert only(record).memory == (1024.0, 2048.0)


def test_without_times_the_statistics_are_all_there_is(tmp_path: Path) -> None:
    one = only(reading(tmp_path, hyperfine(hyperfine_result("a", []))))
    assert (one.samples, one.stated) == ((), {"p50": 0.3, "mean": 0.4})


@pytest.mark.parametrize("code", [1, None, -9])
def test_a_command_that_failed_is_a_problem_and_no_reading(tmp_path: Path, code: object) -> None:
    record = reading(tmp_path, hyperfine(hyperfine_result("make", exit_codes=[0, code])))
    assert record.benchmarks == {}
    assert [problem.message for problem in record.problems] == ["'make' failed in 1 of 2 runs"]


def test_one_command_with_several_parameters_is_several_benchmarks(tmp_path: Path) -> None:
    results = [hyperfine_result("sort", parameters={"threads": n}) for n in ("1", "2")]
    assert list(reading(tmp_path, hyperfine(*results)).benchmarks) == [
        "sort (threads = 1)",
        "sort (threads = 2)",
    ]


def test_one_command_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="has the benchmark 'a' twice"):
        reading(tmp_path, hyperfine(hyperfine_result("a"), hyperfine_result("a")))


def test_a_run_of_no_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not a time above zero, for the benchmark 'true'"):
        reading(tmp_path, hyperfine(hyperfine_result("true", [0.001, 0])))
