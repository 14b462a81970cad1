import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.evidence.benchmarks.suite import (
    MAX_FAILURES,
    TIME_UNITS,
    BenchmarkSuite,
    in_seconds,
    machine,
    per_second,
)
from sluicegate.evidence.records import Benchmark

POWERS = {"ns": -9, "us": -6, "µs": -6, "ms": -3, "s": 0}


@given(st.floats(1e-9, 1e12), st.sampled_from(sorted(POWERS)))
def test_a_time_is_converted_to_the_nearest_double(value: float, unit: str) -> None:
    assert in_seconds(value, unit) == float(Fraction(value) * Fraction(10) ** POWERS[unit])


@given(st.floats(1e-9, 1e9), st.sampled_from(TIME_UNITS))
def test_a_rate_is_the_inverse_of_its_time(value: float, unit: str) -> None:
    assert per_second(value, unit) * in_seconds(1 / value, unit) == pytest.approx(1)


@pytest.mark.parametrize("value", [0, -1, True, None, "1", float("nan"), float("inf"), 10**400, 1e-320])
def test_what_is_no_time_above_zero_is_refused(value: object) -> None:
    with pytest.raises(EvidenceError) as caught:
        BenchmarkSuite("b.json").seconds(value, "ns", "parse")
    assert (caught.value.where, "'parse'" in caught.value.what) == ("b.json", True)


def test_an_unknown_unit_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(EvidenceError, match="in the unit 'fortnight', which is not a unit of time") as caught:
        BenchmarkSuite("b.json").seconds(1.0, "fortnight", "parse")
    assert caught.value.remedy.startswith("Units of time: ns, us,")


def test_a_name_occurs_once() -> None:
    suite = BenchmarkSuite("b.json")
    suite.add(Benchmark("a", (1.0,)))
    with pytest.raises(EvidenceError, match="has the benchmark 'a' twice"):
        suite.add(Benchmark("a", (2.0,)))


@pytest.mark.parametrize(
    "given",
    [
        Benchmark("a", stated={"throughput": math.inf}),
        Benchmark("a", (1.7e308,), base=(1e-308,)),
        Benchmark("a", memory=(1e300,)),
    ],
)
def test_an_impossible_figure_is_refused(given: Benchmark) -> None:
    with pytest.raises(EvidenceError, match="a figure of an absurd size"):
        BenchmarkSuite("b.json").add(given)


def test_many_failures_are_counted() -> None:
    suite = BenchmarkSuite("b.json")
    for number in range(MAX_FAILURES + 7):
        suite.failed(f"{number} failed")
    problems = suite.record(Source("b.json", "x")).problems
    assert (len(problems), problems[-1].message) == (MAX_FAILURES + 1, "7 more failed")


def test_failures_alone_are_a_record() -> None:
    suite = BenchmarkSuite("b.json")
    suite.failed("a failed")
    assert suite.record(Source("b.json", "x")).benchmarks == {}


def test_a_machine_is_the_parts_that_are_known() -> None:
    assert machine("Linux  x86_64", " ", "", "a\nb") == "Linux x86_64, a b"
