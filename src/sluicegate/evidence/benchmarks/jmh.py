"""Reader of JMH's JSON (`java -jar benchmarks.jar -rf json -rff FILE`).

By the benchmark's mode:

- `avgt` (average time) and `ss` (single shot): the scores of the iterations of all forks (`rawData`)
  are the samples, in seconds a call.
- `sample` (sampled time): the file has a histogram of single calls; its percentiles and mean are stated.
- `thrpt` (throughput): operations a second are stated, in the mean. A throughput is no time, so there
  are no samples; the source's note names the mode that gives some.

A result begins with the version of JMH. Older versions, and kotlinx-benchmark outside of the JVM (its
`BenchmarkReportFormatter.kt`), leave that out and begin with the benchmark and its mode.

The name is the method with its parameters, and with the mode where the file has it in several. The
bytes allocated a call are those of the gc profiler (`-prof gc`). JMH names no processor: the machine is
the Java runtime alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sluicegate.core.text import plural
from sluicegate.evidence.benchmarks import suite as suites
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, label
from sluicegate.evidence.json_file import at, item, mapping, sequence, text
from sluicegate.evidence.records import Benchmark

_PERCENTILES = {"p50": "50.0", "p95": "95.0", "p99": "99.0"}
_ALLOCATED = ("gc.alloc.rate.norm", "·gc.alloc.rate.norm")


def _fill(suite: BenchmarkSuite, document: object) -> None:
    results = sequence(document)
    names = Counter(_name(suite, result) for result in results)
    for result in results:
        name = _name(suite, result)
        suite.add(
            _benchmark(suite, result, f"{name}:{label(at(result, 'mode'))}" if names[name] > 1 else name)
        )
    rates = sum(at(result, "mode") == "thrpt" for result in results)
    suite.note = (
        f"{plural(rates, 'benchmark')} by throughput alone; `-bm avgt` gives samples" if rates else ""
    )
    first = item(document, 0)
    suite.version, java = label(at(first, "jmhVersion")), text(at(first, "jdkVersion"))
    suite.machine = suites.machine(f"Java {java}" if java else "", text(at(first, "vmName")))


def _name(suite: BenchmarkSuite, result: object) -> str:
    """`package.Class.method(size=10, type=a)`."""
    parameters = ", ".join(
        f"{label(key)}={label(value)}" for key, value in sorted(mapping(at(result, "params")).items())
    )
    name = suite.name(at(result, "benchmark"))
    return label(f"{name}({parameters})") if parameters else name


def _benchmark(suite: BenchmarkSuite, result: object, name: str) -> Benchmark:
    metric = at(result, "primaryMetric")
    unit = text(at(metric, "scoreUnit"))
    memory = tuple(_allocated(result))
    if unit.startswith("ops/"):
        return Benchmark(name, stated={"throughput": _rate(suite, metric, unit, name)}, memory=memory)
    if not unit.endswith("/op"):
        suite.refuse(
            f"has the score of {name!r} in {label(unit, 40)!r}, which is neither time nor throughput",
            "Use one of the modes avgt, sample, ss and thrpt.",
        )
    samples = suite.samples(_scores(metric), unit.removesuffix("/op"), name)
    return Benchmark(name, samples, {} if samples else _stated(suite, metric, unit, name), memory=memory)


def _scores(metric: object) -> Iterator[object]:
    """The score of each iteration, fork after fork."""
    for fork in sequence(at(metric, "rawData")):
        yield from sequence(fork)


def _stated(suite: BenchmarkSuite, metric: object, unit: str, name: str) -> dict[str, float]:
    percentiles = mapping(at(metric, "scorePercentiles"))
    given = {key: percentiles[own] for key, own in _PERCENTILES.items() if own in percentiles}
    given["mean"] = at(metric, "score")
    return {key: suite.seconds(value, unit.removesuffix("/op"), name) for key, value in given.items()}


def _rate(suite: BenchmarkSuite, metric: object, unit: str, name: str) -> float:
    score, time = suites.positive(at(metric, "score")), unit.removeprefix("ops/")
    if not score or time not in suites.TIME_UNITS:
        suite.refuse(
            f"has no throughput above zero for the benchmark {name!r}", "See in the log what went wrong."
        )
    return suites.per_second(score, time)


def _allocated(result: object) -> Iterator[float]:
    """Bytes allocated a call, in each iteration."""
    for key in _ALLOCATED:
        metric = at(result, "secondaryMetrics", key)
        if at(metric, "scoreUnit") == "B/op":
            yield from (b for score in _scores(metric) if (b := suites.number(score)) is not None and b >= 0)


READER = suites.json_reader(
    "jmh",
    "JMH",
    rb'\[\s*\{\s*(?:"jmhVersion"\s*:|"benchmark"\s*:\s*"[^"]*"\s*,\s*"mode"\s*:)',
    _fill,
    nothing="Write it with `java -jar benchmarks.jar -rf json -rff FILE`.",
)
