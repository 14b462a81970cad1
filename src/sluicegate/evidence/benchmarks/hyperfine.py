"""Reader of hyperfine's JSON (`hyperfine --export-json FILE`).

Samples are the `times` of a result, seconds of wall time, one for each run; newer versions also
give `memory_usage_byte`, the peak of each run. CPU time is only there as a mean of all runs, so it is
left alone. A result without `times` (a file that somebody reduced) still states `median` and `mean`.

The name is the command as hyperfine shows it; where two results have the same, with different
parameters, the parameters are added. A run that ended with another exit code than 0 (`--ignore-failure`
lets it pass) is a failure: a command that fails is often a fast one.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, label
from sluicegate.evidence.json_file import at, mapping, sequence
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_START = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*"results"\s*:\s*\[\s*\{\s*"command"\s*:')


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts hyperfine's JSON: a list of results that each begin with a command."""
    return _START.match(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not hyperfine's JSON, a time that is not above zero, or over a limit.
    """
    document, digest = json_file.load(path, shown, nan_allowed=True)
    suite = BenchmarkSuite(shown, nothing="Write it with `hyperfine --export-json FILE COMMAND`.")
    results = sequence(at(document, "results"))
    commands = Counter(label(at(result, "command")) for result in results)
    for result in results:
        name = suite.name(at(result, "command"))
        _take(suite, result, _with_parameters(name, result) if commands[name] > 1 else name)
    return suite.record(Source(shown, "hyperfine", digest, "hyperfine"))


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


_STATED = (("p50", "median"), ("mean", "mean"))

READER = Reader(format="hyperfine", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""JSON of hyperfine."""
