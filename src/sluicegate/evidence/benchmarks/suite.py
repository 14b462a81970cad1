"""What the readers of benchmarks share: checked samples, exact units, one collection a file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Problem, Source
from sluicegate.core.readings import MAX_NAME, is_figure
from sluicegate.core.text import cut, one_line
from sluicegate.evidence import json_file
from sluicegate.evidence.json_file import text
from sluicegate.evidence.reader import Reader, starts
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

T = TypeVar("T")

MAX_FAILURES = 100
"""Failed benchmarks of one file that are named."""

_SCALES: Mapping[str, tuple[float, float]] = {
    "ns": (1.0, 1e9),
    "us": (1.0, 1e6),
    "µs": (1.0, 1e6),  # the micro sign
    "μs": (1.0, 1e6),  # the Greek letter, which tools write too
    "ms": (1.0, 1e3),
    "s": (1.0, 1.0),
    "min": (60.0, 1.0),
    "hr": (3600.0, 1.0),
    "day": (86400.0, 1.0),
}
"""How many seconds a unit is worth, as a factor and a divisor: both are exact, unlike 1e-9, so that a
converted time is the double nearest to the true one."""

TIME_UNITS = tuple(_SCALES)


def number(value: object) -> float | None:
    """The value as a finite number; None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def positive(value: object) -> float:
    """The value as a finite number above zero; 0 if it is not one."""
    return max(number(value) or 0.0, 0.0)


def in_seconds(value: float, unit: str) -> float:
    """A time in one of `TIME_UNITS` in seconds.

    Raises:
        KeyError: there is no such unit.
    """
    factor, divisor = _SCALES[unit]
    return value * factor / divisor


def per_second(value: float, unit: str) -> float:
    """A rate for each of one of `TIME_UNITS` as a rate a second.

    Raises:
        KeyError: there is no such unit.
    """
    factor, divisor = _SCALES[unit]
    return value * divisor / factor


def label(value: object, limit: int = MAX_NAME) -> str:
    """Untrusted text on one line, of bounded length; empty for anything else."""
    return cut(one_line(text(value)), limit)


def machine(*parts: str) -> str:
    """An identifier of the kind of machine, from its parts; empty parts are left out."""
    return ", ".join(filter(None, (cut(one_line(part), 100) for part in parts)))


