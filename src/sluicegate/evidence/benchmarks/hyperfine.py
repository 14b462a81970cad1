"""Reader of hyperfine's JSON (`hyperfine --export-json FILE`).

Samples are the `times` of a result, seconds of wall time, one for each run; newer versions also
give `memory_usage_byte`, the peak of each run. CPU time is only there as a mean of all runs, so it is
left alone. A result without `times` (a file that somebody reduced) still states `median` and `mean`.

The name is the command as hyperfine shows it; where two results have the same, with different
parameters, the parameters are added. A run that ended with another exit code than 0 (`--ignore-failure`
lets it pass) is a failure: a command that fails is often a fast one.
"""

from __future__ import annotations

from collections import Counter

from sluicegate.core.text import plural
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, json_reader, label
from sluicegate.evidence.json_file import at, mapping, sequence
from sluicegate.evidence.records import Benchmark

_STATED = (("p50", "median"), ("mean", "mean"))


def _fill(suite: BenchmarkSuite, document: object) -> None:
    results = sequence(at(document, "results"))
    commands = Counter(label(at(result, "command")) for result in results)
    for result in results:
        name = suite.name(at(result, "command"))
        _take(suite, result, _with_parameters(name, result) if commands[name] > 1 else name)


def _with_parameters(name: str, result: object) -> str:
    parameters = sorted(mapping(at(result, "parameters")).items())
    shown = ", ".join(f"{label(key)} = {label(value)}" for key, value in parameters)
    return label(f"{name} ({shown})") if shown else name


def _take(suite: BenchmarkSuite, result: object, name: str) -> None:
    codes = sequence(at(result, "exit_codes"))
    failed = [code for code in codes if code != 0]
    if failed:
        suite.failed(
            f"{name!r} failed in {len(failed):,} of {plural(len(codes), 'run')}",
            "Fix the command; if another exit code than 0 is no failure, append `|| true` to it.",
        )
        return
    samples = suite.samples(sequence(at(result, "times")), "s", name)
    memory = [suite.figure(value, "memory", name) for value in sequence(at(result, "memory_usage_byte"))]
    stated = {} if samples else {key: suite.seconds(at(result, own), "s", name) for key, own in _STATED}
    suite.add(Benchmark(name, samples, stated, memory=tuple(memory)))


READER = json_reader(
    "hyperfine",
    "hyperfine",
    rb'\{\s*"results"\s*:\s*\[\s*\{\s*"command"\s*:',
    _fill,
    nothing="Write it with `hyperfine --export-json FILE COMMAND`.",
)
