"""What holds for every reader of benchmarks."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.bundle.read import open_bundle, read_evidence
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.reader import HEAD_BYTES, readers
from sluicegate.evidence.records import BenchmarksRecord, Kind
from sluicegate.policy.catalogue import gate_spec
from support import bundles
from support.benchmark_files import GOOD, reading
from support.examples import at_most
from support.results import mutate, survives

READERS = {reader.format: reader for reader in readers() if reader.kind is Kind.BENCHMARKS}
fuzzing = settings(
    max_examples=at_most(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
every = pytest.mark.parametrize("name", GOOD)


def test_every_reader_has_a_good_file() -> None:
    assert GOOD.keys() == READERS.keys()


def test_the_catalogue_has_a_line_for_every_format() -> None:
    assert len(gate_spec("performance").formats) == len(READERS)


@every
def test_one_reader_alone_recognises_the_file(name: str) -> None:
    file, data = GOOD[name]
    matching = [r.format for r in readers() if r.matches(file.rpartition("/")[2], data[:HEAD_BYTES])]
    assert matching == [name]


@every
def test_a_byte_order_mark_is_no_matter(tmp_path: Path, name: str) -> None:
    file, data = GOOD[name]
    plain = reading(tmp_path, data, file)
    assert reading(tmp_path, b"\xef\xbb\xbf" + data, file).benchmarks == plain.benchmarks


@every
def test_the_machine_is_no_host(tmp_path: Path, name: str) -> None:
    assert "host-17" not in reading(tmp_path, GOOD[name][1], GOOD[name][0]).machine


@every
def test_a_bundle_brings_the_same_benchmarks(tmp_path: Path, name: str) -> None:
    file, data = GOOD[name]
    here = reading(tmp_path, data, file)
    there = bundles.shard(tmp_path / "bundles" / "one", {file: data.decode()}, gates=("performance",))
    (record,) = read_evidence(open_bundle(there)).benchmarks
    assert (record.benchmarks, record.machine) == (here.benchmarks, here.machine)


@every
def test_a_file_that_is_cut_short_is_never_half_a_result_of_json(tmp_path: Path, name: str) -> None:
    file, data = GOOD[name]
    if not file.endswith(".json") or name == "cargo-criterion":
        data = data[:60]
    path = tmp_path / "cut"
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(EvidenceError):
        READERS[name].read(path, file)


@every
@given(data=st.binary(max_size=300))
@fuzzing
def test_any_bytes_give_a_record_or_our_error(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    READERS[name].matches("any", data)
    survives(lambda: READERS[name].read(path, "any"), "any")


@every
@given(edits=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4))
@fuzzing
def test_a_damaged_file_gives_sane_figures_or_our_error(
    tmp_path: Path, name: str, edits: list[tuple[int, bytes]]
) -> None:
    file, data = GOOD[name]
    path = tmp_path / "damaged"
    path.write_bytes(mutate(data, edits))
    survives(lambda: sane(READERS[name].read(path, file)), file)


ODD: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**70,
    10**400,
    1e308,
    "",
    "x",
    "\ud800",
    [],
    [[]],
    {},
    {"a": 1},
    [None],
    "a" * 600,
)


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("go-bench", "locust")])
@given(position=st.integers(0, 200), odd=st.sampled_from(ODD))
@fuzzing
def test_any_value_in_place_of_another_gives_sane_figures_or_our_error(
    tmp_path: Path, name: str, position: int, odd: object
) -> None:
    file, data = GOOD[name]
    lines = (
        [json.loads(line) for line in data.splitlines()] if name == "cargo-criterion" else [json.loads(data)]
    )
    path = tmp_path / "odd"
    path.write_text("\n".join(json.dumps(replaced(line, position, odd)) for line in lines))
    survives(lambda: sane(READERS[name].read(path, file)), file)


def replaced(document: object, position: int, odd: object) -> object:
    """The document with one of its values, the one at this position of a walk, replaced."""
    left = itertools.count(position, -1)

    def walk(value: object) -> object:
        if next(left) == 0:
            return odd
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    return walk(document)


def sane(record: object) -> None:
    """Every figure of the record is what its field promises."""
    assert isinstance(record, BenchmarksRecord)
    assert record.benchmarks or record.problems
    for name, one in record.benchmarks.items():
        assert name == one.name
        assert one.samples or one.stated
        assert all(0 < x < math.inf for x in (*one.samples, *one.base))
        assert all(0 <= x < math.inf for x in (*one.memory, *one.cpu, *one.stated.values()))
        assert one.stated.keys() <= {"p50", "p95", "p99", "mean", "throughput", "error_rate", "memory"}


JSON_FORMATS = [name for name, (_, data) in GOOD.items() if data.lstrip()[:1] in (b"{", b"[")]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    "name", [n for n in JSON_FORMATS if n not in ("cargo-criterion", "sluicegate-benchmarks")]
)
def test_an_unused_figure_may_be_not_a_number(tmp_path: Path, name: str, constant: str) -> None:
    file, data = GOOD[name]
    plain = reading(tmp_path, data, file)
    text = data.decode()
    at = text.rindex("}")
    damaged = f'{text[:at]}, "unused": {constant} {text[at:]}'
    assert reading(tmp_path, damaged.encode(), file).benchmarks == plain.benchmarks
