from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import jmh, jmh_result, only, reading


def test_scores_of_all_forks_are_the_samples(tmp_path: Path) -> None:
    assert only(reading(tmp_path, jmh(jmh_result()))).samples == (1e-6, 2e-6, 4e-6)


@pytest.mark.parametrize(
    ("unit", "seconds"), [("ns/op", 3e-9), ("ms/op", 3e-3), ("s/op", 3.0), ("min/op", 180.0)]
)
def test_the_unit_is_the_results_own(tmp_path: Path, unit: str, seconds: float) -> None:
    assert only(reading(tmp_path, jmh(jmh_result("ss", unit, [[3.0]])))).samples == (seconds,)


@pytest.mark.parametrize(("unit", "rate"), [("ops/s", 2.5), ("ops/ms", 2500.0), ("ops/min", 2.5 / 60)])
def test_a_throughput_is_no_time(tmp_path: Path, unit: str, rate: float) -> None:
    record = reading(tmp_path, jmh(jmh_result("thrpt", unit)))
    assert only(record).samples == ()
    assert only(record).stated == {"throughput": pytest.approx(rate)}
    assert record.source.note == "1 benchmark by throughput alone; `-bm avgt` gives samples"


def test_sampled_time_states_percentiles(tmp_path: Path) -> None:
    one = only(reading(tmp_path, jmh(jmh_result("sample", "ms/op", None))))
    assert (one.samples, one.stated) == ((), {"p50": 2e-3, "p95": 4e-3, "p99": 4e-3, "mean": 2.5e-3})


def test_parameters_are_part_of_the_name(tmp_path: Path) -> None:
    results = [jmh_result(params={"size": size, "kind": "x"}) for size in ("10", "100")]
    names = ["org.x.B.run(kind=x, size=10)", "org.x.B.run(kind=x, size=100)"]
    assert list(reading(tmp_path, jmh(*results)).benchmarks) == names


def test_several_modes_of_one_benchmark_stay_apart(tmp_path: Path) -> None:
    record = reading(tmp_path, jmh(jmh_result(), jmh_result("thrpt", "ops/s")))
    assert list(record.benchmarks) == ["org.x.B.run:avgt", "org.x.B.run:thrpt"]


def test_the_gc_profiler_gives_the_memory(tmp_path: Path) -> None:
    metric = {"scoreUnit": "B/op", "rawData": [[24.0, 32.0]]}
    assert only(
        reading(tmp_path, jmh(jmh_result(secondaryMetrics={"gc.alloc.rate.norm": metric})))
    ).memory == (24, 32)


def test_the_machine_is_the_runtime(tmp_path: Path) -> None:
    assert reading(tmp_path, jmh(jmh_result())).machine == "Java 21.0.2, OpenJDK 64-Bit Server VM"


@pytest.mark.parametrize(
    "results",
    [
        [jmh_result(), jmh_result()],
        [jmh_result(unit="#")],
        [jmh_result(unit="eons/op")],
        [jmh_result(scores=[["NaN"]])],
        [jmh_result("thrpt", "ops/s", score="NaN")],
        [jmh_result("thrpt", "ops/eon")],
        [jmh_result("sample", "ms/op", None, score=0)],
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, results: list[object]) -> None:
    with pytest.raises(EvidenceError) as caught:
        reading(tmp_path, jmh(*results))
    assert caught.value.remedy


def test_a_file_without_the_version_of_jmh_is_read(tmp_path: Path) -> None:
    result = jmh_result()
    del result["jmhVersion"]
    result["primaryMetric"]["scoreError"] = float("nan")  # of kotlinx-benchmark with one iteration
    record = reading(tmp_path, jmh(result))
    assert only(record).samples == (1e-6, 2e-6, 4e-6)
    assert (record.source.format, record.source.version) == ("jmh", "")