@dataclass(slots=True)
class BenchmarkSuite:
    """The benchmarks of one file while it is read. For what must not be, its methods raise `EvidenceError`.

    Attributes:
        shown: the file's path for people.
        remedy: what to do about an invalid time, for this tool.
        nothing: what to do about a file without any benchmark.
        version: of the tool.
        note: of the source, for people.
        machine: as of `BenchmarksRecord`.
        problems: the benchmarks that failed in the tool; `dropped` is how many more did.
    """

    shown: str
    remedy: str = "Run the benchmark again; the file may have been edited, or the clock is too coarse."
    nothing: str = "Check in the log of the run whether a filter left them all out."
    version: str = ""
    note: str = ""
    machine: str = ""
    benchmarks: dict[str, Benchmark] = field(default_factory=dict, init=False)
    problems: list[Problem] = field(default_factory=list, init=False)
    dropped: int = field(default=0, init=False)

    def refuse(self, what: str, remedy: str = "") -> NoReturn:
        """Raise an `EvidenceError` about the file; `what` without a final full stop."""
        raise EvidenceError(what, where=self.shown, remedy=remedy)

    def name(self, value: object) -> str:
        """The value as the name of a benchmark; it must not be empty."""
        return label(value) or self.refuse("has a benchmark without a name")

    def seconds(self, value: object, unit: str, name: str) -> float:
        """One duration in seconds; it must be a number above zero, and the unit one of `TIME_UNITS`."""
        found = positive(value)
        if not found:
            self.refuse(
                f"has a duration that is not a time above zero, for the benchmark {name!r}", self.remedy
            )
        if unit not in TIME_UNITS:
            self.refuse(
                f"measures the benchmark {name!r} in the unit {cut(one_line(unit), 40)!r}, "
                "which is not a unit of time",
                f"Units of time: {', '.join(TIME_UNITS)}.",
            )
        result = in_seconds(found, unit)
        if not 0 < result < math.inf:
            self.refuse(f"has a duration of an absurd size, for the benchmark {name!r}", self.remedy)
        return result

    def samples(self, values: Iterable[object], unit: str, name: str) -> tuple[float, ...]:
        """Durations in seconds, in their order; each as of `seconds`."""
        factor, divisor = _SCALES.get(unit, (0.0, 1.0))
        return tuple(
            [
                fast
                if type(value) is float and 0 < (fast := value * factor / divisor) < math.inf
                else self.seconds(value, unit, name)
                for value in values
            ]
        )

    def figure(self, value: object, what: str, name: str) -> float:
        """A figure that must not be below zero: a rate, bytes."""
        found = number(value)
        if found is None or found < 0:
            self.refuse(f"states no {what} that is zero or above, for the benchmark {name!r}")
        return found

    def add(self, benchmark: Benchmark) -> None:
        """Take one benchmark; its name must be new, and its figures such that can have been measured."""
        own = benchmark
        figures = (own.samples, own.base, own.cpu, own.base_cpu, own.memory, own.base_memory)
        if not all(map(is_figure, itertools.chain(own.stated.values(), *figures))):
            self.refuse(
                f"states a figure of an absurd size for the benchmark {benchmark.name!r}", self.remedy
            )
        if benchmark.name in self.benchmarks:
            self.refuse(
                f"has the benchmark {benchmark.name!r} twice", "Give each a unique name, or run it once."
            )
        self.benchmarks[benchmark.name] = benchmark

    def failed(self, what: str, remedy: str = "See the log of the run.") -> None:
        """Note a benchmark that the tool could not measure; `what` without a final full stop."""
        self.dropped += len(self.problems) >= MAX_FAILURES
        if len(self.problems) < MAX_FAILURES:
            self.problems.append(Problem(cut(one_line(what), 2 * MAX_NAME), self.shown, remedy))

    def record(self, source: Source) -> BenchmarksRecord:
        """All that was read; there must be a benchmark or a failure."""
        if not self.benchmarks and not self.problems:
            self.refuse("has no benchmarks", self.nothing)
        more = [Problem(f"{self.dropped:,} more failed", self.shown, "See the log of the run.")]
        problems = (*self.problems, *more[: self.dropped])
        return BenchmarksRecord(source, self.benchmarks, self.machine, problems=problems)


def suite_reader(
    name: str,
    tool: str,
    matches: Callable[[str, bytes], bool],
    load: Callable[[Path, str], tuple[T, str]],
    fill: Callable[[BenchmarkSuite, T], None],
    **words: str,
) -> Reader:
    """The reader of a format of benchmarks. It refuses a time that is not above zero, and a name twice.

    Args:
        name: of the format.
        tool: that writes it.
        matches: as of `Reader`.
        load: `(path on disk, path to show) -> (content, SHA-256)`.
        fill: takes the benchmarks from the content, and may set version, note and machine of the suite.
        words: of the `BenchmarkSuite`: `remedy`, `nothing`, `note`.
    """

    def read(path: Path, shown: str) -> BenchmarksRecord:
        content, digest = load(path, shown)
        suite = BenchmarkSuite(shown, **words)
        fill(suite, content)
        return suite.record(Source(shown, name, digest, tool, suite.version, suite.note))

    return Reader(name, Kind.BENCHMARKS, matches, read)


def load_json(path: Path, shown: str) -> tuple[object, str]:
    """As `json_file.load`; `NaN` and the like are accepted, which tools write where they have no number."""
    return json_file.load(path, shown, nan_allowed=True)


def json_reader(
    name: str, tool: str, start: bytes, fill: Callable[[BenchmarkSuite, object], None], **words: str
) -> Reader:
    """The `suite_reader` of JSON that starts with the regular expression `start`."""
    return suite_reader(name, tool, starts(start), load_json, fill, **words)
