"""The evidence that is written, and what the reader makes of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.bench.document import document
from sluicegate.bench.model import (
    Command,
    Compared,
    Failure,
    Outcome,
    Reading,
    Series,
    Settings,
    Side,
    Stop,
)
from sluicegate.core.text import clean
from sluicegate.evidence.benchmarks.native import READER
from sluicegate.evidence.benchmarks.native_document import BenchmarkMachine
from sluicegate.evidence.records import BenchmarksRecord

SETTINGS = Settings((Command("b", ("b",)),), seed=7)
COMPARED = Compared("a" * 40, "b" * 40, "merge base with main")
MACHINE = BenchmarkMachine("Linux", "x86_64", "A Processor", 2, "CPython 3.11.7")

readings = st.builds(
    Reading,
    st.floats(1e-9, 1e5),
    st.sampled_from((0.0, 1e-6)) | st.floats(1e-9, 1e5),
    st.integers(1, 1 << 40),
)
pairs = st.lists(st.tuples(readings, readings), min_size=1, max_size=5)
names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=50).filter(
    lambda name: clean(name) == name  # others are spelled out when they are read
)
TIMED = Series((Reading(1, 0.5, 10),), (Reading(2, 0.7, 20),))


def read(outcome: Outcome, compared: Compared = COMPARED) -> BenchmarksRecord:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "b.json"
        path.write_text(document(outcome, SETTINGS, compared, MACHINE), encoding="utf-8")
        assert READER.matches(path.name, path.read_bytes()[:4096])
        record = READER.read(path, "b.json")
        assert isinstance(record, BenchmarksRecord)
        return record


@given(st.dictionaries(names, pairs, min_size=1, max_size=3), st.integers(1, 4))
def test_every_outcome_is_read_as_it_was_measured(
    measured: dict[str, list[tuple[Reading, Reading]]], looks: int
) -> None:
    series = {n: Series(tuple(b for b, _ in p), tuple(h for _, h in p)) for n, p in measured.items()}
    record = read(Outcome(series, looks=looks, stopped=Stop.DECIDED))
    assert (record.paired, record.looks) == (True, looks)
    assert record.benchmarks.keys() == series.keys()
    for name, one in record.benchmarks.items():
        assert (one.base, one.samples) == (tuple(series[name].pairs.base), tuple(series[name].pairs.head))
        assert one.per_round == series[name].per_round
        assert one.base_memory == tuple(r.memory for r in series[name].base)
        assert one.cpu == tuple(r.cpu for r in series[name].head)


def test_the_machine_is_told_without_its_name() -> None:
    assert read(Outcome({"b": TIMED})).machine == "Linux x86_64, A Processor, 2 cores, CPython 3.11.7"


@pytest.mark.parametrize("side", [*Side, None])
def test_a_failure_is_a_problem_with_the_end_of_its_log(side: Side | None) -> None:
    record = read(
        Outcome(failure=Failure(side, "the set-up ended with exit code 2", "x" * 9000 + "\nthe end"))
    )
    assert record.benchmarks == {}
    assert [p.message for p in record.problems] == ["the set-up ended with exit code 2"]
    assert record.problems[0].remedy.endswith("the end")


def test_a_failure_that_said_nothing_says_so() -> None:
    assert read(Outcome(failure=Failure(Side.BASE, "failed"))).problems[0].remedy == "It wrote nothing."


def test_a_benchmark_of_one_side_is_named() -> None:
    record = read(Outcome({"b": TIMED}, ("gone",), {"new": (Reading(3),)}))
    assert record.removed == ("gone",)
    assert record.benchmarks["new"].base == ()
    assert record.benchmarks["new"].samples == (3,)


def test_what_a_command_reports_itself_has_no_cpu_and_no_memory() -> None:
    one = read(Outcome({"b": Series((Reading(1),), (Reading(2),))})).benchmarks["b"]
    assert (one.cpu, one.memory) == ((), ())


def test_uncommitted_changes_are_noted() -> None:
    text = document(
        Outcome({"b": TIMED}),
        SETTINGS,
        Compared("a", "b", "main", uncommitted=2),
        MACHINE,
    )
    assert '"dirty: 2 files not as committed"' in text
