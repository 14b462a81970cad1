from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.benchmarks.native_document import BENCHMARKS, native_schema
from sluicegate.evidence.records import Benchmark
from support.benchmark_files import native, native_entry, only, reading

VALIDATOR = jsonschema.Draft202012Validator(native_schema())

FULL = native_entry(
    samples=[1, 2.5],
    unit="ms",
    base_samples=[2, 2],
    cpu=[1, 0],
    base_cpu=[0.5, 0.5],
    memory=[1024],
    base_memory=[2048],
    throughput=9,
    error_rate=0.5,
)
WHOLE: dict[str, Any] = {
    "schema": "sluicegate.benchmarks/1",
    "tool": "sluicegate bench",
    "version": "0.1.0",
    "machine": {
        "system": "Linux",
        "architecture": "x86_64",
        "processor": "CPU",
        "cores": 2,
        "runtime": "R 1",
    },
    "base": {"commit": "1" * 40, "ref": "main"},
    "head": {"commit": "2" * 40},
    "plan": {"looks": 3, "order": "random", "warmup": 1, "stopped": "decided"},
    "benchmarks": [FULL],
}


def test_every_field_is_read(tmp_path: Path) -> None:
    record = reading(tmp_path, json.dumps(WHOLE).encode())
    assert only(record) == Benchmark(
        "parse",
        (0.001, 0.0025),
        {"throughput": 9.0, "error_rate": 0.5},
        base=(0.002, 0.002),
        memory=(1024.0,),
        base_memory=(2048.0,),
        cpu=(0.001, 0.0),
        base_cpu=(0.0005, 0.0005),
    )
    assert (record.paired, record.looks, record.commit) == (True, 3, "2" * 40)
    assert record.machine == "Linux x86_64, CPU, 2 cores, R 1"
    assert (record.source.tool, record.source.version) == ("sluicegate bench", "0.1.0")


def test_names_and_samples_are_enough(tmp_path: Path) -> None:
    record = reading(tmp_path, native(native_entry(samples=[0.5])))
    assert (only(record).samples, record.paired, record.looks, record.machine) == ((0.5,), False, 1, "")


@pytest.mark.parametrize(("unit", "seconds"), [("ns", 2e-9), ("us", 2e-6), ("ms", 2e-3), ("s", 2.0)])
def test_every_unit_becomes_seconds(tmp_path: Path, unit: str, seconds: float) -> None:
    assert only(reading(tmp_path, native(native_entry(samples=[2], unit=unit)))).samples == (seconds,)


BAD = {
    "no sample": native_entry(samples=[]),
    "no array": native_entry(samples=1),
    "zero": native_entry(samples=[1, 0]),
    "below zero": native_entry(samples=[-1]),
    "text": native_entry(samples=["1"]),
    "true": native_entry(samples=[True]),
    "beyond any number": native_entry(samples=[10**400]),
    "vanishing": native_entry(samples=[1e-320], unit="ns"),
    "unknown unit": native_entry(unit="min"),
    "unknown key": native_entry(sample=[1]),
    "no name": native_entry(""),
    "a blank name": native_entry(" "),
    "a pair without its partner": native_entry(base_samples=[1]),
    "a base without memory": native_entry(base_memory=[1]),
    "a base without CPU": native_entry(base_cpu=[1]),
    "more errors than calls": native_entry(error_rate=101),
}


@pytest.mark.parametrize("entry", BAD.values(), ids=BAD)
def test_a_benchmark_that_cannot_be_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError) as caught:
        reading(tmp_path, native(native_entry("fine"), entry))
    assert (caught.value.where, bool(caught.value.what)) == ("bench.json", True)


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "1e999"], ids=["nan", "infinity", "below", "beyond"]
)
def test_a_sample_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    data = native(native_entry(samples=["X"])).replace(b'"X"', text.encode())
    with pytest.raises(EvidenceError):
        reading(tmp_path, data)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"schema": "sluicegate.benchmarks/2"}, "has the schema 'sluicegate.benchmarks/2'"),
        ({"host": "x"}, "'host' is not a known key"),
        ({"machine": {"host": "x"}}, "'machine.host' is not a known key"),
        ({"plan": {"looks": 0}}, "'plan.looks' must be at least 1"),
        ({"benchmarks": []}, "has no benchmarks"),
        ({"benchmarks": [native_entry()] * 2}, "has the benchmark 'parse' twice"),
    ],
)
def test_a_document_that_cannot_be_is_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        reading(tmp_path, native(native_entry(), **more) if "benchmarks" not in more else native(**more))
    assert said in caught.value.what


# --- the schema --------------------------------------------------------------------------------


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(native_schema())


def test_the_whole_document_holds_to_it() -> None:
    VALIDATOR.validate(WHOLE)


scalars = (
    st.none() | st.booleans() | st.integers(-2, 2**40) | st.floats(-2, 1e9) | st.sampled_from(("", "s", "x"))
)
values = scalars | st.lists(scalars, max_size=3)
keys = st.sampled_from([*WHOLE, *FULL, *WHOLE["plan"], "commit", "system", "cores", "other"])
entries = st.dictionaries(keys, values, max_size=3).map(lambda more: FULL | more)
parts = values | st.dictionaries(keys, values, max_size=3) | st.lists(entries, max_size=2)


@given(st.dictionaries(keys, parts, max_size=2), st.sets(st.sampled_from(list(WHOLE)), max_size=1))
def test_what_the_schema_refuses_the_reader_refuses(more: dict[str, Any], without: set[str]) -> None:
    document = {key: value for key, value in {**WHOLE, **more}.items() if key not in without}
    if not VALIDATOR.is_valid(document):
        with pytest.raises(EvidenceError):
            BENCHMARKS.take(document, "x")
