"""What large files cost: memory grows with the benchmarks, and not with all that a line says."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

from sluicegate.evidence.benchmarks import cargo_criterion, locust
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import BenchmarksRecord
from support.benchmark_files import locust as locust_file
from support.benchmark_files import locust_row

ROWS = 3_000


def peak(reader: Reader, path: Path) -> int:
    """The most memory that reading takes, in bytes."""
    tracemalloc.start()
    try:
        record = reader.read(path, path.name)
        assert isinstance(record, BenchmarksRecord)
        assert len(record.benchmarks) == ROWS
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_request_of_locust_costs_little_beside_its_row(tmp_path: Path) -> None:
    path = tmp_path / "load_stats.csv"
    path.write_bytes(locust_file(*(locust_row(f"/item/{n}") for n in range(ROWS))))
    assert peak(locust.READER, path) < 2 * path.stat().st_size + 700 * ROWS


def test_of_a_message_of_cargo_criterion_only_the_samples_stay(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    message = {"reason": "benchmark-complete", "iteration_count": [1], "measured_values": [1.5], "unit": "ns"}
    lines = (json.dumps({**message, "id": f"b{n}", "report": ["x"] * 200}) for n in range(ROWS))
    path.write_text("\n".join(lines), encoding="utf-8")
    assert peak(cargo_criterion.READER, path) < 1.3 * path.stat().st_size + 700 * ROWS
