"""Reader of Criterion.rs (0.3.5 or later): `sample.json`, which `cargo bench` leaves for each benchmark.

Criterion keeps each run below `target/criterion/<benchmark>/<run>/`, where `new` is the last run and
any other name is a baseline (`base`, or that of `--save-baseline`). `sample.json` holds how often the
code ran for each sample (`iters`) and the nanoseconds that took (`times`); a sample is their quotient.
`estimates.json` beside it adds nothing to the samples.

The file does not name its benchmark, and it must be understood alone, also where it travels without its
neighbours. So the name is the path between `criterion` and the run: that is what Criterion itself
calls the directory name, the benchmark's id with characters that paths cannot hold replaced.
The files do not name the machine, and do not distinguish other measurements from times.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, json_reader, label, number, positive
from sluicegate.evidence.json_file import at, sequence
from sluicegate.evidence.records import Benchmark

_PLACE = re.compile(r"(?:.*/|[^/]*: )?criterion/(.+)/[^/]+/[^/]+")
_MOST_RUNS = 1 << 53
"""Above that a count is looked at more closely before it is divided by."""

_REMEDY = "Run `cargo bench` again; a measurement that Criterion did not finish leaves such a file."


def _older(path: str) -> str:
    """Why a file that was found is not taken: of a benchmark's runs only `new` is the last."""
    folder = path.split("/")[-2:-1]
    return "" if folder == ["new"] else "is an earlier run, kept by Criterion as a baseline"


def _fill(suite: BenchmarkSuite, document: object) -> None:
    found = _PLACE.fullmatch(suite.shown)
    if found is None:
        suite.refuse(
            "does not say which benchmark it is of",
            "Keep Criterion's folders: PATH/criterion/BENCHMARK/new/sample.json.",
        )
    name = label(found[1])
    suite.add(Benchmark(name, quotients(suite, at(document, "iters"), at(document, "times"), "ns", name)))


def quotients(
    suite: BenchmarkSuite, iterations: object, times: object, unit: str, name: str
) -> tuple[float, ...]:
    """Seconds a call, from how often the code ran for each sample and how long that took.

    Raises:
        EvidenceError: no samples, different numbers of times and counts, or one that is not above zero.
    """
    counts, totals = sequence(iterations), sequence(times)
    if not counts or len(counts) != len(totals):
        suite.refuse(
            f"has {len(counts):,} counts and {len(totals):,} times for the benchmark {name!r}", _REMEDY
        )
    pairs = zip(counts, totals, strict=True)
    samples = [
        total / count
        if (type(count) is int or type(count) is float) and type(total) is float and 1 <= count <= _MOST_RUNS
        else _quotient(suite, count, total, name)
        for count, total in pairs
    ]
    return suite.samples(samples, unit, name)


def _quotient(suite: BenchmarkSuite, count: object, total: object, name: str) -> float:
    """One that is not as usual: 0 where the time is none, which is refused as such."""
    runs = number(count)
    if runs is None or runs < 1:
        suite.refuse(f"has a sample without any run, for the benchmark {name!r}", _REMEDY)
    return positive(total) / runs


READER = replace(
    json_reader(
        "criterion",
        "Criterion.rs",
        rb'\{\s*"sampling_mode"\s*:\s*"\w+"\s*,\s*"iters"\s*:\s*\[',
        _fill,
        remedy=_REMEDY,
    ),
    skip_reason=_older,
)
