"""Reader of what `go test -bench` prints, as text or as the lines of `go test -json`.

The text is Go's benchmark format (golang.org/design/14313-benchmark-format): lines of results, each a
name, the number of iterations and pairs of value and unit, and lines of configuration (`goos`,
`goarch`, `pkg`, `cpu`) that hold for what follows. Everything else is the log of a test run.

`-count=N` prints N results of each benchmark; they are its samples (`ns/op`). `B/op` are the bytes
allocated a call; the median of `MB/s` (or of the one rate that the benchmark reports itself) is the
throughput, and `p50-ns/op` and the like are taken as stated; other units of its own are left out.

The name is `PACKAGE.BenchmarkName`. Go appends `-N` for GOMAXPROCS above 1, so the name would change
with the machine: the ending is taken off, and named with the machine, where all results of the file
have the same one. A benchmark that prints breaks its line in two: the halves are joined again.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.suite import TIME_UNITS, BenchmarkSuite, in_seconds, machine, suite_reader
from sluicegate.evidence.json_file import MAX_JSON, at, text
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.records import Benchmark

_NAME = re.compile(r"Benchmark(?:[^\sa-z]\S*)?")
_BROKEN = re.compile(r"(Benchmark(?:[^\sa-z]\S*)?)[ ]*\t.*")
_CONFIG = re.compile(r"(goos|goarch|pkg|cpu):\s*(.*)")
_FAILED = re.compile(r"\s*--- FAIL: (Benchmark\S*).*")
_FAILED_PACKAGE = re.compile(r"FAIL\s+(\S+)\s.*")
_SUFFIX = re.compile(r"-([1-9][0-9]{0,4})$")
_PERCENTILE = re.compile(r"(p50|p95|p99|mean)-([a-z]+)(?:/op)?")

_RELEVANT = re.compile(
    rb"^[ \t]*(?:Benchmark|goos:|goarch:|pkg:|cpu:|--- FAIL: Benchmark|FAIL[ \t]|[0-9])[^\n]{0,10000}",
    re.MULTILINE,
)
"""Lines that may hold data: a log has many others."""

_TEXT = re.compile(
    rb"^(?:goos: \S|pkg: \S|Benchmark[^\sa-z]\S*[ \t]+[0-9]+[ \t]+[.0-9e+]+ ns/op)", re.MULTILINE
)
_JSON = re.compile(rb'[\s\xef\xbb\xbf]*\{[^\n]{0,400}"Action":"[^\n]{0,400}"Package":"')


def matches(name: str, head: bytes) -> bool:
    """Whether `head` starts the output of a benchmark run of Go.

    As JSON it looks like that of any test run, so the name or the start must mention benchmarks.
    """
    if _JSON.match(head):
        return b'"Output":"goos: ' in head or "bench" in name.lower()
    return not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b"<")) and bool(_TEXT.search(head))


_Figures = list[tuple[float, str]]


@dataclass(slots=True)
class _GoBenchLog:
    """One log while it is read; `series` has by package, name and unit the figures."""

    suite: BenchmarkSuite
    series: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)
    config: dict[str, list[str]] = field(default_factory=dict)
    package: str = ""
    broken: str = ""

    def take(self, line: str) -> None:
        """Take one line."""
        words = line.split()
        if len(words) > 3 and _NAME.fullmatch(words[0]) and (figures := _figures(words[1:])):
            self._result(words[0], figures)
        elif config := _CONFIG.fullmatch(line):
            self._configure(config[1], config[2].strip())
        elif broken := _BROKEN.fullmatch(line):
            self.broken = broken[1]
        elif "ns/op" in words and (figures := _figures(words)):
            self._orphan(figures)
        else:
            self._failure(line)

    def _failure(self, line: str) -> None:
        if failed := _FAILED.fullmatch(line):
            self.suite.failed(f"the benchmark {failed[1]} of {self.package or 'the package'} failed")
        elif failed := _FAILED_PACKAGE.fullmatch(line):
            self.suite.failed(f"the package {failed[1]} failed")

    def _configure(self, key: str, value: str) -> None:
        if key == "pkg":
            self.package = value
        elif value not in self.config.setdefault(key, []):
            self.config[key].append(value)

    def _orphan(self, figures: _Figures) -> None:
        name, self.broken = self.broken, ""
        if name:
            self._result(name, figures)
        else:
            self.suite.failed(
                f"a result of {self.package or 'the package'} has no name",
                "Remove output from the benchmarks: it comes between name and result.",
            )

    def _result(self, name: str, figures: _Figures) -> None:
        units = self.series.setdefault((self.package, name), {})
        for value, unit in figures:
            if 0 <= value < math.inf or unit in {"ns/op", "B/op"}:  # of which the suite refuses others
                units.setdefault(unit, []).append(value)


def _figures(words: Sequence[str]) -> _Figures:
    """The values with their units behind the number of iterations; nothing where it is no result."""
    if not words[0].isdecimal() or len(words) % 2 == 0:
        return []
    try:
        return list(zip(map(float, words[1::2]), words[2::2], strict=True))
    except ValueError:
        return []


def _fill(suite: BenchmarkSuite, lines: Iterable[str]) -> None:
    log = _GoBenchLog(suite)
    for line in lines:
        log.take(line)
    endings = {found[0] if (found := _SUFFIX.search(name)) else "" for _, name in log.series}
    ending = endings.pop() if len(endings) == 1 else ""  # they differ, as with `-cpu 1,2,4`
    for (package, name), units in log.series.items():
        plain = name.removesuffix(ending)
        _add(suite, f"{package}.{plain}" if package else plain, units)
    platform = "/".join(" ".join(log.config.get(key, ())) for key in ("goos", "goarch"))
    processor = " ".join(log.config.get("cpu", ()))
    suite.machine = machine(platform.strip("/"), processor, f"GOMAXPROCS {ending[1:]}" if ending else "")


def _add(suite: BenchmarkSuite, name: str, units: Mapping[str, Sequence[float]]) -> None:
    samples = suite.samples(units.get("ns/op", ()), "ns", name)
    memory = tuple(suite.figure(value, "bytes", name) for value in units.get("B/op", ()))
    stated = _stated(units)
    if samples or stated:
        suite.add(Benchmark(suite.name(name), samples, stated, memory=memory))


def _stated(units: Mapping[str, Sequence[float]]) -> dict[str, float]:
    stated, rates = {}, {}
    for unit, figures in units.items():
        if unit.endswith("/s"):
            rates[unit] = statistics.median(figures)
        elif (found := _PERCENTILE.fullmatch(unit)) and found[2] in TIME_UNITS:
            stated[found[1]] = in_seconds(figures[-1], found[2])
    if "MB/s" in rates:
        stated["throughput"] = rates["MB/s"] * 1e6
    elif len(rates) == 1:
        stated["throughput"] = next(iter(rates.values()))
    return stated


def _lines(path: Path, shown: str) -> tuple[Iterator[str], str]:
    """The lines of the log, and the SHA-256 of the file."""
    data, digest = read_bytes(path, shown, limit=MAX_JSON)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        events, _ = json_file.load_lines(path, shown)
        return _printed(events), digest
    relevant = _RELEVANT.finditer(data.removeprefix(b"\xef\xbb\xbf"))
    return (line[0].decode("utf-8", "replace").rstrip("\r") for line in relevant), digest


def _printed(events: Iterable[object]) -> Iterator[str]:
    """The lines that each package printed, one package after another."""
    printed: dict[str, list[str]] = {}
    for event in events:
        if at(event, "Action") == "output":
            printed.setdefault(text(at(event, "Package")), []).append(text(at(event, "Output")))
    for package, parts in printed.items():
        yield f"pkg: {package}"
        yield from "".join(parts).splitlines()


READER = suite_reader(
    "go-bench",
    "go test",
    matches,
    _lines,
    _fill,
    nothing="Run `go test -bench . -count 10`, and keep all that it prints.",
)
