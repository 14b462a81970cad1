from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.benchmarks.pytest_benchmark import READER
from sluicegate.evidence.records import BenchmarksRecord
from support.benchmark_files import pytest_benchmark as document
from support.benchmark_files import pytest_entry as bench
from support.coverage_reports import sample


def read(path: Path) -> BenchmarksRecord:
    record = READER.read(path, "b.json")
    assert isinstance(record, BenchmarksRecord)
    return record


def reading(folder: Path, data: bytes) -> BenchmarksRecord:
    (folder / "b.json").write_bytes(data)
    return read(folder / "b.json")


def test_samples_are_the_rounds(tmp_path: Path) -> None:
    record = reading(tmp_path, document(bench()))
    assert record.benchmarks["a.py::test_a"].samples == (0.4, 0.6)
    assert (record.source.tool, record.source.version, record.source.note) == (
        "pytest-benchmark",
        "5.1.0",
        "",
    )


def test_the_machine_has_no_host_name(tmp_path: Path) -> None:
    assert reading(tmp_path, document(bench())).machine == "Linux x86_64, Some CPU, CPython 3.11.7"


@pytest.mark.parametrize("stats", [{"data": None}, {"data": []}, {"data": [0.4]}, {"data": [0.4, "omitted"]}])
def test_without_all_rounds_the_statistics_are_all_there_is(tmp_path: Path, stats: dict[str, Any]) -> None:
    record = reading(tmp_path, document(bench(median=0.45, **stats)))
    assert record.benchmarks["a.py::test_a"].samples == ()
    assert record.benchmarks["a.py::test_a"].stated == {"mean": 0.5, "p50": 0.45}
    assert record.source.note == "1 benchmark by median and mean alone: no complete samples"


@pytest.mark.parametrize("value", [0, -1, True, None, 1e999, 10**400])
@pytest.mark.parametrize("where", ["data", "mean"])
def test_refuses_what_is_no_duration(tmp_path: Path, where: str, value: object) -> None:
    stats = {"data": [0.4, value]} if where == "data" else {"data": [], "mean": value}
    with pytest.raises(EvidenceError):
        reading(tmp_path, document(bench(**stats)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        document(),
        document(1),
        document({"name": ""}),
        document({"name": "a"}),
        document(bench(), bench()),
        document(bench(rounds=0)),
        document(bench(), machine_info=None),
        document(bench(mean=float("nan"), data=[])),
    ],
)
def test_refuses_what_is_no_benchmark_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        reading(tmp_path, data)
    assert caught.value.where == "b.json"


@pytest.mark.parametrize(
    ("head", "expected"),
    [(document(bench()), True), (b'{"benchmarks": []}', False), (b"[]", False), (b"", False)],
)
def test_recognises_the_format(head: bytes, expected: bool) -> None:
    assert READER.matches("any.json", head) is expected


def test_a_real_file_with_samples_left_out_has_its_means() -> None:
    path = sample("benchmarks/pytest-benchmark.json")
    told = {b["fullname"]: b["stats"] for b in json.loads(path.read_bytes())["benchmarks"]}
    record = read(path)
    assert READER.matches("x", path.read_bytes()[:4096])
    assert {name: benchmark.stated for name, benchmark in record.benchmarks.items()} == {
        name: {"mean": stats["mean"], "p50": stats["median"]} for name, stats in told.items()
    }
