"""The command that runs one benchmark fits the tool that wrote its file."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Source
from sluicegate.evidence.reader import readers
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind
from sluicegate.gates.performance.commands import commands

FORMATS = sorted(r.format for r in readers() if r.kind is Kind.BENCHMARKS)


def command(name: str, format: str, tool: str = "") -> str:
    record = BenchmarksRecord(Source("f", format, tool=tool), {name: Benchmark(name, (1.0,))})
    return commands((record,)).get(name, "")


@pytest.mark.parametrize(
    ("format", "name", "expected"),
    [
        ("pytest-benchmark", "t/test_a.py::test_b[1]", "pytest 't/test_a.py::test_b[1]' --benchmark-only"),
        ("pytest-benchmark", "test_b", "pytest -k 'test_b' --benchmark-only"),
        ("hyperfine", "rm -r x", "hyperfine --warmup 3 --export-json bench.json COMMAND"),
        (
            "google-benchmark",
            "BM_sort<int>/8",
            "./BENCHMARK --benchmark_repetitions=20 --benchmark_filter='^BM_sort<int>/8$'",
        ),
        (
            "go-bench",
            "example.org/x.BenchmarkSort/n=1.5",
            r"go test -run '^$' -bench '^BenchmarkSort$/^n=1\.5$' -count 20 'example.org/x'",
        ),
        ("go-bench", "BenchmarkSort", "go test -run '^$' -bench '^BenchmarkSort$' -count 20 ."),
        ("criterion", "sort/100", "cargo bench -- 'sort/100'"),
        ("cargo-criterion", "fib (20)", r"cargo criterion -- 'fib \(20\)'"),
        ("jmh", "org.x.Sort.quick(size=10)", r"java -jar benchmarks.jar '^org\.x\.Sort\.quick$'"),
        ("jmh", "org.x.Sort.quick:avgt", r"java -jar benchmarks.jar '^org\.x\.Sort\.quick$'"),
        ("benchmarkdotnet", "X.Sort.Up(N: 1) [.NET 8.0]", "dotnet run -c Release -- --filter '*X.Sort.Up*'"),
        ("k6", "http_req_duration", "k6 run --summary-export=k6.json SCRIPT"),
        ("locust", "GET /", "locust --headless --csv load"),
    ],
)  # fmt: skip
def test_a_command_is_that_of_the_tool(format: str, name: str, expected: str) -> None:
    assert command(name, format) == expected


def test_of_our_own_measuring_it_is_that_command_and_of_json_of_others_nobody_knows() -> None:
    assert (
        command("a", "sluicegate-benchmarks", "sluicegate bench") == "sluicegate bench --base REF -- COMMAND"
    )
    assert command("a", "sluicegate-benchmarks", "my tool") == ""


def test_a_name_that_may_be_cut_is_no_command() -> None:
    assert command("x" * 499 + "…", "pytest-benchmark") == ""


@given(
    st.sampled_from(FORMATS), st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
)
def test_whatever_a_name_says_the_shell_runs_nothing_of_it(format: str, name: str) -> None:
    made = command(name, format)
    if made:
        bare = re.sub(r"'[^']*'", "", made.replace("'\\''", ""))
        assert re.fullmatch(r"[\w ./=$-]*", bare), made
        assert shlex.split(made)
