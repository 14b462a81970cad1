from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import dotnet, dotnet_entry, only, reading


def test_samples_are_the_original_values(tmp_path: Path) -> None:
    assert only(reading(tmp_path, dotnet(dotnet_entry()))).samples == (1e-8, 2e-8)


def test_without_them_the_statistics_are_stated(tmp_path: Path) -> None:
    one = only(reading(tmp_path, dotnet(dotnet_entry(values=None))))
    assert (one.samples, one.stated) == ((), {"p50": 1.5e-8, "p95": 1.95e-8, "mean": 1.5e-8})


def test_allocated_bytes_are_the_memory(tmp_path: Path) -> None:
    entry = dotnet_entry(Memory={"BytesAllocatedPerOperation": 368})
    assert only(reading(tmp_path, dotnet(entry))).memory == (368.0,)


def test_a_benchmark_without_statistics_failed(tmp_path: Path) -> None:
    record = reading(tmp_path, dotnet(dotnet_entry("N.T.Bad", Statistics=None), dotnet_entry()))
    assert list(record.benchmarks) == ["N.T.M"]
    assert [p.message for p in record.problems] == ["the benchmark 'N.T.Bad' gave no result"]


def test_one_method_as_several_jobs_stays_apart(tmp_path: Path) -> None:
    jobs = [dotnet_entry(DisplayInfo=f"T.M: Job-A(Runtime={runtime})") for runtime in ("8", "9")]
    names = ["N.T.M [Job-A(Runtime=8)]", "N.T.M [Job-A(Runtime=9)]"]
    assert list(reading(tmp_path, dotnet(*jobs)).benchmarks) == names


def test_an_old_file_names_its_parts(tmp_path: Path) -> None:
    entry = dotnet_entry("", Namespace=None, Type="T", Method="M", Parameters="n=1")
    assert only(reading(tmp_path, dotnet(entry))).name == "T.M(n=1)"


@pytest.mark.parametrize("processor", ["Some CPU", {"IsValueCreated": True, "Value": "Some CPU"}])
def test_the_machine_is_without_numbers_of_builds(tmp_path: Path, processor: object) -> None:
    record = reading(tmp_path, dotnet(dotnet_entry(), ProcessorName=processor))
    assert record.machine == "Windows 11, Some CPU, 8 cores, X64, .NET 8.0.1"


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [dotnet_entry(), dotnet_entry()],
        [dotnet_entry(values=[0.0])],
        [dotnet_entry(values=[""])],
        [dotnet_entry("")],
        [dotnet_entry(Memory={"BytesAllocatedPerOperation": -1})],
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, entries: list[object]) -> None:
    with pytest.raises(EvidenceError):
        reading(tmp_path, dotnet(*entries))


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), ""])
def test_a_statistic_that_is_no_number_and_not_used_does_not_matter(tmp_path: Path, nothing: object) -> None:
    entry = dotnet_entry()
    statistics = entry["Statistics"] | {"Skewness": nothing, "ConfidenceInterval": {"Margin": nothing}}
    assert only(reading(tmp_path, dotnet(entry | {"Statistics": statistics}))).samples == (1e-8, 2e-8)


def test_one_that_is_used_must_be_a_number(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="not a time above zero"):
        reading(tmp_path, dotnet(dotnet_entry(values=[float("nan")])))
